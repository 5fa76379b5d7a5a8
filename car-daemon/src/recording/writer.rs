//! Writes a recording, on a thread of its own: whoever drives never waits for a disk.
//!
//! What must never live here: what is recorded.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Header, Line};

/// Lines that may wait for the disk: at 100 turns a second a disk may stand still for ten minutes, and at a
/// thousand times real time for most of a second. They take some 10 MB.
pub(super) const WAITING: usize = 1 << 16;

/// Where time waits for whoever drives, it waits for the disk as well, as often and as long as this.
const PATIENCE: u32 = 1000;
const PAUSE: Duration = Duration::from_millis(1);

/// Where lines are put down. Never waits for the disk, except where time waits too.
#[derive(Debug)]
pub(crate) struct Pen {
    to: Option<SyncSender<Line>>,
    patient: bool,
    /// There was no room for a line.
    overrun: Arc<AtomicBool>,
}

impl Pen {
    /// Takes a line. If there is no room for it the recording ends before it.
    pub(crate) fn write(&mut self, mut line: Line) {
        let Some(to) = &self.to else { return };
        let mut tries = if self.patient { PATIENCE } else { 0 };
        loop {
            line = match to.try_send(line) {
                Ok(()) => return,
                // The disk has failed, and the log says so.
                Err(TrySendError::Disconnected(_)) => break,
                Err(TrySendError::Full(_)) if tries == 0 => {
                    self.overrun.store(true, Ordering::Relaxed);
                    break;
                }
                Err(TrySendError::Full(line)) => line,
            };
            tries -= 1;
            thread::sleep(PAUSE);
        }
        self.to = None;
    }

    /// Whether nothing more is taken.
    #[cfg(test)]
    pub(super) fn has_ended(&self) -> bool {
        self.to.is_none()
    }

    /// Takes the last line.
    pub(crate) fn end(&mut self, line: Line) {
        self.write(line);
        self.to = None;
    }
}

/// A recording that is being written. It is whole in the file when its last line was, and this has ended.
#[derive(Debug)]
pub(crate) struct Recording(JoinHandle<()>);

impl Recording {
    /// Waits until everything is in the file.
    pub(crate) fn join(self) {
        // A panic of that thread was reported by it.
        drop(self.0.join());
    }
}

/// Begins a recording in a file, in place of whatever the file holds. `patient`: a full queue is waited for, as
/// time waits too.
///
/// # Errors
/// The file cannot be written, or there is no thread left.
pub(crate) fn start(path: &Path, header: Header, patient: bool) -> io::Result<(Pen, Recording)> {
    let mut file = File::create(path)?;
    // So that whoever names a full disk hears so at once.
    file.write_all(Line::Recording(Box::new(header)).text().as_bytes())?;
    begin(file, path.display().to_string(), patient)
}

/// The same behind a header, into anything.
pub(super) fn begin(
    file: impl Write + Send + 'static,
    name: String,
    patient: bool,
) -> io::Result<(Pen, Recording)> {
    let (to, lines) = sync_channel(WAITING);
    let overrun = Arc::<AtomicBool>::default();
    let noted = Arc::clone(&overrun);
    let run = move || take_down(BufWriter::new(file), &lines, &name, &noted);
    let thread = thread::Builder::new().name("recording".into()).spawn(run)?;
    Ok((Pen { to: Some(to), patient, overrun }, Recording(thread)))
}

fn take_down(file: impl Write, lines: &Receiver<Line>, name: &str, overrun: &AtomicBool) {
    match write_all(file, lines) {
        Ok(count) if overrun.load(Ordering::Relaxed) => {
            tracing::error!(file = name, lines = count, "the recording ends here: the disk does not keep up");
        }
        Ok(count) => tracing::info!(file = name, lines = count, "the run is recorded"),
        Err(error) => tracing::error!(file = name, %error, "the recording ends here"),
    }
}

/// Writes until nobody has anything more to say; says how many lines that were.
fn write_all(mut file: impl Write, lines: &Receiver<Line>) -> io::Result<u64> {
    let mut count = 1;
    loop {
        let line = match lines.try_recv() {
            Ok(line) => line,
            Err(TryRecvError::Empty) => {
                // All that there is so far is in the file, also if the process is killed now.
                file.flush()?;
                let Ok(line) = lines.recv() else { return Ok(count) };
                line
            }
            Err(TryRecvError::Disconnected) => {
                file.flush()?;
                return Ok(count);
            }
        };
        file.write_all(line.text().as_bytes())?;
        count += 1;
    }
}
