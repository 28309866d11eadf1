//! What prover and verifier say to the transcript, step by step.
//!
//! Section 8 of the protocol. Both call these functions, in the order in which they stand here; the
//! labels of works and challenges are in [`label`].

use alloc::vec::Vec;

use crate::{
    challenge::Challenge,
    circle::Point,
    key::VerifyingKey,
    layout::Layout,
    proof::{Digest, Opened},
    shape::Shape,
    transcript::{Transcript, element_bytes, put_elements},
};
use zonda_circuits::machine::Statement;

/// The version of the protocol.
pub const VERSION: u16 = 1;

/// The labels under which things are said and drawn.
pub mod label {
    /// Version and key.
    pub const PROTOCOL: &str = "zonda";
    /// Exit code and output.
    pub const STATEMENT: &str = "statement";
    /// The number of shards.
    pub const SHARDS: &str = "shards";
    /// The instances.
    pub const SHAPE: &str = "shape";
    /// Roots of what goes from shard to shard.
    pub const BOUNDARY: &str = "boundary";
    /// Where a shard begins and ends.
    pub const LINKS: &str = "links";
    /// Work and challenge of arguments that span shards.
    pub const GLOBAL: &str = "global";
    /// The number of the shard.
    pub const POSITION: &str = "position";
    /// The root of phase 1.
    pub const MAIN: &str = "main";
    /// Work before the challenges of the lookup argument.
    pub const LOOKUP: &str = "lookup";
    /// The challenge z.
    pub const LOOKUP_Z: &str = "lookup z";
    /// The challenge beta.
    pub const LOOKUP_BETA: &str = "lookup beta";
    /// The root of phase 2.
    pub const SUMS: &str = "sums";
    /// The sums of all messages per instance.
    pub const CLAIMS: &str = "claims";
    /// Work and challenge, alpha, that combines all constraints.
    pub const CONSTRAINTS: &str = "constraints";
    /// The root of phase 3.
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

/// A transcript in which everything has been said that is known before the first work, "global".
pub fn begin(key: &VerifyingKey, statement: &Statement, shape: &Shape) -> Transcript {
    let mut transcript = Transcript::new();
    let protocol = [&VERSION.to_le_bytes()[..], &key.digest()].concat();
    transcript.absorb(label::PROTOCOL, &protocol);

    let length = (statement.output.len() as u64).to_le_bytes();
    let exit_code = statement.exit_code.to_le_bytes();
    let stated = [&exit_code[..], &length, &statement.output].concat();
    transcript.absorb(label::STATEMENT, &stated);

    transcript.absorb(label::SHARDS, &1_u32.to_le_bytes());
    let instances = shape.0.iter();
    let shape: Vec<u8> = instances
        .flat_map(|instance| [instance.table as u8, instance.log_height])
        .collect();
    transcript.absorb(label::SHAPE, &shape);
    transcript.absorb(label::BOUNDARY, &0_u32.to_le_bytes());
    let start = 0_u64.to_le_bytes();
    let links = [&key.entry().to_le_bytes()[..], &start, &length].concat();
    transcript.absorb(label::LINKS, &links);
    transcript
}

/// What follows the work "global".
pub fn enter_shard<E: Challenge>(transcript: &mut Transcript) {
    // No bus spans shards yet: the challenge is drawn, and used for nothing.
    let _: E = transcript.challenge(label::GLOBAL);
    transcript.absorb(label::POSITION, &0_u32.to_le_bytes());
}

/// Says the root of phase 2 and the claims.
pub fn absorb_sums<E: Challenge>(transcript: &mut Transcript, root: &Digest, claims: &[E]) {
    transcript.absorb(label::SUMS, root);
    transcript.absorb(label::CLAIMS, &element_bytes(claims));
}

/// Says the opened values.
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

/// Says the coefficients with which folding ends.
pub fn absorb_last<E: Challenge>(transcript: &mut Transcript, last: &[E]) {
    transcript.absorb(label::FINAL, &element_bytes(last));
}
