//! One car and its time. The order in which things happen in a step is decided here and nowhere
//! else: chips, then what the wires carry, then motors, body and servos.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hal::Motion;
use hal::board::{Board, ServoRole};

use crate::Setup;
use crate::battery::Draw;
use crate::camera::{Mount, View};
use crate::chance::{Chance, Stream};
use crate::chassis::{Chassis, Felt};
use crate::circuit::Circuit;
use crate::clock::{Clock, Nanos};
use crate::digest::Digests;
use crate::encoder::Encoder;
use crate::fault::{Fault, Sensor, Standing, Which};
use crate::motor::Motor;
use crate::scene::Scene;
use crate::script::Plan;
use crate::servo::Servo;
use crate::sonar::Sonar;
use crate::supply::Supply;
use crate::surroundings::Surroundings;
use crate::truth::Power;
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
    pub(crate) encoders: Vec<(usize, Encoder)>,
    pub(crate) sonar: Option<Sonar>,
    pub(crate) surroundings: Surroundings,
    /// Lines of the computer that a line sensor drives, each with the number of its sensor.
    floor_inputs: Vec<(usize, usize)>,
    pub(crate) faults: Standing,
    pub(crate) plan: Plan,
    /// The supply is there.
    supplied: bool,
    pub(crate) ground: Ground,
    pub(crate) obstacles: Obstacles,
    pub(crate) camera: Mount,
    /// How many steps were made.
    steps: u64,
}

impl Engine {
    fn new(board: &Board, setup: &Setup) -> Self {
        let obstacles = Obstacles::new(&setup.world);
        let surroundings = Surroundings::new(board, setup);
        let mut circuit = Circuit::new(board);
        surroundings.reach(&mut circuit.nets);
        let floor_inputs = surroundings.at_lines();
        let floor_inputs =
            floor_inputs.filter_map(|(sensor, line)| Some((circuit.nets.input(line)?, sensor))).collect();
        let number = |line: &str| circuit.nets.input(line);
        let encoders = board.motors.iter().enumerate();
        let encoders = encoders
            .filter_map(|(index, motor)| Some((index, Encoder::new(motor.encoder.as_ref()?, number))));
        let motors = board.motors.iter().enumerate();
        let chance = |index| Chance::new(setup.seed, Stream::Motor, index);
        let mut engine = Self {
            clock: Clock::default(),
            encoders: encoders.collect(),
            circuit,
            motors: motors.map(|(index, spec)| Motor::new(board, spec, chance(index))).collect(),
            servos: board.servos.iter().map(Servo::new).collect(),
            chassis: Chassis::new(board, &setup.world, &obstacles),
            supply: Supply::new(board),
            sonar: board.range.as_ref().map(Sonar::new),
            surroundings,
            floor_inputs,
            faults: Standing::new(board),
            plan: Plan::new(&setup.script),
            supplied: true,
            ground: Ground::new(&setup.world),
            obstacles,
            camera: Mount::new(&board.model, &setup.world),
            steps: 0,
        };
        engine.happen();
        engine
    }

    /// What carries signals, and apart from it the moment that reaches it.
    pub(crate) fn apart(&mut self) -> (&mut Circuit, Scene<'_>) {
        let scene = Scene {
            now: self.clock.now(),
            steps: self.steps,
            around: &self.surroundings,
            chassis: self.chassis.as_ref(),
            battery: &self.supply.battery,
            servos: &self.servos,
            ground: &self.ground,
            obstacles: &self.obstacles,
        };
        (&mut self.circuit, scene)
    }

    /// What is on an open input of the computer.
    pub(crate) fn input_is_high(&mut self, input: usize) -> bool {
        self.look_down_at(|floor| floor == input);
        self.circuit.nets.input_is_high(input)
    }

    /// Whether a line sensor drives an input of the computer.
    pub(crate) fn is_floor(&self, input: usize) -> bool {
        self.floor_inputs.iter().any(|(floor, _)| *floor == input)
    }

