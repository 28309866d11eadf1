//! The state of the transcript in which all parts of a run begin.

use zonda_verifier::{proof::Digest, protocol, transcript::Transcript};

use super::challenge::ProverChallenge;

/// The state of the transcript after the work before the global challenges: all of a run that the
/// transcripts of its parts depend on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Global(pub Digest);

/// The challenges of the lookup argument over all parts.
pub struct GlobalChallenges<E> {
    /// z.
    pub z: E,
    /// beta.
    pub beta: E,
}

impl Global {
    /// The transcript of part `index`, before it absorbs anything of the part, and the global
    /// challenges.
    pub(crate) fn enter<E: ProverChallenge>(
        &self,
        index: u32,
    ) -> (Transcript, GlobalChallenges<E>) {
        let mut run = Transcript::from_state(self.0);
        let (z, beta) = protocol::global_challenges(&mut run);
        let transcript = protocol::enter_part(&run, index);
        (transcript, GlobalChallenges { z, beta })
    }
}
