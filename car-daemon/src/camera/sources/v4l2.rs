//! A camera of the kernel (V4L2): what it compresses itself goes on as it is, the rest is encoded.
//!
//! A picture counts as taken when the whole of it is read here: the kernel's own time for it is not handed out by the
//! library. So the light fell in earlier, by the exposure and the way over USB, up to two periods; and where the one before it
//! was encoded meanwhile, by up to as long as that took.
//!
//! What must never live here: how a device is spoken to.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hal::IoError;
use hal::platform::linux::video::{Camera, Mode, Stream, devices};

use super::thin::Thin;
use super::{FrameSource, NoPicture, Opener, Prospect, SILENCE, Shot};
use crate::camera::mjpeg;
use crate::config::CameraConfig;
use choose::{Choice, choose};
use raw::{Kind, Raw};

mod choose;
mod raw;

pub(super) const REMEDY: &str = "look at its cable, and plug it in anew";

/// The device of a path.
pub(super) fn opener(config: &CameraConfig, path: PathBuf) -> Opener {
    let config = config.clone();
    Box::new(move || Ok(Box::new(open(&config, camera(&path)?, &path)?)))
}

/// The first device that gives pictures, looked for each time.
pub(super) fn any(config: &CameraConfig, dev: PathBuf) -> Opener {
    let config = config.clone();
    Box::new(move || {
        let (path, source) = first(&dev, |camera, path| open(&config, camera, path))?;
        Ok(Box::new(Found { path, source }))
    })
}

/// A device that was looked for: what is wrong is told with which it is.
struct Found<S> {
    path: PathBuf,
    source: S,
}

impl<S: FrameSource> FrameSource for Found<S> {
    fn next(&mut self, wait: Duration) -> Result<Option<Shot>, NoPicture> {
        self.source.next(wait).map_err(|why| placed(&self.path, &why))
    }
}

fn placed(path: &Path, why: &NoPicture) -> NoPicture {
    NoPicture(format!("{}: {why}", path.display()))
}

/// What comes of the first device that gives pictures and of which something comes.
fn first<T>(
    dev: &Path,
    mut make: impl FnMut(Camera, &Path) -> Result<T, NoPicture>,
) -> Result<(PathBuf, T), NoPicture> {
    let mut refused = None;
    for path in devices(dev) {
        match camera(&path) {
            Ok(camera) if !camera.about().captures || camera.about().is_stage => {}
            found => match found.and_then(|camera| make(camera, &path)) {
                Ok(made) => return Ok((path, made)),
                Err(why) => drop(refused.get_or_insert_with(|| placed(&path, &why))),
            },
        }
    }
    let none = || NoPicture(format!("none was found: plug a USB camera in, or {RIBBON}"));
    Err(refused.unwrap_or_else(none))
}

/// What is to be done with a camera that the kernel gives no pictures of.
const RIBBON: &str = "for one at a Raspberry Pi's ribbon cable write [camera] source = [\"rpicam-vid\", \"-t\", \"0\", \
                      \"--codec\", \"mjpeg\", \"-o\", \"-\"]";

fn camera(path: &Path) -> Result<Camera, NoPicture> {
    Camera::open(path).map_err(told)
}

/// Without its place, which is the source's.
fn told(error: IoError) -> NoPicture {
    NoPicture(error.reason)
}

/// What the device of a path would give; it is not set to work.
pub(super) fn prospect(config: &CameraConfig, path: &Path) -> Result<Prospect, NoPicture> {
    would_give(config, &camera(path)?, path)
}

/// The same of the first device that gives pictures.
pub(super) fn prospect_of_any(config: &CameraConfig, dev: &Path) -> Result<Prospect, NoPicture> {
    first(dev, |camera, path| would_give(config, &camera, path)).map(|(_, gives)| gives)
}

fn would_give(config: &CameraConfig, camera: &Camera, path: &Path) -> Result<Prospect, NoPicture> {
    let Choice { format, size: (width, height), rate_hz, .. } = plan(config, camera)?;
    let (place, name) = (path.display(), &camera.about().name);
    let gives = format!("{place} ({name}) gives {format} {width}x{height} at {rate_hz:.4} Hz");
    Ok(Prospect { gives, device: Some(path.to_owned()) })
}

