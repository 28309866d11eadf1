//! The programs whose runs are attacked.

use std::{collections::BTreeMap, sync::LazyLock};

use zonda_riscv_emu::{
    instruction::Opcode::{self, *},
    testing::*,
};

use super::{
    common::{DATA, Guest, RESULTS, TEXT, program},
    harness::Victim,
};

/// Memory that starts as zero.
pub const ZEROED: u32 = 0x30_0000;

/// A guest under construction with names for addresses.
struct Script {
    guest: Guest,
    marks: BTreeMap<&'static str, u32>,
}

impl Script {
    fn new(data: &[u8]) -> Self {
        Self {
            guest: Guest::with_data(data),
            marks: BTreeMap::new(),
        }
    }

    fn mark(&mut self, name: &'static str, word: u32) -> &mut Self {
        self.marks.insert(name, self.guest.pc());
        self.guest.push(word);
        self
    }

    fn two(&mut self, name: &'static str, opcode: Opcode, x: u32, y: u32, expected: u32) {
        self.guest.set(5, x).set(6, y);
        self.one(name, assemble(opcode, 7, 5, 6, 0), expected);
    }

    fn one(&mut self, name: &'static str, word: u32, expected: u32) {
        self.mark(name, word).guest.expect(7, expected);
    }

    fn victim(&self) -> Victim {
        Victim::new(self.guest.program(), self.marks.clone())
    }
}

/// Arithmetic on registers; every result is public.
pub static VALUES: LazyLock<Victim> = LazyLock::new(|| {
    let mut s = Script::new(&[]);
    s.two("add", Add, 0xffff, 1, 0x1_0000);
    s.two("sub", Sub, 0x1_0000, 1, 0xffff);
    s.two("slt", Slt, u32::MAX, 1, 1);
    s.two("sltu", Sltu, u32::MAX, 1, 0);
    s.two("and", And, 0xf0f0, 0xff00, 0xf000);
    s.two("mul", Mul, u32::MAX, u32::MAX, 1);
    s.two("mulh", Mulh, 1 << 31, 1 << 31, 1 << 30);
    s.two("mulhu", Mulhu, u32::MAX, u32::MAX, u32::MAX - 1);
    s.two("mulhsu", Mulhsu, u32::MAX, 2, u32::MAX);
    s.two("div_zero", Div, 123, 0, u32::MAX);
    s.two("rem_zero", Rem, 123, 0, 123);
    s.two("div_overflow", Div, 1 << 31, u32::MAX, 1 << 31);
    s.two("rem_overflow", Rem, 1 << 31, u32::MAX, 0);
    s.two("div", Div, 17, 5, 3);
    s.two("rem", Rem, 17, 5, 2);
    s.two("rem_sign", Rem, -7_i32 as u32, 2, u32::MAX);
    s.two("sll", Sll, 3, 33, 6);
    s.two("sra", Sra, 1 << 31, 4, 0xf800_0000);
    s.two("srl", Srl, 1 << 31, 4, 0x0800_0000);
    s.guest.set(5, 41);
    s.one("addi", addi(7, 5, 1), 42);
    s.one("lui", lui(7, 0x1234_5000), 0x1234_5000);
    let pc = s.guest.pc();
    s.one("auipc", auipc(7, 0x1000), pc + 0x1000);
    s.guest.set(7, 9);
    s.one("fence", fence(), 9);
    // Registers that nobody reads afterwards.
    s.guest.set(5, 0xffff).set(6, 1);
    s.mark("add_unread", add(20, 5, 6));
    s.mark("mul_unread", mul(21, 5, 6));
    s.mark("mulhu_unread", mulhu(22, 5, 6));
    s.mark("add_x0", add(0, 5, 6));
    s.guest.expect(0, 0);
    s.guest.set(5, 7);
    s.mark("same", add(5, 5, 5));
    s.guest.expect(5, 14);
    s.victim()
});

/// Loads and stores; every result is public.
pub static MEMORY: LazyLock<Victim> = LazyLock::new(|| {
    let data: Vec<u8> = (0..32_u8).map(|i| 0x80 + i * 3).collect();
    let word = |at: usize| u32::from_le_bytes(data[at..at + 4].try_into().unwrap());
    let mut s = Script::new(&data);
    s.guest.set(5, DATA);
    s.one("lb", lb(7, 5, 1), 0xffff_ff83);
    s.one("lbu", lbu(7, 5, 2), 0x86);
    s.one("lh", lh(7, 5, 2), 0xffff_8986);
    s.one("lw", lw(7, 5, 4), word(4));
    s.one("lw_image", lw(7, 5, 28), word(28));
    s.one("lw_misaligned", lw(7, 5, 10), word(10));
    s.one("lhu_misaligned", lhu(7, 5, 7), word(7) & 0xffff);
    s.mark("lw_x0", lw(0, 5, 4));
    s.guest.set(6, 0x1111_2222);
    s.mark("sb", sb(6, 5, 13));
    s.one("after_sb", lw(7, 5, 12), word(12) & 0xffff_00ff | 0x2200);
    s.mark("sh_misaligned", sh(6, 5, 17));
    s.one("after_sh", lw(7, 5, 16), word(16) & 0xff00_00ff | 0x22_2200);
    s.guest.set(5, ZEROED);
    s.one("bss", lw(7, 5, 8), 0);
    s.mark("sw", sw(6, 5, 12));
    s.one("again", lw(7, 5, 12), 0x1111_2222);
    s.guest.set(5, 0xffff_fffc);
    s.one("lw_wraps", lw(7, 5, 8), 0);
    s.victim()
});

