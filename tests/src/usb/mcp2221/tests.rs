//! The state machine against the datasheet's tables of commands (DS20005292, 3.1), with a simulated board at
//! its pins.

use std::time::Duration;

use hal::Board;
use hal::board::PinRef;
use sim::{Direction, Fault, Signal, Sim};

use super::{Adapter, REPORT, Report};

/// A PCA9685 on the bus; GP0 is an input of a bridge, GP3 the e-stop button, GP1 and GP2 are free.
const BOARD: &str = r#"
name = "adapter"
chips = [{ driver = "pca9685", address = 0x40 }]
drive = { kind = "differential", track_m = 0.13, wheel_diameter_m = 0.065, top_speed_mps = 0.68 }
motors.left  = { side = "left",  driver = "hbridge", bridge = "drv8833", in1 = "pca9685@0x40:0", in2 = "pca9685@0x40:1" }
motors.right = { side = "right", driver = "hbridge", bridge = "tb6612", in1 = "gpio:mcp2221_gpio/0", in2 = "pca9685@0x40:3", pwm = "pca9685@0x40:2" }
estop = { pin = "gpio:mcp2221_gpio/3", pressed = "high" }
"#;

fn plugged() -> (Adapter, Sim) {
    let board = Board::parse("adapter.toml", BOARD).expect("a board");
    let sim = Sim::new(&board);
    sim.record_bus();
    (Adapter::new(Box::new(sim.clone()), "i2c-1"), sim)
}

/// The answer to these bytes, with zeros behind them.
fn ask(adapter: &mut Adapter, bytes: &[u8]) -> Report {
    adapter.answer(bytes)
}

#[test]
fn every_report_is_answered_by_one_that_names_its_command() {
    let (mut adapter, _) = plugged();
    for command in 0..=u8::MAX {
        let said = ask(&mut adapter, &[command]);
        assert_eq!(said[0], command);
    }
    assert_eq!(adapter.ledger().reports, 256);
}

#[test]
fn an_unknown_command_is_answered_as_not_supported() {
    let (mut adapter, _) = plugged();
    assert_eq!(ask(&mut adapter, &[0x77])[..2], [0x77, 0x01]);
}

#[test]
fn no_report_however_long_or_short_breaks_it() {
    let (mut adapter, _) = plugged();
    assert_eq!(adapter.answer(&[])[1], 0x01);
    for seed in 0..5_000_u64 {
        let mut chance = fastrand::Rng::with_seed(seed);
        let length = chance.usize(0..=2 * REPORT);
        let mut report: Vec<u8> = (0..length).map(|_| chance.u8(..)).collect();
        if let Some(command) = report.first_mut() {
            *command = chance.choice([0x10, 0x40, 0x50, 0x51, 0x61, 0x90, 0x91, 0x93, 0x94]).unwrap_or(0);
        }
        assert_eq!(adapter.answer(&report)[0], report.first().copied().unwrap_or(0));
    }
}

/// Table 3-1: byte 3 = 0x20 sets the speed of byte 4; table 3-2: byte 3 says 0x20, byte 4 and byte 14 which.
#[test]
fn a_speed_that_is_set_is_in_force() {
    let (mut adapter, _) = plugged();
    let said = ask(&mut adapter, &[0x10, 0, 0, 0x20, 27]);
    assert_eq!((said[1], said[3], said[4], said[14]), (0x00, 0x20, 27, 27));
    let said = ask(&mut adapter, &[0x10]);
    assert_eq!((said[3], said[4], said[14]), (0x00, 0x00, 27));
}

/// Table 3-2: byte 2 is 0x11 where there was nothing to cancel.
#[test]
fn cancelling_nothing_says_that_the_engine_was_idle() {
    let (mut adapter, _) = plugged();
    let said = ask(&mut adapter, &[0x10, 0, 0x10]);
    assert_eq!((said[1], said[2], said[8]), (0x00, 0x11, 0x00));
}

/// 3.1.5: byte 1 and 2 are the length, byte 3 the address with its last bit free, then the data.
#[test]
fn a_write_reaches_the_chip() {
    let (mut adapter, sim) = plugged();
    let said = ask(&mut adapter, &[0x90, 2, 0, 0x80, 0x01, 0x1c]);
    assert_eq!(said[..2], [0x90, 0x00]);
    assert_eq!(sim.chip_register("i2c-1", 0x40, 0x01), Some(0x1c));
    let status = ask(&mut adapter, &[0x10]);
    assert_eq!((status[8], status[9], status[11], status[16], status[20]), (0x00, 2, 2, 0x80, 0x00));
    let traffic = adapter.ledger().chip(0x40);
    assert_eq!(traffic, adapter.ledger().bus);
    assert_eq!((traffic.writes, traffic.reads, traffic.bytes), (1, 0, 3));
    assert_eq!(traffic.bus_us(400e3), 67.5);
}

/// 3.1.5: what does not fit into one report follows in others with the same head; the transfer is one.
#[test]
fn a_long_write_is_one_transfer_of_several_reports() {
    let (mut adapter, sim) = plugged();
    let mut first = vec![0x90, 65, 0, 0x80, 0x06];
    first.extend([0; 59]);
    assert_eq!(ask(&mut adapter, &first)[1], 0x00);
    assert_eq!(sim.take_bus_transcript().len(), 0, "not yet");
    assert_eq!(ask(&mut adapter, &[0x90, 9, 0, 0x80, 0x06])[1], 0x01, "another transfer has to wait");
    assert_eq!(ask(&mut adapter, &[0x90, 65, 0, 0x80, 0, 0, 0, 0, 0x10])[1], 0x00);
    let transfers = sim.take_bus_transcript();
    assert_eq!(transfers.len(), 1);
    assert_eq!(transfers[0].bytes.len(), 65);
    assert_eq!((transfers[0].bytes[0], transfers[0].bytes[64]), (0x06, 0x10));
}

