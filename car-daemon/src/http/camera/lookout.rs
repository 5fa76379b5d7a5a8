//! Tells the gate who watches and sees nothing any more, where the configuration wants drivers stopped then.
//!
//! What must never live here: when that is, and what follows for the car.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::timeout;

use super::sight::{Change, Sight};
use crate::clock::Clock;
use crate::control::{Input, SessionId};
use crate::shared::Shared;

/// How long it sleeps while nobody watches: it is woken before.
const IDLE: Duration = Duration::from_secs(3_600);

/// The lookout of a daemon; clones are one.
#[derive(Clone, Debug)]
pub(in crate::http) struct Lookout(Arc<Post>);

#[derive(Debug)]
struct Post {
    sight: Mutex<Sight>,
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
}

impl Lookout {
    /// Who has got no new picture for `limit` sees nothing.
    pub(in crate::http) fn new(limit: Duration, shared: Arc<Shared>, clock: Clock) -> Self {
        Self(Arc::new(Post { sight: Mutex::new(Sight::new(limit)), shared, clock, woken: Notify::new() }))
    }

    /// Whoever asks from `from` watches for a session.
    ///
    /// # Errors
    /// There is no such session, or it came from elsewhere: nobody else's pictures are its sight.
    pub(super) fn watcher(&self, session: SessionId, from: IpAddr) -> Result<Watcher, String> {
        match self.0.shared.look(|gate| gate.peer(session).map(|peer| is_of(peer, from))) {
            Some(true) => Ok(Watcher { lookout: self.clone(), session }),
            Some(false) => {
                Err(format!("session {session} came from another address than you: watch for your own"))
            }
            None => Err(format!("there is no session {session}: take the number from `hello`")),
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
        self.0.shared.look(|gate| sight.keep(|session| gate.peer(session).is_some()));
        for change in sight.lost(self.0.clock.wall()) {
            self.tell(&change);
        }
        sight.next()
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
        let mut sight = self.lookout.lock();
        let slept = sight.next().is_none();
        if let Some(change) = sight.saw(self.session, taken, self.lookout.0.clock.wall()) {
            self.lookout.tell(&change);
        }
        if slept {
            self.lookout.0.woken.notify_one();
        }
    }
}

/// Whether a session that came from `peer` is of whoever asks from an address. One by a socket of this machine has
/// none.
fn is_of(peer: &str, from: IpAddr) -> bool {
    let from = from.to_canonical();
    peer.parse::<SocketAddr>().map_or(from.is_loopback(), |peer| peer.ip().to_canonical() == from)
}

#[cfg(test)]
mod tests {
    use hal::{Board, Interlock};
    use protocol::Role;
    use tokio::time::sleep;

    use super::*;
    use crate::clock::Speed;
    use crate::control::{Control, Gate, Grant, Rules};
    use crate::hardware::{Bell, Mode};
    use crate::latch::Below;
    use crate::recording::{Reel, Tape};

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

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
        (Lookout::new(ms(500), Arc::clone(&shared), clock), shared)
    }

    fn drives(shared: &Shared) -> bool {
        shared.look(|gate| gate.outputs().mode == protocol::Mode::Driving)
    }

    #[tokio::test(start_paused = true)]
    async fn a_driver_whose_pictures_stop_is_stopped_after_the_limit_and_not_before() {
        let (lookout, shared) = driven();
        let watcher = lookout.watcher(1, HOME).expect("its own");
        let story = async {
            // Who has not seen anything yet is not missed.
            sleep(ms(2_000)).await;
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

    #[test]
    fn nobody_watches_for_a_session_that_is_not_its_own() {
        let (lookout, shared) = driven();
        let elsewhere = "192.168.1.9".parse().expect("an address");
        let refused = lookout.watcher(1, elsewhere).expect_err("somebody else's");
        assert!(refused.contains("came from another address"), "{refused}");
        assert!(lookout.watcher(2, HOME).expect_err("nobody").contains("no session 2"));
        assert!(lookout.watcher(1, "::ffff:127.0.0.1".parse().expect("an address")).is_ok());
        drop(shared.tell(&Input::Closed { session: 1, why: "gone".into() }, ms(1)));
        assert!(lookout.watcher(1, HOME).is_err());
    }

    #[test]
    fn a_session_without_an_address_is_of_this_machine() {
        for (peer, from, own) in [
            ("uid 1000, pid 7", "127.0.0.1", true),
            ("uid 1000, pid 7", "10.0.0.7", false),
            ("[::1]:5", "::1", true),
            ("10.0.0.7:5", "10.0.0.8", false),
        ] {
            assert_eq!(is_of(peer, from.parse().expect("an address")), own, "{peer} {from}");
        }
    }
}
