//! Laws that the car obeys whatever it is told, and figures that can be worked out by hand.

#[path = "../../examples/physics/table.rs"]
pub(crate) mod table;

use std::time::Duration;

use hal::{Board, Car, Drive, Motion, Platform, Target};
use proptest::prelude::*;
use sim::{Fault, Sim};

use crate::rig::{NO_LOAD_RAD_S, Rig, Side, TOP_MPS, TRACK_M};
use crate::steady::Steady;

fn within_a_percent(got: f64, expected: f64) -> bool {
    (got - expected).abs() <= 0.01 * expected.abs()
}

fn l298n() -> Board {
    Board::preset("l298n").expect("a preset")
}

/// Of a wheel at full power with so much to carry besides itself, kilogram square metres: what both motors draw, the
/// battery drops.
fn time_constant_s(board: &Board, carries: f64) -> f64 {
    let model = &board.model;
    let ohms = model.motor_ohms + 1.15 + 2.0 * model.battery_ohms;
    let friction = model.friction_nm + model.drag_nm_s * NO_LOAD_RAD_S;
    let amps = friction / model.motor_nm_per_a;
    let volts_a_rad_s = (8.4 - 1.4 - 0.5 * model.battery_ohms - ohms * amps) / NO_LOAD_RAD_S;
    (model.wheel_kg_m2 + carries) / (model.motor_nm_per_a * volts_a_rad_s / ohms + model.drag_nm_s)
}

fn motion(rig: &Rig) -> Motion {
    rig.sim.motion().expect("a chassis")
}

fn any_side() -> impl Strategy<Value = Side> {
    prop_oneof![4 => (-1.0..=1.0).prop_map(Side::Power), 1 => Just(Side::Brake), 1 => Just(Side::Coast)]
}

