//! Honest parts of which something is changed: both verifiers refuse them.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::F;
use zonda_verifier::{Challenge, Machine, Parameters, QM31, Sextic, part::Body};

use crate::{
    PARAMETERS, free,
    proof::{RunProof, name},
    prover::Honest,
    run::{Run, one_part, small},
    worked,
};

type Change<E> = Box<dyn Fn(&mut Body<E>)>;

/// One change of each kind of number: A02, A03, A04, A11 and A13.
fn numbers<E: Challenge>() -> Vec<Change<E>> {
    let last = E::from_coordinates_fn(|i| F::from_bool(i == E::DEGREE - 1));
    vec![
        Box::new(|b| b.main[31] ^= 1),
        Box::new(|b| b.lookup_nonce += 1),
        Box::new(move |b| b.tree.nodes[3].numerator += last),
        Box::new(move |b| b.tree.nodes[31].denominator += last),
        Box::new(move |b| b.tree.layers[0].rounds[0][0] += last),
        Box::new(move |b| b.tree.layers[9].rounds[13][1] += last),
        Box::new(move |b| b.tree.layers[20].children[0].numerator += last),
        Box::new(move |b| b.tree.layers[20].children[1].denominator += last),
        Box::new(move |b| b.rows.skip[7] += last),
        Box::new(move |b| b.rows.skip[21] += last),
        Box::new(move |b| b.rows.rounds[0][0] += last),
        Box::new(move |b| b.rows.rounds[5][1] += last),
        Box::new(move |b| b.rows.rounds[12][2] += last),
        Box::new(move |b| b.values[0] += last),
        Box::new(move |b| *b.values.last_mut().unwrap() += last),
        Box::new(move |b| b.opening.low[9][0] += last),
        Box::new(move |b| b.opening.low[0][1] += last),
        Box::new(move |b| b.opening.pages[0][0] += last),
        Box::new(move |b| b.opening.pages.last_mut().unwrap()[1] += last),
        Box::new(|b| b.opening.column_nonces[0] += 1),
        Box::new(|b| *b.opening.column_nonces.last_mut().unwrap() += 1),
        Box::new(move |b| b.opening.phases[0] += last),
        Box::new(move |b| *b.opening.phases.last_mut().unwrap() += last),
        Box::new(move |b| b.opening.point[0][0] += last),
        Box::new(move |b| b.opening.point.last_mut().unwrap()[1] += last),
        Box::new(move |b| b.opening.words[0] += last),
        Box::new(move |b| *b.opening.words.last_mut().unwrap() += last),
        Box::new(|b| b.words.nonce += 1),
        Box::new(|b| b.words.rounds[1].root[0] ^= 1),
        Box::new(move |b| b.words.rounds[0].halves[0][0] += last),
        Box::new(move |b| b.words.rounds[1].halves[1][1] += last),
        Box::new(|b| b.words.rounds[0].nonces[3] += 1),
        Box::new(move |b| b.words.last[63] += last),
        Box::new(|b| b.words.query_nonce += 1),
        Box::new(|b| b.words.rows[0].cells[0] += F::ONE),
        Box::new(|b| *b.words.rows.last_mut().unwrap().cells.last_mut().unwrap() += F::ONE),
        Box::new(|b| b.words.rows[0].siblings[0][0] ^= 1),
        Box::new(move |b| b.words.rounds[0].opening.entries[15] += last),
        Box::new(move |b| *b.words.rounds[1].opening.entries.last_mut().unwrap() += last),
        Box::new(|b| b.words.rounds[1].opening.siblings[0][31] ^= 1),
    ]
}

/// One more or one fewer of everything of which there can be: A04, A06, A07, A10, A13, A16.
fn counts<E: Challenge>() -> Vec<Change<E>> {
    vec![
        Box::new(|b| {
            let _ = b.tree.nodes.pop();
        }),
        Box::new(|b| {
            let _ = b.tree.layers.pop();
        }),
        Box::new(|b| b.tree.layers[3].rounds.push([E::ZERO; 2])),
        Box::new(|b| b.rows.skip.push(E::ZERO)),
        Box::new(|b| {
            let _ = b.rows.rounds.pop();
        }),
        Box::new(|b| b.values.push(E::ZERO)),
        Box::new(|b| {
            let _ = b.opening.low.pop();
        }),
        Box::new(|b| {
            let _ = b.opening.pages.pop();
        }),
        Box::new(|b| b.opening.column_nonces.push(0)),
        Box::new(|b| {
            let _ = b.opening.phases.pop();
        }),
        Box::new(|b| b.opening.point.push([E::ZERO; 2])),
        Box::new(|b| {
            let _ = b.opening.words.pop();
        }),
        Box::new(|b| {
            let _ = b.words.rounds.pop();
        }),
        Box::new(|b| {
            let _ = b.words.rounds[0].halves.pop();
        }),
        Box::new(|b| b.words.rounds[1].nonces.push(0)),
        Box::new(|b| b.words.last.push(E::ZERO)),
        Box::new(|b| {
            let _ = b.words.rows.pop();
        }),
        Box::new(|b| {
            let _ = b.words.rows[0].cells.pop();
        }),
        Box::new(|b| {
            let _ = b.words.rows[1].siblings.pop();
        }),
        Box::new(|b| b.words.rows[2].siblings.push([0; 32])),
        Box::new(|b| {
            let _ = b.words.rounds[0].opening.entries.pop();
        }),
        Box::new(|b| b.words.rounds[1].opening.siblings.push([0; 32])),
    ]
}

