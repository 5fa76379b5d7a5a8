//! A bench of another process as a platform; see [`door`](super::door).

use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal::i2c::{self, I2c, Operation};
use embedded_hal::pwm::{self, SetDutyCycle};
use hal::board::{Level, Pull};
use hal::platform::{Bus, Delay, Edge, EdgeSink, Input, Output, Pwm, Watch};
use hal::{IoError, IoKind, Platform};
use serde_json::{Value, json};

use super::door::KINDS;

/// The platform.
#[derive(Clone, Debug)]
pub struct Remote {
    door: PathBuf,
}

impl Remote {
    /// Through this door.
    #[must_use]
    pub fn new(door: &Path) -> Self {
        Self { door: door.to_owned() }
    }

    fn open(&self, what: &Value) -> Result<Line, IoError> {
        let stream = UnixStream::connect(&self.door).map_err(|error| gone(&error.to_string()))?;
        let answers = BufReader::new(stream.try_clone().map_err(|error| gone(&error.to_string()))?);
        let mut line = Line { stream, answers };
        line.ask(what)?;
        Ok(line)
    }
}

impl Platform for Remote {
    fn name(&self) -> &'static str {
        "bench"
    }

    fn output_at(&mut self, line: &str, first: Level) -> Result<Output, IoError> {
        let high = first == Level::High;
        Ok(Box::new(self.open(&json!({ "open": "output", "line": line, "high": high }))?))
    }

    fn input(&mut self, line: &str, _: Pull) -> Result<Input, IoError> {
        Ok(Box::new(self.open(&json!({ "open": "input", "line": line }))?))
    }

    fn watch(
        &mut self,
        lines: &[&str],
        _: Pull,
        _: Option<Duration>,
        mut sink: EdgeSink,
    ) -> Result<Watch, IoError> {
        let Line { stream, answers } = self.open(&json!({ "open": "watch", "lines": lines }))?;
        thread::spawn(move || {
            for edge in answers.lines().map_while(Result::ok) {
                let Ok(edge) = serde_json::from_str::<Value>(&edge) else { return };
                let at = Duration::from_nanos(edge["at_ns"].as_u64().unwrap_or(0));
                let line = edge["line"].as_u64().unwrap_or(0) as usize;
                sink(Edge { line, rising: edge["rising"] == true, at });
            }
        });
        Ok(Box::new(Watching(stream)))
    }

    fn pwm(&mut self, device: &str, channel: u32, frequency_hz: f64) -> Result<Pwm, IoError> {
        let what =
            json!({ "open": "pwm", "device": device, "channel": channel, "frequency_hz": frequency_hz });
        Ok(Box::new(self.open(&what)?))
    }

    fn i2c(&mut self, bus: &str, address: u8) -> Result<Bus, IoError> {
        Ok(Box::new(self.open(&json!({ "open": "i2c", "bus": bus, "address": address }))?))
    }

    fn delay(&mut self) -> Delay {
        // Where there is no bench nothing waits for anything.
        Box::new(Sleep(self.open(&json!({ "open": "delay" })).ok()))
    }
}

/// A connection to a pin or a bus.
struct Line {
    stream: UnixStream,
    answers: BufReader<UnixStream>,
}

impl Line {
    fn ask(&mut self, what: &Value) -> Result<Value, IoError> {
        writeln!(self.stream, "{what}").map_err(|error| gone(&error.to_string()))?;
        let mut answer = String::new();
        match self.answers.read_line(&mut answer) {
            Ok(0) => return Err(gone("it hung up")),
            Ok(_) => {}
            Err(error) => return Err(gone(&error.to_string())),
        }
        let mut answer: Value = serde_json::from_str(&answer).map_err(|error| gone(&error.to_string()))?;
        if let Some(done) = answer.get_mut("ok") {
            return Ok(done.take());
        }
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        let kind =
            KINDS.iter().find(|(_, word)| *word == text("kind")).map_or(IoKind::Other, |(kind, _)| *kind);
        Err(IoError { place: text("place"), reason: text("reason"), kind })
    }
}

fn gone(why: &str) -> IoError {
    IoError { place: "bench".to_owned(), reason: why.to_owned(), kind: IoKind::Other }
}

impl digital::ErrorType for Line {
    type Error = IoError;
}

impl OutputPin for Line {
    fn set_low(&mut self) -> Result<(), IoError> {
        self.ask(&json!({ "high": false })).map(drop)
    }

    fn set_high(&mut self) -> Result<(), IoError> {
        self.ask(&json!({ "high": true })).map(drop)
    }
}

impl InputPin for Line {
    fn is_high(&mut self) -> Result<bool, IoError> {
        self.ask(&json!({ "read": true }))?.as_bool().ok_or_else(|| gone("no level"))
    }

    fn is_low(&mut self) -> Result<bool, IoError> {
        self.is_high().map(|high| !high)
    }
}

impl pwm::ErrorType for Line {
    type Error = IoError;
}

impl SetDutyCycle for Line {
    fn max_duty_cycle(&self) -> u16 {
        u16::MAX
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), IoError> {
        self.ask(&json!({ "duty": duty })).map(drop)
    }
}

impl i2c::ErrorType for Line {
    type Error = IoError;
}

impl I2c for Line {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), IoError> {
        let steps: Vec<Value> = operations
            .iter()
            .map(|operation| match operation {
                Operation::Write(bytes) => json!(bytes),
                Operation::Read(buffer) => json!(buffer.len()),
            })
            .collect();
        let read = self.ask(&json!({ "address": address, "steps": steps }))?;
        let mut read = read.as_array().into_iter().flatten();
        for operation in operations {
            if let Operation::Read(buffer) = operation {
                let bytes = read.next().and_then(Value::as_array).ok_or_else(|| gone("nothing was read"))?;
                for (byte, read) in buffer.iter_mut().zip(bytes) {
                    *byte = read.as_u64().unwrap_or(0) as u8;
                }
            }
        }
        Ok(())
    }
}

/// Ends the connection when it is dropped, and with it the thread that reads it.
struct Watching(UnixStream);

impl Drop for Watching {
    fn drop(&mut self) {
        // The bench may have ended it.
        drop(self.0.shutdown(Shutdown::Both));
    }
}

/// Waits on the bench's time, which is that of the machine in steps: a pulse within one of them must be as long as it
/// was told.
struct Sleep(Option<Line>);

impl DelayNs for Sleep {
    fn delay_ns(&mut self, ns: u32) {
        let waited = self.0.as_mut().map(|bench| bench.ask(&json!({ "ns": ns })));
        if !matches!(waited, Some(Ok(_))) {
            thread::sleep(Duration::from_nanos(ns.into()));
        }
    }
}
