//! The runs that are attacked: by table, instructions on operands at which something may go wrong.

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::{F, instruction::IMMEDIATE_BIAS, machine::Table};
use zonda_riscv_emu::{
    decode::decode,
    instruction::{Form, Instruction, Opcode},
    testing::{addi, assemble, ecall, jal, jalr, lui, lw, or, sw},
};

use crate::world::{DATA, DATA_WORDS, EQUAL, Plan, Setup, TEXT};

/// Where some jumps land.
const LANDING: u32 = 0x400;

pub fn plan(word: u32, setup: Setup, registers: &[(u8, u32)]) -> Plan {
    let instruction = decode(word).expect("an instruction");
    let values: Vec<String> = registers
        .iter()
        .map(|(number, value)| format!("x{number}={value:#x}"))
        .collect();
    Plan::new(
        format!("{instruction} ({})", values.join(" ")),
        setup,
        registers,
        word,
    )
}

/// `op x7, x5, x6`.
fn registers(opcodes: &[Opcode], operands: &[(u32, u32)]) -> Vec<Plan> {
    let all = operands.iter().flat_map(|(x, y)| {
        opcodes.iter().map(|opcode| {
            let word = assemble(*opcode, 7, 5, 6, 0);
            plan(word, Setup::Loads, &[(5, *x), (6, *y), (7, 0x1111_2222)])
        })
    });
    let mut all: Vec<Plan> = all.collect();
    let x0 = assemble(opcodes[0], 0, 5, 6, 0);
    all.push(plan(
        x0,
        Setup::Loads,
        &[(5, operands[0].0), (6, operands[0].1)],
    ));
    all
}

/// `op x7, x5, imm`.
fn immediates(opcodes: &[Opcode], operands: &[(u32, i32)]) -> Vec<Plan> {
    let all = operands.iter().flat_map(|(x, imm)| {
        opcodes.iter().map(|opcode| {
            let word = assemble(*opcode, 7, 5, 0, *imm);
            plan(word, Setup::Loads, &[(5, *x), (6, 0), (7, 0x1111_2222)])
        })
    });
    let mut all: Vec<Plan> = all.collect();
    let x0 = assemble(opcodes[0], 0, 5, 0, operands[0].1);
    all.push(plan(x0, Setup::Loads, &[(5, operands[0].0)]));
    all
}

/// Loads to x7 and stores of x6 at an address, by several bases.
fn accesses(opcodes: &[Opcode], addresses: &[u32], setup: Setup) -> Vec<Plan> {
    let mut all = vec![];
    for opcode in opcodes {
        for address in addresses {
            for imm in [0, 0x7f0, -0x7f0] {
                let base = address.wrapping_sub(imm as u32);
                let wraps = (i64::from(base) + i64::from(imm)) >> 32 != 0;
                if imm != 0 && !wraps {
                    continue;
                }
                let is_store = matches!(opcode, Opcode::Sb | Opcode::Sh | Opcode::Sw);
                let (rd, rs2) = if is_store { (0, 6) } else { (7, 0) };
                let word = assemble(*opcode, rd, 5, rs2, imm);
                let values = [(5, base), (6, 0xa1b2_83d4), (7, 0x1111_2222)];
                all.push(plan(word, setup, &values));
            }
        }
    }
    all
}

pub fn call(number: u32, a0: u32, a1: u32, a2: u32, input: &[u8]) -> Plan {
    let values = [(17, number), (10, a0), (11, a1), (12, a2)];
    let mut plan = plan(ecall(), Setup::Loads, &values);
    // The number of the exit, from where it stands.
    plan.after = vec![lw(17, 0, 0x100)];
    plan.input = input.to_vec();
    plan
}

