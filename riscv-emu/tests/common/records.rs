//! Rules that all records obey, checked without the interpreter: accesses are put in the order
//! of their clk, and every value followed.

use std::collections::BTreeMap;

use zonda_riscv_emu::{
    instruction::{Form, Instruction, Opcode},
    program::Program,
    record::*,
    shard::Start,
};

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
        panic!("{:#x} is not an instruction", step.pc)
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
    if matches!(form, Form::Store | Form::Branch) {
        assert_eq!((step.rd, step.result), (Access::default(), 0));
    } else {
        let Access {
            value,
            previous_clk,
        } = step.rd;
        // Nothing reads what is written for x0.
        let sink = rd == 0 || form == Form::Fence;
        let place = Place::Register(if sink { SINK } else { rd });
        accesses.push((place, step.clk + 3, value, step.result, previous_clk));
    }
}

/// The machine before the first recorded instruction.
pub struct Before {
    pub start: Start,
    pub words: Vec<(u32, u32)>,
}

impl Before {
    /// At reset.
    pub fn reset(program: &Program) -> Self {
        let start = Start {
            pc: program.entry(),
            ..Start::default()
        };
        Self {
            start,
            words: program.image_words().collect(),
        }
    }
}

/// Checks that records are those of instructions that follow one another, and account for every
/// access and every value from the first to the last.
pub fn check(program: &Program, before: &Before, records: &Records) {
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

    // The thread of states: from the first instruction to the last, without a gap.
    let mut expected = (INITIAL_CLK, Some(before.start.pc));
    for (clk, (pc, next)) in states {
        assert_eq!((clk, Some(pc)), expected);
        expected = (clk + CLK_PER_STEP, next);
    }
    assert_eq!(expected, (records.final_clk, records.final_pc));

    // Every place, from its first value to its last one.
    accesses.sort_by_key(|&(place, clk, ..)| (clk, place));
    let mut now: BTreeMap<Place, (u32, u32)> = BTreeMap::new();
    let words = before.words.iter();
    now.extend(words.map(|&(address, value)| (Place::Word(address), (value, 0))));
    let registers = (0..).zip(before.start.registers);
    now.extend(registers.map(|(register, value)| (Place::Register(register), (value, 0))));
    now.insert(Place::OutputLength, (before.start.output_length, 0));
    for (place, clk, before, after, previous_clk) in accesses {
        let (value, last) = now.insert(place, (after, clk)).unwrap_or_default();
        assert_eq!((before, previous_clk), (value, last), "{place:?} at {clk}");
        assert!(last < clk, "{place:?} twice at {clk}");
    }
    let last = |access: Access| (access.value, access.previous_clk);
    for (register, access) in (0..).zip(records.registers) {
        let now = now.get(&Place::Register(register));
        assert_eq!(
            last(access),
            now.copied().unwrap_or_default(),
            "x{register}"
        );
    }
    assert_eq!(records.registers[0].value, 0);
    assert_eq!(last(records.output_length), now[&Place::OutputLength]);
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
