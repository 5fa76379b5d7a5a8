//! The bytes on the bus, with the registers typed again from the data sheet.

use embedded_hal_mock::eh1::delay::{CheckedDelay, NoopDelay, Transaction as Wait};
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

use super::*;

const AT: u8 = 0x5D;

/// A register is asked for twice; the first answer is that of the question before.
fn read(register: u8, value: u8) -> [Transaction; 2] {
    [(), ()].map(|()| Transaction::write_read(AT, vec![register], vec![value]))
}

fn setup() -> Vec<Transaction> {
    let mut all = Vec::new();
    all.extend(read(0x01, 0xA9)); // ID
    all.push(Transaction::write(AT, vec![0x20, 0x80])); // MA_DRIVE: no power
    all.push(Transaction::write(AT, vec![0x21, 0x80])); // MB_DRIVE
    all.extend(read(0x77, 0x01)); // STATUS_1: enumeration complete
    all.push(Transaction::write(AT, vec![0x76, 0x00])); // FSAFE_TIME: no watchdog
    all.push(Transaction::write(AT, vec![0x12, 0x00])); // MOTOR_A_INVERT
    all.push(Transaction::write(AT, vec![0x13, 0x00])); // MOTOR_B_INVERT
    all.push(Transaction::write(AT, vec![0x14, 0x00])); // BRIDGE
    all.push(Transaction::write(AT, vec![0x70, 0x01])); // DRIVER_ENABLE
    all
}

/// The beginning of that, so many times, of a chip that still starts.
fn booting(times: usize) -> Vec<Transaction> {
    let once = || setup().into_iter().take(4).chain(read(0x77, 0x00));
    (0..times).flat_map(|_| once()).collect()
}

/// A chip that is set up and then sees `transcript`, and a handle on its bus.
fn chip(transcript: Vec<Transaction>) -> (Scmd<Mock, NoopDelay>, Mock) {
    let bus = Mock::new(&[setup(), transcript].concat());
    (Scmd::new(bus.clone(), NoopDelay::new(), AT).unwrap(), bus)
}

#[test]
fn a_motor_gets_the_difference_of_its_terminals_and_only_what_changed_is_written() {
    let (mut chip, mut bus) = chip(vec![
        Transaction::write(AT, vec![0x20, 0xFF]),
        Transaction::write(AT, vec![0x21, 0x40]),
        Transaction::write(AT, vec![0x21, 0x01]),
        Transaction::write(AT, vec![0x20, 0x80]),
    ]);
    for (channel, duty) in [(0, 127), (2, 0), (3, 64)] {
        chip.stage(channel, duty).unwrap();
    }
    chip.flush().unwrap();
    chip.flush().unwrap();
    chip.stage(3, 127).unwrap();
    chip.flush().unwrap();
    // Both terminals always high: no power, as both always low.
    chip.stage(1, 127).unwrap();
    chip.flush().unwrap();
    chip.stage(0, 0).unwrap();
    chip.stage(1, 0).unwrap();
    chip.flush().unwrap();
    chip.release();
    bus.done();
}

#[test]
fn a_drop_takes_the_power_of_both_motors_away() {
    let off = [[0x20, 0x80], [0x21, 0x80]].map(|bytes| Transaction::write(AT, bytes.to_vec()));
    let (mut chip, mut bus) = chip([vec![Transaction::write(AT, vec![0x20, 0xC0])], off.to_vec()].concat());
    chip.stage(0, 64).unwrap();
    chip.flush().unwrap();
    drop(chip);
    bus.done();
}

#[test]
fn a_chip_whose_outputs_are_not_enabled_was_reset_and_is_set_up_anew() {
    let mut transcript = Vec::from(read(0x70, 0x01));
    transcript.extend(read(0x70, 0x00));
    transcript.extend(setup());
    transcript.push(Transaction::write(AT, vec![0x20, 0xC0]));
    let (mut chip, mut bus) = chip(transcript);
    chip.verify().unwrap();
    assert!(chip.verify().unwrap_err().to_string().starts_with("the chip was reset"));
    chip.stage(0, 64).unwrap();
    chip.flush().unwrap();
    chip.release();
    bus.done();
}

#[test]
fn a_chip_that_boots_is_waited_for_and_one_that_never_does_is_an_error() {
    let until_started = |polls: usize| [booting(polls), setup()].concat();
    let mut bus = Mock::new(&until_started(3));
    Scmd::new(bus.clone(), NoopDelay::new(), AT).unwrap().release();
    bus.done();
    let mut all = booting(150);
    // It is told to stop once more.
    all.extend([[0x20, 0x80], [0x21, 0x80]].map(|bytes| Transaction::write(AT, bytes.to_vec())));
    let mut bus = Mock::new(&all);
    assert_eq!(Scmd::new(bus.clone(), NoopDelay::new(), AT).err().unwrap(), Error::Booting);
    bus.done();
}

#[test]
fn a_chip_that_lost_its_supply_is_not_waited_for_while_it_starts() {
    let transcript = [read(0x70, 0x00).to_vec(), booting(2), setup()].concat();
    let bus = Mock::new(&[setup(), transcript].concat());
    // Whatever is waited for, only what was set up waits: five registers settle for half a millisecond each.
    let waits = vec![Wait::delay_us(500); 10];
    let delay = CheckedDelay::new(&waits);
    let mut chip = Scmd::new(bus.clone(), delay.clone(), AT).unwrap();
    assert!(matches!(chip.verify(), Err(Error::Reset(0))));
    assert_eq!(chip.flush(), Err(Error::Booting));
    assert_eq!(chip.flush(), Err(Error::Booting));
    chip.flush().unwrap();
    chip.release();
    { delay }.done();
    { bus }.done();
}

#[test]
fn another_chip_at_its_address_is_refused_and_not_written() {
    let mut bus = Mock::new(&read(0x01, 0x11));
    let error = Scmd::new(bus.clone(), NoopDelay::new(), AT).err().unwrap();
    assert_eq!(error.to_string(), "this is no SCMD: its ID is 0x11, not 0xa9");
    bus.done();
}

#[test]
fn what_the_chip_does_not_have_is_refused() {
    let mut bus = Mock::new(&[]);
    for address in [0x57, 0x62] {
        assert_eq!(Scmd::new(bus.clone(), NoopDelay::new(), address).err().unwrap(), Error::Address(address));
    }
    bus.done();
    let (mut chip, mut bus) = chip(vec![]);
    assert_eq!(chip.stage(4, 0), Err(Error::Channel(4)));
    assert_eq!(chip.stage(0, 128), Err(Error::Duty(128)));
    chip.leave_running();
    drop(chip);
    bus.done();
}
