//! The common part of the instruction families' tests: does a row, alone, hold?
//!
//! A row holds if its constraints are zero and its lookups would be answered. The test compares its
//! other messages (on the state and memory buses) with what the instruction must do.

use alloc::{string::String, vec, vec::Vec};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::dense::RowMajorMatrix;
use zonda_riscv_emu::{instruction::Instruction, record::Access};

use crate::{
    F,
    builder::Names,
    bus::Bus,
    checker::{Failure, check},
    columns::Columns,
    evaluate::{Listener, Row},
    instruction::decoded,
    machine::{Image, Part, Table, airs},
};

/// A row's messages: count (1 sent, p - 1 received), bus, fields. Lookups are left out.
pub type Messages = Vec<(u32, Bus, Vec<u32>)>;

#[derive(Default)]
struct Heard {
    constraints: Vec<F>,
    messages: Vec<(Bus, F, Vec<u32>)>,
}

impl Listener for &mut Heard {
    fn constraint(&mut self, value: F) {
        self.constraints.push(value);
    }

    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        let fields = fields.iter().map(PrimeField32::as_canonical_u32).collect();
        self.messages.push((bus, count, fields));
    }
}

/// Evaluates a row of `table` that executes `instruction` at `pc`. Returns its messages on buses
/// other than lookups, or the name of the first constraint or lookup that fails.
pub fn evaluate_cells(
    table: Table,
    cells: &[F],
    pc: u32,
    instruction: &Instruction,
) -> Result<Messages, String> {
    assert_eq!(cells.len(), table.trace_width());
    let mut names = Names::default();
    let mut heard = Heard::default();
    let mut row = Row::new(cells, &[], &[], &[], &mut heard);
    table.evaluate_named(&mut row, &mut names);
    for (value, name) in heard.constraints.iter().zip(&names.constraints) {
        if *value != F::ZERO {
            return Err(name.clone());
        }
    }
    let mut emitted = Vec::new();
    for ((bus, count, fields), (_, name)) in heard.messages.into_iter().zip(&names.messages) {
        let below = |bound: u32| fields.iter().all(|field| *field < bound);
        let answered = match bus {
            _ if count == F::ZERO => continue,
            Bus::Range16 => below(1 << 16),
            Bus::BytePair => below(1 << 8),
            Bus::And => below(1 << 8) && fields[0] & fields[1] == fields[2],
            Bus::PowerOfTwo => fields[0] < 8 && fields[1] == 1 << fields[0],
            Bus::Program => {
                let row = decoded(pc, instruction);
                let mut expected = vec![pc, row.operation, row.rd, row.rs1, row.rs2];
                expected.extend(row.constants);
                fields == expected
            }
            _ => {
                emitted.push((count.as_canonical_u32(), bus, fields));
                continue;
            }
        };
        if !answered || count != F::ONE {
            return Err(name.clone());
        }
    }
    Ok(emitted)
}

/// [`evaluate_cells`] for a row as a structure.
pub fn evaluate<C: Columns<F>>(
    table: Table,
    row: C,
    pc: u32,
    instruction: &Instruction,
) -> Result<Messages, String> {
    evaluate_cells(table, &cells(row), pc, instruction)
}

/// The messages of a whole table, by count, and the constraints that fail in it: for tables
/// with preprocessed or periodic columns. Messages that it both sends and receives are left out.
pub fn evaluate_table(
    table: Table,
    image: &Image,
    part: &Part,
    trace: RowMajorMatrix<F>,
) -> (Vec<String>, Messages) {
    let mut airs = airs(image, part, true);
    airs.retain(|air| air.table == table);
    let (mut constraints, mut emitted) = (vec![], vec![]);
    for failure in check(airs.iter().zip([&trace]), usize::MAX) {
        match failure {
            Failure::Constraint { constraint, .. } => constraints.push(constraint),
            Failure::Unbalanced {
                bus,
                fields,
                surplus,
                ..
            } => emitted.push((surplus, bus, fields)),
        }
    }
    (constraints, emitted)
}

/// The cells of a row.
pub fn cells<C: Columns<F>>(row: C) -> Vec<F> {
    let mut cells = vec![F::ZERO; C::WIDTH];
    row.write_row(&mut cells);
    cells
}

/// The received and the sent message of the thread: `(pc, clk)` to `(next_pc, clk + 4)`.
pub fn thread(pc: u32, clk: u32, next_pc: u32) -> Messages {
    vec![
        (F::ORDER_U32 - 1, Bus::State, vec![pc, clk]),
        (1, Bus::State, vec![next_pc, clk + 4]),
    ]
}

/// The two messages of an access at `address` of `space`, at `clk`, that leaves `after`.
pub fn access(space: u32, address: u32, record: Access, after: u32, clk: u32) -> Messages {
    let tuple = |value: u32, clk: u32| vec![space, address, value & 0xffff, value >> 16, clk];
    vec![
        (
            F::ORDER_U32 - 1,
            Bus::Memory,
            tuple(record.value, record.previous_clk),
        ),
        (1, Bus::Memory, tuple(after, clk)),
    ]
}

/// The same messages, in any order.
#[track_caller]
pub fn assert_messages(mut emitted: Messages, expected: impl IntoIterator<Item = Messages>) {
    let mut expected: Messages = expected.into_iter().flatten().collect();
    emitted.sort();
    expected.sort();
    assert_eq!(emitted, expected);
}

/// Changes every cell of an honest row, one at a time, to several other values, and returns the
/// names of the columns for which some change goes unnoticed: the row still holds and emits the same
/// messages on every bus.
///
/// A change that is noticed makes a constraint or lookup fail, or changes a message, so that its
/// bus no longer balances.
pub fn unnoticed(table: Table, row: &[F], pc: u32, instruction: &Instruction) -> Vec<String> {
    let honest = evaluate_cells(table, row, pc, instruction).expect("the honest row holds");
    let mut unnoticed = Vec::new();
    for (column, name) in table.column_names().into_iter().enumerate() {
        let value = row[column];
        let others = [
            value + F::ONE,
            value - F::ONE,
            F::ZERO,
            F::ONE,
            -F::ONE,
            value + F::from_u32(1 << 16),
            value + F::from_u32(1 << 8),
            F::from_u32(0x1234_5678),
        ];
        for other in others.into_iter().filter(|other| *other != value) {
            let mut changed = row.to_vec();
            changed[column] = other;
            if evaluate_cells(table, &changed, pc, instruction)
                .is_ok_and(|emitted| emitted == honest)
            {
                unnoticed.push(name.clone());
                break;
            }
        }
    }
    unnoticed
}
