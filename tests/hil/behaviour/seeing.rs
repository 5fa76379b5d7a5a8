//! A car that sees through a camera of the kernel.

use std::path::Path;
use std::thread;
use std::time::Duration;

use hal::platform::linux::video::{Camera, Stream};
use linuxvideo::Device;

use crate::check::{Check, Done};
use crate::daemon::{Daemon, Setup};
use crate::rig::Eye;

/// What is asked for, and had by the kernel's test camera to the dot (its `webcam_sizes`).
const SIZE: (u16, u16) = (320, 180);

/// How long pictures are waited for: a camera is tried again after pauses that grow, and a picture is waited for by
/// each who asks.
const PATIENCE: Duration = Duration::from_secs(20);

/// The same, as `[camera]` has it.
const ASKED: &str = "width = 320\nheight = 180\nrate_hz = 10\nsource = ";

/// A picture as it was served: its size and its dots.
type Seen = ((u16, u16), Vec<u8>);

pub(super) fn camera(check: &mut Check<'_>) -> Done {
    let Some(eye) = check.can("a camera of the kernel", check.rig.camera()) else { return Ok(()) };
    let place = eye.device.display().to_string();
    let mut setup: Setup = check.rig.setup();
    setup.camera = format!("{ASKED}\"{place}\"\n");
    let daemon = Daemon::start(&setup)?;
    shows(check, &daemon, &eye, "the camera gives pictures")?;
    let told = if eye.is_test { vec![unplugged(check, &daemon, &eye)?] } else { Vec::new() };
    let log = daemon.end_with_log()?;
    says(&log, &place, &told)?;

    // Somebody else has it, and then nobody.
    let held = hold(&eye.device)?;
    let daemon = Daemon::start(&setup)?;
    drop(daemon.get("/snapshot"));
    drop(held);
    shows(check, &daemon, &eye, "the camera gives pictures once nobody else has it")?;
    says(&daemon.end_with_log()?, &place, &["in use by hil (process"])
}

/// Pictures that change: of the right size where that is known.
fn shows(check: &mut Check<'_>, daemon: &Daemon, eye: &Eye, what: &str) -> Done {
    let mut last: Option<Seen> = None;
    let mut wrong = None;
    check
        .within(PATIENCE, what, |_| {
            // As long as the camera is not there, the daemon says so instead.
            let Ok(seen) = daemon.get("/snapshot").and_then(|jpeg| decoded(&jpeg)) else { return Ok(false) };
            if eye.is_test && seen.0 != SIZE {
                wrong = Some(seen.0);
                return Ok(false);
            }
            let changed = last.as_ref().is_some_and(|last| last.0 == seen.0 && last.1 != seen.1);
            last = Some(seen);
            Ok(changed)
        })
        .map_err(|error| format!("{error}; pictures of the wrong size: {wrong:?}"))?;
    let ((width, height), _) = last.ok_or("no picture")?;
    check.looked();
    check.measured(format!("{width}×{height} of {}", eye.name));
    Ok(())
}

fn decoded(jpeg: &[u8]) -> Done<Seen> {
    let mut decoder = jpeg_decoder::Decoder::new(jpeg);
    let dots = decoder.decode().map_err(|error| error.to_string())?;
    let info = decoder.info().ok_or("a picture without a size")?;
    Ok(((info.width, info.height), dots))
}

/// Unplugs the kernel's test camera, which comes back when the last has closed it; what the daemon says of it.
fn unplugged(check: &mut Check<'_>, daemon: &Daemon, eye: &Eye) -> Done<&'static str> {
    // So that the daemon has it open for all of the time.
    let watching = daemon.open("/stream")?;
    let mut device =
        Device::open(&eye.device).map_err(|error| format!("{}: {error}", eye.device.display()))?;
    let button = device.controls().filter_map(Result::ok).find(|control| control.name() == "Disconnect");
    let button = button.ok_or("the test camera has no plug to be pulled")?.id();
    device.write_control_raw(button, 1).map_err(|error| format!("the plug cannot be pulled: {error}"))?;
    drop(device);
    shows(check, daemon, eye, "the camera gives pictures after it was plugged in again")?;
    drop(watching);
    Ok("the camera is gone: plug it in again")
}

/// Captures, as another program would.
fn hold(device: &Path) -> Done<Stream> {
    let camera = || Camera::open(device).map_err(|error| error.to_string());
    let offer = camera()?.offers().first().cloned().ok_or("the camera offers nothing")?;
    // The daemon before has just ended.
    let mut tries = 0;
    loop {
        match camera()?.start(offer.format, (SIZE.0.into(), SIZE.1.into()), 10.0) {
            Ok(stream) => return Ok(stream),
            Err(error) if tries == 100 => return Err(error.to_string()),
            Err(_) => tries += 1,
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn says(log: &str, place: &str, told: &[&str]) -> Done {
    let missing = told.iter().find(|words| !log.contains(&format!("{place}: {words}")));
    missing.map_or(Ok(()), |words| Err(format!("the log does not say \"{place}: {words}\": {log}")))
}
