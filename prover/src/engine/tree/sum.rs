//! Sums over the nodes of a level, weighted with `eq` of their index: what all rounds share.
//!
//! Four blocks in a row, a *quad*, are two nodes with two children each: what one round pairs. Its index is that of
//! the quad in its segment, the segment's and the lane's.

use core::ops::Range;

use rayon::prelude::*;
use zonda_circuits::F;
use zonda_kernels::{LINE, Lanes, Packed};

use super::{blocks::Quad, levels::Segments, memory::GROUPS_PER_TASK, weights::Weights};
use crate::engine::challenge::{MAX_DEGREE, ProverChallenge, add_words, weight};

/// The challenge lambda of a level.
#[derive(Clone, Copy)]
pub struct Lambda<E: ProverChallenge> {
    /// Itself.
    pub element: E,
    /// Prepared.
    pub scalar: E::Scalar,
    /// Its words.
    pub words: [u32; MAX_DEGREE],
    /// The words of its inverse, for leaves with one count.
    pub inverse: [u32; MAX_DEGREE],
    /// The words of the inverse's square.
    pub inverse_square: [u32; MAX_DEGREE],
}

impl<E: ProverChallenge> Lambda<E> {
    /// Nothing if it is zero.
    pub fn new(lambda: E) -> Option<Self> {
        let inverse = lambda.try_inverse()?;
        Some(Self {
            element: lambda,
            scalar: lambda.scalar(),
            words: weight(&lambda),
            inverse: weight(&inverse),
            inverse_square: weight(&(inverse * inverse)),
        })
    }
}

/// How quads are weighted in a round: by the index in their segment, and by segment and class.
pub struct Eq<E: ProverChallenge> {
    low: Vec<E::Scalar>,
    high: Vec<E::Scalar>,
    log_low: u32,
    segments: Vec<[E::Scalar; CLASSES]>,
}

/// The classes of groups: those whose terms are what they are, and those whose terms lack a factor lambda.
pub const CLASSES: usize = 2;

impl<E: ProverChallenge> Eq<E> {
    /// The weights of a round.
    pub fn new(weights: &Weights<E>, segments: &[[E::Scalar; CLASSES]]) -> Self {
        Self {
            low: weights.low.iter().map(E::scalar).collect(),
            high: weights.high.iter().map(E::scalar).collect(),
            log_low: weights.log_low(),
            segments: segments.to_vec(),
        }
    }
}

/// Sums by lane of `N` terms: of the coefficient of the square, and before it, except in the first round, of the value
/// at 0.
#[derive(Clone, Copy)]
pub struct Sums<const N: usize> {
    words: [[u32; LINE * MAX_DEGREE]; N],
}

impl<const N: usize> Sums<N> {
    const ZERO: Self = Self {
        words: [[0; LINE * MAX_DEGREE]; N],
    };

    fn add(mut self, other: Self) -> Self {
        add_words(self.words.as_flattened_mut(), other.words.as_flattened());
        self
    }

    /// The sums, lanes weighted.
    pub fn total<E: ProverChallenge>(&self, lanes: &[E]) -> [E; N] {
        self.words.map(|words| {
            let lane = |lane: usize| E::from_coordinates_fn(|k| F::new(words[LINE * k + lane]));
            let lanes = lanes.iter().enumerate();
            lanes.map(|(index, eq)| *eq * lane(index)).sum()
        })
    }
}

/// The sums of all tasks.
pub fn add_up<T: Send, const N: usize>(
    tasks: Vec<T>,
    work: impl Fn(T) -> Sums<N> + Sync + Send,
) -> Sums<N> {
    let sums = tasks.into_par_iter().map(work);
    sums.reduce(|| Sums::ZERO, Sums::add)
}

/// Groups, as many as one task takes.
pub fn ranges(groups: usize) -> Vec<Range<usize>> {
    let starts = (0..groups).step_by(GROUPS_PER_TASK);
    starts
        .map(|first| first..groups.min(first + GROUPS_PER_TASK))
        .collect()
}

/// What the kernel of a round makes of quads.
pub trait Quads<L: Lanes, P: Packed<L>, const N: usize> {
    /// The class of a group.
    fn class(&self, group: usize) -> usize;

