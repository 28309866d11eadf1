//! A prover of parts that is slow and plain. It states the arguments itself, after the document.

mod fractions;
mod opening;
mod rows;
mod words;

use std::collections::BTreeMap;

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    machine::{self, Table},
};
use zonda_verifier::{Challenge, part::Body, preset::Parameters, proof::Digest, words::WordsProof};

pub use fractions::holds;
pub use words::leaf_bytes;

use crate::{
    circle::Halvings,
    layout::{BOUNDARY, Layout, MAIN, Matrix, PAGE, Page},
    machine::{Lookups, Machine},
    spec::{Spec, cell_bytes},
    tree::Tree,
};

/// The deviations of a dishonest prover; the honest one has none. After each the prover goes on as if
/// it had been honest, with challenges that follow from its messages.
#[allow(unused_variables)]
pub trait Prover<E: Challenge> {
    /// The elements of a message, before it is sent; `round` counts those of one label. Where their sum
    /// with `weights` is checked against a claim, there are weights.
    fn message(&mut self, label: &'static str, round: usize, weights: &[E], elements: &mut [E]) {}

    /// The label of the steps that it leaves out of the transcript.
    fn forgets(&self) -> Option<&'static str> {
        None
    }

    /// Whether it does the work; `round` counts those of one label.
    fn works(&mut self, label: &'static str, round: usize) -> bool {
        true
    }

    /// The rows of a phase's matrix on the extended domain, before they are committed to.
    fn commit(&mut self, phase: usize, rows: &mut [Vec<F>]) {}

    /// The values of the word of a round of folding, before they are committed to.
    fn word(&mut self, round: usize, values: &mut [E]) {}
}

/// The honest prover.
pub struct Honest;

impl<E: Challenge> Prover<E> for Honest {}

/// A table with its rows, of preprocessed, boundary and main cells.
#[derive(Clone, Debug)]
pub struct Input {
    pub table: Table,
    pub height: usize,
    /// As many as the height says, and free ones to the end of the page at most.
    pub rows: Vec<Vec<F>>,
}

/// A phase: the columns' coefficients, their rows on the extended domain by position, and the tree.
pub struct Committed {
    columns: Vec<Vec<F>>,
    rows: Vec<Vec<F>>,
    tree: Tree,
}

impl Committed {
    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// The value of a column at a position.
    pub fn value(&self, position: usize, column: usize) -> F {
        self.rows[position][column]
    }
}

/// The cells of a matrix, in sequence.
fn cells(inputs: &[Input], matrix: &Matrix) -> Vec<F> {
    let page = |Page { column, page }: &Page| {
        let rows = inputs.iter().find(|input| input.table == column.table);
        let rows = &rows.unwrap().rows;
        let cell = |row: usize| rows.get(row).map_or(F::ZERO, |cells| cells[column.number]);
        (page * PAGE..(page + 1) * PAGE)
            .map(cell)
            .collect::<Vec<F>>()
    };
    matrix.pages.iter().flat_map(page).collect()
}

pub fn commit<E: Challenge>(
    inputs: &[Input],
    matrix: &Matrix,
    prover: &mut impl Prover<E>,
) -> Committed {
    let mut cells = cells(inputs, matrix);
    cells.resize(matrix.width << matrix.m, F::ZERO);
    let columns: Vec<Vec<F>> = cells.chunks(1 << matrix.m).map(<[F]>::to_vec).collect();
    let halvings = Halvings::new(matrix.m + 1);
    let values = |column: &Vec<F>| halvings.values(column, 0, |a, b| a * b);
    let by_place: Vec<Vec<F>> = columns.iter().map(values).collect();
    let row = |position| {
        let place = crate::circle::place(matrix.m + 1, position);
        by_place.iter().map(|column| column[place]).collect()
    };
    let mut rows: Vec<Vec<F>> = (0..2 << matrix.m).map(row).collect();
    prover.commit(matrix.phase, &mut rows);
    let leaves = rows.iter().map(|row| cell_bytes(row.iter().copied()));
    let tree = Tree::new(leaves);
    Committed {
        columns,
        rows,
        tree,
    }
}

/// The data of a part that a prover has before the global challenges.
pub struct Begun {
    pub inputs: Vec<Input>,
    pub layout: Layout,
    /// Of the matrices of phases up to that of the boundary, in order.
    committed: Vec<Committed>,
}

impl Begun {
    pub fn new<E: Challenge>(inputs: Vec<Input>, prover: &mut impl Prover<E>) -> Self {
        let heights = inputs.iter().map(|input| (input.table, input.height));
        let layout = Layout::new(heights.collect());
        let early = layout.matrices.iter().filter(|matrix| matrix.phase < MAIN);
        let committed = early.map(|matrix| commit(&inputs, matrix, prover));
        Self {
            committed: committed.collect(),
            inputs,
            layout,
        }
    }

