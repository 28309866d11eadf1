//! Recorded runs: fills [`Records`].

use crate::{
    instruction::{Form, Opcode},
    memory::{MemoryFull, Paged},
    observer::{EcallEvent, Event, Observer, Touch, Transfer},
    record::{
        Access, CLK_PER_STEP, Call, EcallStep, Family, FinalWord, INITIAL_CLK, MemoryStep, Records,
        Step, TransferWord, WordAccess,
    },
};

/// Writes down every instruction, and keeps the clk of the last access to everything.
pub(crate) struct Recorder {
    records: Records,
    clk: u32,
    register_clk: [u32; 32],
    word_clk: Paged<u32>,
    output_clk: u32,
}

impl Recorder {
    pub(crate) fn new(max_memory: u64) -> Self {
        Self {
            records: Records::default(),
            clk: INITIAL_CLK,
            register_clk: [0; 32],
            word_clk: Paged::new(max_memory),
            output_clk: 0,
        }
    }

    /// The records, with the machine as it stands at the end.
    pub(crate) fn finish(
        mut self,
        registers: [u32; 32],
        memory: &Paged<u32>,
        output_length: u32,
    ) -> Records {
        for (register, access) in self.records.registers.iter_mut().enumerate() {
            let (value, previous_clk) = (registers[register], self.register_clk[register]);
            *access = Access {
                value,
                previous_clk,
            };
        }
        self.records.output_length = Access {
            value: output_length,
            previous_clk: self.output_clk,
        };
        let accessed = self.word_clk.words().filter(|&(_, clk)| clk != 0);
        self.records.memory = accessed
            .map(|(address, clk)| FinalWord {
                address,
                value: memory.get(address),
                clk,
            })
            .collect();
        self.records.final_clk = self.clk;
        self.records
    }

    #[inline(always)]
    fn advance(&mut self) {
        self.clk += CLK_PER_STEP;
    }

    /// An access to a register in the slot `clk + slot`.
    #[inline(always)]
    fn register(&mut self, register: u8, value: u32, slot: u32) -> Access {
        let place = &mut self.register_clk[usize::from(register % 32)];
        Access {
            value,
            previous_clk: core::mem::replace(place, self.clk + slot),
        }
    }

    /// An access to a word in the slot `clk + 2`.
    #[inline(always)]
    fn word(&mut self, word: Touch) -> Result<WordAccess, MemoryFull> {
        let Touch {
            address,
            before,
            after,
        } = word;
        let place = self.word_clk.slot(address)?;
        let previous_clk = core::mem::replace(place, self.clk + 2);
        Ok(WordAccess {
            address,
            before,
            after,
            previous_clk,
        })
    }

    #[inline(always)]
    fn registers(&mut self, event: Event) -> Step {
        let Event {
            pc,
            instruction,
            rs1,
            rs2,
            rd,
            result,
            next_pc,
        } = event;
        let mut step = Step {
            pc,
            clk: self.clk,
            result,
            next_pc,
            ..Step::default()
        };
        if instruction.opcode != Opcode::Jal {
            step.rs1 = self.register(instruction.rs1, rs1, 0);
        }
        if matches!(
            instruction.opcode.form(),
            Form::Register | Form::Store | Form::Branch
        ) {
            step.rs2 = self.register(instruction.rs2, rs2, 1);
        }
        if instruction.rd != 0 {
            step.rd = self.register(instruction.rd, rd, 3);
        }
        step
    }
}

impl Observer for Recorder {
    #[inline(always)]
    fn step(&mut self, family: Family, event: Event) {
        let step = self.registers(event);
        self.records.steps[family as usize].push(step);
        self.advance();
    }

    #[inline(always)]
    fn memory_step<const N: usize>(
        &mut self,
        family: Family,
        event: Event,
        words: [Touch; N],
    ) -> Result<(), MemoryFull> {
        let step = self.registers(event);
        let mut accesses = [WordAccess::default(); N];
        for (access, word) in accesses.iter_mut().zip(words) {
            *access = self.word(word)?;
        }
        match (family, accesses.as_slice()) {
            (Family::LoadStoreWord, &[word]) => {
                self.records.load_store_word.push(MemoryStep {
                    step,
                    words: [word],
                });
            }
            (_, &[word]) => {
                self.records.load_store_subword.push(MemoryStep {
                    step,
                    words: [word],
                });
            }
            (_, &[first, second]) => {
                let words = [first, second];
                self.records
                    .load_store_misaligned
                    .push(MemoryStep { step, words });
            }
            _ => unreachable!("an instruction touches one or two words"),
        }
        self.advance();
        Ok(())
    }

    fn transfer(&mut self, transfer: Transfer) -> Result<(), MemoryFull> {
        let Transfer {
            is_output,
            word,
            offset,
            count,
            remaining,
            index,
        } = transfer;
        let word = self.word(word)?;
        let clk = self.clk;
        let transfer = TransferWord {
            clk,
            is_output,
            word,
            offset,
            count,
            remaining,
            index,
        };
        self.records.transfers.push(transfer);
        Ok(())
    }

    fn ecall(&mut self, event: EcallEvent) {
        let mut output_length = Access::default();
        if event.call == Call::WriteOutput {
            output_length.value = event.output_length;
            output_length.previous_clk = core::mem::replace(&mut self.output_clk, self.clk + 2);
        }
        let step = EcallStep {
            pc: event.pc,
            clk: self.clk,
            call: event.call,
            a7: self.register(17, event.a7, 0),
            a0: self.register(10, event.a0, 3),
            a1: self.register(11, event.a1, 0),
            a2: self.register(12, event.a2, 0),
            result: event.result,
            output_length,
        };
        self.records.ecalls.push(step);
        self.advance();
    }
}
