//! Recorded runs: fills [`Records`].

use crate::{
    allocate,
    instruction::{Form, Opcode},
    interpreter::Stop,
    observer::{EcallEvent, Event, Observer, Served, Touch, Transfer},
    record::{
        Access, CLK_PER_STEP, Call, EcallStep, Family, INITIAL_CLK, MemoryStep, REGISTERS, Records,
        SINK, Service, Step, TransferWord, WordAccess, destination,
    },
};

/// Writes down every instruction, and keeps the clk of the last access to everything.
///
/// The note of a word is the clk of its last access. Before the first one it is 0, or, if words are
/// `LISTED` and no others may be accessed, [`LISTED_CLK`].
pub(crate) struct Recorder<const LISTED: bool> {
    /// The records made since they were last taken.
    pub(crate) records: Records,
    clk: u32,
    register_clk: [u32; REGISTERS],
    output_clk: u32,
    /// How many more records each service may leave.
    pub(crate) services_left: [usize; Service::ALL.len()],
}

/// The note of a listed word before its first access: the clk of no access.
pub(crate) const LISTED_CLK: u32 = INITIAL_CLK;

impl<const LISTED: bool> Recorder<LISTED> {
    /// At the start of a run or a shard.
    pub(crate) fn new(services: [usize; Service::ALL.len()]) -> Self {
        Self {
            records: Records::default(),
            clk: INITIAL_CLK,
            register_clk: [0; REGISTERS],
            output_clk: 0,
            services_left: services,
        }
    }

    /// Writes down everything but instructions, services and memory, as it stands at the end.
    pub(crate) fn finish(
        &self,
        records: &mut Records,
        registers: &[u32; REGISTERS],
        output_length: u32,
    ) {
        for (register, access) in records.registers.iter_mut().enumerate() {
            let (value, previous_clk) = (registers[register], self.register_clk[register]);
            *access = Access {
                value,
                previous_clk,
            };
        }
        records.output_length = Access {
            value: output_length,
            previous_clk: self.output_clk,
        };
        records.final_clk = self.clk;
    }

    #[inline(always)]
    fn advance(&mut self) {
        self.clk += CLK_PER_STEP;
    }

    /// An access to a register in the slot `clk + slot`.
    #[inline(always)]
    fn register(&mut self, register: u8, value: u32, slot: u32) -> Access {
        let place = &mut self.register_clk[usize::from(register.min(SINK))];
        Access {
            value,
            previous_clk: core::mem::replace(place, self.clk + slot),
        }
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
        if instruction.opcode.form().has_destination() {
            step.rd = self.register(destination(instruction.rd), rd, 3);
        }
        step
    }
}

impl<const LISTED: bool> Observer for Recorder<LISTED> {
    type Note = u32;

    #[inline(always)]
    fn touch(&mut self, address: u32, _: u32, clk: &mut u32) -> Result<u32, Stop> {
        match core::mem::replace(clk, self.clk + 2) {
            0 if LISTED => Err(Stop::Unlisted { address }),
            LISTED_CLK => Ok(0),
            previous_clk => Ok(previous_clk),
        }
    }

    #[inline(always)]
    fn step(&mut self, family: Family, event: Event) {
        let step = self.registers(event);
        self.records.steps[family as usize].push(step);
        self.advance();
    }

    #[inline(always)]
    fn memory_step<const N: usize>(&mut self, family: Family, event: Event, words: [Touch; N]) {
        let step = self.registers(event);
        match (family, words.map(word_access).as_slice()) {
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
    }

    fn serve(&mut self, served: Served) -> Result<(), Stop> {
        let service = served.service();
        let left = &mut self.services_left[service as usize];
        *left = left.checked_sub(1).ok_or(Stop::Served(service))?;
        let Served::Transfer(Transfer {
            is_output,
            word,
            offset,
            count,
            remaining,
            index,
        }) = served;
        let transfer = TransferWord {
            clk: self.clk,
            is_output,
            word: word_access(word),
            offset,
            count,
            remaining,
            index,
        };
        allocate::push(&mut self.records.transfers, transfer).map_err(Stop::OutOfMemory)
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

#[inline(always)]
fn word_access(word: Touch) -> WordAccess {
    WordAccess {
        address: word.address,
        before: word.before,
        after: word.after,
        previous_clk: word.previous,
    }
}
