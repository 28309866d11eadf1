//! How sure a part of a proof is, with the run that it is of: bounds on the probability that a false
//! one is accepted, from the numbers that decide it. A proof is as sure as its least sure part.
//!
//! SOUNDNESS.md derives every bound here; the names of the terms are its. Each term is an error
//! probability over one challenge, given as bits: minus its base-two logarithm. A proof of work
//! before the challenge makes each try cost more, and so adds its bits to that term and to no
//! other. The **sum** of all terms decides the security of a proof.
//!
//! What is claimed is the bound in the unique-decoding regime: the protocol relies on a commitment
//! having one meaning. The bound in the Johnson regime is computed beside it, for information. The
//! collision resistance of the hash is not a term of the sum: it is stated beside it.
#![allow(clippy::arithmetic_side_effects)] // Computes only with what `Setting::check` has bounded.

use alloc::vec::Vec;
use core::fmt;

/// The base-two logarithm of the greatest height that is analysed.
pub const MAX_LOG_HEIGHT: u32 = 24;
/// The base-two logarithm of the least greatest height: the table of 16-bit values has it.
pub const MIN_LOG_HEIGHT: u32 = 16;
/// The most terms of the lookup argument, of a part or over all parts: heights times messages.
///
/// It is less than p, so that no count of a message can wrap: each term whose count is not the free
/// multiplicity of a lookup table adds at most one to it.
pub const MAX_LOOKUP_TERMS: u64 = 1 << 30;
/// The most fields of a message.
pub const MAX_MESSAGE_WIDTH: u64 = 16;
/// The most constraints, over all instances.
pub const MAX_CONSTRAINTS: u64 = 1 << 13;
/// The most openings: columns at the out-of-domain point, and once more those at the point before.
pub const MAX_OPENINGS: u64 = 1 << 13;
/// The base-two logarithm of the greatest blowup.
pub const MAX_LOG_BLOWUP: u32 = 8;
/// The most queries.
pub const MAX_QUERIES: u32 = 1 << 10;
/// The most bits of a proof of work.
pub const MAX_WORK_BITS: u32 = 40;

/// Bits of a digest, and of the transcript's state.
const DIGEST_BITS: u32 = 256;
/// Degree of constraints in columns.
const CONSTRAINT_DEGREE: u64 = 3;
/// The multiplicities over which the Johnson regime is optimised. The theorem asks for three.
const MULTIPLICITIES: core::ops::RangeInclusive<u32> = 3..=200;

/// Proof of work, in bits, before each challenge.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Work {
    /// Before the challenges of the lookup argument over all parts of the run.
    pub global: u32,
    /// Before the challenges of the part's lookup argument.
    pub lookup: u32,
    /// Before the challenge that combines the constraints.
    pub constraints: u32,
    /// Before the out-of-domain point.
    pub point: u32,
    /// Before the challenge that batches the openings.
    pub batch: u32,
    /// Before each folding challenge.
    pub fold: u32,
    /// Before the query positions.
    pub query: u32,
}

/// The numbers that decide the security of a part of a proof: the parameters and the shape.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Setting {
    /// Degree of the challenge field over Mersenne31.
    pub challenge_degree: u32,
    /// Base-two logarithm of the greatest height of an instance, to which all are lifted.
    pub log_height: u32,
    /// Base-two logarithm of the factor by which columns are extended.
    pub log_blowup: u32,
    /// Number of queries, duplicates counted.
    pub queries: u32,
    /// Proof of work.
    pub work: Work,
    /// Arity of each folding round.
    pub arities: Vec<u32>,
    /// Number of coefficients that the last word is sent as.
    pub final_length: u64,
    /// Columns opened at the out-of-domain point: fixed, main, sums and quotient, in base columns.
    pub columns: u64,
    /// Columns opened at the point before it as well.
    pub shifted_columns: u64,
    /// Constraints of all instances together, those of the lookup argument included.
    pub constraints: u64,
    /// Terms of the part's lookup argument: height times local messages, summed over the instances.
    pub lookup_terms: u64,
    /// Terms of the lookup argument over all parts of the run: height times global messages, summed
    /// over the instances of all parts.
    pub global_terms: u64,
    /// The most fields of a message. How many buses there are plays no part.
    pub message_width: u64,
}

