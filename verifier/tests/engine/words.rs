//! The low-degree test by itself: a prover that folds honestly from a word that is not a codeword.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::F;
use zonda_verifier::{
    Challenge, FoldError, QM31,
    circle::{point, position},
    fri::{self, Round, put_leaf},
    layout::folds,
    merkle::distinct,
    proof::FoldOpening,
};

use crate::{Report, spec::Spec, tree::Tree};

/// The domain has `2^LOG_SIZE` points.
const LOG_SIZE: u32 = 11;
const QUERIES: u32 = 4;
const SEEDS: u32 = 1000;

/// One halving of a word.
fn halve(entries: &[QM31], over_y: bool, beta: QM31) -> Vec<QM31> {
    let k = entries.len().ilog2();
    let fold = |j: usize| {
        let twiddle = if over_y {
            point(k, false, j as u32).y
        } else {
            point(k + 1, false, 2 * j as u32).x
        };
        let [a, b] = [entries[2 * j], entries[2 * j + 1]];
        a + b + beta * (a - b) * QM31::from_base(p3_field::Field::inverse(&twiddle))
    };
    (0..entries.len() / 2).map(fold).collect()
}

/// Whether the test accepts the zero word, changed on this part of its leaves, from a prover that
/// goes on as if nothing had been changed.
fn accepts(seed: u32, changed_in_1000: u32) -> Result<(), FoldError> {
    let mut transcript = Spec::default();
    transcript.absorb("seed", &seed.to_le_bytes());
    let mut entries = vec![QM31::ZERO; 1 << LOG_SIZE];
    let mut told = entries.clone();
    let count = (entries.len() as u32 / 8 * changed_in_1000).div_ceil(1000) as usize;
    // A leaf that folds to something else is noticed if it is looked at.
    for leaf in told.chunks_mut(8).take(count) {
        leaf.iter_mut().for_each(|x| *x = QM31::ONE);
        leaf[1] = QM31::TWO;
    }
    let (mut rounds, mut layers) = (Vec::new(), Vec::new());
    for (number, fold) in folds(LOG_SIZE).into_iter().enumerate() {
        let word = if number == 0 { &told } else { &entries };
        let leaf = |log_size: u32, index: usize| {
            let mut bytes = Vec::new();
            if 1 << log_size == word.len() >> fold {
                put_leaf(&mut bytes, &word[index << fold..(index + 1) << fold]);
            }
            bytes
        };
        let tree = Tree::new(word.len().ilog2() - fold, leaf);
        transcript.absorb("fold", &tree.root());
        let mut beta: QM31 = transcript.challenge("fold");
        let root = tree.root();
        rounds.push(Round { root, beta });
        layers.push((word.clone(), tree, fold));
        for step in 0..fold {
            entries = halve(&entries, number == 0 && step == 0, beta);
            beta = beta.square();
        }
    }
    let last = vec![QM31::ZERO; 64];
    let positions = transcript.positions("query", QUERIES, LOG_SIZE);
    let positions = distinct(&positions, 0);
    let place = |t: &usize| zonda_verifier::circle::place(LOG_SIZE, *t);
    let values = positions.iter().map(|t| told[place(t)]).collect();
    let mut indices: Vec<usize> = positions.iter().map(place).collect();
    let mut openings = Vec::new();
    for (word, tree, fold) in layers {
        let leaves = distinct(&indices, fold);
        let leaf = |leaf: &usize| word[leaf << fold..(leaf + 1) << fold].to_vec();
        openings.push(FoldOpening {
            entries: leaves.iter().flat_map(leaf).collect(),
            siblings: tree.siblings(&leaves),
        });
        indices = leaves;
    }
    let mut cost = Default::default();
    fri::check(
        LOG_SIZE, &rounds, &openings, &last, &positions, values, &mut cost,
    )
}

/// A19: how often a word that is too far from all codewords is accepted, and how often that may be.
pub fn report(report: &mut Report) {
    assert_eq!(accepts(0, 0), Ok(()), "the control");
    for changed in [100, 250, 260, 300, 500] {
        let accepted = (0..SEEDS)
            .filter(|seed| accepts(*seed, changed).is_ok())
            .count();
        let miss = 1.0 - f64::from(changed) / 1000.0;
        let bound = miss.powi(QUERIES as i32);
        let spread = (bound * (1.0 - bound) / f64::from(SEEDS)).sqrt();
        let share = accepted as f64 / f64::from(SEEDS);
        let result: Result<(), String> = Err(format!(
            "{:.1} % of {SEEDS} accepted; {:.1} % may be",
            100.0 * share,
            100.0 * bound
        ));
        let what = format!("{changed} of 1000 leaves, {QUERIES} queries");
        report.line(
            "A19",
            "a word that is not a codeword",
            &what,
            &result,
            "",
            "",
        );
        // Five standard deviations.
        if share > bound + 5.0 * spread || share < bound - 5.0 * spread {
            report
                .wrong
                .push(format!("A19 {what}: {share} accepted, {bound} expected"));
        }
    }
}

/// A18: a word of one coefficient too many, honestly folded, does not end with the polynomial that
/// can be stated; and every coefficient that is allowed does.
#[test]
fn one_coefficient_too_many() {
    for coefficient in [0_usize, 1, 2, 1023, 1024, 1025, 2047] {
        let mut word: Vec<F> = (0..1 << LOG_SIZE)
            .map(|i| F::from_bool(i == coefficient))
            .collect();
        let twiddles = zonda_verifier::interpolate::Twiddles::new(LOG_SIZE);
        zonda_verifier::interpolate::values(&mut word, &twiddles);
        assert_eq!(position(LOG_SIZE, 0), 0);
        let mut entries: Vec<QM31> = word.into_iter().map(QM31::from_base).collect();
        let mut beta = QM31::from_coordinates_fn(|i| F::from_usize(3 + i));
        for step in 0..LOG_SIZE - 7 {
            entries = halve(&entries, step == 0, beta);
            beta = beta.square() + QM31::ONE;
        }
        // The result must be a polynomial of 64 coefficients on 128 points.
        let mut left = entries;
        for j in 0..7_u32 {
            let stride = 1 << j;
            for block in (0..128).step_by(2 * stride) {
                let x = point(7 - j + 1, false, (block >> j) as u32).x;
                let inverse = QM31::from_base(p3_field::Field::inverse(&x.double()));
                for i in block..block + stride {
                    let [a, b] = [left[i], left[i + stride]];
                    left[i] = (a + b).halve();
                    left[i + stride] = (a - b) * inverse;
                }
            }
        }
        let allowed = left[64..].iter().all(|x| *x == QM31::ZERO);
        assert_eq!(allowed, coefficient < 1024, "{coefficient}");
    }
}
