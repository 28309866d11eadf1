//! How often each row of each lookup table is looked up: counted from the messages that the rows of the
//! other tables emit, so that it is right by construction.

use alloc::vec::Vec;
use core::ops::Range;
use std::sync::{Mutex, MutexGuard};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_riscv_emu::allocate::{self, OutOfMemory};

use crate::{
    F,
    builder::Circuit,
    bus::Bus,
    evaluate::{Listener, Row},
    machine::{ForTable, Image, Part, Table},
    system::{
        bytes::Bytes,
        gaps,
        gaps::Gaps,
        powers_of_two::{self, PowersOfTwo},
        range16::Range16,
    },
};

/// Which rows the lookup tables of a part have.
pub(crate) struct Lookups<'a> {
    part: &'a Part,
    /// Runs of adjacent instructions, without an illegal word between them: the first pc, how many
    /// instructions come before the run, and how many are in it.
    runs: Vec<(u32, usize, usize)>,
    /// For each instruction of the program, its row in the table of the shard's instructions, if
    /// it has one.
    rows: Vec<u32>,
    /// The rows of the table of gaps.
    gaps: Vec<Range<u32>>,
    /// How many rows the table of the shard's instructions has.
    instructions: usize,
    /// Counts that no thread adds to now: as many as there were threads at once.
    idle: Mutex<Vec<Counts>>,
}

/// How often each row is looked up.
pub(crate) struct Counts {
    instructions: Vec<u32>,
    gaps: Vec<u32>,
    range16: Vec<u32>,
    pairs: Vec<u32>,
    ands: Vec<u32>,
    powers: Vec<u32>,
}

impl<'a> Lookups<'a> {
    /// The lookup tables' rows for a part whose shard executes the instructions at `pcs`.
    pub(crate) fn new(image: &Image, part: &'a Part, pcs: &[u32]) -> Result<Self, OutOfMemory> {
        let mut runs: Vec<(u32, usize, usize)> = Vec::new();
        for (index, (pc, _)) in image.text.iter().enumerate() {
            match runs.last_mut() {
                Some((start, _, count)) if *start as usize + 4 * *count == *pc as usize => {
                    *count += 1;
                }
                _ => allocate::push(&mut runs, (*pc, index, 1))?,
            }
        }
        let mut lookups = Self {
            part,
            runs,
            rows: allocate::filled(NO_ROW, image.text.len())?,
            gaps: gaps::ranges(image),
            instructions: pcs.len(),
            idle: Mutex::default(),
        };
        for (row, pc) in (0..).zip(pcs) {
            if let Some(index) = lookups.instruction(*pc) {
                lookups.rows[index] = row;
            }
        }
        Ok(lookups)
    }

    /// Counts the lookups of some rows. Tables with preprocessed columns, and the statement's, look
    /// nothing up.
    ///
    /// May be called from many threads: each call adds to counts that no other call adds to.
    pub(crate) fn count(&self, table: Table, cells: &[F]) -> Result<(), OutOfMemory> {
        let idle = self.idle().pop();
        let mut counts = idle.map_or_else(|| Counts::new(self), Ok)?;
        table.run(Counter {
            lookups: self,
            counts: &mut counts,
            cells,
            public: &table.public(self.part),
        });
        self.idle().push(counts);
        Ok(())
    }

    /// The sum of all counts.
    pub(crate) fn counts(&self) -> Result<Counts, OutOfMemory> {
        let counts = self.idle().drain(..).reduce(Counts::add);
        counts.map_or_else(|| Counts::new(self), Ok)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Counts>> {
        self.idle.lock().expect("no thread has panicked")
    }

    fn instruction(&self, pc: u32) -> Option<usize> {
        let run = self.runs.partition_point(|(start, _, _)| *start <= pc);
        let (start, before, count) = *self.runs.get(run.checked_sub(1)?)?;
        let index = (pc - start) as usize / 4;
        (index < count).then_some(before + index)
    }

    fn gap(&self, start: u32) -> Option<usize> {
        self.gaps.binary_search_by_key(&start, |gap| gap.start).ok()
    }
}

/// The row of an instruction that the shard does not execute.
const NO_ROW: u32 = u32::MAX;

impl Counts {
    /// How often each of the shard's instructions is executed.
    pub(crate) fn instructions(&self) -> &[u32] {
        &self.instructions
    }

