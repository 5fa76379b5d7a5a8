//! How much one session may ask. Past it a request is refused before anything looks at what it wants:
//! its refusal costs less than doing it. A `stop` or `estop` is never refused.

use std::time::Duration;

use protocol::{Code, Command, Fault, Request, Requests};

use crate::bucket::Bucket;
use crate::config::SessionLimits;

/// How many messages `who` is as dear as: it tells of every session.
const WHO: usize = 32;

/// The pace of one session.
#[derive(Debug)]
pub(crate) struct Pace {
    bucket: Bucket,
    per_s: usize,
    refused: u64,
}

impl Pace {
    pub(crate) fn new(limits: &SessionLimits) -> Self {
        let per_s = limits.messages_per_s;
        Self { bucket: Bucket::new(per_s, limits.message_burst), per_s, refused: 0 }
    }

    /// The same requests, of which those beyond the pace ask for nothing any more. Each one of a batch
    /// counts.
    pub(crate) fn hold(&mut self, mut requests: Requests, now: Duration) -> Requests {
        match &mut requests {
            Requests::One(request) => self.look_at(request, now),
            Requests::Batch(batch) => batch.iter_mut().for_each(|request| self.look_at(request, now)),
        }
        requests
    }

    /// How many requests were refused so far.
    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }

    fn look_at(&mut self, request: &mut Request, now: Duration) {
        let cost = if matches!(request.command, Ok(Command::Who)) { WHO } else { 1 };
        if !self.bucket.take(cost, now) && !is_never_refused(request) {
            self.refused += 1;
            let message = format!(
                "more than {} messages a second: say less; a `stop` is never refused for that",
                self.per_s
            );
            request.command = Err(Fault::new(Code::BUSY, message));
        }
    }
}

fn is_never_refused(request: &Request) -> bool {
    request.command.as_ref().is_ok_and(Command::is_stop)
}

#[cfg(test)]
mod tests {
    use protocol::{Id, Move};

    use super::*;

    fn pace(messages_per_s: usize, message_burst: usize) -> Pace {
        Pace::new(&SessionLimits { messages_per_s, message_burst, ..SessionLimits::default() })
    }

    fn request(command: Result<Command, Fault>) -> Request {
        Request { id: Some(Id::Null), command }
    }

    /// Which of the batch are heard.
    fn heard(pace: &mut Pace, batch: Vec<Request>, now: Duration) -> Vec<bool> {
        let Requests::Batch(batch) = pace.hold(Requests::Batch(batch), now) else {
            panic!("a batch stays one")
        };
        let is_heard =
            |request: &Request| !matches!(&request.command, Err(fault) if fault.code == Code::BUSY);
        batch.iter().map(is_heard).collect()
    }

    #[test]
    fn each_request_of_a_batch_counts_and_those_past_the_bound_are_refused() {
        let mut pace = pace(10, 3);
        let batch = || vec![request(Ok(Command::State)); 5];
        assert_eq!(heard(&mut pace, batch(), Duration::ZERO), [true, true, true, false, false]);
        assert_eq!(heard(&mut pace, batch(), Duration::from_millis(200)), [true, true, false, false, false]);
        assert_eq!(pace.refused(), 5);
    }

    #[test]
    fn what_makes_no_sense_counts_as_what_does() {
        let mut pace = pace(1, 1);
        let nonsense = request(Err(Fault::new(Code::METHOD_NOT_FOUND, "no such method")));
        assert_eq!(heard(&mut pace, vec![nonsense.clone(), nonsense], Duration::ZERO), [true, false]);
    }

    #[test]
    fn a_stop_is_heard_whatever_else_was_said() {
        let mut pace = pace(1, 1);
        let stop = request(Ok(Command::Stop { seq: None }));
        for n in 0..1_000 {
            let batch = vec![request(Ok(Command::Move(Move::Forward))), stop.clone()];
            assert_eq!(heard(&mut pace, batch, Duration::ZERO), [n == 0, true]);
        }
        assert_eq!(pace.refused(), 999);
    }
}
