//! The machine's loop: fetch, execute by the functions of [`crate::semantics`], report to the observer.

use crate::{
    allocate::OutOfMemory,
    ecall::Streams,
    error::{ExecuteError, TrapKind},
    execute::{Host, Options, error, location},
    hole::{self, Hole},
    instruction::{Instruction, Opcode},
    memory::{NoPage, Paged, Word},
    observer::{Event, Observer, Touch},
    program::Program,
    record::{Family, REGISTERS, Service, destination},
    semantics::{
        Alu, Condition, Divide, Load, Multiply, Store, alu, branch_taken, divide,
        effective_address, jalr_target, load, multiply, store,
    },
};

/// The machine during a run.
pub(crate) struct Machine<'a, O: Observer> {
    pub(crate) registers: [u32; REGISTERS],
    pub(crate) memory: Paged<Word<O::Note>>,
    pub(crate) streams: Streams<'a>,
    pub(crate) observer: O,
}

/// Why the machine stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    Exit {
        code: u32,
    },
    Trap(TrapKind),
    CycleLimit,
    /// This word lies in a hole. [`Machine::run`] makes a trap of it.
    Hole {
        address: u32,
        hole: Hole,
    },
    /// There may be no page for this word.
    MemoryLimit {
        address: u32,
    },
    OutputLimit,
    /// The host has no memory left.
    OutOfMemory(OutOfMemory),
    /// An ECALL was executed, after which the observer wants to pause.
    Ecall {
        next_pc: u32,
    },
    /// The observer does not allow the word.
    Unlisted {
        address: u32,
    },
    /// The observer does not allow more records of a service.
    Served(Service),
}

impl NoPage {
    /// There is no page for this word.
    #[cold]
    fn stop(self, address: u32) -> Stop {
        match self {
            Self::Hole(hole) => Stop::Hole { address, hole },
            Self::Limit => Stop::MemoryLimit { address },
            Self::Host(refused) => Stop::OutOfMemory(refused),
        }
    }
}

/// Where it stopped, and after how many instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopped {
    pub(crate) stop: Stop,
    pub(crate) pc: u32,
    pub(crate) cycles: u64,
}

impl<'a, O: Observer> Machine<'a, O> {
    /// A machine at reset, with the image in its memory.
    pub(crate) fn load(
        program: &Program,
        input: &'a [u8],
        options: &Options,
        observer: O,
    ) -> Result<Self, ExecuteError> {
        let mut memory = Paged::<Word<O::Note>>::new(options.max_memory, program.holes())?;
        for (address, word) in program.image_words() {
            let none = |none: NoPage| {
                let at = location(program, program.entry());
                error(none.stop(address), at, 0, options)
            };
            memory.slot(address).map_err(none)?.value = word;
        }
        Ok(Self {
            registers: [0; REGISTERS],
            memory,
            streams: Streams::new(input, options.max_output),
            observer,
        })
    }

    /// Runs from `pc`, a multiple of 4, until something stops the machine.
    pub(crate) fn run(
        &mut self,
        program: &Program,
        mut pc: u32,
        max_cycles: u64,
        host: &mut dyn Host,
    ) -> Stopped {
        let mut cycles = 0;
        let (mut base, mut first, mut words) = (0, 0, [].as_slice());
        loop {
            // The observer learns nothing of an instruction past the last one, not even that it is
            // missing.
            if cycles == max_cycles {
                return Stopped {
                    stop: Stop::CycleLimit,
                    pc,
                    cycles,
                };
            }
            // Neither `pc` nor `base` is ever anything but a multiple of 4.
            let place = (pc.wrapping_sub(base) / 4) as usize;
            let Some(&word) = words.get(place) else {
                let Some(range) = program.text_range(pc) else {
                    return Stopped {
                        stop: Stop::Trap(TrapKind::FetchOutsideText),
                        pc,
                        cycles,
                    };
                };
                (base, first, words) = (range.pc, range.first, &range.words);
                continue;
            };
            cycles += 1;
            self.observer.fetch(first + place);
            let next = match word {
                Ok(instruction) => self.execute(pc, instruction, host),
                Err(word) => Err(Stop::Trap(TrapKind::IllegalInstruction { word })),
            };
            match next {
                Ok(next) => pc = next,
                Err(stop) => {
                    let stop = match (stop, word) {
                        (Stop::Hole { address, hole }, Ok(i)) => {
                            Stop::Trap(hole::trap(program, i, &self.registers, address, hole))
                        }
                        (stop, _) => stop,
                    };
                    return Stopped { stop, pc, cycles };
                }
            }
        }
    }

