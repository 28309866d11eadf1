//! How sure a part of a proof is, with the run that it is of: bounds on the probability that a false one is
//! accepted, from the numbers that decide it.
//!
//! SOUNDNESS.md derives every bound; the names of the terms are its. A term is an error
//! probability over one kind of challenge, given as bits: minus its base-two logarithm. A proof of work before a
//! challenge makes each try cost more, and so adds its bits to that term and to no other. The **sum** of all
//! terms decides. Words are taken for codewords within half the code's distance: a commitment has one meaning.
#![allow(clippy::arithmetic_side_effects)] // Computes only with what `Setting::check` has bounded.

use alloc::vec::Vec;
use core::fmt;

use crate::heights::{MAX_LOG_ROWS, MIN_LOG_ROWS};

/// The base-two logarithms of the heights of matrices that are analysed.
pub const LOG_HEIGHTS: core::ops::RangeInclusive<u32> = 10..=24;
/// The most bits that number the columns of a matrix.
pub const MAX_COLUMN_BITS: u32 = 7;
/// The most phases of a part.
pub const MAX_PHASES: usize = 4;
/// The most terms of the lookup argument, of a part or over all parts: heights, rounded up to pages, times messages.
///
/// It is less than p, so that no count of a message can wrap.
pub const MAX_LOOKUP_TERMS: u64 = 1 << 30;
/// The most fields of a message.
pub const MAX_MESSAGE_WIDTH: u64 = 16;
/// The most constraints of the machine.
pub const MAX_CONSTRAINTS: u64 = 1 << 13;
/// The most values of columns that are sent.
pub const MAX_VALUES: u64 = 1 << 13;
/// The most queries.
pub const MAX_QUERIES: u32 = 1 << 10;
/// The most bits of a proof of work.
pub const MAX_WORK_BITS: u32 = 40;
/// The most bits that number the slots of a scope.
const MAX_SLOT_BITS: u32 = 12;

/// The degree of a round of the sum over rows in a variable that is skipped with two others.
const SKIP_DEGREE: u64 = 21;
/// The degree of the other rounds of the sum over rows.
const ROW_DEGREE: u64 = 3;
/// The variables that are skipped.
const SKIPPED: u64 = 3;
/// The low bits of a row, which number the rows of a page.
const LOW_BITS: u64 = 10;

/// Proof of work, in bits, before each challenge.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Work {
    /// Before the challenges of the lookup argument over all parts of the run.
    pub global: u32,
    /// Before the challenges of the part's lookup argument.
    pub lookup: u32,
    /// Before each challenge that combines columns of a matrix.
    pub columns: u32,
    /// Before the challenge that combines the words of the phases.
    pub words: u32,
    /// Before each challenge that halves a word.
    pub fold: u32,
    /// Before the query positions.
    pub query: u32,
}

impl Work {
    const fn sites(&self) -> [u32; 6] {
        [
            self.global,
            self.lookup,
            self.columns,
            self.words,
            self.fold,
            self.query,
        ]
    }
}

/// The matrix of a phase.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Phase {
    /// The logarithm of its height.
    pub log_height: u32,
    /// How many bits number its columns.
    pub column_bits: u32,
}

/// The numbers that decide the security of a part of a proof: the parameters and the shape.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Setting {
    /// Degree of the challenge field over Mersenne31.
    pub challenge_degree: u32,
    /// How many variables number the rows.
    pub log_rows: u32,
    /// How many bits number the slots of a scope.
    pub slot_bits: u32,
    /// The matrices of the phases that the part has.
    pub phases: Vec<Phase>,
    /// The logarithm of the number of coefficients that the last word is sent as.
    pub log_final: u32,
    /// Number of queries, duplicates counted.
    pub queries: u32,
    /// Proof of work.
    pub work: Work,
    /// Values of columns that are sent.
    pub values: u64,
    /// Constraints of the machine.
    pub constraints: u64,
    /// Terms of the part's lookup argument.
    pub lookup_terms: u64,
    /// Terms of the lookup argument over all parts of the run.
    pub global_terms: u64,
    /// The most fields of a message.
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
    /// A number that is beyond what is analysed.
    #[error("{what}: {got}; {least} to {most} are analysed")]
    Range {
        /// The number.
        what: &'static str,
        /// The least that is analysed.
        least: u64,
        /// The most that is analysed.
        most: u64,
        /// Its value.
        got: u64,
    },
}

