//! AIR circuits over Mersenne31 that define valid RV32IM runs.
//!
//! One table per instruction family ([`families`]) and per system service ([`system`]); no row
//! looks at another row, tables exchange messages over [`bus`]es. [`machine`] is the list of tables.
//!
//! ```
//! use zonda_circuits::machine::Table;
//!
//! for table in Table::ALL {
//!     let columns = table.column_names();
//!     assert_eq!(columns.len(), table.trace_width());
//!     println!("{}: {}", table.name(), columns.join(" "));
//! }
//! ```
//!
//! | feature | effect |
//! |---|---|
//! | `plonky3` | states the tables as Plonky3's AIRs |
//! | `symbolic` | records what the tables state as expressions |
//! | `witness` | fills tables from execution records, and checks them row by row |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "witness")]
extern crate std;

pub mod builder;
pub mod bus;
#[cfg(feature = "witness")]
pub mod checker;
pub mod columns;
#[cfg(any(feature = "witness", feature = "plonky3"))]
pub mod evaluate;
pub mod families;
pub mod fixed;
pub mod gadgets;
pub mod instruction;
#[cfg(feature = "witness")]
mod lookups;
pub mod machine;
pub mod memory;
#[cfg(feature = "plonky3")]
pub mod plonky3;
#[cfg(feature = "symbolic")]
pub mod symbolic;
pub mod system;
pub mod tape;
#[cfg(all(test, feature = "witness"))]
mod testing;
#[cfg(feature = "witness")]
pub mod witness;
pub mod word;

/// The base field: Mersenne31, p = 2^31 - 1.
pub type F = p3_mersenne_31::Mersenne31;
