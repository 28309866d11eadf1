//! The opening and the words of parts with arbitrary cells: prover against verifier, honest and not.

use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::{F, machine::Table};
use zonda_kernels::{LINE, P, Platform, Pool, Tree, Twiddles};
use zonda_verifier::{
    Challenge, FoldError, OpeningError as RowsError, Operations, QM31, Sextic,
    circle::{place, point, point_at, position, vanishing},
    fri::evaluate_line,
    heights::Heights,
    layout::{LOG_PAGE, Layout, MAIN, Matrix, PHASES, Sequence},
    multilinear::{eq_index, extension, table},
    opening::{self as checked, OpeningError, OpeningProof, WordClaims, present},
    point::RowPoint,
    preset::Parameters,
    protocol::label,
    transcript::Transcript,
    transcript::element_bytes,
    words::{self as checked_words, RoundProof, WordsError, WordsProof, folds},
};

use super::{Input, query};
use crate::{
    cancel::Cancel,
    engine::{
        challenge::{ProverChallenge, weight},
        commit::{self, Commitment},
        opening::{self, Opened},
        work::work,
    },
};

const PARAMETERS: Parameters = Parameters {
    queries: 7,
    query_work_bits: 3,
    fold_work_bits: 1,
    words_work_bits: 2,
    columns_work_bits: 2,
    global_work_bits: 0,
    lookup_work_bits: 0,
};

fn element<E: ProverChallenge>(seed: usize) -> E {
    E::from_coordinates_fn(|k| F::from_usize(1_000_003 * seed * (k + 1) + 77 * k + seed * seed))
}

/// A part with arbitrary cells, also where no rows are.
struct Part<E> {
    layout: Layout,
    words: [Vec<u32>; PHASES],
    point: RowPoint<E>,
    values: Vec<E>,
}

