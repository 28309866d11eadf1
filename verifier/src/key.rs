//! The verifying key: the verifier's knowledge of a program.

use alloc::vec::Vec;

use zonda_circuits::machine::{Image, MIN_LOG_HEIGHT, Table};

use crate::{
    commit,
    counts::Machine,
    layout::fixed_phase,
    preset::{LOG_BLOWUP, LOG_FINAL_COEFFICIENTS, LOG_FOLD_ARITY, Parameters, Preset},
    proof::Digest,
    shape::{Instance, MAX_LOG_HEIGHT},
};

const MAGIC: &[u8; 8] = b"ZONDAKEY";
const VERSION: u16 = 3;

/// The phases of preprocessed columns.
const FIXED_PHASES: usize = 3;

/// The verifier's knowledge of a program: its id, its entry point, the security that its proofs
/// must have, and the commitments to the tables' preprocessed columns, which are a function of the
/// program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifyingKey {
    program_id: [u8; 32],
    entry: u32,
    preset: Preset,
    parameters: Parameters,
    roots: [Digest; FIXED_PHASES],
    fixed: Vec<Instance>,
}

/// Bytes that are not a key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The bytes do not begin as a key does.
    #[error("not a zonda key: it does not begin with \"ZONDAKEY\"")]
    Magic,
    /// A key in another version's encoding.
    #[error("key format version {got}; this verifier reads version {expected}")]
    Version {
        /// The version that this verifier reads.
        expected: u16,
        /// The version of the bytes.
        got: u16,
    },
    /// The bytes end early.
    #[error("the key is truncated")]
    Truncated,
    /// No preset has this byte.
    #[error("no preset has the number {got}")]
    Preset {
        /// The byte.
        got: u8,
    },
    /// The parameters are not those of the preset.
    #[error("the parameters are not those of the preset \"{}\"", preset.name())]
    Parameters {
        /// The preset.
        preset: Preset,
    },
    /// The tables are not those with preprocessed columns, or not of possible heights.
    #[error("the key's tables are not those that have preprocessed columns")]
    Tables,
    /// Bytes after the key's end.
    #[error("{count} bytes follow the key")]
    Trailing {
        /// How many.
        count: usize,
    },
}

impl VerifyingKey {
    /// Derives the key of a program. This commits to the program's preprocessed columns, and so
    /// takes time and memory proportional to the program's size.
    pub fn new(program_id: [u8; 32], image: &Image, preset: Preset) -> Self {
        let matrices: Vec<_> = fixed_tables()
            .filter_map(|table| Some((table, table.fixed(image)?)))
            .collect();
        let instances = matrices.iter().map(|(table, matrix)| Instance {
            table: *table,
            log_height: p3_matrix::Matrix::height(matrix)
                .checked_ilog2()
                .unwrap_or(0) as u8,
        });
        let fixed = instances.collect();
        let roots = core::array::from_fn(|phase| {
            let of_phase = |table: Table| fixed_phase(table.role()) == Some(phase);
            let matrices = matrices.iter().filter(|(table, _)| of_phase(*table));
            let columns: Vec<_> = matrices.map(|(_, matrix)| matrix).collect();
            commit::root(&columns)
        });
        Self::from_roots(program_id, image.entry, preset, fixed, roots)
    }

    /// The key of a program whose preprocessed columns, of the tables `fixed`, have been committed
    /// to with these roots, of phases 0 to 2. It is as good as its roots: [`Self::new`] computes
    /// them.
    pub const fn from_roots(
        program_id: [u8; 32],
        entry: u32,
        preset: Preset,
        fixed: Vec<Instance>,
        roots: [Digest; FIXED_PHASES],
    ) -> Self {
        Self {
            program_id,
            entry,
            preset,
            parameters: preset.parameters(),
            roots,
            fixed,
        }
    }

    /// The same key with other parameters, for measuring and testing. Such a key has another
    /// digest, and cannot be read from bytes.
    #[must_use]
    pub const fn with_parameters(mut self, parameters: Parameters) -> Self {
        self.parameters = parameters;
        self
    }

    /// The program's id.
    pub const fn program_id(&self) -> &[u8; 32] {
        &self.program_id
    }

    /// The address of the program's first instruction.
    pub const fn entry(&self) -> u32 {
        self.entry
    }

    /// The security that proofs must have: decides the challenge field.
    pub const fn preset(&self) -> Preset {
        self.preset
    }

