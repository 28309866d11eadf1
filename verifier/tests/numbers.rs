//! Section 11 of PROTOCOL.md, and other numbers that a second verifier needs: the document has those of
//! the code.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::{F, bus::Bus, machine::Table, symbolic::Record};
use zonda_riscv_emu::instruction::{Instruction, Opcode};
use zonda_verifier::{Challenge, Machine, Preset, QM31, Scope, Sextic, circle::Point};

fn protocol() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../PROTOCOL.md");
    fs::read_to_string(path).unwrap()
}

/// The rows of the table of PROTOCOL.md that has this first row, cell by cell.
fn rows(header: &str) -> Vec<Vec<String>> {
    let text = protocol();
    let mut lines = text.lines().skip_while(|line| *line != header);
    assert!(lines.next().is_some(), "PROTOCOL.md has no table {header}");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().replace('`', "")).collect()
    })
    .collect()
}

#[test]
fn tables_have_the_numbers_and_widths_of_the_document() {
    let expected = Table::ALL.map(|table| {
        let [fixed, boundary, main] =
            [table.fixed_width(), table.boundary_width(), table.width()].map(|n| n.to_string());
        vec![
            (table as u8).to_string(),
            table.name().to_string(),
            fixed,
            boundary,
            main,
        ]
    });
    assert_eq!(
        rows("| number | table | preprocessed | boundary | main |"),
        expected
    );
}

#[test]
fn buses_have_the_numbers_of_the_document() {
    let got = rows("| number | bus | fields |");
    let expected = Bus::ALL.map(|bus| [(bus as u8).to_string(), bus.name().to_string()]);
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert_eq!(got[..2], expected);
    }
}

#[test]
fn messages_have_the_fields_of_the_document() {
    let got = rows("| number | bus | fields |");
    let documented = |bus: Bus| -> usize {
        match got[bus as usize][2].as_str() {
            "as program" => 9,
            fields => fields
                .split(", ")
                .map(|field| if field == "constants 0 to 3" { 4 } else { 1 })
                .sum(),
        }
    };
    let mut buses = BTreeSet::new();
    for message in Table::ALL
        .into_iter()
        .flat_map(|table| Record::of(table).messages)
    {
        let bus = message.bus;
        assert_eq!(message.fields.len(), documented(bus), "{}", bus.name());
        buses.insert(bus);
    }
    assert_eq!(buses.len(), got.len());
}

#[test]
fn slots_have_the_numbers_of_the_document() {
    let machine = Machine::new();
    let slots = |scope| -> usize {
        let counts = Table::ALL.map(|table| machine.counts(table).messages(scope));
        counts.into_iter().sum()
    };
    let [local, global] = [Scope::Local, Scope::Global].map(slots);
    let bits = local.max(global).next_power_of_two().ilog2();
    let said = format!("{local} local and {global} global slots make it {bits}.");
    assert!(protocol().contains(&said), "{said}");
    let said = format!("all {} tables", Table::ALL.len());
    assert!(protocol().contains(&said), "{said}");
}

#[test]
fn operations_have_the_numbers_of_the_document() {
    let mut expected = BTreeMap::new();
    for opcode in Opcode::ALL {
        let instruction = Instruction {
            opcode,
            rd: 0,
            rs1: 0,
            rs2: 0,
            imm: 0,
        };
        let operation = zonda_circuits::instruction::decoded(0, &instruction).operation;
        // Of those that share a number, the one whose own it is.
        if operation == opcode as u32 {
            expected.insert(operation, opcode.name().to_uppercase());
        }
    }
    let got = rows("| number | operation |");
    let got: BTreeMap<u32, String> = got
        .iter()
        .map(|row| (row[0].parse().unwrap(), row[1].clone()))
        .collect();
    assert_eq!(got, expected);
}

#[test]
fn presets_have_the_bytes_of_the_document() {
    for preset in Preset::ALL {
        let said = format!("{} (`{}`)", preset.byte(), preset.name());
        assert!(protocol().contains(&said), "{said}");
    }
}

#[test]
fn the_circle_has_the_generator_of_the_document() {
    let generator = Point::generator(31);
    let [x, y] = [generator.x, generator.y].map(|c| c.as_canonical_u32());
    assert_eq!([x, y], [311_014_874, 1_584_694_829]);
    assert!(protocol().contains(&format!("G_31 = ({x}, {y})")));
    // Its order is 2^31.
    let half = generator.double_times(30);
    assert_eq!((half.x, half.y), (F::NEG_ONE, F::ZERO));
    // Points are added as complex numbers are multiplied.
    let sum = generator + generator.double();
    let double = generator.double();
    assert_eq!(sum.x, generator.x * double.x - generator.y * double.y);
    assert_eq!(sum.y, generator.x * double.y + generator.y * double.x);
}

/// A complex number over F.
type Complex = [F; 2];

fn times([a, b]: Complex, [c, d]: Complex) -> Complex {
    [a * c - b * d, a * d + b * c]
}

/// The product of two elements of F[i][w], w^N = `power`, from their coordinates alone: powers of i
/// vary fastest.
fn product<const N: usize>(power: Complex, a: &[F], b: &[F]) -> Vec<F> {
    let mut wide = vec![[F::ZERO; 2]; 2 * N - 1];
    for (j, a) in a.as_chunks().0.iter().enumerate() {
        for (k, b) in b.as_chunks().0.iter().enumerate() {
            let [real, imaginary] = times(*a, *b);
            wide[j + k][0] += real;
            wide[j + k][1] += imaginary;
        }
    }
    for high in (N..wide.len()).rev() {
        let [real, imaginary] = times(wide[high], power);
        wide[high - N][0] += real;
        wide[high - N][1] += imaginary;
    }
    wide[..N].as_flattened().to_vec()
}

fn is_as_stated<E: Challenge, const N: usize>(power: Complex) {
    let some = |seed: u32| E::from_coordinates_fn(|k| F::from_u32(seed * (k as u32 + 3) + 1));
    for seed in [1, 77_777, 123_456_789] {
        let [a, b] = [some(seed), some(seed + 5)];
        let [x, y]: [Vec<F>; 2] = [a, b].map(|e| e.coordinates().collect());
        assert_eq!(
            (a * b).coordinates().collect::<Vec<_>>(),
            product::<N>(power, &x, &y)
        );
    }
}

#[test]
fn challenge_fields_are_those_of_the_document() {
    assert!(protocol().contains("i^2 = -1, u^2 = 2 + i, v^3 = 5i"));
    is_as_stated::<QM31, 2>([F::TWO, F::ONE]);
    is_as_stated::<Sextic, 3>([F::ZERO, F::from_u32(5)]);
}
