//! The bytes of parts, a second time: section 10 of the document.

use zonda_verifier::{Challenge, part::Body, proof::Digest};

use crate::{
    layout::Layout,
    spec::{cell_bytes, element_bytes},
};

/// All that is sent before the openings, in its order.
pub fn sent<E: Challenge>(layout: &Layout, body: &Body<E>) -> Vec<u8> {
    let mut bytes = body.main.to_vec();
    bytes.extend(body.lookup_nonce.to_le_bytes());
    bytes.extend(elements(
        body.tree.nodes.iter().map(|node| [node.numerator]),
    ));
    bytes.extend(elements(
        body.tree.nodes.iter().map(|node| [node.denominator]),
    ));
    for layer in &body.tree.layers {
        bytes.extend(elements(layer.rounds.iter().copied()));
        let children = layer.children.iter();
        bytes.extend(elements(children.map(|c| [c.numerator, c.denominator])));
    }
    bytes.extend(element_bytes(&body.rows.skip));
    bytes.extend(elements(body.rows.rounds.iter().copied()));
    bytes.extend(element_bytes(&body.values));
    bytes.extend(elements(body.opening.low.iter().copied()));
    let mut nonces = body.opening.column_nonces.iter();
    for (bit, message) in body.opening.pages.iter().enumerate() {
        bytes.extend(element_bytes(message));
        if layout.is_column_bit(bit) {
            bytes.extend(nonces.next().unwrap().to_le_bytes());
        }
    }
    bytes.extend(element_bytes(&body.opening.phases));
    bytes.extend(elements(body.opening.point.iter().copied()));
    bytes.extend(element_bytes(&body.opening.words));
    bytes.extend(body.words.nonce.to_le_bytes());
    for round in &body.words.rounds {
        bytes.extend(round.root);
        for (halves, nonce) in round.halves.iter().zip(&round.nonces) {
            bytes.extend(element_bytes(halves));
            bytes.extend(nonce.to_le_bytes());
        }
    }
    bytes.extend(element_bytes(&body.words.last));
    bytes.extend(body.words.query_nonce.to_le_bytes());
    bytes
}

fn elements<E: Challenge, const N: usize>(all: impl Iterator<Item = [E; N]>) -> Vec<u8> {
    all.flat_map(|elements| element_bytes(&elements)).collect()
}

/// A part.
pub fn of<E: Challenge>(layout: &Layout, body: &Body<E>) -> Vec<u8> {
    let mut bytes = sent(layout, body);
    let mut put = |count: usize, leaves: Vec<u8>, siblings: &[Digest]| {
        bytes.extend((count as u32).to_le_bytes());
        bytes.extend(leaves);
        bytes.extend((siblings.len() as u32).to_le_bytes());
        bytes.extend(siblings.as_flattened());
    };
    for (matrix, rows) in layout.matrices.iter().zip(&body.words.rows) {
        let count = rows.cells.len() / matrix.width;
        put(
            count,
            cell_bytes(rows.cells.iter().copied()),
            &rows.siblings,
        );
    }
    for (round, arity) in body.words.rounds.iter().zip(layout.folds()) {
        let opening = &round.opening;
        let count = opening.entries.len() >> arity;
        put(count, element_bytes(&opening.entries), &opening.siblings);
    }
    bytes
}
