use alloc::{string::String, vec, vec::Vec};

use p3_field::{PrimeCharacteristicRing, PrimeField32};

use super::{Statement, all, public};
use crate::{
    F,
    bus::Bus,
    machine::{End, Execution, Image, Part, Table, matrix},
    testing::{Messages, assert_messages, evaluate_table},
};

fn execution() -> Execution {
    Execution {
        position: 3,
        pc: 0x1_0000,
        end: End::Exit { code: 0xdead_beef },
        output_start: 100,
        output: b"seventeen letters".to_vec(),
    }
}

fn evaluate(execution: &Execution, rows: Vec<Statement<F>>) -> (Vec<String>, Messages) {
    let part = Part {
        execution: Some(execution.clone()),
        zeroed: None,
    };
    evaluate_table(Table::Statement, &Image::default(), &part, matrix(rows))
}

fn expected(execution: &Execution) -> Messages {
    let minus_one = F::ORDER_U32 - 1;
    let mut emitted = vec![
        (1, Bus::State, vec![0x1_0000, 1]),
        match execution.end {
            End::Exit { .. } => (minus_one, Bus::Exit, vec![0xbeef, 0xdead]),
            End::Next { .. } => (minus_one, Bus::State, vec![0x2_0000, 4 * 17 + 1]),
        },
    ];
    for (index, byte) in (100..).zip(&execution.output) {
        emitted.push((minus_one, Bus::Output, vec![index, u32::from(*byte)]));
    }
    emitted
}

#[test]
fn says_what_is_stated() {
    let next = End::Next {
        pc: 0x2_0000,
        cycles: 17,
    };
    for length in [0, 1, 15, 16, 17] {
        for end in [execution().end, next] {
            let mut execution = execution();
            execution.output.truncate(length);
            execution.end = end;
            let (constraints, emitted) = evaluate(&execution, all(&execution).unwrap());
            assert_eq!(constraints, [""; 0]);
            assert_messages(emitted, [expected(&execution)]);
        }
    }
}

#[test]
fn a_pc_outside_of_memory_is_no_alias() {
    let outside = Execution {
        pc: F::ORDER_U32 + 0x1_0000,
        end: End::Next {
            pc: F::ORDER_U32 + 0x1_0000,
            cycles: 1,
        },
        ..execution()
    };
    let public = public(&outside);
    assert!(!public.contains(&F::from_u32(0x1_0000)));
}

#[test]
fn rows_are_those_of_the_statement() {
    let honest = all(&execution()).unwrap();
    let wrong = |change: &dyn Fn(&mut [Statement<F>])| {
        let mut rows = honest.clone();
        change(&mut rows);
        evaluate(&execution(), rows).0
    };
    // Two starts, none.
    let one_more = ["is_first"];
    assert_eq!(wrong(&|rows| rows[1].is_first = F::ONE), one_more);
    assert_eq!(wrong(&|rows| rows[0].is_first = F::ZERO), one_more);
    // Other bytes, fewer bytes, another order, bytes twice.
    assert_eq!(wrong(&|rows| rows[3].byte += F::ONE), ["byte"]);
    assert_eq!(wrong(&|rows| rows[16].is_output = F::ZERO), ["is_output"]);
    let swapped = ["index", "byte", "index", "byte"];
    assert_eq!(wrong(&|rows| rows.swap(3, 4)), swapped);
    assert_eq!(wrong(&|rows| rows[3].index += F::ONE), ["index"]);
}
