//! Chips that fail while their car drives: how long that keeps a control loop, and when the car is back.

use std::time::Duration;

use hal::{Board, Car, Drive, Platform, Target};
use sim::{Fault, Sim};

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
