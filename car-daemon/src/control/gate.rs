//! The state machine itself.

use std::collections::BTreeMap;
use std::time::Duration;

use hal::{Drive, Target};
use protocol::{Answer, Code, Command, Event, Fault, Latched, Mode, Role, Ttl, Visitor, Who};

use super::breakage::Breakage;
use super::estop::Estop;
use super::gimbal::Aim;
use super::lease::Lease;
use super::motion::Motion;
use super::panel::Panel;
use super::session::{Grant, Session};
use super::slew::Slew;
use super::trial::Trial;
use super::{Control, Rules};

/// A connection, for as long as it lasts.
pub type SessionId = u64;

/// What the hardware shall do now, and what everybody may know about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs {
    /// For the hardware.
    pub target: Target,
    /// For its buzzers and lamps, in the order of the board, 0 to 1.
    pub panel: Vec<f64>,
    /// What the car is doing.
    pub mode: Mode,
    /// Throttle in force, after slew.
    pub throttle: f64,
    /// Steer in force, after slew.
    pub steer: f64,
    /// Strafe in force, after slew.
    pub strafe: f64,
    /// Who holds the lease.
    pub driver: Option<SessionId>,
    /// The emergency stop, while it is latched.
    pub estop: Option<Latched>,
    /// Why the car last stopped, or by whom the emergency stop was latched since.
    pub stop_reason: Option<String>,
}

/// Decides what moves the car. See the module's documentation.
#[derive(Debug)]
pub struct Gate {
    pub(super) rules: Rules,
    /// In the order in which they came: whatever is done to all is done in that order.
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) lease: Lease,
    pub(super) estop: Estop,
    pub(super) motion: Option<Motion>,
    throttle: Slew,
    steer: Slew,
    strafe: Slew,
    /// Of a motor that is tested.
    alone: Slew,
    pub(super) ticked: Duration,
    pub(super) aim: Aim,
    panel: Panel,
    breakage: Breakage,
    pub(super) closing: bool,
    stop_reason: Option<String>,
    pub(super) events: Vec<Event>,
}

impl Gate {
    /// Whether a motion is in force that is not to stand.
    pub(crate) fn drives(&self) -> bool {
        self.motion.is_some_and(|motion| !motion.is_standing())
    }

