//! Where a guest starts and how it ends.

use core::fmt::Debug;

use crate::sys;

/// The exit code of a guest that panicked.
pub const PANIC_EXIT_CODE: u32 = 101;

/// Makes a function the guest's entry point: `entry!(main);`.
///
/// The function takes nothing and returns anything that is [`Termination`]. On the host the macro
/// only checks that, since there `fn main` is the entry point anyway.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        const _: () = {
            #[cfg_attr(target_arch = "riscv32", unsafe(export_name = "main"))]
            #[allow(dead_code, clippy::main_recursion)]
            extern "C" fn start() -> u32 {
                $crate::Termination::exit_code($main())
            }
        };
    };
}

/// Ends the run at once, with all 32 bits of `code`. Zero means success. No destructors run, and no
/// functions that C code gave to `atexit`.
pub fn exit(code: u32) -> ! {
    sys::halt(code)
}

/// What an entry point may return.
pub trait Termination {
    /// The exit code that stands for this value.
    fn exit_code(self) -> u32;
}

/// Returning nothing is success.
impl Termination for () {
    fn exit_code(self) -> u32 {
        0
    }
}

/// `Err` is printed on fd 2 and exits with 1, as in a program with `std`.
impl<T: Termination, E: Debug> Termination for Result<T, E> {
    fn exit_code(self) -> u32 {
        match self {
            Ok(value) => value.exit_code(),
            Err(error) => {
                crate::eprintln!("Error: {error:?}");
                1
            }
        }
    }
}
