//! Honest proofs of which something is changed, and honest proofs under other keys.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::F;
use zonda_verifier::{
    Challenge, Layout, Parameters, Preset, Proof, ProofError, QM31, Sextic, Shape, VerifyError,
    VerifyingKey, circle::Point, proof::Body, protocol::points, verify,
};

use crate::{Report, setup};

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
            "Parts { part: \"claims\"",
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
            LAST,
        ),
        (
            "A04",
            "a short last polynomial",
            "length 63",
            |b| b.last.truncate(63),
            LAST,
        ),
        (
            "A04",
            "a long one",
            "length 65, a zero",
            |b| b.last.push(QM31::ZERO),
            LAST,
        ),
        (
            "A04",
            "a long one",
            "length 128",
            |b| b.last.resize(128, QM31::ONE),
            LAST,
        ),
        (
            "A06",
            "a round dropped",
            "the last root",
            |b| shorten(&mut b.fold_roots),
            "Parts { part: \"rounds of folding\"",
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
            "Parts { part: \"rounds of folding\", expected: 4, got: 0",
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
            "Parts { part: \"rounds of folding\", expected: 4, got: 5",
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
            "Parts { part: \"rounds of folding\", expected: 4, got: 64",
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
            "Parts { part: \"openings of folding\"",
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
            "the last row of phase 1",
            |b| {
                let rows = &mut b.phases[1].rows[0];
                rows.truncate(rows.len() / 20 * 19);
            },
            "Rows { phase: 1, error: Cells",
        ),
        (
            "A07",
            "no rows",
            "all of phase 1",
            |b| b.phases[1].rows.iter_mut().for_each(Vec::clear),
            "Rows { phase: 1, error: Cells",
        ),
        (
            "A07",
            "no rows",
            "the groups of phase 1",
            |b| b.phases[1].rows.clear(),
            "Parts { part: \"groups of opened rows\"",
        ),
        (
            "A07",
            "rows twice",
            "all of phase 2",
            |b| {
                let rows = b.phases[2].rows[0].clone();
                b.phases[2].rows[0].extend(rows);
            },
            "Rows { phase: 2, error: Cells",
        ),
        (
            "A08",
            "rows of two positions exchanged",
            "phase 3",
            |b| {
                let rows = &mut b.phases[3].rows[0];
                let (low, high) = rows.split_at_mut(8);
                low.swap_with_slice(&mut high[..8]);
            },
            "Rows { phase: 3, error: Root",
        ),
        (
            "A08",
            "a cell moved to the next group",
            "phase 1",
            |b| {
                let cell = b.phases[1].rows[0].pop().unwrap();
                b.phases[1].rows[1].insert(0, cell);
            },
            "Rows { phase: 1, error: Cells",
        ),
        (
            "A08",
            "cells rotated over the ends of rows",
            "phase 1",
            |b| b.phases[1].rows[0].rotate_left(1),
            "Rows { phase: 1, error: Root",
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
            "phase 1, lowest group",
            |b| b.phases[1].rows.last_mut().unwrap()[0] += F::ONE,
            "Rows { phase: 1, error: Root",
        ),
        (
            "A08",
            "one cell of each phase changed",
            "phase 2",
            |b| b.phases[2].rows[0][0] += F::ONE,
            "Rows { phase: 2, error: Root",
        ),
        (
            "A08",
            "one cell of each phase changed",
            "phase 3",
            |b| b.phases[3].rows[0][0] += F::ONE,
            "Rows { phase: 3, error: Root",
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
            "global",
            |b| b.nonces.global = 1,
            "Statement",
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
            "phase 1",
            |b| shorten(&mut b.phases[1].siblings),
            "Rows { phase: 1, error: Siblings",
        ),
        (
            "A13",
            "a path too long",
            "phase 1",
            |b| b.phases[1].siblings.push([0; 32]),
            "Rows { phase: 1, error: Siblings",
        ),
        (
            "A13",
            "no path",
            "phase 3",
            |b| b.phases[3].siblings.clear(),
            "Rows { phase: 3, error: Siblings",
        ),
        (
            "A13",
            "digests exchanged",
            "phase 2",
            |b| b.phases[2].siblings.swap(0, 1),
            "Rows { phase: 2, error: Root",
        ),
        (
            "A13",
            "the root in place of a digest",
            "phase 2",
            |b| b.phases[2].siblings[0] = b.roots.sums,
            "Rows { phase: 2, error: Root",
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
            "Parts { part: \"opened values\"",
        ),
        (
            "A16",
            "an opened value more",
            "one at W",
            |b| b.opened.before.push(QM31::ZERO),
            "Parts { part: \"opened sums\"",
        ),
        (
            "A16",
            "a claim more",
            "zero",
            |b| b.claims.push(QM31::ZERO),
            "Parts { part: \"claims\"",
        ),
        (
            "A16",
            "a group more",
            "an empty one in phase 3",
            |b| b.phases[3].rows.push(Vec::new()),
            "Parts { part: \"groups of opened rows\"",
        ),
        (
            "A16",
            "a nonce more",
            "folding",
            |b| b.nonces.folds.push(0),
            "Parts { part: \"works of folding\"",
        ),
        (
            "A16",
            "a table more",
            "divide",
            |b| {
                b.shape.0.push(b.shape.0[0]);
            },
            "Shape(Order",
        ),
        (
            "A16",
            "no tables",
            "shape",
            |b| b.shape = Shape::default(),
            "Shape(Instances",
        ),
        (
            "A16",
            "a table of 2^255 rows",
            "shape",
            |b| b.shape.0[0].log_height = 255,
            "Shape(Height",
        ),
    ]
}

