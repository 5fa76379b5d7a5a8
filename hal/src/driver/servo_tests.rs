//! Angles, pulses and duties.

use embedded_hal_mock::eh1::pwm::{Mock, Transaction};

use super::*;

const SG90: Travel = Travel { min_us: 500.0, max_us: 2500.0, min_deg: -90.0, max_deg: 90.0, invert: false };

/// The duty of 20,000 for an angle: at 50 Hz, microseconds.
fn pulse(travel: Travel, angle: f64, expected_us: u16) -> f64 {
    let mut pwm = Mock::new(&[Transaction::max_duty_cycle(20_000), Transaction::set_duty_cycle(expected_us)]);
    let mut servo = Servo::new(pwm.clone(), 50.0, travel).unwrap();
    let angle = servo.turn_to(angle).unwrap();
    servo.release();
    pwm.done();
    angle
}

#[test]
fn an_angle_is_linear_in_the_pulse() {
    assert_eq!(pulse(SG90, 0.0, 1500), 0.0);
    assert_eq!(pulse(SG90, -90.0, 500), -90.0);
    assert_eq!(pulse(SG90, 45.0, 2000), 45.0);
}

#[test]
fn an_inverted_servo_turns_the_other_way() {
    assert_eq!(pulse(Travel { invert: true, ..SG90 }, 45.0, 1000), 45.0);
}

#[test]
fn beyond_its_travel_a_servo_stops_at_the_end_and_says_so() {
    assert_eq!(pulse(SG90, 120.0, 2500), 90.0);
    assert_eq!(pulse(SG90, f64::NEG_INFINITY, 500), -90.0);
}

#[test]
fn what_is_no_angle_is_refused_before_the_wire_sees_it() {
    let mut pwm = Mock::new(&[]);
    let mut servo = Servo::new(pwm.clone(), 50.0, SG90).unwrap();
    assert!(matches!(servo.turn_to(f64::NAN), Err(Error::Angle(_))));
    servo.release();
    pwm.done();
}

#[test]
fn a_travel_that_is_none_is_refused() {
    let bad = [
        (Travel { max_us: 500.0, ..SG90 }, 50.0),
        (Travel { max_deg: -90.0, ..SG90 }, 50.0),
        (Travel { min_us: f64::NAN, ..SG90 }, 50.0),
        (Travel { max_us: f64::INFINITY, ..SG90 }, 50.0),
        (SG90, 400.0),
        (SG90, 0.0),
        (SG90, -50.0),
    ];
    for (travel, hz) in bad {
        let mut pwm = Mock::new(&[]);
        assert!(matches!(Servo::new(pwm.clone(), hz, travel), Err(Error::Travel { .. })), "{travel:?} {hz}");
        pwm.done();
    }
}

#[test]
fn a_raw_pulse_may_go_beyond_the_travel_but_not_beyond_what_a_servo_bears() {
    for (wanted, given) in [(1234.0, 1234), (2600.0, 2600), (9e9, 2600), (0.0, 400), (f64::NEG_INFINITY, 400)]
    {
        let mut pwm = Mock::new(&[Transaction::max_duty_cycle(20_000), Transaction::set_duty_cycle(given)]);
        let mut servo = Servo::new(pwm.clone(), 50.0, SG90).unwrap();
        assert_eq!(servo.pulse(wanted).unwrap(), f64::from(given));
        servo.release();
        pwm.done();
    }
}

#[test]
fn a_raw_pulse_leaves_a_pause_in_a_short_period() {
    let mut pwm = Mock::new(&[]);
    let mut servo = Servo::new(pwm.clone(), 400.0, Travel { max_us: 2000.0, ..SG90 }).unwrap();
    assert_eq!(servo.limited_us(2600.0), 2375.0);
    assert_eq!(servo.pulse(f64::NAN).unwrap_err().to_string(), "NaN is no pulse");
    servo.release();
    pwm.done();
}

#[test]
fn a_pulse_is_the_angle_that_would_have_given_it() {
    let mut pwm = Mock::new(&[]);
    for invert in [false, true] {
        let travel = Travel { invert, ..SG90 };
        let servo = Servo::new(pwm.clone(), 50.0, travel).unwrap();
        for angle in [-90.0, -30.0, 0.0, 45.0, 90.0] {
            assert!((servo.angle_at(travel.pulse_us(angle)) - angle).abs() < 1e-9);
        }
        assert_eq!(servo.angle_at(9000.0), if invert { -90.0 } else { 90.0 });
        servo.release();
    }
    pwm.done();
}
