//! The environment calls of a guest that runs as a process of the host.

use std::{io::Read, sync::OnceLock, vec::Vec};

/// Writes at most `bytes` to a file descriptor. `None` is an error.
#[cfg(unix)]
pub(crate) fn write(fd: u32, bytes: &[u8]) -> Option<usize> {
    use std::{fs::File, io::Write, mem::ManuallyDrop, os::fd::FromRawFd};

    // SAFETY: the descriptor is borrowed for one call and never closed; whether it is open at all,
    // the operating system answers.
    let mut file = ManuallyDrop::new(unsafe { File::from_raw_fd(fd as i32) });
    file.write(bytes).ok()
}

/// Writes at most `bytes` to a file descriptor. `None` is an error.
#[cfg(not(unix))]
pub(crate) fn write(fd: u32, bytes: &[u8]) -> Option<usize> {
    use std::io::{Write, stderr, stdout};

    match fd {
        1 => stdout().write(bytes).ok(),
        2 => stderr().write(bytes).ok(),
        _ => None,
    }
}

/// Ends the run.
pub(crate) fn halt(code: u32) -> ! {
    std::process::exit(code as i32)
}

/// Reads the whole input. The first call does the work.
pub(crate) fn load_input() -> &'static [u8] {
    static INPUT: OnceLock<Vec<u8>> = OnceLock::new();
    INPUT.get_or_init(|| {
        let mut input = Vec::new();
        std::io::stdin()
            .read_to_end(&mut input)
            .expect("reading the input failed");
        input
    })
}

/// The position of the next byte to read, kept between calls.
pub(crate) fn advance(step: impl FnOnce(usize) -> usize) {
    static POSITION: std::sync::Mutex<usize> = std::sync::Mutex::new(0);
    let mut position = POSITION
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    *position = step(*position);
}
