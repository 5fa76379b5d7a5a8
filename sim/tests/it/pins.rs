//! Lines and PWM channels as the platform hands them out.

use std::time::Duration;

use hal::board::{EstopSpec, Level, LoopbackSpec, PinRef, Pull};
use hal::platform::Edge;
use hal::{Board, Car, IoError, IoKind, Platform};
use sim::{Signal, Sim};

use crate::rig::preset;

fn line(name: &str) -> PinRef {
    PinRef::Gpio { line: name.into() }
}

fn soft(channel: u32) -> PinRef {
    PinRef::Pwm { device: "soft".into(), channel }
}

fn refused<T>(result: Result<T, IoError>) -> String {
    let error = result.err().expect("an error");
    assert_eq!(error.kind, IoKind::Other);
    error.to_string()
}

#[test]
fn a_line_is_low_when_it_is_opened_and_follows_what_is_written() {
    let mut sim = preset("l298n");
    let mut output = sim.output("GPIO17").unwrap();
    assert_eq!(sim.signal(&line("GPIO17")), Some(Signal::LOW));
    output.set_high().unwrap();
    assert_eq!(sim.signal(&line("GPIO17")), Some(Signal::HIGH));
    output.set_low().unwrap();
    assert_eq!(sim.signal(&line("GPIO17")), Some(Signal::LOW));
}

#[test]
fn a_line_that_the_board_does_not_name_is_refused_and_those_that_it_names_are_listed() {
    let text = refused(preset("l298n").output("GPIO99"));
    assert_eq!(text, "gpio:GPIO99: no such line: the board names GPIO17, GPIO27, GPIO23, GPIO24");
    assert_eq!(refused(preset("jetbot").output("GPIO17")), "gpio:GPIO17: no such line: the board names none");
}

#[test]
fn a_line_has_one_owner_and_keeps_its_level_when_that_one_is_gone() {
    let mut sim = preset("l298n");
    let mut output = sim.output("GPIO17").unwrap();
    output.set_high().unwrap();
    assert_eq!(refused(sim.output("GPIO17")), "gpio:GPIO17: in use: it is open already");
    assert_eq!(sim.signal(&line("GPIO17")), Some(Signal::HIGH), "a refusal changes nothing");
    drop(output);
    assert_eq!(sim.signal(&line("GPIO17")), Some(Signal::HIGH));
    let _again = sim.output("GPIO17").unwrap();
    assert_eq!(sim.signal(&line("GPIO17")), Some(Signal::LOW));
}

#[test]
fn a_channel_carries_the_duty_and_the_frequency_it_is_given() {
    let mut sim = preset("l298n");
    let mut pwm = sim.pwm("soft", 5, 1000.0).unwrap();
    assert_eq!(sim.signal(&soft(5)), Some(Signal { rise: 0.0, duty: 0.0, frequency_hz: 1000.0 }));
    pwm.set_duty_cycle_fraction(1, 4).unwrap();
    let signal = sim.signal(&soft(5)).unwrap();
    assert!((signal.duty - 0.25).abs() < 1e-4);
    assert!((signal.pulse_us().unwrap() - 250.0).abs() < 0.1);
    pwm.set_duty_cycle_fully_on().unwrap();
    assert_eq!(sim.signal(&soft(5)).unwrap().duty, 1.0);
}

#[test]
fn a_channel_has_one_owner_and_keeps_pulsing_when_that_one_is_gone() {
    let mut sim = preset("l298n");
    let mut pwm = sim.pwm("soft", 5, 1000.0).unwrap();
    pwm.set_duty_cycle_fully_on().unwrap();
    assert_eq!(refused(sim.pwm("soft", 5, 1000.0)), "pwm:soft:5: in use: it is open already");
    drop(pwm);
    assert_eq!(sim.signal(&soft(5)).unwrap().duty, 1.0);
    let _again = sim.pwm("soft", 5, 50.0).unwrap();
    assert_eq!(sim.signal(&soft(5)).unwrap(), Signal { rise: 0.0, duty: 0.0, frequency_hz: 50.0 });
}

#[test]
fn a_channel_or_a_frequency_that_cannot_be_is_refused() {
    let mut sim = preset("l298n");
    assert_eq!(
        refused(sim.pwm("soft", 7, 50.0)),
        "pwm:soft:7: no such PWM channel: the board names pwm:soft:5, pwm:soft:6, pwm:header:12, pwm:header:13"
    );
    for hz in [0.0, -50.0, f64::NAN, f64::INFINITY] {
        assert!(refused(sim.pwm("soft", 5, hz)).contains("a frequency is above 0"), "{hz}");
    }
    assert!(sim.pwm("soft", 5, 50.0).is_ok());
}

