//! What clients say, right and wrong: one row each. A method of the protocol that moves or stops
//! anything belongs in here.

use fastrand::Rng;
use protocol::{DialectId, Id, Requests};
use serde_json::{Value, json};
use tokio::time::Instant;
use transport::Frame;

/// How one client speaks.
#[derive(Clone, Debug)]
pub(super) struct Voice {
    pub(super) rng: Rng,
    /// Methods go out in cbor; in json otherwise.
    pub(super) cbor: bool,
    /// Its motions and stops are numbered; the newest number.
    pub(super) seq: Option<u64>,
    /// The number of its newest call.
    pub(super) id: u64,
    /// When the daemon's clock began.
    pub(super) clock: Instant,
}

/// Something said, before it is in a dialect.
pub(super) enum Said {
    /// A line of the text dialect.
    Word(String),
    /// A method with its parameters.
    Call(&'static str, Value),
    /// Anything.
    Bytes(Vec<u8>),
}

/// A row.
pub(super) struct Word {
    /// How often, beside the other rows.
    weight: u32,
    say: fn(&mut Voice) -> Said,
}

/// What people say.
pub(super) const WORDS: &[Word] = &[
    Word { weight: 8, say: |v| Said::Word(pick(v, &["up", "back", "left", "right", "UP\r\n"])) },
    Word { weight: 8, say: |v| Said::Word(format!("drive {} {}", power(v), power(v))) },
    Word { weight: 14, say: |v| Said::Call("drive", drive(v)) },
    Word { weight: 6, say: |v| Said::Call("velocity", velocity(v)) },
    Word { weight: 4, say: |v| Said::Call("test", test(v)) },
    Word { weight: 3, say: |_| Said::Word("drive 0 0".into()) },
    Word { weight: 5, say: |_| Said::Word("stop".into()) },
    Word { weight: 3, say: |v| Said::Call("stop", numbered(v, json!({}))) },
    Word { weight: 4, say: |_| Said::Word("acquire".into()) },
    Word { weight: 2, say: |v| Said::Call("acquire", json!({ "force": v.rng.bool() })) },
    Word { weight: 3, say: |_| Said::Word("acquire force".into()) },
    Word { weight: 4, say: |_| Said::Word("release".into()) },
    Word { weight: 1, say: |v| Said::Call(v.rng.choice(&["who", "release"]).unwrap_or(&"who"), Value::Null) },
    Word { weight: 1, say: |v| Said::Word(pick(v, &["estop", "estop a child"])) },
    Word { weight: 1, say: |_| Said::Call("estop", json!({ "reason": "a dog" })) },
    Word { weight: 7, say: |_| Said::Word("reset".into()) },
    Word { weight: 3, say: |_| Said::Call("reset", Value::Null) },
    Word { weight: 2, say: |v| Said::Word(pick(v, &["cam_left", "cam_up", "cam_init", "look 20 10"])) },
    Word { weight: 2, say: |v| Said::Call("look", json!({ "pan": angle(v), "tilt": angle(v) })) },
    Word { weight: 3, say: |v| Said::Word(pick(v, &["state", "ping", "help", ""])) },
    Word { weight: 3, say: |v| Said::Call("subscribe", subscription(v)) },
    Word { weight: 1, say: |_| Said::Call("unsubscribe", json!({ "topics": ["state", "events"] })) },
    Word {
        weight: 2,
        say: |v| Said::Call(v.rng.choice(&["state", "info", "hello"]).unwrap_or(&"info"), Value::Null),
    },
    Word { weight: 1, say: |v| Said::Call("ping", json!([v.id, "x"])) },
    Word { weight: 2, say: batch },
    Word { weight: 2, say: |v| Said::Call("drive", json!({ "throttle": 1.0 + v.rng.f64(), "steer": 0 })) },
];

/// What is not of this protocol, or only nearly.
pub(super) const NOISE: &[Word] = &[
    Word { weight: 2, say: |v| Said::Bytes((0..v.rng.usize(0..80)).map(|_| v.rng.u8(..)).collect()) },
    Word {
        weight: 2,
        say: |v| Said::Word(pick(v, &["upp", "drive", "drive 2 0", "up left", "{", "[]", "look 1"])),
    },
    Word { weight: 1, say: |v| Said::Word("x".repeat(v.rng.usize(..5_000))) },
    Word { weight: 1, say: |v| Said::Word("[".repeat(v.rng.usize(..200))) },
    Word {
        weight: 1,
        say: |v| Said::Call(v.rng.choice(&["fly", "Drive", "stop "]).unwrap_or(&"fly"), json!([1])),
    },
];

impl Voice {
    /// Says something out of a table.
    pub(super) fn say(&mut self, table: &[Word]) -> Frame {
        let all: u32 = table.iter().map(|word| word.weight).sum();
        let mut draw = self.rng.u32(..all);
        let drawn = table.iter().find(|word| {
            let here = draw < word.weight;
            draw = draw.saturating_sub(word.weight);
            here
        });
        let said = drawn.map_or_else(|| Said::Word("stop".into()), |word| (word.say)(self));
        self.frame(said)
    }

