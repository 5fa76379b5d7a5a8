//! What each fault does to a car, and that mending undoes it: from the pins outward, past whoever drives.

use std::time::Duration;

use hal::board::PinRef;
use hal::{Board, Car, Drive, IoKind, Platform, Target};
use sim::{Fault, Outage, Sensor, Signal, Sim, Terminals, Which};

/// A car that is told to drive on and on, whether or not it hears.
struct Run {
    sim: Sim,
    car: Car,
}

const ENCODERS: &str = r#"
    [motors.left.encoder]
    a = "gpio:GPIO5"
    b = "gpio:GPIO6"
    pulses_per_turn = 20
    [motors.right.encoder]
    a = "gpio:GPIO12"
    b = "gpio:GPIO13"
    pulses_per_turn = 20
    [range]
    trigger = "gpio:GPIO20"
    echo = "gpio:GPIO21"
    [estop]
    pin = "gpio:GPIO26"
    pressed = "high"
"#;

impl Run {
    fn of(board: &Board) -> Self {
        let sim = Sim::new(board);
        let car = Car::assemble(board, &mut sim.clone()).expect("a car");
        Self { sim, car }
    }

    fn preset(name: &str) -> Self {
        Self::of(&Board::preset(name).expect("a preset"))
    }

    /// The demo car with encoders, sonar and button.
    fn demo() -> Self {
        let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset");
        Self::of(&Board::parse("b.toml", &format!("{}{ENCODERS}", preset.toml)).expect("a sound board"))
    }

    fn drive(&mut self, throttle: f64, ms: u64) {
        let drive = Drive::Power { throttle, steer: 0.0, strafe: 0.0 };
        for _ in 0..ms / 10 {
            // What it says of its chips is not looked at here.
            let _told = self.car.apply(&Target { drive, ..Target::default() }, self.sim.now());
            self.car.sense(self.sim.now());
            self.sim.step(Duration::from_millis(10));
        }
    }

    fn turns(&self, motor: &str) -> f64 {
        self.sim.wheel_speed_rad_s(motor).expect("a motor")
    }
}

fn gpio(line: &str) -> PinRef {
    PinRef::Gpio { line: line.into() }
}

#[test]
fn whatever_drives_a_stuck_pin_what_is_wired_to_it_sees_the_level() {
    let mut run = Run::demo();
    run.drive(0.6, 500);
    // IN1 of the left motor is high to go forward; its PWM is a channel of the chip.
    for (pin, high, left) in [
        ("gpio:GPIO17", false, Terminals::Coast),
        ("gpio:GPIO27", true, Terminals::Brake),
        ("gpio:GPIO22", false, Terminals::Coast),
        ("pca9685@0x40:0", true, Terminals::Drive(1.0)),
        ("pca9685@0x40:0", false, Terminals::Brake),
    ] {
        assert!(run.sim.fault(Fault::PinStuck(pin.into(), high)));
        run.drive(0.6, 50);
        assert_eq!(run.sim.terminals("left"), Some(left), "{pin} {high}");
        run.sim.mend_all();
        run.drive(0.6, 50);
        let Some(Terminals::Drive(share)) = run.sim.terminals("left") else { panic!("{pin}") };
        assert!((share - 0.6).abs() < 1e-3, "{pin} {share}");
    }
}

#[test]
fn a_stuck_pwm_channel_of_the_computer_is_at_its_level_and_pulses_again_when_mended() {
    let mut run = Run::preset("l298n");
    run.drive(0.6, 100);
    let pin = PinRef::Pwm { device: "soft".into(), channel: 5 };
    let name = "pwm:soft:5";
    let before = run.sim.signal(&pin);
    for high in [true, false] {
        run.sim.fault(Fault::PinStuck(name.into(), high));
        run.drive(0.3, 50);
        run.drive(0.6, 50);
        assert_eq!(run.sim.signal(&pin), Some(Signal::level(high)));
    }
    assert_eq!(run.sim.faults(), [Fault::PinStuck(name.into(), false)], "one level at a time");
    run.sim.mend(Fault::PinStuck(name.into(), true));
    assert_eq!(run.sim.signal(&pin), before, "whatever level it was mended at");
}

