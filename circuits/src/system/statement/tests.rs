use alloc::{string::String, vec, vec::Vec};

use p3_field::{PrimeCharacteristicRing, PrimeField32};

use super::{Statement, rows};
use crate::{
    F,
    bus::Bus,
    machine::{self, Image, Table, matrix},
    testing::{Said, assert_said, evaluate_table},
    word::Word,
};

fn statement() -> machine::Statement {
    machine::Statement {
        exit_code: 0xdead_beef,
        output: b"seventeen letters".to_vec(),
    }
}

fn evaluate(statement: &machine::Statement, rows: Vec<Statement<F>>) -> (Vec<String>, Said) {
    let image = Image {
        entry: 0x1_0000,
        ..Image::default()
    };
    evaluate_table(Table::Statement, &image, statement, matrix(rows))
}

fn expected(statement: &machine::Statement) -> Said {
    let minus_one = F::ORDER_U32 - 1;
    let length = statement.output.len() as u32;
    let mut said = vec![
        (1, Bus::State, vec![0x1_0000, 1]),
        (minus_one, Bus::Exit, vec![0xbeef, 0xdead]),
        (minus_one, Bus::OutputLength, vec![length, 0]),
        (1, Bus::ZeroedFrom, vec![0, 0]),
        (minus_one, Bus::ZeroedFrom, vec![8, 9]),
    ];
    for (index, byte) in (0..).zip(&statement.output) {
        said.push((minus_one, Bus::Output, vec![index, u32::from(*byte)]));
    }
    said
}

const ZEROED_END: Word<F> = Word {
    lo: F::new(8),
    hi: F::new(9),
};

#[test]
fn says_what_is_stated() {
    for length in [0, 1, 15, 16, 17] {
        let mut statement = statement();
        statement.output.truncate(length);
        let (constraints, said) = evaluate(&statement, rows(&statement, ZEROED_END));
        assert_eq!(constraints, [""; 0]);
        assert_said(said, [expected(&statement)]);
    }
}

#[test]
fn an_entry_outside_of_memory_is_no_alias() {
    let image = Image {
        entry: F::ORDER_U32 + 0x1_0000,
        ..Image::default()
    };
    assert_ne!(
        super::public(&image, &statement())[0],
        F::from_u32(0x1_0000)
    );
}

#[test]
fn rows_are_those_of_the_statement() {
    let honest = rows(&statement(), ZEROED_END);
    let wrong = |change: &dyn Fn(&mut [Statement<F>])| {
        let mut rows = honest.clone();
        change(&mut rows);
        evaluate(&statement(), rows).0
    };
    // Two starts, none.
    let one_more = ["is_first"];
    assert_eq!(wrong(&|rows| rows[1].is_first = F::ONE), one_more);
    let none = ["is_first", "zeroed_end.lo", "zeroed_end.hi"];
    assert_eq!(wrong(&|rows| rows[0].is_first = F::ZERO), none);
    // Other bytes, fewer bytes, another order, bytes twice.
    assert_eq!(wrong(&|rows| rows[3].byte += F::ONE), ["byte"]);
    assert_eq!(wrong(&|rows| rows[16].is_output = F::ZERO), ["is_output"]);
    let swapped = ["index", "byte", "index", "byte"];
    assert_eq!(wrong(&|rows| rows.swap(3, 4)), swapped);
    assert_eq!(wrong(&|rows| rows[3].index += F::ONE), ["index"]);
    // A second chain of zeroed words ends nowhere.
    assert_eq!(
        wrong(&|rows| rows[2].zeroed_end.lo = F::ONE),
        ["zeroed_end.lo"]
    );
    assert_eq!(
        wrong(&|rows| rows[2].zeroed_end.hi = F::ONE),
        ["zeroed_end.hi"]
    );
}
