//! Pins and duties on the wires, and the same actions through another driver.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use embedded_hal::digital;
use embedded_hal::pwm;
use embedded_hal_mock::eh1::MockError;
use embedded_hal_mock::eh1::digital::{Mock as Line, State, Transaction as Set};
use embedded_hal_mock::eh1::pwm::{Mock as PwmMock, Transaction as Modulate};

use super::*;

fn power(power: f64) -> Command {
    Command::Power(Power::new(power).unwrap())
}

/// What three wires of a bridge did, in the order in which they did it.
#[derive(Clone)]
struct Recorder {
    log: Rc<RefCell<Vec<(&'static str, u16)>>>,
    name: &'static str,
}

impl digital::ErrorType for Recorder {
    type Error = Infallible;
}

impl OutputPin for Recorder {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.log.borrow_mut().push((self.name, 0));
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.log.borrow_mut().push((self.name, 100));
        Ok(())
    }
}

impl pwm::ErrorType for Recorder {
    type Error = Infallible;
}

impl SetDutyCycle for Recorder {
    fn max_duty_cycle(&self) -> u16 {
        100
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Infallible> {
        self.log.borrow_mut().push((self.name, duty));
        Ok(())
    }
}

type Log = Rc<RefCell<Vec<(&'static str, u16)>>>;

fn recorded(table: &'static Table) -> (HBridge<Infallible, Recorder, Recorder>, Log) {
    let log = Log::default();
    let wires = table.wires.iter().enumerate().map(|(index, name)| {
        let recorder = Recorder { log: log.clone(), name };
        if table.is_modulated(index) { Wire::Pwm(recorder) } else { Wire::Level(recorder) }
    });
    (HBridge::new(table, wires.collect()).unwrap(), log)
}

/// What `commands` write, each as its own list.
fn writes(table: &'static Table, commands: &[Command]) -> Vec<Vec<(&'static str, u16)>> {
    let (mut bridge, log) = recorded(table);
    let of = |command: &Command| {
        bridge.apply(*command).unwrap();
        std::mem::take(&mut *log.borrow_mut())
    };
    commands.iter().map(of).collect()
}

#[test]
fn a_tb6612_reverses_over_zero_duty_and_brakes_with_both_inputs_high() {
    assert_eq!(
        writes(&TB6612, &[power(0.6), power(0.7), power(-0.5), Command::Brake, Command::Coast]),
        [
            vec![("pwm", 0), ("in1", 100), ("in2", 0), ("pwm", 60)],
            vec![("pwm", 70)],
            vec![("pwm", 0), ("in1", 0), ("in2", 100), ("pwm", 50)],
            vec![("pwm", 0), ("in1", 100)],
            vec![("in1", 0), ("in2", 0)],
        ]
    );
}

#[test]
fn an_l298n_brakes_with_equal_inputs_and_full_enable() {
    assert_eq!(
        writes(&L298N, &[power(1.0), Command::Brake, power(-1.0), Command::Coast]),
        [
            vec![("en", 0), ("in1", 100), ("in2", 0), ("en", 100)],
            vec![("en", 0), ("in1", 0), ("en", 100)],
            vec![("en", 0), ("in2", 100), ("en", 100)],
            vec![("en", 0), ("in2", 0)],
        ]
    );
}

#[test]
fn a_drv8833_is_modulated_on_the_input_of_its_direction() {
    assert_eq!(
        writes(&DRV8833, &[power(0.3), power(-0.3), Command::Brake, power(0.0), Command::Coast]),
        [
            vec![("in1", 0), ("in2", 0), ("in1", 30)],
            vec![("in1", 0), ("in2", 30)],
            vec![("in2", 0), ("in1", 100), ("in2", 100)],
            vec![],
            vec![("in1", 0), ("in2", 0)],
        ]
    );
}

#[test]
fn the_tables_have_a_signal_for_each_wire_and_modulate_only_to_drive() {
    for table in [&TB6612, &L298N, &DRV8833] {
        for row in [table.forward, table.reverse, table.coast, table.brake] {
            assert_eq!(row.len(), table.wires.len());
        }
        assert!(!table.brake.contains(&Duty) && !table.coast.contains(&Duty));
    }
}

#[test]
fn another_driver_leaves_the_same_levels_and_duty() {
    use tb6612fng::{DriveCommand, Motor};
    let (mut bridge, log) = recorded(&TB6612);
    let theirs = Log::default();
    let wire = |name| Recorder { log: theirs.clone(), name };
    let mut motor = Motor::new(wire("in1"), wire("in2"), wire("pwm")).unwrap();
    for (ours, other) in [
        (power(0.6), DriveCommand::Forward(60)),
        (power(-1.0), DriveCommand::Backward(100)),
        (Command::Brake, DriveCommand::Brake),
        (power(0.01), DriveCommand::Forward(1)),
        (Command::Coast, DriveCommand::Stop),
    ] {
        bridge.apply(ours).unwrap();
        motor.drive(other).unwrap();
        let last = |log: &Log, name| log.borrow().iter().rev().find(|(wire, _)| *wire == name).copied();
        for name in TB6612.wires {
            assert_eq!(last(&log, *name), last(&theirs, *name), "{name} after {other:?}");
        }
    }
}

#[test]
fn a_wire_that_fails_is_written_again_and_keeps_no_other_from_being_written() {
    let failure = || MockError::Io(std::io::ErrorKind::NotConnected);
    let mut in1 = Line::new(&[Set::set(State::High).with_error(failure()), Set::set(State::High)]);
    let mut in2 = Line::new(&[Set::set(State::High)]);
    let mut en = PwmMock::new(&[Modulate::max_duty_cycle(10), Modulate::set_duty_cycle(0)]);
    let wires = vec![Wire::Level(in1.clone()), Wire::Level(in2.clone()), Wire::Pwm(en.clone())];
    let mut bridge = HBridge::new(&TB6612, wires).unwrap();
    assert_eq!(bridge.apply(Command::Brake), Err(failure()));
    bridge.apply(Command::Brake).unwrap();
    bridge.release();
    in1.done();
    in2.done();
    en.done();
}

#[test]
fn duty_that_could_not_be_taken_away_is_taken_away_before_the_next_switch() {
    let failure = || MockError::Io(std::io::ErrorKind::NotConnected);
    let mut in1 = Line::new(&[Set::set(State::High), Set::set(State::Low), Set::set(State::High)]);
    let mut in2 = Line::new(&[Set::set(State::Low)]);
    let set = |duty| [Modulate::max_duty_cycle(10), Modulate::set_duty_cycle(duty)];
    let fails = [Modulate::max_duty_cycle(10), Modulate::set_duty_cycle(0).with_error(failure())];
    let mut en = PwmMock::new(&[set(0), set(5), fails, set(0), set(5)].concat());
    let wires = vec![Wire::Level(in1.clone()), Wire::Level(in2.clone()), Wire::Pwm(en.clone())];
    let mut bridge = HBridge::new(&L298N, wires).unwrap();
    bridge.apply(power(0.5)).unwrap();
    assert_eq!(bridge.zero(Command::Brake), Err(failure()));
    bridge.switch(Command::Brake).unwrap();
    bridge.apply(power(0.5)).unwrap();
    bridge.release();
    in1.done();
    in2.done();
    en.done();
}

#[test]
fn half_a_brake_of_two_modulated_wires_is_taken_back() {
    let failure = || MockError::Io(std::io::ErrorKind::NotConnected);
    let set = |duty| [Modulate::max_duty_cycle(10), Modulate::set_duty_cycle(duty)];
    let fails = [Modulate::max_duty_cycle(10), Modulate::set_duty_cycle(10).with_error(failure())];
    let mut in1 = PwmMock::new(&[set(0), set(10), set(0)].concat());
    let mut in2 = PwmMock::new(&[set(0), fails, set(0)].concat());
    let wires: Vec<Wire<Line, _>> = vec![Wire::Pwm(in1.clone()), Wire::Pwm(in2.clone())];
    let mut bridge = HBridge::new(&DRV8833, wires).unwrap();
    assert_eq!(bridge.apply(Command::Brake), Err(failure()));
    bridge.release();
    in1.done();
    in2.done();
}

#[test]
fn a_dropped_bridge_brakes() {
    let (mut bridge, log) = recorded(&L298N);
    bridge.apply(power(0.5)).unwrap();
    log.borrow_mut().clear();
    drop(bridge);
    assert_eq!(*log.borrow(), [("en", 0), ("in1", 0), ("en", 100)]);
}

#[test]
fn a_released_bridge_writes_no_more() {
    let (mut bridge, log) = recorded(&L298N);
    bridge.apply(power(0.5)).unwrap();
    log.borrow_mut().clear();
    assert_eq!(bridge.release().len(), 3);
    assert_eq!(*log.borrow(), []);
}

#[test]
fn what_was_forgotten_is_written_again() {
    let (mut bridge, log) = recorded(&TB6612);
    bridge.apply(Command::Brake).unwrap();
    log.borrow_mut().clear();
    bridge.apply(Command::Brake).unwrap();
    assert_eq!(*log.borrow(), []);
    bridge.forget();
    bridge.apply(Command::Brake).unwrap();
    assert_eq!(*log.borrow(), [("pwm", 0), ("in1", 100), ("in2", 100)]);
}

#[test]
fn wires_that_do_not_fit_are_refused() {
    let line = || Wire::<Line, PwmMock>::Level(Line::new(&[]));
    let two = HBridge::<_, Line, PwmMock>::new(&TB6612, vec![]).unwrap_err();
    assert_eq!(two.to_string(), "the bridge has 3 wires, not 0");
    let mut wires: Vec<_> = (0..3).map(|_| line()).collect();
    for wire in &mut wires {
        if let Wire::Level(line) = wire {
            line.done();
        }
    }
    let plain = HBridge::new(&TB6612, wires).unwrap_err();
    assert_eq!(plain.to_string(), "the wire pwm needs PWM");
}

#[test]
fn no_power_is_beyond_one_or_not_a_number() {
    for power in [1.0001, -1.0001, f64::NAN, f64::INFINITY] {
        assert_eq!(Power::new(power), None);
    }
    assert_eq!(Power::new(-1.0).map(Power::get), Some(-1.0));
}
