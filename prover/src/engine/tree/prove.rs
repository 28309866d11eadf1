//! The tree, depth by depth.

use std::time::{Duration, Instant};

use zonda_kernels::{LINE, Platform, Pool};
use zonda_verifier::{
    fractions::{self, Claim, Fraction, LayerProof, TreeProof},
    transcript::Transcript,
};

use super::{
    build,
    fill::{self, Input},
    layer::{Bottom, Layer, Pairs, Stored, fractions_of},
    leaves::Leaves,
    levels::{GROUP, Slots, Step, steps},
    memory::{Level, Memory, STORED, fraction_words},
    stored::Folding,
    sum::Lambda,
    top::{Sumcheck, line, pairs},
    weighting::Weighting,
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
    let mut memory = Memory::take(pool, &steps, E::DEGREE)?;
    let segments = &steps[0].from;
    let third = memory.level(STORED);
    let leaves = fill::leaves(platform, pool, slots, segments, inputs, lookups, third)?;
    cancel.check()?;
    stages.leaves = lap(&mut since);
    for (level, step) in (STORED + 1..).zip(&steps[STORED..]) {
        let [from, to] = memory.two_levels(level);
        build::above::<E>(platform, from, step, to);
        cancel.check()?;
    }
    stages.build = lap(&mut since);
    let mut tree = Proving {
        platform,
        pool,
        slots,
        steps: &steps,
        transcript,
        layers: Vec::new(),
    };
    let (nodes, mut claim) = tree.top(memory.level(steps.len()))?;
    for level in (0..steps.len()).rev() {
        if level == 0 {
            stages.upper = lap(&mut since);
        }
        claim = tree.level(level, &mut memory, &leaves, &claim)?;
        cancel.check()?;
    }
    stages.leaf_level = lap(&mut since);
    let layers = tree.layers;
    let proof = TreeProof { nodes, layers };
    Ok(Tree {
        proof,
        claim,
        stages,
    })
}

/// A tree that is being proved.
struct Proving<'a, E> {
    platform: Platform,
    pool: &'a Pool,
    slots: &'a Slots,
    steps: &'a [Step],
    transcript: &'a mut Transcript,
    layers: Vec<LayerProof<E>>,
}

impl<E: ProverChallenge> Proving<'_, E> {
    /// Sends the nodes at depth 5, and proves the three depths below, given the level that has a group of local and a
    /// group of global blocks.
    fn top(&mut self, level: &[u32]) -> Result<(Vec<Fraction<E>>, Claim<E>), EngineError> {
        // By blocks from the lowest bits on, then lanes, then local and global.
        let groups = level.chunks_exact(fraction_words(E::DEGREE));
        let mut depths = vec![groups.flat_map(by_block).collect::<Vec<Fraction<E>>>()];
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

    /// Proves the nodes above a level.
    fn level(
        &mut self,
        level: usize,
        memory: &mut Memory,
        leaves: &Leaves,
        claim: &Claim<E>,
    ) -> Result<Claim<E>, EngineError> {
        let step = &self.steps[level];
        match level {
            0 => {
                let layer = Bottom::new(leaves, &mut memory.words, self.pool);
                self.layer(level, claim, layer)
            }
            1 => {
                let layer = Pairs::new(leaves, &step.from, &mut memory.words);
                self.layer(level, claim, layer)
            }
            _ => {
                let words = fraction_words(E::DEGREE);
                let (own, leaves) = if level < STORED {
                    (&mut memory.words[..], Some(leaves))
                } else {
                    (memory.level(level), None)
                };
                let own = Level::new(own, &step.from, words);
                self.layer(level, claim, Stored::new(own, &step.from, leaves))
            }
        }
    }

    /// Proves the nodes above a level: the sumcheck of one depth.
    fn layer(
        &mut self,
        level: usize,
        claim: &Claim<E>,
        mut layer: impl Layer<E>,
    ) -> Result<Claim<E>, EngineError> {
        let nodes = self.layers.last().ok_or(EngineError::Challenge)?.children;
        let mut sumcheck = Sumcheck::begin(claim, self.transcript);
        let lambda = Lambda::new(sumcheck.lambda).ok_or(EngineError::Challenge)?;
        let mut by_slot = self.steps[level].by_slot;
        let coordinates = &sumcheck.coordinates;
        let mut weighting = Weighting::new(self.slots, lambda.element, coordinates, level, by_slot);
        let sums = layer.first(self.platform, &weighting.eq(), &lambda);
        let mut polynomial = weighting.first_polynomial(&sums, nodes[0]);
        for (number, step) in (1..).zip(&self.steps[level..]) {
            let r = sumcheck.round(polynomial).ok_or(EngineError::Challenge)?;
            if step.by_slot != by_slot {
                by_slot = step.by_slot;
                layer.complete(&self.steps[level + number - 2].to, &lambda);
                layer.regroup(&step.from);
            }
            weighting.next(number, by_slot);
            let with = Folding {
                step,
                element: r,
                r: r.scalar(),
                eq: &weighting.eq(),
                lambda: &lambda,
            };
            let sums = layer.fold(self.platform, &with)?;
            polynomial = weighting.polynomial(&sums, &step.to);
        }
        let r = sumcheck.round(polynomial).ok_or(EngineError::Challenge)?;
        layer.complete(&self.steps[self.steps.len() - 1].to, &lambda);
        let nodes = [0, 1].map(|scope| folded_nodes(&layer.fractions(scope, &lambda), r));
        let nodes = nodes.concat();
        let (layer, claim) = sumcheck.finish(nodes).ok_or(EngineError::Challenge)?;
        self.layers.push(layer);
        Ok(claim)
    }
}

/// The fractions of a group: by blocks from the lowest bits on, then lanes.
fn by_block<E: ProverChallenge>(group: &[u32]) -> Vec<Fraction<E>> {
    let fractions = fractions_of(group);
    let lanes = (0..LINE).flat_map(|lane| (0..GROUP).map(move |block| LINE * block + lane));
    lanes.map(|at| fractions[at]).collect()
}

/// The nodes whose children are these fractions of a group, when they are folded with `r`: by blocks from the lowest
/// bits on, then lanes.
fn folded_nodes<E: ProverChallenge>(fractions: &[Fraction<E>], r: E) -> Vec<[Fraction<E>; 2]> {
    let quads = (0..LINE).flat_map(|lane| (0..GROUP).step_by(4).map(move |block| (lane, block)));
    quads
        .map(|(lane, block)| {
            let fraction = |child: usize| fractions[LINE * (block + child) + lane];
            [0, 1].map(|child| line(fraction(child), fraction(child + 2), r))
        })
        .collect()
}
