//! The channel and its outbox, over a connection made of two queues: what a peer sends, what it has
//! read, and a sink that stops reading.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures_util::{FutureExt, Sink, stream};
use protocol::{
    Answer, Channel, Code, Command, DialectId, Fault, Hello, Id, Notification, Outgoing, Replies, Reply,
};
use transport::{Caps, Connection, FREE, Frame, Link, Memory, Peer, Presented, RecvError, SendError};

/// The longest frame of the connection, in bytes.
const LONGEST: usize = 400;

/// The outbox's bound in bytes.
const BYTES: usize = 1100;

/// A peer that reads as many frames as it is allowed to.
#[derive(Clone, Default)]
struct Reader(Arc<Mutex<Read>>);

#[derive(Default)]
struct Read {
    frames: Vec<Frame>,
    allowed: usize,
    flushes: usize,
    closed: bool,
    waker: Option<Waker>,
}

impl Reader {
    fn allow(&self, frames: usize) {
        let mut read = self.0.lock().unwrap();
        read.allowed += frames;
        if let Some(waker) = read.waker.take() {
            waker.wake();
        }
    }

    fn texts(&self) -> Vec<String> {
        let read = self.0.lock().unwrap();
        read.frames.iter().map(|frame| String::from_utf8(frame.data.to_vec()).unwrap()).collect()
    }
}

impl Sink<Frame> for Reader {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let mut read = self.0.lock().unwrap();
        if read.closed {
            return Poll::Ready(Err(SendError::Closed));
        }
        if read.frames.len() < read.allowed {
            return Poll::Ready(Ok(()));
        }
        read.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn start_send(self: Pin<&mut Self>, frame: Frame) -> Result<(), SendError> {
        match frame.data.len() {
            len @ 1000.. => Err(SendError::TooLong { len, limit: 999 }),
            _ => {
                self.0.lock().unwrap().frames.push(frame);
                Ok(())
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.0.lock().unwrap().flushes += 1;
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.0.lock().unwrap().closed = true;
        Poll::Ready(Ok(()))
    }
}

/// A channel to a peer that has sent `frames` and then hangs up.
fn channel(
    frames: impl IntoIterator<Item = Result<&'static str, RecvError>>,
    fixed: Option<DialectId>,
) -> (Channel, Reader) {
    let reader = Reader::default();
    let frames: VecDeque<_> = frames.into_iter().map(|frame| frame.map(Frame::text)).collect();
    let connection = Connection {
        peer: Peer::Memory("test".to_owned()),
        presented: Presented::default(),
        caps: Caps {
            reliable: true,
            ordered: true,
            linked: true,
            kinds: true,
            binary: true,
            max_frame: LONGEST,
        },
        link: Link::default(),
        tx: Box::pin(reader.clone()),
        rx: Box::pin(stream::iter(frames)),
    };
    (Channel::new(connection, fixed, 3, BYTES), reader)
}

fn idle() -> (Channel, Reader) {
    channel([], None)
}

/// What the peer asked next: dialect, and the command or the code of the fault.
fn asked(channel: &mut Channel) -> Option<(DialectId, Result<Command, Code>)> {
    let (dialect, requests) = channel.next_requests().now_or_never().expect("it is ready")?.unwrap();
    let protocol::Requests::One(request) = requests else { panic!("one request was expected") };
    Some((dialect, request.command.map_err(|fault| fault.code)))
}

const STOP: &str = r#"{"jsonrpc":"2.0","id":1,"method":"stop"}"#;

#[test]
fn each_message_is_read_in_its_own_dialect() {
    let (mut channel, _) = channel([Ok("stop"), Ok(STOP), Ok("STOP")], None);
    assert_eq!(channel.dialect(), DialectId::Json);
    assert_eq!(asked(&mut channel), Some((DialectId::Text, Ok(Command::Stop { seq: None }))));
    assert_eq!(channel.dialect(), DialectId::Text);
    assert_eq!(asked(&mut channel), Some((DialectId::Json, Ok(Command::Stop { seq: None }))));
    assert_eq!(channel.dialect(), DialectId::Json);
    assert_eq!(asked(&mut channel), Some((DialectId::Text, Ok(Command::Stop { seq: None }))));
    assert_eq!(asked(&mut channel), None);
    assert_eq!(asked(&mut channel), None);
}

#[test]
fn a_fixed_dialect_understands_no_other() {
    let (mut json, _) = channel([Ok("stop"), Ok(STOP)], Some(DialectId::Json));
    assert_eq!(asked(&mut json), Some((DialectId::Json, Err(Code::PARSE))));
    assert_eq!(asked(&mut json), Some((DialectId::Json, Ok(Command::Stop { seq: None }))));
    let (mut text, _) = channel([Ok(STOP)], Some(DialectId::Text));
    assert_eq!(asked(&mut text), Some((DialectId::Text, Err(Code::METHOD_NOT_FOUND))));
    let (mut cbor, _) = channel([Ok(STOP)], Some(DialectId::Cbor));
    assert_eq!(asked(&mut cbor), Some((DialectId::Cbor, Err(Code::PARSE))));
    assert_eq!(cbor.dialect(), DialectId::Cbor);
}

#[test]
fn a_blank_line_does_not_change_the_dialect() {
    let (mut channel, _) = channel([Ok(STOP), Ok("\r")], None);
    asked(&mut channel);
    assert_eq!(asked(&mut channel), Some((DialectId::Json, Err(Code::PARSE))));
}

#[test]
fn where_senders_can_be_forged_an_answer_is_not_answered() {
    let error = r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"no"},"id":null}"#;
    let heard = [Ok("ok"), Ok("error: no"), Ok(error), Ok("stop")];
    let (mut radio, _) = channel(heard, None);
    radio.caps.linked = false;
    assert_eq!(asked(&mut radio), Some((DialectId::Text, Ok(Command::Stop { seq: None }))));
    let (mut cable, _) = channel([Ok("ok")], None);
    assert_eq!(
        asked(&mut cable),
        Some((DialectId::Text, Err(Code::METHOD_NOT_FOUND))),
        "a link cannot be forged"
    );
}

