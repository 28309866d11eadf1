//! Every instruction of RV32IM, edge cases included, is executed, proved and verified, and its
//! result compared with plain Rust.

mod common;

use common::{DATA, Guest, TEXT};
use zonda_riscv_emu::{
    instruction::Opcode::{self, *},
    testing::*,
};

/// Words at which something happens: carries, signs, limbs.
const EDGES: [u32; 10] = [
    0,
    1,
    2,
    0x7fff,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    u32::MAX,
];

/// The manual's results, in plain Rust.
fn result(opcode: Opcode, x: u32, y: u32) -> u32 {
    let (sx, sy) = (x as i32, y as i32);
    match opcode {
        Add | Addi => x.wrapping_add(y),
        Sub => x.wrapping_sub(y),
        Xor | Xori => x ^ y,
        Or | Ori => x | y,
        And | Andi => x & y,
        Sll | Slli => x << (y & 31),
        Srl | Srli => x >> (y & 31),
        Sra | Srai => (sx >> (y & 31)) as u32,
        Slt | Slti => (sx < sy).into(),
        Sltu | Sltiu => (x < y).into(),
        Mul => x.wrapping_mul(y),
        Mulh => ((i64::from(sx) * i64::from(sy)) >> 32) as u32,
        Mulhsu => ((i64::from(sx) * i64::from(y)) >> 32) as u32,
        Mulhu => ((u64::from(x) * u64::from(y)) >> 32) as u32,
        Div if y == 0 => u32::MAX,
        Div => sx.wrapping_div(sy) as u32,
        Divu => x.checked_div(y).unwrap_or(u32::MAX),
        Rem if y == 0 => x,
        Rem => sx.wrapping_rem(sy) as u32,
        Remu => x.checked_rem(y).unwrap_or(x),
        _ => unreachable!("{opcode:?} computes nothing"),
    }
}

fn register_forms(opcodes: &[Opcode], right: &[u32]) {
    let mut guest = Guest::new();
    for &opcode in opcodes {
        for x in EDGES {
            for &y in right {
                guest.set(5, x).set(6, y).push(assemble(opcode, 7, 5, 6, 0));
                guest.expect(7, result(opcode, x, y));
            }
        }
        // One register in all three places; x0 as destination and as source.
        guest.set(5, 0x8765_4321).push(assemble(opcode, 5, 5, 5, 0));
        guest.expect(5, result(opcode, 0x8765_4321, 0x8765_4321));
        guest
            .set(5, 77)
            .set(6, 3)
            .push(assemble(opcode, 0, 5, 6, 0))
            .expect(0, 0);
        guest
            .push(assemble(opcode, 7, 0, 6, 0))
            .expect(7, result(opcode, 0, 3));
        guest
            .push(assemble(opcode, 7, 6, 0, 0))
            .expect(7, result(opcode, 3, 0));
    }
    guest.prove();
}

fn immediate_forms(opcodes: &[Opcode], right: &[i32]) {
    let mut guest = Guest::new();
    for &opcode in opcodes {
        for x in EDGES {
            for &imm in right {
                guest.set(5, x).push(assemble(opcode, 7, 5, 0, imm));
                guest.expect(7, result(opcode, x, imm as u32));
            }
        }
        guest.set(5, 0x8765_4321).push(assemble(opcode, 5, 5, 0, 7));
        guest.expect(5, result(opcode, 0x8765_4321, 7));
        guest.push(assemble(opcode, 0, 5, 0, 7)).expect(0, 0);
        guest
            .push(assemble(opcode, 7, 0, 0, 7))
            .expect(7, result(opcode, 0, 7));
    }
    guest.prove();
}

#[test]
fn add_and_subtract() {
    register_forms(&[Add, Sub], &EDGES);
    immediate_forms(&[Addi], &[0, 1, -1, 2047, -2048]);
}

#[test]
fn bitwise() {
    register_forms(&[Xor, Or, And], &EDGES);
    immediate_forms(&[Xori, Ori, Andi], &[0, 1, -1, 255, 256, 2047, -2048]);
}

#[test]
fn shifts() {
    register_forms(
        &[Sll, Srl, Sra],
        &[0, 1, 7, 8, 15, 16, 17, 30, 31, 32, 33, 63, u32::MAX],
    );
    immediate_forms(&[Slli, Srli, Srai], &[0, 1, 7, 8, 15, 16, 17, 24, 30, 31]);
}

