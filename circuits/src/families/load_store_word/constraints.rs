//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::LoadStoreWord;
use crate::{
    builder::{Builder, Circuit, constant, scoped},
    bus::SPACE_RAM,
    instruction::Decoded,
    memory::{byte_pair, register},
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: LoadStoreWord<B::Var> = circuit.row();
    let clk: B::Expr = row.thread.clk.into();

    // (1) LW or SW.
    let is_store: B::Expr = B::Expr::ONE - row.is_load.into();
    circuit.boolean("is_load", row.is_load);

    let operation = row.is_load * constant::<B>(Opcode::Lw as u32)
        + is_store.clone() * constant::<B>(Opcode::Sw as u32);
    let decoded = Decoded {
        operation,
        rs1: row.rs1.into(),
        rs2: row.register.into(),
        constants: [
            row.address.immediate.into(),
            B::Expr::ZERO,
            B::Expr::ZERO,
            B::Expr::ZERO,
        ],
        ..Decoded::default()
    };
    row.thread
        .step(circuit, decoded, row.thread.following::<B>());

    // (2) The effective address is a multiple of four.
    let address = scoped!(circuit, "address", {
        let base = row.base.value;
        row.address.word_address(circuit, base, B::Expr::ZERO)
    });

    // (3) A load loads the word, a store stores rs2. The value's limbs were written before, so they
    // are in [0, 2^16).
    scoped!(circuit, "result", {
        let (result, word, rs2) = (row.result, row.memory.value, row.operand.value);
        circuit.zero("load.lo", (result.lo - word.lo) * row.is_load);
        circuit.zero("load.hi", (result.hi - word.hi) * row.is_load);
        circuit.zero("store.lo", (result.lo - rs2.lo) * is_store.clone());
        circuit.zero("store.hi", (result.hi - rs2.hi) * is_store.clone());
    });

    // (4) Accesses, each in its slot: clk + 1 for rs2 and clk + 3 for rd.
    let result = row.result.into_expr::<B>();
    let base_high = scoped!(circuit, "base", {
        row.base.read(circuit, register(row.rs1), clk.clone())
    });
    let operand_high = scoped!(circuit, "operand", {
        let clk = clk.clone() + row.is_load * constant::<B>(3) + is_store;
        row.operand
            .write(circuit, register(row.register), result.clone(), clk)
    });
    let memory_high = scoped!(circuit, "memory", {
        let clk = clk.clone() + constant::<B>(2);
        row.memory.write(circuit, (SPACE_RAM, address), result, clk)
    });
    byte_pair(
        circuit,
        "difference_high.registers",
        base_high,
        operand_high,
    );
    byte_pair(
        circuit,
        "difference_high.memory",
        memory_high,
        B::Expr::ZERO,
    );
}
