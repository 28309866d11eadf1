//! Shards are the run: put together, their replays are the records of the run as one, and every
//! word is handed from owner to owner.

use std::{collections::BTreeMap, error::Error};

use common::{
    Numbers, WINDOW, random_program,
    records::{Before, check},
};
use zonda_riscv_emu::{
    error::ExecuteError,
    execute::{DebugStream, Discard, Options, Outcome, execute, execute_metered, execute_recorded},
    meter::Meter,
    program::Program,
    record::*,
    shard::*,
    testing::*,
};

mod common;

const OPTIONS: Options = Options {
    max_cycles: Some(1 << 22),
    max_memory: 1 << 26,
    max_output: 1 << 20,
};

/// Numbers that no sum confuses easily.
const COSTS: Costs = Costs {
    instructions: [
        66, 53, 73, 61, 70, 58, 60, 50, 60, 47, 69, 90, 140, 102, 190, 80,
    ],
    services: [31; Service::ALL.len()],
    output_byte: 13,
    touched_word: 23,
    distinct_instruction: 17,
};

fn cut(max_cycles: u64, capacity: u64) -> Cut {
    Cut {
        max_cycles,
        capacity,
        costs: COSTS,
    }
}

/// All shards of a run, and how it ends.
fn shards(program: &Program, input: &[u8], cut: Cut) -> Result<(Vec<Shard>, Last), ExecuteError> {
    let mut sharder = Sharder::new(program, input, &OPTIONS, cut)?;
    let mut shards = Vec::new();
    while let Some(shard) = sharder.next(&mut Discard)? {
        shards.push(shard);
    }
    assert_eq!(sharder.next(&mut Discard), Ok(None));
    Ok((shards, sharder.last()?))
}

/// Cuts a run, and checks the shards against the run as one and against each other.
fn check_shards(
    program: &Program,
    input: &[u8],
    (outcome, whole): &(Outcome, Records),
    cut: Cut,
) -> Result<usize, Box<dyn Error>> {
    let (shards, last) = shards(program, input, cut)?;
    // Value and owner of every word.
    let mut words: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    words.extend(
        program
            .image_words()
            .map(|(address, value)| (address, (value, 0))),
    );
    let mut start = Before::reset(program).start;
    let (mut all_input, mut output, mut cycles) = (Vec::new(), Vec::new(), 0);
    let mut together = Records::default();
    let mut meter = Meter::default();
    for (position, shard) in (1..).zip(&shards) {
        assert_eq!((shard.position, shard.start), (position, start));
        assert!(shard.words.is_sorted_by(|a, b| a.address < b.address));
        for word in &shard.words {
            let now = words.entry(word.address).or_default();
            assert_eq!((word.before, word.owner), *now, "{word:?}");
            *now = (word.after, position);
        }
        let records = replay(program, &shard.replay_input(), OPTIONS.max_memory)?;
        let pieces = in_pieces(program, shard, shard.cycles / 3 + 1)?;
        let mut whole = Records::default();
        append(&mut whole, &records, 0);
        assert!(pieces == whole, "the same, piece by piece");
        let before = Before {
            start,
            words: shard
                .words
                .iter()
                .map(|word| (word.address, word.before))
                .collect(),
        };
        check(program, &before, &records);
        check_shard(shard, &records, &cut);
        append(&mut together, &records, cycles as u32 * CLK_PER_STEP);
        start.registers = shard.registers_after;
        start.output_length = shard.output_length_after;
        all_input.extend_from_slice(&shard.input);
        output.extend_from_slice(&shard.output);
        cycles += shard.cycles;
        meter.services[0] += shard.meter.services[0];
        meter.output_bytes += shard.meter.output_bytes;
        meter.stores_to_text += shard.meter.stores_to_text;
        match shard.end {
            End::Next { pc } => start.pc = pc,
            End::Exit { code } => {
                assert_eq!((code, position as usize), (outcome.exit_code, shards.len()));
            }
        }
    }
    assert_eq!(all_input, input[..outcome.input_read]);
    assert_eq!((output, cycles), (outcome.output.clone(), outcome.cycles));
    assert!(together == timeless(whole));
    let (_, whole_meter) = execute_metered(program, input, &OPTIONS, &mut Discard)?;
    assert_eq!(meter.services, whole_meter.services);
    assert_eq!(meter.output_bytes, whole_meter.output_bytes);
    assert_eq!(meter.stores_to_text, whole_meter.stores_to_text);

    let touched = words.into_iter().filter(|(_, (_, owner))| *owner != 0);
    let touched = touched.map(|(address, (value, owner))| LastWord {
        address,
        value,
        owner,
    });
    assert_eq!(last.words, touched.collect::<Vec<_>>());
    let whole_words = whole.memory.iter().map(|word| (word.address, word.value));
    let last_words = last.words.iter().map(|word| (word.address, word.value));
    assert!(last_words.eq(whole_words));
    assert_eq!(last.registers, whole.registers.map(|access| access.value));
    assert_eq!(last.output_length, whole.output_length.value);
    assert_eq!(last.cycles, outcome.cycles);
    Ok(shards.len())
}

