//! A plain prover of sums over rows, in the clear, and lies of each kind.

use alloc::vec;

use p3_field::{Field, PrimeCharacteristicRing};
use p3_mersenne_31::QM31;
use zonda_circuits::{
    F,
    machine::{End, Execution},
};

use super::*;
use crate::{
    fractions::Fraction,
    lookup::Lookup,
    {combination::public, heights::Heights, multilinear::eq_index, nodes::node},
};

type E = QM31;

fn element(i: usize) -> E {
    E::from_coordinates_fn(|k| F::from_usize(1000 * i * i + 77 * i + 7 * k + 3))
}

/// Tables whose rows hold, and a claim on their leaves.
struct Case {
    layout: Layout,
    machine: Machine,
    part: Part,
    local: Lookup<E>,
    global: Lookup<E>,
    /// Of each table its rows: preprocessed cells, then those of the trace.
    rows: Vec<(Table, Vec<[Vec<F>; 2]>)>,
    claim: Claim<E>,
}

impl Case {
    fn new(heights: &[(Table, usize)]) -> Self {
        let output: Vec<u8> = (0..900).map(|byte| (byte % 250) as u8).collect();
        let part = Part {
            execution: Some(Execution {
                position: 3,
                pc: 0x1000,
                end: End::Exit { code: 5 },
                output_start: 7,
                output,
            }),
            zeroed: None,
        };
        let machine = Machine::new();
        let of = |table: Table| heights.iter().find(|(other, _)| *other == table);
        let layout = Layout::new(&Heights::new(|table| {
            of(table).map_or(0, |(_, height)| *height as u32)
        }));
        let rows = layout.heights.tables().map(|(table, height)| {
            let rows = (0..height as usize).map(|row| cells(table, row, &part));
            (table, rows.collect())
        });
        let rows = rows.collect();
        let depth = layout.heights.log_rows() + slot_bits(&machine) + 1;
        let point = (0..depth as usize).map(|i| element(i + 100)).collect();
        let widest = machine.widest();
        let mut case = Self {
            layout,
            part,
            local: Lookup::new(element(1), element(2), widest),
            global: Lookup::new(element(3), element(4), widest),
            rows,
            claim: Claim {
                value: Fraction::ZERO,
                point,
            },
            machine,
        };
        case.claim.value = case.leaves();
        case
    }

    fn leaf(&self) -> LeafPoint<E> {
        let log_rows = self.layout.heights.log_rows();
        LeafPoint::new(&self.claim, log_rows, slot_bits(&self.machine)).unwrap()
    }

    fn lookups(&self) -> Lookups<'_, E> {
        Lookups {
            local: &self.local,
            global: &self.global,
        }
    }

    fn known(&self) -> Known<'_, E> {
        Known {
            layout: &self.layout,
            machine: &self.machine,
            part: &self.part,
            lookups: self.lookups(),
            claim: &self.claim,
        }
    }

    fn row(&self, table: Table, columns: &[Vec<E>; 2], combination: &Combination<'_, E>) -> E {
        let [fixed, trace] = columns;
        let row = Row {
            fixed,
            trace,
            periodic: if table == Table::Statement {
                trace
            } else {
                &[]
            },
            public: &public(table, &self.part),
        };
        let operations = &mut Operations::default();
        combination.row(table, &row, operations).unwrap()
    }

    /// The claim on leaves: counts and denominators of rows that are there, 0 and 1 elsewhere. With alpha zero, and
    /// with rows that hold, G is that of the counts; the coefficient of alpha is that of the denominators.
    fn leaves(&self) -> Fraction<E> {
        let leaf = self.leaf();
        let sum = |alpha: E| -> E {
            let combination = Combination {
                machine: &self.machine,
                leaf: &leaf,
                lookups: self.lookups(),
                alpha,
            };
            let tables = self.rows.iter();
            let rows =
                tables.flat_map(|(table, rows)| (0..).zip(rows).map(move |row| (table, row)));
            rows.map(|(table, (index, row))| {
                let row = row.each_ref().map(|cells| lift(cells));
                eq_index(&leaf.rows, index) * self.row(*table, &row, &combination)
            })
            .sum()
        };
        let numerator = sum(E::ZERO);
        Fraction {
            numerator,
            denominator: E::ONE + sum(E::ONE) - numerator,
        }
    }

    /// Makes the flag of the last row of `boundary` another number. The claim on leaves goes with it: `x (x - 1)`, its
    /// constraint, is no part of that.
    fn set_flag(&mut self, flag: F) {
        self.rows[2].1[1028][1][0] = flag;
        let leaf = self.leaf();
        self.claim.value = self.leaves();
        let constraint = eq_index(&leaf.rows, 1028).mul_base(flag * (flag - F::ONE));
        self.claim.value.denominator -= constraint;
    }
}

