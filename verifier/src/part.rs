//! The checks of one part of a proof, in the order of the protocol.
//!
//! Section 8 of the protocol.

use alloc::vec::Vec;

use zonda_circuits::machine::Part;

use crate::{
    challenge::Challenge,
    codec::ProofError,
    combination::slot_bits,
    cost::Cost,
    counts::Machine,
    fractions::{self, Fraction, TreeError, TreeProof},
    layout::{Layout, MAIN, PHASES},
    lookup::{Lookup, Lookups},
    opening::{self, OpeningError, OpeningProof},
    preset::Parameters,
    proof::Digest,
    protocol::label,
    rows::{self, RowsError, RowsProof},
    transcript::Transcript,
    words::{self, WordsError, WordsProof},
};

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
    pub parameters: &'a Parameters,
}

/// Why a part is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// The bytes are not a part of these heights.
    #[error(transparent)]
    Encoding(#[from] ProofError),
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
    run: &Transcript,
    global: &Lookup<E>,
    body: &Body<E>,
    cost: &mut Cost,
) -> Result<Fraction<E>, PartError> {
    let Given {
        machine,
        layout,
        parameters,
        ..
    } = *given;
    let mut transcript = run.clone();
    let local = local(given, body, &mut transcript)?;
    let depth = depth(machine, layout);
    let (sum, claim) = fractions::check(depth, &body.tree, &mut transcript, &mut cost.tree)?;
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
    let point = rows::check(&known, &body.rows, values, transcript, &mut cost.rows)?;
    let (opening, spent) = (&body.opening, &mut cost.opening);
    let claims = opening::check(
        layout, parameters, &point, values, opening, transcript, spent,
    )?;
    let mut roots = [None; PHASES];
    let known = given.roots.into_iter().chain([Some(body.main)]);
    roots
        .iter_mut()
        .zip(known)
        .for_each(|(to, root)| *to = root);
    let (words, spent) = (&body.words, &mut cost.words);
    words::check(
        layout, &roots, parameters, &claims, words, transcript, spent,
    )?;
    let compressions = transcript.compressions();
    cost.transcript.compressions = compressions.saturating_sub(run.compressions());
    Ok(sum)
}

/// Goes on to the challenges of the part's own buses.
fn local<E: Challenge>(
    given: &Given<'_>,
    body: &Body<E>,
    transcript: &mut Transcript,
) -> Result<Lookup<E>, PartError> {
    transcript.send(label::POSITION, &given.position.to_le_bytes());
    transcript.send(label::MAIN, &body.main);
    let bits = given.parameters.lookup_work_bits;
    if !transcript.work(label::LOOKUP, bits, body.lookup_nonce) {
        return Err(PartError::Work { at: label::LOOKUP });
    }
    let z = transcript.challenge(label::LOOKUP);
    let beta = transcript.challenge(label::LOOKUP);
    Ok(Lookup::new(z, beta, given.machine.widest()))
}
