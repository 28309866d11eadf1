//! A part as bytes: in the order in which its pieces are sent, read without trust.
//!
//! Section 10 of the protocol. All sizes follow from the layout, but for what depends on the query positions:
//! that carries its length, which is bounded before anything is allocated.

use alloc::vec::Vec;

use super::{ProofError, Reader, most_leaves, put_digests, put_length};
use crate::{
    challenge::Challenge,
    counts::Machine,
    fractions::{Fraction, LayerProof, SENT_DEPTH, SENT_NODES, TreeProof},
    layout::{LOG_PAGE, Layout},
    merkle::put_row,
    nodes::SKIP_VALUES,
    opening::{OpeningProof, is_column_bit, present},
    part::{Body, depth},
    point::SKIPPED_BITS,
    proof::FoldOpening,
    rows::RowsProof,
    transcript::put_elements,
    words::{LOG_LAST, RoundProof, RowsOpening, WordsProof, folds},
};

impl<E: Challenge> Body<E> {
    /// Reads a part of this layout from bytes, which may come from anyone.
    ///
    /// # Errors
    /// If the bytes are not a part of this layout in its one form.
    pub fn from_bytes(
        machine: &Machine,
        layout: &Layout,
        bytes: &[u8],
    ) -> Result<Self, ProofError> {
        let mut reader = Reader::new(bytes);
        let body = read(&mut reader, depth(machine, layout), layout)?;
        match reader.rest.len() {
            0 => Ok(body),
            count => Err(ProofError::Trailing { count }),
        }
    }

    /// The part's bytes. Reading them gives this part again if it has as many of everything as the layout calls for.
    pub fn to_bytes(&self, layout: &Layout) -> Vec<u8> {
        let mut bytes = Vec::from(self.main);
        bytes.extend(self.lookup_nonce.to_le_bytes());
        put_tree(&mut bytes, &self.tree);
        put_elements(&mut bytes, &self.rows.skip);
        self.rows
            .rounds
            .iter()
            .for_each(|round| put_elements(&mut bytes, round));
        put_elements(&mut bytes, &self.values);
        put_opening(&mut bytes, layout, &self.opening);
        put_words(&mut bytes, layout, &self.words);
        bytes
    }
}

fn put_tree<E: Challenge>(bytes: &mut Vec<u8>, tree: &TreeProof<E>) {
    let numerators: Vec<E> = tree.nodes.iter().map(|node| node.numerator).collect();
    let denominators: Vec<E> = tree.nodes.iter().map(|node| node.denominator).collect();
    put_elements(bytes, &numerators);
    put_elements(bytes, &denominators);
    for layer in &tree.layers {
        layer
            .rounds
            .iter()
            .for_each(|round| put_elements(bytes, round));
        for child in layer.children {
            put_elements(bytes, &[child.numerator, child.denominator]);
        }
    }
}

fn put_opening<E: Challenge>(bytes: &mut Vec<u8>, layout: &Layout, opening: &OpeningProof<E>) {
    let OpeningProof {
        low,
        pages,
        column_nonces,
        phases,
        point,
        words,
    } = opening;
    low.iter().for_each(|round| put_elements(bytes, round));
    let mut nonces = column_nonces.iter();
    for (bit, round) in (0..).zip(pages) {
        put_elements(bytes, round);
        if is_column_bit(layout, bit) {
            bytes.extend(nonces.next().copied().unwrap_or_default().to_le_bytes());
        }
    }
    put_elements(bytes, phases);
    point.iter().for_each(|round| put_elements(bytes, round));
    put_elements(bytes, words);
}

fn put_words<E: Challenge>(bytes: &mut Vec<u8>, layout: &Layout, words: &WordsProof<E>) {
    bytes.extend(words.nonce.to_le_bytes());
    for round in &words.rounds {
        bytes.extend(round.root);
        for (halves, nonce) in round.halves.iter().zip(&round.nonces) {
            put_elements(bytes, halves);
            bytes.extend(nonce.to_le_bytes());
        }
    }
    put_elements(bytes, &words.last);
    bytes.extend(words.query_nonce.to_le_bytes());
    for ((_, matrix), opening) in present(layout).zip(&words.rows) {
        put_length(
            bytes,
            opening.cells.len().checked_div(matrix.width).unwrap_or(0),
        );
        put_row(bytes, &opening.cells);
        put_digests(bytes, &opening.siblings);
    }
    for round in &words.rounds {
        let FoldOpening { entries, siblings } = &round.opening;
        put_length(bytes, entries.len().wrapping_shr(round.halves.len() as u32));
        put_elements(bytes, entries);
        put_digests(bytes, siblings);
    }
}