/// 3.1.7, 3.1.9, 3.1.10: a write without a stop, a read after a repeated start, and fetching what was read.
#[test]
fn a_register_is_read_by_a_write_left_open_and_a_read() {
    let (mut adapter, sim) = plugged();
    assert_eq!(ask(&mut adapter, &[0x94, 1, 0, 0x80, 0xfe])[1], 0x00);
    assert_eq!(ask(&mut adapter, &[0x93, 1, 0, 0x80])[1], 0x00);
    let said = ask(&mut adapter, &[0x40]);
    assert_eq!((said[1], said[2], said[3]), (0x00, 0x55, 1));
    assert_eq!(Some(said[4]), sim.chip_register("i2c-1", 0x40, 0xfe));
    assert_eq!(ask(&mut adapter, &[0x10])[8], 0x00, "idle again");
    let ways: Vec<_> = sim.take_bus_transcript().iter().map(|transfer| transfer.direction).collect();
    assert_eq!(ways, [Direction::Write, Direction::Read]);
}

/// 3.1.10: at most 60 bytes in an answer; byte 2 tells whether more follow.
#[test]
fn a_long_read_is_fetched_in_parts() {
    let (mut adapter, _) = plugged();
    ask(&mut adapter, &[0x91, 70, 0, 0x81]);
    let (first, second) = (ask(&mut adapter, &[0x40]), ask(&mut adapter, &[0x40]));
    assert_eq!((first[2], first[3]), (0x54, 60));
    assert_eq!((second[2], second[3]), (0x55, 10));
    // Table 3-31: byte 1 = 0x41 where there is nothing to fetch, byte 3 = 127 where nothing follows.
    let third = ask(&mut adapter, &[0x40]);
    assert_eq!((third[1], third[3]), (0x41, 127));
}

#[test]
fn a_read_after_a_repeated_start_takes_a_write_before_it() {
    let (mut adapter, _) = plugged();
    assert_eq!(ask(&mut adapter, &[0x93, 1, 0, 0x81])[1], 0x01);
}

#[test]
fn nobody_at_an_address_is_told_until_it_is_cancelled_or_the_next_transfer() {
    let (mut adapter, sim) = plugged();
    sim.fault(Fault::ChipSilent("pca9685@0x40".into()));
    ask(&mut adapter, &[0x90, 1, 0, 0x80, 0x00]);
    let status = ask(&mut adapter, &[0x10]);
    assert_eq!((status[8], status[20]), (0x25, 0x40));
    let cancelled = ask(&mut adapter, &[0x10, 0, 0x10]);
    assert_eq!((cancelled[2], cancelled[8]), (0x10, 0x00));
    ask(&mut adapter, &[0x91, 1, 0, 0x81]);
    let said = ask(&mut adapter, &[0x40]);
    assert_eq!((said[2], said[3]), (0x25, 127));
    sim.mend_all();
    ask(&mut adapter, &[0x90, 1, 0, 0x80, 0x00]);
    assert_eq!(ask(&mut adapter, &[0x10])[8], 0x00);
}

/// 3.1.11: for each line its new level and direction, each behind a byte that says whether to change it.
#[test]
fn a_line_that_is_an_output_drives_what_is_wired_to_it() {
    let (mut adapter, sim) = plugged();
    let gp0 = PinRef::Gpio { line: "mcp2221_gpio/0".to_owned() };
    let level = |sim: &Sim| sim.signal(&gp0).expect("is wired");
    let said = ask(&mut adapter, &[0x50, 0, 1, 1, 0, 0]);
    assert_eq!(said[..6], [0x50, 0x00, 1, 1, 0, 0]);
    assert_eq!(level(&sim), Signal::LOW, "still an input");
    ask(&mut adapter, &[0x50, 0, 0, 0, 1, 0]);
    assert_eq!(level(&sim), Signal::HIGH, "an output with the level it was given before");
    ask(&mut adapter, &[0x50, 0, 1, 0, 0, 0]);
    assert_eq!(level(&sim), Signal::LOW);
    // A line to which nothing is wired takes it all the same.
    assert_eq!(ask(&mut adapter, &[0x50, 0, 0, 0, 0, 0, 1, 1, 1, 0])[1], 0x00);
    assert_eq!(ask(&mut adapter, &[0x51])[4..6], [1, 0]);
}

/// 3.1.12: for each line its level and its direction, 0 out and 1 in.
#[test]
fn a_line_that_is_an_input_has_the_level_that_is_on_it() {
    let (mut adapter, sim) = plugged();
    assert_eq!(ask(&mut adapter, &[0x51])[..10], [0x51, 0x00, 0, 1, 0, 1, 0, 1, 0, 1]);
    sim.press_estop(true);
    assert_eq!(ask(&mut adapter, &[0x51])[8..10], [1, 1]);
    assert_eq!(adapter.ledger().got_lines, 2);
}

#[test]
fn a_driver_that_mistakes_the_direction_for_the_level_finds_the_level_there() {
    let (mut adapter, sim) = plugged();
    adapter.suit_early_drivers();
    assert_eq!(ask(&mut adapter, &[0x51])[8..10], [0, 0]);
    sim.press_estop(true);
    assert_eq!(ask(&mut adapter, &[0x51])[8..10], [1, 1]);
}

/// Bytes 22 to 25 of the settings: what each line is for, 0 of it is GPIO.
#[test]
fn every_line_is_for_gpio() {
    let (mut adapter, sim) = plugged();
    sim.step(Duration::from_millis(1));
    let said = ask(&mut adapter, &[0x61]);
    assert!(said[22..26].iter().all(|line| line & 0b111 == 0), "{said:?}");
}
