//! The transcript holds all of a proof, and each step decides all that follow it.

use std::collections::BTreeSet;

use zonda_verifier::{Challenge, QM31, Sextic, Transcript};

use crate::{
    FREE, bytes, header, high,
    proof::RunProof,
    prover::{Honest, Prover},
    run::small,
    spec::{Spec, Step},
    worked,
};

/// The words in backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The labels of section 8.8, in order.
fn documented() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../PROTOCOL.md");
    let document = std::fs::read_to_string(path).unwrap();
    let mut lines = document.lines();
    lines
        .find(|line| line.starts_with("| label | sent |"))
        .unwrap();
    let mut labels: Vec<String> = Vec::new();
    for row in lines.skip(1).take_while(|line| line.starts_with('|')) {
        for label in quoted(row) {
            if !labels.iter().any(|known| known == label) {
                labels.push(label.into());
            }
        }
    }
    labels
}

/// The labels of the verifier.
fn labels() -> Vec<&'static str> {
    let source = include_str!("../../src/protocol.rs");
    let after = |line: &'static str| line.split_once(" = \"")?.1.strip_suffix("\";");
    source.lines().filter_map(after).collect()
}

/// The steps of a part of an honest proof, from the beginning of the run.
fn steps<E: Challenge>(proof: &RunProof<E>, position: usize) -> Vec<Step> {
    let body = &proof.parts[position].body;
    let (result, transcript) = proof.check_forgetfully(position, body, &[], None);
    assert!(result.is_ok());
    transcript.log
}

#[test]
fn labels_are_those_of_the_document() {
    assert_eq!(documented(), labels());
    let mut used: Vec<&str> = Vec::new();
    for step in steps(worked(), 0) {
        if !used.contains(&step.label) {
            used.push(step.label);
        }
    }
    assert_eq!(used, labels());
}

/// The bytes that a step has of a proof: of a work, the nonce.
fn of_proof(step: &Step) -> &[u8] {
    let is_work = ["lookup", "columns", "words", "fold", "query"].contains(&step.label);
    match step.message.len() {
        // The number of positions.
        4 => &[],
        12 if is_work => &step.message[..8],
        _ => &step.message,
    }
}

fn everything_is_sent<E: Challenge>(proof: &RunProof<E>) {
    for (position, part) in proof.parts.iter().enumerate() {
        let steps = steps(proof, position);
        let enters = |step: &Step| step.label == "position";
        let (run, own) = steps.split_at(steps.iter().position(enters).unwrap());
        // Version and key; statement; numbers; parts; the nonce, with its number of bits; no messages.
        let header = header::bytes(&proof.header);
        assert_eq!(run[0].message, [&header[5..7], &header[40..72]].concat());
        let (run, drawn) = run[1..].split_last_chunk::<2>().unwrap();
        assert!(drawn.iter().all(|step| step.message.is_empty()));
        let mut sent = run.iter().flat_map(|step| step.message.clone());
        let sent: Vec<u8> = sent.by_ref().take(header.len() - 72).collect();
        assert_eq!(sent, header[72..]);
        assert_eq!(own[0].message, (position as u32).to_le_bytes());
        let sent: Vec<u8> = own[1..].iter().flat_map(of_proof).copied().collect();
        assert!(sent == bytes::sent(&part.layout, &part.body));
        // Only openings follow, which the roots and the positions determine.
        assert!(bytes::of(&part.layout, &part.body).starts_with(&sent));
    }
}

#[test]
fn everything_in_a_proof_is_sent() {
    everything_is_sent(worked());
    everything_is_sent(high());
}

/// A01: each byte of each step decides the next state; and the verifier's transcript is the plain one.
#[test]
fn each_byte_decides_what_follows() {
    let after = |state: &[u8; 32], step: &Step| {
        let mut next = [0; 32];
        step.hash(state).fill(&mut next);
        let mut transcript = Transcript::from_state(*state);
        transcript.send(step.label, &step.message);
        assert_eq!(*transcript.state(), next);
        next
    };
    let mut state = [0; 32];
    for step in steps(worked(), 1) {
        let next = after(&state, &step);
        let mut other = step.clone();
        for byte in 0..step.message.len() {
            // Of long messages, some.
            if step.message.len() < 100 || byte % 61 == 0 {
                other.message[byte] ^= 1 << (byte % 8);
                assert_ne!(after(&state, &other), next);
                other.message[byte] ^= 1 << (byte % 8);
            }
        }
        other.message.push(0);
        assert_ne!(after(&state, &other), next);
        other.label = "another";
        assert_ne!(after(&state, &other), next);
        state = next;
    }
}

/// A17: what is sent cannot be read in two ways.
#[test]
fn sending_is_unambiguous() {
    type Said = &'static [(&'static str, &'static [u8])];
    let said: [Said; 9] = [
        &[("main", &[1, 2])],
        &[("main", &[1, 2, 0, 0])],
        &[("main", &[1]), ("main", &[2])],
        &[("main", &[1, 2]), ("main", &[])],
        &[("main", &[]), ("main", &[1, 2])],
        &[("skip", &[1, 2])],
        &[("mai", b"n\x01\x02")],
        &[],
        &[("main", &[2, 1])],
    ];
    let mut states = BTreeSet::new();
    for messages in said {
        let mut transcript = Transcript::new();
        let mut spec = Spec::default();
        for (label, bytes) in messages {
            transcript.send(label, bytes);
            spec.send(label, bytes);
        }
        assert_eq!(*transcript.state(), spec.state);
        assert!(states.insert(spec.state));
        // Elements, positions and works are messages too.
        let (mut a, mut b) = (transcript.clone(), spec.clone());
        assert_eq!(a.challenge::<QM31>("main"), b.draw("main", &[]));
        let (mut a, mut b) = (transcript.clone(), spec.clone());
        assert_eq!(a.challenge::<Sextic>("main"), b.draw("main", &[]));
        assert_eq!(a.positions("main", 5, 17), b.positions("main", 5, 17));
        states.insert(b.state);
        for (bits, nonce) in [(0, 0), (1, 0), (0, 1), (2, 0), (40, 7)] {
            let (mut a, mut b) = (transcript.clone(), spec.clone());
            assert_eq!(a.work("main", bits, nonce), b.work("main", bits, nonce));
            assert_eq!(*a.state(), b.state);
            assert!(states.insert(b.state));
        }
    }
}

/// A prover that leaves all steps with a label out of its transcript.
struct Forgetful(&'static str);

impl Prover<QM31> for Forgetful {
    fn forgets(&self) -> Option<&'static str> {
        Some(self.0)
    }
}

/// A01: a verifier that leaves a step out lets a prover know the next challenge before it has sent its message.
#[test]
fn no_step_can_be_left_out() {
    let run = small();
    let control = RunProof::<QM31>::new(&run, FREE, &mut Honest);
    let body = &control.parts[0].body;
    assert!(control.check(0, body).is_ok());
    for label in labels() {
        let proof = RunProof::<QM31>::new(&run, FREE, &mut Forgetful(label));
        let body = &proof.parts[0].body;
        let refused = proof.check(0, body);
        assert!(refused.is_err(), "{label}: the verifier");
        let refused = proof.check_plainly(0, body, &[]);
        assert!(refused.is_err(), "{label}: the plain verifier");
        let (accepted, transcript) = proof.check_forgetfully(0, body, &[], Some(label));
        assert!(
            accepted.is_ok(),
            "{label}: a verifier that forgets it: {accepted:?}"
        );
        assert!(transcript.log.contains(&Step::default()), "{label}");
    }
}
