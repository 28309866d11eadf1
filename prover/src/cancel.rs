//! Stopping work from another thread.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Says that a proof is no longer wanted. Clones are one and the same; work that was given one
/// stops within a fraction of a second of [`Cancel::cancel`], whatever it is doing.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

/// The work was cancelled.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

impl Cancel {
    /// Work goes on until somebody cancels.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops all work that was given this token or a clone of it.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether to stop. Cheap enough for each block of a loop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// # Errors
    /// If the work is to stop.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() {
            Err(Cancelled)
        } else {
            Ok(())
        }
    }
}
