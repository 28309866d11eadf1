//! SHA-256 digests of files, in the format of `sha256sum`.

use std::{collections::BTreeMap, fmt, str::FromStr};

use sha2::{Digest, Sha256};

/// Digests by file name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Digests(BTreeMap<String, [u8; 32]>);

/// How a file is not the one whose digest is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Difference {
    /// There is no digest of that name.
    Unknown {
        /// The file.
        name: String,
    },
    /// Its digest is another one.
    Other {
        /// The file.
        name: String,
        /// The digest that is known.
        expected: [u8; 32],
        /// The file's own.
        got: [u8; 32],
    },
}

impl Digests {
    /// Adds the digest of a file, in place of another one of that name.
    pub fn insert(&mut self, name: &str, bytes: &[u8]) {
        self.0.insert(name.to_owned(), digest(bytes));
    }

    /// Compares a file with its digest.
    ///
    /// # Errors
    /// If there is none, or if it is another one.
    pub fn check(&self, name: &str, bytes: &[u8]) -> Result<(), Difference> {
        let (name, got) = (name.to_owned(), digest(bytes));
        match self.0.get(&name) {
            None => Err(Difference::Unknown { name }),
            Some(expected) if *expected == got => Ok(()),
            Some(&expected) => Err(Difference::Other {
                name,
                expected,
                got,
            }),
        }
    }
}

impl fmt::Display for Digests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, digest) in &self.0 {
            writeln!(f, "{}  {name}", hex::encode(digest))?;
        }
        Ok(())
    }
}

impl FromStr for Digests {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = |line: &str| {
            // The second space is an asterisk for a file that was read as binary.
            let (digest, name) = line.split_once("  ").or_else(|| line.split_once(" *"))?;
            let bytes = hex::decode(digest).ok()?;
            Some((name.to_owned(), bytes.try_into().ok()?))
        };
        let lines = text.lines().enumerate();
        let parsed = lines.map(|(index, line)| {
            parse(line).ok_or_else(|| format!("line {} has no digest and file", index + 1))
        });
        parsed.collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "there is no digest of {name}"),
            Self::Other {
                name,
                expected,
                got,
            } => {
                let [expected, got] = [expected, got].map(hex::encode);
                write!(f, "{name} has the digest {got}, not {expected}")
            }
        }
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `printf abc | sha256sum` has it.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn digests_are_those_of_sha256sum() {
        let mut digests = Digests::default();
        digests.insert("b", b"abc");
        digests.insert("a", b"abc");
        let text = format!("{ABC}  a\n{ABC}  b\n");
        assert_eq!(digests.to_string(), text);
        assert_eq!(text.parse(), Ok(digests.clone()));
        assert_eq!(text.replace("  ", " *").parse(), Ok(digests));
    }

    #[test]
    fn a_file_that_differs_is_named_with_both_digests() {
        let digests: Digests = format!("{ABC}  a.elf\n").parse().unwrap();
        digests.check("a.elf", b"abc").unwrap();
        let other = digests.check("a.elf", b"abd").unwrap_err().to_string();
        assert!(
            other.starts_with("a.elf has the digest a52d159f"),
            "{other}"
        );
        assert!(other.ends_with(&format!("not {ABC}")), "{other}");
        let unknown = digests.check("b.elf", b"abc").unwrap_err();
        assert_eq!(unknown.to_string(), "there is no digest of b.elf");
    }

    #[test]
    fn lines_that_are_no_digests_are_refused_by_number() {
        for text in ["a", "00  a", &format!("{ABC} a"), &format!("x{ABC}  a")] {
            let text = format!("{ABC}  a\n{text}\n");
            let error = text.parse::<Digests>().unwrap_err();
            assert_eq!(error, "line 2 has no digest and file", "{text}");
        }
    }
}