/// What a camera would be asked for.
fn plan(config: &CameraConfig, camera: &Camera) -> Result<Choice, NoPicture> {
    if !camera.about().captures {
        let why = "takes no pictures: `car-daemon doctor` lists those that do";
        return Err(NoPicture(why.to_owned()));
    }
    let wanted = (config.width.into(), config.height.into());
    let rates = |format, size| camera.rates(format, size);
    choose(&camera.offers(), wanted, config.rate_hz, rates).map_err(NoPicture)
}

fn open(config: &CameraConfig, camera: Camera, path: &Path) -> Result<Source<Stream>, NoPicture> {
    let Choice { format, kind, size, rate_hz } = plan(config, &camera)?;
    let name = camera.about().name.clone();
    let stream = camera.start(format, size, rate_hz).map_err(told)?;
    let (width, height) = stream.mode().size;
    tracing::info!("camera {} ({name}) gives {format} {width}x{height} at {rate_hz:.4} Hz", path.display());
    Ok(Source::new(config, stream, kind))
}

/// What a source needs of a device.
trait Device: Send {
    fn mode(&self) -> Mode;

    /// As [`Stream::newest`].
    fn newest(&mut self, wait: Duration, picture: &mut Vec<u8>) -> Result<bool, IoError>;
}

impl Device for Stream {
    fn mode(&self) -> Mode {
        self.mode()
    }

    fn newest(&mut self, wait: Duration, picture: &mut Vec<u8>) -> Result<bool, IoError> {
        self.newest(wait, picture)
    }
}

struct Source<D> {
    device: D,
    kind: Kind,
    quality: u8,
    thin: Thin,
    /// What the device gave last.
    given: Vec<u8>,
    /// When there was a picture, or the device was set to work.
    last: Instant,
    /// Since then it gave something, but no pictures.
    damaged: bool,
}

impl<D: Device> Source<D> {
    fn new(config: &CameraConfig, device: D, kind: Kind) -> Self {
        let (thin, given, last) = (Thin::new(config.period()), Vec::new(), Instant::now());
        Self { device, kind, quality: config.quality, thin, given, last, damaged: false }
    }

    /// A JPEG of what the device gave; `None` where that is damaged.
    fn jpeg(&mut self) -> Result<Option<Vec<u8>>, NoPicture> {
        match self.kind {
            Kind::Compressed => Ok(mjpeg::completed(std::mem::take(&mut self.given))),
            Kind::Raw(layout) => {
                let raw = Raw::new(layout, &self.device.mode(), &self.given);
                let jpeg = raw.map(|raw| raw.encode(self.quality)).transpose();
                jpeg.map_err(|error| NoPicture(error.to_string()))
            }
        }
    }

    /// Nothing came now; whether that is for too long.
    fn nothing(&self, now: Instant) -> Result<Option<Shot>, NoPicture> {
        if now.saturating_duration_since(self.last) < SILENCE {
            return Ok(None);
        }
        let what = if self.damaged { "gives only damaged pictures" } else { "gives no pictures" };
        Err(NoPicture(format!("{what}: plug it in again, without a hub or with a shorter cable")))
    }
}

