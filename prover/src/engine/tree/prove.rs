//! The tree, depth by depth.

use std::time::{Duration, Instant};

use zonda_circuits::F;
use zonda_kernels::{LINE, Platform, Pool};
use zonda_verifier::{
    fractions::{self, Claim, Fraction, LayerProof, TreeProof},
    transcript::Transcript,
};

use super::{
    build::{self, Level},
    leaves::{self, Input, Kind, Leaves},
    levels::{GROUP, Segments, Slots, Step, steps},
    round::{self, Eq, Lambda, Source},
    top::{Sumcheck, line, pairs},
    weights::{Weights, table},
};
use crate::{
    cancel::Cancel,
    engine::{EngineError, challenge::ProverChallenge, lookup::Lookups},
};

/// A tree that was proved.
pub struct Tree<E> {
    /// All that is sent of it.
    pub proof: TreeProof<E>,
    /// The claim on its leaves.
    pub claim: Claim<E>,
    /// How long its stages took.
    pub stages: Stages,
}

/// How long the stages of a tree took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    /// Evaluating the leaves, and adding up what is made with them.
    pub leaves: Duration,
    /// Adding up the rest.
    pub build: Duration,
    /// Proving the levels above the leaves.
    pub upper: Duration,
    /// Proving the leaves.
    pub leaf_level: Duration,
}

/// The time since the last stage ended.
fn lap(since: &mut Instant) -> Duration {
    let now = Instant::now();
    now - core::mem::replace(since, now)
}

/// Proves that the local messages of a part balance, and what its global messages add up to, down to a claim on the
/// leaves. The proof of messages that do not balance is refused.
///
/// # Errors
/// If a challenge hit an exceptional value, the system refuses memory, or the work is to stop.
pub fn prove<E: ProverChallenge>(
    platform: Platform,
    pool: &Pool,
    slots: &Slots,
    inputs: &[Input<'_>],
    lookups: &Lookups<E>,
    transcript: &mut Transcript,
    cancel: &Cancel,
) -> Result<Tree<E>, EngineError> {
    let (mut stages, mut since) = (Stages::default(), Instant::now());
    let steps = steps(slots);
    let take = |step: &Step| Level::take(pool, step.to.groups(), E::DEGREE);
    let mut above = [take(&steps[0])?, take(&steps[1])?, take(&steps[2])?];
    let segments = &steps[0].from;
    let leaves = Leaves::fill(platform, pool, slots, segments, inputs, lookups, &mut above)?;
    cancel.check()?;
    stages.leaves = lap(&mut since);
    let mut levels = Vec::with_capacity(steps.len());
    levels.extend(above);
    for step in &steps[leaves::ABOVE..] {
        let mut level = take(step)?;
        build::above::<E>(platform, &levels[levels.len() - 1], step, &mut level);
        levels.push(level);
        cancel.check()?;
    }
    stages.build = lap(&mut since);
    let mut tree = Proving {
        platform,
        slots,
        steps,
        levels,
        transcript,
        layers: Vec::new(),
    };
    let (nodes, mut claim) = tree.top()?;
    for level in (1..tree.steps.len()).rev() {
        claim = tree.level(level, &claim)?;
        cancel.check()?;
    }
    stages.upper = lap(&mut since);
    claim = tree.leaves(&leaves, &claim)?;
    stages.leaf_level = lap(&mut since);
    let layers = tree.layers;
    let proof = TreeProof { nodes, layers };
    Ok(Tree {
        proof,
        claim,
        stages,
    })
}

/// A tree that is being proved. Level `l` is `levels[l - 1]`, and the leaves are level 0.
struct Proving<'a, E> {
    platform: Platform,
    slots: &'a Slots,
    steps: Vec<Step>,
    levels: Vec<Level>,
    transcript: &'a mut Transcript,
    layers: Vec<LayerProof<E>>,
}

/// The weights of quads in the rounds of one level.
struct Rounds<'a, E: ProverChallenge> {
    slots: &'a Slots,
    /// The coordinates of the claim's point, those of the lowest bits first.
    coordinates: Vec<E>,
    /// How many of them are those of rows.
    rows: usize,
    /// `eq` of the index of quads in their segments.
    weights: Weights<E>,
    /// Whether segments are slots.
    by_slot: bool,
    /// `eq` of each segment.
    segments: Vec<E>,
    /// The same, prepared.
    scalars: Vec<E::Scalar>,
    /// `eq` of each lane.
    lanes: Vec<E>,
}

