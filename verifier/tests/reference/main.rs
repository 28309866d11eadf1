//! Parts of a real run by a plain prover, checked by the verifier and by a plain one; and what becomes
//! of them when they are changed.
//!
//! Both are written after the document of the protocol, apart from the engine and from the verifier.
//!
//! - `changed`: honest proofs of which something is changed.
//! - `low_degree`: the low-degree test by itself, on words that are no codewords.
//! - `absorbed`: the transcript holds all of a proof, and a prover that leaves a step out is refused.
//! - `edges`: heights at the edges of pages, all tables, and free cells.
//! - `headers`: proofs whose header and parts do not fit together, or are of something else.
//! - `runs`: proofs of false runs.
//! - `lies`: proofs by provers that lie at one step and are honest, with the challenges that follow from
//!   the lie, at all others.

mod absorbed;
mod bytes;
mod changed;
mod checker;
mod circle;
mod edges;
mod header;
mod headers;
mod key;
mod layout;
mod lies;
mod lift;
mod low_degree;
mod machine;
mod multilinear;
mod point;
mod proof;
mod prover;
mod run;
mod runs;
mod sparse;
mod spec;
mod tree;

use std::sync::LazyLock;

use proof::{PartProof, RunProof};
use prover::Honest;
use run::{Run, four_parts, one_part};
use zonda_circuits::machine::Role;
#[cfg(not(feature = "std"))]
use zonda_verifier::Proof;
use zonda_verifier::{
    Challenge, Parameters, Preset, QM31, RunVerifier, Sextic, VerifyError, verify_with_cost,
};

/// Few queries, and works of different bits.
const PARAMETERS: Parameters = Parameters {
    queries: 24,
    global_work_bits: 6,
    lookup_work_bits: 3,
    columns_work_bits: 4,
    words_work_bits: 1,
    fold_work_bits: 2,
    query_work_bits: 5,
};

/// An honest proof of a true run, which both verifiers accept.
fn honest<E: Challenge>(run: &Run) -> RunProof<E> {
    honest_with(run, PARAMETERS)
}

fn honest_with<E: Challenge>(run: &Run, parameters: Parameters) -> RunProof<E> {
    for (position, part) in run.parts.iter().enumerate() {
        let stated = part.links.part(position, &run.statement);
        assert!(prover::holds::<E>(&part.inputs, &stated));
    }
    let proof = RunProof::<E>::new(run, parameters, &mut Honest);
    proof.must_hold();
    proof
}

/// Works that nobody does by chance.
const WORKED: Parameters = Parameters {
    queries: 24,
    global_work_bits: 12,
    lookup_work_bits: 12,
    columns_work_bits: 12,
    words_work_bits: 12,
    fold_work_bits: 12,
    query_work_bits: 12,
};

/// No works: what is wrong is left to the other checks.
const FREE: Parameters = Parameters {
    queries: 24,
    global_work_bits: 0,
    lookup_work_bits: 0,
    columns_work_bits: 0,
    words_work_bits: 0,
    fold_work_bits: 0,
    query_work_bits: 0,
};

/// The honest proof of the run in four parts, with works.
fn worked() -> &'static RunProof<QM31> {
    static PROOF: LazyLock<RunProof<QM31>> = LazyLock::new(|| honest_with(&four_parts(), WORKED));
    &PROOF
}

/// The same without works.
fn free() -> &'static RunProof<QM31> {
    static PROOF: LazyLock<RunProof<QM31>> = LazyLock::new(|| honest_with(&four_parts(), FREE));
    &PROOF
}

/// The honest proof of the same run over the other field.
fn high() -> &'static RunProof<Sextic> {
    static PROOF: LazyLock<RunProof<Sextic>> = LazyLock::new(|| honest(&four_parts()));
    &PROOF
}

#[test]
fn runs_of_one_part_hold() {
    honest::<QM31>(&one_part());
}

