//! Proofs of a real run by a plain reference prover, and what becomes of them when changed.

mod prover;
mod run;
mod spec;
mod tree;

use p3_field::PrimeCharacteristicRing;
use run::{Run, four_parts, one_part};
use zonda_circuits::F;
use zonda_verifier::{
    Claim, HeaderError, Layout, Parameters, PartError, Preset, Proof, ProofError, QM31,
    RunVerifier, Sextic, VerifyError, VerifyingKey, proof::Body, verify, verify_with_cost,
};

const PARAMETERS: Parameters = Parameters {
    queries: 24,
    global_work_bits: 16,
    lookup_work_bits: 3,
    constraints_work_bits: 2,
    point_work_bits: 1,
    batch_work_bits: 0,
    fold_work_bits: 2,
    query_work_bits: 5,
};

#[test]
fn standard_proofs_verify_and_changed_ones_do_not() {
    let run = one_part();
    let key = run.key(Preset::Standard, PARAMETERS);
    let proof = run.prove::<QM31>(&key);
    let cost = verify_with_cost(&key, &run.statement, &proof).unwrap();
    assert!(cost.total().compressions > 0);
    assert!(Proof::from_bytes(&proof.to_bytes()).as_ref() == Ok(&proof));
    let body = proof.body::<QM31>(0).unwrap();
    let layout = Layout::new(&proof.header.parts[0].shape, 4);
    assert!(body.to_bytes(&layout) == proof.parts[0]);

    // Another statement, another key: as it is, and with a claim of what is expected.
    let mut statement = run.statement.clone();
    statement.exit_code += 1;
    let more_queries = key.clone().with_parameters(Parameters {
        queries: 25,
        ..PARAMETERS
    });
    for (key, statement) in [(&key, &statement), (&more_queries, &run.statement)] {
        let error = verify(key, statement, &proof).unwrap_err();
        let is_claim = matches!(error, VerifyError::Header(HeaderError::Claim(_)));
        assert!(is_claim, "{error}");
        let mut claiming = proof.clone();
        claiming.header.claim = Claim::new(key, statement);
        let refused = verify(key, statement, &claiming);
        assert_eq!(refused, Err(VerifyError::GlobalWork));
    }

    // One change in each part.
    let refused = |change: &dyn Fn(&mut Body<QM31>)| {
        let mut body = body.clone();
        change(&mut body);
        let mut changed = proof.clone();
        changed.parts[0] = body.to_bytes(&layout);
        assert!(changed != proof, "the change changes nothing");
        match verify(&key, &run.statement, &changed) {
            Err(VerifyError::Part { part: 0, error }) => error,
            other => panic!("{other:?}"),
        }
    };
    type Change = fn(&mut Body<QM31>);
    // One more or one fewer shifts all that follows.
    let parts: [Change; 10] = [
        |b| {
            let _ = b.claims.pop();
        },
        |b| {
            let _ = b.opened.at_point.pop();
        },
        |b| {
            let _ = b.opened.before.pop();
        },
        |b| b.opened.at_point.push(QM31::ZERO),
        |b| {
            let _ = b.fold_roots.pop();
        },
        |b| b.fold_roots.push([0; 32]),
        |b| b.last.push(QM31::ZERO),
        |b| b.nonces.folds.push(0),
        |b| {
            let _ = b.phases[1].rows.pop();
        },
        |b| {
            let _ = b.folds.pop();
        },
    ];
    for (index, change) in parts.into_iter().enumerate() {
        let error = refused(&change);
        let is_encoding = matches!(error, PartError::Encoding { .. });
        assert!(is_encoding, "{index}: {error}");
    }
    let rest: [Change; 20] = [
        |b| b.roots.main[0] ^= 1,
        |b| b.roots.sums[0] ^= 1,
        |b| b.roots.quotient[0] ^= 1,
        |b| b.claims[0] += QM31::ONE,
        |b| {
            b.claims[0] += QM31::ONE;
            b.claims[1] -= QM31::ONE;
        },
        |b| b.opened.at_point[3] += QM31::ONE,
        |b| b.opened.before[0] += QM31::ONE,
        |b| b.fold_roots[2][0] ^= 1,
        |b| b.last[63] += QM31::ONE,
        |b| b.nonces.lookup += 1,
        |b| b.nonces.batch += 1,
        |b| b.nonces.query += 1,
        |b| b.nonces.folds[1] += 1,
        |b| b.phases[0].rows[0][0] += F::ONE,
        |b| b.phases[5].siblings[0][0] ^= 1,
        |b| {
            let _ = b.phases[4].siblings.pop();
        },
        |b| b.phases[6].siblings.push([0; 32]),
        |b| b.folds[0].entries[1] += QM31::ONE,
        |b| {
            let _ = b.folds[1].siblings.pop();
        },
        |b| b.folds[2].entries.truncate(8),
    ];
    for change in rest {
        refused(&change);
    }
    let mut other = proof.clone();
    other.parts[0].push(0);
    let trailing = PartError::Encoding(ProofError::Trailing { count: 1 });
    let error = VerifyError::Part {
        part: 0,
        error: trailing,
    };
    assert_eq!(verify(&key, &run.statement, &other), Err(error));
}

