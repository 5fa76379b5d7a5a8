//! Between one source and its viewers: the newest picture, and the thread that fetches it.
//!
//! What must never live here: what a source is, and what becomes of a picture.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::watch as slot;

use super::sources::{FrameSource, NoPicture, Opener, Shot};
use super::watch::{Next, Watch};

/// How long a source is waited for at once: as long as the end of the daemon, or of the last viewer, may go
/// unnoticed.
const LOOK: Duration = Duration::from_millis(200);

/// A picture, for everybody who looks.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// Counts up from 1 by one for each picture, whatever source it came from.
    pub(crate) number: u64,
    /// A whole JPEG file. Clones are the same memory.
    pub(crate) jpeg: Bytes,
    /// When the light fell in.
    pub(crate) taken: Instant,
}

/// The camera of a car. Clones are one camera; the source ends with the last of them and its viewers.
#[derive(Clone, Debug)]
pub(crate) struct Camera(Arc<Desk>);

struct Desk {
    viewers: AtomicUsize,
    newest: slot::Sender<Option<Arc<Picture>>>,
    /// Why there is no picture, if there should be one and is none.
    trouble: Mutex<Option<NoPicture>>,
    /// Rung when a viewer comes, and at the end.
    bell: (Mutex<bool>, Condvar),
}

impl Camera {
    /// A camera whose source `opener` opens when somebody looks; or none at all, and why.
    ///
    /// # Errors
    /// A system without threads left starts none.
    pub(crate) fn start(opener: Result<Opener, NoPicture>) -> std::io::Result<Self> {
        let trouble = Mutex::new(opener.as_ref().err().cloned());
        let desk = Arc::new(Desk {
            viewers: AtomicUsize::new(0),
            newest: slot::Sender::new(None),
            trouble,
            bell: (Mutex::new(false), Condvar::new()),
        });
        if let Ok(opener) = opener {
            let weak = Arc::downgrade(&desk);
            thread::Builder::new().name("camera".into()).spawn(move || fetch(&weak, opener))?;
        }
        Ok(Self(desk))
    }

    /// Somebody looks from now on.
    pub(crate) fn view(&self) -> Viewer {
        self.0.viewers.fetch_add(1, Ordering::AcqRel);
        self.0.ring();
        Viewer { newest: self.0.newest.subscribe(), camera: self.clone() }
    }

    /// How many look.
    pub(crate) fn viewers(&self) -> usize {
        self.0.viewers.load(Ordering::Acquire)
    }

    /// Why there is no picture, if there should be one and is none.
    pub(crate) fn trouble(&self) -> Option<NoPicture> {
        self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Somebody who looks, until this is dropped.
#[derive(Debug)]
pub(crate) struct Viewer {
    newest: slot::Receiver<Option<Arc<Picture>>>,
    camera: Camera,
}

impl Viewer {
    /// The newest picture that this viewer has not had yet, however long that takes. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Arc<Picture> {
        loop {
            // The sender is ours.
            drop(self.newest.changed().await);
            if let Some(picture) = self.newest.borrow_and_update().clone() {
                return picture;
            }
        }
    }

    /// The camera that is looked at.
    pub(crate) fn camera(&self) -> &Camera {
        &self.camera
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.camera.0.viewers.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Desk {
    fn ring(&self) {
        *self.bell.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.1.notify_one();
    }

    /// Waits for the bell, this long at most.
    fn wait(&self, longest: Duration) {
        let rung = self.bell.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.bell.1.wait_timeout_while(rung, longest, |rung| !*rung);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }

    fn show(&self, Shot { jpeg, taken }: Shot) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.newest.send_modify(|newest| {
            let number = newest.as_ref().map_or(0, |last| last.number) + 1;
            *newest = Some(Arc::new(Picture { number, jpeg, taken }));
        });
    }

    fn lose(&self, why: NoPicture) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if trouble.as_ref() != Some(&why) {
            tracing::warn!(%why, "no picture");
            *trouble = Some(why);
        }
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("viewers", &self.viewers)
            .field("trouble", &self.trouble)
            .finish_non_exhaustive()
    }
}

/// Fetches pictures for as long as there is a desk to lay them on.
fn fetch(desk: &std::sync::Weak<Desk>, mut opener: Opener) {
    let (began, mut watch) = (Instant::now(), Watch::default());
    let mut source: Option<Box<dyn FrameSource>> = None;
    while let Some(desk) = desk.upgrade() {
        let viewers = desk.viewers.load(Ordering::Acquire);
        match watch.next(viewers, began.elapsed()) {
            Next::Sleep => desk.wait(LOOK),
            Next::Wait(pause) => desk.wait(pause.min(LOOK)),
            Next::Close => {
                source = None;
                watch.closed();
            }
            Next::Open => match opener() {
                Ok(opened) => {
                    source = Some(opened);
                    watch.opened();
                }
                Err(why) => {
                    desk.lose(why);
                    watch.failed(began.elapsed());
                }
            },
            Next::Read => match source.as_mut().map(|source| source.next(LOOK)) {
                Some(Ok(Some(shot))) => {
                    desk.show(shot);
                    watch.pictured();
                }
                Some(Ok(None)) => {}
                Some(Err(why)) => {
                    source = None;
                    desk.lose(why);
                    watch.failed(began.elapsed());
                }
                None => watch.closed(),
            },
        }
    }
}
