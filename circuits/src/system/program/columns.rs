//! The columns of the table.

use crate::columns;

columns! {
    /// Preprocessed columns: see [`decoded`](crate::instruction::decoded).
    pub struct Fixed {
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
    /// Columns committed before the global challenge.
    pub struct InBoundary {
        /// How many rows of the shards' tables of instructions hold it. The bus balances only if it
        /// is right.
        multiplicity: T,
    }
}

/// The table has no other columns.
pub type Program<T> = [T; 0];
