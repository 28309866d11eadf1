//! Records say everything of a run: checked as the circuits will use them, by putting accesses in
//! the order of their clk and following every value, knowing nothing of the interpreter.

use std::{collections::BTreeMap, error::Error};

use common::{WINDOW, random_program};
use zonda_riscv_emu::{
    execute::{Discard, Options, Outcome, execute, execute_metered, execute_recorded},
    instruction::{Form, Instruction, Opcode},
    program::Program,
    record::*,
    testing::*,
};

mod common;

/// An access: where, when, the value before and after, and the clk that it claims came before.
type Timed = (Place, u32, u32, u32, u32);

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Place {
    Register(u8),
    Word(u32),
    OutputLength,
}

fn word(access: WordAccess, clk: u32) -> Timed {
    let WordAccess {
        address,
        before,
        after,
        previous_clk,
    } = access;
    (Place::Word(address), clk + 2, before, after, previous_clk)
}

/// The accesses to registers that this instruction must have made, and no others.
fn register_accesses(program: &Program, step: &Step, accesses: &mut Vec<Timed>) {
    let Some(Ok(instruction)) = program.instruction(step.pc) else {
        panic!("{:#x} is no instruction", step.pc)
    };
    let Instruction {
        opcode,
        rd,
        rs1,
        rs2,
        ..
    } = instruction;
    let form = opcode.form();
    let read = |register, slot, access: Access| {
        let Access {
            value,
            previous_clk,
        } = access;
        (
            Place::Register(register),
            step.clk + slot,
            value,
            value,
            previous_clk,
        )
    };
    match form {
        Form::Jump => assert_eq!(step.rs1, Access::default()),
        Form::Upper | Form::Fence => accesses.push(read(0, 0, step.rs1)),
        _ => accesses.push(read(rs1, 0, step.rs1)),
    }
    match form {
        Form::Register | Form::Store | Form::Branch => accesses.push(read(rs2, 1, step.rs2)),
        _ => assert_eq!(step.rs2, Access::default()),
    }
    if rd == 0 || form == Form::Fence {
        assert_eq!((step.rd, step.result), (Access::default(), 0));
    } else {
        let Access {
            value,
            previous_clk,
        } = step.rd;
        let place = Place::Register(rd);
        accesses.push((place, step.clk + 3, value, step.result, previous_clk));
    }
}

/// Checks records against the program and the outcome.
fn check(program: &Program, outcome: &Outcome, records: &Records) {
    let mut accesses = Vec::new();
    let mut states = BTreeMap::new();
    let mut step = |accesses: &mut Vec<Timed>, step: &Step| {
        register_accesses(program, step, accesses);
        assert!(
            states
                .insert(step.clk, (step.pc, Some(step.next_pc)))
                .is_none()
        );
    };
    for (family, steps) in Family::ALL.into_iter().zip(&records.steps) {
        for one in steps {
            step(&mut accesses, one);
            let opcode = program
                .instruction(one.pc)
                .and_then(Result::ok)
                .map(|i| i.opcode);
            assert_eq!(opcode.map(family_of), Some(Some(family)));
        }
    }
    for one in records
        .load_store_word
        .iter()
        .chain(&records.load_store_subword)
    {
        step(&mut accesses, &one.step);
        accesses.push(word(one.words[0], one.step.clk));
    }
    for one in &records.load_store_misaligned {
        step(&mut accesses, &one.step);
        assert_eq!(one.words[1].address, (one.words[0].address + 1) % (1 << 30));
        accesses.extend(one.words.map(|access| word(access, one.step.clk)));
    }
    for one in &records.ecalls {
        let next_pc = (one.call != Call::Exit).then_some(one.pc + 4);
        assert!(states.insert(one.clk, (one.pc, next_pc)).is_none());
        for (register, slot, access) in [(17, 0, one.a7), (11, 0, one.a1), (12, 0, one.a2)] {
            let Access {
                value,
                previous_clk,
            } = access;
            let place = Place::Register(register);
            accesses.push((place, one.clk + slot, value, value, previous_clk));
        }
        let Access {
            value,
            previous_clk,
        } = one.a0;
        accesses.push((
            Place::Register(10),
            one.clk + 3,
            value,
            one.result,
            previous_clk,
        ));
        let Access {
            value,
            previous_clk,
        } = one.output_length;
        if one.call == Call::WriteOutput {
            let after = value + one.result;
            accesses.push((Place::OutputLength, one.clk + 2, value, after, previous_clk));
        } else {
            assert_eq!(one.output_length, Access::default());
        }
    }
    accesses.extend(
        records
            .transfers
            .iter()
            .map(|transfer| word(transfer.word, transfer.clk)),
    );

    // The thread of states: from the entry to the one exit, without a gap.
    let mut expected = (INITIAL_CLK, Some(program.entry()));
    for (clk, (pc, next)) in states {
        assert_eq!((clk, Some(pc)), expected);
        expected = (clk + CLK_PER_STEP, next);
    }
    assert_eq!(expected, (records.final_clk, None));
    assert_eq!(u64::from(records.final_clk), 1 + 4 * outcome.cycles);

    // Every place, from its initial value to its final one.
    accesses.sort_by_key(|&(place, clk, ..)| (clk, place));
    let mut now: BTreeMap<Place, (u32, u32)> = BTreeMap::new();
    now.extend(
        program
            .image_words()
            .map(|(address, value)| (Place::Word(address), (value, 0))),
    );
    for (place, clk, before, after, previous_clk) in accesses {
        let (value, last) = now.insert(place, (after, clk)).unwrap_or_default();
        assert_eq!((before, previous_clk), (value, last), "{place:?} at {clk}");
        assert!(last < clk, "{place:?} twice at {clk}");
    }
    for (register, access) in (0..).zip(records.registers) {
        let (value, clk) = now
            .get(&Place::Register(register))
            .copied()
            .unwrap_or_default();
        assert_eq!(
            (access.value, access.previous_clk),
            (value, clk),
            "x{register}"
        );
    }
    assert_eq!(records.registers[0].value, 0);
    let (length, clk) = now.get(&Place::OutputLength).copied().unwrap_or_default();
    assert_eq!(
        records.output_length,
        Access {
            value: length,
            previous_clk: clk
        }
    );
    assert_eq!(outcome.output.len() as u32, length);
    let accessed: Vec<_> = now
        .into_iter()
        .filter_map(|(place, (value, clk))| match place {
            Place::Word(address) if clk != 0 => Some(FinalWord {
                address,
                value,
                clk,
            }),
            _ => None,
        })
        .collect();
    assert_eq!(records.memory, accessed);
}

