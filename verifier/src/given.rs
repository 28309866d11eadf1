//! The given columns: those that the verifier evaluates, at the point where the sum over rows ends.
//!
//! Section 6.2 of the protocol.

use alloc::{vec, vec::Vec};

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    machine::{Part, Table},
    system::powers_of_two::POWERS,
};

use crate::{challenge::Challenge, cost::Operations};
use crate::{
    layout::LOG_PAGE,
    multilinear::{is_set, table as eq_table},
    point::{LANE_BITS, RowPoint, SKIPPED_BITS},
};

/// Bits of a 16-bit number.
const NUMBER_BITS: usize = 16;

/// Bits of a byte.
const BYTE_BITS: usize = 8;

/// The values of a table's given columns at a point of rows; there may be none. `height` is the table's, `part` the
/// statement.
pub fn given<E: Challenge>(
    table: Table,
    height: usize,
    part: &Part,
    point: &RowPoint<E>,
    operations: &mut Operations,
) -> Vec<E> {
    match table {
        Table::Range16 => vec![number(point, 0, NUMBER_BITS, operations)],
        Table::Bytes => bytes(point, operations),
        Table::PowersOfTwo => powers(point, operations),
        Table::Statement => statement(height, part, point, operations),
        _ => Vec::new(),
    }
}

/// The weight of the rows in which bit `bit` is 1.
fn bit<E: Challenge>(point: &RowPoint<E>, bit: usize) -> E {
    let first_rest = LANE_BITS.saturating_add(SKIPPED_BITS);
    if let Some(lane) = point.lanes.get(bit) {
        return *lane;
    }
    if bit < first_rest {
        let own = bit.saturating_sub(LANE_BITS);
        let skipped = point.skipped.iter().enumerate();
        let set = skipped.filter(|(index, _)| is_set(*index, own));
        return set.map(|(_, weight)| *weight).sum();
    }
    let rest = point.rest.get(bit.saturating_sub(first_rest));
    rest.copied().unwrap_or_default()
}

/// The weight of the rows below 2^16.
fn below<E: Challenge>(point: &RowPoint<E>, operations: &mut Operations) -> E {
    let first = NUMBER_BITS.saturating_sub(LANE_BITS.saturating_add(SKIPPED_BITS));
    let above = point.rest.get(first..).unwrap_or_default();
    operations.multiply(above.len());
    above
        .iter()
        .map(|coordinate| E::ONE - *coordinate)
        .product()
}

/// The number in `bits` bits of a row's index from bit `first` on, on rows below 2^16.
fn number<E: Challenge>(
    point: &RowPoint<E>,
    first: usize,
    bits: usize,
    operations: &mut Operations,
) -> E {
    operations.scale(bits);
    let powers = F::TWO.powers().zip(first..).take(bits);
    let sum: E = powers
        .map(|(power, index)| bit(point, index).mul_base(power))
        .sum();
    sum * below(point, operations)
}

/// Both bytes and their AND. Bits of the first are never skipped together with those of the second.
fn bytes<E: Challenge>(point: &RowPoint<E>, operations: &mut Operations) -> Vec<E> {
    operations.scale(BYTE_BITS);
    operations.multiply(BYTE_BITS);
    let powers = F::TWO.powers().zip(0..).take(BYTE_BITS);
    let and: E = powers
        .map(|(power, index)| {
            let both = bit(point, index) * bit(point, index.saturating_add(BYTE_BITS));
            both.mul_base(power)
        })
        .sum();
    vec![
        number(point, BYTE_BITS, BYTE_BITS, operations),
        number(point, 0, BYTE_BITS, operations),
        and * below(point, operations),
    ]
}

/// Exponents and powers, of the first eight rows.
fn powers<E: Challenge>(point: &RowPoint<E>, operations: &mut Operations) -> Vec<E> {
    operations.scale(POWERS.saturating_mul(2));
    operations.multiply(point.rest.len());
    let rest: E = point
        .rest
        .iter()
        .map(|coordinate| E::ONE - *coordinate)
        .product();
    let first = point.skipped.first().copied().unwrap_or_default() * rest;
    let lanes = eq_table(&point.lanes);
    let sum = |value: fn(u32) -> u32| -> E {
        let weights = (0..POWERS as u32).zip(&lanes);
        let terms = weights.map(|(row, weight)| weight.mul_base(F::from_u32(value(row))));
        terms.sum::<E>() * first
    };
    vec![sum(|row| row), sum(|row| 1_u32.wrapping_shl(row))]
}

