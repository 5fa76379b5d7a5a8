//! The thread that opens the source and reads it, while somebody looks.
//!
//! What must never live here: who is shown a picture. A source that panics has failed; one that does not come back
//! keeps this thread, and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::desk::Desk;
use super::frozen::Frozen;
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
    let mut reader = Reader::default();
    loop {
        let next = desk.next(&mut kept);
        // At the end the desk has it back.
        let Some(station) = &mut kept else { return };
        if let Err(why) = guarded(|| reader.turn(next, station, desk)) {
            station.watch.failed(station.began.elapsed());
            desk.lose(why);
            // It is broken already.
            drop(reader.close());
        }
    }
}

/// What the thread itself knows, and nobody waits for.
#[derive(Default)]
struct Reader {
    source: Option<Box<dyn FrameSource>>,
    frozen: Frozen,
}

impl Reader {
    /// Does what is to be done next.
    fn turn(&mut self, next: Next, station: &mut Station, desk: &Desk) -> Result<(), NoPicture> {
        let Station { opener, watch, .. } = station;
        match (next, &mut self.source) {
            (Next::Open, _) => {
                desk.opening();
                self.source = Some(opener()?);
                self.frozen.forget();
                watch.opened();
                desk.opened();
            }
            (Next::Read, Some(open)) => {
                let shot = open.next(LOOK)?;
                if desk.answered(shot.map(|shot| desk.judge(shot, &mut self.frozen))) {
                    watch.pictured();
                }
            }
            (Next::Read, None) => watch.closed(),
            (Next::Close, _) => {
                watch.closed();
                desk.closed();
                return self.close();
            }
            // The desk has waited.
            (Next::Wait(_) | Next::End, _) => {}
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), NoPicture> {
        guarded(|| {
            drop(self.source.take());
            Ok(())
        })
    }
}

/// A panic while a source is read or its picture judged is an error of the source: the thread goes on.
fn guarded<T>(call: impl FnOnce() -> Result<T, NoPicture>) -> Result<T, NoPicture> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        Err(NoPicture(format!("what reads it is faulty: {}; please report this", panicked::said(&*panic))))
    })
}
