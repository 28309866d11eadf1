use alloc::{string::String, sync::Arc, vec, vec::Vec};

use p3_field::{PrimeCharacteristicRing, PrimeField32};

use super::{InBoundary, all};
use crate::{
    F,
    bus::{Bus, SPACE_OUTPUT_LENGTH, SPACE_RAM, SPACE_REGISTER},
    checker::{Failure, check},
    machine::{self, Part, Table, airs, matrix},
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
fn touched_is_a_flag_of_rows_in_use() {
    let mut wrong = all(&image(), &left()).unwrap();
    wrong[10].touched = F::TWO;
    assert_eq!(evaluate(wrong).0, ["touched"]);

    // A preprocessed row of zeros, which no key has: it would open register 0 once more.
    let mut air = airs(&image(), &Part::default(), true).swap_remove(Table::Image as usize);
    let fixed = Arc::make_mut(air.fixed.as_mut().unwrap());
    fixed.values.extend([F::ZERO; Table::Image.fixed_width()]);
    let mut wrong = all(&image(), &left()).unwrap();
    wrong.push(InBoundary {
        touched: F::ONE,
        ..InBoundary::default()
    });
    let failures = check([(&air, &matrix(wrong))], 1);
    let [Failure::Constraint { constraint, .. }] = &failures[..] else {
        panic!("{failures:?}")
    };
    assert_eq!(constraint, "unused");
}
