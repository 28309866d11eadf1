//! Presets: which challenge field, how many queries, and how much proof of work.

/// Base-two logarithm of the factor by which tables are extended: part of the protocol.
pub const LOG_BLOWUP: u32 = 1;

/// The most queries that a key can ask for.
pub const MAX_QUERIES: u32 = 512;

/// The most bits of proof of work that a key can ask for at one place.
pub const MAX_WORK_BITS: u32 = 40;

/// The security of proofs.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Preset {
    /// About 100 provable bits, over the extension of degree 4.
    #[default]
    Standard = 0,
    /// About 128 provable bits, over the extension of degree 6.
    High = 1,
}

impl Preset {
    /// All presets, in the order of their bytes.
    pub const ALL: [Self; 2] = [Self::Standard, Self::High];

    /// The byte that stands for the preset in proofs and keys.
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// The preset of a byte, if there is one.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.byte() == byte)
    }

    /// The preset's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::High => "high",
        }
    }

    /// How many base elements a challenge has.
    pub const fn degree(self) -> usize {
        match self {
            Self::Standard => 4,
            Self::High => 6,
        }
    }

    /// The preset's parameters.
    pub const fn parameters(self) -> Parameters {
        match self {
            Self::Standard => STANDARD,
            Self::High => HIGH,
        }
    }
}

/// The numbers that decide, with the challenge field, a proof's security and its cost.
///
/// All are part of the key, and so of its digest.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Parameters {
    /// Number of positions at which rows and leaves are opened.
    pub queries: u32,
    /// Proof of work, in bits, before the challenges of the lookup argument over all parts.
    pub global_work_bits: u32,
    /// Proof of work, in bits, before the challenges of the lookup argument of a part.
    pub lookup_work_bits: u32,
    /// Proof of work, in bits, before each challenge that combines columns of a matrix.
    pub columns_work_bits: u32,
    /// Proof of work, in bits, before the challenge that combines the words of the phases.
    pub words_work_bits: u32,
    /// Proof of work, in bits, before the challenge of each halving of a word.
    pub fold_work_bits: u32,
    /// Proof of work, in bits, before the query positions.
    pub query_work_bits: u32,
}

/// How many parameters there are.
const COUNT: usize = 7;

impl Parameters {
    /// All parameters in the order in which keys hold them.
    pub const fn to_array(&self) -> [u32; COUNT] {
        [
            self.queries,
            self.global_work_bits,
            self.lookup_work_bits,
            self.columns_work_bits,
            self.words_work_bits,
            self.fold_work_bits,
            self.query_work_bits,
        ]
    }

    /// The inverse of [`Self::to_array`].
    pub const fn from_array(array: [u32; COUNT]) -> Self {
        let [
            queries,
            global_work_bits,
            lookup_work_bits,
            columns_work_bits,
            words_work_bits,
            fold_work_bits,
            query_work_bits,
        ] = array;
        Self {
            queries,
            global_work_bits,
            lookup_work_bits,
            columns_work_bits,
            words_work_bits,
            fold_work_bits,
            query_work_bits,
        }
    }

    /// Whether the parameters are within what keys can ask for.
    pub fn is_possible(&self) -> bool {
        let [queries, work @ ..] = self.to_array();
        (1..=MAX_QUERIES).contains(&queries) && work.iter().all(|bits| *bits <= MAX_WORK_BITS)
    }
}

/// The parameters of [`Preset::Standard`].
pub const STANDARD: Parameters = Parameters {
    queries: 194,
    global_work_bits: 16,
    lookup_work_bits: 16,
    columns_work_bits: 16,
    words_work_bits: 16,
    fold_work_bits: 8,
    query_work_bits: 20,
};

/// The parameters of [`Preset::High`].
pub const HIGH: Parameters = Parameters {
    queries: 256,
    global_work_bits: 0,
    lookup_work_bits: 0,
    columns_work_bits: 0,
    words_work_bits: 0,
    fold_work_bits: 0,
    query_work_bits: 22,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_possible_and_have_one_byte_each() {
        for preset in Preset::ALL {
            assert!(preset.parameters().is_possible());
            assert_eq!(Preset::from_byte(preset.byte()), Some(preset));
            let array = core::array::from_fn(|i| i as u32);
            assert_eq!(Parameters::from_array(array).to_array(), array);
        }
        assert_eq!(Preset::from_byte(2), None);
    }
}
