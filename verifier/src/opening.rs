//! The values of columns at the point of rows, opened: down to one claim on the word of each phase.
//!
//! Section 8.5 of the protocol.

use alloc::vec::Vec;

use super::{
    layout::{LOG_PAGE, Layout, Matrix},
    multilinear::{consecutive, eq, eq_bit, eq_index, next},
    point::RowPoint,
};
use crate::{
    challenge::Challenge, cost::Operations, preset::Parameters, protocol::label,
    transcript::Transcript, transcript::element_bytes,
};
use p3_field::PrimeCharacteristicRing;
use zonda_circuits::F;

/// All that is sent to open the values of columns.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OpeningProof<E> {
    /// The rounds over bits of a row in its page: of each polynomial its value at 0, and the coefficient of its
    /// square.
    pub low: Vec<[E; 2]>,
    /// The rounds over bits of a page.
    pub pages: Vec<[E; 2]>,
    /// The works before the challenges of those rounds over pages that bind a column bit of a phase.
    pub column_nonces: Vec<u64>,
    /// The value of each phase that has a matrix.
    pub phases: Vec<E>,
    /// The rounds over bits of the lifted words.
    pub point: Vec<[E; 2]>,
    /// The value of each lifted word.
    pub words: Vec<E>,
}

/// What is left to show of a phase: how its columns are combined, and the value of the lifted word of that.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WordClaim<E> {
    /// The phase.
    pub phase: usize,
    /// The coordinates of the bits of a matrix column.
    pub columns: Vec<E>,
    /// The extension of the lifted word's coefficients at the point.
    pub value: E,
}

/// What is left to show: values of words at one point.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WordClaims<E> {
    /// The point, a coordinate for each bit of a coefficient.
    pub point: Vec<E>,
    /// The words, by phase.
    pub words: Vec<WordClaim<E>>,
}

/// Why an opening is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpeningError {
    /// The proof has not the form that the part's shape gives, or the part has no matrices.
    #[error("the opening does not have the form that the part's shape gives it")]
    Form,
    /// The weight of rows is zero at the challenges.
    #[error("the weight of rows is zero at the challenges")]
    Weight,
    /// A proof of work is missing, or was done for another proof.
    #[error("proof of work \"columns\" of page bit {bit}")]
    Work {
        /// The page bit.
        bit: u32,
    },
    /// The phases do not have the columns' values.
    #[error("the phases do not have the values of their columns")]
    Phases,
    /// The words do not have the phases' values.
    #[error("the words do not have the values of their phases")]
    Words,
}

/// The phases that have a matrix.
pub fn present(layout: &Layout) -> impl Iterator<Item = (usize, &Matrix)> {
    let phases = layout.phases.iter().enumerate();
    phases.filter(|(_, matrix)| !matrix.is_empty())
}

/// Whether a page bit is a column bit of some phase.
pub fn is_column_bit(layout: &Layout, bit: u32) -> bool {
    present(layout).any(|(phase, matrix)| {
        let first = matrix.log_height.saturating_sub(LOG_PAGE);
        (first..matrix.page_bits(phase)).contains(&bit)
    })
}

