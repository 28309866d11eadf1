//! Every value is absorbed: the reference prover's own transcript, written after PROTOCOL.md, is
//! the one that the verifier accepts; each byte of it decides the next challenge; and a value that
//! is changed in an honest proof fails the very next work.

use p3_field::PrimeCharacteristicRing;
use zonda_verifier::{
    Claim, ExecutionLinks, Instance, Layout, Parameters, PartError, Proof, QM31, RunVerifier,
    Statement, VerifyError, VerifyingKey, proof::Body, transcript::Transcript, verify,
};

use crate::{
    Report, Setup,
    lax::{self, Flaw},
    setup, setup_of_parts,
    spec::{Operation, Spec},
};

/// Section 8 of PROTOCOL.md: labels and kinds, in order.
const OPERATIONS: [(&str, u8); 39] = [
    ("zonda", 0),
    ("statement", 0),
    ("shards", 0),
    ("shape", 0),
    ("boundary", 0),
    ("links", 0),
    ("global", 2),
    ("global z", 1),
    ("global beta", 1),
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

/// The bytes that the first challenge or positions from `index` on begin with.
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

/// All that the first work depends on, each changed.
fn statements(
    key: &VerifyingKey,
    statement: &Statement,
    proof: &Proof,
) -> Vec<(&'static str, VerifyingKey, Statement, Proof)> {
    let mut others = Vec::new();
    let mut add = |what, key: &VerifyingKey, statement: &Statement, proof: &Proof| {
        others.push((what, key.clone(), statement.clone(), proof.clone()));
    };
    let with = |id: u8, root: Option<usize>| {
        let mut program = *key.program_id();
        program[31] ^= id;
        let mut roots = *key.fixed_roots();
        if let Some(root) = root {
            roots[root][31] ^= 1;
        }
        let tables = key.fixed().to_vec();
        VerifyingKey::from_roots(program, key.entry(), key.preset(), tables, roots)
            .with_parameters(*key.parameters())
    };
    add("the key's program id", &with(1, None), statement, proof);
    // The root of phase 0 is the machine's in every key.
    for phase in 1..3 {
        add("the key's roots", &with(0, Some(phase)), statement, proof);
    }
    // The works themselves stay as they were; each is one of fewer bits as well.
    for index in [0, 2, 3, 4, 5, 6, 7] {
        let mut array = key.parameters().to_array();
        array[index] -= 1;
        let other = key.clone().with_parameters(Parameters::from_array(array));
        add("a parameter of the key", &other, statement, proof);
    }
    let mut other = statement.clone();
    other.exit_code ^= 1 << 31;
    add("the exit code", key, &other, proof);
    let mut other = statement.clone();
    other.output[3] ^= 1;
    add("a byte of output", key, &other, proof);
    let mut add = |what, change: &dyn Fn(&mut Proof)| {
        let mut other = proof.clone();
        change(&mut other);
        add(what, key, statement, &other);
    };
    // The header's values of each part that no other check decides.
    let low = |instance: &Instance| instance.log_height == 4 && !instance.table.is_fixed();
    for part in 0..proof.header.parts.len() {
        let header = &proof.header.parts[part];
        if let Some(index) = header.shape.0.iter().position(low) {
            add("the height of a table", &|p| {
                p.header.parts[part].shape.0[index].log_height = 5;
            });
        }
        if header.boundary_root != [0; 32] {
            add("a root of boundary columns", &|p| {
                p.header.parts[part].boundary_root[31] ^= 1;
            });
        }
    }
    let mut last = proof.header.parts.iter();
    let last = last.rposition(|part| part.links.zeroed.is_some()).unwrap();
    for limb in 0..2 {
        add("the end of the zeroed words", &|p| {
            p.header.parts[last].links.zeroed.as_mut().unwrap().to[limb] ^= 1;
        });
    }
    if proof.header.shards > 1 {
        let execution = |p: &mut Proof, part: usize, change: &dyn Fn(&mut ExecutionLinks)| {
            change(p.header.parts[part].links.execution.as_mut().unwrap());
        };
        add("the end of a shard", &|p| {
            execution(p, 0, &|links| links.end.as_mut().unwrap().cycles ^= 1);
        });
        add("the end and the start of shards", &|p| {
            execution(p, 0, &|links| links.end.as_mut().unwrap().pc ^= 4);
            execution(p, 1, &|links| links.pc_start ^= 4);
        });
        add("whose output a byte is", &|p| {
            execution(p, 0, &|links| links.output.end += 1);
            execution(p, 1, &|links| links.output.start += 1);
        });
        add("the order of closing parts", &|p| {
            p.header.parts.swap(2, 3);
            p.parts.swap(2, 3);
        });
        add("the last part, dropped", &|p| {
            p.header.parts.truncate(3);
            p.parts.truncate(3);
        });
    }
    add("nonce", &|p| p.header.global_nonce += 1);
    others
}

/// Each part absorbs the values of section 8, and each byte of them decides the next challenge.
fn operations(report: &mut Report, setup: &Setup) {
    let (key, proof) = &setup.worked;
    let logs = lax::verify::<QM31>(key, &setup.run.statement, proof, Flaw::None).logs;
    let parts = logs.len();
    assert_eq!(parts, proof.parts.len());
    let (mut bytes, mut count) = (0, 0);
    let headers = OPERATIONS
        .iter()
        .filter(|(label, _)| HEADERS.contains(label));
    let headers: Vec<_> = headers.copied().collect();
    for log in logs {
        let mut said: Vec<(&str, u8)> = log.iter().map(|o| (o.label, o.kind)).collect();
        // Headers of all parts stand one after another.
        let others = headers.iter().cycle().take(headers.len() * (parts - 1));
        let removed: Vec<_> = said
            .splice(6..6 + headers.len() * (parts - 1), [])
            .collect();
        assert!(removed.iter().eq(others));
        assert_eq!(said, OPERATIONS);
        let unheard = without_influence(&log);
        assert!(unheard.is_empty(), "without influence: {unheard:?}");
        bytes += log.iter().map(|o| o.bytes.len()).sum::<usize>();
        count += log.len();
    }
    let kept: Result<(), String> = Err(format!("{bytes} bytes of {count} operations"));
    let attack = "each byte decides the next challenge";
    report.line("A01", attack, &format!("{parts} parts"), &kept, "", "");
}

/// The values of each part that are absorbed before the first work.
const HEADERS: [&str; 3] = ["shape", "boundary", "links"];

pub fn report(report: &mut Report) {
    for setup in [setup(), setup_of_parts()] {
        operations(report, setup);
        changes(report, setup);
    }
}

fn changes(report: &mut Report, setup: &Setup) {
    let (key, proof) = &setup.worked;
    let statement = &setup.run.statement;
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
    // Of several parts, the one with the fewest values.
    let part = proof.parts.len() - 1;
    let body = proof.body::<QM31>(part).unwrap();
    let layout = Layout::new(&proof.header.parts[part].shape, 4);
    let mut verifier = RunVerifier::new(key, statement, &proof.header).unwrap();
    for part in &proof.parts[..part] {
        verifier.part(part).unwrap();
    }
    for (what, change, at) in values(&body) {
        let mut changed = body.clone();
        change(&mut changed);
        let result = verifier.part(&changed.to_bytes(&layout)).map(drop);
        let error = PartError::Work { at };
        tell(what, &VerifyError::Part { part, error }, result);
    }
    verifier.part(&proof.parts[part]).expect("the control");
    verifier.finish().expect("the control");
    for (what, key, statement, proof) in statements(key, statement, proof) {
        // A liar says what is expected.
        let mut proof = proof;
        proof.header.claim = Claim::new(&key, &statement);
        let result = verify(&key, &statement, &proof);
        tell(what, &VerifyError::GlobalWork, result);
    }
    let parts = proof.parts.len();
    for (what, error, count) in lines {
        let attack = "a value changed, the challenges kept";
        println!("| A01 | {attack} | {what}, {count}, {parts} parts | {error} | |");
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
