//! What moves: a driver's command becomes the motion in force, a camera's becomes its angles.

use std::time::Duration;

use hal::{Beyond, Demand, Drivetrain};
use protocol::{Answer, Code, Command, Event, Fault, Limit, Moment, Move, Power, Ttl};

use super::motion::{Life, Motion};
use super::session::runs_out;
use super::trial::Trial;
use super::{Gate, SessionId};

/// What a command wants of the wheels, or of one part alone.
#[derive(Default)]
struct Wish {
    throttle: f64,
    steer: f64,
    strafe: f64,
    trial: Option<Trial>,
    limited: Option<Limit>,
}

impl Gate {
    /// Drives as `command` says.
    ///
    /// # Errors
    /// Stale, nothing may move, not the driver, or held by somebody's stop.
    pub(super) fn drive(&mut self, id: SessionId, command: &Command, now: Duration) -> Result<Answer, Fault> {
        let (wish, life) = match command {
            Command::Drive { throttle, steer, strafe, ttl, seq, t } => {
                let wish = self.wish(throttle.get(), steer.get(), strafe.map_or(0.0, Power::get));
                (wish, self.life(id, *ttl, *seq, *t, now)?)
            }
            Command::Velocity { linear, angular, ttl, seq, t } => {
                let wish = wish_for(&self.rules.drivetrain, linear.m_s(), angular.rad_s());
                (wish, self.life(id, *ttl, *seq, *t, now)?)
            }
            Command::Test { trial, ttl, seq, t } => {
                let trial = Some(self.rules.bench.find(trial)?);
                (Wish { trial, ..Wish::default() }, self.life(id, *ttl, *seq, *t, now)?)
            }
            Command::Move(word) => (self.wish_of(*word), self.life_of_word(id, now)),
            other => return Err(Fault::new(Code::INTERNAL, format!("{other:?} is no motion"))),
        };
        let limited = wish.limited;
        self.steer_by(id, &wish, life, now)?;
        Ok(Answer::Accepted { limited })
    }

    /// Turns the camera as `command` says.
    ///
    /// # Errors
    /// Somebody else drives, or there is nothing to turn.
    pub(super) fn turn_camera(
        &mut self,
        id: SessionId,
        command: &Command,
        now: Duration,
    ) -> Result<Answer, Fault> {
        self.nobody_else_drives(id, now)?;
        if !self.aim.exists() {
            return Err(Fault::new(Code::METHOD_NOT_FOUND, "this board has no servo that turns a camera"));
        }
        let step = self.rules.control.nudge_deg;
        match command {
            Command::Look { pan, tilt } => {
                self.aim.look(pan.map(|angle| angle.degrees()), tilt.map(|angle| angle.degrees()));
            }
            Command::Nudge { pan, tilt } => self.aim.nudge(pan.degrees(), tilt.degrees()),
            Command::NudgeStep { pan, tilt } => {
                self.aim.nudge(f64::from(*pan) * step, f64::from(*tilt) * step);
            }
            _ => self.aim.center(),
        }
        Ok(Answer::Angles(self.aim.target()))
    }

    fn steer_by(&mut self, id: SessionId, wish: &Wish, life: Life, now: Duration) -> Result<(), Fault> {
        let &Wish { throttle, steer, strafe, trial, .. } = wish;
        let motion = Motion { driver: id, throttle, steer, strafe, trial, since: now, life };
        let quiet = self.rules.control.command_ttl;
        let Some(session) = self.sessions.get_mut(&id) else { return Ok(()) };
        // Told of what is refused, too: a stick that is held while nothing may move is held afterwards.
        let held = if motion.is_standing() {
            session.stick.let_go();
            None
        } else {
            session.stick.try_to_drive(now, quiet).err().map(str::to_owned)
        };
        self.ready()?;
        // Zeros of somebody who does not drive are no wish to drive.
        if motion.is_standing() && self.lease.holder() != Some(id) {
            return Ok(());
        }
        if !motion.is_standing() {
            self.sees(id)?;
        }
        if let Some(why) = held {
            self.nobody_else_drives(id, now)?;
            let ms = quiet.as_millis();
            let message = format!("{why}: let go for {ms} ms, or send zeros, before you drive again");
            return Err(Fault::new(Code::BUSY, message));
        }
        self.take_lease(id, now)?;
        if self.motion.is_none() {
            self.events.push(Event::Driving { driver: id });
            // The first turn after standing may already move by one turn's worth of power.
            self.ticked = now.saturating_sub(self.rules.control.period());
        }
        if self.motion.is_some_and(|before| before.trial.map(Trial::part) != trial.map(Trial::part)) {
            // What one part has of power is none of another's.
            self.stand();
        }
        self.motion = Some(motion);
        Ok(())
    }

    /// Powers, as far as the drivetrain has them.
    fn wish(&self, throttle: f64, steer: f64, strafe: f64) -> Wish {
        if strafe == 0.0 || self.rules.drivetrain.strafes() {
            return Wish { throttle, steer, strafe, ..Wish::default() };
        }
        Wish { throttle, steer, limited: Some(Limit::Strafe), ..Wish::default() }
    }

    /// What a word means on this car: one that cannot turn on the spot goes ahead with its front wheels turned
    /// as far as they can.
    fn wish_of(&self, word: Move) -> Wish {
        let cruise = self.rules.control.cruise;
        let (ahead, turn) =
            if self.rules.drivetrain.turns_on_the_spot() { (0.0, cruise) } else { (cruise, 1.0) };
        match word {
            Move::Forward => self.wish(cruise, 0.0, 0.0),
            Move::Backward => self.wish(-cruise, 0.0, 0.0),
            Move::Left => self.wish(ahead, turn, 0.0),
            Move::Right => self.wish(ahead, -turn, 0.0),
        }
    }

    /// How long a command lives that says so itself.
    fn life(
        &mut self,
        id: SessionId,
        ttl: Option<Ttl>,
        seq: Option<u64>,
        t: Option<Moment>,
        now: Duration,
    ) -> Result<Life, Fault> {
        let end = runs_out(t.filter(|_| self.rules.dated), self.rules.ttl(ttl), now)?;
        if let Some(session) = self.sessions.get_mut(&id) {
            session.in_order(seq)?;
        }
        Ok(Life::Until(end))
    }

    /// A word lives as long as its link; where there is no link it must be repeated.
    fn life_of_word(&self, id: SessionId, now: Duration) -> Life {
        if self.sessions.get(&id).is_some_and(|s| s.linked) {
            Life::Link
        } else {
            Life::Until(now + self.rules.control.word_ttl)
        }
    }
}

fn wish_for(drivetrain: &Drivetrain, linear: f64, angular: f64) -> Wish {
    let Demand { throttle, steer, beyond } = drivetrain.power_for(linear, angular);
    let limited = beyond.map(|beyond| match beyond {
        Beyond::Speed => Limit::Speed,
        Beyond::Turn => Limit::Turn,
    });
    let (throttle, steer) = (Power::clamped(throttle).get(), Power::clamped(steer).get());
    Wish { throttle, steer, limited, ..Wish::default() }
}