/// The description of one shard, and where it was cut.
fn check_shard(shard: &Shard, records: &Records, cut: &Cut) {
    let after = records.registers.map(|access| access.value);
    assert_eq!(shard.registers_after, after);
    assert_eq!(shard.output_length_after, records.output_length.value);
    let written = shard.output_length_after - shard.start.output_length;
    assert_eq!(shard.output.len(), written as usize);
    let final_words = shard.words.iter().map(|word| (word.address, word.after));
    assert!(final_words.eq(records.memory.iter().map(|word| (word.address, word.value))));
    let meter = &shard.meter;
    let counts = Family::ALL.map(|family| records.count(family) as u64);
    assert_eq!((meter.instructions, meter.cycles()), (counts, shard.cycles));
    assert_eq!(meter.touched_words, shard.words.len() as u64);
    assert_eq!(
        meter.served(Service::Transfer),
        records.transfers.len() as u64
    );
    assert_eq!(meter.output_bytes, shard.output.len() as u64);
    let next = match shard.end {
        End::Next { pc } => Some(pc),
        End::Exit { .. } => None,
    };
    assert_eq!(records.final_pc, next);

    let instructions = instructions(records);
    let mut executed: BTreeMap<u32, u64> = BTreeMap::new();
    for (pc, ..) in instructions.values() {
        *executed.entry(*pc).or_default() += 1;
    }
    assert!(shard.pcs.iter().eq(executed.keys()));

    let costs = &cut.costs;
    // The cost, and how much of it is that of the last instruction.
    let cost = |counts: [u64; Family::ALL.len()], transferred, output, touched, distinct| -> u64 {
        let instructions = counts.iter().zip(costs.instructions);
        let instructions = instructions.map(|(count, cost)| count * u64::from(cost));
        instructions.sum::<u64>()
            + transferred * u64::from(costs.services[0])
            + output * u64::from(costs.output_byte)
            + touched * u64::from(costs.touched_word)
            + distinct * u64::from(costs.distinct_instruction)
    };
    let distinct = shard.pcs.len() as u64;
    let total = cost(
        counts,
        meter.services[0],
        meter.output_bytes,
        meter.touched_words,
        distinct,
    );
    let Some((clk, (pc, family, first_touches))) = instructions.last_key_value() else {
        panic!("a shard without an instruction");
    };
    let mut last = [0; Family::ALL.len()];
    last[*family as usize] = 1;
    let moved = || records.transfers.iter().filter(|word| word.clk == *clk);
    let written = moved().filter(|word| word.is_output);
    let written = written.map(|word| u64::from(word.count)).sum();
    let is_first = u64::from(executed[pc] == 1);
    let before_last = total
        - cost(
            last,
            moved().count() as u64,
            written,
            *first_touches,
            is_first,
        );
    assert!(shard.cycles == 1 || before_last < cut.capacity);
    assert!(shard.cycles <= cut.max_cycles);
    if next.is_some() {
        assert!(shard.cycles == cut.max_cycles || total >= cut.capacity);
    }
}

