//! The machine's rules: control flow, x0, memory at its edges.

use zonda_riscv_emu::{
    decode::encode,
    error::ExecuteError,
    execute::{Discard, Options, Outcome, execute, execute_metered},
    instruction::{Instruction, Opcode},
    program::Program,
    record::Family,
    testing::*,
};

fn load(words: &[u32]) -> Program {
    Program::from_elf(&elf_without_holes(words)).unwrap()
}

fn run(words: &[u32]) -> Result<Outcome, ExecuteError> {
    let options = Options {
        max_cycles: Some(100_000),
        ..Options::default()
    };
    execute(&load(words), &[], &options, &mut Discard)
}

/// Runs these words and then exits with a register.
fn value(register: u8, words: &[&[u32]]) -> u32 {
    let mut words = words.concat();
    words.extend([addi(10, register, 0), addi(17, 0, 93), ecall()]);
    run(&words).unwrap().exit_code
}

#[test]
fn every_computing_instruction_computes_what_the_manual_says() {
    let minus = |x: u32| x.wrapping_neg();
    let min = 1 << 31;
    type Assemble = fn(u8, u8, u8) -> u32;
    let register: [(Assemble, u32, u32, u32); 32] = [
        (add, min, min, 0),
        (add, 5, 6, 11),
        (sub, 5, 6, u32::MAX),
        (sub, 0, min, min),
        (sll, 3, 31, min),
        (sll, 3, 33, 6),
        (srl, min, 31, 1),
        (srl, min, 32, min),
        (sra, min, 31, u32::MAX),
        (sra, min, 32, min),
        (slt, u32::MAX, 0, 1),
        (slt, 0, u32::MAX, 0),
        (sltu, u32::MAX, 0, 0),
        (sltu, 0, u32::MAX, 1),
        (xor, 12, 10, 6),
        (or, 12, 10, 14),
        (and, 12, 10, 8),
        (mul, minus(3), 5, minus(15)),
        (mulh, min, min, 1 << 30),
        (mulh, minus(1), 1, u32::MAX),
        (mulhsu, minus(1), u32::MAX, u32::MAX),
        (mulhsu, 1, u32::MAX, 0),
        (mulhu, u32::MAX, u32::MAX, u32::MAX - 1),
        (div, minus(7), 2, minus(3)),
        (div, 7, 0, u32::MAX),
        (div, min, u32::MAX, min),
        (divu, minus(7), 2, 0x7fff_fffc),
        (divu, 7, 0, u32::MAX),
        (rem, minus(7), 2, minus(1)),
        (rem, min, u32::MAX, 0),
        (remu, minus(7), 2, 1),
        (remu, 7, 0, 7),
    ];
    for (assemble, a, b, result) in register {
        let word = assemble(7, 5, 6);
        assert_eq!(
            value(7, &[&li(5, a), &li(6, b), &[word]]),
            result,
            "{word:#x} {a:#x} {b:#x}"
        );
        // As a source that is also the destination, and thrown away.
        assert_eq!(
            value(5, &[&li(5, a), &li(6, b), &[assemble(5, 5, 6)]]),
            result
        );
        assert_eq!(
            value(6, &[&li(5, a), &li(6, b), &[assemble(6, 5, 6)]]),
            result
        );
        assert_eq!(value(0, &[&li(5, a), &li(6, b), &[assemble(0, 5, 6)]]), 0);
    }
    type AssembleImmediate = fn(u8, u8, i32) -> u32;
    let immediate: [(AssembleImmediate, u32, i32, u32); 15] = [
        (addi, 5, -2048, minus(2043)),
        (addi, u32::MAX, 1, 0),
        (slti, minus(2), -1, 1),
        (slti, 0, -1, 0),
        (sltiu, 0, -1, 1),
        (sltiu, u32::MAX, -1, 0),
        (xori, 0x1234, -1, !0x1234),
        (ori, 0x1000, -2048, 0xffff_f800),
        (andi, 0xffff_ffff, -2048, 0xffff_f800),
        (slli, 3, 31, min),
        (slli, 3, 0, 3),
        (srli, min, 31, 1),
        (srli, min, 0, min),
        (srai, min, 31, u32::MAX),
        (srai, min, 0, min),
    ];
    for (assemble, a, imm, result) in immediate {
        assert_eq!(
            value(7, &[&li(5, a), &[assemble(7, 5, imm)]]),
            result,
            "{a:#x} {imm}"
        );
        assert_eq!(value(5, &[&li(5, a), &[assemble(5, 5, imm)]]), result);
        assert_eq!(value(0, &[&li(5, a), &[assemble(0, 5, imm)]]), 0);
    }
    assert_eq!(value(5, &[&[lui(5, 0x8765_4000_u32 as i32)]]), 0x8765_4000);
    assert_eq!(
        value(5, &[&[addi(0, 0, 0), auipc(5, 0x7000)]]),
        TEXT + 4 + 0x7000
    );
    assert_eq!(value(5, &[&[auipc(5, -0x1_0000 - 0x1000)]]), 0xffff_f000);
    assert_eq!(value(0, &[&[lui(0, 0x7000), auipc(0, 0)]]), 0);
}

