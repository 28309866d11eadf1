//! The records of a run, or of one [`Shard`](crate::shard::Shard) of it: one record per executed
//! instruction, grouped by [`Family`].
//!
//! Time is counted in *clk*. A run, or a shard, starts at [`INITIAL_CLK`]; an instruction takes
//! [`CLK_PER_STEP`] of them, a slot for each access it may make, so that no two accesses to one
//! register or word ever share a clk:
//!
//! | slot | instruction | ecall |
//! |---|---|---|
//! | `clk` | rs1 | a7, a1, a2 |
//! | `clk + 1` | rs2 | |
//! | `clk + 2` | memory (both words of a misaligned access) | transferred words, output length |
//! | `clk + 3` | rd | a0, read and written |
//!
//! Initial values carry clk 0. A register that an instruction does not name is not accessed at all and
//! leaves a zero [`Access`]. An instruction whose destination is x0 writes register [`SINK`] instead,
//! which no instruction reads: so every instruction with a destination writes one.

use alloc::vec::Vec;

use crate::allocate::{self, OutOfMemory};

/// How many registers there are: x0 to x31 and [`SINK`].
pub const REGISTERS: usize = 33;
/// The register that an instruction writes if its destination is x0. No instruction names it.
pub const SINK: u8 = 32;

/// The register that an instruction with destination `rd` writes.
#[inline(always)]
pub const fn destination(rd: u8) -> u8 {
    match rd % 32 {
        0 => SINK,
        rd => rd,
    }
}

/// The clk of the first instruction. Initial values stand at clk 0, before it.
pub const INITIAL_CLK: u32 = 1;
/// How far one instruction moves the clock.
pub const CLK_PER_STEP: u32 = 4;

/// Instructions that one circuit proves together.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Family {
    /// ADD, SUB.
    AddSub,
    /// ADDI, LUI, AUIPC, FENCE: the sum of a register and a constant. LUI and AUIPC read x0 and add
    /// a constant known from the program; FENCE reads x0, adds 0, and writes nothing.
    AddImmediate,
    /// XOR, OR, AND.
    Bitwise,
    /// XORI, ORI, ANDI.
    BitwiseImmediate,
    /// SLL, SRL, SRA.
    Shift,
    /// SLLI, SRLI, SRAI.
    ShiftImmediate,
    /// SLT, SLTU.
    SetLessThan,
    /// SLTI, SLTIU.
    SetLessThanImmediate,
    /// BEQ, BNE, BLT, BGE, BLTU, BGEU.
    Branch,
    /// JAL, JALR. JAL reads no register.
    Jump,
    /// LW and SW at a multiple of four.
    LoadStoreWord,
    /// LB, LBU, SB anywhere; LH, LHU, SH at an even address.
    LoadStoreSubword,
    /// LW and SW off a multiple of four; LH, LHU and SH at an odd address. Always accesses two
    /// words: the one that holds the first byte and the next one, even if that is left as it was.
    LoadStoreMisaligned,
    /// MUL, MULH, MULHSU, MULHU.
    Multiply,
    /// DIV, DIVU, REM, REMU.
    Divide,
    /// ECALL.
    Ecall,
}

impl Family {
    /// All families, in the order of their discriminants.
    pub const ALL: [Self; 16] = [
        Self::AddSub,
        Self::AddImmediate,
        Self::Bitwise,
        Self::BitwiseImmediate,
        Self::Shift,
        Self::ShiftImmediate,
        Self::SetLessThan,
        Self::SetLessThanImmediate,
        Self::Branch,
        Self::Jump,
        Self::LoadStoreWord,
        Self::LoadStoreSubword,
        Self::LoadStoreMisaligned,
        Self::Multiply,
        Self::Divide,
        Self::Ecall,
    ];

    /// The name used in reports: lower case, words joined by underscores.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AddSub => "add_sub",
            Self::AddImmediate => "add_immediate",
            Self::Bitwise => "bitwise",
            Self::BitwiseImmediate => "bitwise_immediate",
            Self::Shift => "shift",
            Self::ShiftImmediate => "shift_immediate",
            Self::SetLessThan => "set_less_than",
            Self::SetLessThanImmediate => "set_less_than_immediate",
            Self::Branch => "branch",
            Self::Jump => "jump",
            Self::LoadStoreWord => "load_store_word",
            Self::LoadStoreSubword => "load_store_subword",
            Self::LoadStoreMisaligned => "load_store_misaligned",
            Self::Multiply => "multiply",
            Self::Divide => "divide",
            Self::Ecall => "ecall",
        }
    }
}

