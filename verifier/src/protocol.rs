//! The transcript of prover and verifier, step by step.
//!
//! Section 8 of the protocol. Both call these functions, in the order in which they stand here; the
//! labels of works and challenges are in [`label`].

use crate::{
    challenge::Challenge,
    circle::Point,
    header::Header,
    key::VerifyingKey,
    layout::Layout,
    proof::{Digest, Opened},
    transcript::{Transcript, element_bytes, put_elements},
};
use zonda_circuits::machine::Statement;

/// The version of the protocol.
pub const VERSION: u16 = 2;

/// The labels under which the transcript absorbs and draws.
pub mod label {
    /// Version and key.
    pub const PROTOCOL: &str = "zonda";
    /// Exit code and output.
    pub const STATEMENT: &str = "statement";
    /// The numbers of shards and of parts.
    pub const SHARDS: &str = "shards";
    /// The instances of a part.
    pub const SHAPE: &str = "shape";
    /// The root of a part's phase 3.
    pub const BOUNDARY: &str = "boundary";
    /// How a part is linked to others.
    pub const LINKS: &str = "links";
    /// Work before the challenges of the lookup argument over all parts.
    pub const GLOBAL: &str = "global";
    /// The challenge z of the lookup argument over all parts.
    pub const GLOBAL_Z: &str = "global z";
    /// The challenge beta of the lookup argument over all parts.
    pub const GLOBAL_BETA: &str = "global beta";
    /// The number of a part.
    pub const POSITION: &str = "position";
    /// The root of phase 4.
    pub const MAIN: &str = "main";
    /// Work before the challenges of the lookup argument of a part.
    pub const LOOKUP: &str = "lookup";
    /// The challenge z.
    pub const LOOKUP_Z: &str = "lookup z";
    /// The challenge beta.
    pub const LOOKUP_BETA: &str = "lookup beta";
    /// The root of phase 5.
    pub const SUMS: &str = "sums";
    /// The sums of all messages per instance and scope.
    pub const CLAIMS: &str = "claims";
    /// Work and challenge, alpha, that combines all constraints.
    pub const CONSTRAINTS: &str = "constraints";
    /// The root of phase 6.
    pub const QUOTIENT: &str = "quotient";
    /// Work and challenge, tau, of the out-of-domain point.
    pub const POINT: &str = "point";
    /// The opened values.
    pub const OPENED: &str = "opened";
    /// Work and challenge, gamma, that batches all openings.
    pub const BATCH: &str = "batch";
    /// Root, work and challenge of a round of folding.
    pub const FOLD: &str = "fold";
    /// The coefficients with which folding ends.
    pub const FINAL: &str = "final";
    /// Work and positions of the queries.
    pub const QUERY: &str = "query";
}

/// A transcript that has absorbed everything that is known before the first work, "global": the
/// key, the statement, and the header without its nonce.
pub fn begin(key: &VerifyingKey, statement: &Statement, header: &Header) -> Transcript {
    let mut transcript = Transcript::new();
    let protocol = [&VERSION.to_le_bytes()[..], &key.digest()].concat();
    transcript.absorb(label::PROTOCOL, &protocol);

    let length = (statement.output.len() as u64).to_le_bytes();
    let exit_code = statement.exit_code.to_le_bytes();
    let stated = [&exit_code[..], &length, &statement.output].concat();
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
