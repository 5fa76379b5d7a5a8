//! What sensors are for: cars that find their way through the presets' worlds by nothing else, with the noise of real
//! ones.

use std::time::Duration;

use hal::{Board, Drive, Target};
use sim::{Setup, World};

use crate::trip::Trip;

fn trip(board: &str, world: &str, seed: u64) -> Trip {
    let world = World::preset(world).expect("a preset");
    let board = Board::preset(board).expect("a preset");
    Trip::of(&board, &Setup { world, seed, noise: 1.0, ..Setup::default() })
}

/// Where a car is that sees a line, to the right of it positive; what it knew before where it sees none.
fn off_line(line: &[f64], before: f64) -> f64 {
    let [left, middle, right] = line[..] else { panic!("three sensors") };
    let seen = left + middle + right;
    if seen < 0.5 { before.signum() * 1.5 } else { (left - right) / seen }
}

/// Goes round the track by its line sensors. How long it took.
fn lap(board: &str, seed: u64, throttle: f64, gain: f64) -> Duration {
    let mut trip = trip(board, "track", seed);
    let mut off = 0.0;
    // Along the long straight, up, into the dent and out of it, and down again.
    for (x, y) in [(1.5, 0.0), (2.4, 1.0), (1.0, 1.45), (0.5, 1.45), (-0.9, 1.0), (0.0, 0.0)] {
        while (trip.truth().x_m - x).hypot(trip.truth().y_m - y) > 0.15 {
            assert!(trip.now < Duration::from_secs(120), "{board} is lost at {:?}", trip.truth());
            trip.drive(throttle, gain * off, 20);
            off = trip.car.readings().line().map_or(off, |line| off_line(&line, off));
        }
    }
    trip.now
}

#[test]
fn a_car_goes_round_the_track_by_its_line_sensors() {
    for seed in [1, 2] {
        let took = [lap("classroom", seed, 0.5, 0.35), lap("picar-x", seed, 0.4, 0.8)];
        assert!(took.iter().all(|took| *took > Duration::from_secs(10)), "{took:?}");
    }
}

#[test]
fn a_car_stops_for_what_it_hears_ahead_and_not_before() {
    let mut trip = trip("classroom", "corridor", 3);
    trip.stand();
    while trip.car.readings().range_m.is_none_or(|range_m| range_m > 0.35) {
        assert!(trip.now < Duration::from_secs(60), "{:?}", trip.truth());
        trip.drive(0.5, 0.0, 20);
    }
    trip.hold(&Target { drive: Drive::Brake, ..Target::default() }, 1_000);
    assert!(trip.truth().linear_mps.abs() < 1e-3, "{:?}", trip.truth());
    assert!(trip.truth().x_m > 0.5, "{:?}", trip.truth());
    let range = trip.car.readings().range_m.expect("the wall");
    assert!((0.15..0.4).contains(&range), "{range}");
}

#[test]
fn in_the_corridor_the_head_finds_a_wall_on_either_side() {
    let mut trip = trip("classroom", "corridor", 4);
    let [left, right] = [85.0, -85.0].map(|pan_deg| {
        trip.hold(&Target { pan_deg, ..Target::default() }, 1_000);
        trip.car.readings().range_m.expect("a wall")
    });
    assert!((left + right - 1.0).abs() < 0.05, "it is a metre wide: {left} {right}");
}

/// A gyroscope that is set to zero at rest knows the angle of a turn.
#[test]
fn a_car_that_turns_by_its_gyroscope_turns_as_far_as_it_believes() {
    let mut trip = trip("classroom", "open", 5);
    trip.hold(&Target::default(), 300);
    let mut zero = 0.0;
    for _ in 0..50 {
        trip.hold(&Target::default(), 20);
        zero += trip.car.readings().imu.expect("it answers").rotation[2] / 50.0;
    }
    assert!(zero.abs() > 1e-4, "nobody calibrated it: {zero}");
    let mut turned = 0.0;
    while turned < 3.0 {
        trip.drive(0.0, 0.5, 20);
        turned += (trip.car.readings().imu.expect("it answers").rotation[2] - zero) * 0.02;
        assert!(trip.now < Duration::from_secs(30), "{turned}");
    }
    // Its sensitivity may be off by three in a hundred, and a turn of 20 ms is the least that is told.
    let error = turned - trip.truth().heading_rad;
    assert!(error.abs() < 0.15, "{error}");
}
