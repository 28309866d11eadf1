//! Words that are no instructions, programs that are not the key's, and memory that does not exist:
//! A25, A38, A40, A51.

use std::collections::{BTreeMap, BTreeSet};

use zonda::{
    ExecuteError, LoadError, Options, Preset, Program, ProveError, Prover, VerifyError,
    VerifyingKey, verify,
};
use zonda_circuits::machine::{Image, Table};
use zonda_riscv_emu::{
    error::TrapKind,
    testing::{Builder, addi, call, elf, elf_without_holes, exit, li, sw},
};
use zonda_verifier::{
    Claim, HeaderError, OpeningError, PartError, fractions::TreeError, words::WordsError,
};

use super::{
    common::program,
    harness::{Forger, Victim},
    names::{name, said},
    victims::{FLOW, LOOPS, STORED, TARGET, flow, flow_twin},
};

/// The answer of the verifier with FLOW's key to the run of a cheat with a program of its own, who
/// takes FLOW's key, or just its root, for its own.
fn passed_off_as_flow(cheat: &Victim) -> VerifyError {
    let forger = Forger::honest(cheat, &[]);
    // Under its own key all is well.
    assert_eq!(forger.broken(), BTreeSet::new());
    assert_eq!(forger.verify(), Ok(()));
    // It says whose proof it is.
    let mut proof = forger.prove();
    let refused = verify(&FLOW.key, &forger.statement, &proof);
    let is_claim = matches!(refused, Err(VerifyError::Header(HeaderError::Claim(_))));
    assert!(is_claim, "{refused:?}");
    // Its own transcript has other challenges.
    proof.header.claim = Claim::new(&FLOW.key, &forger.statement);
    let refused = verify(&FLOW.key, &forger.statement, &proof);
    let refused = name(&refused.unwrap_err());
    let is_as_high = cheat.key.heights() == FLOW.key.heights();
    assert_eq!(
        refused,
        if is_as_high {
            "Tree.Children"
        } else {
            "Heights.Fixed"
        }
    );
    // FLOW's transcript: all but the opened rows is as it should be.
    proved_as_flow(&forger).unwrap_err()
}

/// The answer of the verifier with FLOW's key to a cheat's tables, proved with FLOW's key and the
/// cheat's preprocessed columns.
fn proved_as_flow(forger: &Forger<'_>) -> Result<(), VerifyError> {
    let proof = forger.run().prove_told_as(&FLOW.key, |_, _| ());
    verify(&FLOW.key, &forger.statement, &proof)
}

fn in_part(error: PartError) -> Result<(), VerifyError> {
    Err(VerifyError::Part { part: 0, error })
}

/// The rows of a phase are not those of FLOW's key.
fn other_root(phase: usize) -> Result<(), VerifyError> {
    let error = OpeningError::Root;
    in_part(PartError::Words(WordsError::Rows { phase, error }))
}

#[test]
fn a_program_of_the_provers_own_is_refused() {
    let other_root = other_root(0).unwrap_err();
    // One more round of a loop.
    let twin = flow(TARGET, 0x0010_0073, LOOPS + 1, STORED);
    assert_eq!(passed_off_as_flow(&twin), other_root);

    // Two rows for one pc: the program's and the one that the cheat wants.
    let mut image = FLOW.image.clone();
    let other = twin.image.text.iter().zip(&FLOW.image.text);
    let other: Vec<_> = other.filter(|(mine, own)| mine != own).collect();
    assert!(!other.is_empty());
    for (mine, own) in other {
        let at = image.text.iter().position(|line| line == own).unwrap();
        image.text.insert(at + 1, *mine);
    }
    let forger = Forger::honest(&FLOW, &[]);
    let two = Victim::with_image(twin.program.clone(), image.clone(), BTreeMap::new());
    assert_eq!(name(&passed_off_as_flow(&two)), "Heights.Fixed");
    // In the places of instructions that are not executed.
    let mut as_many = image.clone();
    for mark in ["around", "jumped_over"] {
        if as_many.text.len() > FLOW.image.text.len() {
            as_many.text.retain(|(pc, _)| *pc != FLOW.mark(mark));
        }
    }
    let as_many = Victim::with_image(twin.program.clone(), as_many, BTreeMap::new());
    assert_eq!(as_many.key.heights(), FLOW.key.heights());
    assert_eq!(passed_off_as_flow(&as_many), other_root);
    // Its honest run is as good there.
    let same = Victim::with_image(FLOW.program.clone(), image, BTreeMap::new());
    let mut both = Forger::honest(&same, &[]);
    both.recount();
    assert_eq!(both.statement, forger.statement);
    assert_eq!(both.broken(), BTreeSet::new());
}