    /// The parameters with which proofs are checked.
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The roots of phases 0 to 2: the preprocessed columns.
    pub const fn fixed_roots(&self) -> &[Digest; FIXED_PHASES] {
        &self.roots
    }

    /// The tables with preprocessed columns, and their heights.
    pub fn fixed(&self) -> &[Instance] {
        &self.fixed
    }

    /// The digest of the key and of all else that a proof depends on: the machine's tables and the
    /// protocol's constants. It is what transcripts begin with.
    pub fn digest(&self) -> Digest {
        let mut bytes = self.to_bytes();
        for constant in [LOG_BLOWUP, LOG_FOLD_ARITY, LOG_FINAL_COEFFICIENTS] {
            bytes.extend(constant.to_le_bytes());
        }
        bytes.extend(Machine::new().digest());
        *blake3::hash(&bytes).as_bytes()
    }

    /// The key's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::from(*MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.push(self.preset.byte());
        for parameter in self.parameters.to_array() {
            bytes.extend(parameter.to_le_bytes());
        }
        bytes.extend(self.program_id);
        bytes.extend(self.entry.to_le_bytes());
        bytes.extend(self.roots.as_flattened());
        for instance in &self.fixed {
            bytes.extend([instance.table as u8, instance.log_height]);
        }
        bytes
    }

    /// Reads a key from bytes.
    ///
    /// # Errors
    /// If the bytes are not a key of this version in its one form, with its preset's parameters.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or(KeyError::Magic)?;
        let got = u16::from_le_bytes(take(&mut rest)?);
        if got != VERSION {
            return Err(KeyError::Version {
                expected: VERSION,
                got,
            });
        }
        let [got] = take(&mut rest)?;
        let preset = Preset::from_byte(got).ok_or(KeyError::Preset { got })?;
        for expected in preset.parameters().to_array() {
            if u32::from_le_bytes(take(&mut rest)?) != expected {
                return Err(KeyError::Parameters { preset });
            }
        }
        let program_id = take(&mut rest)?;
        let entry = u32::from_le_bytes(take(&mut rest)?);
        let mut roots = [Digest::default(); FIXED_PHASES];
        for root in &mut roots {
            *root = take(&mut rest)?;
        }
        let mut fixed = Vec::new();
        for expected in fixed_tables() {
            let [table, log_height] = take(&mut rest)?;
            let heights = MIN_LOG_HEIGHT as u32..=MAX_LOG_HEIGHT;
            if table != expected as u8 || !heights.contains(&u32::from(log_height)) {
                return Err(KeyError::Tables);
            }
            fixed.push(Instance {
                table: expected,
                log_height,
            });
        }
        if !rest.is_empty() {
            return Err(KeyError::Trailing { count: rest.len() });
        }
        Ok(Self::from_roots(program_id, entry, preset, fixed, roots))
    }
}

/// The tables with preprocessed columns.
fn fixed_tables() -> impl Iterator<Item = Table> {
    let tables = Table::ALL.into_iter();
    tables.filter(|table| table.fixed_width() > 0)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], KeyError> {
    let (taken, rest) = bytes.split_first_chunk().ok_or(KeyError::Truncated)?;
    *bytes = rest;
    Ok(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> VerifyingKey {
        VerifyingKey::new([7; 32], &Image::default(), Preset::Standard)
    }

    #[test]
    fn bytes_are_read_back() {
        let key = key();
        let bytes = key.to_bytes();
        assert_eq!(VerifyingKey::from_bytes(&bytes), Ok(key));
        for length in 0..bytes.len() {
            assert!(VerifyingKey::from_bytes(&bytes[..length]).is_err());
        }
        let trailing = [&bytes[..], &[0]].concat();
        let error = KeyError::Trailing { count: 1 };
        assert_eq!(VerifyingKey::from_bytes(&trailing), Err(error));
    }

    #[test]
    fn every_byte_is_in_the_digest() {
        let key = key();
        let bytes = key.to_bytes();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            let read = VerifyingKey::from_bytes(&changed);
            assert!(read.is_err() || read.is_ok_and(|other| other.digest() != key.digest()));
        }
        for index in 0..8 {
            let mut parameters = key.parameters().to_array();
            parameters[index] += 1;
            let parameters = Parameters::from_array(parameters);
            let other = key.clone().with_parameters(parameters);
            assert_ne!(other.digest(), key.digest());
        }
    }
}
