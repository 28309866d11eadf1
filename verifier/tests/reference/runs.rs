//! Proofs of false runs, honest but for the tables: the header's checks refuse them, or parts do not balance.
//! A verifier without the one check accepts them.

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    bus::{SPACE_OUTPUT_LENGTH, SPACE_RAM},
    machine::Table,
    system::boundary::Left,
    witness::ProgramUse,
};
use zonda_riscv_emu::{program::Program, record::Family, testing};
use zonda_verifier::{QM31, verify};

use crate::{
    FREE,
    checker::Refusal,
    lies::input_of,
    proof::{RunProof, name_of_whole, verify_plainly},
    prover::Honest,
    run::{CYCLES, Cuts, Duties, INPUT, Run, four_parts, opened, program, text},
};

fn cuts() -> Cuts {
    Cuts::new(&program(&text()), INPUT, CYCLES)
}

/// A44: a run that starts at the second instruction of the program. The first loads the high half of an
/// address.
fn other_entry() -> Run {
    let words = text();
    let elf = testing::Builder::new(testing::TEXT + 4)
        .text(testing::TEXT, &words)
        .without_holes();
    let program = Program::from_elf(&elf.build()).unwrap();
    Cuts::new(&program, INPUT, CYCLES).in_four_parts(1)
}

/// A39: a run whose second shard leaves out its first instruction.
fn skipped_instruction() -> Run {
    let mut cuts = cuts();
    let shard = &mut cuts.shards[1];
    assert_eq!(shard.pcs[0], shard.start.pc);
    shard.start.pc += 4;
    shard.pcs.remove(0);
    shard.cycles -= 1;
    shard.meter.instructions[Family::AddImmediate as usize] -= 1;
    cuts.in_four_parts(1)
}

/// A42: a run in which a word that the first shard has written is zero again in the second, as if
/// nobody had held it.
fn forgotten_word() -> Run {
    let mut cuts = cuts();
    let address = 0x2000_0040 >> 2;
    let shard = &mut cuts.shards[1];
    let word = shard.words.iter_mut().find(|word| word.address == address);
    let word = word.unwrap();
    assert!(word.owner == 1 && word.before != 0);
    let written = word.before;
    (word.before, word.owner, word.after) = (0, 0, 0);
    shard.output = vec![0; 4];
    let mut all = cuts.left.iter();
    let last = *all
        .find(|left| (left.space, left.address) == (SPACE_RAM, address))
        .unwrap();
    let mut first = opened(&cuts.image, &cuts.left);
    for opening in &mut first {
        if opening.left.address == address {
            (opening.left.value, opening.left.owner) = (written, 1);
        }
    }
    // The second chain opens this word alone.
    let again = Left {
        value: 0,
        owner: 2,
        ..last
    };
    let count = first.len();
    first.extend(opened(&cuts.image, &[again]));
    cuts.openings = first;
    cuts.in_four_parts(count)
}

/// A42: a run in which a register that the first shard has written is zero again in the second, as if
/// nobody had held it: the program, and with it the registers at reset, is there twice.
fn forgotten_register() -> Run {
    const REGISTER: u32 = 9;
    let mut cuts = cuts();
    cuts.fresh = Some(REGISTER);
    let shard = &mut cuts.shards[1];
    let before = &mut shard.start.registers[REGISTER as usize];
    let written = std::mem::take(before);
    assert_ne!(written, 0);
    shard.registers_after[REGISTER as usize] = 0;
    let left = &mut cuts.left[REGISTER as usize];
    (left.value, left.owner) = (written, 1);
    let again = [Left {
        value: 0,
        owner: 2,
        ..*left
    }];
    let uses = cuts.uses();
    let program = |uses, left| Duties {
        program: Some(ProgramUse { uses, left }),
        ..Duties::default()
    };
    let zeroed = Duties {
        zeroed: Some(&cuts.openings),
        ..Duties::default()
    };
    cuts.run(&[
        zeroed,
        Duties::default(),
        program(&uses, &cuts.left),
        program(&vec![0; uses.len()], &again),
    ])
}

