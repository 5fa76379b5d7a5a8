//! Who drives: how the lease is taken, asked for, handed over and lost. Losing it brakes the car.

use std::time::Duration;

use protocol::{Answer, Code, Event, Fault};
use serde_json::json;

use super::lease::Lease;
use super::{Gate, SessionId};

impl Gate {
    /// Takes the lease where it is free, or from whoever holds it; or asks for it.
    ///
    /// # Errors
    /// Not the driver: says who is, and that it was asked.
    pub(super) fn acquire(&mut self, id: SessionId, force: bool, now: Duration) -> Result<Answer, Fault> {
        if self.closing {
            return Err(Fault::new(Code::BUSY, "the daemon is shutting down"));
        }
        match self.lease.holder() {
            Some(holder) if holder != id => {
                if !force {
                    if self.lease.ask(id, now) {
                        self.events.push(Event::Asked { session: id, who: self.label(id) });
                    }
                    return Err(self.not_driver(
                        holder,
                        id,
                        "it was asked, and you are next in the row",
                        now,
                    ));
                }
                if !self.outranks(id, holder) {
                    return Err(self.not_driver(holder, id, "it keeps the lease", now));
                }
                self.take_over(holder, id, now);
            }
            holder => {
                let why = format!("{} took it", self.label(id));
                self.lease.give(id, true, now);
                if holder.is_none() {
                    self.tell_lease(why);
                }
            }
        }
        Ok(self.driver(now))
    }

    /// Gives the lease back, or asks for it no more.
    pub(super) fn release(&mut self, id: SessionId, now: Duration) -> Answer {
        self.lease.forget(id);
        if self.lease.holder() == Some(id) {
            self.end_lease(id, &format!("{} gave the lease back", self.label(id)), now);
        }
        self.driver(now)
    }

    /// `id` wants to drive.
    ///
    /// # Errors
    /// Not the driver: says who is, since when, and how to ask.
    pub(super) fn take_lease(&mut self, id: SessionId, now: Duration) -> Result<(), Fault> {
        match self.lease.holder() {
            Some(holder) if holder != id => {
                return Err(self.not_driver(holder, id, "`acquire` asks for it", now));
            }
            holder => {
                self.lease.give(id, false, now);
                if holder.is_none() {
                    self.tell_lease(format!("{} drives", self.label(id)));
                }
            }
        }
        Ok(())
    }

    /// Whether somebody other than `id` drives.
    ///
    /// # Errors
    /// Not the driver.
    pub(super) fn nobody_else_drives(&self, id: SessionId, now: Duration) -> Result<(), Fault> {
        match self.lease.holder() {
            Some(holder) if holder != id => Err(self.not_driver(holder, id, "`acquire` asks for it", now)),
            _ => Ok(()),
        }
    }

    /// `id` drives no more: the car stands, and whoever has waited longest is next.
    pub(super) fn end_lease(&mut self, id: SessionId, why: &str, now: Duration) {
        if self.lease.holder() != Some(id) {
            return;
        }
        self.lease.free();
        if self.motion.is_some_and(|motion| motion.driver == id) {
            self.halt(why.to_owned(), now);
        }
        match self.lease.next(now) {
            Some(next) => {
                self.lease.give(next, true, now);
                self.tell_lease(format!("{why}; {} had asked for it", self.label(next)));
            }
            None => self.tell_lease(why.to_owned()),
        }
    }

    /// Nobody drives from now on, and nobody waits to.
    pub(super) fn give_up_lease(&mut self, why: &str) {
        let held = self.lease.free();
        self.lease = Lease::default();
        if held.is_some() {
            self.tell_lease(why.to_owned());
        }
    }

    /// Its holder was silent for too long.
    pub(super) fn expire_lease(&mut self, now: Duration) {
        if let Some(holder) = self.lease.holder() {
            let ms = self.rules.control.lease.as_millis();
            self.end_lease(holder, &format!("{} did not drive for {ms} ms", self.label(holder)), now);
        }
    }

    /// When the lease ends by silence. A motion in force is no silence.
    pub(super) fn lease_ends(&self) -> Option<Duration> {
        if self.motion.is_some() { None } else { self.lease.ends(self.rules.control.lease) }
    }

    /// A stick that was held all the while must not drive again as soon as the lease is free.
    fn take_over(&mut self, holder: SessionId, id: SessionId, now: Duration) {
        let why = format!("{} took the lease", self.label(id));
        let (quiet, drove) =
            (self.rules.control.command_ttl, self.motion.is_some_and(|m| m.driver == holder));
        if let Some(session) = self.sessions.get_mut(&holder) {
            session.stick.stop(&why, drove, now, quiet);
        }
        self.lease.free();
        self.lease.give(id, true, now);
        self.halt(why.clone(), now);
        self.tell_lease(why);
    }

    fn outranks(&self, id: SessionId, holder: SessionId) -> bool {
        let grant = |id| self.sessions.get(&id).map(|session| &session.grant);
        match (grant(id), grant(holder)) {
            // Who has lost a connection comes by another one.
            (Some(own), Some(its)) => {
                own.priority > its.priority || (own.principal.is_some() && own.principal == its.principal)
            }
            _ => true,
        }
    }

    fn driver(&self, now: Duration) -> Answer {
        let driver = self.lease.holder().and_then(|id| self.visitor(id, now));
        Answer::Driver(driver.map(Box::new))
    }

    fn not_driver(&self, holder: SessionId, id: SessionId, hint: &str, now: Duration) -> Fault {
        let priority = |id| self.sessions.get(&id).map_or(0, |session| session.grant.priority);
        let since = self.lease.held().map_or(Duration::ZERO, |held| now.saturating_sub(held.since));
        let (own, its) = (priority(id), priority(holder));
        let force = self.outranks(id, holder);
        // What a program would send stands last: programs for people leave that out, and say what is typed there.
        let how = match force {
            true => format!("{hint}; `acquire force` takes it at once"),
            false => format!("no force takes it, for your priority {own} is not above its {its}; {hint}"),
        };
        let (label, seconds) = (self.label(holder), since.as_secs_f64());
        let message = format!("{label} drives, for {seconds:.1} s now: {how}");
        let data = self.visitor(holder, now).map(|visitor| json!({ "driver": visitor, "force": force }));
        Fault { data, ..Fault::new(Code::NOT_DRIVER, message) }
    }

    fn tell_lease(&mut self, reason: String) {
        self.events.push(Event::Lease { driver: self.lease.holder(), reason });
    }
}
