//! `car-daemon` as the stories run it: the same program, built where their harness finds it, with two
//! more platforms: `bench`, a simulated car in another process behind the socket `bench` in `[linux] dev`;
//! and `breakable`, on which it breaks when told.
//!
//! What breaks is the word in the file `fault` in `[linux] sys`: `panic` and `stall` the control loop,
//! `bus` every chip, `panic-at-start` whoever opens the platform, which is the main thread of a daemon.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use car_daemon::{Config, PLATFORMS, PlatformRow, cli};
use embedded_hal::i2c::{ErrorType, I2c, Operation};
use hal::board::{Level, Pull};
use hal::platform::{Bus, Delay, EdgeSink, Input, Linux, Output, Pwm, Watch};
use hal::{IoError, IoKind, Platform};
use tests::bench::Remote;

fn main() -> ExitCode {
    let bench = PlatformRow {
        name: "bench",
        open: |config| Box::new(Remote::new(&config.linux.dev.join("bench"))),
        outlives: true,
    };
    let breakable = PlatformRow { name: "breakable", open: Breakable::open, outlives: true };
    let platforms: Vec<PlatformRow> = PLATFORMS.iter().copied().chain([bench, breakable]).collect();
    cli::main_with(platforms.leak())
}

/// The platform `linux`, and a chip at every address of every bus.
struct Breakable {
    linux: Linux,
    fault: Fault,
}

impl Breakable {
    fn open(config: &Config) -> Box<dyn Platform> {
        let linux = Linux::rooted(&config.linux.dev, &config.linux.sys);
        let fault = Fault(config.linux.sys.join("fault"));
        // Once, so that a guard can do its duty.
        assert!(fault.now() != "panic-at-start" || fs::remove_file(&fault.0).is_err(), "made to panic");
        Box::new(Self { linux, fault })
    }
}

impl Platform for Breakable {
    fn name(&self) -> &'static str {
        "breakable"
    }

    fn output_at(&mut self, line: &str, first: Level) -> Result<Output, IoError> {
        self.linux.output_at(line, first)
    }

    fn input(&mut self, line: &str, pull: Pull) -> Result<Input, IoError> {
        self.linux.input(line, pull)
    }

    fn watch(
        &mut self,
        lines: &[&str],
        pull: Pull,
        debounce: Option<Duration>,
        sink: EdgeSink,
    ) -> Result<Watch, IoError> {
        self.linux.watch(lines, pull, debounce, sink)
    }

    fn pwm(&mut self, device: &str, channel: u32, frequency_hz: f64) -> Result<Pwm, IoError> {
        self.linux.pwm(device, channel, frequency_hz)
    }

    fn i2c(&mut self, bus: &str, address: u8) -> Result<Bus, IoError> {
        let place = format!("{bus} address {address:#04x}");
        Ok(Box::new(Chip { registers: [0; 256], fault: self.fault.clone(), place }))
    }

    fn delay(&mut self) -> Delay {
        self.linux.delay()
    }

    fn advance(&mut self, now: Duration) {
        self.linux.advance(now);
        match self.fault.now().as_str() {
            "panic" => panic!("made to panic"),
            "stall" => loop {
                thread::park();
            },
            _ => {}
        }
    }
}

/// What is broken.
#[derive(Clone)]
struct Fault(PathBuf);

impl Fault {
    fn now(&self) -> String {
        // Nothing is broken where nobody says so.
        fs::read_to_string(&self.0).unwrap_or_default().trim().to_owned()
    }
}

/// Where the only chip of the bus is.
const ADDRESS: u8 = 0x40;

/// Remembers what is written to it.
struct Chip {
    registers: [u8; 256],
    fault: Fault,
    place: String,
}

impl ErrorType for Chip {
    type Error = IoError;
}

impl I2c for Chip {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), IoError> {
        let fault = self.fault.now();
        // SDA at ground: all is acknowledged, and nothing arrives.
        if fault == "sda" {
            return Ok(());
        }
        if fault == "bus" || address != ADDRESS {
            let (place, reason) = (self.place.clone(), "made to fail".to_owned());
            return Err(IoError { place, reason, kind: IoKind::NoAcknowledge });
        }
        let mut at = 0;
        for operation in operations {
            match operation {
                Operation::Write(bytes) => {
                    at = usize::from(bytes.first().copied().unwrap_or(0));
                    for (register, byte) in self.registers[at..].iter_mut().zip(bytes.iter().skip(1)) {
                        *register = *byte;
                    }
                }
                Operation::Read(bytes) => bytes.copy_from_slice(&self.registers[at..][..bytes.len()]),
            }
        }
        Ok(())
    }
}