/// By clk: pc, family, and how many words the instruction is the first to touch.
fn instructions(records: &Records) -> BTreeMap<u32, (u32, Family, u64)> {
    let mut instructions = BTreeMap::new();
    for (family, steps) in Family::ALL.into_iter().zip(&records.steps) {
        instructions.extend(steps.iter().map(|step| (step.clk, (step.pc, family, 0))));
    }
    let mut memory = |step: &Step, family, words: &[WordAccess]| {
        let first = words.iter().filter(|word| word.previous_clk == 0).count();
        instructions.insert(step.clk, (step.pc, family, first as u64));
    };
    for one in &records.load_store_word {
        memory(&one.step, Family::LoadStoreWord, &one.words);
    }
    for one in &records.load_store_subword {
        memory(&one.step, Family::LoadStoreSubword, &one.words);
    }
    for one in &records.load_store_misaligned {
        memory(&one.step, Family::LoadStoreMisaligned, &one.words);
    }
    for one in &records.ecalls {
        instructions.insert(one.clk, (one.pc, Family::Ecall, 0));
    }
    for transfer in &records.transfers {
        if let Some((.., first)) = instructions.get_mut(&transfer.clk) {
            *first += u64::from(transfer.word.previous_clk == 0);
        }
    }
    instructions
}

/// A replay whose records are taken piece by piece.
fn in_pieces(program: &Program, shard: &Shard, cycles: u64) -> Result<Records, ReplayError> {
    let mut replay = Replay::new(program, shard.replay_input(), OPTIONS.max_memory)?;
    let (mut together, mut records) = (Records::default(), Records::default());
    while replay.next(&mut records, cycles)? {
        append(&mut together, &records, 0);
    }
    replay.finish(&mut records)?;
    append(&mut together, &records, 0);
    Ok(together)
}

/// Appends the records of a shard that starts `offset` later, without previous clks.
fn append(together: &mut Records, records: &Records, offset: u32) {
    let records = timeless(records);
    let later = |step: Step| Step {
        clk: step.clk + offset,
        ..step
    };
    for (all, steps) in together.steps.iter_mut().zip(records.steps) {
        all.extend(steps.into_iter().map(later));
    }
    let one_later = |one: MemoryStep<1>| MemoryStep {
        step: later(one.step),
        ..one
    };
    let word = records.load_store_word.into_iter();
    together.load_store_word.extend(word.map(one_later));
    let subword = records.load_store_subword.into_iter();
    together.load_store_subword.extend(subword.map(one_later));
    let misaligned = records.load_store_misaligned.into_iter();
    together
        .load_store_misaligned
        .extend(misaligned.map(|one| MemoryStep {
            step: later(one.step),
            ..one
        }));
    let ecalls = records.ecalls.into_iter();
    together.ecalls.extend(ecalls.map(|one| EcallStep {
        clk: one.clk + offset,
        ..one
    }));
    let transfers = records.transfers.into_iter();
    together.transfers.extend(transfers.map(|one| TransferWord {
        clk: one.clk + offset,
        ..one
    }));
    let memory = &mut together.memory;
    for word in records.memory {
        match memory.binary_search_by_key(&word.address, |word| word.address) {
            Ok(place) => memory[place] = word,
            Err(place) => memory.insert(place, word),
        }
    }
    together.registers = records.registers;
    together.output_length = records.output_length;
    together.final_clk = records.final_clk + offset;
    together.final_pc = records.final_pc;
}

/// The records without the traces of the cuts: when something was last accessed.
fn timeless(records: &Records) -> Records {
    let mut records = records.clone();
    let forget = |access: &mut Access| access.previous_clk = 0;
    let forget_step = |step: &mut Step| [&mut step.rs1, &mut step.rs2, &mut step.rd].map(forget);
    records.steps.iter_mut().flatten().for_each(|step| {
        forget_step(step);
    });
    for one in records
        .load_store_word
        .iter_mut()
        .chain(&mut records.load_store_subword)
    {
        forget_step(&mut one.step);
        one.words[0].previous_clk = 0;
    }
    for one in &mut records.load_store_misaligned {
        forget_step(&mut one.step);
        one.words.iter_mut().for_each(|word| word.previous_clk = 0);
    }
    for one in &mut records.ecalls {
        for access in [
            &mut one.a7,
            &mut one.a0,
            &mut one.a1,
            &mut one.a2,
            &mut one.output_length,
        ] {
            forget(access);
        }
    }
    records
        .transfers
        .iter_mut()
        .for_each(|one| one.word.previous_clk = 0);
    records.memory.iter_mut().for_each(|word| word.clk = 0);
    records.registers.iter_mut().for_each(forget);
    forget(&mut records.output_length);
    records
}

