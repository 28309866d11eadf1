//! Opening the values of columns at the point of rows, down to claims on words.
//!
//! Section 5.4 of the draft of protocol version 4 (`docs/engine-of-sums.md`). Three passes read the cells: one sums
//! up pages, one evaluates each page at the rows' challenges, one combines the columns of each matrix.
//!
//! | file | what |
//! |---|---|
//! | `cells` | the three passes |
//! | `pages` | weights of pages, and rounds over them |
//! | `point` | rounds that take all phases to one point |

pub mod cells;
mod pages;
mod point;
#[cfg(test)]
mod tests;

use zonda_kernels::{Platform, Pool};
use zonda_verifier::{
    steps::Steps,
    sums::{
        multilinear::table,
        opening::{
            OpeningProof, WordClaim, WordClaims, column_coordinates, is_column_bit, label, present,
        },
        pages::{LOG_PAGE, Layout, PHASES},
        point::RowPoint,
        words::WordsParameters,
    },
    transcript::element_bytes,
};

use self::pages::Products;
use super::{EngineError, challenge::ProverChallenge, words::Vector, work::work};
use crate::cancel::Cancel;

/// Values that were opened.
pub struct Opened<E> {
    /// All that is sent.
    pub proof: OpeningProof<E>,
    /// What is left to show.
    pub claims: WordClaims<E>,
    /// Of each phase that has a matrix, the coefficients of its combined column.
    pub combined: Vec<Vector>,
}

/// What is opened: the cells of all phases, and where they are.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The platform.
    pub platform: Platform,
    /// Where memory comes from.
    pub pool: &'a Pool,
    /// The layout of the part.
    pub layout: &'a Layout,
    /// The cells of each phase: all columns of its matrix, one after another.
    pub words: [&'a [u32]; PHASES],
    /// How much work is done.
    pub parameters: &'a WordsParameters,
}

/// Opens the values of all committed columns at the point of rows. It sends them, too.
///
/// # Errors
/// If a challenge hit an exceptional value, memory is refused, or the work is to stop.
pub fn prove<E: ProverChallenge>(
    input: &Input<'_>,
    point: &RowPoint<E>,
    values: &[E],
    transcript: &mut Steps,
    cancel: &Cancel,
) -> Result<Opened<E>, EngineError> {
    let Input {
        platform, layout, ..
    } = *input;
    let gamma: E = transcript.exchange(label::VALUES, values);
    let weights: Vec<Vec<E>> = present(layout)
        .map(|(phase, _)| pages::weights(layout, phase, point.pages(), gamma))
        .collect();

    // (1) Rows of pages.
    let cells = present(layout).zip(&weights);
    let cells = cells.map(|((phase, _), weights)| (input.words[phase], &weights[..]));
    let sums = cells::sums(platform, &cells.collect::<Vec<_>>());
    cancel.check()?;
    let mut low = Products::new(vec![[point.low_weights(), sums]]);
    let mut rounds = Vec::new();
    let mut at = Vec::new();
    for _ in 0..LOG_PAGE {
        let round = low.round();
        let r = transcript.exchange(label::LOW, &round);
        low.bind(r);
        rounds.push(round);
        at.push(r);
    }
    let weight = point.low_weight(&at);
    if weight.is_zero() {
        return Err(EngineError::Challenge);
    }
    let mut proof = OpeningProof {
        low: rounds,
        ..OpeningProof::default()
    };

    // (2) Pages.
    let phases = present(layout)
        .zip(weights)
        .map(|((phase, matrix), mut own)| {
            own.iter_mut().for_each(|own| *own *= weight);
            let words = input.words[phase];
            [
                own,
                cells::values(platform, words, matrix.sequence.pages, &at),
            ]
        });
    let mut products = Products::new(phases.collect());
    cancel.check()?;
    let mut own = vec![None; products.len()];
    for bit in 0..layout.page_bits() {
        for ((index, own), (phase, matrix)) in own.iter_mut().enumerate().zip(present(layout)) {
            if bit == matrix.page_bits(phase) {
                *own = Some(products.second(index));
            }
        }
        let round = products.round();
        let r = if is_column_bit(layout, bit) {
            transcript.send(label::PAGE, &element_bytes(&round));
            let bits = input.parameters.columns_work_bits;
            let nonce = work(platform, transcript, label::COLUMNS, bits);
            proof.column_nonces.push(nonce);
            transcript.challenge(label::PAGE)
        } else {
            transcript.exchange(label::PAGE, &round)
        };
        products.bind(r);
        proof.pages.push(round);
        at.push(r);
    }
    let own = own.into_iter().enumerate();
    proof.phases = own
        .map(|(index, own)| own.unwrap_or_else(|| products.second(index)))
        .collect();

    // (3) One point.
    let delta: E = transcript.exchange(label::PHASES, &proof.phases);
    let mut combined = Vec::new();
    for (phase, matrix) in present(layout) {
        let columns = column_coordinates(matrix, phase, &at[LOG_PAGE as usize..]);
        let weights = table(columns);
        let words = input.words[phase];
        combined.push(cells::combine(
            platform, input.pool, words, matrix, &weights,
        )?);
        cancel.check()?;
    }
    let phases = present(layout).zip(&combined).zip(delta.powers());
    let phases = phases.map(|(((_, matrix), vector), power)| {
        let own = &at[..matrix.log_height as usize];
        point::Phase::new(platform, vector, own, layout.log_height(), power)
    });
    let mut phases: Vec<_> = phases.collect();
    let mut common = Vec::new();
    for _ in 0..layout.log_height() {
        let terms = phases.iter().map(point::Phase::round);
        let round = terms.fold([E::ZERO; 2], |[a, b], [c, d]| [a + c, b + d]);
        let r = transcript.exchange(label::POINT, &round);
        for phase in &mut phases {
            phase.bind(platform, input.pool, r)?;
        }
        proof.point.push(round);
        common.push(r);
    }
    proof.words = phases.iter().map(point::Phase::value).collect();
    transcript.send(label::WORDS, &element_bytes(&proof.words));
    let words = present(layout).zip(&proof.words);
    let words = words.map(|((phase, matrix), value)| WordClaim {
        phase,
        columns: column_coordinates(matrix, phase, &at[LOG_PAGE as usize..]).to_vec(),
        value: *value,
    });
    let claims = WordClaims {
        words: words.collect(),
        point: common,
    };
    Ok(Opened {
        proof,
        claims,
        combined,
    })
}