#[test]
fn runs_of_several_parts_verify() {
    let run = four_parts();
    let key = run.key(Preset::Standard, PARAMETERS);
    let proof = run.prove::<QM31>(&key);
    assert_eq!(proof.parts.len(), 4);
    let cost = verify_with_cost(&key, &run.statement, &proof).unwrap();
    let bytes = proof.to_bytes();
    assert!(Proof::from_bytes(&bytes).as_ref() == Ok(&proof));
    let sizes = proof.sizes().unwrap();
    assert_eq!(sizes.total(), bytes.len() as u64);

    // Part by part, with what each part takes.
    let mut verifier = RunVerifier::new(&key, &run.statement, &proof.header).unwrap();
    let mut total = 0;
    for part in &proof.parts {
        // A part that does not hold is not taken in.
        assert!(verifier.part(&part[1..]).is_err());
        total += verifier.part(part).unwrap().total().compressions;
    }
    let expected = VerifyError::Surplus { expected: 4 };
    assert_eq!(verifier.part(&proof.parts[3]), Err(expected));
    assert_eq!(verifier.finish(), Ok(cost));
    assert!(total < cost.total().compressions);
    assert_eq!(read(&key, &run, &bytes), Ok(()));
    read(&key, &run, &[&bytes[..], &[0]].concat()).unwrap_err();
    read(&key, &run, &bytes[..bytes.len() - 1]).unwrap_err();
}

/// The proof, while it is read.
#[cfg(feature = "std")]
fn read(key: &VerifyingKey, run: &Run, bytes: &[u8]) -> Result<(), String> {
    let result = zonda_verifier::verify_from(key, &run.statement, bytes);
    result.map_err(|error| error.to_string())
}

#[cfg(not(feature = "std"))]
fn read(key: &VerifyingKey, run: &Run, bytes: &[u8]) -> Result<(), String> {
    let proof = Proof::from_bytes(bytes).map_err(|error| error.to_string())?;
    verify(key, &run.statement, &proof).map_err(|error| error.to_string())
}

#[test]
fn high_proofs_verify() {
    let run = one_part();
    let key = run.key(Preset::High, PARAMETERS);
    let proof = run.prove::<Sextic>(&key);
    verify(&key, &run.statement, &proof).unwrap();
    let standard = run.key(Preset::Standard, PARAMETERS);
    let error = VerifyError::Preset {
        expected: Preset::Standard,
        got: Preset::High,
    };
    assert_eq!(verify(&standard, &run.statement, &proof), Err(error));
}

/// Those of the proof that fuzzing starts from.
const CHEAP: Parameters = Parameters {
    queries: 4,
    global_work_bits: 0,
    lookup_work_bits: 0,
    constraints_work_bits: 0,
    point_work_bits: 0,
    batch_work_bits: 0,
    fold_work_bits: 0,
    query_work_bits: 0,
};

/// The files that fuzzing starts from.
fn honest(run: &Run) -> [(&'static str, Vec<u8>); 3] {
    let key = run.key(Preset::Standard, CHEAP);
    let proof = run.prove::<QM31>(&key);
    verify(&key, &run.statement, &proof).unwrap();
    let exit_code = run.statement.exit_code.to_le_bytes();
    let preset = run.key(Preset::Standard, Preset::Standard.parameters());
    [
        ("run.key", preset.to_bytes()),
        ("run.proof", proof.to_bytes()),
        (
            "run.statement",
            [&exit_code[..], &run.statement.output].concat(),
        ),
    ]
}

const HONEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/honest");

#[test]
fn fuzzing_starts_from_honest_proofs() {
    for (name, expected) in honest(&four_parts()) {
        let committed = std::fs::read(format!("{HONEST}/{name}")).unwrap();
        let how = "write it with: -- --ignored writes_honest_proofs";
        assert!(
            committed == expected,
            "fuzz/honest/{name} is another; {how}"
        );
    }
}

#[test]
#[ignore = "writes files"]
fn writes_honest_proofs() {
    for (name, bytes) in honest(&four_parts()) {
        std::fs::write(format!("{HONEST}/{name}"), bytes).unwrap();
    }
}

/// The operations of verification with the preset's own parameters. Run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn costs() {
    for run in [one_part(), four_parts()] {
        let key = VerifyingKey::new(run.program_id, &run.image, Preset::Standard);
        let proof = run.prove::<QM31>(&key);
        let bytes = proof.to_bytes().len();
        for _ in 0..5 {
            let start = std::time::Instant::now();
            let cost = verify_with_cost(&key, &run.statement, &proof).unwrap();
            let parts = proof.parts.len();
            println!(
                "{:?}, {parts} parts, {bytes} bytes\n{cost:?}",
                start.elapsed()
            );
        }
    }
}
