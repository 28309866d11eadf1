//! The common part of all instruction families' rows: the thread and the fetch.

#[cfg(feature = "witness")]
use p3_field::PrimeCharacteristicRing;
use zonda_riscv_emu::{
    instruction::{Instruction, Opcode},
    record::{self, CLK_PER_STEP},
};

use crate::{
    builder::{Builder, Circuit, constant},
    bus::Bus,
    columns,
    gadgets::shift::plan,
};

columns! {
    /// Where and when an instruction runs.
    pub struct Thread {
        /// Address of the instruction, below 2^30.
        pc: T,
        /// Its first clk slot.
        clk: T,
    }
}

/// An instruction as the program bus carries it. A field that a family does not use is zero in the
/// program, and the family leaves it at zero in its message.
#[derive(Clone, Debug, Default)]
pub struct Decoded<E> {
    /// The [`Opcode`] as a number; LUI, AUIPC and FENCE are ADDI, and all multiplications and all
    /// divisions are MUL and DIV, distinguished by their constants.
    pub operation: E,
    /// The register that is written: [`SINK`](record::SINK) for x0, which is never written. 0 for
    /// instructions without destination, and for loads, whose destination is in `rs2`.
    pub rd: E,
    /// First source register.
    pub rs1: E,
    /// Second source register; of a load, the register that is written.
    pub rs2: E,
    /// The instruction's constants, by operation: see [`decoded`].
    pub constants: [E; 4],
}

impl<E> Decoded<E> {
    /// Applies `f` to every field.
    pub fn map<U>(self, mut f: impl FnMut(E) -> U) -> Decoded<U> {
        Decoded {
            operation: f(self.operation),
            rd: f(self.rd),
            rs1: f(self.rs1),
            rs2: f(self.rs2),
            constants: self.constants.map(f),
        }
    }
}

impl<V: Copy> Thread<V> {
    /// Receives the thread, looks the instruction up, and hands the thread on to `next_pc`.
    ///
    /// - Constrains: the program has `decoded` at `pc`, and the thread goes from `(pc, clk)` to
    ///   `(next_pc, clk + 4)`.
    #[inline(always)]
    pub fn step<B>(&self, circuit: &mut Circuit<'_, B>, decoded: Decoded<B::Expr>, next_pc: B::Expr)
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        self.fetch(circuit, decoded);
        let next_clk = self.clk.into() + constant::<B>(CLK_PER_STEP);
        circuit.send(Bus::State, "next", [next_pc, next_clk]);
    }

    /// Receives the thread and looks the instruction up, without handing the thread on.
    #[inline(always)]
    pub fn fetch<B>(&self, circuit: &mut Circuit<'_, B>, decoded: Decoded<B::Expr>)
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        let pc: B::Expr = self.pc.into();
        circuit.receive(Bus::State, "state", [pc.clone(), self.clk.into()]);
        let [c0, c1, c2, c3] = decoded.constants;
        circuit.send(
            Bus::Program,
            "fetch",
            [
                pc,
                decoded.operation,
                decoded.rd,
                decoded.rs1,
                decoded.rs2,
                c0,
                c1,
                c2,
                c3,
            ],
        );
    }

    /// The clk of one of the instruction's slots.
    #[inline(always)]
    pub fn slot<B>(&self, slot: u32) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        self.clk.into() + constant::<B>(slot)
    }

    /// The address of the next instruction unless there is a jump. Text lies below 2^30, so this
    /// does not wrap.
    #[inline(always)]
    pub fn following<B>(&self) -> B::Expr
    where
        B: Builder,
        V: Into<B::Expr>,
    {
        self.pc.into() + constant::<B>(4)
    }
}

#[cfg(feature = "witness")]
impl<F: PrimeCharacteristicRing> Thread<F> {
    /// The columns of an instruction at `pc` and `clk`.
    pub fn fill(pc: u32, clk: u32) -> Self {
        Self {
            pc: F::from_u32(pc),
            clk: F::from_u32(clk),
        }
    }
}

/// The number by which the program bus names an operation.
pub const fn operation(opcode: Opcode) -> u32 {
    match opcode {
        Opcode::Lui | Opcode::Auipc | Opcode::Fence => Opcode::Addi as u32,
        Opcode::Mulh | Opcode::Mulhsu | Opcode::Mulhu => Opcode::Mul as u32,
        Opcode::Divu | Opcode::Rem | Opcode::Remu => Opcode::Div as u32,
        _ => opcode as u32,
    }
}

/// Stands for a jump or branch target that no instruction can have: text lies below it.
pub const NO_TARGET: u32 = 1 << 30;

/// The number that is added to the 12-bit immediate of a load, a store or JALR in the program, so
/// that it is one element in `[0, 2^12)`. It is a multiple of four.
pub const IMMEDIATE_BIAS: u32 = 1 << 11;

