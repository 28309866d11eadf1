//! The sum over rows: section 8.4.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{F, machine::Table};
use zonda_verifier::{Challenge, rows::RowsProof};

use super::{Input, Prover, Session, Stated};
use crate::{
    layout::Column,
    machine::{Combination, Lookups, width},
    multilinear::{Eq, eq_table, lagrange, line, nodes},
    point::{LeafPoint, RowPoint},
    sparse::{Sparse, pairs},
};

/// A table's rows that are not zero, by index.
struct Cells<E> {
    table: Table,
    public: Vec<F>,
    of_zeros: E,
    rows: Sparse<Vec<E>>,
}

impl<E: Challenge> Cells<E> {
    fn zeros(&self) -> Vec<E> {
        vec![E::ZERO; width(self.table)]
    }

    /// The rows at a value of the bit that is bound, given as that of the line through two cells.
    fn at(&self, line: impl Fn(E, E) -> E) -> Sparse<Vec<E>> {
        let zeros = self.zeros();
        let row = |(index, pair): (usize, [Option<&Vec<E>>; 2])| {
            let [a, b] = pair.map(|row| row.unwrap_or(&zeros));
            let cells = a.iter().zip(b).map(|(a, b)| line(*a, *b));
            (index, cells.collect())
        };
        pairs(&self.rows).map(row).collect()
    }

    /// The sum of what is stated of these rows, with weights.
    fn sum(&self, rows: &Sparse<Vec<E>>, rest: &[E], combination: &Combination<'_, E>) -> E {
        let eq = Eq::new(rest);
        let term = |(index, cells): &(usize, Vec<E>)| {
            let own = combination.of(self.table, cells, &self.public);
            eq.at(*index) * (own - self.of_zeros)
        };
        rows.iter().map(term).sum()
    }
}

/// The eight rows that differ in the skipped bits only, by the other bits: from the lowest, 7 to
/// n - 1, then 0 to 3.
fn groups(input: &Input, n: u32) -> Sparse<Vec<Vec<F>>> {
    let mut groups = std::collections::BTreeMap::new();
    for (x, cells) in input.rows.iter().enumerate() {
        let (lane, skipped, rest) = (x & 15, x >> 4 & 7, x >> 7);
        let zeros = || vec![vec![F::ZERO; width(input.table)]; 8];
        let group = groups.entry(lane << (n - 7) | rest).or_insert_with(zeros);
        group[skipped].clone_from(cells);
    }
    groups.into_iter().collect()
}

/// Rows at a value of the skipped bits: what `value` makes of the eight cells of a column.
fn at_skipped<E: Challenge>(
    groups: &Sparse<Vec<Vec<F>>>,
    value: impl Fn([F; 8]) -> E,
) -> Sparse<Vec<E>> {
    let row = |(index, rows): &(usize, Vec<Vec<F>>)| {
        let cells = |number: usize| std::array::from_fn(|skipped| rows[skipped][number]);
        let columns = 0..rows[0].len();
        (*index, columns.map(|number| value(cells(number))).collect())
    };
    groups.iter().map(row).collect()
}

/// `m`, `e` and `f` of the polynomial of degree 3 with these values at 0 to 3.
fn cubic<E: Challenge>([s0, s1, s2, s3]: [E; 4]) -> [E; 3] {
    let m = s1 - s0;
    // The rest is X (X - 1) (e + f X).
    let at_2 = s2 - s0 - m.double();
    let at_3 = s3 - s0 - m * E::from_u32(3);
    let [e2, e3] = [at_2.halve(), at_3 * E::from_u32(6).try_inverse().unwrap()];
    let f = e3 - e2;
    [m, e2 - f.double(), f]
}

/// The coordinates of all bits that are not skipped, in the order in which they are bound.
fn others<E: Challenge>(leaf: &LeafPoint<E>) -> Vec<E> {
    [&leaf.rows[7..], &leaf.rows[..4]].concat()
}

/// The first round: what is sent, the rows that are left, and the weights of the skipped values.
fn skip_round<E: Challenge, P: Prover<E>>(
    stated: &Stated<'_>,
    combination: &Combination<'_, E>,
    leaf: &LeafPoint<E>,
    session: &mut Session<'_, P>,
) -> (Vec<E>, Vec<Cells<E>>, Vec<E>) {
    let others = others(leaf);
    let mut skip = vec![E::ZERO; 22];
    let mut tables = Vec::new();
    for input in stated.inputs {
        let public = input.table.public(stated.part);
        let cells = Cells {
            table: input.table,
            of_zeros: combination.of_zeros(input.table, &public),
            public,
            rows: Vec::new(),
        };
        let groups = groups(input, stated.layout.n);
        for (sum, x) in skip.iter_mut().zip(nodes::<F>(22)) {
            let weights = lagrange(&nodes(8), x);
            let value = |cells: [F; 8]| cells.iter().zip(&weights).map(|(c, w)| *c * *w).sum();
            let rows = at_skipped(&groups, |cells| E::from_base(value(cells)));
            *sum += cells.sum(&rows, &others, combination);
        }
        tables.push((cells, groups));
    }
    session.tell("skip", &eq_table(&leaf.rows[4..7]), &mut skip);
    let xi = session.transcript.draw("skip", &skip);
    let skipped = lagrange(&nodes(8), xi);
    let bind = |(mut cells, groups): (Cells<E>, _)| {
        cells.rows = at_skipped(&groups, |cells| {
            let terms = skipped.iter().zip(cells);
            terms.map(|(weight, cell)| weight.mul_base(cell)).sum()
        });
        cells
    };
    let tables = tables.into_iter().map(bind).collect();
    (skip, tables, skipped)
}

/// The proof, the values, and the point at which they are.
pub fn prove<E: Challenge, P: Prover<E>>(
    stated: &Stated<'_>,
    lookups: Lookups<E>,
    leaf: &[E],
    session: &mut Session<'_, P>,
) -> (RowsProof<E>, Vec<E>, RowPoint<E>) {
    let leaf = LeafPoint::new(leaf, stated.layout.n, stated.machine.slot_bits);
    let alpha = session.transcript.draw("alpha", &[]);
    let combination = Combination::new(stated.machine, lookups, alpha, &leaf.slot);
    let (skip, mut tables, skipped) = skip_round(stated, &combination, &leaf, session);
    let others = others(&leaf);
    let (mut rounds, mut bound) = (Vec::new(), Vec::new());
    for bit in 0..others.len() {
        let rest = &others[bit + 1..];
        let lines: [fn(E, E) -> E; 4] = [
            |a, _| a,
            |_, b| b,
            |a, b| b.double() - a,
            |a, b| b.double() + b - a.double(),
        ];
        let values = lines.map(|line| {
            let rows = |table: &Cells<E>| table.at(line);
            let sum = |table| Cells::sum(table, &rows(table), rest, &combination);
            tables.iter().map(sum).sum()
        });
        let message = session.message("row", cubic(values));
        let rho = session.transcript.draw("row", &message);
        for table in &mut tables {
            table.rows = table.at(|a, b| line(a, b, rho));
        }
        rounds.push(message);
        bound.push(rho);
    }
    let value = |column: &Column| {
        let table = tables.iter().find(|table| table.table == column.table);
        table.unwrap().rows[0].1[column.number]
    };
    let mut values: Vec<E> = stated.layout.values.iter().map(value).collect();
    session.tell("values", &[], &mut values);
    let proof = RowsProof { skip, rounds };
    (proof, values, RowPoint::new(&bound, skipped))
}
