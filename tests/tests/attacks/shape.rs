//! Tables left out, repeated, or in another order, by the prover itself: A27.

use zonda::VerifyError;
use zonda_circuits::{
    F,
    machine::{Table, height},
    witness::InstanceTrace,
};
use zonda_verifier::{HeaderError, Instance, PartError, ShapeError};

use super::{harness::Forger, victims::VALUES};

fn is_empty(instance: &InstanceTrace) -> bool {
    use p3_field::PrimeCharacteristicRing;
    let mut cells = instance.trace.values.iter();
    cells.all(|cell| *cell == F::ZERO)
}

#[test]
fn tables_dropped_and_repeated_are_refused() {
    let honest = Forger::honest(&VALUES, &[]);
    let all = honest.instances();
    honest.verify_these(all.clone()).unwrap();
    let at = |table: Table| all.iter().position(|i| i.table == table).unwrap();

    // Controls: what has no rows can be left out, be there twice, and be higher than it need be.
    let mut used = all.clone();
    used.retain(|i| i.table.is_fixed() || !is_empty(i));
    assert!(used.len() < all.len());
    honest.verify_these(used).unwrap();
    let mut twice = all.clone();
    let mut empty = all[at(Table::AddSub)].clone();
    empty.trace.values.fill(F::default());
    twice.insert(at(Table::AddSub) + 1, empty);
    honest.verify_these(twice).unwrap();
    let mut higher = all.clone();
    let trace = &mut higher[at(Table::AddSub)].trace;
    let cells = height(trace.values.len() / trace.width) * 2 * trace.width;
    trace.values.resize(cells, F::default());
    honest.verify_these(higher).unwrap();

    let unbalanced = Err(VerifyError::Part {
        part: 0,
        error: PartError::Balance,
    });
    for table in [Table::AddSub, Table::Ecall, Table::Transfer, Table::Zeroed] {
        let index = at(table);
        let mut dropped = all.clone();
        assert!(!is_empty(&dropped.remove(index)), "{table:?}");
        assert_eq!(honest.verify_these(dropped), unbalanced);
        let mut twice = all.clone();
        twice.insert(index, all[index].clone());
        assert_eq!(honest.verify_these(twice), unbalanced);
    }
}

/// Such a header is enough, with or without a proof of it.
#[test]
fn shapes_that_no_proof_has_are_refused() {
    let honest = Forger::honest(&VALUES, &[]);
    let header = honest.prove().header;
    let statement = &honest.statement;
    assert_eq!(header.check(&VALUES.key, statement), Ok(()));
    let refused = |change: &dyn Fn(&mut Vec<Instance>)| {
        let mut header = header.clone();
        change(&mut header.parts[0].shape.0);
        match header.check(&VALUES.key, statement) {
            Err(HeaderError::Shape { part: 0, error }) => error,
            other => panic!("{other:?}"),
        }
    };
    for table in Table::ALL.into_iter().filter(|table| table.is_fixed()) {
        let index = table as usize;
        let is = |error, count| matches!(error, ShapeError::Instances { got, .. } if got == count);
        let is_not = |all: &mut Vec<Instance>| all.retain(|instance| instance.table != table);
        assert!(is(refused(&is_not), 0), "{table:?}");
        assert!(is(refused(&|all| all.insert(index, all[index])), 2));
        let higher = refused(&|all| all[index].log_height += 1);
        assert!(matches!(higher, ShapeError::Fixed { .. }), "{higher}");
    }
    for index in 1..Table::ALL.len() {
        let swapped = refused(&|all| all.swap(index - 1, index));
        let table = Table::ALL[index - 1].name();
        assert_eq!(swapped, ShapeError::Order { table });
    }
}