#[test]
fn a_bad_message_is_passed_on_and_the_next_is_read() {
    let bad = RecvError::BadMessage("not UTF-8".to_owned());
    let (mut channel, _) = channel([Err(bad), Ok("stop")], None);
    let error = channel.next_requests().now_or_never().unwrap().unwrap().unwrap_err();
    assert!(!error.is_fatal());
    assert_eq!(asked(&mut channel), Some((DialectId::Text, Ok(Command::Stop { seq: None }))));
}

#[test]
fn nothing_is_read_after_a_fatal_error() {
    let fatal = RecvError::TooLong { limit: 1 };
    let (mut channel, _) = channel([Err(fatal), Ok("stop")], None);
    assert!(channel.next_requests().now_or_never().unwrap().unwrap().unwrap_err().is_fatal());
    assert_eq!(asked(&mut channel), None);
}

#[test]
fn a_client_reads_what_the_daemon_says() {
    let (mut channel, _) = channel([Ok("ok pong"), Ok("nonsense")], None);
    let said = channel.next_outgoing().now_or_never().unwrap().unwrap().unwrap();
    assert_eq!(said, Outgoing::Reply { id: Id::Null, outcome: Ok("pong".into()) });
    let error = channel.next_outgoing().now_or_never().unwrap().unwrap().unwrap_err();
    assert!(!error.is_fatal());
    assert!(channel.next_outgoing().now_or_never().unwrap().is_none());
}

#[test]
fn what_is_queued_goes_out_in_order_with_one_flush() {
    let (mut channel, reader) = idle();
    reader.allow(10);
    for text in ["1", "2", "3"] {
        assert!(channel.outbox.push(Frame::text(text)));
    }
    assert!(!channel.outbox.is_empty());
    channel.flush().now_or_never().unwrap().unwrap();
    assert!(channel.outbox.is_empty());
    assert_eq!(reader.texts(), ["1", "2", "3"]);
    assert_eq!(reader.0.lock().unwrap().flushes, 1);
    channel.flush().now_or_never().unwrap().unwrap();
    assert_eq!(reader.0.lock().unwrap().flushes, 1, "nothing new needs no flush");
}

