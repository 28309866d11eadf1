use alloc::{string::String, vec, vec::Vec};

use p3_field::PrimeField32;

use super::{Boundary, Held, InBoundary, row};
use crate::{
    F,
    bus::{Bus, SPACE_RAM},
    machine::{End, Execution, Image, Part, Table, matrix},
    testing::{Messages, assert_messages, evaluate_table},
};

const POSITION: u32 = 5;

fn held(owner: u32) -> Held {
    Held {
        space: SPACE_RAM,
        address: 77,
        before: 0x2_0001,
        owner,
        after: 0x4_0003,
    }
}

fn evaluate(position: u32, rows: Vec<(InBoundary<F>, Boundary<F>)>) -> (Vec<String>, Messages) {
    let part = Part {
        execution: Some(Execution {
            position,
            pc: 0,
            end: End::Exit { code: 0 },
            output_start: 0,
            output: Vec::new(),
        }),
        zeroed: None,
    };
    evaluate_table(Table::Boundary, &Image::default(), &part, matrix(rows))
}

#[test]
fn a_place_passes_from_its_owner_to_the_shard() {
    let minus_one = F::ORDER_U32 - 1;
    for (position, owner) in [(1, 0), (POSITION, 0), (POSITION, 4), (1 << 16, 0)] {
        let (constraints, emitted) = evaluate(position, vec![row(&held(owner), 99)]);
        assert_eq!(constraints, [""; 0]);
        let expected = vec![
            (1, Bus::Memory, vec![SPACE_RAM, 77, 1, 2, 0]),
            (minus_one, Bus::Memory, vec![SPACE_RAM, 77, 3, 4, 99]),
            (1, Bus::Range16, vec![position - 1 - owner]),
            (minus_one, Bus::Boundary, vec![SPACE_RAM, 77, 1, 2, owner]),
            (1, Bus::Boundary, vec![SPACE_RAM, 77, 3, 4, position]),
        ];
        assert_messages(emitted, [expected]);
    }
}

#[test]
fn an_owner_that_is_no_earlier_shard_is_out_of_range() {
    for owner in [POSITION, POSITION + 1, 1 << 16, F::ORDER_U32 - 1] {
        let (_, emitted) = evaluate(POSITION, vec![row(&held(owner), 99)]);
        let looked_up = emitted.iter().find(|(_, bus, _)| *bus == Bus::Range16);
        let in_range = looked_up.unwrap().2[0] < 1 << 16;
        // One below 0 is in range for this shard, but nobody leaves a place to it.
        assert_eq!(in_range, owner == F::ORDER_U32 - 1, "{owner}");
    }
}