#[test]
fn other_fixed_columns_are_refused() {
    // A row that nobody looks up: the proof has only its root against it.
    let change = |image: &mut Image| image.words.last_mut().unwrap().1 ^= 1;
    let mut image = FLOW.image.clone();
    change(&mut image);
    let cheat = Victim::with_image(FLOW.program.clone(), image, BTreeMap::new());
    let forger = Forger::honest(&cheat, &[]);
    forger.verify().unwrap();
    assert_eq!(proved_as_flow(&forger), other_root(0));
}

/// Stores a word and makes it public.
fn stores_at(address: u32) -> Vec<u32> {
    let mut words = [li(5, address), li(6, 77)].concat();
    words.push(sw(6, 5, 0));
    words.extend(call(64, 3, address, 4));
    words.extend(exit(0));
    words
}

/// A cheat's emulator knows of no holes in memory, and the cheat's tables do not know of one of them.
#[test]
fn a_word_in_a_hole_is_not_accessed() {
    let load = |elf: &[u8]| Program::from_elf(elf).unwrap();
    let victim = |words: &[u32]| Victim::new(load(&elf(words)), BTreeMap::new());
    for address in [0, 0xfffc, 0xc000_0000, 0xffff_fffc] {
        let words = stores_at(address);
        let (honest, ran) = (victim(&words), load(&elf_without_holes(&words)));
        assert!(Prover::default().prove(&honest.program, &[]).is_err());
        // Without the first hole the cheat has a gap more, without the second one a longer gap.
        let mut image = honest.image.clone();
        image.holes.retain(|hole| !hole.contains(&(address / 4)));
        assert_eq!(image.holes.len(), 1);
        let cheat = Victim::with_image(honest.program.clone(), image, BTreeMap::new());
        let mut forger = Forger::twin(&cheat, &ran, &[]);
        assert_eq!(forger.statement.output, 77_u32.to_le_bytes());
        // Under a key of its own all is well, and with a segment in the file it is the program's.
        assert_eq!(forger.verify(), Ok(()));
        let with_segment = Victim::new(ran.clone(), BTreeMap::new());
        assert_eq!(Forger::honest(&with_segment, &[]).verify(), Ok(()));
        assert_ne!(with_segment.key.program_id(), honest.key.program_id());

        // The cheat's table of gaps is not the key's; the key's has no gap around the word.
        let proof = forger.run().prove_told_as(&honest.key, |_, _| ());
        let refused = verify(&honest.key, &forger.statement, &proof).unwrap_err();
        let is_first = address < 1 << 16;
        let expected = ["Words.Rows 1 Root", "Heights.Fixed"][usize::from(is_first)];
        assert_eq!(name(&refused), expected);
        forger.victim = &honest;
        if is_first {
            forger.shorten(Table::Gaps);
        }
        forger.recount();
        assert_eq!(forger.broken(), BTreeSet::from(["bus gap".to_owned()]));
        assert_eq!(
            forger.verify(),
            in_part(PartError::Tree(TreeError::Unbalanced))
        );
    }
    // The same, beside the hole.
    let words = stores_at(0xbfff_fffc);
    let (honest, ran) = (victim(&words), load(&elf_without_holes(&words)));
    let mut forger = Forger::twin(&honest, &ran, &[]);
    forger.recount();
    assert_eq!(forger.broken(), BTreeSet::new());
    assert_eq!(forger.verify(), Ok(()));
}

