//! Private input and public output.

use serde::{Deserialize, Serialize};

use crate::sys;

/// The file descriptor of the public output.
const OUTPUT: u32 = 3;

/// The whole input, whatever has been read of it already.
///
/// The first use of the input, by this or any other function, reads all of it into memory.
///
/// # Panics
/// If the input is 256 MiB or more.
pub fn input() -> &'static [u8] {
    sys::load_input()
}

/// The next value of the input, in postcard format.
///
/// Values follow each other without lengths or separators; a value may borrow from the input
/// (`&'static str`, `&'static [u8]`).
///
/// # Panics
/// If the rest of the input does not start with such a value.
pub fn read<T: Deserialize<'static>>() -> T {
    let mut value = None;
    take(|rest| match postcard::take_from_bytes(rest) {
        Ok((taken, left)) => {
            value = Some(taken);
            rest.len() - left.len()
        }
        Err(error) => panic!(
            "the input holds no {}: {error}",
            core::any::type_name::<T>()
        ),
    });
    value.expect("`take` calls its argument")
}

/// The next `len` bytes of the input, as they are.
///
/// # Panics
/// If fewer are left.
pub fn read_bytes(len: usize) -> &'static [u8] {
    let mut bytes: &[u8] = &[];
    take(|rest| {
        bytes = rest.get(..len).unwrap_or_else(|| {
            panic!("the input has {} bytes left, {len} wanted", rest.len());
        });
        len
    });
    bytes
}

/// The rest of the input, as it is; empty if all of it has been read.
pub fn read_all() -> &'static [u8] {
    let mut bytes: &[u8] = &[];
    take(|rest| {
        bytes = rest;
        rest.len()
    });
    bytes
}

/// Appends a value to the public output, in postcard format, without length or separator.
///
/// # Panics
/// If the value's `Serialize` fails.
pub fn commit<T: Serialize + ?Sized>(value: &T) {
    match postcard::to_allocvec(value) {
        Ok(bytes) => commit_bytes(&bytes),
        Err(error) => panic!("cannot serialize {}: {error}", core::any::type_name::<T>()),
    }
}

/// Appends bytes to the public output.
///
/// Each call is at least one environment call: gather small pieces first.
///
/// # Panics
/// Outside zonda, if file descriptor 3 is not open for writing.
pub fn commit_bytes(bytes: &[u8]) {
    if let Err(left) = write_all(OUTPUT, bytes) {
        panic!("cannot write {left} bytes of public output: is file descriptor 3 open?");
    }
}

/// Writes all bytes, in as many calls as the machine wants, or says how many were left.
pub(crate) fn write_all(fd: u32, mut bytes: &[u8]) -> Result<(), usize> {
    while !bytes.is_empty() {
        match sys::write(fd, bytes) {
            Some(count) if count > 0 => bytes = &bytes[count..],
            _ => return Err(bytes.len()),
        }
    }
    Ok(())
}

/// Shows `consume` the unread input; it returns how many bytes it took.
fn take(consume: impl FnOnce(&'static [u8]) -> usize) {
    let input = input();
    sys::advance(|position| position + consume(&input[position..]));
}
