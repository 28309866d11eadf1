//! Trees of tables with arbitrary rows: the claim on the leaves is that of the leaves, and the verifier arrives at
//! the same claim.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    machine::{End, Execution, Part as Statement, Table},
    tape::Plan,
};
use zonda_kernels::{P, Platform, Pool};
use zonda_verifier::{
    Operations, QM31, Sextic,
    fractions::{self, Claim, Fraction, TreeError, TreeProof},
    heights::Heights,
    layout::Layout,
    transcript::Transcript,
};

use super::{Input, Slots, levels::Slot, prove, weights::table};
use crate::{
    cancel::Cancel,
    engine::{
        challenge::ProverChallenge,
        columns::{AllColumns, TableColumns, TableRows},
        lookup::{Fingerprints, Lookups},
    },
};

/// Tables with their rows, which satisfy nothing.
struct Part {
    plans: Vec<Plan>,
    heights: Vec<usize>,
    traces: Vec<Vec<u32>>,
    fixed: Vec<Vec<u32>>,
}

/// Words below p, most of them 0 or 1, so that groups of every kind occur.
fn words(seed: u64, count: usize) -> Vec<u32> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let word = (state >> 33) as u32 % P;
            if (state >> 20).is_multiple_of(3) {
                word
            } else {
                word % 2
            }
        })
        .collect()
}

impl Part {
    fn new(height: impl Fn(Table) -> usize) -> Self {
        let heights: Vec<usize> = Table::ALL.into_iter().map(height).collect();
        let cells = |width: fn(Table) -> usize, seed: u64| -> Vec<Vec<u32>> {
            let tables = Table::ALL.into_iter().zip(&heights);
            let seeded = tables.enumerate().map(|(i, (table, height))| {
                let rows = height.next_multiple_of(16);
                let mut cells = words(seed + i as u64, rows * width(table));
                // Whole groups of rows of ones and of zeros.
                let width = width(table);
                if rows >= 512 && width > 0 {
                    cells[128 * width..256 * width].fill(1);
                    cells[256 * width..384 * width].fill(0);
                }
                cells
            });
            seeded.collect()
        };
        Self {
            plans: Table::ALL.into_iter().map(Plan::of).collect(),
            traces: cells(Table::trace_width, 1),
            fixed: cells(Table::fixed_width, 1000),
            heights,
        }
    }

    fn layout(&self) -> Layout {
        Layout::new(&Heights::new(|table| self.heights[table as usize] as u32))
    }

    fn columns(&self, platform: Platform, pool: &Pool) -> AllColumns {
        let rows = Table::ALL.into_iter().enumerate();
        let rows = rows.map(|(index, table)| TableRows {
            table,
            height: self.heights[index],
            fixed: &self.fixed[index],
            trace: &self.traces[index],
        });
        let (rows, layout) = (rows.collect::<Vec<_>>(), self.layout());
        AllColumns::fill(platform, pool, &layout, &part(), &rows).unwrap()
    }

    fn inputs<'a>(&'a self, columns: &'a AllColumns) -> Vec<Input<'a>> {
        let tables = columns.part().tables(&self.layout().heights).into_iter();
        let input = |columns: TableColumns<'a>| Input {
            plan: &self.plans[columns.table as usize],
            columns,
        };
        tables.map(input).collect()
    }
}

/// A statement, so that the table of that name has given columns.
fn part() -> Statement {
    Statement {
        execution: Some(Execution {
            position: 3,
            pc: 0x1000,
            end: End::Exit { code: 5 },
            output_start: 7,
            output: vec![77],
        }),
        zeroed: None,
    }
}

fn lookups<E: ProverChallenge>() -> Lookups<E> {
    let element = |seed: usize| E::from_coordinates_fn(|k| F::from_usize(1000 * seed + 77 * k + 5));
    Lookups {
        local: Fingerprints::new(element(1), element(2), 12),
        global: Fingerprints::new(element(3), element(4), 12),
    }
}

/// The leaf of a row, one row at a time, by the portable lanes.
struct Leaf<'a, 'b, E> {
    input: &'a Input<'b>,
    lookups: &'a Lookups<E>,
}

impl<E: ProverChallenge> zonda_kernels::Kernel for Leaf<'_, '_, E> {
    type Output = Vec<Vec<Fraction<E>>>;

    fn run<L: zonda_kernels::Lanes>(self) -> Self::Output {
        let Input { plan, columns } = *self.input;
        let messages = crate::engine::lookup::Messages::new(plan, self.lookups);
        let mut tape = columns.tape::<L>(plan);
        let mut leaves = vec![Vec::new(); plan.messages.len()];
        for row in (0..columns.height).step_by(L::WIDTH) {
            columns.load(row, &mut tape);
            tape.evaluate();
            for (message, leaves) in leaves.iter_mut().enumerate() {
                let d: E::Packed<L> = messages.denominator(message, &tape.fields);
                for lane in 0..L::WIDTH.min(columns.height - row) {
                    leaves.push(Fraction {
                        numerator: E::from_base(F::new(tape.counts[message].lane(lane))),
                        denominator: E::from_coordinates_fn(|k| F::new(d.as_ref()[k].lane(lane))),
                    });
                }
            }
        }
        leaves
    }
}

