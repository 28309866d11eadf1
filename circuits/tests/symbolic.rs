//! The record of the tables' constraints and messages: it agrees with the values that the tables
//! compute, and everything in it has its place in the bytes that are hashed.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    bus::Bus,
    evaluate::{Listener, Row},
    machine::Table,
    symbolic::{Cell, Expression, Polynomial, Record, Source, encode},
};

/// The values of a row's constraints and messages.
#[derive(Default)]
struct Said {
    constraints: Vec<F>,
    messages: Vec<(Bus, F, Vec<F>)>,
}

impl Listener for &mut Said {
    fn constraint(&mut self, value: F) {
        self.constraints.push(value);
    }

    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        self.messages.push((bus, count, fields.to_vec()));
    }
}

/// Some value for each cell.
fn value(cell: Cell) -> F {
    let seed = u64::from(cell.index) * 5 + cell.source as u64 + 1;
    F::from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8)
}

fn evaluate(expression: &Expression) -> F {
    match expression {
        Expression::Constant(constant) => *constant,
        Expression::Cell(cell) => value(*cell),
        Expression::Sum(terms) => evaluate(&terms[0]) + evaluate(&terms[1]),
        Expression::Difference(terms) => evaluate(&terms[0]) - evaluate(&terms[1]),
        Expression::Product(factors) => evaluate(&factors[0]) * evaluate(&factors[1]),
        Expression::Negation(inner) => -evaluate(inner),
    }
}

fn evaluate_polynomial(expression: &Expression) -> F {
    let terms = Polynomial::from(expression).0.into_iter();
    let term = |(cells, coefficient): (Vec<Cell>, F)| {
        let factors = cells.into_iter().map(value);
        coefficient * factors.product::<F>()
    };
    terms.map(term).sum()
}

#[test]
fn the_record_is_what_tables_compute() {
    for table in Table::ALL {
        let cells = |source, count: usize| -> Vec<F> {
            (0..count as u16)
                .map(|index| value(Cell { source, index }))
                .collect()
        };
        let mut main = cells(Source::Boundary, table.boundary_width());
        main.extend(cells(Source::Main, table.width()));
        let fixed = cells(Source::Fixed, table.fixed_width());
        let [periodic, public] = [Source::Periodic, Source::Public].map(|source| cells(source, 10));
        let mut said = Said::default();
        table.evaluate(&mut Row::new(&main, &fixed, &periodic, &public, &mut said));

        let record = Record::of(table);
        for evaluate in [evaluate, evaluate_polynomial] {
            let constraints = record.constraints.iter().map(|c| evaluate(&c.expression));
            assert_eq!(
                constraints.collect::<Vec<_>>(),
                said.constraints,
                "{}",
                table.name()
            );
            let messages = record.messages.iter().map(|message| {
                let fields = message.fields.iter().map(evaluate).collect();
                (message.bus, evaluate(&message.count), fields)
            });
            assert_eq!(
                messages.collect::<Vec<_>>(),
                said.messages,
                "{}",
                table.name()
            );
        }
    }
}

#[test]
fn polynomials_do_not_depend_on_how_they_are_written() {
    let [a, b] = [0, 1].map(|index| {
        Expression::from(Cell {
            source: Source::Main,
            index,
        })
    });
    let of = |expression: Expression| Polynomial::from(&expression);
    let two = Expression::TWO;
    assert_eq!(
        of((a.clone() + b.clone()) * (a.clone() - b.clone())),
        of(a.clone() * a.clone() - b.clone() * b.clone())
    );
    assert_eq!(of(a.clone() + a.clone()), of(two * a.clone()));
    assert_eq!(of(a.clone() - a.clone()), Polynomial::default());
    assert_ne!(of(a.clone() - b.clone()), of(b - a));
}

/// Any change of a table, in a coefficient, a count, a field, a bus or the order, changes the bytes.
#[test]
fn bytes_hold_everything_that_is_stated() {
    let honest = Table::ALL.map(Record::of);
    let bytes = encode(&honest);
    let differs = |change: &dyn Fn(&mut Record), at: usize| {
        let mut changed = honest.clone();
        change(&mut changed[at]);
        assert_ne!(encode(&changed), bytes, "{}", honest[at].table.name());
    };
    for (at, record) in honest.iter().enumerate() {
        for index in 0..record.constraints.len() {
            differs(&|r| drop(r.constraints.remove(index)), at);
            differs(&|r| r.constraints[index].expression += Expression::ONE, at);
        }
        for index in 0..record.messages.len() {
            differs(&|r| drop(r.messages.remove(index)), at);
            differs(&|r| r.messages[index].count += Expression::ONE, at);
            differs(&|r| r.messages[index].fields[0] += Expression::ONE, at);
            let other = |bus: Bus| {
                if bus == Bus::Exit {
                    Bus::Output
                } else {
                    Bus::Exit
                }
            };
            differs(
                &|r| r.messages[index].bus = other(r.messages[index].bus),
                at,
            );
        }
        if record.constraints.len() > 1 {
            differs(&|r| r.constraints.swap(0, 1), at);
        }
        if record.messages.len() > 1 {
            differs(&|r| r.messages.swap(0, 1), at);
        }
    }
}