impl<E: ProverChallenge> Part<E> {
    fn new(height: impl Fn(Table) -> u32) -> Self {
        let layout = Layout::new(&Heights::new(height));
        let mut state = 1_u64;
        let words = layout.phases.each_ref().map(|matrix| {
            let cells = matrix.sequence.pages << LOG_PAGE;
            let mut words: Vec<u32> = (0..cells)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    match state >> 60 {
                        0 => 0,
                        1 => P - 1,
                        _ => (state >> 33) as u32 % P,
                    }
                })
                .collect();
            words.resize(matrix.width << matrix.log_height, 0);
            words
        });
        let rest = layout.heights.log_rows() as usize - 7;
        let point = RowPoint {
            lanes: core::array::from_fn(|i| element(i + 1)),
            skipped: core::array::from_fn(|i| element(i + 10)),
            rest: (30..30 + rest).map(element).collect(),
        };
        let mut part = Self {
            values: vec![E::ZERO; layout.values()],
            layout,
            words,
            point,
        };
        part.values = part.values();
        part
    }

    /// The sums over all rows.
    fn values(&self) -> Vec<E> {
        let mut values = vec![E::ZERO; self.layout.values()];
        let low = self.point.low_weights();
        for (phase, matrix) in self.layout.phases.iter().enumerate() {
            for chunk in &matrix.sequence.chunks {
                let first = self.layout.value(chunk.table, phase);
                for column in 0..chunk.columns {
                    for page in 0..1 << chunk.log_pages {
                        let place = chunk.start + (column << chunk.log_pages) + page;
                        let cells = &self.words[phase][place << LOG_PAGE..][..low.len()];
                        let terms = cells.iter().zip(&low);
                        let sum: E = terms.map(|(cell, w)| w.mul_base(F::new(*cell))).sum();
                        let weight = eq_index(self.point.pages(), chunk.first + page);
                        values[first + column] += weight * sum;
                    }
                }
            }
        }
        values
    }

    fn twiddles(&self) -> Twiddles {
        Twiddles::new(self.layout.log_size() as usize).unwrap()
    }

    fn commit(&self, platform: Platform) -> [Commitment; PHASES] {
        core::array::from_fn(|phase| {
            let (words, matrix) = (&self.words[phase], &self.layout.phases[phase]);
            let twiddles = self.twiddles();
            let cancel = Cancel::new();
            commit::commit(platform, &Pool::new(), &twiddles, words, matrix, &cancel).unwrap()
        })
    }

    fn open(
        &self,
        platform: Platform,
        parameters: &Parameters,
        values: &[E],
        transcript: &mut Transcript,
    ) -> Opened<E> {
        let input = opening::Input {
            platform,
            pool: &Pool::new(),
            layout: &self.layout,
            words: self.words.each_ref().map(|words| &words[..]),
            parameters,
        };
        opening::prove(&input, &self.point, values, transcript, &Cancel::new()).unwrap()
    }

    fn prove(&self, platform: Platform, parameters: &Parameters) -> Proof<E> {
        let commitments = self.commit(platform);
        let mut transcript = Transcript::new();
        let opened = self.open(platform, parameters, &self.values, &mut transcript);
        let input = Input {
            platform,
            pool: &Pool::new(),
            twiddles: &self.twiddles(),
            layout: &self.layout,
            commitments: commitments.each_ref(),
            parameters,
        };
        let cancel = Cancel::new();
        let (claims, combined) = (&opened.claims, opened.combined);
        let words = super::prove(&input, claims, combined, &mut transcript, &cancel).unwrap();
        Proof {
            roots: roots(&commitments),
            values: self.values.clone(),
            opening: opened.proof,
            words,
        }
    }

    fn check(&self, parameters: &Parameters, proof: &Proof<E>) -> Result<(), Refused> {
        let (steps, operations) = (&mut Transcript::new(), &mut Operations::default());
        let (layout, point, values) = (&self.layout, &self.point, &proof.values);
        let opening = &proof.opening;
        let claims = checked::check(
            layout, parameters, point, values, opening, steps, operations,
        )
        .map_err(Refused::Opening)?;
        let (roots, words) = (&proof.roots, &proof.words);
        checked_words::check(layout, roots, parameters, &claims, words, steps, operations)
            .map_err(Refused::Words)
    }
}

fn roots(commitments: &[Commitment; PHASES]) -> [Option<[u8; 32]>; PHASES] {
    commitments
        .each_ref()
        .map(|commitment| commitment.opened().map(|_| commitment.root()))
}

#[derive(Clone, Debug, PartialEq)]
struct Proof<E> {
    roots: [Option<[u8; 32]>; PHASES],
    values: Vec<E>,
    opening: OpeningProof<E>,
    words: WordsProof<E>,
}

#[derive(Debug, PartialEq)]
enum Refused {
    Opening(OpeningError),
    Words(WordsError),
}

/// One row of one table: one matrix, M = 10.
fn one_row(table: Table) -> u32 {
    u32::from(table == Table::AddSub)
}

/// Matrices of several heights, none of them that of the main phase's least.
fn several(table: Table) -> u32 {
    match table {
        Table::AddSub => 5000,
        Table::Multiply => 1024,
        Table::Transfer => 1,
        Table::Boundary => 17_000,
        Table::Instructions => 3000,
        Table::Program => 3000,
        Table::Image => 2000,
        Table::Zeroed => 77,
        Table::Gaps => 3,
        Table::Range16 | Table::Bytes => 1 << 16,
        Table::PowersOfTwo => 8,
        Table::Statement => 1,
        _ => 0,
    }
}

/// A fixed phase that is higher than the main one.
fn high_program(table: Table) -> u32 {
    match table {
        Table::Program => 9000,
        Table::Image => 1025,
        Table::Gaps => 30_000,
        Table::AddSub => 33,
        _ => 0,
    }
}

/// Every table.
fn every(table: Table) -> u32 {
    700 * table as u32 + 1
}