/// Where a term comes from: the challenges over which it is a probability.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// Messages between parts that do not balance, yet seem to; or a denominator of zero.
    Global,
    /// Messages within the part that do not balance, yet seem to; or a denominator of zero.
    Lookup,
    /// A false claim on nodes of the tree of fractions that becomes a true one on their children.
    Tree,
    /// Constraints or leaves that are wrong, yet whose combination is not.
    Combination,
    /// A false sum over rows that becomes true where three variables are skipped at once.
    Skip,
    /// A false sum over rows that becomes true in another round.
    Rows,
    /// Values of columns of which one is false, yet whose combination is true.
    Values,
    /// A false sum over cells that becomes true in a round; or a weight that is zero.
    Opening,
    /// Columns of a matrix that are not close to codewords, yet whose combination is.
    Columns,
    /// Values of phases that are false, yet whose combination is true at one point.
    Point,
    /// Words of which one is not close to a codeword, yet whose combination is.
    Words,
    /// A word that is not close to a codeword, yet one that is half as long is.
    Folds,
    /// A word that is not close to a codeword, yet looks close at all queries.
    Query,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Global => "global lookups",
            Self::Lookup => "lookups",
            Self::Tree => "tree",
            Self::Combination => "combination",
            Self::Skip => "skipped rounds",
            Self::Rows => "rounds over rows",
            Self::Values => "values",
            Self::Opening => "rounds of the opening",
            Self::Columns => "columns",
            Self::Point => "point",
            Self::Words => "words",
            Self::Folds => "folds",
            Self::Query => "queries",
        })
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

/// How sure a part of a proof is: a bound on the probability that a false one is accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Security {
    /// The terms, in the order of the challenges.
    pub terms: Vec<Term>,
    /// The bits of the sum of all terms.
    pub bits: f64,
}

/// The bound that is claimed.
///
/// # Errors
/// If the setting is beyond what is analysed.
pub fn claimed(setting: &Setting) -> Result<Security, SettingError> {
    setting.check()?;
    Ok(bound(setting))
}

impl Setting {
    /// Checks that the setting is one that is analysed. A verifier must refuse others.
    ///
    /// # Errors
    /// The first number that is out of its bounds.
    pub fn check(&self) -> Result<(), SettingError> {
        if ![4, 6].contains(&self.challenge_degree) {
            return Err(SettingError::ChallengeDegree {
                got: self.challenge_degree,
            });
        }
        let rows = u64::from(MIN_LOG_ROWS)..=u64::from(MAX_LOG_ROWS);
        range("variables of rows", rows, self.log_rows)?;
        range(
            "bits of slots",
            0..=u64::from(MAX_SLOT_BITS),
            self.slot_bits,
        )?;
        range("phases", 1..=MAX_PHASES as u64, self.phases.len() as u32)?;
        let heights = u64::from(*LOG_HEIGHTS.start())..=u64::from(*LOG_HEIGHTS.end());
        for phase in &self.phases {
            range("variables of a matrix", heights.clone(), phase.log_height)?;
            let most = u64::from(MAX_COLUMN_BITS);
            range("bits of columns", 0..=most, phase.column_bits)?;
        }
        let most = u64::from(self.log_height());
        range("bits of the last coefficients", 0..=most, self.log_final)?;
        range("queries", 1..=u64::from(MAX_QUERIES), self.queries)?;
        for bits in self.work.sites() {
            range("bits of work", 0..=u64::from(MAX_WORK_BITS), bits)?;
        }
        range("values", 1..=MAX_VALUES, self.values)?;
        range("constraints", 1..=MAX_CONSTRAINTS, self.constraints)?;
        for terms in [self.lookup_terms, self.global_terms] {
            range("terms of the lookup argument", 0..=MAX_LOOKUP_TERMS, terms)?;
        }
        range(
            "fields of a message",
            1..=MAX_MESSAGE_WIDTH,
            self.message_width,
        )
    }

