use alloc::{string::String, vec, vec::Vec};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_riscv_emu::instruction::{Instruction, Opcode};

use super::{InBoundary, NotZeroed, Zeroed, openings, row};
use crate::{
    F,
    bus::{Bus, SPACE_RAM},
    checker::{Failure, check},
    lookups::Lookups,
    machine::{Image, Part, Table, ZeroedRange, airs, matrix},
    system::boundary::Left,
    testing::{Messages, assert_messages, cells, evaluate, unnoticed},
    word::Word,
};

type Row = (InBoundary<F>, Zeroed<F>);

/// The table fetches no instruction.
const NONE: Instruction = Instruction {
    opcode: Opcode::Ecall,
    rd: 0,
    rs1: 0,
    rs2: 0,
    imm: 0,
};

/// Two islands.
fn image() -> Image {
    let words = [0x1_0000, 0x1_0001, 0x2_ffff];
    Image {
        words: words.map(|address| (address, 1)).to_vec(),
        ..Image::default()
    }
}

/// The rows that open these addresses.
fn rows(addresses: &[u32]) -> Vec<Row> {
    let left = |address: &u32| Left {
        space: SPACE_RAM,
        address: *address,
        value: 0x1234_5678,
        owner: 99,
    };
    let left: Vec<Left> = addresses.iter().map(left).collect();
    let openings = openings(&image(), &left).unwrap();
    openings.iter().map(row).collect()
}

/// The chain's message after an address.
fn after(address: u32) -> Word<F> {
    let Word { lo, hi } = Word::from_u32(address);
    Word {
        lo: lo + F::ONE,
        hi,
    }
}

/// Addresses next to islands, at the ends of memory, and around carries between limbs.
const ADDRESSES: [u32; 11] = [
    0,
    1,
    0xfffe,
    0xffff,
    0x1_0002,
    0x1_ffff,
    0x2_0000,
    0x2_fffe,
    0x3_0000,
    0x3fff_fffe,
    0x3fff_ffff,
];

/// The tables that decide which zeroed words are opened, and the failures on their buses.
fn failures(rows: Vec<Row>, end: Word<F>) -> Vec<Failure> {
    let image = image();
    let limbs = [end.lo, end.hi].map(|limb| limb.as_canonical_u32());
    let part = Part {
        execution: None,
        zeroed: Some(ZeroedRange {
            from: [0, 0],
            to: limbs,
        }),
    };
    let zeroed = matrix(rows);
    let lookups = Lookups::new(&image, &part, &[]).unwrap();
    lookups.count(Table::Zeroed, &zeroed.values).unwrap();
    let counts = lookups.counts().unwrap();
    let tables = [
        (Table::Zeroed, zeroed),
        (Table::Gaps, matrix(counts.gaps())),
        (Table::Range16, matrix(counts.range16())),
        (Table::Bytes, matrix(counts.bytes())),
        (Table::PowersOfTwo, matrix(counts.powers_of_two())),
    ];
    let airs = airs(&image, &part, true);
    let pairs = tables
        .iter()
        .map(|(table, trace)| (&airs[*table as usize], trace));
    let buses = [Bus::Gap, Bus::Range16, Bus::ZeroedFrom];
    let mut failures = check(pairs, usize::MAX);
    failures.retain(|failure| match failure {
        Failure::Unbalanced { bus, .. } => buses.contains(bus),
        _ => true,
    });
    failures
}

fn end_of(rows: &[Row]) -> Word<F> {
    rows.last().map_or(Word::default(), |(word, _)| Word {
        lo: word.address.lo + F::ONE,
        hi: word.address.hi,
    })
}

/// The buses on which something fails; no constraint does.
#[track_caller]
fn unbalanced(rows: Vec<Row>, end: Word<F>) -> Vec<Bus> {
    let bus = |failure| match failure {
        Failure::Unbalanced { bus, .. } => bus,
        failure => panic!("{failure}"),
    };
    let mut buses: Vec<Bus> = failures(rows, end).into_iter().map(bus).collect();
    buses.dedup();
    buses
}

/// Refused, and by what.
fn refused(row: Row) -> String {
    evaluate(Table::Zeroed, row, 0, &NONE).unwrap_err()
}

#[test]
fn opens_words_that_are_not_in_the_image() {
    let minus_one = F::ORDER_U32 - 1;
    let rows = rows(&ADDRESSES);
    let mut previous: Vec<u32> = vec![0, 0];
    for (row, address) in rows.iter().zip(ADDRESSES) {
        let (lo, hi) = (address & 0xffff, address >> 16);
        let gap = match address {
            0..0x1_0000 => vec![0, 0, 0, 1],
            0x1_0002..0x2_ffff => vec![2, 1, 0xffff, 2],
            _ => vec![0, 3, 0, 0x4000],
        };
        let emitted: Messages = vec![
            (1, Bus::Gap, gap),
            (minus_one, Bus::ZeroedFrom, previous),
            (1, Bus::ZeroedFrom, vec![lo + 1, hi]),
            (1, Bus::Boundary, vec![SPACE_RAM, address, 0, 0, 0]),
            (
                minus_one,
                Bus::Boundary,
                vec![SPACE_RAM, address, 0x5678, 0x1234, 99],
            ),
        ];
        assert_messages(evaluate(Table::Zeroed, *row, 0, &NONE).unwrap(), [emitted]);
        previous = vec![lo + 1, hi];
    }
    let end = end_of(&rows);
    assert_eq!(failures(rows, end), []);
    assert_eq!(failures(vec![], Word::default()), []);
}