#[test]
fn comparisons() {
    register_forms(&[Slt, Sltu], &EDGES);
    immediate_forms(&[Slti, Sltiu], &[0, 1, -1, 2047, -2048]);
}

#[test]
fn multiplication() {
    register_forms(&[Mul, Mulh, Mulhsu, Mulhu], &EDGES);
}

#[test]
fn division_by_zero_and_overflow_included() {
    register_forms(&[Div, Divu, Rem, Remu], &EDGES);
}

#[test]
fn upper_immediates_and_fence() {
    let mut guest = Guest::new();
    for imm in [0, 0x1000, 0x7fff_f000, i32::MIN, -0x1000] {
        guest.push(lui(7, imm)).expect(7, imm as u32);
        let pc = guest.pc();
        guest
            .push(auipc(7, imm))
            .expect(7, pc.wrapping_add_signed(imm));
        guest.push(lui(0, imm)).push(auipc(0, imm)).expect(0, 0);
    }
    guest.set(7, 5).push(fence()).expect(7, 5);
    guest.prove();
}

#[test]
fn branches_taken_and_not() {
    let mut guest = Guest::new();
    for opcode in [Beq, Bne, Blt, Bge, Bltu, Bgeu] {
        for x in EDGES {
            for y in EDGES {
                let (sx, sy) = (x as i32, y as i32);
                let taken = match opcode {
                    Beq => x == y,
                    Bne => x != y,
                    Blt => sx < sy,
                    Bge => sx >= sy,
                    Bltu => x < y,
                    _ => x >= y,
                };
                guest.set(5, x).set(6, y).set(7, 1);
                guest.push(assemble(opcode, 0, 5, 6, 8)).push(addi(7, 0, 0));
                guest.expect(7, taken.into());
            }
        }
        // The same register on both sides.
        guest
            .set(7, 1)
            .push(assemble(opcode, 0, 5, 5, 8))
            .push(addi(7, 0, 0));
        guest.expect(7, matches!(opcode, Beq | Bge | Bgeu).into());
    }
    guest.prove();
}

#[test]
fn jumps_and_loops() {
    let mut guest = Guest::new();
    // A loop: a backwards branch.
    guest.set(5, 10).set(7, 0);
    guest
        .push(addi(7, 7, 3))
        .push(addi(5, 5, -1))
        .push(bne(5, 0, -8))
        .expect(7, 30);
    // JAL forwards, backwards, and without a link.
    let pc = guest.pc();
    guest
        .push(jal(1, 12))
        .push(addi(7, 0, 44))
        .push(jal(2, 12))
        .push(jal(3, -8))
        .push(jal(0, 8));
    guest.push(jal(0, -4));
    guest
        .expect(1, pc + 4)
        .expect(2, pc + 12)
        .expect(3, pc + 16)
        .expect(7, 44);
    // JALR: bit 0 of the sum is dropped, and rd may be rs1.
    for (offset, odd) in [(0, 0), (-16, 0), (16, 1), (2047, 1)] {
        let target = guest.pc() + 16;
        guest.set(5, (target + odd).wrapping_add_signed(-offset));
        guest.push(jalr(5, 5, offset)).push(ecall());
        guest.expect(5, target - 4);
    }
    // A link in x0 is dropped.
    let target = guest.pc() + 16;
    guest
        .set(5, target)
        .push(jalr(0, 5, 0))
        .push(ecall())
        .expect(0, 0);
    guest.prove();
}

const BYTES: [u8; 12] = [
    0x80, 0x7f, 0xff, 0x01, 0x00, 0xfe, 0x81, 0x23, 0x45, 0x67, 0x89, 0xab,
];

#[test]
fn loads_at_every_alignment() {
    let mut guest = Guest::with_data(&BYTES);
    guest.set(5, DATA);
    for at in 0..8 {
        let byte = |i: usize| u32::from(BYTES[at + i]);
        let half = byte(0) | byte(1) << 8;
        let word = half | byte(2) << 16 | byte(3) << 24;
        let offset = at as i32;
        guest
            .push(lb(7, 5, offset))
            .expect(7, byte(0) as u8 as i8 as u32);
        guest.push(lbu(7, 5, offset)).expect(7, byte(0));
        guest
            .push(lh(7, 5, offset))
            .expect(7, half as u16 as i16 as u32);
        guest.push(lhu(7, 5, offset)).expect(7, half);
        guest.push(lw(7, 5, offset)).expect(7, word);
        guest
            .push(lw(0, 5, offset))
            .push(lb(0, 5, offset))
            .push(lhu(0, 5, offset))
            .expect(0, 0);
        // The destination may be the address register; offsets may be negative.
        guest
            .set(6, DATA + at as u32 + 5)
            .push(lw(6, 6, -5))
            .expect(6, word);
        guest
            .set(6, DATA + at as u32 + 2047)
            .push(lbu(6, 6, -2047))
            .expect(6, byte(0));
    }
    guest.prove();
}