/// Two matrices, of which the main one has 2^11 rows: two rounds of folding.
fn two_rounds(table: Table) -> u32 {
    match table {
        Table::AddSub => 7000,
        Table::Gaps => 1,
        _ => 0,
    }
}

fn honest<E: ProverChallenge>() {
    let shapes: [fn(Table) -> u32; 5] = [one_row, several, high_program, every, two_rounds];
    for shape in shapes {
        let part = Part::<E>::new(shape);
        let mut proofs = Platform::available().into_iter().map(|platform| {
            let proof = part.prove(platform, &PARAMETERS);
            assert_eq!(part.check(&PARAMETERS, &proof), Ok(()), "{platform:?}");
            proof
        });
        let first = proofs.next().unwrap();
        assert!(proofs.all(|proof| proof == first));
        let naive = part.naive(&PARAMETERS, Lie::None);
        assert!(naive == first, "the naive prover proves the same");
    }
}

#[test]
fn honest_proofs_are_accepted_at_degree_4() {
    honest::<QM31>();
}

#[test]
fn honest_proofs_are_accepted_at_degree_6() {
    honest::<Sextic>();
}

#[test]
fn shapes_are_what_they_are_to_test() {
    let heights = |shape: fn(Table) -> u32| {
        let layout = Layout::new(&Heights::new(shape));
        let heights = present(&layout).map(|(_, matrix)| matrix.log_height);
        (layout.log_height(), heights.collect::<Vec<_>>(), layout)
    };
    let (m, all, _) = heights(one_row);
    assert_eq!((m, all), (10, vec![10]));
    let (m, all, layout) = heights(high_program);
    assert_eq!(all.iter().max(), Some(&m));
    assert!(layout.phases[MAIN].log_height < m);
    let (_, all, _) = heights(several);
    assert!(all.len() == PHASES && all.iter().min() < all.iter().max());
    let (m, all, _) = heights(two_rounds);
    assert_eq!((m, all), (11, vec![10, 11]));
}

/// What a naive prover lies about.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lie {
    None,
    /// The function of this coefficient is added to a column of the main matrix.
    Column(usize),
    /// An entry of a round's word is wrong, the tree and all later words agree with it.
    Word(usize),
    /// The halves of a halving are wrong, but agree with the claim.
    Halves(usize),
    /// The last coefficients are wrong, but have the value.
    Last,
}

impl<E: ProverChallenge> Part<E> {
    /// Proves one element at a time: folds values, and computes halves from coefficients.
    fn naive(&self, parameters: &Parameters, lie: Lie) -> Proof<E> {
        let platform = Platform::Portable;
        let mut commitments = self.commit(platform);
        if let Lie::Column(coefficient) = lie {
            commitments[MAIN] = self.spoiled(coefficient);
        }
        let mut transcript = Transcript::new();
        let opened = self.open(platform, parameters, &self.values, &mut transcript);
        let words = self.naive_words(&commitments, &opened, parameters, lie, &mut transcript);
        Proof {
            roots: roots(&commitments),
            values: self.values.clone(),
            opening: opened.proof,
            words,
        }
    }

    /// The main matrix, with five times a function of the basis added to its column 3.
    fn spoiled(&self, coefficient: usize) -> Commitment {
        let matrix = &self.layout.phases[MAIN];
        let (platform, pool, cancel) = (Platform::Portable, Pool::new(), Cancel::new());
        let log_height = matrix.log_height as usize;
        let words = &self.words[MAIN];
        let mut group = commit::fill(platform, &pool, words, matrix).unwrap();
        commit::evaluate(platform, &self.twiddles(), &mut group, log_height, &cancel).unwrap();
        let rows = group.blocks_mut()[0].chunks_exact_mut(LINE);
        for (at, row) in rows.enumerate() {
            let point = point_at(matrix.log_height + 1, position(matrix.log_height + 1, at));
            let functions = (0..=matrix.log_height).map(|bit| match bit {
                0 => point.y,
                _ => vanishing(bit, point.x),
            });
            let factors = functions.enumerate().map(|(bit, function)| {
                if coefficient >> bit & 1 == 1 {
                    function
                } else {
                    F::ONE
                }
            });
            let cell = F::new(row[3]) + F::new(5) * factors.product::<F>();
            row[3] = cell.as_canonical_u32();
        }
        Commitment::new(platform, &pool, group).unwrap()
    }

