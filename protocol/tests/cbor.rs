//! The cbor dialect: what other libraries write is read, and what a hostile peer writes costs nothing.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod common;

use common::{answer, command, fault, id, one, outcome};
use protocol::{Command, DialectId, Power, Requests};
use serde_json::json;

/// Text of less than 24 bytes.
fn text(text: &str) -> Vec<u8> {
    assert!(text.len() < 24);
    [&[0x60 | text.len() as u8][..], text.as_bytes()].concat()
}

/// A `drive` whose throttle is written as `throttle`, built by hand from RFC 8949.
fn drive(throttle: &[u8]) -> Vec<u8> {
    call("drive", &[&[0xA2][..], &text("throttle"), throttle, &text("steer"), &[0x00]].concat())
}

fn call(method: &str, params: &[u8]) -> Vec<u8> {
    [
        &[0xA4][..],
        &text("jsonrpc"),
        &text("2.0"),
        &text("id"),
        &[0x01],
        &text("method"),
        &text(method),
        &text("params"),
        params,
    ]
    .concat()
}

fn throttle(message: &[u8]) -> Power {
    match command(DialectId::Cbor, message) {
        Command::Drive { throttle, .. } => throttle,
        other => panic!("not drive: {other:?}"),
    }
}

#[test]
fn a_number_is_read_in_every_width() {
    for (bytes, value) in [
        (&[0x00][..], 0.0),
        (&[0x01], 1.0),
        (&[0x20], -1.0),
        (&[0x18, 0x01], 1.0),
        (&[0x1B, 0, 0, 0, 0, 0, 0, 0, 1], 1.0),
        (&[0x3B, 0, 0, 0, 0, 0, 0, 0, 0], -1.0),
        (&[0xF9, 0x38, 0x00], 0.5),
        (&[0xFA, 0x3F, 0x00, 0, 0], 0.5),
        (&[0xFB, 0x3F, 0xE0, 0, 0, 0, 0, 0, 0], 0.5),
    ] {
        assert_eq!(throttle(&drive(bytes)).get(), value, "{bytes:02x?}");
    }
}

#[test]
fn a_number_that_is_none_is_refused_in_words() {
    for (bytes, words) in [
        (&[0xF9, 0x7E, 0x00][..], "drive: `throttle` is NaN: it must be -1 to 1"),
        (&[0xF9, 0x7C, 0x00], "drive: `throttle` is inf: it must be -1 to 1"),
        (&[0x41, 0x00], "drive: `throttle` is a byte string: it must be a number"),
        (&[0x5F, 0x41, 0x00, 0xFF], "drive: `throttle` is a byte string: it must be a number"),
        (
            &[0x3B, 255, 255, 255, 255, 255, 255, 255, 255],
            "drive: `throttle` is an integer of more than 64 bits: it must be a number",
        ),
    ] {
        assert_eq!(fault(DialectId::Cbor, &drive(bytes)), (-32602, words.to_owned()));
    }
}

#[test]
fn indefinite_lengths_are_read() {
    let indefinite = [
        &[0xBF][..],
        &text("jsonrpc"),
        &[0x7F, 0x62, b'2', b'.', 0x61, b'0', 0xFF],
        &[0x7F, 0x61, b'i', 0x61, b'd', 0xFF],
        &[0x01],
        &text("method"),
        &text("drive"),
        &text("params"),
        &[0x9F, 0xF9, 0x38, 0x00, 0x00, 0xFF],
        &[0xFF],
    ]
    .concat();
    assert_eq!(one(DialectId::Cbor, &indefinite).id, Some(id(1)));
    assert_eq!(throttle(&indefinite).get(), 0.5);
}

#[test]
fn self_described_cbor_is_read() {
    let message = [&[0xD9, 0xD9, 0xF7][..], &drive(&[0x01])].concat();
    assert_eq!(DialectId::detect(&message), DialectId::Cbor);
    assert_eq!(throttle(&message).get(), 1.0);
}

#[test]
fn an_answer_has_null_where_json_has_null() {
    let data = answer(DialectId::Cbor, &call("ping", &[0x80])).unwrap();
    assert_eq!(outcome(DialectId::Cbor, &data).unwrap(), json!({"value": null, "t": 1.5}));
    let nothing = answer(DialectId::Cbor, b"\x80").unwrap();
    assert!(nothing.ends_with(&[0x62, b'i', b'd', 0xF6]), "{nothing:02x?}");
}

#[test]
fn ping_hands_back_only_what_json_has() {
    let (code, words) = fault(DialectId::Cbor, &call("ping", &[0x81, 0x81, 0x41, 0x00]));
    assert_eq!(code, -32602);
    assert_eq!(words, "ping: `value` holds a byte string: only what JSON has can be handed back");
}

#[test]
fn bytes_after_the_message_are_refused() {
    let message = [&drive(&[0x01])[..], &[0x00, 0x00]].concat();
    assert_eq!(fault(DialectId::Cbor, &message), (-32700, "2 bytes follow the message".to_owned()));
}

#[test]
fn what_is_not_cbor_is_a_parse_error() {
    for message in [
        &b""[..],
        b"\xA1",
        b"\xBF",
        b"\x9F",
        b"\xFF",
        b"\xA1\x01\x01",
        b"\xA1\x61\xFF\x01",
        b"\x81\xC1\x00",
        b"\x81\xF7",
        b"\x81\x1C",
        b"\xBF\x61a\xFF",
    ] {
        assert_eq!(fault(DialectId::Cbor, message).0, -32700, "{message:02x?}");
    }
}

#[test]
fn sixty_four_kib_of_nesting_do_not_touch_the_stack() {
    for byte in [0x81, 0x9F, 0xA1, 0xBF, 0xC1, 0x5F, 0x7F, 0xDB] {
        assert_eq!(fault(DialectId::Cbor, &vec![byte; 64 * 1024]).0, -32700, "{byte:02x}");
    }
    let maps = [0xA1, 0x61, b'a'].repeat(21_000);
    assert_eq!(fault(DialectId::Cbor, &maps).0, -32700);
}

#[test]
fn an_announced_length_is_not_believed() {
    for major in [0x5B, 0x7B, 0x9B, 0xBB] {
        let message = [&[0x81, major][..], &[0x7F; 8], &[0x00; 16]].concat();
        assert_eq!(fault(DialectId::Cbor, &message).0, -32700);
        let message = [&[major][..], &[0xFF; 8]].concat();
        assert_eq!(fault(DialectId::Cbor, &message).0, -32700);
    }
}

#[test]
fn a_batch_is_a_batch() {
    let batch = [&[0x82][..], &drive(&[0x01]), &drive(&[0x20])].concat();
    assert!(matches!(DialectId::Cbor.get().decode(&batch), Requests::Batch(requests) if requests.len() == 2));
}
