//! The choice of a platform, made at run time.

use crate::lanes::{Lanes, Portable};

/// A computation over lanes, written once and compiled for each platform.
pub trait Kernel {
    /// What it computes.
    type Output;

    /// Computes it. Implementations are `#[inline(always)]`, and so is all that they call in loops.
    fn run<L: Lanes>(self) -> Self::Output;
}

/// Instructions that kernels are compiled for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Platform {
    /// What every machine of the architecture has: the definition of all kernels.
    Portable,
    /// x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Platform {
    /// The fastest platform of this machine.
    pub fn detect() -> Self {
        Self::available()[0]
    }

    /// All platforms of this machine, the fastest first.
    pub fn available() -> Vec<Self> {
        let mut available = Vec::new();
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            available.push(Self::Avx2);
        }
        available.push(Self::Portable);
        available
    }

    /// The platform's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
        }
    }

    /// Runs a kernel.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            Self::Portable => Portable::call(kernel),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => crate::lanes::Avx2::call(kernel),
        }
    }
}
