//! No bytes whatever make a dialect panic, hang, or answer in another tongue.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod common;

use common::car;
use proptest::prelude::*;
use protocol::{Command, DialectId, Requests};
use serde_json::json;

/// Messages worth breaking: one of each kind in each dialect.
fn seeds() -> Vec<Vec<u8>> {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../vectors/vectors.json")).unwrap();
    let mut seeds = Vec::new();
    for part in ["requests", "answers", "notifications", "refused"] {
        for vector in vectors[part].as_array().unwrap() {
            for dialect in ["text", "json"] {
                seeds.extend(vector[dialect].as_str().map(|text| text.as_bytes().to_vec()));
            }
            seeds.extend(vector["cbor"].as_str().map(|hex| {
                (0..hex.len())
                    .step_by(2)
                    .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                    .collect()
            }));
        }
    }
    assert!(seeds.len() > 100);
    seeds
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    (prop::sample::select(seeds()), prop::collection::vec(change, 1..6)).prop_map(|(mut data, changes)| {
        for (at, byte, how) in changes {
            if data.is_empty() {
                break;
            }
            let at = at.index(data.len());
            match how {
                0 => data[at] = byte,
                1 => data[at] ^= 1 << (byte % 8),
                2 => data.insert(at, byte),
                _ => drop(data.remove(at)),
            }
        }
        data
    })
}

/// Reads `data` in every dialect, answers it, and reads the answer.
fn converse(data: &[u8]) -> Result<(), TestCaseError> {
    let _ = DialectId::detect(data);
    for dialect in DialectId::ALL.map(DialectId::get) {
        let _ = dialect.decode_outgoing(data);
        let requests = dialect.decode(data);
        check_ranges(&requests)?;
        if let Some(replies) = requests.answered_by(car) {
            let answer = dialect.reply(&replies).data;
            prop_assert!(dialect.decode_outgoing(&answer).is_ok(), "{}", answer.escape_ascii());
        }
    }
    Ok(())
}

/// What was read is valid, and can be said again with the same meaning.
fn check_ranges(requests: &Requests) -> Result<(), TestCaseError> {
    let requests = match requests {
        Requests::One(request) => std::slice::from_ref(request),
        Requests::Batch(requests) => requests,
    };
    for command in requests.iter().filter_map(|request| request.command.as_ref().ok()) {
        if let Command::Drive { throttle, steer, .. } = command {
            prop_assert!((-1.0..=1.0).contains(&throttle.get()) && (-1.0..=1.0).contains(&steer.get()));
        }
        for dialect in DialectId::ALL.map(DialectId::get) {
            let Ok(said) = dialect.request(None, command) else { continue };
            let Requests::One(again) = dialect.decode(&said.data) else { panic!("one became many") };
            prop_assert_eq!(again.command.as_ref(), Ok(command), "{}", said.data.escape_ascii());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_are_answered(data in prop::collection::vec(any::<u8>(), 0..200)) {
        converse(&data)?;
    }

    #[test]
    fn a_broken_message_is_answered(data in mutated()) {
        converse(&data)?;
    }

    #[test]
    fn any_json_is_answered(text in "[\\[\\]{}:,\"0-9a-z.\\-]{0,80}") {
        converse(text.as_bytes())?;
    }

    #[test]
    fn an_emergency_stop_acts_whatever_its_reason(reason in any::<String>(), name in "[a-z]{1,8}") {
        let is_estop = |dialect: DialectId, message: &[u8]| {
            matches!(dialect.get().decode(message), Requests::One(request)
                if matches!(request.command, Ok(Command::Estop { .. })))
        };
        let call = json!({"jsonrpc": "2.0", "method": "estop", "params": {"reason": reason, name: reason}});
        prop_assert!(is_estop(DialectId::Json, call.to_string().as_bytes()));
        let line = format!("estop {reason}");
        prop_assert!(is_estop(DialectId::Text, line.as_bytes()));
    }
}
