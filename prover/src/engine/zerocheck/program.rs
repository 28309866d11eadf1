//! Products as a program of a few operations, and its evaluation at several points at once.
//!
//! One evaluation serves all tables, over the base field and over the challenge field: a program's dispatch is shared
//! by all points and by all lanes.

use std::collections::BTreeMap;

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::F;
use zonda_kernels::{Lanes, Packed};

use super::forms::{Form, Products};

/// What a program computes with: a vector of elements.
pub trait Value<L: Lanes>: Copy {
    /// Zero.
    const ZERO: Self;

    /// An element of the base field.
    fn constant(x: L) -> Self;

    /// The sum.
    fn plus(self, other: Self) -> Self;

    /// The difference.
    fn minus(self, other: Self) -> Self;

    /// The product.
    fn times(self, other: Self) -> Self;

    /// The product with an element of the base field.
    fn scaled(self, x: L) -> Self;
}

/// Elements of the base field.
#[derive(Clone, Copy)]
pub struct Base<L>(pub L);

/// Elements of the challenge field.
#[derive(Clone, Copy)]
pub struct Extended<P>(pub P);

impl<L: Lanes> Value<L> for Base<L> {
    const ZERO: Self = Self(L::ZERO);

    #[inline(always)]
    fn constant(x: L) -> Self {
        Self(x)
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }

    #[inline(always)]
    fn scaled(self, x: L) -> Self {
        Self(self.0 * x)
    }
}

impl<L: Lanes, P: Packed<L>> Value<L> for Extended<P> {
    const ZERO: Self = Self(P::ZERO);

    #[inline(always)]
    fn constant(x: L) -> Self {
        Self(P::from_base(x))
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }

    #[inline(always)]
    fn scaled(self, x: L) -> Self {
        Self(self.0 * x)
    }
}

/// How a term enters a form.
#[derive(Clone, Copy, Debug)]
enum Coefficient {
    One,
    MinusOne,
    Other(u32),
}

/// An operation: writes a place.
#[derive(Clone, Debug)]
enum Operation {
    /// A constant and terms.
    Form {
        to: usize,
        constant: u32,
        terms: Vec<(usize, Coefficient)>,
    },
    /// A product of two places.
    Product { to: usize, factors: [usize; 2] },
}

/// The evaluation of some products, or forms. The first places are those of the columns.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The columns that it reads.
    pub columns: Vec<usize>,
    /// Where the value of each product, or form, is at the end.
    pub outputs: Vec<usize>,
    /// How many places there are.
    pub places: usize,
    operations: Vec<Operation>,
}

impl Program {
    /// Evaluates the products with these numbers.
    pub fn new(products: &Products, wanted: &[usize]) -> Self {
        let mut builder = Builder::new(products);
        wanted
            .iter()
            .for_each(|product| builder.find_columns(*product));
        builder.number_columns();
        let outputs = wanted.iter().map(|product| builder.product(*product));
        let outputs = outputs.collect();
        builder.finish(outputs)
    }

    /// Evaluates forms.
    pub fn of_forms(products: &Products, wanted: &[&Form]) -> Self {
        let mut builder = Builder::new(products);
        wanted.iter().for_each(|form| builder.find_columns_of(form));
        builder.number_columns();
        let outputs = wanted.iter().map(|form| builder.form(form));
        let outputs = outputs.collect();
        builder.finish(outputs)
    }

    /// Gives places whose values are not needed any more to later values.
    fn share_places(&mut self) {
        let mut last = vec![0; self.places];
        for (time, operation) in self.operations.iter().enumerate() {
            for read in operation.reads() {
                last[read] = time;
            }
        }
        for output in &self.outputs {
            last[*output] = usize::MAX;
        }
        let columns = self.columns.len();
        last[..columns].fill(usize::MAX);
        let mut to: Vec<usize> = (0..self.places).collect();
        let mut free = Vec::new();
        self.places = columns;
        for (time, operation) in self.operations.iter_mut().enumerate() {
            let reads: Vec<usize> = operation.reads().collect();
            operation.rename(&to);
            let own = operation.to_mut();
            let value = *own;
            *own = free.pop().unwrap_or_else(|| {
                self.places += 1;
                self.places - 1
            });
            to[value] = *own;
            let mut ended: Vec<usize> = reads.into_iter().filter(|r| last[*r] == time).collect();
            ended.sort_unstable();
            ended.dedup();
            free.extend(ended.into_iter().map(|value| to[value]));
        }
        for output in &mut self.outputs {
            *output = to[*output];
        }
    }

    /// Whether there is nothing to evaluate.
    pub const fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }

    /// Evaluates at `N` points: the columns are in their places. From point `constants` on, forms have no constants:
    /// those are not values but the coefficients of the highest power.
    #[inline(always)]
    pub fn run<L: Lanes, V: Value<L>, const N: usize>(
        &self,
        values: &mut [[V; N]],
        constants: usize,
    ) {
        for operation in &self.operations {
            match operation {
                Operation::Form {
                    to,
                    constant,
                    terms,
                } => {
                    let mut sums = [V::ZERO; N];
                    if *constant != 0 {
                        let constant = V::constant(L::splat(*constant));
                        let mut i = 0;
                        while i < N {
                            if i < constants {
                                sums[i] = constant;
                            }
                            i += 1;
                        }
                    }
                    for (place, coefficient) in terms {
                        add_term::<L, V, N>(&mut sums, &values[*place], *coefficient);
                    }
                    values[*to] = sums;
                }
                Operation::Product { to, factors } => {
                    let [a, b] = [&values[factors[0]], &values[factors[1]]];
                    let mut products = [V::ZERO; N];
                    let mut i = 0;
                    while i < N {
                        products[i] = a[i].times(b[i]);
                        i += 1;
                    }
                    values[*to] = products;
                }
            }
        }
    }
}

