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
}

/// The cost of a verification by step: of a part of a run, or of all of it.
///
/// Not counted are additions, and the multiplications inside the tables' own constraints, of which
/// there are [`Counts::constraints`](crate::Counts) per table.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Cost {
    /// The transcript.
    pub transcript: Operations,
    /// The tree of fractions.
    pub tree: Operations,
    /// The sum over rows, the statement's columns included.
    pub rows: Operations,
    /// The opening of columns.
    pub opening: Operations,
    /// The words: their trees, and their folds.
    pub words: Operations,
}

impl Cost {
    /// The sum of all steps.
    pub fn total(&self) -> Operations {
        let mut total = Operations::default();
        let steps = [
            self.transcript,
            self.tree,
            self.rows,
            self.opening,
            self.words,
        ];
        steps.into_iter().for_each(|step| total.include(step));
        total
    }

    /// Adds the cost of a part to that of the run.
    pub(crate) fn include(&mut self, part: &Self) {
        self.transcript.include(part.transcript);
        self.tree.include(part.tree);
        self.rows.include(part.rows);
        self.opening.include(part.opening);
        self.words.include(part.words);
    }
}

impl Operations {
    fn include(&mut self, other: Self) {
        add(&mut self.compressions, other.compressions);
        add(&mut self.products, other.products);
        add(&mut self.scalings, other.scalings);
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
