//! Honest proofs of which something is changed, and honest proofs under other keys.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::F;
use zonda_verifier::{
    Challenge, Claim, Layout, Parameters, PartError, Preset, Proof, ProofError, QM31, Sextic,
    Statement, VerifyingKey, circle::Point, proof::Body, protocol::points, verify,
};

use crate::{Report, of_part, setup, with_body};

fn shorten<T>(parts: &mut Vec<T>) {
    parts.truncate(parts.len() - 1);
}

type Change = fn(&mut Body<QM31>);

/// Row of the list, attack, what is changed, and how the error begins.
type Line = (
    &'static str,
    &'static str,
    &'static str,
    Change,
    &'static str,
);

fn free() -> Vec<Line> {
    vec![
        (
            "A02",
            "claims changed",
            "claim 0",
            |b| b.claims[0] += QM31::ONE,
            "Balance",
        ),
        (
            "A02",
            "claims changed, their sum kept",
            "claims 0 and 1",
            |b| b.claims.swap(0, 1),
            "Constraints",
        ),
        (
            "A02",
            "a claim dropped",
            "claims",
            |b| shorten(&mut b.claims),
            ENCODING,
        ),
        (
            "A03",
            "opened values exchanged",
            "values 50 and 51",
            |b| b.opened.at_point.swap(50, 51),
            "Constraints",
        ),
        (
            "A03",
            "an opened sum changed",
            "value 0 at W",
            |b| b.opened.before[0] += QM31::ONE,
            "Constraints",
        ),
        (
            "A04",
            "no last polynomial",
            "length 0",
            |b| b.last.clear(),
            ENCODING,
        ),
        (
            "A04",
            "a short last polynomial",
            "length 63",
            |b| b.last.truncate(63),
            ENCODING,
        ),
        (
            "A04",
            "a long one",
            "length 65, a zero",
            |b| b.last.push(QM31::ZERO),
            ENCODING,
        ),
        (
            "A04",
            "a long one",
            "length 128",
            |b| b.last.resize(128, QM31::ONE),
            ENCODING,
        ),
        (
            "A06",
            "a round dropped",
            "the last root",
            |b| shorten(&mut b.fold_roots),
            ENCODING,
        ),
        (
            "A06",
            "all rounds dropped",
            "roots, nonces, openings",
            |b| {
                b.fold_roots.clear();
                b.nonces.folds.clear();
                b.folds.clear();
            },
            ENCODING,
        ),
        (
            "A06",
            "a round added",
            "root, nonce, opening",
            |b| {
                b.fold_roots.push(b.fold_roots[3]);
                b.nonces.folds.push(0);
                b.folds.push(b.folds[3].clone());
            },
            ENCODING,
        ),
        (
            "A06",
            "64 rounds",
            "root, nonce, opening",
            |b| {
                b.fold_roots.resize(64, [0; 32]);
                b.nonces.folds.resize(64, 0);
                b.folds.resize(64, Default::default());
            },
            ENCODING,
        ),
        (
            "A06",
            "rounds exchanged",
            "roots and openings 0 and 1",
            |b| {
                b.fold_roots.swap(0, 1);
                b.folds.swap(0, 1);
            },
            "Rows { phase: 0",
        ),
        (
            "A06",
            "openings of rounds exchanged",
            "openings 0 and 1",
            |b| b.folds.swap(0, 1),
            "Folding(",
        ),
        (
            "A06",
            "an opening of a round missing",
            "opening 3",
            |b| shorten(&mut b.folds),
            ENCODING,
        ),
        (
            "A06",
            "leaves of another arity",
            "entries of round 3",
            |b| {
                let entries = b.folds[3].entries.clone();
                b.folds[3].entries.extend(entries);
            },
            "Folding(Entries { round: 3",
        ),
        (
            "A07",
            "fewer rows than positions",
            "the last row of phase 4",
            |b| {
                let rows = &mut b.phases[4].rows[0];
                rows.truncate(rows.len() / 20 * 19);
            },
            "Rows { phase: 4, error: Cells",
        ),
        (
            "A07",
            "no rows",
            "all of phase 4",
            |b| b.phases[4].rows.iter_mut().for_each(Vec::clear),
            "Rows { phase: 4, error: Cells",
        ),
        (
            "A07",
            "no rows",
            "the groups of phase 4",
            |b| b.phases[4].rows.clear(),
            ENCODING,
        ),
        (
            "A07",
            "rows twice",
            "all of phase 5",
            |b| {
                let rows = b.phases[5].rows[0].clone();
                b.phases[5].rows[0].extend(rows);
            },
            "Rows { phase: 5, error: Cells",
        ),
        (
            "A08",
            "rows of two positions exchanged",
            "phase 6",
            |b| {
                let rows = &mut b.phases[6].rows[0];
                let (low, high) = rows.split_at_mut(8);
                low.swap_with_slice(&mut high[..8]);
            },
            "Rows { phase: 6, error: Root",
        ),
        (
            "A08",
            "a cell moved to the next group",
            "phase 4",
            |b| {
                let cell = b.phases[4].rows[0].pop().unwrap();
                b.phases[4].rows[1].insert(0, cell);
            },
            ENCODING,
        ),
        (
            "A08",
            "cells rotated over the ends of rows",
            "phase 4",
            |b| b.phases[4].rows[0].rotate_left(1),
            "Rows { phase: 4, error: Root",
        ),
        (
            "A08",
            "one cell of each phase changed",
            "phase 0",
            |b| b.phases[0].rows[0][0] += F::ONE,
            "Rows { phase: 0, error: Root",
        ),
        (
            "A08",
            "one cell of each phase changed",
            "phase 4, lowest group",
            |b| b.phases[4].rows.last_mut().unwrap()[0] += F::ONE,
            "Rows { phase: 4, error: Root",
        ),
        (
            "A08",
            "one cell of each phase changed",
            "phase 5",
            |b| b.phases[5].rows[0][0] += F::ONE,
            "Rows { phase: 5, error: Root",
        ),
        (
            "A08",
            "one cell of each phase changed",
            "phase 6",
            |b| b.phases[6].rows[0][0] += F::ONE,
            "Rows { phase: 6, error: Root",
        ),
        (
            "A08",
            "entries of a leaf exchanged",
            "round 0",
            |b| b.folds[0].entries.swap(0, 1),
            "Folding(Opening { round: 0, error: Root",
        ),
        (
            "A11",
            "a nonce where no work is asked",
            "lookup",
            |b| b.nonces.lookup = 1,
            "Work { at: \"lookup\"",
        ),
        (
            "A11",
            "a nonce where no work is asked",
            "constraints",
            |b| b.nonces.constraints = 1,
            "Work { at: \"constraints\"",
        ),
        (
            "A11",
            "a nonce where no work is asked",
            "point",
            |b| b.nonces.point = 1,
            "Work { at: \"point\"",
        ),
        (
            "A11",
            "a nonce where no work is asked",
            "batch",
            |b| b.nonces.batch = 1,
            "Work { at: \"batch\"",
        ),
        (
            "A11",
            "a nonce where no work is asked",
            "fold 2",
            |b| b.nonces.folds[2] = 1,
            "Work { at: \"fold\"",
        ),
        (
            "A11",
            "a nonce where no work is asked",
            "query",
            |b| b.nonces.query = u64::MAX,
            "Work { at: \"query\"",
        ),
        (
            "A13",
            "a path too short",
            "phase 4",
            |b| shorten(&mut b.phases[4].siblings),
            "Rows { phase: 4, error: Siblings",
        ),
        (
            "A13",
            "a path too long",
            "phase 4",
            |b| b.phases[4].siblings.push([0; 32]),
            "Rows { phase: 4, error: Siblings",
        ),
        (
            "A13",
            "no path",
            "phase 6",
            |b| b.phases[6].siblings.clear(),
            "Rows { phase: 6, error: Siblings",
        ),
        (
            "A13",
            "digests exchanged",
            "phase 5",
            |b| b.phases[5].siblings.swap(0, 1),
            "Rows { phase: 5, error: Root",
        ),
        (
            "A13",
            "the root in place of a digest",
            "phase 5",
            |b| b.phases[5].siblings[0] = b.roots.sums,
            "Rows { phase: 5, error: Root",
        ),
        (
            "A13",
            "a path too short",
            "round 0",
            |b| shorten(&mut b.folds[0].siblings),
            "Folding(Opening { round: 0, error: Siblings",
        ),
        (
            "A13",
            "a path too long",
            "round 3",
            |b| b.folds[3].siblings.push([0; 32]),
            "Folding(Opening { round: 3, error: Siblings",
        ),
        (
            "A13",
            "digests exchanged",
            "round 1",
            |b| b.folds[1].siblings.swap(0, 1),
            "Folding(Opening { round: 1, error: Root",
        ),
        (
            "A16",
            "an opened value more",
            "one at Z",
            |b| b.opened.at_point.push(QM31::ZERO),
            ENCODING,
        ),
        (
            "A16",
            "an opened value more",
            "one at W",
            |b| b.opened.before.push(QM31::ZERO),
            ENCODING,
        ),
        (
            "A16",
            "a claim more",
            "zero",
            |b| b.claims.push(QM31::ZERO),
            ENCODING,
        ),
        (
            "A16",
            "a nonce more",
            "folding",
            |b| b.nonces.folds.push(0),
            ENCODING,
        ),
    ]
}

