//! Field and transform kernels of the prover.
//!
//! One generic body per kernel, written over [`Lanes`] (a vector of Mersenne31 elements), and run
//! by [`Platform::run`] with the widest vectors that the machine has. Every platform computes the
//! same bits: the portable one is the definition.
//!
//! ```
//! use zonda_kernels::{Kernel, Lanes, Platform};
//!
//! struct Double<'a>(&'a mut [u32]);
//!
//! impl Kernel for Double<'_> {
//!     type Output = ();
//!
//!     #[inline(always)]
//!     fn run<L: Lanes>(self) {
//!         for chunk in self.0.chunks_exact_mut(L::WIDTH) {
//!             let x = L::load(chunk);
//!             (x + x).store(chunk);
//!         }
//!     }
//! }
//!
//! let mut words = [3; 16];
//! Platform::detect().run(Double(&mut words));
//! assert_eq!(words, [6; 16]);
//! ```

mod buffer;
mod extension;
mod grind;
mod hash;
mod lanes;
mod matrix;
mod platform;
mod transform;
mod tree;

pub use buffer::{AllocationError, Buffer, Pool};
pub use extension::{Packed, Packed4, Packed6, scalar4, scalar6};
pub use grind::grind;
pub use lanes::Lanes;
pub use matrix::{Group, LINE};
pub use platform::{Kernel, Platform};
pub use transform::{Domain, Transform, Twiddles};
pub use tree::Tree;

/// The order of the field, `2^31 - 1`.
pub const P: u32 = (1 << 31) - 1;
