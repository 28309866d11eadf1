//! Honest proofs, changed, or checked against something else: A02, A03, A06, A08 to A11, A16, A20,
//! A24, A27, A46 and A50.

use std::panic::{AssertUnwindSafe, catch_unwind};

use p3_field::PrimeCharacteristicRing;
use zonda::{Preset, Proof, Prover, Statement, VerifyError, VerifyingKey, verify};
use zonda_circuits::{F, machine::Table};
use zonda_verifier::{
    Instance, Parameters, QM31, ShapeError,
    proof::{Body, Nonces},
};

use super::{
    harness::{CHEAP, Forger},
    victims::{CALLS, FLOW, VALUES, ZEROED, asking},
};

/// An honest proof and what it proves.
pub struct Honest {
    pub key: VerifyingKey,
    pub statement: Statement,
    pub bytes: Vec<u8>,
}

/// A proof with the standard parameters.
pub fn honest() -> Honest {
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

/// What a proof of the standard preset says.
pub fn body(proof: &mut Proof) -> &mut Body<QM31> {
    match proof {
        Proof::Standard(body) => body,
        Proof::High(_) => panic!("a proof of the other preset"),
    }
}

impl Honest {
    /// Reads and verifies, and turns a panic into a failure of the test.
    pub fn check(&self, bytes: &[u8]) -> Result<(), String> {
        let read = || match Proof::from_bytes(bytes) {
            Ok(proof) => verify(&self.key, &self.statement, &proof).map_err(|e| name(&e)),
            Err(error) => Err(name(&error)),
        };
        catch_unwind(AssertUnwindSafe(read)).expect("the verifier panics")
    }

    /// What the verifier says to a proof whose fields were changed.
    fn changed(&self, change: impl FnOnce(&mut Body<QM31>)) -> VerifyError {
        let mut proof = Proof::from_bytes(&self.bytes).unwrap();
        change(body(&mut proof));
        let checked = catch_unwind(AssertUnwindSafe(|| {
            verify(&self.key, &self.statement, &proof)
        }));
        checked.expect("the verifier panics").unwrap_err()
    }

    /// What the verifier says to other instances.
    fn shape(&self, change: impl FnOnce(&mut Vec<Instance>)) -> Result<ShapeError, String> {
        match self.changed(|proof| change(&mut proof.shape.0)) {
            VerifyError::Shape(error) => Ok(error),
            error => Err(name(&error)),
        }
    }
}

/// The name of an error's variant.
fn name(error: &impl std::fmt::Debug) -> String {
    let text = format!("{error:?}");
    text.split([' ', '(']).next().unwrap().into()
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
    assert_eq!(refused(&|s| s.exit_code = 0), "Statement");
    assert_eq!(refused(&|s| s.exit_code ^= 1 << 31), "Statement");
    for index in 0..output.len() {
        assert_eq!(refused(&|s| s.output[index] ^= 1), "Statement");
    }
    assert_eq!(refused(&|s| s.output.push(0)), "Statement");
    assert_eq!(refused(&|s| s.output.extend([0; 100])), "Shape");
    assert_eq!(refused(&|s| s.output.truncate(3)), "Statement");
    assert_eq!(refused(&|s| s.output.clear()), "Statement");
    assert_eq!(refused(&|s| s.output.reverse()), "Statement");
    assert_eq!(refused(&|s| s.output[4..].rotate_left(4)), "Statement");
    assert_eq!(refused(&|s| s.output = vec![0; (1 << 22) + 1]), "Output");
    // The output of another input, and another program.
    let other = asking(64, 3, ZEROED + 16, 4);
    let other = Prover::default().execute(&CALLS.program, &other).unwrap();
    assert_eq!(refused(&|s| s.output = other.output.clone()), "Statement");
    for program in [&FLOW.program, &VALUES.program] {
        let key = Prover::default().verifying_key(program);
        let error = name(&verify(&key, &honest.statement, &proof).unwrap_err());
        assert!(matches!(&*error, "Shape" | "Statement"), "{error}");
    }
}

#[test]
fn another_preset_or_other_parameters_are_refused() {
    let honest = honest();
    let proof = Proof::from_bytes(&honest.bytes).unwrap();
    let refused = |key: &VerifyingKey, proof: &Proof| verify(key, &honest.statement, proof);
    let wrong = |expected, got| Err(VerifyError::Preset { expected, got });
    let high = Proof::High(Body::default());
    assert_eq!(
        refused(&honest.key, &high),
        wrong(Preset::Standard, Preset::High)
    );
    let mut options = zonda::Options::default();
    options.preset = Preset::High;
    let key = Prover::new(options).verifying_key(&CALLS.program);
    assert_eq!(refused(&key, &proof), wrong(Preset::High, Preset::Standard));
    // The same bytes under the other preset's number.
    let mut bytes = honest.bytes.clone();
    bytes[7] = Preset::High.byte();
    assert!(honest.check(&bytes).is_err());

    // A key that asks for anything else: more, less, or what no key can ask for.
    let standard = honest.key.parameters().to_array();
    for index in 0..standard.len() {
        for (change, expected) in [
            (1, "Statement"),
            (u32::MAX, "Statement"),
            (1 << 20, "Parameters"),
        ] {
            let mut parameters = standard;
            parameters[index] = parameters[index].wrapping_add(change);
            let parameters = Parameters::from_array(parameters);
            let key = honest.key.clone().with_parameters(parameters);
            let error = name(&refused(&key, &proof).unwrap_err());
            assert_eq!(error, expected, "{parameters:?}");
        }
    }
    let none = Parameters {
        queries: 0,
        ..*honest.key.parameters()
    };
    let key = honest.key.clone().with_parameters(none);
    assert_eq!(refused(&key, &proof), Err(VerifyError::Parameters));
}

#[test]
fn a_proof_of_another_shape_is_refused() {
    let honest = honest();
    let mut proof = Proof::from_bytes(&honest.bytes).unwrap();
    let instances = body(&mut proof).shape.0.clone();
    let count = instances.len();
    let free = |table: Table| !table.is_fixed();
    assert!(instances.iter().filter(|i| free(i.table)).count() >= 4);

    // A27: an instance too few, too many, or in another's place.
    let least = |got| {
        let table = Table::Program.name();
        let (least, most) = (1, 1);
        Ok(ShapeError::Instances {
            table,
            least,
            most,
            got,
        })
    };
    assert_eq!(honest.shape(Vec::clear), least(0));
    for (index, instance) in instances.iter().enumerate() {
        let dropped = honest.shape(|all| {
            all.remove(index);
        });
        let twice = honest.shape(|all| all.insert(index, *instance));
        if free(instance.table) {
            assert_eq!((dropped, twice), (Err("Parts".into()), Err("Parts".into())));
        } else {
            let is = |error, count| {
                matches!(error, Ok(ShapeError::Instances { got, table, .. })
                    if got == count && table == instance.table.name())
            };
            assert!(is(dropped, 0) && is(twice, 2), "{instance:?}");
        }
        if index + 1 < count && instances[index + 1].table != instance.table {
            let table = instance.table.name();
            let swapped = honest.shape(|all| all.swap(index, index + 1));
            assert_eq!(swapped, Ok(ShapeError::Order { table }));
        }
        // Presented as a table that the proof does not have.
        let absent = Table::ALL
            .into_iter()
            .find(|table| instances.iter().all(|i| i.table != *table))
            .unwrap();
        let renamed = honest.shape(|all| {
            all[index].table = absent;
            all.sort_by_key(|i| i.table);
        });
        let renamed = renamed.map_or_else(|name| name, |_| "Shape".into());
        assert!(matches!(&*renamed, "Shape" | "Parts" | "Statement"));
    }
    assert!(matches!(
        honest.shape(|all| all.reverse()),
        Ok(ShapeError::Order { .. })
    ));

    // Other heights.
    for (index, instance) in instances.iter().enumerate() {
        for change in [1, u8::MAX] {
            let other = instance.log_height.wrapping_add(change);
            let refused = honest.shape(|all| all[index].log_height = other);
            match refused {
                Ok(_) => {}
                Err(name) if free(instance.table) => {
                    assert!(matches!(&*name, "Parts" | "Statement"), "{name}");
                }
                Err(name) => panic!("{instance:?}: {name}"),
            }
        }
        for got in [0, 3, 25, 31, 32, 63, 64, 255] {
            let table = instance.table.name();
            let refused = honest.shape(|all| all[index].log_height = got);
            let got = got.into();
            assert_eq!(refused, Ok(ShapeError::Height { table, got }));
        }
    }

    // A20: so many rows that counts, or clks, could wrap around p.
    let grown = |tables: usize| {
        honest.shape(|all| {
            let tall = Table::ALL.into_iter().filter(|table| free(*table));
            for table in tall.take(tables) {
                all.retain(|instance| instance.table != table);
                let log_height = 24;
                all.extend([Instance { table, log_height }; 4]);
            }
            all.sort_by_key(|instance| instance.table);
        })
    };
    assert!(matches!(grown(4), Ok(ShapeError::Clock { .. })));
    assert!(matches!(grown(16), Ok(ShapeError::Clock { .. })));
    let fewer = grown(3).unwrap_err();
    assert!(matches!(&*fewer, "Parts" | "Security"), "{fewer}");
    let five = honest.shape(|all| all.splice(0..0, [all[0]; 5]).for_each(drop));
    assert!(matches!(five, Ok(ShapeError::Instances { .. })));
}

#[test]
fn missing_further_and_changed_parts_are_refused() {
    type Change = fn(&mut Body<QM31>);
    let honest = honest();
    let changes: [(&str, Change); 45] = [
        // Parts that are missing, or that nothing asks for.
        ("Parts", |p| {
            p.claims.pop();
        }),
        ("Parts", |p| p.claims.push(QM31::ZERO)),
        ("Parts", |p| {
            p.opened.at_point.pop();
        }),
        ("Parts", |p| p.opened.at_point.push(QM31::ZERO)),
        ("Parts", |p| p.opened.before.clear()),
        ("Parts", |p| p.opened.before.push(QM31::ZERO)),
        ("Parts", |p| {
            p.fold_roots.pop();
        }),
        ("Parts", |p| p.fold_roots.push([0; 32])),
        ("Parts", |p| {
            p.nonces.folds.pop();
        }),
        ("Parts", |p| p.nonces.folds.push(0)),
        ("Parts", |p| {
            p.folds.pop();
        }),
        ("Parts", |p| p.folds.push(p.folds[0].clone())),
        ("Parts", |p| p.last.clear()),
        ("Parts", |p| p.last.truncate(63)),
        ("Parts", |p| p.last.extend([QM31::ZERO; 64])),
        ("Parts", |p| p.phases[0].rows.clear()),
        ("Parts", |p| {
            p.phases[1].rows.pop();
        }),
        ("Parts", |p| p.phases[3].rows.push(Vec::new())),
        ("Rows", |p| {
            p.phases[1].rows[0].pop();
        }),
        ("Rows", |p| p.phases[2].rows[0].clear()),
        ("Rows", |p| p.phases[3].rows[0].push(F::ZERO)),
        ("Rows", |p| {
            p.phases[0].siblings.pop();
        }),
        ("Rows", |p| p.phases[1].siblings.push([0; 32])),
        ("Rows", |p| p.phases[2].siblings.swap(0, 1)),
        ("Folding", |p| {
            p.folds[0].entries.pop();
        }),
        ("Folding", |p| p.folds[1].entries.clear()),
        ("Folding", |p| p.folds[1].siblings.push([0; 32])),
        ("Folding", |p| {
            p.folds[0].siblings.pop();
        }),
        // Openings of other positions, and rows that share their cells otherwise.
        ("Rows", |p| p.phases[3].rows[0].rotate_left(8)),
        ("Rows", |p| p.phases[3].rows[0].rotate_left(1)),
        ("Rows", |p| p.phases.swap(1, 2)),
        ("Folding", |p| p.folds[0].entries.rotate_left(8)),
        // What the transcript has absorbed, changed afterwards.
        ("Work", |p| p.roots.main[0] ^= 1),
        ("Work", |p| p.roots.sums[0] ^= 1),
        ("Work", |p| p.roots.quotient[31] ^= 1),
        ("Work", |p| p.claims[0] += QM31::ONE),
        ("Work", |p| p.opened.at_point.swap(0, 1)),
        ("Work", |p| p.opened.before[0] += QM31::ONE),
        ("Work", |p| p.fold_roots.swap(0, 1)),
        ("Work", |p| p.last[63] += QM31::ONE),
        // Works of other places, or of none.
        ("Statement", |p| p.nonces.global = u64::MAX),
        ("Work", |p| p.nonces.lookup ^= 1 << 63),
        ("Work", |p| p.nonces.constraints = p.nonces.lookup),
        ("Work", |p| p.nonces.query += 1),
        ("Statement", |p| {
            let folds = vec![0; p.nonces.folds.len()];
            p.nonces = Nonces {
                folds,
                ..Nonces::default()
            };
        }),
    ];
    for (index, (expected, change)) in changes.into_iter().enumerate() {
        let got = name(&honest.changed(change));
        // Phases that change places do not even have as many groups.
        let group = expected == "Rows" && got == "Parts" && index == 30;
        assert!(got == expected || group, "change {index}: {got}");
    }
    // A11: each work was done at its own place.
    let works = |p: &Body<QM31>| {
        let n = &p.nonces;
        let mut works = vec![n.global, n.lookup, n.constraints, n.point, n.batch, n.query];
        works.extend(&n.folds);
        works
    };
    let mut proof = Proof::from_bytes(&honest.bytes).unwrap();
    let all = works(body(&mut proof));
    for index in 0..all.len() {
        let error = honest.changed(|p| {
            let other = all[(index + 1) % all.len()];
            let n = &mut p.nonces;
            let [a, b, c, d, e, f] = [
                &mut n.global,
                &mut n.lookup,
                &mut n.constraints,
                &mut n.point,
                &mut n.batch,
                &mut n.query,
            ];
            let first = [a, b, c, d, e, f].into_iter();
            *first.chain(&mut n.folds).nth(index).unwrap() = other;
        });
        let error = name(&error);
        let expected = ["Work", "Statement"][usize::from(index == 0)];
        assert_eq!(error, expected, "work {index}");
    }
}

/// A02 and A24. Without proofs of work: what refuses is the argument itself.
#[test]
fn other_claimed_sums_are_refused() {
    let honest = Forger::honest(&VALUES, &[]);
    assert_eq!(VALUES.key.parameters(), &CHEAP);
    let proof = honest.prove();
    let checked = |change: fn(&mut Body<QM31>)| {
        let mut proof = proof.clone();
        change(body(&mut proof));
        verify(&VALUES.key, &honest.statement, &proof)
    };
    assert_eq!(checked(|_| ()), Ok(()));
    let refused = [
        checked(|p| p.claims[0] += QM31::ONE),
        checked(|p| p.claims[0] = QM31::ZERO),
        checked(|p| p.claims.iter_mut().for_each(|claim| *claim += QM31::ONE)),
    ];
    assert_eq!(refused, [const { Err(VerifyError::Balance) }; 3]);
    // All still add up to zero.
    let refused = [
        checked(|p| {
            p.claims[0] += QM31::ONE;
            p.claims[1] -= QM31::ONE;
        }),
        checked(|p| p.claims.swap(0, 1)),
        checked(|p| p.claims.fill(QM31::ZERO)),
        // A03: the opened values too.
        checked(|p| p.opened.at_point[9] += QM31::ONE),
        checked(|p| p.opened.before[0] += QM31::ONE),
        checked(|p| p.opened.at_point.fill(QM31::ZERO)),
    ];
    assert_eq!(refused[..5], [const { Err(VerifyError::Constraints) }; 5]);
    assert!(refused[5].is_err());
}
