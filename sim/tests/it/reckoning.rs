//! Where a car believes to be, beside where the simulator knows it to be; and what it sees ahead.

use std::time::Duration;

use hal::odometry::Source;
use hal::sensor::News;
use hal::{Board, Car, Drive, Motion, Platform, Target, WheelPower};
use sim::{Fault, Sensor, Sim};

use crate::steady::calibrated;

/// The demo car, with `more` at its end and encoders of 20 pulses where `lines` are.
fn demo(lines: [&str; 2], more: &str) -> Board {
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset");
    let encoder = |side: &str, lines: &str| match lines {
        "" => String::new(),
        lines => format!("[motors.{side}.encoder]\n{lines}\npulses_per_turn = 20\n"),
    };
    let text = format!("{}\n{}{}{more}", preset.toml, encoder("left", lines[0]), encoder("right", lines[1]));
    Board::parse("reckoning.toml", &text).expect("a sound board")
}

struct Trip {
    sim: Sim,
    car: Car,
    now: Duration,
}

impl Trip {
    fn new(board: &Board) -> Self {
        let sim = Sim::new(board);
        let car = Car::assemble(board, &mut sim.clone()).expect("a car");
        Self { sim, car, now: Duration::ZERO }
    }

    /// As a control loop does, 100 times a second.
    fn drive(&mut self, drive: Drive, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        let mut tick = self.now;
        while self.now < end {
            self.sim.advance(self.now);
            if self.now >= tick {
                tick = self.now + Duration::from_millis(10);
                self.car.apply(&Target { drive, ..Target::default() }, self.now).expect("applied");
            }
            self.now = self.car.sense(self.now).clamp(self.now, tick);
        }
    }

    fn power(&mut self, throttle: f64, steer: f64, ms: u64) {
        self.drive(Drive::Power { throttle, steer, strafe: 0.0 }, ms);
    }

    fn truth(&self) -> Motion {
        self.sim.motion().expect("a chassis")
    }

    fn believes(&self) -> Motion {
        self.car.odometry().1
    }

    #[track_caller]
    fn agrees(&self, metres: f64, radians: f64) {
        let (truth, believes) = (self.truth(), self.believes());
        let near = (truth.x_m - believes.x_m).hypot(truth.y_m - believes.y_m) < metres;
        assert!(
            near && (truth.heading_rad - believes.heading_rad).abs() < radians,
            "{truth:?}\n{believes:?}"
        );
    }
}

const QUADRATURE: [&str; 2] =
    ["a = \"gpio:GPIO5\"\nb = \"gpio:GPIO6\"", "a = \"gpio:GPIO12\"\nb = \"gpio:GPIO13\"\ninvert = true"];

#[test]
fn a_car_with_encoders_knows_where_it_is_wherever_it_went() {
    let mut trip = Trip::new(&demo(QUADRATURE, ""));
    assert_eq!(trip.car.odometry().0, Source::Encoders);
    trip.power(1.0, 0.0, 700);
    let speed = trip.believes().linear_mps;
    assert!((speed - trip.truth().linear_mps).abs() < 0.06, "{speed}");
    trip.power(0.5, 0.3, 900);
    trip.power(-0.8, 0.1, 800);
    trip.drive(Drive::Brake, 1_000);
    // A count is 65 mm × π / 80 = 2.6 mm; of two wheels 130 mm apart, 0.02 rad.
    trip.agrees(0.015, 0.045);
    assert_eq!(trip.believes().linear_mps, 0.0);
    assert_eq!(trip.car.sensor_news(), []);
}

#[test]
fn encoders_of_one_line_take_their_direction_from_the_power() {
    let mut trip = Trip::new(&demo(["a = \"gpio:GPIO5\"", "a = \"gpio:GPIO6\""], ""));
    trip.power(1.0, 0.0, 700);
    trip.drive(Drive::Brake, 500);
    trip.power(-1.0, 0.0, 500);
    trip.drive(Drive::Brake, 500);
    assert!(trip.truth().x_m > 0.05);
    trip.agrees(0.02, 0.1);
}

#[test]
fn a_car_without_encoders_believes_what_it_was_told_and_stands_when_it_brakes() {
    let mut trip = Trip::new(&calibrated(&demo(["", ""], "")));
    assert_eq!(trip.car.odometry().0, Source::Commanded);
    trip.power(1.0, 0.0, 1_000);
    assert!((trip.believes().linear_mps - 0.68).abs() < 1e-9);
    trip.drive(Drive::Brake, 1_000);
    assert_eq!(trip.believes().linear_mps, 0.0);
    // What it gets too little while it starts, it rolls on when it stops, less what friction takes.
    trip.agrees(0.04, 0.01);
    trip.power(0.0, 0.5, 400);
    trip.drive(Drive::Brake, 1_000);
    trip.agrees(0.04, 0.35);
}