impl<'a, E: ProverChallenge> Rounds<'a, E> {
    /// For the nodes above level `level`, whose claim has these coordinates.
    fn new(slots: &'a Slots, coordinates: &[E], level: usize, by_slot: bool) -> Self {
        let blocks = coordinates.len() - 5;
        let mut rounds = Self {
            slots,
            coordinates: coordinates.to_vec(),
            rows: slots.row_bits as usize - 5 - level.min(slots.row_bits as usize - 5),
            weights: Weights::new(&[]),
            by_slot,
            segments: Vec::new(),
            scalars: Vec::new(),
            lanes: table(&coordinates[blocks..blocks + 4]),
        };
        rounds.enter(0, by_slot);
        rounds
    }

    /// Segments are slots, or the local and the global ones, from round `round` on.
    fn enter(&mut self, round: usize, by_slot: bool) {
        let blocks = self.coordinates.len() - 5;
        let scope = self.coordinates[blocks + 4];
        let scopes = [E::ONE - scope, scope];
        self.by_slot = by_slot;
        if by_slot {
            let weights = table(&self.coordinates[self.rows..blocks]);
            let local = self.slots.local;
            let slot = |slot: usize| match slot.checked_sub(local) {
                None => scopes[0] * weights[slot],
                Some(global) => scopes[1] * weights[global],
            };
            self.segments = (0..self.slots.all.len()).map(slot).collect();
            self.weights = Weights::new(&self.coordinates[round + 1..self.rows]);
        } else {
            self.segments = scopes.to_vec();
            self.weights = Weights::new(&self.coordinates[round + 1..blocks]);
        }
        self.scalars = self.segments.iter().map(E::scalar).collect();
    }

    /// Goes on to a round, whose segments are of this sort.
    fn next(&mut self, round: usize, by_slot: bool) {
        if by_slot == self.by_slot {
            self.weights.drop_first();
        } else {
            self.enter(round, by_slot);
        }
    }

    fn eq(&self) -> Eq<'_, E> {
        Eq::new(&self.weights, &self.scalars)
    }

    /// The weight of all quads that are there: of the others, none has a numerator, and all denominators are 1.
    fn present(&self, segments: &Segments) -> E {
        let mut last = (usize::MAX, E::ZERO);
        let weights = self.segments.iter().enumerate();
        weights
            .map(|(segment, weight)| {
                let groups = segments.groups_of(segment);
                if last.0 != groups {
                    last = (groups, self.weights.below(2 * groups));
                }
                *weight * last.1
            })
            .sum()
    }

    /// The polynomial of a round from what was summed: at 0, and the coefficient of its square.
    fn polynomial(&self, sums: &round::Sums, segments: &Segments, lambda: E) -> [E; 2] {
        let [at_zero, square] = sums.total(&self.lanes, lambda);
        [at_zero + lambda * (E::ONE - self.present(segments)), square]
    }
}