#[test]
fn a_stuck_input_reads_its_level_and_the_edge_is_told() {
    let mut run = Run::demo();
    assert!(!run.car.estop_pressed().expect("a line"));
    run.sim.fault(Fault::PinStuck("gpio:GPIO26".into(), true));
    assert!(run.car.estop_pressed().expect("a line"));
    run.sim.press_estop(true);
    run.sim.mend_all();
    assert!(run.car.estop_pressed().expect("a line"), "as the button is");
    run.sim.fault(Fault::PinStuck("gpio:GPIO26".into(), false));
    assert!(!run.car.estop_pressed().expect("a line"));
    // The echo line: what waits for its edges hears none.
    run.sim.fault(Fault::PinStuck("gpio:GPIO21".into(), false));
    run.sim.set_range(Some(1.0));
    run.drive(0.0, 1_000);
    assert_eq!(run.car.readings().range_m, None);
    run.sim.mend_all();
    run.drive(0.0, 5_000);
    assert!(run.car.readings().range_m.is_some());
}

#[test]
fn an_open_motor_coasts_a_stalled_one_stands_and_mended_both_turn_again() {
    let mut run = Run::demo();
    run.drive(1.0, 1_000);
    let full = run.turns("left");
    assert!(full > 5.0);
    run.sim.fault(Fault::MotorOpen("left".into()));
    run.sim.fault(Fault::MotorStalled("right".into()));
    run.drive(1.0, 100);
    assert!(run.turns("left") > 0.2 * full && run.turns("left") < full, "it rolls on");
    assert_eq!(run.turns("right"), 0.0);
    assert!(matches!(run.sim.terminals("left"), Some(Terminals::Drive(_))), "its bridge does not know");
    run.drive(1.0, 5_000);
    assert!(run.turns("left").abs() < 0.05 * full, "and out");
    run.sim.mend_all();
    run.drive(1.0, 1_000);
    assert!(
        (run.turns("left") - full).abs() < 0.05 * full && (run.turns("right") - full).abs() < 0.05 * full
    );
}

#[test]
fn a_stalled_motor_draws_what_its_resistance_lets_through_and_an_open_one_nothing() {
    let mut run = Run::demo();
    run.drive(0.0, 500);
    let amps = |run: &Run| run.sim.truth().battery.amps;
    let idle = amps(&run);
    let draws = |run: &mut Run, fault: fn(String) -> Fault| {
        for motor in ["left", "right"] {
            run.sim.fault(fault(motor.to_owned()));
        }
        run.drive(1.0, 500);
        let drawn = amps(run) - idle;
        run.sim.mend_all();
        run.drive(0.0, 1_000);
        drawn
    };
    run.drive(1.0, 2_000);
    let turning = amps(&run) - idle;
    assert_eq!(draws(&mut run, Fault::MotorOpen), 0.0);
    let stalled = draws(&mut run, Fault::MotorStalled);
    assert!(stalled > 3.0 * turning && turning > 0.0, "{stalled} A stalled, {turning} A turning");
}

#[test]
fn a_dead_encoder_leaves_its_lines_alone_while_its_wheel_turns_and_makes_up_for_nothing_later() {
    let mut run = Run::demo();
    run.drive(0.6, 500);
    run.sim.fault(Fault::EncoderDead("left".into()));
    let lines = |sim: &Sim| [gpio("GPIO5"), gpio("GPIO6")].map(|pin| sim.signal(&pin));
    let (before, x_m) = (lines(&run.sim), run.sim.motion().expect("a chassis").x_m);
    for _ in 0..100 {
        run.drive(0.6, 10);
        assert_eq!(lines(&run.sim), before);
    }
    assert!(run.turns("left") > 1.0 && run.sim.motion().expect("a chassis").x_m > x_m + 0.2);
    run.sim.mend_all();
    let edges = |run: &mut Run| {
        let mut last = lines(&run.sim);
        let steps = (0..100).filter(|_| {
            run.sim.step(Duration::from_millis(1));
            let now = lines(&run.sim);
            std::mem::replace(&mut last, now) != now
        });
        steps.count()
    };
    let edges = edges(&mut run);
    // 0.1 s of its turning: four edges for each of 20 pulses a turn.
    let expected = run.turns("left") * 0.1 / std::f64::consts::TAU * 80.0;
    assert!((edges as f64 - expected).abs() <= 3.0, "{edges} {expected}");
}

