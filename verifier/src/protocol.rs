//! The transcript of prover and verifier before the parts, and the labels of all steps.
//!
//! Section 8 of the protocol.

use crate::{challenge::Challenge, claim::Claim, header::Header, transcript::Transcript};

/// The version of the protocol.
pub const VERSION: u16 = 4;

/// The labels under which the transcript absorbs and draws.
pub mod label {
    use crate::transcript::LABEL_BYTES;

    /// Labels that fit: one that is cut off could pass for another.
    macro_rules! labels {
        ($($(#[$meta:meta])* $name:ident = $label:literal;)*) => {
            $(
                $(#[$meta])*
                pub const $name: &str = {
                    assert!($label.len() <= LABEL_BYTES);
                    $label
                };
            )*
        };
    }

    labels! {
        /// Version and key.
        PROTOCOL = "zonda";
        /// Exit code, and length and digest of the output.
        STATEMENT = "statement";
        /// The numbers of shards and of parts.
        SHARDS = "shards";
        /// The heights of a part's tables.
        HEIGHTS = "heights";
        /// The root of a part's boundary columns.
        BOUNDARY = "boundary";
        /// How a part is linked to others.
        LINKS = "links";
        /// Work before the challenges of the lookup argument over all parts, and those challenges.
        GLOBAL = "global";
        /// The number of a part.
        POSITION = "position";
        /// The root of the main columns.
        MAIN = "main";
        /// Work before the challenges of the lookup argument of a part, and those challenges.
        LOOKUP = "lookup";
        /// The nodes of the tree of fractions, and its first challenges.
        NODES = "nodes";
        /// The challenge that combines numerators and denominators of a depth.
        LAMBDA = "lambda";
        /// A round of a depth.
        TREE = "tree";
        /// The children at the end of a depth.
        CHILDREN = "children";
        /// The challenge that combines everything that is stated of rows.
        ALPHA = "alpha";
        /// The round over rows that binds three bits at once.
        SKIP = "skip";
        /// Another round over rows.
        ROW = "row";
        /// The values of columns, and the challenge that combines them.
        VALUES = "values";
        /// A round over the rows of pages.
        LOW = "low";
        /// A round over pages.
        PAGE = "page";
        /// Work before a challenge that combines columns of a matrix.
        COLUMNS = "columns";
        /// The values of the phases, and the challenge that combines them.
        PHASES = "phases";
        /// A round that takes the phases to one point.
        POINT = "point";
        /// The values of words, work, and the challenge that combines them.
        WORDS = "words";
        /// The root of a word, and the work before the challenge of a halving.
        FOLD = "fold";
        /// Both halves, and the challenge of a halving.
        HALVES = "halves";
        /// The last coefficients.
        FINAL = "final";
        /// Work and positions of the queries.
        QUERY = "query";
    }
}

/// A transcript to which everything was sent that is known before the first work, "global": the
/// key and the statement, of which `claim` holds the digests, and the header without its nonce.
///
/// # Soundness
/// A verifier passes the claim that it has made of its own key and statement, not that of the header.
pub fn begin(claim: &Claim, header: &Header) -> Transcript {
    let mut transcript = Transcript::new();
    let protocol = [&VERSION.to_le_bytes()[..], &claim.key_digest].concat();
    transcript.send(label::PROTOCOL, &protocol);

    let numbers = [claim.exit_code, claim.output_length].map(u32::to_le_bytes);
    let stated = [numbers.as_flattened(), &claim.output_digest].concat();
    transcript.send(label::STATEMENT, &stated);

    let parts = (header.parts.len() as u32).to_le_bytes();
    let counts = [header.shards.to_le_bytes(), parts].concat();
    transcript.send(label::SHARDS, &counts);
    for part in &header.parts {
        transcript.send(label::HEIGHTS, &part.heights.to_bytes());
        transcript.send(label::BOUNDARY, &part.boundary_root);
        transcript.send(label::LINKS, &part.links.to_bytes());
    }
    transcript
}

/// Draws z and beta of the lookup argument over all parts: after the work "global".
pub fn global_challenges<E: Challenge>(transcript: &mut Transcript) -> (E, E) {
    let z = transcript.challenge(label::GLOBAL);
    let beta = transcript.challenge(label::GLOBAL);
    (z, beta)
}

/// The transcript of the part at `position`, which goes on from that of the run after its challenges.
pub fn enter_part(run: &Transcript, position: u32) -> Transcript {
    let mut transcript = run.clone();
    transcript.send(label::POSITION, &position.to_le_bytes());
    transcript
}
