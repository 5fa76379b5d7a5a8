//! Cameras of the kernel (V4L2): which there are, what they offer, and their pictures as bytes.
//!
//! linuxvideo keeps to itself when a picture was taken, waits for one without end, and calls a driver that says
//! nonsense unreachable: so whoever reads takes the time, readiness is asked for beside it, and a panic while it
//! lists is no camera. It knows devices with one plane of memory alone, which is what USB cameras have.
//!
//! What must never live here: which of the pictures is wanted, and what becomes of it.

use std::io;
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use linuxvideo::format::{FrameIntervals, FrameSizes, PixFormat, PixelFormat};
use linuxvideo::stream::ReadStream;
use linuxvideo::{BufType, CapabilityFlags, Device, Fract};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::{explain, file_name};
use crate::{IoError, IoKind};

mod holder;

/// Whose members may use cameras, on Debian and what comes from it.
const GROUP: &str = "video";

/// What is taken of formats, sizes and rates: a driver may list without end.
const MOST: usize = 256;

/// A camera, open and not yet at work.
#[derive(Debug)]
pub struct Camera {
    device: Device,
    path: PathBuf,
    about: About,
}

/// What a video device says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// As it calls itself: `C270 HD WEBCAM`.
    pub name: String,
    /// The kernel's driver: `uvcvideo`.
    pub driver: String,
    /// It gives pictures; others take them, or are something else.
    pub captures: bool,
    /// One stage of several (a sensor at a ribbon cable, an image processor), which gives nothing before another
    /// program has put the stages together.
    pub is_stage: bool,
}

/// How a picture is laid out in memory, as the four letters that V4L2 has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FourCc(pub [u8; 4]);

impl std::fmt::Display for FourCc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii().to_string().trim_end())
    }
}

/// Columns and rows.
pub type Size = (u32, u32);

/// A format and the sizes that a camera has in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The format.
    pub format: FourCc,
    /// The sizes.
    pub sizes: Sizes,
}

/// The sizes of pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// These.
    These(Vec<Size>),
    /// Any from the least to the most, in steps.
    Between {
        /// Smallest.
        least: Size,
        /// Largest.
        most: Size,
        /// Between two; not zero.
        step: Size,
    },
    /// The device does not say.
    Unknown,
}

/// How many pictures a second there are of a kind, in hertz.
#[derive(Clone, Debug, PartialEq)]
pub enum Rates {
    /// These.
    These(Vec<f64>),
    /// Any from the least to the most.
    Between(f64, f64),
    /// The device does not say.
    Unknown,
}

/// What a camera was told to give, and gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mode {
    /// The format.
    pub format: FourCc,
    /// The size.
    pub size: Size,
    /// Bytes from the begin of one row to that of the next; zero where a picture is compressed.
    pub stride: usize,
}

impl Camera {
    /// Opens a device; whoever captures from it is not disturbed.
    ///
    /// # Errors
    /// It is not there, not permitted, or no video device.
    pub fn open(path: &Path) -> Result<Self, IoError> {
        let refused = |error: io::Error| failure(path, &error);
        let device = Device::open(path).map_err(refused)?;
        let said = device.capabilities().map_err(refused)?;
        let may = said.device_capabilities();
        let about = About {
            name: said.card().trim().to_owned(),
            driver: said.driver().to_owned(),
            captures: may.contains(CapabilityFlags::VIDEO_CAPTURE | CapabilityFlags::STREAMING),
            is_stage: may.contains(CapabilityFlags::IO_MC) || said.driver() == "bcm2835-isp",
        };
        Ok(Self { device, path: path.to_owned(), about })
    }

    /// What it says of itself.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Every format in which it gives pictures; empty where it gives none.
    #[must_use]
    pub fn offers(&self) -> Vec<Offer> {
        let formats = self.device.formats(BufType::VIDEO_CAPTURE).map_while(Result::ok);
        let formats = formats.take(MOST).map(|format| format.pixel_format());
        formats
            .map(|format| Offer { format: FourCc(format.as_fourcc()), sizes: self.sizes(format) })
            .collect()
    }

