//! The body of a stream: one picture after the other, each chosen when the one before has left.
//!
//! What must never live here: where pictures come from, and what a head looks like.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use futures_util::{Stream, stream};

use super::lookout::Watcher;
use super::part::{self, Taken};
use crate::camera::{Picture, Viewer};
use crate::clock::Clock;
use crate::http::outlet::Outlet;
use crate::http::stay::Stay;
use crate::metrics::Metrics;

/// A stream to one viewer.
pub(super) struct Pictures {
    pub(super) viewer: Viewer,
    pub(super) outlet: Outlet,
    pub(super) clock: Clock,
    pub(super) metrics: Arc<Metrics>,
    /// Each head is sent with the picture before, without what is not known by then.
    pub(super) advance: bool,
    /// Who is stopped when nothing reaches it any more.
    pub(super) watcher: Option<Watcher>,
    /// When the picture was taken that is on its way.
    pub(super) sent: Option<Instant>,
    /// Until when it may.
    pub(super) stay: Stay,
    /// Its place, among the viewers or of its own.
    pub(super) _place: Box<dyn Send>,
}

/// What is written next.
enum Next {
    Opening,
    Advance,
    Head,
    Picture(Arc<Picture>),
    Ending,
}

impl Pictures {
    /// The pieces, which are written together where they are to be had at once. A picture's is everybody's.
    pub(super) fn pieces(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
        self.outlet.run_on();
        stream::unfold((self, Next::Opening), |(mut pictures, next)| async move {
            let (piece, next) = pictures.piece(next).await?;
            Some((Ok(piece), (pictures, next)))
        })
    }

    /// `None`: it is over.
    async fn piece(&mut self, next: Next) -> Option<(Bytes, Next)> {
        let begin = if self.advance { Next::Advance } else { Next::Head };
        Some(match next {
            Next::Opening => (part::FIRST, begin),
            Next::Ending => (part::LAST, begin),
            Next::Picture(picture) => (picture.jpeg.clone(), Next::Ending),
            Next::Advance => (part::ADVANCE, Next::Head),
            Next::Head => {
                let picture = self.newest().await?;
                let (wall, latency) = (SystemTime::now(), picture.taken.elapsed());
                if !picture.words {
                    self.metrics.handed_over(latency, picture.jpeg.len());
                }
                if self.advance {
                    return Some((picture.jpeg.clone(), Next::Ending));
                }
                let words = picture.words.then(|| self.viewer.camera().trouble().unwrap_or_default());
                let taken = Taken { wall: wall - latency, time: self.clock.when(picture.taken) };
                let head = part::head(picture.jpeg.len(), taken, latency, words.as_deref());
                (head, Next::Picture(picture))
            }
        })
    }

    /// The newest picture when the last one has left: those in between are passed over. `None`: whoever watches may no
    /// longer.
    async fn newest(&mut self) -> Option<Arc<Picture>> {
        tokio::select! {
            biased;
            () = self.stay.ended() => return None,
            () = self.outlet.drained() => {}
        }
        if let (Some(watcher), Some(taken)) = (&self.watcher, self.sent.take()) {
            watcher.saw(taken);
        }
        let picture = tokio::select! {
            biased;
            () = self.stay.ended() => return None,
            picture = self.viewer.next() => picture,
        };
        // Words that say why there is no picture are none.
        self.sent = (!picture.words).then_some(picture.taken);
        self.outlet.fill();
        Some(picture)
    }
}
