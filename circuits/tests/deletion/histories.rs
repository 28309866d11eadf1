//! Wrong histories: every table is filled as if for an honest run, from records that lie.

use zonda_circuits::machine::{Statement, Table};
use zonda_riscv_emu::{
    instruction::{Form, Instruction},
    record::{
        Access, Call, EcallStep, Family, FinalWord, MemoryStep, Records, SINK, Step, TransferWord,
        WordAccess, destination,
    },
    testing::{addi, ecall, jal, lui, lw},
};

use crate::{
    plans::{call, plan},
    world::{DATA, DATA_WORDS, EQUAL, Plan, Setup, TEXT, VALUES, World},
};

/// One access, as records have it.
struct Touch<'a> {
    place: [u32; 2],
    clk: u32,
    /// The pc of the instruction that makes it.
    pc: u32,
    value: &'a mut u32,
    previous: &'a mut u32,
    /// The value that it writes, unless it only reads.
    after: Option<&'a mut u32>,
}

const MEMORY: u32 = 1;
const OUTPUT_LENGTH: u32 = 2;

fn touch<'a>(
    place: [u32; 2],
    clk: u32,
    pc: u32,
    Access {
        value,
        previous_clk,
    }: &'a mut Access,
    after: Option<&'a mut u32>,
) -> Touch<'a> {
    Touch {
        place,
        clk,
        pc,
        value,
        previous: previous_clk,
        after,
    }
}

fn registers<'a>(step: &'a mut Step, instruction: &Instruction, all: &mut Vec<Touch<'a>>) {
    let Step {
        pc,
        clk,
        rs1,
        rs2,
        rd,
        result,
        ..
    } = step;
    let form = instruction.opcode.form();
    let number = |register: u8| [0, register.into()];
    if form != Form::Jump {
        all.push(touch(number(instruction.rs1), *clk, *pc, rs1, None));
    }
    if matches!(form, Form::Register | Form::Branch | Form::Store) {
        all.push(touch(number(instruction.rs2), *clk + 1, *pc, rs2, None));
    }
    if form.has_destination() {
        all.push(touch(
            number(destination(instruction.rd)),
            *clk + 3,
            *pc,
            rd,
            Some(result),
        ));
    }
}

/// All accesses of a run.
fn touches<'a>(world: &World, records: &'a mut Records) -> Vec<Touch<'a>> {
    let at = |pc| world.program.instruction(pc).unwrap().unwrap();
    let mut all = vec![];
    for step in records.steps.iter_mut().flatten() {
        let instruction = at(step.pc);
        registers(step, &instruction, &mut all);
    }
    let aligned = records
        .load_store_word
        .iter_mut()
        .chain(&mut records.load_store_subword);
    let aligned = aligned.map(|record| (&mut record.step, &mut record.words[..]));
    let misaligned = records.load_store_misaligned.iter_mut();
    let misaligned = misaligned.map(|record| (&mut record.step, &mut record.words[..]));
    for (step, words) in aligned.chain(misaligned) {
        let (pc, clk, instruction) = (step.pc, step.clk + 2, at(step.pc));
        registers(step, &instruction, &mut all);
        let is_store = instruction.opcode.form() == Form::Store;
        for word in words {
            all.push(Touch {
                place: [MEMORY, word.address],
                clk,
                pc,
                value: &mut word.before,
                previous: &mut word.previous_clk,
                after: is_store.then_some(&mut word.after),
            });
        }
    }
    for call in &mut records.ecalls {
        let (pc, clk) = (call.pc, call.clk);
        all.push(touch([0, 17], clk, pc, &mut call.a7, None));
        all.push(touch([0, 11], clk, pc, &mut call.a1, None));
        all.push(touch([0, 12], clk, pc, &mut call.a2, None));
        if call.call == Call::WriteOutput {
            let place = [OUTPUT_LENGTH, 0];
            all.push(touch(place, clk + 2, pc, &mut call.output_length, None));
        }
        all.push(touch(
            [0, 10],
            clk + 3,
            pc,
            &mut call.a0,
            Some(&mut call.result),
        ));
    }
    for transfer in &mut records.transfers {
        let word = &mut transfer.word;
        all.push(Touch {
            place: [MEMORY, word.address],
            clk: transfer.clk + 2,
            pc: 0,
            value: &mut word.before,
            previous: &mut word.previous_clk,
            after: Some(&mut word.after),
        });
    }
    all.sort_by_key(|touch| touch.clk);
    all
}