fn whole(program: &Program, input: &[u8]) -> Result<(Outcome, Records), ExecuteError> {
    execute_recorded(program, input, &OPTIONS, &mut Discard)
}

#[test]
fn random_programs() -> Result<(), Box<dyn Error>> {
    for seed in 3000..3060 {
        let program = Program::from_elf(&random_program(seed, 200))?;
        let run = whole(&program, &[])?;
        let mut numbers = Numbers::new(seed);
        let some = u64::from(numbers.below(20_000));
        let cuts = [
            (u64::MAX, 0),
            (u64::MAX, 1),
            (1, u64::MAX),
            (7, u64::MAX),
            (u64::MAX, some),
            (1 + some / 1000, 100 * some),
            (u64::MAX, u64::MAX),
        ];
        let mut counts = Vec::new();
        for (max_cycles, capacity) in cuts {
            let count = check_shards(&program, &[], &run, cut(max_cycles, capacity))
                .map_err(|error| format!("seed {seed}: {error}"))?;
            counts.push(count as u64);
        }
        let cycles = run.0.cycles;
        assert_eq!(counts[..3], [cycles; 3]);
        assert_eq!((counts[3], counts[6]), (cycles.div_ceil(7), 1));
    }
    Ok(())
}

/// Where every instruction costs the most it can, and where only one thing costs anything.
#[test]
fn cuts_are_exact() -> Result<(), Box<dyn Error>> {
    let free = Costs::default();
    // Each store is the first of its instruction, and touches two words that nothing else does.
    let mut words = li(5, WINDOW + 1).to_vec();
    words.extend([
        sw(5, 5, 0),
        sw(5, 5, 8),
        sw(5, 5, 16),
        sw(5, 5, 24),
        sw(5, 5, 32),
    ]);
    words.extend([
        sw(5, 5, 40),
        sw(5, 5, 48),
        sw(5, 5, 56),
        sw(5, 5, 64),
        sw(5, 5, 72),
    ]);
    words.extend(call(63, 0, WINDOW + 100, 9));
    words.extend(exit(0));
    let stores = Program::from_elf(&elf(&words))?;
    let random = Program::from_elf(&random_program(8, 40))?;
    let mut only_stores = free;
    only_stores.instructions[Family::LoadStoreMisaligned as usize] = 7;
    let all_costs = [
        free,
        Costs {
            instructions: [1; Family::ALL.len()],
            ..free
        },
        Costs {
            services: [1; Service::ALL.len()],
            ..free
        },
        Costs {
            output_byte: 1,
            ..free
        },
        Costs {
            touched_word: 1,
            ..free
        },
        Costs {
            distinct_instruction: 1,
            ..free
        },
        Costs {
            instructions: [3; Family::ALL.len()],
            touched_word: 2,
            distinct_instruction: 5,
            ..free
        },
        only_stores,
        Costs {
            instructions: [u32::MAX; Family::ALL.len()],
            services: [u32::MAX; Service::ALL.len()],
            output_byte: u32::MAX,
            touched_word: u32::MAX,
            distinct_instruction: u32::MAX,
        },
    ];
    for program in [stores, random] {
        let run = whole(&program, b"some input")?;
        for costs in all_costs {
            for capacity in (1..30).chain([u64::MAX]) {
                let cut = Cut {
                    max_cycles: u64::MAX,
                    capacity,
                    costs,
                };
                check_shards(&program, b"some input", &run, cut)?;
            }
        }
    }
    Ok(())
}

#[test]
fn guests() -> Result<(), Box<dyn Error>> {
    let guests = concat!(env!("CARGO_MANIFEST_DIR"), "/../guests");
    let json = std::fs::read(format!("{guests}/inputs/canada-like.json"))?;
    let bytes: Vec<u8> = (0..9000_u32).map(|i| (i * 7 + i / 256) as u8).collect();
    let inputs = [
        ("json", &json[..4000]),
        ("sha256", &bytes[..3000]),
        ("echo", &bytes),
        ("c_checksum", &bytes[..4097]),
        ("fibonacci", &[100, 0, 0, 0]),
        ("panic", &[]),
    ];
    for (name, input) in inputs {
        let program = Program::from_elf(&std::fs::read(format!("{guests}/elf/{name}.elf"))?)?;
        let run = whole(&program, input)?;
        for capacity in [20_000, 500_000, 20_000_000] {
            check_shards(&program, input, &run, cut(1 << 20, capacity))
                .map_err(|error| format!("{name}: {error}"))?;
        }
    }
    Ok(())
}

