//! One car and its time. The order in which things happen in a step is decided here and nowhere
//! else: chips, then what the wires carry, then motors, body and servos.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hal::board::Board;

use crate::Setup;
use crate::battery::{Battery, Draw};
use crate::chance::{Chance, Stream};
use crate::chassis::{Chassis, Felt};
use crate::circuit::Circuit;
use crate::clock::{Clock, Nanos};
use crate::digest::Digests;
use crate::encoder::Encoder;
use crate::motor::Motor;
use crate::servo::Servo;
use crate::supply::{Change, Supply};
use crate::surroundings::Surroundings;
use crate::world::{Ground, Obstacles, Start};

/// Beyond this a place, metres, or a heading, radians, is none.
const FARTHEST: f64 = 1e6;

/// Everything there is.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) clock: Clock,
    pub(crate) circuit: Circuit,
    pub(crate) motors: Vec<Motor>,
    pub(crate) servos: Vec<Servo>,
    pub(crate) chassis: Option<Chassis>,
    supply: Supply,
    /// Each with the number of its motor.
    encoders: Vec<(usize, Encoder)>,
    surroundings: Surroundings,
    #[allow(dead_code, reason = "sensors and camera ask")]
    pub(crate) ground: Ground,
    #[allow(dead_code, reason = "sensors and camera ask")]
    pub(crate) obstacles: Obstacles,
}

impl Engine {
    fn new(board: &Board, setup: &Setup) -> Self {
        let obstacles = Obstacles::new(&setup.world);
        let surroundings = Surroundings::new(board);
        let mut circuit = Circuit::new(board);
        surroundings.reach(&mut circuit);
        let encoders = board.motors.iter().enumerate();
        let encoders =
            encoders.filter_map(|(index, motor)| Some((index, Encoder::new(motor.encoder.as_ref()?))));
        let motors = board.motors.iter().enumerate();
        let chance = |index| Chance::new(setup.seed, Stream::Motor, index);
        Self {
            clock: Clock::default(),
            circuit,
            motors: motors.map(|(index, spec)| Motor::new(board, spec, chance(index))).collect(),
            servos: board.servos.iter().map(Servo::new).collect(),
            chassis: Chassis::new(board, &setup.world, &obstacles),
            supply: Supply::new(board),
            encoders: encoders.collect(),
            surroundings,
            ground: Ground::new(&setup.world),
            obstacles,
        }
    }

    /// Drives an open line of the computer.
    pub(crate) fn set_line(&mut self, index: usize, high: bool) {
        self.circuit.change(|circuit| circuit.set_line(index, high));
        self.surroundings.hear(&self.circuit.nets, self.clock.now());
    }

    /// Changes what is around the car.
    pub(crate) fn surround<T>(&mut self, act: impl FnOnce(&mut Surroundings) -> T) -> T {
        let done = act(&mut self.surroundings);
        self.circuit.change(|circuit| self.surroundings.reach(circuit));
        self.circuit.tell(self.clock.now());
        done
    }

    /// Runs for a while.
    pub(crate) fn run_for(&mut self, by: Nanos) {
        self.run_to(self.clock.now().saturating_add(by));
    }

    /// Runs to the time that is due on the clock of a caller.
    pub(crate) fn follow(&mut self, theirs: Nanos) {
        let due = self.clock.due(theirs);
        self.run_to(due);
    }

    /// Runs every step that ends by `target`. What was written in the middle of a step counts from
    /// the beginning of that step, however the way to its end was divided.
    fn run_to(&mut self, target: Nanos) {
        while self.clock.now() < target {
            let end = self.clock.next_step();
            self.clock.set(end.min(target));
            self.echo();
            self.circuit.tick(self.clock.now());
            self.circuit.tell(self.clock.now());
            if end <= target {
                self.step();
            }
        }
    }

    fn step(&mut self) {
        if self.circuit.take_changed() {
            self.read_wires();
        }
        let mut draw = Draw::default();
        for motor in &mut self.motors {
            draw.add(motor.begin(self.supply.battery.volts()));
        }
        let change = self.supply.step(draw, self.clock.now());
        let before: Vec<f64> =
            self.encoders.iter().map(|(motor, _)| self.motors[*motor].angle_rad()).collect();
        for servo in &mut self.servos {
            servo.step();
        }
        if let Some(chassis) = &mut self.chassis {
            let steered_rad = self.servos.iter().find_map(Servo::steers_rad).unwrap_or(0.0);
            chassis.step(&mut self.motors, self.supply.battery.volts(), steered_rad, &self.obstacles);
        }
        self.count(&before);
        self.feed(change);
    }

