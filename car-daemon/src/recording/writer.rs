//! Writes a recording, on a thread of its own: whoever drives never waits for a disk.
//!
//! What must never live here: what is recorded, and which file may be written.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::{Header, Line, file};

/// Bytes that may wait for the disk: at 100 turns a second, some 22 bytes each, a disk may stand still for an
/// hour, and at a thousand times real time for some seconds. As many again are on their way to it.
pub(super) const WAITING: usize = 8 << 20;

/// The most that a recording takes on a disk, in bytes: 1 GiB, at 100 turns a second a week.
pub(super) const MOST: u64 = 1 << 30;

/// Where time waits for whoever drives, it waits for the disk as well, so long at most: the control loop does,
/// and nobody who says something.
const PATIENCE: Duration = Duration::from_millis(500);

/// The longest that the end of the daemon waits for the disk.
pub(crate) const FAREWELL: Duration = Duration::from_secs(1);

/// Why a recording ends before its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Short {
    /// There was no room for a line.
    Overrun,
    /// It is as long as it may be.
    Full,
}

/// What lies between pens and disk.
#[derive(Debug)]
struct Pile {
    text: Vec<u8>,
    /// Bytes that were ever taken.
    taken: u64,
    most: u64,
    /// Bytes that are in the file.
    written: u64,
    /// Nothing more is taken.
    closed: bool,
    short: Option<Short>,
    /// The log says why it is short.
    told: bool,
    /// The writer has ended, well or not.
    over: bool,
}

/// The pile, and the bell beside it.
#[derive(Debug)]
struct Desk {
    pile: Mutex<Pile>,
    changed: Condvar,
}

