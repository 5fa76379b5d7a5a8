//! The bytes on the bus, with the register map typed again from the data sheet, and the same actions
//! through another driver.

use std::sync::{Arc, Mutex};

use embedded_hal::digital::OutputPin;
use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, Operation};
use embedded_hal::pwm::SetDutyCycle;
use embedded_hal_mock::eh1::delay::{CheckedDelay, NoopDelay, Transaction as Wait};
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};
use mockall::{Sequence, mock};

use super::*;
use crate::bench::{OneChip, Registers};
use crate::driver::staged::{Refused, Shared};
use crate::{IoError, IoKind};

const AT: u8 = 0x40;

fn setup() -> Vec<Transaction> {
    vec![
        Transaction::write(AT, vec![0xFD, 0x10]), // ALL_LED_OFF_H: everything off
        Transaction::write(AT, vec![0x00, 0x30]), // MODE1: AI, SLEEP
        Transaction::write(AT, vec![0xFE, 0x79]), // PRE_SCALE: 121
        Transaction::write(AT, vec![0x01, 0x04]), // MODE2: OUTDRV
        Transaction::write(AT, vec![0x00, 0x20]), // MODE1: AI
        Transaction::write(AT, vec![0x00, 0xA0]), // MODE1: RESTART, AI
    ]
}

/// A chip at 50 Hz that is set up and then sees `transcript`, and a handle on its bus.
fn chip(transcript: Vec<Transaction>) -> (Pca9685<Mock, NoopDelay>, Mock) {
    let bus = Mock::new(&[setup(), transcript].concat());
    (Pca9685::new(bus.clone(), NoopDelay::new(), AT, 50.0).unwrap(), bus)
}

#[test]
fn setting_up_is_off_sleep_prescale_totem_pole_wake_wait_restart() {
    let bus = Mock::new(&setup());
    let delay = CheckedDelay::new(&[Wait::delay_us(500)]);
    let chip = Pca9685::new(bus, delay, AT, 50.0).unwrap();
    assert!((chip.frequency_hz() - 50.03).abs() < 0.01);
    let (mut bus, mut delay) = chip.release().unwrap();
    bus.done();
    delay.done();
}

#[test]
fn neighbours_that_changed_go_in_one_burst_and_nothing_else_goes() {
    let (mut chip, mut bus) = chip(vec![
        // Channels 0 to 2 from LED0_ON_L: off at 0x123; full on; off at 1.
        Transaction::write(AT, vec![0x06, 0, 0, 0x23, 0x01, 0, 0x10, 0, 0, 0, 0, 1, 0]),
        // Channel 15 by itself.
        Transaction::write(AT, vec![0x42, 0, 0, 0xFF, 0x0F]),
        // Only channel 1 changes back: full off.
        Transaction::write(AT, vec![0x0A, 0, 0, 0, 0x10]),
    ]);
    for (channel, duty) in [(15, 4095), (0, 0x123), (1, FULL_ON), (2, 1)] {
        chip.stage(channel, duty).unwrap();
    }
    chip.flush().unwrap();
    chip.flush().unwrap();
    for (channel, duty) in [(15, 4095), (1, 0), (2, 1), (7, 0)] {
        chip.stage(channel, duty).unwrap();
    }
    chip.flush().unwrap();
    chip.release().unwrap();
    bus.done();
}

#[test]
fn what_was_forgotten_is_written_again_as_far_as_it_was_ever_used() {
    let burst = Transaction::write(AT, vec![0x0E, 0, 0, 5, 0]);
    let (mut chip, mut bus) = chip(vec![burst.clone(), burst]);
    chip.stage(2, 5).unwrap();
    chip.flush().unwrap();
    chip.forget();
    chip.flush().unwrap();
    chip.release().unwrap();
    bus.done();
}

