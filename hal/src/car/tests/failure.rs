//! Whole cars on a platform that fails when told.

use super::*;
use crate::IoKind;
use crate::bench::OnBench;

#[test]
fn a_car_that_cannot_brake_is_turned_off_when_dropped() {
    let board = Board::preset("freenove-4wd").unwrap();
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0), NOW).unwrap();
    // The halt's first burst fails; the chip is back when it is dropped.
    bench.world().fail_at = Some(0);
    drop(car);
    let outputs = bench.world().outputs.clone();
    for motor in &board.motors {
        assert!(!matches!(does(&board, motor, &outputs), Does::Turn(_)), "{}", motor.name);
    }
}

#[test]
fn a_motor_that_fails_is_named_and_keeps_no_other_from_braking() {
    let board = Board::preset("l298n").unwrap();
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0), NOW).unwrap();
    bench.world().dead = Some("gpio:GPIO27".to_owned());
    let error = car.halt().unwrap_err();
    assert_eq!(error.to_string(), "motor left: gpio:GPIO27: made to fail");
    let outputs = bench.world().outputs.clone();
    assert_eq!(does(&board, &board.motors[1], &outputs), Does::Brake);
    assert!(!matches!(does(&board, &board.motors[0], &outputs), Does::Turn(_)));
}

/// A Robot HAT v5, as picar-x.toml tells its owners to write it.
fn robot_hat_v5() -> Board {
    let mut board = Board::preset("picar-x").unwrap();
    for (index, motor) in board.motors.iter_mut().enumerate() {
        let first = 12 + 2 * index as u8;
        let [in1, in2] = [first, first + 1].map(|channel| PinRef::Chip { chip: 0, channel });
        motor.driver = DriverSpec::HBridge(BridgeSpec::Drv8833 { in1, in2, frequency_hz: 100.0 });
        (motor.deadband, motor.min_duty) = (0.0, 0.0);
    }
    board
}

/// The Freenove car with one input of its first motor far from the other.
fn apart() -> Board {
    let mut board = Board::preset("freenove-4wd").unwrap();
    let DriverSpec::HBridge(BridgeSpec::Drv8833 { in1, .. }) = &mut board.motors[0].driver else {
        panic!("a DRV8833")
    };
    *in1 = PinRef::Chip { chip: 0, channel: 15 };
    board
}

#[test]
fn a_stop_that_is_cut_off_half_way_leaves_no_motor_with_more_power_than_it_had() {
    for board in [apart(), robot_hat_v5(), Board::preset("drv8833").unwrap()] {
        let mut failures = 0;
        for nth in 0..20 {
            let (mut car, bench) = car(&board);
            car.apply(&go(0.25, 0.0), NOW).unwrap();
            bench.world().history.clear();
            bench.world().fail_at = Some(nth);
            failures += usize::from(car.apply(&Target::default(), NOW).is_err());
            for outputs in &bench.world().history {
                for motor in &board.motors {
                    let does = does(&board, motor, outputs);
                    let more = matches!(does, Does::Turn(power) if !(0.0..=0.251).contains(&power));
                    assert!(!more, "{} of {}, write {nth}: {does:?}", motor.name, board.name);
                }
            }
            bench.world().fail_at = None;
            car.halt().unwrap();
            all_do(&board, &bench, Does::Brake);
        }
        assert!((2..20).contains(&failures), "{}: {failures}", board.name);
    }
}

/// The demo car with all wires of its motors on the chip, save the standby line.
fn all_but_standby_on_the_chip() -> Board {
    let mut board = Board::preset("demo").unwrap();
    for (motor, from) in board.motors.iter_mut().zip([2, 4]) {
        let DriverSpec::HBridge(BridgeSpec::Tb6612 { in1, in2, .. }) = &mut motor.driver else {
            panic!("a TB6612")
        };
        *in1 = PinRef::Chip { chip: 0, channel: from };
        *in2 = PinRef::Chip { chip: 0, channel: from + 1 };
    }
    board
}

