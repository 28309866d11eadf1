//! The prover of one part, step by step.
//!
//! Section 8 of the protocol.

use zonda_circuits::{machine::Part, tape::Plan};
use zonda_kernels::Twiddles;
use zonda_verifier::{
    Machine,
    fractions::{Claim, TreeProof},
    layout::{Layout, MAIN, PHASES, Sequence},
    opening::WordClaims,
    part::Body,
    preset::Parameters,
    proof::Digest,
    protocol::{self, label},
    transcript::Transcript,
    words::WordsProof,
};

use super::{
    Engine, EngineError, Fingerprints, Lookups,
    challenge::ProverChallenge,
    columns::{self, PartColumns},
    commit::{self, Commitment},
    opening,
    pages::{Pages, Source},
    tree::{self, Input, Slots},
    words::{self, Vector},
    work::work,
    zerocheck,
};
use crate::{cancel::Cancel, job::Job, stage::Stage};

/// The columns of a phase, and the commitment to them: there may be none.
pub struct Committed {
    /// The columns.
    pub pages: Pages,
    /// The commitment.
    pub commitment: Commitment,
}

impl Engine {
    /// Commits to the columns of a phase, of tables that have rows.
    ///
    /// # Errors
    /// If memory is refused, or the work is to stop.
    ///
    /// # Panics
    /// If a table has other rows than the layout says, or cells are missing.
    pub(crate) fn commit(
        &self,
        layout: &Layout,
        phase: usize,
        sources: &[Source<'_>],
        cancel: &Cancel,
    ) -> Result<Committed, EngineError> {
        let pages = columns::committed(self.platform, &self.pool, layout, phase, sources)?;
        let matrix = &layout.phases[phase];
        let twiddles = Twiddles::new(matrix.log_height as usize + 1)?;
        let (words, pool) = (pages.words(), &self.pool);
        let commitment = commit::commit(self.platform, pool, &twiddles, words, matrix, cancel)?;
        Ok(Committed { pages, commitment })
    }
}

/// The facts about a part before its main columns.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// The machine.
    pub machine: &'a Machine,
    /// The messages of all tables.
    pub plans: &'a [Plan],
    /// The layout.
    pub layout: &'a Layout,
    /// The number of the part in the proof.
    pub position: u32,
    /// The statement about the part.
    pub stated: &'a Part,
    /// The phases before the main columns; what the part does not have may be missing.
    pub earlier: [Option<&'a Committed>; MAIN],
    /// The parameters.
    pub parameters: &'a Parameters,
}

/// Proves a part of a run, whose transcript has the state `global` after the work before the global challenges. The
/// proof of tables that do not hold is refused.
///
/// # Errors
/// If a challenge hit an exceptional value, memory is refused, or the job is cancelled.
///
/// # Panics
/// If the pages are not those of the layout.
pub(crate) fn prove<E: ProverChallenge>(
    engine: &Engine,
    given: &Given<'_>,
    main: Pages,
    global: &Digest,
    job: &mut Job<'_>,
) -> Result<Body<E>, EngineError> {
    let layout = given.layout;
    let (platform, pool) = (engine.platform, &engine.pool);
    let mut transcript = Transcript::from_state(*global);
    let (z, beta) = protocol::global_challenges(&mut transcript);
    let global = Fingerprints::new(z, beta, given.machine.widest());
    transcript.send(label::POSITION, &given.position.to_le_bytes());

    // 8.2 Main columns.
    job.enter(Stage::Commit)?;
    let twiddles = Twiddles::new(layout.log_size() as usize)?;
    let matrix = &layout.phases[MAIN];
    let words = main.words();
    let commitment = commit::commit(platform, pool, &twiddles, words, matrix, job.cancel())?;
    let main = Committed {
        pages: main,
        commitment,
    };
    let root = main.commitment.root();
    transcript.send(label::MAIN, &root);
    let bits = given.parameters.lookup_work_bits;
    let lookup_nonce = work(platform, &mut transcript, label::LOOKUP, bits);
    let lookups = Lookups {
        local: fingerprints(given, &mut transcript),
        global,
    };

    let nothing = Committed {
        pages: Pages::zeroed(pool, &Sequence::default(), 0)?,
        commitment: Commitment::default(),
    };
    let [program, gaps, boundary] = given.earlier.map(|phase| phase.unwrap_or(&nothing));
    let phases = [program, gaps, boundary, &main];
    let columns = Columns::new(engine, given, phases)?;
    let (tree, claim) = columns.tree(&lookups, &mut transcript, job)?;
    let rows = columns.rows(&lookups, &claim, &mut transcript, job)?;
    let opening::Opened {
        proof: opening,
        claims,
        combined,
    } = columns.open(&rows, &mut transcript, job)?;
    let words = columns.words(&twiddles, (&claims, combined), &mut transcript, job)?;
    job.leave(std::time::Instant::now());
    Ok(Body {
        main: root,
        lookup_nonce,
        tree,
        rows: rows.proof,
        values: rows.values,
        opening,
        words,
    })
}

/// The challenges of the part's own buses.
fn fingerprints<E: ProverChallenge>(
    given: &Given<'_>,
    transcript: &mut Transcript,
) -> Fingerprints<E> {
    let z = transcript.challenge(label::LOOKUP);
    let beta = transcript.challenge(label::LOOKUP);
    Fingerprints::new(z, beta, given.machine.widest())
}

/// The columns of a part that is being proved.
struct Columns<'a> {
    engine: &'a Engine,
    given: &'a Given<'a>,
    phases: [&'a Committed; PHASES],
    given_columns: Pages,
    public: Vec<Vec<u32>>,
}

impl<'a> Columns<'a> {
    fn new(
        engine: &'a Engine,
        given: &'a Given<'a>,
        phases: [&'a Committed; PHASES],
    ) -> Result<Self, EngineError> {
        let (heights, stated) = (&given.layout.heights, given.stated);
        Ok(Self {
            engine,
            given,
            phases,
            given_columns: columns::given(engine.platform, &engine.pool, heights, stated)?,
            public: columns::public(stated),
        })
    }

    fn part(&self) -> PartColumns<'_> {
        PartColumns {
            phases: self.phases.map(|phase| &phase.pages),
            given: &self.given_columns,
            public: &self.public,
        }
    }

