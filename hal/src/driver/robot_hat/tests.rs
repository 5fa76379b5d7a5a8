//! The bytes on the bus, with the commands typed again from the maker's library.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use embedded_hal::digital;
use embedded_hal::i2c::{self, ErrorKind, Operation};
use embedded_hal::pwm::SetDutyCycle;
use embedded_hal_mock::eh1::delay::{CheckedDelay, NoopDelay, Transaction as Wait};
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

use super::*;
use crate::driver::analog::{self, Conversion};
use crate::driver::staged::Shared;
use crate::{IoError, IoKind};

const AT: u8 = 0x14;

/// What a bus that is made to fail says.
fn broken() -> Error<IoError> {
    Error::Bus(IoError { place: "bus".to_owned(), reason: "broken".to_owned(), kind: IoKind::Bus })
}

/// A bus whose errors are those of the reset line.
struct Wired(Mock);

impl i2c::ErrorType for Wired {
    type Error = IoError;
}

impl I2c for Wired {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), IoError> {
        let done = match operations {
            [Operation::Write(bytes)] => self.0.write(address, bytes),
            [Operation::Read(bytes)] => self.0.read(address, bytes),
            _ => panic!("a write or a read, and no more in one transfer"),
        };
        done.map_err(|_| match broken() {
            Error::Bus(error) => error,
            _ => unreachable!(),
        })
    }
}

/// A reset line that remembers its levels.
#[derive(Clone, Debug, Default)]
struct Line(Arc<Mutex<Vec<bool>>>);

impl digital::ErrorType for Line {
    type Error = IoError;
}

