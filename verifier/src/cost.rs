//! The cost of a verification, in operations.

/// Operations of one step of a verification.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Operations {
    /// Compressions of BLAKE3.
    pub compressions: u64,
    /// Multiplications, and squarings, of challenge-field elements.
    pub products: u64,
    /// Multiplications of a challenge-field element with a base element.
    pub scalings: u64,
    /// Multiplications of base elements.
    pub base_products: u64,
    /// Inversions of challenge-field elements.
    pub inversions: u64,
}

/// The cost of a verification by step: of a part of a run, or of all of it.
///
/// Not counted are additions, and the multiplications inside the tables' own constraints, of which
/// there are [`Counts::constraints`](crate::Counts) per instance.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Cost {
    /// The transcript.
    pub transcript: Operations,
    /// The statement's columns at the out-of-domain point.
    pub statement: Operations,
    /// Constraints at the out-of-domain point: the lookup argument's, and their combination.
    pub constraints: Operations,
    /// Hashing opened rows and the trees above them.
    pub openings: Operations,
    /// Combining opened rows.
    pub batch: Operations,
    /// The low-degree test: its trees and its folds.
    pub folding: Operations,
}

impl Cost {
    /// The sum of all steps.
    pub fn total(&self) -> Operations {
        let mut total = Operations::default();
        let steps = [
            self.transcript,
            self.statement,
            self.constraints,
            self.openings,
            self.batch,
            self.folding,
        ];
        steps.into_iter().for_each(|step| total.include(step));
        total
    }

    /// Adds the cost of a part to that of the run.
    pub(crate) fn include(&mut self, part: &Self) {
        self.transcript.include(part.transcript);
        self.statement.include(part.statement);
        self.constraints.include(part.constraints);
        self.openings.include(part.openings);
        self.batch.include(part.batch);
        self.folding.include(part.folding);
    }
}

impl Operations {
    fn include(&mut self, other: Self) {
        add(&mut self.compressions, other.compressions);
        add(&mut self.products, other.products);
        add(&mut self.scalings, other.scalings);
        add(&mut self.base_products, other.base_products);
        add(&mut self.inversions, other.inversions);
    }

    /// Counts the hashing of `bytes` bytes.
    pub(crate) fn hash(&mut self, bytes: usize) {
        add(&mut self.compressions, compressions(bytes));
    }

    /// Counts products.
    pub(crate) fn multiply(&mut self, count: usize) {
        add(&mut self.products, count as u64);
    }

    /// Counts products with base elements.
    pub(crate) fn scale(&mut self, count: usize) {
        add(&mut self.scalings, count as u64);
    }

    /// Counts products of base elements.
    pub(crate) fn multiply_base(&mut self, count: usize) {
        add(&mut self.base_products, count as u64);
    }

    /// Counts inversions.
    pub(crate) fn invert(&mut self, count: usize) {
        add(&mut self.inversions, count as u64);
    }
}

fn add(sum: &mut u64, count: u64) {
    *sum = sum.saturating_add(count);
}

/// How many compressions it takes BLAKE3 to hash `bytes` bytes: one per block of 64, and one per
/// parent of chunks of 1024.
pub const fn compressions(bytes: usize) -> u64 {
    let blocks = match bytes.div_ceil(64) {
        0 => 1,
        blocks => blocks,
    };
    let parents = bytes.div_ceil(1024).saturating_sub(1);
    (blocks as u64).saturating_add(parents as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_parents() {
        let cases = [(0, 1), (64, 1), (65, 2), (1024, 16), (1025, 18), (4096, 67)];
        assert!(
            cases
                .iter()
                .all(|(bytes, count)| compressions(*bytes) == *count)
        );
    }
}
