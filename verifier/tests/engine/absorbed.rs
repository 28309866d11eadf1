//! Every value is absorbed: the reference prover's own transcript, written after PROTOCOL.md, is
//! the one that the verifier accepts; each byte of it decides the next challenge; and a value that
//! is changed in an honest proof fails the very next work.

use p3_field::PrimeCharacteristicRing;
use zonda_verifier::{
    Instance, Parameters, Proof, QM31, Statement, VerifyError, VerifyingKey, proof::Body,
    transcript::Transcript, verify,
};

use crate::{
    Report,
    lax::{self, Flaw},
    setup,
    spec::{Operation, Spec},
};

/// Section 8 of PROTOCOL.md: labels and kinds, in order.
const OPERATIONS: [(&str, u8); 38] = [
    ("zonda", 0),
    ("statement", 0),
    ("shards", 0),
    ("shape", 0),
    ("boundary", 0),
    ("links", 0),
    ("global", 2),
    ("global", 1),
    ("position", 0),
    ("main", 0),
    ("lookup", 2),
    ("lookup z", 1),
    ("lookup beta", 1),
    ("sums", 0),
    ("claims", 0),
    ("constraints", 2),
    ("constraints", 1),
    ("quotient", 0),
    ("point", 2),
    ("point", 1),
    ("opened", 0),
    ("batch", 2),
    ("batch", 1),
    ("fold", 0),
    ("fold", 2),
    ("fold", 1),
    ("fold", 0),
    ("fold", 2),
    ("fold", 1),
    ("fold", 0),
    ("fold", 2),
    ("fold", 1),
    ("fold", 0),
    ("fold", 2),
    ("fold", 1),
    ("final", 0),
    ("query", 2),
    ("query", 3),
];

/// What the first challenge or positions from `index` on begin with.
fn next_drawn(log: &[Operation], mut state: [u8; 32]) -> Option<[u8; 64]> {
    for operation in log {
        let mut output = operation.hash(&state).finalize_xof();
        output.fill(&mut state);
        if operation.kind % 2 == 1 {
            let mut drawn = [0; 64];
            output.fill(&mut drawn);
            return Some(drawn);
        }
    }
    None
}

/// Changes each byte, label and value of each operation: how many left the next challenge as it was.
fn without_influence(log: &[Operation]) -> Vec<&'static str> {
    let mut unheard = Vec::new();
    let mut state = [0; 32];
    for (index, operation) in log.iter().enumerate() {
        let next = next_drawn(&log[index..], state);
        let mut changed = log[index..].to_vec();
        let mut hear = |changed: &[Operation]| {
            if next_drawn(changed, state) == next {
                unheard.push(operation.label);
            }
        };
        for byte in 0..operation.bytes.len() {
            changed[0].bytes[byte] ^= 1;
            hear(&changed);
            changed[0].bytes[byte] ^= 1;
        }
        changed[0].value ^= 1;
        hear(&changed);
        changed[0].value ^= 1;
        changed[0].bits ^= 1;
        hear(&changed);
        changed[0].bits ^= 1;
        changed[0].label = "another";
        hear(&changed);
        if operation.kind == 0 {
            hear(&log[index + 1..]);
        }
        state = *operation.hash(&state).finalize().as_bytes();
    }
    unheard
}

type Change = Box<dyn Fn(&mut Body<QM31>)>;