const LAST: &str = "Parts { part: \"last coefficients\"";

fn worked() -> Vec<Line> {
    vec![
        (
            "A10",
            "a nonce left out",
            "global",
            |b| b.nonces.global = 0,
            "Statement",
        ),
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
            let mut body = honest.clone();
            change(&mut body);
            assert_ne!(&body, honest, "{id} {attack}: {changed}");
            let result = verify(key, statement, &Proof::from(body.clone()));
            report.line(id, attack, changed, &result, expected, "");
            // What its bytes are read as is refused as well, or is the honest proof.
            let bytes = Proof::from(body).to_bytes();
            if let Ok(read) = Proof::from_bytes(&bytes) {
                let honest = Proof::from(honest.clone());
                assert!(read == honest || verify(key, statement, &read).is_err());
            }
        }
    }
    parameters(report);
    keys(report);
    bytes(report);
}

/// A07, A09, A10: keys that ask for too little, or for what cannot be.
fn parameters(report: &mut Report) {
    let setup = setup();
    let statement = &setup.run.statement;
    let (key, honest) = &setup.free;
    let proof = Proof::from(honest.clone());
    let free = key.parameters().to_array();
    let mut with = |id, attack, index: usize, value: u32, expected: &str| {
        let mut array = free;
        array[index] = value;
        let key = key.clone().with_parameters(Parameters::from_array(array));
        let changed = format!("parameter {index} of the key is {value}");
        let result = verify(&key, statement, &proof);
        report.line(id, attack, &changed, &result, expected, "");
    };
    with("A07", "no queries", 0, 0, "Parameters");
    with("A07", "too many queries", 0, 513, "Parameters");
    with("A07", "too many queries", 0, u32::MAX, "Parameters");
    for index in 1..8 {
        with("A10", "work of too many bits", index, 41, "Parameters");
        with("A10", "work of too many bits", index, 256 + 1, "Parameters");
    }
    // Fewer queries or less work than the key asks for: the key's digest is absorbed, so that
    // nothing fits.
    with("A09", "a proof of fewer queries", 0, 21, "Constraints");
    with("A09", "a proof of less work", 1, 20, "Statement");
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

/// A50, A09: an honest proof under another key.
fn keys(report: &mut Report) {
    let setup = setup();
    let statement = &setup.run.statement;
    let (key, honest) = &setup.free;
    let proof = Proof::from(honest.clone());
    let flip = |bytes: &[u8; 32], index: usize| {
        let mut bytes = *bytes;
        bytes[index] ^= 1;
        bytes
    };
    let [program, root] = [*key.program_id(), *key.fixed_root()];
    let (entry, preset, fixed) = (key.entry(), key.preset(), key.fixed().to_vec());
    let mut lower = fixed.clone();
    let index = lower.iter().position(|i| i.log_height < 16).unwrap();
    lower[index].log_height += 1;
    let from = VerifyingKey::from_root;
    let others = [
        (
            "program id",
            from(flip(&program, 0), entry, preset, fixed.clone(), root),
            "Constraints",
        ),
        (
            "program id",
            from(flip(&program, 31), entry, preset, fixed.clone(), root),
            "Constraints",
        ),
        (
            "entry point",
            from(program, entry + 4, preset, fixed.clone(), root),
            "Constraints",
        ),
        (
            "root",
            from(program, entry, preset, fixed.clone(), flip(&root, 0)),
            "Constraints",
        ),
        (
            "heights",
            from(program, entry, preset, lower, root),
            "Shape(Fixed",
        ),
        (
            "preset",
            from(program, entry, Preset::High, fixed, root),
            "Preset",
        ),
    ];
    let mut digests = vec![key.digest()];
    for (changed, other, expected) in others {
        let other = other.with_parameters(*key.parameters());
        assert!(!digests.contains(&other.digest()), "{changed}");
        digests.push(other.digest());
        let result = verify(&other, statement, &proof);
        report.line(
            "A50",
            "a proof under another key",
            changed,
            &result,
            expected,
            "",
        );
    }
    // The preset's own key, and one that was read from bytes.
    let standard = VerifyingKey::from_bytes(&setup.run.key(Preset::Standard, STANDARD).to_bytes());
    let result = verify(&standard.unwrap(), statement, &proof);
    let changed = "works and queries of the preset";
    report.line(
        "A09",
        "a proof of no works",
        changed,
        &result,
        "Statement",
        "",
    );
}

const STANDARD: Parameters = Preset::Standard.parameters();

/// A06, A16: bytes.
fn bytes(report: &mut Report) {
    let setup = setup();
    let (_, honest) = &setup.free;
    let bytes = Proof::from(honest.clone()).to_bytes();
    assert_eq!(
        Proof::from_bytes(&bytes),
        Ok(Proof::from(honest.clone())),
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
    other[7] = 1;
    read("A16", "the other preset's field", "its byte", &other, "");
    other[7] = 2;
    read("A16", "no preset's field", "its byte", &other, "Preset");
    let mut body = honest.clone();
    body.fold_roots.pop();
    let other = Proof::from(body).to_bytes();
    read("A06", "a round dropped", "32 bytes", &other, "");
    let mut body = honest.clone();
    body.shape.0[0].log_height = 63;
    let other = Proof::from(body).to_bytes();
    read(
        "A06",
        "a table of 2^63 rows",
        "shape",
        &other,
        "Shape(Height",
    );
}

/// A15: parameters that make no point out of the domain are refused.
fn exceptional<E: Challenge>() {
    let layout = Layout::new(&setup().free.1.shape, E::DEGREE);
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
        VerifyError::Point.to_string(),
        "the out-of-domain point cannot be used"
    );
}
