//! The registers of the data sheet, by number, so that a constant typed wrong shows.

use super::*;

const MS: Nanos = 1_000_000;

/// Awake, auto-increment on, stable, at 50 Hz.
fn awake() -> Pca9685 {
    let mut chip = Pca9685::new(0x40);
    assert!(chip.write(&[0xFE, 121], &0));
    assert!(chip.write(&[0x00, 0x21], &0));
    assert!(chip.tick(&MS));
    chip
}

fn read<const N: usize>(chip: &mut Pca9685, from: u8) -> [u8; N] {
    let mut buffer = [0xAA; N];
    assert!(chip.write(&[from], &MS));
    chip.read(&mut buffer, &0);
    buffer
}

fn output(chip: &Pca9685, channel: u8) -> Signal {
    chip.output(channel).unwrap()
}

#[test]
fn after_power_up_every_register_has_its_reset_value_and_every_output_is_low() {
    let chip = Pca9685::new(0x40);
    let head = [0x11, 0x04, 0xE2, 0xE4, 0xE8, 0xE0];
    for register in 0x00..=0x45_u8 {
        let expected = match register {
            0..=5 => head[usize::from(register)],
            led => [0x00, 0x00, 0x00, 0x10][usize::from(led - 6) % 4],
        };
        assert_eq!(chip.register(register), Some(expected), "register {register:#04x}");
    }
    assert_eq!(chip.register(0xFE), Some(0x1E));
    assert_eq!((chip.register(0x46), chip.register(0xF9)), (None, None));
    assert!((0..16).all(|channel| output(&chip, channel) == Signal::LOW));
    assert_eq!(chip.output(16), None);
}

#[test]
fn auto_increment_walks_through_a_burst_and_wraps_after_the_last_channel_and_after_the_prescaler() {
    let mut chip = awake();
    assert!(chip.write(&[0x42, 1, 2, 3, 4, 0x21, 0x04], &MS));
    assert_eq!(read(&mut chip, 0x42), [1, 2, 3, 4, 0x21, 0x04]);
    assert_eq!(read(&mut chip, 0xFD), [0, 121, 0x21]);
}

#[test]
fn without_auto_increment_every_byte_goes_to_the_same_register() {
    let mut chip = awake();
    assert!(chip.write(&[0x00, 0x01], &MS));
    assert!(chip.write(&[0x06, 1, 2, 3], &MS));
    assert_eq!(read(&mut chip, 0x06), [3, 3]);
    assert_eq!(chip.register(0x07), Some(0));
}

#[test]
fn all_led_writes_every_channel_and_reads_as_zero() {
    let mut chip = awake();
    assert!(chip.write(&[0xFA, 0x11, 0x02, 0x33, 0x04], &MS));
    for channel in 0..16 {
        assert_eq!(read(&mut chip, 0x06 + 4 * channel), [0x11, 0x02, 0x33, 0x04]);
    }
    assert_eq!(read(&mut chip, 0xFA), [0; 4]);
}

#[test]
fn bits_that_do_not_exist_are_not_stored() {
    let mut chip = awake();
    assert!(chip.write(&[0x01, 0xFF, 0xFF], &MS));
    assert_eq!(read(&mut chip, 0x01), [0x1F, 0xFE]);
    assert!(chip.write(&[0x06, 0xFF, 0xFF, 0xFF, 0xFF], &MS));
    assert_eq!(read(&mut chip, 0x06), [0xFF, 0x1F, 0xFF, 0x1F]);
}

#[test]
fn the_prescaler_is_locked_while_awake_and_never_below_three() {
    let mut chip = awake();
    assert!(chip.write(&[0xFE, 5], &MS));
    assert_eq!(chip.register(0xFE), Some(121));
    assert!(chip.write(&[0x00, 0x31], &MS));
    assert!(chip.write(&[0xFE, 0], &MS));
    assert_eq!(chip.register(0xFE), Some(3));
}

#[test]
fn on_and_off_counts_make_a_pulse_with_duty_phase_and_frequency() {
    let mut chip = awake();
    // On at 1024, off at 3072.
    assert!(chip.write(&[0x06, 0x00, 0x04, 0x00, 0x0C], &MS));
    let Signal { rise, duty, frequency_hz } = output(&chip, 0);
    assert_eq!((rise, duty), (0.25, 0.5));
    assert!((frequency_hz - 50.03).abs() < 0.01, "{frequency_hz}");
    // On at 3072, off at 1024: over the end of the cycle.
    assert!(chip.write(&[0x06, 0x00, 0x0C, 0x00, 0x04], &MS));
    assert_eq!((output(&chip, 0).rise, output(&chip, 0).duty), (0.75, 0.5));
    // The same count twice: off.
    assert!(chip.write(&[0x06, 0x00, 0x04, 0x00, 0x04], &MS));
    assert_eq!(output(&chip, 0).duty, 0.0);
}

#[test]
fn full_on_beats_the_counts_and_full_off_beats_full_on() {
    let mut chip = awake();
    assert!(chip.write(&[0x0A, 0x00, 0x10, 0x00, 0x00], &MS));
    assert_eq!(output(&chip, 1), Signal::HIGH);
    assert!(chip.write(&[0x0A, 0x00, 0x10, 0x00, 0x10], &MS));
    assert_eq!(output(&chip, 1), Signal::LOW);
}