/// Runs in which the instruction at `pc` (0: a transfer) finds a tuple that is written only after it.
pub fn reads_of_the_future(world: &World, pc: u32) -> Vec<World> {
    let mut records = world.records.clone();
    let victims: Vec<_> = touches(world, &mut records)
        .iter()
        .filter(|touch| touch.pc == pc)
        .map(|touch| (touch.place, touch.clk))
        .collect();
    victims
        .into_iter()
        .filter_map(|(place, clk)| read_of_the_future(world, place, clk))
        .collect()
}

fn read_of_the_future(world: &World, place: [u32; 2], clk: u32) -> Option<World> {
    let mut records = world.records.clone();
    let mut statement = world.statement.clone();
    let mut chain = touches(world, &mut records);
    chain.retain(|touch| touch.place == place && touch.clk >= clk);
    let mut chain = chain.into_iter();
    let (victim, next) = (chain.next()?, chain.next()?);

    // Before: first -> victim -> next. After: first -> next -> victim.
    let first = (*victim.value, *victim.previous);
    (*next.value, *next.previous) = first;
    let after_next = next.after.map_or(first.0, |after| *after);
    (*victim.value, *victim.previous) = (after_next, next.clk);
    let last = (victim.after.map_or(after_next, |after| *after), victim.clk);
    let third = chain.next();
    let ends = third.is_none();
    if let Some(third) = third {
        if third.clk == world.records.final_clk - 1 && place == [0, 10] {
            // The exit: it leaves its argument as it is.
            *third.after? = last.0;
            statement.exit_code = last.0;
        } else if *third.value != last.0 {
            return None;
        }
        (*third.value, *third.previous) = last;
    }
    drop(chain);
    records.registers[10].value = statement.exit_code;
    if ends {
        let tuple = Access {
            value: last.0,
            previous_clk: last.1,
        };
        match place {
            [0, register] => records.registers[register as usize] = tuple,
            [MEMORY, address] => {
                let word = records
                    .memory
                    .iter_mut()
                    .find(|word| word.address == address)?;
                (word.value, word.clk) = last;
            }
            _ => records.output_length.previous_clk = last.1,
        }
    }
    let lie = format!("finds what is written after it at {place:?}");
    Some(world.lying(lie, records, statement))
}

/// A run of a program that loads `value` to a register, with the records of one that loads what the
/// plan asks for.
pub fn substituted(plan: &Plan, register: u8, value: u32) -> World {
    let world = World::honest(plan);
    let index = plan
        .registers
        .iter()
        .rposition(|(number, _)| *number == register)
        .unwrap();
    let mut other = plan.clone();
    other.registers[index].1 = value;
    let pc = TEXT + 4 * (index as u32 + 1);
    let address = VALUES / 4 + index as u32 + 1;

    let mut records = world.records.clone();
    let loads = records.load_store_word.iter_mut();
    let load = loads.into_iter().find(|load| load.step.pc == pc).unwrap();
    let loaded = load.step.clk + 3;
    (load.words[0].before, load.words[0].after) = (value, value);
    let word = records
        .memory
        .iter_mut()
        .find(|word| word.address == address)
        .unwrap();
    word.value = value;
    let mut overwritten = false;
    for touch in touches(&world, &mut records) {
        if touch.place != [0, register.into()] || touch.clk < loaded {
            continue;
        }
        if touch.clk > loaded {
            *touch.value = value;
        }
        match touch.after {
            Some(after) if touch.clk == loaded => *after = value,
            Some(_) => {
                overwritten = true;
                break;
            }
            None => {}
        }
    }
    if !overwritten {
        records.registers[usize::from(register)].value = value;
    }
    let statement = Statement {
        exit_code: records.registers[10].value,
        ..world.statement.clone()
    };
    let program = other.program(false);
    let lie = format!("although x{register} is {value:#x}");
    world.lying_of(lie, (&world.program, &program), records, statement)
}

