use alloc::{string::ToString, vec, vec::Vec};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_mersenne_31::QM31;
use zonda_circuits::{F, machine::ZeroedRange};

use super::*;
use crate::{
    challenge::Sextic,
    claim::Claim,
    header::{Header, HeaderError, PartHeader},
    layout::{Group, Phase},
    links::{End, ExecutionLinks, Links},
    preset::{FINAL_COEFFICIENTS, Preset},
    proof::{FoldOpening, Opened, PhaseOpening, Roots},
    shape::{
        Shape,
        tests::{least, zeroed_only},
    },
};

/// A part with nothing in it that could be true, but with as much of everything as it should have.
fn body<E: Challenge>(layout: &Layout) -> Body<E> {
    let arities = layout.folds();
    let mut seed = 1_u32;
    let mut next = || {
        seed = seed.wrapping_mul(0x9e37_79b1).wrapping_add(7);
        F::from_u32(seed >> 1)
    };
    let mut elements = |count: usize| -> Vec<E> {
        (0..count)
            .map(|_| E::from_coordinates_fn(|_| next()))
            .collect()
    };
    let group = |(index, group): (usize, &Group)| {
        vec![F::from_usize(index + 5); (index % 3 + 1) * group.width]
    };
    let phase = |phase: &Phase| match phase.groups.len() {
        0 => PhaseOpening::default(),
        _ => PhaseOpening {
            rows: phase.groups.iter().enumerate().map(group).collect(),
            siblings: vec![[9; 32]; 3],
        },
    };
    Body {
        claims: elements(layout.running_sums().count()),
        opened: Opened {
            at_point: elements(layout.columns()),
            before: elements(layout.opened_before().count()),
        },
        fold_roots: vec![[4; 32]; arities.len()],
        last: elements(FINAL_COEFFICIENTS),
        nonces: Nonces {
            lookup: 1,
            query: u64::MAX,
            folds: (0..arities.len() as u64).collect(),
            ..Nonces::default()
        },
        phases: layout.phases.each_ref().map(phase),
        folds: arities
            .iter()
            .map(|arity| FoldOpening {
                entries: elements(2 << arity),
                siblings: vec![[6; 32]; 2],
            })
            .collect(),
        roots: Roots {
            main: [1; 32],
            sums: [2; 32],
            quotient: [3; 32],
        },
    }
}

/// Where the numbers of shards and of parts are: after magic, version, preset and claim.
const SHARDS: usize = 5 + 2 + 1 + 104;
/// Where the instances of the first part are.
const INSTANCES: usize = SHARDS + 8;

/// The header of a shard and a closing part.
fn header(preset: Preset) -> Header {
    let part = |shape: Shape, links| PartHeader {
        shape,
        boundary_root: [7; 32],
        links,
    };
    let zeroed = Some(ZeroedRange {
        from: [1, 2],
        to: [1 << 16, 3],
    });
    let links = Links {
        execution: Some(ExecutionLinks {
            pc_start: 0x1_0000,
            end: Some(End { pc: 8, cycles: 9 }),
            output: 3..5,
        }),
        zeroed,
    };
    let closing = Links {
        execution: None,
        zeroed,
    };
    Header {
        preset,
        claim: Claim {
            program_id: [1; 32],
            key_digest: [2; 32],
            exit_code: 3,
            output_length: 4,
            output_digest: [5; 32],
        },
        shards: 1,
        parts: vec![part(least(), links), part(zeroed_only(), closing)],
        global_nonce: 77,
    }
}

/// A proof of a shard and a closing part, nothing of which could be true.
pub(crate) fn proof<E: Challenge>() -> Proof {
    let header = header(match E::DEGREE {
        4 => Preset::Standard,
        _ => Preset::High,
    });
    let layouts = header.parts.iter();
    let layouts = layouts.map(|part| Layout::new(&part.shape, E::DEGREE));
    let parts = layouts.map(|layout| body::<E>(&layout).to_bytes(&layout));
    Proof {
        parts: parts.collect(),
        header,
    }
}

#[test]
fn decoding_inverts_encoding() {
    for proof in [proof::<QM31>(), proof::<Sextic>()] {
        let bytes = proof.to_bytes();
        assert_eq!(Proof::from_bytes(&bytes), Ok(proof));
    }
    for shape in [least(), zeroed_only()] {
        let layout = Layout::new(&shape, 4);
        let body = body::<QM31>(&layout);
        let bytes = body.to_bytes(&layout);
        assert_eq!(Body::from_bytes(&layout, &bytes), Ok(body));
        let layout = Layout::new(&shape, 6);
        assert!(Body::<Sextic>::from_bytes(&layout, &bytes).is_err());
    }
}

#[test]
fn every_truncation_is_refused() {
    let bytes = proof::<QM31>().to_bytes();
    for length in 0..bytes.len() {
        let read = Proof::from_bytes(&bytes[..length]);
        assert!(matches!(read, Err(ProofError::Truncated { .. })));
    }
    let trailing = [&bytes[..], &[0]].concat();
    let error = ProofError::Trailing { count: 1 };
    assert_eq!(Proof::from_bytes(&trailing), Err(error.clone()));

    let layout = Layout::new(&zeroed_only(), 4);
    let bytes = body::<QM31>(&layout).to_bytes(&layout);
    let read = |bytes: &[u8]| Body::<QM31>::from_bytes(&layout, bytes);
    for length in 0..bytes.len() {
        let read = read(&bytes[..length]);
        assert!(matches!(read, Err(ProofError::Truncated { .. })));
    }
    assert_eq!(read(&[&bytes[..], &[0]].concat()), Err(error));
}

