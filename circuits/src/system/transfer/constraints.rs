//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;

use super::Transfer;
use crate::{
    builder::{Builder, Circuit, constant, exprs, scoped, shift_down_8},
    bus::{Bus, SPACE_RAM},
    gadgets::product::limb,
    memory::byte_pair,
    word::Word,
};

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: Transfer<B::Var> = circuit.row();
    let one = B::Expr::ONE;

    // (1) Output or input.
    circuit.boolean("is_output", row.is_output);

    // (2) The bytes moved are one run, `offset` is the first of them: `first[i]` is 1 where a run
    // begins.
    let moved = row.moved;
    let first_0: B::Expr = moved[0].into();
    let first_1 = moved[1] * (one.clone() - moved[0].into());
    let first_2 = moved[2] * (one.clone() - moved[1].into());
    let first_3 = moved[3] * (one.clone() - moved[2].into());
    circuit.boolean("moved[0]", moved[0]);
    circuit.boolean("moved[1]", moved[1]);
    circuit.boolean("moved[2]", moved[2]);
    circuit.boolean("moved[3]", moved[3]);
    let offset = first_1.clone() + first_2.double() + first_3.clone() * constant::<B>(3);
    circuit.equal(
        "one_run",
        first_0 + first_1 + first_2 + first_3,
        one.clone(),
    );
    circuit.equal("offset", offset, row.offset);

    // (3) The run ends with the word if the transfer goes on, and with the transfer if not. Since
    // each row moves 1 to 4 bytes and all rows together fewer than p, `remaining` does not pass 0.
    let count: B::Expr = moved[0] + moved[1] + moved[2] + moved[3];
    let rest: B::Expr = row.remaining - count.clone();
    circuit.boolean("goes_on", row.goes_on);
    circuit.zero(
        "goes_on.last_byte",
        row.goes_on * (one.clone() - moved[3].into()),
    );
    circuit.zero(
        "goes_on.rest",
        (one.clone() - row.goes_on.into()) * rest.clone(),
    );
    let Word { lo, hi } = row.address.into_expr::<B>();
    circuit.receive(
        Bus::Transfer,
        "transfer",
        unfinished::<B>(&row, lo.clone(), hi.clone(), row.remaining.into()),
    );

    // (4) The next address is `count` further, with either carry. A wrong carry of 1 makes lo negative,
    // which (5) refuses; a wrong carry of 0 leaves lo at 2^16 or more, which is as good. So lo stays
    // below 2^16 + 4096.
    circuit.boolean("carry", row.carry);
    circuit.zero("carry.unused", row.carry * (one - row.goes_on.into()));
    let next_lo = lo.clone() + count - row.carry * constant::<B>(1 << 16);
    circuit.send_if(
        Bus::Transfer,
        "next",
        row.goes_on,
        unfinished::<B>(&row, next_lo, hi.clone() + row.carry, rest),
    );

    // (5) lo = 4 quarter + offset, both sides below 2^19, so this is division with remainder. The
    // word address is below 2^30 since the whole transfer lies below 2^32. 4 * 2^29 = 1 (mod p).
    let quarter = (lo - row.offset) * constant::<B>(1 << 29);
    circuit.send(Bus::Range16, "quarter", [quarter.clone()]);
    let address = quarter + hi * constant::<B>(1 << 14);

    // (6) The bytes of the word before and after. Each limb is `low + 2^8 high` of two bytes, so the
    // bytes are the limb's.
    let [before_0, before_2] = exprs::<B, 2>(row.before);
    let before_1 = shift_down_8::<B>(row.word.value.lo - before_0.clone());
    let before_3 = shift_down_8::<B>(row.word.value.hi - before_2.clone());
    let [after_0, after_1, after_2, after_3] = exprs::<B, 4>(row.after);
    let pairs = [
        ("before.lo", before_0.clone(), before_1.clone()),
        ("before.hi", before_2.clone(), before_3.clone()),
        ("after.lo", after_0.clone(), after_1.clone()),
        ("after.hi", after_2.clone(), after_3.clone()),
    ];
    for (name, low, high) in pairs {
        byte_pair(circuit, name, low, high);
    }

    // (7) Only a byte that is moved, and is input, may change.
    // (8) A byte of public output at its index: output_end <= 2^30, remaining below it.
    byte(circuit, &row, 0, ["stay[0]", "output[0]"], before_0);
    byte(circuit, &row, 1, ["stay[1]", "output[1]"], before_1);
    byte(circuit, &row, 2, ["stay[2]", "output[2]"], before_2);
    byte(circuit, &row, 3, ["stay[3]", "output[3]"], before_3);

    // (9) The access.
    let word = Word {
        lo: limb::<B>(after_0, after_1),
        hi: limb::<B>(after_2, after_3),
    };
    let clk = row.clk.into() + constant::<B>(2);
    let high = scoped!(circuit, "word", {
        row.word.write(circuit, (SPACE_RAM, address), word, clk)
    });
    byte_pair(circuit, "difference_high", high, B::Expr::ZERO);
}

/// The message of the row's transfer at the address `lo + 2^16 hi`, with `remaining` bytes to go.
#[inline(always)]
fn unfinished<B: Builder>(
    row: &Transfer<B::Var>,
    lo: B::Expr,
    hi: B::Expr,
    remaining: B::Expr,
) -> [B::Expr; 6] {
    let (clk, is_output) = (row.clk.into(), row.is_output.into());
    [clk, is_output, lo, hi, remaining, row.output_end.into()]
}

/// One byte of the word: how it may change, and its place in the output.
#[inline(always)]
fn byte<B: Builder>(
    circuit: &mut Circuit<'_, B>,
    row: &Transfer<B::Var>,
    place: usize,
    [stays, output]: [&str; 2],
    before: B::Expr,
) {
    let (after, moved): (B::Expr, B::Var) = (row.after[place].into(), row.moved[place]);
    let change = after.clone() - before;
    let is_input = B::Expr::ONE - row.is_output.into();
    circuit.zero(stays, (B::Expr::ONE - is_input * moved) * change);
    let index = row.output_end - row.remaining - row.offset + constant::<B>(place as u32);
    circuit.send_if(Bus::Output, output, row.is_output * moved, [index, after]);
}
