//! The verifying key: the verifier's knowledge of a program.

use alloc::vec::Vec;

use zonda_circuits::machine::{Image, Table};

use crate::{
    commit,
    counts::Machine,
    heights::{KeyHeights, MAX_LOG_ROWS},
    layout::{FIXED_GAPS, FIXED_PROGRAM, LOG_PAGE, Layout},
    preset::{LOG_BLOWUP, Parameters, Preset},
    proof::Digest,
    words::{LOG_ARITY, LOG_LAST},
};

const MAGIC: &[u8; 8] = b"ZONDAKEY";
const VERSION: u16 = 4;

/// The phases of preprocessed columns, each of which has a root in the key: of `program` and `image`, and of `gaps`.
const FIXED_PHASES: usize = 2;

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
    heights: KeyHeights,
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
    /// A table with preprocessed columns has no rows, or more than are possible.
    #[error("table {table} has {got} rows; 1 to 2^{MAX_LOG_ROWS} are possible")]
    Height {
        /// The table.
        table: &'static str,
        /// How many rows it has.
        got: u32,
    },
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
        let heights = KeyHeights::of(image);
        let layout = Layout::new(&heights.heights());
        let tables = [Table::Program, Table::Image, Table::Gaps];
        let columns = tables.into_iter();
        let columns: Vec<_> = columns
            .filter_map(|table| Some((table, table.fixed(image)?)))
            .collect();
        let roots = [FIXED_PROGRAM, FIXED_GAPS].map(|phase| {
            let matrix = layout.phases.get(phase);
            matrix.map_or([0; 32], |matrix| commit::root(matrix, &columns))
        });
        Self::from_roots(program_id, image.entry, preset, heights, roots)
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
        heights: KeyHeights,
        roots: [Digest; FIXED_PHASES],
    ) -> Self {
        Self {
            program_id,
            entry,
            preset,
            parameters: preset.parameters(),
            roots,
            heights,
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
        let KeyHeights {
            program,
            image,
            gaps,
        } = self.heights;
        let tables = [
            (Table::Program, program),
            (Table::Image, image),
            (Table::Gaps, gaps),
        ];
        match tables
            .into_iter()
            .find(|(_, got)| !(1..=1 << MAX_LOG_ROWS).contains(got))
        {
            Some((table, got)) => {
                let table = table.name();
                Err(KeyError::Height { table, got })
            }
            None => Ok(()),
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

    /// How many rows the tables with preprocessed columns have.
    pub const fn heights(&self) -> &KeyHeights {
        &self.heights
    }

    /// The digest of the key and of all else that a proof depends on: the machine's tables and the
    /// protocol's constants. It is what transcripts begin with.
    pub fn digest(&self) -> Digest {
        let mut bytes = self.to_bytes();
        for constant in [LOG_PAGE, LOG_BLOWUP, LOG_ARITY, LOG_LAST] {
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
        let KeyHeights {
            program,
            image,
            gaps,
        } = self.heights;
        for height in [program, image, gaps] {
            bytes.extend(height.to_le_bytes());
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
        let mut height = || take(&mut rest).map(u32::from_le_bytes);
        let heights = KeyHeights {
            program: height()?,
            image: height()?,
            gaps: height()?,
        };
        if !rest.is_empty() {
            return Err(KeyError::Trailing { count: rest.len() });
        }
        let key = Self::from_roots(program_id, entry, preset, heights, roots);
        key.check()?;
        Ok(key)
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], KeyError> {
    let (taken, rest) = bytes.split_first_chunk().ok_or(KeyError::Truncated)?;
    *bytes = rest;
    Ok(*taken)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use zonda_riscv_emu::instruction::{Instruction, Opcode};

    use super::*;

    fn key() -> VerifyingKey {
        VerifyingKey::new([7; 32], &image(&[]), Preset::Standard)
    }

    /// An image of one instruction and these words.
    fn image(words: &[(u32, u32)]) -> Image {
        let instruction = Instruction {
            opcode: Opcode::Addi,
            rd: 1,
            rs1: 0,
            rs2: 0,
            imm: 5,
        };
        Image {
            entry: 0x1_0000,
            text: vec![(0x1_0000, instruction)],
            words: words.to_vec(),
            holes: Vec::new(),
        }
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
    fn impossible_heights_are_refused() {
        let refused = |change: &dyn Fn(&mut VerifyingKey)| {
            let mut key = key();
            change(&mut key);
            let read = VerifyingKey::from_bytes(&key.to_bytes()).err();
            assert_eq!(read, key.check().err());
            key.check().is_err()
        };
        assert!(!refused(&|_| ()), "the control");
        let high = (1 << MAX_LOG_ROWS) + 1;
        for height in [0, high] {
            assert!(refused(&|key| key.heights.program = height));
            assert!(refused(&|key| key.heights.image = height));
            assert!(refused(&|key| key.heights.gaps = height));
        }
    }

    #[test]
    fn a_key_is_of_one_program() {
        let (id, image, other) = ([7; 32], image(&[]), image(&[(64, 1)]));
        assert!(key().is_of(&id, &image));
        assert!(!key().is_of(&[8; 32], &image));
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
        for index in 0..key.parameters().to_array().len() {
            let mut parameters = key.parameters().to_array();
            parameters[index] += 1;
            let parameters = Parameters::from_array(parameters);
            let other = key.clone().with_parameters(parameters);
            assert_ne!(other.digest(), key.digest());
        }
    }
}
