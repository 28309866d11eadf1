//! Debug text, which is no part of the statement a proof makes.

use core::fmt::{self, Write};

use crate::io::write_all;

/// Writes formatted text to fd 1, for whoever watches the run; no part of what is proved.
#[macro_export]
macro_rules! print {
    ($($arg:tt)*) => { $crate::print_to(1, ::core::format_args!($($arg)*)) };
}

/// [`print!`] with a new line.
#[macro_export]
macro_rules! println {
    () => { $crate::print_to(1, ::core::format_args!("\n")) };
    ($($arg:tt)*) => {
        $crate::print_to(1, ::core::format_args!("{}\n", ::core::format_args!($($arg)*)))
    };
}

/// [`println!`] to fd 2.
#[macro_export]
macro_rules! eprintln {
    () => { $crate::print_to(2, ::core::format_args!("\n")) };
    ($($arg:tt)*) => {
        $crate::print_to(2, ::core::format_args!("{}\n", ::core::format_args!($($arg)*)))
    };
}

#[doc(hidden)]
pub fn print_to(fd: u32, text: fmt::Arguments) {
    struct Descriptor(u32);
    impl Write for Descriptor {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            write_all(self.0, text.as_bytes()).map_err(|_| fmt::Error)
        }
    }
    // Losing debug text is no reason to end a run.
    let _ = Descriptor(fd).write_fmt(text);
}
