//! The workloads: guests of the repository on fixed inputs.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::files;

/// A guest and its input.
#[derive(Debug)]
pub struct Workload {
    /// The name on the command line and in reports.
    pub name: &'static str,
    /// Its description.
    pub about: &'static str,
    /// Whether it takes many minutes: then it is measured only if it is named.
    pub is_long: bool,
    guest: &'static str,
    input: Input,
}

#[derive(Debug)]
enum Input {
    /// A number, 4 bytes, little endian.
    Number(u32),
    /// So many zeros.
    Zeros(usize),
    /// A file of the directory `inputs`.
    File(&'static str),
}

/// All workloads.
pub const WORKLOADS: [Workload; 7] = [
    Workload {
        name: "fibonacci",
        about: "F(209 699) modulo 2^32: 2^20 instructions",
        is_long: false,
        guest: "fibonacci",
        input: Input::Number(209_699),
    },
    Workload {
        name: "sha256",
        about: "SHA-256 of 16 KiB of zeros",
        is_long: false,
        guest: "sha256",
        input: Input::Zeros(16 << 10),
    },
    Workload {
        name: "sha256-long",
        about: "SHA-256 of 17.5 KiB of zeros: more than 2^20 instructions",
        is_long: false,
        guest: "sha256",
        input: Input::Zeros(35 << 9),
    },
    Workload {
        name: "json",
        about: "parses canada-like.json",
        is_long: false,
        guest: "json",
        input: Input::File("canada-like.json"),
    },
    Workload {
        name: "secp256k1",
        about: "verifies 1 ECDSA signature",
        is_long: false,
        guest: "secp256k1",
        input: Input::File("secp256k1-1.bin"),
    },
    Workload {
        name: "sha256-128k",
        about: "SHA-256 of 128 KiB of zeros: several shards",
        is_long: true,
        guest: "sha256",
        input: Input::Zeros(128 << 10),
    },
    Workload {
        name: "secp256k1-10",
        about: "verifies 10 ECDSA signatures: many shards",
        is_long: true,
        guest: "secp256k1",
        input: Input::File("secp256k1-10.bin"),
    },
];

/// A workload that can be run.
#[derive(Debug)]
pub struct Loaded {
    pub workload: &'static Workload,
    pub elf: PathBuf,
    pub input: Vec<u8>,
}

impl Workload {
    /// Finds the guest and the input in a directory such as the repository's `guests`.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn load(&'static self, guests: &Path) -> anyhow::Result<Loaded> {
        let elf = guests.join("elf").join(format!("{}.elf", self.guest));
        let read = |path: &Path, what, most| {
            files::read(path, what, most).with_context(|| {
                format!(
                    "no workload \"{}\" in {}: --guests names a directory with `elf` and `inputs`, \
                     such as `guests` of zonda's repository",
                    self.name,
                    guests.display()
                )
            })
        };
        read(&elf, "the guest", files::MAX_ELF_BYTES)?;
        let input = match self.input {
            Input::Number(number) => number.to_le_bytes().to_vec(),
            Input::Zeros(count) => vec![0; count],
            Input::File(name) => {
                let path = guests.join("inputs").join(name);
                read(&path, "the input", files::MAX_INPUT_BYTES)?
            }
        };
        Ok(Loaded {
            workload: self,
            elf,
            input,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use zonda::{Program, Prover};

    use super::*;

    #[test]
    fn workloads_run_and_are_as_long_as_they_say() {
        let guests = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../guests"));
        for workload in &WORKLOADS {
            let loaded = workload.load(guests).unwrap();
            let program = Program::from_elf(&fs::read(&loaded.elf).unwrap()).unwrap();
            let run = Prover::default().execute(&program, &loaded.input).unwrap();
            assert_eq!(run.exit_code, 0, "{}", workload.name);
            let cycles = run.cycles;
            let possible = match workload.name {
                "fibonacci" => 1 << 20..=1 << 20,
                "sha256-long" | "secp256k1" => 1 << 20..=1 << 22,
                "sha256-128k" => 7_000_000..=9_000_000,
                "secp256k1-10" => 20_000_000..=21_000_000,
                _ => 1 << 19..=1 << 20,
            };
            assert!(possible.contains(&cycles), "{}: {cycles}", workload.name);
        }
    }
}
