//! One moment as the sensors find it: the car where it is, the world around it, and what is on the wires of what
//! measures. Everything here is worked out when somebody asks, from the state of that moment and from nothing else:
//! who asks, and how often, makes no difference.
//!
//! What must never live here: state, and registers.

use hal::board::{BatterySource, ChipKind, Level, LineInput, Mount, ServoRole};

use crate::battery::Battery;
use crate::beam;
use crate::chance::Stream;
use crate::chassis::{Chassis, GRAVITY};
use crate::chip::{Felt, Inputs, Supply};
use crate::clock::Nanos;
use crate::fault::Sensor;
use crate::servo::Servo;
use crate::surroundings::Surroundings;
use crate::world::{Ground, Obstacles, Point};

/// From the middle of what a line sensor sees to its edge, metres (estimated, of a TCRT5000 at the distance that its
/// data sheet calls best, 2.5 mm).
const SPOT_M: f64 = 0.002;
/// A line sensor is at its lower stop on what is no darker, and at its upper one on what is at least so dark: the
/// current of its phototransistor, 1 mA over white (TCRT5000, Vishay 83760), saturates the 10 kΩ of a module at 3.3 V
/// with a third of that. Where both ends lie on the scale of colours is estimated.
const LIGHT: f64 = 0.4;
const DARK: f64 = 0.9;
/// What is uneven in a floor and in the light, as a share of a line sensor's whole range (estimated).
const UNEVEN: f64 = 0.01;

/// The ends of what sensors say that are mad: beyond what their chips can tell.
const MAD_RANGE_M: f64 = 5.0;
const MAD_SUPPLY_V: f64 = 32.0;
const MAD_SHUNT_V: f64 = 0.4;
/// m/s² and rad/s.
const MAD_FELT: f64 = 200.0;

/// The moment.
#[derive(Debug)]
pub(crate) struct Scene<'e> {
    pub(crate) now: Nanos,
    /// How many steps of the physics were made: chance changes with them.
    pub(crate) steps: u64,
    pub(crate) around: &'e Surroundings,
    pub(crate) chassis: Option<&'e Chassis>,
    pub(crate) battery: &'e Battery,
    pub(crate) servos: &'e [Servo],
    pub(crate) ground: &'e Ground,
    pub(crate) obstacles: &'e Obstacles,
}

impl Scene<'_> {
    /// As a chip of the board finds it.
    pub(crate) fn at(&self, chip: usize) -> AtChip<'_> {
        AtChip { scene: self, chip }
    }

    /// Metres to what a range finder hears ahead in its measurement of that number.
    pub(crate) fn ahead_m(&self, measurement: u64) -> Option<f64> {
        if self.around.ails.mad(Sensor::Range) {
            return Some(self.around.noise.mad(Sensor::Range, measurement, (0.0, MAD_RANGE_M)));
        }
        if let Some(distance_m) = self.around.put.distance_m {
            return Some(distance_m).filter(|distance_m| distance_m.is_finite());
        }
        let pan_rad = match self.around.range_on {
            Mount::Pan => Servo::turned_rad(self.servos, ServoRole::Pan),
            Mount::Body => 0.0,
        };
        let (from, heading_rad) = self.place(self.around.model.range_ahead_m, 0.0)?;
        beam::nearest(self.obstacles, from, heading_rad + pan_rad)
    }

    /// Whether a line sensor at a line of the computer lets it be high.
    pub(crate) fn floor_is_high(&self, sensor: usize) -> bool {
        let dark = self.around.line.as_ref().map_or(Level::High, |line| line.dark);
        (self.darkness(sensor) >= 0.5) == (dark == Level::High)
    }

    /// How dark the floor is to a line sensor, 0 to 1.
    fn darkness(&self, sensor: usize) -> f64 {
        if self.around.ails.mad(Sensor::Line) {
            return self.mad(Sensor::Line, sensor, (0.0, 1.0));
        }
        let seen = self.around.put.darkness.get(sensor).copied().flatten();
        let seen = seen.or_else(|| self.sees_floor(sensor)).unwrap_or(0.0);
        let uneven = self.around.noise.draw(Stream::Line, sensor, self.steps) * UNEVEN;
        (seen + uneven).clamp(0.0, 1.0)
    }

    fn sees_floor(&self, sensor: usize) -> Option<f64> {
        let model = &self.around.model;
        let count = self.around.line.as_ref()?.inputs.len();
        let left_m = ((count as f64 - 1.0) / 2.0 - sensor as f64) * model.line_spacing_m;
        let (middle, _) = self.place(model.line_ahead_m, left_m)?;
        let mut sum = 0.0;
        for x in [-SPOT_M, 0.0, SPOT_M] {
            for y in [-SPOT_M, 0.0, SPOT_M] {
                sum += self.ground.colour(Point { x: middle.x + x, y: middle.y + y }).darkness();
            }
        }
        Some(((sum / 9.0 - LIGHT) / (DARK - LIGHT)).clamp(0.0, 1.0))
    }

    /// A place of the car in the world, and where the car looks.
    fn place(&self, ahead_m: f64, left_m: f64) -> Option<(Point, f64)> {
        let motion = self.chassis?.motion();
        let (sin, cos) = (libm::sin(motion.heading_rad), libm::cos(motion.heading_rad));
        let at = Point {
            x: motion.x_m + ahead_m * cos - left_m * sin,
            y: motion.y_m + ahead_m * sin + left_m * cos,
        };
        Some((at, motion.heading_rad))
    }

    /// What a sensor that is mad says of one of the things that it tells, until the next step.
    fn mad(&self, sensor: Sensor, which: usize, ends: (f64, f64)) -> f64 {
        self.around.noise.mad(sensor, self.steps.wrapping_mul(16).wrapping_add(which as u64), ends)
    }

    /// Volts of the battery, and the amperes that are drawn from it.
    fn battery(&self) -> (f64, f64) {
        self.around.put.battery.unwrap_or_else(|| (self.battery.volts(), self.battery.amps()))
    }
}

