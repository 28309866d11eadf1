use alloc::{vec, vec::Vec};

use p3_field::{PrimeCharacteristicRing, PrimeField32};

use super::{Field, LARGEST, LARGEST_FIXED_WIDTH, LARGEST_WIDTH, Plan, tape};
use crate::{
    F,
    bus::Bus,
    evaluate::{Listener, Row},
    machine::Table,
};

/// Numbers that are as good as random.
struct Cells(u64);

impl Cells {
    fn take(&mut self, count: usize) -> Vec<F> {
        let mut next = || {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            F::from_u32((self.0 >> 34) as u32)
        };
        (0..count).map(|_| next()).collect()
    }
}

#[derive(Default)]
struct Heard {
    constraints: Vec<F>,
    messages: Vec<(Bus, F, Vec<F>)>,
}

impl Listener for &mut Heard {
    fn constraint(&mut self, value: F) {
        self.constraints.push(value);
    }

    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        self.messages.push((bus, count, fields.to_vec()));
    }
}

fn taped(
    table: Table,
    columns: &[F],
    fixed: &[F],
    periodic: &[F],
    public: &[F],
) -> (Vec<F>, Vec<F>, Vec<F>) {
    let size = table.size();
    let mut constraints = vec![F::ZERO; size.constraints];
    let mut counts = vec![F::ZERO; size.messages];
    let mut fields = vec![F::ZERO; size.fields];
    tape(
        table,
        columns,
        fixed,
        periodic,
        public,
        &mut constraints,
        &mut counts,
        &mut fields,
    );
    (constraints, counts, fields)
}

#[test]
fn sizes_are_those_of_the_plans() {
    for table in Table::ALL {
        let size = Plan::of(table).size();
        assert_eq!(table.size(), size, "{}", table.name());
        assert!(table.trace_width() <= LARGEST_WIDTH);
        assert!(table.fixed_width() <= LARGEST_FIXED_WIDTH);
        assert!(size.constraints <= LARGEST.constraints);
        assert!(size.messages <= LARGEST.messages && size.fields <= LARGEST.fields);
    }
}

#[test]
fn a_tape_holds_what_a_row_says_and_the_plan_its_constants() {
    let mut random = Cells(1);
    for table in Table::ALL {
        let plan = Plan::of(table);
        for _ in 0..10 {
            let columns = random.take(table.trace_width());
            let fixed = random.take(table.fixed_width());
            let (periodic, public) = (random.take(4), random.take(6));

            let mut heard = Heard::default();
            let mut row = Row::new(&columns, &fixed, &periodic, &public, &mut heard);
            table.evaluate(&mut row);

            let (constraints, counts, fields) = taped(table, &columns, &fixed, &periodic, &public);
            assert_eq!(constraints, heard.constraints, "{}", table.name());
            assert_eq!(plan.messages.len(), heard.messages.len());
            let mut slot = 0;
            for (index, (bus, count, emitted)) in heard.messages.iter().enumerate() {
                let message = &plan.messages[index];
                assert_eq!((message.bus, counts[index]), (*bus, *count));
                assert!(message.count.is_none_or(|n| F::from_u32(n) == *count));
                assert_eq!(message.fields.len(), emitted.len());
                for (field, value) in message.fields.iter().zip(emitted) {
                    assert_eq!(fields[slot], *value);
                    match field {
                        Field::Constant(known) => assert_eq!(*known, value.as_canonical_u32()),
                        Field::Slot(index) => assert_eq!(*index, slot),
                    }
                    slot += 1;
                }
            }
            assert_eq!(slot, fields.len());
        }
    }
}

/// Whatever the plan does not call constant changes from row to row: nothing is left to fold.
#[test]
fn plans_know_every_constant() {
    let mut random = Cells(2);
    for table in Table::ALL {
        let plan = Plan::of(table);
        let mut rows = Vec::new();
        for _ in 0..2 {
            let columns = random.take(table.trace_width());
            let fixed = random.take(table.fixed_width());
            let (periodic, public) = (random.take(4), random.take(6));
            let (_, counts, fields) = taped(table, &columns, &fixed, &periodic, &public);
            rows.push((counts, fields));
        }
        for (index, message) in plan.messages.iter().enumerate() {
            let same = rows[0].0[index] == rows[1].0[index];
            assert_eq!(message.count.is_some(), same, "{} {index}", table.name());
            for field in &message.fields {
                if let Field::Slot(slot) = field {
                    assert_ne!(
                        rows[0].1[*slot],
                        rows[1].1[*slot],
                        "{} {index}",
                        table.name()
                    );
                }
            }
        }
    }
}