/// A45: a run that goes on after its exit, and makes more bytes public.
fn after_exit() -> Run {
    let program = program(&text());
    let mut again = cuts().shards.remove(1);
    let mut cuts = Cuts::new(&program, INPUT, u64::from(u32::MAX));
    let exited = &cuts.shards[0];
    again.start.registers = exited.registers_after;
    again.registers_after = exited.registers_after;
    again.start.output_length = exited.output_length_after;
    again.output_length_after = again.start.output_length + 4;
    for word in &mut again.words {
        assert_eq!(word.before, word.after);
        word.owner = 1;
    }
    for left in &mut cuts.left {
        let touched = again.words.iter().any(|word| word.address == left.address);
        match left.space {
            SPACE_RAM if !touched => {}
            SPACE_OUTPUT_LENGTH => (left.value, left.owner) = (again.output_length_after, 2),
            _ => left.owner = 2,
        }
    }
    cuts.shards.push(again);
    cuts.openings = opened(&cuts.image, &cuts.left);
    cuts.in_four_parts(1)
}

/// A42: a run of which the last part, with zeroed words that it touches, is left out.
fn left_out() -> Run {
    let mut run = four_parts();
    run.parts.pop();
    run
}

/// A39: a run that counts the shards with an instruction wrongly.
fn miscounted() -> Run {
    let mut run = four_parts();
    let program = input_of(&mut run.parts[2], Table::Program);
    let count = Table::Program.fixed_width();
    program.rows[0][count] += F::ONE;
    run
}

/// How a false run is made, the check that refuses it, and what is false.
type FalseRun = (fn() -> Run, Refusal, &'static str);

/// The check that refuses it, and how the error begins.
const FALSE: [FalseRun; 7] = [
    (other_entry, "shards", "Header(Links(Entry"),
    (
        skipped_instruction,
        "shards",
        "Header(Links(Start { part: 1",
    ),
    (
        forgotten_word,
        "zeroed links",
        "Header(Links(Zeroed { part: 3",
    ),
    (forgotten_register, "roles", "Header(Links(Program { got: 2"),
    (after_exit, "shards", "Header(Links(Exit { part: 0"),
    (left_out, "global balance", "GlobalBalance"),
    (miscounted, "global balance", "GlobalBalance"),
];

#[test]
fn false_runs_are_refused_by_one_check() {
    let image = four_parts().image;
    for (run, refusal, expected) in FALSE {
        let mut run = run();
        // The verifier expects a run of the program.
        run.image = image.clone();
        let proof = RunProof::<QM31>::new(&run, FREE, &mut Honest);
        let (key, statement, whole) = (&proof.key, &proof.statement, proof.proof());
        let error = verify(key, statement, &whole).expect_err(expected);
        assert!(
            format!("{error:?}").starts_with(expected),
            "{error:?}, not {expected}"
        );
        assert_eq!(name_of_whole(&error), refusal);
        let plainly = |flaws: &[Refusal]| verify_plainly::<QM31>(key, statement, &whole, flaws);
        assert_eq!(plainly(&[]), Err(refusal), "{expected}");
        assert_eq!(plainly(&[refusal]), Ok(()), "{expected}: without the check");
    }
}

/// A shard may start with other registers than the one before has left: then its messages do not balance.
#[test]
fn shards_start_as_they_are_linked() {
    let mut run = four_parts();
    let boundary = input_of(&mut run.parts[1], Table::Boundary);
    // The high limb of the value of x0 before the shard.
    boundary.rows[0][4] += F::ONE;
    let proof = RunProof::<QM31>::new(&run, FREE, &mut Honest);
    let error = verify(&proof.key, &proof.statement, &proof.proof()).unwrap_err();
    assert_eq!(name_of_whole(&error), "balance");
}