/// Each value of a proof that is absorbed: what it is, how it is changed, and which work is next.
fn values(body: &Body<QM31>) -> Vec<(&'static str, Change, &'static str)> {
    let mut values: Vec<(&'static str, Change, &'static str)> = vec![
        (
            "root of main",
            Box::new(|b| b.roots.main[31] ^= 1),
            "lookup",
        ),
        (
            "root of sums",
            Box::new(|b| b.roots.sums[31] ^= 1),
            "constraints",
        ),
        (
            "root of quotient",
            Box::new(|b| b.roots.quotient[31] ^= 1),
            "point",
        ),
        ("nonce", Box::new(|b| b.nonces.lookup += 1), "lookup"),
        (
            "nonce",
            Box::new(|b| b.nonces.constraints += 1),
            "constraints",
        ),
        ("nonce", Box::new(|b| b.nonces.point += 1), "point"),
        ("nonce", Box::new(|b| b.nonces.batch += 1), "batch"),
        ("nonce", Box::new(|b| b.nonces.query += 1), "query"),
    ];
    let unit = |c: usize| {
        <QM31 as zonda_verifier::Challenge>::from_coordinates_fn(|i| {
            zonda_circuits::F::from_bool(i == c)
        })
    };
    for c in 0..4 {
        for i in 0..body.claims.len() {
            let change: Change = Box::new(move |b| b.claims[i] += unit(c));
            values.push(("claim", change, "constraints"));
        }
        for i in 0..body.opened.at_point.len() {
            let change: Change = Box::new(move |b| b.opened.at_point[i] += unit(c));
            values.push(("opened value", change, "batch"));
        }
        for i in 0..body.opened.before.len() {
            let change: Change = Box::new(move |b| b.opened.before[i] += unit(c));
            values.push(("opened sum", change, "batch"));
        }
        for i in 0..body.last.len() {
            let change: Change = Box::new(move |b| b.last[i] += unit(c));
            values.push(("last coefficient", change, "query"));
        }
    }
    for i in 0..body.fold_roots.len() {
        values.push((
            "root of folding",
            Box::new(move |b| b.fold_roots[i][31] ^= 1),
            "fold",
        ));
        values.push(("nonce", Box::new(move |b| b.nonces.folds[i] += 1), "fold"));
    }
    values
}

/// What the first work depends on, each changed.
fn statements(
    key: &VerifyingKey,
    statement: &Statement,
    body: &Body<QM31>,
) -> Vec<(&'static str, VerifyingKey, Statement, Body<QM31>)> {
    let mut others = Vec::new();
    let mut add = |what, key: &VerifyingKey, statement: &Statement, body: &Body<QM31>| {
        others.push((what, key.clone(), statement.clone(), body.clone()));
    };
    let with = |id: u8, entry: u32, root: u8| {
        let mut program = *key.program_id();
        program[31] ^= id;
        let mut fixed = *key.fixed_root();
        fixed[31] ^= root;
        let tables = key.fixed().to_vec();
        let entry = key.entry() ^ entry;
        VerifyingKey::from_root(program, entry, key.preset(), tables, fixed)
            .with_parameters(*key.parameters())
    };
    add("the key's program id", &with(1, 0, 0), statement, body);
    add("the key's entry point", &with(0, 4, 0), statement, body);
    add("the key's root", &with(0, 0, 1), statement, body);
    // The works themselves stay as they were; each is one of fewer bits as well.
    for index in [0, 2, 3, 4, 5, 6, 7] {
        let mut array = key.parameters().to_array();
        array[index] -= 1;
        let other = key.clone().with_parameters(Parameters::from_array(array));
        add("a parameter of the key", &other, statement, body);
    }
    let mut other = statement.clone();
    other.exit_code ^= 1 << 31;
    add("the exit code", key, &other, body);
    let mut other = statement.clone();
    other.output[3] ^= 1;
    add("a byte of output", key, &other, body);
    let mut other = statement.clone();
    other.output.push(0);
    add("the length of the output", key, &other, body);
    let mut other = statement.clone();
    other.output.pop();
    add("the length of the output", key, &other, body);
    // An instance of another height, where all parts stay as many.
    let low = |instance: &Instance| instance.log_height == 4 && !instance.table.is_fixed();
    let mut other = body.clone();
    let index = other.shape.0.iter().position(low).unwrap();
    other.shape.0[index].log_height = 5;
    add("the height of a table", key, statement, &other);
    let mut other = body.clone();
    other.nonces.global += 1;
    add("nonce", key, statement, &other);
    others
}

