//! The body of a car on its wheels: where it is, how it moves, and what it runs into. What turns the wheels is not
//! known here.
//!
//! Its weight is in the middle of the car: between the wheels, or half-way between the axles where front wheels steer.
//! That is also the middle of the circle that bumps into things. Wheels with rollers aside, an axle holds the car
//! across its way as far as the floor's grip does; four wheels of a differential drive turn on the spot as easily as
//! two. A wheel pushes no more, along its way and across it together, than grip times its share of the weight.

use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

use hal::Motion;
use hal::board::{Board, DrivetrainSpec, End, MotorSpec, Side};

use crate::bumper::{Bumper, Contact, Contacts, MOST};
use crate::clock::STEP_S;
use crate::digest::Digest;
use crate::motor::Motor;
use crate::traction::{Axle, Inertia, Step, Twist, Wheel};
use crate::world::{Obstacles, Point, Start, World};

/// Standard gravity, m/s².
pub(crate) const GRAVITY: f64 = 9.806_65;
/// Slower than this, m/s and rad/s, a car whose wheels all stand stands.
const STANDS: f64 = 1e-5;

/// A body on wheels.
#[derive(Debug)]
pub(crate) struct Chassis {
    drive: Drive,
    /// Of a wheel, and one over it.
    radius_m: [f64; 2],
    inertia: Inertia,
    /// One for each motor.
    wheels: Vec<Wheel>,
    axles: Vec<Axle>,
    bumper: Bumper,
    start: Start,
    /// The middle of the car.
    middle: Point,
    heading_rad: f64,
    /// Of the middle.
    twist: Twist,
    steered_rad: f64,
    felt: Felt,
}

/// What an inertial sensor in the middle of the car feels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Felt {
    /// What speeds it up ahead and leftwards, the pull of a bend included, m/s².
    pub(crate) acceleration: [f64; 2],
    /// rad/s, to the left.
    pub(crate) rotation: f64,
    /// It stands against something.
    pub(crate) touches: bool,
}

/// How its wheels go with the body.
#[derive(Clone, Copy, Debug)]
enum Drive {
    /// The rims of a side go at v ∓ ω·b/2.
    Differential,
    /// The front wheels, so far ahead of the rear axle, go where they are turned.
    Ackermann { wheelbase_m: f64 },
    /// w = (vx ∓ vy ∓ (lx + ly)·ω)/r, of which lx and ly are half of wheelbase and track.
    Mecanum,
}

impl Drive {
    /// `None` for a drivetrain that has no model here.
    fn new(spec: &DrivetrainSpec) -> Option<Self> {
        match *spec {
            DrivetrainSpec::Differential { .. } => Some(Self::Differential),
            DrivetrainSpec::Ackermann { wheelbase_m, .. } => Some(Self::Ackermann { wheelbase_m }),
            DrivetrainSpec::Mecanum { .. } => Some(Self::Mecanum),
            _ => None,
        }
    }

    /// From the rear axle, or whatever the pose is of, to the middle.
    fn ahead_m(self) -> f64 {
        match self {
            Self::Ackermann { wheelbase_m } => wheelbase_m / 2.0,
            Self::Differential | Self::Mecanum => 0.0,
        }
    }

    /// How fast the rim of a motor's wheel goes for each part of the body's twist.
    fn along(self, spec: &DrivetrainSpec, motor: &MotorSpec) -> Twist {
        let left = match motor.side {
            Side::Left => 1.0,
            Side::Right => -1.0,
            Side::Both => 0.0,
        };
        match self {
            Self::Differential | Self::Ackermann { .. } => [1.0, 0.0, -left * spec.track_m() / 2.0],
            Self::Mecanum => {
                let arm_m = f64::midpoint(spec.wheelbase_m().unwrap_or(0.0), spec.track_m());
                // Rollers of the front left and the rear right push to the right.
                let aside = match motor.end {
                    Some(End::Front) => -left,
                    Some(End::Rear) => left,
                    None => 0.0,
                };
                [1.0, aside, -left * arm_m]
            }
        }
    }

    /// What keeps the body from going sideways, with the front wheels at an angle.
    fn across(self, steered_rad: f64) -> [Twist; 2] {
        match self {
            Self::Differential | Self::Mecanum => [[0.0, 1.0, 0.0]; 2],
            Self::Ackermann { wheelbase_m } => {
                let half_m = wheelbase_m / 2.0;
                let (sin, cos) = (libm::sin(steered_rad), libm::cos(steered_rad));
                [[0.0, 1.0, -half_m], [-sin, cos, cos * half_m]]
            }
        }
    }

    /// How many of these count.
    fn axles(self) -> usize {
        match self {
            Self::Differential => 1,
            Self::Ackermann { .. } => 2,
            Self::Mecanum => 0,
        }
    }
}