/// The runs in which rows of `table` are attacked.
pub fn plans(table: Table) -> Vec<Plan> {
    use Opcode::*;
    const PAIRS: [(u32, u32); 6] = [
        (0x0001_ffff, 0x0001_0001),
        (0xffff_ffff, 1),
        (5, 7),
        (0x8000_0000, 0x8000_0000),
        (0x7fff_1234, 0x8000_5678),
        (0x0003_0005, 0x0003_0002),
    ];
    const SHIFTED: [u32; 2] = [0x8765_4321, 0x1234_5678];
    const AMOUNTS: [u32; 7] = [0, 3, 9, 16, 21, 24, 31];
    let shifts = SHIFTED
        .iter()
        .flat_map(|x| AMOUNTS.iter().map(|n| (*x, *n)));
    match table {
        Table::AddSub => registers(&[Add, Sub], &PAIRS),
        Table::Bitwise => registers(&[Xor, Or, And], &PAIRS),
        Table::SetLessThan => registers(&[Slt, Sltu], &PAIRS),
        Table::Multiply => {
            let mut operands = PAIRS.to_vec();
            operands.extend([(0xffff_ffff, 0xffff_ffff), (0x8000_0001, 3), (0, 9)]);
            registers(&[Mul, Mulh, Mulhsu, Mulhu], &operands)
        }
        Table::Divide => {
            let mut operands = PAIRS.to_vec();
            operands.extend([
                (100, 7),
                (0xffff_ff9c, 7),
                (100, 0xffff_fff9),
                (0xffff_ff9c, 0xffff_fff9),
                (0x8000_0000, 0xffff_ffff),
                (0x1234_5678, 0),
                (0x8234_5678, 0),
                (0, 5),
                (0x7654_3210, 0x0001_2345),
                // Dividends that differ by p.
                (0xffff_fff0, 0x137),
                (0x7fff_fff1, 0x137),
            ]);
            registers(&[Div, Divu, Rem, Remu], &operands)
        }
        Table::Shift => registers(&[Sll, Srl, Sra], &shifts.collect::<Vec<_>>()),
        Table::ShiftImmediate => {
            let operands: Vec<_> = shifts.map(|(x, n)| (x, n as i32)).collect();
            immediates(&[Slli, Srli, Srai], &operands)
        }
        Table::AddImmediate => {
            let mut all = immediates(&[Addi], &[(0xffff, 1), (5, -1), (0, 7), (0xffff_ffff, 1)]);
            all.push(plan(lui(7, 0x1234_5000), Setup::Loads, &[(7, 3)]));
            all
        }
        Table::BitwiseImmediate => immediates(
            &[Xori, Ori, Andi],
            &[
                (0x1234_8765, 4),
                (0x1234_8765, 0x7ff),
                (0x1234_8765, -0x123),
                (0, 5),
            ],
        ),
        Table::SetLessThanImmediate => {
            let operands = [
                (5, 7),
                (7, 5),
                (0xffff_fff0, 3),
                (3, -5),
                (0x0001_0003, 0x7f),
                (9, 9),
                (9, -9),
            ];
            immediates(&[Slti, Sltiu], &operands)
        }
        Table::Branch => {
            let mut operands = vec![(7, 7)];
            operands.extend(PAIRS);
            operands.extend([
                (7, 5),
                (0x0002_0001, 0x0001_0005),
                (1, 0xffff_ffff),
                (0x0002_0001, 0x0003_0001),
            ]);
            let opcodes = [Beq, Bne, Blt, Bge, Bltu, Bgeu];
            let all = operands.iter().flat_map(|(x, y)| {
                opcodes.iter().map(|opcode| {
                    let word = assemble(*opcode, 0, 5, 6, 8);
                    plan(word, Setup::Loads, &[(5, *x), (6, *y)])
                })
            });
            all.collect()
        }
        Table::Jump => {
            let after = |setup_words: u32| TEXT + 4 * (setup_words + 2);
            let mut all = vec![
                plan(jal(7, 8), Setup::Loads, &[(5, 9), (7, 3)]),
                plan(jal(0, 8), Setup::Loads, &[(5, 9), (7, 3)]),
            ];
            for (imm, bit) in [(0, 0), (8, 0), (-8, 1)] {
                let target = after(3).wrapping_sub(imm as u32) + bit;
                all.push(plan(jalr(7, 5, imm), Setup::Loads, &[(5, target), (7, 3)]));
            }
            let far = (LANDING).wrapping_sub(0x7f0);
            let mut wrapping = plan(jalr(7, 5, 0x7f0), Setup::Loads, &[(5, far), (7, 3)]);
            wrapping.landing = Some(LANDING);
            all.push(wrapping);
            // Where JAL leads with 2^16 more.
            let mut high = all[0].clone();
            high.landing = Some(after(3) + 0x1_0000);
            all.push(high);
            all
        }
        Table::LoadStoreWord => accesses(
            &[Lw, Sw],
            &[DATA + 4, 0x100, 0xffff_fffc, 0],
            Setup::Immediates,
        ),
        Table::LoadStoreSubword => {
            let mut all = accesses(
                &[Lb, Lbu, Sb],
                &[DATA, DATA + 1, DATA + 2, DATA + 3],
                Setup::Loads,
            );
            all.extend(accesses(
                &[Lh, Lhu, Sh],
                &[DATA, DATA + 2, DATA + 10],
                Setup::Loads,
            ));
            all.extend(accesses(
                &[Lb, Sh],
                &[0x100, 0xffff_fffc, EQUAL, EQUAL + 1, 0],
                Setup::Loads,
            ));
            all
        }
        Table::LoadStoreMisaligned => {
            let mut all = accesses(
                &[Lw, Sw],
                &[
                    DATA + 1,
                    DATA + 2,
                    DATA + 3,
                    EQUAL + 2,
                    EQUAL + 3,
                    0xffff_fffe,
                ],
                Setup::Loads,
            );
            let odd = [DATA + 1, DATA + 3, DATA + 9, DATA + 7, EQUAL + 1, 1];
            all.extend(accesses(&[Lh, Lhu, Sh], &odd, Setup::Loads));
            all.extend(accesses(&[Lh, Sh], &[0x101, 0xffff_fffd], Setup::Loads));
            all
        }
        Table::Ecall | Table::Transfer => vec![
            call(64, 3, DATA + 1, 5, &[]),
            call(64, 3, DATA + 1, 1, &[]),
            call(64, 3, DATA, 0, &[]),
            call(64, 3, EQUAL + 1, 1, &[]),
            call(64, 3, EQUAL, 8, &[]),
            call(64, 1, DATA, 10, &[]),
            call(64, 2, DATA, 100_000, &[]),
            call(64, 1, 0xffff_fffc, 4, &[]),
            call(64, 1, 0x1_fffe, 4, &[]),
            call(63, 0, DATA + 2, 6, b"\x01\x82\x03\x04\x05\x06\x07\x08"),
            call(63, 0, DATA + 2, 20, b"\x91\x02\x03"),
            call(63, 0, DATA + 2, 20, b""),
            call(63, 0, DATA, 0, b""),
            call(93, 7, 0, 0, &[]),
            call(94, 0x1234_5678, 0xffff_ffff, 0xffff_ffff, &[]),
        ],
        _ => vec![],
    }
}