/// Numbers for which there is no bound.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// No such challenge field.
    #[error("a challenge field of degree {got}; there are those of degree 4 and 6")]
    ChallengeDegree {
        /// The degree.
        got: u32,
    },
    /// A greatest height that is not analysed.
    #[error("a height of 2^{got}; 2^{MIN_LOG_HEIGHT} to 2^{MAX_LOG_HEIGHT} are analysed")]
    Height {
        /// Its base-two logarithm.
        got: u32,
    },
    /// Columns that are not extended, whose words all are codewords, or extended too far.
    #[error("a blowup of 2^{got}; 2 to 2^{MAX_LOG_BLOWUP} are analysed")]
    Blowup {
        /// Its base-two logarithm.
        got: u32,
    },
    /// No queries, or too many.
    #[error("{got} queries; 1 to {MAX_QUERIES} are analysed")]
    Queries {
        /// How many.
        got: u32,
    },
    /// A proof of work that nobody does.
    #[error("{got} bits of work; at most {MAX_WORK_BITS} are analysed")]
    Work {
        /// How many bits.
        got: u32,
    },
    /// Rounds that do not fold 2^log_height coefficients to as many as are sent.
    #[error("arities {arities:?} do not fold 2^{log_height} coefficients to {final_length}")]
    Folds {
        /// The arities.
        arities: Vec<u32>,
        /// The base-two logarithm of the number of coefficients before.
        log_height: u32,
        /// The number of coefficients after.
        final_length: u64,
    },
    /// Too many openings, or no openings.
    #[error("{got} openings; 1 to {MAX_OPENINGS} are analysed")]
    Openings {
        /// How many.
        got: u64,
    },
    /// Too many constraints, or no constraints.
    #[error("{got} constraints; 1 to {MAX_CONSTRAINTS} are analysed")]
    Constraints {
        /// How many.
        got: u64,
    },
    /// Too many terms of the lookup argument: a count could wrap.
    #[error("{got} terms of the lookup argument; at most {MAX_LOOKUP_TERMS} are analysed")]
    LookupTerms {
        /// How many.
        got: u64,
    },
    /// Messages without fields, or with too many.
    #[error("messages of {got} fields; 1 to {MAX_MESSAGE_WIDTH} are analysed")]
    MessageWidth {
        /// How many fields.
        got: u64,
    },
}

/// Where a term comes from: the challenge over which it is a probability.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// Messages between parts that do not balance, yet seem to; or a denominator of zero.
    Global,
    /// Messages within the part that do not balance, yet seem to; or a denominator of zero.
    Lookup,
    /// Constraints that do not hold, yet whose combination does.
    Constraints,
    /// A combination that does not hold, yet does at the out-of-domain point.
    Point,
    /// Columns that are not close to codewords of the opened values, yet whose combination is.
    Batch,
    /// A word that is not close to a codeword, yet folds to one that is, in this round.
    Fold(usize),
    /// A word that is not close to a codeword, yet looks close at all queries.
    Query,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => write!(f, "global lookups"),
            Self::Lookup => write!(f, "lookups"),
            Self::Constraints => write!(f, "constraints"),
            Self::Point => write!(f, "out-of-domain point"),
            Self::Batch => write!(f, "batching"),
            Self::Fold(round) => write!(f, "fold {round}"),
            Self::Query => write!(f, "queries"),
        }
    }
}

/// A bound on the probability of one way to be deceived.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// Which way.
    pub source: Source,
    /// Minus the base-two logarithm of the bound, proof of work included.
    pub bits: f64,
}

/// Within which distance words are taken for codewords.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Regime {
    /// Half the code's distance: no word is taken for two codewords.
    UniqueDecoding,
    /// Up to the Johnson bound: a word is taken for any codeword of a list.
    Johnson {
        /// The decoder's multiplicity, which decides how close to the Johnson bound.
        multiplicity: u32,
    },
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UniqueDecoding => write!(f, "unique decoding"),
            Self::Johnson { multiplicity } => write!(f, "Johnson, multiplicity {multiplicity}"),
        }
    }
}

/// All terms in one regime.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The regime.
    pub regime: Regime,
    /// The terms, in the order of the challenges.
    pub terms: Vec<Term>,
    /// The bits of the sum of all terms.
    pub bits: f64,
}

/// The security of a proof.
#[derive(Clone, Debug, PartialEq)]
pub struct Security {
    /// The claimed bound.
    pub claimed: Bound,
    /// The bound in the Johnson regime. For information: not claimed.
    pub johnson: Bound,
    /// Bits of the hash: a collision of digests is found with 2^bits of its evaluations.
    pub hash_bits: f64,
}

impl Security {
    /// The bits that are claimed: of the sum of all terms, and not more than those of the hash.
    pub const fn bits(&self) -> f64 {
        self.claimed.bits.min(self.hash_bits)
    }

