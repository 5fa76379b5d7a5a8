//! Chips that fail while their car drives: how long that keeps a control loop, and when the car is back.

use std::time::Duration;

use hal::board::PinRef;
use hal::{Board, Car, Drive, Platform, Target};
use sim::{Fault, Outage, Setup, Signal, Sim, Terminals};

struct Run {
    sim: Sim,
    car: Car,
}

impl Run {
    /// At speed.
    fn new(preset: &str) -> Self {
        let board = Board::preset(preset).expect("a preset");
        let sim = Sim::new(&board);
        let car = Car::assemble(&board, &mut sim.clone()).expect("a car");
        let mut run = Self { sim, car };
        run.drive(0.6, 500);
        assert!(run.speed() > 0.1);
        run
    }

    fn drive(&mut self, throttle: f64, ms: u64) {
        let drive = Drive::Power { throttle, steer: 0.0, strafe: 0.0 };
        for _ in 0..ms / 10 {
            self.car.apply(&Target { drive, ..Target::default() }, self.sim.now()).expect("hardware");
            self.sim.step(Duration::from_millis(10));
        }
    }

    fn speed(&self) -> f64 {
        self.sim.motion().expect("a chassis").linear_mps
    }

    /// What `act` waits for, by the clock of the world, in which a transfer takes no time.
    fn waits(&mut self, act: impl FnOnce(&mut Car, Duration)) -> Duration {
        let before = self.sim.now();
        act(&mut self.car, before);
        self.sim.now() - before
    }
}

#[test]
fn an_scmd_whose_supply_dropped_keeps_nobody_waiting_and_drives_as_soon_as_it_has_started() {
    let mut run = Run::new("jetbot-sparkfun");
    run.sim.fault(Fault::ChipReset("scmd@0x5d".into()));
    run.sim.step(Duration::from_millis(10));
    let waited = run.waits(|car, _| {
        assert!(car.check().unwrap_err().to_string().contains("the chip was reset"));
        assert!(car.halt().unwrap_err().to_string().contains("still starts"));
    });
    assert!(waited < Duration::from_millis(5), "{waited:?}");
    let mut tries = 0;
    while run.car.recover().is_err() {
        tries += 1;
        run.sim.step(Duration::from_millis(500));
    }
    assert_eq!(tries, 3, "it takes 1.15 s");
    run.drive(0.6, 500);
    assert!(run.speed() > 0.1);
}

/// A target that fails and the halt after it: how long they wait.
fn stops(run: &mut Run) -> Duration {
    run.waits(|car, now| {
        let drive = Drive::Power { throttle: -0.6, steer: 0.0, strafe: 0.0 };
        if car.apply(&Target { drive, ..Target::default() }, now).is_err() {
            let _known = car.halt();
        }
    })
}

#[test]
fn a_robot_hat_that_fails_is_reset_once_for_a_stop_and_only_if_it_answers() {
    for broken in [Fault::ChipSilent("robot-hat@0x14".into()), Fault::BusStuck("i2c-1".into())] {
        let mut run = Run::new("picar-x");
        run.sim.fault(&broken);
        assert_eq!(stops(&mut run), Duration::ZERO, "nobody answers");
        run.sim.mend(&broken);
        assert_eq!(run.waits(|car, _| car.recover().expect("it answers")), Duration::from_millis(20));
        run.drive(0.6, 500);
        assert!(run.speed() > 0.1);
    }
    let mut longest = Duration::ZERO;
    for transfers in 0..40 {
        let mut run = Run::new("picar-x");
        run.sim.fault(Fault::BusNoise("i2c-1".into(), transfers));
        longest = longest.max(stops(&mut run));
    }
    assert_eq!(longest, Duration::from_millis(20));
}

/// Whether the Robot HAT acknowledges.
fn hat_answers(sim: &Sim) -> bool {
    sim.clone().i2c("i2c-1", 0x14).expect("a bus").write(0x14, &[0x2C, 0, 0]).is_ok()
}

#[test]
fn a_robot_hat_is_held_by_what_its_reset_line_carries_from_the_beginning_on_and_whoever_looks() {
    let sim = Sim::new(&Board::preset("picar-x").expect("a preset"));
    assert!(!hat_answers(&sim), "nobody drives its line");
    let mut line = sim.clone().output("GPIO5").expect("the line");
    line.set_high().expect("the line");
    assert!(hat_answers(&sim));
    sim.fault(Fault::PinStuck("gpio:GPIO5".into(), false));
    assert!(!hat_answers(&sim));
    sim.mend_all();
    assert!(hat_answers(&sim));
    sim.fault(Fault::BrownOut);
    sim.mend_all();
    // The computer drives nothing after it.
    for _ in 0..2 {
        assert!(!hat_answers(&sim));
        sim.fault(Fault::CameraFrozen);
        sim.mend_all();
    }
    line.set_high().expect("the line");
    assert!(hat_answers(&sim));
}

