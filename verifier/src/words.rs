//! Low degree and value in one: that the words of all phases are close to codewords, whose coefficients have the
//! claimed extensions at one point.
//!
//! Sections 8.6 and 8.7 of the protocol.

use alloc::{vec, vec::Vec};

use zonda_circuits::F;

use crate::{
    challenge::Challenge,
    circle::place,
    cost::Operations,
    fri::{self, FoldError},
    layout::{Layout, Matrix, PHASES},
    lengths::{self, LengthError},
    merkle::{self, OpeningError, put_row},
    multilinear::{extension, table},
    opening::{WordClaims, present},
    preset::Parameters,
    proof::{Digest, FoldOpening},
    protocol::label,
    transcript::Transcript,
    transcript::element_bytes,
};

/// The base-two logarithm of how many entries a round of folding makes one of.
pub const LOG_ARITY: u32 = 4;

/// The base-two logarithm of the number of coefficients with which folding ends.
pub const LOG_LAST: u32 = 6;

/// A round of folding.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RoundProof<E> {
    /// The root of the word's tree.
    pub root: Digest,
    /// Of each halving the extensions of even and of odd coefficients.
    pub halves: Vec<[E; 2]>,
    /// The works before the challenges.
    pub nonces: Vec<u64>,
    /// The leaves at the positions.
    pub opening: FoldOpening<E>,
}

/// A phase's rows at the positions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RowsOpening {
    /// The rows at the distinct positions, ascending, one after another.
    pub cells: Vec<F>,
    /// The digests that the rows do not determine: level by level from the leaves, by ascending index.
    pub siblings: Vec<Digest>,
}

/// All that is sent to show the values of words.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct WordsProof<E> {
    /// The work before the challenge that combines the words.
    pub nonce: u64,
    /// The rounds of folding.
    pub rounds: Vec<RoundProof<E>>,
    /// The last coefficients.
    pub last: Vec<E>,
    /// The work before the positions.
    pub query_nonce: u64,
    /// The rows of each phase that has a matrix.
    pub rows: Vec<RowsOpening>,
}

