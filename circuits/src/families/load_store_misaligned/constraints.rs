//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::instruction::Opcode;

use super::LoadStoreMisaligned;
use crate::{
    builder::{Builder, Circuit, constant, scoped},
    bus::{Bus, SPACE_RAM},
    gadgets::product::limb,
    instruction::Decoded,
    memory::{byte_pair, register},
    word::Word,
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: LoadStoreMisaligned<B::Var> = circuit.row();
    let one = B::Expr::ONE;
    let clk: B::Expr = row.thread.clk.into();

    // (1) One of the five operations: of booleans that add up to 1, one is.
    let is_load: B::Expr = row.is_lw + row.is_lh + row.is_lhu;
    let is_store: B::Expr = one.clone() - is_load.clone();
    let is_sh: B::Expr = is_store.clone() - row.is_sw;
    let is_word: B::Expr = row.is_lw + row.is_sw;
    for (name, flag) in [
        ("is_lw", row.is_lw),
        ("is_lh", row.is_lh),
        ("is_lhu", row.is_lhu),
        ("is_sw", row.is_sw),
    ] {
        circuit.boolean(name, flag);
    }
    circuit.boolean("is_sh", is_sh.clone());

    let operation = row.is_lw * constant::<B>(Opcode::Lw as u32)
        + row.is_lh * constant::<B>(Opcode::Lh as u32)
        + row.is_lhu * constant::<B>(Opcode::Lhu as u32)
        + row.is_sw * constant::<B>(Opcode::Sw as u32)
        + is_sh.clone() * constant::<B>(Opcode::Sh as u32);
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

    // (2) The effective address is 4 address + offset, and the offset is 1, 2 or 3.
    let [offset_1, offset_2, offset_3] = offsets::<B>(&row);
    circuit.boolean("offset_1", offset_1.clone());
    circuit.boolean("offset_2", offset_2.clone());
    circuit.boolean("offset_3", offset_3.clone());
    let address = scoped!(circuit, "address", {
        let offset = offset_1.clone()
            + offset_2.clone() * constant::<B>(2)
            + offset_3.clone() * constant::<B>(3);
        row.address.word_address(circuit, row.base.value, offset)
    });
    // (3) The word after it. With the wrong `wraps` the address is 2^30 or, since address - 2^30 + 1
    // is negative, from p - 2^30 + 1 to p - 1: no word has it.
    circuit.boolean("wraps", row.wraps);
    let next_address = address.clone() + one.clone() - row.wraps * constant::<B>(1 << 30);

    // (4) The words before as bytes, and the register afterwards. All sums are below 2^16. The
    // bytes afterwards need no lookup: by (5) and (6) each is one of these.
    let [first, second] = row.memory;
    scoped!(circuit, "before", {
        let [b0, b1, b2, b3, b4, b5, b6, b7] = row.before;
        bytes_of(circuit, "0.lo", first.value.lo, [b0, b1]);
        bytes_of(circuit, "0.hi", first.value.hi, [b2, b3]);
        bytes_of(circuit, "1.lo", second.value.lo, [b4, b5]);
        bytes_of(circuit, "1.hi", second.value.hi, [b6, b7]);
    });
    let [r0, r1, r2, r3] = row.result;
    byte_pair(circuit, "result.lo", r0.into(), r1.into());
    byte_pair(circuit, "result.hi", r2.into(), r3.into());
    let result = Word {
        lo: limb::<B>(r0.into(), r1.into()),
        hi: limb::<B>(r2.into(), r3.into()),
    };
    scoped!(circuit, "rs2", {
        let rs2 = row.operand.value;
        circuit.zero("lo", (result.lo.clone() - rs2.lo) * is_store.clone());
        circuit.zero("hi", (result.hi.clone() - rs2.hi) * is_store.clone());
    });

    // (5) Afterwards the register's bytes stand at the offset: two of a half-word, four of a word.
    // For a load this fixes the loaded bytes.
    scoped!(circuit, "moved", {
        circuit.zero("0", moved::<B>(&row, 0));
        circuit.zero("1", moved::<B>(&row, 1));
        circuit.zero("2", moved::<B>(&row, 2) * is_word.clone());
        circuit.zero("3", moved::<B>(&row, 3) * is_word);
    });

    // (6) A load keeps every byte, a store the bytes that it does not write.
    scoped!(circuit, "kept", {
        let (none, all) = (B::Expr::ZERO, one.clone());
        let (only_1, only_3) = (offset_1.clone(), offset_3.clone());
        let (below_3, above_1) = (offset_1 + offset_2.clone(), offset_2 + offset_3);
        // By place: the offsets at which a word, and at which a half-word, does not cover it.
        circuit.zero("0", kept::<B>(&row, 0, &is_load, all.clone(), all.clone()));
        circuit.zero("1", kept::<B>(&row, 1, &is_load, above_1.clone(), above_1));
        circuit.zero("2", kept::<B>(&row, 2, &is_load, only_3.clone(), only_3));
        circuit.zero(
            "3",
            kept::<B>(&row, 3, &is_load, none.clone(), only_1.clone()),
        );
        circuit.zero("4", kept::<B>(&row, 4, &is_load, none, below_3.clone()));
        circuit.zero("5", kept::<B>(&row, 5, &is_load, only_1, all.clone()));
        circuit.zero("6", kept::<B>(&row, 6, &is_load, below_3, all.clone()));
        circuit.zero("7", kept::<B>(&row, 7, &is_load, all.clone(), all));
    });

    // (7) A loaded half-word is extended: LH by its top bit, LHU by zeros.
    scoped!(circuit, "extension", {
        circuit.zero("sign", row.sign * (row.is_lh - row.sign));
        let top_bit = r1 * constant::<B>(2) - row.sign * constant::<B>(1 << 8);
        circuit.send_if(
            Bus::BytePair,
            "top_bit",
            row.is_lh,
            [top_bit, B::Expr::ZERO],
        );
        let extended = row.sign * constant::<B>(0xff);
        let is_half = row.is_lh + row.is_lhu;
        circuit.zero("2", (r2 - extended.clone()) * is_half.clone());
        circuit.zero("3", (r3 - extended) * is_half);
    });

    // (8) Accesses, each in its slot: clk + 1 for rs2 and clk + 3 for rd. The two words are different
    // ones, so they may share a clk.
    let base_high = scoped!(circuit, "base", {
        row.base.read(circuit, register(row.rs1), clk.clone())
    });
    let operand_high = scoped!(circuit, "operand", {
        let clk = clk.clone() + is_load * constant::<B>(3) + is_store;
        row.operand
            .write(circuit, register(row.register), result, clk)
    });
    let [a0, a1, a2, a3, a4, a5, a6, a7] = row.after;
    let clk = clk + constant::<B>(2);
    let first_high = scoped!(circuit, "first", {
        let word = Word {
            lo: limb::<B>(a0.into(), a1.into()),
            hi: limb::<B>(a2.into(), a3.into()),
        };
        first.write(circuit, (SPACE_RAM, address), word, clk.clone())
    });
    let second_high = scoped!(circuit, "second", {
        let word = Word {
            lo: limb::<B>(a4.into(), a5.into()),
            hi: limb::<B>(a6.into(), a7.into()),
        };
        second.write(circuit, (SPACE_RAM, next_address), word, clk)
    });
    byte_pair(
        circuit,
        "difference_high.registers",
        base_high,
        operand_high,
    );
    byte_pair(circuit, "difference_high.memory", first_high, second_high);
}

