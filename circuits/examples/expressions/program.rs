//! What the program's row of an instruction holds, field by field, as `instruction::decoded` has it.
//!
//! Each field is a constant, or one of the quantities of [`QUANTITIES`] of the instruction and its pc. Which
//! one it is, is found by decoding many instruction words, so that nothing is written down twice.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use zonda_circuits::instruction::{IMMEDIATE_BIAS, NO_TARGET, decoded};
use zonda_riscv_emu::{
    decode::decode,
    instruction::{Instruction, Opcode},
    record::destination,
};

/// A quantity of an instruction at a pc.
type Quantity = fn(u32, &Instruction) -> u32;

/// What fields hold, by the names that the check by solver knows.
const QUANTITIES: [(&str, Quantity); 15] = [
    ("rd", |_, i| destination(i.rd).into()),
    ("rs1", |_, i| i.rs1.into()),
    ("rs2", |_, i| i.rs2.into()),
    ("immediate.lo", |_, i| i.imm as u32 & 0xffff),
    ("immediate.hi", |_, i| i.imm as u32 >> 16),
    ("immediate.hi.flipped", |_, i| (i.imm as u32 >> 16) ^ 0x8000),
    ("immediate.byte_0", |_, i| i.imm as u32 & 0xff),
    ("immediate.byte_1", |_, i| i.imm as u32 >> 8 & 0xff),
    ("immediate.sign", |_, i| (i.imm < 0).into()),
    ("immediate.biased", |_, i| {
        IMMEDIATE_BIAS.wrapping_add_signed(i.imm)
    }),
    ("pc + immediate.lo", |pc, i| {
        pc.wrapping_add_signed(i.imm) & 0xffff
    }),
    ("pc + immediate.hi", |pc, i| {
        pc.wrapping_add_signed(i.imm) >> 16
    }),
    ("target", |pc, i| target(pc.wrapping_add_signed(i.imm))),
    ("link.lo", |pc, _| pc.wrapping_add(4) & 0xffff),
    ("link.hi", |pc, _| pc.wrapping_add(4) >> 16),
];

/// Where a jump goes, or [`NO_TARGET`] if no instruction can be there.
const fn target(address: u32) -> u32 {
    if address.is_multiple_of(4) && address < NO_TARGET {
        address
    } else {
        NO_TARGET
    }
}

/// The rows by opcode. An opcode whose fields are constants that depend on its immediate (a shift amount)
/// has one row for each.
pub fn rows() -> Value {
    let mut samples: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (pc, instruction) in instructions() {
        let is_shift = matches!(
            instruction.opcode,
            Opcode::Slli | Opcode::Srli | Opcode::Srai
        );
        let amount = is_shift.then_some(instruction.imm);
        let key = (instruction.opcode.name(), amount);
        samples.entry(key).or_default().push((pc, instruction));
    }
    let expected = Opcode::ALL.len() - 3 + 3 * 32;
    assert_eq!(
        samples.len(),
        expected,
        "every opcode, and every shift amount, is tried"
    );
    let rows = samples.into_iter().map(|((opcode, amount), samples)| {
        json!({ "opcode": opcode, "amount": amount, "fields": fields(opcode, &samples) })
    });
    rows.collect()
}

/// The fields that all samples of an opcode agree on.
fn fields(opcode: &str, samples: &[(u32, Instruction)]) -> Vec<Value> {
    let rows: Vec<[u32; 8]> = samples.iter().map(|(pc, i)| row(*pc, i)).collect();
    let field = |index: usize| {
        let values = rows.iter().map(|row| row[index]);
        let first = rows[0][index];
        if values.clone().all(|value| value == first) {
            return json!(first);
        }
        let is_it = |(_, quantity): &&(&str, Quantity)| {
            samples
                .iter()
                .zip(values.clone())
                .all(|((pc, i), value)| quantity(*pc, i) == value)
        };
        let found = QUANTITIES.iter().find(is_it);
        let found = found.unwrap_or_else(|| panic!("{opcode}: field {index} is no known quantity"));
        json!(found.0)
    };
    (0..8).map(field).collect()
}

fn row(pc: u32, instruction: &Instruction) -> [u32; 8] {
    let row = decoded(pc, instruction);
    let [c0, c1, c2, c3] = row.constants;
    [row.operation, row.rd, row.rs1, row.rs2, c0, c1, c2, c3]
}

/// Many instructions, at pcs below 2^30: pseudorandom words that are instructions, all registers and
/// immediates of twelve bits among them, and the few words that chance does not find.
fn instructions() -> Vec<(u32, Instruction)> {
    const MAJOR: [u32; 11] = [
        0x37, 0x17, 0x6f, 0x67, 0x63, 0x03, 0x23, 0x13, 0x33, 0x0f, 0x73,
    ];
    const FUNCT7: [u32; 3] = [0, 1, 0x20];
    let mut state = 1_u64;
    let mut random = || {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 32) as u32
    };
    let mut instructions = Vec::new();
    for index in 0..400_000_usize {
        let mut word = random() & !0x7f | MAJOR[index % MAJOR.len()];
        if random() % 2 == 0 {
            word = word & 0x01ff_ffff | FUNCT7[random() as usize % 3] << 25;
        }
        let word = match word & 0x7f {
            0x73 => 0x73,
            0x0f => 0x0ff0_000f,
            _ => word,
        };
        // The last pcs of memory as well, where targets wrap.
        let pc = if random() % 8 == 0 {
            NO_TARGET - 4 - random() % 256 * 4
        } else {
            (random() % NO_TARGET) & !3
        };
        // Once with its destination, if it has one, and once with x0.
        for word in [word, word & !0xf80] {
            if let Ok(instruction) = decode(word) {
                instructions.push((pc, instruction));
            }
        }
    }
    instructions
}
