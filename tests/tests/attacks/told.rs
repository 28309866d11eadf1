//! A prover that proves what it is told, with the functions of the honest one: of other heights than the tables
//! have, at another position, of another statement.

use p3_field::PrimeField32;
use p3_matrix::Matrix;
use zonda::{Preset, Proof, VerifyingKey};
use zonda_circuits::{
    F,
    machine::{self, Image, Table},
    tape::Plan,
};
use zonda_kernels::Twiddles;
use zonda_prover::{
    Cancel,
    engine::{
        Engine, Fingerprints, Lookups,
        columns::{AllColumns, PartColumns, TableRows},
        commit::{Commitment, commit},
        opening,
        pages::{PAGE, Pages, Source},
        tree, words, zerocheck,
    },
};
use zonda_verifier::{
    Claim, Header, Heights, Layout, Machine, Parameters, PartHeader, QM31, Transcript,
    fractions::TreeProof,
    layout::{self, BOUNDARY, Sequence},
    part::Body,
    proof::Digest,
    protocol::{self, label},
};

use super::{
    harness::{CHEAP, ENGINE},
    run::{Filled, Run},
};

/// What the prover of a part is told.
#[derive(Clone)]
pub struct Told {
    /// The heights of the tables. A table may have more rows, up to the end of a page: in cells that are free.
    pub heights: Heights,
    /// The heights of the tables in the tree of fractions.
    pub leaves: Heights,
    /// The part's number in the transcript.
    pub position: u32,
    /// The statement, from which public values and given columns are made.
    pub stated: machine::Part,
    /// Cells of given columns that are others: by table, row, and number among the table's given columns.
    pub given: Vec<(Table, usize, usize, u32)>,
}

/// A table's preprocessed cells and those of its trace.
type Cells = (Table, Vec<u32>, Vec<u32>);

/// A part before the global challenges.
struct Part {
    told: Told,
    layout: Layout,
    columns: AllColumns,
    given: Pages,
    commitments: [Commitment; 4],
    twiddles: Twiddles,
}

impl Run<'_> {
    /// Proves the parts, each as `tell` changes what its prover is told.
    pub fn prove_told(&self, tell: impl Fn(usize, &mut Told)) -> Proof {
        self.prove_told_as(&self.victim.key, tell)
    }

    /// The same under a key that may be another's.
    pub fn prove_told_as(&self, key: &VerifyingKey, tell: impl Fn(usize, &mut Told)) -> Proof {
        assert_eq!((key.preset(), key.parameters()), (Preset::Standard, &CHEAP));
        let parts = self.parts.iter().enumerate().map(|(part, filled)| {
            let tables = &filled.tables;
            let heights = Heights::new(|table| tables[table as usize].trace.height() as u32);
            let mut told = Told {
                heights,
                leaves: heights,
                position: part as u32,
                stated: filled.links.part(part, &self.statement),
                given: Vec::new(),
            };
            tell(part, &mut told);
            Part::new(&ENGINE, told, &self.cells(filled))
        });
        let parts: Vec<Part> = parts.collect();
        let headers = parts
            .iter()
            .zip(&self.parts)
            .map(|(part, filled)| PartHeader {
                heights: part.told.heights,
                boundary_root: part.commitments[BOUNDARY].root(),
                links: filled.links.clone(),
            });
        let header = Header {
            preset: key.preset(),
            claim: Claim::new(key, &self.statement),
            shards: self.shards,
            parts: headers.collect(),
            global_nonce: 0,
        };
        let mut transcript = protocol::begin(&header.claim, &header);
        assert!(transcript.work(label::GLOBAL, CHEAP.global_work_bits, 0));
        let parts = parts.iter();
        let parts = parts.map(|part| part.prove(&ENGINE, transcript.clone(), &CHEAP));
        Proof {
            parts: parts.collect(),
            header,
        }
    }

    /// The cells of a part's tables: all preprocessed columns are as high as the trace.
    fn cells(&self, filled: &Filled) -> Vec<Cells> {
        let canonical = |cells: &[F]| cells.iter().map(F::as_canonical_u32).collect();
        let tables = filled.tables.iter().map(|own| {
            let (table, height) = (own.table, own.trace.height());
            let fixed = table.fixed(&self.victim.image);
            let mut fixed: Vec<u32> = fixed.map_or_else(Vec::new, |own| canonical(&own.values));
            fixed.resize(height * table.fixed_width(), 0);
            (table, fixed, canonical(&own.trace.values))
        });
        tables.collect()
    }
}

impl Part {
    fn new(engine: &Engine, told: Told, cells: &[Cells]) -> Self {
        let Engine { platform, pool, .. } = engine;
        let layout = Layout::new(&told.heights);
        let rows = cells.iter().map(|(table, fixed, trace)| TableRows {
            table: *table,
            height: trace.len() / table.trace_width(),
            fixed,
            trace,
        });
        // A prover need not fill tables that its heights do not have.
        let rows: Vec<_> = rows.filter(|own| told.heights.of(own.table) > 0).collect();
        let columns = AllColumns::fill(*platform, pool, &layout, &told.stated, &rows);
        let columns = columns.expect("memory");
        let twiddles = Twiddles::new(layout.log_size() as usize).expect("memory");
        let phases = columns.part().phases;
        let commitments = core::array::from_fn(|phase| {
            let words = phases[phase].words();
            let matrix = &layout.phases[phase];
            commit(*platform, pool, &twiddles, words, matrix, &Cancel::new()).expect("memory")
        });
        Self {
            given: given(engine, &told),
            told,
            columns,
            commitments,
            twiddles,
            layout,
        }
    }

