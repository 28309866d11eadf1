//! How sure the proofs of a key are: its parameters and a proof's shape, as the calculator takes
//! them.

use crate::{
    key::VerifyingKey,
    layout::Layout,
    preset::{FINAL_COEFFICIENTS, LOG_BLOWUP},
    security::{Security, Setting, SettingError, Work, assess},
    shape::Shape,
};

impl VerifyingKey {
    /// The provable security of proofs of `shape`, in whole bits; 0 if the shape is outside of what
    /// has been analysed.
    pub fn security_bits(&self, shape: &Shape) -> u32 {
        self.security(shape)
            .map_or(0, |security| security.bits().max(0.0) as u32)
    }

    /// The provable security of proofs of `shape`.
    ///
    /// # Errors
    /// If the shape is outside of what has been analysed.
    pub fn security(&self, shape: &Shape) -> Result<Security, SettingError> {
        assess(&self.setting(&Layout::new(shape, self.preset().degree())))
    }

    /// What the security of proofs of this layout depends on.
    pub(crate) fn setting(&self, layout: &Layout) -> Setting {
        let parameters = self.parameters();
        let instances = layout.instances.iter().zip(&layout.counts);
        let terms = instances.map(|(instance, counts)| {
            let height = 1_u64.checked_shl(instance.log_height()).unwrap_or(u64::MAX);
            height.saturating_mul(counts.messages as u64)
        });
        let widest = layout.counts.iter().map(|counts| counts.widest).max();
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
            lookup_terms: terms.fold(0, u64::saturating_add),
            global_terms: 0,
            message_width: widest.unwrap_or(0) as u64,
        }
    }
}