/// The claim on the leaves, from the leaves.
fn evaluate<E: ProverChallenge>(
    slots: &Slots,
    inputs: &[Input<'_>],
    lookups: &Lookups<E>,
    point: &[E],
) -> Fraction<E> {
    let n = slots.row_bits as usize;
    let slots_end = 5 + slots.slot_bits as usize;
    let of_slots: Vec<E> = point[5..slots_end].iter().rev().copied().collect();
    let of_slots = table(&of_slots);
    // Bits 0 to 3 of a row, then 4 to n - 1.
    let lanes = point[1..5].iter().rev();
    let rows: Vec<E> = lanes
        .chain(point[slots_end..].iter().rev())
        .copied()
        .collect();
    assert_eq!(rows.len(), n);
    let rows = table(&rows);
    let mut value = Fraction {
        numerator: E::ZERO,
        denominator: E::ONE,
    };
    for input in inputs {
        let leaves = Platform::Portable.run(Leaf { input, lookups });
        for (index, slot) in slots.all.iter().enumerate() {
            let Slot { table, message, .. } = *slot;
            if table != input.columns.table {
                continue;
            }
            let weight = match index.checked_sub(slots.local) {
                None => (E::ONE - point[0]) * of_slots[index],
                Some(global) => point[0] * of_slots[global],
            };
            for (leaf, row) in leaves[message].iter().zip(&rows) {
                value.numerator += weight * *row * leaf.numerator;
                value.denominator += weight * *row * (leaf.denominator - E::ONE);
            }
        }
    }
    value
}

fn a_tree_is_proved<E: ProverChallenge>(part: &Part) {
    let lookups = lookups::<E>();
    let slots = Slots::new(&part.layout().heights, &part.plans);
    let mut proofs = Vec::new();
    for platform in Platform::available() {
        let mut transcript = Transcript::new();
        let (pool, cancel) = (Pool::new(), Cancel::new());
        let columns = part.columns(platform, &pool);
        let inputs = part.inputs(&columns);
        let tree = prove::<E>(
            platform,
            &pool,
            &slots,
            &inputs,
            &lookups,
            &mut transcript,
            &cancel,
        )
        .unwrap();
        let leaves = evaluate(&slots, &inputs, &lookups, &tree.claim.point);
        assert_eq!(tree.claim.value, leaves, "{platform:?}");
        proofs.push((tree.proof, tree.claim, *transcript.state()));
    }
    assert!(proofs.windows(2).all(|pair| pair[0] == pair[1]));
    let (proof, claim, state) = &proofs[0];

    let reduced = |proof: &TreeProof<E>| {
        let mut transcript = Transcript::new();
        let operations = &mut Operations::default();
        let result = fractions::reduce::<E>(slots.depth(), proof, &mut transcript, operations);
        (result.map(|(_, claim)| claim), *transcript.state())
    };
    assert_eq!(reduced(proof), (Ok(claim.clone()), *state));
    // Arbitrary rows do not balance.
    let checked = |proof: &TreeProof<E>| {
        let operations = &mut Operations::default();
        fractions::check::<E>(slots.depth(), proof, &mut Transcript::new(), operations).err()
    };
    assert_eq!(checked(proof), Some(TreeError::Unbalanced));
    // A node that makes them balance is a lie.
    let mut balanced = proof.clone();
    let rest = balanced.nodes[1..16].iter();
    let rest = rest.fold(Fraction::ZERO, |sum, node| sum.join(*node));
    balanced.nodes[0].numerator = -rest.numerator;
    balanced.nodes[0].denominator = rest.denominator;
    assert_eq!(checked(&balanced), Some(TreeError::Children { depth: 5 }));
    lies_are_found(proof, claim, |proof| reduced(proof).0);
}

/// Whatever is changed, the tree is refused, or another claim results, which is false.
fn lies_are_found<E: ProverChallenge>(
    proof: &TreeProof<E>,
    claim: &Claim<E>,
    reduced: impl Fn(&TreeProof<E>) -> Result<Claim<E>, TreeError>,
) {
    let depth_of = |layer: usize| layer as u32 + fractions::SENT_DEPTH;
    for layer in [0, 1, proof.layers.len() / 2, proof.layers.len() - 1] {
        let refused = Err(TreeError::Children {
            depth: depth_of(layer),
        });
        for round in [0, proof.layers[layer].rounds.len() - 1] {
            for value in 0..2 {
                let mut lie = proof.clone();
                lie.layers[layer].rounds[round][value] += E::ONE;
                assert_eq!(reduced(&lie), refused);
            }
        }
        for child in 0..2 {
            let mut lie = proof.clone();
            lie.layers[layer].children[child].numerator += E::ONE;
            assert_eq!(reduced(&lie), refused);
            let mut lie = proof.clone();
            lie.layers[layer].children[child].denominator += E::ONE;
            assert_eq!(reduced(&lie), refused);
        }
    }
    let mut lie = proof.clone();
    lie.layers.pop();
    assert!(matches!(reduced(&lie), Err(TreeError::Form { .. })));
    let mut lie = proof.clone();
    lie.layers[3].rounds.pop();
    assert!(matches!(reduced(&lie), Err(TreeError::Form { .. })));
    let mut lie = proof.clone();
    lie.nodes[17].denominator = E::ZERO;
    assert_eq!(reduced(&lie), Err(TreeError::Denominator));
    assert_eq!(reduced(proof).as_ref(), Ok(claim));
}

fn height(table: Table) -> usize {
    match table {
        Table::AddSub => 1000,
        Table::Range16 => 1 << 16,
        Table::Program => 129,
        Table::Boundary => 700,
        Table::Statement | Table::LoadStoreWord => 1,
        Table::Ecall => 128,
        Table::Multiply => 513,
        _ => 0,
    }
}

#[test]
fn trees_are_proved_over_both_fields() {
    let part = Part::new(height);
    a_tree_is_proved::<QM31>(&part);
    a_tree_is_proved::<Sextic>(&part);
}
