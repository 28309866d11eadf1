//! Opening the values of columns at the point of rows, down to claims on words.
//!
//! Section 8.5 of the protocol. Three passes read the cells: one sums
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

use zonda_kernels::{Platform, Pool};
use zonda_verifier::{
    layout::{LOG_PAGE, Layout, PHASES},
    multilinear::table,
    opening::{OpeningProof, WordClaims, column_coordinates, is_column_bit, present, word_claims},
    point::RowPoint,
    preset::Parameters,
    protocol::label,
    transcript::Transcript,
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
    pub parameters: &'a Parameters,
}

/// Opens the values of all committed columns at the point of rows. It sends them, too.
///
/// # Errors
/// If a challenge hit an exceptional value, memory is refused, or the work is to stop.
pub fn prove<E: ProverChallenge>(
    input: &Input<'_>,
    point: &RowPoint<E>,
    values: &[E],
    transcript: &mut Transcript,
    cancel: &Cancel,
) -> Result<Opened<E>, EngineError> {
    let gamma: E = transcript.exchange(label::VALUES, values);
    let mut proving = Proving {
        input,
        transcript,
        cancel,
        proof: OpeningProof::default(),
        at: Vec::new(),
    };
    let weights: Vec<Vec<E>> = present(input.layout)
        .map(|(phase, _)| pages::weights(input.layout, phase, point.pages(), gamma))
        .collect();
    proving.rows(point, &weights)?;
    proving.pages(point, weights)?;
    proving.one_point()
}

/// An opening that is being proved.
struct Proving<'a, E> {
    input: &'a Input<'a>,
    transcript: &'a mut Transcript,
    cancel: &'a Cancel,
    proof: OpeningProof<E>,
    /// The challenges of bits of rows in their pages, and of pages.
    at: Vec<E>,
}

impl<E: ProverChallenge> Proving<'_, E> {
    /// The rounds over rows of pages.
    fn rows(&mut self, point: &RowPoint<E>, weights: &[Vec<E>]) -> Result<(), EngineError> {
        let Input {
            platform,
            layout,
            words,
            ..
        } = *self.input;
        let cells = present(layout).zip(weights);
        let cells: Vec<_> = cells
            .map(|((phase, _), weights)| (words[phase], &weights[..]))
            .collect();
        let sums = cells::sums(platform, &cells);
        self.cancel.check()?;
        let mut products = Products::new(vec![[point.low_weights(), sums]]);
        for _ in 0..LOG_PAGE {
            let round = products.round();
            let r = self.transcript.exchange(label::LOW, &round);
            products.bind(r);
            self.proof.low.push(round);
            self.at.push(r);
        }
        Ok(())
    }

    /// The rounds over pages.
    fn pages(&mut self, point: &RowPoint<E>, weights: Vec<Vec<E>>) -> Result<(), EngineError> {
        let Input {
            platform,
            layout,
            words,
            ..
        } = *self.input;
        let weight = point.low_weight(&self.at);
        if weight.is_zero() {
            return Err(EngineError::Challenge);
        }
        let factors = present(layout).zip(weights);
        let factors = factors.map(|((phase, matrix), mut own)| {
            own.iter_mut().for_each(|own| *own *= weight);
            let pages = matrix.sequence.pages;
            [own, cells::values(platform, words[phase], pages, &self.at)]
        });
        let mut products = Products::new(factors.collect());
        self.cancel.check()?;
        let mut own = vec![None; products.len()];
        for bit in 0..layout.page_bits() {
            for ((index, own), (phase, matrix)) in own.iter_mut().enumerate().zip(present(layout)) {
                if bit == matrix.page_bits(phase) {
                    *own = Some(products.second(index));
                }
            }
            let round = products.round();
            let r = self.page_round(bit, &round);
            products.bind(r);
        }
        let own = own.into_iter().enumerate();
        self.proof.phases = own
            .map(|(index, own)| own.unwrap_or_else(|| products.second(index)))
            .collect();
        Ok(())
    }

    /// Sends a round over pages, and draws its challenge.
    fn page_round(&mut self, bit: u32, round: &[E; 2]) -> E {
        let Input {
            platform,
            layout,
            parameters,
            ..
        } = *self.input;
        let r = if is_column_bit(layout, bit) {
            self.transcript.send(label::PAGE, &element_bytes(round));
            let bits = parameters.columns_work_bits;
            let nonce = work(platform, self.transcript, label::COLUMNS, bits);
            self.proof.column_nonces.push(nonce);
            self.transcript.challenge(label::PAGE)
        } else {
            self.transcript.exchange(label::PAGE, round)
        };
        self.proof.pages.push(*round);
        self.at.push(r);
        r
    }

    /// The rounds that take all words to one point.
    fn one_point(mut self) -> Result<Opened<E>, EngineError> {
        let Input {
            platform,
            pool,
            layout,
            words,
            ..
        } = *self.input;
        let delta: E = self.transcript.exchange(label::PHASES, &self.proof.phases);
        let (_, pages) = self.at.split_at(LOG_PAGE as usize);
        let mut combined = Vec::new();
        for (phase, matrix) in present(layout) {
            let weights = table(column_coordinates(matrix, phase, pages));
            let words = words[phase];
            combined.push(cells::combine(platform, pool, words, matrix, &weights)?);
            self.cancel.check()?;
        }
        let phases = present(layout).zip(&combined).zip(delta.powers());
        let phases = phases.map(|(((_, matrix), vector), power)| {
            let own = &self.at[..matrix.log_height as usize];
            point::Phase::new(platform, vector, own, layout.log_height(), power)
        });
        let mut phases: Vec<_> = phases.collect();
        let mut common = Vec::new();
        for _ in 0..layout.log_height() {
            let terms = phases.iter().map(point::Phase::round);
            let round = terms.fold([E::ZERO; 2], |[a, b], [c, d]| [a + c, b + d]);
            let r = self.transcript.exchange(label::POINT, &round);
            for phase in &mut phases {
                phase.bind(platform, pool, r)?;
            }
            self.proof.point.push(round);
            common.push(r);
        }
        self.proof.words = phases.iter().map(point::Phase::value).collect();
        self.transcript
            .send(label::WORDS, &element_bytes(&self.proof.words));
        drop(phases);
        let claims = word_claims(layout, &self.proof, pages, common);
        Ok(Opened {
            proof: self.proof,
            claims,
            combined,
        })
    }
}
