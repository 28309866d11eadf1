//! What a table's statements are multiplied with, by the way in which each part of them is summed.

use std::collections::BTreeMap;

use zonda_circuits::{
    F,
    machine::{Part, Table},
};
use zonda_verifier::{
    Challenge, Scope,
    combination::{Combination, Weights},
    layout::{committed_in_all, given},
};

use super::{
    forms::{Form, Places, Products, Statements},
    program::Program,
};
use crate::engine::{
    challenge::{ProverChallenge, Weight, weight},
    lookup::Lookups,
};

/// The degrees of what is not affine: 2 and 3.
pub const CLASSES: usize = 2;

/// A sum of products with weights.
pub struct Weighted {
    /// Evaluates the products.
    pub program: Program,
    /// Where a product is, and what it is multiplied with.
    pub weights: Vec<(usize, Weight)>,
}

/// The statements of one degree, in the first round.
pub struct Class<E> {
    /// All products.
    pub all: Weighted,
    /// What they are on a row of zeros.
    pub at_zero: E,
    /// The products of messages alone.
    pub messages: Weighted,
    /// What those are on a row of zeros.
    pub messages_at_zero: E,
    /// The affine part of the constraints.
    pub affine: Vec<(usize, Weight)>,
    /// What the constraints are on a row of zeros.
    pub constraints_at_zero: E,
}

/// The products of one degree, in the later rounds: each group is one product.
pub struct Later<E: ProverChallenge> {
    /// Evaluates the factors. Columns are numbered as those that are kept.
    pub program: Program,
    /// The groups.
    pub groups: Vec<Group<E>>,
    /// What the products are on a row of zeros.
    pub at_zero: E,
}

/// Products with a common factor.
pub struct Group<E: ProverChallenge> {
    /// Where the factor is.
    pub factor: usize,
    /// Where the others are, and what they are multiplied with.
    pub others: Vec<(usize, E::Scalar)>,
}

/// A table's statements, ready to be summed.
pub struct Prepared<E: ProverChallenge> {
    /// How many rows it has.
    pub height: usize,
    /// The weights of columns: the affine part of all statements.
    pub linear: Vec<(usize, Weight)>,
    /// What is not affine, in the first round.
    pub classes: [Class<E>; CLASSES],
    /// What is not affine, in the later rounds.
    pub later: [Later<E>; CLASSES],
    /// The columns that products are made of: those that are folded round by round.
    pub kept: Vec<usize>,
    /// All other committed columns.
    pub others: Vec<usize>,
    /// The committed columns.
    pub committed: core::ops::Range<usize>,
}

/// Weights by column or by product.
type Map<E> = BTreeMap<usize, E>;

/// The weights of one degree.
struct Parts<E> {
    affine: Map<E>,
    constraints: Map<E>,
    messages: Map<E>,
    constraints_at_zero: E,
}

/// Everything that is added up before it is made ready.
struct Collected<E> {
    linear: Map<E>,
    classes: [Parts<E>; CLASSES],
}

impl<E: Challenge> Collected<E> {
    fn new() -> Self {
        Self {
            linear: Map::new(),
            classes: core::array::from_fn(|_| Parts {
                affine: Map::new(),
                constraints: Map::new(),
                messages: Map::new(),
                constraints_at_zero: E::ZERO,
            }),
        }
    }

    fn constraint(&mut self, form: &Form, products: &Products, weight: E) {
        add(&mut self.linear, &form.columns, weight);
        if let Some(parts) = self.classes.get_mut(form.degree(products).wrapping_sub(2)) {
            add(&mut parts.affine, &form.columns, weight);
            add(&mut parts.constraints, &form.products, weight);
            parts.constraints_at_zero += weight.mul_base(form.at_zero(products));
        }
    }

    fn message(&mut self, form: &Form, products: &Products, weight: E) {
        add(&mut self.linear, &form.columns, weight);
        if let Some(parts) = self.classes.get_mut(form.degree(products).wrapping_sub(2)) {
            add(&mut parts.messages, &form.products, weight);
        }
    }
}

fn add<E: Challenge>(map: &mut Map<E>, terms: &BTreeMap<usize, F>, weight: E) {
    for (key, scale) in terms {
        *map.entry(*key).or_insert(E::ZERO) += weight.mul_base(*scale);
    }
}

impl<E: ProverChallenge> Prepared<E> {
    /// Prepares a table.
    ///
    /// # Panics
    /// If a statement's degree is above 3: the tables have none.
    pub fn new(
        table: Table,
        height: usize,
        part: &Part,
        combination: &Combination<'_, E>,
        lookups: &Lookups<E>,
    ) -> Self {
        let statements = Statements::of(table, &table.public(part));
        let products = &statements.products;
        assert!(products.all.iter().all(|p| p.degree <= CLASSES + 1));
        let collected = collect(
            &statements,
            &combination.weights(table),
            combination.alpha,
            lookups,
        );
        let later =
            core::array::from_fn(|class| by_degree(products, &collected.classes, class + 2));
        let places = Places::of(table);
        let used = later.iter().flat_map(|map| map.keys().copied());
        let kept = Program::new(products, &used.collect::<Vec<_>>()).columns;
        let committed = if table == Table::Statement || given(table) == 0 {
            0..committed_in_all(table)
        } else {
            table.fixed_width()..places.width()
        };
        let others = committed.clone().filter(|column| !kept.contains(column));
        Self {
            height,
            linear: prepared(&collected.linear),
            classes: collected
                .classes
                .each_ref()
                .map(|parts| class(products, parts)),
            later: later.each_ref().map(|map| grouped(products, map, &kept)),
            others: others.collect(),
            kept,
            committed,
        }
    }
}

