//! Circle transforms of blocks of sixteen columns.
//!
//! A block is a slice of lines (16 words each); row `w` of a block of `2^m` rows stands at the
//! point of `D(m)` at position `w` in memory order: `w = 2l + c`, conjugates are neighbours.
//! Coefficient `k` belongs to the product of the basis functions of its bits: bit 0 to `y`, bit 1
//! to `v_1 = x`, bit `j` to `v_j = 2 v_(j-1)^2 - 1`.
//!
//! Memory decides the speed, so a transform makes few passes over it: the lower layers run on
//! contiguous chunks that stay in the second-level cache, the upper layers on strided sets of lines
//! that are gathered into a scratch buffer, for both halves at once: two passes in all.
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

use self::layers::{Line, Tree, forward};
pub use self::{codeword::Domain, twiddles::Twiddles};
use crate::{Kernel, LINE, Lanes, Platform};

/// Transforms with one platform and one set of twiddles, on all threads of the current pool.
#[derive(Clone, Copy, Debug)]
pub struct Transform<'a> {
    platform: Platform,
    twiddles: &'a Twiddles,
}

impl<'a> Transform<'a> {
    /// Transforms on domains for which there are twiddles.
    pub fn new(platform: Platform, twiddles: &'a Twiddles) -> Self {
        Self { platform, twiddles }
    }

    /// From `2^log_height` coefficients in the first half of the lines to evaluations on
    /// `D(log_height + 1)` in all of them. The second half may hold anything.
    ///
    /// # Panics
    /// If `log_height < 3`, the block does not have `2^(log_height + 1)` lines or the twiddles are
    /// for smaller domains.
    pub fn evaluate_extended(&self, block: &mut [u32], log_height: usize) {
        self.run(block, log_height, Domain::Circle);
    }

    /// All layers that join lines: those of a circle, or those of a line.
    fn run(&self, block: &mut [u32], log_height: usize, domain: Domain) {
        assert!(log_height >= MIN_LOG_HEIGHT);
        assert!(log_height < self.twiddles.log_size());
        let lines = bytemuck::cast_slice_mut(block);
        assert_eq!(lines.len(), 2 << log_height);
        let lines = &SharedLines::new(lines);
        let log_chunk = log_chunk(log_height);
        self.upper(lines, log_height, log_chunk);
        self.lower(lines, log_height + 1, log_chunk, domain);
    }

    /// The lower layers: one task per chunk.
    fn lower(&self, lines: &SharedLines<'_>, log_lines: usize, log_chunk: usize, domain: Domain) {
        let chunks = 1 << (log_lines - log_chunk);
        (0..chunks).into_par_iter().for_each(|chunk| {
            // SAFETY: chunks are disjoint, and there is one task for each.
            let lines = unsafe { lines.slice(chunk << log_chunk, 1 << log_chunk) };
            self.platform.run(Lower {
                lines,
                part: chunks + chunk,
                twiddles: self.twiddles,
                domain,
            });
        });
    }

    /// Copies the coefficients for both halves, and does the upper layers, if there are any.
    fn upper(&self, lines: &SharedLines<'_>, log_height: usize, log_chunk: usize) {
        let tasks = (1 << (log_chunk - LOG_RUN)).min(MAX_TASKS);
        let tasks_in_parallel = (0..tasks).into_par_iter();
        tasks_in_parallel.for_each_init(Vec::new, |scratch, task| {
            self.platform.run(Upper {
                lines,
                log_height,
                log_chunk,
                twiddles: self.twiddles,
                task,
                tasks,
                scratch,
            });
        });
    }
}

/// The lower layers of one chunk.
struct Lower<'a> {
    lines: &'a mut [Line],
    part: usize,
    twiddles: &'a Twiddles,
    domain: Domain,
}

impl Kernel for Lower<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self {
            lines,
            part,
            twiddles,
            domain,
        } = self;
        let tree = match domain {
            Domain::Circle => Tree::Circle,
            Domain::Line => Tree::Line { log_run: 0 },
        };
        forward::<L>(lines, tree, part, twiddles.words());
    }
}

/// The upper layers of the lines whose number within a chunk belongs to one task.
struct Upper<'a> {
    lines: &'a SharedLines<'a>,
    log_height: usize,
    log_chunk: usize,
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
        let twiddles = self.twiddles.words();
        let share = (1 << self.log_chunk) / self.tasks;
        for offset in (self.task * share..(self.task + 1) * share).step_by(1 << LOG_RUN) {
            for run in 0..runs {
                // SAFETY: as in `scatter`.
                let from = unsafe { self.lines.slice(offset + (run << self.log_chunk), RUN) };
                first[run * RUN..][..RUN].copy_from_slice(from);
            }
            second.copy_from_slice(first);
            forward::<L>(first, tree, 2, twiddles);
            forward::<L>(second, tree, 3, twiddles);
            scatter(self.lines, self.log_chunk, first, offset);
            let half = 1 << self.log_height;
            scatter(self.lines, self.log_chunk, second, offset + half);
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
