//! The security of a key's proofs: its parameters and a proof's heights, as the calculator takes them.

use zonda_circuits::machine::Table;

use crate::{
    combination::slot_bits,
    counts::{Machine, Scope},
    header::{Header, HeaderError, MAX_CLOSING_PARTS, check_counts},
    heights::Heights,
    key::VerifyingKey,
    layout::{LOG_PAGE, Layout, column_bits},
    opening::present,
    preset::{Parameters, Preset},
    security::{Phase, Security, Setting, SettingError, Work, claimed},
    words::LOG_LAST,
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
            .map_or(0, |security| security.bits.max(0.0) as u32)
    }

    /// The provable security of proofs with this header: that of the least secure part,
    /// with the run that it belongs to.
    ///
    /// The header need not have been verified. Its form is checked first, which bounds a part's heights; then
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
        setting(
            self.parameters(),
            self.preset().degree(),
            machine,
            layout,
            global_terms,
        )
    }
}

/// How many terms the lookup argument over all parts has: heights, rounded up to pages, times global messages.
pub(crate) fn global_terms(machine: &Machine, header: &Header) -> u64 {
    let parts = header.parts.iter();
    parts.fold(0, |sum, part| {
        sum.saturating_add(terms(machine, &part.heights, Scope::Global))
    })
}

/// How many terms the messages of one scope of a part are.
fn terms(machine: &Machine, heights: &Heights, scope: Scope) -> u64 {
    heights.tables().fold(0, |sum, (table, height)| {
        let pages = u64::from(height.div_ceil(1 << LOG_PAGE));
        let messages = machine.counts(table).messages(scope) as u64;
        let leaves = pages.saturating_mul(1 << LOG_PAGE).saturating_mul(messages);
        sum.saturating_add(leaves)
    })
}

fn claimed_bits(setting: &Setting) -> Result<f64, SettingError> {
    claimed(setting).map(|security| security.bits)
}

/// The security of the part of which `bits` is least: it is computed once for each part, unless the part
/// before has the same heights.
fn of_header(
    header: &Header,
    preset: Preset,
    parameters: &Parameters,
    mut bits: impl FnMut(&Setting) -> Result<f64, SettingError>,
) -> Result<Security, HeaderError> {
    check_counts(header.shards, header.parts.len())?;
    for (part, own) in header.parts.iter().enumerate() {
        let form = own.heights.check_form();
        form.map_err(|error| HeaderError::Heights { part, error })?;
    }
    let machine = Machine::new();
    let global_terms = global_terms(&machine, header);
    let mut before = None;
    let mut worst: Option<(f64, usize, Setting)> = None;
    for (part, heights) in header.parts.iter().map(|part| &part.heights).enumerate() {
        if before.replace(heights) == Some(heights) {
            continue;
        }
        let layout = Layout::new(heights);
        let degree = preset.degree();
        let setting = setting(parameters, degree, &machine, &layout, global_terms);
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
    claimed(&setting).map_err(|error| HeaderError::Security { part, error })
}

fn setting(
    parameters: &Parameters,
    degree: usize,
    machine: &Machine,
    layout: &Layout,
    global_terms: u64,
) -> Setting {
    let constraints = Table::ALL.map(|table| machine.counts(table).constraints as u64);
    let phases = present(layout).map(|(phase, matrix)| Phase {
        log_height: matrix.log_height,
        column_bits: column_bits(phase),
    });
    Setting {
        challenge_degree: degree as u32,
        log_rows: layout.heights.log_rows(),
        slot_bits: slot_bits(machine),
        phases: phases.collect(),
        log_final: LOG_LAST,
        queries: parameters.queries,
        work: Work {
            global: parameters.global_work_bits,
            lookup: parameters.lookup_work_bits,
            columns: parameters.columns_work_bits,
            words: parameters.words_work_bits,
            fold: parameters.fold_work_bits,
            query: parameters.query_work_bits,
        },
        values: layout.values() as u64,
        constraints: constraints.into_iter().fold(0, u64::saturating_add),
        lookup_terms: terms(machine, &layout.heights, Scope::Local),
        global_terms,
        message_width: machine.widest() as u64,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::header::PartHeader;

    /// A header of parts of which each has other heights than the one before, and of which `kinds` are
    /// different.
    fn header(parts: usize, kinds: usize) -> Header {
        let part = |index: usize| PartHeader {
            heights: Heights::new(|table| match table {
                Table::AddSub => 1000 + 77 * (index % kinds) as u32,
                Table::Range16 | Table::Bytes => 1 << 16,
                Table::PowersOfTwo => 8,
                Table::Instructions | Table::Boundary | Table::Statement => 1,
                _ => 0,
            }),
            ..PartHeader::default()
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
                let layout = Layout::new(&part.heights);
                let parameters = header.preset.parameters();
                let setting = setting(&parameters, 4, &machine, &layout, terms);
                claimed(&setting).unwrap().bits
            });
            let least = bits.fold(f64::INFINITY, f64::min);
            assert_eq!(security.unwrap().bits, least);
            assert_eq!(header.security().unwrap().bits, least);
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
        let high = |header: &mut Header| {
            header.parts[1].heights = Heights::new(|_| u32::MAX);
        };
        assert!(matches!(
            refused(&high),
            HeaderError::Heights { part: 1, .. }
        ));
        let none = |header: &mut Header| header.parts = Vec::new();
        assert!(matches!(refused(&none), HeaderError::Parts { got: 0, .. }));
        let many = |header: &mut Header| header.shards = 1 << 20;
        assert!(matches!(refused(&many), HeaderError::Shards { .. }));
    }
}