/// 1 where the first byte stands at offset 1, 2 and 3 of its word.
#[inline(always)]
fn offsets<B: Builder>(row: &LoadStoreMisaligned<B::Var>) -> [B::Expr; 3] {
    let [offset_1, offset_2] = row.offset;
    let offset_3 = B::Expr::ONE - offset_1.into() - offset_2.into();
    [offset_1.into(), offset_2.into(), offset_3]
}

/// Constrains `whole` to be the limb of two bytes, and looks up that they are bytes.
#[inline(always)]
fn bytes_of<B: Builder>(
    circuit: &mut Circuit<'_, B>,
    name: &str,
    whole: B::Var,
    [low, high]: [B::Var; 2],
) {
    circuit.equal(name, limb::<B>(low.into(), high.into()), whole);
    byte_pair(circuit, name, low.into(), high.into());
}

/// By how much a byte of the register differs from what stands, afterwards, where it belongs.
#[inline(always)]
fn moved<B: Builder>(row: &LoadStoreMisaligned<B::Var>, byte: usize) -> B::Expr {
    let [offset_1, offset_2, offset_3] = offsets::<B>(row);
    (row.after[byte + 1] - row.result[byte]) * offset_1
        + (row.after[byte + 2] - row.result[byte]) * offset_2
        + (row.after[byte + 3] - row.result[byte]) * offset_3
}

/// By how much a byte of memory changes although it is kept: by a load, by a store of a word at the
/// offsets `by_word`, by a store of a half-word at the offsets `by_half`.
#[inline(always)]
fn kept<B: Builder>(
    row: &LoadStoreMisaligned<B::Var>,
    byte: usize,
    is_load: &B::Expr,
    by_word: B::Expr,
    by_half: B::Expr,
) -> B::Expr {
    let change: B::Expr = row.after[byte] - row.before[byte];
    let is_sh = B::Expr::ONE - is_load.clone() - row.is_sw;
    change * (is_load.clone() + by_word * row.is_sw + by_half * is_sh)
}
