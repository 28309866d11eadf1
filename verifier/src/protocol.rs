//! The transcript of prover and verifier, step by step.
//!
//! Section 8 of the protocol. Both call these functions, in the order in which they stand here; the
//! labels of works and challenges are in [`label`].

use crate::{
    challenge::Challenge,
    circle::Point,
    claim::Claim,
    header::Header,
    layout::Layout,
    proof::{Digest, Opened},
    transcript::{Transcript, element_bytes, put_elements},
};

/// The version of the protocol.
pub const VERSION: u16 = 3;

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
        /// The instances of a part.
        SHAPE = "shape";
        /// The root of a part's phase 3.
        BOUNDARY = "boundary";
        /// How a part is linked to others.
        LINKS = "links";
        /// Work before the challenges of the lookup argument over all parts.
        GLOBAL = "global";
        /// The challenge z of the lookup argument over all parts.
        GLOBAL_Z = "global z";
        /// The challenge beta of the lookup argument over all parts.
        GLOBAL_BETA = "global beta";
        /// The number of a part.
        POSITION = "position";
        /// The root of phase 4.
        MAIN = "main";
        /// Work before the challenges of the lookup argument of a part.
        LOOKUP = "lookup";
        /// The challenge z.
        LOOKUP_Z = "lookup z";
        /// The challenge beta.
        LOOKUP_BETA = "lookup beta";
        /// The root of phase 5.
        SUMS = "sums";
        /// The sums of all messages per instance and scope.
        CLAIMS = "claims";
        /// Work and challenge, alpha, that combines all constraints.
        CONSTRAINTS = "constraints";
        /// The root of phase 6.
        QUOTIENT = "quotient";
        /// Work and challenge, tau, of the out-of-domain point.
        POINT = "point";
        /// The opened values.
        OPENED = "opened";
        /// Work and challenge, gamma, that batches all openings.
        BATCH = "batch";
        /// Root, work and challenge of a round of folding.
        FOLD = "fold";
        /// The coefficients with which folding ends.
        FINAL = "final";
        /// Work and positions of the queries.
        QUERY = "query";
    }
}

/// A transcript that has absorbed everything that is known before the first work, "global": the
/// key and the statement, of which `claim` holds the digests, and the header without its nonce.
///
/// # Soundness
/// A verifier passes the claim that it has made of its own key and statement, not that of the header.
pub fn begin(claim: &Claim, header: &Header) -> Transcript {
    let mut transcript = Transcript::new();
    let protocol = [&VERSION.to_le_bytes()[..], &claim.key_digest].concat();
    transcript.absorb(label::PROTOCOL, &protocol);

    let numbers = [claim.exit_code, claim.output_length].map(u32::to_le_bytes);
    let stated = [numbers.as_flattened(), &claim.output_digest].concat();
    transcript.absorb(label::STATEMENT, &stated);

    let parts = (header.parts.len() as u32).to_le_bytes();
    let counts = [header.shards.to_le_bytes(), parts].concat();
    transcript.absorb(label::SHARDS, &counts);
    for part in &header.parts {
        transcript.absorb(label::SHAPE, &part.shape.to_bytes());
        transcript.absorb(label::BOUNDARY, &part.boundary_root);
        transcript.absorb(label::LINKS, &part.links.to_bytes());
    }
    transcript
}

/// Draws z and beta of the lookup argument over all parts: after the work "global".
pub fn global_challenges<E: Challenge>(transcript: &mut Transcript) -> (E, E) {
    let z = transcript.challenge(label::GLOBAL_Z);
    let beta = transcript.challenge(label::GLOBAL_BETA);
    (z, beta)
}

/// The transcript of the part at `position`, which goes on from that of the run after its challenges.
pub fn enter_part(run: &Transcript, position: u32) -> Transcript {
    let mut transcript = run.clone();
    transcript.absorb(label::POSITION, &position.to_le_bytes());
    transcript
}

/// Absorbs the root of phase 5 and the claims.
pub fn absorb_sums<E: Challenge>(transcript: &mut Transcript, root: &Digest, claims: &[E]) {
    transcript.absorb(label::SUMS, root);
    transcript.absorb(label::CLAIMS, &element_bytes(claims));
}

/// Absorbs the opened values.
pub fn absorb_opened<E: Challenge>(transcript: &mut Transcript, opened: &Opened<E>) {
    let mut bytes = element_bytes(&opened.at_point);
    put_elements(&mut bytes, &opened.before);
    transcript.absorb(label::OPENED, &bytes);
}

/// The out-of-domain points Z and W of tau, unless tau is one of the few that make none: Z and W
/// must not be over the base field, nor have a y that is its own conjugate.
pub fn points<E: Challenge>(layout: &Layout, tau: E) -> Option<(Point<E>, Point<E>)> {
    let point = Point::from_parameter(tau)?;
    let before = point - Point::generator(layout.log_height).lift();
    let usable = |point: &Point<E>| point.y != point.y.conjugate();
    (usable(&point) && usable(&before)).then_some((point, before))
}

/// Absorbs the coefficients with which folding ends.
pub fn absorb_last<E: Challenge>(transcript: &mut Transcript, last: &[E]) {
    transcript.absorb(label::FINAL, &element_bytes(last));
}
