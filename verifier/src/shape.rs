//! The shape of a proof: the height of each table, and the bounds that the circuits rely on.

use alloc::vec::Vec;

use zonda_circuits::machine::{MIN_LOG_HEIGHT, Statement, Table, height};
use zonda_riscv_emu::record::CLK_PER_STEP;

/// The base-two logarithm of the greatest height of a table.
pub const MAX_LOG_HEIGHT: usize = 24;

/// The most bytes that a proved run can make public.
pub const MAX_OUTPUT_BYTES: usize = 1 << 22;

/// All clks of a proof stay below this, because heights times clks per row do: no row's clk is
/// further from the start than all rows together can move it. It is far enough below p that a clk
/// difference, which the circuits bound by 2^24, cannot be one modulo p only.
const CLK_BOUND: u64 = 1 << 30;

/// Base-two logarithms of the heights of the machine's tables, in the order of [`Table::ALL`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shape(pub Vec<usize>);

/// A shape that no honest proof of this program and statement has.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// Not one height per table.
    #[error("the proof has {got} tables, the machine has {expected}")]
    Tables {
        /// How many the machine has.
        expected: usize,
        /// How many the proof has.
        got: usize,
    },
    /// A table lower or higher than tables can be.
    #[error(
        "table {table} has 2^{got} rows; 2^{MIN_LOG_HEIGHT} to 2^{MAX_LOG_HEIGHT} are possible"
    )]
    Height {
        /// The table.
        table: &'static str,
        /// The logarithm of its height.
        got: usize,
    },
    /// A table whose height follows from the key or the statement has another one.
    #[error("table {table} has 2^{got} rows; the key and the statement make it 2^{expected}")]
    Fixed {
        /// The table.
        table: &'static str,
        /// The logarithm of the height it must have.
        expected: usize,
        /// The logarithm of its height.
        got: usize,
    },
    /// More rows than the clock's soundness argument allows.
    #[error("the tables have {rows} rows together, more than the clock can tell apart")]
    Clock {
        /// The sum of all heights.
        rows: u64,
    },
}

impl Shape {
    /// Checks the bounds that the circuits rely on. `fixed` are the logarithms of the heights that
    /// the key determines.
    ///
    /// # Errors
    /// The first bound that does not hold.
    pub fn check(&self, fixed: &[(Table, usize)], statement: &Statement) -> Result<(), ShapeError> {
        if self.0.len() != Table::ALL.len() {
            return Err(ShapeError::Tables {
                expected: Table::ALL.len(),
                got: self.0.len(),
            });
        }
        let statement_height = height(statement.output.len()).ilog2() as usize;
        let mut rows: u64 = 0;
        for (table, got) in Table::ALL.into_iter().zip(self.0.iter().copied()) {
            if !(MIN_LOG_HEIGHT..=MAX_LOG_HEIGHT).contains(&got) {
                return Err(ShapeError::Height {
                    table: table.name(),
                    got,
                });
            }
            let expected = match table {
                Table::Statement => Some(statement_height),
                _ => fixed
                    .iter()
                    .find(|(fixed, _)| *fixed == table)
                    .map(|(_, height)| *height),
            };
            if let Some(expected) = expected
                && expected != got
            {
                return Err(ShapeError::Fixed {
                    table: table.name(),
                    expected,
                    got,
                });
            }
            rows += 1 << got;
        }
        if rows * u64::from(CLK_PER_STEP) >= CLK_BOUND {
            return Err(ShapeError::Clock { rows });
        }
        Ok(())
    }
}
