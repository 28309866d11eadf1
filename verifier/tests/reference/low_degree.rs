//! The low-degree test by itself: one column, of which what is committed to is no codeword, and a prover that
//! folds as if it were one.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{F, machine::Table};
use zonda_verifier::{
    Challenge, FoldError, Heights, Parameters, QM31, Transcript, layout,
    opening::{WordClaim, WordClaims},
    transcript::element_bytes,
    words::{self, WordsError},
};

use crate::{
    FREE,
    circle::{evaluate, place, point},
    layout::Layout,
    multilinear::{extension, some},
    prover::{Input, Prover, commit, prove_words},
    spec::Spec,
};

/// The column has `2^M` coefficients, and the domain twice as many points.
const M: u32 = 10;

const PARAMETERS: Parameters = Parameters { queries: 4, ..FREE };

/// What is false about the rows, by position, and about the first word, by place.
#[derive(Default)]
struct Liar {
    rows: Vec<F>,
    word: Vec<QM31>,
}

impl Prover<QM31> for Liar {
    fn commit(&mut self, _: usize, rows: &mut [Vec<F>]) {
        for (row, error) in rows.iter_mut().zip(&self.rows) {
            row[0] += *error;
        }
    }

    fn word(&mut self, round: usize, values: &mut [QM31]) {
        assert_eq!(round, 0, "there is one round");
        for (value, error) in values.iter_mut().zip(&self.word) {
            *value += *error;
        }
    }
}

/// The column: of the only table with one committed column.
fn inputs() -> [Input; 1] {
    let row = |row: u32| vec![F::ZERO, F::ZERO, F::from_u32(row * row + 5)];
    let height = 1 << M;
    [Input {
        table: Table::PowersOfTwo,
        height,
        rows: (0..height as u32).map(row).collect(),
    }]
}

/// A test that is repeated: the committed column, its extension at a point, and a liar.
struct Test {
    layout: Layout,
    committed: crate::prover::Committed,
    point: Vec<QM31>,
    liar: Liar,
}

impl Test {
    fn new(mut liar: Liar) -> Self {
        let layout = Layout::new(vec![(Table::PowersOfTwo, 1 << M)]);
        assert_eq!((layout.matrices.len(), layout.matrices[0].m), (1, M));
        Self {
            committed: commit(&inputs(), &layout.matrices[0], &mut liar),
            point: (0..M as usize).map(some).collect(),
            layout,
            liar,
        }
    }

    /// The verifier's verdict, with challenges that a seed decides.
    fn verdict(&mut self, seed: u32) -> Result<(), WordsError> {
        let [input] = inputs();
        let coefficients = input.rows.iter().map(|row| QM31::from_base(row[2]));
        let coefficients: Vec<QM31> = coefficients.collect();
        let value = extension(&coefficients, &self.point);
        let mut spec = Spec::default();
        spec.send("seed", &seed.to_le_bytes());
        let committed = std::slice::from_ref(&self.committed);
        let claimed = (coefficients, self.point.clone(), value);
        let (layout, liar) = (&self.layout, &mut self.liar);
        let proof = prove_words(layout, committed, claimed, &PARAMETERS, spec, liar);
        let mut transcript = Transcript::new();
        transcript.send("seed", &seed.to_le_bytes());
        transcript.send("words", &element_bytes(&[value]));
        let claims = WordClaims {
            point: self.point.clone(),
            words: vec![WordClaim {
                phase: 3,
                columns: vec![QM31::ZERO; 7],
                value,
            }],
        };
        let heights = Heights::new(|table| self.layout.height(table) as u32);
        let roots = [None, None, None, Some(self.committed.root())];
        words::check(
            &layout::Layout::new(&heights),
            &roots,
            &PARAMETERS,
            &claims,
            &proof,
            &mut transcript,
            &mut Default::default(),
        )
    }
}

/// A19: a word that is too far from all codewords is accepted as often as the queries miss, and not more.
#[test]
fn words_that_are_no_codewords_are_refused_as_often_as_they_should() {
    assert_eq!(Test::new(Liar::default()).verdict(0), Ok(()), "the control");
    const SEEDS: u32 = 400;
    for share in [0.1, 0.25, 0.5_f64] {
        let leaves = (share * f64::from(2 << M >> 4)).ceil();
        let share = leaves / f64::from(2 << M >> 4);
        let mut liar = Liar::default();
        // Rows agree with the word, which then folds to something else.
        let is_false = |at: usize| at >> 4 < leaves as usize;
        liar.word = (0..2 << M)
            .map(|at| QM31::from_bool(is_false(at)))
            .collect();
        let by_position = (0..2 << M).map(|t| F::from_bool(is_false(place(M + 1, t))));
        liar.rows = by_position.collect();
        let mut test = Test::new(liar);
        let accepted = (0..SEEDS)
            .filter(|seed| match test.verdict(*seed) {
                Ok(()) => true,
                Err(error) => {
                    assert_eq!(error, WordsError::Fold(FoldError::Last));
                    false
                }
            })
            .count();
        let expected = (1.0 - share).powi(PARAMETERS.queries as i32);
        let spread = (expected * (1.0 - expected) / f64::from(SEEDS)).sqrt();
        let got = accepted as f64 / f64::from(SEEDS);
        // Five standard deviations.
        assert!(
            (got - expected).abs() < 5.0 * spread,
            "{share}: {got} accepted, not {expected}"
        );
    }
}

/// A18: the column and a polynomial of more coefficients than it may have, honestly evaluated.
#[test]
fn one_coefficient_too_many_is_refused() {
    for coefficient in [1 << M, (1 << M) + 1, (2 << M) - 1] {
        let mut more = vec![QM31::ZERO; 2 << M];
        more[coefficient] = QM31::ONE;
        let value = |t: usize| {
            let at = point(M + 1, t >> M, t % (1 << M));
            evaluate(&more, at).coordinate(0)
        };
        let rows: Vec<F> = (0..2 << M).map(value).collect();
        let mut word = vec![QM31::ZERO; 2 << M];
        for (t, value) in rows.iter().enumerate() {
            word[place(M + 1, t)] = QM31::from_base(*value);
        }
        let refused = Test::new(Liar { rows, word }).verdict(1);
        assert_eq!(refused, Err(WordsError::Fold(FoldError::Last)));
    }
}

/// A18: the values at conjugate points exchanged: those of another polynomial, of as many coefficients.
#[test]
fn a_sign_of_y_is_refused() {
    let honest = Test::new(Liar::default());
    let value = |t: usize| honest.committed.value(t, 0);
    let difference = |t: usize| value(t ^ 1 << M) - value(t);
    let rows: Vec<F> = (0..2 << M).map(difference).collect();
    let mut word = vec![QM31::ZERO; 2 << M];
    for (t, value) in rows.iter().enumerate() {
        word[place(M + 1, t)] = QM31::from_base(*value);
    }
    let refused = Test::new(Liar { rows, word }).verdict(2);
    assert_eq!(refused, Err(WordsError::Fold(FoldError::Last)));
}