/// The moment as one chip finds it.
#[derive(Debug)]
pub(crate) struct AtChip<'s> {
    scene: &'s Scene<'s>,
    chip: usize,
}

impl Inputs for AtChip<'_> {
    fn now(&self) -> Nanos {
        self.scene.now
    }

    /// Of a divider at the battery, or of a line sensor.
    fn volts(&self, channel: u8) -> f64 {
        let around = self.scene.around;
        let ails = around.ails;
        if let Some(BatterySource::Analog { input, ratio }) = around.battery.as_ref().map(|it| &it.source)
            && (input.chip, input.channel) == (self.chip, channel)
        {
            return match (ails.silent(Sensor::Battery), ails.mad(Sensor::Battery)) {
                (true, _) => 0.0,
                (_, true) => self.scene.mad(Sensor::Battery, 0, (0.0, around.supply_v(self.chip))),
                _ => self.scene.battery().0 / ratio,
            };
        }
        let Some(line) = &around.line else { return 0.0 };
        let here = |input: &LineInput| match input {
            LineInput::Analog(input) => (input.chip, input.channel) == (self.chip, channel),
            LineInput::Digital { .. } => false,
        };
        let Some(sensor) = line.inputs.iter().position(here) else { return 0.0 };
        if ails.silent(Sensor::Line) {
            return 0.0;
        }
        let darkness = self.scene.darkness(sensor);
        let share = if line.dark == Level::High { darkness } else { 1.0 - darkness };
        share * around.supply_v(self.chip)
    }

    fn supply(&self) -> Supply {
        let (volts, amps) = self.scene.battery();
        let shunt_v = match self.scene.around.chips.get(self.chip) {
            Some(ChipKind::Ina219 { shunt_ohms }) => amps * shunt_ohms,
            _ => 0.0,
        };
        match self.scene.around.battery.as_ref().map(|battery| &battery.source) {
            Some(BatterySource::Ina219 { chip }) if *chip == self.chip => {
                match self.scene.around.ails.mad(Sensor::Battery) {
                    true => Supply {
                        volts: self.scene.mad(Sensor::Battery, 0, (0.0, MAD_SUPPLY_V)),
                        shunt_v: self.scene.mad(Sensor::Battery, 1, (-MAD_SHUNT_V, MAD_SHUNT_V)),
                    },
                    false => Supply { volts, shunt_v },
                }
            }
            _ => Supply::default(),
        }
    }

    /// It lies flat in the middle of the car, its x ahead and its y to the left.
    fn felt(&self) -> Felt {
        if self.scene.around.imu != Some(self.chip) {
            return Felt::default();
        }
        if self.scene.around.ails.mad(Sensor::Imu) {
            let three = |first: usize, most: f64| {
                [0, 1, 2].map(|axis| self.scene.mad(Sensor::Imu, first + axis, (-most, most)))
            };
            return Felt { acceleration: three(0, MAD_FELT), rotation: three(3, MAD_FELT) };
        }
        self.scene.around.put.felt.unwrap_or_else(|| {
            let felt = self.scene.chassis.map(Chassis::felt).unwrap_or_default();
            let [ahead, aside] = felt.acceleration;
            Felt { acceleration: [ahead, aside, GRAVITY], rotation: [0.0, 0.0, felt.rotation] }
        })
    }

    fn noise(&self, which: u8) -> f64 {
        let number = self.scene.steps.wrapping_mul(16).wrapping_add(which.into());
        self.scene.around.noise.draw(Stream::Chip, self.chip, number)
    }

    fn making(&self, which: u8) -> f64 {
        self.scene.around.making[self.chip][usize::from(which)]
    }
}