#[test]
fn a_bus_breaks_for_itself() {
    let two = "[[chips]]\ndriver = \"pca9685\"\nbus = \"i2c-3\"\naddress = 0x41\n";
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset");
    let board = Board::parse("b.toml", &format!("{}{two}", preset.toml)).expect("a sound board");
    let mut sim = Sim::new(&board);
    let mut ours = sim.i2c("i2c-1", 0x40).expect("a bus");
    let mut other = sim.i2c("i2c-3", 0x41).expect("a bus");
    let mut ask = |address: u8| {
        let bus = if address == 0x40 { &mut ours } else { &mut other };
        bus.write(address, &[0x00]).map_err(|error| error.kind)
    };
    for (fault, kind) in [
        (Fault::BusStuck("i2c-3".into()), IoKind::Stuck),
        (Fault::BusNoise("i2c-3".into(), 1), IoKind::Bus),
        (Fault::ChipSilent("pca9685@i2c-3/0x41".into()), IoKind::NoAcknowledge),
    ] {
        assert!(sim.fault(&fault), "{fault}");
        assert_eq!((ask(0x40), ask(0x41)), (Ok(()), Err(kind)), "{fault}");
        sim.mend_all();
        assert_eq!((ask(0x40), ask(0x41)), (Ok(()), Ok(())), "{fault}");
    }
    sim.fault(Fault::BusNoise("i2c-3".into(), 2));
    assert_eq!(ask(0x41), Err(IoKind::Bus));
    assert_eq!(sim.faults(), [Fault::BusNoise("i2c-3".into(), 1)], "what is left of it");
    assert_eq!(ask(0x41), Err(IoKind::Bus));
    assert_eq!((ask(0x41), sim.faults()), (Ok(()), Vec::new()));
}

#[test]
fn in_a_brown_out_nothing_answers_and_pins_are_low_and_after_it_all_is_as_after_power_up() {
    let mut run = Run::demo();
    run.drive(0.6, 500);
    assert_ne!(run.sim.chip_register("i2c-1", 0x40, 0x00), Some(0x11), "awake");
    run.sim.fault(Fault::BrownOut);
    assert_eq!(run.sim.chip_register("i2c-1", 0x40, 0x00), Some(0x11), "the data sheet's reset value");
    assert_eq!(run.sim.signal(&gpio("GPIO17")), Some(Signal::LOW));
    let mut bus = run.sim.clone().i2c("i2c-1", 0x40).expect("a bus");
    assert_eq!(bus.write(0x40, &[0x00]).unwrap_err().kind, IoKind::NoAcknowledge);
    run.drive(0.3, 200);
    assert_eq!(run.sim.signal(&gpio("GPIO17")), Some(Signal::LOW), "whatever is written");
    assert_eq!(run.sim.terminals("left"), Some(Terminals::Coast));
    run.sim.mend(Fault::BrownOut);
    bus.write(0x40, &[0x00]).expect("it answers");
    assert_eq!(run.sim.chip_register("i2c-1", 0x40, 0x00), Some(0x11));
    assert_eq!(run.sim.signal(&gpio("GPIO17")), Some(Signal::LOW), "until it is written");
    run.car.recover().expect("it answers");
    run.drive(0.6, 500);
    assert!(run.turns("left") > 1.0);
}

#[test]
fn what_lasts_for_a_time_is_mended_at_that_very_nanosecond() {
    let board = Board::preset("demo").expect("a preset");
    let mut sim = Sim::new(&board);
    let mut bus = sim.i2c("i2c-1", 0x40).expect("a bus");
    sim.step(Duration::from_nanos(300));
    let silent = Fault::ChipSilent("pca9685@0x40".into());
    sim.fault(Outage { fault: silent.clone(), lasts: Some(Duration::from_nanos(2_500_000)) });
    sim.step(Duration::from_nanos(2_499_999));
    assert_eq!((bus.write(0x40, &[0x00]).is_err(), sim.faults()), (true, vec![silent.clone()]));
    sim.step(Duration::from_nanos(1));
    assert_eq!((bus.write(0x40, &[0x00]).is_err(), sim.faults()), (false, Vec::new()));
    // Broken anew, it lasts anew.
    let outage = |ms| Outage { fault: silent.clone(), lasts: Some(Duration::from_millis(ms)) };
    sim.fault(outage(10));
    sim.step(Duration::from_millis(8));
    sim.fault(outage(10));
    sim.step(Duration::from_millis(8));
    assert_eq!(sim.faults(), std::slice::from_ref(&silent));
    sim.fault(&silent);
    sim.step(Duration::from_secs(100));
    assert_eq!(sim.faults(), [silent], "until somebody mends it");
}