/// Runs in which every place that the victim accesses is accessed once more after it.
pub fn touched_again(table: Table) -> Vec<Plan> {
    let mut plans = plans(table);
    plans.truncate(2);
    let again = [or(0, 5, 6), addi(7, 0, 1)];
    let word = |address: i32| lw(28, 5, address);
    match table {
        Table::LoadStoreWord | Table::LoadStoreSubword | Table::LoadStoreMisaligned => {
            use Opcode::{Lb, Lh, Lw, Sw};
            let plan = |opcode, base, after: &[u32]| {
                let (rd, rs2) = if opcode == Sw { (0, 6) } else { (7, 0) };
                let registers = [(5, base), (6, 0xa1b2_83d4), (7, 0x1111_2222)];
                let mut plan = plan(
                    assemble(opcode, rd, 5, rs2, 0),
                    Setup::Immediates,
                    &registers,
                );
                plan.after = [after, &again].concat();
                plan
            };
            match table {
                Table::LoadStoreWord => {
                    vec![plan(Lw, DATA, &[word(0)]), plan(Sw, DATA, &[sw(0, 5, 0)])]
                }
                Table::LoadStoreSubword => vec![plan(Lb, DATA + 1, &[word(-1)])],
                _ => vec![plan(Lh, DATA + 3, &[word(-3), word(1)])],
            }
        }
        Table::Branch => plans
            .into_iter()
            .map(|p| Plan {
                after: vec![or(0, 5, 6); 2],
                ..p
            })
            .collect(),
        Table::Jump => {
            let target = TEXT + 4 * 5;
            let jalr = plan(jalr(7, 5, 0), Setup::Loads, &[(5, target), (7, 3)]);
            [plans.remove(0), jalr]
                .into_iter()
                .map(|p| Plan {
                    after: [&[ecall()], &again[..]].concat(),
                    ..p
                })
                .collect()
        }
        Table::Ecall | Table::Transfer => {
            let mut output = call(64, 3, DATA + 1, 3, &[]);
            let end = [or(0, 17, 11), or(0, 12, 12), addi(10, 0, 0), ecall()];
            let read = [
                lui(28, DATA as i32),
                lw(29, 28, 0),
                addi(10, 0, 3),
                addi(12, 0, 0),
                ecall(),
            ];
            output.after = [&[or(0, 12, 12)], &read[..], &end[..3], &output.after[..]].concat();
            vec![output]
        }
        _ => plans
            .into_iter()
            .map(|p| Plan {
                after: again.to_vec(),
                ..p
            })
            .collect(),
    }
}