    /// What is combined: phases and their matrices, the powers of delta, and the weights of columns.
    fn terms<'a>(
        &'a self,
        claims: &'a WordClaims<E>,
        delta: E,
    ) -> impl Iterator<Item = (usize, &'a Matrix, E, Vec<E>)> {
        let words = claims.words.iter().zip(delta.powers());
        let terms = present(&self.layout).zip(words);
        terms.map(|((phase, matrix), (word, power))| (phase, matrix, power, table(&word.columns)))
    }

    /// The combination of all words, by places, from the committed values.
    fn values_of_words(
        &self,
        commitments: &[Commitment; PHASES],
        claims: &WordClaims<E>,
        delta: E,
    ) -> Vec<E> {
        let log_size = self.layout.log_size();
        let mut values = vec![E::ZERO; 1 << log_size];
        for (phase, matrix, power, weights) in self.terms(claims, delta) {
            let (group, _) = commitments[phase].opened().unwrap();
            for (at, value) in values.iter_mut().enumerate() {
                let t = position(log_size, at) >> (log_size - 1 - matrix.log_height);
                let row = place(matrix.log_height + 1, t);
                for (column, weight) in weights.iter().enumerate().take(matrix.width) {
                    *value += power * weight.mul_base(F::new(group.get(row, column)));
                }
            }
        }
        values
    }

    /// The coefficients of that combination, from the definition of lifting.
    fn coefficients(&self, claims: &WordClaims<E>, delta: E) -> Vec<E> {
        let log_height = self.layout.log_height();
        let mut coefficients = vec![E::ZERO; 1 << log_height];
        for (phase, matrix, power, weights) in self.terms(claims, delta) {
            let lift = log_height - matrix.log_height;
            for (index, cell) in self.words[phase].iter().enumerate() {
                let (column, j) = (index >> matrix.log_height, index % (1 << matrix.log_height));
                let odd = j & 1;
                let to = ((j >> 1) << (lift + 1)) + ((2 << lift) - 1) * odd;
                let up = F::TWO.exp_u64(u64::from(lift) * odd as u64);
                coefficients[to] += power * weights[column].mul_base(F::new(*cell) * up);
            }
        }
        coefficients
    }

    fn naive_words(
        &self,
        commitments: &[Commitment; PHASES],
        opened: &Opened<E>,
        parameters: &Parameters,
        lie: Lie,
        transcript: &mut Transcript,
    ) -> WordsProof<E> {
        let platform = Platform::Portable;
        let claims = &opened.claims;
        let nonce = work(
            platform,
            transcript,
            label::WORDS,
            parameters.words_work_bits,
        );
        let delta: E = transcript.challenge(label::WORDS);
        let mut naive = Naive {
            values: self.values_of_words(commitments, claims, delta),
            coefficients: self.coefficients(claims, delta),
            left: self.layout.log_size(),
            point: &claims.point,
        };
        let (rounds, words) = naive.rounds(lie, parameters, transcript);
        let (mut last, point) = (naive.coefficients, naive.point);
        if lie == Lie::Last {
            last[0] += point[0];
            last[1] -= E::ONE - point[0];
        }
        let (pool, twiddles) = (Pool::new(), self.twiddles());
        let input = Input {
            platform,
            pool: &pool,
            twiddles: &twiddles,
            layout: &self.layout,
            commitments: commitments.each_ref(),
            parameters,
        };
        query::answer(&input, nonce, rounds, &words, last, transcript)
    }
}

