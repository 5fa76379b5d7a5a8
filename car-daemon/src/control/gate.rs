//! The state machine itself.

use std::collections::HashMap;
use std::time::Duration;

use hal::{Drive, Target};
use protocol::{Answer, Code, Command, Event, Fault, Limit, Mode, Move, Power};

use super::gimbal::Aim;
use super::motion::{Life, Motion};
use super::slew::Slew;
use super::stick::Stick;
use super::{Control, Rules};

/// A connection, for as long as it lasts.
pub type SessionId = u64;

/// What the hardware shall do now, and what everybody may know about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs {
    /// For the hardware.
    pub target: Target,
    /// What the car is doing.
    pub mode: Mode,
    /// Throttle in force, after slew.
    pub throttle: f64,
    /// Steer in force, after slew.
    pub steer: f64,
    /// Whose motion it is.
    pub driver: Option<SessionId>,
    /// Why the car last stopped.
    pub stop_reason: Option<String>,
}

/// One open session, as far as motion is concerned.
#[derive(Debug)]
struct Session {
    /// Named in reasons: `session 3 (127.0.0.1:40112)`.
    label: String,
    /// Whether its end is noticed.
    linked: bool,
    /// The newest `seq` it has used.
    seq: Option<u64>,
    stick: Stick,
}

/// Decides what moves the car. See the module's documentation.
#[derive(Debug)]
pub struct Gate {
    rules: Rules,
    sessions: HashMap<SessionId, Session>,
    motion: Option<Motion>,
    throttle: Slew,
    steer: Slew,
    ticked: Duration,
    aim: Aim,
    fault: Option<String>,
    closing: bool,
    stop_reason: Option<String>,
    events: Vec<Event>,
}