    /// Lets the line sensors at the computer's inputs drive them by what they see now. Whoever looks at those
    /// inputs calls this first: nobody else needs to know what is on them.
    pub(crate) fn look_down(&mut self) {
        self.look_down_at(|_| true);
    }

    fn look_down_at(&mut self, inputs: impl Fn(usize) -> bool) {
        if self.surroundings.ails.silent(Sensor::Line) {
            return;
        }
        let all = std::mem::take(&mut self.floor_inputs);
        let (circuit, scene) = self.apart();
        for (input, sensor) in all.iter().filter(|(input, _)| inputs(*input)) {
            circuit.nets.drive_input(*input, scene.floor_is_high(*sensor));
        }
        self.floor_inputs = all;
    }

    /// Does something that may change a signal.
    pub(crate) fn change<T>(&mut self, act: impl FnOnce(&mut Circuit) -> T) -> T {
        self.circuit.change(self.clock.now(), act)
    }

    /// Drives an open line of the computer.
    pub(crate) fn set_line(&mut self, index: usize, high: bool) {
        self.change(|circuit| circuit.set_line(index, high));
        self.hear();
    }

    /// Lets what looks ahead hear what its trigger carries, and whoever watches a line of its edges.
    pub(crate) fn hear(&mut self) {
        let (nets, now) = (&self.circuit.nets, self.clock.now());
        let heard = self.sonar.as_mut().and_then(|sonar| sonar.hear(nets.is_high(&sonar.trigger), now));
        if let Some(number) = heard {
            let (_, scene) = self.apart();
            let (ahead_m, noise) = (scene.ahead_m(number), scene.around.noise.draw(Stream::Sonar, 0, number));
            self.sonar.iter_mut().for_each(|sonar| sonar.measure(ahead_m, noise, now));
        }
        self.circuit.tell(now);
    }

    /// Changes what is around the car.
    pub(crate) fn surround<T>(&mut self, act: impl FnOnce(&mut Surroundings) -> T) -> T {
        let done = act(&mut self.surroundings);
        self.surroundings.reach(&mut self.circuit.nets);
        if self.circuit.watches.floor() {
            self.look_down();
        }
        self.circuit.tell(self.clock.now());
        done
    }

    /// What the camera sees: now, or when it froze.
    pub(crate) fn view(&self) -> View {
        let turned = |role| Servo::turned_rad(&self.servos, role);
        let here = || {
            let motion = self.chassis.as_ref().map_or_else(Motion::default, Chassis::motion);
            self.camera.view(self.clock.now(), &motion, turned(ServoRole::Pan), turned(ServoRole::Tilt))
        };
        self.camera.frozen.unwrap_or_else(here)
    }