#[test]
fn the_outputs_begin_only_when_the_oscillator_is_stable() {
    let mut chip = Pca9685::new(0x40);
    assert!(chip.write(&[0x00, 0x21], &MS));
    assert!(chip.write(&[0x06, 0x00, 0x10, 0x00, 0x00], &MS));
    assert!(!chip.tick(&(MS + 499_999)));
    assert_eq!(output(&chip, 0), Signal::LOW);
    assert!(chip.tick(&(MS + 500_000)));
    assert_eq!(output(&chip, 0), Signal::HIGH);
}

#[test]
fn channels_put_to_sleep_come_back_with_a_restart_and_only_after_the_oscillator() {
    let mut chip = awake();
    assert!(chip.write(&[0x06, 0x00, 0x10, 0x00, 0x00], &MS));
    assert!(chip.write(&[0x00, 0x31], &MS));
    assert_eq!((chip.register(0x00), output(&chip, 0)), (Some(0xB1), Signal::LOW));
    assert!(chip.write(&[0x00, 0x21], &(2 * MS)));
    // Too early, and zero is no request.
    assert!(chip.write(&[0x00, 0xA1], &(2 * MS + 499_999)));
    assert!(chip.write(&[0x00, 0x21], &(3 * MS)));
    assert_eq!((chip.register(0x00), output(&chip, 0)), (Some(0xA1), Signal::LOW));
    assert!(chip.write(&[0x00, 0xA1], &(3 * MS)));
    assert_eq!((chip.register(0x00), output(&chip, 0)), (Some(0x21), Signal::HIGH));
}

#[test]
fn a_write_to_a_channel_makes_a_restart_needless() {
    let mut chip = awake();
    assert!(chip.write(&[0x06, 0x00, 0x10, 0x00, 0x00], &MS));
    assert!(chip.write(&[0x00, 0x31], &MS));
    assert!(chip.write(&[0x00, 0x21], &MS));
    assert!(chip.write(&[0x0A, 0x00, 0x00, 0x00, 0x08], &(3 * MS)));
    assert_eq!(
        (chip.register(0x00), output(&chip, 0), output(&chip, 1).duty),
        (Some(0x21), Signal::HIGH, 0.5)
    );
}

#[test]
fn after_an_orderly_shutdown_there_is_nothing_to_restart() {
    let mut chip = awake();
    assert!(chip.write(&[0x06, 0x00, 0x10, 0x00, 0x00], &MS));
    assert!(chip.write(&[0xFD, 0x10], &MS));
    assert!(chip.write(&[0x00, 0x31], &MS));
    assert_eq!(chip.register(0x00), Some(0x31));
}

#[test]
fn without_the_external_clock_that_it_was_told_to_use_it_is_dead_until_a_reset() {
    let mut chip = awake();
    assert!(chip.write(&[0x06, 0x00, 0x10, 0x00, 0x00], &MS));
    assert!(chip.write(&[0x00, 0x61], &MS));
    assert_eq!((chip.register(0x00), output(&chip, 0)), (Some(0x21), Signal::HIGH));
    assert!(
        chip.write(&[0x00, 0x31], &MS) && chip.write(&[0x00, 0x71], &MS) && chip.write(&[0x00, 0x21], &MS)
    );
    assert!(chip.write(&[0x00, 0xA1], &(2 * MS)));
    assert_eq!((chip.register(0x00), output(&chip, 0)), (Some(0x61), Signal::LOW));
    assert!(chip.general_call(&[0x06], 0));
    assert_eq!((chip.register(0x00), chip.register(0x07)), (Some(0x11), Some(0x00)));
}

#[test]
fn a_software_reset_is_one_byte_and_no_other() {
    let mut chip = awake();
    assert!(
        !chip.general_call(&[], 0) && !chip.general_call(&[0x04], 0) && !chip.general_call(&[0x06, 0x06], 0)
    );
    assert_eq!(chip.register(0x00), Some(0x21));
}

#[test]
fn it_answers_at_its_own_address_and_at_those_that_are_switched_on() {
    let mut chip = awake();
    assert!(chip.answers(0x40) && chip.answers(0x70));
    assert!(!chip.answers(0x71) && !chip.answers(0x41));
    assert!(chip.write(&[0x00, 0x28], &MS));
    assert!(chip.answers(0x71) && !chip.answers(0x70));
    assert!(chip.write(&[0x02, 0x90], &MS));
    assert!(chip.answers(0x48) && !chip.answers(0x71));
}

#[test]
fn an_inverted_output_is_high_when_off_and_open_drain_is_never_high() {
    let mut chip = awake();
    assert!(chip.write(&[0x01, 0x14], &MS));
    assert_eq!(output(&chip, 0).duty, 1.0);
    assert!(chip.write(&[0x06, 0x00, 0x04, 0x00, 0x08], &MS));
    assert_eq!((output(&chip, 0).rise, output(&chip, 0).duty), (0.5, 0.75));
    assert!(chip.write(&[0x01, 0x00], &MS));
    assert_eq!(output(&chip, 0), Signal::LOW);
}

#[test]
fn a_reserved_register_is_not_acknowledged_and_nothing_at_all_is() {
    let mut chip = awake();
    assert!(!chip.write(&[0x46, 1], &MS) && !chip.write(&[0xF9], &MS));
    assert!(chip.write(&[], &MS));
}
