//! Low degree and value in one: the words of all phases, folded to a few coefficients.
//!
//! Sections 8.6 and 8.7 of the protocol. A word is kept as its
//! coefficients: folding combines neighbours, and each round's word is evaluated anew. That takes fewer operations
//! than folding values, since a word has as many coefficients as half its values, and a round leaves a sixteenth.
//!
//! | file | what |
//! |---|---|
//! | `vector` | coefficients: sums of them, and folds |
//! | `query` | rows and leaves at the positions |

mod query;
#[cfg(test)]
mod tests;
mod vector;

use zonda_kernels::{Buffer, Domain, Platform, Pool, Transform, Tree, Twiddles};
use zonda_verifier::{
    layout::{Layout, PHASES},
    multilinear::table,
    opening::WordClaims,
    preset::Parameters,
    proof::FoldOpening,
    protocol::label,
    transcript::Transcript,
    transcript::element_bytes,
    words::{LOG_ARITY, RoundProof, WordsProof, folds},
};

pub use self::vector::{LOG_LINE, Vector, extensions_of_halves};
use super::{EngineError, challenge::ProverChallenge, commit::Commitment, work::work};
use crate::cancel::Cancel;

/// What words are proved of.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The platform.
    pub platform: Platform,
    /// Where memory comes from.
    pub pool: &'a Pool,
    /// Twiddles of the domain of the highest matrix, at least.
    pub twiddles: &'a Twiddles,
    /// The layout of the part.
    pub layout: &'a Layout,
    /// The commitments of all phases.
    pub commitments: [&'a Commitment; PHASES],
    /// How much work is done.
    pub parameters: &'a Parameters,
}

/// The word of a round: its values, a column for each coordinate, and its tree.
pub struct Word {
    values: Vec<Buffer>,
    tree: Tree,
}

impl Word {
    /// Evaluates coefficients on the circle, or on a line, and commits to the values in leaves of 2^`fold`.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn new(
        platform: Platform,
        pool: &Pool,
        twiddles: &Twiddles,
        coefficients: &Vector,
        domain: Domain,
        fold: u32,
    ) -> Result<Self, EngineError> {
        let count = 1 << coefficients.log_count();
        let mut values = Vec::new();
        for coordinate in coefficients.coordinates() {
            let mut column = pool.take(2 * count)?;
            column[..count].copy_from_slice(coordinate);
            values.push(column);
        }
        let mut columns: Vec<&mut [u32]> =
            values.iter_mut().map(|column| &mut column[..]).collect();
        let transform = Transform::new(platform, twiddles);
        let log_count = coefficients.log_count() as usize;
        transform.evaluate_codeword(&mut columns, log_count, domain);
        let columns: Vec<&[u32]> = values.iter().map(|column| &column[..]).collect();
        let tree = Tree::of_codeword(platform, pool, &columns, 1 << fold)?;
        Ok(Self { values, tree })
    }

    /// The root of the tree.
    pub fn root(&self) -> [u8; 32] {
        self.tree.root()
    }
}

/// Proves claims on words, of which these are the coefficients before they are lifted.
///
/// # Errors
/// If memory is refused, or the work is to stop.
pub fn prove<E: ProverChallenge>(
    input: &Input<'_>,
    claims: &WordClaims<E>,
    combined: Vec<Vector>,
    transcript: &mut Transcript,
    cancel: &Cancel,
) -> Result<WordsProof<E>, EngineError> {
    let Input {
        platform,
        pool,
        layout,
        parameters,
        ..
    } = *input;
    let nonce = work(
        platform,
        transcript,
        label::WORDS,
        parameters.words_work_bits,
    );
    let delta: E = transcript.challenge(label::WORDS);
    let mut word = combine(input, combined, delta)?;
    let mut rounds = Vec::new();
    let mut words = Vec::new();
    let mut point = &claims.point[..];
    for fold in folds(layout.log_height()) {
        cancel.check()?;
        let domain = if words.is_empty() {
            Domain::Circle
        } else {
            Domain::Line
        };
        let committed = Word::new(platform, pool, input.twiddles, &word, domain, fold)?;
        let (round, folded) = halve(input, &word, fold, committed.root(), point, transcript)?;
        (_, point) = point.split_at(fold as usize);
        word = folded;
        rounds.push(round);
        words.push((committed, fold));
    }
    let last = word.elements();
    Ok(query::answer(
        input, nonce, rounds, &words, last, transcript,
    ))
}

/// The combination of lifted words.
fn combine<E: ProverChallenge>(
    input: &Input<'_>,
    combined: Vec<Vector>,
    delta: E,
) -> Result<Vector, EngineError> {
    let log_height = input.layout.log_height();
    let mut word = Vector::take_zeroed(input.pool, E::DEGREE, log_height)?;
    for (vector, power) in combined.into_iter().zip(delta.powers()) {
        word.add_lifted(input.platform, input.pool, &vector, power)?;
    }
    Ok(word)
}

/// The halvings of one round, and the coefficients that are left.
fn halve<E: ProverChallenge>(
    input: &Input<'_>,
    word: &Vector,
    fold: u32,
    root: [u8; 32],
    point: &[E],
    transcript: &mut Transcript,
) -> Result<(RoundProof<E>, Vector), EngineError> {
    let Input {
        platform,
        pool,
        parameters,
        ..
    } = *input;
    transcript.send(label::FOLD, &root);
    let log_arity = LOG_ARITY as usize;
    let mut sums = word.sums::<E>(platform, log_arity, &point[log_arity..]);
    let mut round = RoundProof {
        root,
        halves: Vec::new(),
        nonces: Vec::new(),
        opening: FoldOpening::default(),
    };
    let mut challenges = Vec::new();
    for halving in 0..fold as usize {
        let halves = extensions_of_halves(&sums, &point[halving + 1..]);
        transcript.send(label::HALVES, &element_bytes(&halves));
        let nonce = work(platform, transcript, label::FOLD, parameters.fold_work_bits);
        let challenge: E = transcript.challenge(label::HALVES);
        let pairs = sums.chunks_exact(2);
        sums = pairs
            .map(|pair| pair[0] + challenge * (pair[1] - pair[0]))
            .collect();
        round.halves.push(halves);
        round.nonces.push(nonce);
        challenges.push(challenge);
    }
    let folded = word.fold(platform, pool, &table(&challenges))?;
    Ok((round, folded))
}