    /// The greatest logarithm of the heights of the matrices: M.
    fn log_height(&self) -> u32 {
        let heights = self.phases.iter().map(|phase| phase.log_height);
        heights.max().unwrap_or(0)
    }

    /// The bits that number pages, in the phase with the most: k.
    fn page_bits(&self) -> u64 {
        let bits = |phase: &Phase| u64::from(phase.log_height + phase.column_bits) - LOW_BITS;
        self.phases.iter().map(bits).max().unwrap_or(0)
    }
}

fn range(
    what: &'static str,
    analysed: core::ops::RangeInclusive<u64>,
    got: impl Into<u64>,
) -> Result<(), SettingError> {
    let got = got.into();
    if analysed.contains(&got) {
        return Ok(());
    }
    Err(SettingError::Range {
        what,
        least: *analysed.start(),
        most: *analysed.end(),
        got,
    })
}

fn bound(setting: &Setting) -> Security {
    let work = &setting.work;
    let rows = u64::from(setting.log_rows);
    let phases = setting.phases.len() as u64;
    let log_height = setting.log_height();
    let domain = |log_height: u32| 1_u64 << (log_height + 1);
    // 10.9: numerators of degree (T - 1) W in both challenges, and T denominators.
    let lookup = |terms: u64| terms.saturating_sub(1) * setting.message_width + terms;
    let depth = rows + u64::from(setting.slot_bits) + 1;
    let tree = 5 + (5..depth).map(|depth| 2 * depth + 2).sum::<u64>();
    let opening = 2 * (LOW_BITS + setting.page_bits()) + LOW_BITS;
    let columns = setting.phases.iter().map(|phase| {
        // One challenge for each bit.
        u64::from(phase.column_bits) * (domain(phase.log_height) + 1)
    });
    let point = phases - 1 + 2 * u64::from(log_height);
    let words = (phases - 1) * (domain(log_height) + 2);
    // A word of so many positions becomes one of half as many.
    let folds = (setting.log_final..log_height).map(|halved| domain(halved) + 2);

    let bad = [
        (Source::Global, lookup(setting.global_terms), work.global),
        (Source::Lookup, lookup(setting.lookup_terms), work.lookup),
        (Source::Tree, tree, 0),
        (Source::Combination, setting.constraints + 1 + rows, 0),
        (Source::Skip, SKIP_DEGREE, 0),
        (Source::Rows, ROW_DEGREE * (rows - SKIPPED), 0),
        (Source::Values, setting.values - 1, 0),
        (Source::Opening, opening, 0),
        (Source::Columns, columns.sum(), work.columns),
        (Source::Point, point, 0),
        (Source::Words, words, work.words),
        (Source::Folds, folds.sum(), work.fold),
    ];
    let field = log2_field(setting.challenge_degree);
    let mut terms: Vec<Term> = bad
        .into_iter()
        .filter(|(_, bad, _)| *bad > 0)
        .map(|(source, bad, work)| Term {
            source,
            bits: field - libm::log2(bad as f64) + f64::from(work),
        })
        .collect();
    // A word with one error more than the code corrects agrees with a codeword at (B + N)/2 positions of B.
    let (height, domain) = (1_u64 << log_height, domain(log_height));
    let agreement = ((domain + height) / 2) as f64 / domain as f64;
    terms.push(Term {
        source: Source::Query,
        bits: f64::from(work.query) - f64::from(setting.queries) * libm::log2(agreement),
    });
    let bits = sum(terms.iter().map(|term| term.bits));
    Security { terms, bits }
}

/// The base-two logarithm of the number of challenges.
fn log2_field(degree: u32) -> f64 {
    f64::from(degree) * libm::log2(2_147_483_647.0)
}