#[test]
fn fence_does_nothing() {
    let fence = Instruction {
        opcode: Opcode::Fence,
        rd: 5,
        rs1: 6,
        rs2: 0,
        imm: 0xfff,
    };
    assert_eq!(value(5, &[&li(5, 77), &li(6, 3), &[encode(fence)]]), 77);
}

#[test]
fn branches_jump_both_ways() {
    type Assemble = fn(u8, u8, i32) -> u32;
    let cases: [(Assemble, [bool; 5]); 6] = [
        (beq, [true, false, false, false, false]),
        (bne, [false, true, true, true, true]),
        (blt, [false, true, false, true, false]),
        (bge, [true, false, true, false, true]),
        (bltu, [false, true, false, false, true]),
        (bgeu, [true, false, true, true, false]),
    ];
    let pairs = [(5, 5), (4, 5), (5, 4), (u32::MAX, 1), (1, u32::MAX)];
    for (assemble, expected) in cases {
        for ((a, b), taken) in pairs.into_iter().zip(expected) {
            let forward = [assemble(5, 6, 8), addi(7, 7, 1)];
            let forward = value(7, &[&li(5, a), &li(6, b), &forward]);
            assert_eq!(forward, u32::from(!taken), "{a} {b}");
            // Around and back to an instruction before the branch.
            let backward = [jal(0, 12), addi(7, 7, 1), jal(0, 8), assemble(5, 6, -8)];
            let backward = value(7, &[&li(5, a), &li(6, b), &backward]);
            assert_eq!(backward, u32::from(taken), "{a} {b}");
        }
    }
}

#[test]
fn jumps_link() {
    assert_eq!(value(1, &[&[addi(0, 0, 0), jal(1, 8), 0]]), TEXT + 8);
    assert_eq!(value(0, &[&[jal(0, 8), 0]]), 0);
    // JALR clears bit 0, and reads its source before it writes the same register.
    assert_eq!(value(5, &[&[auipc(5, 0), jalr(5, 5, 13), 0]]), TEXT + 8);
    assert_eq!(
        value(1, &[&[auipc(5, 0), addi(5, 5, 1), jalr(1, 5, 16), 0]]),
        TEXT + 12
    );
}

