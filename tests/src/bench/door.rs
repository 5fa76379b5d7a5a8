//! The pins of a bench, for other processes: over a Unix socket, one connection for each pin or chip that
//! somebody opens. Where a process ends its connections do, and its outputs stay as they were, as those of
//! a kernel.
//!
//! A connection begins with what it opens; then each line is answered by one, and one that watches lines is
//! told of their edges instead. All of them are JSON.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use embedded_hal::i2c::Operation;
use hal::board::{Level, Pull};
use hal::platform::{Bus, Delay, Edge, Input, Output, Pwm, Watch};
use hal::{IoError, IoKind, Platform};
use serde_json::{Value, json};
use sim::Sim;

use super::Bench;

/// Lets processes in at `path`, for as long as this process runs.
///
/// # Errors
/// Somebody listens there, or nobody may.
pub fn open(bench: &Bench, path: &Path) -> io::Result<()> {
    let listener = UnixListener::bind(path)?;
    let bench = bench.clone();
    thread::Builder::new().name("door".into()).spawn(move || {
        for caller in listener.incoming().flatten() {
            let bench = bench.clone();
            // Who cannot be served is hung up on.
            drop(thread::Builder::new().name("pin".into()).spawn(move || serve(&bench, caller)));
        }
    })?;
    Ok(())
}

/// How many edges wait for somebody who is slow.
const EDGES: usize = 1024;

/// What a connection is to.
enum Handle {
    Output(Output),
    Input(Input),
    Pwm(Pwm),
    Bus(Bus),
    /// Of the world's time.
    Delay(Delay),
    /// Told of by a thread of its own.
    Watch {
        _until_dropped: Watch,
    },
}

fn serve(bench: &Bench, caller: UnixStream) {
    let Ok(mut answers) = caller.try_clone() else { return };
    let mut handle = None;
    for line in BufReader::new(caller).lines() {
        let Ok(asked) = line.map_err(drop).and_then(|line| serde_json::from_str(&line).map_err(drop)) else {
            return;
        };
        let done = match &mut handle {
            None => open_handle(bench, &asked, &answers).map(|opened| {
                handle = Some(opened);
                Value::Null
            }),
            Some(handle) => {
                // The world is brought up to now before each of them.
                drop(bench.sim());
                act(handle, &asked)
            }
        };
        let answer = match done {
            Ok(value) => json!({ "ok": value }),
            Err(error) => json!({ "place": error.place, "reason": error.reason, "kind": word(error.kind) }),
        };
        if writeln!(answers, "{answer}").is_err() {
            return;
        }
    }
}

fn open_handle(bench: &Bench, asked: &Value, answers: &UnixStream) -> Result<Handle, IoError> {
    let mut sim = bench.sim();
    let text = |key: &str| asked[key].as_str().unwrap_or_default();
    let number = |key: &str| asked[key].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
    Ok(match text("open") {
        "output" => {
            let first = if asked["high"] == true { Level::High } else { Level::Low };
            Handle::Output(sim.output_at(text("line"), first)?)
        }
        "input" => Handle::Input(sim.input(text("line"), Pull::None)?),
        "pwm" => {
            let frequency_hz = asked["frequency_hz"].as_f64().unwrap_or(0.0);
            Handle::Pwm(sim.pwm(text("device"), number("channel"), frequency_hz)?)
        }
        "i2c" => Handle::Bus(sim.i2c(text("bus"), number("address") as u8)?),
        "delay" => Handle::Delay(sim.delay()),
        "watch" => Handle::Watch { _until_dropped: watch(&mut sim, asked, answers)? },
        unknown => return Err(nonsense(unknown)),
    })
}

/// Tells of edges until nobody hears it.
fn watch(sim: &mut Sim, asked: &Value, answers: &UnixStream) -> Result<Watch, IoError> {
    let lines: Vec<&str> =
        asked["lines"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut answers = answers.try_clone().map_err(|error| nonsense(&error.to_string()))?;
    let (sink, edges) = mpsc::sync_channel::<Edge>(EDGES);
    // Whoever runs the world waits for nobody who reads.
    thread::spawn(move || {
        for Edge { line, rising, at } in edges {
            let edge = json!({ "line": line, "rising": rising, "at_ns": at.as_nanos() as u64 });
            if writeln!(answers, "{edge}").is_err() {
                return;
            }
        }
    });
    let tell = move |edge| {
        // Who has left hears no more of it, who is too slow not all.
        let _told = sink.try_send(edge);
    };
    sim.watch(&lines, Pull::None, None, Box::new(tell))
}

fn act(handle: &mut Handle, asked: &Value) -> Result<Value, IoError> {
    match handle {
        Handle::Output(output) => match asked["high"].as_bool() {
            Some(true) => output.set_high().map(|()| Value::Null),
            Some(false) => output.set_low().map(|()| Value::Null),
            None => Err(nonsense("an output")),
        },
        Handle::Input(input) => input.is_high().map(Value::Bool),
        Handle::Pwm(pwm) => {
            let duty = asked["duty"].as_u64().and_then(|duty| u16::try_from(duty).ok());
            pwm.set_duty_cycle(duty.ok_or_else(|| nonsense("a duty"))?).map(|()| Value::Null)
        }
        Handle::Bus(bus) => transfer(bus, asked),
        Handle::Delay(delay) => {
            let ns = asked["ns"].as_u64().and_then(|ns| u32::try_from(ns).ok());
            delay.delay_ns(ns.ok_or_else(|| nonsense("a delay"))?);
            Ok(Value::Null)
        }
        Handle::Watch { .. } => Err(nonsense("a line that is watched")),
    }
}

/// A write is its bytes, a read how many; the answer has the bytes of the reads.
fn transfer(bus: &mut Bus, asked: &Value) -> Result<Value, IoError> {
    let address = asked["address"].as_u64().and_then(|address| u8::try_from(address).ok());
    let (address, steps) = address.zip(asked["steps"].as_array()).ok_or_else(|| nonsense("a transfer"))?;
    let mut data: Vec<(bool, Vec<u8>)> = steps
        .iter()
        .map(|step| match step.as_array() {
            Some(bytes) => (true, bytes.iter().map(|byte| byte.as_u64().unwrap_or(0) as u8).collect()),
            None => (false, vec![0; step.as_u64().unwrap_or(0).min(65_536) as usize]),
        })
        .collect();
    let mut operations: Vec<Operation<'_>> = data
        .iter_mut()
        .map(|(write, bytes)| if *write { Operation::Write(bytes) } else { Operation::Read(bytes) })
        .collect();
    bus.transaction(address, &mut operations)?;
    Ok(data.into_iter().filter(|(write, _)| !write).map(|(_, bytes)| bytes).collect())
}

fn nonsense(what: &str) -> IoError {
    IoError { place: "bench".to_owned(), reason: format!("not understood: {what}"), kind: IoKind::Other }
}

/// A kind of error, on the wire.
fn word(kind: IoKind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("other", |(_, word)| word)
}

/// The kinds that cross it.
pub(super) const KINDS: [(IoKind, &str); 2] =
    [(IoKind::NoAcknowledge, "no-acknowledge"), (IoKind::Bus, "bus")];
