//! The claim of a proof.
//!
//! Sections 1 and 10 of the protocol. A verifier compares it with its own, so that it can say
//! what differs, and uses nothing of it.

use core::fmt;

use zonda_circuits::machine::Statement;

use crate::{key::VerifyingKey, proof::Digest};

/// The claim of a proof: the program, the key and the statement.
///
/// # Soundness
/// Anyone can write any claim into a proof. It is worth nothing before [`verify`](crate::verify()) has
/// accepted the proof, and then it equals the verifier's expectation.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Claim {
    /// The program's id.
    pub program_id: Digest,
    /// The digest of the key under which the proof was made.
    pub key_digest: Digest,
    /// The exit code.
    pub exit_code: u32,
    /// How many bytes of output there are.
    pub output_length: u32,
    /// BLAKE3 of the output.
    pub output_digest: Digest,
}

/// A proof that claims something else than the verifier expects.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// It is of another program.
    #[error(
        "the proof is of program {}, the key is of {}",
        Hex(got),
        Hex(expected)
    )]
    Program {
        /// The key's program.
        expected: Digest,
        /// The proof's program.
        got: Digest,
    },
    /// It is of the key's program, but was made under another key.
    #[error(
        "the proof was made under the key {}, not under {}: the program is the same, the version of \
         zonda is another",
        Hex(got),
        Hex(expected)
    )]
    Key {
        /// The digest of the verifier's key.
        expected: Digest,
        /// The digest of the key under which the proof was made.
        got: Digest,
    },
    /// It states another exit code.
    #[error("the proof states exit code {got}, you expect {expected}")]
    ExitCode {
        /// The exit code that the verifier expects.
        expected: u32,
        /// The exit code that the proof states.
        got: u32,
    },
    /// It states more output, or less.
    #[error("the proof states {got} bytes of output, you expect {expected}")]
    OutputLength {
        /// How many bytes the verifier expects.
        expected: u32,
        /// How many bytes the proof states.
        got: u32,
    },
    /// It states as much output, but other bytes.
    #[error(
        "the proof states {length} bytes of output with the BLAKE3 digest {}, you expect as many with {}",
        Hex(got),
        Hex(expected)
    )]
    Output {
        /// How many bytes there are.
        length: u32,
        /// BLAKE3 of the output that the verifier expects.
        expected: Digest,
        /// BLAKE3 of the output that the proof states.
        got: Digest,
    },
}

impl Claim {
    /// The claim of proofs of this statement under this key.
    pub fn new(key: &VerifyingKey, statement: &Statement) -> Self {
        let output = &statement.output;
        Self {
            program_id: *key.program_id(),
            key_digest: key.digest(),
            exit_code: statement.exit_code,
            output_length: u32::try_from(output.len()).unwrap_or(u32::MAX),
            output_digest: *blake3::hash(output).as_bytes(),
        }
    }

    /// Checks that a proof's claim is the one that the verifier expects.
    ///
    /// # Errors
    /// The first difference.
    pub fn check(&self, expected: &Self) -> Result<(), ClaimError> {
        /// The difference, if there is one.
        fn differs<T: Copy + Eq>(expected: T, got: T) -> Option<(T, T)> {
            (expected != got).then_some((expected, got))
        }
        if let Some((expected, got)) = differs(expected.program_id, self.program_id) {
            return Err(ClaimError::Program { expected, got });
        }
        if let Some((expected, got)) = differs(expected.key_digest, self.key_digest) {
            return Err(ClaimError::Key { expected, got });
        }
        if let Some((expected, got)) = differs(expected.exit_code, self.exit_code) {
            return Err(ClaimError::ExitCode { expected, got });
        }
        if let Some((expected, got)) = differs(expected.output_length, self.output_length) {
            return Err(ClaimError::OutputLength { expected, got });
        }
        if let Some((expected, got)) = differs(expected.output_digest, self.output_digest) {
            let length = self.output_length;
            return Err(ClaimError::Output {
                length,
                expected,
                got,
            });
        }
        Ok(())
    }
}

/// A digest in hexadecimal digits.
struct Hex<'a>(&'a Digest);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
