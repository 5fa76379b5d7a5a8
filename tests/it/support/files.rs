//! A board whose every output is a file: two motors behind a DRV8833 on four PWM channels, in a tree
//! that stands in for the kernel's. What a process wrote last stays there when it is gone, as with the
//! kernel's own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::car_daemon;

/// A duty that is always on: the period of 1 kHz in nanoseconds.
pub(crate) const FULL: u64 = 1_000_000;

const BOARD: &str = r#"
name        = "files"
description = "DRV8833 on four PWM channels, and a chip that can die"

[[chips]]
driver       = "pca9685"
bus          = "i2c-1"
address      = 0x40
frequency_hz = 50

[drive]
kind             = "differential"
track_m          = 0.13
wheel_diameter_m = 0.065
top_speed_mps    = 0.68

[motors.left]
side   = "left"
driver = "hbridge"
bridge = "drv8833"
in1    = "pwm:files.pwm:0"
in2    = "pwm:files.pwm:1"

[motors.right]
side   = "right"
driver = "hbridge"
bridge = "drv8833"
in1    = "pwm:files.pwm:2"
in2    = "pwm:files.pwm:3"

# What fails when the bus does.
[servos.pan]
role       = "pan"
pwm        = "pca9685@0x40:8"
min_us     = 500
max_us     = 2500
min_deg    = -90
max_deg    = 90
"#;

/// The tree.
pub(crate) struct Files(TempDir);

impl Files {
    /// Every channel drives at full power, as an earlier process may have left it.
    pub(crate) fn left_running() -> Self {
        let files = Self(TempDir::new().expect("a folder"));
        let device = files.0.path().join("sys/devices/files.pwm");
        for folder in [&device, &files.chip(), &files.0.path().join("dev")] {
            fs::create_dir_all(folder).expect("can be made");
        }
        symlink(device, files.chip().join("device")).expect("can be linked");
        fs::write(files.chip().join("export"), "").expect("can be written");
        fs::write(files.chip().join("npwm"), "4\n").expect("can be written");
        for channel in 0..4 {
            let folder = files.chip().join(format!("pwm{channel}"));
            fs::create_dir(&folder).expect("can be made");
            let duty = if channel % 2 == 0 { FULL } else { 0 };
            for (file, value) in [
                ("duty_cycle", duty.to_string()),
                ("period", FULL.to_string()),
                ("enable", "1".to_owned()),
                ("polarity", "normal".to_owned()),
            ] {
                fs::write(folder.join(file), value + "\n").expect("can be written");
            }
        }
        fs::write(files.board(), BOARD).expect("can be written");
        files
    }

    fn chip(&self) -> PathBuf {
        self.0.path().join("sys/class/pwm/pwmchip0")
    }

    /// In place of `/dev` and `/sys`.
    pub(crate) fn roots(&self) -> (PathBuf, PathBuf) {
        (self.0.path().join("dev"), self.0.path().join("sys"))
    }

    /// Held by the daemon that drives these files.
    pub(crate) fn lock(&self) -> PathBuf {
        self.0.path().join("car-daemon-breakable.lock")
    }

    pub(crate) fn board(&self) -> PathBuf {
        self.0.path().join("board.toml")
    }

    /// A configuration of a daemon that drives these files, on a platform that breaks when told. Their
    /// daemons find each other where the files are.
    pub(crate) fn config(&self) -> String {
        let root = self.0.path().display();
        format!(
            "lock_dir = \"{root}\"\nboard = \"{root}/board.toml\"\nplatform = \"breakable\"\n\
             [linux]\ndev = \"{root}/dev\"\nsys = \"{root}/sys\"\n[auth]\ninsecure = true\n"
        )
    }

    /// The program under test with this configuration, for commands that do not listen.
    pub(crate) fn command(&self, name: &str) -> Command {
        let file = self.0.path().join("car.toml");
        let root = self.0.path().display();
        let config = format!("state_dir = \"{root}/state\"\n{}", self.config());
        fs::write(&file, config).expect("can be written");
        let mut command = car_daemon();
        command.arg(name).arg("--config").arg(file);
        command
    }

    /// `panic`, `stall` or `bus` from now on; nothing is broken again after an empty word.
    pub(crate) fn break_it(&self, what: &str) {
        // At once as a whole.
        let new = self.0.path().join("sys/new-fault");
        fs::write(&new, what).expect("can be written");
        fs::rename(new, self.0.path().join("sys/fault")).expect("can be renamed");
    }

    /// What each channel's duty is now, in nanoseconds.
    pub(crate) fn duties(&self) -> [u64; 4] {
        [0, 1, 2, 3].map(|channel| {
            let text = fs::read_to_string(self.chip().join(format!("pwm{channel}/duty_cycle")));
            let text = text.expect("is there");
            // A shorter number leaves the end of a longer one behind it, as the kernel never sees.
            text.lines().next().and_then(|line| line.parse().ok()).expect("a number")
        })
    }

    /// Whether neither motor turns: both inputs of a bridge off is coasting, both on is braking.
    pub(crate) fn at_rest(&self) -> bool {
        let [left1, left2, right1, right2] = self.duties();
        left1 == left2 && right1 == right2
    }
}

/// How long outputs must be at rest before that counts as the end of motion.
const SETTLED: Duration = Duration::from_millis(60);

/// Looks at a tree at least every millisecond, as far as the machine lets it, until it is at rest: since
/// when it is. `None` where it still moves after `patience`.
pub(crate) fn watch(files: &Arc<Files>, patience: Duration) -> JoinHandle<Option<Instant>> {
    let files = Arc::clone(files);
    thread::spawn(move || {
        let begun = Instant::now();
        let mut since = None;
        while begun.elapsed() < patience {
            since = if files.at_rest() { since.or_else(|| Some(Instant::now())) } else { None };
            if since.is_some_and(|since: Instant| since.elapsed() >= SETTLED) {
                return since;
            }
            thread::sleep(Duration::from_micros(500));
        }
        None
    })
}
