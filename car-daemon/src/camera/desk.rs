//! Between one source and its viewers: the newest picture, or words in its place.
//!
//! What must never live here: what a source is, and what becomes of a picture.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::watch as slot;
use tokio::time;

use super::fetch::{self, Station};
use super::frozen::Frozen;
use super::gap::{Gap, Wait};
use super::sources::{self, NoPicture, Remedy, Shot, Source};
use super::status::{Status, Tally};
use super::told::{News, Told};
use super::watch::{Next, Patience, Watch};
use super::{mjpeg, words};

/// How long the end of a camera waits for its source. One that is read comes back sooner.
const FAREWELL: Duration = Duration::from_secs(1);

/// Words that are shown before opening counts as trouble: so many seconds.
const OPENING: u32 = 5;

/// Whether the car moves, as far as it knows.
pub(crate) type Moves = Box<dyn Fn() -> bool + Send + Sync>;

/// A picture, for everybody who looks.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// Counts up from 1 by one for each picture, whatever source it came from.
    pub(crate) number: u64,
    /// A whole JPEG file. Clones are the same memory.
    pub(crate) jpeg: Bytes,
    /// When the light fell in.
    pub(crate) taken: Instant,
    /// No light fell in: these are words that say why there is no picture.
    pub(crate) words: bool,
}

/// A picture that can be shown, and its size.
pub(super) struct Sound {
    shot: Shot,
    size: (u16, u16),
}

/// What viewers and the thread of the source share.
pub(super) struct Desk {
    source: String,
    remedy: Remedy,
    max_bytes: usize,
    /// Where a picture that stays the same is no life: asked for each picture.
    moves: Option<Moves>,
    /// The clock of the viewers, which follows tokio's paused time.
    began: time::Instant,
    newest: slot::Sender<Option<Arc<Picture>>>,
    /// Whether a thread has the source.
    running: slot::Sender<bool>,
    inner: Mutex<Inner>,
    /// Rung when the last viewer leaves, and at the end.
    bell: Condvar,
}

struct Inner {
    viewers: usize,
    ending: bool,
    /// While no thread has it; also `None` where there is no source.
    station: Option<Station>,
    phase: Phase,
    /// How often the source came back.
    answers: u64,
    tally: Tally,
    last: Option<(Instant, (u16, u16))>,
    /// Why the source is of no use.
    failure: Option<NoPicture>,
    /// Why what it gave last cannot be shown.
    spoilt: Option<NoPicture>,
    /// Why somebody looked in vain, though the source did not fail.
    lack: Option<NoPicture>,
    told: Told,
    gap: Gap,
    /// Words in a row.
    stood: u32,
    /// The words that were drawn last.
    drawn: Option<(String, Bytes)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Resting,
    Opening,
    /// Whether it has given a picture since.
    Open(bool),
}