fn family_of(opcode: Opcode) -> Option<Family> {
    Some(match opcode {
        Opcode::Add | Opcode::Sub => Family::AddSub,
        Opcode::Addi | Opcode::Lui | Opcode::Auipc | Opcode::Fence => Family::AddImmediate,
        Opcode::Xor | Opcode::Or | Opcode::And => Family::Bitwise,
        Opcode::Xori | Opcode::Ori | Opcode::Andi => Family::BitwiseImmediate,
        Opcode::Sll | Opcode::Srl | Opcode::Sra => Family::Shift,
        Opcode::Slli | Opcode::Srli | Opcode::Srai => Family::ShiftImmediate,
        Opcode::Slt | Opcode::Sltu => Family::SetLessThan,
        Opcode::Slti | Opcode::Sltiu => Family::SetLessThanImmediate,
        Opcode::Jal | Opcode::Jalr => Family::Jump,
        Opcode::Mul | Opcode::Mulh | Opcode::Mulhsu | Opcode::Mulhu => Family::Multiply,
        Opcode::Div | Opcode::Divu | Opcode::Rem | Opcode::Remu => Family::Divide,
        _ if opcode.form() == Form::Branch => Family::Branch,
        _ => return None,
    })
}

/// All three modes, which must agree; the records are checked.
fn record(elf: &[u8], input: &[u8]) -> Result<(Outcome, Records), Box<dyn Error>> {
    let program = Program::from_elf(elf)?;
    let options = Options {
        max_cycles: Some(1 << 20),
        ..Options::default()
    };
    let silent = execute(&program, input, &options, &mut Discard)?;
    let (metered, meter) = execute_metered(&program, input, &options, &mut Discard)?;
    let (outcome, records) = execute_recorded(&program, input, &options, &mut Discard)?;
    assert_eq!(silent, outcome);
    assert_eq!(metered, outcome);
    check(&program, &outcome, &records);
    let mut counts = [0; Family::ALL.len()];
    for (count, steps) in counts.iter_mut().zip(&records.steps) {
        *count = steps.len() as u64;
    }
    counts[Family::LoadStoreWord as usize] = records.load_store_word.len() as u64;
    counts[Family::LoadStoreSubword as usize] = records.load_store_subword.len() as u64;
    counts[Family::LoadStoreMisaligned as usize] = records.load_store_misaligned.len() as u64;
    counts[Family::Ecall as usize] = records.ecalls.len() as u64;
    assert_eq!(meter.instructions, counts);
    assert_eq!(meter.cycles(), outcome.cycles);
    assert_eq!(meter.touched_words, records.memory.len() as u64);
    assert_eq!(meter.transferred_words, records.transfers.len() as u64);
    Ok((outcome, records))
}

