//! The columns of the table.

use crate::columns;

columns! {
    /// Columns committed before the global challenge: see [`decoded`](crate::instruction::decoded).
    pub struct InBoundary {
        /// Address of the instruction.
        pc: T,
        /// The operation.
        operation: T,
        /// Destination register.
        rd: T,
        /// First source register.
        rs1: T,
        /// Second source register.
        rs2: T,
        /// Immediate, target, link value.
        constants: [T; 4],
    }
}

columns! {
    /// Columns committed after the global challenge.
    pub struct Instructions {
        /// How often the shard executes the instruction. Unconstrained: the bus balances only if it
        /// is right.
        multiplicity: T,
    }
}