#[inline(always)]
fn add_term<L: Lanes, V: Value<L>, const N: usize>(
    sums: &mut [V; N],
    term: &[V; N],
    coefficient: Coefficient,
) {
    let mut i = 0;
    match coefficient {
        Coefficient::One => {
            while i < N {
                sums[i] = sums[i].plus(term[i]);
                i += 1;
            }
        }
        Coefficient::MinusOne => {
            while i < N {
                sums[i] = sums[i].minus(term[i]);
                i += 1;
            }
        }
        Coefficient::Other(scale) => {
            let scale = L::splat(scale);
            while i < N {
                sums[i] = sums[i].plus(term[i].scaled(scale));
                i += 1;
            }
        }
    }
}

impl Operation {
    fn reads(&self) -> impl Iterator<Item = usize> + '_ {
        let (terms, factors): (&[(usize, Coefficient)], &[usize]) = match self {
            Self::Form { terms, .. } => (terms, &[]),
            Self::Product { factors, .. } => (&[], factors),
        };
        let terms = terms.iter().map(|(place, _)| *place);
        terms.chain(factors.iter().copied())
    }

    fn rename(&mut self, to: &[usize]) {
        match self {
            Self::Form { terms, .. } => terms.iter_mut().for_each(|(place, _)| *place = to[*place]),
            Self::Product { factors, .. } => {
                factors.iter_mut().for_each(|place| *place = to[*place])
            }
        }
    }

    const fn to_mut(&mut self) -> &mut usize {
        match self {
            Self::Form { to, .. } | Self::Product { to, .. } => to,
        }
    }
}

struct Builder<'a> {
    products: &'a Products,
    columns: BTreeMap<usize, usize>,
    of_products: BTreeMap<usize, usize>,
    of_forms: BTreeMap<&'a Form, usize>,
    operations: Vec<Operation>,
    next: usize,
}

impl<'a> Builder<'a> {
    const fn new(products: &'a Products) -> Self {
        Self {
            products,
            columns: BTreeMap::new(),
            of_products: BTreeMap::new(),
            of_forms: BTreeMap::new(),
            operations: Vec::new(),
            next: 0,
        }
    }

    fn find_columns(&mut self, product: usize) {
        let products = self.products;
        for form in &products.all[product].factors {
            self.find_columns_of(form);
        }
    }

    fn find_columns_of(&mut self, form: &Form) {
        self.columns.extend(form.columns.keys().map(|c| (*c, 0)));
        for product in form.products.keys() {
            self.find_columns(*product);
        }
    }

    fn number_columns(&mut self) {
        for place in self.columns.values_mut() {
            *place = self.next;
            self.next += 1;
        }
    }

    fn finish(self, outputs: Vec<usize>) -> Program {
        let mut program = Program {
            columns: self.columns.into_keys().collect(),
            outputs,
            places: self.next,
            operations: self.operations,
        };
        program.share_places();
        program
    }

    fn product(&mut self, number: usize) -> usize {
        if let Some(place) = self.of_products.get(&number) {
            return *place;
        }
        let products = self.products;
        let [a, b] = &products.all[number].factors;
        let factors = [self.form(a), self.form(b)];
        let to = self.next();
        self.operations.push(Operation::Product { to, factors });
        self.of_products.insert(number, to);
        to
    }

    fn form(&mut self, form: &'a Form) -> usize {
        if let Some(place) = self.of_forms.get(form) {
            return *place;
        }
        let mut terms = Vec::new();
        for (column, scale) in &form.columns {
            terms.push((self.columns[column], *scale));
        }
        for (product, scale) in &form.products {
            terms.push((self.product(*product), *scale));
        }
        let place = match terms[..] {
            [(place, scale)] if scale == F::ONE && form.constant == F::ZERO => place,
            _ => {
                // A term that is only copied comes first.
                terms.sort_by_key(|(_, scale)| *scale != F::ONE);
                let terms = terms
                    .iter()
                    .map(|(place, scale)| (*place, coefficient(*scale)));
                let terms = terms.collect();
                let to = self.next();
                let constant = form.constant.as_canonical_u32();
                self.operations.push(Operation::Form {
                    to,
                    constant,
                    terms,
                });
                to
            }
        };
        self.of_forms.insert(form, place);
        place
    }

    const fn next(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }
}

fn coefficient(scale: F) -> Coefficient {
    if scale == F::ONE {
        Coefficient::One
    } else if scale == F::NEG_ONE {
        Coefficient::MinusOne
    } else {
        Coefficient::Other(scale.as_canonical_u32())
    }
}
