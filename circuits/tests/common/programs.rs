//! Programs that between them use every table.

use zonda_riscv_emu::{
    instruction::{Form, Opcode},
    testing::{
        Builder, TEXT, add, addi, assemble, auipc, bne, call, ecall, exit, fence, jal, jalr, li,
        lui, lw, sb, sw,
    },
};

/// A segment of the program file, with zeros after it.
const DATA: u32 = 0x2_0000;
/// Memory that starts as zero, around a multiple of 2^16 words and away from it.
const ZEROED: [u32; 3] = [0x4_0000 - 16, 0x7fff_0000, 0xffff_fff0];

const VALUES: [u32; 6] = [0, 1, 7, 0x7fff_ffff, 0x8000_0000, 0xffff_fff3];

fn build(words: Vec<u32>) -> Vec<u8> {
    let data: Vec<u8> = (0..150_u8).map(|i| i.wrapping_mul(37)).collect();
    Builder::new(TEXT)
        .text(TEXT, &words)
        .data(DATA, &data, 100)
        .without_holes()
        .build()
}

fn opcodes(form: Form) -> impl Iterator<Item = Opcode> {
    let of_form = move |opcode: &Opcode| opcode.form() == form;
    Opcode::ALL.into_iter().filter(of_form)
}

/// Exits with a code at once.
pub fn nothing() -> Vec<u8> {
    build(exit(0xdead_beef))
}

/// Every operation on registers, and with immediates, on edge values.
pub fn arithmetic() -> Vec<u8> {
    let mut words = Vec::new();
    for x in VALUES {
        words.extend(li(5, x));
        for y in VALUES {
            words.extend(li(6, y));
            for opcode in opcodes(Form::Register) {
                words.push(assemble(opcode, 7, 5, 6, 0));
                words.push(add(8, 8, 7));
            }
            // One register for everything, and x0.
            words.push(add(6, 6, 6));
            words.push(add(0, 5, 6));
        }
        for opcode in opcodes(Form::Immediate) {
            for imm in [-2048, -1, 0, 1, 2047] {
                words.push(assemble(opcode, 7, 5, 0, imm));
                words.push(assemble(opcode, 0, 5, 0, imm));
            }
        }
        for opcode in opcodes(Form::ShiftImmediate) {
            for imm in [0, 1, 8, 15, 16, 17, 24, 31] {
                words.push(assemble(opcode, 7, 5, 0, imm));
            }
        }
    }
    words.extend([lui(9, 0x1234_5000), auipc(9, -0x1000), fence()]);
    words.extend(exit(3));
    build(words)
}

/// Every branch taken and not, calls and returns, and a loop.
pub fn jumps() -> Vec<u8> {
    let mut words = Vec::new();
    for x in VALUES {
        words.extend(li(5, x));
        for y in VALUES {
            words.extend(li(6, y));
            for opcode in opcodes(Form::Branch) {
                words.push(assemble(opcode, 0, 5, 6, 8));
                words.push(addi(7, 7, 1));
            }
        }
    }
    words.extend(li(5, 100));
    words.extend([addi(7, 7, 3), addi(5, 5, -1), bne(5, 0, -8)]);
    // Over a function to two calls of it.
    words.extend([jal(0, 12), addi(7, 7, 1), jalr(0, 1, 0)]);
    words.push(jal(1, -8));
    words.extend([auipc(6, 0), jalr(1, 6, -12), jal(0, 4)]);
    words.extend(exit(0));
    build(words)
}

/// Every load and store, at every alignment, in the image, after it, and at the end of memory.
pub fn memory() -> Vec<u8> {
    let mut words = Vec::new();
    words.extend(li(5, 0x8182_8384));
    for base in [DATA, DATA + 148, ZEROED[0], ZEROED[1], ZEROED[2]] {
        words.extend(li(6, base));
        for offset in 0..20 {
            for opcode in opcodes(Form::Store) {
                words.push(assemble(opcode, 0, 6, 5, offset));
            }
            for opcode in opcodes(Form::Load) {
                words.push(assemble(opcode, 7, 6, 0, offset));
                words.push(assemble(opcode, 0, 6, 0, offset));
            }
            words.push(add(5, 5, 7));
            words.push(sb(5, 6, offset));
        }
    }
    words.extend(exit(0));
    build(words)
}

/// Reads input and writes output, in pieces of all kinds.
pub fn echo() -> Vec<u8> {
    let mut words = Vec::new();
    for (base, length) in [
        (ZEROED[0] + 13, 1),
        (ZEROED[0] + 14, 1),
        (ZEROED[0] + 15, 40),
        (DATA + 145, 70),
        (ZEROED[1] + 1, 5000),
        (ZEROED[2] + 3, 13),
        (ZEROED[2] + 5, 0),
    ] {
        words.extend(call(63, 0, base, length));
        // Write as many bytes as were read, from the same place.
        words.extend([addi(12, 10, 0), addi(10, 0, 3), addi(17, 0, 64), ecall()]);
    }
    // From the image; debug text; more than one call takes.
    words.extend(call(64, 3, DATA + 1, 20));
    words.extend(call(64, 1, DATA + 2, 5));
    words.extend(call(64, 2, DATA, 100_000));
    words.extend(call(64, 3, DATA, 100_000));
    words.extend(lw_sw());
    words.extend(call(94, 7, 0xffff_ffff, 0xffff_ffff));
    build(words)
}

/// The program changes the input that it read, and reads once more.
fn lw_sw() -> Vec<u32> {
    let mut words = li(6, ZEROED[0]).to_vec();
    words.extend([lw(7, 6, 16), add(7, 7, 7), sw(7, 6, 16), lw(7, 6, 16)]);
    words
}