/// What a naive prover folds.
struct Naive<'a, E> {
    values: Vec<E>,
    coefficients: Vec<E>,
    left: u32,
    point: &'a [E],
}

impl<E: ProverChallenge> Naive<'_, E> {
    fn rounds(
        &mut self,
        lie: Lie,
        parameters: &Parameters,
        transcript: &mut Transcript,
    ) -> (Vec<RoundProof<E>>, Vec<(super::Word, u32)>) {
        let (mut rounds, mut words) = (Vec::new(), Vec::new());
        for (number, fold) in folds(self.point.len() as u32).into_iter().enumerate() {
            if lie == Lie::Word(number) {
                self.values[9] += E::ONE;
            }
            let word = word(&self.values, fold);
            transcript.send(label::FOLD, &word.tree.root());
            let mut round = RoundProof {
                root: word.tree.root(),
                ..RoundProof::default()
            };
            for halving in 0..fold as usize {
                let is_first = number == 0 && halving == 0;
                let is_lie = number == 0 && lie == Lie::Halves(halving);
                self.halve(is_first, is_lie, parameters, transcript, &mut round);
            }
            rounds.push(round);
            words.push((word, fold));
        }
        (rounds, words)
    }

    fn halve(
        &mut self,
        is_first: bool,
        is_lie: bool,
        parameters: &Parameters,
        transcript: &mut Transcript,
        round: &mut RoundProof<E>,
    ) {
        let (s, rest) = self.point.split_first().unwrap();
        let half = |first| -> Vec<E> {
            let half = self.coefficients.iter().skip(first).step_by(2);
            half.copied().collect()
        };
        let mut halves = [0, 1].map(|first| extension(&half(first), rest));
        if is_lie {
            halves = [halves[0] + *s, halves[1] - (E::ONE - *s)];
        }
        transcript.send(label::HALVES, &element_bytes(&halves));
        let bits = parameters.fold_work_bits;
        let nonce = work(Platform::Portable, transcript, label::FOLD, bits);
        let c: E = transcript.challenge(label::HALVES);
        let pairs = self.coefficients.chunks(2);
        self.coefficients = pairs
            .map(|pair| pair[0] + c * (pair[1] - pair[0]))
            .collect();
        self.values = halved(&self.values, self.left, is_first, c);
        round.halves.push(halves);
        round.nonces.push(nonce);
        self.left -= 1;
        self.point = rest;
    }
}

/// A word from its values.
fn word<E: ProverChallenge>(values: &[E], fold: u32) -> super::Word {
    let pool = Pool::new();
    let coordinates = (0..E::DEGREE).map(|k| {
        let mut column = pool.take(values.len()).unwrap();
        for (word, value) in column.iter_mut().zip(values) {
            *word = weight(value)[k];
        }
        column
    });
    let values: Vec<_> = coordinates.collect();
    let columns: Vec<&[u32]> = values.iter().map(|column| &column[..]).collect();
    let tree = Tree::of_codeword(Platform::Portable, &pool, &columns, 1 << fold).unwrap();
    super::Word { values, tree }
}

/// `(1 - c) f_0 + c f_1`, by places.
fn halved<E: ProverChallenge>(values: &[E], log_size: u32, is_circle: bool, c: E) -> Vec<E> {
    let pairs = values.chunks_exact(2).enumerate();
    let fold = pairs.map(|(index, pair)| {
        let w = if is_circle {
            point(log_size, false, index as u32).y
        } else {
            point(log_size + 1, false, 2 * index as u32).x
        };
        let even = (pair[0] + pair[1]).halve();
        let odd = (pair[0] - pair[1]).mul_base(w.inverse()).halve();
        (E::ONE - c) * even + c * odd
    });
    fold.collect()
}