/// The program's row for `instruction` at `pc`: part of the key, so part of what a proof means.
///
/// Constants by operation:
///
/// | operation | constants |
/// |---|---|
/// | register-register (but see below), ECALL | none |
/// | MUL (for MULH, MULHSU and MULHU too) | is rs1 signed, is rs2 signed: MUL has 0, 1 |
/// | DIV (for DIVU, REM and REMU too) | is it signed, is it the remainder |
/// | ADDI | the sign-extended immediate as limbs lo, hi |
/// | SLTI | the same with its top bit flipped |
/// | SLTIU | the sign-extended immediate as limbs lo, hi |
/// | XORI, ORI, ANDI | the two low bytes of the sign-extended immediate, and its sign |
/// | load, store | the immediate plus [`IMMEDIATE_BIAS`] |
/// | LUI, AUIPC (as ADDI of x0) | the value written, as limbs lo, hi |
/// | FENCE (as ADDI of x0 to x0) | none |
/// | SLLI, SRLI, SRAI | the multiplier, `wide` and direction of [`shift`](crate::gadgets::shift) |
/// | branch | the target |
/// | JAL | the target, 0, the link value as limbs lo, hi |
/// | JALR | the immediate plus [`IMMEDIATE_BIAS`], 0, the link value as limbs lo, hi |
///
/// An instruction that has a destination, but for a load, names it as `rd`: 32 if it is x0. A load
/// names its destination as `rs2`, where a store names its source: `rd` is 0 for both. So no row has
/// x0 where a family writes. A target that is not a multiple of four or not below 2^30 is [`NO_TARGET`].
pub fn decoded(pc: u32, instruction: &Instruction) -> Decoded<u32> {
    let Instruction {
        opcode,
        rd,
        rs1,
        rs2,
        imm,
    } = *instruction;
    let limbs = |value: u32| [value & 0xffff, value >> 16];
    let target = {
        let target = pc.wrapping_add_signed(imm);
        if target.is_multiple_of(4) && target < NO_TARGET {
            target
        } else {
            NO_TARGET
        }
    };
    let [imm_lo, imm_hi] = limbs(imm as u32);
    let biased = IMMEDIATE_BIAS.wrapping_add_signed(imm);
    let [link_lo, link_hi] = limbs(pc.wrapping_add(4));
    let written = match opcode.form().has_destination() {
        true => record::destination(rd).into(),
        false => 0,
    };
    let decoded = Decoded {
        operation: operation(opcode),
        rd: written,
        rs1: (rs1 % 32).into(),
        rs2: (rs2 % 32).into(),
        constants: [0; 4],
    };
    match opcode {
        Opcode::Lui => Decoded {
            constants: [imm_lo, imm_hi, 0, 0],
            ..decoded
        },
        Opcode::Auipc => {
            let [lo, hi] = limbs(pc.wrapping_add_signed(imm));
            Decoded {
                constants: [lo, hi, 0, 0],
                ..decoded
            }
        }
        Opcode::Fence => Decoded {
            operation: decoded.operation,
            rd: record::SINK.into(),
            ..Decoded::default()
        },
        Opcode::Jal => Decoded {
            constants: [target, 0, link_lo, link_hi],
            ..decoded
        },
        Opcode::Jalr => Decoded {
            constants: [biased, 0, link_lo, link_hi],
            ..decoded
        },
        Opcode::Lb | Opcode::Lh | Opcode::Lw | Opcode::Lbu | Opcode::Lhu => Decoded {
            rd: 0,
            rs2: written,
            constants: [biased, 0, 0, 0],
            ..decoded
        },
        Opcode::Sb | Opcode::Sh | Opcode::Sw => Decoded {
            constants: [biased, 0, 0, 0],
            ..decoded
        },
        Opcode::Beq | Opcode::Bne | Opcode::Blt | Opcode::Bge | Opcode::Bltu | Opcode::Bgeu => {
            Decoded {
                constants: [target, 0, 0, 0],
                ..decoded
            }
        }
        Opcode::Slti => Decoded {
            constants: [imm_lo, imm_hi ^ 0x8000, 0, 0],
            ..decoded
        },
        Opcode::Xori | Opcode::Ori | Opcode::Andi => Decoded {
            constants: [imm_lo & 0xff, imm_lo >> 8, (imm < 0).into(), 0],
            ..decoded
        },
        Opcode::Slli | Opcode::Srli | Opcode::Srai => {
            let (direction, wide, f) = plan(opcode != Opcode::Slli, imm as u32 & 31);
            Decoded {
                constants: [1 << f, wide, direction, 0],
                ..decoded
            }
        }
        Opcode::Mul | Opcode::Mulh | Opcode::Mulhsu | Opcode::Mulhu => {
            // The low half does not depend on signs: MUL takes the combination left over.
            let x_signed = matches!(opcode, Opcode::Mulh | Opcode::Mulhsu);
            let y_signed = matches!(opcode, Opcode::Mul | Opcode::Mulh);
            Decoded {
                constants: [x_signed.into(), y_signed.into(), 0, 0],
                ..decoded
            }
        }
        Opcode::Div | Opcode::Divu | Opcode::Rem | Opcode::Remu => {
            let is_signed = matches!(opcode, Opcode::Div | Opcode::Rem);
            let is_remainder = matches!(opcode, Opcode::Rem | Opcode::Remu);
            Decoded {
                constants: [is_signed.into(), is_remainder.into(), 0, 0],
                ..decoded
            }
        }
        Opcode::Ecall => Decoded {
            operation: decoded.operation,
            ..Decoded::default()
        },
        _ => Decoded {
            constants: [imm_lo, imm_hi, 0, 0],
            ..decoded
        },
    }
}
