//! The shape of a part: how many rows each table has.
//!
//! Section 2 of the protocol's draft.

use zonda_circuits::machine::Table;

/// The base-two logarithm of the most rows of a table.
pub const MAX_LOG_ROWS: u32 = 22;

/// The base-two logarithm of the least number of rows that row variables can number.
pub const MIN_LOG_ROWS: u32 = 16;

/// How many rows each table of a part has, 0 for a table that the part does not have.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Heights([u32; Table::ALL.len()]);

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
mod tests {
    use super::*;

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

    #[test]
    fn bytes_are_those_of_the_heights_in_order() {
        let heights = Heights::new(|table| table as u32 + 256);
        let bytes = heights.to_bytes();
        assert_eq!(bytes[..8], [0, 1, 0, 0, 1, 1, 0, 0]);
        assert_eq!(bytes.len(), 4 * Table::ALL.len());
    }
}