/// So many queries that every position is among them, and no work: a proof can be changed in one place.
const EVERYWHERE: Parameters = Parameters {
    queries: 120_000,
    query_work_bits: 0,
    fold_work_bits: 0,
    words_work_bits: 0,
    columns_work_bits: 0,
    global_work_bits: 0,
    lookup_work_bits: 0,
};

fn lies<E: ProverChallenge>() {
    let part = Part::<E>::new(two_rounds);
    let proof = part.prove(Platform::detect(), &EVERYWHERE);
    let refused = |change: &dyn Fn(&mut Proof<E>)| {
        let mut proof = proof.clone();
        change(&mut proof);
        part.check(&EVERYWHERE, &proof).err()
    };
    assert_eq!(refused(&|_| ()), None, "the control");
    let opening = |error| Some(Refused::Opening(error));
    let words = |error| Some(Refused::Words(error));

    for index in [0, 1, part.values.len() - 1] {
        let lie = refused(&|proof| proof.values[index] += E::ONE);
        assert_eq!(lie, opening(OpeningError::Phases));
    }
    for side in 0..2 {
        for round in 0..proof.opening.low.len() {
            let lie = refused(&|proof| proof.opening.low[round][side] += E::ONE);
            assert_eq!(lie, opening(OpeningError::Phases));
        }
        for round in 0..proof.opening.pages.len() {
            let lie = refused(&|proof| proof.opening.pages[round][side] += E::ONE);
            assert_eq!(lie, opening(OpeningError::Phases));
        }
        for round in 0..proof.opening.point.len() {
            let lie = refused(&|proof| proof.opening.point[round][side] += E::ONE);
            assert_eq!(lie, opening(OpeningError::Words));
        }
        let lie = refused(&|proof| proof.opening.phases[side] += E::ONE);
        assert_eq!(lie, opening(OpeningError::Phases));
        let lie = refused(&|proof| proof.opening.words[side] += E::ONE);
        assert_eq!(lie, opening(OpeningError::Words));
        for (round, halvings) in proof.words.rounds.iter().enumerate() {
            for halving in 0..halvings.halves.len() {
                let lie = refused(&|proof| {
                    proof.words.rounds[round].halves[halving][side] += E::ONE;
                });
                assert_eq!(lie, words(WordsError::Halves { round, halving }));
            }
        }
    }
    let lie = refused(&|proof| proof.opening.phases.swap(0, 1));
    assert_eq!(lie, opening(OpeningError::Phases));
    let lie = refused(&|proof| proof.opening.words.swap(0, 1));
    assert_eq!(lie, opening(OpeningError::Words));
    for index in [0, 63] {
        let lie = refused(&|proof| proof.words.last[index] += E::ONE);
        assert_eq!(lie, words(WordsError::Value));
    }
    openings_refused(&refused);
}

fn openings_refused<E: ProverChallenge>(
    refused: &impl Fn(&dyn Fn(&mut Proof<E>)) -> Option<Refused>,
) {
    let words = |error| Some(Refused::Words(error));
    for (index, phase) in [1, MAIN].into_iter().enumerate() {
        let lie = refused(&|proof| proof.words.rows[index].cells[0] += F::ONE);
        let error = RowsError::Root;
        assert_eq!(lie, words(WordsError::Rows { phase, error }));
        let lie = refused(&|proof| {
            proof.words.rows[index].cells.pop();
        });
        let is_counted = matches!(
            lie,
            Some(Refused::Words(WordsError::Rows {
                error: RowsError::Cells { .. },
                ..
            }))
        );
        assert!(is_counted);
    }
    for round in 0..2 {
        let lie = refused(&|proof| proof.words.rounds[round].opening.entries[0] += E::ONE);
        let error = RowsError::Root;
        assert_eq!(
            lie,
            words(WordsError::Fold(FoldError::Opening { round, error }))
        );
        let lie = refused(&|proof| {
            proof.words.rounds[round].opening.entries.pop();
        });
        let is_counted = matches!(
            lie,
            Some(Refused::Words(WordsError::Fold(FoldError::Entries { .. })))
        );
        assert!(is_counted);
        let lie = refused(&|proof| proof.words.rounds[round].nonces[0] = 1);
        let at = label::FOLD;
        assert_eq!(lie, words(WordsError::Work { at }));
    }
    let lie = refused(&|proof| proof.words.nonce = 1);
    assert_eq!(lie, words(WordsError::Work { at: label::WORDS }));
    let lie = refused(&|proof| proof.words.query_nonce = 1);
    assert_eq!(lie, words(WordsError::Work { at: label::QUERY }));
    let lie = refused(&|proof| proof.opening.column_nonces[0] = 1);
    assert!(matches!(
        lie,
        Some(Refused::Opening(OpeningError::Work { .. }))
    ));
    let lie = refused(&|proof| proof.roots[MAIN] = None);
    assert_eq!(lie, words(WordsError::Root { phase: MAIN }));
}