/// With one more or one fewer, the values are read as others, and the bytes that follow do not fit.
const ENCODING: &str = "Encoding(";

fn worked() -> Vec<Line> {
    vec![
        (
            "A10",
            "a nonce left out",
            "lookup",
            |b| b.nonces.lookup = 0,
            "Work { at: \"lookup\"",
        ),
        (
            "A10",
            "a nonce left out",
            "query",
            |b| b.nonces.query = 0,
            "Work { at: \"query\"",
        ),
        (
            "A10",
            "the highest bit of a nonce",
            "batch",
            |b| b.nonces.batch |= 1 << 63,
            "Work { at: \"batch\"",
        ),
        (
            "A11",
            "a nonce of another site",
            "lookup's at constraints",
            |b| b.nonces.constraints = b.nonces.lookup,
            "Work { at: \"constraints\"",
        ),
        (
            "A11",
            "nonces exchanged",
            "point and batch",
            |b| core::mem::swap(&mut b.nonces.point, &mut b.nonces.batch),
            "Work { at: \"point\"",
        ),
        (
            "A11",
            "nonces exchanged",
            "rounds 0 and 1",
            |b| b.nonces.folds.swap(0, 1),
            "Work { at: \"fold\"",
        ),
        (
            "A11",
            "one nonce for two rounds",
            "rounds 2 and 3",
            |b| b.nonces.folds[3] = b.nonces.folds[2],
            "Work { at: \"fold\"",
        ),
    ]
}

