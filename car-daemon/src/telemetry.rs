//! What everybody may know: samples of the state and events, each encoded once for each dialect
//! however many listen.

use std::sync::{Arc, OnceLock};

use protocol::{DialectId, Event, Notification, State};
use transport::Frame;

/// A notification's frames, made when the first listener of a dialect asks.
#[derive(Debug, Default)]
struct Frames([OnceLock<Frame>; DialectId::ALL.len()]);

impl Frames {
    fn get(&self, dialect: DialectId, notification: Notification<'_>) -> Frame {
        let row = DialectId::ALL.iter().position(|d| *d == dialect).unwrap_or_default();
        self.0[row].get_or_init(|| dialect.get().notify(notification)).clone()
    }
}

/// One sample of the state.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    /// The state.
    pub(crate) state: Arc<State>,
    frames: Frames,
}

impl Sample {
    pub(crate) fn new(state: State) -> Self {
        Self { state: Arc::new(state), frames: Frames::default() }
    }

    /// As a notification.
    pub(crate) fn frame(&self, dialect: DialectId) -> Frame {
        self.frames.get(dialect, Notification::State(&self.state))
    }
}

/// One event.
#[derive(Debug)]
pub(crate) struct Happened {
    event: Event,
    frames: Frames,
}

impl Happened {
    pub(crate) fn new(event: Event) -> Self {
        Self { event, frames: Frames::default() }
    }

    /// As a notification.
    pub(crate) fn frame(&self, dialect: DialectId) -> Frame {
        self.frames.get(dialect, Notification::Event(&self.event))
    }
}