/// What both sides are told, and for how many milliseconds.
fn any_drive() -> impl Strategy<Value = Vec<(Side, Side, u64)>> {
    prop::collection::vec((any_side(), any_side(), 0..400_u64), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_wheel_is_ever_faster_than_without_load_nor_the_car_than_its_top_speed(drive in any_drive()) {
        let mut rig = Rig::new();
        for (left, right, ms) in drive {
            rig.set(left, right);
            rig.run_ms(ms);
            prop_assert!(rig.speeds().iter().all(|speed| speed.abs() <= NO_LOAD_RAD_S * (1.0 + 1e-12)));
            let Motion { linear_mps, angular_rad_s, heading_rad, .. } = motion(&rig);
            prop_assert!(linear_mps.abs() <= TOP_MPS * (1.0 + 1e-12));
            prop_assert!(angular_rad_s.abs() <= 2.0 * TOP_MPS / TRACK_M * (1.0 + 1e-12));
            prop_assert!(heading_rad.abs() <= std::f64::consts::PI);
        }
    }

    #[test]
    fn with_nothing_to_drive_it_a_car_only_slows_down(start in any_drive(), shorted: bool) {
        let mut rig = Rig::new();
        for (left, right, ms) in start {
            rig.set(left, right);
            rig.run_ms(ms);
        }
        let idle = if shorted { Side::Brake } else { Side::Coast };
        rig.set(idle, idle);
        let mut before = rig.speeds();
        for _ in 0..50 {
            rig.run_ms(10);
            let after = rig.speeds();
            for (after, before) in after.iter().zip(before) {
                prop_assert!(after.abs() <= before.abs() && after * before >= 0.0);
            }
            before = after;
        }
    }

    #[test]
    fn left_and_right_exchanged_is_the_mirror_image(drive in any_drive()) {
        let (mut one, mut other) = (Rig::new(), Rig::new());
        for (left, right, ms) in drive {
            one.set(left, right);
            other.set(right, left);
            one.run_ms(ms);
            other.run_ms(ms);
        }
        let (one, other) = (motion(&one), motion(&other));
        // In every bit: it has one wheel on each side.
        prop_assert_eq!((one.x_m, one.y_m), (other.x_m, -other.y_m));
        prop_assert_eq!((one.linear_mps, one.lateral_mps), (other.linear_mps, -other.lateral_mps));
        prop_assert_eq!((one.heading_rad, one.angular_rad_s), (-other.heading_rad, -other.angular_rad_s));
    }

    #[test]
    fn wheels_of_a_car_that_turns_on_the_spot_answer_full_power_as_the_closed_form_says(ms in 1..1000_u64) {
        let mut rig = Rig::new();
        rig.set(Side::Power(1.0), Side::Power(-1.0));
        rig.run_ms(ms);
        let board = l298n();
        // Half of the car's moment of inertia is each wheel's, through the arm of half a track.
        let turns = board.model.mass_kg * board.model.radius_m.powi(2) / 2.0;
        let each = turns * (0.0325 / (TRACK_M / 2.0)).powi(2) / 2.0;
        let expected = NO_LOAD_RAD_S * (1.0 - (-(ms as f64) * 1e-3 / time_constant_s(&board, each)).exp());
        let [left, right] = rig.speeds();
        prop_assert!(within_a_percent(left, expected), "{left} for {expected}");
        prop_assert_eq!(left, -right);
    }

    #[test]
    fn a_steady_turn_is_an_arc_of_the_radius_that_the_wheels_say(left in 0.55..1.0_f64, right in 0.55..1.0_f64) {
        prop_assume!((left - right).abs() > 0.02);
        let mut rig = Rig::new();
        rig.set(Side::Power(left), Side::Power(right));
        // Where a bridge lets go of its motor, less holds it back: the slower takes a second.
        rig.run_ms(6000);
        let Motion { x_m: x0, y_m: y0, heading_rad: from, .. } = motion(&rig);
        rig.run_ms(300);
        let Motion { x_m, y_m, heading_rad, .. } = motion(&rig);

        let shares = Steady::of(&l298n()).shares(&[left, right]);
        let (left, right) = (shares[0], shares[1]);
        let radius = TRACK_M / 2.0 * (left + right) / (right - left);
        let turn = (right - left) * TOP_MPS / TRACK_M * 0.3;
        let turned = (heading_rad - from).sin().atan2((heading_rad - from).cos());
        let chord = (x_m - x0).hypot(y_m - y0);
        prop_assert!(within_a_percent(turned, turn), "{turned} for {turn}");
        prop_assert!(within_a_percent(chord, (2.0 * radius * (turn / 2.0).sin()).abs()), "{chord}");
    }
}

#[test]
fn full_power_straight_ahead_ends_at_the_top_speed_of_the_board() {
    let mut rig = Rig::new();
    rig.set(Side::Power(1.0), Side::Power(1.0));
    rig.run_ms(2000);
    let Motion { x_m, y_m, heading_rad, linear_mps, angular_rad_s, .. } = motion(&rig);
    // What it drew on its way there the battery no longer has.
    assert!((linear_mps - TOP_MPS).abs() < 1e-3, "{linear_mps}");
    // A time constant's worth of way is lost to getting there.
    let lost_s = time_constant_s(&l298n(), 1.0 * 0.0325 * 0.0325 / 2.0);
    assert!(within_a_percent(x_m, TOP_MPS * (2.0 - lost_s)), "{x_m}");
    assert_eq!((y_m, heading_rad, angular_rad_s), (0.0, 0.0, 0.0));
    let turned = rig.sim.wheel_angle_rad("left").unwrap();
    assert!((turned * 0.0325 - x_m).abs() < 1e-9);
}

#[test]
fn a_car_that_brakes_stands_after_less_than_half_of_the_way_of_one_that_coasts() {
    let [short, open] = [Side::Brake, Side::Coast].map(|idle| {
        let mut rig = Rig::new();
        rig.set(Side::Power(1.0), Side::Power(1.0));
        rig.run_ms(2000);
        let from = motion(&rig).x_m;
        rig.set(idle, idle);
        rig.run_ms(20_000);
        assert_eq!(motion(&rig).linear_mps, 0.0);
        motion(&rig).x_m - from
    });
    assert!(short < 0.5 * open && short > 0.05, "{short} {open}");
}

#[test]
fn a_car_that_nobody_has_touched_stays_where_it_is() {
    let rig = Rig::new();
    rig.run_ms(10_000);
    assert_eq!(motion(&rig), Motion::default());
}

/// What is said of the motors of a preset with encoders within three seconds of a power, with so much left in the battery.
fn said(preset: &str, power: f64, charge: f64, stalled: bool) -> Vec<String> {
    let toml = hal::board::PRESETS.iter().find(|other| other.name == preset).expect("a preset").toml;
    let encoder = |side, a, b| {
        format!("[motors.{side}.encoder]\na = \"gpio:{a}\"\nb = \"gpio:{b}\"\npulses_per_turn = 20\n")
    };
    let encoders = encoder("left", "GPIO16", "GPIO26") + &encoder("right", "GPIO20", "GPIO21");
    let mut board = Board::parse(preset, &format!("{toml}\n{encoders}")).expect("a board");
    board.model.battery_ah = 0.01;
    let sim = Sim::new(&board);
    // Its computer draws half an ampere.
    sim.step(Duration::from_secs_f64((1.0 - charge) * 0.01 * 3600.0 / 0.5));
    let mut car = Car::assemble(&board, &mut sim.clone()).expect("a whole car");
    if stalled {
        sim.fault(Fault::MotorStalled("left".into()));
    }
    let drive = Drive::Power { throttle: power, steer: 0.0, strafe: 0.0 };
    for _ in 0..300 {
        car.apply(&Target { drive, ..Target::default() }, sim.now()).expect("it obeys");
        car.sense(sim.now());
        sim.step(Duration::from_millis(10));
    }
    car.sensor_news().iter().map(|news| format!("{news:?}")).collect()
}

#[test]
fn a_wheel_is_said_to_stand_where_something_holds_it_and_not_where_the_power_is_too_little() {
    for preset in ["l298n", "drv8833", "tb6612"] {
        for charge in [1.0, 0.2] {
            for power in [0.3, 0.4, 0.42, 0.5, 0.6, 0.65, 0.7] {
                let said = said(preset, power, charge, false);
                assert!(said.is_empty(), "{preset} {power} {charge}: {said:?}");
            }
        }
        let said = said(preset, 0.7, 1.0, true);
        assert!(said.len() == 1 && said[0].contains("does not turn"), "{preset}: {said:?}");
    }
}

/// `cargo run --release -p sim --example physics` prints it.
#[test]
fn every_model_is_within_a_percent_of_its_closed_form() {
    for row in table::all() {
        assert!(row.off() <= table::BOUND, "{row:?}");
    }
}