fn read<E: Challenge>(
    reader: &mut Reader<'_>,
    depth: u32,
    layout: &Layout,
) -> Result<Body<E>, ProofError> {
    Ok(Body {
        main: reader.array()?,
        lookup_nonce: nonce(reader)?,
        tree: read_tree(reader.at("tree"), depth)?,
        rows: RowsProof {
            skip: reader.at("rounds over rows").elements(SKIP_VALUES)?,
            rounds: {
                let rounds = layout.heights.log_rows() as usize;
                arrays(reader, rounds.saturating_sub(SKIPPED_BITS))?
            },
        },
        values: reader.at("values").elements(layout.values())?,
        opening: read_opening(reader.at("opening"), layout)?,
        words: read_words(reader.at("words"), layout)?,
    })
}

fn nonce(reader: &mut Reader<'_>) -> Result<u64, ProofError> {
    reader.array().map(u64::from_le_bytes)
}

/// Groups of `N` elements.
fn arrays<E: Challenge, const N: usize>(
    reader: &mut Reader<'_>,
    count: usize,
) -> Result<Vec<[E; N]>, ProofError> {
    let elements: Vec<E> = reader.elements(count.saturating_mul(N))?;
    let (arrays, _) = elements.as_chunks();
    Ok(arrays.to_vec())
}

fn read_tree<E: Challenge>(
    reader: &mut Reader<'_>,
    depth: u32,
) -> Result<TreeProof<E>, ProofError> {
    let fraction = |(numerator, denominator): (&E, &E)| Fraction {
        numerator: *numerator,
        denominator: *denominator,
    };
    let numerators: Vec<E> = reader.elements(SENT_NODES)?;
    let denominators: Vec<E> = reader.elements(SENT_NODES)?;
    let nodes = numerators.iter().zip(&denominators).map(fraction).collect();
    let mut layers = Vec::new();
    for depth in SENT_DEPTH..depth {
        let rounds = arrays(reader, depth as usize)?;
        let [a, b, c, d] = arrays(reader, 1)?.first().copied().unwrap_or_default();
        let children = [fraction((&a, &b)), fraction((&c, &d))];
        layers.push(LayerProof { rounds, children });
    }
    Ok(TreeProof { nodes, layers })
}

fn read_opening<E: Challenge>(
    reader: &mut Reader<'_>,
    layout: &Layout,
) -> Result<OpeningProof<E>, ProofError> {
    let phases = present(layout).count();
    let low = arrays(reader, LOG_PAGE as usize)?;
    let (mut pages, mut column_nonces) = (Vec::new(), Vec::new());
    for bit in 0..layout.page_bits() {
        pages.extend(arrays(reader, 1)?);
        if is_column_bit(layout, bit) {
            column_nonces.push(nonce(reader)?);
        }
    }
    Ok(OpeningProof {
        low,
        pages,
        column_nonces,
        phases: reader.elements(phases)?,
        point: arrays(reader, layout.log_height() as usize)?,
        words: reader.elements(phases)?,
    })
}

fn read_words<E: Challenge>(
    reader: &mut Reader<'_>,
    layout: &Layout,
) -> Result<WordsProof<E>, ProofError> {
    let mut words = WordsProof {
        nonce: nonce(reader)?,
        ..WordsProof::default()
    };
    for fold in folds(layout.log_height()) {
        let mut round = RoundProof {
            root: reader.array()?,
            ..RoundProof::default()
        };
        for _ in 0..fold {
            round.halves.extend(arrays(reader, 1)?);
            round.nonces.push(nonce(reader)?);
        }
        words.rounds.push(round);
    }
    words.last = reader.elements(1 << LOG_LAST)?;
    words.query_nonce = nonce(reader)?;
    reader.at("opened rows");
    for (_, matrix) in present(layout) {
        let log_size = matrix.log_height.saturating_add(1);
        let rows = reader.length(most_leaves(log_size))?;
        words.rows.push(RowsOpening {
            cells: reader.cells(rows.saturating_mul(matrix.width))?,
            siblings: reader.siblings(log_size)?,
        });
    }
    reader.at("opened entries of folding");
    let mut log_size = layout.log_size();
    for round in &mut words.rounds {
        let fold = round.halves.len() as u32;
        log_size = log_size.saturating_sub(fold);
        let leaves = reader.length(most_leaves(log_size))?;
        round.opening = FoldOpening {
            entries: reader.elements(leaves.wrapping_shl(fold))?,
            siblings: reader.siblings(log_size)?,
        };
    }
    Ok(words)
}

#[cfg(test)]
pub(crate) mod tests {
    use alloc::vec;

    use p3_field::PrimeCharacteristicRing;
    use p3_mersenne_31::QM31;
    use zonda_circuits::{F, machine::Table};

    use super::*;
    use crate::{challenge::Sextic, heights::Heights};

