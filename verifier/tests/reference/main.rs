//! Proofs of a real run by a plain reference prover, and what becomes of them when changed.

mod prover;
mod run;
mod spec;
mod tree;

use p3_field::PrimeCharacteristicRing;
use run::run;
use zonda_circuits::F;
use zonda_verifier::{
    Parameters, Preset, Proof, QM31, Sextic, VerifyError, VerifyingKey, proof::Body, verify,
    verify_with_cost,
};

const PARAMETERS: Parameters = Parameters {
    queries: 24,
    global_work_bits: 4,
    lookup_work_bits: 3,
    constraints_work_bits: 2,
    point_work_bits: 1,
    batch_work_bits: 0,
    fold_work_bits: 2,
    query_work_bits: 5,
};

#[test]
fn standard_proofs_verify_and_changed_ones_do_not() {
    let run = run();
    let key = run.key(Preset::Standard, PARAMETERS);
    let body = run.prove::<QM31>(&key);
    let proof = Proof::from(body.clone());
    let cost = verify_with_cost(&key, &run.statement, &proof).unwrap();
    assert!(cost.total().compressions > 0);
    assert_eq!(Proof::from_bytes(&proof.to_bytes()), Ok(proof.clone()));

    // Another statement, another key.
    let mut other = run.statement.clone();
    other.exit_code += 1;
    assert_eq!(verify(&key, &other, &proof), Err(VerifyError::Statement));
    let other = key.clone().with_parameters(Parameters {
        queries: 25,
        ..PARAMETERS
    });
    assert_eq!(
        verify(&other, &run.statement, &proof),
        Err(VerifyError::Statement)
    );

    // One change in each part.
    let refused = |change: &dyn Fn(&mut Body<QM31>)| {
        let mut body = body.clone();
        change(&mut body);
        assert_ne!(
            Proof::from(body.clone()),
            proof,
            "the change changes nothing"
        );
        verify(&key, &run.statement, &Proof::from(body)).unwrap_err()
    };
    type Change = fn(&mut Body<QM31>);
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
        assert!(
            matches!(error, VerifyError::Parts { .. }),
            "{index}: {error}"
        );
    }
    let rest: [Change; 21] = [
        |b| b.shape.0.swap(0, 1),
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
        |b| b.nonces.global += 1,
        |b| b.nonces.batch += 1,
        |b| b.nonces.query += 1,
        |b| b.nonces.folds[1] += 1,
        |b| b.phases[0].rows[0][0] += F::ONE,
        |b| b.phases[2].siblings[0][0] ^= 1,
        |b| {
            let _ = b.phases[1].siblings.pop();
        },
        |b| b.phases[3].siblings.push([0; 32]),
        |b| b.folds[0].entries[1] += QM31::ONE,
        |b| {
            let _ = b.folds[1].siblings.pop();
        },
        |b| b.folds[2].entries.truncate(8),
    ];
    for change in rest {
        refused(&change);
    }
}

#[test]
fn high_proofs_verify() {
    let run = run();
    let key = run.key(Preset::High, PARAMETERS);
    let body = run.prove::<Sextic>(&key);
    let proof = Proof::from(body);
    verify(&key, &run.statement, &proof).unwrap();
    let standard = run.key(Preset::Standard, PARAMETERS);
    let error = VerifyError::Preset {
        expected: Preset::Standard,
        got: Preset::High,
    };
    assert_eq!(verify(&standard, &run.statement, &proof), Err(error));
}

/// What verification with the preset's own parameters takes. Run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn costs() {
    let run = run();
    let key = VerifyingKey::new(run.program_id, &run.image, Preset::Standard);
    let proof = Proof::from(run.prove::<QM31>(&key));
    let start = std::time::Instant::now();
    let cost = verify_with_cost(&key, &run.statement, &proof).unwrap();
    println!(
        "{:?}, {} bytes\n{cost:#?}",
        start.elapsed(),
        proof.to_bytes().len()
    );
}