/// Checks that committed columns have these values at the point of rows, but for claims on words. The values are
/// sent here.
///
/// # Soundness
/// If the claims on words are true, so are the values, but for `V - 1 + 2 (10 + k) + f - 1 + 2 M` of all challenges,
/// and the challenges that combine words.
///
/// # Errors
/// The first check that failed.
pub fn check<E: Challenge>(
    layout: &Layout,
    parameters: &Parameters,
    point: &RowPoint<E>,
    values: &[E],
    proof: &OpeningProof<E>,
    transcript: &mut Transcript,
    operations: &mut Operations,
) -> Result<WordClaims<E>, OpeningError> {
    check_form(layout, point, values, proof)?;
    let gamma: E = transcript.exchange(label::VALUES, values);
    let powers: Vec<E> = gamma.powers().take(values.len()).collect();
    let terms = powers.iter().zip(values);
    let sum: E = terms.map(|(power, value)| *power * *value).sum();
    operations.multiply(values.len().saturating_mul(2));
    count_rounds(layout, proof, operations);

    // (1) Rows of pages.
    let (mut at, sum) = rounds(label::LOW, &proof.low, sum, transcript);
    let weight = point.low_weight(&at);
    if weight.is_zero() {
        return Err(OpeningError::Weight);
    }

    // (2) Pages.
    let (pages, sum) = page_rounds(layout, parameters, proof, sum, transcript)?;
    let weighted = present(layout).zip(&proof.phases);
    let weighted = weighted.map(|((phase, matrix), value)| {
        let bits = matrix.page_bits(phase) as usize;
        let (own, beyond) = pages.split_at_checked(bits).unwrap_or_default();
        let absent: E = beyond.iter().map(|y| E::ONE - *y).product();
        let rows = point.pages();
        let own = page_weight(layout, phase, rows, own, &powers, gamma, operations);
        weight * own * *value * absent.square()
    });
    if weighted.sum::<E>() != sum {
        return Err(OpeningError::Phases);
    }

    // (3) One point.
    let delta: E = transcript.exchange(label::PHASES, &proof.phases);
    let combine = |values: &[E]| -> E {
        let terms = delta.powers().zip(values);
        terms.map(|(power, value)| power * *value).sum()
    };
    let sum = combine(&proof.phases);
    let (common, sum) = rounds(label::POINT, &proof.point, sum, transcript);
    transcript.send(label::WORDS, &element_bytes(&proof.words));
    at.extend(&pages);
    let words = present(layout).zip(&proof.words);
    let words = words.map(|((_, matrix), value)| {
        let own = at.get(..matrix.log_height as usize).unwrap_or_default();
        *value * lifted_weight(own, &common)
    });
    if combine(&words.collect::<Vec<E>>()) != sum {
        return Err(OpeningError::Words);
    }
    Ok(word_claims(layout, proof, &pages, common))
}

/// The claims on words that are left, at `point`; `pages` are the coordinates of page bits.
pub fn word_claims<E: Challenge>(
    layout: &Layout,
    proof: &OpeningProof<E>,
    pages: &[E],
    point: Vec<E>,
) -> WordClaims<E> {
    let words = present(layout).zip(&proof.words);
    let words = words.map(|((phase, matrix), value)| WordClaim {
        phase,
        columns: column_coordinates(matrix, phase, pages).to_vec(),
        value: *value,
    });
    WordClaims {
        words: words.collect(),
        point,
    }
}

/// The rounds of a sum of products: their challenges, and the claim that is left.
fn rounds<E: Challenge>(
    label: &'static str,
    rounds: &[[E; 2]],
    mut sum: E,
    transcript: &mut Transcript,
) -> (Vec<E>, E) {
    let mut at = Vec::new();
    for round in rounds {
        let r = transcript.exchange(label, round);
        sum = next(sum, *round, r);
        at.push(r);
    }
    (at, sum)
}

/// The rounds over pages, with their works.
fn page_rounds<E: Challenge>(
    layout: &Layout,
    parameters: &Parameters,
    proof: &OpeningProof<E>,
    mut sum: E,
    transcript: &mut Transcript,
) -> Result<(Vec<E>, E), OpeningError> {
    let mut at = Vec::new();
    let mut nonces = proof.column_nonces.iter();
    for (bit, round) in (0..).zip(&proof.pages) {
        let r = if is_column_bit(layout, bit) {
            transcript.send(label::PAGE, &element_bytes(round));
            let nonce = nonces.next().ok_or(OpeningError::Form)?;
            if !transcript.work(label::COLUMNS, parameters.columns_work_bits, *nonce) {
                return Err(OpeningError::Work { bit });
            }
            transcript.challenge(label::PAGE)
        } else {
            transcript.exchange(label::PAGE, round)
        };
        sum = next(sum, *round, r);
        at.push(r);
    }
    Ok((at, sum))
}