#[test]
fn stores_at_every_alignment() {
    let mut guest = Guest::with_data(&[0; 4]);
    let value = 0x8199_a5c3_u32;
    for (opcode, size) in [(Sb, 1), (Sh, 2), (Sw, 4)] {
        for at in 0..5 {
            // Twelve bytes, of which the store may change only its own.
            let mut bytes = [0x11_u8; 12];
            bytes[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
            guest.set(5, DATA + 64).set(6, 0x1111_1111).set(7, value);
            for word in 0..3 {
                guest.push(sw(6, 5, 4 * word));
            }
            guest.push(assemble(opcode, 0, 5, 7, at as i32));
            for (i, word) in bytes.chunks_exact(4).enumerate() {
                guest.push(lw(7, 5, 4 * i as i32));
                guest.expect(7, u32::from_le_bytes(word.try_into().unwrap()));
            }
            // The address register as the value.
            guest
                .push(assemble(opcode, 0, 5, 5, 32 + at as i32))
                .push(lbu(7, 5, 32 + at as i32));
            guest.expect(7, (DATA + 64) & 0xff);
        }
    }
    guest.prove();
}

#[test]
fn addresses_wrap() {
    let mut guest = Guest::new();
    // The last word of memory and the first: both start as zero.
    guest.set(5, 0xffff_fffe).set(6, 0x4433_2211);
    guest
        .push(sw(6, 5, 0))
        .push(lw(7, 5, 0))
        .expect(7, 0x4433_2211);
    guest.push(lhu(7, 0, 0)).expect(7, 0x4433);
    guest.push(lhu(7, 5, 0)).expect(7, 0x2211);
    guest.push(lh(7, 5, 1)).expect(7, 0x3322);
    guest.push(lw(7, 0, -4)).expect(7, 0x2211_0000);
    guest.push(lbu(7, 5, 3)).expect(7, 0x44);
    guest.prove();
}

/// The first word after the first hole, and the last word before the last one.
#[test]
fn memory_reaches_up_to_the_holes() {
    const LOW: u32 = 0x1_0000;
    const HIGH: u32 = 0xbfff_fffc;
    const CODE: u32 = 0x2_0000;
    let mut words = [li(5, LOW), li(6, HIGH), li(7, 0x8182_8384)].concat();
    words.extend([
        sw(7, 5, 0),
        sh(7, 6, 1),
        lbu(8, 6, 3),
        sb(7, 6, 3),
        lw(9, 5, 0),
    ]);
    words.extend([sb(8, 5, 4), sw(9, 5, 5)]);
    for (pointer, length) in [(LOW, 9), (HIGH, 4)] {
        words.extend(call(64, 3, pointer, length));
    }
    words.extend(exit(0));
    let file = Builder::new(CODE).text(CODE, &words).build();
    let program = zonda::Program::from_elf(&file).unwrap();
    assert_eq!(program.holes().len(), 2);
    let proved = common::prove_and_verify(&program, &[]);
    common::oracle_accepts(&program, &[]);
    let expected = [
        0x84, 0x83, 0x82, 0x81, 0, 0x84, 0x83, 0x82, 0x81, 0, 0x84, 0x83, 0x84,
    ];
    assert_eq!(proved.output, expected);
}

#[test]
fn a_store_to_text_changes_loads_and_not_what_runs() {
    let mut guest = Guest::new();
    guest.set(5, TEXT).set(6, 0xdead_beef);
    let first = guest.words[0];
    guest.push(lw(7, 5, 0)).expect(7, first);
    let at = (guest.pc() - TEXT) as i32 + 12;
    guest
        .push(sw(6, 5, at))
        .push(lw(7, 5, at))
        .push(addi(6, 0, 9))
        .push(addi(6, 6, 1));
    guest.expect(7, 0xdead_beef).expect(6, 10);
    guest.prove();
}
