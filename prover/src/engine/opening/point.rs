//! The rounds that take the words of all phases to one point.
//!
//! The coefficients of a lifted word are those of the word, at indices whose lowest `q + 1` bits are equal. So of
//! the first `q + 1` rounds each needs two sums alone: over even, and over odd coefficients.

use core::ops::Deref;

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::F;
use zonda_kernels::{Platform, Pool};
use zonda_verifier::multilinear::table;

use crate::engine::{
    EngineError,
    challenge::ProverChallenge,
    words::{LOG_LINE, Vector, extensions_of_halves},
};

/// The word of a phase, as far as its variables are bound.
pub struct Phase<'a, E> {
    /// The power of delta, and the factors of the weight whose variables are bound.
    factor: E,
    /// The coordinates of the weight, from the lowest bit on that is not bound.
    coordinates: Vec<E>,
    state: State<'a, E>,
}

enum State<'a, E> {
    /// The lowest bits, which are equal.
    Lifted {
        vector: &'a Vector,
        /// How many of them are not bound.
        left: u32,
        /// Whether none of them is bound.
        is_first: bool,
        /// The weights of even and of odd coefficients, by the bits that are bound.
        weights: [E; 2],
        /// The sums over even and over odd coefficients, each times its weight.
        sums: [E; 2],
        /// The factors of the weight if bit 0 is 0, and if it is 1.
        factors: [E; 2],
    },
    /// The other bits.
    Plain(Partial<'a, E>),
}

impl<'a, E: ProverChallenge> Phase<'a, E> {
    /// The combined column of a phase, to be lifted to 2^`log_height` coefficients, whose value at `own` is claimed,
    /// times `factor`.
    pub fn new(
        platform: Platform,
        vector: &'a Vector,
        own: &[E],
        log_height: u32,
        factor: E,
    ) -> Self {
        let lift = log_height - vector.log_count();
        let state = if lift == 0 {
            State::Plain(Partial::new(platform, Source::Given(vector), own))
        } else {
            let sums = vector.sums::<E>(platform, 1, &own[1..]);
            let up = F::TWO.exp_u64(u64::from(lift));
            State::Lifted {
                vector,
                left: lift + 1,
                is_first: true,
                weights: [E::ONE, E::from_base(up)],
                sums: [sums[0], sums[1].mul_base(up)],
                factors: [
                    E::ONE - own[0],
                    own[0].mul_base(F::ONE.div_2exp_u64(u64::from(lift))),
                ],
            }
        };
        Self {
            factor,
            coordinates: own.to_vec(),
            state,
        }
    }

    /// The polynomial of the lowest bit: its value at 0, and the coefficient of its square.
    pub fn round(&self) -> [E; 2] {
        let (factors, sums) = match &self.state {
            State::Lifted {
                is_first,
                sums,
                factors,
                ..
            } => (if *is_first { *factors } else { [E::ONE; 2] }, *sums),
            State::Plain(partial) => {
                let z = self.coordinates[0];
                let sums = partial.halves(&self.coordinates[1..]);
                ([E::ONE - z, z], sums)
            }
        };
        [
            self.factor * factors[0] * sums[0],
            self.factor * (factors[1] - factors[0]) * (sums[1] - sums[0]),
        ]
    }

    /// Binds the lowest bit.
    ///
    /// # Errors
    /// If memory is refused.
    pub fn bind(&mut self, platform: Platform, pool: &Pool, r: E) -> Result<(), EngineError> {
        let next = match &mut self.state {
            State::Lifted {
                vector,
                left,
                is_first,
                weights,
                sums,
                factors,
            } => {
                if *is_first {
                    self.factor *= factors[0] + r * (factors[1] - factors[0]);
                    self.coordinates.remove(0);
                    *is_first = false;
                }
                for (both, factor) in [E::ONE - r, r].into_iter().enumerate() {
                    weights[both] *= factor;
                    sums[both] *= factor;
                }
                *left -= 1;
                if *left > 0 {
                    return Ok(());
                }
                let vector = vector.fold(platform, pool, &weights[..])?;
                Partial::new(platform, Source::Folded(vector), &self.coordinates)
            }
            State::Plain(partial) => {
                let z = self.coordinates.remove(0);
                self.factor *= E::ONE - z + r * (z + z - E::ONE);
                return partial.bind(platform, pool, r, &self.coordinates);
            }
        };
        self.state = State::Plain(next);
        Ok(())
    }

    /// The value of the lifted word, when all variables are bound.
    pub fn value(&self) -> E {
        match &self.state {
            State::Lifted { .. } => unreachable!("a word has more variables than the lowest ones"),
            State::Plain(partial) => partial.table[0],
        }
    }
}

/// Coefficients: those that were given, or what they were folded to.
enum Source<'a> {
    Given(&'a Vector),
    Folded(Vector),
}

impl Deref for Source<'_> {
    type Target = Vector;

    fn deref(&self) -> &Vector {
        match self {
            Self::Given(vector) => vector,
            Self::Folded(vector) => vector,
        }
    }
}

/// Coefficients whose lowest bits are being bound: four at a time, by the sums over all others.
struct Partial<'a, E> {
    /// The coefficients before this group of bits; nothing if they are in the table.
    vector: Option<Source<'a>>,
    /// The sums over all other bits, by the bits of this group that are not bound.
    table: Vec<E>,
    /// The challenges of the bits of this group that are bound.
    bound: Vec<E>,
}

impl<'a, E: ProverChallenge> Partial<'a, E> {
    /// With the coordinates of all bits.
    fn new(platform: Platform, vector: Source<'a>, coordinates: &[E]) -> Self {
        debug_assert_eq!(vector.log_count() as usize, coordinates.len());
        let (vector, table) = if vector.is_small() {
            (None, vector.elements())
        } else {
            let sums = vector.sums(platform, LOG_LINE, &coordinates[LOG_LINE..]);
            (Some(vector), sums)
        };
        Self {
            vector,
            table,
            bound: Vec::new(),
        }
    }

    /// The sums over even and over odd coefficients; `rest` are the coordinates of all bits above.
    fn halves(&self, rest: &[E]) -> [E; 2] {
        extensions_of_halves(&self.table, rest)
    }

    /// Binds the lowest bit; `rest` are the coordinates of all bits above.
    fn bind(
        &mut self,
        platform: Platform,
        pool: &Pool,
        r: E,
        rest: &[E],
    ) -> Result<(), EngineError> {
        self.bound.push(r);
        let pairs = self.table.chunks_exact(2);
        self.table = pairs
            .map(|pair| pair[0] + r * (pair[1] - pair[0]))
            .collect();
        if let Some(vector) = &self.vector
            && self.table.len() == 1
        {
            let folded = vector.fold(platform, pool, &table(&self.bound))?;
            *self = Self::new(platform, Source::Folded(folded), rest);
        }
        Ok(())
    }
}
