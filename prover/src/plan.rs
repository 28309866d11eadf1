//! The first pass over a run: cut it into shards, commit to what passes from shard to shard, and so
//! draw the global challenges, on which every part depends.

use std::mem;

use zonda_circuits::{
    bus::{SPACE_OUTPUT_LENGTH, SPACE_RAM, SPACE_REGISTER},
    machine::{Statement, ZeroedRange},
    system::boundary::Left,
    witness::{boundary_columns, count_uses},
};
use zonda_riscv_emu::{
    allocate::{self, OutOfMemory},
    execute::{self, Host},
    record::Family,
    shard::{Cut, End, Last, Shard, Sharder},
};
use zonda_verifier::{
    Claim, Heights, Layout,
    header::{Header, MAX_SHARDS, PartHeader},
    heights::MAX_LOG_ROWS,
    layout::BOUNDARY,
    proof::Digest,
    protocol::{self, label},
};

use crate::{
    cancel::Cancel,
    engine::{Engine, pages::Source, part::Committed, work},
    error::ProveError,
    estimate::{self, Estimate},
    forecast::Cost,
    job::Job,
    part::{ProgramWork, ShardWork, Work, ZeroedWork},
    setup::Setup,
    stage::Stage,
};

/// A run, cut into parts: everything that they have in common, and the data to make them.
pub struct Plan {
    /// The proof's statement.
    pub statement: Statement,
    /// The header: facts about all parts.
    pub header: Header,
    /// The state of the transcript in which all parts begin.
    pub global: Digest,
    /// How the run is executed and cut.
    pub cutting: Cutting,
    /// How many instructions of each family it has.
    pub instructions: [u64; Family::ALL.len()],
    /// The work of the parts that execute, if that is little to keep; else they are found by
    /// executing the run again.
    pub(crate) kept: Option<Vec<Work>>,
    /// The work of the parts that execute nothing.
    pub(crate) closing: Vec<Work>,
    /// The boundary of the first part, if it is the only one.
    pub(crate) boundary: Option<Committed>,
    /// Bytes of memory where proving a part takes the most.
    pub(crate) part_peak: u64,
    /// Bytes of memory that the run takes beside the parts.
    pub(crate) reserve: u64,
    /// The cost of proving each part.
    pub(crate) costs: Vec<Cost>,
}

/// How a run is executed and cut.
#[derive(Clone, Copy, Debug)]
pub struct Cutting {
    /// The limits of the run.
    pub limits: execute::Options,
    /// Where shards end.
    pub cut: Cut,
    /// How many bytes of memory proving a part may take.
    pub part_bytes: u64,
    /// How many bytes of work to keep at most, so that the run need not be executed again.
    pub keep_bytes: u64,
}

/// Why there is no plan.
pub(crate) enum PlanError {
    /// There is no proof.
    Prove(ProveError),
    /// A part would take more memory than it may. Shorter shards may fit.
    Over {
        /// How many bytes it would take.
        bytes: u64,
    },
}

impl<E: Into<ProveError>> From<E> for PlanError {
    fn from(error: E) -> Self {
        Self::Prove(error.into())
    }
}

impl Plan {
    /// Executes a run, and plans its proof. Without an engine, nothing is committed to and no work is
    /// kept: such a plan describes the work of proving.
    ///
    /// # Errors
    /// If the guest has no run that could be proved, or not if it is cut like this; or if the job is
    /// cancelled.
    pub(crate) fn new(
        engine: Option<&Engine>,
        setup: &Setup<'_>,
        input: &[u8],
        cutting: &Cutting,
        host: &mut (dyn Host + Send),
        job: &mut Job<'_>,
    ) -> Result<Self, PlanError> {
        let mut planner = Planner {
            engine,
            setup,
            cutting,
            job,
            parts: Vec::new(),
            output: Vec::new(),
            instructions: [0; Family::ALL.len()],
            uses: allocate::filled(0, setup.image.text.len())?,
            pending: None,
            kept: Some(Vec::new()),
            kept_bytes: 0,
            part_peak: 0,
            costs: Vec::new(),
        };
        let Cutting { limits, cut, .. } = cutting;
        let mut sharder = Sharder::new(setup.program, input, limits, *cut)?;
        let exit_code = loop {
            let next = planner.job.run(Stage::Execute, |_| sharder.next(host))??;
            let shard = next.expect("the run has not exited yet");
            let end = shard.end;
            planner.shard(shard)?;
            if let End::Exit { code } = end {
                break code;
            }
        };
        planner.finish(exit_code, &sharder.last()?)
    }
}

/// A plan in the making.
struct Planner<'a, 'b> {
    engine: Option<&'a Engine>,
    setup: &'a Setup<'a>,
    cutting: &'a Cutting,
    job: &'a mut Job<'b>,
    parts: Vec<PartHeader>,
    output: Vec<u8>,
    instructions: [u64; Family::ALL.len()],
    /// In how many rows of shards' tables each instruction of the program is.
    uses: Vec<u32>,
    /// The last shard so far: it may turn out to be the only one.
    pending: Option<Work>,
    kept: Option<Vec<Work>>,
    kept_bytes: u64,
    part_peak: u64,
    costs: Vec<Cost>,
}

