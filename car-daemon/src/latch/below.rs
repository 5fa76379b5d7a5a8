//! What lies below the gate and follows its latch: the interlock of the car, at once, and the file, as
//! soon as the disk lets it. Whether the latch is engaged must never be decided here.

use std::time::{SystemTime, UNIX_EPOCH};

use hal::Interlock;
use protocol::Latched;

use super::{Engaged, Keeper};

/// Follows the gate's latch.
#[derive(Debug, Default)]
pub(crate) struct Below {
    interlock: Interlock,
    keeper: Option<Keeper>,
    /// As it is kept.
    latched: bool,
}

impl Below {
    /// The interlock as it is now.
    pub(crate) fn new(interlock: Interlock, keeper: Option<Keeper>) -> Self {
        Self { latched: interlock.is_engaged(), interlock, keeper }
    }

    /// The gate's latch is so now: the interlock follows.
    pub(crate) fn follow(&self, latched: Option<&Latched>) {
        match latched {
            _ if latched.is_some() == self.interlock.is_engaged() => {}
            Some(_) => self.interlock.engage(),
            None => self.interlock.release(),
        }
    }

    /// The gate's latch is so now: it is kept so.
    pub(crate) fn keep(&mut self, latched: Option<&Latched>) {
        if std::mem::replace(&mut self.latched, latched.is_some()) == latched.is_some() {
            return;
        }
        if let Some(keeper) = &self.keeper {
            keeper.keep(latched.map(written));
        }
    }
}

/// As it is kept.
fn written(Latched { by, reason }: &Latched) -> Engaged {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Engaged { reason: reason.clone().unwrap_or_default(), by: by.clone(), at }
}

/// As the gate takes it up again.
pub(crate) fn restored(Engaged { reason, by, .. }: Engaged) -> Latched {
    let by = if by.is_empty() { "the daemon".to_owned() } else { format!("{by}, before a restart") };
    Latched { by, reason: (!reason.is_empty()).then_some(reason) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interlock_follows_the_latch() {
        let interlock = Interlock::default();
        let below = Below::new(interlock.clone(), None);
        let latched = Latched { by: "Anna".into(), reason: None };
        below.follow(Some(&latched));
        assert!(interlock.is_engaged());
        below.follow(Some(&latched));
        assert!(interlock.is_engaged());
        below.follow(None);
        assert!(!interlock.is_engaged());
    }

    #[test]
    fn what_is_restored_says_that_it_is_from_before() {
        let written = written(&Latched { by: "Anna".into(), reason: None });
        assert_eq!(restored(written).by, "Anna, before a restart");
        let unknown = Engaged { reason: "its file is damaged".into(), by: String::new(), at: 0 };
        assert_eq!(restored(unknown).reason.as_deref(), Some("its file is damaged"));
    }
}
