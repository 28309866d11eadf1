//! Circle transforms of blocks of sixteen columns.
//!
//! A block is a slice of lines (16 words each); row `w` of a block of `2^m` rows stands at the
//! point of `D(m)` at position `w` in memory order: `w = 2l + c`, conjugates are neighbours.
//! Coefficient `k` belongs to the product of the basis functions of its bits: bit 0 to `y`, bit 1
//! to `v_1 = x`, bit `j` to `v_j = 2 v_(j-1)^2 - 1`.
//!
//! Memory decides the speed, so a transform makes few passes over it: the lower layers run on
//! contiguous chunks that stay in the second-level cache, the upper layers on strided sets of lines
//! that are gathered into a scratch buffer. An extension does the upper inverse layers and, for
//! both halves, the upper forward layers in one such pass: three passes in all.
//!
//! Parts of the domain are numbered like a heap: 1 is the whole domain, the halves of part `i`
//! are `2i` and `2i + 1`, and the layer that joins them has the one twiddle number `i`.

#![allow(unsafe_code)]

mod codeword;
mod layers;
mod twiddles;

#[cfg(test)]
mod tests;

use std::marker::PhantomData;

use rayon::prelude::*;

use self::layers::{Line, Tree, forward, inverse};
pub use self::{codeword::Domain, twiddles::Twiddles};
use crate::{Kernel, LINE, Lanes, Platform};

/// Transforms with one platform and one set of twiddles.
#[derive(Clone, Copy, Debug)]
pub struct Transform<'a> {
    platform: Platform,
    twiddles: &'a Twiddles,
    parallel: bool,
}

impl<'a> Transform<'a> {
    /// Transforms on the calling thread: for one task per block.
    pub fn new(platform: Platform, twiddles: &'a Twiddles) -> Self {
        Self {
            platform,
            twiddles,
            parallel: false,
        }
    }

    /// Transforms on all threads of the current pool: for fewer blocks than threads.
    pub fn parallel(self) -> Self {
        Self {
            parallel: true,
            ..self
        }
    }

    /// From evaluations on `D(log_height)` in the first half of the lines to evaluations on
    /// `D(log_height + 1)` in all of them. The second half may hold anything.
    ///
    /// # Panics
    /// If `log_height < 3`, the block does not have `2^(log_height + 1)` lines or the twiddles are
    /// for smaller domains.
    pub fn extend(&self, block: &mut [u32], log_height: usize) {
        self.run(block, log_height, true, Output::Extended);
    }

    /// From evaluations on `D(log_height)` to those on one half of `D(log_height + 1)`, in place:
    /// the values that [`Self::extend`] leaves in the first half of the lines, or in the second.
    ///
    /// # Panics
    /// As [`Self::extend`], for `2^log_height` lines.
    pub fn extend_half(&self, block: &mut [u32], log_height: usize, half: Half) {
        self.run(block, log_height, true, Output::Half(half));
    }

    /// From evaluations on `D(log_height)` to coefficients, in place.
    ///
    /// # Panics
    /// As [`Self::extend`], for `2^log_height` lines.
    pub fn interpolate(&self, block: &mut [u32], log_height: usize) {
        self.run(block, log_height, true, Output::Coefficients);
    }

    /// From coefficients to evaluations on `D(log_height)`, in place.
    ///
    /// # Panics
    /// As [`Self::extend`], for `2^log_height` lines.
    pub fn evaluate(&self, block: &mut [u32], log_height: usize) {
        self.run(block, log_height, false, Output::Evaluations);
    }

    /// From `2^log_height` coefficients in the first half of the lines to evaluations on
    /// `D(log_height + 1)` in all of them. The second half may hold anything.
    ///
    /// # Panics
    /// As [`Self::extend`].
    pub fn evaluate_extended(&self, block: &mut [u32], log_height: usize) {
        self.run(block, log_height, false, Output::Extended);
    }

