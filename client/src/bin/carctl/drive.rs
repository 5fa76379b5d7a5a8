//! `carctl drive --for` and `carctl stop`: what moves the car, over whatever loses messages.

use std::io::Write;
use std::ops::ControlFlow;
use std::time::Duration;

use client::{Accepted, CallError, Client};
use protocol::{Code, Ttl};
use tokio::time::sleep;

use crate::error::Error;
use crate::repeat::repeat;
use crate::table;

/// How often `stop` is said until it is answered.
const STOP_EVERY: Duration = Duration::from_millis(100);

/// Repeats a drive for a while, and stops the car whatever ends it.
pub(crate) async fn drive<F: Future<Output = Result<Accepted, CallError>>>(
    car: &Client,
    once: impl Fn() -> F,
    duration: Duration,
    ttl: Ttl,
    out: &mut impl Write,
) -> Result<(), Error> {
    let mut told = None;
    let ended = tokio::select! {
        biased;
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Error::Signal),
        () = sleep(duration) => Ok(()),
        // Three in each time to live: one may be lost and another late.
        failed = repeat(ttl.get() / 3, once, |accepted| {
            if accepted.limited != told {
                told = accepted.limited;
                table::limited(out, told)?;
            }
            Ok(ControlFlow::Continue(()))
        }) => failed,
    };
    if let Err(Error::Call(CallError::Refused(fault))) = &ended
        && fault.code == Code::NOT_DRIVER
    {
        // The car is somebody else's, and so would be the stop.
        return ended;
    }
    // Also after a failure: what failed may have been the answer and not the command.
    let stopped = stop(car).await;
    ended.and(stopped)
}

/// Stops the car; says so again until it answers.
pub(crate) async fn stop(car: &Client) -> Result<(), Error> {
    repeat(STOP_EVERY, || car.stop(), |_| Ok(ControlFlow::Break(()))).await
}

/// Latches the emergency stop; says so again until it answers.
pub(crate) async fn estop(car: &Client, reason: &str) -> Result<(), Error> {
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    repeat(STOP_EVERY, || car.estop(reason.clone()), |_| Ok(ControlFlow::Break(()))).await
}

#[cfg(test)]
mod tests {
    use client::Options;
    use futures_util::{FutureExt, sink, stream};
    use protocol::{Fault, Power};
    use serde_json::{Value, json};
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
    use tokio::time::Instant;
    use transport::{Caps, Connection, Frame, Link, Peer, Presented, SendError};

    use super::*;

    /// When the car heard what.
    type Heard = UnboundedReceiver<(Instant, Value)>;

