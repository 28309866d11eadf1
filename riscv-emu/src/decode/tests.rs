use alloc::{format, string::String};

use proptest::prelude::*;

use super::*;
use crate::instruction::Form;

/// Words of each shape that the seven opcode bits, `funct3` and `funct7` can select, for a few
/// settings of the register fields.
fn structured_words() -> impl Iterator<Item = u32> {
    let registers = [(1, 2, 3), (0, 0, 0), (31, 31, 31), (5, 0, 17)];
    registers.into_iter().flat_map(|(rd, rs1, rs2)| {
        (0..1_u32 << 17).map(move |selector| {
            let (opcode, funct3, funct7) = (selector & 0x7f, selector >> 7 & 7, selector >> 10);
            opcode | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | funct7 << 25
        })
    })
}

/// The form that every decoded instruction must have, for any word.
fn check(word: u32) {
    let Ok(instruction) = decode(word) else {
        return;
    };
    assert_eq!(encode(instruction), word, "{instruction}");
    let Instruction {
        opcode,
        rd,
        rs1,
        rs2,
        imm,
    } = instruction;
    assert!(rd < 32 && rs1 < 32 && rs2 < 32);
    let (has_rd, has_rs1, has_rs2, range) = match opcode.form() {
        Form::Register => (true, true, true, 0..1),
        Form::Immediate | Form::Load | Form::JumpRegister => (true, true, false, -2048..2048),
        Form::ShiftImmediate => (true, true, false, 0..32),
        Form::Store => (false, true, true, -2048..2048),
        Form::Branch => (false, true, true, -4096..4095),
        Form::Upper => (true, false, false, i32::MIN..i32::MAX),
        Form::Jump => (true, false, false, -(1 << 20)..(1 << 20) - 1),
        Form::Fence => (true, true, false, 0..4096),
        Form::Ecall => (false, false, false, 0..1),
    };
    assert!(range.contains(&imm), "{instruction:?}");
    assert!((has_rd || rd == 0) && (has_rs1 || rs1 == 0) && (has_rs2 || rs2 == 0));
    match opcode.form() {
        Form::Branch | Form::Jump => assert_eq!(imm & 1, 0),
        Form::Upper => assert_eq!(imm & 0xfff, 0),
        _ => {}
    }
}

#[test]
fn structured_words_invert() {
    structured_words().for_each(check);
}

#[test]
#[ignore = "all 2^32 words, half a minute"]
fn every_word_inverts() {
    (0..=u32::MAX).for_each(check);
}

#[test]
fn accepted_encodings_are_counted() {
    // With distinct non-zero registers, how many of the 2^17 settings of opcode, funct3 and funct7
    // are instructions: those of the manual's listing, and ECALL not among them.
    let accepted = structured_words()
        .take(1 << 17)
        .filter(|&word| decode(word).is_ok())
        .count();
    let (upper, jal, jalr, fence) = (2 * 8 * 128, 8 * 128, 128, 128);
    let (branch, load, store) = (6 * 128, 5 * 128, 3 * 128);
    let (op_imm, op) = (6 * 128 + 3, 10 + 8);
    assert_eq!(
        accepted,
        upper + jal + jalr + fence + branch + load + store + op_imm + op
    );
}

#[test]
fn illegal_words() {
    let cases = [
        (0x0000_0000, "all zeros"),
        (0xffff_ffff, "all ones"),
        (0x0000_4501, "compressed: c.li a0, 0"),
        (0x0010_0073, "ebreak"),
        (0x3020_0073, "mret"),
        (0x1050_0073, "wfi"),
        (0x0000_00f3, "ecall with rd"),
        (0x0000_8073, "ecall with rs1"),
        (0xc000_2573, "csrr a0, cycle"),
        (0x0000_100f, "fence.i"),
        (0x0000_9067, "jalr with funct3 1"),
        (0x0000_2063, "branch with funct3 2"),
        (0x0000_3003, "ld"),
        (0x0000_6003, "lwu"),
        (0x0000_3023, "sd"),
        (0x0200_1013, "slli with shamt bit 5"),
        (0x0200_5013, "srli with shamt bit 5"),
        (0x4000_1013, "slli with funct7 0x20"),
        (0x4000_4033, "xor with funct7 0x20"),
        (0x0400_0033, "op with funct7 2"),
        (0x1000_202f, "lr.w"),
        (0x0000_003b, "addw"),
        (0x0000_001b, "addiw"),
    ];
    for (word, what) in cases {
        assert_eq!(decode(word), Err(IllegalInstruction { word }), "{what}");
    }
    assert_eq!(
        format!("{}", IllegalInstruction { word: 0x73 }),
        "0x00000073 is not an RV32IM instruction"
    );
}

#[test]
fn immediates_by_the_manual() {
    let imm = |word| decode(word).map(|instruction| instruction.imm);
    assert_eq!(imm(0xfff0_0093), Ok(-1)); // addi x1, x0, -1
    assert_eq!(imm(0x8000_0093), Ok(-2048)); // addi x1, x0, -2048
    assert_eq!(imm(0xfe20_ae23), Ok(-4)); // sw x2, -4(x1)
    assert_eq!(imm(0xfe00_0ee3), Ok(-4)); // beq x0, x0, -4
    assert_eq!(imm(0x8000_0063), Ok(-4096)); // beq x0, x0, -4096
    assert_eq!(imm(0x7e00_0fe3), Ok(4094)); // beq x0, x0, 4094
    assert_eq!(imm(0xffdf_f06f), Ok(-4)); // jal x0, -4
    assert_eq!(imm(0x8000_006f), Ok(-(1 << 20)));
    assert_eq!(imm(0x7fff_f06f), Ok((1 << 20) - 2));
    assert_eq!(imm(0x8000_00b7), Ok(i32::MIN)); // lui x1, 0x80000
    assert_eq!(imm(0x41f0_d093), Ok(31)); // srai x1, x1, 31
    assert_eq!(imm(0x8330_000f), Ok(0x833)); // fence.tso
    assert_eq!(imm(0x0100_000f), Ok(0x010)); // pause
}

