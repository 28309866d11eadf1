//! Parses a JSON text and counts what is in it.
//!
//! - Input: the text.
//! - Output: ten 4-byte words, little endian: objects, arrays, strings, numbers, booleans, nulls,
//!   keys, depth, and the sum of all integers modulo 2^64, low word first.
//!
//! Strings that are keys count as keys only, and a repeated key counts once, with its last value.
//! A scalar has depth 0, `[]` depth 1. Integers are numbers without fraction or exponent that
//! fit 64 bits, signed or unsigned. A text that is not JSON ends the run with exit code 1.

#![cfg_attr(target_arch = "riscv32", no_std, no_main)]

extern crate alloc;

use alloc::vec::Vec;

use serde_json::{Error, Value};
use zonda_guest::{commit_bytes, entry, read_all};

entry!(main);

fn main() -> Result<(), Error> {
    let value: Value = serde_json::from_slice(read_all())?;
    let mut summary = Summary::default();
    summary.add(&value, 0);
    commit_bytes(&summary.to_bytes());
    Ok(())
}

#[derive(Default)]
struct Summary {
    objects: u32,
    arrays: u32,
    strings: u32,
    numbers: u32,
    booleans: u32,
    nulls: u32,
    keys: u32,
    depth: u32,
    sum: u64,
}

impl Summary {
    /// Counts a value that stands inside `depth` others.
    fn add(&mut self, value: &Value, depth: u32) {
        match value {
            Value::Object(members) => {
                self.objects += 1;
                self.keys += members.len() as u32;
                self.depth = self.depth.max(depth + 1);
                members
                    .values()
                    .for_each(|member| self.add(member, depth + 1));
            }
            Value::Array(items) => {
                self.arrays += 1;
                self.depth = self.depth.max(depth + 1);
                items.iter().for_each(|item| self.add(item, depth + 1));
            }
            Value::String(_) => self.strings += 1,
            Value::Number(number) => {
                self.numbers += 1;
                let integer = number.as_i64().map(|n| n as u64).or(number.as_u64());
                self.sum = self.sum.wrapping_add(integer.unwrap_or(0));
            }
            Value::Bool(_) => self.booleans += 1,
            Value::Null => self.nulls += 1,
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let words = [
            self.objects,
            self.arrays,
            self.strings,
            self.numbers,
            self.booleans,
            self.nulls,
            self.keys,
            self.depth,
            self.sum as u32,
            (self.sum >> 32) as u32,
        ];
        words.into_iter().flat_map(u32::to_le_bytes).collect()
    }
}
