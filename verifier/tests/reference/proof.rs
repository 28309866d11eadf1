//! Proofs of runs, part by part, and both verifiers' verdicts on them.

use zonda_circuits::machine::{self, Statement};
use zonda_verifier::{
    Challenge, Cost, FoldError, Header, HeaderError, Heights, LinksError, Machine, Parameters,
    PartHeader, Preset, Proof, Transcript, VerifyError, VerifyingKey,
    fractions::{Fraction, TreeError},
    layout,
    lookup::Lookup,
    merkle,
    opening::OpeningError,
    part::{self, Body, Given, PartError},
    proof::Digest,
    protocol,
    rows::RowsError,
    security::SettingError,
    words::WordsError,
};

use crate::{
    bytes,
    checker::{self, Refusal, Task},
    header, key,
    layout::Layout,
    prover::{Begun, Prover, prove},
    run::{Part, Run},
    spec::Spec,
};

/// A part with all that a verifier knows of it.
#[derive(Clone)]
pub struct PartProof<E> {
    pub layout: Layout,
    pub stated: machine::Part,
    pub roots: [Option<Digest>; 3],
    pub body: Body<E>,
}

/// A proof of a run, with what it is checked against.
#[derive(Clone)]
pub struct RunProof<E> {
    pub key: VerifyingKey,
    pub statement: Statement,
    pub header: Header,
    pub parts: Vec<PartProof<E>>,
    /// The label of the steps that its prover has left out of the transcript.
    forgets: Option<&'static str>,
}

/// The preset of a challenge field.
fn preset<E: Challenge>() -> Preset {
    match E::DEGREE {
        4 => Preset::Standard,
        6 => Preset::High,
        degree => panic!("no challenge field of degree {degree}"),
    }
}

/// The transcript after the global challenges, and these.
fn begin<E: Challenge>(
    key: &VerifyingKey,
    header: &Header,
    mut transcript: Spec,
) -> (bool, Spec, (E, E)) {
    let bits = key.parameters().global_work_bits;
    let works = transcript.work("global", bits, header.global_nonce);
    let global = transcript.lookup("global");
    (works, transcript, global)
}

fn add<E: Challenge>(a: Fraction<E>, b: Fraction<E>) -> Fraction<E> {
    Fraction {
        numerator: a.numerator * b.denominator + b.numerator * a.denominator,
        denominator: a.denominator * b.denominator,
    }
}

/// The verdict of the plain verifier, which may have flaws, on bytes that are a proof's.
pub fn verify_plainly<E: Challenge>(
    key: &VerifyingKey,
    statement: &Statement,
    proof: &Proof,
    flaws: &[Refusal],
) -> Result<(), Refusal> {
    let header = &proof.header;
    header::check(key, statement, header, flaws)?;
    assert_eq!(E::DEGREE, header.preset.degree());
    let claim = header::claim(key, statement);
    let transcript = Spec::begin(&claim, header, None);
    let (works, transcript, global) = begin::<E>(key, header, transcript);
    if !works && !flaws.contains(&"global work") {
        return Err("global work");
    }
    if proof.parts.len() != header.parts.len() {
        return Err("parts");
    }
    let mut total: Option<Fraction<E>> = None;
    for (position, (part, sent)) in header.parts.iter().zip(&proof.parts).enumerate() {
        let layout = Layout::of(&part.heights);
        let verifiers = layout::Layout::new(&part.heights);
        let body = Body::from_bytes(&Machine::new(), &verifiers, sent);
        let body = body.map_err(|_| "encoding")?;
        assert!(bytes::of(&layout, &body) == *sent, "another encoding");
        let [program, gaps] = key.fixed_roots().map(Some);
        let task = Task {
            layout: &layout,
            part: &part.links.part(position, statement),
            parameters: key.parameters(),
            roots: [program, gaps, Some(part.boundary_root)],
            flaws,
        };
        let mut transcript = transcript.enter_part(position as u32);
        let sum = checker::check(&task, &mut transcript, global, &body)?;
        total = Some(total.map_or(sum, |total| add(total, sum)));
    }
    let is_balanced = total.is_some_and(|total| total.numerator == E::ZERO);
    if is_balanced || flaws.contains(&"global balance") {
        Ok(())
    } else {
        Err("global balance")
    }
}

/// The header's entry of a part.
fn part_header(begun: &Begun, part: &Part) -> PartHeader {
    PartHeader {
        heights: Heights::new(|table| begun.layout.height(table) as u32),
        boundary_root: begun.boundary_root(),
        links: part.links.clone(),
    }
}