    /// The bits of the sum of all terms and of the hash, as if a collision were one more term.
    pub fn bits_with_hash(&self) -> f64 {
        sum([self.claimed.bits, self.hash_bits])
    }
}

/// The security of a proof of this setting.
///
/// # Errors
/// If the setting is beyond what SOUNDNESS.md analyses.
pub fn assess(setting: &Setting) -> Result<Security, SettingError> {
    setting.check()?;
    let johnson = MULTIPLICITIES
        .map(|multiplicity| bound(setting, Regime::Johnson { multiplicity }))
        .max_by(|a, b| a.bits.total_cmp(&b.bits))
        .unwrap_or_else(|| bound(setting, Regime::UniqueDecoding));
    Ok(Security {
        claimed: bound(setting, Regime::UniqueDecoding),
        johnson,
        hash_bits: f64::from(DIGEST_BITS) / 2.0,
    })
}

/// The bound that is claimed: in the unique-decoding regime.
///
/// # Errors
/// If the setting is beyond what SOUNDNESS.md analyses.
pub fn claimed(setting: &Setting) -> Result<Bound, SettingError> {
    setting.check()?;
    Ok(bound(setting, Regime::UniqueDecoding))
}

impl Setting {
    /// Checks that the setting is one that SOUNDNESS.md analyses. A verifier must refuse others.
    ///
    /// # Errors
    /// The first number that is out of its bounds.
    pub fn check(&self) -> Result<(), SettingError> {
        if ![4, 6].contains(&self.challenge_degree) {
            return Err(SettingError::ChallengeDegree {
                got: self.challenge_degree,
            });
        }
        if !(MIN_LOG_HEIGHT..=MAX_LOG_HEIGHT).contains(&self.log_height) {
            return Err(SettingError::Height {
                got: self.log_height,
            });
        }
        if !(1..=MAX_LOG_BLOWUP).contains(&self.log_blowup) {
            return Err(SettingError::Blowup {
                got: self.log_blowup,
            });
        }
        if !(1..=MAX_QUERIES).contains(&self.queries) {
            return Err(SettingError::Queries { got: self.queries });
        }
        if let Some(got) = self.work.sites().find(|bits| *bits > MAX_WORK_BITS) {
            return Err(SettingError::Work { got });
        }
        if !self.folds_fit() {
            return Err(SettingError::Folds {
                arities: self.arities.clone(),
                log_height: self.log_height,
                final_length: self.final_length,
            });
        }
        let openings = self.openings();
        if self.columns == 0 || openings > MAX_OPENINGS {
            return Err(SettingError::Openings { got: openings });
        }
        if !(1..=MAX_CONSTRAINTS).contains(&self.constraints) {
            return Err(SettingError::Constraints {
                got: self.constraints,
            });
        }
        if let Some(got) = [self.lookup_terms, self.global_terms]
            .into_iter()
            .find(|terms| *terms > MAX_LOOKUP_TERMS)
        {
            return Err(SettingError::LookupTerms { got });
        }
        if !(1..=MAX_MESSAGE_WIDTH).contains(&self.message_width) {
            return Err(SettingError::MessageWidth {
                got: self.message_width,
            });
        }
        Ok(())
    }

    fn folds_fit(&self) -> bool {
        let folded = self
            .arities
            .iter()
            .try_fold(self.final_length, |length, arity| {
                (2..=16)
                    .contains(arity)
                    .then(|| length.checked_mul(u64::from(*arity)))?
            });
        folded == Some(1 << self.log_height)
    }

    const fn openings(&self) -> u64 {
        self.columns.saturating_add(self.shifted_columns)
    }

    /// The rows of the tallest instance: N.
    const fn height(&self) -> u64 {
        1 << self.log_height
    }

    /// The size of the domain on which the tallest columns are committed.
    const fn domain(&self) -> u64 {
        1 << (self.log_height + self.log_blowup)
    }
}

impl Work {
    fn sites(&self) -> impl Iterator<Item = u32> + use<> {
        [
            self.global,
            self.lookup,
            self.constraints,
            self.point,
            self.batch,
            self.fold,
            self.query,
        ]
        .into_iter()
    }
}

