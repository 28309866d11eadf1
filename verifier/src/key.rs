//! The verifying key: the verifier's knowledge of a program.

use alloc::vec::Vec;

use zonda_circuits::machine::{Image, MIN_LOG_HEIGHT, Role, Table};

use crate::{
    commit,
    counts::Machine,
    layout::{FIXED_LOOKUP, fixed_phase},
    preset::{LOG_BLOWUP, LOG_FINAL_COEFFICIENTS, LOG_FOLD_ARITY, Parameters, Preset},
    proof::Digest,
    shape::{Instance, MAX_LOG_HEIGHT},
};

const MAGIC: &[u8; 8] = b"ZONDAKEY";
const VERSION: u16 = 3;

/// The phases of preprocessed columns.
const FIXED_PHASES: usize = 3;

/// The tables of the role "lookup" and the logarithms of their heights: the machine's, not the program's.
const LOOKUP_TABLES: [Instance; 3] = [
    Instance {
        table: Table::Range16,
        log_height: 16,
    },
    Instance {
        table: Table::Bytes,
        log_height: 16,
    },
    Instance {
        table: Table::PowersOfTwo,
        log_height: 4,
    },
];

/// The root of phase 0: of the preprocessed columns of these tables.
const LOOKUP_ROOT: Digest = [
    0xbc, 0x09, 0x77, 0xd9, 0x06, 0x7a, 0x93, 0xc8, 0x1f, 0x5e, 0x97, 0xb6, 0x08, 0x8a, 0x11, 0x11,
    0x26, 0xeb, 0x1a, 0x7e, 0x5d, 0x31, 0xab, 0xcc, 0x03, 0x93, 0x69, 0x77, 0x61, 0xde, 0x06, 0x78,
];

/// The verifier's knowledge of a program: its id, its entry point, the security that its proofs
/// must have, and the commitments to the tables' preprocessed columns, which are a function of the
/// program.
///
/// # Soundness
/// Proofs are of the program to which the roots commit. [`Self::program_id`] is what whoever made the
/// key calls it: nothing in a key shows that its roots, heights and entry point are those of the program
/// with this id, since deriving them takes the program. A key from elsewhere is either one whose
/// [`Self::digest`] is known, which covers all of it; or it is compared with the program's own:
/// [`Self::is_of`]. The id alone binds nothing.
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
    /// The lookup tables, which are the same for every program, are others than the machine's.
    #[error(
        "the key's lookup tables are not this machine's: another version of zonda made the key"
    )]
    Lookup,
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
        let mut fixed = Vec::from(LOOKUP_TABLES);
        let mut roots = [LOOKUP_ROOT; FIXED_PHASES];
        for (phase, root) in roots.iter_mut().enumerate() {
            if phase != FIXED_LOOKUP {
                let (instances, committed) = commit_fixed(phase, image);
                fixed.extend(instances);
                *root = committed;
            }
        }
        fixed.sort_by_key(|instance| instance.table);
        Self::from_roots(program_id, image.entry, preset, fixed, roots)
    }

    /// The key of a program whose preprocessed columns, of the tables `fixed`, have been committed
    /// to with these roots, of phases 0 to 2.
    ///
    /// # Soundness
    /// The key is as good as its roots: [`Self::new`] computes them.
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
    /// digest, and cannot be read from bytes. Without the feature `test-util`, which makes this function,
    /// every key has the parameters of its preset, and no other key is accepted.
    #[cfg(feature = "test-util")]
    #[must_use]
    pub const fn with_parameters(mut self, parameters: Parameters) -> Self {
        self.parameters = parameters;
        self
    }

    /// Whether this is the key of a program under its preset: derives that key, which takes as long as
    /// [`Self::new`], and compares all of it.
    #[must_use = "the key may be of another program"]
    pub fn is_of(&self, program_id: &[u8; 32], image: &Image) -> bool {
        *self == Self::new(*program_id, image, self.preset)
    }

    /// Checks what is the same for all keys of a preset: the parameters and the lookup tables.
    ///
    /// # Errors
    /// If either is another.
    pub(crate) fn check(&self) -> Result<(), KeyError> {
        let preset = self.preset;
        // Tests and measurements make keys with other parameters.
        let is_test = cfg!(feature = "test-util") && self.parameters.is_possible();
        if self.parameters != preset.parameters() && !is_test {
            return Err(KeyError::Parameters { preset });
        }
        let is_lookup = |instance: &&Instance| instance.table.role() == Role::Lookup;
        let [root, ..] = &self.roots;
        if *root == LOOKUP_ROOT && self.fixed.iter().filter(is_lookup).eq(&LOOKUP_TABLES) {
            Ok(())
        } else {
            Err(KeyError::Lookup)
        }
    }

    /// The program's id.
    ///
    /// # Soundness
    /// It does not bind the key's roots: see [`VerifyingKey`].
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
    /// If the bytes are not a key of this version in its one form, with its preset's parameters and the
    /// machine's lookup tables.
    ///
    /// # Soundness
    /// Whoever made the bytes has chosen the program: its id, the entry point, the roots of its columns and
    /// their heights, which need not be those of one program. See [`VerifyingKey`] for what binds them.
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
        let key = Self::from_roots(program_id, entry, preset, fixed, roots);
        key.check()?;
        Ok(key)
    }
}

