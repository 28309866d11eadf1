//! The shape of a part: how many rows each table has.
//!
//! Section 6.1 of the protocol.

use zonda_circuits::{
    fixed::FixedRows,
    machine::{Image, Role, Table},
    system::{bytes, powers_of_two, range16},
};
use zonda_riscv_emu::record::CLK_PER_STEP;

/// The most bytes that a proved run can make public.
pub const MAX_OUTPUT_BYTES: usize = 1 << 22;

/// All clks of a part stay below this, because heights times clks per row do: no row's clk is
/// further from the start than all rows together can move it. It is far enough below p that a clk
/// difference, which the circuits bound by 2^24, cannot be one modulo p only.
pub(crate) const CLK_BOUND: u64 = 1 << 30;

/// The base-two logarithm of the most rows of a table.
pub const MAX_LOG_ROWS: u32 = 22;

/// The base-two logarithm of the least number of rows that row variables can number.
pub const MIN_LOG_ROWS: u32 = 16;

/// All rows of a part together cannot move the clock further than [`CLK_BOUND`].
const _: () = {
    let rows = (Table::ALL.len() as u64) << MAX_LOG_ROWS;
    assert!(rows * (CLK_PER_STEP as u64) < CLK_BOUND);
};

/// The heights that the key determines, in a part that has these tables.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct KeyHeights {
    /// Of `program`.
    pub program: u32,
    /// Of `image`.
    pub image: u32,
    /// Of `gaps`.
    pub gaps: u32,
}

impl KeyHeights {
    /// Those of a program.
    pub fn of(image: &Image) -> Self {
        let rows = |table| FixedRows::new(table, image).map_or(0, |rows| rows.height());
        let height = |table| u32::try_from(rows(table)).unwrap_or(u32::MAX);
        Self {
            program: height(Table::Program),
            image: height(Table::Image),
            gaps: height(Table::Gaps),
        }
    }

    /// As if a part had no other tables.
    pub fn heights(&self) -> Heights {
        Heights::new(|table| match table {
            Table::Program => self.program,
            Table::Image => self.image,
            Table::Gaps => self.gaps,
            _ => 0,
        })
    }
}

/// Heights that no part of an honest proof of this program and statement has.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HeightsError {
    /// A table that is too high.
    #[error("table {table} has {got} rows; at most 2^{MAX_LOG_ROWS} are possible")]
    High {
        /// The table.
        table: &'static str,
        /// How many rows it has.
        got: u32,
    },
    /// The part does nothing: it has lookup tables only.
    #[error("the tables execute nothing, open no memory and have no program")]
    Roles,
    /// A table has not as many rows as the key, the statement or the machine gives it.
    #[error("table {table} has {got} rows; the key and the statement make it {expected}")]
    Fixed {
        /// The table.
        table: &'static str,
        /// How many rows it must have.
        expected: u32,
        /// How many rows it has.
        got: u32,
    },
    /// A part that executes lacks a table that such a part has.
    #[error("table {table} has no rows, in a part that executes")]
    Missing {
        /// The table.
        table: &'static str,
    },
}

/// How many rows each table of a part has, 0 for a table that the part does not have.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Heights([u32; Table::ALL.len()]);

impl From<[u32; Table::ALL.len()]> for Heights {
    fn from(heights: [u32; Table::ALL.len()]) -> Self {
        Self(heights)
    }
}

impl Heights {
    /// The heights of all tables.
    pub fn new(height: impl FnMut(Table) -> u32) -> Self {
        Self(Table::ALL.map(height))
    }

    /// How many rows a table has.
    pub fn of(&self, table: Table) -> u32 {
        self.0.get(table as usize).copied().unwrap_or_default()
    }