    fn sizes(&self, format: PixelFormat) -> Sizes {
        let listed = catch_unwind(AssertUnwindSafe(|| self.device.frame_sizes(format)));
        match listed {
            Ok(Ok(FrameSizes::Discrete(sizes))) => {
                Sizes::These(sizes.iter().take(MOST).map(|size| (size.width(), size.height())).collect())
            }
            Ok(Ok(FrameSizes::Stepwise(range) | FrameSizes::Continuous(range))) => Sizes::Between {
                least: (range.min_width(), range.min_height()),
                most: (range.max_width(), range.max_height()),
                step: (range.step_width().max(1), range.step_height().max(1)),
            },
            Ok(Err(_)) | Err(_) => Sizes::Unknown,
        }
    }

    /// How many pictures a second it gives of that kind.
    #[must_use]
    pub fn rates(&self, format: FourCc, (width, height): Size) -> Rates {
        let format = PixelFormat::from_fourcc(format.0);
        let listed = catch_unwind(AssertUnwindSafe(|| self.device.frame_intervals(format, width, height)));
        match listed {
            Ok(Ok(FrameIntervals::Discrete(list))) => {
                Rates::These(list.iter().take(MOST).filter_map(|interval| rate(interval.fract())).collect())
            }
            Ok(Ok(FrameIntervals::Stepwise(range) | FrameIntervals::Continuous(range))) => {
                let both = rate(range.max()).zip(rate(range.min()));
                both.map_or(Rates::Unknown, |(least, most)| Rates::Between(least, most))
            }
            Ok(Err(_)) | Err(_) => Rates::Unknown,
        }
    }

    /// Sets it to work; `rate_hz` is what it is asked for, and it does what it can.
    ///
    /// # Errors
    /// Somebody else captures from it, or the device can do nothing of the kind.
    pub fn start(self, format: FourCc, (width, height): Size, rate_hz: f64) -> Result<Stream, IoError> {
        let path = self.path;
        let refused = |error: io::Error| failure(&path, &error);
        let wanted = PixFormat::new(width, height, PixelFormat::from_fourcc(format.0));
        let capture = self.device.video_capture(wanted).map_err(refused)?;
        let got = capture.format();
        let stride = got.bytes_per_line() as usize;
        let mode = Mode {
            format: FourCc(got.pixel_format().as_fourcc()),
            size: (got.width(), got.height()),
            stride,
        };
        if mode.format != format {
            let reason = format!("it was asked for {format} and gives {}", mode.format);
            return Err(IoError { place: path.display().to_string(), reason, kind: IoKind::Other });
        }
        // A device with one rate refuses to be told.
        let _as_it_is = capture.set_frame_interval(interval(rate_hz));
        let stream = capture.into_stream().map_err(refused)?;
        Ok(Stream { stream, path, mode })
    }
}

/// Of the time between two pictures; nothing where a driver says nonsense.
fn rate(interval: &Fract) -> Option<f64> {
    let rate = f64::from(interval.denominator()) / f64::from(interval.numerator());
    (rate.is_finite() && rate > 0.0).then_some(rate)
}

/// In thousandths of a hertz.
fn interval(rate_hz: f64) -> Fract {
    Fract::new(1000, (rate_hz * 1000.0).round().clamp(1.0, f64::from(u32::MAX)) as u32)
}

/// A camera at work. Dropping it ends that.
pub struct Stream {
    stream: ReadStream,
    path: PathBuf,
    mode: Mode,
}

