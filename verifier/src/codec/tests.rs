use alloc::{vec, vec::Vec};

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_mersenne_31::QM31;
use zonda_circuits::F;

use super::*;
use crate::{
    challenge::Sextic,
    preset::FINAL_COEFFICIENTS,
    proof::{FoldOpening, Opened, PhaseOpening, Roots},
    shape::tests::least,
};

/// A proof with nothing in it that could be true, but with all its parts.
fn body<E: Challenge>() -> Body<E> {
    let shape = least();
    let layout = Layout::new(&shape, E::DEGREE);
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
    let group = |(index, group): (usize, &crate::layout::Group)| {
        vec![F::from_usize(index + 5); (index % 3 + 1) * group.width]
    };
    let phase = |phase: &crate::layout::Phase| PhaseOpening {
        rows: phase.groups.iter().enumerate().map(group).collect(),
        siblings: vec![[9; 32]; 3],
    };
    Body {
        claims: elements(shape.0.len()),
        opened: Opened {
            at_point: elements(layout.columns()),
            before: elements(layout.opened_before().count()),
        },
        fold_roots: vec![[4; 32]; arities.len()],
        last: elements(FINAL_COEFFICIENTS),
        nonces: Nonces {
            global: 1,
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
        shape,
    }
}

#[test]
fn decoding_inverts_encoding() {
    let proofs = [Proof::from(body::<QM31>()), Proof::from(body::<Sextic>())];
    for proof in proofs {
        let bytes = proof.to_bytes();
        assert_eq!(Proof::from_bytes(&bytes), Ok(proof));
    }
}

#[test]
fn every_truncation_is_refused() {
    let bytes = Proof::from(body::<QM31>()).to_bytes();
    for length in 0..bytes.len() {
        let read = Proof::from_bytes(&bytes[..length]);
        match length {
            0..5 => assert_eq!(read, Err(ProofError::Magic)),
            _ => assert!(matches!(read, Err(ProofError::Truncated { .. }))),
        }
    }
    let trailing = [&bytes[..], &[0]].concat();
    let error = ProofError::Trailing { count: 1 };
    assert_eq!(Proof::from_bytes(&trailing), Err(error));
}

#[test]
fn what_is_read_is_written_the_same() {
    let bytes = Proof::from(body::<QM31>()).to_bytes();
    for index in (0..200).chain((200..bytes.len()).step_by(13)) {
        for value in [0, bytes[index] ^ 1, 0x7f, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[index] = value;
            if let Ok(proof) = Proof::from_bytes(&changed) {
                assert!(proof.to_bytes() == changed, "byte {index}");
            }
        }
    }
}

#[test]
fn elements_are_canonical() {
    let body = body::<QM31>();
    let start = 8 + 1 + 2 * body.shape.0.len() + 3 * 32;
    let bytes = Proof::from(body).to_bytes();
    for got in [F::ORDER_U32, 1 << 31, u32::MAX] {
        let mut changed = bytes.clone();
        changed[start..start + 4].copy_from_slice(&got.to_le_bytes());
        let place = "claims";
        let error = ProofError::Element { place, got };
        assert_eq!(Proof::from_bytes(&changed), Err(error));
    }
}

#[test]
fn headers_are_checked() {
    let bytes = Proof::from(body::<QM31>()).to_bytes();
    let with = |index: usize, value: u8| {
        let mut changed = bytes.clone();
        changed[index] = value;
        Proof::from_bytes(&changed).unwrap_err()
    };
    let version = ProofError::Version {
        expected: 1,
        got: 2,
    };
    assert_eq!(with(5, 2), version);
    assert_eq!(with(7, 9), ProofError::Preset { got: 9 });
    assert_eq!(with(9, 200), ProofError::Table { got: 200 });
    assert!(matches!(with(10, 60), ProofError::Shape(_)));
}
