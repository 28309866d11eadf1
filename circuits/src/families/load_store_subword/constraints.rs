//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::LoadStoreSubword;
use crate::{
    builder::{Builder, Circuit, constant, scoped},
    bus::SPACE_RAM,
    instruction::Decoded,
    memory::{byte_pair, register},
};

// The operation is a sum over flags.
const HALF: u32 = Opcode::Lh as u32 - Opcode::Lb as u32;
const _: () = assert!(
    Opcode::Sh as u32 == Opcode::Sb as u32 + HALF
        && Opcode::Lhu as u32 == Opcode::Lbu as u32 + HALF
        && Opcode::Lbu as u32 > Opcode::Lb as u32
);

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: LoadStoreSubword<B::Var> = circuit.row();
    let one = B::Expr::ONE;
    let two_to_8 = constant::<B>(1 << 8);
    let clk: B::Expr = row.thread.clk.into();

    // (1) Load or store, of a byte or a half-word; only a load is signed, and only a byte may be a
    // high byte.
    let is_store: B::Expr = one.clone() - row.is_load.into();
    circuit.boolean("is_load", row.is_load);
    circuit.boolean("is_half", row.is_half);
    circuit.zero("is_signed", row.is_signed * (row.is_load - row.is_signed));
    circuit.boolean("high_limb", row.high_limb);
    circuit.zero(
        "high_byte",
        row.high_byte * (one.clone() - row.is_half - row.high_byte),
    );

    let operation = row.is_load * constant::<B>(Opcode::Lbu as u32)
        - row.is_signed * constant::<B>(Opcode::Lbu as u32 - Opcode::Lb as u32)
        + is_store.clone() * constant::<B>(Opcode::Sb as u32)
        + row.is_half * constant::<B>(HALF);
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

    // (2) The effective address is 4 address + 2 high_limb + high_byte.
    let address = scoped!(circuit, "address", {
        let offset = row.high_limb * constant::<B>(2) + row.high_byte;
        row.address.word_address(circuit, row.base.value, offset)
    });

    // (3) The limb before, as bytes; both sides are below 2^16.
    let before = row.memory.value;
    let (low, high): (B::Expr, B::Expr) = (row.low.into(), row.high.into());
    let limb = low.clone() + high.clone() * two_to_8.clone();
    circuit.zero(
        "limb",
        limb.clone() - before.lo - (before.hi - before.lo) * row.high_limb,
    );
    byte_pair(circuit, "limb", low.clone(), high.clone());

    // (4) top and rest make up the low limb of the register afterwards, and sign is the top bit of
    // top: 2 top - 2^8 sign and rest are bytes by this lookup. A loaded top is a byte by (5), and so
    // sign is right. A stored byte is a byte because it is even when doubled: the doubled equation
    // has integers below 2^18 on both sides, 2 top + 2^9 rest = 2 result.lo. A half-word is stored
    // as the limb that it is, whatever its top.
    let (top, rest): (B::Expr, B::Expr) = (row.top.into(), row.rest.into());
    circuit.boolean("sign", row.sign);
    byte_pair(
        circuit,
        "top_and_rest",
        top.clone() * constant::<B>(2) - row.sign * two_to_8.clone(),
        rest.clone(),
    );
    circuit.zero(
        "result.lo",
        top.clone() + rest.clone() * two_to_8.clone() - row.result.lo
            + (top.clone() - rest.clone()) * row.is_half * constant::<B>((1 << 8) - 1),
    );

    // (5) A load: top is the byte or the high byte of the limb, the rest of a half-word is the low
    // byte; the rest of a byte (255 = 0xff, where 0xffff = 257 * 255) and the high limb extend the
    // sign.
    scoped!(circuit, "load", {
        let is_high = row.is_half + row.high_byte;
        let loaded = low.clone() + (high.clone() - low.clone()) * is_high;
        circuit.zero("top", (top.clone() - loaded) * row.is_load);
        circuit.zero(
            "half",
            (rest.clone() - low.clone()) * row.is_half * row.is_load,
        );
        circuit.zero(
            "byte",
            (rest.clone() * constant::<B>(257) - row.result.hi)
                * (one.clone() - row.is_half)
                * row.is_load,
        );
        let extended = row.sign * row.is_signed * constant::<B>(0xffff);
        circuit.zero("extension", (row.result.hi - extended) * row.is_load);
    });

    // (6) A store leaves the register as it was.
    scoped!(circuit, "store", {
        let rs2 = row.operand.value;
        circuit.zero("rs2.lo", (row.result.lo - rs2.lo) * is_store.clone());
        circuit.zero("rs2.hi", (row.result.hi - rs2.hi) * is_store.clone());
    });

    // (7) The word afterwards: the other limb is as it was, and the limb changes for a store only:
    // in its low byte, its high byte, or to the low limb of rs2. All limbs are below 2^16.
    scoped!(circuit, "word", {
        let change_lo: B::Expr = row.word.lo - before.lo;
        let change_hi: B::Expr = row.word.hi - before.hi;
        circuit.zero("lo_kept", change_lo.clone() * row.high_limb);
        circuit.zero("hi_kept", change_hi.clone() * (one.clone() - row.high_limb));
        let change = change_lo + change_hi;
        circuit.zero("load", change.clone() * row.is_load);
        let stored = (top.clone() - low.clone()) * (one - row.is_half - row.high_byte)
            + (top - high) * row.high_byte * two_to_8
            + (row.result.lo - limb) * row.is_half;
        circuit.zero("store", (change - stored) * is_store.clone());
    });

    // (8) Accesses, each in its slot: clk + 1 for rs2 and clk + 3 for rd.
    let result = row.result.into_expr::<B>();
    let base_high = scoped!(circuit, "base", {
        row.base.read(circuit, register(row.rs1), clk.clone())
    });
    let operand_high = scoped!(circuit, "operand", {
        let clk = clk.clone() + row.is_load * constant::<B>(3) + is_store;
        row.operand
            .write(circuit, register(row.register), result, clk)
    });
    let memory_high = scoped!(circuit, "memory", {
        let clk = clk.clone() + constant::<B>(2);
        let word = row.word.into_expr::<B>();
        row.memory.write(circuit, (SPACE_RAM, address), word, clk)
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
