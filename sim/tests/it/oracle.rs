//! Drivers that others wrote, as witnesses that the chips here are the chips that they know.

use std::time::Duration;

use hal::board::PinRef;
use hal::{Board, Platform};
use pwm_pca9685::{Channel, ChannelOnOffControl, OutputLogicState, Pca9685, ProgrammableAddress};
use sim::{Signal, Sim, Terminals};
use tb6612fng::{DriveCommand, Motor, Tb6612fng};

use crate::rig::preset;

const CHIP: u8 = 0x40;

fn channel(sim: &Sim, channel: u8) -> Signal {
    sim.signal(&PinRef::Chip { chip: 0, channel }).expect("a channel")
}

#[test]
fn pwm_pca9685_sets_the_pulses_that_its_documentation_promises() {
    let mut sim = preset("demo");
    let mut bus = sim.i2c("i2c-1", CHIP).unwrap();
    let mut driver = Pca9685::new(&mut *bus, CHIP).unwrap();
    driver.set_prescale(100).unwrap();
    driver.enable().unwrap();
    sim.step(Duration::from_millis(1));
    driver.set_channel_on_off(Channel::C0, 0, 2047).unwrap();
    driver.set_channel_on_off(Channel::C1, 200, 3272).unwrap();

    // "about 60 Hz"; 50 %; 75 %, 814 µs later.
    let (first, second) = (channel(&sim, 0), channel(&sim, 1));
    assert!((first.frequency_hz - 60.0).abs() < 0.5, "{first:?}");
    assert!((first.duty - 0.5).abs() < 1e-3 && first.rise == 0.0, "{first:?}");
    assert!((second.duty - 0.75).abs() < 1e-3, "{second:?}");
    assert!((second.rise / second.frequency_hz - 814e-6).abs() < 10e-6, "{second:?}");
}

#[test]
fn pwm_pca9685_switches_channels_fully_on_and_off_alone_and_together() {
    let mut sim = preset("demo");
    let mut bus = sim.i2c("i2c-1", CHIP).unwrap();
    let mut driver = Pca9685::new(&mut *bus, CHIP).unwrap();
    driver.enable().unwrap();
    sim.step(Duration::from_millis(1));

    driver.set_channel_on_off(Channel::All, 0, 1024).unwrap();
    assert!((0..16).all(|n| channel(&sim, n).duty == 0.25));
    driver.set_channel_full_on(Channel::C5, 0).unwrap();
    assert_eq!(channel(&sim, 5), Signal::HIGH);
    driver.set_channel_full_off(Channel::C5).unwrap();
    assert_eq!(channel(&sim, 5), Signal::LOW);

    let mut values = [ChannelOnOffControl { on: 0, off: 2048, full_on: false, full_off: false }; 16];
    values[2].full_on = true;
    values[3].full_off = true;
    driver.set_all_channels(&values).unwrap();
    assert_eq!((channel(&sim, 2), channel(&sim, 3)), (Signal::HIGH, Signal::LOW));
    assert!((4..16).all(|n| channel(&sim, n).duty == 0.5));

    driver.set_all_on_off(&[100; 16], &[1124; 16]).unwrap();
    assert!((0..16).all(|n| channel(&sim, n).duty == 0.25));

    driver.set_output_logic_state(OutputLogicState::Inverted).unwrap();
    assert!((0..16).all(|n| channel(&sim, n).duty == 0.75));
}

#[test]
fn pwm_pca9685_restarts_channels_after_a_sleep_and_its_wait_is_virtual_time() {
    let mut sim = preset("demo");
    let mut delay = sim.delay();
    let mut bus = sim.i2c("i2c-1", CHIP).unwrap();
    let mut driver = Pca9685::new(&mut *bus, CHIP).unwrap();
    driver.enable().unwrap();
    sim.step(Duration::from_millis(1));
    driver.set_channel_on_off(Channel::C0, 0, 1024).unwrap();
    driver.enable_restart_and_disable().unwrap();
    assert_eq!(channel(&sim, 0), Signal::LOW);

    let before = sim.now();
    driver.restart(&mut &mut *delay).unwrap();
    assert_eq!(sim.now() - before, Duration::from_micros(500));
    assert_eq!(channel(&sim, 0).duty, 0.25);
}

