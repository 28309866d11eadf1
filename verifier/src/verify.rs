//! Verification of a run: its header, each part in order, and the balance between the parts.

use p3_field::Field;
use p3_mersenne_31::QM31;
use zonda_circuits::machine::Statement;

use crate::{
    challenge::{Challenge, Sextic},
    claim::Claim,
    cost::Cost,
    counts::Machine,
    error::VerifyError,
    fractions::Fraction,
    header::Header,
    heights::MAX_OUTPUT_BYTES,
    key::VerifyingKey,
    layout::Layout,
    lookup::Lookup,
    part::{self, Body, PartError},
    preset::Preset,
    proof::Proof,
    protocol::{self, label},
    transcript::Transcript,
};

/// Checks that the program of `key`, on some input, ran to `exit(statement.exit_code)` and made
/// `statement.output` public.
///
/// # Errors
/// The first check that failed.
pub fn verify(key: &VerifyingKey, statement: &Statement, proof: &Proof) -> Result<(), VerifyError> {
    verify_with_cost(key, statement, proof).map(|_| ())
}

/// [`verify`], with the operations that it took.
///
/// # Errors
/// The first check that failed.
pub fn verify_with_cost(
    key: &VerifyingKey,
    statement: &Statement,
    proof: &Proof,
) -> Result<Cost, VerifyError> {
    let mut run = RunVerifier::new(key, statement, &proof.header)?;
    for part in &proof.parts {
        run.part(part)?;
    }
    run.finish()
}

/// A verification that takes the parts of a proof one by one, and needs memory for one of them.
///
/// Nothing has been verified before [`Self::finish`] accepts.
#[derive(Debug)]
#[must_use = "nothing is verified before `finish` says so"]
pub struct RunVerifier<'a> {
    key: &'a VerifyingKey,
    statement: &'a Statement,
    header: &'a Header,
    machine: Machine,
    run: Run,
    /// How many parts have been checked.
    parts: usize,
    cost: Cost,
}

/// The state that a run's parts share, over the preset's challenge field.
#[derive(Debug)]
enum Run {
    Standard(Shared<QM31>),
    High(Shared<Sextic>),
}

/// The state that a run's parts share.
#[derive(Debug)]
struct Shared<E> {
    /// After the global challenges.
    transcript: Transcript,
    /// The global challenges.
    lookup: Lookup<E>,
    /// The sum of the global claims of the parts so far.
    /// The sum of all messages on global buses so far.
    total: Fraction<E>,
}

impl<'a> RunVerifier<'a> {
    /// Checks everything that can be checked without looking at a part.
    ///
    /// # Errors
    /// The first check that failed.
    pub fn new(
        key: &'a VerifyingKey,
        statement: &'a Statement,
        header: &'a Header,
    ) -> Result<Self, VerifyError> {
        if statement.output.len() > MAX_OUTPUT_BYTES {
            return Err(VerifyError::Output {
                got: statement.output.len(),
            });
        }
        key.check()?;
        if header.preset != key.preset() {
            return Err(VerifyError::Preset {
                expected: key.preset(),
                got: header.preset,
            });
        }
        let machine = Machine::new();
        let expected = Claim::new(key, statement);
        header.check_with(&machine, key, statement, &expected)?;

        let mut transcript = protocol::begin(&expected, header);
        let bits = key.parameters().global_work_bits;
        if !transcript.work(label::GLOBAL, bits, header.global_nonce) {
            return Err(VerifyError::GlobalWork);
        }
        let mut cost = Cost::default();
        cost.transcript.compressions = transcript.compressions();
        cost.transcript.hash(statement.output.len());
        let run = match header.preset {
            Preset::Standard => Run::Standard(Shared::new(transcript, &machine)),
            Preset::High => Run::High(Shared::new(transcript, &machine)),
        };
        Ok(Self {
            key,
            statement,
            header,
            machine,
            run,
            parts: 0,
            cost,
        })
    }

    /// Checks the next part, and returns the operations that it took. Nothing is proved before
    /// `finish`, which checks the balance between the parts.
    ///
    /// # Errors
    /// The first check that failed, if the part does not hold or there should be no more parts. The
    /// part that is expected next stays the same.
    pub fn part(&mut self, bytes: &[u8]) -> Result<Cost, VerifyError> {
        let part = self.parts;
        let Some(header) = self.header.parts.get(part) else {
            let expected = self.header.parts.len();
            return Err(VerifyError::Surplus { expected });
        };
        let [program, gaps] = self.key.fixed_roots();
        let given = part::Given {
            machine: &self.machine,
            layout: &Layout::new(&header.heights),
            position: part as u32,
            stated: &header.links.part(part, self.statement),
            roots: [Some(*program), Some(*gaps), Some(header.boundary_root)],
            parameters: self.key.parameters(),
        };
        let cost = match &mut self.run {
            Run::Standard(shared) => shared.part(&given, bytes),
            Run::High(shared) => shared.part(&given, bytes),
        };
        let cost = cost.map_err(|error| VerifyError::Part { part, error })?;
        self.parts = part.saturating_add(1);
        self.cost.include(&cost);
        Ok(cost)
    }

    /// Checks that all parts are there and make up the run. Returns the operations of the whole
    /// verification.
    ///
    /// # Errors
    /// The first check that failed.
    pub fn finish(self) -> Result<Cost, VerifyError> {
        let expected = self.header.parts.len();
        if self.parts != expected {
            let got = self.parts;
            return Err(VerifyError::Missing { expected, got });
        }
        let is_balanced = match &self.run {
            Run::Standard(shared) => shared.total.numerator.is_zero(),
            Run::High(shared) => shared.total.numerator.is_zero(),
        };
        if is_balanced {
            Ok(self.cost)
        } else {
            Err(VerifyError::GlobalBalance)
        }
    }
}

impl<E: Challenge> Shared<E> {
    /// Draws the global challenges.
    fn new(mut transcript: Transcript, machine: &Machine) -> Self {
        let (z, beta) = protocol::global_challenges(&mut transcript);
        Self {
            transcript,
            lookup: Lookup::new(z, beta, machine.widest()),
            total: Fraction::ZERO,
        }
    }

    fn part(&mut self, given: &part::Given<'_>, bytes: &[u8]) -> Result<Cost, PartError> {
        let body = Body::from_bytes(given.machine, given.layout, bytes)?;
        let mut cost = Cost::default();
        let sum = part::check(given, &self.transcript, &self.lookup, &body, &mut cost)?;
        self.total = self.total.join(sum);
        Ok(cost)
    }
}