#[test]
fn motors_whose_chip_no_longer_obeys_are_stopped_by_their_standby_line() {
    let board = all_but_standby_on_the_chip();
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0), NOW).unwrap();
    all_do(&board, &bench, Does::Turn(1.0));
    bench.world().dead = Some("pca9685".to_owned());
    let error = car.halt().unwrap_err();
    assert_eq!(error.source.kind, IoKind::NoAcknowledge, "{error}");
    assert_eq!(bench.world().outputs["gpio:GPIO22"], 0.0);
    all_do(&board, &bench, Does::Coast);

    // Halts that fail do not wake it; one that succeeds does, over brakes.
    car.halt().unwrap_err();
    all_do(&board, &bench, Does::Coast);
    bench.world().dead = None;
    bench.world().history.clear();
    car.halt().unwrap();
    let history = bench.world().history.clone();
    for outputs in &history {
        for motor in &board.motors {
            assert!(!matches!(does(&board, motor, outputs), Does::Turn(_)), "{outputs:?}");
        }
    }
    all_do(&board, &bench, Does::Brake);
    car.apply(&go(-0.5, 0.0), NOW).unwrap();
    all_do(&board, &bench, Does::Turn(-0.5));
}

#[test]
fn a_target_that_cannot_be_written_stops_the_motors_at_once_and_the_next_one_wakes_them_over_brakes() {
    let board = all_but_standby_on_the_chip();
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0), NOW).unwrap();
    bench.world().dead = Some("pca9685".to_owned());
    car.apply(&go(0.5, 0.0), NOW).unwrap_err();
    all_do(&board, &bench, Does::Coast);
    bench.world().dead = None;
    bench.world().history.clear();
    car.apply(&go(0.5, 0.0), NOW).unwrap();
    all_do(&board, &bench, Does::Turn(0.5));
    let woken = bench.world().history.iter().find(|outputs| outputs["gpio:GPIO22"] == 1.0).cloned().unwrap();
    for motor in &board.motors {
        assert_eq!(does(&board, motor, &woken), Does::Brake);
    }
}

#[test]
fn a_car_that_is_dropped_while_its_chip_is_dead_is_stopped_by_its_standby_line() {
    let board = all_but_standby_on_the_chip();
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0), NOW).unwrap();
    bench.world().dead = Some("pca9685".to_owned());
    drop(car);
    assert_eq!(bench.world().outputs["gpio:GPIO22"], 0.0);
    all_do(&board, &bench, Does::Coast);
}

#[test]
fn a_standby_line_that_does_not_rise_is_an_error_until_it_does() {
    let board = Board::preset("demo").unwrap();
    let (mut car, bench) = car(&board);
    bench.world().dead = Some("gpio:GPIO17".to_owned());
    car.halt().unwrap_err();
    bench.world().dead = Some("gpio:GPIO22".to_owned());
    assert_eq!(car.halt().unwrap_err().to_string(), "motor left: gpio:GPIO22: made to fail");
    bench.world().dead = None;
    car.halt().unwrap();
    all_do(&board, &bench, Does::Brake);
}

#[test]
fn a_standby_line_on_a_chip_sleeps_and_wakes_too() {
    let mut board = Board::preset("demo").unwrap();
    for motor in &mut board.motors {
        let DriverSpec::HBridge(BridgeSpec::Tb6612 { standby, .. }) = &mut motor.driver else {
            panic!("a TB6612")
        };
        *standby = Some(PinRef::Chip { chip: 0, channel: 15 });
    }
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0), NOW).unwrap();
    all_do(&board, &bench, Does::Turn(1.0));
    bench.world().dead = Some("gpio:GPIO17".to_owned());
    car.halt().unwrap_err();
    assert_eq!(bench.world().outputs["pca9685@0x40:15"], 0.0);
    bench.world().dead = None;
    car.apply(&go(1.0, 0.0), NOW).unwrap();
    all_do(&board, &bench, Does::Turn(1.0));
}

