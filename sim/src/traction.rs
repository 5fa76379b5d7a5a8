//! One step of a body on its wheels: what each wheel gives to the floor, and how all of it moves then.
//!
//! Everything that may hold the body is a row: a wheel along its way, an axle across it, a wall. A row that holds
//! resists like a mass; one that is at its limit gives a constant. With all rows known it is three equations. Which of
//! them are at their limits is tried, and tried again where that came out otherwise.
//!
//! A tyre has one grip for all directions. One that rolls has across its way what it does not use along it, as it was
//! in the step before; one that slides along its way pushes against the way that it slides, along and across. Where one
//! motor turns front wheels that steer, what it gives counts as straight ahead.
//!
//! What must never live here: where the body is.

use crate::bumper::{Contacts, MOST};
use crate::clock::STEP_S;
use crate::digest::Digest;
use crate::motor::{Motor, Spin};

/// So often the limits are looked at again in one step.
const LOOKS: usize = 12;
/// How much more than the body what cannot be moved weighs.
const WALL: f64 = 1e6;
/// With less slip than this, m/s, nobody knows which way a tyre slides: along its own.
const CREEPS: f64 = 1e-6;

/// What turns or moves, in the body's own frame: m/s ahead and leftwards, rad/s.
pub(crate) type Twist = [f64; 3];

/// Masses along and about these, kilograms and kilogram square metres.
pub(crate) type Inertia = [f64; 3];

/// A wheel on the floor.
#[derive(Clone, Debug)]
pub(crate) struct Wheel {
    /// How fast its rim goes for each part of the body's twist.
    pub(crate) along: Twist,
    /// The most that it pushes in one step, newton seconds.
    limit: f64,
    /// What of that it pushes along its way where it slides.
    pushes: f64,
    /// What it gave last where it holds.
    gives: f64,
    hold: Hold,
}

/// What keeps an axle from going sideways.
#[derive(Clone, Debug)]
pub(crate) struct Axle {
    pub(crate) across: Twist,
    /// As of a wheel.
    limit: f64,
    /// What is left of that beside what wheels use along their ways.
    has: f64,
    /// Of what they use, what they use of this axle's.
    share: f64,
    hold: Hold,
}

/// Whether something goes with the floor.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hold {
    Holds,
    /// It slides this way.
    Slides(f64),
}

impl Hold {
    /// What it becomes if it needs `impulse` to hold, or slides at `slip`.
    fn judged(self, impulse: f64, slip: f64, limit: f64) -> Self {
        match self {
            Self::Holds if impulse.abs() > limit => Self::Slides(impulse.signum()),
            Self::Slides(way) if slip * way < 0.0 => Self::Holds,
            same => same,
        }
    }

    /// For a fingerprint.
    fn number(self) -> f64 {
        match self {
            Self::Holds => 0.0,
            Self::Slides(way) => way,
        }
    }
}

/// (M + Σ m·a·aᵀ)·u = M·u₀ + Σ a·f
///
/// The body comes last into the sums, so that a car with a wheel on each side and its mirror image agree in every bit.
/// With more wheels, whose sums have another order in the mirror, they agree but for rounding.
#[derive(Default)]
struct System {
    matrix: [f64; 6],
    right: [f64; 3],
}

impl System {
    fn body(&mut self, [x, y, turn]: Inertia, before: Twist) {
        let [xx, _, _, yy, _, tt] = &mut self.matrix;
        (*xx, *yy, *tt) = (*xx + x, *yy + y, *tt + turn);
        let [ahead, aside, turning] = &mut self.right;
        (*ahead, *aside) = (*ahead + x * before[0], *aside + y * before[1]);
        *turning += turn * before[2];
    }

    /// A row that resists like a mass and wants to give `push` when it stands.
    fn resist(&mut self, row: Twist, mass: f64, push: f64) {
        let [a, b, c] = row;
        let (ma, mb, mc) = (mass * a, mass * b, mass * c);
        let more = [ma * a, ma * b, ma * c, mb * b, mb * c, mc * c];
        self.matrix.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        self.push(row, push);
    }