impl Gate {
    /// A gate with nobody at it and the car at rest.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            aim: Aim::new(rules.pan, rules.tilt),
            rules,
            sessions: HashMap::new(),
            motion: None,
            throttle: Slew::default(),
            steer: Slew::default(),
            ticked: Duration::ZERO,
            fault: None,
            closing: false,
            stop_reason: None,
            events: Vec::new(),
        }
    }

    /// Somebody came. `linked` says whether the end of the connection will be noticed.
    pub fn session_opened(&mut self, id: SessionId, peer: &str, linked: bool) {
        let label = format!("session {id} ({peer})");
        self.sessions.insert(id, Session { label, linked, seq: None, stick: Stick::default() });
    }

    /// Somebody left, or is found dead. What the session drove stops at once.
    pub fn session_closed(&mut self, id: SessionId, why: &str) {
        let Some(session) = self.sessions.remove(&id) else { return };
        if self.motion.is_some_and(|m| m.driver == id) {
            self.halt(format!("{} drove and is gone: {why}", session.label));
        }
    }

    /// Does a command that moves car or camera, or says why not.
    ///
    /// # Errors
    /// Stale, hardware fault, shutting down, or nothing on this board to do it with.
    pub fn handle(&mut self, id: SessionId, command: &Command, now: Duration) -> Result<Answer, Fault> {
        match command {
            Command::Stop { seq } => Ok(self.stop(id, *seq, now)),
            Command::Drive { throttle, steer, strafe, ttl, seq } => {
                self.check(id, *seq)?;
                let until = Life::Until(now + self.rules.ttl(*ttl));
                self.drive(id, throttle.get(), steer.get(), until, now)?;
                Ok(Answer::Accepted { limited: strafe.filter(|s| s.get() != 0.0).map(|_| Limit::Strafe) })
            }
            Command::Velocity { linear, angular, ttl, seq } => {
                self.check(id, *seq)?;
                let until = Life::Until(now + self.rules.ttl(*ttl));
                let (throttle, steer, limited) = self.powers_for(linear.m_s(), angular.rad_s());
                self.drive(id, throttle, steer, until, now)?;
                Ok(Answer::Accepted { limited })
            }
            Command::Move(word) => {
                self.check(id, None)?;
                let (throttle, steer) = self.powers_of(*word);
                let life = self.life_of_word(id, now);
                self.drive(id, throttle, steer, life, now)?;
                Ok(Answer::Accepted { limited: None })
            }
            Command::Look { pan, tilt } => {
                self.turn_camera(id, |aim, _| aim.look(pan.map(|a| a.degrees()), tilt.map(|a| a.degrees())))
            }
            Command::Nudge { pan, tilt } => {
                self.turn_camera(id, |aim, _| aim.nudge(pan.degrees(), tilt.degrees()))
            }
            Command::NudgeStep { pan, tilt } => {
                self.turn_camera(id, |aim, step| aim.nudge(f64::from(*pan) * step, f64::from(*tilt) * step))
            }
            Command::Center => self.turn_camera(id, |aim, _| aim.center()),
            other => Err(Fault::new(Code::INTERNAL, format!("the gate was asked to do {other:?}"))),
        }
    }

    /// What the hardware shall do at `now`. To be called at the control rate, and soon after
    /// anything changed.
    pub fn tick(&mut self, now: Duration) -> Outputs {
        let elapsed = now.saturating_sub(self.ticked);
        self.ticked = now;
        if let Some(motion) = self.motion.filter(|m| m.is_over(now)) {
            let held = now.saturating_sub(motion.since).as_millis();
            self.halt(format!("{} sent nothing new for {held} ms", self.label(motion.driver)));
        }
        if let Some(motion) = self.motion {
            self.throttle.approach(motion.throttle, elapsed, self.rules.control.slew);
            self.steer.approach(motion.steer, elapsed, self.rules.control.slew);
        }
        self.outputs()
    }

    /// When the car must be looked at again even if nobody says anything.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.motion.and_then(|m| m.deadline())
    }

    /// The session on whose link alone the motion in force hangs.
    #[must_use]
    pub fn held_by(&self) -> Option<SessionId> {
        self.motion.filter(Motion::hangs_on_link).map(|m| m.driver)
    }

    /// The hardware failed: nothing moves until [`hardware_works`](Self::hardware_works).
    pub fn hardware_failed(&mut self, what: &str) {
        if self.fault.as_deref() == Some(what) {
            return;
        }
        self.halt(format!("hardware fault: {what}"));
        self.fault = Some(what.to_owned());
        self.events.push(Event::Hardware { fault: self.fault.clone() });
    }

    /// The hardware answers again. Nothing that was asked before is resumed.
    pub fn hardware_works(&mut self) {
        if self.fault.take().is_some() {
            self.events.push(Event::Hardware { fault: None });
        }
    }

    /// The daemon goes away: the car stops and stays.
    pub fn close(&mut self, why: &str) {
        self.halt(why.to_owned());
        self.closing = true;
    }

    /// Other numbers from now on, but for the rate at which [`tick`](Self::tick) is called. A motion
    /// in force keeps the life that it was given.
    pub fn set_control(&mut self, control: Control) {
        self.rules.control = Control { rate_hz: self.rules.control.rate_hz, ..control };
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What happened since this was last asked.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// What [`tick`](Self::tick) last said, as changed by commands since.
    #[must_use]
    pub fn outputs(&self) -> Outputs {
        let (throttle, steer) = (self.throttle.value(), self.steer.value());
        let aim = self.aim.target();
        Outputs {
            target: Target {
                drive: match self.motion {
                    Some(m) if !(m.is_standing() && throttle == 0.0 && steer == 0.0) => {
                        Drive::Power { throttle, steer }
                    }
                    _ => Drive::Brake,
                },
                pan_deg: aim.pan,
                tilt_deg: aim.tilt,
            },
            mode: match (&self.fault, self.motion) {
                (Some(_), _) => Mode::Fault,
                (None, Some(_)) => Mode::Driving,
                (None, None) => Mode::Idle,
            },
            throttle,
            steer,
            driver: self.motion.map(|m| m.driver),
            stop_reason: self.stop_reason.clone(),
        }
    }

    /// Whether `id` may move anything now. A newer `seq` is remembered, an older one is refused.
    fn check(&mut self, id: SessionId, seq: Option<u64>) -> Result<(), Fault> {
        if self.closing {
            return Err(Fault::new(Code::BUSY, "the daemon is shutting down"));
        }
        if let Some(what) = &self.fault {
            return Err(Fault::new(Code::HARDWARE, format!("hardware fault: {what}")));
        }
        let session =
            self.sessions.get_mut(&id).ok_or_else(|| Fault::new(Code::STALE, "this session is closed"))?;
        match (seq, session.seq) {
            (Some(new), Some(newest)) if new <= newest => Err(Fault::new(
                Code::STALE,
                format!("seq {new} is not newer than {newest}, which came before it"),
            )),
            (Some(new), _) => {
                session.seq = Some(new);
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }

    fn drive(
        &mut self,
        id: SessionId,
        throttle: f64,
        steer: f64,
        life: Life,
        now: Duration,
    ) -> Result<(), Fault> {
        let motion = Motion { driver: id, throttle, steer, since: now, life };
        let quiet = self.rules.control.command_ttl;
        if let Some(session) = self.sessions.get_mut(&id) {
            if motion.is_standing() {
                session.stick.let_go();
            } else if let Err(by) = session.stick.try_to_drive(now, quiet) {
                let ms = quiet.as_millis();
                let message =
                    format!("{by} said stop: let go for {ms} ms, or send zeros, before you drive again");
                return Err(Fault::new(Code::BUSY, message));
            }
        }
        match self.motion {
            Some(same) if same.driver == id => {}
            // Zeros of somebody who does not drive are no wish to drive.
            _ if motion.is_standing() => return Ok(()),
            _ => self.events.push(Event::Driving { driver: id }),
        }
        if self.motion.is_none() {
            // The first turn after standing may already move by one turn's worth of power.
            self.ticked = now.saturating_sub(self.rules.control.period());
        }
        self.motion = Some(motion);
        Ok(())
    }

    /// Never refused; a `seq` makes the session's motions from before it stale.
    fn stop(&mut self, id: SessionId, seq: Option<u64>, now: Duration) -> Answer {
        let (by, quiet) = (self.label(id), self.rules.control.command_ttl);
        let driver = self.motion.map(|motion| motion.driver);
        for (other, session) in &mut self.sessions {
            if *other == id {
                session.seq = session.seq.max(seq);
                session.stick.let_go();
            } else {
                session.stick.stop(&by, driver == Some(*other), now, quiet);
            }
        }
        self.halt(format!("{by} said stop"));
        Answer::Stopped
    }

    fn halt(&mut self, reason: String) {
        self.throttle.stop();
        self.steer.stop();
        if self.motion.take().is_some() {
            self.events.push(Event::Stopped { reason: reason.clone() });
            self.stop_reason = Some(reason);
        }
    }

    fn turn_camera(&mut self, id: SessionId, turn: impl FnOnce(&mut Aim, f64)) -> Result<Answer, Fault> {
        self.check(id, None)?;
        if !self.aim.exists() {
            return Err(Fault::new(Code::METHOD_NOT_FOUND, "this board has no servo that turns a camera"));
        }
        turn(&mut self.aim, self.rules.control.nudge_deg);
        Ok(Answer::Angles(self.aim.target()))
    }

    /// A word lives as long as its link; where there is no link it must be repeated.
    fn life_of_word(&self, id: SessionId, now: Duration) -> Life {
        if self.sessions.get(&id).is_some_and(|s| s.linked) {
            Life::Link
        } else {
            Life::Until(now + self.rules.control.word_ttl)
        }
    }

    fn powers_of(&self, word: Move) -> (f64, f64) {
        let cruise = self.rules.control.cruise;
        match word {
            Move::Forward => (cruise, 0.0),
            Move::Backward => (-cruise, 0.0),
            Move::Left => (0.0, cruise),
            Move::Right => (0.0, -cruise),
        }
    }

    /// More speed than the car has is scaled down as a whole: slower, on the same curve.
    fn powers_for(&self, linear: f64, angular: f64) -> (f64, f64, Option<Limit>) {
        let (throttle, steer) = self.rules.drivetrain.power_for(linear, angular);
        let over = throttle.abs() + steer.abs();
        let (scale, limited) = if over > 1.0 { (over.recip(), Some(Limit::Speed)) } else { (1.0, None) };
        (Power::clamped(throttle * scale).get(), Power::clamped(steer * scale).get(), limited)
    }

    fn label(&self, id: SessionId) -> String {
        self.sessions.get(&id).map_or_else(|| format!("session {id}"), |s| s.label.clone())
    }
}
