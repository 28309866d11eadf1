//! Honest proofs, changed, or checked against something else: A14, A16, A20, A24, A25, A27, A46 and
//! A50.

use std::panic::{AssertUnwindSafe, catch_unwind};

use p3_batch_stark::ProverData;
use p3_field::PrimeCharacteristicRing;
use zonda::{Proof, ProofError, Prover, Statement, VerifyError, VerifyingKey, verify};
use zonda_circuits::{F, machine::Table};
use zonda_prover::prove_traces;
use zonda_verifier::{Config, ShapeError};

use super::{
    harness::{CHEAP, Forger, with_fixed},
    victims::{CALLS, FLOW, VALUES, ZEROED, asking},
};

struct Honest {
    key: VerifyingKey,
    statement: Statement,
    bytes: Vec<u8>,
}

/// A proof with the standard parameters.
fn honest() -> Honest {
    let prover = Prover::default();
    let input = asking(64, 3, ZEROED, 4);
    let proved = prover.prove(&CALLS.program, &input).unwrap();
    let honest = Honest {
        key: prover.verifying_key(&CALLS.program),
        statement: Statement {
            exit_code: 7,
            output: proved.output,
        },
        bytes: proved.proof.to_bytes(),
    };
    honest.check(&honest.bytes).unwrap();
    honest
}

impl Honest {
    /// Reads and verifies, and turns a panic into a failure of the test.
    fn check(&self, bytes: &[u8]) -> Result<(), String> {
        let read = || match Proof::from_bytes(bytes) {
            Ok(proof) => verify(&self.key, &self.statement, &proof).map_err(|e| name(&e)),
            Err(error) => Err(format!("{error:?}")
                .split([' ', '('])
                .next()
                .unwrap()
                .into()),
        };
        catch_unwind(AssertUnwindSafe(read)).expect("the verifier panics")
    }

    /// What the verifier says to a proof whose fields were changed.
    fn changed(&self, change: impl FnOnce(&mut Proof)) -> VerifyError {
        let mut proof = Proof::from_bytes(&self.bytes).unwrap();
        change(&mut proof);
        let checked = catch_unwind(AssertUnwindSafe(|| {
            verify(&self.key, &self.statement, &proof)
        }));
        checked.expect("the verifier panics").unwrap_err()
    }
}

fn name(error: &VerifyError) -> String {
    format!("{error:?}")
        .split([' ', '('])
        .next()
        .unwrap()
        .into()
}

#[test]
fn another_statement_is_refused() {
    let honest = honest();
    let proof = Proof::from_bytes(&honest.bytes).unwrap();
    let refused = |change: &dyn Fn(&mut Statement)| {
        let mut statement = honest.statement.clone();
        change(&mut statement);
        name(&verify(&honest.key, &statement, &proof).unwrap_err())
    };
    let output = &honest.statement.output;
    assert_eq!(refused(&|s| s.exit_code = 0), "Work");
    assert_eq!(refused(&|s| s.exit_code ^= 1 << 31), "Work");
    for index in 0..output.len() {
        assert_eq!(refused(&|s| s.output[index] ^= 1), "Work");
    }
    assert_eq!(refused(&|s| s.output.push(0)), "Work");
    assert_eq!(refused(&|s| s.output.extend([0; 100])), "Shape");
    assert_eq!(refused(&|s| s.output.truncate(3)), "Work");
    assert_eq!(refused(&|s| s.output.clear()), "Work");
    assert_eq!(refused(&|s| s.output.reverse()), "Work");
    assert_eq!(refused(&|s| s.output[4..].rotate_left(4)), "Work");
    assert_eq!(refused(&|s| s.output = vec![0; (1 << 22) + 1]), "Output");
    // The output of another input, and another program.
    let other = asking(64, 3, ZEROED + 16, 4);
    let other = Prover::default().execute(&CALLS.program, &other).unwrap();
    assert_eq!(refused(&|s| s.output = other.output.clone()), "Work");
    for program in [&FLOW.program, &VALUES.program] {
        let key = Prover::default().verifying_key(program);
        let error = verify(&key, &honest.statement, &proof).unwrap_err();
        assert!(matches!(name(&error).as_str(), "Shape" | "Work"), "{error}");
    }
}