    /// What loses its supply forgets everything, and what it drove is low until it is driven anew.
    fn feed(&mut self, change: Option<Change>) {
        match change {
            Some(Change::Lost) => self.circuit.change(|circuit| circuit.feed(false)),
            Some(Change::Back) => self.circuit.change(|circuit| circuit.feed(true)),
            None => {}
        }
    }

    /// Takes the supply of the computer's pins and of all chips away for a while.
    #[allow(dead_code, reason = "faults ask")]
    pub(crate) fn brown_out(&mut self, length: Nanos) {
        let change = self.supply.lose(self.clock.now(), length);
        self.feed(change);
    }

    /// Puts the car somewhere else, at rest; beside what stands there. Whether there is room.
    pub(crate) fn teleport(&mut self, to: Start) -> bool {
        let sane = [to.x_m, to.y_m, to.heading_rad].iter().all(|value| value.abs() <= FARTHEST);
        let placed = sane && self.chassis.as_mut().is_some_and(|chassis| chassis.place(to, &self.obstacles));
        if placed {
            self.motors.iter_mut().for_each(Motor::rest);
        }
        placed
    }

    /// Puts the car where the run began, at rest, with a full battery and nothing wrong with its motors.
    pub(crate) fn restart(&mut self) {
        if let Some(chassis) = &mut self.chassis {
            chassis.restart(&self.obstacles);
        }
        self.motors.iter_mut().for_each(Motor::rest);
        self.motors.iter_mut().for_each(|motor| motor.defect = None);
        self.supply.fill();
    }

    /// The battery that all of it hangs at.
    pub(crate) fn battery(&self) -> &Battery {
        &self.supply.battery
    }

    /// What an inertial sensor feels, and whether the car touches something.
    pub(crate) fn felt(&self) -> Felt {
        self.chassis.as_ref().map(Chassis::felt).unwrap_or_default()
    }

    /// Lets the echo of what is ahead rise and fall, each edge at its time.
    fn echo(&mut self) {
        while let Some((at, high)) = self.surroundings.next_echo(self.clock.now()) {
            self.surroundings.set_echo(&mut self.circuit.nets, high);
            self.circuit.tell(at);
        }
    }

    /// Lets the encoders see what their wheels did in this step, edge by edge in the order of time.
    fn count(&mut self, before: &[f64]) {
        let end = self.clock.now();
        let (motors, circuit) = (&self.motors, &mut self.circuit);
        let turning = self.encoders.iter_mut().zip(before);
        let mut turns: Vec<_> = turning
            .flat_map(|((motor, encoder), from)| encoder.turn(*from, motors[*motor].angle_rad(), end))
            .collect();
        turns.sort_by_key(|turn| turn.at);
        for turn in turns {
            for (line, high) in turn.lines {
                line.iter().for_each(|line| circuit.nets.set_input(line, high));
            }
            circuit.tell(turn.at);
        }
    }

    /// What is on the wires holds until the next change, so most steps need not look.
    fn read_wires(&mut self) {
        let circuit = &self.circuit;
        for motor in &mut self.motors {
            motor.listen(|pin| circuit.signal(pin));
        }
        for servo in &mut self.servos {
            servo.listen(circuit.signal(servo.pin()));
        }
    }

    /// A fingerprint of every bit of state that can make a difference later.
    pub(crate) fn digests(&self) -> Digests {
        Digests::default()
            .with("time", |into| into.integer(self.clock.now()))
            .with("pins", |into| self.circuit.nets.digest(into))
            .with("chips", |into| self.circuit.buses.digest(into))
            .with("motors", |into| self.motors.iter().for_each(|motor| motor.digest(into)))
            .with("battery", |into| self.supply.digest(into))
            .with("servos", |into| self.servos.iter().for_each(|servo| servo.digest(into)))
            .with("body", |into| self.chassis.iter().for_each(|chassis| chassis.digest(into)))
            .with("sensors", |into| self.surroundings.digest(into))
    }
}

/// A world that several handles share.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<Mutex<Engine>>);

impl Shared {
    /// A world wired as the board says.
    pub(crate) fn new(board: &Board, setup: &Setup) -> Self {
        Self(Arc::new(Mutex::new(Engine::new(board, setup))))
    }

    /// For the moment of one read or write.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Engine> {
        // No write leaves the world half done, so a thread that died elsewhere spoils nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