    /// Executes one instruction and yields the address of the next.
    #[inline(always)]
    fn execute(&mut self, pc: u32, i: Instruction, host: &mut dyn Host) -> Result<u32, Stop> {
        Ok(match i.opcode {
            Opcode::Lui => self.constant(pc, i, i.imm as u32),
            Opcode::Auipc => self.constant(pc, i, pc.wrapping_add_signed(i.imm)),
            Opcode::Fence => self.constant(pc, Instruction { rd: 0, rs1: 0, ..i }, 0),
            Opcode::Jal => return self.jal(pc, i),
            Opcode::Jalr => return self.jalr(pc, i),
            Opcode::Beq => return self.branch(pc, i, Condition::Eq),
            Opcode::Bne => return self.branch(pc, i, Condition::Ne),
            Opcode::Blt => return self.branch(pc, i, Condition::Lt),
            Opcode::Bge => return self.branch(pc, i, Condition::Ge),
            Opcode::Bltu => return self.branch(pc, i, Condition::Ltu),
            Opcode::Bgeu => return self.branch(pc, i, Condition::Geu),
            Opcode::Lb => return self.load_bytes(pc, i, Load::Lb),
            Opcode::Lh => return self.load_bytes(pc, i, Load::Lh),
            Opcode::Lw => return self.load_bytes(pc, i, Load::Lw),
            Opcode::Lbu => return self.load_bytes(pc, i, Load::Lbu),
            Opcode::Lhu => return self.load_bytes(pc, i, Load::Lhu),
            Opcode::Sb => return self.store_bytes(pc, i, Store::Sb),
            Opcode::Sh => return self.store_bytes(pc, i, Store::Sh),
            Opcode::Sw => return self.store_bytes(pc, i, Store::Sw),
            Opcode::Addi => self.immediate(pc, i, Family::AddImmediate, Alu::Add),
            Opcode::Slti => self.immediate(pc, i, Family::SetLessThanImmediate, Alu::Slt),
            Opcode::Sltiu => self.immediate(pc, i, Family::SetLessThanImmediate, Alu::Sltu),
            Opcode::Xori => self.immediate(pc, i, Family::BitwiseImmediate, Alu::Xor),
            Opcode::Ori => self.immediate(pc, i, Family::BitwiseImmediate, Alu::Or),
            Opcode::Andi => self.immediate(pc, i, Family::BitwiseImmediate, Alu::And),
            Opcode::Slli => self.immediate(pc, i, Family::ShiftImmediate, Alu::Sll),
            Opcode::Srli => self.immediate(pc, i, Family::ShiftImmediate, Alu::Srl),
            Opcode::Srai => self.immediate(pc, i, Family::ShiftImmediate, Alu::Sra),
            Opcode::Add => self.register(pc, i, Family::AddSub, |a, b| alu(Alu::Add, a, b)),
            Opcode::Sub => self.register(pc, i, Family::AddSub, |a, b| alu(Alu::Sub, a, b)),
            Opcode::Sll => self.register(pc, i, Family::Shift, |a, b| alu(Alu::Sll, a, b)),
            Opcode::Slt => self.register(pc, i, Family::SetLessThan, |a, b| alu(Alu::Slt, a, b)),
            Opcode::Sltu => self.register(pc, i, Family::SetLessThan, |a, b| alu(Alu::Sltu, a, b)),
            Opcode::Xor => self.register(pc, i, Family::Bitwise, |a, b| alu(Alu::Xor, a, b)),
            Opcode::Srl => self.register(pc, i, Family::Shift, |a, b| alu(Alu::Srl, a, b)),
            Opcode::Sra => self.register(pc, i, Family::Shift, |a, b| alu(Alu::Sra, a, b)),
            Opcode::Or => self.register(pc, i, Family::Bitwise, |a, b| alu(Alu::Or, a, b)),
            Opcode::And => self.register(pc, i, Family::Bitwise, |a, b| alu(Alu::And, a, b)),
            Opcode::Mul => self.multiply(pc, i, Multiply::Mul),
            Opcode::Mulh => self.multiply(pc, i, Multiply::Mulh),
            Opcode::Mulhsu => self.multiply(pc, i, Multiply::Mulhsu),
            Opcode::Mulhu => self.multiply(pc, i, Multiply::Mulhu),
            Opcode::Div => self.divide(pc, i, Divide::Div),
            Opcode::Divu => self.divide(pc, i, Divide::Divu),
            Opcode::Rem => self.divide(pc, i, Divide::Rem),
            Opcode::Remu => self.divide(pc, i, Divide::Remu),
            Opcode::Ecall => return self.ecall(pc, host),
        })
    }