    /// A gate with nobody at it and the car at rest.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            aim: Aim::new(rules.pan, rules.tilt),
            panel: Panel::new(&rules.outputs),
            rules,
            sessions: BTreeMap::new(),
            lease: Lease::default(),
            estop: Estop::default(),
            motion: None,
            throttle: Slew::default(),
            steer: Slew::default(),
            strafe: Slew::default(),
            alone: Slew::default(),
            ticked: Duration::ZERO,
            breakage: Breakage::default(),
            closing: false,
            stop_reason: None,
            events: Vec::new(),
        }
    }

    /// Somebody came. `linked` says whether the end of the connection will be noticed.
    pub fn session_opened(&mut self, id: SessionId, peer: &str, linked: bool, grant: Grant, now: Duration) {
        self.sessions.insert(id, Session::new(id, peer, linked, grant, now));
    }

    /// Somebody says how it is called.
    pub fn session_named(&mut self, id: SessionId, name: &str) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.name = Some(name.to_owned());
        }
    }

    /// Somebody has shown what it may do. Who may no longer drive has driven, and who may no longer test
    /// has tested.
    pub fn session_granted(&mut self, id: SessionId, grant: Grant, now: Duration) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        // As it was known while it drove.
        let (role, label) = (grant.role, session.label());
        session.grant = grant;
        if role < Some(Role::Driver) {
            self.lease.forget(id);
            self.end_lease(id, &format!("{label} may not drive any more"), now);
        } else if role < Some(Role::Admin) && self.motion.is_some_and(|motion| motion.tests(id)) {
            self.halt(format!("{label} may not test any more"), now);
        }
    }

    /// Somebody left, or is found dead. What the session drove stops at once.
    pub fn session_closed(&mut self, id: SessionId, why: &str, now: Duration) {
        let Some(session) = self.sessions.remove(&id) else { return };
        self.lease.forget(id);
        self.end_lease(id, &format!("{} drove and is gone: {why}", session.label()), now);
    }

    /// Does a command that moves car or camera, or changes who may; or says why not.
    ///
    /// # Errors
    /// Not authorised, not the driver, emergency stop, stale, hardware fault, shutting down, or
    /// nothing on this board to do it with.
    pub fn handle(&mut self, id: SessionId, command: &Command, now: Duration) -> Result<Answer, Fault> {
        self.authorise(id, command)?;
        match command {
            Command::Stop { seq } => Ok(self.stop(id, *seq, now)),
            Command::Estop { reason } => Ok(self.latch(self.label(id), reason.clone(), now)),
            Command::Reset => self.reset(id, now),
            Command::Acquire { force } => self.acquire(id, *force, now),
            Command::Release => Ok(self.release(id, now)),
            Command::Who => Ok(Answer::Who(Box::new(self.who(now)))),
            Command::Drive { .. } | Command::Velocity { .. } | Command::Test { .. } | Command::Move(_) => {
                self.drive(id, command, now)
            }
            Command::Look { .. } | Command::Nudge { .. } | Command::NudgeStep { .. } | Command::Center => {
                self.ready()?;
                self.turn_camera(id, command, now)
            }
            Command::Output { name, level, ttl } => {
                self.ready()?;
                self.panel.set(name, level.get(), ttl.map(Ttl::get), now)?;
                Ok(Answer::Done)
            }
            Command::Sim(order) => self.simulate(id, order, now),
            other => Err(Fault::new(Code::INTERNAL, format!("the gate was asked to do {other:?}"))),
        }
    }

    /// Whether a session's role allows a command.
    ///
    /// # Errors
    /// Not authorised, or closed.
    pub fn authorise(&self, id: SessionId, command: &Command) -> Result<(), Fault> {
        let closed = || Fault::new(Code::STALE, "this session is closed");
        self.sessions.get(&id).ok_or_else(closed)?.may(command, self.rules.reset)
    }

    /// What the hardware shall do at `now`. To be called at the control rate, and soon after
    /// anything changed.
    pub fn tick(&mut self, now: Duration) -> Outputs {
        let elapsed = now.saturating_sub(self.ticked);
        self.ticked = now;
        if let Some(motion) = self.motion.filter(|m| m.is_over(now)) {
            let held = now.saturating_sub(motion.since).as_millis();
            self.halt(format!("{} sent nothing new for {held} ms", self.label(motion.driver)), now);
        }
        if self.lease_ends().is_some_and(|end| now >= end) {
            self.expire_lease(now);
        }
        self.panel.tick(now);
        if let Some(motion) = self.motion {
            let full = self.rules.control.slew;
            self.throttle.approach(motion.throttle, elapsed, full);
            self.steer.approach(motion.steer, elapsed, full);
            self.strafe.approach(motion.strafe, elapsed, full);
            self.alone.approach(motion.trial.map_or(0.0, Trial::power), elapsed, full);
        }
        self.outputs()
    }

    /// When the car must be looked at again even if nobody says anything.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        let moving = self.motion.map_or_else(|| self.lease_ends(), |motion| motion.deadline());
        moving.into_iter().chain(self.panel.next()).min()
    }

    /// The session on whose link alone the motion in force hangs.
    #[must_use]
    pub fn held_by(&self) -> Option<SessionId> {
        self.motion.filter(Motion::hangs_on_link).map(|m| m.driver)
    }

    /// The emergency stop, while it is latched.
    #[must_use]
    pub fn latched(&self) -> Option<&Latched> {
        self.estop.latched()
    }

    /// It was latched when the daemon last ended, and still is.
    pub fn restore(&mut self, Latched { by, reason }: Latched) {
        self.estop.latch(by, reason);
    }

    /// What the board's button says: the pin at which it is pressed.
    pub fn button(&mut self, pressed: Option<&str>, now: Duration) {
        if self.estop.button(pressed) {
            self.tell_latched(now);
        }
    }

    /// The hardware failed: nothing moves until it answers again and somebody says `reset`.
    pub fn hardware_failed(&mut self, what: &str, now: Duration) {
        self.panel.silence();
        if self.breakage.fail(what) {
            self.halt(format!("hardware fault: {what}"), now);
            self.events.push(Event::Hardware { fault: self.breakage.said() });
        }
    }

    /// The hardware answers again, which somebody has yet to make good of by `reset`.
    pub fn hardware_answers(&mut self) {
        if self.breakage.answers() {
            self.events.push(Event::Hardware { fault: self.breakage.said() });
        }
    }

    /// The daemon goes away: the car stops and stays.
    pub fn close(&mut self, why: &str, now: Duration) {
        self.closing = true;
        self.panel.silence();
        self.give_up_lease(why);
        self.halt(why.to_owned(), now);
    }

    /// Other numbers from now on, but for the rate at which [`tick`](Self::tick) is called. A motion
    /// in force keeps the life that it was given.
    pub fn set_control(&mut self, control: Control) {
        self.rules.control = Control { rate_hz: self.rules.control.rate_hz, ..control };
    }

    /// Another least role that may release the emergency stop.
    pub fn set_reset(&mut self, role: Role) {
        self.rules.reset = role;
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What a session may do.
    #[must_use]
    pub fn role(&self, id: SessionId) -> Option<Role> {
        self.sessions.get(&id)?.grant.role
    }

    /// What happened since this was last asked.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// What [`tick`](Self::tick) last said, as changed by commands since.
    #[must_use]
    pub fn outputs(&self) -> Outputs {
        let axes = [self.throttle, self.steer, self.strafe, self.alone].map(Slew::value);
        let [throttle, steer, strafe, alone] = axes;
        let (aim, broken) = (self.aim.target(), self.breakage.fault());
        // Front wheels go to where they are told all the way; who brakes leaves them where they are.
        let steers = !self.rules.drivetrain.turns_on_the_spot();
        let stands = |m: &Motion| m.is_standing() && axes == [0.0; 4] && !(steers && m.trial.is_none());
        Outputs {
            target: Target {
                drive: match self.motion {
                    Some(m) if !stands(&m) => match m.trial {
                        None => Drive::Power { throttle, steer, strafe },
                        Some(Trial::Motor(motor, _)) => Drive::One { motor, power: alone },
                        Some(Trial::Servo(..)) => Drive::Brake,
                    },
                    _ => Drive::Brake,
                },
                pan_deg: aim.pan,
                tilt_deg: aim.tilt,
                servo_pulse: match self.motion.and_then(|motion| motion.trial) {
                    Some(Trial::Servo(index, pulse_us)) => Some((index, pulse_us)),
                    Some(Trial::Motor(..)) | None => None,
                },
            },
            panel: self.panel.levels(),
            mode: match (self.latched(), &broken, self.motion) {
                (Some(_), ..) => Mode::Estop,
                (None, Some(_), _) => Mode::Fault,
                (None, None, Some(_)) => Mode::Driving,
                (None, None, None) => Mode::Idle,
            },
            throttle,
            steer,
            strafe,
            driver: self.lease.holder(),
            estop: self.latched().cloned(),
            stop_reason: broken.map(|fault| fault.message).or_else(|| self.stop_reason.clone()),
        }
    }

    /// No power, at once.
    pub(super) fn stand(&mut self) {
        for axis in [&mut self.throttle, &mut self.steer, &mut self.strafe, &mut self.alone] {
            axis.stop();
        }
    }

    /// Everybody who is here.
    fn who(&self, now: Duration) -> Who {
        let sessions = self.sessions.keys().filter_map(|id| self.visitor(*id, now)).collect();
        Who { driver: self.lease.holder(), sessions }
    }

    pub(super) fn visitor(&self, id: SessionId, now: Duration) -> Option<Visitor> {
        let drives = self.lease.held().filter(|held| held.by == id).map(|held| held.since);
        Some(self.sessions.get(&id)?.visitor(now, drives, self.lease.asks_since(id)))
    }

    /// Whether anything may move at all.
    pub(super) fn ready(&self) -> Result<(), Fault> {
        if self.closing {
            return Err(Fault::new(Code::BUSY, "the daemon is shutting down"));
        }
        if let Some(fault) = self.estop.fault() {
            return Err(fault);
        }
        self.breakage.fault().map_or(Ok(()), Err)
    }

    /// Never refused; a `seq` makes the session's motions from before it stale.
    fn stop(&mut self, id: SessionId, seq: Option<u64>, now: Duration) -> Answer {
        let why = format!("{} said stop", self.label(id));
        self.stop_for(id, seq, why, now);
        Answer::Done
    }

    /// Stands because of `id`, who alone may drive on at once.
    pub(super) fn stop_for(&mut self, id: SessionId, seq: Option<u64>, why: String, now: Duration) {
        let quiet = self.rules.control.command_ttl;
        let driver = self.motion.map(|motion| motion.driver);
        for (other, session) in &mut self.sessions {
            if *other == id {
                session.passed(seq);
                session.stick.let_go();
            } else {
                session.stick.stop(&why, driver == Some(*other), now, quiet);
            }
        }
        self.halt(why, now);
    }

    fn latch(&mut self, by: String, reason: Option<String>, now: Duration) -> Answer {
        if self.estop.latch(by, reason) {
            self.tell_latched(now);
        }
        Answer::Done
    }

    /// It has just been latched.
    fn tell_latched(&mut self, now: Duration) {
        self.panel.silence();
        let Some(Latched { by, reason }) = self.estop.latched().cloned() else { return };
        let why = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        let why = format!("emergency stop by {by}{why}");
        self.halt(why.clone(), now);
        // Also of a car that stood already: what was pressed just before is the lesser reason.
        self.stop_reason = Some(why);
        self.events.push(Event::Estop { latched: true, by, reason });
    }

    /// Releases what is latched, or nothing of it. A stick that is still held must not start the car by that.
    fn reset(&mut self, id: SessionId, now: Duration) -> Result<Answer, Fault> {
        self.breakage.may_release()?;
        let by = self.label(id);
        if self.estop.release()? {
            self.hold_sticks(&format!("{by} released the emergency stop"), now);
            self.events.push(Event::Estop { latched: false, by: by.clone(), reason: None });
        }
        if self.breakage.release() {
            self.hold_sticks(&format!("{by} reset the hardware fault"), now);
            self.events.push(Event::Hardware { fault: None });
        }
        Ok(Answer::Done)
    }

    /// Whoever holds a stick must let go before it drives again.
    fn hold_sticks(&mut self, why: &str, now: Duration) {
        let quiet = self.rules.control.command_ttl;
        for session in self.sessions.values_mut() {
            session.stick.stop(why, false, now, quiet);
        }
    }

    /// Stands at once, whoever drove. A lease that came with the motion of somebody whose end is not
    /// noticed ends with it.
    pub(super) fn halt(&mut self, reason: String, now: Duration) {
        self.stand();
        let Some(motion) = self.motion.take() else { return };
        self.lease.drove(motion.driver, now);
        self.events.push(Event::Stopped { reason: reason.clone() });
        let unlinked = self.sessions.get(&motion.driver).is_some_and(|session| !session.linked);
        if unlinked && self.lease.held().is_some_and(|held| held.by == motion.driver && !held.asked) {
            self.end_lease(motion.driver, &reason, now);
        }
        self.stop_reason = Some(reason);
    }

    pub(super) fn label(&self, id: SessionId) -> String {
        self.sessions.get(&id).map_or_else(|| format!("session {id}"), Session::label)
    }
}
