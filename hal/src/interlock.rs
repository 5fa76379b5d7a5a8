//! The interlock: one flag between whoever says "stop" and every wire of the car.
//!
//! What must never live here: why it is engaged, who may release it, and any way to write past it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// While it is engaged, nothing leaves a [`Car`](crate::Car) but what halts it. A car looks at it
/// before each single write, so it holds from the next write on, also in the midst of a change.
///
/// Clones are one flag. Engaging it costs one store and waits for nothing, so any thread may.
#[derive(Clone, Debug, Default)]
pub struct Interlock(Arc<AtomicBool>);

impl Interlock {
    /// From now on the car only halts.
    pub fn engage(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// The car may move again.
    pub fn release(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    /// Whether the car may only halt.
    #[must_use]
    pub fn is_engaged(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
