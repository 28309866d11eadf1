//! The security of a key's proofs: its parameters and a proof's shapes, as the calculator takes them.

use alloc::vec::Vec;

use crate::{
    counts::{Machine, Scope},
    header::Header,
    key::VerifyingKey,
    layout::Layout,
    preset::{FINAL_COEFFICIENTS, LOG_BLOWUP},
    security::{Security, Setting, SettingError, Work, assess},
    shape::Shape,
};

impl VerifyingKey {
    /// The provable security of proofs with this header, in whole bits; 0 if it is outside of what
    /// has been analysed.
    pub fn security_bits(&self, header: &Header) -> u32 {
        self.security(header)
            .map_or(0, |security| security.bits().max(0.0) as u32)
    }

    /// The provable security of proofs with this header: that of the least secure part,
    /// with the run that it belongs to.
    ///
    /// # Errors
    /// If a part is outside of what has been analysed, or there are no parts.
    pub fn security(&self, header: &Header) -> Result<Security, SettingError> {
        let machine = Machine::new();
        let mut shapes: Vec<&Shape> = Vec::new();
        for part in &header.parts {
            if !shapes.contains(&&part.shape) {
                shapes.push(&part.shape);
            }
        }
        let layout = |shape: &Shape| Layout::of(&machine, shape, self.preset().degree());
        let terms = header.parts.iter();
        let terms = terms.map(|part| layout(&part.shape).terms(Scope::Global));
        let global_terms = terms.fold(0, u64::saturating_add);
        let mut worst: Option<Security> = None;
        for shape in shapes {
            let security = assess(&self.setting(&machine, &layout(shape), global_terms))?;
            if worst
                .as_ref()
                .is_none_or(|worst| security.bits() < worst.bits())
            {
                worst = Some(security);
            }
        }
        worst.ok_or(SettingError::Height { got: 0 })
    }

    /// The numbers that decide the security of a part of this layout, in a run with so many terms
    /// of the lookup argument over all parts.
    pub(crate) fn setting(&self, machine: &Machine, layout: &Layout, global_terms: u64) -> Setting {
        let parameters = self.parameters();
        Setting {
            challenge_degree: layout.degree as u32,
            log_height: layout.log_height,
            log_blowup: LOG_BLOWUP,
            queries: parameters.queries,
            work: Work {
                global: parameters.global_work_bits,
                lookup: parameters.lookup_work_bits,
                constraints: parameters.constraints_work_bits,
                point: parameters.point_work_bits,
                batch: parameters.batch_work_bits,
                fold: parameters.fold_work_bits,
                query: parameters.query_work_bits,
            },
            arities: layout
                .folds()
                .iter()
                .map(|fold| 1_u32.wrapping_shl(*fold))
                .collect(),
            final_length: FINAL_COEFFICIENTS as u64,
            columns: layout.columns() as u64,
            shifted_columns: layout.opened_before().count() as u64,
            constraints: layout.constraints() as u64,
            lookup_terms: layout.terms(Scope::Local),
            global_terms,
            message_width: machine.widest() as u64,
        }
    }
}
