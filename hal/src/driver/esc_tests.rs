//! What pulse comes when, and what is written of it.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use embedded_hal::pwm;
use proptest::prelude::*;

use super::*;

const CAR: Pulses = Pulses {
    reverse_us: 1000.0,
    neutral_us: 1500.0,
    forward_us: 2000.0,
    arm: Duration::from_millis(2000),
    reverse: Reverse::BrakeFirst,
};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Armed, at 2 s.
fn armed(reverse: Reverse) -> Sequence {
    let mut sequence = Sequence::new(Pulses { reverse, ..CAR });
    sequence.pulse_us(0.0, ms(0));
    assert_eq!(sequence.pulse_us(0.0, ms(2000)), 1500.0);
    sequence
}

#[test]
fn it_sees_neutral_until_it_is_armed_whatever_is_asked() {
    let mut sequence = Sequence::new(CAR);
    for at in [10_000, 10_500, 11_999] {
        assert_eq!(sequence.pulse_us(1.0, ms(at)), 1500.0, "{at} ms");
    }
    assert_eq!(sequence.pulse_us(1.0, ms(12_000)), 2000.0);
    sequence.lose();
    assert_eq!(sequence.pulse_us(1.0, ms(50_000)), 1500.0);
    assert_eq!(sequence.pulse_us(0.5, ms(52_000)), 1750.0);
}

#[test]
fn one_that_reverses_directly_does_so_at_once() {
    let mut sequence = armed(Reverse::Direct);
    assert_eq!(sequence.pulse_us(0.5, ms(2010)), 1750.0);
    assert_eq!(sequence.pulse_us(-0.5, ms(2020)), 1250.0);
}

#[test]
fn one_that_cannot_reverse_stands_instead() {
    let mut sequence = armed(Reverse::None);
    assert_eq!(sequence.pulse_us(-1.0, ms(2010)), 1500.0);
    assert_eq!(sequence.pulse_us(1.0, ms(2020)), 2000.0);
}

#[test]
fn one_that_brakes_first_gets_reverse_neutral_reverse_and_then_reverses_until_it_went_forward() {
    let mut sequence = armed(Reverse::BrakeFirst);
    assert_eq!(sequence.pulse_us(1.0, ms(3000)), 2000.0);
    let pulses: Vec<f64> = (0..6).map(|step| sequence.pulse_us(-0.5, ms(4000 + 100 * step))).collect();
    assert_eq!(pulses, [1250.0, 1250.0, 1500.0, 1500.0, 1250.0, 1250.0]);
    // Neutral for long, and backward again without a brake.
    assert_eq!(sequence.pulse_us(0.0, ms(9000)), 1500.0);
    assert_eq!(sequence.pulse_us(-1.0, ms(9010)), 1000.0);
    // Forward, and the next reverse brakes.
    assert_eq!(sequence.pulse_us(0.2, ms(9020)), 1600.0);
    assert_eq!(sequence.pulse_us(-1.0, ms(9030)), 1000.0);
    assert_eq!(sequence.pulse_us(-1.0, ms(9230)), 1500.0);
}

#[test]
fn to_let_go_of_a_brake_is_the_neutral_that_it_waits_for() {
    let mut sequence = armed(Reverse::BrakeFirst);
    sequence.pulse_us(-1.0, ms(3000));
    assert_eq!(sequence.pulse_us(0.0, ms(3200)), 1500.0);
    assert_eq!(sequence.pulse_us(-1.0, ms(3300)), 1500.0, "too soon");
    assert_eq!(sequence.pulse_us(-1.0, ms(3400)), 1000.0, "backward");
    // A brake that was too short was none.
    let mut sequence = armed(Reverse::BrakeFirst);
    sequence.pulse_us(-1.0, ms(3000));
    sequence.pulse_us(0.0, ms(3100));
    sequence.pulse_us(-1.0, ms(4000));
    assert_eq!(sequence.pulse_us(-1.0, ms(4200)), 1500.0, "the pause comes after a brake of its own");
}

#[test]
fn a_brake_is_no_shorter_than_what_it_sees_however_little_is_asked_and_only_reverse_is() {
    let mut sequence = armed(Reverse::BrakeFirst);
    let pulses: Vec<f64> = (0..6).map(|step| sequence.pulse_us(-0.015, ms(3000 + 100 * step))).collect();
    assert_eq!(pulses, [1400.0, 1400.0, 1500.0, 1500.0, 1492.5, 1492.5]);
}

