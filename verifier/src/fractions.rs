//! The tree of fractions: that all messages of a part balance, down to one claim on its leaves.
//!
//! Section 8.3 of the protocol, after Papini and Haböck,
//! *Improving logarithmic derivative lookups using GKR*, ePrint 2023/1284. A leaf is a message of a
//! row, count over denominator; a node is the sum of its two children.

use alloc::vec::Vec;

use crate::{challenge::Challenge, cost::Operations, protocol::label, transcript::Transcript};

/// The depth whose nodes are sent: one bit says local or global, four say the lane.
pub const SENT_DEPTH: u32 = 5;

/// How many nodes are sent: those of [`SENT_DEPTH`].
pub const SENT_NODES: usize = 1 << SENT_DEPTH;

/// A fraction that is not reduced.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Fraction<E> {
    /// The numerator.
    pub numerator: E,
    /// The denominator.
    pub denominator: E,
}

impl<E: Challenge> Fraction<E> {
    /// Nothing: 0 over 1.
    pub const ZERO: Self = Self {
        numerator: E::ZERO,
        denominator: E::ONE,
    };

    /// The sum: `p0 / q0 + p1 / q1`.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            numerator: self.numerator * other.denominator + other.numerator * self.denominator,
            denominator: self.denominator * other.denominator,
        }
    }
}

/// The sumcheck of one depth.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LayerProof<E> {
    /// Each round's polynomial: the difference of its values at 1 and 0, and the coefficient of its
    /// square.
    pub rounds: Vec<[E; 2]>,
    /// Both children at the point where it ends.
    pub children: [Fraction<E>; 2],
}

/// All that is sent of a tree.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TreeProof<E> {
    /// The nodes of [`SENT_DEPTH`], local ones first.
    pub nodes: Vec<Fraction<E>>,
    /// The sumchecks, from that depth down.
    pub layers: Vec<LayerProof<E>>,
}

/// A claim: the values of the extensions of numerators and denominators of one depth at a point.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claim<E> {
    /// The values.
    pub value: Fraction<E>,
    /// The point, a coordinate for each bit of the index, from the root down.
    pub point: Vec<E>,
}

/// Why a tree is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The proof has not the form that the depth of the tree gives.
    #[error("the tree's proof does not have the form of a tree of depth {depth}")]
    Form {
        /// The depth.
        depth: u32,
    },
    /// Messages of the part do not balance.
    #[error("the messages of the part do not balance")]
    Unbalanced,
    /// A denominator is zero.
    #[error("a denominator is zero")]
    Denominator,
    /// A node is not the sum of its children.
    #[error("depth {depth}: the nodes are not the sums of their children")]
    Children {
        /// The depth of the nodes.
        depth: u32,
    },
}

/// Checks that the local messages of a part balance: a tree of `depth` levels below its root. Returns the sum of
/// its global fractions, whose denominator is not zero, and a claim on the leaves.
///
/// # Soundness
/// If the claim is true, the local fractions add up to zero, and the global ones to what is returned, but for
/// `5 + sum (2 k + 2)` of all challenges, summed over the depths `k` from 5 on.
///
/// # Errors
/// The first check that failed.
pub fn check<E: Challenge>(
    depth: u32,
    proof: &TreeProof<E>,
    transcript: &mut Transcript,
    operations: &mut Operations,
) -> Result<(Fraction<E>, Claim<E>), TreeError> {
    let ([local, global], claim) = reduce(depth, proof, transcript, operations)?;
    if !local.numerator.is_zero() {
        return Err(TreeError::Unbalanced);
    }
    Ok((global, claim))
}

/// Checks a tree, and returns the sums of its local and its global fractions, whatever they are, with a claim on the
/// leaves.
///
/// # Errors
/// The first check that failed.
pub fn reduce<E: Challenge>(
    depth: u32,
    proof: &TreeProof<E>,
    transcript: &mut Transcript,
    operations: &mut Operations,
) -> Result<([Fraction<E>; 2], Claim<E>), TreeError> {
    let layers = depth.saturating_sub(SENT_DEPTH) as usize;
    if proof.nodes.len() != SENT_NODES || proof.layers.len() != layers {
        return Err(TreeError::Form { depth });
    }

    // (1) No denominator is zero: that of a sum is the product of all.
    let (local, global) = proof.nodes.split_at(SENT_NODES >> 1);
    let sums = [local, global].map(|nodes| {
        nodes
            .iter()
            .fold(Fraction::ZERO, |sum, node| sum.join(*node))
    });
    operations.multiply(SENT_NODES.saturating_mul(3));
    if sums.iter().any(|sum| sum.denominator.is_zero()) {
        return Err(TreeError::Denominator);
    }

    // (2) Each node is the sum of its children.
    let mut claim = enter(&proof.nodes, transcript);
    for (layer, depth) in proof.layers.iter().zip(SENT_DEPTH..) {
        claim = descend(depth, layer, claim, transcript, operations)?;
    }
    Ok((sums, claim))
}

