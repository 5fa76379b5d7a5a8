//! Boards that stand without their car: brought to rest by somebody else, because it is stuck, or not driven yet.

use super::*;
use crate::board::{Level, OutputSpec};

/// A car that drives and cannot be asked to stop any more, and its bench.
fn runaway(board: &Board) -> (Car, Bench) {
    let (mut car, bench) = car(board);
    car.apply(&go(1.0, 0.0), NOW).unwrap();
    all_do(board, &bench, Does::Turn(1.0));
    bench.take_log();
    bench.world().history.clear();
    (car, bench)
}

fn said(result: Result<(), Vec<AssembleError>>) -> Vec<String> {
    result.unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn every_preset_is_brought_to_rest_without_its_car_and_again_without_a_change() {
    for board in boards() {
        let (_stuck, bench) = runaway(&board);
        Car::rest(&board, &mut bench.clone()).unwrap();
        all_do(&board, &bench, Does::Brake);
        let history = bench.world().history.clone();
        for (outputs, motor) in history.iter().flat_map(|o| board.motors.iter().map(move |m| (o, m))) {
            let does = does(&board, motor, outputs);
            assert!(!matches!(does, Does::Turn(power) if power < 0.0), "{}: {outputs:?}", motor.name);
        }
        let outputs = bench.world().outputs.clone();
        Car::rest(&board, &mut bench.clone()).unwrap();
        assert_eq!(bench.world().outputs, outputs, "{}", board.name);
    }
}

#[test]
fn lines_are_low_before_a_bus_is_waited_for_and_standby_is_the_first() {
    let board = Board::preset("demo").unwrap();
    let (_stuck, bench) = runaway(&board);
    Car::rest(&board, &mut bench.clone()).unwrap();
    let log = bench.take_log();
    assert_eq!(log[0], "open gpio:GPIO22");
    let chip = log.iter().position(|line| line.starts_with("open pca9685")).unwrap();
    assert!(log[..chip].iter().all(|line| line.starts_with("open gpio:")), "{log:?}");
    assert_eq!(chip, 5, "standby and four inputs");
}

#[test]
fn a_chip_that_does_not_answer_is_named_with_its_address_and_all_else_is_at_rest() {
    let board = Board::preset("demo").unwrap();
    let (_stuck, bench) = runaway(&board);
    bench.world().dead = Some("pca9685".to_owned());
    let said = said(Car::rest(&board, &mut bench.clone()));
    assert_eq!(said, ["board `demo`, chip pca9685@0x40: pca9685@0x40: made to fail"]);
    // The chip still gives full duty; the bridges sleep, with both inputs low.
    for line in ["GPIO17", "GPIO27", "GPIO22", "GPIO23", "GPIO24"] {
        assert_eq!(bench.world().outputs[&format!("gpio:{line}")], 0.0, "{line}");
    }
    all_do(&board, &bench, Does::Coast);
}

#[test]
fn whichever_output_is_dead_it_is_named_and_every_other_one_is_safe() {
    for board in boards() {
        let (_stuck, bench) = runaway(&board);
        // What begins a measurement moves nothing.
        let trigger = board.range.as_ref().map(|range| format!("gpio:{}", range.trigger));
        let moves = |name: &&String| !name.contains('@') && Some(*name) != trigger.as_ref();
        let names: Vec<String> = bench.world().outputs.keys().filter(moves).cloned().collect();
        for dead in names {
            let (_stuck, bench) = runaway(&board);
            bench.world().dead = Some(dead.clone());
            let said = said(Car::rest(&board, &mut bench.clone()));
            assert_eq!(said.len(), 1, "{said:?}");
            assert!(said[0].contains(&dead), "{said:?}");
            let outputs = bench.world().outputs.clone();
            let low_is_on = |output: &&OutputSpec| output.active == Level::Low;
            let high: Vec<_> = board.outputs.iter().filter(low_is_on).map(|o| o.pin.to_string()).collect();
            // A chip whose reset line is high runs, with its channels off; a direction without a duty is harmless.
            let kept: Vec<String> = kept(&board).collect();
            for (name, share) in outputs.iter().filter(|(name, _)| **name != dead && !kept.contains(name)) {
                let rests = f64::from(u8::from(high.contains(name)));
                assert_eq!(*share, rests, "{name} of {} while {dead} is dead", board.name);
            }
        }
    }
}

#[test]
fn no_preset_turns_a_motor_by_the_resistors_with_which_a_raspberry_pi_starts() {
    // GPIO0 to GPIO8 up, the others down (BCM2835 ARM Peripherals, table 6-31); chips start off.
    let mut pulled = Outputs::new();
    for line in 0..=8 {
        for pin in [format!("gpio:GPIO{line}"), format!("pwm:soft:{line}"), format!("pwm:header:{line}")] {
            pulled.insert(pin, 1.0);
        }
    }
    for preset in PRESETS {
        let board = Board::preset(preset.name).unwrap();
        for motor in &board.motors {
            let found = does(&board, motor, &pulled);
            assert!(!matches!(found, Does::Turn(_)), "{} of {}: {found:?}", motor.name, board.name);
        }
    }
}

/// The lines of a Robot HAT that may stay high.
fn kept(board: &Board) -> impl Iterator<Item = String> {
    let resets = board.chips.iter().filter_map(|chip| match &chip.kind {
        ChipKind::RobotHat { reset } => reset.as_ref().map(|line| format!("gpio:{line}")),
        _ => None,
    });
    let directions = board.motors.iter().filter_map(|motor| match &motor.driver {
        DriverSpec::HBridge(BridgeSpec::RobotHat { direction, .. }) => Some(board.pin_name(direction)),
        _ => None,
    });
    resets.chain(directions)
}