impl Planner<'_, '_> {
    /// Takes the next shard.
    fn shard(&mut self, shard: Shard) -> Result<(), PlanError> {
        if shard.position > MAX_SHARDS {
            return Err(ProveError::TooLong.into());
        }
        allocate::reserve(&mut self.output, shard.output.len())?;
        self.output.extend(&shard.output);
        for (sum, count) in self.instructions.iter_mut().zip(shard.meter.instructions) {
            *sum += count;
        }
        count_uses(&self.setup.image, &shard.pcs, &mut self.uses);
        let work = Work {
            shard: Some(ShardWork::from(shard)),
            ..Work::default()
        };
        match self.pending.replace(work) {
            Some(before) => self.executing(before),
            None => Ok(()),
        }
    }

    /// The run has exited: takes its final state.
    fn finish(mut self, exit_code: u32, last: &Last) -> Result<Plan, PlanError> {
        let shards = self.parts.len() as u32 + 1;
        let last_shard = self.pending.take().expect("a run has a shard");
        let mut whole = self.closing(last, shards)?;
        whole.shard = last_shard.shard;
        let mut boundary = None;
        let mut closing = Vec::new();
        if shards == 1 && self.fits(&whole) {
            boundary = self.add(&whole)?;
            self.kept = Some(vec![whole]);
        } else {
            self.executing(Work {
                shard: whole.shard.take(),
                ..Work::default()
            })?;
            closing = self.split(whole)?;
            for work in &closing {
                self.add(work)?;
            }
        }
        // The run is executed again while its parts are proved, or its work is kept. The system's
        // allocator keeps the pages of the machine that executed it now: they are small.
        let machine = estimate::machine(last.words.iter().map(|word| word.address));
        let left = closing.iter().map(Work::bytes).sum::<u64>();
        let executing = if self.kept.is_some() {
            self.kept_bytes
        } else {
            machine
        };
        let reserve = left + machine + executing;
        let statement = Statement {
            exit_code,
            output: mem::take(&mut self.output),
        };
        let (header, global) = self.header(&statement, shards)?;
        Ok(Plan {
            statement,
            header,
            global,
            cutting: *self.cutting,
            instructions: self.instructions,
            kept: self.kept,
            closing,
            boundary,
            part_peak: self.part_peak,
            reserve,
            costs: self.costs,
        })
    }

    /// The run's header, once all parts are in it, and the state of the transcript after the work of it.
    fn header(
        &mut self,
        statement: &Statement,
        shards: u32,
    ) -> Result<(Header, Digest), ProveError> {
        let key = &self.setup.key;
        let mut header = Header {
            preset: key.preset(),
            claim: Claim::new(key, statement),
            shards,
            parts: mem::take(&mut self.parts),
            global_nonce: 0,
        };
        header.check(key, statement)?;
        let mut transcript = protocol::begin(&header.claim, &header);
        if let Some(engine) = self.engine {
            let bits = key.parameters().global_work_bits;
            header.global_nonce = work(engine.platform, &mut transcript, label::GLOBAL, bits);
        }
        Ok((header, *transcript.state()))
    }

    /// Adds a part that executes.
    fn executing(&mut self, work: Work) -> Result<(), PlanError> {
        self.add(&work)?;
        self.kept_bytes += work.bytes();
        if self.kept_bytes > self.cutting.keep_bytes {
            self.kept = None;
        }
        if self.engine.is_some()
            && let Some(kept) = &mut self.kept
        {
            kept.push(work);
        }
        Ok(())
    }

    /// Adds a part: commits to its boundary.
    fn add(&mut self, work: &Work) -> Result<Option<Committed>, PlanError> {
        let bytes = self.estimate(work).peak();
        if bytes > self.cutting.part_bytes {
            return Err(PlanError::Over { bytes });
        }
        self.part_peak = self.part_peak.max(bytes);
        let setup = self.setup;
        let heights = work.heights(&setup.image);
        self.costs.push(Cost::of(&heights, setup.key.preset()));
        let mut boundary = None;
        if let Some(engine) = self.engine {
            boundary = Some(self.job.run(Stage::Boundary, |cancel| {
                commit_boundary(engine, setup, work, &heights, cancel)
            })??);
        }
        self.parts.push(PartHeader {
            heights,
            boundary_root: boundary
                .as_ref()
                .map_or([0; 32], |own| own.commitment.root()),
            links: work.links(),
        });
        Ok(boundary)
    }

    /// How much memory it takes to prove a part.
    fn estimate(&self, work: &Work) -> Estimate {
        let heights = work.heights(&self.setup.image);
        estimate::part(&heights, self.setup.key.preset(), work)
    }