/// Why words are refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// Lists of what belongs together are not equally long.
    #[error(transparent)]
    Length(#[from] LengthError),
    /// A phase with a matrix has no root.
    #[error("phase {phase} has no root")]
    Root {
        /// The phase.
        phase: usize,
    },
    /// A proof of work is missing, or was done for another proof.
    #[error("proof of work \"{at}\"")]
    Work {
        /// Before which challenge.
        at: &'static str,
    },
    /// Halves do not have the value of the whole.
    #[error("round {round}, halving {halving}: the halves do not have the value of the whole")]
    Halves {
        /// The round.
        round: usize,
        /// The halving.
        halving: usize,
    },
    /// The last coefficients do not have the value that is left.
    #[error("the last coefficients do not have the value that is left")]
    Value,
    /// The rows of a phase are not those committed to.
    #[error("rows of phase {phase}: {error}")]
    Rows {
        /// The phase.
        phase: usize,
        /// The error.
        error: OpeningError,
    },
    /// The entries of a round are others, or folding does not end with the last coefficients.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

/// How many halvings each round does, for words of `2^log_height` coefficients.
pub fn folds(log_height: u32) -> Vec<u32> {
    let mut left = log_height.saturating_sub(LOG_LAST);
    let mut folds = Vec::new();
    while left > 0 {
        let fold = left.min(LOG_ARITY);
        folds.push(fold);
        left = left.saturating_sub(fold);
    }
    folds
}

/// What the interactive half leaves to the queries.
struct Folding<E> {
    /// The combination of words: a weight for each column of each phase that has a matrix.
    weights: Vec<Vec<E>>,
    /// The challenges of each round.
    challenges: Vec<Vec<E>>,
    /// The positions, distinct and ascending.
    positions: Vec<usize>,
}

/// Checks claims on the words of phases with these roots.
///
/// # Soundness
/// If all words are accepted, they are close to codewords of the FFT space, and their coefficients have the claimed
/// values, but for the terms `words`, `folds` and `query` of section 10.9.
///
/// # Errors
/// The first check that failed.
pub fn check<E: Challenge>(
    layout: &Layout,
    roots: &[Option<Digest>; PHASES],
    parameters: &Parameters,
    claims: &WordClaims<E>,
    proof: &WordsProof<E>,
    transcript: &mut Transcript,
    operations: &mut Operations,
) -> Result<(), WordsError> {
    let folding = check_folding(layout, parameters, claims, proof, transcript, operations)?;
    let Folding {
        weights,
        challenges,
        positions,
    } = folding;
    let log_size = layout.log_size();

    // (1) Rows, and what they give.
    let mut values = vec![E::ZERO; positions.len()];
    let phases = present(layout).zip(&proof.rows).zip(&weights);
    for (((phase, matrix), opening), weights) in phases {
        let root = roots.get(phase).copied().flatten();
        let root = root.ok_or(WordsError::Root { phase })?;
        let lift = layout.log_height().saturating_sub(matrix.log_height);
        let own = merkle::distinct(&positions, lift);
        check_rows(matrix, &root, &own, opening, operations)
            .map_err(|error| WordsError::Rows { phase, error })?;
        let combined = combine_rows(matrix, weights, opening, operations);
        for (position, value) in positions.iter().zip(&mut values) {
            let found = own.binary_search(&position.wrapping_shr(lift)).ok();
            let found = found.and_then(|index| combined.get(index));
            *value += found.copied().unwrap_or_default();
        }
    }

    // (2) Rounds.
    let places = positions.iter().map(|position| place(log_size, *position));
    let mut known: Vec<(usize, E)> = places.zip(values).collect();
    known.sort_unstable_by_key(|(place, _)| *place);
    let mut left = log_size;
    for (number, (round, challenges)) in proof.rounds.iter().zip(&challenges).enumerate() {
        known = check_round(left, number, round, challenges, &known, operations)?;
        left = left.saturating_sub(challenges.len() as u32);
    }

    // (3) The last coefficients.
    fri::check_last(left, &proof.last, &known, operations)?;
    Ok(())
}

/// Combines the cells of each row.
fn combine_rows<E: Challenge>(
    matrix: &Matrix,
    weights: &[E],
    opening: &RowsOpening,
    operations: &mut Operations,
) -> Vec<E> {
    operations.scale(opening.cells.len());
    let rows = opening.cells.chunks_exact(matrix.width);
    let combined = rows.map(|row| {
        let terms = row.iter().zip(weights);
        terms.map(|(cell, weight)| weight.mul_base(*cell)).sum()
    });
    combined.collect()
}

/// Checks that all lists have their lengths, but for those that depend on positions.
fn check_form<E>(
    layout: &Layout,
    claims: &WordClaims<E>,
    proof: &WordsProof<E>,
) -> Result<(), LengthError> {
    let folds = folds(layout.log_height());
    let phases = present(layout).count();
    let coordinates = layout.log_height() as usize;
    lengths::check("coordinates of words", coordinates, claims.point.len())?;
    lengths::check("claims on words", phases, claims.words.len())?;
    lengths::check("opened phases", phases, proof.rows.len())?;
    lengths::check("rounds of folding", folds.len(), proof.rounds.len())?;
    // One coefficient more would be a polynomial of a higher degree.
    lengths::check("last coefficients", 1 << LOG_LAST, proof.last.len())?;
    for (fold, round) in folds.iter().zip(&proof.rounds) {
        lengths::check("halvings", *fold as usize, round.halves.len())?;
        lengths::check("works of halvings", *fold as usize, round.nonces.len())?;
    }
    Ok(())
}

/// All that is sent before the positions.
fn check_folding<E: Challenge>(
    layout: &Layout,
    parameters: &Parameters,
    claims: &WordClaims<E>,
    proof: &WordsProof<E>,
    transcript: &mut Transcript,
    operations: &mut Operations,
) -> Result<Folding<E>, WordsError> {
    check_form(layout, claims, proof)?;
    if !transcript.work(label::WORDS, parameters.words_work_bits, proof.nonce) {
        return Err(WordsError::Work { at: label::WORDS });
    }
    let delta: E = transcript.challenge(label::WORDS);
    let powers = delta.powers().zip(&claims.words);
    let mut sum: E = powers.map(|(power, word)| power * word.value).sum();
    let weights = delta.powers().zip(present(layout)).zip(&claims.words);
    let weights = weights.map(|((power, (_, matrix)), word)| {
        let table = table(&word.columns);
        let columns = table.iter().take(matrix.width);
        columns.map(|weight| power * *weight).collect()
    });
    let weights: Vec<Vec<E>> = weights.collect();

    let mut coordinates = claims.point.iter();
    let mut challenges = Vec::new();
    for (number, round) in proof.rounds.iter().enumerate() {
        let own = (&mut coordinates).take(round.halves.len());
        let own: Vec<E> = own.copied().collect();
        challenges.push(check_halves(
            parameters, number, round, &own, &mut sum, transcript,
        )?);
    }
    transcript.send(label::FINAL, &element_bytes(&proof.last));
    let rest: Vec<E> = coordinates.copied().collect();
    if extension(&proof.last, &rest) != sum {
        return Err(WordsError::Value);
    }
    let halvings = claims.point.len().saturating_mul(2);
    let products = halvings.saturating_add(proof.last.len());
    operations.multiply(weights.iter().fold(products, |sum, weights| {
        sum.saturating_add(weights.len().saturating_mul(2))
    }));

    if !transcript.work(label::QUERY, parameters.query_work_bits, proof.query_nonce) {
        return Err(WordsError::Work { at: label::QUERY });
    }
    let positions = transcript.positions(label::QUERY, parameters.queries, layout.log_size());
    Ok(Folding {
        weights,
        challenges,
        positions: merkle::distinct(&positions, 0),
    })
}

/// Checks the halvings of a round against the claim, which becomes that of the next one. Returns their challenges.
fn check_halves<E: Challenge>(
    parameters: &Parameters,
    number: usize,
    round: &RoundProof<E>,
    coordinates: &[E],
    sum: &mut E,
    transcript: &mut Transcript,
) -> Result<Vec<E>, WordsError> {
    transcript.send(label::FOLD, &round.root);
    let mut challenges = Vec::new();
    let halvings = round.halves.iter().zip(&round.nonces).zip(coordinates);
    for (halving, (([even, odd], nonce), coordinate)) in halvings.enumerate() {
        if *even + *coordinate * (*odd - *even) != *sum {
            return Err(WordsError::Halves {
                round: number,
                halving,
            });
        }
        transcript.send(label::HALVES, &element_bytes(&[*even, *odd]));
        if !transcript.work(label::FOLD, parameters.fold_work_bits, *nonce) {
            return Err(WordsError::Work { at: label::FOLD });
        }
        let challenge: E = transcript.challenge(label::HALVES);
        *sum = *even + challenge * (*odd - *even);
        challenges.push(challenge);
    }
    Ok(challenges)
}

/// Checks the rows of a matrix at positions of its own domain.
fn check_rows(
    matrix: &Matrix,
    expected: &Digest,
    positions: &[usize],
    opening: &RowsOpening,
    operations: &mut Operations,
) -> Result<(), OpeningError> {
    let cells = positions.len().saturating_mul(matrix.width);
    if cells != opening.cells.len() {
        return Err(OpeningError::Cells {
            log_height: matrix.log_height,
            expected: cells,
            got: opening.cells.len(),
        });
    }
    let mut bytes = Vec::new();
    let rows = opening.cells.chunks_exact(matrix.width).map(|row| {
        bytes.clear();
        put_row(&mut bytes, row);
        operations.hash(bytes.len());
        *blake3::hash(&bytes).as_bytes()
    });
    let rows = rows.collect();
    let depth = matrix.log_height.saturating_add(1);
    let siblings = &opening.siblings;
    merkle::check(depth, expected, positions, rows, siblings, operations)
}

/// Checks the entries of a round against what is known of it, ascending, and folds its leaves.
fn check_round<E: Challenge>(
    log_size: u32,
    number: usize,
    round: &RoundProof<E>,
    challenges: &[E],
    known: &[(usize, E)],
    operations: &mut Operations,
) -> Result<Vec<(usize, E)>, FoldError> {
    let (fold, root) = (challenges.len() as u32, &round.root);
    let opening = &round.opening;
    let leaves = fri::check_leaves(log_size, fold, number, root, opening, known, operations)?;
    let domain = (log_size, number == 0);
    let folded = leaves.into_iter().map(|(leaf, entries)| {
        let challenges = challenges.iter().copied();
        let folded = fri::fold_leaf(domain, leaf, entries, challenges, operations);
        (leaf, folded)
    });
    Ok(folded.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_leave_the_last_coefficients() {
        assert_eq!(folds(10), [4]);
        assert_eq!(folds(11), [4, 1]);
        assert_eq!(folds(20), [4, 4, 4, 2]);
        for log_height in 10..24 {
            assert_eq!(folds(log_height).iter().sum::<u32>() + LOG_LAST, log_height);
        }
    }
}
