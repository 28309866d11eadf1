//! Proofs' bytes, changed: A14 and A16.

use p3_field::PrimeField32;
use zonda::{Proof, ProofError};
use zonda_circuits::F;
use zonda_verifier::{QM31, layout::PHASES, proof::Body};

use super::{
    harness::Forger,
    statement::{body, honest},
    victims::CALLS,
    victims::{ZEROED, asking},
};

/// A part of an encoded proof.
struct Region {
    /// Where errors say that it is.
    place: &'static str,
    /// Whether it is nothing but field elements.
    elements: bool,
    start: usize,
    end: usize,
}

/// The parts of a proof's bytes, in order.
fn regions(body: &Body<QM31>) -> Vec<Region> {
    let mut regions = Vec::new();
    let mut end = 0;
    let mut add = |place, elements, length| {
        let start = end;
        end += length;
        regions.push(Region {
            place,
            elements,
            start,
            end,
        });
    };
    let folds = body.fold_roots.len();
    add("header", false, 8);
    add("shape", false, 1 + 2 * body.shape.0.len());
    add("roots", false, 3 * 32);
    add("claims", true, 16 * body.claims.len());
    add("opened values", true, 16 * body.opened.at_point.len());
    add("opened values", true, 16 * body.opened.before.len());
    add("roots of folding", false, 32 * folds);
    add("last coefficients", true, 16 * body.last.len());
    add("works", false, 8 * (6 + folds));
    assert_eq!(body.phases.len(), PHASES);
    for phase in &body.phases {
        for rows in &phase.rows {
            add("opened rows", false, 4);
            add("opened rows", true, 4 * rows.len());
        }
        add("opened rows", false, 4 + 32 * phase.siblings.len());
    }
    for fold in &body.folds {
        add("opened entries of folding", false, 4);
        add("opened entries of folding", true, 16 * fold.entries.len());
        add(
            "opened entries of folding",
            false,
            4 + 32 * fold.siblings.len(),
        );
    }
    regions
}

#[test]
fn no_part_of_a_proof_can_be_left_out_or_changed() {
    let honest = honest();
    let length = honest.bytes.len();
    let steps = (0..length).step_by(length / 97);
    for end in steps.chain(0..12).chain(length - 40..length) {
        let refused = honest.check(&honest.bytes[..end]).unwrap_err();
        let expected = ["Truncated", "Magic"][usize::from(end < 5)];
        assert_eq!(refused, expected, "{end} bytes");
    }
    let mut longer = honest.bytes.clone();
    longer.push(0);
    assert_eq!(honest.check(&longer), Err("Trailing".into()));
    assert_eq!(honest.check(b""), Err("Magic".into()));
    let version = ProofError::Version {
        expected: 1,
        got: 0,
    };
    assert_eq!(Proof::from_bytes(b"ZONDA\x00\x00"), Err(version));

    let mut proof = Proof::from_bytes(&honest.bytes).unwrap();
    let regions = regions(body(&mut proof));
    assert_eq!(regions.last().unwrap().end, length);
    for Region {
        place, start, end, ..
    } in regions
    {
        let step = (end - start).div_ceil(24).max(1);
        for position in (start..end).step_by(step).chain([end - 1]) {
            for flip in [1, 0x80] {
                let mut bytes = honest.bytes.clone();
                bytes[position] ^= flip;
                let refused = honest.check(&bytes);
                assert!(refused.is_err(), "{place}, byte {position} ^ {flip}");
            }
        }
    }
}

/// A14: in every place of a proof where a field element stands.
#[test]
fn elements_have_one_encoding() {
    let honest = Forger::honest(&CALLS, &asking(64, 3, ZEROED, 4));
    let mut proof = honest.prove();
    let mut bytes = proof.to_bytes();
    assert!(Proof::from_bytes(&bytes).as_ref() == Ok(&proof));
    let regions = regions(body(&mut proof));
    assert_eq!(regions.last().unwrap().end, bytes.len());
    let mut slots = 0;
    for region in regions.into_iter().filter(|region| region.elements) {
        let Region {
            place, start, end, ..
        } = region;
        for slot in (start..end).step_by(4) {
            slots += 1;
            let old: [u8; 4] = bytes[slot..slot + 4].try_into().unwrap();
            let value = u32::from_le_bytes(old);
            assert!(value < F::ORDER_U32);
            // Among others, the same element with p added to it.
            for got in [F::ORDER_U32, 1 << 31, u32::MAX, value + F::ORDER_U32] {
                bytes[slot..slot + 4].copy_from_slice(&got.to_le_bytes());
                let error = ProofError::Element { place, got };
                let read = Proof::from_bytes(&bytes);
                assert!(read == Err(error), "{place}, byte {slot}");
            }
            bytes[slot..slot + 4].copy_from_slice(&old);
        }
    }
    assert!(slots > 10_000, "{slots}");
    assert!(Proof::from_bytes(&bytes) == Ok(proof));
}
