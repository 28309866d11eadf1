//! Random programs that end by themselves.

// Not every test uses everything.
#![allow(dead_code)]

pub mod records;

use zonda_riscv_emu::{decode::encode, instruction::*, testing::*};

/// Registers with a purpose: the loop counter, a pointer into the window, and one for jumps.
const COUNTER: u8 = 29;
const POINTER: u8 = 30;
const TARGET: u8 = 28;

/// Where programs load from and store to.
pub const WINDOW: u32 = 0x20_0000;
/// Its size; the pointer stands in its middle, so that no 12-bit offset leaves it.
pub const WINDOW_SIZE: u32 = 8192;

/// A small generator of numbers (xorshift), so that a failure is named by its seed.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn word(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 24) as u32
    }

    pub fn below(&mut self, end: u32) -> u32 {
        self.word() % end
    }

    /// Values that sit at the edges more often than not.
    fn value(&mut self) -> u32 {
        const EDGES: [u32; 8] = [0, 1, u32::MAX, 1 << 31, i32::MAX as u32, 31, 32, 0xffff];
        match self.below(3) {
            0 => EDGES[self.below(8) as usize],
            1 => self.below(64).wrapping_sub(32),
            _ => self.word(),
        }
    }
}

/// A program of about `size` random instructions, run a few times over, that writes all registers
/// and the window to its public output. A file that qemu loads too.
pub fn random_program(seed: u64, size: u32) -> Vec<u8> {
    let mut numbers = Numbers::new(seed);
    let mut words = Vec::new();
    for register in 1..32 {
        words.extend(li(register, numbers.value()));
    }
    words.extend(li(COUNTER, 1 + numbers.below(3)));
    let start = words.len();
    words.extend(li(POINTER, WINDOW + WINDOW_SIZE / 2 + numbers.below(4)));
    for _ in 0..size {
        instruction(&mut numbers, &mut words);
    }
    // Instructions that a forward branch at the end may skip.
    words.extend([addi(0, 0, 0); 4]);
    words.push(addi(COUNTER, COUNTER, -1));
    let back = 4 * (words.len() - start) as i32;
    // Out of a branch's reach for long programs, so branch around a jump.
    words.extend([beq(COUNTER, 0, 8), jal(0, -back - 4)]);
    words.extend(li(POINTER, WINDOW));
    words.extend((1..32).map(|register| sw(register, POINTER, 4 * i32::from(register))));
    for start in [WINDOW, WINDOW + WINDOW_SIZE / 2] {
        words.extend(call(64, 3, start, WINDOW_SIZE / 2));
    }
    words.extend(exit(numbers.below(256)));
    let data: Vec<u8> = (0..WINDOW_SIZE / 2).map(|_| numbers.word() as u8).collect();
    let zeros = WINDOW_SIZE - data.len() as u32;
    Builder::new(TEXT)
        .text(TEXT, &words)
        .data(WINDOW, &data, zeros)
        .paged()
        .build()
}

/// Appends one random instruction, or a few that belong together.
fn instruction(numbers: &mut Numbers, words: &mut Vec<u32>) {
    let source = |numbers: &mut Numbers| numbers.below(32) as u8;
    let opcode = Opcode::ALL[numbers.below(Opcode::ALL.len() as u32) as usize];
    // Any destination but those with a purpose; few registers, so that values flow.
    let destinations = if numbers.below(2) == 0 { 28 } else { 6 };
    let rd = numbers.below(destinations) as u8;
    let (rs1, rs2) = (source(numbers), source(numbers));
    let small = numbers.below(4096) as i32 - 2048;
    let forward = 4 * (1 + numbers.below(4)) as i32;
    let word = match opcode.form() {
        Form::Register => assemble(opcode, rd, rs1, rs2, 0),
        Form::Immediate => assemble(opcode, rd, rs1, 0, small),
        Form::ShiftImmediate => assemble(opcode, rd, rs1, 0, small & 31),
        Form::Load => assemble(opcode, rd, POINTER, 0, small),
        Form::Store => assemble(opcode, 0, POINTER, rs2, small),
        Form::Branch => assemble(opcode, 0, rs1, rs2, forward),
        Form::Upper => assemble(opcode, rd, 0, 0, (numbers.word() & 0xffff_f000) as i32),
        Form::Jump => assemble(opcode, rd, 0, 0, forward),
        Form::JumpRegister => {
            // To the next instruction or the one after it, lowest bit set or not. Earlier branches
            // land on the additions at most, so that the target is never an old one.
            let offset = 8 + 4 * numbers.below(2) as i32 + numbers.below(2) as i32;
            words.extend([
                addi(0, 0, 0),
                addi(0, 0, 0),
                addi(0, 0, 0),
                auipc(TARGET, 0),
            ]);
            assemble(opcode, rd, TARGET, 0, offset)
        }
        Form::Fence => encode(Instruction {
            opcode,
            rd: 0,
            rs1: 0,
            rs2: 0,
            imm: numbers.below(256) as i32,
        }),
        Form::Ecall => addi(rd, rs1, small),
    };
    words.push(word);
}
