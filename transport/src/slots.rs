//! How many peers a listener serves at once, in all and from one address.
//!
//! Every transport takes a slot before it takes a peer in, and the slot travels with the
//! connection; so the count cannot drift from the truth. The layer above may count in the same way what its peers
//! ask for.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{HandshakeError, Limits};

/// The slots of one listener, counted by `K`: what "the same address" means there.
#[derive(Debug)]
pub struct Slots<K> {
    /// What has a slot, in the plural, for people.
    what: &'static str,
    most: usize,
    per_address: usize,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Eq + Hash + Clone> Slots<K> {
    /// So many slots for `what`, and of them so many for each key.
    #[must_use]
    pub fn new(what: &'static str, most: usize, per_address: usize) -> Self {
        Self { what, most, per_address, taken: Arc::default() }
    }

    /// Slots for connections.
    pub(crate) fn of(limits: &Limits) -> Self {
        Self::new("connections", limits.connections, limits.per_address)
    }

    /// Slots for peers of this machine: its users share the listener as they like, and only
    /// [`Limits::connections`] bounds them.
    pub(crate) fn local(limits: &Limits) -> Self {
        Self { per_address: limits.connections, ..Self::of(limits) }
    }

    /// A slot for a peer from `key`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn take(&self, key: K) -> Result<Slot<K>, HandshakeError> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let Self { what, most, per_address, .. } = self;
        if taken.values().sum::<usize>() >= *most {
            return Err(HandshakeError::Full(format!("all {most} {what} of this listener are in use")));
        }
        if taken.get(&key).copied().unwrap_or(0) >= *per_address {
            return Err(HandshakeError::Full(format!("this address has its {per_address} {what} already")));
        }
        *taken.entry(key.clone()).or_default() += 1;
        drop(taken);
        Ok(Slot { key, taken: Arc::clone(&self.taken) })
    }
}

/// One peer's place, given back on drop.
#[derive(Debug)]
pub struct Slot<K: Eq + Hash> {
    key: K,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Eq + Hash> Drop for Slot<K> {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = taken.get_mut(&self.key) {
            *here -= 1;
            if *here == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(connections: usize, per_address: usize) -> Slots<char> {
        Slots::new("connections", connections, per_address)
    }

    fn refusal(slots: &Slots<char>, key: char) -> String {
        slots.take(key).expect_err("there should be no slot").to_string()
    }

    #[test]
    fn an_address_with_all_its_connections_leaves_room_for_others() {
        let slots = slots(9, 1);
        let _a = slots.take('a').unwrap();
        assert_eq!(refusal(&slots, 'a'), "this address has its 1 connections already");
        assert!(slots.take('b').is_ok());
    }

    #[test]
    fn all_connections_together_are_bounded() {
        let slots = slots(2, 2);
        let _taken = [slots.take('a').unwrap(), slots.take('b').unwrap()];
        assert_eq!(refusal(&slots, 'c'), "all 2 connections of this listener are in use");
    }

    #[test]
    fn a_slot_that_is_dropped_can_be_taken_again() {
        let slots = slots(1, 1);
        for key in ['a', 'b', 'a'] {
            let slot = slots.take(key).unwrap();
            refusal(&slots, key);
            drop(slot);
        }
        assert!(slots.taken.lock().unwrap().is_empty(), "an address that left is forgotten");
    }

    #[test]
    fn an_address_that_never_got_a_slot_is_not_remembered() {
        let slots = slots(9, 0);
        refusal(&slots, 'a');
        assert!(slots.taken.lock().unwrap().is_empty());
    }

    #[test]
    fn one_local_user_may_have_every_connection() {
        let slots = Slots::local(&Limits { connections: 3, per_address: 1, ..Limits::default() });
        let _taken: Vec<_> = (0..3).map(|_| slots.take('a').unwrap()).collect();
        refusal(&slots, 'a');
    }
}