fn bound(setting: &Setting, regime: Regime) -> Bound {
    let height = setting.height();
    let domain = setting.domain() as f64;
    let work = &setting.work;
    // Of challenges, `bad` many are bad: times each codeword that a word may be taken for.
    let challenges = |source, bad: f64, work: u32| Term {
        source,
        bits: log2_field(setting.challenge_degree) - libm::log2(bad) + f64::from(work),
    };
    let lists = list_size(setting, regime);
    // SOUNDNESS.md, 4.1: numerators of degree (N - 1) W in both challenges, and N denominators.
    let lookup = |terms: u64| lists * ((terms - 1) * setting.message_width + terms) as f64;

    let mut terms = Vec::new();
    if setting.global_terms > 0 {
        let bad = lookup(setting.global_terms);
        terms.push(challenges(Source::Global, bad, work.global));
    }
    if setting.lookup_terms > 0 {
        let bad = lookup(setting.lookup_terms);
        terms.push(challenges(Source::Lookup, bad, work.lookup));
    }
    // 4.2: powers of the challenge.
    if setting.constraints > 1 {
        let bad = lists * (setting.constraints - 1) as f64;
        terms.push(challenges(Source::Constraints, bad, work.constraints));
    }
    // 4.3: zeros on the circle of constraints in functions of degree (N + 2) / 2.
    let bad = lists * (CONSTRAINT_DEGREE * (height + 2)) as f64;
    terms.push(challenges(Source::Point, bad, work.point));
    // 4.4: powers of the challenge.
    if setting.openings() > 1 {
        let bad = (setting.openings() - 1) as f64 * exceptions(setting, regime, domain);
        terms.push(challenges(Source::Batch, bad, work.batch));
    }
    // 4.5: powers of the challenge; the folded words are what must be close.
    let mut size = domain;
    for (round, arity) in setting.arities.iter().enumerate() {
        let arity = f64::from(*arity);
        size /= arity;
        let bad = (arity - 1.0) * exceptions(setting, regime, size);
        terms.push(challenges(Source::Fold(round), bad, work.fold));
    }
    // 4.6: each query finds a word that is too far away where it agrees with a codeword.
    let queries = f64::from(setting.queries);
    terms.push(Term {
        source: Source::Query,
        bits: -queries * libm::log2(agreement(setting, regime)) + f64::from(work.query),
    });

    let bits = sum(terms.iter().map(|term| term.bits));
    Bound {
        regime,
        terms,
        bits,
    }
}

/// The greatest share of positions at which a word that is too far away agrees with a codeword.
fn agreement(setting: &Setting, regime: Regime) -> f64 {
    let (height, domain) = (setting.height(), setting.domain());
    match regime {
        // A code of dimension N + 3 corrects (domain - N) / 2 - 2 errors. A word with one more
        // agrees at one position less than what then is left.
        Regime::UniqueDecoding => ((domain + height) / 2 + 1) as f64 / domain as f64,
        Regime::Johnson { multiplicity } => {
            libm::sqrt(rate(setting)) * (1.0 + 0.5 / f64::from(multiplicity))
        }
    }
}

/// How many challenges can deceive on a line of words of this length.
fn exceptions(setting: &Setting, regime: Regime, size: f64) -> f64 {
    match regime {
        // [BCIKS20], Theorem 1.4.
        Regime::UniqueDecoding => size,
        // [BCHKS25], Theorem 4.2.
        Regime::Johnson { multiplicity } => {
            let rate = rate(setting);
            let m = f64::from(multiplicity) + 0.5;
            let distance = 1.0 - agreement(setting, regime);
            (2.0 * libm::pow(m, 5.0) + 3.0 * m * distance * rate) / (3.0 * libm::pow(rate, 1.5))
                * size
                + m / libm::sqrt(rate)
        }
    }
}

/// How many codewords a word may be taken for.
fn list_size(setting: &Setting, regime: Regime) -> f64 {
    match regime {
        Regime::UniqueDecoding => 1.0,
        Regime::Johnson { multiplicity } => {
            (f64::from(multiplicity) + 0.5) / libm::sqrt(rate(setting))
        }
    }
}

/// The rate of the code of which the committed columns are shown to be.
fn rate(setting: &Setting) -> f64 {
    (setting.height() + 3) as f64 / setting.domain() as f64
}

/// The base-two logarithm of the number of challenges.
pub(crate) fn log2_field(degree: u32) -> f64 {
    f64::from(degree) * libm::log2(2_147_483_647.0)
}

/// The bits of a sum of probabilities.
pub(crate) fn sum(bits: impl IntoIterator<Item = f64>) -> f64 {
    -libm::log2(bits.into_iter().map(|bits| libm::exp2(-bits)).sum())
}

#[cfg(test)]
mod tests;