/// The bits of a sum of probabilities.
fn sum(bits: impl IntoIterator<Item = f64>) -> f64 {
    -libm::log2(bits.into_iter().map(|bits| libm::exp2(-bits)).sum())
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    /// The largest part: 2^30 terms, 2^22 rows.
    fn largest(challenge_degree: u32) -> Setting {
        let is_standard = challenge_degree == 4;
        let work = |bits: u32| if is_standard { bits } else { 0 };
        let phase = |log_height, column_bits| Phase {
            log_height,
            column_bits,
        };
        Setting {
            challenge_degree,
            log_rows: 22,
            slot_bits: 9,
            phases: vec![phase(18, 4), phase(10, 4), phase(19, 4), phase(21, 7)],
            log_final: 6,
            queries: if is_standard { 194 } else { 256 },
            work: Work {
                global: work(16),
                lookup: work(16),
                columns: work(16),
                words: work(16),
                fold: work(8),
                query: if is_standard { 20 } else { 22 },
            },
            values: 700,
            constraints: 300,
            lookup_terms: 1 << 30,
            global_terms: 1 << 30,
            message_width: 10,
        }
    }

    /// `oracle/terms.py` computes the same from section 10.9, in whole numbers of any size.
    #[test]
    fn terms_are_those_of_the_independent_script() {
        let expected: [(u32, [f64; 13], f64); 2] = include!("security_terms.rs");
        for (degree, terms, bits) in expected {
            let bound = claimed(&largest(degree)).unwrap();
            assert_eq!(bound.terms.len(), terms.len());
            for (term, expected) in bound.terms.iter().zip(terms) {
                let difference = (term.bits - expected).abs();
                assert!(
                    difference < 1e-6,
                    "{}: {} {expected}",
                    term.source,
                    term.bits
                );
            }
            assert!((bound.bits - bits).abs() < 1e-6, "{} {bits}", bound.bits);
        }
    }

    #[test]
    fn the_largest_parts_have_the_bits_that_presets_claim() {
        assert!(claimed(&largest(4)).unwrap().bits >= 100.0);
        assert!(claimed(&largest(6)).unwrap().bits >= 128.0);
    }

    /// A part with every number as large as `check` allows, under the queries and the work of a preset.
    #[test]
    fn every_setting_that_is_not_refused_has_the_bits_that_presets_claim() {
        let at_bounds = |degree| Setting {
            log_rows: MAX_LOG_ROWS,
            slot_bits: MAX_SLOT_BITS,
            phases: vec![
                Phase {
                    log_height: *LOG_HEIGHTS.end(),
                    column_bits: MAX_COLUMN_BITS,
                };
                MAX_PHASES
            ],
            values: MAX_VALUES,
            constraints: MAX_CONSTRAINTS,
            lookup_terms: MAX_LOOKUP_TERMS,
            global_terms: MAX_LOOKUP_TERMS,
            message_width: MAX_MESSAGE_WIDTH,
            ..largest(degree)
        };
        for (degree, claim) in [(4, 100.0), (6, 128.0)] {
            let mut setting = at_bounds(degree);
            let bits = claimed(&setting).unwrap().bits;
            assert!(bits >= claim, "{degree}: {bits}");
            // The control: a twentieth fewer queries are too few.
            setting.queries -= setting.queries / 20;
            assert!(claimed(&setting).unwrap().bits < claim, "{degree}");
        }
    }

    #[test]
    fn numbers_beyond_the_analysis_are_refused() {
        assert_eq!(largest(4).check(), Ok(()));
        let changes: [fn(&mut Setting); 15] = [
            |s| s.challenge_degree = 5,
            |s| s.log_rows = 15,
            |s| s.log_rows = 23,
            |s| s.slot_bits = 13,
            |s| s.phases.clear(),
            |s| s.phases[0].log_height = 9,
            |s| s.phases[3].log_height = 25,
            |s| s.phases[3].column_bits = 8,
            |s| s.log_final = 22,
            |s| s.queries = 0,
            |s| s.work.fold = 41,
            |s| s.values = 0,
            |s| s.constraints = 0,
            |s| s.global_terms += 1,
            |s| s.message_width = 17,
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut setting = largest(4);
            change(&mut setting);
            assert!(claimed(&setting).is_err(), "{index}");
        }
    }
}
