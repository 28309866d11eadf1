//! Attacks on the machine's thread, its system calls, its output and its lookups: A20 to A26, and
//! A38 to A47.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{F, machine::Table};

use super::{
    Case, case,
    harness::{Forger, Victim},
    victims::*,
};

fn on(victim: &'static Victim, input: &[u8], forge: fn(&mut Forger<'_>)) -> Forger<'static> {
    let mut forger = Forger::honest(victim, input);
    forge(&mut forger);
    forger.recount();
    forger
}

fn flow(forge: fn(&mut Forger<'_>)) -> Forger<'static> {
    on(&FLOW, &[], forge)
}

/// A run of a program that differs from FLOW, passed off as one of it.
fn twin(program: &zonda::Program, forge: fn(&mut Forger<'_>)) -> Forger<'static> {
    let mut forger = Forger::twin(&FLOW, program, &[]);
    forge(&mut forger);
    forger.recount();
    forger
}

/// A run of CALLS that asks for one thing, passed off as one that asks for another.
fn asked(request: [u32; 4], index: usize, new: u32, more: fn(&mut Forger<'_>)) -> Forger<'static> {
    let [a7, a0, a1, a2] = request;
    let mut forger = Forger::honest(&CALLS, &asking(a7, a0, a1, a2));
    forger.requested(index, new);
    more(&mut forger);
    forger.recount();
    forger
}

const WRITE: [u32; 4] = [64, 3, ZEROED, 4];
const READ: [u32; 4] = [63, 0, ZEROED + 64, 8];

fn calls(forge: fn(&mut Forger<'_>)) -> Forger<'static> {
    let [a7, a0, a1, a2] = WRITE;
    on(&CALLS, &asking(a7, a0, a1, a2), forge)
}

fn none(_: &mut Forger<'_>) {}

#[rustfmt::skip] // One row of the printed table each.
pub fn cases() -> Vec<Case> {
    vec![
        case("A21", "a negative multiplicity", "range16: row 5 offered once less", || {
            let mut f = flow(none);
            *f.cell(Table::Range16, 5, "multiplicity") -= F::ONE;
            f
        }, &["bus range16"]),
        case("A21", "a fractional multiplicity", "range16: row 5 offered a half more", || {
            let mut f = flow(none);
            *f.cell(Table::Range16, 5, "multiplicity") += F::from_u32(1 << 30);
            f
        }, &["bus range16"]),
        case("A21", "an opening of 2 words at once", "image: touched 2", || flow(|f| {
            *f.cell(Table::Image, 5, "touched") = F::TWO;
        }), &["bus boundary", "image: touched"]),
        case("A22", "a lookup of x answered by (0, x)", "one count moved from range16 to byte pairs", || {
            let mut f = flow(none);
            let row = (1..256).find(|row| *f.cell(Table::Range16, *row, "multiplicity") != F::ZERO).unwrap();
            *f.cell(Table::Range16, row, "multiplicity") -= F::ONE;
            *f.cell(Table::Bytes, row, "pair_multiplicity") += F::ONE;
            f
        }, &["bus byte_pair", "bus range16"]),
        case("A22", "a pair (x, 0) answered by the triple (x, 0, 0)", "one count moved from byte pairs to conjunctions", || {
            let mut f = flow(none);
            let row = (1..256).map(|x| x << 8).find(|row| *f.cell(Table::Bytes, *row, "pair_multiplicity") != F::ZERO).unwrap();
            *f.cell(Table::Bytes, row, "pair_multiplicity") -= F::ONE;
            *f.cell(Table::Bytes, row, "and_multiplicity") += F::ONE;
            f
        }, &["bus and", "bus byte_pair"]),
        case("A22", "a triple (a, b, a AND b) answered by the pair (a, b)", "one count moved from conjunctions to byte pairs", || {
            let mut f = on(&VALUES, &[], none);
            let row = (0..1 << 16).find(|row| *f.cell(Table::Bytes, *row, "and_multiplicity") != F::ZERO).unwrap();
            *f.cell(Table::Bytes, row, "and_multiplicity") -= F::ONE;
            *f.cell(Table::Bytes, row, "pair_multiplicity") += F::ONE;
            f
        }, &["bus and", "bus byte_pair"]),
        case("A22", "a power (1, 2) answered by the pair of bytes (1, 2)", "one count moved from powers of two to byte pairs", || {
            let mut f = on(&VALUES, &[], none);
            *f.cell(Table::PowersOfTwo, 1, "multiplicity") -= F::ONE;
            *f.cell(Table::Bytes, 0x102, "pair_multiplicity") += F::ONE;
            f
        }, &["bus byte_pair", "bus power_of_two"]),
        case("A22", "a value answered by a power whose exponent it is", "one count moved from range16 to powers of two", || {
            let mut f = on(&VALUES, &[], none);
            *f.cell(Table::Range16, 0, "multiplicity") -= F::ONE;
            *f.cell(Table::PowersOfTwo, 0, "multiplicity") += F::ONE;
            f
        }, &["bus power_of_two", "bus range16"]),
        case("A26", "a row that holds no instruction", "add_immediate: a row more, of zeros", || flow(|f| {
            f.append(Table::AddImmediate);
        }), &["bus byte_pair", "bus memory", "bus program", "bus state"]),
        case("A26", "a row of no transfer makes a byte public", "transfer: a row more, with moved[0]", || calls(|f| {
            let row = f.append(Table::Transfer);
            *f.cell(Table::Transfer, row, "moved[0]") = F::ONE;
        }), &["bus byte_pair", "bus memory", "bus transfer", "transfer: goes_on.rest"]),
        case("A26", "a row of the instructions that holds none", "instructions: a row more, of zeros", || flow(|f| {
            f.append(Table::Instructions);
        }), &["bus instruction"]),
        case("A38", "a branch that is taken is not", "next pc of BEQ 4, 4; holds stays", || twin(&flow_twin(TARGET, SKIPPED, LOOPS, STORED), |f| {
            let next = f.pc("around");
            f.set("beq_around", [("next_pc", i64::from(next))]);
        }), &["branch: next_pc.taken", "bus state"]),
        case("A38", "a branch that is taken is not, with a false comparison", "next pc and holds of BEQ 4, 4", || flow(|f| {
            let next = f.pc("around");
            f.set("beq_around", [("next_pc", i64::from(next)), ("holds", 0)]);
        }), &["branch: equality.different", "branch: order.margin", "bus state"]),
        case("A38", "one more round of a loop", "the whole run of a program with 4 rounds", || twin(&flow_twin(TARGET, SKIPPED, 4, STORED), none), &["bus memory"]),
        case("A38", "an instruction that the program does not have", "the run of a program that loads 9, not 1; result as in the program", || twin(&flow_twin(TARGET, SKIPPED, LOOPS, 9), |f| {
            f.set("stored_to", [("constant.lo", 9)]);
        }), &["add_immediate: carry_hi", "add_immediate: carry_lo", "bus memory", "bus program"]),
        case("A35", "what is stored to text is executed", "the whole run of a program with the stored instruction", || twin(&flow_twin(TARGET, SKIPPED, LOOPS, 2), |f| {
            f.set("stored_to", [("constant.lo", 2)]);
        }), &["add_immediate: carry_hi", "add_immediate: carry_lo", "bus memory", "bus program"]),
        case("A38", "the instruction after the one at 2^32 - 4 is at 0", "pc of ADDI: 2^32 - 4", || flow(|f| {
            f.set("first", [("thread.pc", 0xffff_fffc)]);
        }), &["bus program", "bus state"]),
        case("A38", "an instruction at p - 4", "pc of ADDI: -4", || flow(|f| {
            f.set("first", [("thread.pc", -4)]);
        }), &["bus program", "bus state"]),
        case("A38", "a jump's target taken modulo p", "rs1 of JALR: p less, modulo 2^32", || flow(|f| {
            f.add("jalr", [("x.value.lo", F::ONE), ("x.value.hi", F::from_u32(1 << 15))]);
        }), &["bus memory", "bus range16", "bus state"]),
        case("A39", "two instructions in the other order", "clk of ADDI x9, 1 and ADDI x9, 2 exchanged", || flow(|f| {
            f.add("first", [("thread.clk", F::from_u32(4))]).add("second", [("thread.clk", -F::from_u32(4))]);
        }), &["bus byte_pair", "bus memory", "bus state"]),
        case("A39", "an instruction left out", "row of ADDI", || flow(|f| {
            f.clear("first");
        }), &["bus memory", "bus state"]),
        case("A39", "an instruction repeated", "row of ADDI doubled", || flow(|f| {
            f.repeat("second");
        }), &["bus memory", "bus state"]),
        case("A40", "EBREAK executed as ADDI", "the whole run of a program with ADDI there", || twin(&flow_twin(4, zonda_riscv_emu::testing::addi(7, 7, 1), LOOPS, STORED), none), &["branch: next_pc.taken", "bus instruction"]),
        case("A40", "EBREAK executed as ADDI, which no shard is said to execute", "the same, and EBREAK's row of the shard's instructions is another", || twin(&flow_twin(4, zonda_riscv_emu::testing::addi(7, 7, 1), LOOPS, STORED), |f| {
            let skipped = F::from_u32(f.pc("skipped"));
            let row = (0..).find(|row| *f.cell(Table::Instructions, *row, "pc") == skipped).unwrap();
            f.copy_row(Table::Instructions, 0, row);
        }), &["branch: next_pc.taken", "bus program"]),
        case("A40", "ADD as a mixture of operations", "is_add 2", || on(&VALUES, &[], |f| {
            f.set("add", [("is_add", 2)]);
        }), &["add_sub: is_add", "add_sub: sub.carry_lo", "bus program"]),
        case("A40", "FENCE writes x7", "constant and rd of its row", || on(&VALUES, &[], |f| {
            f.set("fence", [("constant.lo", 5), ("result.lo", 5), ("registers.rd", 7)]);
        }), &["bus memory", "bus program"]),
        case("A45", "the run stops before its exit", "row of the ECALL", || calls(|f| {
            f.clear("exit");
        }), &["bus exit", "bus memory", "bus state"]),
        case("A45", "the run stops before its exit and its last write", "rows of both ECALLs", || calls(|f| {
            f.clear("exit").clear("second");
        }), &["bus exit", "bus memory", "bus state", "bus transfer"]),
        case("A45", "the run goes on after its exit", "a7 of a debug write is 93", || asked([64, 1, ZEROED, 0], 0, 93, none), &["ecall: number.write"]),
        case("A45", "the run exits twice", "row of exit doubled", || calls(|f| {
            f.repeat("exit");
        }), &["bus exit", "bus memory", "bus state"]),
        case("A45", "another exit code", "a0 of exit, not what the program loaded", || calls(|f| {
            f.statement.exit_code = 8;
            f.set("exit", [("argument.value.lo", 8), ("result", 8)]);
            f.settle();
        }), &["bus memory"]),
        case("A46", "another output byte, in the statement alone", "statement's row and byte 0", || calls(|f| {
            f.statement.output[0] ^= 1;
            *f.cell(Table::Statement, 0, "byte") = F::from_u8(f.statement.output[0]);
        }), &["bus output"]),
        case("A46", "output extended with a zero", "statement's rows", || calls(|f| {
            let end = f.statement.output.len();
            f.statement.output.push(0);
            assert_eq!(f.append(Table::Statement), end);
            *f.cell(Table::Statement, end, "is_output") = F::ONE;
            *f.cell(Table::Statement, end, "index") = F::from_usize(end);
        }), &["bus output"]),
        case("A46", "output truncated", "statement's rows", || calls(|f| {
            f.statement.output.pop();
            f.shorten(Table::Statement);
        }), &["bus output"]),
        case("A46", "two writes exchange their places in the output", "output lengths found and left, order of the two, statement", || calls(|f| {
            let (table, first) = f.row("first");
            let (_, second) = f.row("second");
            let names = ["output_length.value.lo", "output_length.previous_clk", "output_end.lo"];
            let clk = |f: &mut Forger<'_>, row| *f.cell(table, row, "thread.clk") + F::TWO;
            let (at_first, at_second) = (clk(f, first), clk(f, second));
            let [_, before, _] = names.map(|name| *f.cell(table, first, name));
            for (row, cells) in [(second, [4_u32, 0, 8].map(F::from_u32)), (first, [8, 0, 12].map(F::from_u32))] {
                for (name, value) in names.into_iter().zip(cells) {
                    *f.cell(table, row, name) = value;
                }
            }
            *f.cell(table, second, "output_length.previous_clk") = before;
            *f.cell(table, first, "output_length.previous_clk") = at_second;
            let low = |f: F| F::from_u32(p3_field::PrimeField32::as_canonical_u32(&f) & 0xffff);
            *f.cell(table, second, "output_length.difference_low") = low(at_second - before - F::ONE);
            *f.cell(table, first, "output_length.difference_low") = low(at_first - at_second - F::ONE);
            let last = f.last_row(Table::Transfer);
            *f.cell(Table::Transfer, last - 1, "output_end") = F::from_u32(12);
            *f.cell(Table::Transfer, last, "output_end") = F::from_u32(8);
            f.statement.output[4..].rotate_left(4);
            for index in 4..12 {
                *f.cell(Table::Statement, index, "byte") = F::from_u8(f.statement.output[index]);
            }
            f.settle();
        }), &["bus byte_pair"]),
        case("A46", "two bytes at one place of the output", "second write ends where the first one does", || calls(|f| {
            let row = f.last_row(Table::Transfer);
            *f.cell(Table::Transfer, row, "output_end") -= F::from_u32(4);
            f.add("second", [("output_end.lo", -F::from_u32(4))]).settle();
        }), &["bus output", "ecall: output_end.hi", "ecall: output_end.lo"]),
        case("A46", "a write of bytes that memory does not hold", "transfer: byte 0 and the statement", || calls(|f| {
            let row = f.last_row(Table::Transfer);
            *f.cell(Table::Transfer, row, "after[0]") += F::ONE;
            f.statement.output[8] += 1;
            *f.cell(Table::Statement, 8, "byte") += F::ONE;
            f.settle();
        }), &["transfer: stay[0]"]),
        case("A47", "an ECALL that does not exist", "a7 of a write is 65", || asked(WRITE, 0, 65, none), &["ecall: number.write"]),
        case("A47", "a write to a descriptor that does not exist", "a0 of a write is 4", || asked(WRITE, 1, 4, none), &["ecall: descriptor.output"]),
        case("A47", "a write past the end of memory", "a1 of a write is 2^32 - 2, a2 is 4", || asked(WRITE, 2, 0xffff_fffe, none), &["bus transfer", "ecall: end.overflow_lo"]),
        case("A47", "a write of less than was asked", "a2 of a write is 5, 4 are written", || asked(WRITE, 3, 5, none), &["ecall: result.returns"]),
        case("A47", "a read of more than was asked", "a2 of a read is 4, 8 are read", || asked(READ, 3, 4, none), &["bus range16"]),
        case("A47", "a read of more than 4096 bytes", "a2 and a0 of a read are 5000", || asked(READ, 3, 5000, |f| {
            f.set("call", [("result", 5000), ("unread", 0)]).settle();
        }), &["bus memory", "bus transfer", "ecall: result.returns"]),
        case("A47", "a read changes a byte beyond its end", "transfer: byte 3 of a word of which less is read", || on(&CALLS, &asking(63, 0, ZEROED + 64, 2), |f| {
            let row = f.last_row(Table::Transfer) - 2;
            *f.cell(Table::Transfer, row, "after[3]") += F::ONE;
            f.settle();
        }), &["transfer: stay[3]"]),
    ]
}
