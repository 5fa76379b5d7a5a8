//! JPEG files as a camera: one file, or those of a folder in the order of their names, over and over.
//!
//! What must never live here: what is on the pictures.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::OFlags;

use super::pace::Pace;
use super::{FrameSource, NoPicture, Opener, Remedy, Shot, too_long};
use crate::camera::mjpeg;
use crate::config::{CameraConfig, is_jpeg};

#[cfg(test)]
mod tests;

/// Files of a folder, at most.
const MOST: usize = 10_000;

/// Files that are looked at for one picture.
const TRIES: usize = 16;

/// What opens it, and what would help where it is silent.
pub(super) fn opener(config: &CameraConfig, path: PathBuf) -> (Opener, Remedy) {
    let (config, reading) = (config.clone(), Reading::default());
    let read = reading.clone();
    let opener: Opener = Box::new(move || Ok(Box::new(Slides::open(&config, &path, &read)?)));
    (opener, Box::new(move || reading.remedy()))
}

/// What is being read. A disk or another machine that does not answer keeps whoever reads, and others must know what.
#[derive(Clone, Debug, Default)]
struct Reading(Arc<Mutex<PathBuf>>);

impl Reading {
    fn begins(&self, path: &Path) {
        path.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn remedy(&self) -> String {
        let path = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{} was to be read: does its disk, or the network to it, answer?", path.display())
    }
}

/// What is there now, by its first picture.
pub(super) fn prospect(config: &CameraConfig, path: &Path) -> Result<String, NoPicture> {
    let mut slides = Slides::open(config, path, &Reading::default())?;
    // Each look passes over a few files at most.
    while slides.picture()?.is_none() {}
    let count = slides.files.len();
    Ok(if slides.files.first().is_some_and(|file| file == path) {
        "one picture, shown over and over".to_owned()
    } else {
        format!("a folder of {count} JPEG files, shown over and over")
    })
}

struct Slides {
    path: PathBuf,
    files: Vec<PathBuf>,
    /// Which comes next.
    at: usize,
    /// How many were none since the last that was a picture.
    passed: usize,
    /// The first round tells what is passed over.
    first: bool,
    max_bytes: usize,
    reading: Reading,
    pace: Pace,
    /// The last picture, as its file was when it was read.
    last: Option<Still>,
}

/// A picture as a file has it.
#[derive(Clone)]
struct Still {
    path: PathBuf,
    modified: Option<SystemTime>,
    length: usize,
    taken: Instant,
}

impl Slides {
    fn open(config: &CameraConfig, path: &Path, reading: &Reading) -> Result<Self, NoPicture> {
        reading.begins(path);
        let (files, pace) = (list(path)?, Pace::new(config.period(), Instant::now()));
        let (path, max_bytes, reading) = (path.to_owned(), config.max_bytes, reading.clone());
        Ok(Self { path, files, at: 0, passed: 0, first: true, max_bytes, reading, pace, last: None })
    }

    /// The next file that is a picture; `None`: not among the next few.
    fn picture(&mut self) -> Result<Option<Shot>, NoPicture> {
        for _ in 0..TRIES {
            if self.at >= self.files.len() {
                // What came to the folder since is seen in the next round.
                self.reading.begins(&self.path);
                (self.files, self.at, self.first) = (list(&self.path)?, 0, false);
            }
            let Some(path) = self.files.get(self.at) else { break };
            self.at += 1;
            self.reading.begins(path);
            match read(path, self.max_bytes) {
                Ok((jpeg, modified)) => {
                    self.passed = 0;
                    let taken = self.taken(path.clone(), modified, jpeg.len());
                    return Ok(Some(Shot { jpeg: jpeg.into(), taken }));
                }
                Err(why) if self.passed + 1 >= self.files.len() => return Err(self.none(&why)),
                Err(why) => {
                    self.passed += 1;
                    if self.first {
                        tracing::warn!("camera: {}: {why}; it is passed over", path.display());
                    }
                }
            }
        }
        Ok(None)
    }

    /// When a picture was taken. A folder's are shown as if they were taken one after the other; one that stands is as
    /// old as its file, or where clocks disagree, as its first reading.
    fn taken(&mut self, path: PathBuf, modified: Option<SystemTime>, length: usize) -> Instant {
        let now = Instant::now();
        let same = |last: &&Still| last.path == path && last.modified == modified && last.length == length;
        let age = modified.and_then(|then| SystemTime::now().duration_since(then).ok());
        let taken = match self.last.as_ref().filter(same) {
            Some(last) => last.taken,
            None if self.files.len() > 1 => now,
            None => age.and_then(|age| now.checked_sub(age)).unwrap_or(now),
        };
        self.last = Some(Still { path, modified, length, taken });
        taken
    }

    /// That no file is a picture, and why the last is none.
    fn none(&self, why: &str) -> NoPicture {
        NoPicture(match self.files.as_slice() {
            [file] if *file == self.path => why.to_owned(),
            [file] => format!("{}: {why}, and there is no other in the folder", file.display()),
            files => {
                let last = files.last().map_or_else(String::new, |file| file.display().to_string());
                format!("none of {} files is a picture; {last}: {why}", files.len())
            }
        })
    }
}

impl FrameSource for Slides {
    fn next(&mut self, wait: Duration) -> Result<Option<Shot>, NoPicture> {
        if !self.pace.sleep(wait) {
            return Ok(None);
        }
        self.picture()
    }
}

/// The file itself, or the JPEG files of the folder in the order of their names.
fn list(path: &Path) -> Result<Vec<PathBuf>, NoPicture> {
    let unreadable = |error: io::Error| {
        let hint = "name a folder with JPEG files, or one of them, as [camera] source";
        NoPicture(format!("{error}; {hint}"))
    };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if !is_jpeg(&file) {
            continue;
        }
        if files.len() == MOST {
            let hint = "move some of them to another folder";
            return Err(NoPicture(format!("has more than {MOST} pictures; {hint}")));
        }
        files.push(file);
    }
    if files.is_empty() {
        let hint = "put files there whose names end with .jpg";
        return Err(NoPicture(format!("has no JPEG file; {hint}")));
    }
    files.sort();
    Ok(files)
}

/// A file that is a whole picture of no more than so many bytes, and when it was written; or why it is none. What is no
/// regular file is not opened, and one that has to be waited for (some of `/proc`) is none. Disks and other machines are
/// waited for all the same: regular files know no other way.
fn read(path: &Path, max_bytes: usize) -> Result<(Vec<u8>, Option<SystemTime>), String> {
    let unreadable = |error: io::Error| format!("cannot be read: {error}");
    let about = fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        return Err("is no regular file".to_owned());
    }
    let mut picture = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(max_bytes).min(max_bytes));
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path).map_err(unreadable)?;
    file.take(limit).read_to_end(&mut picture).map_err(unreadable)?;
    if picture.len() > max_bytes {
        return Err(too_long(max_bytes));
    }
    mjpeg::size(&picture).map_err(|why| why.to_string())?;
    // Not every file system says when.
    Ok((picture, about.modified().ok()))
}
