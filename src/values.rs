//! Typed input and output, in the format of the guest SDK.

use std::any::type_name;

use serde::{Deserialize, Serialize};

/// A guest's input, value after value: the host's side of `zonda_guest::read`.
///
/// Values are in [postcard](https://docs.rs/postcard) format and follow each other without lengths or
/// separators. The guest must read the same types in the same order. The input does not hold their names.
///
/// ```
/// # fn main() -> Result<(), zonda::ValueError> {
/// use zonda::Input;
///
/// let input = Input::new().write("Ada")?.write(&[1_u32, 300])?.write_bytes(b"rest");
/// assert_eq!(input.as_ref(), b"\x03Ada\x01\xac\x02rest");
/// // In the guest: let name: &str = read(); let numbers: [u32; 2] = read(); let rest = read_all();
/// # Ok(())
/// # }
/// ```
///
/// Limits: a guest that uses the SDK reads less than 256 MiB. `usize` has 32 bits there, so that a larger
/// one ends the guest with a panic. A `HashMap` has no order of its own: equal ones may give different
/// inputs, and so different runs. Types that ask the format what comes next (`serde_json::Value`,
/// `#[serde(untagged)]`) can be written, but not read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Input(Vec<u8>);

impl Input {
    /// An empty input.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a value, which the guest reads with `zonda_guest::read`.
    ///
    /// # Errors
    /// If the value cannot be written in postcard format.
    pub fn write<T: Serialize + ?Sized>(mut self, value: &T) -> Result<Self, ValueError> {
        self.0.extend(encode(value)?);
        Ok(self)
    }

    /// Appends bytes as they are, which the guest reads with `read_bytes`, `read_all` or `input`.
    pub fn write_bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
}

impl AsRef<[u8]> for Input {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Input {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<Input> for Vec<u8> {
    fn from(input: Input) -> Self {
        input.0
    }
}

/// A guest's public output, value after value: the host's side of `zonda_guest::commit`.
///
/// ```
/// # fn main() -> Result<(), zonda::ValueError> {
/// use zonda::Output;
///
/// // What a guest has made public: commit("ADA"), then commit(&300_u32).
/// let bytes = b"\x03ADA\xac\x02";
/// let mut output = Output::new(bytes);
/// assert_eq!(output.read::<&str>()?, "ADA");
/// assert_eq!(output.read::<u32>()?, 300);
/// output.end()?; // Nothing else was made public.
///
/// // What a verifier expects.
/// assert_eq!(Output::bytes_of(&("ADA", 300_u32))?, bytes);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Output<'a> {
    rest: &'a [u8],
    /// How many bytes have been read.
    read: usize,
}

impl<'a> Output<'a> {
    /// Reads an output from its start.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            read: 0,
        }
    }

    /// The bytes that `zonda_guest::commit` of this value makes public. A tuple gives what its values give
    /// one after the other.
    ///
    /// # Errors
    /// If the value cannot be written in postcard format.
    pub fn bytes_of<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, ValueError> {
        encode(value)
    }

    /// The next value, which may borrow from the output. After an error, the next read starts at the same
    /// byte.
    ///
    /// # Errors
    /// If the rest of the output does not start with such a value.
    pub fn read<T: Deserialize<'a>>(&mut self) -> Result<T, ValueError> {
        let (value, rest) =
            postcard::take_from_bytes(self.rest).map_err(|error| ValueError::Read {
                value: type_name::<T>(),
                at: self.read,
                reason: error.to_string(),
            })?;
        self.advance(self.rest.len() - rest.len());
        Ok(value)
    }

    /// The next bytes, as `zonda_guest::commit_bytes` made them public.
    ///
    /// # Errors
    /// If fewer are left.
    pub fn read_bytes(&mut self, count: usize) -> Result<&'a [u8], ValueError> {
        let bytes = self.rest.get(..count).ok_or(ValueError::Short {
            at: self.read,
            wanted: count,
            left: self.rest.len(),
        })?;
        self.advance(count);
        Ok(bytes)
    }

    /// All bytes that have not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Ends reading.
    ///
    /// # Errors
    /// If bytes are left.
    pub fn end(self) -> Result<(), ValueError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(ValueError::Left {
                at: self.read,
                left,
            }),
        }
    }

    fn advance(&mut self, count: usize) {
        self.rest = &self.rest[count..];
        self.read += count;
    }
}

/// Why bytes are not the values that were asked for, or a value has no bytes.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The value cannot be written in postcard format.
    #[error("cannot write a value of type {value} in postcard format: {reason}")]
    Write {
        /// The value's type.
        value: &'static str,
        /// Why it cannot be written.
        reason: String,
    },
    /// There is no such value at this place.
    #[error("the output holds no value of type {value} at byte {at}: {reason}")]
    Read {
        /// The value's type.
        value: &'static str,
        /// Where it was looked for.
        at: usize,
        /// Why there is none.
        reason: String,
    },
    /// Fewer bytes are left than were asked for.
    #[error("the output has {left} bytes left at byte {at}, {wanted} wanted")]
    Short {
        /// Where reading is.
        at: usize,
        /// How many bytes were asked for.
        wanted: usize,
        /// How many are left.
        left: usize,
    },
    /// Bytes are left after the last value.
    #[error("{left} bytes of the output are left at byte {at}, after the last value that was read")]
    Left {
        /// Where reading is.
        at: usize,
        /// How many bytes are left.
        left: usize,
    },
}

fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, ValueError> {
    postcard::to_allocvec(value).map_err(|error| ValueError::Write {
        value: type_name::<T>(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_that_is_something_else_is_refused_where_it_is() {
        let mut output = Output::new(b"\x03ADA\xff\xff\xff\xff\xff");
        assert_eq!(output.read::<String>().unwrap(), "ADA");
        let refused = output.clone().read::<u32>().unwrap_err();
        assert!(
            matches!(
                refused,
                ValueError::Read {
                    value: "u32",
                    at: 4,
                    ..
                }
            ),
            "{refused}"
        );
        // A length beyond what is there is refused before anything is allocated for it.
        assert!(output.clone().read::<Vec<u64>>().is_err());
        assert_eq!(
            output.read_bytes(6).unwrap_err(),
            ValueError::Short {
                at: 4,
                wanted: 6,
                left: 5
            }
        );
        assert_eq!(output.read_bytes(2).unwrap(), [0xff; 2]);
        assert_eq!(output.rest(), [0xff; 3]);
        assert_eq!(
            output.end().unwrap_err(),
            ValueError::Left { at: 6, left: 3 }
        );
        assert_eq!(Output::new(&[]).end(), Ok(()));
    }

    #[test]
    fn a_value_without_bytes_is_an_error() {
        /// A sequence of unknown length.
        struct Endless;
        impl Serialize for Endless {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeSeq;
                serializer.serialize_seq(None)?.end()
            }
        }
        let refused = Input::new().write(&Endless).unwrap_err();
        assert!(
            matches!(&refused, ValueError::Write { value, .. } if value.ends_with("Endless")),
            "{refused}"
        );
    }
}