/// A run of a program that loads `value` to a register, which calls do not read.
fn unread(plan: &Plan, register: u8, value: u32) -> World {
    let honest = World::honest(plan);
    let mut world = substituted(plan, register, value);
    let mut records = world.records.clone();
    let calls: Vec<u32> = records.ecalls.iter().map(|call| call.pc).collect();
    for (call, honest) in records.ecalls.iter_mut().zip(&honest.records.ecalls) {
        (call.a7, call.a1, call.a2) = (honest.a7, honest.a1, honest.a2);
    }
    let mut last = Access::default();
    for touch in touches(&world, &mut records) {
        if touch.place == [0, register.into()] && !calls.contains(&touch.pc) {
            (*touch.value, *touch.previous) = (last.value, last.previous_clk);
            let value = touch.after.map_or(last.value, |after| *after);
            last = Access {
                value,
                previous_clk: touch.clk,
            };
        }
    }
    records.registers[usize::from(register)] = last;
    let statement = honest.statement;
    world.name = plan.name.clone();
    world.lying(
        format!("although x{register} is {value:#x}"),
        records,
        statement,
    )
}

/// The victim's row stands alone: the run ends before it, and it finds what others left.
pub fn fires_alone(plan: &Plan) -> World {
    let skipped = World::without_victim(plan);
    let honest = World::honest(plan);
    let pc = plan.victim_pc();
    let clk = skipped.records.final_clk;

    // The victim's record, a word further on in the text and at the end of time.
    let mut only = Records::default();
    let step = |step: &Step| Step {
        pc: pc + 4,
        clk,
        next_pc: step.next_pc + 4,
        ..*step
    };
    for (into, from) in only.steps.iter_mut().zip(&honest.records.steps) {
        into.extend(from.iter().filter(|s| s.pc == pc).map(step));
    }
    // A link value is further on as well.
    for jump in &mut only.steps[Family::Jump as usize] {
        jump.result += 4;
    }
    fn memory_steps<const N: usize>(
        from: &[MemoryStep<N>],
        pc: u32,
        step: impl Fn(&Step) -> Step,
    ) -> Vec<MemoryStep<N>> {
        let from = from.iter().filter(|record| record.step.pc == pc);
        from.map(|record| MemoryStep {
            step: step(&record.step),
            words: record.words,
        })
        .collect()
    }
    only.load_store_word = memory_steps(&honest.records.load_store_word, pc, step);
    only.load_store_subword = memory_steps(&honest.records.load_store_subword, pc, step);
    only.load_store_misaligned = memory_steps(&honest.records.load_store_misaligned, pc, step);
    let calls = honest.records.ecalls.iter().filter(|call| call.pc == pc);
    only.ecalls = calls
        .map(|call| EcallStep {
            pc: pc + 4,
            clk,
            ..*call
        })
        .collect();

    let mut records = skipped.records.clone();
    for touch in touches(&skipped, &mut only) {
        let after = touch.after.map_or(*touch.value, |after| *after);
        let at = match touch.place {
            [0, register] => {
                let last = &mut records.registers[register as usize];
                let found = *last;
                *last = Access {
                    value: after,
                    previous_clk: touch.clk,
                };
                found
            }
            [MEMORY, address] => {
                let at = records
                    .memory
                    .partition_point(|word| word.address < address);
                let known = records
                    .memory
                    .get(at)
                    .is_some_and(|word| word.address == address);
                if !known {
                    let word = FinalWord {
                        address,
                        value: *touch.value,
                        clk: 0,
                    };
                    records.memory.insert(at, word);
                }
                let last = &mut records.memory[at];
                let found = Access {
                    value: last.value,
                    previous_clk: last.clk,
                };
                (last.value, last.clk) = (after, touch.clk);
                found
            }
            _ => unreachable!("no output"),
        };
        (*touch.value, *touch.previous) = (at.value, at.previous_clk);
    }
    for (into, from) in records.steps.iter_mut().zip(only.steps) {
        into.extend(from);
    }
    records.load_store_word.extend(only.load_store_word);
    records.load_store_subword.extend(only.load_store_subword);
    records
        .load_store_misaligned
        .extend(only.load_store_misaligned);
    records.ecalls.extend(only.ecalls);
    skipped.lying(
        "although the run ends before",
        records,
        skipped.statement.clone(),
    )
}

