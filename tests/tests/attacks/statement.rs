//! Honest proofs, changed, or checked against something else: A02, A03, A06, A08 to A11, A16, A20,
//! A24, A27, A46 and A50.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::LazyLock,
};

use p3_field::PrimeCharacteristicRing;
use zonda::{Preset, Proof, Prover, Statement, VerifyError, VerifyingKey, verify};
use zonda_circuits::{F, machine::Table};
use zonda_verifier::{
    Claim, HeaderError, Instance, KeyError, Layout, Parameters, PartError, QM31, ShapeError,
    header::Header,
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

/// A proof with the standard parameters, of one part.
pub static HONEST: LazyLock<Honest> = LazyLock::new(|| Honest::new(1000));

/// The same run in several shards.
pub static SHARDED: LazyLock<Honest> = LazyLock::new(|| Honest::new(20));

/// Changes the body of a part of a proof of the standard preset.
pub fn change_body(proof: &mut Proof, part: usize, change: impl FnOnce(&mut Body<QM31>)) {
    let mut body = proof.body(part).unwrap();
    change(&mut body);
    let layout = Layout::new(&proof.header.parts[part].shape, 4);
    proof.parts[part] = body.to_bytes(&layout);
}

impl Honest {
    fn new(shard_cycles: u64) -> Self {
        let prover = Prover::new(zonda::Options::new().shard_cycles(shard_cycles));
        let input = asking(64, 3, ZEROED, 4);
        let proved = prover.prove(&CALLS.program, &input).unwrap();
        let honest = Self {
            key: prover.verifying_key(&CALLS.program).unwrap(),
            statement: Statement {
                exit_code: 7,
                output: proved.output,
            },
            bytes: proved.proof.to_bytes(),
        };
        honest.check(&honest.bytes).unwrap();
        honest
    }

    pub fn proof(&self) -> Proof {
        Proof::from_bytes(&self.bytes).unwrap()
    }

    /// Reads and verifies, and turns a panic into a failure of the test.
    pub fn check(&self, bytes: &[u8]) -> Result<(), String> {
        let read = || match Proof::from_bytes(bytes) {
            Ok(proof) => self.verify(&proof),
            Err(error) => Err(variant(&error)),
        };
        catch_unwind(AssertUnwindSafe(read)).expect("the reader panics")
    }

    /// Verifies, and turns a panic into a failure of the test.
    pub fn verify(&self, proof: &Proof) -> Result<(), String> {
        let verify = || verify(&self.key, &self.statement, proof).map_err(|error| name(&error));
        catch_unwind(AssertUnwindSafe(verify)).expect("the verifier panics")
    }

    /// The verifier's answer to a proof with one part changed.
    fn changed(&self, part: usize, change: impl FnOnce(&mut Body<QM31>)) -> String {
        let mut proof = self.proof();
        change_body(&mut proof, part, change);
        self.verify(&proof).unwrap_err()
    }

    /// The verifier's answer to another header.
    fn header(&self, change: impl FnOnce(&mut Header)) -> VerifyError {
        let mut proof = self.proof();
        change(&mut proof.header);
        verify(&self.key, &self.statement, &proof).unwrap_err()
    }

    /// The verifier's answer to other instances of the first part.
    fn shape(&self, change: impl FnOnce(&mut Vec<Instance>)) -> Result<ShapeError, String> {
        match self.header(|header| change(&mut header.parts[0].shape.0)) {
            VerifyError::Header(HeaderError::Shape { part: 0, error }) => Ok(error),
            error => Err(name(&error)),
        }
    }
}

/// The name of the check that failed.
pub fn name(error: &VerifyError) -> String {
    match error {
        VerifyError::Key(error) => format!("Key.{}", variant(error)),
        VerifyError::Header(HeaderError::Claim(error)) => format!("Claim.{}", variant(error)),
        VerifyError::Header(HeaderError::Links(error)) => variant(error),
        VerifyError::Header(error) => variant(error),
        VerifyError::Part { error, .. } => variant(error),
        error => variant(error),
    }
}

/// The name of an error's variant.
fn variant(error: &impl std::fmt::Debug) -> String {
    let text = format!("{error:?}");
    text.split([' ', '(']).next().unwrap().into()
}

/// What the verifier says to a proof of something else than it expects, and what if the proof claims
/// to be of that.
fn refused(key: &VerifyingKey, statement: &Statement, proof: &Proof) -> [String; 2] {
    let mut claiming = proof.clone();
    claiming.header.claim = Claim::new(key, statement);
    [proof, &claiming].map(|proof| name(&verify(key, statement, proof).unwrap_err()))
}

#[test]
fn another_statement_is_refused() {
    let honest = &HONEST;
    let proof = honest.proof();
    let refused = |change: &dyn Fn(&mut Statement)| {
        let mut statement = honest.statement.clone();
        change(&mut statement);
        let [alone, claiming] = refused(&honest.key, &statement, &proof);
        (alone, claiming)
    };
    let named = |alone: &str, claiming: &str| (alone.to_owned(), claiming.to_owned());
    let exit_code = named("Claim.ExitCode", "GlobalWork");
    let length = named("Claim.OutputLength", "OutputLength");
    let bytes = named("Claim.Output", "GlobalWork");
    let output = &honest.statement.output;
    assert_eq!(refused(&|s| s.exit_code = 0), exit_code);
    assert_eq!(refused(&|s| s.exit_code ^= 1 << 31), exit_code);
    for index in 0..output.len() {
        assert_eq!(refused(&|s| s.output[index] ^= 1), bytes);
    }
    assert_eq!(refused(&|s| s.output.push(0)), length);
    assert_eq!(refused(&|s| s.output.extend([0; 100])), length);
    assert_eq!(refused(&|s| s.output.truncate(3)), length);
    assert_eq!(refused(&|s| s.output.clear()), length);
    assert_eq!(refused(&|s| s.output.reverse()), bytes);
    assert_eq!(refused(&|s| s.output[4..].rotate_left(4)), bytes);
    let too_long = refused(&|s| s.output = vec![0; (1 << 22) + 1]);
    assert_eq!(too_long, named("Output", "Output"));
    // The output of another input.
    let other = asking(64, 3, ZEROED + 16, 4);
    let other = Prover::default().execute(&CALLS.program, &other).unwrap();
    assert_eq!(refused(&|s| s.output = other.output.clone()), bytes);
}

/// A50: of another program, under its own key and under one that says that it is this one's.
#[test]
fn another_program_is_refused() {
    let honest = &HONEST;
    let proof = honest.proof();
    for program in [&FLOW.program, &VALUES.program] {
        let key = Prover::default().verifying_key(program).unwrap();
        let [alone, claiming] = refused(&key, &honest.statement, &proof);
        assert_eq!(alone, "Claim.Program");
        assert!(matches!(&*claiming, "Shape" | "GlobalWork"), "{claiming}");
        let roots = *key.fixed_roots();
        let (id, fixed) = (*honest.key.program_id(), key.fixed().to_vec());
        let key = VerifyingKey::from_roots(id, key.entry(), key.preset(), fixed, roots);
        let [alone, claiming] = refused(&key, &honest.statement, &proof);
        assert_eq!(alone, "Claim.Key");
        assert!(matches!(&*claiming, "Shape" | "GlobalWork"), "{claiming}");
    }
}

/// A user who expects something else is told what the proof states.
#[test]
fn what_differs_is_said() {
    let honest = &HONEST;
    let proof = honest.proof();
    let said = |key: &VerifyingKey, change: &dyn Fn(&mut Statement)| {
        let mut statement = honest.statement.clone();
        change(&mut statement);
        verify(key, &statement, &proof).unwrap_err().to_string()
    };
    let exit_code = said(&honest.key, &|s| s.exit_code = 0);
    assert_eq!(exit_code, "the proof states exit code 7, you expect 0");
    let length = honest.statement.output.len();
    let output = said(&honest.key, &|s| s.output.truncate(8));
    let expected = format!("the proof states {length} bytes of output, you expect 8");
    assert_eq!(output, expected);
    let output = said(&honest.key, &|s| s.output[0] ^= 1);
    let start = format!("the proof states {length} bytes of output with the BLAKE3 digest ");
    assert!(output.starts_with(&start), "{output}");
    let key = Prover::default().verifying_key(&FLOW.program).unwrap();
    let program = said(&key, &|_| ());
    let hex = |program: &zonda::Program| program.id().map(|byte| format!("{byte:02x}")).concat();
    let [got, expected] = [&CALLS.program, &FLOW.program].map(hex);
    let expected = format!("the proof is of program {got}, the key is of {expected}");
    assert_eq!(program, expected);
}

#[test]
fn another_preset_or_other_parameters_are_refused() {
    let honest = &HONEST;
    let proof = honest.proof();
    let says = |key: &VerifyingKey, proof: &Proof| verify(key, &honest.statement, proof);
    let wrong = |expected, got| Err(VerifyError::Preset { expected, got });
    let mut high = honest.proof();
    high.header.preset = Preset::High;
    assert_eq!(
        says(&honest.key, &high),
        wrong(Preset::Standard, Preset::High)
    );
    let high = Prover::new(zonda::Options::new().preset(Preset::High));
    let key = high.verifying_key(&CALLS.program).unwrap();
    assert_eq!(says(&key, &proof), wrong(Preset::High, Preset::Standard));
    // The same bytes under the other preset's number.
    let mut bytes = honest.bytes.clone();
    bytes[7] = Preset::High.byte();
    assert!(honest.check(&bytes).is_err());

    // A key that asks for anything else: more, less, or what no key can ask for.
    let standard = honest.key.parameters().to_array();
    for index in 0..standard.len() {
        for (change, expected) in [
            (1, ["Claim.Key", "GlobalWork"]),
            (u32::MAX, ["Claim.Key", "GlobalWork"]),
            (1 << 20, ["Key.Parameters"; 2]),
        ] {
            let mut parameters = standard;
            parameters[index] = parameters[index].wrapping_add(change);
            let parameters = Parameters::from_array(parameters);
            let key = honest.key.clone().with_parameters(parameters);
            let errors = refused(&key, &honest.statement, &proof);
            assert_eq!(errors, expected, "{parameters:?}");
        }
    }
    let none = Parameters {
        queries: 0,
        ..*honest.key.parameters()
    };
    let key = honest.key.clone().with_parameters(none);
    let error = KeyError::Parameters {
        preset: Preset::Standard,
    };
    assert_eq!(says(&key, &proof), Err(VerifyError::Key(error)));
}

#[test]
fn a_proof_of_another_shape_is_refused() {
    let honest = &HONEST;
    let instances = honest.proof().header.parts[0].shape.0.clone();
    let count = instances.len();
    let free = |table: Table| !table.is_fixed();
    assert!(instances.iter().filter(|i| free(i.table)).count() >= 4);

    // A27: an instance too few, too many, or in another's place.
    assert_eq!(honest.shape(Vec::clear), Ok(ShapeError::Roles));
    for (index, instance) in instances.iter().enumerate() {
        let dropped = honest.shape(|all| {
            all.remove(index);
        });
        let twice = honest.shape(|all| all.insert(index, *instance));
        if free(instance.table) {
            let statement = || Err("GlobalWork".into());
            match instance.table {
                Table::Instructions | Table::Boundary => {
                    assert!(matches!(dropped, Ok(ShapeError::Instances { got: 0, .. })));
                }
                _ => assert_eq!(dropped, statement()),
            }
            assert_eq!(twice, statement());
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
        assert!(matches!(&*renamed, "Shape" | "GlobalWork"));
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
                    assert_eq!(name, "GlobalWork");
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
    assert_eq!(fewer, "Security");
    let five = honest.shape(|all| all.splice(0..0, [all[0]; 5]).for_each(drop));
    assert!(matches!(five, Ok(ShapeError::Instances { .. })));
}

#[test]
fn missing_further_and_changed_parts_are_refused() {
    type Change = fn(&mut Body<QM31>);
    let changes: [(&str, Change); 43] = [
        // Missing instances, and instances that no row needs.
        ("Encoding", |p| {
            p.claims.pop();
        }),
        ("Encoding", |p| p.claims.push(QM31::ZERO)),
        ("Encoding", |p| {
            p.opened.at_point.pop();
        }),
        ("Encoding", |p| p.opened.at_point.push(QM31::ZERO)),
        ("Encoding", |p| p.opened.before.clear()),
        ("Encoding", |p| p.opened.before.push(QM31::ZERO)),
        ("Encoding", |p| {
            p.fold_roots.pop();
        }),
        ("Encoding", |p| p.fold_roots.push([0; 32])),
        ("Encoding", |p| {
            p.nonces.folds.pop();
        }),
        ("Encoding", |p| p.nonces.folds.push(0)),
        ("Encoding", |p| {
            p.folds.pop();
        }),
        ("Encoding", |p| p.last.clear()),
        ("Encoding", |p| p.last.truncate(63)),
        ("Encoding", |p| p.last.extend([QM31::ZERO; 64])),
        ("Encoding", |p| p.phases[0].rows.clear()),
        ("Encoding", |p| {
            p.phases[4].rows.pop();
        }),
        ("Encoding", |p| {
            p.phases[4].rows[0].pop();
        }),
        ("Encoding", |p| p.phases[6].rows[0].push(F::ZERO)),
        ("Encoding", |p| {
            p.folds[0].entries.pop();
        }),
        ("Rows", |p| p.phases[5].rows[0].clear()),
        ("Rows", |p| {
            p.phases[0].siblings.pop();
        }),
        ("Rows", |p| {
            p.phases[3].siblings.pop();
        }),
        ("Rows", |p| p.phases[4].siblings.push([0; 32])),
        ("Rows", |p| p.phases[5].siblings.swap(0, 1)),
        ("Folding", |p| p.folds[1].entries.clear()),
        ("Folding", |p| p.folds[1].siblings.push([0; 32])),
        ("Folding", |p| {
            p.folds[0].siblings.pop();
        }),
        // Openings of other positions, and rows that share their cells otherwise.
        ("Rows", |p| p.phases[6].rows[0].rotate_left(8)),
        ("Rows", |p| p.phases[6].rows[0].rotate_left(1)),
        ("Rows", |p| p.phases[3].rows[0].rotate_left(1)),
        ("Folding", |p| p.folds[0].entries.rotate_left(8)),
        // Values that the transcript has absorbed, changed afterwards.
        ("Work", |p| p.roots.main[0] ^= 1),
        ("Work", |p| p.roots.sums[0] ^= 1),
        ("Work", |p| p.roots.quotient[31] ^= 1),
        ("Work", |p| p.claims[0] += QM31::ONE),
        ("Work", |p| p.opened.at_point.swap(0, 1)),
        ("Work", |p| p.opened.before[0] += QM31::ONE),
        ("Work", |p| p.fold_roots.swap(0, 1)),
        ("Work", |p| p.last[63] += QM31::ONE),
        // Works of other places, or of none.
        ("Work", |p| p.nonces.lookup ^= 1 << 63),
        ("Work", |p| p.nonces.constraints = p.nonces.lookup),
        ("Work", |p| p.nonces.query += 1),
        ("Work", |p| {
            let folds = vec![0; p.nonces.folds.len()];
            p.nonces = Nonces {
                folds,
                ..Nonces::default()
            };
        }),
    ];
    for (honest, part) in [(&HONEST, 0), (&SHARDED, 1)] {
        for (index, (expected, change)) in changes.into_iter().enumerate() {
            let got = honest.changed(part, change);
            assert_eq!(got, expected, "change {index} of part {part}");
        }
    }
}

/// A11: each work was done at its own place.
#[test]
fn works_of_other_places_are_refused() {
    for (honest, part) in [(&HONEST, 0), (&SHARDED, 2)] {
        let proof = honest.proof();
        let nonces = proof.body::<QM31>(part).unwrap().nonces;
        let all: Vec<u64> = [
            nonces.lookup,
            nonces.constraints,
            nonces.point,
            nonces.batch,
            nonces.query,
        ]
        .into_iter()
        .chain(nonces.folds)
        .chain([proof.header.global_nonce])
        .collect();
        for index in 0..all.len() - 1 {
            let refused = honest.changed(part, |p| {
                let Nonces {
                    lookup,
                    constraints,
                    point,
                    batch,
                    folds,
                    query,
                } = &mut p.nonces;
                let first = [lookup, constraints, point, batch, query].into_iter();
                *first.chain(folds).nth(index).unwrap() = all[index + 1];
            });
            assert_eq!(refused, "Work", "work {index}");
        }
        for nonce in [u64::MAX, 0, all[0], proof.header.global_nonce ^ 1 << 63] {
            let refused = honest.header(|header| header.global_nonce = nonce);
            assert_eq!(refused, VerifyError::GlobalWork);
        }
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
        change_body(&mut proof, 0, change);
        verify(&VALUES.key, &honest.statement, &proof)
    };
    assert_eq!(checked(|_| ()), Ok(()));
    let part = |error| Err(VerifyError::Part { part: 0, error });
    let refused = [
        checked(|p| p.claims[0] += QM31::ONE),
        checked(|p| p.claims[0] = QM31::ZERO),
        checked(|p| p.claims.iter_mut().for_each(|claim| *claim += QM31::ONE)),
    ];
    assert_eq!(refused, [const { PartError::Balance }; 3].map(part));
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
    assert_eq!(
        refused[..5],
        [const { PartError::Constraints }; 5].map(part)
    );
    assert!(refused[5].is_err());
}
