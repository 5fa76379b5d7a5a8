//! `integrity=crc32c`: what is whole and newer than all before it is heard, nothing else is, and a
//! listener answers nothing by itself.
//!
//! What a datagram says is read here a second time, by the table in `crc.rs`.

use std::collections::HashMap;

use tokio::time::Instant;
use transport::bare::{Came, Dialling, Heard, Listening};

use super::{Script, address, limits, within_bounds};

const FROM_DIALLER: u8 = 0x10;
const FROM_LISTENER: u8 = 0x11;

/// Steps of a byte that says what happens, another that says whose address it is, and what is needed.
pub(in crate::fuzz) fn any_datagrams(data: &[u8]) {
    let (mut script, mut now) = (Script(data), Instant::now());
    let (mut listener, mut dialler) = (Listener::new(), Dialler::new());
    while !script.is_over() {
        let (step, from) = (script.byte(), script.byte());
        match step % 6 {
            0 => listener.hears(from, script.datagram(), now),
            1 => dialler.hears(script.datagram(), now),
            2 => listener.hears(from, &checked(script.datagram()), now),
            3 => dialler.hears(&checked(script.datagram()), now),
            4 => {
                let said = dialler.end.say(script.datagram().to_vec().into()).expect("it needs no handshake");
                listener.hears(from, &said, now);
                if let Some(answer) = listener.end.say(address(from), said) {
                    dialler.hears(&answer, now);
                }
            }
            _ => now += script.pause(),
        }
        listener.end.expire(now);
        within_bounds(&listener.end);
    }
}

/// The session and the number of a datagram.
type Place = (u64, u64);

struct Listener {
    end: Listening,
    newest: HashMap<u8, Place>,
}

impl Listener {
    fn new() -> Self {
        Self { end: Listening::crc32c(&limits()), newest: HashMap::new() }
    }

    fn hears(&mut self, from: u8, datagram: &[u8], now: Instant) {
        let from = from % 32;
        let had = self.end.sessions().any(|open| open == address(from));
        let newest = self.newest.get(&from).copied().filter(|_| had);
        let whole = parse(FROM_DIALLER, datagram);
        let news = whole.filter(|(place, _)| newest.is_none_or(|newest| *place > newest));
        match (self.end.take_in(address(from), datagram, now), news) {
            (Came::Nothing, None) => {}
            (Came::Nothing, Some(_)) => assert!(!had, "news of an open session were not heard"),
            (Came::Frame { data, entered }, Some((place, frame))) => {
                assert_eq!(data, frame);
                assert_eq!(entered, newest.is_none_or(|(epoch, _)| place.0 > epoch));
                self.newest.insert(from, place);
            }
            (came, _) => panic!("{came:?} of {datagram:02x?} after {newest:?}"),
        }
    }
}

struct Dialler {
    end: Dialling,
    epoch: u64,
    newest: Option<Place>,
}

impl Dialler {
    fn new() -> Self {
        Self { end: Dialling::crc32c(1, &limits()), epoch: 1, newest: None }
    }

    fn hears(&mut self, datagram: &[u8], now: Instant) {
        let news = parse(FROM_LISTENER, datagram)
            .filter(|(place, _)| self.newest.is_none_or(|newest| *place > newest));
        let is_later = |place: Place| self.newest.is_some_and(|(epoch, _)| place.0 > epoch);
        match (self.end.hear(datagram, now), news) {
            (Heard::Nothing, None) => {}
            (Heard::Frame(data), Some((place, frame))) if !is_later(place) => {
                assert_eq!(data, frame);
                self.newest = Some(place);
            }
            (Heard::Anew, Some((place, _))) if is_later(place) => {
                self.epoch += 1;
                (self.end, self.newest) = (Dialling::crc32c(self.epoch, &limits()), None);
            }
            (heard, _) => panic!("{heard:?} of {datagram:02x?} after {:?}", self.newest),
        }
    }
}

fn parse(kind: u8, datagram: &[u8]) -> Option<(Place, &[u8])> {
    let (body, checksum) = datagram.split_last_chunk::<4>()?;
    let (head, frame) = body.split_first_chunk::<18>()?;
    let number = |at: usize| head[at..].first_chunk().copied().map(u64::from_be_bytes);
    let whole = head[..2] == [0xCA, kind] && crc32c(body).to_be_bytes() == *checksum;
    whole.then_some(((number(2)?, number(10)?), frame))
}

fn checked(body: &[u8]) -> Vec<u8> {
    [body, &crc32c(body).to_be_bytes()].concat()
}

/// Bit by bit, with the polynomial of RFC 3720.
fn crc32c(bytes: &[u8]) -> u32 {
    let bit = |crc: u32| (crc >> 1) ^ if crc & 1 == 1 { 0x82F6_3B78 } else { 0 };
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| bit(crc));
    !bytes.iter().fold(u32::MAX, byte)
}