impl Chassis {
    /// At rest where the world says, or beside what stands there. `None` for a drivetrain that has no model here.
    pub(crate) fn new(board: &Board, world: &World, obstacles: &Obstacles) -> Option<Self> {
        let (spec, model) = (&board.drivetrain, &board.model);
        let drive = Drive::new(spec)?;
        let weight = model.mass_kg * GRAVITY * world.floor.grip * STEP_S;
        let share = weight * model.driven_weight / board.motors.len().max(1) as f64;
        // Rollers at 45° push aslant.
        let limit = if matches!(drive, Drive::Mecanum) { share * FRAC_1_SQRT_2 } else { share };
        let wheel = |motor| Wheel::new(drive.along(spec, motor), limit);
        let (count, across) = (drive.axles(), drive.across(0.0));
        // Motors turn the rear wheels first.
        let rear = (1.0 / count as f64 / model.driven_weight).min(1.0);
        let axle = |(across, share)| Axle::new(across, weight / count as f64, share);
        let mut chassis = Self {
            drive,
            radius_m: [spec.wheel_diameter_m() / 2.0, 2.0 / spec.wheel_diameter_m()],
            // A disc as wide as its circle.
            inertia: [model.mass_kg, model.mass_kg, model.mass_kg * model.radius_m * model.radius_m / 2.0],
            wheels: board.motors.iter().map(wheel).collect(),
            axles: across.into_iter().zip([rear, 1.0 - rear]).take(count).map(axle).collect(),
            bumper: Bumper::new(model.radius_m),
            start: world.start,
            middle: Point::default(),
            heading_rad: 0.0,
            twist: Twist::default(),
            steered_rad: 0.0,
            felt: Felt::default(),
        };
        if !chassis.place(world.start, obstacles) {
            // Nowhere beside it is room either: then it stands where it was wanted, and cannot move.
            chassis.put(world.start);
        }
        Some(chassis)
    }

    /// Takes the car to where the run began, at rest.
    pub(crate) fn restart(&mut self, obstacles: &Obstacles) {
        if !self.place(self.start, obstacles) {
            self.put(self.start);
        }
    }

    /// Takes the car there, at rest; beside what stands there. Whether there is room: else it stays where it is.
    pub(crate) fn place(&mut self, at: Start, obstacles: &Obstacles) -> bool {
        let before = (self.middle, self.heading_rad, self.twist);
        self.put(at);
        let room = self.bumper.room(self.middle, obstacles);
        match room {
            Some(middle) => self.middle = middle,
            None => (self.middle, self.heading_rad, self.twist) = before,
        }
        room.is_some()
    }

    fn put(&mut self, Start { x_m, y_m, heading_rad }: Start) {
        self.heading_rad = wrap(heading_rad);
        let (sin, cos) = libm::sincos(self.heading_rad);
        self.middle = Point { x: x_m, y: y_m }.plus((cos, sin), self.drive.ahead_m());
        self.twist = Twist::default();
        self.felt = Felt::default();
        self.wheels.iter_mut().for_each(Wheel::rest);
        self.axles.iter_mut().for_each(Axle::rest);
    }

    /// Moves for one step with the motors' wheels under it, the battery at `volts`, and the front wheels turned to
    /// `steered_rad`, left positive.
    pub(crate) fn step(&mut self, motors: &mut [Motor], volts: f64, steered_rad: f64, obstacles: &Obstacles) {
        if self.twist == Twist::default() && motors.iter().all(Motor::is_idle) {
            self.felt = Felt { touches: self.felt.touches, ..Felt::default() };
            return;
        }
        motors.iter_mut().for_each(|motor| motor.ready(volts));
        self.steer(steered_rad);
        let before = self.bend(self.twist);
        let [ahead, aside, _] = self.twist;
        let speed = libm::sqrt(ahead * ahead + aside * aside);
        let contacts = self.bumper.contacts(self.middle, 1e-3 + 2.0 * speed * STEP_S, obstacles);
        let normals = self.turned_in(&contacts);
        let outcome = Step {
            inertia: self.inertia,
            radius_m: self.radius_m,
            wheels: &mut self.wheels,
            axles: &mut self.axles,
            motors,
            contacts: &contacts,
            normals,
        }
        .run(before);
        let after = self.settled(outcome.twist, motors);
        self.felt = Felt {
            acceleration: [0, 1].map(|axis| (after[axis] - before[axis]) / STEP_S),
            rotation: after[2],
            touches: false,
        };
        // What a wall stopped does not go on for half a step.
        let [from, mut to] = if outcome.pushed { [after; 2] } else { [self.twist, after] };
        to.iter_mut().zip(from).for_each(|(to, from)| *to = f64::midpoint(*to, from));
        self.twist = after;
        self.go(to, !contacts.all().is_empty(), obstacles);
    }