/// Work that ECALLs leave to a table of its own: a record, and a row of the table, for each piece of it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Service {
    /// Moving a word for `read` or public `write`, whole or in part: [`TransferWord`].
    Transfer,
}

impl Service {
    /// All services, in the order of their discriminants.
    pub const ALL: [Self; 1] = [Self::Transfer];

    /// The name of its table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
        }
    }

    /// What its records are, in messages.
    pub const fn records(self) -> &'static str {
        match self {
            Self::Transfer => "words moved",
        }
    }

    /// How many bytes a record takes.
    pub const fn record_bytes(self) -> usize {
        match self {
            Self::Transfer => size_of::<TransferWord>(),
        }
    }
}

/// The state that an access found: the value before it, and the clk of the access before it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Access {
    /// The value before this access.
    pub value: u32,
    /// The clk of the previous access, 0 if there was none.
    pub previous_clk: u32,
}

/// One executed instruction other than ECALL.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Step {
    /// Address of the instruction.
    pub pc: u32,
    /// First clk slot of the instruction.
    pub clk: u32,
    /// Read of rs1, at `clk`.
    pub rs1: Access,
    /// Read of rs2, at `clk + 1`.
    pub rs2: Access,
    /// The value that the destination held before it was written, at `clk + 3`.
    pub rd: Access,
    /// The value written to the destination; zero if there is none.
    pub result: u32,
    /// Address of the next instruction.
    pub next_pc: u32,
}

/// One access to a word of RAM, at slot `clk + 2`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct WordAccess {
    /// Word address: the byte address divided by four.
    pub address: u32,
    /// The word before.
    pub before: u32,
    /// The word after; equal to `before` for a load.
    pub after: u32,
    /// The clk of the previous access, 0 if there was none.
    pub previous_clk: u32,
}

/// A load or store; `N` is 2 for a misaligned one and 1 otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MemoryStep<const N: usize> {
    /// Registers and program counter.
    pub step: Step,
    /// The words accessed: for a misaligned access, the one with the first byte and the one after
    /// it (word `2^30 - 1` is followed by word 0).
    pub words: [WordAccess; N],
}

/// Which system call an ECALL made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Call {
    /// 63, `read(0, ptr, len)`.
    Read,
    /// 64, `write(3, ptr, len)`: public output.
    WriteOutput,
    /// 64, `write(1 | 2, ptr, len)`: debug text, which no table sees.
    WriteDebug,
    /// 93 or 94, `exit(code)`.
    Exit,
}

/// One executed ECALL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EcallStep {
    /// Address of the instruction.
    pub pc: u32,
    /// First clk slot.
    pub clk: u32,
    /// The call.
    pub call: Call,
    /// Read of a7 (x17), the call's number, at `clk`.
    pub a7: Access,
    /// a0 (x10) before: file descriptor or exit code, at `clk + 3`.
    pub a0: Access,
    /// Read of a1 (x11), the pointer, at `clk`.
    pub a1: Access,
    /// Read of a2 (x12), the length, at `clk`.
    pub a2: Access,
    /// The value written to a0: the number of bytes moved; for `exit`, a0 itself.
    pub result: u32,
    /// The output length before, at `clk + 2`; zero unless this writes public output, even of no
    /// bytes.
    pub output_length: Access,
}

/// One word of RAM that a `read` filled or a public `write` took bytes from, at slot `clk + 2` of
/// its ECALL. A transfer of no bytes has no such record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TransferWord {
    /// The first clk slot of the ECALL it belongs to.
    pub clk: u32,
    /// True for public output, false for input.
    pub is_output: bool,
    /// The word, before and after.
    pub word: WordAccess,
    /// First byte moved, 0 to 3: zero except in a transfer's first word.
    pub offset: u8,
    /// How many bytes of this word are moved, 1 to 4.
    pub count: u8,
    /// Bytes of the transfer not yet moved before this word: `count` of them are moved here.
    pub remaining: u32,
    /// The position in the public output of the first byte moved; zero for input.
    pub index: u32,
}