#[test]
fn what_the_board_does_not_have_is_none() {
    let sim = preset("l298n");
    assert_eq!(sim.signal(&line("GPIO99")), None);
    assert_eq!(sim.signal(&soft(9)), None);
    assert_eq!(sim.signal(&PinRef::Chip { chip: 0, channel: 0 }), None);
    assert_eq!(preset("demo").signal(&PinRef::Chip { chip: 0, channel: 16 }), None);
    assert_eq!(sim.wheel_speed_rad_s("front"), None);
    assert_eq!(sim.servo_deg("roll"), None);
    assert_eq!(sim.terminals("front"), None);
}

fn with_button(pressed: Level) -> Board {
    let mut board = Board::preset("demo").expect("a preset");
    board.estop = Some(EstopSpec { line: "GPIO26".into(), pressed, pull: Pull::Up });
    board
}

#[test]
fn a_button_that_somebody_presses_is_what_the_car_reads_whichever_way_it_is_wired() {
    for pressed in [Level::High, Level::Low] {
        let board = with_button(pressed);
        let sim = Sim::new(&board);
        let mut car = Car::assemble(&board, &mut sim.clone()).expect("a car");
        assert_eq!(car.estop_pressed(), Ok(false));
        let before = sim.state_hash();
        assert!(sim.press_estop(true));
        assert_ne!(sim.state_hash(), before);
        assert_eq!(car.estop_pressed(), Ok(true));
        let level = if pressed == Level::High { Signal::HIGH } else { Signal::LOW };
        assert_eq!(sim.signal(&line("GPIO26")), Some(level));
        assert!(sim.press_estop(false));
        assert_eq!(car.estop_pressed(), Ok(false));
    }
    assert!(!preset("demo").press_estop(true), "there is no button");
}

#[test]
fn the_line_of_a_button_has_one_owner_and_is_no_output() {
    let mut sim = Sim::new(&with_button(Level::High));
    let button = sim.input("GPIO26", Pull::Up).unwrap();
    assert_eq!(refused(sim.input("GPIO26", Pull::Up)), "gpio:GPIO26: in use: it is open already");
    drop(button);
    assert!(sim.input("GPIO26", Pull::Up).is_ok());
    assert!(refused(sim.output("GPIO26")).starts_with("gpio:GPIO26: no such line"));
    assert_eq!(refused(sim.input("GPIO17", Pull::Up)), "gpio:GPIO17: no such input: the board names GPIO26");
    assert_eq!(
        refused(preset("demo").input("GPIO26", Pull::Up)),
        "gpio:GPIO26: no such input: the board names none"
    );
}

#[test]
fn who_watches_a_line_is_told_of_each_edge_with_its_time_until_the_watch_is_dropped() {
    let mut sim = Sim::new(&with_button(Level::High));
    let (sink, edges) = std::sync::mpsc::sync_channel(4);
    let tell = move |edge| sink.send(edge).expect("somebody listens");
    let watch = sim.watch(&["GPIO26"], Pull::Up, None, Box::new(tell)).unwrap();
    assert_eq!(refused(sim.input("GPIO26", Pull::Up)), "gpio:GPIO26: in use: it is open already");
    sim.step(Duration::from_millis(7));
    sim.press_estop(true);
    sim.press_estop(true);
    sim.step(Duration::from_millis(3));
    sim.press_estop(false);
    let told: Vec<Edge> = edges.try_iter().collect();
    let edge = |rising, ms| Edge { line: 0, rising, at: Duration::from_millis(ms) };
    assert_eq!(told, [edge(true, 7), edge(false, 10)]);
    drop(watch);
    sim.press_estop(true);
    assert!(edges.recv().is_err(), "the sink is gone, and nothing more was told");
    assert!(sim.input("GPIO26", Pull::Up).is_ok());
}

#[test]
fn lines_are_watched_all_or_none() {
    let mut sim = Sim::new(&with_button(Level::High));
    for lines in [&["GPIO26", "GPIO26"], &["GPIO26", "GPIO17"]] {
        refused(sim.watch(lines, Pull::Up, None, Box::new(|_| {})));
        assert!(sim.input("GPIO26", Pull::Up).is_ok(), "{lines:?}");
    }
}

