//! Shards to be replayed that are not what the program does: each its own error, and none does
//! harm.

use std::error::Error;

use common::{Numbers, WINDOW, random_program};
use zonda_riscv_emu::{
    error::TrapKind,
    execute::{Discard, Options},
    program::Program,
    record::{Family, Records, Service},
    shard::*,
    testing::*,
};

mod common;

const MAX_MEMORY: u64 = 1 << 24;

/// The contents of a task, to be broken.
#[derive(Clone)]
struct Task {
    start: Start,
    words: Vec<BoundaryWord>,
    input: Vec<u8>,
    instructions: [u32; Family::ALL.len()],
    services: [u32; Service::ALL.len()],
}

impl Task {
    fn new(shard: &Shard) -> Self {
        let ReplayInput {
            start,
            words,
            input,
            instructions,
            services,
        } = shard.replay_input();
        Self {
            start,
            words: words.to_vec(),
            input: input.to_vec(),
            instructions,
            services,
        }
    }

    fn replay(&self, program: &Program) -> Result<(), ReplayError> {
        let input = ReplayInput {
            start: self.start,
            words: &self.words,
            input: &self.input,
            instructions: self.instructions,
            services: self.services,
        };
        replay(program, &input, MAX_MEMORY).map(|_| ())
    }
}

/// Reads four bytes into the window, adds one to a word far away, writes the four bytes, exits.
fn program() -> Program {
    let words = [
        call(63, 0, WINDOW, 4),
        [li(5, FAR), li(6, 1)].concat(),
        vec![lw(7, 5, 0), add(7, 7, 6), sw(7, 5, 0)],
        call(64, 3, WINDOW, 4),
        exit(3),
    ];
    Program::from_elf(&elf_without_holes(&words.concat())).unwrap()
}

/// A word far away.
const FAR: u32 = 0x4000_0000;
/// Of 2^12 words.
const LAST_PAGE: u32 = (1 << 18) - 1;

fn cut(max_cycles: u64) -> Cut {
    Cut {
        max_cycles,
        capacity: u64::MAX,
        costs: Costs {
            instructions: [1; Family::ALL.len()],
            services: [1; Service::ALL.len()],
            output_byte: 1,
            touched_word: 1,
            distinct_instruction: 1,
        },
    }
}

fn tasks(program: &Program, max_cycles: u64) -> Vec<Task> {
    let mut sharder =
        Sharder::new(program, b"abcdefgh", &Options::default(), cut(max_cycles)).unwrap();
    let shards = std::iter::from_fn(|| sharder.next(&mut Discard).unwrap());
    shards.map(|shard| Task::new(&shard)).collect()
}

#[test]
fn each_fault_is_its_own_error() {
    let program = program();
    let [honest] = tasks(&program, 1000).try_into().ok().unwrap();
    assert_eq!(honest.replay(&program), Ok(()));
    let broken = |breaks: &dyn Fn(&mut Task)| {
        let mut task = honest.clone();
        breaks(&mut task);
        task.replay(&program).unwrap_err()
    };

    let error = broken(&|task| task.start.pc += 2);
    assert_eq!(error, ReplayError::StartAlignment { pc: TEXT + 2 });
    let error = broken(&|task| task.start.registers[0] = 5);
    assert_eq!(error, ReplayError::StartZero { value: 5 });
    let error = broken(&|task| task.instructions = [0; 16]);
    assert_eq!(error, ReplayError::Cycles { cycles: 0 });
    let error = broken(&|task| task.instructions = [u32::MAX; 16]);
    let cycles = 16 * u64::from(u32::MAX);
    assert_eq!(error, ReplayError::Cycles { cycles });
    let transferred_words = MAX_SHARD_TRANSFERS + 1;
    let error = broken(&|task| task.services[0] = transferred_words);
    assert_eq!(error, ReplayError::Transfers { transferred_words });

    let error = broken(&|task| task.words.reverse());
    let address = WINDOW / 4;
    assert_eq!(error, ReplayError::WordOrder { address });
    let error = broken(&|task| task.words.insert(0, task.words[0]));
    assert_eq!(error, ReplayError::WordOrder { address });
    let error = broken(&|task| task.words[1].address = 1 << 30);
    assert_eq!(error, ReplayError::WordOrder { address: 1 << 30 });
    let error = broken(&|task| task.words[1].address = u32::MAX);
    assert_eq!(error, ReplayError::WordOrder { address: u32::MAX });
    let in_page = |page: u32| BoundaryWord {
        address: page << 12,
        ..BoundaryWord::default()
    };
    let error = broken(&|task| task.words = (0..1 << 18).map(in_page).collect());
    let max_memory = MAX_MEMORY;
    assert_eq!(error, ReplayError::MemoryLimit { max_memory });

    let error = broken(&|task| task.start.pc = 0);
    let kind = TrapKind::FetchOutsideText;
    assert!(matches!(error, ReplayError::Trap { kind: k, at } if k == kind && at.pc == 0));
    // The same page holds no other word, or no word at all.
    let error = broken(&|task| task.words[0].address += 1);
    assert!(matches!(error, ReplayError::WordNotListed { address, at }
        if address == WINDOW / 4 && at.pc == TEXT + 32));
    let error = broken(&|task| task.words.truncate(1));
    assert!(matches!(error, ReplayError::WordNotListed { address, at }
        if address == FAR / 4 && at.pc == TEXT + 52));
    let error = broken(&|task| task.start.output_length = u32::MAX - 3);
    assert!(matches!(error, ReplayError::OutputLength { .. }));
    let error = broken(&|task| task.services[0] -= 1);
    assert_eq!(
        error,
        ReplayError::Served {
            service: Service::Transfer,
            expected: 1
        }
    );
    let error = broken(&|task| task.services[0] += 1);
    assert_eq!(
        error,
        ReplayError::Served {
            service: Service::Transfer,
            expected: 3
        }
    );
    let error = broken(&|task| task.instructions[0] += 1);
    assert_eq!(error, ReplayError::EarlyExit { executed: 34 });
    let error = broken(&|task| {
        task.instructions[Family::AddSub as usize] += 1;
        task.instructions[Family::LoadStoreWord as usize] -= 1;
    });
    let (family, expected, got) = (Family::LoadStoreWord, 1, 2);
    let wrong = ReplayError::Instructions {
        family,
        expected,
        got,
    };
    assert_eq!(error, wrong);
    let error = broken(&|task| task.input.push(0));
    assert_eq!(error, ReplayError::InputLeft { bytes: 1 });
    let error = broken(&|task| task.words.push(in_page(LAST_PAGE)));
    let address = LAST_PAGE << 12;
    assert_eq!(error, ReplayError::WordNotTouched { address });
    let error = broken(&|task| task.words[1].before += 1);
    let (address, expected, got) = (FAR / 4, 1, 2);
    let wrong = ReplayError::WordAfter {
        address,
        expected,
        got,
    };
    assert_eq!(error, wrong);
    // One instruction less is a shard like any other.
    let mut shorter = honest.clone();
    shorter.instructions[Family::Ecall as usize] -= 1;
    assert_eq!(shorter.replay(&program), Ok(()));
}