#[test]
fn however_the_time_is_divided_a_fault_ends_in_the_same_state() {
    let hash = |slice: Duration| {
        let mut run = Run::demo();
        run.drive(0.6, 300);
        let lasts = Some(Duration::from_nanos(12_345_678));
        run.sim.fault(Outage { fault: Fault::MotorStalled("left".into()), lasts });
        run.sim.fault(Outage { fault: Fault::PinStuck("gpio:GPIO23".into(), false), lasts });
        let end = run.sim.now() + Duration::from_millis(500);
        while run.sim.now() < end {
            run.sim.step(slice.min(end - run.sim.now()));
        }
        run.sim.state_hash()
    };
    let once = hash(Duration::from_secs(1));
    assert_eq!(hash(Duration::from_nanos(777_777)), once);
    assert_eq!(hash(Duration::from_millis(1)), once);
}

#[test]
fn what_breaks_shows_in_the_state_and_mended_it_is_as_if_nothing_had_been() {
    let run = Run::demo();
    let sound = run.sim.state_hash();
    let faults = [
        Fault::ChipSilent("pca9685@0x40".into()),
        Fault::BusStuck("i2c-1".into()),
        Fault::BusGrounded("i2c-1".into()),
        Fault::BusNoise("i2c-1".into(), 3),
        Fault::PinStuck("gpio:GPIO22".into(), true),
        Fault::MotorOpen("left".into()),
        Fault::MotorStalled("right".into()),
        Fault::EncoderDead("left".into()),
        Fault::SensorSilent(Sensor::Range),
        Fault::SensorMad(Sensor::Range),
        Fault::CameraFrozen,
    ];
    for fault in &faults {
        assert!(run.sim.fault(fault), "{fault}");
        let broken = run.sim.state_hash();
        assert_ne!(broken, sound, "{fault}");
        assert!(run.sim.fault(fault), "{fault}");
        assert_eq!((run.sim.state_hash(), run.sim.faults()), (broken, vec![fault.clone()]), "once is enough");
        assert!(run.sim.mend(fault) && !run.sim.mend(fault), "{fault}");
        assert_eq!((run.sim.state_hash(), run.sim.faults()), (sound, Vec::new()), "{fault}");
    }
    for fault in &faults {
        run.sim.fault(fault);
    }
    assert_eq!(run.sim.faults(), faults);
    run.sim.mend(Which::all());
    assert_eq!((run.sim.state_hash(), run.sim.faults()), (sound, Vec::new()));
}

#[test]
fn what_the_board_does_not_have_cannot_break() {
    let sim = Sim::new(&Board::preset("demo").expect("a preset"));
    let before = sim.state_hash();
    for fault in [
        Fault::ChipSilent("pca9685@0x41".into()),
        Fault::BusStuck("i2c-7".into()),
        Fault::PinStuck("gpio:GPIO99".into(), true),
        Fault::MotorOpen("middle".into()),
        Fault::EncoderDead("left".into()),
        Fault::SensorMad(Sensor::Imu),
    ] {
        assert!(!sim.fault(&fault), "{fault}");
    }
    assert_eq!((sim.state_hash(), sim.faults()), (before, Vec::new()));
}

#[test]
fn a_clock_jumps_by_all_that_was_asked_once() {
    let sim = Sim::new(&Board::preset("demo").expect("a preset"));
    assert_eq!(sim.take_clock_jump(), None);
    for s in [60, 1] {
        assert!(sim.fault(Fault::ClockJump(Duration::from_secs(s))));
    }
    assert_eq!(sim.faults(), [], "there is nothing to mend");
    assert_eq!((sim.take_clock_jump(), sim.take_clock_jump()), (Some(Duration::from_secs(61)), None));
}