/// The board `l298n` with these wires from its outputs to inputs.
fn wired(wires: &[(PinRef, &str)]) -> Sim {
    let mut board = Board::preset("l298n").expect("a preset");
    let wire = |(from, to): &(PinRef, &str)| LoopbackSpec { from: from.clone(), to: (*to).into() };
    board.loopbacks = wires.iter().map(wire).collect();
    Sim::new(&board)
}

#[test]
fn a_loopback_wire_takes_an_outputs_level_to_an_input_with_the_next_step() {
    let mut sim = wired(&[(line("GPIO17"), "GPIO5")]);
    let (mut output, mut input) = (sim.output("GPIO17").unwrap(), sim.input("GPIO5", Pull::None).unwrap());
    for high in [true, false, true] {
        output.set_state(high.into()).unwrap();
        sim.step(Duration::from_millis(1));
        assert_eq!(input.is_high(), Ok(high));
    }
}

#[test]
fn a_loopback_wire_is_high_for_the_duty_of_a_pulsed_output() {
    let mut sim = wired(&[(soft(5), "GPIO5")]);
    let (mut pwm, mut input) = (sim.pwm("soft", 5, 50.0).unwrap(), sim.input("GPIO5", Pull::None).unwrap());
    for (duty, of_twenty) in [(0, 0), (u16::MAX / 4, 5), (u16::MAX, 20)] {
        pwm.set_duty_cycle(duty).unwrap();
        let mut high = 0;
        for _ in 0..20 {
            sim.step(Duration::from_millis(1));
            high += u32::from(input.is_high().unwrap());
        }
        assert_eq!(high, of_twenty);
    }
}

/// What whoever watches the end of a wire from a pulsed output is told in 100 ms that pass in pieces, and the state then.
fn told(hz: f64, piece: Duration) -> (Vec<Edge>, u64) {
    let mut sim = wired(&[(soft(5), "GPIO5"), (line("GPIO17"), "GPIO6")]);
    let mut pwm = sim.pwm("soft", 5, hz).expect("a channel");
    pwm.set_duty_cycle(u16::MAX / 3).expect("it obeys");
    let (sink, edges) = std::sync::mpsc::sync_channel(1000);
    let tell = move |edge| sink.send(edge).expect("somebody listens");
    let _watch = sim.watch(&["GPIO5", "GPIO6"], Pull::None, None, Box::new(tell)).expect("lines");
    let end = Duration::from_millis(100);
    while sim.now() < end {
        sim.step(piece.min(end - sim.now()));
    }
    (edges.try_iter().collect(), sim.state_hash())
}

#[test]
fn the_edges_at_the_end_of_a_loopback_wire_have_their_own_times_however_time_is_divided() {
    // 2 kHz rises and falls faster than a step; 1234.5 Hz beside all pieces; 7 Hz more slowly than any.
    for (hz, count) in [(2_000.0, 401), (1_234.5, 248), (7.0, 2)] {
        let whole = told(hz, Duration::from_secs(1));
        assert_eq!(whole.0.len(), count, "{hz} Hz");
        assert!(whole.0.is_sorted_by_key(|edge| edge.at), "{hz} Hz");
        for piece_us in [25_000, 1_000, 700, 100] {
            assert_eq!(
                told(hz, Duration::from_micros(piece_us)),
                whole,
                "{hz} Hz in pieces of {piece_us} µs"
            );
        }
    }
}

#[test]
fn a_sink_that_panics_takes_no_part_of_a_step_with_it() {
    let mut board = Board::preset("l298n").expect("a preset");
    board.loopbacks = vec![LoopbackSpec { from: soft(5), to: "GPIO5".into() }];
    let run = |panics: bool| {
        let mut sim = Sim::new(&board);
        let mut enable = sim.pwm("soft", 5, 30.0).unwrap();
        let mut forward = sim.output("GPIO17").unwrap();
        enable.set_duty_cycle(50_000).unwrap();
        forward.set_high().unwrap();
        let sink = move |_| assert!(!panics, "a sink may be wrong");
        let _watch = sim.watch(&["GPIO5"], Pull::None, None, Box::new(sink)).unwrap();
        let mut panicked = 0;
        for _ in 0..400 {
            let step = std::panic::AssertUnwindSafe(|| sim.step(Duration::from_millis(1)));
            panicked += u32::from(std::panic::catch_unwind(step).is_err());
        }
        (panicked > 0, sim.now(), sim.state_hash())
    };
    let (whole, hurt) = (run(false), run(true));
    assert_eq!((whole.0, hurt.0), (false, true));
    assert_eq!((whole.1, whole.2), (hurt.1, hurt.2));
}
