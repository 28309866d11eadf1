//! Runs of one part and of several are proved, and the proofs verify.

use zonda_prover::{Budget, DEFAULT_SHARD_CYCLES, Options, Proved, Setup, engine::Engine, program_image, prove};
use zonda_riscv_emu::{execute::Discard, program::Program};
use zonda_verifier::{Preset, Proof, Statement, VerifyingKey, verify};

const ELF: &[u8] = include_bytes!("../../guests/elf/fibonacci.elf");

fn proved(preset: Preset, shard_cycles: Option<u64>, n: u32) -> (Proved, Statement) {
    let program = Program::from_elf(ELF).unwrap();
    let engine = Engine::default();
    let options = Options {
        preset,
        budget: Budget {
            bytes: 1 << 30,
            shard_cycles: shard_cycles.unwrap_or(DEFAULT_SHARD_CYCLES),
        },
        ..Options::default()
    };
    let input = n.to_le_bytes();
    let proved = prove(&engine, &program, &input, &options, &mut Discard).unwrap();
    let statement = Statement {
        exit_code: proved.exit_code,
        output: proved.output.clone(),
    };
    let key = Setup::new(&engine, &program, preset).key;
    // The verifier derives the same key, and reads it from its bytes.
    let image = program_image(&program);
    assert_eq!(key, VerifyingKey::new(program.id(), &image, preset));
    assert_eq!(VerifyingKey::from_bytes(&key.to_bytes()).as_ref(), Ok(&key));
    verify(&key, &statement, &proved.proof).unwrap();
    let bytes = proved.proof.to_bytes();
    assert_eq!(bytes.len() as u64, proved.report.proof_bytes);
    assert_eq!(Proof::from_bytes(&bytes).as_ref(), Ok(&proved.proof));
    (proved, statement)
}

#[test]
fn a_run_of_one_shard_is_one_part() {
    for preset in Preset::ALL {
        let (proved, _) = proved(preset, None, 10);
        assert_eq!((proved.report.shards, proved.report.parts), (1, 1));
    }
}

#[test]
fn a_run_of_several_shards_has_a_part_for_each_and_one_that_closes() {
    for preset in Preset::ALL {
        let (one, statement) = proved(preset, None, 1000);
        let cycles = one.report.cycles;
        let (several, same) = proved(preset, Some(cycles.div_ceil(3)), 1000);
        assert_eq!(statement, same);
        assert_eq!((several.report.shards, several.report.parts), (3, 4));
        assert_eq!(several.report.cycles, cycles);
    }
}