/// Commits to the preprocessed columns of a phase: its tables, with the logarithms of their heights, and
/// the root.
fn commit_fixed(phase: usize, image: &Image) -> (Vec<Instance>, Digest) {
    let tables = fixed_tables().filter(|table| fixed_phase(table.role()) == Some(phase));
    let (instances, matrices): (Vec<_>, Vec<_>) = tables
        .filter_map(|table| {
            let matrix = table.fixed(image)?;
            let height = p3_matrix::Matrix::height(&matrix);
            let log_height = height.checked_ilog2().unwrap_or(0) as u8;
            Some((Instance { table, log_height }, matrix))
        })
        .unzip();
    (
        instances,
        commit::root(&matrices.iter().collect::<Vec<_>>()),
    )
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
    use alloc::{string::String, vec};

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
    fn lookup_tables_are_the_machines() {
        let (instances, root) = commit_fixed(FIXED_LOOKUP, &Image::default());
        assert_eq!(instances, LOOKUP_TABLES);
        let hex: String = root
            .iter()
            .map(|byte| alloc::format!("0x{byte:02x}, "))
            .collect();
        assert_eq!(
            root, LOOKUP_ROOT,
            "the machine has other lookup tables: [{hex}]"
        );
    }

    #[test]
    fn a_key_of_other_lookup_tables_is_refused() {
        let key = key();
        let refused = |change: &dyn Fn(&mut VerifyingKey)| {
            let mut key = key.clone();
            change(&mut key);
            assert_eq!(
                VerifyingKey::from_bytes(&key.to_bytes()).err(),
                key.check().err()
            );
            key.check()
        };
        assert_eq!(refused(&|_| ()), Ok(()), "the control");
        assert_eq!(refused(&|key| key.roots[1][0] ^= 1), Ok(()));
        assert_eq!(refused(&|key| key.roots[0][0] ^= 1), Err(KeyError::Lookup));
        let lookup = |table: Table| table.role() == Role::Lookup;
        for index in (0..key.fixed.len()).filter(|index| lookup(key.fixed[*index].table)) {
            let higher = refused(&|key| key.fixed[index].log_height += 1);
            assert_eq!(higher, Err(KeyError::Lookup));
        }
    }

    #[test]
    fn a_key_is_of_one_program() {
        let (id, image) = ([7; 32], Image::default());
        assert!(key().is_of(&id, &image));
        assert!(!key().is_of(&[8; 32], &image));
        let other = Image {
            words: vec![(64, 1)],
            ..Image::default()
        };
        assert!(!key().is_of(&id, &other));
        let few = Parameters {
            queries: 1,
            ..Preset::Standard.parameters()
        };
        assert!(!key().with_parameters(few).is_of(&id, &image));
        // Whoever makes a key can give it any id.
        let mut forged = VerifyingKey::new([8; 32], &other, Preset::Standard);
        forged.program_id = id;
        let read = VerifyingKey::from_bytes(&forged.to_bytes()).unwrap();
        assert_eq!(read.program_id(), key().program_id());
        assert!(!read.is_of(&id, &image) && read.digest() != key().digest());
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
