//! Metered runs: fills a [`Meter`].

use crate::{
    instruction::Form,
    interpreter::Stop,
    meter::Meter,
    observer::{EcallEvent, Event, Observer, Served, Touch},
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
        self.meter.step(family);
    }

    #[inline(always)]
    fn memory_step<const N: usize>(&mut self, family: Family, event: Event, words: [Touch; N]) {
        self.meter.memory_step(self.program, family, event, &words);
    }

    fn serve(&mut self, served: Served) -> Result<(), Stop> {
        self.meter.serve(self.program, served);
        Ok(())
    }

    fn ecall(&mut self, _: EcallEvent) {
        self.meter.step(Family::Ecall);
    }
}

impl Meter {
    /// Counts an instruction that accesses no RAM, or an ECALL.
    #[inline(always)]
    pub(crate) fn step(&mut self, family: Family) {
        self.instructions[family as usize] += 1;
    }

    /// Counts a load or store.
    #[inline(always)]
    pub(crate) fn memory_step(
        &mut self,
        program: &Program,
        family: Family,
        event: Event,
        words: &[Touch],
    ) {
        self.step(family);
        if event.instruction.opcode.form() == Form::Store {
            let is_to_text = words.iter().any(|word| program.is_text(word.address));
            self.stores_to_text += u64::from(is_to_text);
        }
    }

    /// Counts what a service does.
    pub(crate) fn serve(&mut self, program: &Program, served: Served) {
        self.services[served.service() as usize] += 1;
        self.output_bytes += served.output_bytes();
        let is_to_text = served
            .stored()
            .is_some_and(|address| program.is_text(address));
        self.stores_to_text += u64::from(is_to_text);
    }
}
