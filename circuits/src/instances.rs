//! How often a proof holds each table, and how high.
//!
//! A table whose rows are fixed by the key or the statement occurs once. Any other table may occur
//! several times: its rows, in order, fill instances of descending height, so that few of them are
//! left empty. A table without rows does not occur.

use alloc::{vec, vec::Vec};

use crate::machine::{Table, height};

/// The most instances of a table that [`several`] makes.
pub const MOST: usize = 4;

/// The cost of an instance beyond its rows, in rows: its openings.
const OVERHEAD: usize = 1 << 10;

/// One unused row for so many rows in use costs nothing: fewer instances are worth more.
const USED_PER_UNUSED: usize = 16;

impl Table {
    /// Whether the key or the statement determines the table's height.
    pub const fn is_fixed(self) -> bool {
        self.fixed_width() > 0 || matches!(self, Self::Statement)
    }
}

/// The heights of one instance of the table, whether or not it has rows.
pub fn single(_table: Table, rows: usize) -> Vec<usize> {
    vec![height(rows)]
}

/// The heights of a table's instances, descending, for as many rows as it uses: together they have
/// room for them, and all but the last are full.
pub fn several(table: Table, rows: usize) -> Vec<usize> {
    if table.is_fixed() {
        return single(table, rows);
    }
    if rows == 0 {
        return Vec::new();
    }
    let cost = |heights: &Vec<usize>| {
        let unused = heights.iter().sum::<usize>() - rows;
        OVERHEAD * heights.len() + unused.saturating_sub(rows / USED_PER_UNUSED)
    };
    // Of equal costs the first, with the fewest instances.
    (1..=MOST)
        .map(|most| split(rows, most))
        .min_by_key(cost)
        .expect("there is a choice")
}

/// The smallest heights of at most `most` instances: the highest bits of `rows`, and a last instance
/// for all that is left.
fn split(rows: usize, most: usize) -> Vec<usize> {
    let mut heights = Vec::new();
    let mut rest = rows;
    while heights.len() + 1 < most && rest > height(1) && !rest.is_power_of_two() {
        let full = 1 << rest.ilog2();
        heights.push(full);
        rest -= full;
    }
    heights.push(height(rest));
    heights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::MIN_LOG_HEIGHT;

    const FAMILY: Table = Table::AddImmediate;

    #[test]
    fn heights_are_what_is_cheapest() {
        let heights = |rows| several(FAMILY, rows);
        assert_eq!(heights(0), [0; 0]);
        assert_eq!(heights(1), [16]);
        assert_eq!(heights(17), [32]);
        // Fewer rows than an instance costs are not split off.
        assert_eq!(heights(1030), [2048]);
        assert_eq!(heights(5000), [4096, 1024]);
        assert_eq!(heights(4096), [4096]);
        // A few unused rows are cheaper than another instance.
        assert_eq!(heights((1 << 20) - 60_000), [1 << 20]);
        assert_eq!(heights((1 << 20) + 1), [1 << 20, 16]);
        assert_eq!(heights((1 << 20) + 200_000), [1 << 20, 1 << 18]);
        assert_eq!(heights((1 << 20) + 140_000), [1 << 20, 1 << 17, 1 << 14]);
    }

    #[test]
    fn instances_have_room_for_all_rows_and_descend() {
        for rows in (1..1 << 22).step_by(997) {
            let heights = several(FAMILY, rows);
            let sum: usize = heights.iter().sum();
            assert!(sum >= rows && heights.len() <= MOST);
            assert!(sum - heights.last().unwrap() < rows, "{rows}: {heights:?}");
            assert!(heights.is_sorted_by(|a, b| a > b), "{rows}: {heights:?}");
            assert!(heights.iter().all(|height| height.is_power_of_two()));
            assert!(heights.iter().all(|height| *height >= 1 << MIN_LOG_HEIGHT));
            assert!(
                rows < 1 << 16 || sum - rows <= rows / 11,
                "{rows}: {heights:?}"
            );
        }
    }

    #[test]
    fn tables_of_the_key_and_the_statement_occur_once() {
        for table in Table::ALL.into_iter().filter(|table| table.is_fixed()) {
            assert_eq!(several(table, 0), [16]);
            assert_eq!(several(table, 5000), [8192]);
        }
        let fixed = Table::ALL.into_iter().filter(|table| table.is_fixed());
        assert_eq!(fixed.count(), 7);
    }
}