fn lift(cells: &[F]) -> Vec<E> {
    cells.iter().copied().map(E::from_base).collect()
}

/// Cells of a row that holds, some of them arbitrary.
fn cells(table: Table, row: usize, part: &Part) -> [Vec<F>; 2] {
    let any = |width: usize, seed: usize| -> Vec<F> {
        (0..width)
            .map(|c| F::from_usize(row * row * 31 + c * 977 + seed))
            .collect()
    };
    let zeros = |width: usize| vec![F::ZERO; width];
    match table {
        Table::Range16 => [vec![F::from_usize(row)], any(1, 5)],
        Table::Statement => {
            let columns = table.periodic(part);
            [vec![], columns.iter().map(|column| column[row]).collect()]
        }
        Table::Boundary => {
            let mut trace = any(table.trace_width(), 9);
            trace[0] = F::from_bool(row.is_multiple_of(3));
            [vec![], trace]
        }
        Table::Instructions => [vec![], any(table.trace_width(), 1)],
        Table::Gaps => [any(table.fixed_width(), 3), any(table.trace_width(), 4)],
        _ => [zeros(table.fixed_width()), zeros(table.trace_width())],
    }
}

/// A table's columns while they are folded: index by index of what is left.
struct Folding {
    table: Table,
    columns: Vec<[Vec<E>; 2]>,
    zeros: E,
}

/// The point of the line, or of the polynomial, through rows with these weights.
fn combine(rows: &[&[Vec<E>; 2]], weights: &[E]) -> [Vec<E>; 2] {
    core::array::from_fn(|part| {
        (0..rows[0][part].len())
            .map(|column| {
                let terms = rows.iter().zip(weights);
                terms.map(|(row, weight)| row[part][column] * *weight).sum()
            })
            .collect()
    })
}

