//! The tree of fractions: section 8.3.

use zonda_circuits::F;
use zonda_verifier::{
    Challenge,
    fractions::{Fraction, LayerProof, TreeProof},
};

use super::{Input, Prover, Session, Stated};
use crate::{
    machine::{Lookups, Said, denominator, say, width},
    multilinear::{Eq, line},
    sparse::{Sparse, pairs},
};

/// A node for which there is no message.
fn nothing<E: Challenge>() -> Fraction<E> {
    Fraction {
        numerator: E::ZERO,
        denominator: E::ONE,
    }
}

/// Count and denominator of all messages of a row: local, then global.
fn fractions<E: Challenge>(said: &Said<E>, lookups: Lookups<E>) -> [Vec<(E, E)>; 2] {
    [0, 1].map(|scope| {
        let messages = said.messages[scope].iter();
        messages
            .map(|message| (message.count, denominator(lookups[scope], message)))
            .collect()
    })
}

/// All leaves that a message gives.
fn leaves<E: Challenge>(stated: &Stated<'_>, lookups: Lookups<E>) -> Sparse<Fraction<E>> {
    let n = stated.layout.n;
    let slot_bits = stated.machine.slot_bits;
    let mut leaves = Vec::new();
    for Input {
        table,
        height,
        rows,
    } in stated.inputs
    {
        let public = table.public(stated.part);
        let first = stated.machine.places(*table).slots;
        let zeros = vec![E::ZERO; width(*table)];
        let of_zeros = fractions(&say(*table, &zeros, &public), lookups);
        for (x, cells) in rows.iter().enumerate() {
            let cells: Vec<E> = cells.iter().map(|cell| E::from_base(*cell)).collect();
            let own = fractions(&say(*table, &cells, &public), lookups);
            let beyond = if x < *height { E::ZERO } else { E::ONE };
            for scope in 0..2 {
                let messages = own[scope].iter().zip(&of_zeros[scope]).enumerate();
                for (message, ((c, d), (c0, d0))) in messages {
                    let leaf = Fraction {
                        numerator: *c - *c0 * beyond,
                        denominator: *d - (*d0 - E::ONE) * beyond,
                    };
                    // From the root down: scope, lane, slot, the other bits of the row.
                    let mut index = scope;
                    index = index << 4 | (x & 15);
                    index = index << slot_bits | (first[scope] + message);
                    index = index << (n - 4) | x >> 4;
                    leaves.push((index, leaf));
                }
            }
        }
    }
    leaves.sort_by_key(|(index, _)| *index);
    leaves
}

/// The nodes above.
fn sums<E: Challenge>(nodes: &Sparse<Fraction<E>>) -> Sparse<Fraction<E>> {
    let sum = |(index, children): (usize, [Option<&Fraction<E>>; 2])| {
        let [a, b] = children.map(|child| child.copied().unwrap_or(nothing()));
        let sum = Fraction {
            numerator: a.numerator * b.denominator + b.numerator * a.denominator,
            denominator: a.denominator * b.denominator,
        };
        (index, sum)
    };
    pairs(nodes).map(sum).collect()
}

/// Numerator and denominator of both children: the extensions of four functions.
type Children<E> = [E; 4];

fn both<E: Challenge>(children: [Option<&Fraction<E>>; 2]) -> Children<E> {
    let [a, b] = children.map(|child| child.copied().unwrap_or(nothing()));
    [a.numerator, a.denominator, b.numerator, b.denominator]
}

fn combined<E: Challenge>([p0, q0, p1, q1]: Children<E>, lambda: E) -> E {
    p0 * q1 + p1 * q0 + lambda * q0 * q1
}

/// The children at `x` of the bit that is bound.
fn at<E: Challenge>(pair: [Option<&Children<E>>; 2], x: E) -> Children<E> {
    let [a, b] = pair.map(|children| children.copied().unwrap_or(both([None; 2])));
    std::array::from_fn(|i| line(a[i], b[i], x))
}

