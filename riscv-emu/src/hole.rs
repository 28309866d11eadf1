//! Holes in the address space, where no program has memory by accident: an access there is a mistake.

use std::{fmt, ops::Range};

use crate::{
    error::TrapKind,
    instruction::{Instruction, Opcode},
    program::Program,
    record::REGISTERS,
};

/// A part of the address space without memory, unless a segment of the program's file takes a part
/// of it, with contents or with size alone.
///
/// A word in a hole cannot be accessed: the emulator traps, and a run that would do it has no proof.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Hole {
    /// The first 64 KiB: where null pointers point, and where a stack that lies above it overflows.
    First,
    /// The last GiB: where a stack pointer is that was never set, or that a large frame took below
    /// zero.
    Last,
}

impl Hole {
    /// Both.
    pub const ALL: [Self; 2] = [Self::First, Self::Last];

    /// Its addresses.
    pub const fn addresses(self) -> Range<u64> {
        match self {
            Self::First => 0..0x1_0000,
            Self::Last => 0xc000_0000..0x1_0000_0000,
        }
    }

    /// The word addresses of its words.
    pub const fn words(self) -> Range<u32> {
        let Range { start, end } = self.addresses();
        (start / 4) as u32..(end / 4) as u32
    }
}

/// `[0x00000000, 0x00010000)`
impl fmt::Display for Hole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.addresses();
        write!(f, "[{start:#010x}, {end:#010x})")
    }
}

/// The mistake that an access to a hole looks like.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Mistake {
    /// The stack grew out of the memory below it: the access goes through sp, or sp lies in a hole.
    StackOverflow {
        /// The value of sp.
        sp: u32,
    },
    /// The same, but no instruction of the program ever gives sp a value, and it is zero at reset.
    StackPointerNotSet {
        /// The value of sp.
        sp: u32,
    },
    /// An access to the first hole through some other pointer.
    NullPointer,
    /// An access to the last hole through some other pointer.
    StrayPointer,
}

/// The trap of `instruction`, which accesses the word at `word` with these registers. `hole` holds
/// the word.
pub(crate) fn trap(
    program: &Program,
    instruction: Instruction,
    registers: &[u32; REGISTERS],
    word: u32,
    hole: Hole,
) -> TrapKind {
    let (base, offset) = match instruction.opcode {
        Opcode::Ecall => (BUFFER, 0),
        _ => (instruction.rs1, instruction.imm),
    };
    let register = |number: u8| registers[usize::from(number % 32)];
    let first = register(base).wrapping_add_signed(offset);
    // The first byte, or that of another word that the access goes on to.
    let address = if first / 4 == word { first } else { 4 * word };

    let sp = register(SP);
    let is_set = sets_sp(program);
    let is_lost = |hole: &Hole| hole.addresses().contains(&sp.into());
    // A program without a stack leaves sp at zero.
    let is_stack = base == SP || (program.holes().iter().any(is_lost) && (is_set || sp != 0));
    let mistake = match (is_stack, is_set, hole) {
        (true, true, _) => Mistake::StackOverflow { sp },
        (true, false, _) => Mistake::StackPointerNotSet { sp },
        (false, _, Hole::First) => Mistake::NullPointer,
        (false, _, Hole::Last) => Mistake::StrayPointer,
    };
    TrapKind::Hole {
        address,
        hole,
        mistake,
    }
}

/// Whether an instruction of the program gives sp a value that does not come from sp itself or from
/// the frame pointer, which comes from sp.
fn sets_sp(program: &Program) -> bool {
    let sets = |i: Instruction| i.rd == SP && ![i.rs1, i.rs2].iter().any(|r| [SP, FP].contains(r));
    program.text().any(|(_, word)| word.is_ok_and(sets))
}

/// The mistake, its place, and its remedy.
pub(crate) fn message(address: u32, hole: Hole, mistake: Mistake) -> String {
    let where_ = format!("access to {address:#010x}, in {hole}, where the file has no segment");
    match mistake {
        Mistake::StackOverflow { sp } => {
            let or_not_set = match Hole::Last.addresses().contains(&sp.into()) {
                true => ", below zero, unless it was never set",
                false => "",
            };
            format!(
                "stack overflow: {where_}; sp is {sp:#010x}{or_not_set}: recurse less deeply, keep \
                 large arrays off the stack, or give it more room in the linker script"
            )
        }
        Mistake::StackPointerNotSet { sp } => format!(
            "the stack pointer was never set: {where_}; sp is {sp:#010x}, registers are zero at \
             reset, and no instruction of the program sets it: link the start code of zonda's \
             guest SDK, or set sp at the entry point"
        ),
        Mistake::NullPointer => format!(
            "null pointer: {where_}: look for a pointer that is null, or was never set, at this \
             place in the program"
        ),
        Mistake::StrayPointer => format!(
            "stray pointer: {where_}: look for a pointer that was never set, or an index below \
             zero, at this place in the program"
        ),
    }
}

const SP: u8 = 2;
const FP: u8 = 8;
/// a1: the buffer of a `read` or `write`.
const BUFFER: u8 = 11;
