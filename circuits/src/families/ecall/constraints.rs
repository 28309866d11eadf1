//! The constraints and messages of the table.

use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{instruction::Opcode, record::CLK_PER_STEP};

use super::Ecall;
use crate::{
    builder::{Builder, Circuit, constant, scoped, shift_down_16},
    bus::{Bus, SPACE_OUTPUT_LENGTH},
    instruction::Decoded,
    memory::{byte_pair, register},
};

/// How many bytes one call moves at most.
const MAX_TRANSFER: u32 = 4096;

/// States the table's constraints and messages for one row.
#[inline(always)]
pub fn eval<B: Builder>(circuit: &mut Circuit<'_, B>) {
    let row: Ecall<B::Var> = circuit.row();

    // (1) One of the four calls: of booleans that add up to 1, one is.
    let returns: B::Expr = B::Expr::ONE - row.is_exit.into();
    let is_write: B::Expr = returns.clone() - row.is_read;
    let is_debug: B::Expr = is_write.clone() - row.is_output;
    circuit.boolean("is_read", row.is_read);
    circuit.boolean("is_output", row.is_output);
    circuit.boolean("is_debug", is_debug.clone());
    circuit.boolean("is_exit", row.is_exit);

    thread(circuit, &row, &returns);
    arguments(circuit, &row, &returns, [is_write, is_debug]);
    result(circuit, &row, &returns);
    output(circuit, &row);
    registers(circuit, &row);
}

/// Fetch and hand on the thread, or end it.
#[inline(always)]
fn thread<B: Builder>(circuit: &mut Circuit<'_, B>, row: &Ecall<B::Var>, returns: &B::Expr) {
    // (2) The program has ECALL; exit sends its code instead of the thread.
    let decoded = Decoded {
        operation: constant::<B>(Opcode::Ecall as u32),
        ..Decoded::default()
    };
    row.thread.fetch(circuit, decoded);
    let next_clk = row.thread.clk.into() + constant::<B>(CLK_PER_STEP);
    circuit.send_if(
        Bus::State,
        "next",
        returns.clone(),
        [row.thread.following::<B>(), next_clk],
    );
    let code = row.argument.value.into_expr::<B>();
    circuit.send_if(Bus::Exit, "exit", row.is_exit, [code.lo, code.hi]);
}

/// The values that a7, a0, a1 and a2 may have.
#[inline(always)]
fn arguments<B: Builder>(
    circuit: &mut Circuit<'_, B>,
    row: &Ecall<B::Var>,
    returns: &B::Expr,
    [is_write, is_debug]: [B::Expr; 2],
) {
    // (3) The call's number.
    let number = row.number.value;
    circuit.zero("number.read", row.is_read * minus::<B>(number.lo, 63));
    circuit.zero("number.write", is_write * minus::<B>(number.lo, 64));
    circuit.zero(
        "number.exit",
        row.is_exit * minus::<B>(number.lo, 93) * minus::<B>(number.lo, 94),
    );
    circuit.zero("number.hi", number.hi);

    // (4) The file descriptor.
    let descriptor = row.argument.value;
    circuit.zero("descriptor.read", row.is_read * descriptor.lo);
    circuit.zero(
        "descriptor.output",
        row.is_output * minus::<B>(descriptor.lo, 3),
    );
    circuit.zero(
        "descriptor.debug",
        is_debug * minus::<B>(descriptor.lo, 1) * minus::<B>(descriptor.lo, 2),
    );
    circuit.zero("descriptor.hi", returns.clone() * descriptor.hi);

    // (5) end = pointer + length (mod 2^32); a carry out of 32 bits leaves end = 0. Carries are
    // expressions; limbs and carries stay below 2^17. Exit has no pointer, so it may overflow.
    let (pointer, length, end) = (row.pointer.value, row.length.value, row.end);
    let carry_lo = shift_down_16::<B>(pointer.lo + length.lo - end.lo);
    let carry_hi = shift_down_16::<B>(pointer.hi + length.hi + carry_lo.clone() - end.hi);
    circuit.boolean("end.carry_lo", carry_lo);
    circuit.boolean("end.carry_hi", carry_hi.clone());
    let overflows = returns.clone() * carry_hi;
    circuit.zero("end.overflow_lo", overflows.clone() * end.lo);
    circuit.zero("end.overflow_hi", overflows * end.hi);
    scoped!(circuit, "end", end.range_check(circuit));

    // (6) is_long = (length >= 4096): length - 4096 + 2^32 (1 - is_long) is in [0, 2^32), by limbs.
    // Differences of limbs stay within 2^18.
    circuit.boolean("borrow", row.borrow);
    circuit.boolean("is_long", row.is_long);
    let limb = constant::<B>(1 << 16);
    let is_short = B::Expr::ONE - row.is_long.into();
    let low = minus::<B>(length.lo, MAX_TRANSFER) + row.borrow * limb.clone();
    let high = length.hi - row.borrow + is_short * limb;
    circuit.send(Bus::Range16, "length.low", [low]);
    circuit.send(Bus::Range16, "length.high", [high]);
}

