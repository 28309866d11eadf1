use alloc::{string::ToString, vec};

use p3_field::PrimeField32;
use p3_mersenne_31::QM31;
use zonda_circuits::{
    F,
    machine::{Table, ZeroedRange},
};

use super::{body::tests::body, *};
use crate::{
    challenge::Sextic,
    claim::Claim,
    header::{Header, HeaderError, PartHeader},
    heights::{
        Heights,
        tests::{least, zeroed_only},
    },
    links::{End, ExecutionLinks, Links},
    preset::Preset,
};

/// Where the numbers of shards and of parts are: after magic, version, preset and claim.
const SHARDS: usize = 5 + 2 + 1 + 104;
/// Where the heights of the first part are.
const HEIGHTS: usize = SHARDS + 8;

/// The header of a shard and a closing part.
fn header(preset: Preset) -> Header {
    let part = |heights: Heights, links| PartHeader {
        heights,
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
    let layouts = layouts.map(|part| Layout::new(&part.heights));
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
    // One field's bytes are not the other's.
    let layout = Layout::new(&zeroed_only());
    let bytes = body::<QM31>(&layout).to_bytes(&layout);
    assert!(Body::<Sextic>::from_bytes(&Machine::new(), &layout, &bytes).is_err());
}

#[test]
fn every_truncation_is_refused() {
    let bytes = proof::<QM31>().to_bytes();
    for length in (0..1000).chain((1000..bytes.len()).step_by(97)) {
        let read = Proof::from_bytes(&bytes[..length]);
        assert!(matches!(read, Err(ProofError::Truncated { .. })));
    }
    let trailing = [&bytes[..], &[0]].concat();
    let error = ProofError::Trailing { count: 1 };
    assert_eq!(Proof::from_bytes(&trailing), Err(error));
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
    let (machine, layout) = (Machine::new(), Layout::new(&zeroed_only()));
    let bytes = body::<QM31>(&layout).to_bytes(&layout);
    for index in (0..200).chain((200..bytes.len()).step_by(131)) {
        for value in [0, bytes[index] ^ 1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[index] = value;
            if let Ok(body) = Body::<QM31>::from_bytes(&machine, &layout, &changed) {
                assert!(body.to_bytes(&layout) == changed, "byte {index}");
            }
        }
    }
}

#[test]
fn elements_are_canonical() {
    let layout = Layout::new(&zeroed_only());
    let bytes = body::<QM31>(&layout).to_bytes(&layout);
    let start = 32 + 8;
    for got in [F::ORDER_U32, 1 << 31, u32::MAX] {
        let mut changed = bytes.clone();
        changed[start..start + 4].copy_from_slice(&got.to_le_bytes());
        let read = Body::<QM31>::from_bytes(&Machine::new(), &layout, &changed);
        let is_refused = matches!(read, Err(ProofError::Element { got: g, .. }) if g == got);
        assert!(is_refused);
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
        expected: 4,
        got: 3,
    };
    assert_eq!(with(5, &[3]), version);
    let version = "proof format version 3; this verifier reads version 4";
    assert_eq!(with(5, &[3]).to_string(), version);
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
    let links = HEIGHTS + 4 * Table::ALL.len() + 32;
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
    bytes[SHARDS..HEIGHTS].copy_from_slice(counts.as_flattened());
    bytes.truncate(HEIGHTS);
    let place = "heights";
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