#[test]
fn a_car_that_failed_believes_no_wheel_to_turn_until_it_is_driven_again() {
    let mut trip = Trip::new(&demo(["", ""], ""));
    trip.power(1.0, 0.0, 500);
    trip.sim.fault(Fault::ChipSilent("pca9685@0x40".into()));
    trip.sim.advance(trip.now);
    let drive = Drive::Power { throttle: 0.3, steer: 0.0, strafe: 0.0 };
    trip.car.apply(&Target { drive, ..Target::default() }, trip.now).unwrap_err();
    trip.car.halt().unwrap_err();
    assert_eq!(trip.car.wheels(), WheelPower::default());
    trip.car.sense(trip.now);
    let stands = trip.believes();
    assert_eq!(stands.linear_mps, 0.0);
    for _ in 0..100 {
        trip.now += Duration::from_millis(10);
        trip.sim.advance(trip.now);
        trip.car.sense(trip.now);
    }
    assert_eq!(trip.believes(), stands);
    trip.sim.mend_all();
    trip.car.recover().expect("it answers");
    trip.power(0.5, 0.0, 500);
    assert!(trip.believes().x_m > stands.x_m + 0.1);
}

#[test]
fn what_an_esc_does_not_do_yet_is_not_believed() {
    // It arms for two seconds, and brakes before it reverses.
    let mut trip = Trip::new(&Board::preset("donkeycar").expect("a preset"));
    trip.power(1.0, 0.0, 1_900);
    assert_eq!((trip.believes(), trip.car.wheels()), (Motion::default(), WheelPower::default()));
    assert_eq!(trip.truth().x_m, 0.0);
    trip.power(1.0, 0.0, 500);
    let (ahead, wheels) = (trip.believes().x_m, trip.car.wheels());
    assert!(ahead > 0.5 && wheels.left == 1.0 && wheels.right == 1.0, "{ahead} {wheels:?}");
    trip.power(-0.5, 0.0, 390);
    let (believes, wheels) = (trip.believes(), trip.car.wheels());
    assert_eq!((believes.linear_mps, wheels), (0.0, WheelPower::default()), "it brakes");
    trip.power(-0.5, 0.0, 100);
    assert!(trip.believes().linear_mps < 0.0 && trip.car.wheels().left == -0.5);
}

#[test]
fn an_encoder_on_one_side_alone_does_not_count() {
    let trip = Trip::new(&demo([QUADRATURE[0], ""], ""));
    assert_eq!(trip.car.odometry().0, Source::Commanded);
}

const RANGE: &str = "[range]\ntrigger = \"gpio:GPIO20\"\necho = \"gpio:GPIO21\"\n";

#[test]
fn a_car_sees_what_is_ahead_within_reach_and_nothing_else() {
    let mut trip = Trip::new(&demo(["", ""], RANGE));
    trip.drive(Drive::Brake, 500);
    assert_eq!(trip.car.readings().range_m, None, "nothing is ahead");
    for (ahead, seen) in
        [(Some(0.02), Some(0.02)), (Some(1.0), Some(1.0)), (Some(3.9), Some(3.9)), (Some(4.2), None)]
    {
        assert!(trip.sim.set_range(ahead));
        trip.drive(Drive::Brake, 500);
        let range = trip.car.readings().range_m;
        let near = match (range, seen) {
            (Some(range), Some(seen)) => (range - seen).abs() < 0.001 * seen + 1e-3,
            (range, seen) => range == seen,
        };
        assert!(near, "{range:?} of {ahead:?}");
    }
    assert_eq!(trip.car.sensor_news(), []);
}

#[test]
fn without_an_echo_line_that_answers_people_are_told() {
    let mut trip = Trip::new(&demo(["", ""], RANGE));
    trip.sim.set_range(Some(1.0));
    trip.drive(Drive::Brake, 300);
    assert!(trip.car.readings().range_m.is_some());
    trip.sim.fault(Fault::SensorSilent(Sensor::Range));
    trip.drive(Drive::Brake, 1_000);
    assert_eq!(trip.car.readings().range_m, None);
    let [News::Fails(error)] = &trip.car.sensor_news()[..] else { panic!("told once") };
    assert_eq!(
        error.to_string(),
        "range: HC-SR04: no echo begins after its trigger: is it wired, and has it 5 volts?"
    );
}
