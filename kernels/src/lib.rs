//! Kernels.
mod extension;
mod lanes;
mod platform;
pub use extension::{Packed, Packed4, Packed6};
pub use lanes::{Lanes, P, Portable};
#[cfg(target_arch = "x86_64")]
pub use lanes::Avx2;
pub use platform::{Kernel, Platform};
