//! Where sessions and the hardware meet: the gate behind a short mutex, the newest sample, the
//! events. Nothing here waits, and nothing holds the lock across an await.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use protocol::{Answer, Command, Event, Fault, State};
use tokio::sync::{Notify, broadcast};
use transport::Link;

use crate::control::{Gate, Grant, Input, Outputs, SessionId, answers_again};
use crate::hardware::{Bell, Haste, Order};
use crate::latch::Below;
use crate::lockstep::Lockstep;
use crate::metrics::Metrics;
use crate::recording::{Keeper, Parts, Tape, fingerprint};
use crate::telemetry::{Happened, Sample};

/// Events that a slow listener may be behind before it misses some.
const EVENTS: usize = 64;

/// How often, and after what pause, a lock is tried that must not be waited for: 5 ms in all.
const LOCK_TRIES: u32 = 25;
const LOCK_PAUSE: Duration = Duration::from_micros(200);

/// Slower than this no car of ours drives on purpose, in metres and in radians a second.
const CREEP_M_S: f64 = 0.02;
const CREEP_RAD_S: f64 = 0.1;

/// The meeting place.
#[derive(Debug)]
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    sample: Mutex<Arc<Sample>>,
    /// How many there were, and that there is another. Wakes in the order in which it is waited for, as a run that is
    /// had again must be the same; a `watch` does not.
    samples: AtomicU64,
    fresh: Notify,
    events: broadcast::Sender<Arc<Happened>>,
    /// The run is recorded, or had again.
    taped: bool,
    /// Where it is recorded.
    keeper: Option<Keeper>,
    /// Where time goes by turns.
    lockstep: Option<Mutex<Lockstep>>,
    pub(crate) bell: Bell,
    pub(crate) metrics: Arc<Metrics>,
}

/// Somebody who comes.
pub(crate) struct Visit<'a> {
    pub(crate) peer: &'a str,
    /// Whether its end is noticed.
    pub(crate) linked: bool,
    pub(crate) link: Link,
    pub(crate) grant: Grant,
}

#[derive(Debug)]
struct Inner {
    gate: Gate,
    links: HashMap<SessionId, Link>,
    held: Option<SessionId>,
    below: Below,
    /// For a simulator, and not yet taken: one of each session at most.
    orders: Vec<Order>,
    tape: Tape,
}

impl Shared {
    pub(crate) fn new(gate: Gate, bell: Bell, below: Below, tape: Tape) -> Self {
        Self {
            taped: tape.runs(),
            keeper: None,
            inner: Mutex::new(Inner {
                gate,
                links: HashMap::new(),
                held: None,
                below,
                orders: Vec::new(),
                tape,
            }),
            sample: Mutex::default(),
            samples: AtomicU64::new(0),
            fresh: Notify::new(),
            events: broadcast::Sender::new(EVENTS),
            lockstep: None,
            bell,
            metrics: Arc::default(),
        }
    }

    /// The same, where time goes by turns.
    pub(crate) fn in_lockstep(self, lockstep: Option<Lockstep>) -> Self {
        Self { lockstep: lockstep.map(Mutex::new), ..self }
    }

    /// The same, where the run is recorded.
    pub(crate) fn recorded(self, keeper: Option<Keeper>) -> Self {
        Self { keeper, ..self }
    }

