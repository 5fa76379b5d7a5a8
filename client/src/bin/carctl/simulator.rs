//! `carctl sim`: what a simulated car is told past its driver. What must never live here: which faults there are.

use std::io::Write;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use client::Client;
use protocol::{Heading, Place, SimOrder, Stretch, Truth};
use serde_json::json;

use crate::args::{number, range, time};
use crate::error::Error;

/// What to tell it.
#[derive(Debug, Subcommand)]
pub(crate) enum Simulator {
    /// Let time pass, as fast as the machine can; prints the car's time after it.
    Step {
        /// Milliseconds, 1 to 3600000.
        #[arg(value_name = "MS", value_parser = stretch)]
        stretch: Stretch,
    },
    /// Show what is so, whatever the car's sensors say.
    Truth {
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Break something, until it is mended.
    ///
    /// The kinds: chip-silent, chip-reset, bus-stuck, bus-grounded, bus-noise, pin-stuck, motor-open, motor-stalled,
    /// encoder-dead, sensor-silent, sensor-mad, brown-out, camera-frozen, clock-jump. docs/fault-script.md says what
    /// each does. What the board does not have is refused with what it has.
    #[command(after_help = "Examples:\n  \
        carctl sim fault chip-silent pca9685@0x40 --for 2s\n  \
        carctl sim fault pin-stuck gpio:GPIO17 --level high\n  \
        carctl sim fault bus-noise i2c-1 --count 20\n  \
        carctl sim fault brown-out --for 50ms")]
    Fault {
        /// Which kind.
        kind: String,
        /// What of the car, as its board file calls it.
        on: Option<String>,
        /// Of a pin that is stuck.
        #[arg(long)]
        level: Option<Level>,
        /// How many transfers are spoilt.
        #[arg(long)]
        count: Option<u32>,
        /// When it is mended by itself, as 2s or 500ms; of a clock, how far it jumps.
        #[arg(long = "for", value_name = "TIME", value_parser = time)]
        lasts: Option<Duration>,
    },
    /// Mend the faults of a kind, of a part, or all.
    Mend {
        /// Which kind.
        kind: Option<String>,
        /// Of what, as the board file calls it.
        on: Option<String>,
    },
    /// Put the car where it began, at rest, with a full battery, nothing broken, and its odometry at zero.
    Reset,
    /// Put the car somewhere in its world, at rest.
    Teleport {
        /// Metres along the x of the world.
        #[arg(value_parser = place, allow_hyphen_values = true)]
        x: Place,
        /// Metres along its y.
        #[arg(value_parser = place, allow_hyphen_values = true)]
        y: Place,
        /// Where it looks, degrees from x towards y.
        #[arg(value_parser = heading, allow_hyphen_values = true, default_value = "0")]
        heading_deg: Heading,
    },
}

/// What a pin carries.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Level {
    /// Ground.
    Low,
    /// The supply's volts.
    High,
}

/// Tells it; what there is to say goes to `out`.
pub(crate) async fn run(car: &Client, what: Simulator, out: &mut impl Write) -> Result<(), Error> {
    match what {
        Simulator::Step { stretch } => writeln!(out, "t {:.3} s", car.sim_step(stretch).await?)?,
        Simulator::Truth { json: true } => writeln!(out, "{}", json!(car.sim_truth().await?))?,
        Simulator::Truth { json: false } => truth(out, &car.sim_truth().await?)?,
        Simulator::Fault { kind, on, level, count, lasts } => {
            let level =
                level.map(|level| if matches!(level, Level::Low) { "low" } else { "high" }.to_owned());
            let for_s = lasts.map(|lasts| lasts.as_secs_f64());
            car.sim_order(SimOrder::Fault { fault: kind, on, level, count, for_s }).await?;
        }
        Simulator::Mend { kind, on } => drop(car.sim_order(SimOrder::Mend { fault: kind, on }).await?),
        Simulator::Reset => drop(car.sim_reset().await?),
        Simulator::Teleport { x, y, heading_deg } => drop(car.sim_teleport(x, y, heading_deg).await?),
    }
    Ok(())
}

fn truth(out: &mut impl Write, truth: &Truth) -> Result<(), Error> {
    let Truth { t, pose, speed, touches, battery, faults, hash } = truth;
    if let Some(pose) = pose {
        let against = if *touches { ", against something" } else { "" };
        let heading = pose.heading.to_degrees();
        writeln!(out, "place   x {:+.4} m  y {:+.4} m  heading {heading:+.2}°{against}", pose.x, pose.y)?;
    }
    if let Some(speed) = speed {
        let side = if speed.lateral == 0.0 {
            String::new()
        } else {
            format!("  sideways {:+.4} m/s", speed.lateral)
        };
        writeln!(out, "speed   {:+.4} m/s{side}  {:+.4} rad/s", speed.linear, speed.angular)?;
    }
    let charge = battery.charge * 100.0;
    writeln!(out, "battery {:.3} V  {:+.3} A  {charge:.1} % left", battery.volts, battery.amps)?;
    let broken = if faults.is_empty() { "nothing".to_owned() } else { faults.join(", ") };
    writeln!(out, "broken  {broken}\ntime    {t:.3} s\nhash    {hash}")?;
    Ok(())
}

fn stretch(text: &str) -> Result<Stretch, String> {
    Stretch::from_ms(number(text)?).map_err(range)
}

fn place(text: &str) -> Result<Place, String> {
    Place::new("place", number(text)?).map_err(range)
}

fn heading(text: &str) -> Result<Heading, String> {
    let degrees = number(text)?;
    Heading::new("heading", degrees.to_radians()).map_err(|_| "it must be -5729 to 5729 degrees".to_owned())
}
