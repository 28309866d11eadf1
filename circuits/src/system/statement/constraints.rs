//! The constraints and messages of the table, and what the statement makes of it.

use alloc::{vec, vec::Vec};

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::record::INITIAL_CLK;

use super::Statement;
use crate::{
    F,
    builder::{Builder, Circuit, constant},
    bus::Bus,
    instruction::NO_TARGET,
    machine::{self, Image, height},
};

// Indices of public values.
const ENTRY: usize = 0;
const EXIT_LO: usize = 1;
const EXIT_HI: usize = 2;
const LENGTH_LO: usize = 3;
const LENGTH_HI: usize = 4;

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: Statement<B::Var> = circuit.row();

    // (1) The columns are the statement's.
    let stated = [
        ("is_first", row.is_first),
        ("is_output", row.is_output),
        ("index", row.index),
        ("byte", row.byte),
    ];
    for (column, (name, cell)) in stated.into_iter().enumerate() {
        let periodic = circuit.periodic(column);
        circuit.equal(name, cell, periodic);
    }

    // (2) The end of the chain of zeroed words is the prover's, on the first row.
    let not_first = B::Expr::ONE - row.is_first.into();
    let end = row.zeroed_end;
    circuit.zero("zeroed_end.lo", not_first.clone() * end.lo);
    circuit.zero("zeroed_end.hi", not_first * end.hi);

    // (3) The run starts once, exits once, and has an output of the stated length.
    let entry = circuit.public(ENTRY);
    circuit.send(
        Bus::State,
        "entry",
        row.is_first,
        [entry, constant::<B>(INITIAL_CLK)],
    );
    let exit = [circuit.public(EXIT_LO), circuit.public(EXIT_HI)];
    circuit.receive(Bus::Exit, "exit", row.is_first, exit);
    let length = [circuit.public(LENGTH_LO), circuit.public(LENGTH_HI)];
    circuit.receive(Bus::OutputLength, "output_length", row.is_first, length);

    // (4) Each byte of the output.
    circuit.receive(
        Bus::Output,
        "output",
        row.is_output,
        [row.index.into(), row.byte.into()],
    );

    // (5) One chain of zeroed words.
    let start = [B::Expr::ZERO, B::Expr::ZERO];
    circuit.send(Bus::ZeroedFrom, "zeroed.start", row.is_first, start);
    circuit.receive(
        Bus::ZeroedFrom,
        "zeroed.end",
        row.is_first,
        [end.lo.into(), end.hi.into()],
    );
}

/// The periodic columns `is_first`, `is_output`, `index` and `byte`, one row per byte of output.
pub fn periodic(statement: &machine::Statement) -> Vec<Vec<F>> {
    let output = &statement.output;
    let height = height(output.len());
    let column = |cells: &mut dyn Iterator<Item = F>| {
        let mut column = vec![F::ZERO; height];
        column.iter_mut().zip(cells).for_each(|(cell, x)| *cell = x);
        column
    };
    vec![
        column(&mut [F::ONE].into_iter()),
        column(&mut output.iter().map(|_| F::ONE)),
        column(&mut (0..output.len()).map(F::from_usize)),
        column(&mut output.iter().map(|byte| F::from_u8(*byte))),
    ]
}

/// The public values: entry, limbs of the exit code, limbs of the length of the output.
///
/// No instruction has a pc from 2^30 on, so neither does an entry that a program can run from. An
/// output is shorter than its table, which no proof lets be so high.
pub fn public(image: &Image, statement: &machine::Statement) -> Vec<F> {
    let Image { entry, .. } = image;
    let exit = statement.exit_code;
    let length = statement.output.len();
    vec![
        F::from_u32(NO_TARGET.min(*entry)),
        F::from_u32(exit & 0xffff),
        F::from_u32(exit >> 16),
        F::from_usize(length & 0xffff),
        F::from_usize(length >> 16),
    ]
}