fn check_form<E>(
    layout: &Layout,
    point: &RowPoint<E>,
    values: &[E],
    proof: &OpeningProof<E>,
) -> Result<(), OpeningError> {
    let phases = present(layout).count();
    let page_bits = layout.page_bits();
    let column_bits = (0..page_bits).filter(|bit| is_column_bit(layout, *bit));
    let rest = (layout.heights.log_rows() as usize).saturating_sub(7);
    let lengths = [
        (point.rest.len(), rest),
        (values.len(), layout.values()),
        (proof.low.len(), LOG_PAGE as usize),
        (proof.pages.len(), page_bits as usize),
        (proof.column_nonces.len(), column_bits.count()),
        (proof.phases.len(), phases),
        (proof.point.len(), layout.log_height() as usize),
        (proof.words.len(), phases),
    ];
    if phases == 0 || lengths.iter().any(|(got, expected)| got != expected) {
        return Err(OpeningError::Form);
    }
    Ok(())
}

/// The coordinates of a matrix' column bits, among those of page bits.
pub fn column_coordinates<'a, E>(matrix: &Matrix, phase: usize, pages: &'a [E]) -> &'a [E] {
    let first = matrix.log_height.saturating_sub(LOG_PAGE) as usize;
    let end = matrix.page_bits(phase) as usize;
    pages.get(first..end).unwrap_or_default()
}

/// The extension of a phase's page weights: that of the page of column `i` of all values is `gamma^i` times `eq` of
/// the page in its column. `powers` are those of `gamma`, one for each value.
fn page_weight<E: Challenge>(
    layout: &Layout,
    phase: usize,
    rows: &[E],
    at: &[E],
    powers: &[E],
    gamma: E,
    operations: &mut Operations,
) -> E {
    let squares = core::iter::successors(Some(gamma), |power| Some(power.square()));
    let squares: Vec<E> = squares.take(at.len()).collect();
    // The weight of a run of 2^b pages, by b.
    let factors = rows.iter().zip(at).map(|(row, at)| eq_bit(*row, *at));
    let runs = factors.scan(E::ONE, |product, factor| {
        *product *= factor;
        Some(*product)
    });
    let runs: Vec<E> = core::iter::once(E::ONE).chain(runs).collect();
    let mut sum = E::ZERO;
    let chunks = layout
        .phases
        .get(phase)
        .map(|matrix| &matrix.sequence.chunks);
    for chunk in chunks.into_iter().flatten() {
        let log_pages = chunk.log_pages as usize;
        let above = |coordinates: &'_ [E]| -> Vec<E> {
            coordinates.get(log_pages..).unwrap_or_default().to_vec()
        };
        let run = runs.get(log_pages).copied().unwrap_or_default();
        let first = chunk.first.wrapping_shr(chunk.log_pages);
        let start = chunk.start.wrapping_shr(chunk.log_pages);
        let power = powers.get(layout.value(chunk.table, phase));
        let columns = consecutive(&squares, &above(at), start, chunk.columns);
        let weight = run * eq_index(&above(rows), first) * columns;
        sum += weight * power.copied().unwrap_or_default();
        let bits = chunk.columns.checked_ilog2().unwrap_or_default() as usize;
        let products = bits.saturating_mul(6).saturating_add(at.len());
        operations.multiply(products.saturating_add(rows.len()));
    }
    sum
}

/// `E~` of a word whose own point is `own`, at the point `common` of lifted words.
///
/// The coefficients of the lifted word are those of the word, at indices whose lowest bits are equal, times `2^q` if
/// they are 1.
pub fn lifted_weight<E: Challenge>(own: &[E], common: &[E]) -> E {
    let lift = common.len().saturating_sub(own.len());
    let (Some((z, own)), Some((s, common))) = (own.split_first(), common.split_first()) else {
        return E::ZERO;
    };
    let odd = (*z * *s).mul_base(F::ONE.div_2exp_u64(lift as u64));
    let even = (E::ONE - *z) * (E::ONE - *s);
    (even + odd) * eq(own, common.get(lift..).unwrap_or_default())
}