#[test]
fn what_is_read_is_written_the_same() {
    let bytes = proof::<QM31>().to_bytes();
    for index in 0..500 {
        for value in [0, bytes[index] ^ 1, 0x7f, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[index] = value;
            if let Ok(proof) = Proof::from_bytes(&changed) {
                assert!(proof.to_bytes() == changed, "byte {index}");
            }
        }
    }
    let layout = Layout::new(&zeroed_only(), 4);
    let bytes = body::<QM31>(&layout).to_bytes(&layout);
    for index in (0..200).chain((200..bytes.len()).step_by(13)) {
        for value in [0, bytes[index] ^ 1, 0x7f, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[index] = value;
            if let Ok(body) = Body::<QM31>::from_bytes(&layout, &changed) {
                assert!(body.to_bytes(&layout) == changed, "byte {index}");
            }
        }
    }
}

#[test]
fn elements_are_canonical() {
    let layout = Layout::new(&zeroed_only(), 4);
    let bytes = body::<QM31>(&layout).to_bytes(&layout);
    let start = 3 * 32;
    for got in [F::ORDER_U32, 1 << 31, u32::MAX] {
        let mut changed = bytes.clone();
        changed[start..start + 4].copy_from_slice(&got.to_le_bytes());
        let place = "claims";
        let error = ProofError::Element { place, got };
        assert_eq!(Body::<QM31>::from_bytes(&layout, &changed), Err(error));
    }
}

#[test]
fn headers_are_checked() {
    let proof = proof::<QM31>();
    let bytes = proof.to_bytes();
    let with = |index: usize, values: &[u8]| {
        let mut changed = bytes.clone();
        changed[index..index + values.len()].copy_from_slice(values);
        Proof::from_bytes(&changed).unwrap_err()
    };
    assert_eq!(with(0, b"X"), ProofError::Magic);
    let version = ProofError::Version {
        expected: 3,
        got: 2,
    };
    assert_eq!(with(5, &[2]), version);
    let version = "proof format version 2; this verifier reads version 3";
    assert_eq!(with(5, &[2]).to_string(), version);
    assert_eq!(with(5, b"KEY").to_string(), "this is a key, not a proof");
    assert_eq!(with(7, &[9]), ProofError::Preset { got: 9 });
    let counts = |shards: u32, parts: u32| {
        let numbers = [shards.to_le_bytes(), parts.to_le_bytes()];
        match with(SHARDS, numbers.as_flattened()) {
            ProofError::Header(error) => error,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(counts(0, 1), HeaderError::Shards { got: 0 });
    let got = (1 << 16) + 1;
    assert_eq!(counts(got, got), HeaderError::Shards { got });
    let parts = |shards, most, got| HeaderError::Parts { shards, most, got };
    assert_eq!(counts(2, 1), parts(2, 4098, 1));
    assert_eq!(counts(2, 4099), parts(2, 4098, 4099));
    let got = u32::MAX as usize;
    assert_eq!(counts(1, u32::MAX), parts(1, 4097, got));
    assert_eq!(with(INSTANCES + 1, &[200]), ProofError::Table { got: 200 });
    let instances = proof.header.parts[0].shape.0.len();
    let links = INSTANCES + 1 + 2 * instances + 32;
    assert_eq!(with(links, &[2]), ProofError::Links);
    // Absent numbers are zero.
    assert_eq!(with(links, &[0]), ProofError::Links);
    let part = proof.header.to_bytes().len();
    let got = MAX_PART_BYTES + 1;
    let error = ProofError::Length {
        place: "parts",
        most: MAX_PART_BYTES,
        got,
    };
    assert_eq!(with(part, &(got as u32).to_le_bytes()), error);
}

#[test]
fn as_many_parts_as_are_said_and_no_memory_for_more() {
    // As many parts as there can be, all absent.
    let mut bytes = header(Preset::Standard).to_bytes();
    let counts = [(1_u32 << 16).to_le_bytes(), (1_u32 << 16).to_le_bytes()];
    bytes[SHARDS..INSTANCES].copy_from_slice(counts.as_flattened());
    bytes.truncate(INSTANCES);
    let place = "shapes";
    let error = ProofError::Truncated { place };
    assert_eq!(Proof::from_bytes(&bytes), Err(error));
    // A part as long as a part can be, all absent.
    let mut bytes = header(Preset::Standard).to_bytes();
    bytes.extend((MAX_PART_BYTES as u32).to_le_bytes());
    let place = "parts";
    let error = ProofError::Truncated { place };
    assert_eq!(Proof::from_bytes(&bytes), Err(error));
}

#[test]
fn links_have_one_form() {
    let header = header(Preset::Standard);
    let mut all = vec![Links::default()];
    all.extend(header.parts.into_iter().map(|part| part.links));
    let mut exits = all[1].clone();
    exits.execution.as_mut().unwrap().end = None;
    all.push(exits);
    for links in all {
        let bytes: [u8; Links::BYTES] = links.to_bytes().try_into().unwrap();
        assert_eq!(Links::from_bytes(&bytes), Some(links.clone()));
        for index in 0..bytes.len() {
            let mut changed = bytes;
            changed[index] ^= 0x10;
            if let Some(read) = Links::from_bytes(&changed) {
                assert_ne!(read, links);
                assert_eq!(read.to_bytes(), changed);
            }
        }
    }
}