    fn run(&self, block: &mut [u32], log_height: usize, from_evaluations: bool, output: Output) {
        let log_lines = log_height + usize::from(output == Output::Extended);
        let log_size = log_height + usize::from(output.is_extended());
        assert!(log_height >= MIN_LOG_HEIGHT);
        assert!(log_size <= self.twiddles.log_size());
        let lines = bytemuck::cast_slice_mut(block);
        assert_eq!(lines.len(), 1 << log_lines);
        let lines = &SharedLines::new(lines);
        let log_chunk = log_chunk(log_height);

        if from_evaluations {
            self.lower(lines, log_height, log_chunk, Direction::Inverse, 1);
        }
        self.upper(lines, log_height, log_chunk, from_evaluations, output);
        if output != Output::Coefficients {
            let part = match output {
                Output::Half(half) => half.part(),
                _ => 1,
            };
            self.lower(lines, log_lines, log_chunk, Direction::Forward, part);
        }
    }

    /// The lower layers of the first `2^log_lines` lines, which hold a part of the domain: one task
    /// per chunk.
    fn lower(
        &self,
        lines: &SharedLines<'_>,
        log_lines: usize,
        log_chunk: usize,
        direction: Direction,
        part: usize,
    ) {
        let chunks = 1 << (log_lines - log_chunk);
        self.each(chunks, |chunk, _| {
            // SAFETY: chunks are disjoint, and there is one task for each.
            let lines = unsafe { lines.slice(chunk << log_chunk, 1 << log_chunk) };
            let part = chunks * part + chunk;
            self.platform.run(Lower {
                lines,
                part,
                twiddles: self.twiddles,
                direction,
            });
        });
    }

    /// The upper layers, if there are any; scales coefficients and copies them for both halves.
    fn upper(
        &self,
        lines: &SharedLines<'_>,
        log_height: usize,
        log_chunk: usize,
        from_evaluations: bool,
        output: Output,
    ) {
        let tasks = (1 << (log_chunk - LOG_RUN)).min(MAX_TASKS);
        self.each(tasks, |task, scratch| {
            self.platform.run(Upper {
                lines,
                log_height,
                log_chunk,
                from_evaluations,
                output,
                twiddles: self.twiddles,
                task,
                tasks,
                scratch,
            });
        });
    }

    /// The one place where a block's work is shared among threads.
    fn each(&self, tasks: usize, work: impl Fn(usize, &mut Vec<u32>) + Sync) {
        if self.parallel {
            (0..tasks)
                .into_par_iter()
                .for_each_init(Vec::new, |scratch, task| work(task, scratch));
        } else {
            let mut scratch = Vec::new();
            (0..tasks).for_each(|task| work(task, &mut scratch));
        }
    }
}

/// The lower layers of one chunk.
struct Lower<'a> {
    lines: &'a mut [Line],
    part: usize,
    twiddles: &'a Twiddles,
    direction: Direction,
}

impl Kernel for Lower<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self {
            lines,
            part,
            twiddles,
            direction,
        } = self;
        match direction {
            Direction::Inverse => inverse::<L>(lines, Tree::Circle, part, twiddles.inverse()),
            Direction::Forward => forward::<L>(lines, Tree::Circle, part, twiddles.forward()),
            Direction::ForwardLine => {
                let tree = Tree::Line { log_run: 0 };
                forward::<L>(lines, tree, part, twiddles.forward());
            }
        }
    }
}

/// The upper layers of the lines whose number within a chunk belongs to one task.
struct Upper<'a> {
    lines: &'a SharedLines<'a>,
    log_height: usize,
    log_chunk: usize,
    from_evaluations: bool,
    output: Output,
    twiddles: &'a Twiddles,
    task: usize,
    tasks: usize,
    scratch: &'a mut Vec<u32>,
}