#[test]
fn a_peer_that_does_not_read_costs_no_more_than_the_bound() {
    let (mut channel, reader) = idle();
    for text in ["1", "2", "3"] {
        assert!(channel.outbox.push(Frame::text(text)));
    }
    assert!(!channel.outbox.has_room());
    assert!(!channel.outbox.push(Frame::text("4")));
    assert_eq!(channel.outbox.dropped(), 1);
    assert!(channel.flush().now_or_never().is_none());
    reader.allow(2);
    assert!(channel.flush().now_or_never().is_none());
    assert_eq!(reader.texts(), ["1", "2"]);
    assert!(channel.outbox.has_room());
    reader.allow(1);
    channel.flush().now_or_never().unwrap().unwrap();
    assert_eq!(reader.texts(), ["1", "2", "3"]);
}

#[test]
fn a_peer_that_does_not_read_costs_no_more_than_the_bound_in_bytes() {
    let (mut channel, reader) = idle();
    assert!(channel.outbox.push(Frame::text("x".repeat(BYTES - LONGEST))));
    assert!(channel.outbox.has_room(), "the longest frame still fits");
    assert!(channel.outbox.push(Frame::text("y")));
    assert!(!channel.outbox.has_room(), "the longest frame fits no more");
    assert!(!channel.outbox.push(Frame::text("z".repeat(LONGEST))));
    assert_eq!(channel.outbox.dropped(), 1);
    assert!(channel.outbox.push(Frame::text("z".repeat(LONGEST - 1))), "to the last byte");
    reader.allow(1);
    assert!(channel.flush().now_or_never().is_none());
    assert!(channel.outbox.has_room(), "what has left counts no more");
}

#[test]
fn an_empty_outbox_takes_a_frame_of_any_length_and_no_second_one() {
    let (mut channel, reader) = idle();
    assert!(channel.outbox.push(Frame::text("x".repeat(BYTES + 1))));
    assert!(!channel.outbox.has_room());
    assert!(!channel.outbox.push(Frame::text("")));
    reader.allow(1);
    channel.flush().now_or_never().unwrap().unwrap();
    assert!(channel.outbox.has_room());
}

#[test]
fn all_channels_together_cost_no_more_than_their_budget_and_what_is_spare_is_dropped_first() {
    let memory = Memory::new(4_000);
    // Each frame takes all that a channel has for nothing, and 400 bytes of the budget.
    let frame = || Frame::text("x".repeat(FREE - 64 + 400));
    let mut deaf: Vec<Channel> = (0..12).map(|_| idle().0).collect();
    deaf.iter_mut().for_each(|channel| channel.outbox.draw_on(&memory));
    let spare =
        deaf.iter_mut().filter_map(|channel| channel.outbox.push_spare(frame()).then_some(())).count();
    assert_eq!((spare, memory.used()), (7, 2_800), "three quarters of the budget");
    let answers =
        deaf[7..].iter_mut().filter_map(|channel| channel.outbox.push(frame()).then_some(())).count();
    assert_eq!((answers, memory.used()), (3, 4_000), "and the rest is for answers");
    let last = &mut deaf[11].outbox;
    assert_eq!(last.dropped(), 2);
    assert!(last.push(Frame::text("ok")), "a short answer always finds room");
    drop(deaf);
    assert_eq!(memory.used(), 0);
}

#[test]
fn what_the_connection_still_holds_counts_until_it_is_flushed() {
    let memory = Memory::new(10_000);
    let (mut channel, reader) = idle();
    channel.outbox.draw_on(&memory);
    channel.outbox.push(Frame::text("first"));
    for n in 0..30 {
        // One is always left, so there never is a flush.
        assert!(channel.outbox.push(Frame::text("x".repeat(300))));
        reader.allow(1);
        assert!(channel.flush().now_or_never().is_none());
        assert_eq!(memory.used() > 0, n * 300 + 5 + 364 > FREE, "{n}");
    }
    reader.allow(1);
    channel.flush().now_or_never().unwrap().unwrap();
    assert_eq!(memory.used(), 0);
}

#[test]
fn a_slow_reader_is_seen_to_read_before_it_has_read_all() {
    let (mut channel, reader) = idle();
    for text in ["1", "22", "333"] {
        channel.outbox.push(Frame::text(text));
    }
    for frames in [1, 2] {
        reader.allow(1);
        assert!(channel.flush().now_or_never().is_none());
        assert_eq!(channel.outbox.sent(), frames);
    }
    assert!(channel.flush().now_or_never().is_none());
    assert_eq!(channel.outbox.sent(), 2, "who reads nothing makes no progress");
    reader.allow(1);
    channel.flush().now_or_never().unwrap().unwrap();
    assert_eq!(channel.outbox.sent(), 3);
}

