use alloc::{string::String, vec, vec::Vec};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_riscv_emu::record::{REGISTERS, SINK};

use super::{Fixed, InBoundary, all, fixed};
use crate::{
    F,
    bus::{Bus, SPACE_OUTPUT_LENGTH, SPACE_RAM, SPACE_REGISTER},
    machine::{self, Part, Table, matrix},
    system::boundary::Left,
    testing::{Messages, assert_messages, evaluate_table},
};

fn image() -> machine::Image {
    machine::Image {
        words: vec![(100, 0xdead_beef), (101, 5), (0x3fff_ffff, 6)],
        ..machine::Image::default()
    }
}

fn left() -> Vec<Left> {
    let left = |space, address, value, owner| Left {
        space,
        address,
        value,
        owner,
    };
    vec![
        left(SPACE_REGISTER, 10, 0x5_0004, 44),
        left(SPACE_RAM, 7, 7, 7),
        left(SPACE_RAM, 101, 0x1_0002, 40),
        left(SPACE_RAM, 102, 7, 7),
        left(SPACE_OUTPUT_LENGTH, 0, 0x2_0001, 47),
    ]
}

fn evaluate(rows: Vec<InBoundary<F>>) -> (Vec<String>, Messages) {
    evaluate_table(Table::Image, &image(), &Part::default(), matrix(rows))
}

#[test]
fn opens_what_is_touched() {
    let minus_one = F::ORDER_U32 - 1;
    let (constraints, emitted) = evaluate(all(&image(), &left()).unwrap());
    assert_eq!(constraints, [""; 0]);
    let expected = vec![
        (1, Bus::Boundary, vec![SPACE_REGISTER, 10, 0, 0, 0]),
        (minus_one, Bus::Boundary, vec![SPACE_REGISTER, 10, 4, 5, 44]),
        (1, Bus::Boundary, vec![SPACE_RAM, 101, 5, 0, 0]),
        (minus_one, Bus::Boundary, vec![SPACE_RAM, 101, 2, 1, 40]),
        (1, Bus::Boundary, vec![SPACE_OUTPUT_LENGTH, 0, 0, 0, 0]),
        (
            minus_one,
            Bus::Boundary,
            vec![SPACE_OUTPUT_LENGTH, 0, 1, 2, 47],
        ),
    ];
    assert_messages(emitted, [expected]);
}

#[test]
fn touched_is_a_flag() {
    let mut wrong = all(&image(), &left()).unwrap();
    wrong[10].touched = F::TWO;
    assert_eq!(evaluate(wrong).0, ["touched"]);
}

#[test]
fn each_register_has_a_row_and_all_start_as_zero() {
    let numbers = 0..=u32::from(SINK);
    let rows: Vec<Fixed<F>> = (0..REGISTERS).map(|row| fixed(&image(), row)).collect();
    assert_eq!(rows.len(), numbers.clone().count());
    for (number, row) in numbers.zip(rows) {
        let cells = [row.space, row.address, row.initial.lo, row.initial.hi];
        assert_eq!(cells, [SPACE_REGISTER, number, 0, 0].map(F::from_u32));
    }
    let length = fixed(&image(), REGISTERS);
    assert_eq!(length.space, F::from_u32(SPACE_OUTPUT_LENGTH));
}