    /// The terms of a quad.
    fn quad(&mut self, at: Quad) -> [P; N];
}

/// Sums over the quads of some groups.
#[inline(always)]
pub fn sum<L: Lanes, E: ProverChallenge, Q: Quads<L, E::Packed<L>, N>, const N: usize>(
    segments: &Segments,
    groups: Range<usize>,
    eq: &Eq<E>,
    quads: &mut Q,
) -> Sums<N> {
    let mut sums = Sums::ZERO;
    let mut part = 0;
    while part < LINE / L::WIDTH {
        let mut totals = [E::Packed::<L>::wide_zero(); N];
        let mut segment = segments.segment_of(groups.start);
        let mut group = groups.start;
        while group < groups.end {
            let end = segments.starts[segment + 1].min(groups.end);
            let own = Run {
                segment,
                first: segments.starts[segment],
                groups: group..end,
                quads: segments.quads_of(segment),
                part,
            };
            own.sum::<L, E, Q, N>(eq, quads, &mut totals);
            group = end;
            segment += 1;
        }
        for (total, words) in totals.into_iter().zip(&mut sums.words) {
            let total = E::Packed::<L>::reduce(total);
            for (k, lanes) in total.as_ref().iter().enumerate() {
                lanes.store(&mut words[LINE * k + L::WIDTH * part..]);
            }
        }
        part += 1;
    }
    sums
}

/// Some groups of a segment, and a part of their lanes.
struct Run {
    segment: usize,
    /// The segment's first group.
    first: usize,
    groups: Range<usize>,
    /// How many quads the segment has.
    quads: usize,
    part: usize,
}

impl Run {
    /// Adds the weighted terms to `totals`. Those whose weights differ in the lower factor only are added up before
    /// they take the others.
    #[inline(always)]
    fn sum<L: Lanes, E: ProverChallenge, Q: Quads<L, E::Packed<L>, N>, const N: usize>(
        &self,
        eq: &Eq<E>,
        quads: &mut Q,
        totals: &mut [<E::Packed<L> as Packed<L>>::Wide; N],
    ) {
        let &Self {
            segment,
            first,
            ref groups,
            quads: end,
            part,
        } = self;
        let mask = (1 << eq.log_low) - 1;
        let mut sums = [E::Packed::<L>::wide_zero(); N];
        let mut common = None;
        let mut group = groups.start;
        while group < groups.end {
            let class = quads.class(group);
            let mut half = 0;
            while half < 2 {
                let index = 2 * (group - first) + half;
                if index >= end {
                    break;
                }
                let of_quad = Some((index >> eq.log_low, class));
                if of_quad != common {
                    self.flush::<L, E, N>(eq, common, &mut sums, totals);
                    common = of_quad;
                }
                let terms = quads.quad(Quad {
                    segment,
                    group,
                    index: group - first,
                    half,
                    part,
                });
                let low = &eq.low[index & mask];
                let mut i = 0;
                while i < N {
                    sums[i] = terms[i].scale_add(low, E::Packed::<L>::fold(sums[i]));
                    i += 1;
                }
                half += 1;
            }
            group += 1;
        }
        self.flush::<L, E, N>(eq, common, &mut sums, totals);
    }

    /// Adds sums to `totals`, weighted with what their terms have in common: the index's upper bits, and the class.
    #[inline(always)]
    fn flush<L: Lanes, E: ProverChallenge, const N: usize>(
        &self,
        eq: &Eq<E>,
        common: Option<(usize, usize)>,
        sums: &mut [<E::Packed<L> as Packed<L>>::Wide; N],
        totals: &mut [<E::Packed<L> as Packed<L>>::Wide; N],
    ) {
        let Some((high, class)) = common else {
            return;
        };
        let mut i = 0;
        while i < N {
            let sum = E::Packed::<L>::reduce(sums[i]).scale(&eq.high[high]);
            let total = E::Packed::<L>::fold(totals[i]);
            totals[i] = sum.scale_add(&eq.segments[self.segment][class], total);
            sums[i] = E::Packed::<L>::wide_zero();
            i += 1;
        }
    }
}
