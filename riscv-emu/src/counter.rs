//! Metered runs: fills a [`Meter`].

use crate::{
    instruction::Form,
    interpreter::Stop,
    meter::Meter,
    observer::{EcallEvent, Event, Observer, Touch, Transfer},
    program::Program,
    record::Family,
};

/// Counts.
pub(crate) struct Counter<'a> {
    pub(crate) meter: Meter,
    program: &'a Program,
}

impl<'a> Counter<'a> {
    pub(crate) fn new(program: &'a Program) -> Self {
        Self {
            meter: Meter::default(),
            program,
        }
    }
}

impl Observer for Counter<'_> {
    /// Whether the word was touched.
    type Note = bool;

    #[inline(always)]
    fn touch(&mut self, _: u32, _: u32, is_touched: &mut bool) -> Result<u32, Stop> {
        self.meter.touched_words += u64::from(!*is_touched);
        *is_touched = true;
        Ok(0)
    }

    #[inline(always)]
    fn step(&mut self, family: Family, _: Event) {
        self.meter.instructions[family as usize] += 1;
    }

    #[inline(always)]
    fn memory_step<const N: usize>(&mut self, family: Family, event: Event, words: [Touch; N]) {
        self.meter.instructions[family as usize] += 1;
        if event.instruction.opcode.form() == Form::Store {
            let is_to_text = words.iter().any(|word| self.program.is_text(word.address));
            self.meter.stores_to_text += u64::from(is_to_text);
        }
    }

    fn transfer(&mut self, transfer: Transfer) -> Result<(), Stop> {
        self.meter.transferred_words += 1;
        if transfer.is_output {
            self.meter.output_bytes += u64::from(transfer.count);
        } else {
            self.meter.stores_to_text += u64::from(self.program.is_text(transfer.word.address));
        }
        Ok(())
    }

    fn ecall(&mut self, _: EcallEvent) {
        self.meter.instructions[Family::Ecall as usize] += 1;
    }
}