/// Every list of a proof, one longer and one shorter.
fn forms<E: ProverChallenge>() {
    let part = Part::<E>::new(two_rounds);
    let proof = part.prove(Platform::detect(), &PARAMETERS);
    let refused = |change: &dyn Fn(&mut Proof<E>)| {
        let mut proof = proof.clone();
        change(&mut proof);
        part.check(&PARAMETERS, &proof).err()
    };
    assert_eq!(refused(&|_| ()), None, "the control");
    macro_rules! lists {
        ($($error:pat => $list:expr;)*) => {
            $(
                let list: fn(&mut Proof<E>) -> &mut Vec<_> = $list;
                let lie = refused(&|proof| { list(proof).pop(); });
                assert!(matches!(lie, Some($error)), "{lie:?}");
                let lie = refused(&|proof| {
                    let list = list(proof);
                    let last = list[list.len() - 1].clone();
                    list.push(last);
                });
                assert!(matches!(lie, Some($error)), "{lie:?}");
            )*
        };
    }
    lists! {
        Refused::Opening(OpeningError::Form) => |proof| &mut proof.values;
        Refused::Opening(OpeningError::Form) => |proof| &mut proof.opening.low;
        Refused::Opening(OpeningError::Form) => |proof| &mut proof.opening.pages;
        Refused::Opening(OpeningError::Form) => |proof| &mut proof.opening.column_nonces;
        Refused::Opening(OpeningError::Form) => |proof| &mut proof.opening.phases;
        Refused::Opening(OpeningError::Form) => |proof| &mut proof.opening.point;
        Refused::Opening(OpeningError::Form) => |proof| &mut proof.opening.words;
        Refused::Words(WordsError::Length(_)) => |proof| &mut proof.words.rounds;
        Refused::Words(WordsError::Length(_)) => |proof| &mut proof.words.last;
        Refused::Words(WordsError::Length(_)) => |proof| &mut proof.words.rows;
        Refused::Words(WordsError::Length(_)) => |proof| &mut proof.words.rounds[0].halves;
        Refused::Words(WordsError::Length(_)) => |proof| &mut proof.words.rounds[1].nonces;
        Refused::Words(WordsError::Rows { .. }) => |proof| &mut proof.words.rows[1].siblings;
        Refused::Words(WordsError::Fold(FoldError::Opening { .. })) => |proof| &mut proof.words.rounds[0].opening.siblings;
    }
}

