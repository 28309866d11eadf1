//! The interpreter's reports of each instruction to an observer; the silent observer costs nothing.

use crate::{
    instruction::Instruction,
    interpreter::Stop,
    record::{Call, Family},
};

/// Sees every instruction as it is executed. A failure ends the run.
pub(crate) trait Observer {
    /// The observer's note on every word of memory.
    type Note: Copy + Default;

    /// Whether the machine is to pause after each ECALL.
    const PAUSES_AFTER_ECALL: bool = false;

    /// A word of text is about to be executed; words are numbered over all ranges.
    #[inline(always)]
    fn fetch(&mut self, _index: usize) {}

    /// A word of RAM is accessed, for the instruction about to be reported. Yields the value for
    /// [`Touch::previous`].
    fn touch(&mut self, address: u32, before: u32, note: &mut Self::Note) -> Result<u32, Stop>;

    /// An instruction that neither touches memory nor is an ECALL.
    fn step(&mut self, family: Family, event: Event);

    /// A load or store, and the words it touched.
    fn memory_step<const N: usize>(&mut self, family: Family, event: Event, words: [Touch; N]);

    /// A word that the ECALL about to be reported has moved, in whole or part.
    fn transfer(&mut self, transfer: Transfer) -> Result<(), Stop>;

    /// An ECALL.
    fn ecall(&mut self, event: EcallEvent);
}

/// An executed instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) pc: u32,
    /// Register x0 for rs1 of LUI, AUIPC, FENCE and for rd of FENCE.
    pub(crate) instruction: Instruction,
    pub(crate) rs1: u32,
    pub(crate) rs2: u32,
    /// The value that the destination held before; zero if there is none.
    pub(crate) rd: u32,
    /// The value that it holds now; zero if there is none.
    pub(crate) result: u32,
    pub(crate) next_pc: u32,
}

/// A word of RAM that was read or written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touch {
    pub(crate) address: u32,
    pub(crate) before: u32,
    pub(crate) after: u32,
    /// The note that [`Observer::touch`] returned for it.
    pub(crate) previous: u32,
}

/// A word moved by an ECALL; the fields are those of [`crate::record::TransferWord`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transfer {
    pub(crate) is_output: bool,
    pub(crate) word: Touch,
    pub(crate) offset: u8,
    pub(crate) count: u8,
    pub(crate) remaining: u32,
    pub(crate) index: u32,
}

/// An executed ECALL, with its registers before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EcallEvent {
    pub(crate) pc: u32,
    pub(crate) call: Call,
    pub(crate) a7: u32,
    pub(crate) a0: u32,
    pub(crate) a1: u32,
    pub(crate) a2: u32,
    pub(crate) result: u32,
    /// The length of the public output before.
    pub(crate) output_length: u32,
}

/// Sees nothing.
pub(crate) struct Silent;

impl Observer for Silent {
    type Note = ();

    #[inline(always)]
    fn touch(&mut self, _: u32, _: u32, _: &mut ()) -> Result<u32, Stop> {
        Ok(0)
    }

    #[inline(always)]
    fn step(&mut self, _: Family, _: Event) {}

    #[inline(always)]
    fn memory_step<const N: usize>(&mut self, _: Family, _: Event, _: [Touch; N]) {}

    #[inline(always)]
    fn transfer(&mut self, _: Transfer) -> Result<(), Stop> {
        Ok(())
    }

    #[inline(always)]
    fn ecall(&mut self, _: EcallEvent) {}
}
