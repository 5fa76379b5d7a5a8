//! One turn of the control loop.

use std::sync::Arc;
use std::time::Duration;

use hal::odometry::Source;
use hal::sensor::{News, Readings};
use hal::{AssembleError, Board, Car, HardwareError, Interlock, Platform};
use protocol::{Battery, Event, Gimbal, Imu, Odometry, Pose, Speed, State, Wheels};

use super::battery;
use super::orders::Simulator;
use crate::control::{Outputs, SessionId};
use crate::recording::fingerprint;
use crate::shared::{Shared, fill, round};

/// How often a hardware that failed is asked whether it works again.
const RETRY: Duration = Duration::from_millis(500);

/// How often the chips are asked whether they still run. A motion that is held writes nothing, so
/// nothing else would notice.
const CHECK: Duration = Duration::from_millis(100);

/// The car, what it stands on, and the gate that tells it what to do.
pub(crate) struct Plant {
    car: Car,
    platform: Box<dyn Platform>,
    /// The same, where it is a simulator.
    simulator: Option<Simulator>,
    shared: Arc<Shared>,
    period: Duration,
    /// The pin of the e-stop's button, for people.
    button: Option<String>,
    seq: u64,
    /// Of what the newest sample tells.
    told: Option<Outputs>,
    next_tick: Duration,
    next_check: Duration,
    /// When to try again, while the hardware has failed.
    retry: Option<Duration>,
    /// When a run that is recorded next says what it is like: at each whole second.
    next_digest: Duration,
    battery: battery::Watch,
}

impl Plant {
    /// Opens the board under an interlock; the car is braked when this returns.
    pub(crate) fn assemble(
        board: &Board,
        mut platform: Box<dyn Platform>,
        interlock: Interlock,
        shared: Arc<Shared>,
        period: Duration,
    ) -> Result<Self, AssembleError> {
        let car = Car::assemble_under(board, &mut *platform, interlock)?;
        Ok(Self {
            car,
            simulator: Simulator::of(&*platform, board),
            platform,
            shared,
            period,
            button: board.estop.as_ref().map(|estop| format!("gpio:{}", estop.line)),
            seq: 0,
            told: None,
            next_tick: Duration::ZERO,
            next_check: Duration::ZERO,
            retry: None,
            next_digest: Duration::ZERO,
            battery: battery::Watch::default(),
        })
    }

    /// Does what the gate says at `now`; returns when it must be called again at the latest.
    pub(crate) fn turn(&mut self, now: Duration) -> Duration {
        self.shared.turn(now);
        self.platform.advance(now);
        let stepped = self.obey(now);
        let pressed = self.pressed();
        let (mut outputs, mut deadline) = self.shared.plant(|gate| {
            gate.button(pressed.as_deref(), now);
            (gate.tick(now), gate.next_deadline())
        });
        let changed = match self.retry {
            None => match self.write(&outputs, now) {
                Ok(()) => false,
                Err(error) => {
                    self.fail(&error.to_string(), now);
                    true
                }
            },
            Some(at) if now >= at => {
                self.recover(now);
                true
            }
            Some(_) => false,
        };
        if changed {
            // The gate has another opinion now than the one that was just tried.
            (outputs, deadline) = self.shared.plant(|gate| (gate.outputs(), gate.next_deadline()));
        }
        let ticks = now >= self.next_tick;
        if ticks {
            // So often as was said, however late each turn is; what was missed is not made up for.
            let next = self.next_tick + self.period;
            self.next_tick = if next > now { next } else { now + self.period };
        }
        // While time stands no tick comes: what was just written must not wait for one to be told.
        if ticks || stepped || self.told.as_ref() != Some(&outputs) {
            self.publish(outputs, now);
        }
        // One transfer at most. If more is due, the next turn begins with whatever the gate says then.
        let sense = self.car.sense(now);
        self.listen(now);
        if self.shared.is_taped() && now >= self.next_digest {
            self.next_digest = Duration::from_secs(now.as_secs() + 1);
            self.digest(now, false);
        }
        deadline.map_or(self.next_tick, |d| d.min(self.next_tick)).min(sense)
    }

    /// Until when time is to pass before it comes, because somebody asked it to.
    pub(crate) fn steps_to(&mut self) -> Option<Duration> {
        self.simulator.as_mut()?.steps_to()
    }

    /// Who has the lease, as the newest sample tells.
    pub(crate) fn driver(&self) -> Option<SessionId> {
        self.told.as_ref()?.driver
    }

    /// How far the clock jumps now, by a fault of the simulator.
    pub(crate) fn take_clock_jump(&self) -> Option<Duration> {
        self.simulator.as_ref()?.take_clock_jump()
    }

    /// Nothing more is to be done at `now`: whoever waits for it hears so.
    pub(crate) fn settle(&mut self, now: Duration) {
        if let Some(simulator) = &mut self.simulator {
            simulator.passed(now);
        }
    }

    /// Does what was ordered of a simulator; says whether somebody has waited for this time.
    fn obey(&mut self, now: Duration) -> bool {
        let Some(simulator) = &mut self.simulator else { return false };
        let stepped = simulator.steps_to().is_some_and(|until| until <= now);
        for event in simulator.obey(self.shared.take_orders(), &mut self.car, now) {
            self.shared.say(&event);
        }
        stepped
    }