/// What the sensors of a car say for a while, asked as a control loop asks.
fn says(run: &mut Run, ms: u64) -> Vec<hal::sensor::Readings> {
    let mut said = Vec::new();
    for _ in 0..ms {
        run.sim.step(Duration::from_millis(1));
        run.car.sense(run.sim.now());
        said.push(run.car.readings().clone());
    }
    said
}

#[test]
fn a_silent_sensor_says_nothing_any_more_each_in_its_way_and_mended_it_speaks() {
    for board in ["classroom", "picar-x"] {
        let board = Board::preset(board).expect("a preset");
        let mut run = Run::of(&board);
        run.sim.set_range(Some(1.0));
        run.sim.set_line(0, 1.0);
        let last = |run: &mut Run| says(run, 3_000).pop().expect("some");
        let sound = last(&mut run);
        let volts = sound.battery.expect("measured").volts;
        assert!(volts > 5.0 && sound.range_m.is_some() && sound.line().is_some());
        assert_eq!(sound.imu.is_some(), board.imu.is_some());

        let own_chip = board.imu.is_some();
        run.sim.fault(Fault::SensorSilent(Sensor::Battery));
        let battery = last(&mut run).battery;
        // An INA219 is a chip of its own; at a Robot HAT's input are no volts.
        assert_eq!(battery.map(|battery| battery.volts), if own_chip { None } else { Some(0.0) });
        run.sim.fault(Fault::SensorSilent(Sensor::Range));
        assert_eq!(last(&mut run).range_m, None);
        if own_chip {
            run.sim.fault(Fault::SensorSilent(Sensor::Imu));
            assert_eq!(last(&mut run).imu, None);
        }
        run.sim.fault(Fault::SensorSilent(Sensor::Line));
        run.sim.set_line(0, 0.0);
        // A Robot HAT reads no volts, which is dark there.
        let line = last(&mut run).line().expect("read");
        assert_eq!(line, if own_chip { vec![1.0, 0.0, 0.0] } else { vec![1.0; 3] }, "{}", board.name);
        run.sim.mend_all();
        says(&mut run, 5_000);
        let mended = last(&mut run);
        assert!(mended.line().expect("read")[0] < 0.1 && mended.range_m.is_some());
        assert_eq!(mended.imu.is_some(), board.imu.is_some());
        assert!((mended.battery.expect("measured").volts - volts).abs() < 0.1);
    }
}

#[test]
fn a_mad_sensor_says_anything_at_all_the_same_in_each_run_of_a_seed() {
    let board = Board::preset("classroom").expect("a preset");
    let said = |seed: u64| {
        let setup = sim::Setup { seed, ..sim::Setup::default() };
        let sim = Sim::of(&board, &setup);
        let mut run = Run { car: Car::assemble(&board, &mut sim.clone()).expect("a car"), sim };
        run.sim.set_range(Some(1.0));
        for sensor in Sensor::ALL {
            run.sim.fault(Fault::SensorMad(sensor));
        }
        says(&mut run, 10_000)
    };
    let one = said(1);
    assert_eq!(one, said(1));
    assert_ne!(one, said(2));
    let spread = |read: &dyn Fn(&hal::sensor::Readings) -> Option<f64>| {
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in one.iter().filter_map(read) {
            (least, most) = (least.min(value), most.max(value));
        }
        (least, most)
    };
    let (least, most) = spread(&|it| it.range_m);
    assert!(least < 0.5 && most > 3.0, "{least} {most}");
    let (least, most) = spread(&|it| Some(it.battery?.volts));
    assert!(least < 3.0 && most > 25.0, "{least} {most}");
    let (least, most) = spread(&|it| it.battery?.amps);
    assert!(least < -2.0 && most > 2.0, "{least} {most}");
    let (least, most) = spread(&|it| Some(it.imu?.acceleration[0]));
    assert!(least < -15.0 && most > 15.0, "{least} {most}");
    assert_eq!(spread(&|it| Some(it.line()?[1])), (0.0, 1.0));
}
