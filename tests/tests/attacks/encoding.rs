//! Proofs' bytes, changed: A14 and A16.

use p3_field::PrimeField32;
use zonda::{Proof, ProofError};
use zonda_circuits::F;
use zonda_verifier::{Layout, Links, Machine, QM31, opening::is_column_bit, part::Body};

use super::{
    harness::Forger,
    statement::{HONEST, SHARDED, body},
    victims::CALLS,
    victims::{ZEROED, asking},
};

/// A stretch of an encoded proof.
#[derive(Clone, Copy)]
struct Region {
    /// The place that errors name.
    place: &'static str,
    /// Whether it is nothing but field elements.
    elements: bool,
    start: usize,
    end: usize,
}

#[derive(Default)]
struct Regions(Vec<Region>);

impl Regions {
    /// All of a proof's bytes, in order.
    fn of(proof: &Proof) -> Self {
        let mut regions = Self::default();
        regions.add("header", false, 8);
        regions.add("claim", false, 104);
        regions.add("header", false, 8);
        for part in &proof.header.parts {
            regions.add("heights", false, part.heights.to_bytes().len());
            regions.add("boundary roots", false, 32);
            regions.add("links", false, Links::BYTES);
        }
        regions.add("header", false, 8);
        for (index, bytes) in proof.parts.iter().enumerate() {
            regions.add("parts", false, 4);
            let layout = Layout::new(&proof.header.parts[index].heights);
            let before = regions.end();
            regions.body(&layout, &body(proof, index));
            assert_eq!(regions.end() - before, bytes.len());
        }
        regions
    }

    fn body(&mut self, layout: &Layout, body: &Body<QM31>) {
        self.add("roots", false, 32 + 8);
        self.elements("tree", 2 * body.tree.nodes.len());
        for layer in &body.tree.layers {
            self.elements("tree", 2 * layer.rounds.len() + 4);
        }
        let rounds = 3 * body.rows.rounds.len();
        self.elements("rounds over rows", body.rows.skip.len() + rounds);
        self.elements("values", body.values.len());
        let opening = &body.opening;
        self.elements("opening", 2 * opening.low.len());
        for bit in 0..opening.pages.len() as u32 {
            self.elements("opening", 2);
            self.add(
                "opening",
                false,
                if is_column_bit(layout, bit) { 8 } else { 0 },
            );
        }
        let phases = opening.phases.len() + opening.words.len();
        self.elements("opening", phases + 2 * opening.point.len());
        self.words(body);
    }

    fn words(&mut self, body: &Body<QM31>) {
        let words = &body.words;
        self.add("words", false, 8);
        for round in &words.rounds {
            self.add("words", false, 32);
            for _ in &round.halves {
                self.elements("words", 2);
                self.add("words", false, 8);
            }
        }
        self.elements("words", words.last.len());
        self.add("words", false, 8);
        for rows in &words.rows {
            self.add("opened rows", false, 4);
            self.add("opened rows", true, 4 * rows.cells.len());
            self.add("opened rows", false, 4 + 32 * rows.siblings.len());
        }
        for round in &words.rounds {
            let place = "opened entries of folding";
            self.add(place, false, 4);
            self.elements(place, round.opening.entries.len());
            self.add(place, false, 4 + 32 * round.opening.siblings.len());
        }
    }

    /// So many elements of the challenge field.
    fn elements(&mut self, place: &'static str, count: usize) {
        self.add(place, true, 16 * count);
    }

    fn add(&mut self, place: &'static str, elements: bool, length: usize) {
        let start = self.end();
        if length == 0 {
            return;
        }
        self.0.push(Region {
            place,
            elements,
            start,
            end: start + length,
        });
    }

    fn end(&self) -> usize {
        self.0.last().map_or(0, |region| region.end)
    }
}

