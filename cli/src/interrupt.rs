//! Ctrl-C: the first asks the work to stop, the second ends the process.

use std::{
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::Context;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use zonda::Cancel;

/// The exit code of a command that was interrupted, whatever came of it: as shells have it.
pub const INTERRUPTED: u8 = 130;

/// From now on, the first SIGINT or SIGTERM cancels the work that is given what this returns. The
/// second one ends the process at once.
///
/// # Errors
/// If the system does not let signals be handled.
pub fn cancel() -> anyhow::Result<Cancel> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag unset, and sets it.
        flag::register_conditional_shutdown(signal, INTERRUPTED.into(), flag.clone())
            .and_then(|_| flag::register(signal, flag.clone()))
            .context("cannot handle signals")?;
    }
    Ok(Cancel::from(flag))
}

/// The exit code of a command that was interrupted.
pub fn interrupted() -> ExitCode {
    ExitCode::from(INTERRUPTED)
}