#[test]
fn random_programs() -> Result<(), Box<dyn Error>> {
    for seed in 1000..1100 {
        record(&random_program(seed, 300), &[]).map_err(|error| format!("seed {seed}: {error}"))?;
    }
    Ok(())
}

/// One register as everything, and x0 as a source and a destination.
#[test]
fn accesses_of_one_instruction() -> Result<(), Box<dyn Error>> {
    let mut words = vec![addi(5, 0, 7), add(5, 5, 5), add(0, 5, 0)];
    words.extend(exit(0));
    let (_, records) = record(&elf(&words), &[])?;
    let access = |value, previous_clk| Access {
        value,
        previous_clk,
    };
    let step = records.steps[Family::AddSub as usize][0];
    assert_eq!(
        (step.clk, step.rs1, step.rs2),
        (5, access(7, 4), access(7, 5))
    );
    assert_eq!((step.rd, step.result), (access(7, 6), 14));
    let step = records.steps[Family::AddSub as usize][1];
    assert_eq!(
        (step.clk, step.rs1, step.rs2),
        (9, access(14, 8), access(0, 1))
    );
    assert_eq!((step.rd, step.result), (Access::default(), 0));
    Ok(())
}

/// Misaligned accesses, one across the end of memory and one within a word.
#[test]
fn misaligned_accesses() -> Result<(), Box<dyn Error>> {
    let mut words = li(5, 0xffff_fffe).to_vec();
    words.extend(li(6, 0xddcc_bbaa));
    words.extend([
        sw(6, 5, 0),
        lhu(7, 5, 1),
        lw(8, 5, 2),
        lhu(9, 5, -1),
        sb(6, 5, 1),
    ]);
    words.extend([addi(10, 7, 0), addi(17, 0, 93), ecall()]);
    let (outcome, records) = record(&elf(&words), &[])?;
    assert_eq!(outcome.exit_code, 0xccbb);
    let touched: Vec<_> = records
        .load_store_misaligned
        .iter()
        .map(|one| {
            one.words
                .map(|word| (word.address, word.before, word.after))
        })
        .collect();
    let (last, low, high) = ((1 << 30) - 1, 0xbbaa_0000, 0xddcc);
    assert_eq!(touched[0], [(last, 0, low), (0, 0, high)]);
    assert_eq!(touched[1], [(last, low, low), (0, high, high)]);
    // Both bytes in the first word; the second is touched all the same.
    assert_eq!(touched[2], [(last, low, low), (0, high, high)]);
    assert_eq!(
        (
            records.load_store_word.len(),
            records.load_store_subword.len()
        ),
        (1, 1)
    );
    assert_eq!(records.load_store_subword[0].words[0].after, 0xaaaa_0000);
    Ok(())
}

/// Transfers at all alignments and many lengths: the words moved are the bytes moved.
#[test]
fn transfers() -> Result<(), Box<dyn Error>> {
    let input: Vec<u8> = (0..20_000_u32).map(|i| (i * 7 + i / 256) as u8).collect();
    for pointer in 0..4 {
        for length in [0, 1, 2, 3, 4, 5, 8, 4095, 4096, 4097, 10_000] {
            let mut words = Vec::new();
            for _ in 0..2 {
                words.extend(call(63, 0, WINDOW + pointer, length));
                words.extend(call(64, 3, WINDOW + pointer, length));
                words.extend(call(64, 2, WINDOW, 8));
            }
            words.extend(exit(0));
            let (outcome, records) = record(&elf(&words), &input)?;
            let moved = 2 * length.min(4096) as usize;
            assert_eq!((outcome.input_read, outcome.output.len()), (moved, moved));
            assert_eq!(outcome.output, input[..moved]);
            let mut bytes = [Vec::new(), Vec::new()];
            for transfer in &records.transfers {
                let TransferWord {
                    is_output,
                    word,
                    offset,
                    count,
                    ..
                } = *transfer;
                let places = usize::from(offset)..usize::from(offset + count);
                let bytes = &mut bytes[usize::from(is_output)];
                if is_output {
                    assert_eq!(transfer.index as usize, bytes.len());
                    assert_eq!(word.before, word.after);
                } else {
                    assert_eq!(transfer.index, 0);
                }
                let done = bytes.len() as u32 % length.clamp(1, 4096);
                assert_eq!(transfer.remaining, length.min(4096) - done);
                bytes.extend_from_slice(&word.after.to_le_bytes()[places]);
            }
            assert_eq!(bytes, [outcome.output.clone(), outcome.output]);
        }
    }
    Ok(())
}