    fn push(&mut self, row: Twist, impulse: f64) {
        self.right.iter_mut().zip(row).for_each(|(sum, part)| *sum += part * impulse);
    }

    /// By L·D·Lᵀ; the matrix is symmetric, and positive by its masses.
    fn solve(&self) -> Twist {
        let [xx, xy, xt, yy, yt, tt] = self.matrix;
        let [x, y, turn] = self.right;
        let by_x = 1.0 / xx;
        let (ly, lt) = (xy * by_x, xt * by_x);
        let (dy, below) = (yy - ly * xy, yt - lt * xy);
        let l = below / dy;
        let dt = tt - lt * xt - l * below;
        let y = y - ly * x;
        let turned = (turn - lt * x - l * y) / dt;
        let aside = y / dy - l * turned;
        [x * by_x - ly * aside - lt * turned, aside, turned]
    }
}

/// How one step went.
pub(crate) struct Outcome {
    pub(crate) twist: Twist,
    /// A wall pushed.
    pub(crate) pushed: bool,
}

/// The parts that take part in a step.
pub(crate) struct Step<'s> {
    pub(crate) inertia: Inertia,
    /// Of a wheel, and one over it.
    pub(crate) radius_m: [f64; 2],
    pub(crate) wheels: &'s mut [Wheel],
    pub(crate) axles: &'s mut [Axle],
    pub(crate) motors: &'s mut [Motor],
    pub(crate) contacts: &'s Contacts,
    /// The walls' normals in the body's frame.
    pub(crate) normals: [(f64, f64); MOST],
}

impl Step<'_> {
    /// From this twist on.
    pub(crate) fn run(mut self, before: Twist) -> Outcome {
        self.share(before);
        let mut walls = [false; MOST];
        let mut twist = before;
        for _ in 0..LOOKS {
            twist = self.solve(before, &walls);
            if !self.judge(twist, &mut walls) {
                break;
            }
        }
        for (wheel, motor) in self.wheels.iter().zip(self.motors.iter_mut()) {
            let spin = motor.spin();
            motor.finish(wheel.speed(spin, dot(wheel.along, twist), self.radius_m));
        }
        Outcome { twist, pushed: walls.contains(&true) }
    }

    /// Divides the grip of each tyre between its two directions.
    fn share(&mut self, twist: Twist) {
        if self.axles.is_empty() {
            return;
        }
        let driven = self.axles.iter().filter(|axle| axle.share > 0.0);
        let aside = driven.fold(0.0, |most: f64, axle| most.max(dot(axle.across, twist).abs()));
        let mut used = 0.0;
        for (wheel, motor) in self.wheels.iter_mut().zip(self.motors.iter()) {
            let slip = motor.speed_rad_s() * self.radius_m[0] - dot(wheel.along, twist);
            used += wheel.limit - wheel.divide(slip.abs(), aside);
        }
        for axle in self.axles.iter_mut() {
            axle.has = (axle.limit - axle.share * used).max(0.0);
        }
    }

    fn solve(&self, before: Twist, walls: &[bool; MOST]) -> Twist {
        let mut system = System::default();
        let [_, by_radius] = self.radius_m;
        for (wheel, motor) in self.wheels.iter().zip(self.motors.iter()) {
            match wheel.hold {
                Hold::Holds => {
                    let Spin { push, inertia } = motor.spin();
                    system.resist(wheel.along, inertia * by_radius * by_radius, push * by_radius);
                }
                Hold::Slides(way) => system.push(wheel.along, way * wheel.pushes),
            }
        }
        for axle in self.axles.iter() {
            match axle.hold {
                Hold::Holds => system.resist(axle.across, WALL * self.inertia[0], 0.0),
                Hold::Slides(way) => system.push(axle.across, way * axle.has),
            }
        }
        for (index, contact) in self.contacts.all().iter().enumerate().filter(|(index, _)| walls[*index]) {
            let mass = WALL * self.inertia[0];
            system.resist(self.wall(index), mass, mass * nearing(contact.gap_m));
        }
        system.body(self.inertia, before);
        system.solve()
    }

    /// Looks at every limit with what came out, and says whether one is another than was thought.
    fn judge(&mut self, twist: Twist, walls: &mut [bool; MOST]) -> bool {
        let mut changed = false;
        let [radius_m, by_radius] = self.radius_m;
        for (wheel, motor) in self.wheels.iter_mut().zip(self.motors.iter_mut()) {
            let spin = motor.spin();
            let rim = dot(wheel.along, twist);
            let speed_rad_s = wheel.speed(spin, rim, self.radius_m);
            let impulse = (spin.push - spin.inertia * rim * by_radius) * by_radius;
            wheel.gives = impulse;
            changed |= motor.rubs(speed_rad_s);
            let hold = wheel.hold.judged(impulse, speed_rad_s * radius_m - rim, wheel.limit);
            changed |= std::mem::replace(&mut wheel.hold, hold) != hold;
        }
        let mass = WALL * self.inertia[0];
        for axle in self.axles.iter_mut() {
            let aside = -dot(axle.across, twist);
            let hold = axle.hold.judged(mass * aside, aside, axle.has);
            changed |= std::mem::replace(&mut axle.hold, hold) != hold;
        }
        for (index, contact) in self.contacts.all().iter().enumerate() {
            let towards = nearing(contact.gap_m) - dot(self.wall(index), twist);
            // A millionth of a millimetre a second is what rounding makes of a wall.
            let pushes = if walls[index] { towards >= 0.0 } else { towards > 1e-9 };
            changed |= std::mem::replace(&mut walls[index], pushes) != pushes;
        }
        changed
    }

    fn wall(&self, index: usize) -> Twist {
        let (x, y) = self.normals[index];
        [x, y, 0.0]
    }
}