/// The prover derives the key faster than the verifier, and comes to the same one.
#[test]
fn there_is_one_key() {
    let program = super::common::guest("fibonacci");
    for preset in Preset::ALL {
        let prover = Prover::new(Options::new().preset(preset));
        let key = prover.verifying_key(&program).unwrap();
        let image = Image::from(&program);
        assert_eq!(key, VerifyingKey::new(program.id(), &image, preset));
        assert_eq!(VerifyingKey::from_bytes(&key.to_bytes()), Ok(key));
    }
}

/// No program has an instruction so high that the next pc is 2^32.
#[test]
fn text_ends_before_the_end_of_memory() {
    for address in [0xffff_fffc, 0x8000_0000, 0x7fff_fffc, 0x4000_0000] {
        let elf = Builder::new(address)
            .text(address, &[addi(0, 0, 0)])
            .build();
        let refused = Program::from_elf(&elf).map(|_| ()).unwrap_err();
        let is = matches!(refused, LoadError::ExecutableAddress { .. });
        assert!(is, "{address:#x}: {refused}");
    }
    // A jump there is a trap.
    let words = [vec![zonda_riscv_emu::testing::jalr(0, 0, -4)], exit(0)].concat();
    let prover = Prover::default();
    let refused = prover.prove(&program(&words, &[]), &[]).unwrap_err();
    let ProveError::Execute(ExecuteError::Trap { kind, .. }) = refused else {
        panic!("{refused}")
    };
    assert_eq!(kind, TrapKind::FetchOutsideText);
}

/// Compressed, privileged, reserved, of other extensions.
const ILLEGAL: [u32; 24] = [
    0,
    u32::MAX,
    0x0001_0001, // C.NOP, twice
    0x0385_0385, // C.ADDI x7, 1, twice
    0x0000_8082, // C.JR x1
    0x3400_13f3, // CSRRW
    0xc000_23f3, // CSRRS: RDCYCLE
    0x3000_53f3, // CSRRWI
    0x0010_0073, // EBREAK
    0x3020_0073, // MRET
    0x1050_0073, // WFI
    0x0000_00f3, // ECALL with rd 1
    0x0000_100f, // FENCE.I
    0x0203_9393, // SLLI by 32
    0x4003_9393, // SLLI with SRAI's bit
    0xfe63_83b3, // ADD, reserved funct7
    0x4263_83b3, // MUL with SUB's bit
    0x0003_3383, // LD
    0x0003_6383, // LWU
    0x0063_3023, // SD
    0x0003_2387, // FLW
    0x0063_a3af, // AMOADD.W
    0x0010_039b, // ADDIW
    0x0000_2063, // BRANCH, reserved funct3
];

#[test]
fn words_that_are_no_instructions_have_no_row() {
    let prover = Prover::default();
    for word in ILLEGAL {
        let guest = program(&[vec![addi(7, 0, 1), word], exit(0)].concat(), &[]);
        let pc = super::common::TEXT + 4;
        assert!(matches!(guest.instruction(pc), Some(Err(_))), "{word:#x}");
        let image = Image::from(&guest);
        assert!(image.text.iter().all(|(at, _)| *at != pc));
        match prover.prove(&guest, &[]).unwrap_err() {
            ProveError::Execute(ExecuteError::Trap { kind, .. }) => {
                assert_eq!(kind, TrapKind::IllegalInstruction { word });
            }
            error => panic!("{word:#x}: {error}"),
        }
    }
}

#[test]
fn words_that_are_no_instructions_cannot_be_executed() {
    let chosen = flow_twin(4, addi(7, 7, 1), LOOPS, STORED);
    for (index, word) in ILLEGAL.into_iter().enumerate() {
        let victim = flow(TARGET, word, LOOPS, STORED);
        // Jumped over, it does no harm.
        let mut forger = Forger::honest(&victim, &[]);
        assert_eq!(forger.recount().broken(), BTreeSet::new());
        let mut forger = Forger::twin(&victim, &chosen, &[]);
        forger.recount();
        let expected = ["branch: next_pc.taken", "bus instruction"].map(String::from);
        assert_eq!(forger.broken(), BTreeSet::from(expected), "{word:#x}");
        if index % 8 == 2 {
            assert_eq!(said(&forger.verify()), "part 0: Rows.Values");
        }
    }
}
