//! The registers of an instruction: its fetch, its reads and its write.

#[cfg(feature = "witness")]
use p3_field::PrimeCharacteristicRing;
#[cfg(feature = "witness")]
use zonda_riscv_emu::record::Step;

use crate::{
    builder::{Builder, Circuit, scoped},
    columns,
    instruction::{Decoded, Thread},
    memory::{Access, byte_pair, register},
    word::Word,
};

columns! {
    /// The registers of `op rd, rs1, rs2`.
    pub struct ThreeRegisters {
        /// Number of the register that is written: 32 for x0.
        rd: T,
        /// Number of the first source register.
        rs1: T,
        /// Number of the second source register.
        rs2: T,
        /// The read of rs1.
        x: Access<T>,
        /// The read of rs2.
        y: Access<T>,
        /// The value that rd held before.
        old: Access<T>,
    }
}

columns! {
    /// The registers of `op rd, rs1, constant`.
    pub struct TwoRegisters {
        /// Number of the register that is written: 32 for x0.
        rd: T,
        /// Number of the first source register.
        rs1: T,
        /// The read of rs1.
        x: Access<T>,
        /// The value that rd held before.
        old: Access<T>,
    }
}

impl<V: Copy> ThreeRegisters<V> {
    /// Steps the thread over an instruction without constants that reads rs1 and rs2 and writes
    /// `result` to rd.
    ///
    /// - Assumes: the limbs of `result` are in `[0, 2^16)`.
    /// - Constrains: the program has `operation` at pc with these registers; rs1 is read at `clk`,
    ///   rs2 at `clk + 1`, rd written at `clk + 3`; the thread goes on at
    ///   `(pc + 4, clk + 4)`; `byte` is in `[0, 2^8)`: it fills a place in a lookup that would be left
    ///   empty.
    #[inline(always)]
    pub fn step<B>(
        &self,
        circuit: &mut Circuit<'_, B>,
        thread: &Thread<V>,
        operation: B::Expr,
        result: Word<B::Expr>,
        byte: B::Expr,
    ) where
        B: Builder,
        V: Into<B::Expr>,
    {
        let decoded = Decoded {
            operation,
            rd: self.rd.into(),
            rs1: self.rs1.into(),
            rs2: self.rs2.into(),
            ..Decoded::default()
        };
        thread.step(circuit, decoded, thread.following::<B>());

        // Register accesses, each in its slot.
        let (rs1, rs2, rd) = (self.rs1, self.rs2, self.rd);
        let x = scoped!(circuit, "x", {
            self.x.read(circuit, register(rs1), thread.slot::<B>(0))
        });
        let y = scoped!(circuit, "y", {
            self.y.read(circuit, register(rs2), thread.slot::<B>(1))
        });
        let old = scoped!(circuit, "old", {
            self.old
                .write(circuit, register(rd), result, thread.slot::<B>(3))
        });
        byte_pair(circuit, "difference_high.xy", x, y);
        byte_pair(circuit, "difference_high.old", old, byte);
    }
}

impl<V: Copy> TwoRegisters<V> {
    /// Steps the thread over an instruction with `constants` that reads rs1 and writes `result` to
    /// rd.
    ///
    /// - Assumes: the limbs of `result` are in `[0, 2^16)`.
    /// - Constrains: the program has `operation` at pc with these registers and constants; rs1 is
    ///   read at `clk`, rd written at `clk + 3`; the thread goes on at
    ///   `(pc + 4, clk + 4)`.
    #[inline(always)]
    pub fn step<B>(
        &self,
        circuit: &mut Circuit<'_, B>,
        thread: &Thread<V>,
        operation: B::Expr,
        constants: [B::Expr; 4],
        result: Word<B::Expr>,
    ) where
        B: Builder,
        V: Into<B::Expr>,
    {
        let decoded = Decoded {
            operation,
            rd: self.rd.into(),
            rs1: self.rs1.into(),
            constants,
            ..Decoded::default()
        };
        thread.step(circuit, decoded, thread.following::<B>());

        // Register accesses, each in its slot.
        let (rs1, rd) = (self.rs1, self.rd);
        let x = scoped!(circuit, "x", {
            self.x.read(circuit, register(rs1), thread.slot::<B>(0))
        });
        let old = scoped!(circuit, "old", {
            self.old
                .write(circuit, register(rd), result, thread.slot::<B>(3))
        });
        byte_pair(circuit, "difference_high", x, old);
    }
}

#[cfg(feature = "witness")]
impl<F: PrimeCharacteristicRing> ThreeRegisters<F> {
    /// The columns of one executed instruction, which the program has as `decoded`.
    pub fn fill(step: &Step, decoded: &Decoded<u32>) -> Self {
        Self {
            rd: F::from_u32(decoded.rd),
            rs1: F::from_u32(decoded.rs1),
            rs2: F::from_u32(decoded.rs2),
            x: Access::fill(&step.rs1, step.clk),
            y: Access::fill(&step.rs2, step.clk + 1),
            old: Access::fill(&step.rd, step.clk + 3),
        }
    }
}

#[cfg(feature = "witness")]
impl<F: PrimeCharacteristicRing> TwoRegisters<F> {
    /// The columns of one executed instruction, which the program has as `decoded`.
    pub fn fill(step: &Step, decoded: &Decoded<u32>) -> Self {
        Self {
            rd: F::from_u32(decoded.rd),
            rs1: F::from_u32(decoded.rs1),
            x: Access::fill(&step.rs1, step.clk),
            old: Access::fill(&step.rd, step.clk + 3),
        }
    }
}
