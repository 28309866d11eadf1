//! The committed guests run, prove and verify; their output is the emulator's and that of an
//! independent computation.

mod common;
#[path = "guests/evm.rs"]
mod evm;

use std::{path::Path, process::Command};

use common::{guest, input, prove_and_verify};
use sha2::{Digest, Sha256};
use zonda::Prover;

#[test]
fn fibonacci() {
    for n in [0_u32, 1, 10, 1000] {
        let (mut a, mut b) = (0_u32, 1_u32);
        for _ in 0..n {
            (a, b) = (b, a.wrapping_add(b));
        }
        let proved = prove_and_verify(&guest("fibonacci"), &n.to_le_bytes());
        assert_eq!(proved.output, a.to_le_bytes(), "n = {n}");
    }
}

#[test]
fn sha256() {
    let input: Vec<u8> = (0..5000_u32).map(|i| (i * 7 + (i >> 5)) as u8).collect();
    let proved = prove_and_verify(&guest("sha256"), &input);
    assert_eq!(proved.output, Sha256::digest(&input).as_slice());
}

/// More than 10^8 instructions.
#[test]
fn sha256_of_two_megabytes() {
    let input: Vec<u8> = (0..2_000_000_u32)
        .map(|i| (i * 7 + (i >> 5)) as u8)
        .collect();
    assert_eq!(execute("sha256", &input), Sha256::digest(&input).as_slice());
}

#[test]
fn secp256k1() {
    // The expected output comes from OpenSSL and from plain integer arithmetic.
    let proved = prove_and_verify(&guest("secp256k1"), &input("secp256k1-1.bin"));
    assert_eq!(proved.output, input("secp256k1-1.expected"));
}

/// The second signature is of another digest.
#[test]
fn secp256k1_of_several() {
    let output = execute("secp256k1", &input("secp256k1-2.bin"));
    assert_eq!(output, input("secp256k1-2.expected"));
    assert_eq!(output, [1, 0, 0, 0, 1, 0]);
}

#[test]
fn json() {
    let proved = prove_and_verify(&guest("json"), &input("canada-like.json"));
    assert_eq!(proved.output, input("canada-like.expected"));
}

/// Three versions of `getrandom` get the numbers of the SDK, the same in every run.
#[test]
fn random_bytes_depend_on_the_seed_alone() {
    let proved = prove_and_verify(&guest("random"), &7_u32.to_le_bytes());
    let hex: String = proved
        .output
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    // As Python computes them: `random_numbers` in `guests/inputs/expected.py`.
    assert_eq!(hex, "325062649c102e36af12391b67c4e4093dc9e465");
    assert_eq!(execute("random", &7_u32.to_le_bytes()), proved.output);
    let other = execute("random", &8_u32.to_le_bytes());
    assert_eq!(other[..15], proved.output[..15]);
    assert_ne!(other[15..], proved.output[15..]);
}

#[test]
fn c_checksums() {
    let input = b"zonda proves guests written in C".repeat(50);
    let proved = prove_and_verify(&guest("c_checksum"), &input);
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in &input {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    let expected = [
        crc32fast::hash(&input).to_le_bytes(),
        (b << 16 | a).to_le_bytes(),
    ]
    .concat();
    assert_eq!(proved.output, expected);
}

#[test]
fn echo_of_several_writes() {
    let input: Vec<u8> = (0..10_000_u32).map(|i| ((i * i) >> 3) as u8).collect();
    let proved = prove_and_verify(&guest("echo"), &input);
    assert_eq!(proved.output, input);
}

#[test]
fn bulk() {
    let input = bulk_input(30_001, 9_999);
    let proved = prove_and_verify(&guest("bulk"), &input);
    assert_eq!(proved.output, bulk_output(&input));
}

#[test]
fn bulk_of_a_hundred_megabytes() {
    let input = bulk_input(100_000_000, 1_000_000);
    let output = execute("bulk", &input);
    assert_eq!(output.len(), 1_000_008);
    assert!(output == bulk_output(&input));
}

#[test]
fn evm_arithmetic() {
    let (input, expected) = evm::arithmetic(10);
    assert_eq!(input, self::input("evm-arithmetic.bin"));
    assert_eq!(expected, self::input("evm-arithmetic.expected"));
    let proved = prove_and_verify(&guest("evm"), &input);
    assert_eq!(proved.output, expected);
}

/// More than 10^8 instructions, by the number in the calldata alone.
#[test]
fn evm_arithmetic_at_length() {
    let (input, expected) = evm::arithmetic(80_000);
    assert_eq!(execute("evm", &input), expected);
}

#[test]
fn evm_transfers() {
    // The expected output comes from an interpreter in Python.
    let proved = prove_and_verify(&guest("evm"), &input("evm-transfers.bin"));
    assert_eq!(proved.output, input("evm-transfers.expected"));
}

/// All guests, on an independent machine and with many more inputs.
#[test]
fn qemu_agrees() {
    let script = guests().join("test-qemu");
    for tool in [["qemu-riscv32", "--version"], ["python3", "--version"]] {
        if let Err(error) = Command::new(tool[0]).arg(tool[1]).output() {
            let required = std::env::var_os("ZONDA_REQUIRE_QEMU").is_some();
            assert!(
                !required,
                "ZONDA_REQUIRE_QEMU is set, but {}: {error}",
                tool[0]
            );
            eprintln!("SKIPPED: {}: {error}", tool[0]);
            return;
        }
    }
    let run = Command::new(script).output().unwrap();
    let text = String::from_utf8_lossy(&run.stdout);
    let failures: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("ok "))
        .collect();
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{failures:#?}\n{errors}");
    assert_eq!(failures, ["0 failures"]);
}

#[test]
fn elfs_are_those_of_the_digest_list() {
    let digests = std::fs::read_to_string(guests().join("elf/DIGESTS")).unwrap();
    let mut listed = 0;
    for line in digests.lines() {
        let (digest, name) = line.split_once("  ").unwrap();
        let elf = std::fs::read(guests().join("elf").join(name)).unwrap();
        let actual: String = Sha256::digest(elf)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(actual, digest, "{name}");
        listed += 1;
    }
    // And the list itself.
    assert_eq!(
        std::fs::read_dir(guests().join("elf")).unwrap().count(),
        listed + 1
    );
}

fn guests() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../guests"))
}

/// The output of a run too long to be proved here, which must exit with 0.
fn execute(name: &str, input: &[u8]) -> Vec<u8> {
    let executed = Prover::default().execute(&guest(name), input).unwrap();
    assert_eq!(executed.exit_code, 0);
    executed.output
}

/// `read` bytes, and a request for `written`.
fn bulk_input(read: u32, written: u32) -> Vec<u8> {
    let data = (0..read).map(|i| (i.wrapping_mul(0x9e37_79b1) >> 13) as u8);
    written.to_le_bytes().into_iter().chain(data).collect()
}

fn bulk_output(input: &[u8]) -> Vec<u8> {
    let word = |bytes: &[u8]| {
        let mut word = [0; 4];
        word[..bytes.len()].copy_from_slice(bytes);
        u32::from_le_bytes(word)
    };
    let (written, data) = input.split_at(4);
    let (first, second) = data
        .chunks(4)
        .map(word)
        .fold((0_u32, 0_u32), |(a, b), word| {
            (a.wrapping_add(word), b.wrapping_add(a.wrapping_add(word)))
        });
    let next = |x: &u32| Some(x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let words = std::iter::successors(next(&(first ^ second)), next);
    let bytes = words
        .flat_map(u32::to_le_bytes)
        .take(word(written) as usize);
    [first, second]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .chain(bytes)
        .collect()
}