    /// Looks at the gate, which stays as it is.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Gate) -> T) -> T {
        look(&self.lock().gate)
    }

    /// Tells the gate something. Where it takes it the hardware looks at once at what changed.
    ///
    /// # Errors
    /// As of [`Gate::handle`].
    pub(crate) fn tell(&self, input: &Input, now: Duration) -> Result<Answer, Fault> {
        self.hear(input, None, now)
    }

    fn hear(&self, input: &Input, order: Option<Order>, now: Duration) -> Result<Answer, Fault> {
        let mut inner = self.lock();
        // What is refused to whoever may not do it changes nothing, and must not fill a disk.
        if inner.gate.heeds(input) {
            inner.tape.told(input, now);
        }
        let drove = inner.gate.drives();
        let answer = inner.gate.take(input, now);
        // What brings the car to rest is done at once, whatever brought it.
        let haste = if drove && !inner.gate.drives() { Haste::Now } else { Haste::Soon };
        if answer.is_ok() {
            inner.orders.extend(order);
        }
        // In a run that can be had again the interlock follows with the next look of the hardware, not in the
        // midst of a write, which has no time in it.
        inner.follow(!self.taped);
        self.settle(inner, Some(input));
        // What was refused is nothing for the hardware to look at.
        if answer.is_ok() && input.moves() {
            self.bell.ring(haste);
        }
        answer
    }

    /// The control loop turns.
    pub(crate) fn turn(&self, now: Duration) {
        // Outside the lock, as it may wait.
        self.keeper.iter().for_each(Keeper::look);
        if self.taped {
            self.lock().tape.turn(now);
        }
    }

    /// The hardware's own way to the gate: it looks, and says how it fares.
    pub(crate) fn plant<T>(&self, ask: impl FnOnce(&mut Gate) -> T) -> T {
        let mut inner = self.lock();
        inner.catch_up();
        let answer = ask(&mut inner.gate);
        inner.tape.looked();
        inner.follow(true);
        self.settle(inner, None);
        answer
    }

    /// Whether [`digest`](Self::digest) is to be called, once a virtual second.
    pub(crate) fn is_taped(&self) -> bool {
        self.taped
    }

    /// Says what the run is like: the gate, and then these `parts`. At the `end` the car is at rest for good.
    pub(crate) fn digest(&self, now: Duration, parts: &[(&str, u64)], end: bool) {
        let mut inner = self.lock();
        inner.catch_up();
        // What is printed of it is all of it, every number to its last bit.
        let gate = fingerprint(format!("{:?}", inner.gate).as_bytes());
        let all = Parts::default().with("gate", gate);
        let all = parts.iter().fold(all, |all, (name, part)| all.with(name, *part));
        inner.tape.digest(now, all, end);
        inner.tape.looked();
        self.settle(inner, None);
    }

    /// Asks the tape.
    pub(crate) fn tape<T>(&self, ask: impl FnOnce(&mut Tape) -> T) -> T {
        ask(&mut self.lock().tape)
    }

    /// After anything was said to the gate: the links know whether a motion hangs on them, and listeners know
    /// what happened.
    fn settle(&self, mut inner: MutexGuard<'_, Inner>, input: Option<&Input>) {
        inner.hold_links();
        let events = inner.gate.take_events();
        // Under the lock, so that everybody hears events in the order they happened.
        for event in &events {
            self.spread(event);
        }
        drop(inner);
        self.metrics.happened(input, &events);
        // Not under the lock: a log may be slow.
        events.iter().for_each(log);
    }

    /// Closes the gate, if whoever has its lock lets go in time: one that is stuck may have it. Nothing
    /// is logged, as nothing here may wait.
    pub(crate) fn try_close(&self, why: &str, now: Duration) {
        for _ in 0..LOCK_TRIES {
            let mut inner = match self.inner.try_lock() {
                Ok(inner) => inner,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {
                    thread::sleep(LOCK_PAUSE);
                    continue;
                }
            };
            inner.tape.told(&Input::Closing { why: why.to_owned() }, now);
            inner.gate.close(why, now);
            inner.hold_links();
            inner.gate.take_events().iter().for_each(|event| self.spread(event));
            self.metrics.stalled();
            return;
        }
    }

    /// Tells everybody who listens, and the log.
    pub(crate) fn say(&self, event: &Event) {
        self.spread(event);
        log(event);
    }

    /// Tells everybody who listens, and not the log.
    pub(crate) fn spread(&self, event: &Event) {
        // Without a listener there is nobody to tell.
        drop(self.events.send(Arc::new(Happened::new(event.clone()))));
    }

    /// Whether time goes by turns, and waits for who listens.
    pub(crate) fn is_in_lockstep(&self) -> bool {
        self.lockstep.is_some()
    }

    /// Asks who is waited for before time moves on; nobody is where time has a pace of its own.
    pub(crate) fn lockstep<T>(&self, ask: impl FnOnce(&mut Lockstep) -> T) -> Option<T> {
        Some(ask(&mut self.lockstep.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Hands an order on to the simulator, if the gate lets it pass.
    ///
    /// # Errors
    /// As of [`Gate::handle`].
    pub(crate) fn order(&self, session: SessionId, order: Order, now: Duration) -> Result<Answer, Fault> {
        let input = Input::Asked { session, command: Command::Sim(order.what.clone()) };
        self.hear(&input, Some(order), now)
    }

    /// What was handed on since this was last asked, in its order.
    pub(crate) fn take_orders(&self) -> Vec<Order> {
        let mut inner = self.lock();
        inner.catch_up();
        inner.tape.looked();
        std::mem::take(&mut inner.orders)
    }

    pub(crate) fn open(&self, id: SessionId, visit: Visit<'_>, now: Duration) {
        let Visit { peer, linked, link, grant } = visit;
        self.lock().links.insert(id, link);
        // What only tells the gate something is never refused.
        drop(self.tell(&Input::Opened { session: id, peer: peer.to_owned(), linked, grant }, now));
    }

    pub(crate) fn close(&self, id: SessionId, why: &str, now: Duration) {
        drop(self.tell(&Input::Closed { session: id, why: why.to_owned() }, now));
        self.lock().links.remove(&id);
        // Last: time may move on by it.
        if self.lockstep(|lockstep| lockstep.gone(id)).is_some() {
            self.bell.ring(Haste::Now);
        }
    }

    pub(crate) fn publish(&self, state: State) {
        *self.sample.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(Sample::new(state));
        self.samples.fetch_add(1, Ordering::Release);
        self.fresh.notify_waiters();
    }

    /// Waits for another sample than the last that was `seen`. Cancel-safe.
    pub(crate) async fn another_sample(&self, seen: &mut u64) {
        loop {
            let mut another = pin!(self.fresh.notified());
            // Whatever comes from here on wakes.
            another.as_mut().enable();
            let samples = self.samples.load(Ordering::Acquire);
            if std::mem::replace(seen, samples) != samples {
                return;
            }
            another.await;
        }
    }

    /// The newest sample, for notifications.
    pub(crate) fn sample(&self) -> Arc<Sample> {
        Arc::clone(&self.sample.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the car moves, by its odometry; where it has none, whether its wheels have power.
    pub(crate) fn moves(&self) -> bool {
        let sample = self.sample();
        let (wheels, speed) = (sample.state.wheels, sample.state.speed);
        let powered = wheels.left != 0.0 || wheels.right != 0.0;
        speed.map_or(powered, |speed| speed.linear.abs() > CREEP_M_S || speed.angular.abs() > CREEP_RAD_S)
    }

    /// The state with what the gate knows now: a client that has just been told `accepted` sees it.
    pub(crate) fn state(&self, now: Duration) -> State {
        let outputs = self.lock().gate.outputs();
        let mut state = State::clone(&self.sample().state);
        fill(&mut state, outputs, now);
        state
    }

    pub(crate) fn events(&self) -> broadcast::Receiver<Arc<Happened>> {
        self.events.subscribe()
    }

    /// Ends the keeping of the latch; what is in force is on the disk when this was dropped.
    pub(crate) fn below(&self) -> Below {
        std::mem::take(&mut self.lock().below)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic inside the gate leaves a state machine that can still be told to stop.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// What lies below follows the latch, and the interlock as well where that is to be `at_once`.
    fn follow(&mut self, at_once: bool) {
        let latched = self.gate.latched();
        self.below.keep(latched);
        if at_once {
            self.below.follow(latched);
        }
    }

    /// Where a run is had again: tells the gate what it was told up to here.
    fn catch_up(&mut self) {
        while let Some((then, input)) = self.tape.due() {
            let answer = self.gate.take(&input, then);
            // Told to those who listened then.
            drop(self.gate.take_events());
            if let (Ok(_), Input::Asked { command: Command::Sim(what), .. }) = (answer, input) {
                self.orders.push(Order::unanswered(what));
            }
        }
    }

    fn hold_links(&mut self) {
        let held = self.gate.held_by();
        if held == self.held {
            return;
        }
        for (id, hold) in [(self.held, false), (held, true)] {
            if let Some(link) = id.and_then(|id| self.links.get(&id)) {
                link.hold(hold);
            }
        }
        self.held = held;
    }
}

/// Writes what the gate says into a state.
pub(crate) fn fill(state: &mut State, outputs: Outputs, now: Duration) {
    state.t = round(now.as_secs_f64(), 1e6);
    state.mode = outputs.mode;
    state.throttle = round(outputs.throttle, 1e4);
    state.steer = round(outputs.steer, 1e4);
    state.strafe = round(outputs.strafe, 1e4);
    state.driver = outputs.driver;
    state.estop = outputs.estop;
    state.stop_reason = outputs.stop_reason;
}

/// `value` with no more digits than anybody can use.
pub(crate) fn round(value: f64, per_unit: f64) -> f64 {
    (value * per_unit).round() / per_unit + 0.0
}

fn log(event: &Event) {
    match event {
        Event::Driving { driver } => tracing::info!(driver, "driving"),
        Event::Stopped { reason } => tracing::info!(%reason, "stopped"),
        Event::Lease { driver, reason } => tracing::info!(driver, %reason, "lease"),
        Event::Asked { session, .. } => tracing::info!(session, "asks for the lease"),
        Event::Estop { latched: true, by, reason } => tracing::warn!(%by, reason, "emergency stop"),
        Event::Estop { latched: false, by, .. } => tracing::warn!(%by, "emergency stop released"),
        Event::Hardware { fault: Some(fault) } if answers_again(fault) => {
            tracing::warn!(%fault, "hardware waits for a reset");
        }
        Event::Hardware { fault: Some(fault) } => tracing::error!(%fault, "hardware fault"),
        Event::Hardware { fault: None } => tracing::info!("hardware fault reset"),
        Event::Battery { empty: true, volts } => tracing::warn!(volts, "the battery is empty: charge it"),
        Event::Battery { empty: false, volts } => tracing::info!(volts, "the battery is no longer empty"),
        Event::Sensor { fault: Some(fault), .. } => tracing::warn!(%fault, "a sensor fails"),
        Event::Sensor { sensor, fault: None } => tracing::info!(%sensor, "a sensor answers again"),
        Event::Sim { by, what } => tracing::info!(%by, %what, "simulator"),
        Event::Bye { reason } => tracing::info!(%reason, "goodbye"),
        other => tracing::info!(?other, "event"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Breakage;
    use crate::log::paper::logged;

    /// What the log says of a fault as it is.
    fn told(breakage: &Breakage) -> String {
        logged(|| log(&Event::Hardware { fault: breakage.said() }))
    }

    #[test]
    fn the_log_says_that_hardware_failed_then_that_it_answers_and_then_that_it_was_reset() {
        let mut breakage = Breakage::default();
        breakage.fail("motor left: gone");
        let text = told(&breakage);
        assert!(
            text.contains("ERROR") && text.contains("hardware fault fault=motor left: gone; it still"),
            "{text}"
        );
        breakage.answers();
        let text = told(&breakage);
        assert!(
            text.contains("WARN") && text.contains("hardware waits for a reset fault=motor left"),
            "{text}"
        );
        breakage.release();
        let text = told(&breakage);
        assert!(text.contains("INFO") && text.contains("hardware fault reset"), "{text}");
    }
}
