//! What a command costs on the I²C bus: a byte is nine bits, the address is a byte.

use std::time::Duration;

use hal::{Board, Car, Drive, Target};
use sim::{Direction, Sim, Transfer};

/// Fast mode (UM10204, table 10).
const BUS_HZ: f64 = 400e3;

/// What a change of two motors on a PCA9685 may take of it.
const PROMISED_US: f64 = 500.0;

fn busy_us(transfers: &[Transfer]) -> f64 {
    transfers.iter().map(|transfer| 1.0 + transfer.bytes.len() as f64).sum::<f64>() * 9.0 / BUS_HZ * 1e6
}

/// What goes over the bus when a preset's car that does the first drive is told the second.
fn change(preset: &str, from: Drive, to: Drive) -> Vec<Transfer> {
    let board = Board::preset(preset).expect("a preset");
    let sim = Sim::new(&board);
    let mut car = Car::assemble(&board, &mut sim.clone()).expect("a car");
    let mut now = Duration::ZERO;
    let mut tell = |drive| {
        now += Duration::from_millis(10);
        car.apply(&Target { drive, ..Target::default() }, now).expect("obeys");
        sim.step(Duration::from_millis(10));
    };
    tell(from);
    sim.record_bus();
    tell(to);
    sim.take_bus_transcript()
}

fn power(throttle: f64, steer: f64) -> Drive {
    Drive::Power { throttle, steer, strafe: 0.0 }
}

#[test]
fn a_change_of_two_motors_is_one_burst_of_less_than_half_a_millisecond() {
    let transfers = change("demo", power(0.5, 0.0), power(0.6, 0.05));
    assert_eq!(transfers.len(), 1, "{transfers:?}");
    assert_eq!(transfers[0].direction, Direction::Write);
    // The register, and four bytes for each of two channels.
    assert_eq!(transfers[0].bytes.len(), 9);
    assert!(busy_us(&transfers) < PROMISED_US, "{} µs", busy_us(&transfers));
}

#[test]
fn what_does_not_change_is_not_written() {
    assert_eq!(change("demo", power(0.5, 0.1), power(0.5, 0.1)), []);
    assert_eq!(change("demo", Drive::Brake, Drive::Brake), []);
}

#[test]
fn one_motor_of_two_is_one_channel() {
    // The right one keeps its power: 0.5 + 0.1 and 0.45 + 0.15.
    let transfers = change("demo", power(0.5, 0.1), power(0.45, 0.15));
    let bytes: Vec<usize> = transfers.iter().map(|transfer| transfer.bytes.len()).collect();
    assert_eq!(bytes, [5]);
}

#[test]
fn braking_two_motors_takes_less_than_half_a_millisecond() {
    let transfers = change("demo", power(0.5, 0.0), Drive::Brake);
    assert!(busy_us(&transfers) < PROMISED_US, "{} µs: {transfers:?}", busy_us(&transfers));
}
