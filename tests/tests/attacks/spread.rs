//! Carrying a wrong value on, from the place where it is written to everywhere that it goes.

use zonda::Statement;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::{Access, Call, FinalWord, Records, Step},
};

/// All steps but ECALLs.
pub fn steps(records: &mut Records) -> Vec<&mut Step> {
    let mut steps: Vec<&mut Step> = records.steps.iter_mut().flatten().collect();
    steps.extend(records.load_store_word.iter_mut().map(|m| &mut m.step));
    steps.extend(records.load_store_subword.iter_mut().map(|m| &mut m.step));
    steps.extend(
        records
            .load_store_misaligned
            .iter_mut()
            .map(|m| &mut m.step),
    );
    steps
}

/// Whoever finds the value `old` written at `clk` finds `new`, and so do those who find what that
/// one leaves: readers, LW, SW, ECALLs, transfers, and the end of the run. Computations on the value
/// keep their results.
pub fn spread(
    records: &mut Records,
    statement: &mut Statement,
    instruction: &dyn Fn(u32) -> Instruction,
    clk: u32,
    old: u32,
    new: u32,
) {
    let mut written = vec![clk];
    while let Some(clk) = written.pop() {
        let found = |access: &mut Access| {
            let found = access.previous_clk == clk && access.value == old;
            if found {
                access.value = new;
            }
            found
        };
        for memory in &mut records.load_store_word {
            let (step, word) = (&mut memory.step, &mut memory.words[0]);
            let is_store = instruction(step.pc).opcode == Opcode::Sw;
            if is_store && step.rs2.previous_clk == clk && step.rs2.value == old {
                word.after = new;
                written.push(step.clk + 2);
            }
            if word.previous_clk == clk && word.before == old {
                word.before = new;
                if !is_store {
                    (word.after, step.result) = (new, new);
                    written.extend([step.clk + 2, step.clk + 3]);
                }
            }
        }
        for step in steps(records) {
            if found(&mut step.rs1) {
                written.push(step.clk);
            }
            if found(&mut step.rs2) {
                written.push(step.clk + 1);
            }
            found(&mut step.rd);
        }
        for ecall in &mut records.ecalls {
            for access in [&mut ecall.a7, &mut ecall.a1, &mut ecall.a2] {
                if found(access) {
                    written.push(ecall.clk);
                }
            }
            if found(&mut ecall.a0) && ecall.call == Call::Exit {
                (ecall.result, statement.exit_code) = (new, new);
                written.push(ecall.clk + 3);
            }
        }
        for transfer in &mut records.transfers {
            let word = &mut transfer.word;
            if word.previous_clk == clk && word.before == old && transfer.is_output {
                (word.before, word.after) = (new, new);
                // All words of a transfer share a clk: this one only is left like that.
                let left = |last: &&mut FinalWord| {
                    last.address == word.address && last.clk == transfer.clk + 2
                };
                if let Some(last) = records.memory.iter_mut().find(left) {
                    last.value = new;
                }
                let bytes = new.to_le_bytes();
                for i in 0..transfer.count {
                    let byte = bytes[usize::from(transfer.offset + i)];
                    statement.output[transfer.index as usize + usize::from(i)] = byte;
                }
            }
        }
        records.registers.iter_mut().for_each(|last| {
            found(last);
        });
        for word in &mut records.memory {
            if word.clk == clk && word.value == old {
                word.value = new;
            }
        }
    }
}