pub fn report(report: &mut Report) {
    let setup = setup();
    let statement = &setup.run.statement;
    for ((key, honest), lines) in [(&setup.free, free()), (&setup.worked, worked())] {
        for (id, attack, changed, change, expected) in lines {
            let proof = with_body(honest, 0, change);
            assert!(&proof != honest, "{id} {attack}: {changed}");
            let result = of_part(verify(key, statement, &proof));
            report.line(id, attack, changed, &result, expected, "");
        }
    }
    parameters(report);
    claims(report);
    keys(report);
    bytes(report);
}

/// A07, A09, A10: keys that ask for too little, or for what cannot be.
fn parameters(report: &mut Report) {
    let setup = setup();
    let statement = &setup.run.statement;
    let (key, honest) = &setup.free;
    let proof = honest;
    let free = key.parameters().to_array();
    let mut with = |id, attack, index: usize, value: u32, expected: &str| {
        let mut array = free;
        array[index] = value;
        let key = key.clone().with_parameters(Parameters::from_array(array));
        let changed = format!("parameter {index} of the key is {value}");
        let proof = claiming(&key, statement, proof);
        let result = of_part(verify(&key, statement, &proof));
        report.line(id, attack, &changed, &result, expected, "");
    };
    with("A07", "no queries", 0, 0, "Key(Parameters");
    with("A07", "too many queries", 0, 513, "Key(Parameters");
    with("A07", "too many queries", 0, u32::MAX, "Key(Parameters");
    for index in 1..8 {
        with("A10", "work of too many bits", index, 41, "Key(Parameters");
        with(
            "A10",
            "work of too many bits",
            index,
            256 + 1,
            "Key(Parameters",
        );
    }
    // Fewer queries or less work than the key asks for: the key's digest is absorbed, so that
    // nothing fits.
    with("A09", "a proof of fewer queries", 0, 21, "Constraints");
    with("A09", "a proof of less work", 1, 20, "GlobalWork");
    for (index, at) in ["lookup", "constraints", "point", "batch", "fold", "query"]
        .into_iter()
        .enumerate()
    {
        let expected = format!("Work {{ at: {at:?}");
        with("A09", "a proof of less work", index + 2, 20, &expected);
    }
    let mut array = free;
    array[7] = 20;
    let key = VerifyingKey::clone(key).with_parameters(Parameters::from_array(array));
    assert_ne!(key.digest(), setup.free.0.digest());
}

/// A proof that claims what is expected of it.
fn claiming(key: &VerifyingKey, statement: &Statement, proof: &Proof) -> Proof {
    let mut proof = proof.clone();
    proof.header.claim = Claim::new(key, statement);
    proof
}