    /// The root of a phase before the main columns, if it has any columns.
    pub fn root(&self, phase: usize) -> Option<Digest> {
        let mut phases = self.layout.matrices.iter().zip(&self.committed);
        let own = phases.find(|(matrix, _)| matrix.phase == phase);
        own.map(|(_, committed)| committed.root())
    }

    pub fn boundary_root(&self) -> Digest {
        self.root(BOUNDARY).unwrap_or_default()
    }
}

/// A prover in conversation.
struct Session<'a, P> {
    transcript: Spec,
    prover: &'a mut P,
    /// How many messages and works there have been under each label.
    messages: BTreeMap<&'static str, usize>,
    works: BTreeMap<&'static str, usize>,
}

fn next(rounds: &mut BTreeMap<&'static str, usize>, label: &'static str) -> usize {
    let round = rounds.entry(label).or_default();
    *round += 1;
    *round - 1
}

impl<'a, P> Session<'a, P> {
    fn new(transcript: Spec, prover: &'a mut P) -> Self {
        Self {
            transcript,
            prover,
            messages: BTreeMap::new(),
            works: BTreeMap::new(),
        }
    }

    /// What is sent of a message.
    fn message<E: Challenge, const N: usize>(
        &mut self,
        label: &'static str,
        mut elements: [E; N],
    ) -> [E; N]
    where
        P: Prover<E>,
    {
        self.tell(label, &[], &mut elements);
        elements
    }

    fn tell<E: Challenge>(&mut self, label: &'static str, weights: &[E], elements: &mut [E])
    where
        P: Prover<E>,
    {
        let round = next(&mut self.messages, label);
        self.prover.message(label, round, weights, elements);
    }

    fn work<E: Challenge>(&mut self, label: &'static str, bits: u32) -> u64
    where
        P: Prover<E>,
    {
        let round = next(&mut self.works, label);
        if self.prover.works(label, round) {
            self.transcript.grind(label, bits)
        } else {
            self.transcript.work(label, bits, 0);
            0
        }
    }

    /// Sends a message that work follows, and draws a challenge for it.
    fn worked<E: Challenge>(
        &mut self,
        label: &'static str,
        elements: &[E],
        (work, bits): (&'static str, u32),
    ) -> (u64, E)
    where
        P: Prover<E>,
    {
        let bytes = crate::spec::element_bytes(elements);
        self.transcript.send(label, &bytes);
        let nonce = self.work(work, bits);
        (nonce, self.transcript.draw(label, &[]))
    }
}

/// Everything about a part that its sums are about.
struct Stated<'a> {
    inputs: &'a [Input],
    layout: &'a Layout,
    machine: &'a Machine,
    part: &'a machine::Part,
}

/// Sections 8.2 to 8.7: proves a part, whose transcript has come to its position.
pub fn prove<E: Challenge>(
    begun: Begun,
    part: &machine::Part,
    parameters: &Parameters,
    global: (E, E),
    transcript: Spec,
    prover: &mut impl Prover<E>,
) -> Body<E> {
    let Begun {
        inputs,
        layout,
        mut committed,
    } = begun;
    let mut session = Session::new(transcript, prover);
    let mut body = Body::default();
    if let Some(main) = layout.matrices.iter().find(|matrix| matrix.phase == MAIN) {
        committed.push(commit(&inputs, main, session.prover));
        body.main = committed[committed.len() - 1].root();
    }
    session.transcript.send("main", &body.main);
    body.lookup_nonce = session.work("lookup", parameters.lookup_work_bits);
    let lookups: Lookups<E> = [session.transcript.lookup("lookup"), global];
    let machine = &Machine::new::<E>();
    let stated = Stated {
        inputs: &inputs,
        layout: &layout,
        machine,
        part,
    };
    let (tree, leaf) = fractions::prove(&stated, lookups, &mut session);
    body.tree = tree;
    let (rows, values, point) = rows::prove(&stated, lookups, &leaf, &mut session);
    (body.rows, body.values) = (rows, values);
    let mut columns: Vec<&[Vec<F>]> = Vec::new();
    columns.extend(committed.iter().map(|committed| &committed.columns[..]));
    let gamma = session.transcript.draw("values", &body.values);
    let (opening, claims) =
        opening::prove(&layout, &columns, &point, gamma, parameters, &mut session);
    body.opening = opening;
    let words = &body.opening.words;
    body.words = words::prove(
        &layout,
        &committed,
        &claims,
        words,
        parameters,
        &mut session,
    );
    body
}

/// Sections 8.6 and 8.7 by themselves, of one phase with one column: its coefficients, a point, and the value
/// of their extension there.
pub fn prove_words<E: Challenge>(
    layout: &Layout,
    committed: &[Committed],
    (coefficients, point, value): (Vec<E>, Vec<E>, E),
    parameters: &Parameters,
    transcript: Spec,
    prover: &mut impl Prover<E>,
) -> WordsProof<E> {
    let claims = opening::Claims {
        words: vec![coefficients],
        point,
    };
    let mut session = Session::new(transcript, prover);
    words::prove(
        layout,
        committed,
        &claims,
        &[value],
        parameters,
        &mut session,
    )
}