/// `m` and `e` of a round. `rest` are the coordinates of all bits that are left.
fn round<E: Challenge>(nodes: &Sparse<Children<E>>, rest: &[E], lambda: E) -> [E; 2] {
    // All nodes that are not there have the value lambda, and the weights of all nodes add up to 1.
    let mut sums = [lambda; 3];
    let eq = Eq::new(rest);
    for (index, pair) in pairs(nodes) {
        let weight = eq.at(index);
        let [a, b] = pair.map(|children| children.copied().unwrap_or(both([None; 2])));
        let at_2 = std::array::from_fn(|i| b[i].double() - a[i]);
        for (sum, children) in sums.iter_mut().zip([a, b, at_2]) {
            *sum += weight * (combined(children, lambda) - lambda);
        }
    }
    let [s0, s1, s2] = sums;
    [s1 - s0, (s2 - s1.double() + s0).halve()]
}

/// The tree, and the point at which it ends: a coordinate for each bit of a leaf's index, from the
/// lowest.
pub fn prove<E: Challenge, P: Prover<E>>(
    stated: &Stated<'_>,
    lookups: Lookups<E>,
    session: &mut Session<'_, P>,
) -> (TreeProof<E>, Vec<E>) {
    let depth = (stated.layout.n + stated.machine.slot_bits + 1) as usize;
    let mut depths = vec![leaves(stated, lookups)];
    for _ in 5..depth {
        depths.push(sums(&depths[depths.len() - 1]));
    }
    depths.reverse();
    let mut proof = TreeProof::default();
    let mut sent = [nothing(); 32];
    for (index, node) in &depths[0] {
        sent[*index] = *node;
    }
    let mut elements: Vec<E> = sent.iter().map(|node| node.numerator).collect();
    elements.extend(sent.iter().map(|node| node.denominator));
    session.tell("nodes", &[], &mut elements);
    proof.nodes = (0..32)
        .map(|i| Fraction {
            numerator: elements[i],
            denominator: elements[32 + i],
        })
        .collect();
    // t_1 is the first, and that of the highest bit.
    let mut point = vec![session.transcript.draw("nodes", &elements)];
    point.extend((1..5).map(|_| session.transcript.draw::<E>("nodes", &[])));
    point.reverse();
    for nodes in &depths[1..] {
        let below: Sparse<Children<E>> = pairs(nodes)
            .map(|(index, children)| (index, both(children)))
            .collect();
        let (layer, next) = layer(below, point, session);
        proof.layers.push(layer);
        point = next;
    }
    (proof, point)
}

/// One depth: its proof, and the point of the next.
fn layer<E: Challenge, P: Prover<E>>(
    mut nodes: Sparse<Children<E>>,
    point: Vec<E>,
    session: &mut Session<'_, P>,
) -> (LayerProof<E>, Vec<E>) {
    let lambda: E = session.transcript.draw("lambda", &[]);
    let mut rounds = Vec::new();
    let mut next = Vec::new();
    for bit in 0..point.len() {
        let message = round(&nodes, &point[bit + 1..], lambda);
        let message = session.message("tree", message);
        let r: E = session.transcript.draw("tree", &message);
        nodes = pairs(&nodes)
            .map(|(index, pair)| (index, at(pair, r)))
            .collect();
        rounds.push(message);
        next.push(r);
    }
    let last = nodes
        .first()
        .map_or(both([None; 2]), |(_, children)| *children);
    let [p0, q0, p1, q1] = session.message("children", last);
    let t = session.transcript.draw("children", &[p0, q0, p1, q1]);
    next.insert(0, t);
    let child = |(numerator, denominator)| Fraction {
        numerator,
        denominator,
    };
    let children = [(p0, q0), (p1, q1)].map(child);
    (LayerProof { rounds, children }, next)
}

/// Whether all constraints hold: what an honest prover sees to.
pub fn holds<E: Challenge>(inputs: &[Input], part: &zonda_circuits::machine::Part) -> bool {
    inputs.iter().all(|input| {
        let public: Vec<F> = input.table.public(part);
        input.rows[..input.height].iter().all(|cells| {
            let cells: Vec<E> = cells.iter().map(|cell| E::from_base(*cell)).collect();
            let said = say(input.table, &cells, &public);
            said.constraints.iter().all(|c| *c == E::ZERO)
        })
    })
}