/// The columns that the statement makes, on the rows below the table's height.
fn statement<E: Challenge>(
    height: usize,
    part: &Part,
    point: &RowPoint<E>,
    operations: &mut Operations,
) -> Vec<E> {
    let low = point.low_weights();
    let page = 1_usize.wrapping_shl(LOG_PAGE);
    let pages = height.div_ceil(page);
    let bits = pages.checked_next_power_of_two().map_or(0, usize::ilog2) as usize;
    let (own, above) = point.pages().split_at_checked(bits).unwrap_or_default();
    let first: E = above
        .iter()
        .map(|coordinate| E::ONE - *coordinate)
        .product();
    let columns = Table::Statement.periodic(part);
    operations.scale(columns.len().saturating_mul(height));
    operations.multiply(columns.len().saturating_mul(pages));
    let weights = eq_table(own);
    let column = |cells: &Vec<F>| -> E {
        let rows = cells.get(..height).unwrap_or(cells);
        let sums = rows.chunks(page).zip(&weights).map(|(cells, weight)| {
            let terms = cells.iter().zip(&low);
            let sum: E = terms.map(|(cell, low)| low.mul_base(*cell)).sum();
            sum * *weight
        });
        sums.sum::<E>() * first
    };
    columns.iter().map(column).collect()
}

#[cfg(test)]
mod tests {
    use p3_mersenne_31::QM31;
    use zonda_circuits::{
        columns::Columns,
        machine::{End, Execution},
        system::{bytes, powers_of_two, range16},
    };

    use super::*;

    fn point(log_rows: usize) -> RowPoint<QM31> {
        let element = |i: usize| {
            QM31::from_coordinates_fn(|k| F::from_usize(1000 * i * i + 77 * i + 7 * k + 3))
        };
        let mut skipped: [QM31; 8] = core::array::from_fn(element);
        skipped[7] = QM31::ONE - skipped[..7].iter().copied().sum::<QM31>();
        RowPoint {
            lanes: core::array::from_fn(|i| element(i + 10)),
            skipped,
            rest: (20..13 + log_rows).map(element).collect(),
        }
    }

    /// The sum over rows, one by one.
    fn sum(point: &RowPoint<QM31>, rows: impl Iterator<Item = Vec<F>>) -> Vec<QM31> {
        let (low, pages) = (point.low_weights(), eq_table(point.pages()));
        let mut sums = Vec::new();
        for (index, row) in rows.enumerate() {
            sums.resize(row.len(), QM31::ZERO);
            let weight = low[index % 1024] * pages[index / 1024];
            for (sum, cell) in sums.iter_mut().zip(row) {
                *sum += weight.mul_base(cell);
            }
        }
        sums
    }

    fn cells<C: Columns<F>>(row: C) -> Vec<F> {
        let mut cells = vec![F::ZERO; C::WIDTH];
        row.write_row(&mut cells);
        cells
    }

    #[test]
    fn closed_forms_are_sums_over_rows() {
        let operations = &mut Operations::default();
        let mut given =
            |table, point: &_| super::given(table, 0, &Part::default(), point, operations);
        for log_rows in [16, 17, 19] {
            let point = point(log_rows);
            let rows = (0..1 << 16).map(|row| cells(range16::fixed(row)));
            assert_eq!(given(Table::Range16, &point), sum(&point, rows));
            let rows = (0..1 << 16).map(|row| cells(bytes::fixed(row)));
            assert_eq!(given(Table::Bytes, &point), sum(&point, rows));
            let rows = (0..8).map(|row| cells(powers_of_two::fixed(row)));
            assert_eq!(given(Table::PowersOfTwo, &point), sum(&point, rows));
            assert!(given(Table::AddSub, &point).is_empty());
        }
    }

    #[test]
    fn the_statement_is_summed_below_its_height() {
        for bytes in [0, 1, 1000, 1024, 1025, 5000] {
            let part = Part {
                execution: Some(Execution {
                    position: 1,
                    pc: 0x1000,
                    end: End::Exit { code: 0 },
                    output_start: 7,
                    output: (0..bytes).map(|byte| (byte % 251) as u8).collect(),
                }),
                zeroed: None,
            };
            let point = point(17);
            let height = bytes.max(1);
            let columns = Table::Statement.periodic(&part);
            let rows = (0..height).map(|row| columns.iter().map(|column| column[row]).collect());
            let operations = &mut Operations::default();
            let given = super::given(Table::Statement, height, &part, &point, operations);
            assert_eq!(given, sum(&point, rows));
            assert_eq!(given.len(), 4);
        }
    }
}