/// Sends the nodes of [`SENT_DEPTH`] and draws a point among them: the claim that the rest of the tree shows.
pub fn enter<E: Challenge>(nodes: &[Fraction<E>], transcript: &mut Transcript) -> Claim<E> {
    let mut message: Vec<E> = nodes.iter().map(|node| node.numerator).collect();
    message.extend(nodes.iter().map(|node| node.denominator));
    let first = transcript.exchange(label::NODES, &message);
    let rest = (1..SENT_DEPTH).map(|_| transcript.challenge(label::NODES));
    let point: Vec<E> = core::iter::once(first).chain(rest).collect();
    let mut values = nodes.to_vec();
    // The last bit of the point is the lowest of the index.
    for coordinate in point.iter().rev() {
        values = values
            .chunks_exact(2)
            .map(|pair| match pair {
                [even, odd] => line(*even, *odd, *coordinate),
                _ => Fraction::ZERO,
            })
            .collect();
    }
    Claim {
        value: values.first().copied().unwrap_or(Fraction::ZERO),
        point,
    }
}

/// Takes a claim on the nodes of a depth to one on their children.
fn descend<E: Challenge>(
    depth: u32,
    layer: &LayerProof<E>,
    claim: Claim<E>,
    transcript: &mut Transcript,
    operations: &mut Operations,
) -> Result<Claim<E>, TreeError> {
    if layer.rounds.len() != claim.point.len() {
        return Err(TreeError::Form { depth });
    }
    let lambda: E = transcript.challenge(label::LAMBDA);
    let mut sum = claim.value.numerator + lambda * claim.value.denominator;
    let mut point = Vec::with_capacity(claim.point.len().saturating_add(1));
    // The last bit is bound first.
    for (round, coordinate) in layer.rounds.iter().zip(claim.point.iter().rev()) {
        let r = transcript.exchange(label::TREE, round);
        sum = next(sum, *round, *coordinate, r);
        point.push(r);
    }
    point.reverse();

    let [a, b] = layer.children;
    let products = a.numerator * b.denominator
        + b.numerator * a.denominator
        + lambda * a.denominator * b.denominator;
    if products != sum {
        return Err(TreeError::Children { depth });
    }
    let last = transcript.exchange(label::CHILDREN, &children_message(&layer.children));
    point.push(last);
    operations.multiply(layer.rounds.len().saturating_mul(3).saturating_add(7));
    Ok(Claim {
        value: line(a, b, last),
        point,
    })
}

/// The claim after a round of a sumcheck whose weight is an `eq`. The round's polynomial is `s`, with
/// `s(1) - s(0)` and the coefficient of its square in `round`, and the claim before is `sum` =
/// `(1 - coordinate) s(0) + coordinate s(1)`: the value at `coordinate` of the line through both.
///
/// So every `round` is a polynomial that agrees with the claim, and nothing is divided.
#[inline]
pub fn next<E: Challenge>(sum: E, round: [E; 2], coordinate: E, r: E) -> E {
    let [slope, square] = round;
    sum + slope * (r - coordinate) + square * r * (r - E::ONE)
}

/// The children as they are sent.
pub fn children_message<E: Challenge>([a, b]: &[Fraction<E>; 2]) -> [E; 4] {
    [a.numerator, a.denominator, b.numerator, b.denominator]
}

/// The point at `at` of the line through `a`, at 0, and `b`, at 1.
#[inline]
fn line<E: Challenge>(a: Fraction<E>, b: Fraction<E>, at: E) -> Fraction<E> {
    Fraction {
        numerator: a.numerator + at * (b.numerator - a.numerator),
        denominator: a.denominator + at * (b.denominator - a.denominator),
    }
}