    /// 8.3 The tree of fractions.
    fn tree<E: ProverChallenge>(
        &self,
        lookups: &Lookups<E>,
        transcript: &mut Transcript,
        job: &mut Job<'_>,
    ) -> Result<(TreeProof<E>, Claim<E>), EngineError> {
        job.enter(Stage::Tree)?;
        let Given { plans, layout, .. } = *self.given;
        let tables = self.part().tables(&layout.heights);
        let inputs = tables.iter().map(|columns| Input {
            plan: &plans[columns.table as usize],
            columns: *columns,
        });
        let tree = tree::prove(
            self.engine.platform,
            &self.engine.pool,
            &Slots::new(&layout.heights, plans),
            &inputs.collect::<Vec<_>>(),
            lookups,
            transcript,
            job.cancel(),
        )?;
        Ok((tree.proof, tree.claim))
    }

    /// 8.4 Rows.
    fn rows<E: ProverChallenge>(
        &self,
        lookups: &Lookups<E>,
        claim: &Claim<E>,
        transcript: &mut Transcript,
        job: &mut Job<'_>,
    ) -> Result<zerocheck::Proved<E>, EngineError> {
        job.enter(Stage::Rows)?;
        let heights = &self.given.layout.heights;
        let known = zerocheck::Known {
            machine: self.given.machine,
            heights,
            part: self.given.stated,
            tables: &self.part().tables(heights),
            lookups,
            claim,
        };
        let Engine { platform, pool, .. } = self.engine;
        zerocheck::prove(*platform, pool, &known, transcript, job.cancel())
    }

    /// 8.5 Opening.
    fn open<E: ProverChallenge>(
        &self,
        rows: &zerocheck::Proved<E>,
        transcript: &mut Transcript,
        job: &mut Job<'_>,
    ) -> Result<opening::Opened<E>, EngineError> {
        job.enter(Stage::Open)?;
        let input = opening::Input {
            platform: self.engine.platform,
            pool: &self.engine.pool,
            layout: self.given.layout,
            words: self.phases.map(|phase| phase.pages.words()),
            parameters: self.given.parameters,
        };
        opening::prove(&input, &rows.point, &rows.values, transcript, job.cancel())
    }

    /// 8.6 Low degree and value, 8.7 queries.
    fn words<E: ProverChallenge>(
        &self,
        twiddles: &Twiddles,
        (claims, combined): (&WordClaims<E>, Vec<Vector>),
        transcript: &mut Transcript,
        job: &mut Job<'_>,
    ) -> Result<WordsProof<E>, EngineError> {
        job.enter(Stage::Fold)?;
        let input = words::Input {
            platform: self.engine.platform,
            pool: &self.engine.pool,
            twiddles,
            layout: self.given.layout,
            commitments: self.phases.map(|phase| &phase.commitment),
            parameters: self.given.parameters,
        };
        words::prove(&input, claims, combined, transcript, job.cancel())
    }
}