impl OutputPin for Line {
    fn set_low(&mut self) -> Result<(), IoError> {
        self.0.lock().unwrap().push(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), IoError> {
        self.0.lock().unwrap().push(true);
        Ok(())
    }
}

type Chip = RobotHat<Wired, NoopDelay, Line>;

fn write(register: u8, value: u16) -> Transaction {
    Transaction::write(AT, vec![register, (value >> 8) as u8, value as u8])
}

/// A servo on P0 and motors on P12 and P13: off, then their timers.
fn setup() -> Vec<Transaction> {
    vec![
        write(0x20, 0),
        write(0x2C, 0),
        write(0x2D, 0),
        // 72 MHz / 352 / 4091 is 50.0 Hz; the prescaler is written less one.
        write(0x40, 351),
        write(0x44, 4091),
        // 72 MHz / 176 / 4091 is 100.0 Hz.
        write(0x43, 175),
        write(0x47, 4091),
    ]
}

fn chip(transcript: Vec<Transaction>) -> (Chip, Mock) {
    let bus = Mock::new(&[setup(), transcript].concat());
    let channels = [(0, 50.0), (12, 100.0), (13, 100.0)];
    (RobotHat::new(Wired(bus.clone()), NoopDelay::new(), None, AT, &channels).unwrap(), bus)
}

fn done((mut chip, mut bus): (Chip, Mock)) {
    chip.leave_running();
    drop(chip);
    bus.done();
}

#[test]
fn setting_up_turns_channels_off_before_it_writes_their_timers() {
    let made = chip(vec![]);
    assert!((made.0.frequency_hz(0).unwrap() - 50.0).abs() < 0.01);
    assert!((made.0.frequency_hz(13).unwrap() - 100.0).abs() < 0.01);
    done(made);
}

#[test]
fn the_reset_line_is_low_for_ten_milliseconds_and_then_high_before_anything_is_written() {
    let (line, bus) = (Line::default(), Mock::new(&[]));
    let delay = CheckedDelay::new(&[Wait::delay_ms(10), Wait::delay_ms(10)]);
    let mut chip = RobotHat::new(Wired(bus.clone()), delay.clone(), Some(line.clone()), AT, &[]).unwrap();
    // High once more as it is set up: the line may have dropped meanwhile.
    assert_eq!(*line.0.lock().unwrap(), [false, true, true]);
    chip.leave_running();
    drop(chip);
    { delay }.done();
    { bus }.done();
}

#[test]
fn only_channels_that_changed_are_written() {
    let mut made = chip(vec![write(0x2C, 2045), write(0x2D, 4091), write(0x2C, 0)]);
    made.0.stage(12, FULL_ON / 2).unwrap();
    made.0.stage(13, FULL_ON).unwrap();
    made.0.flush().unwrap();
    made.0.flush().unwrap();
    made.0.stage(12, 0).unwrap();
    made.0.flush().unwrap();
    done(made);
}

#[test]
fn a_servos_pulse_is_as_long_as_its_share_of_the_period() {
    // 1500 of 20000 microseconds.
    let (chip, mut bus) = chip(vec![write(0x20, 307)]);
    let shared = Shared::new(chip);
    let mut channel = shared.channel(0).unwrap();
    channel.set_duty_cycle((0.075 * f64::from(FULL_ON)) as u16).unwrap();
    shared.lock().flush().unwrap();
    shared.lock().leave_running();
    drop((channel, shared));
    bus.done();
}

#[test]
fn an_analog_input_is_asked_for_and_then_read_high_byte_first() {
    // A4 is 7 - 4 of the command.
    let ask = |command| Transaction::write(AT, vec![command, 0, 0]);
    let mut made = chip(vec![
        ask(0x13),
        Transaction::read(AT, vec![0x0F, 0xFF]),
        ask(0x17),
        ask(0x16),
        Transaction::read(AT, vec![0x00, 0x00]),
    ]);
    let wait = Ok(Conversion::Wait(Duration::from_millis(1)));
    assert_eq!(made.0.convert(4), wait);
    assert_eq!(made.0.convert(4), Ok(Conversion::Volts(3.3)));
    assert_eq!((made.0.convert(0), made.0.convert(1)), (wait.clone(), wait));
    assert_eq!(made.0.convert(1), Ok(Conversion::Volts(0.0)));
    assert_eq!(made.0.convert(8), Err(analog::Error::Channel { channel: 8, count: 8 }));
    done(made);
}

#[test]
fn a_write_between_gives_a_conversion_up_and_the_next_one_asks_anew() {
    let ask = Transaction::write(AT, vec![0x13, 0, 0]);
    let mut made = chip(vec![ask.clone(), write(0x2C, 4091), ask]);
    made.0.convert(4).unwrap();
    made.0.stage(12, FULL_ON).unwrap();
    made.0.flush().unwrap();
    assert!(matches!(made.0.convert(4), Ok(Conversion::Wait(_))));
    done(made);
}

#[test]
fn after_a_failed_transfer_everything_is_set_up_and_written_anew() {
    let failing = write(0x2C, 4091).with_error(ErrorKind::Bus);
    let mut made = chip([vec![failing], setup(), vec![write(0x2C, 4091)]].concat());
    made.0.stage(12, FULL_ON).unwrap();
    assert_eq!(made.0.flush(), Err(broken()));
    made.0.flush().unwrap();
    done(made);
}

#[test]
fn a_chip_that_is_gone_is_found_by_a_read_and_set_up_anew() {
    let there = Transaction::read(AT, vec![0]);
    let gone = there.clone().with_error(ErrorKind::Bus);
    let mut made = chip([vec![there, gone], setup()].concat());
    assert_eq!(made.0.verify(), Ok(()));
    made.0.flush().unwrap();
    assert_eq!(made.0.verify(), Err(broken()));
    made.0.flush().unwrap();
    done(made);
}

/// Counts the time that is waited.
#[derive(Clone, Default)]
struct Stopwatch(Arc<Mutex<u64>>);

impl DelayNs for Stopwatch {
    fn delay_ns(&mut self, ns: u32) {
        *self.0.lock().unwrap() += u64::from(ns);
    }
}

/// Nobody answers while it is true.
#[derive(Clone, Default)]
struct Cut(Arc<Mutex<bool>>);

impl i2c::ErrorType for Cut {
    type Error = IoError;
}

impl I2c for Cut {
    fn transaction(&mut self, _: u8, operations: &mut [Operation<'_>]) -> Result<(), IoError> {
        if let [Operation::Read(bytes)] = operations {
            bytes.fill(0);
        }
        match (*self.0.lock().unwrap(), broken()) {
            (true, Error::Bus(error)) => Err(error),
            _ => Ok(()),
        }
    }
}

#[test]
fn a_chip_is_reset_once_for_all_flushes_of_a_halt_and_not_at_all_while_it_does_not_answer() {
    let (bus, watch, line) = (Cut::default(), Stopwatch::default(), Line::default());
    let channels = [(12, 100.0)];
    let mut chip = RobotHat::new(bus.clone(), watch.clone(), Some(line.clone()), AT, &channels).unwrap();
    let waited_ms = || std::mem::take(&mut *watch.0.lock().unwrap()) / 1_000_000;
    let set = |cut| *bus.0.lock().unwrap() = cut;
    assert_eq!(waited_ms(), 20);
    set(true);
    for _ in 0..3 {
        chip.forget();
        for _ in 0..4 {
            assert_eq!(chip.flush(), Err(broken()));
        }
        assert_eq!(waited_ms(), 0, "it is gone");
    }
    // It answers, but what it is told is lost.
    let mut flush = |cut| {
        set(cut);
        let _known = chip.flush();
    };
    flush(false);
    assert_eq!(waited_ms(), 20);
    let resets = line.0.lock().unwrap().iter().filter(|high| !**high).count();
    assert_eq!(resets, 2, "at first and now");
    for cut in [true, false, true, false] {
        flush(cut);
    }
    assert_eq!(waited_ms(), 0, "it was reset once since it was forgotten");
    chip.forget();
    chip.flush().unwrap();
    assert_eq!(waited_ms(), 0, "it runs");
}

#[test]
fn what_was_forgotten_is_written_again_and_a_drop_turns_everything_off() {
    let off = vec![write(0x20, 0), write(0x2C, 0), write(0x2D, 0)];
    let (mut chip, mut bus) = chip([off.clone(), off].concat());
    chip.forget();
    chip.flush().unwrap();
    drop(chip);
    bus.done();
}

#[test]
fn what_the_chip_does_not_have_is_refused_before_the_bus_sees_it() {
    let mut nothing = Mock::new(&[]);
    let new = |address, channels: &[(u8, f64)]| {
        let made: Result<Chip, _> =
            RobotHat::new(Wired(nothing.clone()), NoopDelay::new(), None, address, channels);
        made.err().unwrap()
    };
    assert_eq!(new(0x18, &[]), Error::Address(0x18));
    assert_eq!(new(AT, &[(20, 50.0)]), Error::Channel(20));
    assert_eq!(new(AT, &[(0, 0.5)]), Error::Frequency(0.5));
    assert!(matches!(new(AT, &[(0, f64::NAN)]), Error::Frequency(_)));
    assert_eq!(new(AT, &[(0, 50.0), (3, 100.0)]), Error::Timer(3));
    nothing.done();
    let mut made = chip(vec![]);
    assert_eq!(made.0.stage(1, 0), Err(Error::Channel(1)));
    done(made);
    let said = Error::<Infallible>::Timer(3).to_string();
    assert_eq!(said, "P3 shares its timer with a channel of another frequency");
}

#[test]
fn the_last_four_channels_have_three_timers() {
    let timers: Vec<_> = (0..21).map(timer_of).collect();
    assert_eq!(timers[..4], [Some(0); 4]);
    assert_eq!(timers[12..16], [Some(3); 4]);
    assert_eq!(timers[16..], [Some(4), Some(4), Some(5), Some(6), None]);
    for (channel, mates) in
        [(0, 0..=3), (7, 4..=7), (15, 12..=15), (17, 16..=17), (18, 18..=18), (19, 19..=19)]
    {
        assert_eq!(shares_timer_with(channel), mates);
    }
}

#[test]
fn every_frequency_comes_out_within_a_percent_up_to_fifty_kilohertz() {
    for hz in [20.0, 50.0, 60.0, 100.0, 333.0, 1000.0, 12_345.0, 50_000.0] {
        let timer = Timer::at(hz).unwrap();
        assert!((timer.frequency_hz() / hz - 1.0).abs() < 0.01, "{hz}: {timer:?}");
        assert!(timer.period <= 4095 && timer.counts(FULL_ON) == timer.period);
    }
}
