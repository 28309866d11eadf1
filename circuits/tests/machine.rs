//! Degrees, weights and widths of the constraints and messages of the machine's tables.

mod common;

use std::collections::BTreeMap;

use p3_air::symbolic::AirLayout;
use p3_field::PrimeCharacteristicRing;
use p3_lookup::InteractionSymbolicBuilder;
use zonda_circuits::{
    F,
    bus::Bus,
    checker::names,
    evaluate::{Listener, Row},
    instruction::decoded,
    machine::{Image, Role, Table, TableAir, airs},
    plonky3::FilledTable,
};
use zonda_riscv_emu::{
    decode::{decode, encode},
    instruction::{Form, Instruction, Opcode},
    record::SINK,
};

fn tables() -> Vec<TableAir> {
    airs(&Image::default(), &common::part(), false)
}

/// What Plonky3 hears of a table that is filled up.
fn symbolic(air: &TableAir) -> InteractionSymbolicBuilder<F> {
    let filled = FilledTable::new(air, 0, 16);
    InteractionSymbolicBuilder::from_air(&filled, AirLayout::from_air(&filled))
}

#[test]
fn degrees_are_what_the_engines_expect() {
    for air in tables() {
        let (built, names) = (symbolic(&air), names(&air));
        let constraints = built.base_constraints();
        // And one for each cell of rows that fill the table up.
        let stated = names.constraints.len() + air.table.trace_width();
        assert_eq!(constraints.len(), stated);
        assert!(constraints.iter().all(|x| x.degree_multiple() <= 3));
        for (constraint, name) in constraints.iter().zip(&names.constraints) {
            let degree = constraint.degree_multiple();
            assert!(degree <= 3, "{} {name}: degree {degree}", air.table.name());
        }
        let messages = built.global_interactions();
        assert_eq!(messages.len(), names.messages.len());
        for (message, (_, name)) in messages.iter().zip(&names.messages) {
            let at = format!("{} {name}", air.table.name());
            assert!(message.count.degree_multiple() <= 2, "{at}: count");
            for field in &message.fields {
                assert!(field.degree_multiple() <= 1, "{at}: field");
            }
        }
    }
}

#[test]
fn only_lookup_tables_count_without_bound() {
    let answers = [
        (Table::Instructions, "instruction"),
        (Table::Program, "instruction"),
        (Table::Gaps, "range"),
    ];
    for air in tables() {
        let names = names(&air);
        let messages = symbolic(&air).global_interactions().to_vec();
        for (message, (_, name)) in messages.iter().zip(&names.messages) {
            let is_answer =
                air.table.role() == Role::Lookup || answers.contains(&(air.table, name));
            let weight = u32::from(!is_answer);
            assert_eq!(message.count_weight, weight, "{}", air.table.name());
        }
    }
}

#[test]
fn each_bus_has_one_width() {
    let mut widths = BTreeMap::new();
    for air in tables() {
        for message in symbolic(&air).global_interactions() {
            let bus = Bus::from_name(&message.bus_name).expect("a bus");
            let width = *widths.entry(bus).or_insert(message.fields.len());
            assert_eq!(width, message.fields.len(), "{}", bus.name());
        }
    }
    assert_eq!(widths.len(), Bus::ALL.len());
}

#[test]
fn names_are_distinct_within_a_table() {
    for air in tables() {
        let mut columns = air.table.column_names();
        assert_eq!(columns.len(), air.table.trace_width());
        let names = names(&air);
        let mut constraints = names.constraints;
        let mut messages: Vec<String> = names.messages.into_iter().map(|(_, name)| name).collect();
        for list in [&mut columns, &mut constraints, &mut messages] {
            let length = list.len();
            list.sort();
            list.dedup();
            assert_eq!(list.len(), length, "{}", air.table.name());
        }
    }
}

/// A row's messages on global buses.
#[derive(Default)]
struct Global(Vec<(F, Vec<F>)>);

impl Listener for &mut Global {
    fn constraint(&mut self, _value: F) {}

    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        if bus.is_global() {
            self.0.push((count, fields.to_vec()));
        }
    }
}

#[test]
fn global_messages_come_last_and_are_made_of_what_is_committed_before_their_challenge() {
    let cells = |count: usize, seed: u32| -> Vec<F> {
        let cell = |index| F::from_u32(seed + 77 * index as u32);
        (0..count).map(cell).collect()
    };
    for air in tables() {
        let messages = names(&air).messages;
        let buses: Vec<bool> = messages.iter().map(|(bus, _)| bus.is_global()).collect();
        assert!(buses.is_sorted(), "{}", air.table.name());

        let fixed = cells(air.table.fixed_width(), 1000);
        let evaluate = |seed| {
            let mut row = cells(air.table.boundary_width(), 5000);
            row.extend(cells(air.table.width(), seed));
            let periodic = cells(air.periodic.len(), seed);
            let mut global_messages = Global::default();
            let mut row = Row::new(&row, &fixed, &periodic, &air.public, &mut global_messages);
            air.table.evaluate(&mut row);
            global_messages.0
        };
        assert_eq!(evaluate(1), evaluate(2), "{}", air.table.name());
        let global = buses.iter().filter(|is_global| **is_global).count();
        assert_eq!(evaluate(1).len(), global);
    }
}

/// Without flags that say whether rd is written, x0 stays zero because no row of the program has it for
/// a destination; and no instruction reads the register that is written instead.
#[test]
fn no_instruction_writes_x0_or_reads_what_stands_for_it() {
    let sink = u32::from(SINK);
    let mut stands = 0;
    for opcode in Opcode::ALL {
        for registers in 0..1 << 15 {
            let [rd, rs1, rs2] = [0, 5, 10].map(|shift| (registers >> shift & 31) as u8);
            let fields = Instruction {
                opcode,
                rd,
                rs1,
                rs2,
                imm: 0,
            };
            let instruction = decode(encode(fields)).expect("an instruction");
            let row = decoded(0x1_0000, &instruction);
            // (written, read)
            let is_load = instruction.opcode.form() == Form::Load;
            let (written, read) = match is_load {
                true => (row.rs2, [row.rs1, 0]),
                false => (row.rd, [row.rs1, row.rs2]),
            };
            assert!(read.iter().all(|number| *number < sink), "{instruction}");
            if opcode.form().has_destination() {
                assert!((1..=sink).contains(&written), "{instruction}");
                stands += u32::from(written == sink);
            } else {
                assert_eq!(written, 0, "{instruction}");
            }
            assert!(!is_load || row.rd == 0, "{instruction}");
        }
    }
    assert_ne!(stands, 0);
}
