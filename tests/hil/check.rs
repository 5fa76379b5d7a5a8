//! What a behaviour has at hand: the rig, a daemon on it, and what it saw.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use hal::board::{MotorSpec, PinRef};

use crate::daemon::{Daemon, Order, Visitor, drive};
use crate::pins::{self, Doing, Seen, Wanted};
use crate::report::{Entry, Outcome};
use crate::rig::Rig;

/// A look at one behaviour.
pub(crate) struct Check<'a> {
    pub(crate) rig: &'a mut dyn Rig,
    looked: usize,
    figures: Vec<String>,
    blind: BTreeSet<String>,
}

/// How often an order is given that lives for two seconds.
const AGAIN: Duration = Duration::from_millis(500);

/// Fails with words.
pub(crate) type Done<T = ()> = Result<T, String>;

impl<'a> Check<'a> {
    pub(crate) fn new(rig: &'a mut dyn Rig) -> Self {
        Self { rig, looked: 0, figures: Vec::new(), blind: BTreeSet::new() }
    }

    /// Ends it.
    pub(crate) fn entry(self, name: &'static str, outcome: Done, took: Duration) -> Entry {
        let outcome = match outcome {
            Err(why) => Outcome::Failed(why),
            Ok(()) if self.looked == 0 => Outcome::NotLookedAt,
            Ok(()) => Outcome::Passed,
        };
        Entry { name, outcome, took, figures: self.figures, blind: self.blind.into_iter().collect() }
    }

    /// A daemon that drives this rig's car, with nobody's emergency stop latched.
    pub(crate) fn start(&mut self) -> Done<Daemon> {
        Daemon::start(&self.rig.setup())
    }

    /// Enters what was measured.
    pub(crate) fn measured(&mut self, figure: String) {
        self.figures.push(figure);
    }

    /// Enters what was looked at without a pin.
    pub(crate) fn looked(&mut self) {
        self.looked += 1;
    }

    /// Enters what this rig cannot see or do.
    pub(crate) fn blind(&mut self, what: &str, why: &str) {
        self.blind.insert(format!("{what}: {why}"));
    }

    /// What this rig did, or that it cannot.
    pub(crate) fn can<T>(&mut self, what: &str, done: Result<T, String>) -> Option<T> {
        done.map_err(|why| self.blind(what, &why)).ok()
    }

    pub(crate) fn motors(&self) -> Vec<MotorSpec> {
        self.rig.board().motors.clone()
    }

    /// Waits until every motor does what it shall, as far as its pins can be seen.
    pub(crate) fn motors_do(&mut self, what: &str, doing: impl Fn(&MotorSpec) -> Doing) -> Done {
        let wanted = self.wanted(doing);
        self.see(what, &wanted).map(drop)
    }

    /// Tells it again and again, so that it holds, until every motor does what it shall; as far as can be seen.
    pub(crate) fn motors_obey(
        &mut self,
        driver: &mut Visitor,
        order: &Order,
        what: &str,
        doing: impl Fn(&MotorSpec) -> Doing,
    ) -> Done {
        let longest = |of: &dyn Fn(&MotorSpec) -> Duration| self.motors().iter().map(of).max();
        let hold = longest(&|motor| pins::holds(motor, doing(motor))).unwrap_or_default();
        let begins = longest(&pins::begins_within).unwrap_or_default();
        let wanted = self.wanted(doing);
        self.until_seen(what, &wanted, hold, begins, &mut || driver.tell(order))
    }

    /// The same straight ahead.
    pub(crate) fn drives(&mut self, driver: &mut Visitor, power: f64, what: &str) -> Done {
        self.motors_obey(driver, &drive(power, 0.0), what, |_| Doing::Turning(power))
    }

    /// Tells it again and again, until what can be seen is as wanted.
    pub(crate) fn obeys(
        &mut self,
        driver: &mut Visitor,
        order: &Order,
        what: &str,
        wanted: &[(PinRef, Wanted)],
    ) -> Done {
        self.until_seen(what, wanted, Duration::ZERO, Duration::ZERO, &mut || driver.tell(order))
    }

