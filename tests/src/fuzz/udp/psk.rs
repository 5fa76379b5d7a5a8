//! `integrity=psk`, and somebody without a key who hears everything, and repeats, changes, delays and
//! invents datagrams under any address: nobody is answered with more than was sent, only who has a key
//! is accepted, and each frame of a session is heard once at most.

use std::collections::HashSet;

use tokio::time::Instant;
use transport::bare::{Came, Dialling, Heard, Listening};
use transport::{Key, Keys};

use super::{Script, address, limits, within_bounds};

/// The names and secrets of the diallers; the first two are right.
const DIALLERS: [(&str, &str); 4] = [
    ("tablet", "correct-horse-battery-staple"),
    ("phone", "another secret"),
    ("tablet", "a wrong secret"),
    ("nobody", "correct-horse-battery-staple"),
];

/// Steps of a byte that says what happens, another that says to whom, and what is needed.
pub(in crate::fuzz) fn any_datagrams(data: &[u8]) {
    let (mut script, mut stage) = (Script(data), Stage::new());
    while !script.is_over() {
        let (step, who) = (script.byte(), script.byte());
        match step % 9 {
            0 => drop(stage.listener_hears(who, script.datagram())),
            1 => stage.dialler_hears(who, script.datagram()),
            2 => {
                let datagram = stage.repeat(&mut script);
                stage.listener_hears(who, &datagram);
            }
            3 => {
                let datagram = stage.repeat(&mut script);
                stage.dialler_hears(who, &datagram);
            }
            4 => {
                let Some(said) = stage.dialler_speaks(who) else { continue };
                let Some(answer) = stage.listener_hears(place(who), &said) else { continue };
                stage.dialler_hears(who, &answer);
            }
            5 => drop(stage.dialler_speaks(who)),
            6 => {
                let Some(said) = stage.listener_speaks(who) else { continue };
                stage.dialler_hears(who, &said);
            }
            7 => stage.dialler_begins_anew(who),
            _ => stage.now += script.pause(),
        }
        stage.listener.expire(stage.now);
        within_bounds(&stage.listener);
    }
}

/// The address of a dialler.
fn place(who: u8) -> u8 {
    who % 4 * 8 + who / 4 % 8
}

struct Stage {
    now: Instant,
    listener: Listening,
    diallers: Vec<Dialling>,
    /// Numbers that were used: of frames, and of diallers.
    used: u128,
    /// Everything that was ever on the way.
    heard_by_all: Vec<Vec<u8>>,
    /// Openings of diallers with a right key, and acceptances.
    openings: HashSet<Vec<u8>>,
    acceptances: HashSet<Vec<u8>>,
    /// Frames that may still be heard once: by the listener, and by diallers.
    up: HashSet<Vec<u8>>,
    down: HashSet<Vec<u8>>,
}

impl Stage {
    fn new() -> Self {
        let now = Instant::now();
        let keys = Keys::new((0..2).map(key).collect()).expect("two names");
        Self {
            now,
            listener: Listening::psk(keys, &limits(), now),
            diallers: (0..4).map(|who| Dialling::psk(&key(who), u128::MAX - who as u128, now)).collect(),
            used: 0,
            heard_by_all: Vec::new(),
            openings: HashSet::new(),
            acceptances: HashSet::new(),
            up: HashSet::new(),
            down: HashSet::new(),
        }
    }

    /// The answer, if there is one.
    fn listener_hears(&mut self, from: u8, datagram: &[u8]) -> Option<Vec<u8>> {
        let kept = self.listener.waiting();
        match self.listener.take_in(address(from), datagram, self.now) {
            Came::Nothing => None,
            Came::Frame { data, .. } => {
                assert!(self.up.remove(&data[..]), "heard twice, or said by nobody with a key: {data:?}");
                None
            }
            Came::Answer(answer) => {
                assert!(answer.len() <= datagram.len(), "an answer must not amplify");
                if answer[1] == 0x23 {
                    assert!(self.openings.contains(datagram), "who has no key was accepted");
                    self.acceptances.insert(answer.clone());
                } else {
                    assert_eq!(self.listener.waiting(), kept, "something is kept of an unproven address");
                }
                self.heard_by_all.push(answer.clone());
                Some(answer)
            }
        }
    }

    fn dialler_hears(&mut self, who: u8, datagram: &[u8]) {
        let who = usize::from(who % 4);
        match self.diallers[who].hear(datagram, self.now) {
            Heard::Nothing => {}
            Heard::Accepted => {
                assert!(self.acceptances.contains(datagram), "accepted by nobody with a key");
                assert!(who < 2, "accepted with a wrong key");
            }
            Heard::Frame(data) => {
                assert!(self.down.remove(&data[..]), "heard twice, or said by nobody with a key: {data:?}");
            }
            Heard::Anew => panic!("a dialler has one session"),
        }
    }

    /// A frame where it has a session, and what its handshake has to say otherwise.
    fn dialler_speaks(&mut self, who: u8) -> Option<Vec<u8>> {
        let frame = self.frame();
        let who = usize::from(who % 4);
        let said = if let Some(said) = self.diallers[who].say(frame.clone().into()) {
            self.up.insert(frame);
            said.to_vec()
        } else {
            let said = self.diallers[who].greet(self.now)?.to_vec();
            if who < 2 && said[1] == 0x22 {
                self.openings.insert(said.clone());
            }
            said
        };
        self.heard_by_all.push(said.clone());
        Some(said)
    }

    fn listener_speaks(&mut self, to: u8) -> Option<Vec<u8>> {
        let frame = self.frame();
        let said = self.listener.say(address(place(to)), frame.clone().into())?.to_vec();
        self.down.insert(frame);
        self.heard_by_all.push(said.clone());
        Some(said)
    }

    fn dialler_begins_anew(&mut self, who: u8) {
        let (who, number) = (usize::from(who % 4), self.number());
        self.diallers[who] = Dialling::psk(&key(who), number, self.now);
    }

    /// Something that was said once, with one byte changed, or none.
    fn repeat(&self, script: &mut Script<'_>) -> Vec<u8> {
        let (which, at, change) = (script.byte(), script.byte(), script.byte());
        let all = &self.heard_by_all;
        let mut datagram = all.get(usize::from(which) % all.len().max(1)).cloned().unwrap_or_default();
        if let Some(byte) = datagram.get_mut(usize::from(at)) {
            *byte ^= change;
        }
        datagram
    }

    /// One like no other.
    fn frame(&mut self) -> Vec<u8> {
        self.number().to_be_bytes().to_vec()
    }

    fn number(&mut self) -> u128 {
        self.used += 1;
        self.used
    }
}

fn key(who: usize) -> Key {
    let (name, secret) = DIALLERS[who];
    Key::new(name, secret).expect("a key")
}
