//! A short run, cut into shards.
#![allow(dead_code, reason = "each test binary uses some of it")]

use zonda_circuits::machine::Image;
use zonda_prover::{Budget, Options, Proved, Setup, engine::Engine, prove};
use zonda_riscv_emu::{execute::Discard, program::Program};
use zonda_verifier::{Preset, Statement, VerifyingKey, verify};

/// Fibonacci numbers modulo something: some 4000 instructions for [`INPUT`].
pub fn program() -> Program {
    Program::from_elf(include_bytes!("../../../guests/elf/fibonacci.elf")).unwrap()
}

pub const INPUT: [u8; 4] = 1000_u32.to_le_bytes();

/// Shards of so many instructions, of which the run has three.
pub const SHARD_CYCLES: u64 = 2000;

pub fn options<'a>(shard_cycles: u64) -> Options<'a> {
    Options {
        budget: Budget {
            bytes: 1 << 30,
            shard_cycles,
        },
        ..Options::default()
    }
}

/// A proof, which verifies.
pub fn proved(options: &Options<'_>) -> Proved {
    let (engine, program) = (Engine::default(), program());
    let proved = prove(&engine, &program, &INPUT, options, &mut Discard).unwrap();
    let statement = statement(&proved);
    let key = Setup::new(&engine, &program, options.preset).unwrap().key;
    // The verifier derives the same key, and reads it from its bytes.
    let derived = VerifyingKey::new(program.id(), &Image::from(&program), options.preset);
    assert_eq!(key, derived);
    assert_eq!(VerifyingKey::from_bytes(&key.to_bytes()).as_ref(), Ok(&key));
    verify(&key, &statement, &proved.proof).unwrap();
    proved
}

pub fn statement(proved: &Proved) -> Statement {
    Statement {
        exit_code: proved.exit_code,
        output: proved.output.clone(),
    }
}

pub const PRESET: Preset = Preset::Standard;