/// Nothing is left of a shard that was refused, or of the records before it.
#[test]
fn refused_records_are_empty() -> Result<(), Box<dyn Error>> {
    let program = program();
    let mut sharder = Sharder::new(&program, b"abcdefgh", &Options::default(), cut(20))?;
    let shard = sharder.next(&mut Discard)?.ok_or("no shard")?;
    let honest = shard.replay_input();
    let whole = replay(&program, &honest, MAX_MEMORY)?;
    let replay_into = |records: &mut Records, shard| {
        let mut replay = Replay::new(&program, shard, MAX_MEMORY)?;
        replay.next(records, u64::MAX)?;
        replay.finish(records)
    };
    let mut records = whole.clone();
    let early = ReplayInput {
        input: &[],
        ..honest
    };
    let late = ReplayInput {
        words: &honest.words[..1],
        ..honest
    };
    for broken in [early, late] {
        assert!(replay_into(&mut records, broken).is_err());
        assert_eq!(records, Records::default());
        replay_into(&mut records, honest)?;
        assert_eq!(records, whole);
    }
    Ok(())
}

/// A loop that would write for ever moves no more words than announced.
#[test]
fn endless_writes() -> Result<(), Box<dyn Error>> {
    let mut words = call(64, 3, WINDOW, 4096);
    words.push(jal(0, -4 * words.len() as i32));
    let program = Program::from_elf(&elf(&words))?;
    let address = WINDOW / 4;
    let word = |address| BoundaryWord {
        address,
        ..BoundaryWord::default()
    };
    let mut task = Task {
        start: Start {
            pc: TEXT,
            ..Start::default()
        },
        words: (address..address + 1024).map(word).collect(),
        input: Vec::new(),
        instructions: [0; 16],
        services: [5000; Service::ALL.len()],
    };
    task.instructions[0] = MAX_SHARD_CYCLES as u32;
    let expected = task.services[0];
    let error = task.replay(&program);
    assert_eq!(
        error,
        Err(ReplayError::Served {
            service: Service::Transfer,
            expected
        })
    );
    Ok(())
}

/// Any number in a task may be any number.
#[test]
fn random_faults() -> Result<(), Box<dyn Error>> {
    let mut numbers = Numbers::new(99);
    let (mut refused, mut accepted) = (0, 0);
    for seed in 0..20 {
        let program = match seed {
            0 => program(),
            _ => Program::from_elf(&random_program(seed, 60))?,
        };
        for honest in tasks(&program, 40) {
            assert_eq!(honest.replay(&program), Ok(()));
            for _ in 0..20 {
                let mut task = honest.clone();
                for _ in 0..=numbers.below(2) {
                    fault(&mut numbers, &mut task);
                }
                match task.replay(&program) {
                    Ok(()) => accepted += 1,
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(refused > 100 && accepted > 100, "{refused} {accepted}");
    Ok(())
}

fn fault(numbers: &mut Numbers, task: &mut Task) {
    let value = match numbers.below(3) {
        0 => numbers.below(64),
        1 => numbers.below(64).wrapping_neg(),
        _ => numbers.word(),
    };
    let place = numbers.below(task.words.len().max(1) as u32) as usize;
    match numbers.below(9) {
        0 => task.start.pc = value & !3,
        1 => task.start.pc = TEXT + value % 1024 * 4,
        2 => task.start.registers[numbers.below(32) as usize] = value,
        3 => task.start.output_length = value,
        4 => task.instructions[numbers.below(16) as usize] = value % 1000,
        5 => task.services[0] = value,
        6 => task.input.resize((value % 100) as usize, 0),
        7 if !task.words.is_empty() => {
            task.words.remove(place);
        }
        _ => {
            if let Some(word) = task.words.get_mut(place) {
                match numbers.below(3) {
                    0 => word.address = value,
                    1 => word.before = value,
                    _ => word.after = value,
                }
            }
        }
    }
}