    /// LUI, AUIPC, FENCE: the result is known from the program.
    #[inline(always)]
    fn constant(&mut self, pc: u32, i: Instruction, result: u32) -> u32 {
        self.finish(
            Family::AddImmediate,
            pc,
            i,
            [0, 0],
            result,
            pc.wrapping_add(4),
        )
    }

    #[inline(always)]
    fn immediate(&mut self, pc: u32, i: Instruction, family: Family, operation: Alu) -> u32 {
        let rs1 = self.read(i.rs1);
        let result = alu(operation, rs1, i.imm as u32);
        self.finish(family, pc, i, [rs1, 0], result, pc.wrapping_add(4))
    }

    #[inline(always)]
    fn register(
        &mut self,
        pc: u32,
        i: Instruction,
        family: Family,
        operation: impl Fn(u32, u32) -> u32,
    ) -> u32 {
        let (rs1, rs2) = (self.read(i.rs1), self.read(i.rs2));
        self.finish(
            family,
            pc,
            i,
            [rs1, rs2],
            operation(rs1, rs2),
            pc.wrapping_add(4),
        )
    }

    #[inline(always)]
    fn multiply(&mut self, pc: u32, i: Instruction, operation: Multiply) -> u32 {
        self.register(pc, i, Family::Multiply, |rs1, rs2| {
            multiply(operation, rs1, rs2)
        })
    }

    #[inline(always)]
    fn divide(&mut self, pc: u32, i: Instruction, operation: Divide) -> u32 {
        self.register(pc, i, Family::Divide, |rs1, rs2| {
            divide(operation, rs1, rs2)
        })
    }

    #[inline(always)]
    fn branch(&mut self, pc: u32, i: Instruction, condition: Condition) -> Result<u32, Stop> {
        let (rs1, rs2) = (self.read(i.rs1), self.read(i.rs2));
        let next_pc = match branch_taken(condition, rs1, rs2) {
            true => aligned(pc.wrapping_add_signed(i.imm))?,
            false => pc.wrapping_add(4),
        };
        Ok(self.finish(Family::Branch, pc, i, [rs1, rs2], 0, next_pc))
    }

    #[inline(always)]
    fn jal(&mut self, pc: u32, i: Instruction) -> Result<u32, Stop> {
        let target = aligned(pc.wrapping_add_signed(i.imm))?;
        Ok(self.finish(Family::Jump, pc, i, [0, 0], pc.wrapping_add(4), target))
    }

    #[inline(always)]
    fn jalr(&mut self, pc: u32, i: Instruction) -> Result<u32, Stop> {
        let rs1 = self.read(i.rs1);
        let target = aligned(jalr_target(rs1, i.imm))?;
        Ok(self.finish(Family::Jump, pc, i, [rs1, 0], pc.wrapping_add(4), target))
    }

    #[inline(always)]
    fn load_bytes(&mut self, pc: u32, i: Instruction, operation: Load) -> Result<u32, Stop> {
        let rs1 = self.read(i.rs1);
        let address = effective_address(rs1, i.imm);
        let (family, size) = match operation {
            Load::Lb | Load::Lbu => (Family::LoadStoreSubword, 1),
            Load::Lh | Load::Lhu => (Family::LoadStoreSubword, 2),
            Load::Lw => (Family::LoadStoreWord, 4),
        };
        let (word, offset) = (address / 4, address % 4);
        let first = self.access(word, |before| before)?;
        if offset % size != 0 {
            let second = self.access(next_word(word), |before| before)?;
            let result = load(operation, pair(first.before, second.before), offset);
            return Ok(self.finish_memory(
                Family::LoadStoreMisaligned,
                (pc, i),
                [rs1, 0],
                result,
                [first, second],
            ));
        }
        let result = load(operation, first.before.into(), offset);
        Ok(self.finish_memory(family, (pc, i), [rs1, 0], result, [first]))
    }

