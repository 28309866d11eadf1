//! The common parts of the tests of families that compute rd from rs1 and rs2 or an immediate.

use alloc::{string::String, vec, vec::Vec};

use p3_air::{Air, symbolic::AirLayout};
use p3_lookup::InteractionSymbolicBuilder;
use zonda_riscv_emu::{
    instruction::{Form, Instruction, Opcode},
    record::{Access, Step, destination},
};

use crate::{
    F,
    bus::SPACE_REGISTER,
    columns::Columns,
    machine::{Table, TableAir},
    plonky3::FilledTable,
    testing::{Messages, access, assert_messages, cells, evaluate, thread, unnoticed},
};

/// Address of every instruction here.
pub const PC: u32 = 0x1_0000;
/// The clk of every instruction here: its slots cross a multiple of 2^16.
pub const CLK: u32 = 0x1_fffe;

/// Words at which something may go wrong.
pub const EDGES: [u32; 11] = [
    0,
    1,
    0xff,
    0xffff,
    0x1_0000,
    0x1234_8765,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_0000,
    0xffff_8000,
    u32::MAX,
];

/// A family under test.
pub struct Tested<C> {
    /// Its table.
    pub table: Table,
    /// Its witness.
    pub row: fn(&Step, &Instruction) -> C,
    /// Its operations.
    pub opcodes: &'static [Opcode],
    /// The value that an operation must make of rs1 and of rs2 or the immediate, in plain Rust.
    pub expected: fn(Opcode, u32, u32) -> u32,
}

/// `opcode x10, x11, x12` or `opcode x10, x11, y`.
pub fn instruction(opcode: Opcode, y: u32) -> Instruction {
    let is_register = opcode.form() == Form::Register;
    Instruction {
        opcode,
        rd: 10,
        rs1: 11,
        rs2: if is_register { 12 } else { 0 },
        imm: if is_register { 0 } else { y as i32 },
    }
}

/// Its execution where rs1 holds `x` and rs2, if there is one, `y`.
pub fn step(instruction: &Instruction, x: u32, y: u32) -> Step {
    let is_register = instruction.opcode.form() == Form::Register;
    Step {
        pc: PC,
        clk: CLK,
        rs1: Access {
            value: x,
            previous_clk: 3,
        },
        rs2: if is_register {
            Access {
                value: y,
                previous_clk: 40,
            }
        } else {
            Access::default()
        },
        rd: Access {
            value: 0x89ab_cdef,
            previous_clk: 0,
        },
        result: 0,
        next_pc: PC + 4,
    }
}

impl<C: Columns<F>> Tested<C> {
    /// The honest row of `opcode` with operands `x` and `y`.
    pub fn honest(&self, opcode: Opcode, x: u32, y: u32) -> C {
        let instruction = instruction(opcode, y);
        (self.row)(&step(&instruction, x, y), &instruction)
    }

    /// Evaluates a row that claims to be `opcode` with operands `x` and `y`.
    pub fn claims(&self, row: C, opcode: Opcode, y: u32) -> Result<Messages, String> {
        evaluate(self.table, row, PC, &instruction(opcode, y))
    }

    /// Asserts that the honest row holds, and that `change` makes it fail at `name`.
    #[track_caller]
    pub fn refuses(
        &self,
        opcode: Opcode,
        (x, y): (u32, u32),
        name: &str,
        change: impl FnOnce(&mut C),
    ) {
        let honest = self.claims(self.honest(opcode, x, y), opcode, y);
        assert!(honest.is_ok(), "the honest control fails: {honest:?}");
        let mut row = self.honest(opcode, x, y);
        change(&mut row);
        assert_eq!(self.claims(row, opcode, y), Err(name.into()));
    }

    /// Asserts that the witness of this execution holds and emits the right messages.
    #[track_caller]
    fn emits(&self, instruction: &Instruction, step: &Step, y: u32) {
        let expected = (self.expected)(instruction.opcode, step.rs1.value, y);
        let emitted = evaluate(self.table, (self.row)(step, instruction), PC, instruction);
        let emitted =
            emitted.unwrap_or_else(|name| panic!("{instruction}: {name} fails: {step:x?}"));
        let register = |number: u8, record, after, clk| {
            access(SPACE_REGISTER, number.into(), record, after, clk)
        };
        let mut messages = vec![
            thread(PC, CLK, PC + 4),
            register(instruction.rs1, step.rs1, step.rs1.value, CLK),
        ];
        if instruction.opcode.form() == Form::Register {
            messages.push(register(instruction.rs2, step.rs2, y, CLK + 1));
        }
        let rd = destination(instruction.rd);
        messages.push(register(rd, step.rd, expected, CLK + 3));
        assert_messages(emitted, messages);
    }

    /// Asserts that the row of every operation on `x` and `y` is right.
    #[track_caller]
    pub fn proves(&self, x: u32, y: u32) {
        for opcode in self.opcodes {
            let instruction = instruction(*opcode, y);
            self.emits(&instruction, &step(&instruction, x, y), y);
        }
    }

    /// Asserts that x0 as a destination is not written, but another register that stands for it.
    pub fn leaves_x0(&self, x: u32, y: u32) {
        for opcode in self.opcodes {
            let instruction = Instruction {
                rd: 0,
                ..instruction(*opcode, y)
            };
            self.emits(&instruction, &step(&instruction, x, y), y);
        }
    }

    /// Asserts that one register may be both operands and the destination. `immediate` is the other
    /// operand where it is not a register.
    pub fn works_in_place(&self, x: u32, immediate: u32) {
        for opcode in self.opcodes {
            let is_register = opcode.form() == Form::Register;
            let y = if is_register { x } else { immediate };
            let found = |previous_clk| Access {
                value: x,
                previous_clk,
            };
            let instruction = Instruction {
                rd: 11,
                rs2: if is_register { 11 } else { 0 },
                ..instruction(*opcode, y)
            };
            let step = Step {
                rs1: found(3),
                rs2: if is_register {
                    found(CLK)
                } else {
                    Access::default()
                },
                rd: found(if is_register { CLK + 1 } else { CLK }),
                ..step(&instruction, x, y)
            };
            self.emits(&instruction, &step, y);
        }
    }

    /// Asserts how many columns and messages the table has, and that constraints are of degree at
    /// most 3, message fields of degree 1 and message counts of degree at most 2.
    pub fn costs(&self, columns: usize, messages: usize) {
        let air = TableAir {
            table: self.table,
            fixed: None,
            periodic: vec![],
            public: vec![],
        };
        let air = FilledTable::new(&air, 1, 1);
        let mut builder = InteractionSymbolicBuilder::<F>::new(AirLayout::from_air::<F>(&air));
        air.eval(&mut builder);
        for constraint in builder.base_constraints() {
            assert!(constraint.degree_multiple() <= 3);
        }
        for message in builder.global_interactions() {
            assert!(message.count.degree_multiple() <= 2);
            for field in &message.fields {
                assert!(field.degree_multiple() <= 1);
            }
        }
        let cost = (self.table.width(), builder.global_interactions().len());
        assert_eq!(cost, (columns, messages));
    }

    /// Asserts that every change of one cell of the operations on `x` and `y` is noticed.
    pub fn notices_changes(&self, x: u32, y: u32) {
        for opcode in self.opcodes {
            let cells: Vec<F> = cells(self.honest(*opcode, x, y));
            let unnoticed = unnoticed(self.table, &cells, PC, &instruction(*opcode, y));
            assert_eq!(unnoticed, [""; 0], "{opcode:?}");
        }
    }
}