#[test]
fn a_chip_that_has_nothing_but_a_standby_line_names_the_motor_when_it_fails() {
    let mut board = Board::preset("demo").unwrap();
    let mut chip = board.chips[0].clone();
    chip.address = 0x41;
    board.chips.push(chip);
    for motor in &mut board.motors {
        let DriverSpec::HBridge(BridgeSpec::Tb6612 { standby, .. }) = &mut motor.driver else {
            panic!("a TB6612")
        };
        *standby = Some(PinRef::Chip { chip: 1, channel: 0 });
    }
    let (mut car, bench) = car(&board);
    bench.world().dead = Some("pca9685@0x41".to_owned());
    assert_eq!(car.halt().unwrap_err().to_string(), "motor left: pca9685@0x41: made to fail; tried 3 times");
}

#[test]
fn a_bridge_that_does_not_switch_gets_no_duty() {
    // An L298N brakes with full duty on equal inputs: full speed ahead, if an input did not change.
    let board = Board::preset("l298n").unwrap();
    let (mut car, bench) = car(&board);
    car.apply(&go(0.5, 0.0), NOW).unwrap();
    bench.world().dead = Some("gpio:GPIO17".to_owned());
    car.halt().unwrap_err();
    let outputs = bench.world().outputs.clone();
    assert_eq!(does(&board, &board.motors[0], &outputs), Does::Coast);
    assert_eq!(does(&board, &board.motors[1], &outputs), Does::Brake);
}

#[test]
fn a_bridge_whose_chip_does_not_switch_it_gets_no_duty() {
    // The inputs are on the chip, the enable is not: what is staged has not changed an input yet.
    let mut board = Board::preset("l298n").unwrap();
    board.chips = Board::preset("demo").unwrap().chips;
    if let DriverSpec::HBridge(BridgeSpec::L298n { in1, in2, .. }) = &mut board.motors[0].driver {
        *in1 = PinRef::Chip { chip: 0, channel: 0 };
        *in2 = PinRef::Chip { chip: 0, channel: 1 };
    }
    let (mut car, bench) = car(&board);
    car.apply(&go(0.5, 0.0), NOW).unwrap();
    bench.world().dead = Some("pca9685".to_owned());
    car.halt().unwrap_err();
    let outputs = bench.world().outputs.clone();
    assert_eq!(does(&board, &board.motors[0], &outputs), Does::Coast);
    assert_eq!(does(&board, &board.motors[1], &outputs), Does::Brake);
}

#[test]
fn after_a_failure_no_other_motor_is_given_power() {
    let board = Board::preset("l298n").unwrap();
    for (dead, other) in [("gpio:GPIO17", 1), ("gpio:GPIO23", 0)] {
        let (mut car, bench) = car(&board);
        bench.world().dead = Some(dead.to_owned());
        car.apply(&go(0.5, 0.0), NOW).unwrap_err();
        let outputs = bench.world().outputs.clone();
        assert!(!matches!(does(&board, &board.motors[other], &outputs), Does::Turn(_)), "{dead}");
    }
}

#[test]
fn a_servo_that_failed_is_told_again_even_to_stay() {
    let (mut car, bench) = car(&Board::preset("l298n").unwrap());
    bench.world().dead = Some("pwm:header:12".to_owned());
    let error = car.apply(&Target { pan_deg: 20.0, ..Target::default() }, NOW).unwrap_err();
    assert_eq!(error.to_string(), "servo pan: pwm:header:12: made to fail");
    bench.world().dead = None;
    bench.take_log();
    car.apply(&Target::default(), NOW).unwrap();
    assert_eq!(bench.take_log(), ["pwm:header:12 = 75/1000"]);
}

