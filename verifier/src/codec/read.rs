//! Reading a proof's parts, none of them trusted.

use alloc::vec::Vec;

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::{F, machine::Table};

use super::ProofError;
use crate::{
    challenge::Challenge,
    layout::{Layout, PHASES},
    preset::{FINAL_COEFFICIENTS, MAX_QUERIES},
    proof::{Body, Digest, FoldOpening, Nonces, Opened, PhaseOpening, Roots},
    shape::{Instance, Shape},
};

/// What is left to read, and what it should be.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a [u8],
    pub(super) place: &'static str,
}

impl Reader<'_> {
    pub(super) fn body<E: Challenge>(&mut self) -> Result<Body<E>, ProofError> {
        let shape = self.at("shape").shape()?;
        shape.check_form()?;
        let layout = Layout::new(&shape, E::DEGREE);
        let arities = layout.folds();
        let roots = Roots {
            main: self.at("roots").array()?,
            sums: self.array()?,
            quotient: self.array()?,
        };
        let claims = self.at("claims").elements(shape.0.len())?;
        let opened = Opened {
            at_point: self.at("opened values").elements(layout.columns())?,
            before: self.elements(layout.opened_before().count())?,
        };
        let fold_roots = self.at("roots of folding").digests(arities.len())?;
        let last = self.at("last coefficients").elements(FINAL_COEFFICIENTS)?;
        let nonces = self.at("works").nonces(arities.len())?;
        let mut phases: [PhaseOpening; PHASES] = Default::default();
        self.place = "opened rows";
        for (phase, opening) in layout.phases.iter().zip(&mut phases) {
            for group in &phase.groups {
                let count = self.length(most_leaves(group.log_size()))?;
                opening
                    .rows
                    .push(self.cells(count.saturating_mul(group.width))?);
            }
            opening.siblings = self.siblings(phase.log_size())?;
        }
        let mut folds = Vec::new();
        let mut log_size = layout.log_size();
        self.place = "opened entries of folding";
        for arity in arities {
            log_size = log_size.saturating_sub(arity);
            let count = self.length(most_leaves(log_size))?;
            folds.push(FoldOpening {
                entries: self.elements(count.wrapping_shl(arity))?,
                siblings: self.siblings(log_size)?,
            });
        }
        Ok(Body {
            shape,
            roots,
            claims,
            opened,
            fold_roots,
            last,
            nonces,
            phases,
            folds,
        })
    }

    const fn at(&mut self, place: &'static str) -> &mut Self {
        self.place = place;
        self
    }

    fn shape(&mut self) -> Result<Shape, ProofError> {
        let [count] = self.array()?;
        let mut instances = Vec::new();
        for _ in 0..count {
            let [got, log_height] = self.array()?;
            let table = Table::ALL.into_iter().find(|table| *table as u8 == got);
            instances.push(Instance {
                table: table.ok_or(ProofError::Table { got })?,
                log_height,
            });
        }
        Ok(Shape(instances))
    }

    fn nonces(&mut self, folds: usize) -> Result<Nonces, ProofError> {
        let mut nonce = || self.array().map(u64::from_le_bytes);
        Ok(Nonces {
            global: nonce()?,
            lookup: nonce()?,
            constraints: nonce()?,
            point: nonce()?,
            batch: nonce()?,
            folds: (0..folds).map(|_| nonce()).collect::<Result<_, _>>()?,
            query: nonce()?,
        })
    }

    fn siblings(&mut self, depth: u32) -> Result<Vec<Digest>, ProofError> {
        let most = (MAX_QUERIES as usize).saturating_mul(depth as usize);
        let count = self.length(most)?;
        self.digests(count)
    }

    fn length(&mut self, most: usize) -> Result<usize, ProofError> {
        let got = u32::from_le_bytes(self.array()?) as usize;
        if got > most {
            return Err(ProofError::Length {
                place: self.place,
                most,
                got,
            });
        }
        Ok(got)
    }

    fn digests(&mut self, count: usize) -> Result<Vec<Digest>, ProofError> {
        let (digests, _) = self.take(count.saturating_mul(32))?.as_chunks();
        Ok(Vec::from(digests))
    }

    fn elements<E: Challenge>(&mut self, count: usize) -> Result<Vec<E>, ProofError> {
        let cells = self.cells(count.saturating_mul(E::DEGREE))?;
        let coordinates = cells.chunks_exact(E::DEGREE);
        let element = |coordinates: &[F]| {
            E::from_coordinates_fn(|index| coordinates.get(index).copied().unwrap_or_default())
        };
        Ok(coordinates.map(element).collect())
    }

    fn cells(&mut self, count: usize) -> Result<Vec<F>, ProofError> {
        let place = self.place;
        let (words, _) = self.take(count.saturating_mul(4))?.as_chunks();
        let cell = |word: &[u8; 4]| match u32::from_le_bytes(*word) {
            got if got < F::ORDER_U32 => Ok(F::from_u32(got)),
            got => Err(ProofError::Element { place, got }),
        };
        words.iter().map(cell).collect()
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], ProofError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn take(&mut self, count: usize) -> Result<&[u8], ProofError> {
        let split = self.rest.split_at_checked(count);
        let (taken, rest) = split.ok_or(ProofError::Truncated { place: self.place })?;
        self.rest = rest;
        Ok(taken)
    }
}

/// The most leaves that can be opened of a tree of `2^log_size`.
fn most_leaves(log_size: u32) -> usize {
    (MAX_QUERIES as usize).min(1_usize.wrapping_shl(log_size))
}
