use alloc::{string::String, vec, vec::Vec};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_riscv_emu::record::{Access, FinalWord, Records};

use super::{Image, rows};
use crate::{
    F,
    bus::{Bus, SPACE_OUTPUT_LENGTH, SPACE_RAM, SPACE_REGISTER},
    machine::{self, Statement, Table, matrix},
    testing::{Said, assert_said, evaluate_table},
};

const OUTPUT_LENGTH_ROW: usize = 32;

fn image() -> machine::Image {
    machine::Image {
        words: vec![(100, 0xdead_beef), (101, 5), (0x3fff_ffff, 6)],
        ..machine::Image::default()
    }
}

fn records() -> Records {
    let word = |address, value, clk| FinalWord {
        address,
        value,
        clk,
    };
    let mut records = Records {
        memory: vec![word(7, 7, 7), word(101, 0x1_0002, 40), word(102, 7, 7)],
        output_length: Access {
            value: 0x2_0001,
            previous_clk: 47,
        },
        ..Records::default()
    };
    records.registers[10] = Access {
        value: 0x5_0004,
        previous_clk: 44,
    };
    records
}

fn evaluate(rows: Vec<Image<F>>) -> (Vec<String>, Said) {
    let statement = Statement::default();
    evaluate_table(Table::Image, &image(), &statement, matrix(rows))
}

#[test]
fn opens_what_is_touched() {
    let minus_one = F::ORDER_U32 - 1;
    let (constraints, said) = evaluate(rows(&image(), &records()));
    assert_eq!(constraints, [""; 0]);
    let expected = vec![
        (1, Bus::Memory, vec![SPACE_REGISTER, 10, 0, 0, 0]),
        (minus_one, Bus::Memory, vec![SPACE_REGISTER, 10, 4, 5, 44]),
        (1, Bus::Memory, vec![SPACE_RAM, 101, 5, 0, 0]),
        (minus_one, Bus::Memory, vec![SPACE_RAM, 101, 2, 1, 40]),
        (1, Bus::Memory, vec![SPACE_OUTPUT_LENGTH, 0, 0, 0, 0]),
        (
            minus_one,
            Bus::Memory,
            vec![SPACE_OUTPUT_LENGTH, 0, 1, 2, 47],
        ),
        (1, Bus::OutputLength, vec![1, 2]),
    ];
    assert_said(said, [expected]);
}

#[test]
fn touched_is_a_flag_of_rows_in_use() {
    let mut wrong = rows(&image(), &records());
    wrong[10].touched = F::TWO;
    assert_eq!(evaluate(wrong).0, ["touched"]);

    // A row after the last: it would open register 0 once more.
    let mut wrong = rows(&image(), &records());
    wrong.push(Image {
        touched: F::ONE,
        ..Image::default()
    });
    assert_eq!(evaluate(wrong).0, ["unused"]);
}

#[test]
fn the_output_length_is_always_opened() {
    let mut wrong = rows(&image(), &records());
    wrong[OUTPUT_LENGTH_ROW].touched = F::ZERO;
    assert_eq!(evaluate(wrong).0, ["output_length"]);
}