/// The independent decoder's view of a word: mnemonic, rd, rs1, rs2 and immediate.
fn second_opinion(word: u32) -> Option<(String, u32, u32, u32, i32)> {
    use riscv_decode::Instruction as Other;

    if word & 3 != 3 {
        return None; // That decoder expands compressed instructions.
    }
    let other = riscv_decode::decode(word).ok()?;
    let shown = format!("{other:?}");
    let name = shown.split('(').next()?.to_lowercase();
    let (rd, rs1, rs2, imm) = match other {
        Other::Lui(i) | Other::Auipc(i) => (i.rd(), 0, 0, i.imm() as i32),
        Other::Jal(i) => (i.rd(), 0, 0, (i.imm() as i32) << 11 >> 11),
        Other::Jalr(i)
        | Other::Lb(i)
        | Other::Lh(i)
        | Other::Lw(i)
        | Other::Lbu(i)
        | Other::Lhu(i)
        | Other::Addi(i)
        | Other::Slti(i)
        | Other::Sltiu(i)
        | Other::Xori(i)
        | Other::Ori(i)
        | Other::Andi(i) => (i.rd(), i.rs1(), 0, (i.imm() as i32) << 20 >> 20),
        Other::Beq(i)
        | Other::Bne(i)
        | Other::Blt(i)
        | Other::Bge(i)
        | Other::Bltu(i)
        | Other::Bgeu(i) => (0, i.rs1(), i.rs2(), (i.imm() as i32) << 19 >> 19),
        Other::Sb(i) | Other::Sh(i) | Other::Sw(i) => {
            (0, i.rs1(), i.rs2(), (i.imm() as i32) << 20 >> 20)
        }
        Other::Slli(i) | Other::Srli(i) | Other::Srai(i) => (i.rd(), i.rs1(), 0, i.shamt() as i32),
        Other::Add(i)
        | Other::Sub(i)
        | Other::Sll(i)
        | Other::Slt(i)
        | Other::Sltu(i)
        | Other::Xor(i)
        | Other::Srl(i)
        | Other::Sra(i)
        | Other::Or(i)
        | Other::And(i)
        | Other::Mul(i)
        | Other::Mulh(i)
        | Other::Mulhsu(i)
        | Other::Mulhu(i)
        | Other::Div(i)
        | Other::Divu(i)
        | Other::Rem(i)
        | Other::Remu(i) => (i.rd(), i.rs1(), i.rs2(), 0),
        Other::Ecall => (0, 0, 0, 0),
        _ => return None, // Not RV32IM, or FENCE, whose other fields that decoder does not read.
    };
    Some((name, rd, rs1, rs2, imm))
}

/// Both decoders agree, but for what `riscv-decode` accepts as a decoder for RV64 (shifts by 32 or
/// more) or by leniency (JALR with any funct3).
fn compare(word: u32) {
    let ours = decode(word)
        .ok()
        .filter(|ours| ours.opcode != Opcode::Fence)
        .map(|ours| {
            let Instruction {
                opcode,
                rd,
                rs1,
                rs2,
                imm,
            } = ours;
            (
                String::from(opcode.name()),
                u32::from(rd),
                u32::from(rs1),
                u32::from(rs2),
                imm,
            )
        });
    let theirs = second_opinion(word).filter(|(name, _, _, _, imm)| match name.as_str() {
        "slli" | "srli" | "srai" => *imm < 32,
        "jalr" => funct3(word) == 0,
        _ => true,
    });
    assert_eq!(ours, theirs, "{word:#010x}");
}

#[test]
fn agrees_with_riscv_decode_on_structured_words() {
    structured_words().for_each(compare);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn decode_inverts_encode(word in any::<u32>()) {
        check(word);
        check(word & !0x7f | 0x33 & 0x7f);
        check(word & 0x0fff_ff80 | OP_IMM);
    }

    #[test]
    fn agrees_with_riscv_decode(word in any::<u32>(), opcode in 0_usize..12) {
        const OPCODES: [u32; 12] = [
            LOAD, MISC_MEM, OP_IMM, AUIPC, STORE, OP, LUI, BRANCH, JALR, JAL, SYSTEM, 0x2f,
        ];
        compare(word);
        compare(word & !0x7f | OPCODES[opcode]);
    }

    /// Encoding is total, and what it yields decodes to the same opcode.
    #[test]
    fn encode_is_total(
        opcode in 0_usize..Opcode::ALL.len(),
        rd in any::<u8>(),
        rs1 in any::<u8>(),
        rs2 in any::<u8>(),
        imm in any::<i32>(),
    ) {
        let opcode = Opcode::ALL[opcode];
        let word = encode(Instruction { opcode, rd, rs1, rs2, imm });
        prop_assert_eq!(decode(word).map(|decoded| decoded.opcode), Ok(opcode));
    }
}
