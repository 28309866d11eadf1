//! What a guest program of the zonda zkVM links: entry point, memory, input and public output.
//!
//! ```no_run
//! // On the host the program is an ordinary one.
//! #![cfg_attr(target_arch = "riscv32", no_std, no_main)]
//!
//! zonda_guest::entry!(main);
//!
//! fn main() {
//!     let (a, b): (u32, u32) = zonda_guest::read();
//!     zonda_guest::println!("factors {a} and {b}");
//!     zonda_guest::commit(&(u64::from(a) * u64::from(b)));
//! }
//! ```
//!
//! # Usage
//!
//! 1. Depend on this crate and write a program as above. `alloc` is there, `std` is not.
//! 2. Build it with `zonda build`, or from a host's `build.rs` with the crate `zonda-build`. What they do is
//!    to build it for `riscv32im-unknown-none-elf` with the linker argument `-Tlink.x`, for which this crate
//!    brings the script, and see to it that the bytes are the same anywhere.
//! 3. Run the ELF under zonda, or under `qemu-riscv32 program <input 3>output`.
//!
//! # Input and output
//!
//! A guest has one private input and one public output, both plain bytes. [`read`] and [`commit`]
//! put [postcard](https://postcard.jamesmunns.com) values in them, one after the other and with
//! nothing in between; [`read_bytes`], [`read_all`] and [`commit_bytes`] do without a format. All
//! of them share one position, so they can be mixed. [`input`] and the C functions [`read_input`]
//! and [`write_output`] see the input as a whole.
//!
//! Nothing in the input is to be trusted: a proof says that *some* input led to the output.
//!
//! The input may have up to 256 MiB, the output of a run that is proved up to 4 MiB: both move in as
//! many environment calls as it takes, 4 KiB each, without copies. What [`read`] borrows from the input, [`read_bytes`],
//! [`read_all`] and [`commit_bytes`] cost about 2 instructions per KiB. A `Vec<u8>` in postcard format
//! costs about 10 per byte, since `serde` handles its bytes one by one.
//!
//! # How a run ends
//!
//! | event | exit code |
//! |---|---|
//! | `main` returns | 0, or what [`Termination`] says |
//! | [`exit`]`(code)` | `code`, all 32 bits |
//! | a panic | [`PANIC_EXIT_CODE`], after message and location on fd 2 |
//! | a heap that is full | the same, with what was asked for and what was free |
//! | a stack that overflows, a null pointer | none: a trap, and no proof |
//!
//! [`exit`] runs no destructors.
//!
//! # Memory
//!
//! | from | | size |
//! |---|---|---|
//! | `0x00000000` | hole: an access is a trap | 64 KiB |
//! | `0x00010000` | stack | 64 MiB less 64 KiB |
//! | `0x04000000` | code, data, heap | 2.6 GiB |
//! | `0xb0000000` | the input | up to 256 MiB |
//! | `0xc0000000` | hole | 1 GiB |
//!
//! The linker arguments `--defsym=__stack_size=0x100000 -Tlink.x`, in this order, make the stack 1 MiB.
//! What is not touched costs nothing, so there is hardly a reason to. A stack that overflows meets
//! a hole, unless a single frame takes a gigabyte. The crate's README says how to keep that in a
//! linker script of one's own, and what C and C++ may use.
//!
//! # Profiles, randomness
//!
//! [`span`] marks a region for the profiles of `zonda run`. [`random`] says what becomes of crates that ask for
//! random bytes: there are none, and they get the same ones in every run.
//!
//! # Features
//!
//! | feature | default | on RISC-V |
//! |---|---|---|
//! | `allocator` | yes | the global allocator, see [`allocator`] |
//! | `panic-handler` | yes | the panic handler |
//!
//! # On the host
//!
//! On any target but `riscv32` the same calls work on the process's own file descriptors: input
//! from fd 0, debug text to fd 1 and 2, public output to fd 3 (Unix only; elsewhere committing
//! panics). So a guest can be type-checked, debugged and unit-tested as a normal program.

#![no_std]

extern crate alloc;
#[cfg(not(target_arch = "riscv32"))]
extern crate std;

pub mod allocator;
mod c;
mod debug;
mod entry;
mod io;
pub mod random;
mod span;
#[cfg_attr(target_arch = "riscv32", path = "sys/riscv.rs")]
#[cfg_attr(not(target_arch = "riscv32"), path = "sys/host.rs")]
mod sys;

#[doc(hidden)]
pub use debug::print_to;
pub use {
    c::{read_input, write_output},
    entry::{PANIC_EXIT_CODE, Termination, exit},
    io::{commit, commit_bytes, input, read, read_all, read_bytes},
    span::{Span, span},
};