/// Reads that fall short, reads at the end of input, writes of many lengths, each in a shard of its
/// own and several in one.
#[test]
fn transfers_across_shards() -> Result<(), Box<dyn Error>> {
    let input: Vec<u8> = (0..10_001_u32).map(|i| (i * 5 + i / 256) as u8).collect();
    for (pointer, length) in [(0, 4096), (1, 4097), (3, 777), (2, 1), (1, 3), (0, 0)] {
        let mut words = Vec::new();
        for round in 0..5 {
            words.extend(call(63, 0, WINDOW + 16 * round + pointer, length));
            // As much as was read, of debug text and of output.
            words.extend([addi(9, 10, 0)]);
            words.extend(call(64, 1, WINDOW + 32, 100));
            words.extend([li(10, 3), li(11, WINDOW + 16 * round + pointer)].concat());
            words.extend([addi(12, 9, 0), ecall()]);
        }
        words.extend(exit(length));
        let program = Program::from_elf(&elf(&words))?;
        for input in [&input[..], &input[..5000], &input[..1], &[]] {
            let run = whole(&program, input)?;
            for (max_cycles, capacity) in [(1, 0), (10, 1 << 40), (1 << 20, 40_000), (999, 1 << 40)]
            {
                check_shards(&program, input, &run, cut(max_cycles, capacity))?;
            }
        }
    }
    Ok(())
}

/// Stores that change text, at several places of a shard.
#[test]
fn stores_to_text() -> Result<(), Box<dyn Error>> {
    let mut words = vec![
        auipc(5, 0),
        sw(0, 5, 20),
        sb(0, 5, 1),
        sw(5, 5, 18),
        lw(6, 5, 20),
    ];
    words.extend(call(63, 0, TEXT + 1, 9));
    words.extend(exit(0));
    let program = Program::from_elf(&elf(&words))?;
    let run = whole(&program, b"some input")?;
    for max_cycles in 1..20 {
        check_shards(&program, b"some input", &run, cut(max_cycles, u64::MAX))?;
    }
    Ok(())
}

/// Shards end before they are longer, or move more, than any shard may.
#[test]
fn longest_shards() -> Result<(), Box<dyn Error>> {
    let endless = Cut {
        max_cycles: u64::MAX,
        capacity: u64::MAX,
        costs: COSTS,
    };
    let options = Options {
        max_cycles: None,
        max_output: 64 << 20,
        ..OPTIONS
    };
    // 2^22 + 12 instructions.
    let mut words = li(5, 1 << 21).to_vec();
    words.extend([addi(5, 5, -1), bne(5, 0, -4)]);
    words.push(addi(0, 0, 0));
    words.extend(exit(0));
    let program = Program::from_elf(&elf(&words))?;
    let mut sharder = Sharder::new(&program, &[], &options, endless)?;
    let longest = sharder.next(&mut Discard)?.ok_or("no shard")?;
    assert_eq!(longest.cycles, MAX_SHARD_CYCLES);
    let records = replay(&program, &longest.replay_input(), 1 << 20)?;
    assert_eq!(u64::from(records.final_clk), 1 + 4 * MAX_SHARD_CYCLES);
    let rest = sharder.next(&mut Discard)?.ok_or("no second shard")?;
    assert_eq!((rest.cycles, rest.end), (12, End::Exit { code: 0 }));

    // 4200 writes of 1025 words.
    let mut words = li(5, 4200).to_vec();
    let write = call(64, 3, WINDOW + 1, 4096);
    words.extend(&write);
    words.extend([addi(5, 5, -1), bne(5, 0, -4 * (write.len() as i32 + 1))]);
    words.extend(exit(0));
    let program = Program::from_elf(&elf(&words))?;
    let mut sharder = Sharder::new(&program, &[], &options, endless)?;
    let mut moved = Vec::new();
    while let Some(shard) = sharder.next(&mut Discard)? {
        moved.push(shard.meter.services[0]);
    }
    let most = u64::from(MAX_SHARD_TRANSFERS) / 1025;
    assert_eq!(moved, [1025 * most, 1025 * (4200 - most)]);
    Ok(())
}

