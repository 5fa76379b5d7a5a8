//! The thread that opens the source and reads it, while somebody looks.
//!
//! What must never live here: who is shown a picture. A source that panics has failed; one that does not come back
//! keeps this thread, and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::desk::Desk;
use super::sources::{FrameSource, NoPicture, Opener};
use super::watch::{Next, Watch};
use crate::panicked;

/// How long a source is waited for at once: as long as the end of the daemon, or of the last viewer, may go
/// unnoticed.
const LOOK: Duration = Duration::from_millis(200);

/// What is kept while no thread runs.
pub(super) struct Station {
    opener: Opener,
    watch: Watch,
    began: Instant,
}

impl Station {
    pub(super) fn new(opener: Opener, watch: Watch) -> Self {
        Self { opener, watch, began: Instant::now() }
    }

    /// What to do next, with so many viewers; `ending`: there will be no more.
    pub(super) fn next(&mut self, viewers: usize, ending: bool) -> Next {
        self.watch.next(viewers, ending, self.began.elapsed())
    }
}

/// Fetches pictures until nobody looks any more.
pub(super) fn run(desk: &Desk) {
    let mut kept = desk.take();
    let mut source: Option<Box<dyn FrameSource>> = None;
    loop {
        let next = desk.next(&mut kept);
        // At the end the desk has it back.
        let Some(Station { opener, watch, began }) = &mut kept else { return };
        let done = match next {
            Next::Open => {
                desk.opening();
                guarded(opener).map(|opened| {
                    source = Some(opened);
                    watch.opened();
                    desk.opened();
                })
            }
            Next::Read => match &mut source {
                Some(open) => guarded(|| open.next(LOOK)).map(|shot| {
                    if desk.answered(shot) {
                        watch.pictured();
                    }
                }),
                None => {
                    watch.closed();
                    Ok(())
                }
            },
            Next::Close => {
                watch.closed();
                desk.closed();
                close(&mut source)
            }
            // The desk has waited.
            Next::Wait(_) | Next::End => Ok(()),
        };
        if let Err(why) = done {
            watch.failed(began.elapsed());
            desk.lose(why);
            // It is broken already.
            drop(close(&mut source));
        }
    }
}

fn close(source: &mut Option<Box<dyn FrameSource>>) -> Result<(), NoPicture> {
    guarded(|| {
        drop(source.take());
        Ok(())
    })
}

/// A panic of the source is an error of the source.
fn guarded<T>(call: impl FnOnce() -> Result<T, NoPicture>) -> Result<T, NoPicture> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        Err(NoPicture(format!("what reads it is faulty: {}; please report this", panicked::said(&*panic))))
    })
}
