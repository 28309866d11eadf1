//! The choice of vectors: made once, by value, and passed along.
#![allow(unsafe_code)]

#[cfg(target_arch = "aarch64")]
use crate::lanes::neon::Neon;
use crate::lanes::{Lanes, portable::Portable};
#[cfg(target_arch = "x86_64")]
use crate::lanes::{avx2::Avx2, avx512::Avx512};

/// A kind of vector registers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Platform {
    /// Arrays of eight words: the definition of every kernel.
    Portable,
    /// Eight words in a register.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Sixteen words in a register.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// Four words in a register.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

/// A coarse piece of work, written once for every platform.
pub trait Kernel {
    /// The type of the kernel's result.
    type Output;

    /// Does the work. Implementations are `#[inline(always)]`, and so is all that they call in hot
    /// loops (closures are not: write loops), because the instructions of `L` may only be used in
    /// functions compiled for them. What it writes by `Lanes::stream`, it gives to no other thread.
    fn run<L: Lanes>(self) -> Self::Output;
}

impl Platform {
    /// The best platform of this machine. With `--cfg zonda_platform="portable"`, the portable one.
    pub fn detect() -> Self {
        if cfg!(zonda_platform = "portable") {
            return Self::Portable;
        }
        Self::available().pop().unwrap_or(Self::Portable)
    }

    /// Every platform that this machine can run, the best one last.
    pub fn available() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            all.push(Self::Avx2);
        }
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx512f") {
            all.push(Self::Avx512);
        }
        #[cfg(target_arch = "aarch64")]
        all.push(Self::Neon);
        all
    }

    /// A name for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => "avx512",
            #[cfg(target_arch = "aarch64")]
            Self::Neon => "neon",
        }
    }

    /// Runs a kernel with this platform's vectors.
    ///
    /// # Panics
    /// If this machine does not have them.
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            Self::Portable => kernel.portable(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                assert!(std::arch::is_x86_feature_detected!("avx2"));
                // SAFETY: the line above checked the CPU for AVX2.
                unsafe { kernel.avx2() }
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                assert!(std::arch::is_x86_feature_detected!("avx512f"));
                let _ordered = Ordered;
                // SAFETY: the line above checked the CPU for AVX-512 (foundation).
                unsafe { kernel.avx512() }
            }
            // NEON belongs to the target.
            #[cfg(target_arch = "aarch64")]
            Self::Neon => kernel.neon(),
        }
    }
}

/// Dropped, it orders streaming stores before all stores that follow.
#[cfg(target_arch = "x86_64")]
struct Ordered;

#[cfg(target_arch = "x86_64")]
impl Drop for Ordered {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the instruction belongs to the target.
        unsafe { core::arch::x86_64::_mm_sfence() }
    }
}

/// A kernel, compiled for each platform.
///
/// These are methods, not functions: so the compiler puts each kernel's code with the kernel's module, and compiles
/// modules side by side. Generic functions would all go with this one.
pub(crate) trait Compiled: Kernel + Sized {
    /// Does the work with portable vectors.
    #[inline(never)]
    fn portable(self) -> Self::Output {
        self.run::<Portable>()
    }

    /// Does the work with AVX2.
    ///
    /// # Safety
    /// The CPU must have AVX2.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    unsafe fn avx2(self) -> Self::Output {
        self.run::<Avx2>()
    }

    /// Does the work with AVX-512.
    ///
    /// # Safety
    /// The CPU must have AVX-512 (foundation).
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f")]
    unsafe fn avx512(self) -> Self::Output {
        self.run::<Avx512>()
    }

    /// Does the work with NEON, which belongs to the target.
    #[cfg(target_arch = "aarch64")]
    fn neon(self) -> Self::Output {
        self.run::<Neon>()
    }
}

impl<K: Kernel> Compiled for K {}