/// Lies of a prover that does all the rest right.
fn consistent_lies<E: ProverChallenge>() {
    let part = Part::<E>::new(two_rounds);
    let check = |lie| part.check(&EVERYWHERE, &part.naive(&EVERYWHERE, lie)).err();
    let words = |error| Some(Refused::Words(error));
    assert_eq!(check(Lie::None), None, "the control");
    let height = 1 << part.layout.phases[MAIN].log_height;
    // A coefficient that is there is another cell, which the opening's values do not have.
    assert_eq!(
        check(Lie::Column(5)),
        words(WordsError::Fold(FoldError::Last))
    );
    // The function that the code has and the FFT space has not.
    assert_eq!(
        check(Lie::Column(height)),
        words(WordsError::Fold(FoldError::Last))
    );
    // Functions of higher degree.
    for coefficient in [height + 1, height + 2, 2 * height - 1] {
        assert_eq!(
            check(Lie::Column(coefficient)),
            words(WordsError::Fold(FoldError::Last))
        );
    }
    for round in 0..2 {
        assert_eq!(
            check(Lie::Word(round)),
            words(WordsError::Fold(FoldError::Folded { round }))
        );
    }
    for halving in 0..4 {
        let (round, halving) = (halving / 3, halving % 3);
        let lie = check(Lie::Halves(3 * round + halving));
        let next = 3 * round + halving + 1;
        let (round, halving) = (next / 4, next % 4);
        assert_eq!(lie, words(WordsError::Halves { round, halving }));
    }
    assert_eq!(check(Lie::Last), words(WordsError::Fold(FoldError::Last)));
}

/// Words of another matrix than the one that was opened.
fn other_words<E: ProverChallenge>() {
    let part = Part::<E>::new(two_rounds);
    let mut other = Part::<E>::new(two_rounds);
    other.words[MAIN][77] ^= 1;
    let proof = part.prove(Platform::detect(), &EVERYWHERE);
    let mut lie = proof.clone();
    let others = other.prove(Platform::detect(), &EVERYWHERE);
    assert!(
        other.check(&EVERYWHERE, &others).is_err(),
        "its values are others"
    );
    lie.roots = others.roots;
    lie.words.rows = others.words.rows;
    let refused = part.check(&EVERYWHERE, &lie).err();
    assert_eq!(
        refused,
        Some(Refused::Words(WordsError::Fold(FoldError::Folded {
            round: 0
        })))
    );
    assert_eq!(part.check(&EVERYWHERE, &proof), Ok(()), "the control");
}

/// The values of a matrix' columns, by the definition of the basis.
#[test]
fn matrices_of_all_widths_are_evaluated() {
    for width in [1, 15, 16, 17, 112] {
        let matrix = Matrix {
            sequence: Sequence::default(),
            log_height: 10,
            width,
        };
        let word = |index: usize| (index * 7_654_321 + 5) as u32 % P;
        let words: Vec<u32> = (0..width << 10).map(word).collect();
        let twiddles = Twiddles::new(11).unwrap();
        for platform in Platform::available() {
            let (pool, cancel) = (Pool::new(), Cancel::new());
            let commitment =
                commit::commit(platform, &pool, &twiddles, &words, &matrix, &cancel).unwrap();
            let (group, _) = commitment.opened().unwrap();
            assert_eq!((group.height(), group.width()), (2 << 10, width));
            for column in [0, width / 2, width - 1] {
                let cells = &words[column << 10..(column + 1) << 10];
                let half = |first: usize| -> Vec<QM31> {
                    let cells = cells.iter().skip(first).step_by(2);
                    cells.map(|cell| QM31::from_base(F::new(*cell))).collect()
                };
                for t in [0, 1, 77, 1024, 2047] {
                    let at = point_at(11, t);
                    let [even, odd] = [0, 1].map(|first| evaluate_line(&half(first), at.x));
                    let value = even + odd.mul_base(at.y);
                    let got = F::new(group.get(place(11, t), column));
                    assert_eq!(value, QM31::from_base(got));
                }
            }
        }
    }
}

#[test]
fn lies_are_refused_at_degree_4() {
    lies::<QM31>();
    forms::<QM31>();
    consistent_lies::<QM31>();
    other_words::<QM31>();
}

#[test]
fn lies_are_refused_at_degree_6() {
    lies::<Sextic>();
    forms::<Sextic>();
    consistent_lies::<Sextic>();
    other_words::<Sextic>();
}