    #[inline(always)]
    fn store_bytes(&mut self, pc: u32, i: Instruction, operation: Store) -> Result<u32, Stop> {
        let (rs1, rs2) = (self.read(i.rs1), self.read(i.rs2));
        let address = effective_address(rs1, i.imm);
        let (family, size) = match operation {
            Store::Sb => (Family::LoadStoreSubword, 1),
            Store::Sh => (Family::LoadStoreSubword, 2),
            Store::Sw => (Family::LoadStoreWord, 4),
        };
        let (word, offset) = (address / 4, address % 4);
        if offset % size != 0 {
            let first = self.access(word, |before| {
                store(operation, before.into(), offset, rs2) as u32
            })?;
            let second = self.access(next_word(word), |before| {
                (store(operation, pair(0, before), offset, rs2) >> 32) as u32
            })?;
            return Ok(self.finish_memory(
                Family::LoadStoreMisaligned,
                (pc, i),
                [rs1, rs2],
                0,
                [first, second],
            ));
        }
        let word = self.access(word, |before| {
            store(operation, before.into(), offset, rs2) as u32
        })?;
        Ok(self.finish_memory(family, (pc, i), [rs1, rs2], 0, [word]))
    }

    /// Accesses a word of memory, and replaces its value by `change` of it.
    #[inline(always)]
    pub(crate) fn access(
        &mut self,
        address: u32,
        change: impl FnOnce(u32) -> u32,
    ) -> Result<Touch, Stop> {
        let word = self.memory.slot(address);
        let word = word.map_err(|none| none.stop(address))?;
        let before = word.value;
        let previous = self.observer.touch(address, before, &mut word.note)?;
        let after = change(before);
        word.value = after;
        Ok(Touch {
            address,
            before,
            after,
            previous,
        })
    }

    /// Writes rd and reports to the observer.
    #[inline(always)]
    fn finish(
        &mut self,
        family: Family,
        pc: u32,
        i: Instruction,
        sources: [u32; 2],
        result: u32,
        next_pc: u32,
    ) -> u32 {
        let event = self.retire(pc, i, sources, result, next_pc);
        self.observer.step(family, event);
        next_pc
    }

    #[inline(always)]
    fn finish_memory<const N: usize>(
        &mut self,
        family: Family,
        (pc, i): (u32, Instruction),
        sources: [u32; 2],
        result: u32,
        words: [Touch; N],
    ) -> u32 {
        let next_pc = pc.wrapping_add(4);
        let event = self.retire(pc, i, sources, result, next_pc);
        self.observer.memory_step(family, event, words);
        next_pc
    }

    #[inline(always)]
    fn retire(
        &mut self,
        pc: u32,
        instruction: Instruction,
        [rs1, rs2]: [u32; 2],
        result: u32,
        next_pc: u32,
    ) -> Event {
        let mut rd = 0;
        if instruction.opcode.form().has_destination() {
            let place = usize::from(destination(instruction.rd));
            rd = core::mem::replace(&mut self.registers[place], result);
        }
        Event {
            pc,
            instruction,
            rs1,
            rs2,
            rd,
            result,
            next_pc,
        }
    }

    #[inline(always)]
    pub(crate) fn read(&self, register: u8) -> u32 {
        self.registers[usize::from(register % 32)]
    }
}

/// A jump or branch target, which must be a multiple of 4.
#[inline(always)]
fn aligned(target: u32) -> Result<u32, Stop> {
    match target % 4 {
        0 => Ok(target),
        _ => Err(Stop::Trap(TrapKind::MisalignedTarget { target })),
    }
}

/// The word after another: the last one is followed by the first.
#[inline(always)]
fn next_word(address: u32) -> u32 {
    (address + 1) % (1 << 30)
}

#[inline(always)]
fn pair(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}
