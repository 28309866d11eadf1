//! The checks of one part of a proof, in the order of the protocol.
//!
//! Section 5 of the protocol's draft.

use alloc::vec::Vec;

use zonda_circuits::machine::Part;

use super::{
    combination::slot_bits,
    opening::{self, OpeningError, OpeningProof},
    pages::{Layout, MAIN, PHASES},
    rows::{self, RowsError, RowsProof},
    words::{self, WordsError, WordsParameters, WordsProof},
};
use crate::{
    challenge::Challenge,
    constraints::{Lookup, Lookups},
    cost::Operations,
    counts::Machine,
    fractions::{self, Fraction, TreeError, TreeProof},
    proof::Digest,
    steps::Steps,
};

/// The labels under which things are sent and drawn.
pub mod label {
    /// The number of the part.
    pub const POSITION: &str = "position";
    /// The root of the main columns.
    pub const MAIN: &str = "main";
    /// The work before the challenges of the lookup argument, and those challenges.
    pub const LOOKUP: &str = "lookup";
}

/// The numbers that decide, with the challenge field, a part's security and its cost.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PartParameters {
    /// Proof of work, in bits, before the challenges of the lookup argument.
    pub lookup_work_bits: u32,
    /// Of the columns and words.
    pub words: WordsParameters,
}

/// The content of a part over the challenge field `E`, beyond its entry in the header.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Body<E> {
    /// The root of the main columns.
    pub main: Digest,
    /// The proof of work before the challenges of the lookup argument.
    pub lookup_nonce: u64,
    /// The tree of fractions.
    pub tree: TreeProof<E>,
    /// The sum over rows.
    pub rows: RowsProof<E>,
    /// The values of all committed columns.
    pub values: Vec<E>,
    /// Their opening.
    pub opening: OpeningProof<E>,
    /// The words.
    pub words: WordsProof<E>,
}

/// The facts about a part before its body.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The machine.
    pub machine: &'a Machine,
    /// The layout, of heights that the header's check has accepted.
    pub layout: &'a Layout,
    /// The number of the part in the proof.
    pub position: u32,
    /// The statement about the part.
    pub stated: &'a Part,
    /// The roots of the phases before the main columns.
    pub roots: [Option<Digest>; MAIN],
    /// The parameters.
    pub parameters: &'a PartParameters,
}

/// Why a part is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// A proof of work is missing, or was done for another proof.
    #[error("proof of work \"{at}\"")]
    Work {
        /// Before which challenge.
        at: &'static str,
    },
    /// The messages of the part do not balance, or their tree is wrong.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Constraints or messages of rows do not hold.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The columns do not have the values.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// The words are not those committed to, of too high a degree, or of other values.
    #[error(transparent)]
    Words(#[from] WordsError),
}

/// How many levels the tree of fractions of a part has below its root.
pub fn depth(machine: &Machine, layout: &Layout) -> u32 {
    let rows = layout.heights.log_rows();
    rows.saturating_add(slot_bits(machine)).saturating_add(1)
}

/// Checks a part of a run, whose transcript is `run` after the challenges `global`. Returns the sum of all its messages
/// on global buses, whose denominator is not zero.
///
/// # Errors
/// The first check that failed.
pub fn check<E: Challenge>(
    given: &Given<'_>,
    run: &Steps,
    global: &Lookup<E>,
    body: &Body<E>,
    operations: &mut Operations,
) -> Result<Fraction<E>, PartError> {
    let Given {
        machine, layout, ..
    } = *given;
    let mut transcript = run.clone();
    transcript.send(label::POSITION, &given.position.to_le_bytes());
    transcript.send(label::MAIN, &body.main);
    let bits = given.parameters.lookup_work_bits;
    if !transcript.work(label::LOOKUP, bits, body.lookup_nonce) {
        return Err(PartError::Work { at: label::LOOKUP });
    }
    let z = transcript.challenge(label::LOOKUP);
    let beta = transcript.challenge(label::LOOKUP);
    let local = Lookup::new(z, beta, machine.widest());

    let depth = depth(machine, layout);
    let (sum, claim) = fractions::check(depth, &body.tree, &mut transcript, operations)?;
    let known = rows::Known {
        layout,
        machine,
        part: given.stated,
        lookups: Lookups {
            local: &local,
            global,
        },
        claim: &claim,
    };
    let (transcript, values) = (&mut transcript, &body.values);
    let point = rows::check(&known, &body.rows, values, transcript, operations)?;
    let parameters = &given.parameters.words;
    let opening = &body.opening;
    let claims = opening::check(
        layout, parameters, &point, values, opening, transcript, operations,
    )?;
    let mut roots = [None; PHASES];
    let known = given.roots.into_iter().chain([Some(body.main)]);
    roots
        .iter_mut()
        .zip(known)
        .for_each(|(to, root)| *to = root);
    words::check(
        layout,
        &roots,
        parameters,
        &claims,
        &body.words,
        transcript,
        operations,
    )?;
    Ok(sum)
}