/// A46, A50: claims changed alone, which are refused by name; and together with what the verifier
/// expects, which the claim then agrees with: the argument itself refuses the proof.
fn claims(report: &mut Report) {
    type Change = fn(&mut Claim);
    let alone: [(&str, &str, Change, &str); 8] = [
        ("A50", "program id", |c| c.program_id[0] ^= 1, "Program"),
        ("A50", "program id", |c| c.program_id[31] ^= 1, "Program"),
        ("A50", "key's digest", |c| c.key_digest[31] ^= 1, "Key"),
        ("A46", "exit code", |c| c.exit_code ^= 1, "ExitCode"),
        ("A46", "exit code", |c| c.exit_code ^= 1 << 31, "ExitCode"),
        ("A46", "length", |c| c.output_length += 1, "OutputLength"),
        ("A46", "digest", |c| c.output_digest[0] ^= 1, "Output {"),
        ("A46", "everything", |c| *c = Claim::default(), "Program"),
    ];
    type Expect = fn(&mut Statement);
    let together: [(&str, Expect, &str); 4] = [
        ("exit code", |s| s.exit_code ^= 1, "Constraints"),
        ("exit code", |s| s.exit_code ^= 1 << 31, "Constraints"),
        ("output", |s| s.output[0] ^= 1, "Constraints"),
        ("length", |s| s.output.push(0), "Header(Links(OutputLength"),
    ];
    let setup = setup();
    let statement = &setup.run.statement;
    for (key, honest) in [&setup.free, &setup.worked] {
        let says = claiming(key, statement, honest);
        assert_eq!(&says, honest, "an honest proof claims what is expected");
        assert_eq!(verify(key, statement, &says), Ok(()), "the control");
        for (id, changed, change, expected) in alone {
            let mut proof = honest.clone();
            change(&mut proof.header.claim);
            let result = verify(key, statement, &proof);
            let expected = format!("Header(Claim({expected}");
            report.line(id, "a claim changed", changed, &result, &expected, "");
        }
        for (changed, change, expected) in together {
            let mut other = statement.clone();
            change(&mut other);
            let result = of_part(verify(key, &other, &claiming(key, &other, honest)));
            let is_worked = key.parameters().global_work_bits > 0;
            let expected = match expected {
                "Constraints" if is_worked => "GlobalWork",
                expected => expected,
            };
            let attack = "a claim and the statement changed";
            report.line("A46", attack, changed, &result, expected, "");
        }
    }
}

/// A50, A09: an honest proof under another key.
fn keys(report: &mut Report) {
    let setup = setup();
    let statement = &setup.run.statement;
    let (key, honest) = &setup.free;
    let proof = honest;
    let flip = |bytes: &[u8; 32], index: usize| {
        let mut bytes = *bytes;
        bytes[index] ^= 1;
        bytes
    };
    let (program, roots) = (*key.program_id(), *key.fixed_roots());
    let (entry, preset, fixed) = (key.entry(), key.preset(), key.fixed().to_vec());
    let mut lower = fixed.clone();
    let index = lower.iter().position(|i| i.log_height < 16).unwrap();
    lower[index].log_height += 1;
    let from = VerifyingKey::from_roots;
    let other_root = |phase: usize| {
        let mut roots = roots;
        roots[phase] = flip(&roots[phase], 31);
        from(program, entry, preset, fixed.clone(), roots)
    };
    let others = [
        (
            "program id",
            from(flip(&program, 0), entry, preset, fixed.clone(), roots),
            "Constraints",
        ),
        (
            "program id",
            from(flip(&program, 31), entry, preset, fixed.clone(), roots),
            "Constraints",
        ),
        (
            "entry point",
            from(program, entry + 4, preset, fixed.clone(), roots),
            "Header(Links(Entry",
        ),
        ("root of phase 0", other_root(0), "Key(Lookup"),
        ("root of phase 1", other_root(1), "Constraints"),
        ("root of phase 2", other_root(2), "Constraints"),
        (
            "heights",
            from(program, entry, preset, lower, roots),
            "Header(Shape { part: 0, error: Fixed",
        ),
        (
            "preset",
            from(program, entry, Preset::High, fixed.clone(), roots),
            "Preset",
        ),
    ];
    let mut digests = vec![key.digest()];
    for (changed, other, expected) in others {
        let other = other.with_parameters(*key.parameters());
        assert!(!digests.contains(&other.digest()), "{changed}");
        digests.push(other.digest());
        let attack = "a proof under another key";
        let result = of_part(verify(&other, statement, proof));
        let named = match changed {
            "program id" => "Header(Claim(Program",
            "preset" => "Preset",
            "root of phase 0" => "Key(Lookup",
            _ => "Header(Claim(Key",
        };
        report.line("A50", attack, changed, &result, named, "");
        let claiming = claiming(&other, statement, proof);
        let result = of_part(verify(&other, statement, &claiming));
        let changed = format!("{changed}, and claimed");
        report.line("A50", attack, &changed, &result, expected, "");
    }
    // The preset's own key, and one that was read from bytes.
    let standard = VerifyingKey::from_bytes(&setup.run.key(Preset::Standard, STANDARD).to_bytes());
    let standard = standard.unwrap();
    let proof = claiming(&standard, statement, proof);
    let result = of_part(verify(&standard, statement, &proof));
    let changed = "works and queries of the preset";
    let attack = "a proof of no works";
    report.line("A09", attack, changed, &result, "GlobalWork", "");
}