    /// Turns the front wheels.
    fn steer(&mut self, steered_rad: f64) {
        if steered_rad != self.steered_rad {
            self.steered_rad = steered_rad;
            let across = self.drive.across(steered_rad);
            self.axles.iter_mut().zip(across).for_each(|(axle, across)| axle.across = across);
        }
    }

    /// What goes straight on in the world goes another way in a body that turns. An axle that holds takes up what
    /// comes across it; without one, nothing may come of turning but another direction.
    fn bend(&self, [ahead, aside, turn]: Twist) -> Twist {
        if turn == 0.0 {
            return [ahead, aside, turn];
        }
        let by = turn * STEP_S;
        let holds = self.axles.iter().all(Axle::holds) && !self.axles.is_empty();
        if holds {
            return [ahead + by * aside, aside - by * ahead, turn];
        }
        let half = by / 2.0;
        let whole = 1.0 + half * half;
        let (cos, sin) = ((1.0 - half * half) / whole, 2.0 * half / whole);
        [ahead * cos + aside * sin, aside * cos - ahead * sin, turn]
    }

    /// Rows that hold give a little; what is left of that is taken for nothing.
    fn settled(&self, twist: Twist, motors: &[Motor]) -> Twist {
        let [ahead, aside, turn] = twist;
        let holds = self.wheels.iter().all(Wheel::holds);
        if holds && motors.iter().all(Motor::is_held) && twist.iter().all(|part| part.abs() < STANDS) {
            return Twist::default();
        }
        match (self.drive, &self.axles[..]) {
            (Drive::Differential, [axle]) if axle.holds() => [ahead, 0.0, turn],
            _ => [ahead, aside, turn],
        }
    }

    /// Goes on for one step at a constant twist: along the chord of its arc, which is exact.
    fn go(&mut self, [ahead, aside, turn]: Twist, near: bool, obstacles: &Obstacles) {
        let turned = turn * STEP_S;
        let (half, chord) = (turned / 2.0, STEP_S * sinc(turned / 2.0));
        let (sin, cos) = libm::sincos(self.heading_rad + half);
        let to = self.middle.plus((cos, sin), ahead * chord).plus((-sin, cos), aside * chord);
        self.heading_rad = wrap(self.heading_rad + turned);
        if !near {
            self.middle = to;
        } else if let Some(free) = self.bumper.free(to, obstacles) {
            self.middle = free;
            self.felt.touches = self.bumper.contacts(free, 1e-3, obstacles).touch();
        } else {
            self.felt.touches = true;
        }
    }

    /// The walls' normals as the body sees them.
    fn turned_in(&self, contacts: &Contacts) -> [(f64, f64); MOST] {
        let mut normals = [(0.0, 0.0); MOST];
        if contacts.all().is_empty() {
            return normals;
        }
        let (sin, cos) = libm::sincos(self.heading_rad);
        for (normal, Contact { normal: (x, y), .. }) in normals.iter_mut().zip(contacts.all()) {
            *normal = (x * cos + y * sin, y * cos - x * sin);
        }
        normals
    }

    /// Where it is and how it moves: the point between its wheels, or the middle of its rear axle.
    pub(crate) fn motion(&self) -> Motion {
        let ([ahead, aside, turn], back_m) = (self.twist, self.drive.ahead_m());
        let (sin, cos) = libm::sincos(self.heading_rad);
        let Point { x, y } = self.middle.plus((cos, sin), -back_m);
        let lateral_mps = match &self.axles[..] {
            [rear, _] if rear.holds() => 0.0,
            _ => aside - back_m * turn,
        };
        Motion {
            x_m: x,
            y_m: y,
            heading_rad: self.heading_rad,
            linear_mps: ahead,
            lateral_mps,
            angular_rad_s: turn,
        }
    }

    /// What an inertial sensor in its middle feels.
    pub(crate) fn felt(&self) -> Felt {
        self.felt
    }

    /// Takes its motion into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        let [ahead, aside, turn] = self.twist;
        let place = [self.middle.x, self.middle.y, self.heading_rad, ahead, aside, turn, self.steered_rad];
        place.iter().for_each(|value| into.number(*value));
        self.wheels.iter().for_each(|wheel| wheel.digest(into));
        self.axles.iter().for_each(|axle| axle.digest(into));
        let Felt { acceleration: [x, y], rotation, touches } = self.felt;
        [x, y, rotation, f64::from(u8::from(touches))].iter().for_each(|value| into.number(*value));
    }
}

/// The ratio of a chord to its arc, for half of the arc's angle.
fn sinc(half: f64) -> f64 {
    // Near 0 the quotient loses digits that the first two terms of its series keep.
    if half.abs() < 1e-4 { 1.0 - half * half / 6.0 } else { libm::sin(half) / half }
}

/// The same angle, -π to π.
fn wrap(angle: f64) -> f64 {
    if (-PI..=PI).contains(&angle) { angle } else { angle - TAU * ((angle + PI) / TAU).floor() }
}
