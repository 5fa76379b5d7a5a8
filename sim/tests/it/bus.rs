//! The I²C bus as the platform hands it out.

use std::time::Duration;

use embedded_hal::i2c::Operation;
use hal::board::PinRef;
use hal::platform::Bus;
use hal::{IoKind, Platform};
use sim::{Direction, Fault, Signal, Sim};

use crate::rig::preset;

const CHIP: u8 = 0x40;

fn open() -> (Sim, Bus) {
    let mut sim = preset("demo");
    let bus = sim.i2c("i2c-1", CHIP).expect("the bus");
    (sim, bus)
}

/// Awake, auto-increment and all-call on, channel 3 full on.
fn lit() -> (Sim, Bus) {
    let (sim, mut bus) = open();
    bus.write(CHIP, &[0x00, 0x21]).expect("an acknowledge");
    bus.write(CHIP, &[0x12, 0x00, 0x10, 0x00, 0x00]).expect("an acknowledge");
    sim.step(Duration::from_millis(1));
    assert_eq!(channel(&sim, 3), Signal::HIGH);
    (sim, bus)
}

fn channel(sim: &Sim, channel: u8) -> Signal {
    sim.signal(&PinRef::Chip { chip: 0, channel }).expect("a channel")
}

#[test]
fn a_chip_wakes_on_time_even_between_two_steps() {
    let (sim, mut bus) = open();
    bus.write(CHIP, &[0x00, 0x21]).unwrap();
    bus.write(CHIP, &[0x12, 0x00, 0x10, 0x00, 0x00]).unwrap();
    sim.step(Duration::from_nanos(499_999));
    assert_eq!(channel(&sim, 3), Signal::LOW);
    sim.step(Duration::from_nanos(1));
    assert_eq!(channel(&sim, 3), Signal::HIGH);
}

#[test]
fn where_no_chip_is_nobody_acknowledges() {
    let (_, mut bus) = open();
    let error = bus.write(0x41, &[0x00]).unwrap_err();
    assert_eq!(error.kind, IoKind::NoAcknowledge);
    assert_eq!(error.place, "i2c-1 address 0x41");
    assert_eq!(bus.read(0x41, &mut [0]).unwrap_err().kind, IoKind::NoAcknowledge);
    assert_eq!(bus.read(0x00, &mut [0]).unwrap_err().kind, IoKind::NoAcknowledge);
}

#[test]
fn a_bus_that_the_board_does_not_name_is_refused() {
    let error = preset("demo").i2c("i2c-7", CHIP).err().unwrap();
    assert_eq!(error.to_string(), "i2c-7: no such bus: the board names i2c-1");
    let error = preset("l298n").i2c("i2c-1", CHIP).err().unwrap();
    assert_eq!(error.to_string(), "i2c-1: no such bus: the board names none");
}

#[test]
fn an_unplugged_chip_is_silent_and_keeps_doing_what_it_did() {
    let (sim, mut bus) = lit();
    sim.fault(Fault::ChipSilent("pca9685@0x40".into()));
    assert_eq!(bus.write(CHIP, &[0xFD, 0x10]).unwrap_err().kind, IoKind::NoAcknowledge);
    assert_eq!(bus.write(0x70, &[0xFD, 0x10]).unwrap_err().kind, IoKind::NoAcknowledge);
    assert_eq!(bus.write(0x00, &[0x06]).unwrap_err().kind, IoKind::NoAcknowledge);
    assert_eq!(channel(&sim, 3), Signal::HIGH);
    sim.mend_all();
    bus.write(CHIP, &[0xFD, 0x10]).unwrap();
    assert_eq!(channel(&sim, 3), Signal::LOW);
}

#[test]
fn adjacent_operations_of_one_kind_are_one_transfer() {
    let (sim, mut bus) = lit();
    sim.record_bus();
    let (mut first, mut second) = ([0; 1], [0; 3]);
    bus.transaction(
        CHIP,
        &mut [
            Operation::Write(&[0x06, 0x01]),
            Operation::Write(&[0x02, 0x03]),
            Operation::Write(&[0x04]),
            Operation::Write(&[]),
        ],
    )
    .unwrap();
    bus.transaction(
        CHIP,
        &mut [Operation::Write(&[0x06]), Operation::Read(&mut first), Operation::Read(&mut second)],
    )
    .unwrap();
    assert_eq!((first, second), ([0x01], [0x02, 0x03, 0x04]));

    let said: Vec<_> = sim.take_bus_transcript().into_iter().map(|t| (t.direction, t.bytes)).collect();
    let expected = [
        (Direction::Write, vec![0x06, 0x01, 0x02, 0x03, 0x04]),
        (Direction::Write, vec![0x06]),
        (Direction::Read, vec![0x01, 0x02, 0x03, 0x04]),
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_transcript_is_kept_only_for_those_who_ask_and_tells_what_failed() {
    let (sim, mut bus) = lit();
    assert!(sim.take_bus_transcript().is_empty());
    sim.record_bus();
    bus.write(0x50, &[7]).unwrap_err();
    let transfers = sim.take_bus_transcript();
    assert_eq!(transfers.len(), 1);
    let transfer = &transfers[0];
    assert_eq!((transfer.address, transfer.acknowledged, &transfer.bytes[..]), (0x50, false, &[7][..]));
    assert_eq!((transfer.at, transfer.bus.as_str()), (Duration::from_millis(1), "i2c-1"));
}

#[test]
fn after_a_failure_the_rest_of_a_transaction_is_not_sent() {
    let (sim, mut bus) = lit();
    sim.record_bus();
    // Register 0x50 is reserved, hence not acknowledged.
    let mut buffer = [0; 2];
    bus.write_read(CHIP, &[0x50], &mut buffer).unwrap_err();
    assert_eq!(sim.take_bus_transcript().len(), 1);
}

#[test]
fn all_call_reaches_the_chip_and_a_general_call_resets_it() {
    let (sim, mut bus) = lit();
    bus.write(0x70, &[0x0A, 0x00, 0x10, 0x00, 0x00]).unwrap();
    assert_eq!(channel(&sim, 1), Signal::HIGH);
    bus.write(0x00, &[0x06]).unwrap();
    assert_eq!((channel(&sim, 1), sim.chip_register("i2c-1", CHIP, 0x00)), (Signal::LOW, Some(0x11)));
    bus.write(0x00, &[0x07]).unwrap_err();
}