pub fn report(report: &mut Report) {
    let setup = setup();
    let (key, body) = &setup.worked;
    let statement = &setup.run.statement;

    let log = lax::verify(key, statement, body, Flaw::None).log;
    let said: Vec<(&str, u8)> = log.iter().map(|o| (o.label, o.kind)).collect();
    assert_eq!(said, OPERATIONS);
    let unheard = without_influence(&log);
    assert!(unheard.is_empty(), "without influence: {unheard:?}");
    let bytes: usize = log.iter().map(|o| o.bytes.len()).sum();
    let kept: Result<(), String> = Err(format!("{bytes} bytes of {} operations", log.len()));
    report.line(
        "A01",
        "each byte decides the next challenge",
        "each",
        &kept,
        "",
        "",
    );

    // One line for each kind of value.
    let mut lines: Vec<(&str, String, usize)> = Vec::new();
    let mut tell = |what: &'static str, expected: &VerifyError, result| {
        if result != Err(expected.clone()) {
            let wrong = format!("A01 {what}: {result:?}, not {expected:?}");
            report.wrong.push(wrong);
        }
        let error = format!("{expected:?}");
        match lines.iter_mut().find(|(w, e, _)| *w == what && *e == error) {
            Some((.., count)) => *count += 1,
            None => lines.push((what, error, 1)),
        }
    };
    for (what, change, at) in values(body) {
        let mut changed = body.clone();
        change(&mut changed);
        let result = verify(key, statement, &Proof::from(changed));
        tell(what, &VerifyError::Work { at }, result);
    }
    for (what, key, statement, body) in statements(key, statement, body) {
        let result = verify(&key, &statement, &Proof::from(body));
        tell(what, &VerifyError::Statement, result);
    }
    for (what, error, count) in lines {
        let attack = "a value changed, the challenges kept";
        println!("| A01 | {attack} | {what}, {count} | {error} | |");
    }
}

/// A17: what is absorbed cannot be read in two ways, and the two transcripts are one.
#[test]
fn absorbing_is_unambiguous() {
    type Says = &'static [(&'static str, &'static [u8])];
    let says: [Says; 9] = [
        &[("main", &[1, 2])],
        &[("main", &[1, 2, 0, 0])],
        &[("main", &[1]), ("main", &[2])],
        &[("main", &[1, 2]), ("main", &[])],
        &[("main", &[]), ("main", &[1, 2])],
        &[("sums", &[1, 2])],
        &[("mai", &[b'n', 1, 2])],
        &[],
        &[("main", &[2, 1])],
    ];
    let mut states = Vec::new();
    for said in says {
        let (mut transcript, mut spec) = (Transcript::new(), Spec::default());
        for (label, bytes) in said {
            transcript.absorb(label, bytes);
            spec.absorb(label, bytes);
        }
        assert_eq!(*transcript.state(), spec.state);
        states.push(spec.state);
        // A challenge, work or positions under the same label are something else.
        let drawn: QM31 = transcript.clone().challenge("main");
        assert_eq!(drawn, spec.clone().challenge("main"));
        let positions = transcript.clone().positions("main", 5, 17);
        assert_eq!(positions, spec.clone().positions("main", 5, 17));
        let mut kinds = [transcript.clone(), transcript.clone(), transcript.clone()];
        kinds[0].absorb("main", &[]);
        let _: QM31 = kinds[1].challenge("main");
        let _ = kinds[2].work("main", 0, 0);
        states.extend(kinds.iter().map(|t| *t.state()));
        for (bits, nonce) in [(1, 0), (0, 1), (2, 0), (40, 7)] {
            let (mut a, mut b) = (transcript.clone(), spec.clone());
            assert_eq!(a.work("main", bits, nonce), b.work("main", bits, nonce));
            assert_eq!(*a.state(), b.state);
            states.push(b.state);
        }
    }
    let count = states.len();
    states.sort_unstable();
    states.dedup();
    // One was reached twice: the first list and then nothing is the fourth.
    assert_eq!(states.len(), count - 1);
}