#[test]
fn no_part_of_a_proof_can_be_left_out_or_changed() {
    let honest = honest();
    let length = honest.bytes.len();
    let steps = (0..length).step_by(length / 97);
    for end in steps.chain(0..12).chain(length - 40..length) {
        let refused = honest.check(&honest.bytes[..end]).unwrap_err();
        assert!(
            matches!(refused.as_str(), "Magic" | "Malformed"),
            "{refused}"
        );
    }
    let mut longer = honest.bytes.clone();
    longer.push(0);
    assert_eq!(honest.check(&longer), Err("Trailing".into()));

    // The regions, in order, each with its end.
    let proof = Proof::from_bytes(&honest.bytes).unwrap().inner;
    let mut end = 0;
    let mut region = |name, length| {
        end += length;
        (name, end)
    };
    macro_rules! size {
        ($part:expr) => {
            postcard::to_allocvec(&$part).unwrap().len()
        };
    }
    let regions = [
        region("magic and version", 7),
        region("main commitment", size!(proof.commitments.main)),
        region(
            "permutation commitment",
            size!(proof.commitments.permutation),
        ),
        region(
            "quotient commitment",
            size!(proof.commitments.quotient_chunks),
        ),
        region("random commitment", size!(proof.commitments.random)),
        region("opened values", size!(proof.opened_values)),
        region("opening proof", size!(proof.opening_proof)),
        region("lookup terminals", size!(proof.lookup_terminals)),
        region("heights", size!(proof.degree_bits)),
        region("lookup work", size!(proof.lookup_pow_witness)),
        region("out-of-domain work", size!(proof.ood_pow_witness)),
    ];
    assert_eq!(end, length);
    let mut start = 0;
    for (name, end) in regions {
        let most = if name == "opening proof" { 120 } else { 24 };
        let step = (end - start).div_ceil(most).max(1);
        for position in (start..end).step_by(step).chain([end - 1]) {
            for flip in [1, 0x80] {
                let mut bytes = honest.bytes.clone();
                bytes[position] ^= flip;
                let refused = honest.check(&bytes);
                assert!(refused.is_err(), "{name}, byte {position} ^ {flip}");
            }
        }
        start = end;
    }
    assert_eq!(honest.check(b""), Err("Magic".into()));
    assert_eq!(
        Proof::from_bytes(b"ZONDA\x01\x00").unwrap_err(),
        ProofError::Version {
            expected: 0,
            got: 1
        }
    );
}