    fn layout() -> Layout {
        Layout::new(&Heights::new(|table| match table {
            Table::AddSub => 200_000,
            Table::Boundary => 40_000,
            Table::Instructions | Table::Program | Table::Image => 3000,
            Table::Zeroed | Table::Gaps => 77,
            Table::Range16 | Table::Bytes => 1 << 16,
            Table::Statement | Table::PowersOfTwo => 8,
            _ => 0,
        }))
    }

    /// Elements that all differ.
    struct Next(u32);

    impl Next {
        fn one<E: Challenge>(&mut self) -> E {
            self.0 += 1;
            E::from_coordinates_fn(|k| F::from_u32(self.0 * 8 + k as u32))
        }

        fn some<E: Challenge>(&mut self, count: usize) -> Vec<E> {
            (0..count).map(|_| self.one()).collect()
        }

        fn arrays<E: Challenge, const N: usize>(&mut self, count: usize) -> Vec<[E; N]> {
            (0..count)
                .map(|_| core::array::from_fn(|_| self.one()))
                .collect()
        }

        fn nonce(&mut self) -> u64 {
            self.0 += 1;
            u64::from(self.0) << 20
        }

        fn digest(&mut self) -> [u8; 32] {
            self.0 += 1;
            [self.0 as u8; 32]
        }
    }

    /// A part with nothing in it that could be true, but with as much of everything as it should have.
    pub(crate) fn body<E: Challenge>(layout: &Layout) -> Body<E> {
        let next = &mut Next(0);
        let mut fraction = || Fraction {
            numerator: next.one(),
            denominator: next.one(),
        };
        let nodes = (0..SENT_NODES).map(|_| fraction()).collect();
        let layers = (SENT_DEPTH..depth(&Machine::new(), layout)).map(|depth| LayerProof {
            rounds: next.arrays(depth as usize),
            children: core::array::from_fn(|_| Fraction {
                numerator: next.one(),
                denominator: next.one(),
            }),
        });
        let tree = TreeProof {
            nodes,
            layers: layers.collect(),
        };
        let bits = (0..layout.page_bits()).filter(|bit| is_column_bit(layout, *bit));
        let rounds = folds(layout.log_height())
            .into_iter()
            .map(|fold| RoundProof {
                root: next.digest(),
                halves: next.arrays(fold as usize),
                nonces: (0..fold).map(|_| next.nonce()).collect(),
                opening: FoldOpening {
                    entries: next.some(3 << fold),
                    siblings: vec![next.digest(); 5],
                },
            });
        let rounds = rounds.collect();
        let rows = present(layout).map(|(_, matrix)| RowsOpening {
            cells: (0..2 * matrix.width).map(F::from_usize).collect(),
            siblings: vec![next.digest(); 4],
        });
        let rows = rows.collect();
        let phases = present(layout).count();
        Body {
            main: next.digest(),
            lookup_nonce: next.nonce(),
            tree,
            rows: RowsProof {
                skip: next.some(SKIP_VALUES),
                rounds: next.arrays(layout.heights.log_rows() as usize - SKIPPED_BITS),
            },
            values: next.some(layout.values()),
            opening: OpeningProof {
                low: next.arrays(10),
                pages: next.arrays(layout.page_bits() as usize),
                column_nonces: bits.map(|_| next.nonce()).collect(),
                phases: next.some(phases),
                point: next.arrays(layout.log_height() as usize),
                words: next.some(phases),
            },
            words: WordsProof {
                nonce: next.nonce(),
                rounds,
                last: next.some(1 << LOG_LAST),
                query_nonce: next.nonce(),
                rows,
            },
        }
    }

    fn reads_what_was_written<E: Challenge>() {
        let (machine, layout) = (Machine::new(), layout());
        let body: Body<E> = body(&layout);
        let bytes = body.to_bytes(&layout);
        let read = |bytes: &[u8]| Body::<E>::from_bytes(&machine, &layout, bytes);
        assert_eq!(read(&bytes).as_ref(), Ok(&body));
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(read(&longer), Err(ProofError::Trailing { count: 1 }));
        for end in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
            let error = read(&bytes[..end]).unwrap_err();
            assert!(
                matches!(error, ProofError::Truncated { .. }),
                "{end}: {error}"
            );
        }
        // Each word made p: a number that is no element, or a length, or part of a digest or nonce.
        let mut refused = 0;
        for word in (0..bytes.len() / 4).step_by(7) {
            let mut wrong = bytes.clone();
            wrong[4 * word..4 * word + 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
            match read(&wrong) {
                Ok(other) => assert_ne!(other, body),
                Err(ProofError::Element { .. } | ProofError::Length { .. }) => refused += 1,
                Err(error) => panic!("{word}: {error}"),
            }
        }
        assert!(refused > 100);
    }

    #[test]
    fn parts_are_read_as_they_were_written() {
        reads_what_was_written::<QM31>();
        reads_what_was_written::<Sextic>();
    }
}
