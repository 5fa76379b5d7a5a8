//! A command said again and again, on time whatever becomes of the answers.

use std::ops::ControlFlow;
use std::time::Duration;

use client::{Accepted, CallError};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use protocol::Code;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::error::Error;

/// How long the car may leave everything unanswered.
const PATIENCE: Duration = Duration::from_secs(2);

/// Makes a `call` at once and then `every` so often, without waiting for answers: any of them may be
/// lost. Each answer is given to `heard`, until that has heard enough.
///
/// # Errors
/// What the car refuses a call with; that it answered none for 2 s; what `heard` fails with.
pub(crate) async fn repeat<C: Future<Output = Result<Accepted, CallError>>>(
    every: Duration,
    call: impl Fn() -> C,
    mut heard: impl FnMut(Accepted) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let mut tick = interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut asked = FuturesUnordered::new();
    let mut patience = Instant::now() + PATIENCE;
    loop {
        tokio::select! {
            biased;
            _ = tick.tick() => asked.push(call()),
            Some(answer) = asked.next() => match answer {
                Ok(accepted) => {
                    patience = Instant::now() + PATIENCE;
                    if heard(accepted)?.is_break() {
                        return Ok(());
                    }
                }
                // Lost on its way, there or back.
                Err(CallError::TimedOut(_)) => {}
                // Overtaken by a later one.
                Err(CallError::Refused(fault)) if fault.code == Code::STALE => {}
                Err(error) => return Err(error.into()),
            },
            () = sleep_until(patience) => return Err(CallError::TimedOut(PATIENCE).into()),
        }
    }
}