    /// Waits until no motor is driven; how long that took since `event`, entered against what is promised.
    pub(crate) fn stops(&mut self, event: &str, since: Instant, promised: Duration) -> Done {
        let braked = self.wanted(|_| Doing::Braked);
        let power = self.rig.power();
        let turning = self.wanted(|_| Doing::Turning(power));
        let tells = |(pin, level): &(PinRef, Wanted)| {
            turning.iter().any(|(other, turning)| other == pin && turning != level)
                && self.rig.reach().look(pin).is_ok()
        };
        // All that is seen may be the same on a motor that turns.
        if !braked.iter().any(tells) {
            self.blind(&format!("the end of motion after {event}"), "no pin that can be seen tells it");
            return Ok(());
        }
        self.see(&format!("at rest after {event}"), &braked)?;
        let took = since.elapsed();
        self.measured(format!(
            "at rest {} ms after {event}, of {} ms",
            took.as_millis(),
            promised.as_millis()
        ));
        let slack = self.rig.slack();
        if took <= promised + slack {
            return Ok(());
        }
        Err(format!("{event}: at rest only after {took:?}, of {promised:?} and {slack:?} for this rig"))
    }

    /// What must be on the pins of all motors.
    pub(crate) fn wanted(&mut self, doing: impl Fn(&MotorSpec) -> Doing) -> Vec<(PinRef, Wanted)> {
        let mut all = Vec::new();
        for motor in self.motors() {
            match pins::of_motor(&motor, doing(&motor)) {
                Some(wanted) => all.extend(wanted),
                None => self.blind(&format!("motor {}", motor.name), "its driver has no such thing"),
            }
        }
        all
    }

    /// Waits until what can be seen is as wanted. Pins that cannot be seen are entered as such.
    pub(crate) fn see(&mut self, what: &str, wanted: &[(PinRef, Wanted)]) -> Done {
        self.until_seen(what, wanted, Duration::ZERO, Duration::ZERO, &mut || Ok(()))
    }

    /// The same for as long as `hold`, which may begin that much later, while `say` is said now and then.
    fn until_seen(
        &mut self,
        what: &str,
        wanted: &[(PinRef, Wanted)],
        hold: Duration,
        begins: Duration,
        say: &mut dyn FnMut() -> Done,
    ) -> Done {
        let begun = Instant::now();
        let mut said: Option<Instant> = None;
        let mut right: Option<Instant> = None;
        loop {
            if said.is_none_or(|said| said.elapsed() > AGAIN) {
                say()?;
                said = Some(Instant::now());
            }
            let wrong = self.differences(wanted);
            if !wrong.is_empty() {
                right = None;
            } else if right.get_or_insert_with(Instant::now).elapsed() >= hold {
                return Ok(());
            }
            if begun.elapsed() > self.rig.patience() + begins {
                let wrong = if wrong.is_empty() { vec![format!("not for {hold:?}")] } else { wrong };
                return Err(format!("{what}: {}", wrong.join("; ")));
            }
            thread::sleep(Duration::from_micros(500));
        }
    }

    /// Looks for a while that it stays as wanted.
    pub(crate) fn stays(&mut self, what: &str, wanted: &[(PinRef, Wanted)], until: Duration) -> Done {
        let begun = Instant::now();
        while begun.elapsed() < until {
            let wrong = self.differences(wanted);
            if !wrong.is_empty() {
                return Err(format!("{what}: {}", wrong.join("; ")));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Waits until it holds.
    pub(crate) fn eventually(&mut self, what: &str, holds: impl FnMut(&mut Self) -> Done<bool>) -> Done {
        self.within(self.rig.patience(), what, holds)
    }

    /// The same of what takes its own time, whatever the rig is.
    pub(crate) fn within(
        &mut self,
        patience: Duration,
        what: &str,
        mut holds: impl FnMut(&mut Self) -> Done<bool>,
    ) -> Done {
        let begun = Instant::now();
        while !holds(self)? {
            if begun.elapsed() > patience {
                return Err(format!("this never happened: {what}"));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    fn differences(&mut self, wanted: &[(PinRef, Wanted)]) -> Vec<String> {
        let mut wrong = Vec::new();
        for (pin, wanted) in wanted {
            let Some(seen) = self.look(pin) else { continue };
            let other = match wanted {
                Wanted::As(other) => self.look(other),
                _ => None,
            };
            if matches!(wanted, Wanted::PulseUs(_)) && seen.pulse_us.is_none() && seen.duty_off > 0.01 {
                let name = self.rig.board().pin_name(pin);
                self.blind(&name, "this line is read too slowly for the length of a pulse");
            } else if !wanted.fits(&seen, other.as_ref()) {
                wrong.push(format!("{} is {seen:?}, not {wanted:?}", self.rig.board().pin_name(pin)));
            }
        }
        wrong
    }

    fn look(&mut self, pin: &PinRef) -> Option<Seen> {
        match self.rig.reach().look(pin) {
            Ok(seen) => {
                self.looked += 1;
                Some(seen)
            }
            Err(why) => {
                let name = self.rig.board().pin_name(pin);
                self.blind(&name, &why);
                None
            }
        }
    }
}
