//! Metered runs: how much of everything.

use crate::{
    instruction::Form,
    memory::{MemoryFull, Paged},
    observer::{EcallEvent, Event, Observer, Touch, Transfer},
    program::Program,
    record::Family,
};

/// What a run did, in numbers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Meter {
    /// Executed instructions, indexed by `Family as usize`.
    pub instructions: [u64; Family::ALL.len()],
    /// Distinct words of RAM read or written; those of debug text do not count.
    pub touched_words: u64,
    /// Words moved by `read` and by public `write`, whole or in part.
    pub transferred_words: u64,
    /// Stores to words of text, which change what loads see and not what is executed.
    pub stores_to_text: u64,
}

impl Meter {
    /// Executed instructions of a family.
    pub fn count(&self, family: Family) -> u64 {
        self.instructions[family as usize]
    }

    /// Loads and stores that were not aligned.
    pub fn misaligned(&self) -> u64 {
        self.count(Family::LoadStoreMisaligned)
    }

    /// All executed instructions.
    pub fn cycles(&self) -> u64 {
        self.instructions.iter().sum()
    }
}

/// Counts.
pub(crate) struct Counter<'a> {
    pub(crate) meter: Meter,
    is_touched: Paged<bool>,
    program: &'a Program,
}

impl<'a> Counter<'a> {
    pub(crate) fn new(program: &'a Program, max_memory: u64) -> Self {
        Self {
            meter: Meter::default(),
            is_touched: Paged::new(max_memory),
            program,
        }
    }

    #[inline(always)]
    fn touch(&mut self, word: Touch) -> Result<(), MemoryFull> {
        let is_touched = self.is_touched.slot(word.address)?;
        self.meter.touched_words += u64::from(!*is_touched);
        *is_touched = true;
        Ok(())
    }

    fn is_text(&self, word: Touch) -> bool {
        // The word after the highest text, 2^30 / 4, is far from overflow; others are no text.
        word.address
            .checked_mul(4)
            .is_some_and(|pc| self.program.instruction(pc).is_some())
    }
}

impl Observer for Counter<'_> {
    #[inline(always)]
    fn step(&mut self, family: Family, _: Event) {
        self.meter.instructions[family as usize] += 1;
    }

    #[inline(always)]
    fn memory_step<const N: usize>(
        &mut self,
        family: Family,
        event: Event,
        words: [Touch; N],
    ) -> Result<(), MemoryFull> {
        self.meter.instructions[family as usize] += 1;
        for word in words {
            self.touch(word)?;
        }
        if event.instruction.opcode.form() == Form::Store {
            let is_to_text = words.into_iter().any(|word| self.is_text(word));
            self.meter.stores_to_text += u64::from(is_to_text);
        }
        Ok(())
    }

    fn transfer(&mut self, transfer: Transfer) -> Result<(), MemoryFull> {
        self.meter.transferred_words += 1;
        if !transfer.is_output {
            self.meter.stores_to_text += u64::from(self.is_text(transfer.word));
        }
        self.touch(transfer.word)
    }

    fn ecall(&mut self, _: EcallEvent) {
        self.meter.instructions[Family::Ecall as usize] += 1;
    }
}