#[test]
fn it_does_what_it_is_told_but_while_it_arms_brakes_or_pauses_and_where_it_cannot_reverse() {
    let mut sequence = Sequence::new(CAR);
    let mut does = |power: f64, at: u64| {
        sequence.pulse_us(power, ms(at));
        sequence.does(power)
    };
    assert!(!does(1.0, 0) && !does(1.0, 1999) && does(1.0, 2000));
    assert!(!does(-1.0, 2010) && !does(-1.0, 2210) && does(-1.0, 2410));
    assert!(does(1.0, 2420) && does(0.0, 2430));
    let mut forward = armed(Reverse::None);
    forward.pulse_us(-1.0, ms(2010));
    assert!(!forward.does(-1.0) && forward.does(1.0));
    assert!(armed(Reverse::Direct).does(-1.0));
}

proptest! {
    #[test]
    fn no_pulse_is_beyond_its_ends_on_the_wrong_side_of_neutral_or_before_it_is_armed(
        powers in prop::collection::vec((-1.5_f64..1.5, 0_u64..500), 1..60),
        reverse in prop::sample::select(vec![Reverse::Direct, Reverse::BrakeFirst, Reverse::None]),
    ) {
        let mut sequence = Sequence::new(Pulses { reverse, ..CAR });
        let mut at = 0;
        for (power, step) in powers {
            at += step;
            let first = at == step;
            let pulse_us = sequence.pulse_us(power, ms(at));
            prop_assert!((1000.0..=2000.0).contains(&pulse_us));
            prop_assert!((pulse_us - 1500.0) * power >= 0.0, "{power} gave {pulse_us}");
            prop_assert!(!(first || at < 2000) || pulse_us == 1500.0);
            prop_assert!(reverse != Reverse::None || pulse_us >= 1500.0);
        }
    }
}

/// Keeps what it was told; 20,000 is a period of 20 ms in microseconds.
#[derive(Clone, Default)]
struct Wire(Rc<RefCell<Vec<u16>>>);

impl pwm::ErrorType for Wire {
    type Error = Infallible;
}

impl SetDutyCycle for Wire {
    fn max_duty_cycle(&self) -> u16 {
        20_000
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Infallible> {
        self.0.borrow_mut().push(duty);
        Ok(())
    }
}

fn apply(esc: &mut Esc<Wire>, power: f64, at: u64) {
    esc.intend(Some((power, ms(at))));
    let (Ok(()), Ok(())) = (esc.zero(), esc.power());
}

#[test]
fn only_what_changes_is_written_neutral_comes_before_the_other_direction_and_last_of_all() {
    let wire = Wire::default();
    let mut esc = Esc::new(wire.clone(), 50.0, Pulses { reverse: Reverse::Direct, ..CAR }).unwrap();
    for (power, at) in [(0.0, 0), (0.5, 2000), (0.5, 2010), (1.0, 2020), (-1.0, 2030)] {
        apply(&mut esc, power, at);
    }
    assert_eq!(*wire.0.borrow(), [1500, 1750, 2000, 1500, 1000]);
    // Brought to rest, it is armed again.
    esc.intend(None);
    let (Ok(()), Ok(())) = (esc.zero(), esc.power());
    apply(&mut esc, 1.0, 9000);
    assert!(!esc.does(1.0));
    drop(esc);
    assert_eq!(wire.0.borrow()[5..], [1500]);
}

#[test]
fn a_drop_leaves_it_neutral() {
    let wire = Wire::default();
    let mut esc = Esc::new(wire.clone(), 50.0, Pulses { arm: ms(0), ..CAR }).unwrap();
    apply(&mut esc, 1.0, 0);
    apply(&mut esc, 1.0, 10);
    drop(esc);
    assert_eq!(*wire.0.borrow(), [1500, 2000, 1500]);
}

#[test]
fn pulses_that_are_none_are_refused() {
    for (hz, pulses) in [
        (50.0, Pulses { neutral_us: 900.0, ..CAR }),
        (50.0, Pulses { forward_us: f64::NAN, ..CAR }),
        (500.0, CAR),
        (0.0, CAR),
    ] {
        let error = Esc::new(Wire::default(), hz, pulses).err().unwrap();
        assert!(error.to_string().contains("do not fit"), "{error}");
    }
}