#[test]
fn a_gimbal_that_did_not_hear_is_where_it_was() {
    let aside = Target { pan_deg: 20.0, tilt_deg: 10.0, ..Target::default() };
    for (preset, dead, heard) in [
        ("l298n", "pwm:header:12", (Some(0.0), Some(10.0))),
        ("l298n", "pwm:header:13", (Some(20.0), Some(0.0))),
        // Told without a failure, and not sent.
        ("demo", "pca9685", (Some(0.0), Some(0.0))),
    ] {
        let (mut car, bench) = car(&Board::preset(preset).unwrap());
        bench.world().dead = Some(dead.to_owned());
        car.apply(&aside, NOW).unwrap_err();
        assert_eq!(car.gimbal(), heard, "{dead}");
        bench.world().dead = None;
        car.apply(&aside, NOW).unwrap();
        assert_eq!(car.gimbal(), (Some(20.0), Some(10.0)), "{dead}");
    }
}

#[test]
fn a_car_has_not_recovered_while_a_servo_fails() {
    let board = Board::preset("l298n").unwrap();
    let (mut car, bench) = car(&board);
    car.apply(&Target { pan_deg: 20.0, ..go(0.5, 0.0) }, NOW).unwrap();
    bench.world().dead = Some("pwm:header:12".to_owned());
    car.apply(&Target { pan_deg: 30.0, ..go(0.5, 0.0) }, NOW).unwrap_err();
    for _ in 0..3 {
        // Its motors are well, so a halt alone would say that all is.
        car.halt().unwrap();
        assert_eq!(car.recover().unwrap_err().to_string(), "servo pan: pwm:header:12: made to fail");
        all_do(&board, &bench, Does::Brake);
    }
    bench.world().dead = None;
    bench.take_log();
    car.recover().unwrap();
    // 20 degrees of the 180 from 500 to 2500 µs, of the bench's 1000 steps in 20 ms.
    let log = bench.take_log();
    assert_eq!(log[log.len() - 2..], ["pwm:header:12 = 86/1000", "pwm:header:13 = 75/1000"]);
    car.apply(&Target { pan_deg: 30.0, ..go(0.5, 0.0) }, NOW).unwrap();
    all_do(&board, &bench, Does::Turn(0.5));
}

#[test]
fn a_car_has_not_recovered_while_a_chip_does_not_run() {
    let board = Board::preset("demo").unwrap();
    let (mut car, bench) = car(&board);
    bench.world().chips.insert("pca9685@0x40".to_owned(), OnBench::after_reset(0x40));
    // The reset chip acknowledges every write of a halt.
    assert!(car.recover().unwrap_err().source.reason.starts_with("the chip was reset"));
    car.recover().unwrap();
    all_do(&board, &bench, Does::Brake);
}

#[test]
fn what_is_not_a_number_is_not_where_a_servo_turns_when_it_recovers() {
    let (mut car, _bench) = car(&Board::preset("l298n").unwrap());
    car.apply(&Target { pan_deg: f64::NAN, ..Target::default() }, NOW).unwrap_err();
    car.recover().unwrap();
    assert_eq!(car.gimbal(), (Some(0.0), Some(0.0)));
}

#[test]
fn a_chip_that_fails_names_all_that_hangs_on_it() {
    let (mut car, bench) = car(&Board::preset("demo").unwrap());
    bench.world().dead = Some("pca9685".to_owned());
    let error = car.apply(&go(1.0, 0.0), NOW).unwrap_err();
    assert_eq!(
        error.to_string(),
        "motor left, motor right, servo pan, servo tilt: pca9685@0x40: made to fail; tried 3 times"
    );
    assert_eq!(error.source.kind, IoKind::NoAcknowledge);
}

#[test]
fn a_chip_that_was_reset_is_found_by_a_check_and_set_up_by_the_halt_after_it() {
    let pca9685 = |board: &Board| board.chips.iter().any(|chip| chip.to_string() == "pca9685@0x40");
    for board in boards().filter(pca9685) {
        let (mut car, bench) = car(&board);
        car.apply(&go(0.5, 0.0), NOW).unwrap();
        car.check().unwrap();
        bench.world().chips.insert("pca9685@0x40".to_owned(), OnBench::after_reset(0x40));
        let error = car.check().unwrap_err();
        assert!(error.part.starts_with("motor ") || error.part.starts_with("servo "), "{error}");
        assert_eq!(error.source.place, "pca9685@0x40");
        assert!(error.source.reason.starts_with("the chip was reset"), "{error}");
        car.halt().unwrap();
        car.check().unwrap();
        all_do(&board, &bench, Does::Brake);
        car.apply(&go(0.5, 0.0), NOW).unwrap();
        all_do(&board, &bench, Does::Turn(0.5));
    }
}

