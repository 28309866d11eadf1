//! How much memory proving a part takes, stage by stage, from its heights.
//!
//! Every large buffer is counted where it is held; [`process`] counts all that is small or does not
//! grow with the run. A test holds the estimate against the memory that a process takes.

use std::sync::LazyLock;

use zonda_circuits::{machine::Table, tape::Plan};
use zonda_kernels::LINE;
use zonda_riscv_emu::record::{EcallStep, Family, MemoryStep, Service, Step};
use zonda_verifier::{
    Heights, Layout, Preset,
    layout::{self, LOG_PAGE, MAIN, Matrix},
};

use crate::{
    engine::tree::{self, Slots},
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

/// The memory that proving a part of these heights takes.
pub fn part(heights: &Heights, preset: Preset, work: &Work) -> Estimate {
    let element = WORD * preset.degree() as u64;
    let layout = Layout::new(heights);
    let tables = || heights.tables();
    let traces = tables().map(|(table, rows)| WORD * u64::from(rows) * table.trace_width() as u64);
    let traces: u64 = traces.sum();
    let [before, main] = [&layout.phases[..MAIN], &layout.phases[MAIN..]]
        .map(|phases| phases.iter().map(committed).sum::<u64>());
    let cells = WORD * words(&layout.phases[MAIN]);
    let given = tables().map(|(table, rows)| {
        let pages = u64::from(rows.div_ceil(1 << LOG_PAGE)) << LOG_PAGE;
        WORD * pages * layout::given(table) as u64
    });
    let twiddles = WORD << layout.log_size();
    let columns = before + main + given.sum::<u64>() + twiddles;
    let tree = tree::bytes(&Slots::new(heights, &*PLANS), &*PLANS, preset.degree());
    let folded = tables().map(|(table, rows)| {
        // The affine part of each row; then groups of 128 rows, each column folded to 16 elements, and half of that.
        let kept = table.trace_width() as u64 + 1;
        element * grouped(rows) * (8 + kept + kept / 2) / 8
    });
    // On the largest domain: coefficients, and values of a word.
    let vector = element << layout.log_height();
    let combined = layout.phases.iter().filter(|phase| !phase.is_empty());
    let combined: u64 = combined.map(|phase| element << phase.log_height).sum();
    let word = 2 * vector + ((2 * DIGEST) << layout.log_size()) / 16;

    let work = work.shard.as_ref().map_or(0, shard);
    let stages = vec![
        (Stage::Witness, before + work + traces + cells),
        // The layers of the tree that are not kept.
        (
            Stage::Commit,
            before + main + ((7 * DIGEST) << layout.log_size()) / 4,
        ),
        (Stage::Tree, columns + tree),
        (Stage::Rows, columns + folded.sum::<u64>()),
        (Stage::Open, columns + combined + 3 * vector),
        (
            Stage::Fold,
            columns + combined + 2 * vector + word + word / 8,
        ),
    ];
    Estimate {
        stages,
        filling: work,
    }
}

/// Rows, rounded up to the groups of the tree and of the sum over rows.
fn grouped(rows: u32) -> u64 {
    u64::from(rows).next_multiple_of(128)
}

/// The messages of all tables.
static PLANS: LazyLock<[Plan; Table::ALL.len()]> = LazyLock::new(|| Table::ALL.map(Plan::of));

/// The memory that one more row of a table takes at the stage of greatest use.
pub fn row(table: Table, preset: Preset) -> u64 {
    let cells = table.trace_width() as u64;
    // A cell, its values, and its share of the digests of their rows.
    let committed = 3 * WORD + 1;
    committed * cells + tree::row_bytes(&PLANS[table as usize], preset.degree())
}

/// The memory that the process takes beside a part: code, the program, the input.
pub fn process(setup: &Setup<'_>, input: &[u8]) -> u64 {
    const CODE: u64 = 26 << 20;
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
    let services = Service::ALL
        .into_iter()
        .map(|service| service.record_bytes() as u64 * u64::from(shard.services[service as usize]));
    let machine = machine(shard.words.iter().map(|word| word.address));
    shard.bytes() + machine + records.sum::<u64>() + services.sum::<u64>()
}

/// Cells of a phase's matrix.
fn words(matrix: &Matrix) -> u64 {
    (matrix.width as u64) << matrix.log_height
}

/// Bytes of a phase's cells, of their values, and of the tree.
fn committed(matrix: &Matrix) -> u64 {
    if matrix.is_empty() {
        return 0;
    }
    let columns = matrix.width.next_multiple_of(LINE) as u64;
    let values = (WORD * columns) << (matrix.log_height + 1);
    // All but the lowest layers of the tree.
    WORD * words(matrix) + values + (DIGEST << (matrix.log_height + 1)) / 4
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