/// Instructions of all kinds, on the registers that victims use; of stores also those whose constant
/// in the program is the next pc.
pub fn instructions(pc: u32) -> Vec<Instruction> {
    let mut all = vec![];
    for opcode in Opcode::ALL {
        for rd in [7, 0] {
            let (rd, rs1, rs2, imm) = match opcode.form() {
                Form::Register => (rd, 5, 6, 0),
                Form::Immediate | Form::ShiftImmediate | Form::JumpRegister => (rd, 5, 0, 4),
                Form::Load => (rd, 5, 0, 0),
                Form::Store => (0, 5, 6, 0),
                Form::Branch => (0, 5, 6, 8),
                Form::Upper => (rd, 0, 0, 0x1000),
                Form::Jump => (rd, 0, 0, 8),
                Form::Fence | Form::Ecall => (0, 0, 0, 0),
            };
            all.push(Instruction {
                opcode,
                rd,
                rs1,
                rs2,
                imm,
            });
        }
    }
    let stores = all
        .clone()
        .into_iter()
        .filter(|i| i.opcode.form() == Form::Store);
    let imm = (pc + 4).wrapping_sub(IMMEDIATE_BIAS) as i32;
    all.extend(stores.map(|store| Instruction { imm, ..store }));
    all.dedup();
    all
}