#[test]
fn pwm_pca9685_reaches_the_chip_at_an_address_it_programmed() {
    let mut sim = preset("demo");
    let mut bus = sim.i2c("i2c-1", CHIP).unwrap();
    let mut driver = Pca9685::new(&mut *bus, CHIP).unwrap();
    // The register takes the address in its upper seven bits; the crate hands it over as it is.
    driver.set_programmable_address(ProgrammableAddress::Subaddress1, 0x52 << 1).unwrap_err();
    driver.set_programmable_address(ProgrammableAddress::Subaddress1, 0x52).unwrap();
    driver.set_address(0x52 >> 1).unwrap();
    driver.enable().unwrap_err();
    driver.set_address(CHIP).unwrap();
    driver.enable_programmable_address(ProgrammableAddress::Subaddress1).unwrap();
    driver.set_address(0x52 >> 1).unwrap();
    driver.set_channel_full_on(Channel::C0, 0).unwrap();
}

const TB6612: &str = r#"
name        = "bench"
description = "A TB6612FNG with everything on the header"

[drive]
kind             = "differential"
track_m          = 0.13
wheel_diameter_m = 0.065
top_speed_mps    = 0.68

[motors.left]
side    = "left"
driver  = "hbridge"
bridge  = "tb6612"
in1     = "gpio:A1"
in2     = "gpio:A2"
pwm     = "pwm:header:12"
standby = "gpio:STBY"
frequency_hz = 1000

[motors.right]
side    = "right"
driver  = "hbridge"
bridge  = "tb6612"
in1     = "gpio:B1"
in2     = "gpio:B2"
pwm     = "pwm:header:13"
standby = "gpio:STBY"
frequency_hz = 1000
"#;

#[test]
fn tb6612fng_drives_brakes_and_lets_go_as_its_documentation_promises() {
    let mut sim = Sim::new(&Board::parse("bench.toml", TB6612).unwrap());
    let [mut a1, mut a2, mut b1, mut b2, mut standby] =
        ["A1", "A2", "B1", "B2", "STBY"].map(|line| sim.output(line).unwrap());
    let [mut pwm_a, mut pwm_b] = [12, 13].map(|channel| sim.pwm("header", channel, 1000.0).unwrap());
    let a = Motor::new(&mut *a1, &mut *a2, &mut *pwm_a).unwrap();
    let b = Motor::new(&mut *b1, &mut *b2, &mut *pwm_b).unwrap();
    let mut chip = Tb6612fng::new(a, b, &mut *standby).unwrap();
    let near = |motor: &str, drive: f64| match sim.terminals(motor) {
        Some(Terminals::Drive(got)) => (got - drive).abs() < 1e-4,
        _ => false,
    };

    chip.motor_a.drive(DriveCommand::Forward(60)).unwrap();
    chip.motor_b.drive(DriveCommand::Backward(25)).unwrap();
    assert!(near("left", 0.6) && near("right", -0.25));
    chip.motor_a.drive(DriveCommand::Brake).unwrap();
    chip.motor_b.drive(DriveCommand::Stop).unwrap();
    assert_eq!(sim.terminals("left"), Some(Terminals::Brake));
    assert_eq!(sim.terminals("right"), Some(Terminals::Coast));
    chip.motor_a.drive(DriveCommand::Forward(100)).unwrap();
    chip.enable_standby().unwrap();
    assert_eq!(sim.terminals("left"), Some(Terminals::Coast));
    chip.disable_standby().unwrap();
    assert!(near("left", 1.0));
}