/// Jumps and branches.
pub static FLOW: LazyLock<Victim> = LazyLock::new(|| flow(TARGET, SKIPPED, LOOPS, STORED));

/// The changes of a twin of [`FLOW`]: the jump's target, the word that is jumped over, and more.
pub const TARGET: i32 = 8;
pub const SKIPPED: u32 = 0x0010_0073; // EBREAK
pub const LOOPS: u32 = 3;
pub const STORED: u32 = 1;

/// FLOW, or a program that differs from it.
pub fn flow(over: i32, skipped: u32, loops: u32, stored: u32) -> Victim {
    let mut s = Script::new(&[]);
    s.guest.set(5, 4).set(6, 4).set(7, 1);
    // Past a word that is not an instruction.
    s.mark("beq", beq(5, 6, over));
    s.mark("skipped", skipped);
    s.guest.expect(7, if over == 8 { 1 } else { 2 });
    s.mark("beq_around", beq(5, 6, 8));
    s.mark("around", addi(7, 7, 1));
    s.guest.expect(7, 1);
    s.guest.set(5, loops).set(7, 0);
    s.mark("loop", addi(7, 7, 1));
    s.mark("count", addi(5, 5, -1));
    s.mark("back", bne(5, 0, -8));
    s.guest.expect(7, loops);
    // Two instructions in this order.
    s.mark("first", addi(9, 0, 1));
    s.mark("second", addi(9, 0, 2));
    s.guest.expect(9, 2);
    // A jump through a register, to the instruction after the next.
    let target = s.guest.pc() + 4 * 4;
    s.guest.set(5, target);
    s.mark("jalr", jalr(1, 5, 0));
    s.mark("jumped_over", addi(9, 9, 7));
    s.mark("jal_x0", jal(0, 4));
    // Text that is stored to is still what runs.
    s.guest.set(7, 0);
    let at = s.guest.pc() + 5 * 4;
    s.guest.set(5, at).set(6, addi(7, 0, 2));
    s.mark("over_text", sw(6, 5, 0));
    s.mark("stored_to", addi(7, 0, stored as i32));
    s.guest.expect(7, stored);
    s.victim()
}

/// [`FLOW`] as a cheat would have it.
pub fn flow_twin(over: i32, skipped: u32, loops: u32, stored: u32) -> zonda::Program {
    flow(over, skipped, loops, stored).program
}

/// Makes the system call that its input asks for: a7, a0, a1, a2. Then writes two words of its
/// input in two calls, and exits with 7.
pub static CALLS: LazyLock<Victim> = LazyLock::new(|| {
    let mut marks = BTreeMap::new();
    let mut words = call(63, 0, ZEROED, 24);
    words.extend(li(5, ZEROED));
    for (i, register) in [17, 10, 11, 12].into_iter().enumerate() {
        words.push(lw(register, 5, 4 * i as i32));
    }
    let pc = |words: &[u32]| TEXT + 4 * words.len() as u32;
    marks.insert("call", pc(&words));
    words.push(ecall());
    for (name, offset) in [("first", 16), ("second", 20)] {
        let mut write = call(64, 3, ZEROED + offset, 4);
        marks.insert(name, pc(&words) + 4 * (write.len() as u32 - 1));
        words.append(&mut write);
    }
    marks.insert("exit", pc(&words) + 4 * (exit(7).len() as u32 - 1));
    words.extend(exit(7));
    Victim::new(program(&words, &[]), marks)
});

/// An input of [`CALLS`].
pub fn asking(a7: u32, a0: u32, a1: u32, a2: u32) -> Vec<u8> {
    [a7, a0, a1, a2, 0x6463_6261, 0x6867_6665]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .chain(*b"the rest of the input")
        .collect()
}

/// A program that goes through rounds of [`ROUND`] instructions, of which a shard has as many.
///
/// Shard 1 makes ready, shards 2, 3 and 4 are the rounds, shard 5 exits with what shard 1 put into
/// x20. A round reads a word to [`ZEROED`], adds it to a word of the file at [`DATA`], writes the sum
/// there, to a new word from [`RESULTS`] on, and to the public output. A round that reads 0 exits.
pub static RELAY: LazyLock<Victim> = LazyLock::new(|| relay(Add));

/// How many instructions a round of [`RELAY`] has.
pub const ROUND: u64 = 31;

/// The initial value of the word at [`DATA`].
pub const FIRST: u32 = 100;

/// RELAY, or a program that computes something else of the word it reads.
pub fn relay(opcode: Opcode) -> Victim {
    let mut marks = BTreeMap::new();
    let mut words = [li(8, RESULTS), li(18, 3), li(20, 7)].concat();
    words.resize(ROUND as usize, addi(0, 0, 0));
    let pc = |words: &[u32]| TEXT + 4 * words.len() as u32;
    marks.insert("round", pc(&words));
    words.extend(call(63, 0, ZEROED, 4));
    words.extend(li(5, ZEROED));
    words.push(lw(6, 5, 0));
    words.push(beq(6, 0, 4 * 19));
    words.extend(li(7, DATA));
    words.push(lw(9, 7, 0));
    words.push(assemble(opcode, 9, 9, 6, 0));
    words.extend([sw(9, 7, 0), sw(9, 8, 0), addi(8, 8, 4), addi(18, 18, -1)]);
    words.extend(call(64, 3, DATA, 4));
    let back = marks["round"].wrapping_sub(pc(&words)) as i32;
    words.push(bne(18, 0, back));
    assert_eq!(pc(&words), marks["round"] + 4 * ROUND as u32);
    words.extend([addi(10, 20, 0), addi(17, 0, 93), ecall()]);
    Victim::new(program(&words, &FIRST.to_le_bytes()), marks)
}