/// A run, and cells of the victim's row.
type Dedicated = (Plan, Vec<(&'static str, u32)>);

/// Rows that no search finds; what else there is to change is found by repair.
pub fn dedicated(table: Table) -> Vec<Dedicated> {
    use Opcode::{Lb, Lh, Lw};
    let access = |opcode, base, setup| {
        let registers = [(5, base), (7, 0x1111_2222)];
        plan(assemble(opcode, 7, 5, 0, 0), setup, &registers)
    };
    // w with w (2 hi - (w + 1) (2^16 - 1)) = 0 mod p for the high limb of `DATA`.
    let wrap = vec![("address.wrap", 262_147)];
    match table {
        Table::Shift | Table::ShiftImmediate => shifted(table),
        Table::LoadStoreWord => vec![(access(Lw, DATA + 4, Setup::Immediates), wrap)],
        Table::LoadStoreSubword => vec![
            (access(Lb, DATA + 1, Setup::Loads), wrap),
            // LB as LBU - 3: its byte is byte 4 of the word before, 1 - 3 * 255 times.
            (
                access(Lb, EQUAL, Setup::Loads),
                vec![
                    ("is_half", F::ORDER_U32 - 3),
                    ("is_signed", 0),
                    ("high_byte", 4),
                    ("memory.value.lo", 0x5a00),
                    ("memory.value.hi", 0xfedc),
                    ("word.lo", 0x5a00),
                    ("word.hi", 0xfedc),
                    ("low", 0),
                    ("rest", 0),
                    ("result.hi", 0),
                ],
            ),
        ],
        Table::LoadStoreMisaligned => vec![
            (access(Lh, DATA + 1, Setup::Loads), wrap),
            (
                access(Lw, DATA + 11, Setup::Loads),
                vec![("offset[0]", 1), ("offset[1]", 1)],
            ),
            (
                access(Lw, DATA + 10, Setup::Loads),
                vec![("offset[0]", 1), ("offset[1]", F::ORDER_U32 - 1)],
            ),
            word_and_half(),
            (
                access(Lh, 1, Setup::Loads),
                vec![("address.wrap", 1), ("wraps", 1)],
            ),
        ],
        Table::Divide => vec![divide_less(), divide_more()],
        // Bytes 0 and 2 instead of 2 and 3.
        Table::Transfer => vec![(
            call(63, 0, DATA + 2, 2, b"\x01\x02"),
            vec![
                ("moved[0]", 1),
                ("moved[3]", 0),
                ("after[0]", 0x55),
                ("after[3]", 0x81),
            ],
        )],
        _ => vec![],
    }
}

/// Shifts by directions that are none.
fn shifted(table: Table) -> Vec<Dedicated> {
    use Opcode::{Sll, Srli};
    match table {
        // 2^4 of the limb would be shifted to a second limb; with wide = 2, limb = 511 limb mod p.
        Table::Shift => vec![(
            plan(
                assemble(Sll, 7, 5, 6, 0),
                Setup::Loads,
                &[(5, 0x01ff_01ff), (6, 16), (7, 3)],
            ),
            vec![
                ("shifted.wide", 2),
                ("shifted.direction.left", 1),
                ("shifted.direction.far_left", 0),
                ("shifted.cut[0].limb", 1),
                ("shifted.cut[0].byte", 0),
                ("shifted.cut[1].limb", 1),
                ("shifted.cut[1].byte", 0),
            ],
        )],
        // Far right by other directions, of which left is -1.
        Table::ShiftImmediate => vec![(
            plan(
                assemble(Srli, 7, 5, 0, 24),
                Setup::Loads,
                &[(5, 0x8765_4321), (7, 3)],
            ),
            vec![
                ("shifted.direction.left", F::ORDER_U32 - 1),
                ("shifted.direction.far_left", 1),
                ("shifted.direction.right", 1),
                ("shifted.result.lo", 0x6543 - 0x2100),
                ("shifted.result.hi", F::ORDER_U32 - 0x6543 + 0x2100 + 0x87),
            ],
        )],
        _ => vec![],
    }
}

/// SH as SW + LH - LW, which keeps what a word does not cover.
fn word_and_half() -> Dedicated {
    let registers = [(5, DATA + 1), (6, 0x12)];
    (
        plan(word(Opcode::Sh, 6, 0), Setup::Loads, &registers),
        vec![
            ("is_lw", F::ORDER_U32 - 1),
            ("is_lh", 1),
            ("is_sw", 1),
            ("after[3]", 0x77),
        ],
    )
}

/// A run, another instruction that the program has, and cells of the victim's row.
type Pretended = (Plan, Instruction, Vec<(&'static str, i64)>);

/// Rows that no search finds, where the program has another instruction.
pub fn pretended(table: Table) -> Vec<Pretended> {
    use Opcode::{Bge, Lbu, Lh, Sw};
    match table {
        // BGE, taken, as 2 LW - SW: the constant of SW is the target.
        Table::LoadStoreWord => {
            let registers = [(5, DATA), (6, DATA_WORDS[0])];
            let plan = plan(word(Sw, 6, 0x20), Setup::Immediates, &registers);
            let instruction = decode(assemble(Bge, 0, 5, 6, 8)).expect("a branch");
            let target = plan.victim_pc() + 8;
            assert_eq!(target, IMMEDIATE_BIAS + 0x20);
            let cells = vec![("is_load", 2), ("operand.difference_low", 5)];
            vec![(plan, instruction, cells)]
        }
        // LH as 2 LBU - SB: x7 has the byte.
        Table::LoadStoreSubword => vec![(
            plan(word(Lbu, 7, 0), Setup::Loads, &[(5, DATA), (7, 0x84)]),
            access(Lh, 7, 0),
            vec![("is_load", 2), ("operand.difference_low", 5)],
        )],
        Table::LoadStoreMisaligned => vec![
            byte_as_word(),
            load_as_store(),
            aligned(4, [-1, 1], [0x80, 0x87, 0xff, 0xff]),
            aligned(0, [1, 1], [0x84, 0x7b, 0, 0]),
        ],
        _ => vec![],
    }
}

/// `op register, imm(x5)`.
fn word(opcode: Opcode, register: u8, imm: i32) -> u32 {
    let is_store = opcode.form() == Form::Store;
    let (rd, rs2) = if is_store {
        (0, register)
    } else {
        (register, 0)
    };
    assemble(opcode, rd, 5, rs2, imm)
}

/// The same, decoded.
fn access(opcode: Opcode, register: u8, imm: i32) -> Instruction {
    decode(word(opcode, register, imm)).expect("an access")
}

/// SB as LW + LHU - LH.
fn byte_as_word() -> Pretended {
    let registers = [(5, DATA + 5), (6, 3)];
    (
        plan(word(Opcode::Lw, 6, 0), Setup::Loads, &registers),
        access(Opcode::Sb, 6, 0),
        vec![("is_lh", -1), ("is_lhu", 1)],
    )
}

/// LHU as LW + SH - LHU, which stores.
fn load_as_store() -> Pretended {
    let registers = [(5, DATA + 0x101), (6, 0x1234)];
    (
        plan(word(Opcode::Sh, 6, 0), Setup::Loads, &registers),
        access(Opcode::Lhu, 6, 0),
        vec![("is_lw", 1), ("is_lhu", -1)],
    )
}

/// LH at an address that is a multiple of four, as a sum of three offsets, loads what is not there.
fn aligned(imm: i32, offset: [i64; 2], result: [u32; 4]) -> Pretended {
    let registers = [(5, DATA), (7, 3)];
    let biased = IMMEDIATE_BIAS.wrapping_add_signed(imm);
    let [r0, r1, r2, r3] = result.map(i64::from);
    (
        plan(word(Opcode::Lh, 7, 1), Setup::Loads, &registers),
        access(Opcode::Lh, 7, imm),
        vec![
            ("address.immediate", biased.into()),
            ("offset[0]", offset[0]),
            ("offset[1]", offset[1]),
            ("result[0]", r0),
            ("result[1]", r1),
            ("result[2]", r2),
            ("result[3]", r3),
            ("sign", (r2 > 0).into()),
        ],
    )
}

/// `d` divided as if it were `d - p`: bytes of the divisor that are out of range, `b_0 + 2^8 t` and
/// `b_1 - t`, take the difference from one equation to the other.
fn divide_less() -> (Plan, Vec<(&'static str, u32)>) {
    let (d, b): (u32, u32) = (0xffff_fff0, 0x137);
    let instead = d - F::ORDER_U32;
    let [q, r] = [instead / b, instead % b];
    let carry = (integer_products(q, b)[0] + i64::from(r & 0xffff)) >> 16;
    let difference = F::from_u32(d & 0xffff) - F::from_u32(instead & 0xffff);
    let t = difference * F::from_u32(1 << 15) * F::from_u32(q >> 8 & 0xff).inverse();
    let [b0, b1, b2, b3] = b.to_le_bytes().map(F::from_u8);
    divided(
        [d, b, q, r],
        carry,
        [b0 + t * F::from_u32(256), b1 - t, b2, b3],
    )
}

/// `d` divided as if it were `d + 2^16 p`, by `b_2 + 2^8 t` and `b_3 - t`.
fn divide_more() -> (Plan, Vec<(&'static str, u32)>) {
    let (d, b): (u32, u32) = (5, 0x0100_0193);
    let instead = u64::from(d) + (u64::from(F::ORDER_U32) << 16);
    let [q, r] = [instead / u64::from(b), instead % u64::from(b)].map(|x| x as u32);
    let sums = integer_products(q, b);
    let carry = (sums[0] + i64::from(r & 0xffff)) >> 16;
    let difference = F::from_i64(i64::from(d >> 16) - sums[1] - i64::from(r >> 16) - carry);
    let t = difference * F::from_u32(1 << 15) * F::from_u32(q >> 8 & 0xff).inverse();
    let [b0, b1, b2, b3] = b.to_le_bytes().map(F::from_u8);
    divided(
        [d, b, q, r],
        carry,
        [b0, b1, b2 + t * F::from_u32(256), b3 - t],
    )
}

/// DIVU of d by b, with a quotient and remainder of its own.
fn divided([d, b, q, r]: [u32; 4], carry: i64, bytes: [F; 4]) -> (Plan, Vec<(&'static str, u32)>) {
    let word = assemble(Opcode::Divu, 7, 5, 6, 0);
    let [b0, b1, b2, b3] = bytes.map(|byte| byte.as_canonical_u32());
    let [q0, q1, q2, q3] = q.to_le_bytes().map(u32::from);
    let cells = vec![
        ("quotient_bytes[0]", q0),
        ("quotient_bytes[1]", q1),
        ("quotient_bytes[2]", q2),
        ("quotient_bytes[3]", q3),
        ("divisor_bytes[0]", b0),
        ("divisor_bytes[1]", b1),
        ("divisor_bytes[2]", b2),
        ("divisor_bytes[3]", b3),
        ("remainder.lo", r & 0xffff),
        ("remainder.hi", r >> 16),
        ("slack_lo", (b - r - 1) & 0xffff),
        ("carry_low", carry as u32 & 0xff),
        ("carry_high", carry as u32 >> 8),
        ("result.lo", q & 0xffff),
        ("result.hi", q >> 16),
    ];
    (plan(word, Setup::Loads, &[(5, d), (6, b), (7, 3)]), cells)
}

/// The sums of products of bytes that stand at 2^0 and at 2^16.
fn integer_products(a: u32, b: u32) -> [i64; 2] {
    let [a, b] = [a, b].map(|x| x.to_le_bytes().map(i64::from));
    let sum = |place: usize| -> i64 { (0..=place).map(|i| a[i] * b[place - i]).sum() };
    [sum(0) + (sum(1) << 8), sum(2) + (sum(3) << 8)]
}