impl Desk {
    fn pile(&self) -> MutexGuard<'_, Pile> {
        // Nothing here is half done after a panic.
        self.pile.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `done`, and no longer than `patience`; says whether it is.
    fn wait(&self, patience: Duration, done: impl Fn(&Pile) -> bool) -> bool {
        let waited = self.changed.wait_timeout_while(self.pile(), patience, |pile| !done(pile));
        done(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}

/// Where lines are put down. Never waits for the disk.
#[derive(Debug)]
pub(crate) struct Pen(Arc<Desk>);

impl Pen {
    /// Takes a line. If there is no room for it the recording ends before it.
    pub(crate) fn write(&mut self, line: &Line) {
        let mut pile = self.0.pile();
        if pile.closed {
            return;
        }
        let text = line.text();
        pile.short = if pile.text.len() + text.len() > WAITING {
            Some(Short::Overrun)
        } else if pile.taken + text.len() as u64 > pile.most {
            Some(Short::Full)
        } else {
            None
        };
        pile.closed = pile.short.is_some();
        if !pile.closed {
            pile.taken += text.len() as u64;
            pile.text.extend_from_slice(text.as_bytes());
        }
        self.0.changed.notify_all();
    }

    /// Whether nothing more is taken.
    #[cfg(test)]
    pub(super) fn has_ended(&self) -> bool {
        self.0.pile().closed
    }

    /// Takes the last line.
    pub(crate) fn end(&mut self, line: &Line) {
        self.write(line);
        self.0.pile().closed = true;
        self.0.changed.notify_all();
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        self.0.pile().closed = true;
        self.0.changed.notify_all();
    }
}

/// Looks after the pile, for whoever may wait and log: nobody who holds the gate's lock.
#[derive(Clone, Debug)]
pub(crate) struct Keeper {
    desk: Arc<Desk>,
    name: String,
    patient: bool,
}

impl Keeper {
    /// Waits for a disk that lags, where time waits too, and says once if the recording ends.
    pub(crate) fn look(&self) {
        if self.patient {
            let room = |pile: &Pile| pile.closed || pile.over || pile.text.len() <= WAITING / 2;
            if !self.desk.wait(PATIENCE, room) {
                let mut pile = self.desk.pile();
                (pile.closed, pile.short) = (true, Some(Short::Overrun));
                self.desk.changed.notify_all();
            }
        }
        self.tell();
    }

    fn tell(&self) {
        let mut pile = self.desk.pile();
        let Some(short) = pile.short.filter(|_| !pile.told) else { return };
        pile.told = true;
        let bytes = pile.taken;
        drop(pile);
        let why = match short {
            Short::Overrun => "the disk does not keep up",
            Short::Full => "it is as long as it may be",
        };
        tracing::error!(file = self.name, bytes, "the recording is incomplete, it ends here: {why}");
    }
}

/// A recording whose file is not open yet.
#[derive(Debug)]
pub(crate) struct Draft {
    desk: Arc<Desk>,
    path: PathBuf,
    header: Header,
    patient: bool,
}

/// Begins a recording, for a file that is opened later. `patient`: a disk that lags is waited for, as time waits
/// too.
pub(crate) fn draft(path: PathBuf, header: Header, patient: bool) -> (Pen, Draft) {
    let desk = desk(MOST);
    (Pen(Arc::clone(&desk)), Draft { desk, path, header, patient })
}

fn desk(most: u64) -> Arc<Desk> {
    let pile = Pile {
        text: Vec::new(),
        taken: 0,
        most,
        written: 0,
        closed: false,
        short: None,
        told: false,
        over: false,
    };
    Arc::new(Desk { pile: Mutex::new(pile), changed: Condvar::new() })
}

impl Draft {
    /// For the control loop.
    pub(crate) fn keeper(&self) -> Keeper {
        let name = self.path.display().to_string();
        Keeper { desk: Arc::clone(&self.desk), name, patient: self.patient }
    }

    /// Opens the file, in place of an older recording, and begins to write.
    ///
    /// # Errors
    /// The file must not or cannot be written, or there is no thread left.
    pub(crate) fn start(self) -> io::Result<Recording> {
        let keeper = self.keeper();
        let mut file = file::open(&self.path)?;
        file.set_len(0)?;
        let text = Line::Recording(Box::new(self.header)).text();
        // So that whoever names a full disk hears so at once.
        file.write_all(text.as_bytes())?;
        self.desk.pile().taken += text.len() as u64;
        self.desk.pile().written += text.len() as u64;
        run(file, keeper)
    }
}

/// A recording that is being written. It is whole in the file when its last line was, and this has ended.
#[derive(Debug)]
pub(crate) struct Recording(Keeper);

impl Recording {
    /// Waits until everything is in the file, and no longer than `patience`; what is not is told.
    pub(crate) fn join(self, patience: Duration) {
        let Keeper { desk, name, .. } = &self.0;
        self.0.tell();
        if !desk.wait(patience, |pile| pile.over) {
            let pile = desk.pile();
            let (written, missing) = (pile.written, pile.taken - pile.written);
            drop(pile);
            tracing::error!(
                file = name,
                written,
                missing,
                "the recording is incomplete: the disk does not take the last bytes of it"
            );
        }
    }
}

/// Behind a header, into anything.
#[cfg(test)]
pub(super) fn begin(file: impl Write + Send + 'static, most: u64, patient: bool) -> (Pen, Keeper, Recording) {
    let desk = desk(most);
    let keeper = Keeper { desk: Arc::clone(&desk), name: "a disk".into(), patient };
    (Pen(desk), keeper.clone(), run(file, keeper).unwrap())
}

fn run(file: impl Write + Send + 'static, keeper: Keeper) -> io::Result<Recording> {
    let recording = Recording(keeper.clone());
    let write = move || take_down(file, &keeper);
    thread::Builder::new().name("recording".into()).spawn(write)?;
    Ok(recording)
}

fn take_down(mut file: impl Write, keeper: &Keeper) {
    let result = write_all(&mut file, &keeper.desk);
    let mut pile = keeper.desk.pile();
    let (bytes, whole) = (pile.written, pile.short.is_none());
    pile.closed = true;
    pile.text = Vec::new();
    drop(pile);
    let file = &keeper.name;
    match result {
        Ok(()) if whole => tracing::info!(file, bytes, "the run is recorded"),
        Ok(()) => keeper.tell(),
        Err(error) => tracing::error!(file, bytes, %error, "the recording is incomplete, it ends here"),
    }
    // Last: whoever waits for it may end the process.
    keeper.desk.pile().over = true;
    keeper.desk.changed.notify_all();
}

/// Writes until nobody has anything more to say. All that there is so far is in the file, also if the process is
/// killed then.
fn write_all(file: &mut impl Write, desk: &Desk) -> io::Result<()> {
    let mut text = Vec::new();
    loop {
        let waited = desk.changed.wait_while(desk.pile(), |pile| pile.text.is_empty() && !pile.closed);
        let mut pile = waited.unwrap_or_else(PoisonError::into_inner);
        if pile.text.is_empty() {
            return Ok(());
        }
        std::mem::swap(&mut pile.text, &mut text);
        drop(pile);
        desk.changed.notify_all();
        file.write_all(&text)?;
        desk.pile().written += text.len() as u64;
        text.clear();
    }
}