impl<E: Challenge> RunProof<E> {
    pub fn new(run: &Run, parameters: Parameters, prover: &mut impl Prover<E>) -> Self {
        let preset = preset::<E>();
        let key = key::key(run.program_id, &run.image, preset, parameters);
        let begun = run
            .parts
            .iter()
            .map(|part| Begun::new(part.inputs.clone(), prover));
        let begun: Vec<Begun> = begun.collect();
        let parts = begun.iter().zip(&run.parts);
        let claim = header::claim(&key, &run.statement);
        let mut header = Header {
            preset,
            claim,
            shards: run.shards,
            parts: parts
                .map(|(begun, part)| part_header(begun, part))
                .collect(),
            global_nonce: 0,
        };
        let forgets = prover.forgets();
        let transcript = Spec::begin(&claim, &header, forgets);
        header.global_nonce = transcript
            .clone()
            .grind("global", parameters.global_work_bits);
        let (_, transcript, global) = begin(&key, &header, transcript);
        let parts = begun.into_iter().zip(&run.parts).enumerate();
        let parts = parts.map(|(index, (begun, part))| {
            let stated = part.links.part(index, &run.statement);
            let heights = begun.inputs.iter().map(|input| (input.table, input.height));
            let layout = Layout::new(heights.collect());
            let roots = [0, 1, 2].map(|phase| begun.root(phase));
            let transcript = transcript.enter_part(index as u32);
            let body = prove(begun, &stated, &parameters, global, transcript, prover);
            PartProof {
                layout,
                stated,
                roots,
                body,
            }
        });
        Self {
            parts: parts.collect(),
            key,
            statement: run.statement.clone(),
            header,
            forgets,
        }
    }

    /// The whole proof.
    pub fn proof(&self) -> Proof {
        let parts = self.parts.iter();
        Proof {
            header: self.header.clone(),
            parts: parts
                .map(|part| bytes::of(&part.layout, &part.body))
                .collect(),
        }
    }

    /// The verifier's transcript after the global challenges, and these.
    fn begin(&self) -> (Transcript, (E, E)) {
        let claim = header::claim(&self.key, &self.statement);
        let mut transcript = protocol::begin(&claim, &self.header);
        let bits = self.key.parameters().global_work_bits;
        let works = transcript.work("global", bits, self.header.global_nonce);
        assert!(works || self.forgets.is_some());
        let global = protocol::global_challenges(&mut transcript);
        (transcript, global)
    }

    /// The plain transcript after the global challenges, and these: that of the prover, or one in which
    /// nothing is left out.
    fn begin_plainly(&self, forgets: Option<&'static str>) -> (Spec, (E, E)) {
        let claim = header::claim(&self.key, &self.statement);
        let transcript = Spec::begin(&claim, &self.header, forgets);
        let (_, transcript, global) = begin(&self.key, &self.header, transcript);
        (transcript, global)
    }

    /// The verdict of the verifier on another body of a part.
    pub fn check(&self, position: usize, body: &Body<E>) -> Result<Fraction<E>, PartError> {
        let part = &self.parts[position];
        let (transcript, (z, beta)) = self.begin();
        let machine = &Machine::new();
        let given = Given {
            machine,
            layout: &part.verifiers_layout(),
            position: position as u32,
            stated: &part.stated,
            roots: part.roots,
            parameters: self.key.parameters(),
        };
        let global = Lookup::new(z, beta, machine.widest());
        part::check(&given, &transcript, &global, body, &mut Cost::default())
    }

    /// The verdict of the plain verifier, which may have flaws.
    pub fn check_plainly(
        &self,
        position: usize,
        body: &Body<E>,
        flaws: &[Refusal],
    ) -> Result<Fraction<E>, Refusal> {
        self.check_forgetfully(position, body, flaws, None).0
    }

    /// The verdict of a plain verifier that leaves steps out of its transcript as well, and the transcript.
    pub fn check_forgetfully(
        &self,
        position: usize,
        body: &Body<E>,
        flaws: &[Refusal],
        forgets: Option<&'static str>,
    ) -> (Result<Fraction<E>, Refusal>, Spec) {
        let part = &self.parts[position];
        let task = Task {
            layout: &part.layout,
            part: &part.stated,
            parameters: self.key.parameters(),
            roots: part.roots,
            flaws,
        };
        let (transcript, global) = self.begin_plainly(forgets);
        let mut transcript = transcript.enter_part(position as u32);
        let result = checker::check(&task, &mut transcript, global, body);
        (result, transcript)
    }

