//! Calls under way: which answer belongs to which. Pure: the time is an argument.

use std::collections::BTreeMap;

use protocol::Id;
use tokio::time::Instant;

/// Calls under way, each with whoever waits for its answer.
#[derive(Debug)]
pub(crate) struct Pending<W> {
    next: u64,
    waiting: BTreeMap<u64, (Instant, W)>,
}

impl<W> Pending<W> {
    pub(crate) fn new() -> Self {
        Self { next: 1, waiting: BTreeMap::new() }
    }

    /// The id for a new call, whose caller waits until `deadline`. Those whose callers wait no more
    /// are forgotten here, so that a daemon that never answers costs no memory.
    pub(crate) fn begin(&mut self, now: Instant, deadline: Instant, waiter: W) -> Id {
        self.waiting.retain(|_, (deadline, _)| *deadline > now);
        let id = self.next;
        self.next += 1;
        self.waiting.insert(id, (deadline, waiter));
        Id::Number(id.into())
    }

    /// Who waits for the answer with this id; nobody twice.
    pub(crate) fn settle(&mut self, id: &Id) -> Option<W> {
        let Id::Number(id) = id else { return None };
        self.waiting.remove(&id.as_u64()?).map(|(_, waiter)| waiter)
    }

    /// Everybody who still waits: no answer will come.
    pub(crate) fn abandon(&mut self) -> impl Iterator<Item = W> {
        std::mem::take(&mut self.waiting).into_values().map(|(_, waiter)| waiter)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A clock that never is read.
    fn at(epoch: Instant, ms: u64) -> Instant {
        epoch + Duration::from_millis(ms)
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_finds_its_call_whatever_the_order() {
        let epoch = Instant::now();
        let mut pending = Pending::new();
        let first = pending.begin(epoch, at(epoch, 100), "first");
        let second = pending.begin(epoch, at(epoch, 100), "second");
        assert_ne!(first, second);
        assert_eq!(pending.settle(&second), Some("second"));
        assert_eq!(pending.settle(&first), Some("first"));
        assert_eq!(pending.settle(&first), None, "an answer counts once");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_to_nobody_is_nobodys() {
        let mut pending = Pending::<()>::new();
        for id in [Id::Null, Id::String("1".to_owned()), Id::Number((-1).into()), Id::Number(9.into())] {
            assert_eq!(pending.settle(&id), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_daemon_that_never_answers_costs_no_memory() {
        let epoch = Instant::now();
        let mut pending = Pending::new();
        for ms in 0..1000 {
            pending.begin(at(epoch, ms), at(epoch, ms + 10), ms);
        }
        assert!(pending.waiting.len() <= 10);
    }

    #[tokio::test(start_paused = true)]
    async fn ids_are_not_used_again_after_a_connection_broke() {
        let epoch = Instant::now();
        let mut pending = Pending::new();
        let old = pending.begin(epoch, at(epoch, 100), "old");
        assert_eq!(pending.abandon().collect::<Vec<_>>(), ["old"]);
        let new = pending.begin(epoch, at(epoch, 100), "new");
        assert_ne!(old, new);
        assert_eq!(pending.settle(&old), None);
    }
}