    /// Tells people of sensors.
    fn listen(&mut self, now: Duration) {
        for news in self.car.sensor_news() {
            let (sensor, fault) = match news {
                News::Fails(error) => (error.part.clone(), Some(error.to_string())),
                News::Answers(sensor) => (sensor, None),
            };
            self.shared.say(&Event::Sensor { sensor, fault });
        }
        if let Some(event) = self.battery.look(self.car.readings().battery, now) {
            self.shared.say(&event);
        }
    }

    /// Brakes for good.
    ///
    /// # Errors
    /// As of [`halt`](Self::halt).
    pub(crate) fn end(&mut self, now: Duration) -> Result<(), HardwareError> {
        let halted = self.halt();
        if self.shared.is_taped() {
            self.digest(now, true);
        }
        halted
    }

    /// Brakes, whatever was said before.
    ///
    /// # Errors
    /// What does not obey; it is logged too.
    fn halt(&mut self) -> Result<(), HardwareError> {
        self.car.halt().inspect_err(|error| tracing::error!(%error, "the car could not be stopped"))
    }

    /// Says what the run is like: the simulator, and what the drivers make of it.
    fn digest(&self, now: Duration, end: bool) {
        let mut parts = self.simulator.as_ref().map(Simulator::digests).unwrap_or_default();
        parts.push(("car", fingerprint(format!("{:?}", self.seen()).as_bytes())));
        self.shared.digest(now, &parts, end);
    }

    /// Where the e-stop's button is pressed; also where nobody can tell.
    fn pressed(&mut self) -> Option<String> {
        let pin = self.button.as_deref()?;
        match self.car.estop_pressed() {
            Ok(pressed) => pressed.then(|| pin.to_owned()),
            Err(error) => Some(format!("{pin}, which cannot be read: {error}")),
        }
    }

    /// The wheels first, then the camera, then what only shines or sounds.
    fn write(&mut self, outputs: &Outputs, now: Duration) -> Result<(), HardwareError> {
        self.car.apply(&outputs.target, now)?;
        self.car.show(&outputs.panel)?;
        self.check(now)
    }

    fn check(&mut self, now: Duration) -> Result<(), HardwareError> {
        if now < self.next_check {
            return Ok(());
        }
        self.next_check = now + CHECK;
        self.car.check()
    }

    fn fail(&mut self, what: &str, now: Duration) {
        self.shared.plant(|gate| gate.hardware_failed(what, now));
        // Tried again until it obeys; the gate lets nothing through meanwhile.
        drop(self.halt());
        self.retry = Some(now + RETRY);
    }

    fn recover(&mut self, now: Duration) {
        match self.car.recover() {
            Ok(()) => {
                self.retry = None;
                self.shared.plant(|gate| gate.hardware_answers());
            }
            Err(error) => {
                self.shared.plant(|gate| gate.hardware_failed(&error.to_string(), now));
                self.retry = Some(now + RETRY);
            }
        }
    }

    fn publish(&mut self, outputs: Outputs, now: Duration) {
        self.seq += 1;
        let mut state = State { seq: self.seq, ..self.seen() };
        self.told = Some(outputs.clone());
        fill(&mut state, outputs, now);
        self.shared.publish(state);
    }

    /// The state as far as the car knows it.
    fn seen(&self) -> State {
        let wheels = self.car.wheels();
        let (source, motion) = self.car.odometry();
        let (pan, tilt) = self.car.gimbal();
        let angle = |axis: Option<f64>| round(axis.unwrap_or(0.0), 1e3);
        State {
            wheels: Wheels { left: round(wheels.left, 1e4), right: round(wheels.right, 1e4) },
            gimbal: pan.or(tilt).map(|_| Gimbal { pan: angle(pan), tilt: angle(tilt) }),
            speed: Some(Speed {
                linear: round(motion.linear_mps, 1e4),
                angular: round(motion.angular_rad_s, 1e4),
            }),
            pose: Some(Pose {
                x: round(motion.x_m, 1e4),
                y: round(motion.y_m, 1e4),
                heading: round(motion.heading_rad, 1e4),
            }),
            odometry: Some(match source {
                Source::Encoders => Odometry::Encoders,
                Source::Commanded => Odometry::Commanded,
            }),
            ..sensed(self.car.readings())
        }
    }
}

/// What the sensors say.
fn sensed(readings: &Readings) -> State {
    let three = |axes: [f64; 3]| axes.map(|axis| round(axis, 1e3));
    State {
        battery: readings.battery.map(|battery| Battery {
            volts: round(battery.volts, 1e3),
            percent: round(battery.percent, 1e1),
            amps: battery.amps.map(|amps| round(amps, 1e3)),
        }),
        range_m: readings.range_m.map(|range| round(range, 1e3)),
        line: readings.line().map(|line| line.into_iter().map(|darkness| round(darkness, 1e3)).collect()),
        imu: readings
            .imu
            .map(|imu| Imu { acceleration: three(imu.acceleration), rotation: three(imu.rotation) }),
        ..State::default()
    }
}

#[cfg(test)]
#[path = "plant_tests.rs"]
mod tests;
