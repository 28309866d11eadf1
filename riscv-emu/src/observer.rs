//! The interpreter's reports of each instruction to an observer; the silent observer costs nothing.

use crate::{
    instruction::Instruction,
    interpreter::Stop,
    record::{Call, Family, Service},
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

    /// What a service has done for the ECALL about to be reported.
    fn serve(&mut self, served: Served) -> Result<(), Stop>;

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

/// What a service does for an ECALL: one of its records.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Served {
    /// Of [`Service::Transfer`].
    Transfer(Transfer),
}

impl Served {
    /// The service.
    pub(crate) const fn service(&self) -> Service {
        match self {
            Self::Transfer(_) => Service::Transfer,
        }
    }

    /// How many bytes it makes public.
    pub(crate) fn output_bytes(&self) -> u64 {
        match self {
            Self::Transfer(transfer) if transfer.is_output => transfer.count.into(),
            _ => 0,
        }
    }

    /// The word of RAM that it writes, if it writes one.
    pub(crate) fn stored(&self) -> Option<u32> {
        match self {
            Self::Transfer(transfer) if !transfer.is_output => Some(transfer.word.address),
            _ => None,
        }
    }
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
    fn serve(&mut self, _: Served) -> Result<(), Stop> {
        Ok(())
    }

    #[inline(always)]
    fn ecall(&mut self, _: EcallEvent) {}
}