impl<D: Device> FrameSource for Source<D> {
    fn next(&mut self, wait: Duration) -> Result<Option<Shot>, NoPicture> {
        let came = self.device.newest(wait, &mut self.given).map_err(told)?;
        let now = Instant::now();
        if !came {
            return self.nothing(now);
        }
        if !self.thin.wants(now) {
            return Ok(None);
        }
        match self.jpeg()? {
            Some(jpeg) => {
                (self.last, self.damaged) = (now, false);
                Ok(Some(Shot { jpeg: jpeg.into(), taken: now }))
            }
            None => {
                self.damaged = true;
                self.nothing(now)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use hal::IoKind;
    use hal::platform::linux::video::FourCc;

    use super::*;
    use crate::camera::mjpeg::samples::{picture, without_tables};
    use raw::Layout;

    struct Fake(Mode, VecDeque<Result<Option<Vec<u8>>, IoError>>);

    impl Device for Fake {
        fn mode(&self) -> Mode {
            self.0
        }

        fn newest(&mut self, _wait: Duration, picture: &mut Vec<u8>) -> Result<bool, IoError> {
            match self.1.pop_front().expect("asked once more") {
                Ok(Some(given)) => {
                    *picture = given;
                    Ok(true)
                }
                Ok(None) => Ok(false),
                Err(error) => Err(error),
            }
        }
    }

    fn source<const N: usize>(kind: Kind, given: [Result<Option<Vec<u8>>, IoError>; N]) -> Source<Fake> {
        // All that comes is wanted.
        let config = CameraConfig { rate_hz: 1e9, ..CameraConfig::default() };
        let mode = Mode { format: FourCc(*b"test"), size: (16, 8), stride: 16 };
        Source::new(&config, Fake(mode, given.into()), kind)
    }

    fn shot(source: &mut Source<Fake>) -> Option<bytes::Bytes> {
        source.next(Duration::ZERO).unwrap().map(|shot| shot.jpeg)
    }

    #[test]
    fn what_a_camera_compressed_goes_on_as_it_is_and_gets_the_tables_that_it_lacks() {
        let (whole, other) = (picture(32, 24, 1), picture(32, 24, 2));
        let half = whole[..whole.len() / 2].to_vec();
        let given = [Ok(Some(whole.clone())), Ok(None), Ok(Some(half)), Ok(Some(without_tables(&other)))];
        let mut source = source(Kind::Compressed, given);
        assert_eq!(shot(&mut source).unwrap(), whole);
        assert_eq!(shot(&mut source), None);
        assert_eq!(shot(&mut source), None, "half a picture is left out");
        let completed = shot(&mut source).unwrap();
        let decode = |jpeg: &[u8]| jpeg_decoder::Decoder::new(jpeg).decode().unwrap();
        assert_eq!(decode(&completed), decode(&other));
    }

    #[test]
    fn raw_pictures_are_encoded_in_their_size_and_short_ones_left_out() {
        let given = [Ok(Some(vec![90; 16 * 8])), Ok(Some(vec![90; 16 * 8 - 1]))];
        let mut source = source(Kind::Raw(Layout::Grey), given);
        let jpeg = shot(&mut source).unwrap();
        let mut decoder = jpeg_decoder::Decoder::new(&jpeg[..]);
        assert!(decoder.decode().unwrap().iter().all(|dot| dot.abs_diff(90) <= 1));
        assert_eq!(decoder.info().map(|info| (info.width, info.height)), Some((16, 8)));
        assert_eq!(shot(&mut source), None);
    }

    #[test]
    fn a_camera_that_is_gone_or_silent_for_long_is_told_in_words_and_which_where_it_was_looked_for() {
        let gone = || {
            let place = "/dev/video0".to_owned();
            source(
                Kind::Compressed,
                [Err(IoError { place, reason: "is gone".to_owned(), kind: IoKind::Other })],
            )
        };
        assert_eq!(gone().next(Duration::ZERO).unwrap_err().0, "is gone");
        let mut found = Found { path: "/dev/video0".into(), source: gone() };
        assert_eq!(found.next(Duration::ZERO).unwrap_err().0, "/dev/video0: is gone");
        let mut silent = source(Kind::Compressed, []);
        let late = silent.last + SILENCE;
        assert!(silent.nothing(silent.last).unwrap().is_none());
        assert!(silent.nothing(late).unwrap_err().0.starts_with("gives no pictures: "));
        silent.damaged = true;
        assert!(silent.nothing(late).unwrap_err().0.contains("gives only damaged pictures"));
    }

    #[test]
    fn pictures_beyond_the_rate_are_neither_encoded_nor_shown() {
        let config = CameraConfig { rate_hz: 0.001, ..CameraConfig::default() };
        let given = (0..3).map(|_| Ok(Some(picture(16, 16, 1)))).collect();
        let mode = Mode { format: FourCc(*b"MJPG"), size: (16, 16), stride: 0 };
        let mut source = Source::new(&config, Fake(mode, given), Kind::Compressed);
        let came: Vec<bool> = (0..3).map(|_| shot(&mut source).is_some()).collect();
        assert_eq!(came, [true, false, false]);
    }

    #[test]
    fn a_machine_without_a_camera_says_what_to_do() {
        let dev = tempfile::tempdir().unwrap();
        let mut opener = any(&CameraConfig::default(), dev.path().to_owned());
        let said = opener().map(drop).unwrap_err().0;
        assert!(said.starts_with("none was found") && said.contains("rpicam-vid"), "{said}");
        std::fs::write(dev.path().join("video3"), "").unwrap();
        let said = opener().map(drop).unwrap_err().0;
        assert!(said.contains("video3: is no video device"), "{said}");
        assert_eq!(prospect_of_any(&CameraConfig::default(), dev.path()).unwrap_err().0, said);
    }
}
