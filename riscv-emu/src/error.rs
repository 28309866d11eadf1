//! Why a run ended without an exit.

use std::fmt;

use crate::{
    allocate::OutOfMemory,
    hole::{self, Hole, Mistake},
};

/// A run that did not end with `exit`. It cannot be proved.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError {
    /// The program did something that this machine does not allow.
    #[error("trap at {at}: {kind}")]
    Trap {
        /// The kind of trap.
        kind: TrapKind,
        /// Where.
        at: Location,
    },
    /// The program did not end within the limit.
    #[error("no exit within {max_cycles} instructions; stopped at {at}: raise the cycle limit")]
    CycleLimit {
        /// The limit.
        max_cycles: u64,
        /// The instruction that was next.
        at: Location,
    },
    /// The program touched more memory than allowed.
    #[error(
        "the program touches more than {max_memory} bytes of memory in pages of 16 KiB; stopped \
         at {at}"
    )]
    MemoryLimit {
        /// The limit.
        max_memory: u64,
        /// The instruction that went past it.
        at: Location,
    },
    /// The host has no memory left for what the program touches.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// The program wrote more public output than allowed.
    #[error(
        "more than {max_output} bytes of public output; stopped at {at}: a digest of them could be \
         public in their place"
    )]
    OutputLimit {
        /// The limit.
        max_output: u32,
        /// The ECALL that went past it.
        at: Location,
    },
    /// The run has more shards than positions can count.
    #[error("more than {max_shards} shards; stopped at {at}: make shards larger")]
    ShardLimit {
        /// The limit.
        max_shards: u32,
        /// The instruction that was next.
        at: Location,
    },
}

/// An action that this machine does not allow.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrapKind {
    /// The word is not an RV32IM instruction.
    #[error("{}", illegal(*word))]
    IllegalInstruction {
        /// The word.
        word: u32,
    },
    /// The program counter left the executable segments of the file.
    #[error("no executable segment of the file holds this address")]
    FetchOutsideText,
    /// A jump or taken branch to an address that is not a multiple of 4.
    #[error("jump to {target:#010x}, which is not a multiple of 4")]
    MisalignedTarget {
        /// Where it would have gone.
        target: u32,
    },
    /// An ECALL that does not exist.
    #[error(
        "system call {number} does not exist; there are 63 read, 64 write, 93 and 94 exit{}",
        unknown_call(*number)
    )]
    UnknownCall {
        /// The value of a7.
        number: u32,
    },
    /// A `read` or `write` of a descriptor that does not exist.
    #[error(
        "system call {number} on file descriptor {descriptor}; read takes 0 (input), write takes \
         1 and 2 (debug text) and 3 (public output)"
    )]
    UnknownDescriptor {
        /// The value of a7.
        number: u32,
        /// The value of a0.
        descriptor: u32,
    },
    /// A buffer that does not fit the address space.
    #[error("a buffer of {length} bytes at {pointer:#010x} goes past the end of memory at 2^32")]
    BufferPastMemory {
        /// The value of a1.
        pointer: u32,
        /// The value of a2.
        length: u32,
    },
    /// An access to a word of memory that does not exist.
    #[error("{}", hole::message(*address, *hole, *mistake))]
    Hole {
        /// The first byte of the access that lies in the hole.
        address: u32,
        /// The hole.
        hole: Hole,
        /// The mistake that it looks like.
        mistake: Mistake,
    },
}

/// A place in the program, with the file's information on it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Location {
    /// The address.
    pub pc: u32,
    /// The word of text there, if it is text.
    pub word: Option<u32>,
    /// The function and the place in it, if the file has symbols.
    pub symbol: Option<String>,
    /// Source file and line, if the file has debug information.
    pub line: Option<String>,
}

/// `pc 0x00010074 (main+0x10, src/main.rs:12)`
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pc {:#010x}", self.pc)?;
        match (&self.symbol, &self.line) {
            (Some(symbol), Some(line)) => write!(f, " ({symbol}, {line})"),
            (Some(only), None) | (None, Some(only)) => write!(f, " ({only})"),
            (None, None) => Ok(()),
        }
    }
}

/// A guess at the origin of a word that is not an instruction.
fn illegal(word: u32) -> String {
    let hint = match word {
        0 => "zeros: data, or a jump to the wrong place",
        EBREAK => "EBREAK, which this machine does not have",
        UNIMP => {
            "UNIMP, with which compilers mark code that must not be reached, such as after a panic"
        }
        _ if word & 3 != 3 => "a compressed instruction: build for riscv32im, not riscv32imc",
        _ => match word & 0x7f {
            0x0f => "FENCE.I or CBO, which this machine does not have",
            0x2f => "an atomic instruction: build for riscv32im, not riscv32ima",
            0x73 => "CSR access or a privileged instruction, which this machine does not have",
            0x07 | 0x27 | 0x43 | 0x47 | 0x4b | 0x4f | 0x53 => {
                "a floating-point instruction: build for riscv32im"
            }
            0x0b | 0x2b | 0x5b | 0x7b => return custom(word),
            _ => "it may be data, or of an extension that this machine does not have",
        },
    };
    format!("{word:#010x} is not an RV32IM instruction ({hint})")
}

/// An opcode that the ISA leaves to vendors: other zkVMs use them.
fn custom(word: u32) -> String {
    let number = match word & 0x7f {
        0x0b => 0,
        0x2b => 1,
        0x5b => 2,
        _ => 3,
    };
    format!(
        "{word:#010x} is not an RV32IM instruction (custom-{number}: made for another zkVM; build \
         with zonda's guest SDK)"
    )
}

/// A guess at a system call that does not exist: numbers of Linux, which newlib and picolibc use.
const fn unknown_call(number: u32) -> &'static str {
    match number {
        214 => {
            "; 214 is brk, with which newlib's malloc asks for memory: zonda's guest SDK has a heap \
             that needs no system call, link it and its link.x (guest/README.md)"
        }
        57 | 62 | 80 | 160 | 169 | 172 | 403 | 1024 => {
            "; newlib makes it for files, processes or time, which this machine does not have: \
             input and output are functions of zonda's guest SDK (guest/README.md)"
        }
        _ => "",
    }
}

const EBREAK: u32 = 0x0010_0073;
const UNIMP: u32 = 0xc000_1073;