#[test]
fn no_stretch_of_a_proof_can_be_left_out_or_changed() {
    for (honest, most) in [(&HONEST, 24), (&SHARDED, 8)] {
        let length = honest.bytes.len();
        let steps = (0..length).step_by(length / 97);
        for end in steps.chain(0..12).chain(length - 40..length) {
            let refused = honest.check(&honest.bytes[..end]).unwrap_err();
            assert_eq!(refused, "Truncated", "{end} bytes");
        }
        let mut longer = honest.bytes.clone();
        longer.push(0);
        assert_eq!(honest.check(&longer), Err("Trailing".into()));

        let regions = Regions::of(&honest.proof());
        assert_eq!(regions.end(), length);
        for Region {
            place, start, end, ..
        } in regions.0
        {
            let step = (end - start).div_ceil(most).max(1);
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
    assert_eq!(Proof::from_bytes(b"ZONDO\x04\x00"), Err(ProofError::Magic));
    for got in [0, 1, 2, 3, 5] {
        let version = ProofError::Version { expected: 4, got };
        let bytes = [&b"ZONDA"[..], &got.to_le_bytes()].concat();
        assert_eq!(Proof::from_bytes(&bytes), Err(version));
    }
}

/// A part with a greater or smaller length than it has, and parts that claim to be others.
#[test]
fn parts_have_their_own_bytes() {
    let honest = &SHARDED;
    assert!(honest.proof().parts.len() > 3);
    let checked = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut proof = honest.proof();
        change(&mut proof.parts);
        honest.check(&proof.to_bytes())
    };
    let refused = |change: &dyn Fn(&mut Vec<Vec<u8>>)| checked(change).unwrap_err();
    assert_eq!(checked(&|_| ()), Ok(()));
    assert_eq!(refused(&|parts| parts[1].push(0)), "Encoding");
    assert_eq!(refused(&|parts| parts[1].truncate(100)), "Encoding");
    assert_eq!(refused(&|parts| parts[1].clear()), "Encoding");
    // After each piece.
    let proof = honest.proof();
    let mut pieces = Regions::default();
    let layout = Layout::new(&proof.header.parts[1].heights);
    pieces.body(&layout, &body(&proof, 1));
    for Region { place, start, .. } in pieces.0 {
        let cut = refused(&|parts| parts[1].truncate(start));
        assert_eq!(cut, "Encoding", "{place}, after {start} bytes");
    }
    assert_eq!(refused(&|parts| parts[0] = parts[1].clone()), "Encoding");
    assert_eq!(refused(&|parts| drop(parts.pop())), "Truncated");
    assert_eq!(refused(&|parts| parts.push(Vec::new())), "Trailing");
    assert_eq!(refused(&|parts| parts.clear()), "Truncated");
    // Read or not, the verifier counts them.
    let counted = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut proof = honest.proof();
        change(&mut proof.parts);
        honest.verify(&proof).unwrap_err()
    };
    assert_eq!(counted(&|parts| drop(parts.pop())), "Missing");
    assert_eq!(counted(&|parts| parts.push(Vec::new())), "Surplus");
    assert_eq!(counted(&|parts| parts.clear()), "Missing");
}

/// A14: in every place of a proof where a field element stands.
#[test]
fn elements_have_one_encoding() {
    let honest = Forger::honest(&CALLS, &asking(64, 3, ZEROED, 4));
    let proof = honest.prove();
    let (machine, layout) = (Machine::new(), Layout::new(&proof.header.parts[0].heights));
    let mut bytes = proof.parts[0].clone();
    let body = body(&proof, 0);
    assert!(body.to_bytes(&layout) == bytes);
    let mut regions = Regions::default();
    regions.body(&layout, &body);
    assert_eq!(regions.end(), bytes.len());
    let mut slots = 0;
    for region in regions.0.into_iter().filter(|region| region.elements) {
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
                let read = Body::<QM31>::from_bytes(&machine, &layout, &bytes);
                assert!(read == Err(error), "{place}, byte {slot}");
            }
            bytes[slot..slot + 4].copy_from_slice(&old);
        }
    }
    assert!(slots > 5_000, "{slots}");
    assert!(Body::from_bytes(&machine, &layout, &bytes) == Ok(body));
}