const STANDARD: Parameters = Preset::Standard.parameters();

/// A06, A16: bytes.
fn bytes(report: &mut Report) {
    let setup = setup();
    let (key, honest) = &setup.free;
    let bytes = honest.to_bytes();
    assert_eq!(
        Proof::from_bytes(&bytes).as_ref(),
        Ok(honest),
        "the control"
    );
    let mut read = |id, attack, changed, bytes: &[u8], expected| {
        let result: Result<(), ProofError> = Proof::from_bytes(bytes).map(drop);
        report.line(id, attack, changed, &result, expected, "");
    };
    let trailing = [&bytes[..], &[0]].concat();
    read(
        "A16",
        "bytes after the end",
        "one zero",
        &trailing,
        "Trailing",
    );
    let trailing = [&bytes[..], &bytes].concat();
    read(
        "A16",
        "bytes after the end",
        "the proof again",
        &trailing,
        "Trailing",
    );
    let short = &bytes[..bytes.len() - 1];
    read("A16", "bytes missing", "the last", short, "Truncated");
    let mut other = bytes.clone();
    other[7] = 2;
    read("A16", "no preset's field", "its byte", &other, "Preset");
    other[7] = 1;
    let other = Proof::from_bytes(&other).unwrap();
    let result = verify(key, &setup.run.statement, &other);
    let changed = "its byte";
    report.line(
        "A16",
        "the other preset's field",
        changed,
        &result,
        "Preset",
        "",
    );
    let other = other.body::<Sextic>(0).map(drop);
    report.line(
        "A16",
        "the other preset's field",
        "elements of a part",
        &other,
        "",
        "",
    );
}

/// A15: parameters that make no point out of the domain are refused.
fn exceptional<E: Challenge>() {
    let layout = Layout::new(&setup().free.1.header.parts[0].shape, E::DEGREE);
    let unit = |c: usize| E::from_coordinates_fn(|i| F::from_bool(i == c));
    let half = |values: [u32; 6]| {
        let x = E::from_coordinates_fn(|i| F::from_u32(values[i]));
        (x + x.conjugate()).halve()
    };
    // Over the base field; square roots of -1; over the field that conjugation leaves as it is.
    let i = unit(1);
    assert_eq!(i.square(), -E::ONE);
    let mut bad = vec![
        E::ZERO,
        E::ONE,
        E::TWO,
        E::from_base(F::from_u32(12345)),
        i,
        -i,
    ];
    bad.push(half([3, 1, 4, 1, 5, 9]));
    bad.push(half([0, 7, 1, 8, 2, 8]));
    // The parameter of a point P of a domain is y / (1 + x): both the table's and the extended one.
    for log_size in [4, layout.log_height, layout.log_size()] {
        for t in [0, 1, 5, 15] {
            let Point { x, y } = zonda_verifier::circle::point_at(log_size, t).lift::<E>();
            bad.push(y * (E::ONE + x).try_inverse().unwrap());
        }
    }
    for tau in bad {
        assert_eq!(points(&layout, tau), None, "{tau}");
    }
    // W of a fixed y, with Z = W + G: refused although Z is usable by itself.
    let good = E::from_coordinates_fn(|i| F::from_u32(100 + 7 * i as u32));
    let (point, before) = points(&layout, good).unwrap();
    assert_ne!(point.y, point.y.conjugate());
    assert_ne!(before.y, before.y.conjugate());
    for at in [point, before] {
        assert_eq!(at.x.square() + at.y.square(), E::ONE);
    }
}

#[test]
fn points_out_of_the_domain() {
    exceptional::<QM31>();
    exceptional::<Sextic>();
    assert_eq!(
        PartError::Point.to_string(),
        "the out-of-domain point cannot be used"
    );
}