/// Both refuse a changed body.
fn must_be_refused<E: Challenge>(proof: &RunProof<E>, position: usize, body: &Body<E>, what: &str) {
    assert!(
        *body != proof.parts[position].body,
        "{what}: nothing is changed"
    );
    let refused = proof.check(position, body).is_err();
    assert!(refused, "{what}: the verifier accepts");
    let refused = proof.check_plainly(position, body, &[]).is_err();
    assert!(refused, "{what}: the plain verifier accepts");
}

fn one_by_one<E: Challenge>() {
    let proof = RunProof::<E>::new(&one_part(), PARAMETERS, &mut Honest);
    proof.must_hold();
    for (number, change) in numbers().iter().enumerate() {
        let mut body = proof.parts[0].body.clone();
        change(&mut body);
        must_be_refused(&proof, 0, &body, &format!("number {number}"));
    }
    for (number, change) in counts().iter().enumerate() {
        let mut body = proof.parts[0].body.clone();
        change(&mut body);
        must_be_refused(&proof, 0, &body, &format!("count {number}"));
        // As bytes, it is a body of other counts, or none.
        let layout = proof.parts[0].verifiers_layout();
        let read = Body::from_bytes(&Machine::new(), &layout, &body.to_bytes(&layout));
        // (Nonces for which there is no bit are not even written.)
        if let Ok(read) = read
            && read != proof.parts[0].body
        {
            must_be_refused(&proof, 0, &read, &format!("bytes of count {number}"));
        }
    }
}

#[test]
fn every_number_is_checked() {
    one_by_one::<QM31>();
}

#[test]
fn every_number_is_checked_over_the_sextic_field() {
    one_by_one::<Sextic>();
}

/// A08, in all of a proof. One byte in so many: a prime, so that all bytes of words and of elements have their turn.
const STRIDE: usize = 397;

#[test]
fn every_byte_is_checked() {
    let proof = worked();
    let machine = &Machine::new();
    for (position, part) in proof.parts.iter().enumerate() {
        let layout = part.verifiers_layout();
        let bytes = part.body.to_bytes(&layout);
        for at in (position..bytes.len()).step_by(STRIDE) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            // Others than a part's in its one form are refused already.
            if let Ok(body) = Body::from_bytes(machine, &layout, &changed) {
                assert!(body.to_bytes(&layout) == changed);
                must_be_refused(proof, position, &body, &format!("byte {at}"));
            }
        }
        for bytes in [
            &bytes[1..],
            &bytes[..bytes.len() - 1],
            &[&bytes[..], &[0]].concat(),
        ] {
            assert!(Body::<QM31>::from_bytes(machine, &layout, bytes).is_err());
        }
    }
}

/// A50: a part is one of its own key.
#[test]
fn parts_are_of_their_key() {
    let run = small();
    let proof = RunProof::<QM31>::new(&run, PARAMETERS, &mut Honest);
    let body = |run: &Run, parameters| {
        let other = RunProof::<QM31>::new(run, parameters, &mut Honest);
        other.parts[0].body.clone()
    };
    assert!(proof.check(0, &body(&run, PARAMETERS)).is_ok());
    let queries = PARAMETERS.queries + 1;
    let more = body(
        &run,
        Parameters {
            queries,
            ..PARAMETERS
        },
    );
    must_be_refused(&proof, 0, &more, "other parameters");
    let mut other = run.clone();
    other.program_id[31] ^= 1;
    must_be_refused(&proof, 0, &body(&other, PARAMETERS), "another program");
}

/// A46: a part is about what is stated.
#[test]
fn parts_are_about_what_is_stated() {
    let mut proof = free().clone();
    let bodies: Vec<Body<QM31>> = proof.parts.iter().map(|part| part.body.clone()).collect();
    let refused = |proof: &RunProof<QM31>, position: usize, expected: &str| {
        let body = &bodies[position];
        let error = proof.check(position, body).unwrap_err();
        assert_eq!(name(&error), expected);
        assert_eq!(
            proof.check_plainly(position, body, &[]),
            Err(expected_name(expected))
        );
    };
    // The public values of each table that has any.
    proof.parts[0].stated.execution.as_mut().unwrap().pc += 4;
    refused(&proof, 0, "skip");
    proof.parts[0].stated.execution.as_mut().unwrap().pc -= 4;
    proof.parts[0].stated.execution.as_mut().unwrap().output[1] ^= 1;
    refused(&proof, 0, "values");
    proof.parts[0].stated.execution.as_mut().unwrap().output[1] ^= 1;
    proof.parts[1].stated.execution.as_mut().unwrap().position += 1;
    refused(&proof, 1, "skip");
    proof.parts[1].stated.execution.as_mut().unwrap().position -= 1;
    proof.parts[3].stated.zeroed.as_mut().unwrap().to[0] += 1;
    refused(&proof, 3, "skip");
    proof.parts[3].stated.zeroed.as_mut().unwrap().to[0] -= 1;
    // The roots.
    for (position, phase) in [(0, 2), (2, 0), (3, 1)] {
        proof.parts[position].roots[phase].as_mut().unwrap()[0] ^= 1;
        refused(&proof, position, "root of rows");
        proof.parts[position].roots[phase].as_mut().unwrap()[0] ^= 1;
    }
    proof.must_hold();
}

/// The name, as long as the program runs.
fn expected_name(name: &str) -> &'static str {
    String::from(name).leak()
}