/// A call is made from another pc than the thread's, while the thread jumps on.
pub fn called_from_elsewhere(plan: &Plan) -> (World, u32) {
    let world = World::honest(plan);
    let other = Plan {
        victim: jal(0, 4),
        ..plan.clone()
    };
    let program = other.program(false);
    let mut records = world.records.clone();
    let exit = records.ecalls.last().unwrap().pc;
    let victim = records
        .ecalls
        .iter_mut()
        .find(|call| call.pc == plan.victim_pc())
        .unwrap();
    let (pc, clk) = (victim.pc, victim.clk);
    victim.pc = exit;
    // The jump is the only instruction with x0 for a destination.
    let sink = &mut records.registers[usize::from(SINK)];
    assert_eq!(*sink, Access::default());
    *sink = Access {
        value: pc + 4,
        previous_clk: clk + 3,
    };
    records.steps[Family::Jump as usize].push(Step {
        pc,
        clk,
        result: pc + 4,
        next_pc: pc + 4,
        ..Step::default()
    });
    let statement = world.statement.clone();
    let lie = "beside the thread";
    (
        world.lying_of(lie, (&program, &program), records, statement),
        exit,
    )
}

/// Wrong histories of one table, with the pc of the instruction that is wrong.
pub fn histories(table: Table) -> Vec<(World, u32)> {
    let pc = |plan: &Plan| plan.victim_pc();
    match table {
        Table::Ecall => {
            let mut all = vec![];
            let reads_none = call(63, 0, DATA, 0, b"");
            let debugs = call(64, 1, DATA, 10, b"");
            let outputs_none = call(64, 3, DATA, 0, b"");
            let long = call(64, 1, 0xffff_f000, 4096, b"");
            for (plan, register, value) in [
                (&reads_none, 17, 5),
                (&reads_none, 17, 0x1_003f),
                (&reads_none, 10, 5),
                (&reads_none, 10, 0x1_0000),
                (&debugs, 17, 5),
                (&outputs_none, 10, 5),
                (&call(93, 7, 0, 0, b""), 17, 5),
                (&long, 12, 0x2000),
                (&long, 12, 0x2_1000),
                (
                    &call(63, 0, DATA + 2, 20, b"\x91\x02\x03\x04\x05\x06\x07"),
                    12,
                    6,
                ),
            ] {
                all.push((substituted(plan, register, value), pc(plan)));
            }
            all.push((other_instruction(&debugs), pc(&debugs)));
            let reads = call(63, 0, DATA + 1, 6, b"\x91\x02\x03\x04\x05\x06");
            all.push((nothing_moved(&reads), pc(&reads)));
            all
        }
        Table::Transfer => vec![(moved_elsewhere(), 0)],
        Table::LoadStoreWord => vec![misaligned_as_word()],
        Table::LoadStoreMisaligned => vec![aligned_as_misaligned(0), aligned_as_misaligned(1)],
        _ => vec![],
    }
}

