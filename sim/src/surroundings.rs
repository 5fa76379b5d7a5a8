//! What a sensor of the board hangs at, and what somebody put around the car in place of what the world says: a
//! battery, a floor, a thing ahead, a push; and the hand on its button.
//!
//! What must never live here: registers, how the car moves, and what the world says.

use hal::Board;
use hal::board::{BatterySpec, ChipKind, EstopSpec, Level, LineInput, LineSpec, ModelSpec, Mount};

use crate::Setup;
use crate::chance::{Chance, Stream};
use crate::chip::Felt;
use crate::digest::Digest;
use crate::fault::{Ails, Sensor};
use crate::net::Nets;

/// How the board is wired to what it senses.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) chips: Vec<ChipKind>,
    pub(crate) battery: Option<BatterySpec>,
    pub(crate) line: Option<LineSpec>,
    pub(crate) imu: Option<usize>,
    pub(crate) range_on: Mount,
    pub(crate) model: ModelSpec,
    pub(crate) noise: Noise,
    /// How each chip was made, as its draws say.
    pub(crate) making: Vec<[f64; 16]>,
    pub(crate) put: Put,
    pub(crate) ails: Ails,
    estop: Option<EstopSpec>,
    estop_pressed: bool,
}

/// What somebody put there. What nobody put is as the world says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Put {
    /// Volts and amperes.
    pub(crate) battery: Option<(f64, f64)>,
    /// By sensor, 0 light to 1 dark.
    pub(crate) darkness: Vec<Option<f64>>,
    /// Metres; infinitely many where nothing is.
    pub(crate) distance_m: Option<f64>,
    pub(crate) felt: Option<Felt>,
}

/// The noise of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noise {
    seed: u64,
    /// 0 to 10.
    amount: f64,
}

impl Noise {
    fn new(setup: &Setup) -> Self {
        let amount = if setup.noise.is_nan() { 0.0 } else { setup.noise.clamp(0.0, 10.0) };
        Self { seed: setup.seed, amount }
    }

    /// A draw of a bell curve whose deviation is the amount of noise.
    pub(crate) fn draw(self, stream: Stream, member: usize, number: u64) -> f64 {
        if self.amount == 0.0 {
            return 0.0;
        }
        Chance::new(self.seed, stream, member).normal(number) * self.amount
    }

    /// What a sensor says that is mad: anything between two ends, whatever the amount of noise.
    pub(crate) fn mad(self, sensor: Sensor, number: u64, ends: (f64, f64)) -> f64 {
        let share = Chance::new(self.seed, Stream::Mad, sensor as usize).fraction(number);
        ends.0 + (ends.1 - ends.0) * share
    }
}

impl Surroundings {
    /// Nothing put anywhere, and nobody at the button.
    pub(crate) fn new(board: &Board, setup: &Setup) -> Self {
        let sensors = board.line.as_ref().map_or(0, |line| line.inputs.len());
        let noise = Noise::new(setup);
        let making = |chip| std::array::from_fn(|which| noise.draw(Stream::Making, chip, which as u64));
        Self {
            chips: board.chips.iter().map(|chip| chip.kind.clone()).collect(),
            battery: board.battery.clone(),
            line: board.line.clone(),
            imu: board.imu.as_ref().map(|imu| imu.chip),
            range_on: board.range.as_ref().map_or(Mount::Body, |range| range.on),
            model: board.model.clone(),
            noise,
            making: (0..board.chips.len()).map(making).collect(),
            ails: Ails::default(),
            put: Put { darkness: vec![None; sensors], ..Put::default() },
            estop: board.estop.clone(),
            estop_pressed: false,
        }
    }

    /// Whether the board has a button.
    pub(crate) fn press_estop(&mut self, pressed: bool) -> bool {
        self.estop_pressed = pressed;
        self.estop.is_some()
    }

    /// Whether the board measures its battery.
    pub(crate) fn put_battery(&mut self, volts: f64, amps: f64) -> bool {
        self.put.battery = Some((volts, amps));
        self.battery.is_some()
    }

    /// Whether the board has this line sensor.
    pub(crate) fn put_line(&mut self, index: usize, darkness: f64) -> bool {
        let sensor = self.put.darkness.get_mut(index);
        sensor.map(|known| *known = Some(darkness.clamp(0.0, 1.0))).is_some()
    }

    /// Whether the board feels its motion.
    pub(crate) fn put_felt(&mut self, felt: Felt) -> bool {
        self.put.felt = Some(felt);
        self.imu.is_some()
    }

    /// What is ahead from now on; an echo that is under way stays what it is.
    pub(crate) fn put_ahead(&mut self, distance_m: Option<f64>) {
        self.put.distance_m = Some(distance_m.unwrap_or(f64::INFINITY));
    }

    /// Takes all of it back.
    pub(crate) fn take_back(&mut self) {
        self.put = Put { darkness: vec![None; self.put.darkness.len()], ..Put::default() };
    }

    /// Takes all of it back, and the hand from the button.
    pub(crate) fn restart(&mut self) {
        self.take_back();
        self.estop_pressed = false;
    }

    /// Lets the hand on the button reach its line.
    pub(crate) fn reach(&self, nets: &mut Nets) {
        if let Some(estop) = &self.estop {
            nets.set_input(&estop.line, self.estop_pressed == (estop.pressed == Level::High));
        }
    }

    /// Line sensors that are at a line of the computer, with their numbers.
    pub(crate) fn at_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let inputs = self.line.iter().flat_map(|line| line.inputs.iter().enumerate());
        inputs.filter_map(|(index, input)| match input {
            LineInput::Digital { line } => Some((index, line.as_str())),
            LineInput::Analog(_) => None,
        })
    }

    /// What a line sensor at a chip gives at most: it is fed with what its converter reads as full scale; on an
    /// ADS1115, whose full scale is beyond its supply, and on a Robot HAT with 3.3 V.
    pub(crate) fn supply_v(&self, chip: usize) -> f64 {
        match self.chips.get(chip) {
            Some(ChipKind::Ads7830 { reference_v } | ChipKind::Pcf8591 { reference_v }) => *reference_v,
            _ => 3.3,
        }
    }

    /// Takes what was put there into a fingerprint, and the noise of the run; the button is on its line.
    pub(crate) fn digest(&self, into: &mut Digest) {
        let Noise { seed, amount } = self.noise;
        into.integer(seed);
        into.number(amount);
        let Put { battery, darkness, distance_m, felt } = &self.put;
        into.option(*battery, |into, (volts, amps)| [volts, amps].iter().for_each(|&it| into.number(it)));
        darkness.iter().for_each(|dark| into.option(*dark, Digest::number));
        into.option(*distance_m, Digest::number);
        into.option(*felt, |into, Felt { acceleration, rotation }| {
            acceleration.iter().chain(&rotation).for_each(|&it| into.number(it));
        });
    }
}
