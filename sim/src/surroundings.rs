//! What is around the car and reaches its sensors: the battery, the floor, what pulls at it, and the hand
//! on its button. Wired as the board says: a divider divides, and a floor is dark as high or as low.
//!
//! What must never live here: registers, and how the car moves.

use hal::Board;
use hal::board::{AnalogRef, BatterySource, BatterySpec, ChipKind, EstopSpec, Level, LineInput, LineSpec};

use crate::chip::Feed;
use crate::circuit::Circuit;
use crate::clock::Nanos;
use crate::digest::Digest;
use crate::net::Nets;
use crate::sonar::Sonar;

/// What an idle computer and its fans take, amperes (estimated).
const IDLE_A: f64 = 0.5;
/// Standard gravity, m/s².
const GRAVITY: f64 = 9.806_65;

/// Everything that sensors can tell of.
#[derive(Debug)]
pub(crate) struct Surroundings {
    chips: Vec<ChipKind>,
    estop: Option<EstopSpec>,
    estop_pressed: bool,
    battery: Option<BatterySpec>,
    volts: f64,
    amps: f64,
    line: Option<LineSpec>,
    darkness: Vec<f64>,
    imu: Option<usize>,
    acceleration: [f64; 3],
    rotation: [f64; 3],
    sonar: Option<Sonar>,
}

impl Surroundings {
    /// A full battery, a light floor, level ground, nothing ahead, and nobody at the button.
    pub(crate) fn new(board: &Board) -> Self {
        Self {
            chips: board.chips.iter().map(|chip| chip.kind.clone()).collect(),
            estop: board.estop.clone(),
            estop_pressed: false,
            battery: board.battery.clone(),
            volts: board.battery.as_ref().map_or(0.0, |battery| battery.full_v),
            amps: IDLE_A,
            line: board.line.clone(),
            darkness: vec![0.0; board.line.as_ref().map_or(0, |line| line.inputs.len())],
            imu: board.imu.as_ref().map(|imu| imu.chip),
            acceleration: [0.0, 0.0, GRAVITY],
            rotation: [0.0; 3],
            sonar: board.range.as_ref().map(Sonar::new),
        }
    }

    /// Whether the board has a button.
    pub(crate) fn press_estop(&mut self, pressed: bool) -> bool {
        self.estop_pressed = pressed;
        self.estop.is_some()
    }

    /// Whether the board measures its battery.
    pub(crate) fn set_battery(&mut self, volts: f64, amps: f64) -> bool {
        (self.volts, self.amps) = (volts, amps);
        self.battery.is_some()
    }

    /// Whether the board has this line sensor.
    pub(crate) fn set_line(&mut self, index: usize, darkness: f64) -> bool {
        let sensor = self.darkness.get_mut(index);
        sensor.map(|known| *known = darkness.clamp(0.0, 1.0)).is_some()
    }

    /// Whether the board feels its motion.
    pub(crate) fn set_imu(&mut self, acceleration: [f64; 3], rotation: [f64; 3]) -> bool {
        (self.acceleration, self.rotation) = (acceleration, rotation);
        self.imu.is_some()
    }

    /// Whether the board looks ahead.
    pub(crate) fn set_range(&mut self, distance_m: Option<f64>) -> bool {
        self.sonar.as_mut().map(|sonar| sonar.set_distance(distance_m)).is_some()
    }

    /// Lets what looks ahead hear its trigger no more, or again.
    pub(crate) fn set_range_silent(&mut self, silent: bool) {
        if let Some(sonar) = &mut self.sonar {
            sonar.silent = silent;
        }
    }

    /// Lets what looks ahead hear its trigger.
    pub(crate) fn hear(&mut self, nets: &Nets, now: Nanos) {
        if let Some(sonar) = &mut self.sonar {
            sonar.hear(nets.is_high(&sonar.trigger), now);
        }
    }

    /// The next edge of its echo that is due by `until`.
    pub(crate) fn next_echo(&mut self, until: Nanos) -> Option<(Nanos, bool)> {
        self.sonar.as_mut()?.next(until)
    }

    /// Lets its echo be high or low.
    pub(crate) fn set_echo(&self, nets: &mut Nets, high: bool) {
        if let Some(sonar) = &self.sonar {
            nets.set_input(&sonar.echo, high);
        }
    }

    /// Takes what is under way into a fingerprint; the rest of it is on pins and in chips.
    pub(crate) fn digest(&self, into: &mut Digest) {
        self.sonar.iter().for_each(|sonar| sonar.digest(into));
    }

    /// Lets all of it reach the pins and chips.
    pub(crate) fn reach(&self, circuit: &mut Circuit) {
        if let Some(estop) = &self.estop {
            circuit.nets.set_input(&estop.line, self.estop_pressed == (estop.pressed == Level::High));
        }
        match self.battery.as_ref().map(|battery| &battery.source) {
            Some(BatterySource::Analog { input, ratio }) => feel_volts(circuit, input, self.volts / ratio),
            Some(BatterySource::Ina219 { chip }) => {
                let shunt_v = match self.chips.get(*chip) {
                    Some(ChipKind::Ina219 { shunt_ohms }) => self.amps * shunt_ohms,
                    _ => 0.0,
                };
                circuit.buses.feel(*chip, Feed::Supply { volts: self.volts, shunt_v });
            }
            None => {}
        }
        if let Some(line) = &self.line {
            for (input, darkness) in line.inputs.iter().zip(&self.darkness) {
                self.reach_line(circuit, input, *darkness, line.dark);
            }
        }
        if let Some(chip) = self.imu {
            let (acceleration, rotation) = (self.acceleration, self.rotation);
            circuit.buses.feel(chip, Feed::Motion { acceleration, rotation });
        }
    }

    fn reach_line(&self, circuit: &mut Circuit, input: &LineInput, darkness: f64, dark: Level) {
        match input {
            LineInput::Digital { line } => {
                circuit.nets.set_input(line, (darkness >= 0.5) == (dark == Level::High));
            }
            LineInput::Analog(input) => {
                let share = if dark == Level::High { darkness } else { 1.0 - darkness };
                feel_volts(circuit, input, share * self.supply_v(input));
            }
        }
    }

    /// What a sensor on an analog input gives at most: it is fed with what its converter reads as full
    /// scale; on an ADS1115, whose full scale is beyond its supply, and on a Robot HAT with 3.3 V.
    fn supply_v(&self, input: &AnalogRef) -> f64 {
        match self.chips.get(input.chip) {
            Some(ChipKind::Ads7830 { reference_v } | ChipKind::Pcf8591 { reference_v }) => *reference_v,
            _ => 3.3,
        }
    }
}

fn feel_volts(circuit: &mut Circuit, input: &AnalogRef, volts: f64) {
    circuit.buses.feel(input.chip, Feed::Analog { channel: input.channel, volts });
}
