//! Ctrl-C and its like: the first asks the work to stop, the second ends the process.

use std::{
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::Context;
#[cfg(unix)]
use signal_hook::consts::SIGHUP;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use zonda::Cancel;

/// The exit code of a command that was interrupted, with any result: as shells have it.
pub const INTERRUPTED: u8 = 130;

/// From now on, the first SIGINT, SIGTERM or SIGHUP cancels the work that is given the returned token.
/// The second one ends the process at once.
///
/// # Errors
/// If the system does not let signals be handled.
pub fn cancel() -> anyhow::Result<Cancel> {
    let flag = Arc::new(AtomicBool::new(false));
    let mut signals = vec![SIGINT, SIGTERM];
    #[cfg(unix)]
    if !is_ignored(SIGHUP) {
        signals.push(SIGHUP);
    }
    for signal in signals {
        // In this order: the first signal finds the flag unset, and sets it.
        flag::register_conditional_shutdown(signal, INTERRUPTED.into(), flag.clone())
            .and_then(|_| flag::register(signal, flag.clone()))
            .context("cannot handle signals")?;
    }
    Ok(Cancel::from(flag))
}

/// Whether the process was started with this signal ignored, as `nohup` does, and so is to outlive it.
/// Where the system does not report it, it was not.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// The exit code of a command that was interrupted.
pub fn interrupted() -> ExitCode {
    ExitCode::from(INTERRUPTED)
}