#[test]
fn loads_and_stores() {
    let base = [li(5, 0x20_0000), li(6, 0x8765_f3a1)].concat();
    type Assemble = fn(u8, u8, i32) -> u32;
    let loads: [(Assemble, i32, u32); 13] = [
        (lb, 0, 0xffff_ffa1),
        (lb, 3, 0xffff_ff87),
        (lbu, 0, 0xa1),
        (lbu, 2, 0x65),
        (lh, 0, 0xffff_f3a1),
        (lh, 2, 0xffff_8765),
        (lhu, 0, 0xf3a1),
        (lhu, 1, 0x65f3),
        (lh, 3, 0x0087),
        (lh, -1, 0xffff_a100),
        (lw, 0, 0x8765_f3a1),
        (lw, 2, 0x0000_8765),
        (lw, -3, 0xa100_0000),
    ];
    for (assemble, offset, result) in loads {
        let words = [sw(6, 5, 0), assemble(7, 5, offset), assemble(0, 5, offset)];
        assert_eq!(value(7, &[&base, &words]), result, "{offset}");
        assert_eq!(
            value(5, &[&base, &[sw(6, 5, 0), assemble(5, 5, offset)]]),
            result
        );
    }
    // Stores change their bytes only; read back as a word of ones.
    let stores: [(Assemble, i32, u32); 8] = [
        (sb, 0, 0xffff_ffa1),
        (sb, 3, 0xa1ff_ffff),
        (sh, 0, 0xffff_f3a1),
        (sh, 1, 0xfff3_a1ff),
        (sh, 3, 0xa1ff_ffff),
        (sw, 0, 0x8765_f3a1),
        (sw, 1, 0x65f3_a1ff),
        (sw, -1, 0xff87_65f3),
    ];
    for (assemble, offset, result) in stores {
        let words = [
            addi(8, 0, -1),
            sw(8, 5, 0),
            assemble(6, 5, offset),
            lw(7, 5, 0),
        ];
        assert_eq!(value(7, &[&base, &words]), result, "{offset}");
    }
    // Addresses wrap, and so does the word after the last.
    assert_eq!(
        value(
            7,
            &[&li(6, 99), &[sw(6, 0, -4), addi(5, 0, -16), lw(7, 5, 12)]]
        ),
        99
    );
    assert_eq!(
        value(
            7,
            &[&li(6, 99), &[sw(6, 0, -4), addi(5, 0, 4), lw(7, 5, -8)]]
        ),
        99
    );
    assert_eq!(
        value(7, &[&li(6, 0x0102_0304), &[sw(6, 0, -2), lhu(7, 0, 0)]]),
        0x0102
    );
    assert_eq!(value(7, &[&[lw(7, 0, 2000)]]), 0);
}

#[test]
fn text_is_executed_as_loaded_and_read_as_stored() {
    // The store replaces the instruction at +16 for loads only.
    let words = [
        auipc(5, 0),
        sw(0, 5, 16),
        lw(6, 5, 16),
        addi(0, 0, 0),
        addi(7, 0, 3),
    ];
    assert_eq!(value(7, &[&words]), 3);
    assert_eq!(value(6, &[&words]), 0);
    let mut program = words.to_vec();
    program.extend(exit(0));
    let (_, meter) =
        execute_metered(&load(&program), &[], &Options::default(), &mut Discard).unwrap();
    assert_eq!(meter.stores_to_text, 1);
    assert_eq!((meter.touched_words, meter.misaligned()), (1, 0));
    assert_eq!(meter.count(Family::LoadStoreWord), 2);
}

#[test]
fn registers_are_zero_at_reset() {
    for register in 0..32 {
        assert_eq!(value(register, &[]), 0);
    }
}

#[test]
fn exit_codes_have_32_bits() {
    assert_eq!(run(&exit(0xdead_beef)).unwrap().exit_code, 0xdead_beef);
    let outcome = run(&call(94, 5, 0, 0)).unwrap();
    assert_eq!((outcome.exit_code, outcome.cycles), (5, 9));
}

/// Execution goes from one executable segment to another, also where they touch.
#[test]
fn several_executable_segments() {
    let far = 0x2000_0000;
    let there = [
        lui(5, far as i32),
        jalr(1, 5, 0),
        addi(10, 7, 0),
        addi(17, 0, 93),
    ];
    let file = Builder::new(TEXT)
        .text(TEXT, &there)
        .text(TEXT + 16, &[ecall()])
        .text(far, &[addi(7, 7, 42), jalr(0, 1, 0)])
        .build();
    let program = Program::from_elf(&file).unwrap();
    let outcome = execute(&program, &[], &Options::default(), &mut Discard).unwrap();
    assert_eq!((outcome.exit_code, outcome.cycles), (42, 7));
}
