//! The constraints and messages of the table, its periodic columns and its public values.

use alloc::{vec, vec::Vec};

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::record::{CLK_PER_STEP, INITIAL_CLK};

use super::Statement;
use crate::{
    F,
    builder::{Builder, Circuit, constant},
    bus::Bus,
    instruction::NO_TARGET,
    machine::{End, Execution},
};

// Indices of public values.
const PC: usize = 0;
const EXITS: usize = 1;
const END_PC: usize = 2;
const END_CLK: usize = 3;
const EXIT_LO: usize = 4;
const EXIT_HI: usize = 5;

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: Statement<B::Var> = circuit.row();

    // (1) The columns are the stated values.
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

    // (2) The shard begins once, and either exits or hands the thread on to the next, once.
    let exits = circuit.public(EXITS);
    let goes_on = B::Expr::ONE - exits.clone();
    let start = [circuit.public(PC), constant::<B>(INITIAL_CLK)];
    circuit.send_if(Bus::State, "start", row.is_first, start);
    let end = [circuit.public(END_PC), circuit.public(END_CLK)];
    circuit.receive_if(Bus::State, "end", row.is_first * goes_on, end);
    let exit = [circuit.public(EXIT_LO), circuit.public(EXIT_HI)];
    circuit.receive_if(Bus::Exit, "exit", row.is_first * exits, exit);

    // (3) Each byte of the shard's output. No two bytes of a run have one index, since the output
    // length only grows, so all that is made public is stated.
    circuit.receive_if(
        Bus::Output,
        "output",
        row.is_output,
        [row.index.into(), row.byte.into()],
    );
}

/// The columns that the statement makes, `is_first`, `is_output`, `index` and `byte`: one row per
/// byte of output, and one at least.
pub fn periodic(execution: &Execution) -> Vec<Vec<F>> {
    let Execution {
        output,
        output_start,
        ..
    } = execution;
    let height = output.len().max(1);
    let column = |cells: &mut dyn Iterator<Item = F>| {
        let mut column = vec![F::ZERO; height];
        column.iter_mut().zip(cells).for_each(|(cell, x)| *cell = x);
        column
    };
    let indices = *output_start..;
    vec![
        column(&mut [F::ONE].into_iter()),
        column(&mut output.iter().map(|_| F::ONE)),
        column(&mut indices.zip(output).map(|(index, _)| F::from_u32(index))),
        column(&mut output.iter().map(|byte| F::from_u8(*byte))),
    ]
}

/// The public values: pc at the start; whether the run exits; pc and clk after the last instruction
/// and limbs of the exit code, each zero where it is not received.
///
/// No instruction has a pc from 2^30 on, so neither does an entry that a program can run from.
pub fn public(execution: &Execution) -> Vec<F> {
    let pc = |pc: u32| NO_TARGET.min(pc);
    let [exits, end_pc, end_clk, exit_lo, exit_hi] = match execution.end {
        End::Next { pc: end, cycles } => {
            let clk = cycles.wrapping_mul(CLK_PER_STEP).wrapping_add(INITIAL_CLK);
            [0, pc(end), clk, 0, 0]
        }
        End::Exit { code } => [1, 0, 0, code & 0xffff, code >> 16],
    };
    [pc(execution.pc), exits, end_pc, end_clk, exit_lo, exit_hi]
        .map(F::from_u32)
        .to_vec()
}