    /// From now on the camera shows what it sees now; or it lives again.
    pub(crate) fn freeze_camera(&mut self, frozen: bool) {
        self.camera.frozen = frozen.then(|| self.view());
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
    /// the beginning of that step, however the way to its end was divided. Edges on the computer's lines have their
    /// own times; whoever watches them is told when all else is done.
    fn run_to(&mut self, target: Nanos) {
        while self.clock.now() < target {
            let (from, end) = (self.clock.now(), self.clock.next_step());
            let due = self.happens_at();
            self.clock.set(end.min(target).min(due));
            self.circuit.loop_back(from, self.clock.now());
            self.echo();
            let (circuit, scene) = self.apart();
            circuit.tick(&scene);
            if self.clock.now() == end {
                self.step();
                self.steps += 1;
                self.show_floor();
            }
            if self.clock.now() >= due {
                self.happen();
            }
            self.circuit.tell(self.clock.now());
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
        self.supply.step(draw, self.supplied, self.clock.now());
        for servo in &mut self.servos {
            servo.step();
        }
        if let Some(chassis) = &mut self.chassis {
            let steered_rad = Servo::turned_rad(&self.servos, ServoRole::Steering);
            chassis.step(&mut self.motors, self.supply.battery.volts(), steered_rad, &self.obstacles);
        }
        self.count();
        self.feed();
    }

    /// The supply is there if the battery has the volts, and nothing else took it away.
    pub(crate) fn feed(&mut self) {
        let there = !self.supply.is_down() && !self.faults.has(&Fault::BrownOut);
        if std::mem::replace(&mut self.supplied, there) != there {
            let now = self.clock.now();
            self.change(|circuit| circuit.set_down(!there, now));
        }
    }

    /// Puts the car somewhere else, at rest; beside what stands there. Whether there is room.
    pub(crate) fn teleport(&mut self, x_m: f64, y_m: f64, heading_rad: f64) -> bool {
        let to = Start { x_m, y_m, heading_rad };
        let sane = [to.x_m, to.y_m, to.heading_rad].iter().all(|value| value.abs() <= FARTHEST);
        let placed = sane && self.chassis.as_mut().is_some_and(|chassis| chassis.place(to, &self.obstacles));
        if placed {
            self.motors.iter_mut().for_each(Motor::rest);
        }
        placed
    }

    /// Puts the car where the run began, at rest, with a full battery, nothing broken, and nothing around it but
    /// the world.
    pub(crate) fn restart(&mut self) {
        if let Some(chassis) = &mut self.chassis {
            chassis.restart(&self.obstacles);
        }
        self.motors.iter_mut().for_each(Motor::rest);
        self.supply.fill();
        self.mend(&Which::all());
        self.faults.take_jump();
        self.surround(Surroundings::restart);
        self.feed();
    }

    /// What the battery is like.
    pub(crate) fn power(&self) -> Power {
        let battery = &self.supply.battery;
        Power { volts: battery.volts(), amps: battery.amps(), charge: battery.charge() }
    }

    /// What an inertial sensor feels, and whether the car touches something.
    pub(crate) fn felt(&self) -> Felt {
        self.chassis.as_ref().map(Chassis::felt).unwrap_or_default()
    }

    /// Lets whoever watches a line sensor see what the step has brought under it.
    fn show_floor(&mut self) {
        if self.circuit.watches.floor() {
            self.look_down();
            self.circuit.note(self.clock.now());
        }
    }

    /// Lets the echo of what is ahead rise and fall, each edge at its time.
    fn echo(&mut self) {
        let (now, circuit) = (self.clock.now(), &mut self.circuit);
        let Some(sonar) = &mut self.sonar else { return };
        while let Some((at, high)) = sonar.next(now) {
            circuit.nets.set_input(&sonar.echo, high);
            circuit.note(at);
        }
    }

    /// Lets the encoders see what their wheels did in this step, edge by edge in the order of time.
    fn count(&mut self) {
        let end = self.clock.now();
        let mut turns = Vec::new();
        for (motor, encoder) in &mut self.encoders {
            encoder.turn(self.motors[*motor].angle_rad(), end, &mut turns);
        }
        turns.sort_by_key(|turn| turn.at);
        for turn in turns {
            for (line, high) in turn.lines {
                line.iter().for_each(|line| self.circuit.nets.drive_input(*line, high));
            }
            self.circuit.note(turn.at);
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
    pub(crate) fn digests(&mut self) -> Digests {
        self.look_down();
        Digests::default()
            .with("time", |into| self.clock.digest(into))
            .with("pins", |into| self.circuit.nets.digest(into))
            .with("chips", |into| self.circuit.buses.digest(into))
            .with("motors", |into| self.motors.iter().for_each(|motor| motor.digest(into)))
            .with("battery", |into| self.supply.digest(into))
            .with("servos", |into| self.servos.iter().for_each(|servo| servo.digest(into)))
            .with("body", |into| self.chassis.iter().for_each(|chassis| chassis.digest(into)))
            .with("sensors", |into| {
                self.sonar.iter().for_each(|sonar| sonar.digest(into));
                self.surroundings.digest(into);
            })
            .with("faults", |into| {
                self.faults.digest(into);
                self.plan.digest(into);
                self.camera.frozen.iter().for_each(|view| view.digest(into));
            })
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
        // Code of others, which may panic, is called only when the world is whole, so a thread that died spoils nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
