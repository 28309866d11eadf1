//! Attacks on what instructions do: A28 to A38, A41 and A42.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{F, machine::Table};

use super::{
    Case, case,
    harness::Forger,
    victims::{FLOW, MEMORY, VALUES, ZEROED},
};

fn values(forge: fn(&mut Forger<'_>)) -> Forger<'static> {
    on(&VALUES, forge)
}

fn memory(forge: fn(&mut Forger<'_>)) -> Forger<'static> {
    on(&MEMORY, forge)
}

fn on(victim: &'static super::harness::Victim, forge: fn(&mut Forger<'_>)) -> Forger<'static> {
    let mut forger = Forger::honest(victim, &[]);
    forge(&mut forger);
    forger.recount();
    forger
}

const UP: i64 = 1 << 16;

/// The inverse of 2^16.
fn down() -> F {
    F::from_u32(1 << 15)
}

#[rustfmt::skip] // One row of the printed table each.
pub fn cases() -> Vec<Case> {
    vec![
        case("A28", "AND proved as if it were ADD", "add_sub: is_add is AND's number over ADD's; row moved", || values(|f| {
            let (bitwise, from) = f.row("and");
            let clk = *f.cell(bitwise, from, "thread.clk");
            f.clear("and");
            // A row more of add_sub.
            f.repeat("add");
            let (table, _) = f.row("add");
            let row = f.last_row(table);
            *f.cell(table, row, "thread.clk") = clk;
            *f.cell(table, row, "thread.pc") = F::from_u32(f.pc("and"));
        }), &["bus byte_pair", "bus memory", "bus program"]),
        case("A28", "MULHU's row claims to be MUL", "multiply.y_signed, result and rest exchanged", || values(|f| {
            f.result("mulhu", 1).set("mulhu", [("y_signed", 1), ("rest.lo", 0xfffe), ("rest.hi", 0xffff)]);
        }), &["bus byte_pair", "bus program"]),
        case("A29", "ADD without the carry", "result 0 for 0xffff + 1, carried to the output", || values(|f| {
            f.result("add", 0);
        }), &["add_sub: add.carry_hi"]),
        case("A29", "ADD with a limb of 2^16", "result.lo 2^16, no carry, last register value", || values(|f| {
            f.set("add_unread", [("result.lo", UP), ("result.hi", 0)]).settle();
        }), &["bus range16"]),
        case("A29", "SUB with a borrow too many", "result 2^16 less, carried to the output", || values(|f| {
            f.result("sub", 0xffff_ffff);
        }), &["add_sub: sub.carry_hi"]),
        case("A29", "ADDI off by one", "result, carried to the output", || values(|f| {
            f.result("addi", 43);
        }), &["add_immediate: carry_hi", "add_immediate: carry_lo"]),
        case("A29", "SLT: -1 < 1 denied", "less, carried to the output", || values(|f| {
            f.result("slt", 0).set("slt", [("less_than.less", 0)]);
        }), &["bus range16"]),
        case("A29", "SLT: the sign of -1 dropped", "x_sign and less, carried to the output", || values(|f| {
            f.result("slt", 0).set("slt", [("less_than.less", 0), ("x_sign", 0)]);
        }), &["bus range16"]),
        case("A29", "SLTU: 2^32 - 1 < 1", "less, carried to the output", || values(|f| {
            f.result("sltu", 1).set("sltu", [("less_than.less", 1)]);
        }), &["bus range16"]),
        case("A29", "AND with a wrong byte", "result and byte 1 of the conjunction, to the output", || values(|f| {
            f.result("and", 0xf100).set("and", [("and[1]", 0xf1)]);
        }), &["bus and"]),
        case("A30", "MUL off by one", "result, carried to the output", || values(|f| {
            f.result("mul", 2);
        }), &["multiply: limb_0"]),
        case("A30", "MUL with slack between limbs", "result.lo + 2^16, carry less 1, result.hi less 1", || values(|f| {
            f.add("mul_unread", [("result.lo", F::from_i64(UP)), ("carry_16_low", -F::ONE), ("result.hi", -F::ONE)]).settle();
        }), &["bus byte_pair", "bus range16"]),
        case("A30", "MULH + 1", "result, carried to the output", || values(|f| {
            f.result("mulh", (1 << 30) + 1);
        }), &["multiply: limb_2"]),
        case("A30", "MULHU - 1", "result, carried to the output", || values(|f| {
            f.result("mulhu", u32::MAX - 2);
        }), &["multiply: limb_2"]),
        case("A30", "MULHU + 1 paid by a fraction of a carry", "result.lo, carry_48 and result.hi by 2^-16", || values(|f| {
            f.add("mulhu_unread", [("result.lo", F::ONE), ("carry_48", -down()), ("result.hi", -down())]).settle();
        }), &["bus range16"]),
        case("A30", "MULHSU takes -1 as 2^32 - 1", "sign bytes and result, carried to the output", || values(|f| {
            f.result("mulhsu", 1).set("mulhsu", [("x_bytes.byte_3", 255), ("negative", 0)]);
        }), &["bus byte_pair", "multiply: limb_1", "multiply: limb_2", "multiply: limb_3"]),
        case("A31", "123 / 0 = 0", "quotient and result, carried to the output", || values(|f| {
            f.result("div_zero", 0).set("div_zero", [("quotient_bytes[0]", 0), ("quotient_bytes[1]", 0), ("quotient_bytes[2]", 0), ("quotient_bytes[3]", 0)]);
        }), &["divide: quotient_of_zero"]),
        case("A31", "123 / 0 = 0, divisor_zero forged", "the same and divisor_zero 0", || values(|f| {
            f.result("div_zero", 0).set("div_zero", [("quotient_bytes[0]", 0), ("quotient_bytes[1]", 0), ("quotient_bytes[2]", 0), ("quotient_bytes[3]", 0), ("divisor_zero", 0)]);
        }), &["bus range16", "divide: divisor_inverse"]),
        case("A31", "17 / 5 = -1, divisor_zero forged", "divisor_zero 1, quotient all ones, remainder 17", || values(|f| {
            f.result("div", u32::MAX).set("div", [("divisor_zero", 1), ("divisor_inverse", 0), ("quotient_bytes[0]", 255), ("quotient_bytes[1]", 255), ("quotient_bytes[2]", 255), ("quotient_bytes[3]", 255), ("remainder.lo", 17)]);
        }), &["bus range16", "divide: divisor_zero", "divide: limb_0", "divide: limb_1", "divide: slack.borrow"]),
        case("A31", "123 % 0 = 0", "result and remainder, carried to the output", || values(|f| {
            f.result("rem_zero", 0).set("rem_zero", [("remainder.lo", 0), ("slack_lo", 0xffff)]);
        }), &["divide: limb_0"]),
        case("A31", "-2^31 / -1 = 0", "result, carried to the output", || values(|f| {
            f.result("div_overflow", 0);
        }), &["divide: chosen.hi"]),
        case("A31", "-2^31 / -1 = 2^31 - 1, remainder 1", "quotient, remainder, result", || values(|f| {
            f.result("div_overflow", (1 << 31) - 1).set("div_overflow", [("quotient_bytes[0]", 255), ("quotient_bytes[1]", 255), ("quotient_bytes[2]", 255), ("quotient_bytes[3]", 127), ("remainder.lo", 1), ("slack_lo", -1)]);
            f.set("div_overflow", [("carry_low", 1)]);
        }), &["bus range16"]),
        case("A31", "17 / 5 = 2, remainder 7", "quotient, remainder, slack", || values(|f| {
            f.result("div", 2).set("div", [("quotient_bytes[0]", 2), ("remainder.lo", 7), ("slack_lo", UP - 3)]);
        }), &["bus range16"]),
        case("A31", "-7 % 2 = 1", "result and negate, carried to the output", || values(|f| {
            f.result("rem_sign", 1).set("rem_sign", [("negate", 0), ("negate_carry.lo", 0), ("negate_carry.hi", 0)]);
        }), &["divide: negate"]),
        case("A32", "3 << 33 = 0", "result, carried to the output", || values(|f| {
            f.result("sll", 0);
        }), &["shift: result.lo"]),
        case("A32", "the amount not reduced modulo 32", "multiple 0, exponent 33, power 0", || values(|f| {
            f.result("sll", 0).set("sll", [("multiple", 0), ("exponent", 33), ("power", 0), ("shifted.cut[0].limb", 0)]);
        }), &["bus power_of_two"]),
        case("A32", "2^1 = 4", "power and what follows from it", || values(|f| {
            f.result("sll", 12).set("sll", [("power", 4), ("shifted.cut[0].limb", 12)]);
        }), &["bus power_of_two"]),
        case("A32", "SRA fills with zeros", "sign, the cuts and the result of SRL", || values(|f| {
            let (table, logical) = f.row("srl");
            let cut: [F; 4] = ["[0].limb", "[0].byte", "[1].limb", "[1].byte"].map(|name| *f.cell(table, logical, &format!("shifted.cut{name}")));
            f.result("sra", 0x0800_0000).set("sra", [("shifted.sign", 0)]);
            let (table, row) = f.row("sra");
            for (name, value) in ["[0].limb", "[0].byte", "[1].limb", "[1].byte"].into_iter().zip(cut) {
                *f.cell(table, row, &format!("shifted.cut{name}")) = value;
            }
        }), &["bus range16"]),
        case("A33", "LB of another byte of the word", "low byte's lane taken: high_byte 0", || memory(|f| {
            f.result("lb", 0xffff_ff80).set("lb", [("high_byte", 0), ("top", 0x80)]);
        }), &["bus range16", "bus memory"]),
        case("A33", "LB without its sign", "sign, rest and result, carried to the output", || memory(|f| {
            f.result("lb", 0x83).set("lb", [("sign", 0), ("rest", 0)]);
        }), &["bus byte_pair"]),
        case("A33", "LBU with a sign", "is_signed, rest and result, carried to the output", || memory(|f| {
            f.result("lbu", 0xffff_ff86).set("lbu", [("is_signed", 1), ("rest", 255)]);
        }), &["bus program"]),
        case("A33", "LH without its sign", "sign and result, carried to the output", || memory(|f| {
            f.result("lh", 0x8986).set("lh", [("sign", 0)]);
        }), &["bus byte_pair"]),
        case("A33", "SB writes its neighbour too", "word afterwards, read back and made public", || memory(|f| {
            f.stored("sb", |word| word ^ 0xff);
        }), &["load_store_subword: word.store"]),
        case("A33", "SB writes the other limb", "word afterwards, read back and made public", || memory(|f| {
            f.stored("sb", |word| word ^ 0xff_0000);
        }), &["load_store_subword: word.hi_kept", "load_store_subword: word.store"]),
        case("A34", "misaligned LW of the aligned word", "result, carried to the output", || memory(|f| {
            f.result("lw_misaligned", 0x9592_8f8c).bytes("lw_misaligned", "result", &[0x8c, 0x8f, 0x92, 0x95]);
        }), &["load_store_misaligned: moved.0", "load_store_misaligned: moved.1", "load_store_misaligned: moved.2", "load_store_misaligned: moved.3"]),
        case("A34", "misaligned LHU with a high limb", "result, carried to the output", || memory(|f| {
            f.result("lhu_misaligned", 0x1_9895).bytes("lhu_misaligned", "result", &[0x95, 0x98, 1, 0]);
        }), &["load_store_misaligned: extension.2"]),
        case("A34", "misaligned LW at another offset", "offset 3 in the place of 2", || memory(|f| {
            f.set("lw_misaligned", [("offset[1]", 0)]);
        }), &["bus memory", "bus range16", "load_store_misaligned: moved.0", "load_store_misaligned: moved.1", "load_store_misaligned: moved.2", "load_store_misaligned: moved.3"]),
        case("A34", "misaligned SH writes a byte too many", "word afterwards, read back and made public", || memory(|f| {
            f.stored("sh_misaligned", |word| word ^ 0xff00_0000);
        }), &["load_store_misaligned: kept.3"]),
        case("A34", "JALR to an address that is not a multiple of 4", "rs1 + 2, next pc and thread", || on(&FLOW, |f| {
            f.add("jalr", [("x.value.lo", F::TWO)]);
        }), &["bus memory", "bus range16", "bus state"]),
        case("A35", "LW past 2^32 reads no such word", "wrap 0: word address 2^30 + 1", || memory(|f| {
            f.set("lw_wraps", [("address.wrap", 0)]);
        }), &["bus memory"]),
        case("A35", "LW past 2^32, word 2^30 + 1 opened", "the same, held by the shard, and a zeroed word of that address", || memory(|f| {
            f.set("lw_wraps", [("address.wrap", 0)]);
            let row = f.row_of(Table::Boundary, [("space", 1), ("address", 1)]).unwrap();
            *f.cell(Table::Boundary, row, "address") = F::from_u32((1 << 30) + 1);
            *f.cell(Table::Zeroed, 0, "address.lo") = F::ONE;
            *f.cell(Table::Zeroed, 0, "address.hi") = F::from_u32(1 << 14);
        }), &["bus range16", "bus zeroed_from"]),
        case("A35", "LW of a tuple that nobody wrote", "the word and its clk: 0 in the low limb, at 0", || memory(|f| {
            f.set("lw", [("memory.value.lo", 0), ("memory.previous_clk", 0)]);
        }), &["bus memory", "load_store_word: result.load.lo"]),
        case("A36", "ADD writes x0", "rd 0, and x0 read afterwards", || values(|f| {
            f.x0("add_x0");
        }), &["bus memory", "bus program"]),
        case("A36", "LW writes x0", "register 0", || memory(|f| {
            f.x0("lw_x0");
        }), &["bus memory", "bus program"]),
        case("A36", "JAL writes x0", "rd 0", || on(&FLOW, |f| {
            f.x0("jal_x0");
        }), &["bus memory", "bus program"]),
        case("A37", "ADD x5, x5, x5 reads two values", "rs2 is what x5 held before", || values(|f| {
            f.result("same", 7).set("same", [("y.value.lo", 0), ("y.value.hi", 0)]);
        }), &["bus memory"]),
        case("A38", "LUI with a wrong low limb", "result, carried to the output", || values(|f| {
            f.result("lui", 0x1234_5001);
        }), &["add_immediate: carry_hi", "add_immediate: carry_lo"]),
        case("A38", "AUIPC with a wrong constant", "constant and result, carried to the output", || values(|f| {
            let wrong = f.pc("auipc") + 0x2000;
            f.result("auipc", wrong).set("auipc", [("constant.lo", i64::from(wrong & 0xffff)), ("constant.hi", i64::from(wrong >> 16))]);
        }), &["bus program"]),
        case("A41", "a stale read", "LW finds the word as it was before a store, at 0", || memory(|f| {
            f.loaded_from("again", 0, |_| 0, true);
        }), &["bus memory"]),
        case("A41", "a read at the clk of its own", "LW finds 7, which it leaves itself", || memory(|f| {
            f.loaded_from("again", 7, |clk| clk, false);
        }), &["bus byte_pair"]),
        case("A41", "a read at the clk of its own, with a limb that is none", "the same; low limb of the difference -1", || memory(|f| {
            f.loaded_from("again", 7, |clk| clk, false);
            f.set("again", [("memory.difference_low", -1)]);
        }), &["bus range16"]),
        case("A42", "a word that the file fills starts as another", "LW's word and result, carried to the output", || memory(|f| {
            f.loaded("lw", 1234);
        }), &["bus memory"]),
        case("A42", "memory that starts as zero starts as 7", "LW's word and result, carried to the output", || memory(|f| {
            f.loaded("bss", 7);
        }), &["bus memory"]),
        case("A42", "one word opened twice, so that a store is lost", "a second row for the address, LW reads 0", || memory(|f| {
            f.open_twice("again", ZEROED / 4 + 3);
        }), &["bus range16"]),
        case("A42", "a word of the file opened as zero", "the same for an address of the image", || memory(|f| {
            f.open_twice("lw_image", super::common::DATA / 4 + 7);
        }), &["bus range16"]),
    ]
}
