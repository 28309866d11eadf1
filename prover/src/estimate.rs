//! How much memory proving a part takes, stage by stage, from its shape.

use zonda_kernels::LINE;
use zonda_riscv_emu::{
    record::Family,
    shard::BoundaryWord,
};
use zonda_verifier::{Layout, Preset, Shape, layout::{MAIN, Phase}};

use crate::{part::Work, stage::Stage};

/// Bytes of memory at each stage of proving a part.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Estimate {
    /// The stages.
    pub stages: Vec<(Stage, u64)>,
}

impl Estimate {
    /// Bytes at the stage that takes the most.
    pub fn peak(&self) -> u64 {
        self.stages.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0)
    }
}

/// Bytes of a cell, a coordinate of a challenge, an index.
const WORD: u64 = 4;
/// Bytes of a digest.
const DIGEST: u64 = 32;

/// What proving a part of this shape takes.
pub fn part(shape: &Shape, preset: Preset, work: &Work) -> Estimate {
    let degree = preset.degree();
    let layout = Layout::new(shape, degree);
    let words: usize = shape
        .0
        .iter()
        .map(|instance| instance.table.trace_width() << instance.log_height)
        .sum();
    let traces = WORD * words as u64;
    let committed = |phase: &Phase| groups(phase) + tree(phase);
    let fixed: u64 = layout.phases[..MAIN].iter().map(committed).sum();
    let main = committed(layout.main());
    let sums = groups(layout.sums());
    let sums_tree = tree(layout.sums());
    let running: u64 = layout
        .running_sums()
        .map(|sum| (WORD * degree as u64) << layout.instances[sum.instance].log_height)
        .sum();
    let size = 2_u64 << layout.log_height;
    let values = WORD * degree as u64 * size;
    let block = WORD * LINE as u64 * size;
    let columns = fixed + main + sums + sums_tree;
    let shard = work.shard.as_ref();
    let records = shard.map_or(0, |shard| {
        let records: u64 = Family::ALL.into_iter().map(|family| {
            u64::from(shard.instructions[family as usize]) * record_bytes(family)
        }).sum();
        records + shard.words.len() as u64 * (size_of::<BoundaryWord>() as u64 + 24)
    });
    let stages = vec![
        (Stage::Witness, records + traces + fixed),
        (Stage::Commit, traces + fixed + main),
        (Stage::Sums, traces + fixed + main + sums + running),
        (Stage::Quotient, columns + values + (2 * block).max(values / 2)),
        (Stage::Open, columns + 2 * block + DIGEST * size * 2 + values),
        (Stage::Compose, columns + 2 * block + DIGEST * size * 2 + 3 * values),
        (Stage::Fold, columns + 2 * block + DIGEST * size * 2 + 2 * values),
    ];
    Estimate { stages }
}

/// Bytes of a phase's extended columns.
fn groups(phase: &Phase) -> u64 {
    let groups = phase.groups.iter().map(|group| {
        let blocks = group.width.div_ceil(LINE) * LINE;
        WORD * blocks as u64 * (2 << group.log_height)
    });
    groups.sum()
}

/// Bytes of a phase's tree.
fn tree(phase: &Phase) -> u64 {
    let tallest = phase.groups.first();
    tallest.map_or(0, |group| DIGEST * (4 << group.log_height))
}

/// Bytes of the record of one instruction.
const fn record_bytes(family: Family) -> u64 {
    match family {
        Family::LoadStoreWord | Family::LoadStoreSubword => 64,
        Family::LoadStoreMisaligned => 80,
        Family::Ecall => 72,
        _ => 48,
    }
}