    /// A car behind a network that is like UDP, on which every `nth` datagram is lost, each way. It answers
    /// a request with the member that `answer` gives.
    #[expect(clippy::disallowed_methods, reason = "this network has no bound, and a test that ends")]
    fn car(nth: usize, answer: fn(&Value) -> Option<(&'static str, Value)>) -> (Client, Heard) {
        let (there, mut arriving) = unbounded_channel::<Frame>();
        let (back, mut answers) = unbounded_channel();
        let (note, heard) = unbounded_channel();
        tokio::spawn(async move {
            let (mut sent, mut answered) = (0, 0);
            while let Some(frame) = arriving.recv().await {
                sent += 1;
                if sent % nth == 0 {
                    continue;
                }
                let request: Value = serde_json::from_slice(&frame.data).unwrap();
                if let Some((member, value)) = answer(&request) {
                    answered += 1;
                    let said = json!({"jsonrpc": "2.0", "id": request["id"], member: value});
                    if answered % nth != 0 {
                        back.send(Frame::text(said.to_string())).unwrap();
                    }
                }
                note.send((Instant::now(), request)).unwrap();
            }
        });
        let send = |there: tokio::sync::mpsc::UnboundedSender<Frame>, frame| async move {
            there.send(frame).map_err(|_| SendError::Closed)?;
            Ok(there)
        };
        let connection = Connection {
            peer: Peer::Memory("car".to_owned()),
            presented: Presented::default(),
            caps: Caps {
                reliable: false,
                ordered: false,
                linked: false,
                kinds: false,
                binary: true,
                max_frame: 1200,
            },
            link: Link::default(),
            tx: Box::pin(sink::unfold(there, send)),
            rx: Box::pin(stream::poll_fn(move |cx| answers.poll_recv(cx).map(|frame| frame.map(Ok)))),
        };
        let redial = || std::future::pending().boxed();
        (Client::new(connection, redial, Options::default()), heard)
    }

    fn accepts(_: &Value) -> Option<(&'static str, Value)> {
        Some(("result", json!({"accepted": true})))
    }

    fn refuses(request: &Value, code: Code, what: &str) -> Option<(&'static str, Value)> {
        match request["method"].as_str() {
            Some("drive") => Some(("error", json!(Fault::new(code, what)))),
            _ => accepts(request),
        }
    }

    async fn forward(car: &Client, seconds: u64) -> Result<(), Error> {
        let ttl = Ttl::from_ms(500.0).unwrap();
        let once = || car.drive(Power::MAX, Power::default(), Some(ttl));
        drive(car, once, Duration::from_secs(seconds), ttl, &mut Vec::new()).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_car_drives_on_where_every_third_datagram_is_lost() {
        let (car, mut heard) = car(3, accepts);
        let began = Instant::now();
        forward(&car, 10).await.unwrap();
        assert!(began.elapsed() < Duration::from_millis(10_500), "{:?}", began.elapsed());
        drop(car);
        let mut last = (began, json!({"params": {"seq": 0}}));
        while let Some(next) = heard.recv().await {
            assert!(next.0 - last.0 < Duration::from_millis(500), "the car stood after {:?}", last.0 - began);
            assert!(next.1["params"]["seq"].as_u64() > last.1["params"]["seq"].as_u64(), "{}", next.1);
            last = next;
        }
        assert!(last.0 - began >= Duration::from_secs(10));
        assert_eq!(last.1["method"], "stop");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_ends_a_drive_with_its_words_and_the_car_is_stopped() {
        let (car, mut heard) = car(3, |request| refuses(request, Code::HARDWARE, "no power"));
        let error = forward(&car, 10).await.unwrap_err();
        assert!(matches!(&error, Error::Call(CallError::Refused(_))), "{error}");
        assert_eq!(error.to_string(), "no power");
        let methods: Vec<_> = std::iter::from_fn(|| heard.try_recv().ok())
            .map(|(_, request)| request["method"].clone())
            .collect();
        assert_eq!(methods, ["drive", "stop"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_drive_of_somebody_elses_car_does_not_stop_it() {
        let (car, mut heard) = car(3, |request| refuses(request, Code::NOT_DRIVER, "session 3 drives"));
        let error = forward(&car, 10).await.unwrap_err();
        assert!(error.to_string().starts_with("session 3 drives\n"), "{error}");
        let methods: Vec<_> =
            std::iter::from_fn(|| heard.try_recv().ok()).map(|(_, r)| r["method"].clone()).collect();
        assert_eq!(methods, ["drive"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_drive_that_was_overtaken_is_no_failure() {
        let overtaken = |request: &Value| {
            if request["params"]["seq"] == 3 {
                refuses(request, Code::STALE, "old")
            } else {
                accepts(request)
            }
        };
        let (car, _heard) = car(usize::MAX, overtaken);
        forward(&car, 3).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_car_that_answers_nothing_ends_a_drive_after_two_seconds() {
        let (car, mut heard) = car(usize::MAX, |request| match request["method"].as_str() {
            Some("drive") => None,
            _ => accepts(request),
        });
        let began = Instant::now();
        let error = forward(&car, 10).await.unwrap_err();
        assert_eq!(error.to_string(), "the car did not answer within 2s");
        assert_eq!(began.elapsed().as_secs(), 2);
        let drives =
            std::iter::from_fn(|| heard.try_recv().ok()).filter(|(_, r)| r["method"] == "drive").count();
        assert_eq!(drives, 12, "six a second for two seconds, answers or not");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_is_said_until_it_is_answered() {
        let (car, _heard) = car(2, accepts);
        let began = Instant::now();
        stop(&car).await.unwrap();
        assert_eq!(began.elapsed().as_millis(), 0);
        // Lost are the next one, the answer to the one after it, and the one after that.
        stop(&car).await.unwrap();
        assert_eq!(began.elapsed().as_millis(), 300);
    }
}
