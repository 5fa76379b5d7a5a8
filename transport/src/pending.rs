//! Handshakes under way on one listener, bounded: whoever comes past the bound displaces another.
//!
//! To turn newcomers away would let anybody keep everybody out by opening handshakes and never
//! finishing them. So the newest always gets in, and of the address that has most of them under way the
//! oldest is given up: few machines cannot keep another out, and of one machine no program can, for a
//! handshake that is meant takes no longer than the way there and back.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::{HandshakeError, Limits};

/// The handshakes of one listener, counted by `K`: what "the same address" means there.
#[derive(Debug)]
pub(crate) struct Pending<K> {
    most: usize,
    queue: Queue<K>,
}

type Queue<K> = Arc<Mutex<Vec<Waiting<K>>>>;

/// One of them; the oldest is first in its queue.
#[derive(Debug)]
struct Waiting<K> {
    key: K,
    /// Dropped when it is given up.
    stays: oneshot::Sender<()>,
}

impl<K: Eq + Hash + Clone> Pending<K> {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { most: limits.pending_handshakes.max(1), queue: Arc::default() }
    }

    /// A place for a handshake with a peer from `key`; it may be another's, who loses it.
    pub(crate) fn enter(&self, key: K) -> Place<K> {
        let (stays, lost) = oneshot::channel();
        let mut queue = lock(&self.queue);
        // Who is gone has nothing to lose.
        queue.retain(|waiting| !waiting.stays.is_closed());
        if queue.len() >= self.most {
            let displaced = crowded(&queue, &key);
            queue.remove(displaced);
        }
        queue.push(Waiting { key, stays });
        drop(queue);
        Place { most: self.most, lost, queue: Arc::clone(&self.queue) }
    }
}

/// Where in the queue the oldest of the address stands that has most, the newcomer counted too.
fn crowded<K: Eq + Hash>(queue: &[Waiting<K>], newcomer: &K) -> usize {
    let mut counts = HashMap::from([(newcomer, 1)]);
    for waiting in queue {
        *counts.entry(&waiting.key).or_default() += 1;
    }
    let most = queue.iter().map(|waiting| counts[&waiting.key]).max();
    queue.iter().position(|waiting| Some(counts[&waiting.key]) == most).unwrap_or_default()
}

fn lock<K>(queue: &Queue<K>) -> MutexGuard<'_, Vec<Waiting<K>>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place of one handshake, given back on drop.
#[derive(Debug)]
pub(crate) struct Place<K> {
    most: usize,
    lost: oneshot::Receiver<()>,
    queue: Queue<K>,
}

impl<K> Place<K> {
    /// Shakes hands for as long as the place is there.
    pub(crate) async fn keep<T>(
        mut self,
        handshake: impl Future<Output = Result<T, HandshakeError>>,
    ) -> Result<T, HandshakeError> {
        let shaken = tokio::select! {
            biased;
            shaken = handshake => Some(shaken),
            _ = &mut self.lost => None,
        };
        shaken.unwrap_or_else(|| {
            let most = self.most;
            Err(HandshakeError::Full(format!("others came while its handshake was one of {most} under way")))
        })
    }
}

impl<K> Drop for Place<K> {
    fn drop(&mut self) {
        self.lost.close();
        lock(&self.queue).retain(|waiting| !waiting.stays.is_closed());
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::FutureExt;

    use super::*;

    fn at_most(pending_handshakes: usize) -> Pending<char> {
        Pending::new(&Limits { pending_handshakes, ..Limits::default() })
    }

    fn enter(pending: &Pending<char>, keys: &str) -> Vec<(char, Place<char>)> {
        keys.chars().map(|key| (key, pending.enter(key))).collect()
    }

    fn has(place: &mut Place<char>) -> bool {
        place.lost.try_recv() == Err(oneshot::error::TryRecvError::Empty)
    }

    /// Who still has a place, in the order in which they came.
    fn left(places: &mut [(char, Place<char>)]) -> String {
        places.iter_mut().filter_map(|(key, place)| has(place).then_some(*key)).collect()
    }

    #[test]
    fn up_to_the_bound_everybody_has_a_place_and_past_it_the_newest_has_one() {
        let pending = at_most(4);
        let mut places = enter(&pending, "abcd");
        assert_eq!(left(&mut places), "abcd");
        places.extend(enter(&pending, "e"));
        assert_eq!(left(&mut places), "bcde");
    }

    #[test]
    fn the_oldest_of_the_address_that_has_most_makes_room() {
        let pending = at_most(6);
        let mut places = enter(&pending, "abbccc");
        places.extend(enter(&pending, "d"));
        assert_eq!(left(&mut places), "abbccd");
        places.extend(enter(&pending, "b"));
        assert_eq!(left(&mut places), "abccdb", "with its third it is the one that has most");
    }

    #[test]
    fn a_few_hostile_addresses_never_displace_one_that_has_a_single_handshake() {
        let pending = at_most(16);
        let mut places = enter(&pending, &"wxyz".repeat(4));
        places.extend(enter(&pending, "a"));
        for _ in 0..1_000 {
            places.extend(enter(&pending, "wxyz"));
            // Whoever lost its place hangs up, and tries again.
            places.retain_mut(|(_, place)| has(place));
            assert!(places.iter().any(|(key, _)| *key == 'a'));
            assert_eq!(places.len(), 16);
        }
    }

    #[test]
    fn a_place_that_is_given_back_is_nobodys_loss() {
        let pending = at_most(2);
        let mut places = enter(&pending, "ab");
        drop(places.remove(0));
        places.extend(enter(&pending, "c"));
        assert_eq!(left(&mut places), "bc");
        drop(places);
        assert!(lock(&pending.queue).is_empty());
    }

    #[test]
    fn who_loses_its_place_is_told_and_who_is_done_is_not() {
        let pending_one = at_most(1);
        let first = pending_one.enter('a');
        let second = pending_one.enter('b');
        let lost = first.keep(pending::<Result<(), _>>()).now_or_never().expect("its place is lost");
        assert!(lost.expect_err("full").to_string().contains("one of 1 under way"));
        assert!(second.keep(ready(Ok(()))).now_or_never().expect("done").is_ok());
        let done = pending_one.enter('c');
        let _newer = pending_one.enter('d');
        assert!(done.keep(ready(Ok(()))).now_or_never().expect("done").is_ok(), "done before it was noticed");
    }
}
