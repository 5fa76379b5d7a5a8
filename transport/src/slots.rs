//! How many peers a listener serves at once, in all and from one address.
//!
//! Every transport takes a slot before it takes a peer in, and the slot travels with the
//! connection; so the count cannot drift from the truth.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{HandshakeError, Limits};

/// The slots of one listener, counted by `K`: what "the same address" means there.
#[derive(Debug)]
pub(crate) struct Slots<K> {
    connections: usize,
    per_address: usize,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Eq + Hash + Clone> Slots<K> {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { connections: limits.connections, per_address: limits.per_address, taken: Arc::default() }
    }

    /// A slot for a peer from `key`, or why there is none.
    pub(crate) fn take(&self, key: K) -> Result<Slot<K>, HandshakeError> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= self.connections {
            return Err(HandshakeError::Full(format!(
                "all {} connections of this listener are in use",
                self.connections
            )));
        }
        let here = taken.entry(key.clone()).or_default();
        if *here >= self.per_address {
            return Err(HandshakeError::Full(format!(
                "this address has its {} connections already",
                self.per_address
            )));
        }
        *here += 1;
        drop(taken);
        Ok(Slot { key, taken: Arc::clone(&self.taken) })
    }
}

/// One peer's place, given back on drop.
#[derive(Debug)]
pub(crate) struct Slot<K: Eq + Hash> {
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