/// `x - value`.
#[inline(always)]
fn minus<B: Builder>(x: B::Var, value: u32) -> B::Expr {
    x - constant::<B>(value)
}

/// The value that a0 receives, and the transfer of as many bytes.
#[inline(always)]
fn result<B: Builder>(circuit: &mut Circuit<'_, B>, row: &Ecall<B::Var>, returns: &B::Expr) {
    // (7) result + unread = min(length, 4096), where unread is 0 but for `read`; exit leaves a0 as
    // it is. By (6), length.hi is 0 where is_long is not set. Both terms are below 2^16.
    let short = (B::Expr::ONE - row.is_long) * row.length.value.lo;
    let limit = short + row.is_long * constant::<B>(MAX_TRANSFER);
    circuit.zero(
        "result.returns",
        returns.clone() * (row.result + row.unread - limit),
    );
    circuit.zero(
        "result.exit",
        row.is_exit * (row.result - row.argument.value.lo),
    );
    circuit.zero("unread", (B::Expr::ONE - row.is_read.into()) * row.unread);
    circuit.send(Bus::Range16, "result", [row.result.into()]);
    circuit.send_if(Bus::Range16, "unread", row.is_read, [row.unread.into()]);

    // (8) Input and public output are transferred, unless there are no bytes. The transfer table
    // receives no transfer of 0 bytes.
    let may_transfer: B::Expr = row.is_read + row.is_output;
    circuit.boolean("transfers", row.transfers);
    circuit.zero(
        "transfers.some",
        (may_transfer.clone() - row.transfers) * row.result,
    );
    circuit.zero(
        "transfers.none",
        row.transfers * (B::Expr::ONE - may_transfer),
    );
    let output_end = row.output_end.lo + row.output_end.hi * constant::<B>(1 << 16);
    circuit.send_if(
        Bus::Transfer,
        "transfer",
        row.transfers,
        [
            row.thread.clk.into(),
            row.is_output.into(),
            row.pointer.value.lo.into(),
            row.pointer.value.hi.into(),
            row.result.into(),
            output_end,
        ],
    );
}

/// The output length.
#[inline(always)]
fn output<B: Builder>(circuit: &mut Circuit<'_, B>, row: &Ecall<B::Var>) {
    // (9) output_end = output_length + result, below 2^30: its high limb is an integer below 2^17,
    // and 4 times it is below 2^16.
    let (before, after) = (row.output_length.value, row.output_end);
    let is_output: B::Expr = row.is_output.into();
    let carry = shift_down_16::<B>(before.lo + row.result - after.lo);
    circuit.zero("output_end.lo", is_output.clone() * carry.bool_check());
    circuit.zero(
        "output_end.hi",
        is_output.clone() * (before.hi + carry - after.hi),
    );
    let four = constant::<B>(4);
    circuit.send_if(
        Bus::Range16,
        "output_end.lo",
        row.is_output,
        [after.lo.into()],
    );
    circuit.send_if(
        Bus::Range16,
        "output_end.hi",
        row.is_output,
        [after.hi * four],
    );

    // (10) On other rows these columns are zero: a transfer of input has no place in the output.
    let not_output = B::Expr::ONE - is_output.clone();
    let unused = [
        ("output_end.lo.unused", after.lo),
        ("output_end.hi.unused", after.hi),
        ("output_length.lo.unused", before.lo),
        ("output_length.hi.unused", before.hi),
        ("output_length.clk.unused", row.output_length.previous_clk),
        (
            "output_length.difference.unused",
            row.output_length.difference_low,
        ),
    ];
    for (name, column) in unused {
        circuit.zero(name, not_output.clone() * column);
    }

    let clk = row.thread.clk.into() + constant::<B>(2);
    let place = (SPACE_OUTPUT_LENGTH, B::Expr::ZERO);
    let high = scoped!(circuit, "output_length", {
        row.output_length
            .write_if(circuit, &is_output, place, after.into_expr::<B>(), clk)
    });
    circuit.send_if(
        Bus::BytePair,
        "difference_high.output_length",
        is_output,
        [high, B::Expr::ZERO],
    );
}

/// The registers' accesses, each in its slot.
#[inline(always)]
fn registers<B: Builder>(circuit: &mut Circuit<'_, B>, row: &Ecall<B::Var>) {
    // (11) a7, a1 and a2 are read, a0 is written.
    let clk: B::Expr = row.thread.clk.into();
    let number = scoped!(circuit, "a7", {
        row.number
            .read(circuit, register(constant::<B>(17)), clk.clone())
    });
    let pointer = scoped!(circuit, "a1", {
        row.pointer
            .read(circuit, register(constant::<B>(11)), clk.clone())
    });
    let length = scoped!(circuit, "a2", {
        row.length
            .read(circuit, register(constant::<B>(12)), clk.clone())
    });
    let mut after = row.argument.value.into_expr::<B>();
    after.lo = row.result.into();
    let argument = scoped!(circuit, "a0", {
        let clk = clk + constant::<B>(3);
        row.argument
            .write(circuit, register(constant::<B>(10)), after, clk)
    });
    byte_pair(circuit, "difference_high.a7_a1", number, pointer);
    byte_pair(circuit, "difference_high.a2_a0", length, argument);
}