    /// Both accept it, as it is and as bytes.
    pub fn must_hold(&self) {
        let (key, statement, proof) = (&self.key, &self.statement, self.proof());
        assert_eq!(zonda_verifier::verify(key, statement, &proof), Ok(()));
        assert_eq!(verify_plainly::<E>(key, statement, &proof, &[]), Ok(()));
        let mut expected = header::bytes(&self.header);
        for part in &proof.parts {
            expected.extend((part.len() as u32).to_le_bytes());
            expected.extend(part);
        }
        assert!(proof.to_bytes() == expected, "another encoding");
        assert!(Proof::from_bytes(&expected).as_ref() == Ok(&proof));
    }
}

/// The name that the plain verifier gives to the check that refuses.
pub fn name(error: &PartError) -> Refusal {
    match error {
        PartError::Work { at: "lookup" } => "lookup work",
        PartError::Tree(TreeError::Unbalanced) => "balance",
        PartError::Tree(TreeError::Denominator) => "denominator",
        PartError::Tree(TreeError::Children { .. }) => "children",
        PartError::Tree(TreeError::Form { .. }) => "form",
        PartError::Rows(RowsError::Skip) => "skip",
        PartError::Rows(RowsError::Values) => "values",
        PartError::Rows(RowsError::Length(_)) => "form",
        PartError::Opening(OpeningError::Form) => "form",
        PartError::Opening(OpeningError::Weight) => "weight",
        PartError::Opening(OpeningError::Work { .. }) => "columns work",
        PartError::Opening(OpeningError::Phases) => "phases",
        PartError::Opening(OpeningError::Words) => "words",
        PartError::Words(error) => name_of_words(error),
        PartError::Encoding(_) => "encoding",
        other => panic!("{other:?}"),
    }
}

fn name_of_words(error: &WordsError) -> Refusal {
    match error {
        WordsError::Length(_) => "form",
        WordsError::Work { at: "words" } => "words work",
        WordsError::Work { at: "fold" } => "fold work",
        WordsError::Work { at: "query" } => "query work",
        WordsError::Halves { .. } => "halves",
        WordsError::Value => "final",
        WordsError::Rows { error, .. } => match error {
            merkle::OpeningError::Cells { .. } => "form",
            _ => "root of rows",
        },
        WordsError::Fold(error) => match error {
            FoldError::Length(_) | FoldError::Entries { .. } => "form",
            FoldError::Opening { .. } => "root of fold",
            FoldError::Folded { round: 0 } => "first leaf",
            FoldError::Folded { .. } => "leaf",
            FoldError::Last => "last leaf",
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// The name that the plain verifier gives to the check of a whole proof that refuses.
pub fn name_of_whole(error: &VerifyError) -> Refusal {
    match error {
        VerifyError::Output { .. } => "output",
        VerifyError::Preset { .. } => "preset",
        VerifyError::Header(error) => name_of_header(error),
        VerifyError::GlobalWork => "global work",
        VerifyError::Surplus { .. } | VerifyError::Missing { .. } => "parts",
        VerifyError::Part { error, .. } => name(error),
        VerifyError::GlobalBalance => "global balance",
        other => panic!("{other:?}"),
    }
}

fn name_of_header(error: &HeaderError) -> Refusal {
    match error {
        HeaderError::Claim(_) => "claim",
        HeaderError::Shards { .. } | HeaderError::Parts { .. } => "counts",
        HeaderError::Heights { .. } => "heights",
        HeaderError::Boundary { .. } => "boundary",
        HeaderError::Security { error, .. } => match error {
            SettingError::Range { what, .. } if what.starts_with("terms") => "terms",
            _ => "rows",
        },
        HeaderError::Links(error) => match error {
            LinksError::Role { .. }
            | LinksError::Execution { .. }
            | LinksError::NoZeroed
            | LinksError::Program { .. } => "roles",
            LinksError::Output { .. } | LinksError::OutputLength { .. } => "output links",
            LinksError::Address { .. } | LinksError::Zeroed { .. } => "zeroed links",
            _ => "shards",
        },
        other => panic!("{other:?}"),
    }
}

impl<E> PartProof<E> {
    pub fn verifiers_layout(&self) -> layout::Layout {
        let height = |table| self.layout.height(table) as u32;
        layout::Layout::new(&Heights::new(height))
    }
}
