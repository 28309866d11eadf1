//! Tables left out, repeated, or in another order, by the prover itself: A27.

use zonda::{ProveError, VerifyError};
use zonda_circuits::{
    F,
    machine::{Table, height},
    witness::InstanceTrace,
};
use zonda_verifier::ShapeError;

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

    for table in [Table::AddSub, Table::Ecall, Table::Transfer, Table::Zeroed] {
        let index = at(table);
        let mut dropped = all.clone();
        assert!(!is_empty(&dropped.remove(index)), "{table:?}");
        assert_eq!(honest.verify_these(dropped), Err(VerifyError::Balance));
        let mut twice = all.clone();
        twice.insert(index, all[index].clone());
        assert_eq!(honest.verify_these(twice), Err(VerifyError::Balance));
    }
}

#[test]
fn shapes_that_no_proof_has_are_not_proved() {
    let honest = Forger::honest(&VALUES, &[]);
    let refused = |change: &dyn Fn(&mut Vec<InstanceTrace>)| {
        let mut instances = honest.instances();
        change(&mut instances);
        match honest.prove_these(instances) {
            Err(ProveError::Shape(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    for table in Table::ALL.into_iter().filter(|table| table.is_fixed()) {
        let index = table as usize;
        let is = |error, count| matches!(error, ShapeError::Instances { got, .. } if got == count);
        assert!(is(refused(&|all| drop(all.remove(index))), 0));
        assert!(is(refused(&|all| all.insert(index, all[index].clone())), 2));
        let higher = refused(&|all| {
            let values = &mut all[index].trace.values;
            values.resize(2 * values.len(), F::default());
        });
        assert!(matches!(higher, ShapeError::Fixed { .. }), "{higher}");
    }
    for index in 1..Table::ALL.len() {
        let swapped = refused(&|all| all.swap(index - 1, index));
        let table = Table::ALL[index - 1].name();
        assert_eq!(swapped, ShapeError::Order { table });
    }
}