#[test]
fn after_a_failed_transfer_the_chip_is_set_up_anew_and_written_in_full() {
    let (low, high) = (vec![0x06, 0, 0, 5, 0], vec![0x42, 0, 0, 6, 0]);
    let failing = Transaction::write(AT, high.clone()).with_error(ErrorKind::Bus);
    let again = [setup(), vec![Transaction::write(AT, low.clone()), Transaction::write(AT, high)]].concat();
    let (mut chip, mut bus) = chip([vec![Transaction::write(AT, low), failing], again].concat());
    chip.stage(0, 5).unwrap();
    chip.stage(15, 6).unwrap();
    assert_eq!(chip.flush(), Err(Error::Bus(ErrorKind::Bus)));
    chip.flush().unwrap();
    chip.release().unwrap();
    bus.done();
}

#[test]
fn a_chip_that_runs_as_it_was_set_up_is_verified_with_one_read() {
    let read = |mode1| Transaction::write_read(AT, vec![0x00], vec![mode1]);
    // Awake with auto-increment; channels that wait for a restart do so until they are written.
    let (mut chip, mut bus) = chip(vec![read(0x20), read(0xA0)]);
    assert_eq!((chip.verify(), chip.verify()), (Ok(()), Ok(())));
    chip.flush().unwrap();
    chip.release().unwrap();
    bus.done();
}

#[test]
fn a_chip_that_was_reset_or_is_gone_is_set_up_anew_and_written_in_full() {
    let burst = Transaction::write(AT, vec![0x0E, 0, 0, 5, 0]);
    let read = |mode1| Transaction::write_read(AT, vec![0x00], vec![mode1]);
    for (answer, expected) in [
        (read(0x11), Error::Reset(0x11)), // as after power-up
        (read(0x30), Error::Reset(0x30)), // asleep
        (read(0x00), Error::Reset(0x00)), // no auto-increment
        (read(0x20).with_error(ErrorKind::Bus), Error::Bus(ErrorKind::Bus)),
    ] {
        let transcript = [vec![burst.clone(), answer], setup(), vec![burst.clone()]].concat();
        let (mut chip, mut bus) = chip(transcript);
        chip.stage(2, 5).unwrap();
        chip.flush().unwrap();
        assert_eq!(chip.verify(), Err(expected));
        chip.flush().unwrap();
        chip.release().unwrap();
        bus.done();
    }
    let said = Error::<ErrorKind>::Reset(0x11).to_string();
    assert_eq!(said, "the chip was reset (its MODE1 is 0x11, not 0x20): does its supply drop under load?");
}

#[test]
fn a_dropped_chip_turns_everything_off_unless_it_is_left_running() {
    let (chip_dropped, mut bus) = chip(vec![Transaction::write(AT, vec![0xFD, 0x10])]);
    drop(chip_dropped);
    bus.done();
    let (mut chip_left, mut bus) = chip(vec![]);
    chip_left.leave_running();
    drop(chip_left);
    bus.done();
}

#[test]
fn what_the_chip_does_not_have_is_refused_before_the_bus_sees_it() {
    let mut nothing = Mock::new(&[]);
    let new = |address, hz| Pca9685::new(nothing.clone(), NoopDelay::new(), address, hz).err().unwrap();
    assert_eq!(new(0x70, 50.0), Error::Address(0x70));
    assert_eq!(new(0x20, 50.0), Error::Address(0x20));
    assert_eq!(new(AT, 2000.0), Error::Frequency(2000.0));
    assert!(matches!(new(AT, f64::NAN), Error::Frequency(_)));
    nothing.done();

    let (mut chip, mut bus) = chip(vec![]);
    assert_eq!(chip.stage(16, 0), Err(Error::Channel(16)));
    assert_eq!(chip.stage(0, 4097), Err(Error::Duty(4097)));
    chip.flush().unwrap();
    chip.leave_running();
    let shared = Shared::new(chip);
    assert_eq!(shared.channel(16).err().unwrap(), Error::Channel(16));
    drop(shared);
    bus.done();
}

#[test]
fn the_prescaler_is_that_of_the_data_sheet() {
    // 7.3.5: 200 Hz is 1Eh; the ends are 03h for 1526 Hz and FFh for 24 Hz, less the rounding of 24.
    for (hz, expected) in [(200.0, Some(0x1E)), (1526.0, Some(3)), (24.0, Some(253)), (23.9, None)] {
        assert_eq!(prescale(hz), expected, "{hz}");
    }
}