impl Wheel {
    pub(crate) fn new(along: Twist, limit: f64) -> Self {
        Self { along, limit, pushes: limit, gives: 0.0, hold: Hold::Holds }
    }

    /// Takes what it needs along its way, at this slip, and says what is left across it where it slips `aside`.
    fn divide(&mut self, slip: f64, aside: f64) -> f64 {
        self.pushes = self.limit;
        if self.hold == Hold::Holds {
            return libm::sqrt((self.limit * self.limit - self.gives * self.gives).max(0.0));
        }
        let all = libm::sqrt(slip * slip + aside * aside);
        if all < CREEPS {
            return 0.0;
        }
        self.pushes = self.limit * slip / all;
        self.limit * aside / all
    }

    pub(crate) fn rest(&mut self) {
        (self.hold, self.gives) = (Hold::Holds, 0.0);
    }

    pub(crate) fn holds(&self) -> bool {
        self.hold == Hold::Holds
    }

    /// Takes it into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        into.number(self.hold.number());
        into.number(self.gives);
    }

    /// How fast it comes out of the step, with the floor going so fast under it.
    fn speed(&self, Spin { push, inertia }: Spin, rim: f64, [radius_m, by_radius]: [f64; 2]) -> f64 {
        match self.hold {
            Hold::Holds => rim * by_radius,
            Hold::Slides(way) => (push - radius_m * way * self.pushes) / inertia,
        }
    }
}

impl Axle {
    /// `share` is what of the wheels that motors turn stands on it.
    pub(crate) fn new(across: Twist, limit: f64, share: f64) -> Self {
        Self { across, limit, has: limit, share, hold: Hold::Holds }
    }

    pub(crate) fn rest(&mut self) {
        self.hold = Hold::Holds;
    }

    pub(crate) fn holds(&self) -> bool {
        self.hold == Hold::Holds
    }

    /// Takes it into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        into.number(self.hold.number());
    }
}

/// How fast the circle may go from a wall that is so far away, m/s: below zero towards it.
fn nearing(gap_m: f64) -> f64 {
    -gap_m.max(0.0) / STEP_S
}

pub(crate) fn dot(a: Twist, b: Twist) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