#[test]
fn a_chip_that_is_gone_is_found_by_a_check_while_nothing_is_to_be_written() {
    let (mut car, bench) = car(&Board::preset("demo").unwrap());
    car.apply(&go(1.0, 0.0), NOW).unwrap();
    bench.take_log();
    car.check().unwrap();
    assert_eq!(bench.take_log(), ["pca9685@0x40 00?"]);
    bench.world().dead = Some("pca9685".to_owned());
    car.apply(&go(1.0, 0.0), NOW).unwrap();
    assert_eq!(car.check().unwrap_err().source.kind, IoKind::NoAcknowledge);
}

#[test]
fn whichever_write_fails_the_car_halts_and_the_next_target_is_reached_in_full() {
    for board in boards() {
        let mut failures = 0;
        for nth in 0..40 {
            let (mut car, bench) = car(&board);
            car.apply(&go(0.75, 0.0), NOW).unwrap();
            bench.world().history.clear();
            bench.world().fail_at = Some(nth);
            let target = Target { pan_deg: 20.0, tilt_deg: 5.0, ..go(-0.5, 0.0) };
            let Err(error) = car.apply(&target, NOW) else { break };
            failures += 1;
            assert!(error.part.starts_with("motor") || error.part.starts_with("servo"), "{error}");
            assert!(error.source.place.contains([':', '@']), "{error}");
            car.halt().unwrap();
            all_do(&board, &bench, Does::Brake);
            car.apply(&target, NOW).unwrap();
            all_do(&board, &bench, Does::Turn(-0.5));
            never_reversed_under_power(&board, &bench.world().history);
            // The same outputs as those of a car that never failed.
            let (mut twin, other) = self::car(&board);
            twin.apply(&target, NOW).unwrap();
            assert_eq!(bench.world().outputs, other.world().outputs, "{} write {nth}", board.name);
        }
        assert!((2..40).contains(&failures), "{} had {failures} writes to fail", board.name);
    }
}

#[test]
fn without_a_halt_too_the_next_target_is_reached_in_full() {
    for board in boards() {
        for nth in 0..40 {
            let (mut car, bench) = car(&board);
            car.apply(&go(0.75, 0.0), NOW).unwrap();
            bench.world().fail_at = Some(nth);
            if car.apply(&go(-0.5, 0.0), NOW).is_ok() {
                break;
            }
            car.apply(&go(0.75, 0.0), NOW).unwrap();
            all_do(&board, &bench, Does::Turn(0.75));
            never_reversed_under_power(&board, &bench.world().history);
        }
    }
}

/// What may be named, as far as a kind tells.
const PARTS: [&str; 9] =
    ["chip ", "motor ", "encoder ", "servo ", "output ", "battery", "range", "line", "imu"];

#[test]
fn whichever_part_cannot_be_opened_is_named_and_nothing_moves() {
    for board in boards() {
        let mut failures = 0;
        for nth in 0..60 {
            let bench = Bench::default();
            bench.world().fail_at = Some(nth);
            let Err(error) = Car::assemble(&board, &mut bench.clone()) else { break };
            failures += 1;
            assert_eq!(error.board, board.name);
            assert!(PARTS.iter().any(|kind| error.part.starts_with(kind)), "{error}");
            for outputs in &bench.world().history {
                for motor in &board.motors {
                    assert!(!matches!(does(&board, motor, outputs), Does::Turn(_)), "{error}");
                }
            }
        }
        assert!((10..60).contains(&failures), "{} had {failures} writes to fail", board.name);
    }
}
