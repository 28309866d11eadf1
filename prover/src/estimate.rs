//! How much memory proving a part takes, stage by stage, from its shape.
//!
//! Every large buffer is counted where it is held; [`process`] counts all that is small or does not
//! grow with the run. A test holds the estimate against the memory that a process takes.

use zonda_circuits::machine::Table;
use zonda_kernels::LINE;
use zonda_riscv_emu::record::{EcallStep, Family, MemoryStep, Step, TransferWord};
use zonda_verifier::{
    Counts, Layout, Preset, Shape,
    layout::{MAIN, Phase},
};

use crate::{
    part::{ShardWork, Work},
    setup::Setup,
    stage::Stage,
    witness::PIECE,
};

/// Bytes of memory at each stage of proving a part.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Estimate {
    /// The stages.
    pub stages: Vec<(Stage, u64)>,
    /// How many of the bytes are outside of the engine's pool until the tables are committed to.
    pub filling: u64,
}

impl Estimate {
    /// Bytes at the stage that takes the most.
    pub fn peak(&self) -> u64 {
        let stages = self.stages.iter();
        stages.map(|(_, bytes)| *bytes).max().unwrap_or(0)
    }

    /// How many bytes the engine's pool may keep, so that there is room for the tables.
    pub fn pool(&self) -> usize {
        (self.peak() - self.filling) as usize
    }
}

/// The memory that proving a part of this shape takes.
pub fn part(shape: &Shape, preset: Preset, work: &Work) -> Estimate {
    let degree = preset.degree();
    let layout = Layout::new(shape, degree);
    let cells = shape.0.iter().map(|instance| {
        let width = instance.table.trace_width() + instance.table.fixed_width();
        (width << instance.log_height) as u64
    });
    let traces = WORD * cells.sum::<u64>();
    let committed = |phase: &Phase| groups(phase) + tree(phase);
    let before: u64 = layout.phases[..MAIN].iter().map(committed).sum();
    let main = committed(layout.main());
    let sums = groups(layout.sums());
    let running = layout.running_sums().map(|sum| {
        let height = layout.instances[sum.instance].log_height;
        (WORD * degree as u64) << height
    });
    let running: u64 = running.sum();
    let columns = before + main + sums + tree(layout.sums());
    // On the largest domain: values of the challenge field, a block of columns, a tree.
    let size = 2_u64 << layout.log_height;
    let values = WORD * degree as u64 * size;
    let block = WORD * LINE as u64 * size;
    let digests = 2 * DIGEST * size;
    let points = WORD * size;

    let work = work.shard.as_ref().map_or(0, shard);
    let quotient = block + digests;
    let stages = vec![
        (Stage::Witness, before + work + traces),
        (Stage::Commit, before + traces + main),
        (Stage::Sums, before + traces + main + sums + running),
        (Stage::Quotient, columns + block.max(values / 2) + values),
        (Stage::Open, columns + quotient + 3 * values + points),
        (Stage::Compose, columns + quotient + 4 * values + points),
        (
            Stage::Fold,
            columns + quotient + digests / 7 + 4 * values + 3 * points,
        ),
    ];
    Estimate {
        stages,
        filling: work,
    }
}

/// The memory that one more row of a table takes at the stage of greatest use: about, since columns
/// stand in blocks, and tables have heights.
pub fn row(table: Table, preset: Preset) -> u64 {
    let degree = preset.degree();
    let counts = Counts::of(table);
    let chains = [counts.local, counts.global];
    let chains = chains.iter().filter(|messages| **messages > 0).count();
    let trace = table.trace_width() + chains * degree;
    let extended = 2 * (table.trace_width() + counts.sums() * degree);
    // Blocks are filled but for some of their columns.
    let extended = extended + extended / 12;
    // Half of the rows are in the highest table, and have digests and values of the quotient.
    WORD * (trace + extended) as u64 + DIGEST * 4
}

/// The memory that the process takes beside a part: code, the program, the input.
pub fn process(setup: &Setup<'_>, input: &[u8]) -> u64 {
    const CODE: u64 = 16 << 20;
    let image = &setup.image;
    let text = size_of_val(&image.text[..]) as u64;
    let words = size_of_val(&image.words[..]) as u64;
    CODE + 3 * (text + words) + input.len() as u64
}

/// Bytes of machine memory, and of what is noted of it, for words at these addresses, ascending.
pub fn machine(words: impl Iterator<Item = u32>) -> u64 {
    const PAGE_WORDS: u32 = 1 << 12;
    const NOTED: u64 = 2 * WORD;
    let mut pages = 0;
    let mut last = None;
    for page in words.map(|address| address / PAGE_WORDS) {
        pages += u64::from(last != Some(page));
        last = Some(page);
    }
    pages * u64::from(PAGE_WORDS) * NOTED
}

/// A shard's work, machine memory and records: those of two pieces of it.
fn shard(shard: &ShardWork) -> u64 {
    let records = Family::ALL.into_iter().map(|family| {
        let count = u64::from(shard.instructions[family as usize]);
        2 * count.min(PIECE) * record(family) as u64
    });
    let transfers = size_of::<TransferWord>() as u64 * u64::from(shard.transferred_words);
    let machine = machine(shard.words.iter().map(|word| word.address));
    shard.bytes() + machine + records.sum::<u64>() + transfers
}

/// Bytes of a phase's extended columns.
fn groups(phase: &Phase) -> u64 {
    let groups = phase.groups.iter().map(|group| {
        let columns = group.width.next_multiple_of(LINE) as u64;
        (WORD * columns) << group.log_size()
    });
    groups.sum()
}

/// Bytes of a phase's tree.
fn tree(phase: &Phase) -> u64 {
    match phase.groups.first() {
        Some(tallest) => (2 * DIGEST) << tallest.log_size(),
        None => 0,
    }
}

/// Bytes of the record of one instruction.
const fn record(family: Family) -> usize {
    match family {
        Family::LoadStoreWord | Family::LoadStoreSubword => size_of::<MemoryStep<1>>(),
        Family::LoadStoreMisaligned => size_of::<MemoryStep<2>>(),
        Family::Ecall => size_of::<EcallStep>(),
        _ => size_of::<Step>(),
    }
}

/// Bytes of a cell, a coordinate of a challenge, an index.
const WORD: u64 = 4;
/// Bytes of a digest.
const DIGEST: u64 = 32;