#[test]
fn a_channel_stages_and_the_chip_writes() {
    let (chip, mut bus) = chip(vec![
        Transaction::write(AT, vec![0x12, 0, 0, 0, 0x08]), // channel 3, half
        Transaction::write(AT, vec![0x12, 0, 0x10, 0, 0]), // on
        Transaction::write(AT, vec![0x12, 0, 0, 0, 0x10]), // off
    ]);
    let shared = Shared::new(chip);
    let mut channel = shared.channel(3).unwrap();
    channel.set_duty_cycle(channel.max_duty_cycle() / 2).unwrap();
    shared.lock().flush().unwrap();
    channel.set_high().unwrap();
    shared.lock().flush().unwrap();
    channel.set_low().unwrap();
    shared.lock().flush().unwrap();
    assert_eq!(channel.set_duty_cycle(5000), Err(Refused(Error::Duty(5000))));
    shared.lock().leave_running();
    drop((channel, shared));
    bus.done();
}

mock! {
    Adapter {}
    impl ErrorType for Adapter {
        type Error = IoError;
    }
    impl I2c for Adapter {
        fn transaction<'a>(&mut self, address: u8, operations: &mut [Operation<'a>]) -> Result<(), IoError>;
    }
}

#[test]
fn a_chip_that_fails_while_it_is_set_up_says_so_and_is_still_turned_off() {
    for failing in 0..6 {
        let mut adapter = MockAdapter::new();
        let mut order = Sequence::new();
        adapter.expect_transaction().times(failing).in_sequence(&mut order).returning(|_, _| Ok(()));
        adapter.expect_transaction().once().in_sequence(&mut order).returning(|_, _| {
            Err(IoError {
                place: "i2c-1 address 0x40".to_owned(),
                reason: "no answer".to_owned(),
                kind: IoKind::NoAcknowledge,
            })
        });
        adapter
            .expect_transaction()
            .once()
            .in_sequence(&mut order)
            .withf(|_, operations| matches!(operations, [Operation::Write([0xFD, 0x10])]))
            .returning(|_, _| Ok(()));
        let error = Pca9685::new(adapter, NoopDelay::new(), AT, 50.0).err().unwrap();
        assert_eq!(error.to_string(), "i2c-1 address 0x40: no answer");
    }
}

#[test]
fn another_driver_leaves_the_same_registers() {
    use pwm_pca9685::{Channel as Theirs, Pca9685 as Other};
    let (ours, theirs) = (Registers::after_reset(), Registers::after_reset());
    let (ours, theirs) = (Arc::new(Mutex::new(ours)), Arc::new(Mutex::new(theirs)));
    let mut chip = Pca9685::new(OneChip(ours.clone()), NoopDelay::new(), AT, 50.0).unwrap();
    let mut other = Other::new(OneChip(theirs.clone()), AT).unwrap();
    other.set_prescale(121).unwrap();
    other.enable().unwrap();
    // Ours does not answer to the all-call address, as nothing else shall drive the car.
    other.disable_programmable_address(pwm_pca9685::ProgrammableAddress::AllCall).unwrap();

    for (channel, theirs_is, duty) in [
        (0, Theirs::C0, 2048),
        (5, Theirs::C5, 4096),
        (9, Theirs::C9, 307),
        (5, Theirs::C5, 1),
        (0, Theirs::C0, 0),
        (15, Theirs::C15, 4095),
    ] {
        chip.stage(channel, duty).unwrap();
        chip.flush().unwrap();
        match duty {
            0 => {
                other.set_channel_on_off(theirs_is, 0, 0).unwrap();
                other.set_channel_full_off(theirs_is).unwrap();
            }
            4096 => {
                other.set_channel_on_off(theirs_is, 0, 0).unwrap();
                other.set_channel_full_on(theirs_is, 0).unwrap();
            }
            steps => other.set_channel_on_off(theirs_is, 0, steps).unwrap(),
        }
        assert_eq!(*ours.lock().unwrap(), *theirs.lock().unwrap(), "channel {channel}, duty {duty}");
    }
}