#[test]
fn a_car_on_a_robot_hat_comes_back_from_a_brown_out_by_its_battery_as_from_one_by_a_fault() {
    let mut board = Board::preset("picar-x").expect("a preset");
    (board.model.brown_out_v, board.model.battery_ohms) = (6.8, 1.0);
    let sim = Sim::new(&board);
    let car = Car::assemble(&board, &mut sim.clone()).expect("a car");
    let mut run = Run { sim, car };
    let full = Drive::Power { throttle: 1.0, steer: 0.0, strafe: 0.0 };
    for cause in ["battery", "fault"] {
        let failed = (0..100).any(|_| {
            if cause == "fault" {
                run.sim.fault(Outage { fault: Fault::BrownOut, lasts: Some(Duration::from_millis(300)) });
            }
            run.sim.step(Duration::from_millis(10));
            let told = run.car.apply(&Target { drive: full, ..Target::default() }, run.sim.now());
            told.and_then(|()| run.car.check()).is_err()
        });
        assert!(failed, "{cause}");
        let _known = run.car.halt();
        run.sim.step(Duration::from_millis(2_000));
        assert!(!hat_answers(&run.sim), "{cause}: its line is low");
        run.car.recover().expect("it is fed");
        // For longer the battery does not bear it.
        run.car.apply(&Target { drive: full, ..Target::default() }, run.sim.now()).expect("hardware");
        let terminals = run.sim.terminals("left");
        assert!(matches!(terminals, Some(Terminals::Drive(_))), "{cause}: {terminals:?}");
    }
}

#[test]
fn an_encoder_that_sees_again_shows_where_its_disc_stands() {
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "freenove-4wd").expect("a preset");
    let encoder =
        "[motors.front-left.encoder]\na = \"gpio:GPIO5\"\nb = \"gpio:GPIO6\"\npulses_per_turn = 20\n";
    let board = Board::parse("b.toml", &format!("{}\n{encoder}", preset.toml)).expect("a sound board");
    for ms in [500, 530, 560, 590, 620] {
        let [alive, dead] = [false, true].map(|dead| {
            let sim = Sim::new(&board);
            let mut car = Car::assemble(&board, &mut sim.clone()).expect("a car");
            let mut go = |throttle, ms| {
                let drive = Drive::Power { throttle, steer: 0.0, strafe: 0.0 };
                car.apply(&Target { drive, ..Target::default() }, sim.now()).expect("hardware");
                sim.step(Duration::from_millis(ms));
            };
            assert!(!dead || sim.fault(Fault::EncoderDead("front-left".into())));
            go(1.0, ms);
            go(0.0, 3_000);
            sim.mend_all();
            let lines = ["GPIO5", "GPIO6"].map(|line| sim.signal(&PinRef::Gpio { line: line.into() }));
            (lines, sim.state_hash())
        });
        assert_eq!(alive, dead, "{ms}");
    }
}

#[test]
fn what_nobody_could_say_breaks_nothing() {
    let sim = Sim::new(&Board::preset("freenove-4wd").expect("a preset"));
    let before = sim.state_hash();
    let noise = |count| Fault::BusNoise("i2c-1".into(), count);
    let lasting = |lasts| Outage { fault: Fault::BrownOut, lasts: Some(lasts) };
    for count in [0, 1_000_001, u32::MAX] {
        assert!(!sim.fault(noise(count)), "{count}");
    }
    for time in [Duration::ZERO, Duration::from_micros(999), Duration::from_secs(86_401), Duration::MAX] {
        assert!(!sim.fault(Fault::ClockJump(time)) && !sim.fault(lasting(time)), "{time:?}");
    }
    assert_eq!(sim.state_hash(), before);
    assert!(sim.fault(noise(1)) && sim.fault(noise(1_000_000)));
    assert!(sim.fault(lasting(Duration::from_millis(1))) && sim.fault(lasting(Duration::from_secs(86_400))));
}

#[test]
fn a_car_that_begins_anew_has_nothing_left_of_what_was_done_to_it() {
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "freenove-4wd").expect("a preset");
    let button = "[estop]\npin = \"gpio:GPIO26\"\npressed = \"high\"\n";
    let board = Board::parse("b.toml", &format!("{}\n{button}", preset.toml)).expect("a sound board");
    let (sim, fresh) = (Sim::of(&board, &Setup::default()), Sim::of(&board, &Setup::default()));
    assert!(sim.set_battery(1.0, 0.0) && sim.press_estop(true) && sim.set_range(Some(0.1)));
    assert!(
        sim.fault(Fault::ClockJump(Duration::from_secs(60))) && sim.fault(Fault::BusStuck("i2c-1".into()))
    );
    sim.restart();
    assert_eq!(sim.take_clock_jump(), None);
    assert_eq!(sim.signal(&PinRef::Gpio { line: "GPIO26".into() }), Some(Signal::LOW));
    assert_eq!(sim.digests(), fresh.digests());
}