fn prove(case: &Case, transcript: &mut Transcript) -> (RowsProof<E>, Vec<E>) {
    let leaf = case.leaf();
    let alpha: E = transcript.challenge(label::ALPHA);
    let combination = Combination {
        machine: &case.machine,
        leaf: &leaf,
        lookups: case.lookups(),
        alpha,
    };
    let mut tables: Vec<Folding> = Vec::new();
    for (table, rows) in &case.rows {
        let width = [rows[0][0].len(), rows[0][1].len()];
        let mut columns: Vec<_> = rows
            .iter()
            .map(|row| row.each_ref().map(|c| lift(c)))
            .collect();
        columns.resize(
            rows.len().next_multiple_of(128),
            width.map(|width| vec![E::ZERO; width]),
        );
        let zeros = case.row(
            *table,
            &width.map(|width| vec![E::ZERO; width]),
            &combination,
        );
        let table = *table;
        tables.push(Folding {
            table,
            columns,
            zeros,
        });
    }
    let term =
        |table: &Folding, row: &[Vec<E>; 2]| case.row(table.table, row, &combination) - table.zeros;

    // Bits 4 to 6 at once: what is left is numbered by lane, then by the bits above.
    let rest = [&leaf.rows[..4], &leaf.rows[7..]].concat();
    let group = |index: usize, node: usize| index % 16 + 16 * node + 128 * (index / 16);
    let skip: Vec<E> = (0..SKIP_VALUES)
        .map(|at| {
            let weights = lagrange(NODES, E::from_base(node(at)));
            let of_table = |table: &Folding| -> E {
                (0..table.columns.len() / 8)
                    .map(|index| {
                        let rows: Vec<_> =
                            (0..8).map(|k| &table.columns[group(index, k)]).collect();
                        eq_index(&rest, index) * term(table, &combine(&rows, &weights))
                    })
                    .sum()
            };
            tables.iter().map(of_table).sum()
        })
        .collect();
    let xi: E = transcript.exchange(label::SKIP, &skip);
    let weights = lagrange(NODES, xi);
    for table in &mut tables {
        let folded = (0..table.columns.len() / 8).map(|index| {
            let rows: Vec<_> = (0..8).map(|k| &table.columns[group(index, k)]).collect();
            combine(&rows, &weights)
        });
        table.columns = folded.collect();
    }

    // Bits from 7 on: the lowest above the lanes. Then the lanes.
    let mut left = rest.clone();
    let mut rounds = Vec::new();
    while !left.is_empty() {
        let bit = if left.len() > 4 { 4 } else { 0 };
        let coordinate = left.remove(bit);
        let low = 1 << bit;
        let pair = |index: usize, half: usize| index % low + low * half + 2 * low * (index / low);
        for table in &mut tables {
            let width = table.columns[0].each_ref().map(Vec::len);
            let rows = table.columns.len().next_multiple_of(2 * low);
            table
                .columns
                .resize(rows, width.map(|width| vec![E::ZERO; width]));
        }
        let at = |x: usize| -> E {
            let x = E::from_usize(x);
            let of_table = |table: &Folding| -> E {
                (0..table.columns.len() / 2)
                    .map(|index| {
                        let rows = [0, 1].map(|half| &table.columns[pair(index, half)]);
                        eq_index(&left, index) * term(table, &combine(&rows, &[E::ONE - x, x]))
                    })
                    .sum()
            };
            tables.iter().map(of_table).sum()
        };
        let values = [0, 1, 2, 3].map(at);
        let m = values[1] - values[0];
        let sum = values[0] + coordinate * m;
        let rest = |x: usize| values[x] - sum - m * (E::from_usize(x) - coordinate);
        let [two, three] = [
            rest(2).halve(),
            rest(3) * E::from_base(F::from_u8(6).inverse()),
        ];
        let f = three - two;
        let e = two - f.double();
        let r: E = transcript.exchange(label::ROW, &[m, e, f]);
        rounds.push([m, e, f]);
        for table in &mut tables {
            let folded = (0..table.columns.len() / 2).map(|index| {
                let rows = [0, 1].map(|half| &table.columns[pair(index, half)]);
                combine(&rows, &[E::ONE - r, r])
            });
            table.columns = folded.collect();
        }
    }
    let values = tables.iter().flat_map(|table| {
        let [fixed, trace] = &table.columns[0];
        let fixed = if table.table == Table::Range16 {
            &[][..]
        } else {
            fixed
        };
        let trace = if table.table == Table::Statement {
            &[][..]
        } else {
            trace
        };
        [fixed, trace].concat()
    });
    (RowsProof { skip, rounds }, values.collect())
}

fn verify(case: &Case, proof: &RowsProof<E>, values: &[E]) -> Result<RowPoint<E>, RowsError> {
    let operations = &mut Operations::default();
    check(
        &case.known(),
        proof,
        values,
        &mut Transcript::new(),
        operations,
    )
}

const TABLES: [(Table, usize); 6] = [
    (Table::AddSub, 3),
    (Table::Instructions, 130),
    (Table::Boundary, 1029),
    (Table::Statement, 900),
    (Table::Gaps, 5),
    (Table::Range16, 1 << 16),
];

