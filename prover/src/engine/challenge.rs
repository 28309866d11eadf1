//! Challenge fields as the kernels compute with them.

use zonda_kernels::{Lanes, Packed, Packed4, Packed6};
use zonda_verifier::{Challenge, Sextic};

/// A challenge field and its vectors.
pub trait ProverChallenge: Challenge {
    /// As many elements as lanes `L` have.
    type Packed<L: Lanes>: Packed<L>;
}

impl ProverChallenge for zonda_verifier::QM31 {
    type Packed<L: Lanes> = Packed4<L>;
}

impl ProverChallenge for Sextic {
    type Packed<L: Lanes> = Packed6<L>;
}
