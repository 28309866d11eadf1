//! The boundary of a shard, noted while the shard is executed.

use super::{BoundaryWord, Costs};
use crate::{
    allocate::{self, OutOfMemory},
    interpreter::Stop,
    meter::Meter,
    observer::{EcallEvent, Event, Observer, Served, Touch},
    program::Program,
    record::Family,
};

/// Sees the boundary of the shard at `position`. The note of a word of memory is its owner.
pub(super) struct Boundary<'a> {
    pub(super) position: u32,
    /// The words touched so far, in the order of their first access; `after` is not known yet.
    pub(super) words: Vec<BoundaryWord>,
    /// All but the touched words, which are counted above.
    meter: Meter,
    /// For each word of text, the position of the last shard that executed it.
    executed: Vec<u32>,
    /// How many words of text this shard has executed.
    distinct: u64,
    program: &'a Program,
}

impl<'a> Boundary<'a> {
    pub(super) fn new(program: &'a Program) -> Result<Self, OutOfMemory> {
        Ok(Self {
            position: 0,
            words: Vec::new(),
            meter: Meter::default(),
            executed: allocate::filled(0, program.text().count())?,
            distinct: 0,
            program,
        })
    }

    /// Goes on to the shard at the next position.
    pub(super) fn begin(&mut self, position: u32) {
        self.position = position;
        self.words.clear();
        self.meter = Meter::default();
        self.distinct = 0;
    }

    pub(super) fn meter(&self) -> Meter {
        Meter {
            touched_words: self.words.len() as u64,
            ..self.meter.clone()
        }
    }

    /// The cost of the shard so far, at most the greatest possible number.
    pub(super) fn cost(&self, costs: &Costs) -> u64 {
        let instructions = self.meter.instructions.iter().zip(costs.instructions);
        let services = self.meter.services.iter().zip(costs.services);
        let others = [
            (&self.meter.output_bytes, costs.output_byte),
            (&(self.words.len() as u64), costs.touched_word),
            (&self.distinct, costs.distinct_instruction),
        ];
        let products = instructions
            .chain(services)
            .chain(others)
            .map(|(count, cost)| count.saturating_mul(cost.into()));
        products.fold(0, u64::saturating_add)
    }

    /// The addresses of the instructions that the shard executed, ascending.
    pub(super) fn pcs(&self) -> Result<Vec<u32>, OutOfMemory> {
        let mut pcs = allocate::with_capacity(self.distinct as usize)?;
        let text = self.program.text().zip(&self.executed);
        pcs.extend(
            text.filter(|(_, position)| **position == self.position)
                .map(|((pc, _), _)| pc),
        );
        Ok(pcs)
    }
}

impl Observer for Boundary<'_> {
    type Note = u32;

    const PAUSES_AFTER_ECALL: bool = true;

    #[inline(always)]
    fn fetch(&mut self, index: usize) {
        if let Some(position) = self.executed.get_mut(index)
            && *position != self.position
        {
            *position = self.position;
            self.distinct += 1;
        }
    }

    #[inline(always)]
    fn touch(&mut self, address: u32, before: u32, owner: &mut u32) -> Result<u32, Stop> {
        if *owner != self.position {
            let word = BoundaryWord {
                address,
                before,
                owner: *owner,
                after: before,
            };
            allocate::push(&mut self.words, word).map_err(Stop::OutOfMemory)?;
            *owner = self.position;
        }
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