#[test]
fn runs_of_four_parts_hold() {
    let proof = worked();
    assert_eq!(proof.parts.len(), 4);
    // Parts of one role, beside lookups, and of two.
    let roles = [Role::Execution, Role::Program, Role::Zeroed];
    let has = |part: &PartProof<QM31>| {
        let mut tables = part.layout.tables.iter();
        roles.map(|role| {
            tables
                .by_ref()
                .clone()
                .any(|(table, _)| table.role() == role)
        })
    };
    let expected = [
        [true, false, true],
        [true, false, false],
        [false, true, false],
        [false, false, true],
    ];
    assert!(proof.parts.iter().map(has).eq(expected));
    // The roots of preprocessed columns are the program's.
    let whole = honest::<QM31>(&one_part());
    assert_eq!(whole.parts[0].roots[0], proof.parts[2].roots[0]);
    assert_eq!(whole.parts[0].roots[1], proof.parts[3].roots[1]);
    assert_eq!(proof.parts[0].roots[1], proof.parts[3].roots[1]);
}

#[test]
fn runs_hold_over_the_sextic_field() {
    honest::<Sextic>(&one_part());
    assert_eq!(high().parts.len(), 4);
}

/// Those of the proof that fuzzing starts from.
const CHEAP: Parameters = Parameters { queries: 4, ..FREE };

/// The files that fuzzing starts from.
fn fuzzed() -> [(&'static str, Vec<u8>); 3] {
    let proof = honest_with::<QM31>(&four_parts(), CHEAP);
    let preset = Preset::Standard.parameters();
    let key = proof.key.clone().with_parameters(preset);
    let exit_code = proof.statement.exit_code.to_le_bytes();
    let statement = [&exit_code[..], &proof.statement.output].concat();
    [
        ("run.key", key.to_bytes()),
        ("run.proof", proof.proof().to_bytes()),
        ("run.statement", statement),
    ]
}

const FUZZED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/honest");

#[test]
fn fuzzing_starts_from_honest_proofs() {
    for (name, expected) in fuzzed() {
        let committed = std::fs::read(format!("{FUZZED}/{name}")).unwrap();
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
    for (name, bytes) in fuzzed() {
        std::fs::write(format!("{FUZZED}/{name}"), bytes).unwrap();
    }
}

/// The operations of verification with the preset's own parameters. Run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn costs() {
    for run in [one_part(), four_parts()] {
        let parameters = Preset::Standard.parameters();
        let proof = RunProof::<QM31>::new(&run, parameters, &mut Honest);
        let (whole, parts) = (proof.proof(), proof.parts.len());
        let bytes = whole.to_bytes().len();
        for _ in 0..5 {
            let start = std::time::Instant::now();
            let cost = verify_with_cost(&proof.key, &proof.statement, &whole).unwrap();
            let elapsed = start.elapsed();
            println!("{elapsed:?}, {parts} parts, {bytes} bytes\n{cost:?}");
        }
    }
}

#[test]
fn parts_are_taken_one_by_one() {
    let RunProof {
        key,
        statement,
        header,
        ..
    } = worked();
    let proof = worked().proof();
    let cost = verify_with_cost(key, statement, &proof).unwrap();
    let bytes = proof.to_bytes();
    let sizes = proof.sizes().unwrap();
    assert_eq!(sizes.total(), bytes.len() as u64);
    let mut verifier = RunVerifier::new(key, statement, header).unwrap();
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
    // A part fewer, or a sum of global messages that is not zero.
    let mut verifier = RunVerifier::new(key, statement, header).unwrap();
    for part in &proof.parts[..3] {
        verifier.part(part).unwrap();
    }
    let missing = VerifyError::Missing {
        expected: 4,
        got: 3,
    };
    assert_eq!(verifier.finish(), Err(missing));
    assert_eq!(read(&bytes), Ok(()));
    read(&[&bytes[..], &[0]].concat()).unwrap_err();
    read(&bytes[..bytes.len() - 1]).unwrap_err();
}

/// The verdict on the proof while it is read.
#[cfg(feature = "std")]
fn read(bytes: &[u8]) -> Result<(), String> {
    let result = zonda_verifier::verify_from(&worked().key, &worked().statement, bytes);
    result.map_err(|error| error.to_string())
}

#[cfg(not(feature = "std"))]
fn read(bytes: &[u8]) -> Result<(), String> {
    let proof = Proof::from_bytes(bytes).map_err(|error| error.to_string())?;
    let result = zonda_verifier::verify(&worked().key, &worked().statement, &proof);
    result.map_err(|error| error.to_string())
}