    /// The part's bytes, given the transcript before the global challenges.
    fn prove(
        &self,
        engine: &Engine,
        mut transcript: Transcript,
        parameters: &Parameters,
    ) -> Vec<u8> {
        let Engine { platform, pool, .. } = engine;
        let (platform, cancel) = (*platform, Cancel::new());
        let transcript = &mut transcript;
        let [.., main] = &self.commitments;
        let lookups = self.lookups(&main.root(), transcript, parameters);
        let columns = PartColumns {
            given: &self.given,
            ..self.columns.part()
        };
        let (tree, rows) = self.tree_and_rows(engine, &columns, &lookups, transcript);
        let input = opening::Input {
            platform,
            pool,
            layout: &self.layout,
            words: columns.phases.map(|phase| phase.words()),
            parameters,
        };
        let opened = opening::prove(&input, &rows.point, &rows.values, transcript, &cancel);
        let opened = opened.expect("an opening");
        let input = words::Input {
            platform,
            pool,
            twiddles: &self.twiddles,
            layout: &self.layout,
            commitments: self.commitments.each_ref(),
            parameters,
        };
        let words = words::prove(&input, &opened.claims, opened.combined, transcript, &cancel);
        let body = Body {
            main: main.root(),
            lookup_nonce: 0,
            tree,
            rows: rows.proof,
            values: rows.values,
            opening: opened.proof,
            words: words.expect("words"),
        };
        body.to_bytes(&self.layout)
    }

    /// Goes on to the challenges of messages, global ones and the part's.
    fn lookups(
        &self,
        main: &Digest,
        transcript: &mut Transcript,
        parameters: &Parameters,
    ) -> Lookups<QM31> {
        let widest = Machine::new().widest();
        let (z, beta) = protocol::global_challenges(transcript);
        let global = Fingerprints::new(z, beta, widest);
        transcript.send(label::POSITION, &self.told.position.to_le_bytes());
        transcript.send(label::MAIN, main);
        assert!(transcript.work(label::LOOKUP, parameters.lookup_work_bits, 0));
        let z = transcript.challenge(label::LOOKUP);
        let beta = transcript.challenge(label::LOOKUP);
        let local = Fingerprints::new(z, beta, widest);
        Lookups { local, global }
    }

    /// The tree of the leaves' heights, and the sum over the rows of the header's.
    fn tree_and_rows(
        &self,
        engine: &Engine,
        columns: &PartColumns<'_>,
        lookups: &Lookups<QM31>,
        transcript: &mut Transcript,
    ) -> (TreeProof<QM31>, zerocheck::Proved<QM31>) {
        let Engine { platform, pool, .. } = engine;
        let (platform, cancel, machine) = (*platform, Cancel::new(), Machine::new());
        let Told {
            heights, leaves, ..
        } = &self.told;
        let plans = Table::ALL.map(Plan::of);
        let inputs = columns.tables(leaves).into_iter();
        let inputs = inputs.map(|columns| tree::Input {
            plan: &plans[columns.table as usize],
            columns,
        });
        let (inputs, slots) = (inputs.collect::<Vec<_>>(), tree::Slots::new(leaves, &plans));
        let tree = tree::prove(
            platform, pool, &slots, &inputs, lookups, transcript, &cancel,
        );
        let tree = tree.expect("a tree");
        let known = zerocheck::Known {
            machine: &machine,
            heights,
            part: &self.told.stated,
            tables: &columns.tables(heights),
            lookups,
            claim: &tree.claim,
        };
        let rows = zerocheck::prove(platform, pool, &known, transcript, &cancel);
        (tree.proof, rows.expect("a sum over rows"))
    }
}

/// The given columns, with the cells that are others.
fn given(engine: &Engine, told: &Told) -> Pages {
    let Engine { platform, pool, .. } = engine;
    let sequence = Sequence::new(&told.heights, layout::given);
    let mut pages = Pages::zeroed(pool, &sequence, sequence.pages * PAGE).expect("memory");
    for (table, height) in told.heights.tables() {
        let (height, stride) = (height as usize, layout::given(table));
        let columns = match table.fixed(&Image::default()) {
            Some(fixed) => fixed.transpose().values,
            None => table.periodic(&told.stated).concat(),
        };
        let rows = columns.len().checked_div(stride).unwrap_or(0);
        let mut cells = vec![0; height.max(rows) * stride];
        for (at, value) in columns.iter().enumerate().take(rows * stride) {
            cells[at % rows * stride + at / rows] = value.as_canonical_u32();
        }
        for (_, row, column, value) in told.given.iter().filter(|own| own.0 == table) {
            cells[row * stride + column] = *value;
        }
        let source = Source {
            table,
            cells: &cells,
            stride,
            height,
        };
        pages.fill(*platform, &[source]);
    }
    pages
}