impl Kernel for Upper<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let runs = 1 << (self.log_height - self.log_chunk);
        let (first, second) = aligned_lines(self.scratch, runs << LOG_RUN);
        let tree = Tree::Line { log_run: LOG_RUN };
        let [up, down] = [self.twiddles.inverse(), self.twiddles.forward()];
        // 2^-height, doubled.
        let scale = L::splat_words(2 << (31 - self.log_height));

        let share = (1 << self.log_chunk) / self.tasks;
        for offset in (self.task * share..(self.task + 1) * share).step_by(1 << LOG_RUN) {
            for run in 0..runs {
                // SAFETY: as in `scatter`.
                let from = unsafe { self.lines.slice(offset + (run << self.log_chunk), RUN) };
                first[run * RUN..][..RUN].copy_from_slice(from);
            }
            if self.from_evaluations {
                inverse::<L>(first, tree, 1, up);
                for (line, copy) in first.iter_mut().zip(second.iter_mut()) {
                    for k in 0..LINE / L::WIDTH {
                        let coefficients = L::load_part(line, k).mul_twice(scale);
                        coefficients.store_part(line, k);
                        coefficients.store_part(copy, k);
                    }
                }
            } else {
                second.copy_from_slice(first);
            }
            match self.output {
                Output::Coefficients => {}
                Output::Evaluations => forward::<L>(first, tree, 1, down),
                Output::Half(half) => forward::<L>(first, tree, half.part(), down),
                Output::Extended => {
                    forward::<L>(first, tree, 2, down);
                    forward::<L>(second, tree, 3, down);
                    scatter(
                        self.lines,
                        self.log_chunk,
                        second,
                        offset + (1 << self.log_height),
                    );
                }
            }
            scatter(self.lines, self.log_chunk, first, offset);
        }
    }
}

/// Writes runs back, one to each chunk.
#[inline(always)]
fn scatter(lines: &SharedLines<'_>, log_chunk: usize, scratch: &[Line], offset: usize) {
    for (run, from) in scratch.chunks_exact(RUN).enumerate() {
        // SAFETY: the run's number within its chunk belongs to one task alone.
        let to = unsafe { lines.slice(offset + (run << log_chunk), RUN) };
        to.copy_from_slice(from);
    }
}

/// Lines that tasks write to at the same time.
struct SharedLines<'a> {
    start: *mut Line,
    len: usize,
    lines: PhantomData<&'a mut [Line]>,
}

// SAFETY: the callers of `slice` guarantee that slices are disjoint.
unsafe impl Sync for SharedLines<'_> {}

impl<'a> SharedLines<'a> {
    fn new(lines: &'a mut [Line]) -> Self {
        Self {
            start: lines.as_mut_ptr(),
            len: lines.len(),
            lines: PhantomData,
        }
    }

    /// Some of the lines.
    ///
    /// # Safety
    /// No two slices that overlap may be alive at once.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    unsafe fn slice(&self, first: usize, count: usize) -> &mut [Line] {
        assert!(first <= self.len && count <= self.len - first);
        // SAFETY: within the lines that were borrowed mutably, and the caller makes it unique.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(first), count) }
    }
}

/// Two runs of lines that begin at multiples of 64 bytes, in a buffer that keeps its memory.
#[inline(always)]
fn aligned_lines(buffer: &mut Vec<u32>, count: usize) -> (&mut [Line], &mut [Line]) {
    buffer.resize((2 * count + 1) * LINE, 0);
    let offset = buffer.as_ptr().align_offset(4 * LINE);
    let words = &mut buffer[offset..][..2 * count * LINE];
    bytemuck::cast_slice_mut(words).split_at_mut(count)
}

/// The least height that can be transformed: the lowest three layers are one.
const MIN_LOG_HEIGHT: usize = 3;

/// Lines that are gathered together: 256 bytes, because machines fetch neighbouring cache lines.
const RUN: usize = 1 << LOG_RUN;
const LOG_RUN: usize = 2;

/// Tasks that the upper layers of a block are divided into.
const MAX_TASKS: usize = 64;

/// The lower layers: chunks of at most `2^12` lines, 256 KiB. Above them there are no layers or at least
/// three.
fn log_chunk(log_height: usize) -> usize {
    match log_height {
        0..=12 => log_height,
        13 | 14 => log_height - 3,
        _ => 12,
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Output {
    Coefficients,
    Evaluations,
    Extended,
    Half(Half),
}

impl Output {
    /// Whether they are on the larger domain.
    fn is_extended(self) -> bool {
        matches!(self, Self::Extended | Self::Half(_))
    }
}

/// A half of the memory of an extended column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Half {
    /// The first half of the lines.
    First,
    /// The second half of the lines.
    Second,
}

impl Half {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::First, Self::Second];

    /// The number of this part of the domain.
    fn part(self) -> usize {
        match self {
            Self::First => 2,
            Self::Second => 3,
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Direction {
    Inverse,
    Forward,
    /// All layers are those of a line: no function y is among them.
    ForwardLine,
}