/// Runs in which nothing is wrong but a message that is not answered, and the messages without which
/// they would balance.
pub fn unanswered(table: Table) -> Vec<(World, Vec<(Table, &'static str)>)> {
    let reads = call(63, 0, DATA + 1, 6, b"\x91\x02\x03\x04\x05\x06");
    let outputs = call(64, 3, DATA + 1, 5, b"");
    match table {
        Table::Ecall => vec![
            (nothing_moved(&reads), vec![(table, "transfer")]),
            (
                unread(&outputs, 17, 5),
                vec![(table, "a7.read"), (table, "a7.write")],
            ),
            (
                unread(&outputs, 11, EQUAL),
                vec![(table, "a1.read"), (table, "a1.write")],
            ),
            (
                unread(&outputs, 12, 3),
                vec![(table, "a2.read"), (table, "a2.write")],
            ),
            (
                stated(&reads, |statement| statement.exit_code ^= 1),
                vec![(table, "exit"), (Table::Statement, "exit")],
            ),
        ],
        Table::Transfer => {
            let debugs = call(64, 1, EQUAL, 4, b"");
            let outputs = stated(&outputs, |statement| statement.output[0] ^= 1);
            let output = ["output[0]", "output[1]", "output[2]", "output[3]"];
            let mut outputs_all: Vec<_> = output.map(|name| (table, name)).to_vec();
            outputs_all.push((Table::Statement, "output"));
            vec![
                (something_moved(&debugs), vec![(table, "transfer")]),
                (cut_short(&reads), vec![(table, "next")]),
                (outputs, outputs_all),
            ]
        }
        _ => vec![],
    }
}

/// An honest run of which something else is stated.
pub fn stated(plan: &Plan, change: impl FnOnce(&mut Statement)) -> World {
    let world = World::honest(plan);
    let mut statement = world.statement.clone();
    change(&mut statement);
    world.lying(
        "of which something else is stated",
        world.records.clone(),
        statement,
    )
}

/// A read stops after its first word.
fn cut_short(plan: &Plan) -> World {
    let world = World::honest(plan);
    let mut records = world.records.clone();
    let word = records.transfers.pop().expect("two words").word;
    records.memory.retain(|last| last.address != word.address);
    world.lying("stops after a word", records, world.statement.clone())
}

/// LW at a multiple of four, taken for one that is not: of the word there and the next one, or of the
/// word `before` it.
fn aligned_as_misaligned(before: u32) -> (World, u32) {
    let registers = [(5, EQUAL + 4), (7, 0x1111_2222)];

    let plan = plan(lw(7, 5, 0), Setup::Immediates, &registers);
    let world = World::honest(&plan);
    let mut records = world.records.clone();
    let pc = plan.victim_pc();
    let at = records
        .load_store_word
        .iter()
        .position(|load| load.step.pc == pc)
        .unwrap();
    let MemoryStep {
        step,
        words: [word],
    } = records.load_store_word.remove(at);
    let first = WordAccess {
        address: word.address - before,
        ..word
    };
    let second = WordAccess {
        address: first.address + 1,
        ..word
    };
    for word in [first, second] {
        end(&mut records, word.address, word.after, step.clk + 2);
    }
    records.load_store_misaligned.push(MemoryStep {
        step,
        words: [first, second],
    });
    let lie = format!(
        "taken for a misaligned one, of the words from {:#x}",
        first.address * 4
    );
    (world.lying(lie, records, world.statement.clone()), pc)
}

/// Sixteen writes of 4 KiB, of which the fourth and the last change places, and one of nothing that
/// mends the length: the limbs of lengths are right mod 2^16, and multiples of 2^14 stand in for
/// those of 2^16. Returns the cells that lie: row, column and 4 times the value.
pub fn reordered() -> (World, Vec<(usize, &'static str, u32)>) {
    let mut plan = call(64, 3, EQUAL, 4096, b"");
    let more = |base: u32| [addi(10, 0, 3), lui(11, base as i32), ecall()];
    // The fourth write is of other bytes than the last.
    plan.after = (1..16)
        .flat_map(|index| more(if index == 3 { DATA } else { ZEROED }))
        .collect();
    plan.after.extend([addi(10, 0, 3), addi(12, 0, 0), ecall()]);
    plan.after.extend(call(64, 3, 0, 0, b"").after);
    let world = World::honest(&plan);
    let (fourth, last) = (3 * 4096, 15 * 4096);
    let mut statement = world.statement.clone();
    for byte in 0..4096 {
        statement.output.swap(fourth + byte, last + byte);
    }
    assert_ne!(statement, world.statement);
    let mut records = world.records.clone();
    for transfer in &mut records.transfers {
        match transfer.index as usize {
            index if (fourth..fourth + 4096).contains(&index) => transfer.index += 12 * 4096,
            index if index >= last => transfer.index -= 12 * 4096,
            _ => {}
        }
    }
    let world = world.lying("writes in another order", records, statement);
    // The fourth ends at 2^16 = 2^14 + 3/4 2^16, the last one at 2^14 = 0 + 1/4 2^16.
    let cells = vec![
        (3, "output_end.hi", 3),
        (4, "output_length.value.hi", 3),
        (15, "output_end.hi", 1),
        (16, "output_length.value.hi", 1),
    ];
    (world, cells)
}

/// Memory that no program here fills.
const ZEROED: u32 = 0x4_0000;

/// The program has another instruction where the victim is.
fn other_instruction(plan: &Plan) -> World {
    let world = World::honest(plan);
    let other = Plan {
        victim: addi(0, 0, 0),
        ..plan.clone()
    };
    let (records, statement) = (world.records.clone(), world.statement.clone());
    let programs = (&world.program, &other.program(false));
    world.lying_of(
        "although the program has a NOP there",
        programs,
        records,
        statement,
    )
}

/// A read moves nothing.
fn nothing_moved(plan: &Plan) -> World {
    let world = World::honest(plan);
    let mut records = world.records.clone();
    for TransferWord { word, .. } in records.transfers.drain(..) {
        assert_eq!(word.previous_clk, 0);
        records.memory.retain(|last| last.address != word.address);
    }
    world.lying("moves nothing", records, world.statement.clone())
}

/// Debug text is taken for input of four bytes.
fn something_moved(plan: &Plan) -> World {
    let world = World::honest(plan);
    let mut records = world.records.clone();
    let clk = records.ecalls[0].clk;
    let address = EQUAL / 4;
    records.transfers.push(TransferWord {
        clk,
        is_output: false,
        word: WordAccess {
            address,
            before: 0x5a5a_5a5a,
            after: 0x0102_0304,
            previous_clk: 0,
        },
        offset: 0,
        count: 4,
        remaining: 4,
        index: 0,
    });
    end(&mut records, address, 0x0102_0304, clk + 2);
    world.lying("writes memory", records, world.statement.clone())
}

/// The last byte of a read goes to byte 3 of another word: its address is 2^31 - 1 further.
fn moved_elsewhere() -> World {
    let world = World::honest(&call(63, 0, DATA + 2, 3, b"\x01\x02\x03"));
    let mut records = world.records.clone();
    let last = records.transfers.last_mut().expect("two words");
    let (address, clk) = (DATA / 4 + (1 << 29), last.clk + 2);
    records
        .memory
        .retain(|word| word.address != last.word.address);
    let before = DATA_WORDS[0];
    let after = before & 0xff_ffff | 3 << 24;
    last.word = WordAccess {
        address,
        before,
        after,
        previous_clk: 0,
    };
    (last.offset, last.count) = (3, 1);
    end(&mut records, address, after, clk);
    world.lying(
        "moves its last byte elsewhere",
        records,
        world.statement.clone(),
    )
}

/// Sets what a word holds in the end.
fn end(records: &mut Records, address: u32, value: u32, clk: u32) {
    records.memory.retain(|word| word.address != address);
    let at = records
        .memory
        .partition_point(|word| word.address < address);
    records.memory.insert(
        at,
        FinalWord {
            address,
            value,
            clk,
        },
    );
}

/// LW at an address of remainder 1 takes the word whose address is the quotient mod p.
fn misaligned_as_word() -> (World, u32) {
    let registers = [(5, DATA + 1), (7, 0x1111_2222)];
    let plan = plan(lw(7, 5, 0), Setup::Immediates, &registers);
    let world = World::honest(&plan);
    let mut records = world.records.clone();
    let MemoryStep { mut step, words } = records.load_store_misaligned.remove(0);
    for word in words {
        records.memory.retain(|last| last.address != word.address);
    }
    let address = DATA / 4 + (1 << 29);
    let value = words[0].before;
    let word = WordAccess {
        address,
        before: value,
        after: value,
        previous_clk: 0,
    };
    step.result = value;
    records.registers[7].value = value;
    end(&mut records, address, value, step.clk + 2);
    records.load_store_word.push(MemoryStep {
        step,
        words: [word],
    });
    let lie = "takes the word at 0x80020000";
    (
        world.lying(lie, records, world.statement.clone()),
        plan.victim_pc(),
    )
}
