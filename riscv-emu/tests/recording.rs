//! Records describe a run completely: checked as the circuits will use them, by putting accesses in
//! the order of their clk and following every value, knowing nothing of the interpreter.

use std::error::Error;

use common::{
    WINDOW, random_program,
    records::{Before, check},
};
use zonda_riscv_emu::{
    execute::{Discard, Options, Outcome, execute, execute_metered, execute_recorded},
    program::Program,
    record::*,
    testing::*,
};

mod common;

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
    check(&program, &Before::reset(&program), &records);
    assert_eq!(u64::from(records.final_clk), 1 + 4 * outcome.cycles);
    assert_eq!(records.final_pc, None);
    assert_eq!(records.output_length.value as usize, outcome.output.len());
    assert_eq!(
        meter.instructions,
        Family::ALL.map(|family| records.count(family) as u64)
    );
    assert_eq!(meter.cycles(), outcome.cycles);
    assert_eq!(meter.touched_words, records.memory.len() as u64);
    assert_eq!(
        meter.served(Service::Transfer),
        records.transfers.len() as u64
    );
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
    // In the register that stands for x0.
    assert_eq!((step.rd, step.result), (access(0, 0), 14));
    assert_eq!(records.registers[usize::from(SINK)], access(14, 12));
    assert_eq!(records.registers[0].value, 0);
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
    let (outcome, records) = record(&elf_without_holes(&words), &[])?;
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