#[test]
fn every_changed_cell_is_noticed() {
    for row in rows(&ADDRESSES) {
        let cells = cells(row);
        assert_eq!(unnoticed(Table::Zeroed, &cells, 0, &NONE), [""; 0]);
    }
}

#[test]
fn an_address_is_not_opened_twice() {
    let honest = rows(&[7, 8]);
    let mut twice = honest[1];
    twice.1.from = after(8);
    assert_eq!(refused(twice), "address - from.low");
    twice.1.borrow_from = F::ONE;
    assert_eq!(refused(twice), "address - from.high");
    // The same, with the address in limbs out of range: -2^16 + 8, 1.
    twice.0.address.lo -= F::from_u32(1 << 16);
    twice.0.address.hi += F::ONE;
    assert_eq!(refused(twice), "address - start.low");
    twice.1.borrow_start = F::ONE;
    assert_eq!(refused(twice), "address - from.low");

    // Two rows that both start the chain.
    let rows = vec![honest[0], rows(&[7])[0]];
    let end = end_of(&rows);
    assert_eq!(unbalanced(rows, end), [Bus::ZeroedFrom]);
}

#[test]
fn the_chain_does_not_turn_back() {
    let mut back = rows(&[7, 0x3_0008])[0];
    back.1.from = after(0x3_0008);
    assert_eq!(refused(back), "address - from.low");
    back.1.borrow_from = F::ONE;
    assert_eq!(refused(back), "address - from.high");

    // A row on its own, beside the chain.
    let mut rows = rows(&[7, 8, 100]);
    rows.remove(1);
    let end = end_of(&rows);
    assert_eq!(unbalanced(rows, end), [Bus::ZeroedFrom]);
}

#[test]
fn an_end_without_rows_is_refused() {
    let end = Word::from_u32(1);
    assert_eq!(unbalanced(vec![], end), [Bus::ZeroedFrom]);
}

#[test]
fn a_word_of_the_image_is_not_opened_again() {
    // 0x1_0001 is in the image: above the first gap, below the second one.
    let mut above = rows(&[0xffff])[0];
    above.0.address = Word::from_u32(0x1_0001);
    assert_eq!(refused(above), "end - 1 - address.high");
    above.1.borrow_end = F::ZERO;
    assert_eq!(refused(above), "end - 1 - address.low");

    let mut below = rows(&[0x1_0002])[0];
    below.0.address = Word::from_u32(0x1_0001);
    assert_eq!(refused(below), "address - start.low");
    below.1.borrow_start = F::ONE;
    assert_eq!(refused(below), "address - start.high");

    // A gap that does not exist.
    let mut rows = rows(&[0x1_0002]);
    rows[0].0.address = Word::from_u32(0x1_0001);
    rows[0].1.start = Word::from_u32(0x1_0001);
    let end = end_of(&rows);
    assert_eq!(unbalanced(rows, end), [Bus::Gap]);
}

#[test]
fn a_word_in_a_hole_is_not_opened() {
    let image = Image {
        holes: vec![0..0x4000, 0x3000_0000..1 << 30],
        ..image()
    };
    let left = |space, address| Left {
        space,
        address,
        value: 7,
        owner: 1,
    };
    let opened = |places: &[(u32, u32)]| {
        let places: Vec<Left> = places.iter().map(|(s, a)| left(*s, *a)).collect();
        openings(&image, &places)
            .map(|openings| openings.len())
            .map_err(|NotZeroed { space, address }| (space, address))
    };
    const RAM: u32 = SPACE_RAM;
    // Next to the holes and to what the image fills.
    let ends = [0x4000, 0xffff, 0x1_0002, 0x2fff_ffff].map(|address| (RAM, address));
    assert_eq!(opened(&ends), Ok(4));
    // In a hole, in the image, and past the end of memory.
    for address in [0, 0x3fff, 0x3000_0000, (1 << 30) - 1, 0x1_0001, 1 << 30] {
        assert_eq!(opened(&[(RAM, address)]), Err((RAM, address)));
    }
    // No word of memory; twice; out of order.
    assert_eq!(opened(&[(0, 0x4000)]), Err((0, 0x4000)));
    assert_eq!(opened(&[ends[0], ends[0]]), Err(ends[0]));
    assert_eq!(opened(&[ends[1], ends[0]]), Err(ends[0]));
    assert_eq!(opened(&[ends[3], ends[0]]), Err(ends[0]));
}

#[test]
fn memory_ends_at_2_to_the_30_words() {
    let mut past = rows(&[0x3fff_ffff])[0];
    past.0.address = Word::from_u32(1 << 30);
    past.1.borrow_start = F::ZERO;
    past.1.borrow_end = F::ONE;
    assert_eq!(refused(past), "end - 1 - address.high");
}

#[test]
fn the_initial_value_is_zero() {
    // It has no column: the message fixes it.
    let emitted = evaluate(Table::Zeroed, rows(&[7])[0], 0, &NONE).unwrap();
    assert!(emitted.contains(&(1, Bus::Boundary, vec![SPACE_RAM, 7, 0, 0, 0])));
}