/// Counts the products of all rounds, and of the words' weights.
fn count_rounds<E>(layout: &Layout, proof: &OpeningProof<E>, operations: &mut Operations) {
    let rounds = [&proof.low, &proof.pages, &proof.point];
    let rounds = rounds
        .iter()
        .fold(0, |sum: usize, rounds| sum.saturating_add(rounds.len()));
    operations.multiply(rounds.saturating_mul(2));
    for (_, matrix) in present(layout) {
        let products = (matrix.log_height as usize).saturating_mul(2);
        operations.multiply(products.saturating_add(5));
    }
}

#[cfg(test)]
mod tests {
    use p3_mersenne_31::QM31;

    use super::*;
    use crate::{
        heights::Heights,
        multilinear::{extension, table},
    };
    use zonda_circuits::machine::Table;

    fn element(i: usize) -> QM31 {
        QM31::from_coordinates_fn(|k| F::from_usize(31 * i * i + 77 * k * i + 5))
    }

    /// Page weights against the sum over all pages.
    #[test]
    fn page_weights_are_those_of_all_pages() {
        let heights = Heights::new(|table| match table {
            Table::AddSub => 30_000,
            Table::Multiply => 70_000,
            Table::Boundary => 40_000,
            Table::Program => 3000,
            Table::Image => 2000,
            Table::Gaps => 3,
            Table::Range16 => 1 << 16,
            _ => 0,
        });
        let layout = Layout::new(&heights);
        let rows: Vec<_> = (0..heights.log_rows() as usize - 10).map(element).collect();
        let gamma = element(99);
        let powers: Vec<_> = gamma.powers().take(layout.values()).collect();
        let row_weights = table(&rows);
        for (phase, matrix) in present(&layout) {
            let mut weights = alloc::vec![QM31::ZERO; matrix.sequence.pages];
            for chunk in &matrix.sequence.chunks {
                for column in 0..chunk.columns {
                    for page in 0..1 << chunk.log_pages {
                        let place = chunk.start + (column << chunk.log_pages) + page;
                        let power = powers[layout.value(chunk.table, phase) + column];
                        weights[place] = power * row_weights[chunk.first + page];
                    }
                }
            }
            let bits = matrix.page_bits(phase) as usize;
            let at: Vec<_> = (100..100 + bits).map(element).collect();
            let operations = &mut Operations::default();
            let got = page_weight(&layout, phase, &rows, &at, &powers, gamma, operations);
            assert_eq!(got, extension(&weights, &at));
        }
    }

    /// A15: a weight that is zero at the challenges is refused, whatever the rest is.
    #[test]
    fn a_weight_of_zero_is_refused() {
        let heights = Heights::new(|table| u32::from(table == Table::AddSub));
        let layout = Layout::new(&heights);
        let zeros = |count: usize| alloc::vec![[QM31::ZERO; 2]; count];
        let column_bits = (0..layout.page_bits()).filter(|bit| is_column_bit(&layout, *bit));
        let proof = OpeningProof {
            low: zeros(10),
            pages: zeros(layout.page_bits() as usize),
            column_nonces: alloc::vec![0; column_bits.count()],
            phases: alloc::vec![QM31::ZERO],
            point: zeros(layout.log_height() as usize),
            words: alloc::vec![QM31::ZERO],
        };
        let values = alloc::vec![QM31::ZERO; layout.values()];
        let parameters = Parameters::default();
        let check = |skipped: [QM31; 8]| {
            let point = RowPoint {
                lanes: core::array::from_fn(element),
                skipped,
                rest: (20..29).map(element).collect(),
            };
            let (steps, operations) = (&mut Transcript::new(), &mut Operations::default());
            check(
                &layout,
                &parameters,
                &point,
                &values,
                &proof,
                steps,
                operations,
            )
            .map(|_| ())
        };
        assert_eq!(check(core::array::from_fn(element)), Ok(()), "the control");
        assert_eq!(check([QM31::ZERO; 8]), Err(OpeningError::Weight));
    }
}