impl<E: ProverChallenge> Proving<'_, E> {
    /// Sends the nodes at depth 5, and proves the three depths below.
    fn top(&mut self) -> Result<(Vec<Fraction<E>>, Claim<E>), EngineError> {
        let Some(top) = self.levels.last() else {
            return Err(EngineError::Challenge);
        };
        // By blocks from the lowest bits on, then lanes, then local and global.
        let mut depths = vec![self.few(top)];
        for _ in 0..GROUP.ilog2() {
            let below = &depths[depths.len() - 1];
            depths.push(below.chunks_exact(2).map(|c| c[0].join(c[1])).collect());
        }
        let nodes = depths.pop().unwrap_or_default();
        let mut claim = fractions::enter(&nodes, self.transcript);
        for children in depths.iter().rev() {
            let sumcheck = Sumcheck::begin(&claim, self.transcript);
            let nodes = sumcheck.with_lambda(pairs(children));
            let (layer, next) = sumcheck.finish(nodes).ok_or(EngineError::Challenge)?;
            self.layers.push(layer);
            claim = next;
        }
        Ok((nodes, claim))
    }

    /// The fractions of a level whose segments have one group each, by index.
    fn few(&self, level: &Level) -> Vec<Fraction<E>> {
        let numerators = round::elements::<E>(&level.numerators);
        let denominators = round::elements::<E>(&level.denominators);
        let segment = GROUP * LINE;
        (0..numerators.len())
            .map(|index| {
                let (scope, rest) = (index / segment, index % segment);
                let at = scope * segment + LINE * (rest % GROUP) + rest / GROUP;
                Fraction {
                    numerator: numerators[at],
                    denominator: denominators[at],
                }
            })
            .collect()
    }

    /// Proves the nodes above a level.
    fn level(&mut self, level: usize, claim: &Claim<E>) -> Result<Claim<E>, EngineError> {
        let platform = self.platform;
        let mut sumcheck = Sumcheck::begin(claim, self.transcript);
        let lambda = Lambda::new(sumcheck.lambda).ok_or(EngineError::Challenge)?;
        let coordinates = &sumcheck.coordinates;
        let mut rounds = Rounds::new(self.slots, coordinates, level, self.steps[level].by_slot);
        let from = &self.steps[level].from;
        let sums = round::first(
            platform,
            &self.levels[level - 1],
            from,
            &rounds.eq(),
            &lambda,
        );
        let mut polynomial = rounds.polynomial(&sums, from, sumcheck.lambda);
        for (number, step) in (1..).zip(&self.steps[level..]) {
            let r = sumcheck.round(polynomial).ok_or(EngineError::Challenge)?;
            rounds.next(number, step.by_slot);
            let (below, above) = self.levels.split_at_mut(level + number - 1);
            let (from, to) = (&below[level + number - 2], &mut above[0]);
            let is_second = number == 1;
            let eq = rounds.eq();
            let sums = round::later(platform, from, step, to, &r, is_second, &eq, &lambda);
            polynomial = rounds.polynomial(&sums, &step.to, sumcheck.lambda);
        }
        let r = sumcheck.round(polynomial).ok_or(EngineError::Challenge)?;
        let nodes = folded_nodes(
            self.levels.last().ok_or(EngineError::Challenge)?,
            None,
            r,
            sumcheck.lambda,
        );
        let (layer, claim) = sumcheck.finish(nodes).ok_or(EngineError::Challenge)?;
        self.layers.push(layer);
        Ok(claim)
    }

    /// Proves the nodes above the leaves.
    fn leaves(&mut self, leaves: &Leaves, claim: &Claim<E>) -> Result<Claim<E>, EngineError> {
        let platform = self.platform;
        let mut sumcheck = Sumcheck::begin(claim, self.transcript);
        let lambda = Lambda::new(sumcheck.lambda).ok_or(EngineError::Challenge)?;
        let coordinates = &sumcheck.coordinates;
        let mut rounds = Rounds::new(self.slots, coordinates, 0, self.steps[0].by_slot);
        let from = &self.steps[0].from;
        let sums = round::first_of_leaves(platform, leaves, from, &rounds.eq(), &lambda);
        let mut polynomial = rounds.polynomial(&sums, from, sumcheck.lambda);
        let mut kinds: Vec<Kind> = Vec::new();
        for (number, step) in (1..).zip(&self.steps) {
            let r = sumcheck.round(polynomial).ok_or(EngineError::Challenge)?;
            rounds.next(number, step.by_slot);
            let (below, above) = self.levels.split_at_mut(number - 1);
            let source = match below.last() {
                None => Source::Leaves(leaves),
                Some(level) => Source::Folded(level, &kinds),
            };
            let folded = round::folded_kinds(step, source.kinds());
            let eq = rounds.eq();
            let to = &mut above[0];
            let sums =
                round::later_of_leaves(platform, source, step, to, &folded, &r, &eq, &lambda);
            polynomial = rounds.polynomial(&sums, &step.to, sumcheck.lambda);
            kinds = folded;
        }
        let r = sumcheck.round(polynomial).ok_or(EngineError::Challenge)?;
        let top = self.levels.last().ok_or(EngineError::Challenge)?;
        let nodes = folded_nodes(top, Some(&kinds), r, sumcheck.lambda);
        let (layer, claim) = sumcheck.finish(nodes).ok_or(EngineError::Challenge)?;
        self.layers.push(layer);
        Ok(claim)
    }
}

/// The nodes whose children are in a level of one group for each segment, when that has been folded with `r`: by
/// blocks from the lowest bits on, then lanes, then local and global. Lambda is in the first children's numerators.
fn folded_nodes<E: ProverChallenge>(
    level: &Level,
    kinds: Option<&[Kind]>,
    r: E,
    lambda: E,
) -> Vec<[Fraction<E>; 2]> {
    let denominators = round::elements::<E>(&level.denominators);
    let numerators = round::elements::<E>(&level.numerators);
    let segment = GROUP * LINE;
    let fraction = |scope: usize, lane: usize, block: usize| {
        let at = segment * scope + LINE * block + lane;
        let denominator = denominators[at];
        let numerator = match kinds.and_then(|kinds| kinds[scope].count()) {
            Some(count) if block.is_multiple_of(2) => {
                lambda * denominator + E::from_base(F::new(count))
            }
            Some(count) => E::from_base(F::new(count)),
            None => numerators[at],
        };
        Fraction {
            numerator,
            denominator,
        }
    };
    let mut nodes = Vec::new();
    for scope in 0..denominators.len() / segment {
        for lane in 0..LINE {
            for quad in 0..GROUP / 4 {
                let child = |child: usize| {
                    let first = fraction(scope, lane, 4 * quad + child);
                    line(first, fraction(scope, lane, 4 * quad + child + 2), r)
                };
                nodes.push([child(0), child(1)]);
            }
        }
    }
    nodes
}