    /// The rows of the table of gaps.
    pub(crate) fn gaps(&self) -> Vec<Gaps<F>> {
        rows(&self.gaps, |multiplicity| Gaps { multiplicity })
    }

    /// The rows of the table of 16-bit numbers.
    pub(crate) fn range16(&self) -> Vec<Range16<F>> {
        rows(&self.range16, |multiplicity| Range16 { multiplicity })
    }

    /// The rows of the table of pairs of bytes.
    pub(crate) fn bytes(&self) -> Vec<Bytes<F>> {
        let counts = self.pairs.iter().zip(&self.ands);
        counts
            .map(|(pair, and)| Bytes {
                pair_multiplicity: F::from_u32(*pair),
                and_multiplicity: F::from_u32(*and),
            })
            .collect()
    }

    /// The rows of the table of powers of two.
    pub(crate) fn powers_of_two(&self) -> Vec<PowersOfTwo<F>> {
        rows(&self.powers, |multiplicity| PowersOfTwo { multiplicity })
    }

    fn new(lookups: &Lookups<'_>) -> Result<Self, OutOfMemory> {
        let zeros = |rows: usize| allocate::filled(0, rows);
        Ok(Self {
            instructions: zeros(lookups.instructions)?,
            gaps: zeros(lookups.gaps.len())?,
            range16: zeros(1 << 16)?,
            pairs: zeros(1 << 16)?,
            ands: zeros(1 << 16)?,
            powers: zeros(powers_of_two::POWERS)?,
        })
    }

    fn add(mut self, other: Self) -> Self {
        let add = |into: &mut [u32], from: &[u32]| {
            assert_eq!(into.len(), from.len());
            into.iter_mut().zip(from).for_each(|(sum, n)| *sum += n);
        };
        add(&mut self.instructions, &other.instructions);
        add(&mut self.gaps, &other.gaps);
        add(&mut self.range16, &other.range16);
        add(&mut self.pairs, &other.pairs);
        add(&mut self.ands, &other.ands);
        add(&mut self.powers, &other.powers);
        self
    }
}

/// A row for each count.
fn rows<C>(counts: &[u32], row: impl Fn(F) -> C) -> Vec<C> {
    counts.iter().map(|n| row(F::from_u32(*n))).collect()
}

struct Counter<'a> {
    lookups: &'a Lookups<'a>,
    counts: &'a mut Counts,
    cells: &'a [F],
    public: &'a [F],
}

impl ForTable for Counter<'_> {
    type Output = ();

    #[inline(never)]
    fn run<const TABLE: usize>(mut self) {
        let table = const { Table::ALL[TABLE] };
        for cells in self.cells.chunks_exact(table.trace_width()) {
            let mut row = Row::new(cells, &[], &[], self.public, &mut self);
            table.eval(&mut Circuit::new(&mut row));
        }
    }
}

impl Listener for Counter<'_> {
    #[inline(always)]
    fn constraint(&mut self, _value: F) {}

    /// Counts a lookup, if its table has the row: if not, the table does not balance in the end.
    #[inline(always)]
    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        let mut fields = fields.iter();
        let mut field = || {
            fields
                .next()
                .map_or(u32::MAX, PrimeField32::as_canonical_u32)
        };
        let counts = &mut *self.counts;
        let (rows, index) = match bus {
            Bus::Range16 => (&mut counts.range16, Some(field() as usize)),
            Bus::BytePair => (&mut counts.pairs, pair(field(), field())),
            Bus::And => (&mut counts.ands, pair(field(), field())),
            Bus::PowerOfTwo => (&mut counts.powers, Some(field() as usize)),
            Bus::Program => {
                let index = self.lookups.instruction(field());
                let row = index.map(|index| self.lookups.rows[index] as usize);
                (&mut counts.instructions, row)
            }
            Bus::Gap => {
                let (lo, hi) = (field(), field());
                let start = (hi < 1 << 14).then_some(lo | hi << 16);
                (
                    &mut counts.gaps,
                    start.and_then(|start| self.lookups.gap(start)),
                )
            }
            _ => return,
        };
        if let Some(row) = index.and_then(|index| rows.get_mut(index)) {
            *row += count.as_canonical_u32();
        }
    }
}

/// The row of a pair of bytes.
#[inline(always)]
fn pair(a: u32, b: u32) -> Option<usize> {
    (a < 1 << 8 && b < 1 << 8).then_some((a << 8 | b) as usize)
}
