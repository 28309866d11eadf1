//! Filling the table from execution records.

use p3_field::{Field, PrimeCharacteristicRing};
use zonda_riscv_emu::{
    allocate::OutOfMemory,
    instruction::{Instruction, Opcode},
    record::{Family, Step},
};

use super::Branch;
use crate::{
    F,
    instruction::{Thread, decoded},
    memory::Access,
    witness::source::{At, Extent, Sink, Source},
};

/// The row of one executed instruction.
pub fn row(step: &Step, instruction: &Instruction) -> Branch<F> {
    let (x, y) = (step.rs1.value, step.rs2.value);
    let opcode = instruction.opcode;
    let is_equality = matches!(opcode, Opcode::Beq | Opcode::Bne);
    let is_signed = matches!(opcode, Opcode::Blt | Opcode::Bge);
    let holds = match opcode {
        Opcode::Beq | Opcode::Bne => x == y,
        Opcode::Blt | Opcode::Bge => (x as i32) < (y as i32),
        _ => x < y,
    };
    let low = (y & 0xffff) as i32 - (x & 0xffff) as i32;
    let high = if is_signed {
        (y as i32 >> 16) - (x as i32 >> 16)
    } else {
        (y >> 16) as i32 - (x >> 16) as i32
    };
    let high_decides = !is_equality && high != 0;
    let excess = if high_decides { high } else { low };
    let margin = match (holds, high_decides) {
        (true, _) => excess - 1,
        (false, true) => -excess - 1,
        (false, false) => -excess,
    };
    let aid = if is_signed {
        [F::from_u32(x >> 31), F::from_u32(y >> 31)]
    } else if is_equality && low != 0 {
        [F::from_i32(low).inverse(), F::ZERO]
    } else if is_equality && high != 0 {
        [F::ZERO, F::from_i32(high).inverse()]
    } else {
        [F::ZERO; 2]
    };
    Branch {
        thread: Thread::fill(step.pc, step.clk),
        is_equality: F::from_bool(is_equality),
        is_signed: F::from_bool(is_signed),
        is_negated: F::from_bool(matches!(opcode, Opcode::Bne | Opcode::Bge | Opcode::Bgeu)),
        rs1: F::from_u8(instruction.rs1),
        rs2: F::from_u8(instruction.rs2),
        x: Access::fill(&step.rs1, step.clk),
        y: Access::fill(&step.rs2, step.clk + 1),
        target: F::from_u32(decoded(step.pc, instruction).constants[0]),
        next_pc: F::from_u32(step.next_pc),
        holds: F::from_bool(holds),
        high_decides: F::from_bool(high_decides),
        margin: F::from_i32(margin),
        aid,
    }
}

/// How many rows there are: one for each instruction of the family.
pub fn rows(extent: &Extent) -> usize {
    extent.instructions(Family::Branch)
}

/// Adds the rows of the instructions that were executed.
pub fn fill<I: At>(source: &Source<'_, I>, rows: &mut impl Sink) -> Result<(), OutOfMemory> {
    source.add_executed(Family::Branch, rows, row)
}
