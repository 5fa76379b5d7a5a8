//! Tells the gate who watches and sees nothing any more, where the configuration wants drivers stopped then.
//!
//! What must never live here: when that is, and what follows for the car.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use protocol::Role;
use tokio::sync::Notify;
use tokio::time::timeout;
use transport::{Slot, Slots};

use super::sight::{Change, Sight};
use crate::clock::Clock;
use crate::control::{Input, SessionId};
use crate::shared::Shared;

/// How long it sleeps while nobody watches: it is woken before.
const IDLE: Duration = Duration::from_secs(3_600);

/// Streams of one session that have a place besides the viewers': the one that counts, and one before it that is not
/// known yet to have ended.
const OWN: usize = 2;

/// The lookout of a daemon; clones are one.
#[derive(Clone, Debug)]
pub(in crate::http) struct Lookout(Arc<Post>);

#[derive(Debug)]
struct Post {
    sight: Mutex<Sight>,
    /// The places of those who drive by what they see.
    eyes: Slots<SessionId>,
    shared: Arc<Shared>,
    clock: Clock,
    /// Somebody sees who did not.
    woken: Notify,
}

/// Somebody who watches, and for which session.
#[derive(Debug)]
pub(super) struct Watcher {
    lookout: Lookout,
    session: SessionId,
    /// Which of its streams.
    stream: u64,
}

impl Lookout {
    /// Who has got no new picture for `limit` sees nothing. So many streams have a place of their own because somebody
    /// drives by them.
    pub(in crate::http) fn new(limit: Duration, places: usize, shared: Arc<Shared>, clock: Clock) -> Self {
        let (sight, eyes) = (Mutex::new(Sight::new(limit)), Slots::new("eyes", places, OWN));
        Self(Arc::new(Post { sight, eyes, shared, clock, woken: Notify::new() }))
    }

    /// A place for a stream of a session that may drive, which viewers cannot take.
    pub(super) fn place(&self, session: SessionId) -> Option<Slot<SessionId>> {
        let role = self.0.shared.look(|gate| gate.role(session));
        if role < Some(Role::Driver) { None } else { self.0.eyes.take(session).ok() }
    }

    /// A session watches from now on, by a stream of its own.
    pub(super) fn watcher(&self, session: SessionId) -> Watcher {
        let stream = self.wake(|sight| sight.opened(session, self.0.clock.wall()));
        Watcher { lookout: self.clone(), session, stream }
    }

    /// A session no longer watches.
    pub(super) fn leave(&self, session: SessionId) {
        if let Some(change) = self.lock().ended(session) {
            self.tell(&change);
        }
    }

    /// Looks after everybody, for as long as it is polled.
    pub(in crate::http) async fn keep(&self) {
        loop {
            let next = self.look();
            let wait = next.map_or(IDLE, |next| next.saturating_sub(self.0.clock.wall()));
            // Woken or not, it looks again.
            drop(timeout(wait, self.0.woken.notified()).await);
        }
    }

    /// Tells the gate who sees nothing any more; when to look again.
    fn look(&self) -> Option<Duration> {
        let mut sight = self.lock();
        self.0.shared.look(|gate| sight.keep(|session| gate.is_here(session)));
        for change in sight.lost(self.0.clock.wall()) {
            self.tell(&change);
        }
        sight.next()
    }

    /// What may give it somebody to look after.
    fn wake<T>(&self, change: impl FnOnce(&mut Sight) -> T) -> T {
        let mut sight = self.lock();
        let slept = sight.next().is_none();
        let changed = change(&mut sight);
        if slept {
            self.0.woken.notify_one();
        }
        changed
    }

    /// Under the lock, so that the gate is told what comes last, last.
    fn tell(&self, Change { session, blind_for }: &Change) {
        let lost = blind_for.map(|dark| format!("no new picture reached it for {} ms", dark.as_millis()));
        let input = Input::Video { session: *session, lost };
        // What only tells the gate something is never refused.
        drop(self.0.shared.tell(&input, self.0.clock.now()));
    }

    fn lock(&self) -> MutexGuard<'_, Sight> {
        self.0.sight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher {
    /// A picture that was taken then has left for it.
    pub(super) fn saw(&self, taken: Instant) {
        let (eye, shown) = ((self.session, self.stream), (taken, taken.elapsed()));
        self.lookout.wake(|sight| {
            if let Some(change) = sight.saw(eye, shown, self.lookout.0.clock.wall()) {
                self.lookout.tell(&change);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use hal::{Board, Interlock};
    use tokio::time::sleep;

    use super::*;
    use crate::clock::Speed;
    use crate::control::{Control, Gate, Grant, Rules};
    use crate::hardware::{Bell, Mode};
    use crate::latch::Below;
    use crate::recording::{Reel, Tape};

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A lookout that stops who sees nothing for half a second, and session 1, which drives.
    fn driven() -> (Lookout, Arc<Shared>) {
        let board = Board::preset("demo").expect("a preset");
        let gate = Gate::new(Rules::new(Control::default(), &board));
        let below = Below::new(Interlock::default(), None);
        let shared = Arc::new(Shared::new(gate, Bell::new(Mode::Thread), below, Tape::new(Reel::None)));
        let clock = Clock::start(Speed::REAL, ms(10));
        let grant = Grant { role: Some(Role::Driver), priority: 50, principal: None };
        let (session, peer) = (1, "127.0.0.1:4711".to_owned());
        let command = protocol::Command::Move(protocol::Move::Forward);
        for input in [Input::Opened { session, peer, linked: true, grant }, Input::Asked { session, command }]
        {
            shared.tell(&input, ms(0)).expect("taken");
        }
        (Lookout::new(ms(500), 4, Arc::clone(&shared), clock), shared)
    }

    fn drives(shared: &Shared) -> bool {
        shared.look(|gate| gate.outputs().mode == protocol::Mode::Driving)
    }

    #[tokio::test(start_paused = true)]
    async fn a_driver_whose_pictures_stop_is_stopped_after_the_limit_and_not_before() {
        let (lookout, shared) = driven();
        let story = async {
            // Who does not watch is not missed.
            sleep(ms(2_000)).await;
            let watcher = lookout.watcher(1);
            assert!(drives(&shared));
            for _ in 0..100 {
                sleep(ms(33)).await;
                watcher.saw(Instant::now());
            }
            sleep(ms(490)).await;
            assert!(drives(&shared));
            sleep(ms(20)).await;
            assert!(!drives(&shared));
            let reason = shared.look(|gate| gate.outputs().stop_reason).expect("a reason");
            assert!(reason.contains("drove and saw nothing: no new picture reached it for 50"), "{reason}");
        };
        tokio::select! {
            () = lookout.keep() => unreachable!("it never ends"),
            () = story => {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_opens_a_stream_of_a_dead_camera_is_stopped_unless_it_says_that_it_does_not_watch() {
        for says_so in [false, true] {
            let (lookout, shared) = driven();
            let story = async {
                let _watcher = lookout.watcher(1);
                sleep(ms(490)).await;
                if says_so {
                    lookout.leave(1);
                }
                sleep(ms(20)).await;
                assert_eq!(drives(&shared), says_so);
            };
            tokio::select! {
                () = lookout.keep() => unreachable!("it never ends"),
                () = story => {}
            }
        }
    }
}
