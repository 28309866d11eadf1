//! What a table states, taken apart: linear forms in the cells of a row, and products.
//!
//! Most of what tables state is affine: nearly all counts and fields of messages are. That part of all statements
//! together is one weight a column. What is left are products, each of two forms; a form may contain products.

use std::collections::BTreeMap;

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    bus::Bus,
    machine::Table,
    symbolic::{Cell, Expression, Record, Source},
};

/// A polynomial in the columns: an affine form, and products with coefficients.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Form {
    /// The constant.
    pub constant: F,
    /// The coefficients of columns.
    pub columns: BTreeMap<usize, F>,
    /// The coefficients of products, by their numbers.
    pub products: BTreeMap<usize, F>,
}

/// A product of two forms, neither of which is constant.
#[derive(Clone, Debug)]
pub struct Product {
    /// The forms.
    pub factors: [Form; 2],
    /// Its degree in the columns.
    pub degree: usize,
    /// Its value on a row of zeros.
    pub at_zero: F,
}

/// All products of a table, each of them once.
#[derive(Clone, Debug, Default)]
pub struct Products {
    /// The products, each after those that its factors contain.
    pub all: Vec<Product>,
    numbers: BTreeMap<[Form; 2], usize>,
}

/// A message of a table.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its bus.
    pub bus: Bus,
    /// Its count.
    pub count: Form,
    /// Its fields.
    pub fields: Vec<Form>,
}

/// All that a table states, given its public values.
#[derive(Clone, Debug)]
pub struct Statements {
    /// The products.
    pub products: Products,
    /// The constraints.
    pub constraints: Vec<Form>,
    /// The messages.
    pub messages: Vec<Message>,
}

/// The places of a table's columns: fixed, boundary, main, periodic.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    fixed: usize,
    boundary: usize,
    main: usize,
}

impl Places {
    /// Those of a table.
    pub const fn of(table: Table) -> Self {
        Self {
            fixed: table.fixed_width(),
            boundary: table.boundary_width(),
            main: table.width(),
        }
    }

    /// How many columns there are without periodic ones.
    pub const fn width(self) -> usize {
        self.fixed + self.boundary + self.main
    }

    fn place(self, cell: Cell) -> usize {
        let index = usize::from(cell.index);
        match cell.source {
            Source::Fixed => index,
            Source::Boundary => self.fixed + index,
            Source::Main => self.fixed + self.boundary + index,
            Source::Periodic | Source::Public => self.width() + index,
        }
    }
}

impl Form {
    fn constant(constant: F) -> Self {
        Self {
            constant,
            ..Self::default()
        }
    }

    fn is_constant(&self) -> bool {
        self.columns.is_empty() && self.products.is_empty()
    }

    /// `self + scale other`.
    fn add(mut self, other: &Self, scale: F) -> Self {
        self.constant += other.constant * scale;
        let pairs = [
            (&mut self.columns, &other.columns),
            (&mut self.products, &other.products),
        ];
        for (own, others) in pairs {
            for (key, coefficient) in others {
                let sum = own.remove(key).unwrap_or_default() + *coefficient * scale;
                if sum != F::ZERO {
                    own.insert(*key, sum);
                }
            }
        }
        self
    }

    /// The degree in the columns.
    pub fn degree(&self, products: &Products) -> usize {
        let all = self.products.keys();
        let of_products = all.map(|number| products.all[*number].degree).max();
        of_products.unwrap_or(usize::from(!self.columns.is_empty()))
    }

    /// The value on a row of zeros.
    pub fn at_zero(&self, products: &Products) -> F {
        let all = self.products.iter();
        let terms = all.map(|(number, scale)| products.all[*number].at_zero * *scale);
        terms.fold(self.constant, |sum, term| sum + term)
    }
}

impl Products {
    /// The product of two forms.
    fn product(&mut self, a: Form, b: Form) -> Form {
        if a.is_constant() {
            return Form::default().add(&b, a.constant);
        }
        if b.is_constant() {
            return Form::default().add(&a, b.constant);
        }
        let factors = if a <= b { [a, b] } else { [b, a] };
        let next = self.all.len();
        let number = *self.numbers.entry(factors.clone()).or_insert(next);
        if number == next {
            self.all.push(Product {
                degree: factors.iter().map(|form| form.degree(self)).sum(),
                at_zero: factors.iter().map(|form| form.at_zero(self)).product(),
                factors,
            });
        }
        Form {
            products: BTreeMap::from([(number, F::ONE)]),
            ..Form::default()
        }
    }

    /// The form of an expression.
    fn form(&mut self, expression: &Expression, places: Places, public: &[F]) -> Form {
        match expression {
            Expression::Constant(constant) => Form::constant(*constant),
            Expression::Cell(cell) if cell.source == Source::Public => {
                let value = public.get(usize::from(cell.index));
                Form::constant(value.copied().unwrap_or_default())
            }
            Expression::Cell(cell) => Form {
                columns: BTreeMap::from([(places.place(*cell), F::ONE)]),
                ..Form::default()
            },
            Expression::Sum(terms) => {
                let [a, b] = self.both(terms, places, public);
                a.add(&b, F::ONE)
            }
            Expression::Difference(terms) => {
                let [a, b] = self.both(terms, places, public);
                a.add(&b, F::NEG_ONE)
            }
            Expression::Product(factors) => {
                let [a, b] = self.both(factors, places, public);
                self.product(a, b)
            }
            Expression::Negation(inner) => {
                let inner = self.form(inner, places, public);
                Form::default().add(&inner, F::NEG_ONE)
            }
        }
    }

    fn both(&mut self, [a, b]: &[Expression; 2], places: Places, public: &[F]) -> [Form; 2] {
        [a, b].map(|expression| self.form(expression, places, public))
    }
}

impl Statements {
    /// Those of a table with these public values.
    pub fn of(table: Table, public: &[F]) -> Self {
        let record = Record::of(table);
        let places = Places::of(table);
        let mut products = Products::default();
        let mut form = |expression: &Expression| products.form(expression, places, public);
        let constraints = record.constraints.iter().map(|c| form(&c.expression));
        let constraints = constraints.collect();
        let messages = record.messages.iter().map(|message| Message {
            bus: message.bus,
            count: form(&message.count),
            fields: message.fields.iter().map(&mut form).collect(),
        });
        let messages = messages.collect();
        Self {
            products,
            constraints,
            messages,
        }
    }
}
