//! Given columns and public values of the prover's own, to which nobody commits: A25, A45, A46.

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda::verify;
use zonda_circuits::{
    F,
    machine::{End, Table},
};

use super::{
    harness::Forger,
    names::said,
    told::Told,
    victims::{CALLS, VALUES, ZEROED, asking},
};

/// The verifier's answer to the tables, proved as their prover is told.
fn told(forger: &Forger<'_>, tell: impl Fn(&mut Told)) -> String {
    let proof = forger.run().prove_told(|_, told| tell(told));
    said(&verify(&forger.victim.key, &forger.statement, &proof))
}

/// A number of 17 bits in a table of those of 16 bits, and a wrong AND: all that is looked up is there.
#[test]
fn lookup_tables_of_the_provers_own_are_refused() {
    // ADD with a limb of 2^16.
    let mut forger = Forger::honest(&VALUES, &[]);
    forger.set("add_unread", [("result.lo", 1 << 16), ("result.hi", 0)]);
    forger.settle().recount();
    let table = Table::Range16;
    let is_free =
        |forger: &mut Forger<'_>, row: &usize| *forger.cell(table, *row, "multiplicity") == F::ZERO;
    let row = (0..1 << 16).find(|row| is_free(&mut forger, row)).unwrap();
    *forger.cell(table, row, "multiplicity") = F::ONE;
    let lie = |told: &mut Told| told.given.push((table, row, 0, 1 << 16));
    assert_eq!(told(&forger, lie), "part 0: Rows.Values");
    assert_eq!(told(&forger, |_| ()), "part 0: Tree.Unbalanced");

    // 0xf0 AND 0xff = 0xf1.
    let mut forger = Forger::honest(&VALUES, &[]);
    forger.result("and", 0xf100).set("and", [("and[1]", 0xf1)]);
    forger.recount();
    let (table, row) = (Table::Bytes, 0xf0ff);
    assert_eq!(*forger.cell(table, row, "and_multiplicity"), F::ZERO);
    *forger.cell(table, row, "and_multiplicity") = F::ONE;
    *forger.cell(table, row, "pair_multiplicity") = F::ZERO;
    let lie = |told: &mut Told| told.given.push((table, row, 2, 0xf1));
    assert_eq!(told(&forger, lie), "part 0: Rows.Values");

    // 2^1 = 4.
    let mut forger = Forger::honest(&VALUES, &[]);
    forger.result("sll", 12);
    forger.set("sll", [("power", 4), ("shifted.cut[0].limb", 12)]);
    forger.recount();
    let (table, row) = (Table::PowersOfTwo, 1);
    *forger.cell(table, row, "multiplicity") += F::ONE;
    let lie = |told: &mut Told| told.given.push((table, row, 1, 4));
    assert_eq!(told(&forger, lie), "part 0: Rows.Values");

    // What is told is true.
    let honest = Forger::honest(&VALUES, &[]);
    let truth = |told: &mut Told| {
        told.given.push((Table::Range16, 77, 0, 77));
        told.given.push((Table::Bytes, 0xf0ff, 2, 0xf0));
        told.given.push((Table::PowersOfTwo, 3, 1, 8));
    };
    assert_eq!(told(&honest, truth), "nothing");
}

/// The tables are those of a true run, of which the prover's public values and given columns are made; the verifier
/// expects another one.
#[test]
fn statements_of_the_provers_own_are_refused() {
    let mut forger = Forger::honest(&CALLS, &asking(64, 3, ZEROED, 4));
    assert_eq!(told(&forger, |_| ()), "nothing");
    let honest = forger.statement.clone();

    forger.statement.exit_code = 8;
    let lie = |told: &mut Told| {
        let execution = told.stated.execution.as_mut().unwrap();
        execution.end = End::Exit {
            code: honest.exit_code,
        };
    };
    assert_eq!(told(&forger, lie), "part 0: Rows.Skip");
    forger.statement = honest.clone();

    for byte in [0, honest.output.len() - 1] {
        forger.statement.output[byte] ^= 1;
        let lie = |told: &mut Told| {
            told.stated
                .execution
                .as_mut()
                .unwrap()
                .output
                .clone_from(&honest.output);
        };
        assert_eq!(told(&forger, lie), "part 0: Rows.Values");
        forger.statement.output[byte] ^= 1;
    }
    // As cells of the columns that are given.
    let byte = forger.traces[Table::Statement as usize].width - 1;
    let first = forger.cell(Table::Statement, 0, "byte").as_canonical_u32();
    assert_eq!(first, u32::from(honest.output[0]));
    forger.statement.output[0] ^= 1;
    let lie = |told: &mut Told| told.given.push((Table::Statement, 0, byte, first));
    assert_eq!(told(&forger, lie), "part 0: Rows.Values");
    forger.statement = honest;
    assert_eq!(told(&forger, lie), "nothing");
}
