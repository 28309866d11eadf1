//! The kernels of the zonda prover: what it spends its time in, on the SIMD platform of the machine.
//!
//! ```
//! use zonda_kernels::{Group, Platform, Pool, Tree};
//!
//! let group = Group::from_fn(&Pool::new(), 32, 5, |row, column| (row * column) as u32);
//! let tree = Tree::of_groups(Platform::detect(), &[&group]);
//! assert_eq!(tree.leaves(), 32);
//! ```

mod extension;
mod grind;
pub mod hash;
mod lanes;
mod matrix;
mod platform;
pub mod transform;
mod tree;

pub use extension::{Packed, Packed4, Packed6};
pub use grind::grind;
#[cfg(target_arch = "x86_64")]
pub use lanes::Avx2;
pub use lanes::{Lanes, P, Portable};
pub use matrix::{Group, Pool};
pub use platform::{Kernel, Platform};
pub use transform::Twiddles;
pub use tree::Tree;