#[test]
fn a_proof_of_another_shape_is_refused() {
    let honest = honest();
    let tables = Table::ALL.len();
    let shape = |change: &dyn Fn(&mut Vec<usize>)| match honest
        .changed(|proof| change(&mut proof.inner.degree_bits))
    {
        VerifyError::Shape(error) => Ok(error),
        error => Err(name(&error)),
    };
    // A27: a table too few, too many, or in another's place.
    let expected = tables;
    let count = |got| Ok(ShapeError::Tables { expected, got });
    assert_eq!(
        shape(&|heights| heights.truncate(tables - 1)),
        count(tables - 1)
    );
    assert_eq!(shape(&|heights| heights.push(4)), count(tables + 1));
    assert_eq!(shape(&Vec::clear), count(0));
    for index in 0..tables {
        for change in [1, usize::MAX] {
            let refused = shape(&|heights| heights[index] = heights[index].wrapping_add(change));
            let refused = refused.map_or_else(|name| name, |_| "Shape".into());
            assert!(matches!(refused.as_str(), "Shape" | "Work"), "{refused}");
        }
        for got in [0, 3, 25, 31, 32, 63, 64, usize::MAX] {
            let table = Table::ALL[index].name();
            let refused = shape(&|heights| heights[index] = got);
            assert_eq!(refused, Ok(ShapeError::Height { table, got }));
        }
    }
    // A20: so many rows that counts, or clks, could wrap around p.
    let free = |table: Table| table.fixed_width() == 0 && table != Table::Statement;
    let grown = |most: usize| {
        shape(&|heights| {
            let tall = Table::ALL.into_iter().filter(|table| free(*table));
            tall.take(most)
                .for_each(|table| heights[table as usize] = 24);
        })
    };
    assert!(matches!(
        grown(tables),
        Err(_) | Ok(ShapeError::Clock { .. })
    ));
    assert!(matches!(grown(17), Ok(ShapeError::Clock { .. })));
    assert_eq!(grown(15), Err("Buses".into()));

    // Parts that are missing, or that nothing asks for: A16.
    type Change = fn(&mut Proof);
    let changes: [(&str, Change); 12] = [
        ("Parts", |p| drop(p.inner.opened_values.instances.pop())),
        ("Parts", |p| p.inner.opened_values.instances.swap(0, 2)),
        ("Parts", |p| p.inner.lookup_terminals.truncate(1)),
        ("Buses", |p| p.inner.lookup_terminals[0] = None),
        ("Buses", |p| p.inner.commitments.permutation = None),
        ("Constraints", |p| {
            p.inner.commitments.random = p.inner.commitments.permutation.clone()
        }),
        ("Parts", |p| {
            p.inner.opened_values.instances[0]
                .base_opened_values
                .trace_local
                .clear()
        }),
        ("Parts", |p| {
            let values = &mut p.inner.opened_values.instances[0].base_opened_values;
            values.trace_next = Some(values.trace_local.clone());
        }),
        ("Parts", |p| {
            p.inner.opened_values.instances[17]
                .base_opened_values
                .preprocessed = None
        }),
        ("Parts", |p| {
            drop(
                p.inner.opened_values.instances[3]
                    .base_opened_values
                    .quotient_chunks
                    .pop(),
            )
        }),
        ("Buses", |p| {
            p.inner.opened_values.instances[3].permutation_next.clear()
        }),
        ("Work", |p| p.inner.lookup_pow_witness = None),
    ];
    for (index, (expected, change)) in changes.into_iter().enumerate() {
        assert_eq!(name(&honest.changed(change)), expected, "change {index}");
    }
    // A24: the sums of two tables, changed so that all still add up to zero.
    let refused = honest.changed(|proof| {
        let terminals = &mut proof.inner.lookup_terminals;
        let one = zonda_verifier::Challenge::ONE;
        terminals[0].as_mut().unwrap().0 += one;
        terminals[1].as_mut().unwrap().0 -= one;
    });
    assert!(
        matches!(refused, VerifyError::Work(_) | VerifyError::Constraints(_)),
        "{refused}"
    );
}

#[test]
fn a_prover_with_its_own_preprocessed_columns_is_refused() {
    let honest = Forger::honest(&VALUES, &[]);
    honest.verify().unwrap();
    for table in [
        Table::Program,
        Table::Image,
        Table::Range16,
        Table::PowersOfTwo,
    ] {
        // The row that changes is in use or not: what counts is the commitment.
        let tables = with_fixed(&VALUES, table, &honest.statement, |cells| {
            cells[1] += F::ONE;
        });
        let (program, entry) = (VALUES.program.id(), VALUES.image.entry);
        let (own, mut data) = VerifyingKey::with_tables(program, entry, &tables, CHEAP);
        let prove = |data: &ProverData<Config>| {
            prove_traces(&own, data, &tables, &honest.traces, &honest.statement).unwrap()
        };
        let refused = verify(&VALUES.key, &honest.statement, &prove(&data)).unwrap_err();
        assert!(
            matches!(refused, VerifyError::Openings(_)),
            "{table:?}: {refused}"
        );
        // The transcript of the honest root, the columns of the other one.
        let honest_root = VALUES
            .data
            .common
            .preprocessed
            .as_ref()
            .unwrap()
            .commitment
            .clone();
        data.common.preprocessed.as_mut().unwrap().commitment = honest_root;
        let refused = verify(&VALUES.key, &honest.statement, &prove(&data)).unwrap_err();
        assert!(
            matches!(refused, VerifyError::Openings(_)),
            "{table:?}: {refused}"
        );
    }
}