    /// Puts it in this client's dialect.
    pub(super) fn frame(&mut self, said: Said) -> Frame {
        let (method, params) = match said {
            Said::Word(text) => return Frame::text(text),
            Said::Bytes(bytes) => return Frame::binary(bytes),
            Said::Call(method, params) => (method, params),
        };
        let text = self.request(method, params).to_string();
        if self.cbor
            && let Requests::One(request) = DialectId::Json.get().decode(text.as_bytes())
            && let Ok(command) = request.command
            && let Ok(frame) = DialectId::Cbor.get().request(Some(&Id::Number(self.id.into())), &command)
        {
            return frame;
        }
        Frame::text(text)
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let mut request = json!({ "jsonrpc": "2.0", "method": method });
        if !params.is_null() {
            request["params"] = params;
        }
        // One in five wants no answer.
        if self.rng.u8(..5) != 0 {
            request["id"] = self.id.into();
        }
        request
    }
}

fn pick(voice: &mut Voice, words: &[&str]) -> String {
    voice.rng.choice(words).copied().unwrap_or_default().to_owned()
}

/// Often nothing or everything, otherwise anything of two digits.
fn power(voice: &mut Voice) -> f64 {
    match voice.rng.u8(..8) {
        0 | 1 => 0.0,
        2 => 1.0,
        3 => -1.0,
        _ => f64::from(voice.rng.i32(-100..=100)) / 100.0,
    }
}

fn angle(voice: &mut Voice) -> i32 {
    voice.rng.i32(-180..=180)
}

/// A motion by power, as this client numbers it, good for as long as it likes.
pub(super) fn drive(voice: &mut Voice) -> Value {
    let params = json!({ "throttle": power(voice), "steer": power(voice) });
    let params = lasting(voice, params);
    let params = dated(voice, params);
    numbered(voice, params)
}

fn velocity(voice: &mut Voice) -> Value {
    let params = json!({ "linear": power(voice), "angular": 8.0 * power(voice) });
    let params = lasting(voice, params);
    let params = dated(voice, params);
    numbered(voice, params)
}

/// One motor alone, or one that is not there.
fn test(voice: &mut Voice) -> Value {
    let motor = pick(voice, &["left", "right", "left", "right", "lefft"]);
    let params = json!({ "motor": motor, "power": power(voice) });
    let params = lasting(voice, params);
    let params = dated(voice, params);
    numbered(voice, params)
}

fn lasting(voice: &mut Voice, mut params: Value) -> Value {
    match voice.rng.u8(..4) {
        0 => {}
        1 => params["ttl_ms"] = voice.rng.u32(1..=2000).into(),
        _ => params["ttl_ms"] = voice.rng.u32(50..=600).into(),
    }
    params
}

/// The next number, or now and then one from before.
fn numbered(voice: &mut Voice, mut params: Value) -> Value {
    if let Some(newest) = &mut voice.seq {
        *newest += 1;
        let late = if voice.rng.u8(..16) == 0 { voice.rng.u64(..4) } else { 0 };
        params["seq"] = newest.saturating_sub(late).into();
    }
    params
}

/// Half say when they were sent: mostly now, some by a clock that is wrong, either way.
fn dated(voice: &mut Voice, mut params: Value) -> Value {
    let now = voice.clock.elapsed().as_secs_f64();
    let ms = match voice.rng.u8(..16) {
        0..=7 => return params,
        8..=12 => 0,
        13 => -voice.rng.i32(..600),
        14 => -voice.rng.i32(..3_000),
        _ => voice.rng.i32(..2_000),
    };
    params["t"] = (now + f64::from(ms) / 1e3).max(0.0).into();
    params
}

/// The same again, now.
pub(super) fn again(voice: &mut Voice, motion: &Value) -> Value {
    let mut params = motion.clone();
    if let Some(seq) = &mut voice.seq {
        *seq += 1;
        params["seq"] = (*seq).into();
    }
    if !params["t"].is_null() {
        params["t"] = voice.clock.elapsed().as_secs_f64().into();
    }
    params
}

fn subscription(voice: &mut Voice) -> Value {
    json!({ "topics": ["state", "events"], "rate_hz": voice.rng.u32(1..=50) })
}

fn batch(voice: &mut Voice) -> Said {
    let calls: Vec<Value> = (0..voice.rng.usize(1..5))
        .map(|_| match voice.rng.u8(..4) {
            0 => {
                let params = numbered(voice, json!({}));
                voice.request("stop", params)
            }
            1 => voice.request("ping", json!([1])),
            _ => {
                let params = drive(voice);
                voice.request("drive", params)
            }
        })
        .collect();
    Said::Word(Value::from(calls).to_string())
}