impl Stream {
    /// What it gives.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Waits for a picture, `wait` at the longest, and puts the newest there is into `picture`; whether there was
    /// one. One that the driver says is damaged is none.
    ///
    /// # Errors
    /// The device is gone, or of no more use.
    pub fn newest(&mut self, wait: Duration, picture: &mut Vec<u8>) -> Result<bool, IoError> {
        let (mut wait, mut found) = (wait, false);
        // Those that lie there are as many as the driver has buffers, two.
        for _ in 0..4 {
            if !self.is_ready(wait)? {
                break;
            }
            let read = self.stream.dequeue(|view| {
                if !view.is_error() {
                    picture.clear();
                    picture.extend_from_slice(&view);
                    found = true;
                }
                Ok(())
            });
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => break,
                read => read.map_err(|error| failure(&self.path, &error))?,
            }
            wait = Duration::ZERO;
        }
        Ok(found)
    }

    fn is_ready(&self, wait: Duration) -> Result<bool, IoError> {
        let mut fds = [PollFd::from_borrowed_fd(self.stream.as_fd(), PollFlags::IN)];
        let wait = Timespec { tv_sec: wait.as_secs() as _, tv_nsec: wait.subsec_nanos().into() };
        match poll(&mut fds, Some(&wait)) {
            // An error is told by whoever reads then.
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(failure(&self.path, &error.into())),
        }
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("path", &self.path).field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// The video devices in a folder, in the order of their numbers: not each is a camera.
#[must_use]
pub fn devices(dev: &Path) -> Vec<PathBuf> {
    let number = |path: &PathBuf| file_name(path).strip_prefix("video")?.parse::<u32>().ok();
    let mut found: Vec<(u32, PathBuf)> =
        super::entries(dev, "video").into_iter().filter_map(|path| Some((number(&path)?, path))).collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

/// Another process that has a device open, as far as this user may see: `motion (process 812)`. It may only have looked.
#[must_use]
pub fn holder(device: &Path) -> Option<String> {
    holder::of(Path::new("/proc"), device)
}

/// What is wrong with a device, and what to do.
fn failure(path: &Path, error: &io::Error) -> IoError {
    let place = path.display().to_string();
    let reason = match Errno::from_io_error(error) {
        Some(Errno::BUSY) => match holder(path) {
            Some(who) => format!("in use by {who}; stop that first"),
            None => "in use by another program; stop that first".to_owned(),
        },
        Some(Errno::NOENT) => {
            "there is no such device: is the camera plugged in? `car-daemon doctor` lists what is there"
                .to_owned()
        }
        Some(Errno::NODEV) => "the camera is gone: plug it in again".to_owned(),
        Some(Errno::NOTTY) => "is no video device".to_owned(),
        Some(Errno::NOSPC) => {
            "the USB bus has no room for so many pictures: choose a smaller size or rate, or another port"
                .to_owned()
        }
        // The sentence for all devices begins with the path.
        _ => {
            let said = explain(path, error, GROUP);
            said.strip_prefix(&format!("{place}: ")).unwrap_or(&said).to_owned()
        }
    };
    IoError { place, reason, kind: IoKind::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_camera_is_told_in_words() {
        let said = |path: &str| Camera::open(Path::new(path)).map(drop).unwrap_err().to_string();
        assert!(said("/dev/video_of_nobody").contains("is the camera plugged in?"));
        assert!(said("/dev/null").contains("is no video device"), "{}", said("/dev/null"));
        let said = failure(Path::new("/dev/video0"), &Errno::ACCESS.into()).to_string();
        assert!(
            said.contains("usermod -aG video USER") && said.matches("/dev/video0").count() == 1,
            "{said}"
        );
    }

    #[test]
    fn devices_are_in_the_order_of_their_numbers() {
        let dev = tempfile::tempdir().unwrap();
        for name in ["video10", "video2", "video0", "videodev", "vbi0"] {
            std::fs::write(dev.path().join(name), "").unwrap();
        }
        let names: Vec<String> = devices(dev.path()).iter().map(|path| file_name(path)).collect();
        assert_eq!(names, ["video0", "video2", "video10"]);
    }

    #[test]
    fn a_rate_is_asked_for_to_the_thousandth() {
        assert_eq!(interval(30.0), Fract::new(1, 30));
        assert_eq!(interval(29.97), Fract::new(1000, 29970));
    }
}