    /// Whether a part takes no more memory than it may, and no table of zeroed words has more rows than one can have.
    fn fits(&self, work: &Work) -> bool {
        let rows = work.zeroed.as_ref().map_or(0, |zeroed| zeroed.left.len());
        rows <= 1 << MAX_LOG_ROWS && self.estimate(work).peak() <= self.cutting.part_bytes
    }

    /// The part that closes the run, in one piece.
    fn closing(&self, last: &Last, shards: u32) -> Result<Work, OutOfMemory> {
        let image = &self.setup.image;
        // Both are in ascending order.
        let mut words = image.words.iter().map(|(address, _)| *address).peekable();
        let mut is_zeroed = |left: &Left| {
            let address = left.address;
            left.space == SPACE_RAM && {
                while words.next_if(|word| *word < address).is_some() {}
                words.next_if_eq(&address).is_none()
            }
        };
        let (mut zeroed, mut own) = (Vec::new(), Vec::new());
        for left in left(last, shards) {
            let list = if is_zeroed(&left) {
                &mut zeroed
            } else {
                &mut own
            };
            allocate::push(list, left)?;
        }
        let range = ZeroedRange {
            from: [0; 2],
            to: next(zeroed.last()).unwrap_or_default(),
        };
        let uses = (0..).zip(&self.uses).filter(|(_, rows)| **rows > 0);
        let uses = allocate::collect(uses.map(|(number, rows)| (number, *rows)))?;
        Ok(Work {
            shard: None,
            program: Some(ProgramWork { uses, left: own }),
            zeroed: Some(ZeroedWork {
                range,
                left: zeroed,
            }),
        })
    }

    /// Splits the work that closes the run into parts that fit the budget: one part if possible;
    /// else the program, and as many zeroed words at a time as fit.
    fn split(&self, mut whole: Work) -> Result<Vec<Work>, OutOfMemory> {
        if self.fits(&whole) {
            return Ok(vec![whole]);
        }
        let ZeroedWork { range, left } = whole.zeroed.take().unwrap_or_default();
        let mut works = vec![whole];
        let chunk = |from, left: &[Left]| {
            let to = next(left.last()).unwrap_or(from);
            let (range, left) = (ZeroedRange { from, to }, allocate::copied(left)?);
            Ok::<_, OutOfMemory>(Work {
                zeroed: Some(ZeroedWork { range, left }),
                ..Work::default()
            })
        };
        let mut rows = left.len().next_power_of_two();
        while rows > MIN_ZEROED_ROWS
            && !self.fits(&chunk(range.from, &left[..rows.min(left.len())])?)
        {
            rows /= 2;
        }
        let mut from = range.from;
        for words in left.chunks(rows.max(1)) {
            let work = chunk(from, words)?;
            from = next(words.last()).unwrap_or(from);
            works.push(work);
        }
        if left.is_empty() {
            works.push(chunk(from, &[])?);
        }
        Ok(works)
    }
}

/// Fewer zeroed words are not split.
const MIN_ZEROED_ROWS: usize = 1 << 10;

/// Commits to a part's boundary columns.
///
/// # Errors
/// If the task's zeroed words are no such words, if the work is to stop, or memory is refused.
pub(crate) fn commit_boundary(
    engine: &Engine,
    setup: &Setup<'_>,
    work: &Work,
    heights: &Heights,
    cancel: &Cancel,
) -> Result<Committed, ProveError> {
    let columns = work.with_boundary(&setup.image, |boundary| {
        let instruction_at = |pc| setup.instruction_at(pc);
        let columns = boundary_columns(&setup.image, boundary, instruction_at);
        columns.map_err(ProveError::from)
    })?;
    let sources = columns.iter().filter(|filled| filled.height() > 0);
    let sources = sources.map(|filled| Source {
        table: filled.table,
        cells: &filled.cells,
        stride: filled.width,
        height: filled.height(),
    });
    let sources: Vec<Source<'_>> = sources.collect();
    Ok(engine.commit(&Layout::new(heights), BOUNDARY, &sources, cancel)?)
}

/// The final state of all that a run touches, by ascending space and address.
fn left(last: &Last, shards: u32) -> impl Iterator<Item = Left> {
    let registers = (0..)
        .zip(&last.registers)
        .map(move |(address, value)| Left {
            space: SPACE_REGISTER,
            address,
            value: *value,
            owner: shards,
        });
    let words = last.words.iter().map(|word| Left {
        space: SPACE_RAM,
        address: word.address,
        value: word.value,
        owner: word.owner,
    });
    let output_length = Left {
        space: SPACE_OUTPUT_LENGTH,
        address: 0,
        value: last.output_length,
        owner: shards,
    };
    registers.chain(words).chain([output_length])
}

/// Where the chain of zeroed words goes on after a word.
fn next(left: Option<&Left>) -> Option<[u32; 2]> {
    left.map(|left| [(left.address & 0xffff) + 1, left.address >> 16])
}