fn collect<E: Challenge>(
    statements: &Statements,
    weights: &Weights<E>,
    alpha: E,
    lookups: &Lookups<E>,
) -> Collected<E> {
    let products = &statements.products;
    let mut collected = Collected::new();
    let mut power = weights.first;
    for form in &statements.constraints {
        collected.constraint(form, products, power);
        power *= alpha;
    }
    let [mut local, mut global] = weights.messages.each_ref().map(|own| own.iter());
    for message in &statements.messages {
        let (challenges, next) = match Scope::of(message.bus) {
            Scope::Local => (&lookups.local, &mut local),
            Scope::Global => (&lookups.global, &mut global),
        };
        let own = next.next().expect("a slot for each message");
        collected.message(&message.count, products, *own);
        for (field, beta) in message.fields.iter().zip(&challenges.powers) {
            collected.message(field, products, *own * alpha * *beta);
        }
    }
    collected
}

/// The weights of all products of one degree.
fn by_degree<E: Challenge>(
    products: &Products,
    classes: &[Parts<E>; CLASSES],
    degree: usize,
) -> Map<E> {
    let mut map = Map::new();
    let parts = classes
        .iter()
        .flat_map(|parts| [&parts.constraints, &parts.messages]);
    for (number, weight) in parts.flatten() {
        if products.all[*number].degree == degree {
            *map.entry(*number).or_insert(E::ZERO) += *weight;
        }
    }
    map
}

fn class<E: Challenge>(products: &Products, parts: &Parts<E>) -> Class<E> {
    let mut all = parts.constraints.clone();
    for (number, weight) in &parts.messages {
        *all.entry(*number).or_insert(E::ZERO) += *weight;
    }
    Class {
        all: weighted(products, &all),
        at_zero: at_zero(products, &all),
        messages: weighted(products, &parts.messages),
        messages_at_zero: at_zero(products, &parts.messages),
        affine: prepared(&parts.affine),
        constraints_at_zero: parts.constraints_at_zero,
    }
}

fn weighted<E: Challenge>(products: &Products, map: &Map<E>) -> Weighted {
    let wanted: Vec<usize> = map.keys().copied().collect();
    let program = Program::new(products, &wanted);
    let weights = map.values().map(weight);
    Weighted {
        weights: program.outputs.iter().copied().zip(weights).collect(),
        program,
    }
}

/// Puts products with a common factor together, the most frequent factor first.
fn grouped<E: ProverChallenge>(products: &Products, map: &Map<E>, kept: &[usize]) -> Later<E> {
    let mut rest: Vec<(&[Form; 2], E)> = map
        .iter()
        .map(|(number, weight)| (&products.all[*number].factors, *weight))
        .collect();
    let mut wanted = Vec::new();
    let mut groups = Vec::new();
    while !rest.is_empty() {
        let mut counts: BTreeMap<&Form, usize> = BTreeMap::new();
        for ([a, b], _) in &rest {
            *counts.entry(a).or_default() += 1;
            if a != b {
                *counts.entry(b).or_default() += 1;
            }
        }
        let most = counts.iter().max_by_key(|(_, count)| **count);
        let factor = most.map_or(&rest[0].0[0], |(form, _)| *form);
        let mut others = Vec::new();
        rest.retain(|([a, b], weight)| {
            let other = if a == factor { b } else { a };
            let is_here = a == factor || b == factor;
            if is_here {
                others.push((other, *weight));
            }
            !is_here
        });
        wanted.push(factor);
        wanted.extend(others.iter().map(|(other, _)| *other));
        groups.push(others);
    }
    let mut program = Program::of_forms(products, &wanted);
    for column in &mut program.columns {
        *column = kept.partition_point(|kept| kept < column);
    }
    let mut places = program.outputs.iter().copied();
    let mut next = || places.next().unwrap_or_default();
    let groups = groups.into_iter().map(|others| Group {
        factor: next(),
        others: others
            .into_iter()
            .map(|(_, weight)| (next(), weight.scalar()))
            .collect(),
    });
    Later {
        groups: groups.collect(),
        program,
        at_zero: at_zero(products, map),
    }
}

fn prepared<E: Challenge>(map: &Map<E>) -> Vec<(usize, Weight)> {
    let nonzero = map.iter().filter(|(_, value)| !value.is_zero());
    nonzero.map(|(key, value)| (*key, weight(value))).collect()
}

fn at_zero<E: Challenge>(products: &Products, map: &Map<E>) -> E {
    let terms = map.iter();
    terms
        .map(|(number, weight)| weight.mul_base(products.all[*number].at_zero))
        .sum()
}