impl Desk {
    pub(super) fn new(source: Source, max_bytes: usize, patience: Patience, moves: Moves) -> Arc<Self> {
        let Source { name, opener, remedy, never_repeats } = source;
        let station = opener.map(|opener| Station::new(opener, Watch::new(patience)));
        let (station, failure) = station.map_or_else(|why| (None, Some(why)), |own| (Some(own), None));
        Arc::new(Self {
            source: name,
            remedy,
            max_bytes,
            moves: never_repeats.then_some(moves),
            began: time::Instant::now(),
            newest: slot::Sender::new(None),
            running: slot::Sender::new(false),
            inner: Mutex::new(Inner {
                viewers: 0,
                ending: false,
                station,
                phase: Phase::Resting,
                answers: 0,
                tally: Tally::default(),
                last: None,
                failure,
                spoilt: None,
                lack: None,
                told: Told::default(),
                gap: Gap::new(patience.late),
                stood: 0,
                drawn: None,
            }),
            bell: Condvar::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As people are told of it.
    fn told(&self, why: &NoPicture) -> String {
        format!("{}: {why}", self.source)
    }

    /// Says in the log what is new. Never under the lock: whoever writes a log may have to wait.
    fn tell(&self, news: Option<News>) {
        match news {
            None => {}
            Some(News::Trouble(why)) => tracing::warn!("camera: no picture: {}", self.told(&why)),
            Some(News::Unsteady) => {
                tracing::warn!("camera: {} says something else each time: no more of it", self.source);
            }
        }
    }
}

/// For viewers.
impl Desk {
    /// One more looks: its slot, and what it waits for.
    pub(super) fn enter(self: &Arc<Self>) -> (slot::Receiver<Option<Arc<Picture>>>, Wait) {
        let mut inner = self.lock();
        inner.viewers += 1;
        if inner.station.is_some() && !*self.running.borrow() {
            let desk = Arc::clone(self);
            let thread = thread::Builder::new().name("camera".into()).spawn(move || fetch::run(&desk));
            match thread {
                Ok(_) => drop(self.running.send_replace(true)),
                // The next viewer tries again.
                Err(error) => inner.failure = Some(NoPicture(format!("no thread for the camera: {error}"))),
            }
        }
        (self.newest.subscribe(), Wait { since: self.began.elapsed(), pictured: false })
    }

    pub(super) fn leave(&self) {
        let mut inner = self.lock();
        inner.viewers -= 1;
        if inner.viewers == 0 {
            self.bell.notify_all();
        }
    }

    /// What a viewer waits for that was shown something now.
    pub(super) fn shown(&self, picture: &Picture) -> Wait {
        Wait { since: self.began.elapsed(), pictured: !picture.words }
    }

    /// When a viewer is due to be shown words, and how often the source came back until now.
    pub(super) fn due(&self, wait: Wait) -> (time::Instant, u64) {
        let inner = self.lock();
        (self.began + inner.gap.due(wait, inner.trouble().is_some()), inner.answers)
    }

    /// Shows everybody words, if no picture came and nobody else has had them shown; `answers`: how often the source
    /// had come back a while ago.
    pub(super) fn stand_in(self: &Arc<Self>, wait: Wait, answers: u64) {
        let (mut inner, now) = (self.lock(), self.began.elapsed());
        let known = inner.trouble().is_some();
        if !inner.gap.fill(wait, known, now) {
            return;
        }
        inner.stood += 1;
        let (why, trouble) = inner.why_none(&self.remedy, answers);
        let text = self.told(&why);
        let mut news = None;
        if trouble && inner.failure.is_none() {
            inner.lack = Some(why);
            news = inner.news();
        }
        match &inner.drawn {
            Some((drawn, jpeg)) if *drawn == text => self.lay(jpeg.clone(), Instant::now(), true),
            _ => {
                let desk = Arc::clone(self);
                // Where commands are answered nobody waits for letters.
                drop(tokio::task::spawn_blocking(move || desk.draw(text)));
            }
        }
        drop(inner);
        self.tell(news);
    }

    fn draw(&self, text: String) {
        let jpeg = Bytes::from(words::picture(&text));
        let mut inner = self.lock();
        inner.drawn = Some((text, jpeg.clone()));
        // A picture may have come meanwhile.
        if inner.stood > 0 {
            self.lay(jpeg, Instant::now(), true);
        }
    }

    pub(super) fn trouble(&self) -> Option<String> {
        self.lock().trouble().map(|why| self.told(why))
    }

    pub(super) fn may_come(&self) -> bool {
        let inner = self.lock();
        inner.failure.is_none() && inner.spoilt.is_none()
    }

    pub(super) fn status(&self) -> Status {
        let (inner, now) = (self.lock(), Instant::now());
        Status {
            source: self.source.clone(),
            viewers: inner.viewers,
            open: matches!(inner.phase, Phase::Open(_)),
            pictures: inner.tally.all(),
            rate_hz: inner.tally.rate_hz(now),
            age: inner.last.map(|(taken, _)| now.saturating_duration_since(taken)),
            size: inner.last.map(|(_, size)| size),
            trouble: inner.trouble().map(|why| self.told(why)),
        }
    }

    /// Nobody will look any more. The source is closed as soon as it comes back.
    pub(super) fn end(&self) {
        self.lock().ending = true;
        self.bell.notify_all();
    }

    /// Waits until the source is closed, a second at most.
    pub(super) async fn ended(&self) {
        let mut running = self.running.subscribe();
        // The sender is ours.
        if time::timeout(FAREWELL, running.wait_for(|running| !running)).await.is_err() {
            tracing::warn!("camera: {} does not come back; it is left behind", self.source);
        }
    }
}

/// For the thread of the source.
impl Desk {
    /// What the thread begins with.
    pub(super) fn take(&self) -> Option<Station> {
        self.lock().station.take()
    }

    /// What to do next, once it is time; at the end the station is kept here again.
    pub(super) fn next(&self, station: &mut Option<Station>) -> Next {
        let mut inner = self.lock();
        loop {
            let next = station.as_mut().map_or(Next::End, |own| own.next(inner.viewers, inner.ending));
            match next {
                Next::Wait(pause) => {
                    let woken = self.bell.wait_timeout(inner, pause);
                    inner = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
                Next::End => {
                    inner.station = station.take();
                    self.running.send_replace(false);
                    return next;
                }
                _ => return next,
            }
        }
    }

    pub(super) fn opening(&self) {
        self.lock().phase = Phase::Opening;
    }

    pub(super) fn opened(&self) {
        let mut inner = self.lock();
        (inner.phase, inner.stood) = (Phase::Open(false), 0);
        (inner.failure, inner.spoilt, inner.lack) = (None, None, None);
    }

    pub(super) fn closed(&self) {
        let mut inner = self.lock();
        // What it lacked is not known of the next time.
        (inner.phase, inner.lack) = (Phase::Resting, None);
        drop(inner);
        tracing::debug!("camera: {} rests", self.source);
    }

    /// Whether that can be shown. It is walked through and compared, and what moves the car is asked: nobody who looks
    /// waits for that.
    pub(super) fn judge(&self, shot: Shot, frozen: &mut Frozen) -> Result<Sound, NoPicture> {
        let jpeg = &shot.jpeg;
        let size = match jpeg.len() > self.max_bytes {
            true => Err(sources::too_long(self.max_bytes)),
            false => mjpeg::size(jpeg).map_err(|why| why.to_string()),
        };
        let size = size.map_err(|why| NoPicture(format!("what comes {why}")))?;
        if self.moves.as_ref().is_some_and(|moves| frozen.saw(jpeg, moves(), Instant::now())) {
            let remedy = (self.remedy)();
            return Err(NoPicture(format!(
                "gives the same picture again and again while the car moves; it hangs: {remedy}"
            )));
        }
        Ok(Sound { shot, size })
    }

    /// The source came back, perhaps with a picture; whether it was one that can be shown.
    pub(super) fn answered(&self, judged: Option<Result<Sound, NoPicture>>) -> bool {
        let mut inner = self.lock();
        inner.answers += 1;
        let (Shot { jpeg, taken }, size) = match judged {
            None => return false,
            Some(Ok(Sound { shot, size })) => (shot, size),
            Some(Err(why)) => {
                inner.spoilt = Some(why);
                return false;
            }
        };
        let again = inner.told.pictured() || inner.phase != Phase::Open(true);
        (inner.phase, inner.stood) = (Phase::Open(true), 0);
        (inner.spoilt, inner.lack) = (None, None);
        inner.tally.count(Instant::now());
        inner.last = Some((taken, size));
        self.lay(jpeg, taken, false);
        drop(inner);
        if again {
            let (width, height) = size;
            tracing::info!("camera: pictures of {width}x{height} from {}", self.source);
        }
        true
    }

    pub(super) fn lose(&self, why: NoPicture) {
        let mut inner = self.lock();
        (inner.phase, inner.failure, inner.lack) = (Phase::Resting, Some(why), None);
        let news = inner.news();
        drop(inner);
        self.tell(news);
    }
}

impl Desk {
    fn lay(&self, jpeg: Bytes, taken: Instant, words: bool) {
        self.newest.send_modify(|newest| {
            let number = newest.as_ref().map_or(0, |last| last.number) + 1;
            *newest = Some(Arc::new(Picture { number, jpeg, taken, words }));
        });
    }
}

impl Inner {
    /// What to say in the log of the trouble there is.
    fn news(&mut self) -> Option<News> {
        let why = self.trouble()?.clone();
        self.told.news(&why)
    }

    fn trouble(&self) -> Option<&NoPicture> {
        self.failure.as_ref().or(self.lack.as_ref())
    }

    /// Why there is no picture, and whether that is trouble; what would help is asked where it is silent.
    fn why_none(&self, remedy: &Remedy, answers: u64) -> (NoPicture, bool) {
        if let Some(known) = self.failure.as_ref().or(self.spoilt.as_ref()) {
            return (known.clone(), true);
        }
        let lacks = |what: &str| (NoPicture(format!("{what}: {}", remedy())), true);
        match self.phase {
            Phase::Resting | Phase::Opening if self.stood < OPENING => {
                (NoPicture("is being opened".to_owned()), false)
            }
            Phase::Resting | Phase::Opening => lacks("is being opened, and that takes long"),
            Phase::Open(_) if self.answers == answers => lacks("does not answer"),
            Phase::Open(true) => lacks("gives no more pictures"),
            Phase::Open(false) => lacks("is open, and has given no picture yet"),
        }
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("status", &self.status()).finish_non_exhaustive()
    }
}