#[tokio::test]
async fn a_send_that_was_given_up_loses_nothing_and_doubles_nothing() {
    let (mut channel, reader) = idle();
    for text in ["1", "2", "3"] {
        channel.outbox.push(Frame::text(text));
    }
    assert!(channel.send(Frame::text("never queued")).now_or_never().is_none());
    reader.allow(3);
    channel.flush().await.unwrap();
    assert!(channel.send(Frame::text("queued")).now_or_never().is_none());
    reader.allow(2);
    channel.send(Frame::text("last")).await.unwrap();
    assert_eq!(reader.texts(), ["1", "2", "3", "queued", "last"]);
    assert_eq!(channel.outbox.dropped(), 0);
}

#[tokio::test]
async fn a_waiting_task_is_woken_when_the_peer_reads() {
    let (mut channel, reader) = idle();
    let sent = tokio::spawn(async move { channel.send(Frame::text("1")).await });
    tokio::task::yield_now().await;
    assert!(!sent.is_finished());
    reader.allow(1);
    sent.await.unwrap().unwrap();
    assert_eq!(reader.texts(), ["1"]);
}

#[test]
fn a_frame_that_cannot_be_carried_is_counted_and_the_next_goes_out() {
    let (mut channel, reader) = idle();
    reader.allow(10);
    channel.outbox.push(Frame::text("x".repeat(1000)));
    channel.outbox.push(Frame::text("small"));
    channel.flush().now_or_never().unwrap().unwrap();
    assert_eq!(reader.texts(), ["small"]);
    assert_eq!((channel.outbox.dropped(), channel.outbox.sent()), (1, 1));
}

#[test]
fn an_answer_too_long_for_the_connection_becomes_an_error_that_says_so() {
    let (mut channel, reader) = idle();
    reader.allow(10);
    let pong = Reply {
        id: Id::String("a".to_owned()),
        outcome: Ok(Answer::Pong { value: "x".repeat(400).into(), t: 0.0 }),
    };
    assert!(channel.reply(DialectId::Json, &Replies::One(pong.clone())));
    assert!(channel.reply(DialectId::Json, &Replies::Batch(vec![pong])));
    channel.flush().now_or_never().unwrap().unwrap();
    for (text, id) in reader.texts().iter().zip([Id::String("a".to_owned()), Id::Null]) {
        let said = DialectId::Json.get().decode_outgoing(text.as_bytes()).unwrap();
        let Outgoing::Reply { id: found, outcome: Err(Fault { code, .. }) } = said else {
            panic!("not a fault: {said:?}")
        };
        assert_eq!((found, code), (id, Code::INTERNAL));
    }
}

#[test]
fn goodbye_is_said_after_what_was_queued() {
    let (mut channel, reader) = idle();
    channel.outbox.push(Frame::text("bye"));
    assert!(channel.close().now_or_never().is_none());
    assert!(!reader.0.lock().unwrap().closed);
    reader.allow(1);
    channel.close().now_or_never().unwrap().unwrap();
    assert!(reader.0.lock().unwrap().closed);
    assert_eq!(reader.texts(), ["bye"]);
    assert!(matches!(channel.send(Frame::text("late")).now_or_never(), Some(Err(SendError::Closed))));
}

#[test]
fn an_old_client_can_bear_any_hello() {
    let hello = Hello {
        server: "car-daemon".to_owned(),
        version: "12.34.56".to_owned(),
        name: "🚗\n\u{7f}é".repeat(1000),
        dialects: DialectId::ALL.map(|id| id.name().to_owned()).to_vec(),
        session: u64::MAX,
        eye: format!("{}-{}", u64::MAX, "f".repeat(32)),
        role: None,
        t: 0.0,
    };
    for id in [DialectId::Text, DialectId::Json] {
        let data = id.get().notify(Notification::Hello(&hello)).data;
        assert!(data.len() < 1000, "{}", data.len());
        assert!(data.iter().all(|byte| (b' '..=b'~').contains(byte)), "{}", data.escape_ascii());
        let Outgoing::Notification { method, params } = id.get().decode_outgoing(&data).unwrap() else {
            panic!("not a notification")
        };
        assert_eq!(method, "hello");
        assert!(hello.name.starts_with(params["name"].as_str().unwrap()));
    }
}
