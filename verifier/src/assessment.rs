//! The security of a key's proofs: its parameters and a proof's shapes, as the calculator takes them.

use crate::{
    counts::{Machine, Scope},
    header::{Header, HeaderError, MAX_CLOSING_PARTS, check_counts},
    key::VerifyingKey,
    layout::Layout,
    preset::{FINAL_COEFFICIENTS, LOG_BLOWUP, Parameters, Preset},
    security::{Security, Setting, SettingError, Work, assess, claimed},
};

impl Header {
    /// The provable security of proofs with this header under a key of its preset.
    ///
    /// The header need not have been verified: the work is linear in its length, see [`VerifyingKey::security`].
    ///
    /// # Errors
    /// If a part is impossible for the machine, or outside of the security analysis; or if there are no parts.
    pub fn security(&self) -> Result<Security, HeaderError> {
        of_header(self, self.preset, &self.preset.parameters(), claimed_bits)
    }
}

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
    /// The header need not have been verified. Its form is checked first, which bounds a part's instances; then
    /// each part takes one computation of its claimed bits, and the least secure one the bounds in detail.
    ///
    /// # Errors
    /// If a part is impossible for the machine, or outside of the security analysis; or if there are no parts.
    pub fn security(&self, header: &Header) -> Result<Security, HeaderError> {
        of_header(header, self.preset(), self.parameters(), claimed_bits)
    }

    /// The numbers that decide the security of a part of this layout, in a run with so many terms
    /// of the lookup argument over all parts.
    pub(crate) fn setting(&self, machine: &Machine, layout: &Layout, global_terms: u64) -> Setting {
        setting(self.parameters(), machine, layout, global_terms)
    }
}

/// How many terms the lookup argument over all parts has: heights times global messages.
pub(crate) fn global_terms(machine: &Machine, header: &Header) -> u64 {
    let instances = header.parts.iter().flat_map(|part| &part.shape.0);
    instances.fold(0, |sum, instance| {
        let rows = 1_u64.checked_shl(instance.log_height());
        let messages = machine.counts(instance.table).messages(Scope::Global) as u64;
        sum.saturating_add(rows.unwrap_or(u64::MAX).saturating_mul(messages))
    })
}

fn claimed_bits(setting: &Setting) -> Result<f64, SettingError> {
    claimed(setting).map(|bound| bound.bits)
}

/// The security of the part of which `bits` is least: it is computed once for each part, unless the part
/// before has the same shape.
fn of_header(
    header: &Header,
    preset: Preset,
    parameters: &Parameters,
    mut bits: impl FnMut(&Setting) -> Result<f64, SettingError>,
) -> Result<Security, HeaderError> {
    check_counts(header.shards, header.parts.len())?;
    header.check_forms()?;
    let machine = Machine::new();
    let global_terms = global_terms(&machine, header);
    let mut before = None;
    let mut worst: Option<(f64, usize, Setting)> = None;
    for (part, shape) in header.parts.iter().map(|part| &part.shape).enumerate() {
        if before.replace(shape) == Some(shape) {
            continue;
        }
        let layout = Layout::of(&machine, shape, preset.degree());
        let setting = setting(parameters, &machine, &layout, global_terms);
        let bits = bits(&setting).map_err(|error| HeaderError::Security { part, error })?;
        if worst.as_ref().is_none_or(|(worst, ..)| bits < *worst) {
            worst = Some((bits, part, setting));
        }
    }
    let most = header.shards.saturating_add(MAX_CLOSING_PARTS);
    let none = HeaderError::Parts {
        shards: header.shards,
        most,
        got: 0,
    };
    let (_, part, setting) = worst.ok_or(none)?;
    assess(&setting).map_err(|error| HeaderError::Security { part, error })
}

fn setting(
    parameters: &Parameters,
    machine: &Machine,
    layout: &Layout,
    global_terms: u64,
) -> Setting {
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

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use super::*;
    use crate::{
        header::PartHeader,
        shape::{Instance, tests::least},
    };

    /// A header of parts of which each has another shape than the one before, and of which `shapes` are
    /// different.
    fn header(parts: usize, shapes: usize) -> Header {
        let part = |index: usize| {
            let mut shape = least();
            let mut code = index % shapes;
            for table in zonda_circuits::machine::Table::ALL {
                if !table.is_fixed() && shape.0.iter().all(|instance| instance.table != table) {
                    let log_height = 4 + (code % 12) as u8;
                    code /= 12;
                    shape.0.push(Instance { table, log_height });
                }
            }
            shape.0.sort_by_key(|instance| instance.table);
            PartHeader {
                shape,
                ..PartHeader::default()
            }
        };
        Header {
            shards: parts as u32,
            parts: (0..parts).map(part).collect(),
            ..Header::default()
        }
    }

    /// How often bits are computed, and what is found.
    fn counted(header: &Header) -> (usize, Result<Security, HeaderError>) {
        let mut count = 0;
        let parameters = header.preset.parameters();
        let security = of_header(header, header.preset, &parameters, |setting| {
            count += 1;
            claimed_bits(setting)
        });
        (count, security)
    }

    #[test]
    fn bits_are_computed_once_for_each_part() {
        for parts in [1, 10, 100, 1000] {
            let (count, security) = counted(&header(parts, 1000));
            assert_eq!(count, parts);
            let (same, _) = counted(&header(parts, 1));
            assert_eq!(same, 1);
            // The least secure part decides.
            let header = header(parts, 1000);
            let machine = Machine::new();
            let terms = global_terms(&machine, &header);
            let bits = header.parts.iter().map(|part| {
                let layout = Layout::of(&machine, &part.shape, 4);
                let parameters = header.preset.parameters();
                let setting = setting(&parameters, &machine, &layout, terms);
                assess(&setting).unwrap().bits()
            });
            let least = bits.fold(f64::INFINITY, f64::min);
            assert_eq!(security.unwrap().bits(), least);
            assert_eq!(header.security().unwrap().bits(), least);
        }
    }

    #[test]
    fn what_has_no_form_is_not_assessed() {
        let refused = |change: &dyn Fn(&mut Header)| {
            let mut header = header(3, 3);
            change(&mut header);
            let (count, security) = counted(&header);
            assert_eq!(count, 0);
            security.unwrap_err()
        };
        let long = |header: &mut Header| {
            let instance = header.parts[1].shape.0[0];
            header.parts[1].shape.0 = vec![instance; 255];
        };
        assert!(matches!(refused(&long), HeaderError::Shape { part: 1, .. }));
        let none = |header: &mut Header| header.parts = Vec::new();
        assert!(matches!(refused(&none), HeaderError::Parts { got: 0, .. }));
        let many = |header: &mut Header| header.shards = 1 << 20;
        assert!(matches!(refused(&many), HeaderError::Shards { .. }));
    }
}