#[test]
fn sums_over_rows_are_proved_and_lies_are_refused() {
    let mut case = Case::new(&TABLES);
    let (proof, values) = prove(&case, &mut Transcript::new());
    verify(&case, &proof, &values).unwrap();

    // Each number that is sent.
    for index in 0..values.len() {
        let mut wrong = values.clone();
        wrong[index] += E::ONE;
        assert_eq!(
            verify(&case, &proof, &wrong),
            Err(RowsError::Values),
            "value {index}"
        );
    }
    for index in 0..SKIP_VALUES {
        let mut wrong = proof.clone();
        wrong.skip[index] += E::ONE;
        let expected = if index < NODES {
            RowsError::Skip
        } else {
            RowsError::Values
        };
        assert_eq!(verify(&case, &wrong, &values), Err(expected), "{index}");
    }
    for (round, part) in
        (0..proof.rounds.len()).flat_map(|round| [(round, 0), (round, 1), (round, 2)])
    {
        let mut wrong = proof.clone();
        wrong.rounds[round][part] += E::ONE;
        assert_eq!(verify(&case, &wrong, &values), Err(RowsError::Values));
    }
    // Lists that are too long or too short.
    let mut longer = proof.clone();
    longer.rounds.push([E::ZERO; 3]);
    assert!(matches!(
        verify(&case, &longer, &values),
        Err(RowsError::Length(_))
    ));
    let fewer = &values[1..];
    assert!(matches!(
        verify(&case, &proof, fewer),
        Err(RowsError::Length(_))
    ));

    // Another claim, statement, or height.
    case.claim.value.numerator += E::ONE;
    assert_eq!(verify(&case, &proof, &values), Err(RowsError::Skip));
    case.claim.value.numerator -= E::ONE;
    case.claim.value.denominator += E::ONE;
    assert_eq!(verify(&case, &proof, &values), Err(RowsError::Skip));
    case.claim.value.denominator -= E::ONE;
    case.part.execution.as_mut().unwrap().output[77] ^= 1;
    assert_eq!(verify(&case, &proof, &values), Err(RowsError::Values));
    case.part.execution.as_mut().unwrap().output[77] ^= 1;
    verify(&case, &proof, &values).unwrap();
    let heights = |change: i64| {
        Heights::new(
            |table| match TABLES.iter().find(|(other, _)| *other == table) {
                Some((Table::Boundary, height)) => (*height as i64 + change) as u32,
                Some((_, height)) => *height as u32,
                None => 0,
            },
        )
    };
    for change in [-1, 1] {
        case.layout = Layout::new(&heights(change));
        assert_eq!(verify(&case, &proof, &values), Err(RowsError::Skip));
    }
    case.layout = Layout::new(&heights(0));
    verify(&case, &proof, &values).unwrap();
}

/// A prover that follows the protocol, on rows that do not hold, or whose messages are others than the leaves'.
#[test]
fn rows_that_do_not_hold_are_refused() {
    let verified = |change: &dyn Fn(&mut Case)| {
        let mut case = Case::new(&TABLES[..4]);
        change(&mut case);
        let (proof, values) = prove(&case, &mut Transcript::new());
        verify(&case, &proof, &values).map(drop)
    };
    assert_eq!(verified(&|_| {}), Ok(()), "the control");
    let message = |case: &mut Case| case.rows[1].1[7][1][2] += F::ONE;
    assert_eq!(verified(&message), Err(RowsError::Skip));
    // The leaves are those of the row: only its constraint fails.
    assert_eq!(
        verified(&|case| case.set_flag(F::ONE)),
        Ok(()),
        "the control"
    );
    assert_eq!(
        verified(&|case| case.set_flag(F::TWO)),
        Err(RowsError::Skip)
    );
    assert_eq!(
        verified(&|case| case.set_flag(F::NEG_ONE)),
        Err(RowsError::Skip)
    );
}