    /// All tables that have rows, in order, with their heights.
    pub fn tables(&self) -> impl Iterator<Item = (Table, u32)> + '_ {
        let all = Table::ALL.into_iter().zip(self.0);
        all.filter(|(_, height)| *height > 0)
    }

    /// Whether there is a table with this role that has rows.
    pub fn has(&self, role: Role) -> bool {
        self.tables().any(|(table, _)| table.role() == role)
    }

    /// Checks the heights of a part that makes `output` bytes public.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn check(&self, key: &KeyHeights, output: usize) -> Result<(), HeightsError> {
        self.check_form()?;
        let roles = [Role::Execution, Role::Program, Role::Zeroed];
        if !roles.into_iter().any(|role| self.has(role)) {
            return Err(HeightsError::Roles);
        }
        for table in Table::ALL {
            let got = self.of(table);
            let is_there = table.role() == Role::Lookup || self.has(table.role());
            if !is_there {
                continue;
            }
            if got == 0 && matches!(table, Table::Instructions | Table::Boundary) {
                let table = table.name();
                return Err(HeightsError::Missing { table });
            }
            let expected = match table {
                Table::Program => key.program,
                Table::Image => key.image,
                Table::Gaps => key.gaps,
                Table::Range16 => range16::ROWS as u32,
                Table::Bytes => bytes::ROWS as u32,
                Table::PowersOfTwo => powers_of_two::POWERS as u32,
                Table::Statement => u32::try_from(output.max(1)).unwrap_or(u32::MAX),
                _ => continue,
            };
            if got != expected {
                return Err(HeightsError::Fixed {
                    table: table.name(),
                    expected,
                    got,
                });
            }
        }
        Ok(())
    }

    /// Checks what bounds the layout: that no table is too high.
    pub(crate) fn check_form(&self) -> Result<(), HeightsError> {
        let high = self
            .tables()
            .find(|(_, height)| *height > 1 << MAX_LOG_ROWS);
        match high {
            Some((table, got)) => Err(HeightsError::High {
                table: table.name(),
                got,
            }),
            None => Ok(()),
        }
    }

    /// How many variables number the rows: n.
    pub fn log_rows(&self) -> u32 {
        let most = self.0.iter().copied().max().unwrap_or(0);
        let bits = most.checked_next_power_of_two().map_or(32, u32::ilog2);
        bits.max(MIN_LOG_ROWS)
    }

    /// The heights, 32 bits each, little-endian.
    pub fn to_bytes(&self) -> [u8; 4 * Table::ALL.len()] {
        let mut bytes = [0; 4 * Table::ALL.len()];
        let words = self.0.iter().flat_map(|height| height.to_le_bytes());
        bytes
            .iter_mut()
            .zip(words)
            .for_each(|(to, from)| *to = from);
        bytes
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The heights of a part with all roles that does as little as possible.
    pub(crate) fn least() -> Heights {
        Heights::new(|table| match table {
            Table::Range16 | Table::Bytes => 1 << 16,
            Table::PowersOfTwo => 8,
            Table::Program | Table::Gaps | Table::Statement => 1,
            Table::Image => 33,
            Table::Instructions | Table::Boundary => 1,
            _ => 0,
        })
    }

    /// Those of a part that opens no zeroed words, and does nothing else.
    pub(crate) fn zeroed_only() -> Heights {
        Heights::new(|table| {
            let is_there = table.role() == Role::Lookup || table == Table::Gaps;
            if is_there { least().of(table) } else { 0 }
        })
    }

    #[test]
    fn row_variables_number_the_rows_of_the_highest_table() {
        let log_rows = |height: u32| {
            let heights = Heights::new(|table| match table {
                Table::Range16 => 1 << 16,
                Table::AddSub => height,
                _ => 0,
            });
            assert_eq!(heights.of(Table::AddSub), height);
            assert_eq!(heights.tables().count(), 1 + usize::from(height > 0));
            heights.log_rows()
        };
        assert_eq!(log_rows(0), 16);
        assert_eq!(log_rows(1 << 16), 16);
        assert_eq!(log_rows((1 << 16) + 1), 17);
        assert_eq!(log_rows(1 << 22), 22);
        assert_eq!(log_rows(u32::MAX), 32);
    }

    const KEY: KeyHeights = KeyHeights {
        program: 3000,
        image: 700,
        gaps: 5,
    };

    /// A part with all roles, which makes 100 bytes public.
    fn whole() -> Heights {
        Heights::new(|table| match table {
            Table::Program => KEY.program,
            Table::Image => KEY.image,
            Table::Gaps => KEY.gaps,
            Table::Range16 | Table::Bytes => 1 << 16,
            Table::PowersOfTwo => 8,
            Table::Statement => 100,
            Table::Instructions => 2000,
            Table::Boundary => 50,
            Table::Zeroed => 9,
            Table::AddSub => 1 << 20,
            _ => 0,
        })
    }

    fn with(changes: &[(Table, u32)]) -> Result<(), HeightsError> {
        let heights = Heights::new(|table| {
            let own = changes.iter().find(|(other, _)| *other == table);
            own.map_or(whole().of(table), |(_, height)| *height)
        });
        heights.check(&KEY, 100)
    }

    #[test]
    fn each_rule_is_checked() {
        assert_eq!(with(&[]), Ok(()));
        assert_eq!(with(&[(Table::AddSub, 1 << 22)]), Ok(()));
        let high = with(&[(Table::AddSub, (1 << 22) + 1)]);
        assert!(matches!(high, Err(HeightsError::High { .. })));
        let fixed = [
            Table::Program,
            Table::Image,
            Table::Gaps,
            Table::Range16,
            Table::Bytes,
            Table::PowersOfTwo,
            Table::Statement,
        ];
        for table in fixed {
            for got in [0, whole().of(table) - 1, whole().of(table) + 1] {
                let error = HeightsError::Fixed {
                    table: table.name(),
                    expected: whole().of(table),
                    got,
                };
                assert_eq!(with(&[(table, got)]), Err(error));
            }
        }
        for table in [Table::Instructions, Table::Boundary] {
            let error = HeightsError::Missing {
                table: table.name(),
            };
            assert_eq!(with(&[(table, 0)]), Err(error));
        }
    }

    #[test]
    fn parts_have_the_tables_of_their_roles() {
        let only = |role: Role| {
            let heights = Heights::new(|table| {
                let is_there = [role, Role::Lookup].contains(&table.role());
                if is_there { whole().of(table) } else { 0 }
            });
            assert_eq!(heights.has(Role::Zeroed), role == Role::Zeroed);
            heights.check(&KEY, 100)
        };
        for role in [Role::Execution, Role::Program, Role::Zeroed] {
            assert_eq!(only(role), Ok(()));
        }
        assert_eq!(only(Role::Lookup), Err(HeightsError::Roles));
        // A part that makes nothing public has a statement all the same.
        let silent = Heights::new(|table| match table {
            Table::Statement => 1,
            table => whole().of(table),
        });
        assert_eq!(silent.check(&KEY, 0), Ok(()));
        assert_eq!(silent.check(&KEY, 1), Ok(()));
        assert!(silent.check(&KEY, 2).is_err());
    }

    #[test]
    fn bytes_are_those_of_the_heights_in_order() {
        let heights = Heights::new(|table| table as u32 + 256);
        let bytes = heights.to_bytes();
        assert_eq!(bytes[..8], [0, 1, 0, 0, 1, 1, 0, 0]);
        assert_eq!(bytes.len(), 4 * Table::ALL.len());
    }
}