#[test]
fn two_passes_are_equal() -> Result<(), Box<dyn Error>> {
    let program = Program::from_elf(&random_program(77, 400))?;
    let cut = cut(100, 5000);
    assert_eq!(shards(&program, &[], cut)?, shards(&program, &[], cut)?);
    Ok(())
}

/// Limits are those of the run, and an error stays.
#[test]
fn limits_are_of_the_run() -> Result<(), Box<dyn Error>> {
    let words = [
        call(64, 3, WINDOW, 3),
        [li(5, 0xffff_ffff), li(6, 0x8000_0000)].concat(),
        vec![lw(7, 5, 0), sw(5, 6, 0)],
        exit(0),
    ];
    let program = Program::from_elf(&elf_without_holes(&words.concat()))?;
    let whole = execute(&program, &[], &OPTIONS, &mut Discard)?;
    let failing = [
        Options {
            max_cycles: Some(whole.cycles - 1),
            ..OPTIONS
        },
        Options {
            max_output: whole.output.len() as u32 - 1,
            ..OPTIONS
        },
        Options {
            max_memory: 2 << 14,
            ..OPTIONS
        },
        Options {
            max_memory: 0,
            ..OPTIONS
        },
    ];
    for options in failing {
        let expected = execute(&program, &[], &options, &mut Discard).err();
        assert!(expected.is_some());
        for cut in [cut(1, 0), cut(100, 1 << 40), cut(1 << 20, 1 << 40)] {
            let mut sharder = match Sharder::new(&program, &[], &options, cut) {
                Ok(sharder) => sharder,
                Err(error) => {
                    assert_eq!(Some(error), expected);
                    continue;
                }
            };
            let error = loop {
                match sharder.next(&mut Discard) {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("an exit past a limit"),
                    Err(error) => break error,
                }
            };
            assert_eq!(Some(&error), expected.as_ref());
            assert_eq!(sharder.next(&mut Discard), Err(error));
        }
    }
    Ok(())
}

/// A trap after the last instruction of a shard does not concern that shard.
#[test]
fn traps_end_the_run_and_not_the_shard_before() -> Result<(), Box<dyn Error>> {
    for last in [ecall(), jal(0, 400), addi(0, 0, 0)] {
        let mut words = call(63, 0, WINDOW, 4);
        words.pop();
        words.push(last);
        let program = Program::from_elf(&elf(&words))?;
        let expected = execute(&program, &[], &OPTIONS, &mut Discard).err();
        assert!(matches!(expected, Some(ExecuteError::Trap { .. })));
        let mut sharder = Sharder::new(&program, &[], &OPTIONS, cut(9, u64::MAX))?;
        let shard = sharder.next(&mut Discard)?.ok_or("no shard")?;
        let records = replay(&program, &shard.replay_input(), OPTIONS.max_memory)?;
        assert_eq!(
            End::Next {
                pc: records.final_pc.unwrap_or_default()
            },
            shard.end
        );
        assert_eq!(sharder.next(&mut Discard).err(), expected);
    }
    Ok(())
}

#[test]
fn debug_text_goes_to_the_host_once() -> Result<(), Box<dyn Error>> {
    let text = b"some text";
    let words = [call(64, 2, WINDOW, 9), call(64, 1, WINDOW, 4), exit(0)].concat();
    let file = Builder::new(TEXT).text(TEXT, &words).data(WINDOW, text, 0);
    let program = Program::from_elf(&file.build())?;
    let mut heard = Vec::new();
    let mut host = |stream, bytes: &[u8]| heard.push((stream, bytes.to_vec()));
    let mut sharder = Sharder::new(&program, &[], &OPTIONS, cut(3, 1 << 40))?;
    while let Some(shard) = sharder.next(&mut host)? {
        assert!(shard.words.is_empty());
        replay(&program, &shard.replay_input(), 0)?;
    }
    let expected = [
        (DebugStream::Error, text.to_vec()),
        (DebugStream::Out, text[..4].to_vec()),
    ];
    assert_eq!(heard, expected);
    Ok(())
}
