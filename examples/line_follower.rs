//! Follows a line on the floor with the sensors that look down, once around, and stops where it began.
//! Usage: `line_follower [URL]`; without one, the daemon's Unix socket, which `carctl` takes too.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it talks to whoever started it")]

use client::{Client, LinkState, Options};
use protocol::{AngularSpeed, LinearSpeed, Pose, Rate, Topics};
use std::process::ExitCode;
use std::time::Duration;
use transport::Endpoint;

const SPEED: f64 = 0.25; // metres a second where the line is in the middle
const TURN: f64 = 1.5; // radians a second where it is under an outer sensor
const LOST: u32 = 60; // so many states, 20 a second, without the line are too many
const PATIENCE: Duration = Duration::from_secs(15); // so long without a word of the car is too long

/// Where the line is: from 1 under the left sensor to -1 under the right one; `None` where no sensor sees it.
fn place(line: &[f64]) -> Option<f64> {
    let last = line.len().saturating_sub(1).max(1) as f64;
    let dark: f64 = line.iter().sum();
    let sum: f64 = line.iter().enumerate().map(|(nth, dark)| (1.0 - 2.0 * nth as f64 / last) * dark).sum();
    (dark > 0.5).then(|| sum / dark)
}

/// Metres from where the car began, as far as it knows: now, and at most.
#[derive(Default)]
struct Lap(f64, f64);

impl Lap {
    /// Whether it was away and has come back. What it knows drifts, so it passes near there, not over it.
    fn is_done(&mut self, now: Pose, began: Pose) -> bool {
        let far = (now.x - began.x).hypot(now.y - began.y);
        let leaves = far > self.0;
        *self = Self(far, self.1.max(far));
        leaves && far < 0.5 && self.1 > 1.0
    }
}

async fn follow(car: &Client) -> Result<(), Box<dyn std::error::Error>> {
    let mut told = car.subscribe(Topics { state: true, events: false }, Some(Rate::clamped(20.0))).await?;
    let (mut link, mut lap, mut began, mut side, mut lost) = (car.link(), Lap::default(), None, 0.0_f64, 0);
    while lost < LOST {
        // The client would connect again by itself: to a car that is somewhere else by then.
        let state = tokio::select! {
            state = told.state() => state,
            _ = link.wait_for(|link| matches!(link, LinkState::Down { .. })) => None,
            () = tokio::time::sleep(PATIENCE) => return Err("the car has said nothing for 15 s".into()),
        }
        .ok_or("the link to the car is lost")?;
        let (Some(line), Some(pose)) = (&state.line, state.pose) else {
            lost += 1; // a daemon that has just started has not looked yet
            car.stop().await?;
            continue;
        };
        if lap.is_done(pose, *began.get_or_insert(pose)) {
            car.stop().await?;
            car.release().await?;
            return Ok(());
        }
        let seen = place(line);
        lost = if seen.is_some() { 0 } else { lost + 1 };
        // Where no sensor sees the line, it is beyond the one that saw it last.
        side = seen.unwrap_or(1.5 * side.signum());
        let forward = LinearSpeed::new("forward", SPEED * (1.0 - 0.4 * side.abs()))?;
        car.velocity(forward, AngularSpeed::new("turn", TURN * side)?, None).await?;
    }
    car.stop().await?;
    Err("no sensor sees the line: does this car have line sensors, and does it stand on a line?".into())
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let url = match std::env::args().nth(1) {
        Some(url) if url.contains("://") => url.parse()?,
        Some(_) => return Err("usage: line_follower [URL], such as tcp://127.0.0.1:9901".into()),
        None => Endpoint::default_unix(),
    };
    follow(&Client::connect(&url, Options::default()).await?).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let ended = run().await;
    match &ended {
        Ok(()) => println!("once around"),
        Err(error) => eprintln!("line_follower: {error}"),
    }
    ExitCode::from(u8::from(ended.is_err()))
}