/// A word of RAM at the end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FinalWord {
    /// Word address.
    pub address: u32,
    /// Its value at the end.
    pub value: u32,
    /// The clk of its last access.
    pub clk: u32,
}

/// Everything that the circuits need to know of a run or a shard.
#[derive(Clone, Debug, PartialEq)]
pub struct Records {
    /// Steps of the families that do not touch memory, indexed by `Family as usize`; the entries
    /// of other families stay empty.
    pub steps: [Vec<Step>; Family::ALL.len()],
    /// [`Family::LoadStoreWord`].
    pub load_store_word: Vec<MemoryStep<1>>,
    /// [`Family::LoadStoreSubword`].
    pub load_store_subword: Vec<MemoryStep<1>>,
    /// [`Family::LoadStoreMisaligned`].
    pub load_store_misaligned: Vec<MemoryStep<2>>,
    /// [`Family::Ecall`].
    pub ecalls: Vec<EcallStep>,
    /// Words moved by ECALLs, in order.
    pub transfers: Vec<TransferWord>,
    /// The registers at the end: value, and clk of the last access, 0 if there was none.
    pub registers: [Access; REGISTERS],
    /// The length of the run's public output at the end, and the clk of its last access, 0 if there
    /// was none.
    pub output_length: Access,
    /// Every word of RAM that was accessed, by ascending address.
    pub memory: Vec<FinalWord>,
    /// The clk after the last instruction: `INITIAL_CLK + CLK_PER_STEP * cycles`.
    pub final_clk: u32,
    /// The pc after the last instruction; `None` if that was `exit`.
    pub final_pc: Option<u32>,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            steps: Default::default(),
            load_store_word: Default::default(),
            load_store_subword: Default::default(),
            load_store_misaligned: Default::default(),
            ecalls: Default::default(),
            transfers: Default::default(),
            registers: [Access::default(); REGISTERS],
            output_length: Default::default(),
            memory: Default::default(),
            final_clk: Default::default(),
            final_pc: Default::default(),
        }
    }
}

impl Records {
    /// Empties the lists, and keeps their memory for the next records.
    pub fn clear(&mut self) {
        let Self {
            steps,
            load_store_word,
            load_store_subword,
            load_store_misaligned,
            ecalls,
            transfers,
            registers,
            output_length,
            memory,
            final_clk,
            final_pc,
        } = self;
        steps.iter_mut().for_each(Vec::clear);
        load_store_word.clear();
        load_store_subword.clear();
        load_store_misaligned.clear();
        ecalls.clear();
        transfers.clear();
        memory.clear();
        *registers = [Access::default(); REGISTERS];
        *output_length = Access::default();
        (*final_clk, *final_pc) = (0, None);
    }

    /// Makes room for so many more instructions of a family.
    ///
    /// # Errors
    /// If the system refuses the memory.
    pub fn reserve(&mut self, family: Family, count: usize) -> Result<(), OutOfMemory> {
        use allocate::reserve;
        match family {
            Family::LoadStoreWord => reserve(&mut self.load_store_word, count),
            Family::LoadStoreSubword => reserve(&mut self.load_store_subword, count),
            Family::LoadStoreMisaligned => reserve(&mut self.load_store_misaligned, count),
            Family::Ecall => reserve(&mut self.ecalls, count),
            _ => reserve(&mut self.steps[family as usize], count),
        }
    }

    /// How many instructions of a family were executed.
    pub fn count(&self, family: Family) -> usize {
        match family {
            Family::LoadStoreWord => self.load_store_word.len(),
            Family::LoadStoreSubword => self.load_store_subword.len(),
            Family::LoadStoreMisaligned => self.load_store_misaligned.len(),
            Family::Ecall => self.ecalls.len(),
            _ => self.steps[family as usize].len(),
        }
    }

    /// How many records of a service there are.
    pub fn served(&self, service: Service) -> usize {
        match service {
            Service::Transfer => self.transfers.len(),
        }
    }
}
