//! Follows a line on the floor with the sensors that look down, once around, and stops where it began.
//!
//! Usage: `line_follower [URL]`; without one, the daemon's Unix socket, which `carctl` takes too.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use client::{Client, Options};
use protocol::{AngularSpeed, LinearSpeed, Pose, Rate, Topics};
use tokio::time::timeout;
use transport::Endpoint;

/// Metres a second where the line is in the middle.
const SPEED: f64 = 0.25;
/// Radians a second where it is under an outer sensor.
const TURN: f64 = 1.5;
/// A car that says nothing for so long is lost. The client would connect again by itself, and find it elsewhere.
const SILENCE: Duration = Duration::from_secs(5);

/// Where the line is: 1 under the left sensor, 0 in the middle, -1 under the right one; between two that both
/// see it. `None` where no sensor sees it.
fn place(line: &[f64]) -> Option<f64> {
    let last = line.len().saturating_sub(1).max(1) as f64;
    let dark: f64 = line.iter().sum();
    let sum: f64 = line.iter().enumerate().map(|(nth, dark)| (1.0 - 2.0 * nth as f64 / last) * dark).sum();
    (dark > 0.5).then(|| sum / dark)
}

/// How far the car is from where it began, as far as it knows, and was at most.
#[derive(Default)]
struct Lap {
    far: f64,
    farthest: f64,
}

impl Lap {
    /// Whether it has come back. What it knows of its pose drifts, so it passes near the beginning, not over it.
    fn is_done(&mut self, pose: Pose, began: Pose) -> bool {
        let before = self.far;
        self.far = (pose.x - began.x).hypot(pose.y - began.y);
        self.farthest = self.farthest.max(self.far);
        self.farthest > 1.0 && self.far < 0.5 && self.far > before
    }
}

async fn follow(car: &Client) -> Result<(), Box<dyn Error>> {
    let mut told =
        car.subscribe(Topics { state: true, events: false }, Some(Rate::new("rate_hz", 20.0)?)).await?;
    let (mut began, mut lap, mut side) = (None, Lap::default(), 0.0_f64);
    loop {
        let state =
            timeout(SILENCE, told.state()).await.ok().flatten().ok_or("the link to the car is lost")?;
        let (Some(line), Some(pose)) = (&state.line, state.pose) else {
            return Err("this car has no line sensors, or they do not answer".into());
        };
        if lap.is_done(pose, *began.get_or_insert(pose)) {
            break;
        }
        // Where no sensor sees the line, it is beyond the one that saw it last.
        side = place(line).unwrap_or(1.5 * side.signum());
        let forward = LinearSpeed::new("forward", SPEED * (1.0 - 0.4 * side.abs()))?;
        car.velocity(forward, AngularSpeed::new("turn", TURN * side)?, None).await?;
    }
    car.stop().await?;
    car.release().await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let ended: Result<(), Box<dyn Error>> = async {
        let url = match std::env::args().nth(1) {
            Some(url) if url.contains("://") => url.parse()?,
            Some(_) => return Err("usage: line_follower [URL], for example tcp://127.0.0.1:9901".into()),
            None => Endpoint::default_unix(),
        };
        follow(&Client::connect(&url, Options::default()).await?).await
    }
    .await;
    match ended {
        Ok(()) => println!("once around"),
        Err(error) => {
            eprintln!("line_follower: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
