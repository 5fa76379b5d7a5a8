//! Transcripts of every framing, cut at every place, and what no bytes may do.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const LIMIT: usize = 64;

fn choice(framing: &str) -> Choice {
    let at: Endpoint = format!("tcp://?framing={framing}").parse().unwrap();
    Choice::for_listener(&at, &Limits { max_frame: LIMIT, ..Limits::default() })
}

/// What is received when `chunks` arrive one after the other and then the stream ends: messages, or
/// the words of an error.
fn received<'a>(framing: &str, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Result<Vec<u8>, String>> {
    let mut decode = Decode::new(choice(framing));
    let mut src = BytesMut::new();
    let mut all = Vec::new();
    let mut note = |item: Result<Frame, RecvError>| {
        let fatal = item.as_ref().is_err_and(RecvError::is_fatal);
        all.push(item.map(|frame| frame.data.to_vec()).map_err(|error| error.to_string()));
        fatal
    };
    for chunk in chunks {
        src.extend_from_slice(chunk);
        while let Some(item) = decode.decode(&mut src).unwrap() {
            if note(item) {
                return all;
            }
        }
        assert!(src.len() <= LIMIT + 4, "{} bytes are held", src.len());
    }
    while let Some(item) = decode.decode_eof(&mut src).unwrap() {
        if note(item) {
            return all;
        }
    }
    assert!(src.is_empty());
    all
}

fn encoded(framing: &str, data: &[u8]) -> Result<Vec<u8>, SendError> {
    let mut dst = BytesMut::from(&b"before"[..]);
    let result = Encode::new(choice(framing)).encode(Frame::binary(data.to_vec()), &mut dst);
    let rest = dst.strip_prefix(b"before").expect("what waits already stays as it is");
    assert!(result.is_ok() || rest.is_empty(), "nothing of a refused frame is in the buffer");
    result.map(|()| rest.to_vec())
}

fn ok(messages: &[&str]) -> Vec<Result<Vec<u8>, String>> {
    messages.iter().map(|message| Ok(message.as_bytes().to_vec())).collect()
}

#[test]
fn a_transcript_is_the_same_messages_wherever_it_is_cut() {
    let transcripts: [(&str, &[u8], &[&str]); 9] = [
        ("lines", b"up\ndown\r\n\n\r\nla\rst", &["up", "down", "la\rst"]),
        ("lines", "größer 😀\n\0\n".as_bytes(), &["größer 😀", "\0"]),
        ("length", b"\0\0\0\x02up\0\0\0\0\0\0\0\x03a\nb", &["up", "", "a\nb"]),
        ("java-utf", b"\0\x02up\0\0\0\x02\xC0\x80", &["up", "", "\0"]),
        ("auto", b"up\nleft", &["up", "left"]),
        ("auto", b"\0\0\0\x02up\0\0\0\x01\n", &["up", "\n"]),
        ("auto", b"\0\x02up\0\x01\n", &["up", "\n"]),
        ("auto", b"\0", &["\0"]),
        ("auto", b"", &[]),
    ];
    for (framing, bytes, messages) in transcripts {
        assert_eq!(received(framing, bytes.chunks(1)), ok(messages), "{framing}: byte by byte");
        for cut in 0..=bytes.len() {
            let (one, two) = bytes.split_at(cut);
            assert_eq!(received(framing, [one, two]), ok(messages), "{framing}: cut at {cut}");
        }
    }
}

#[test]
fn without_framing_each_read_is_a_message_and_a_long_one_several() {
    assert_eq!(received("raw", [&b"up"[..], b"\n", b"\0\0"]), ok(&["up", "\n", "\0\0"]));
    let long = "x".repeat(LIMIT + 1);
    assert_eq!(received("raw", [long.as_bytes()]), ok(&[&long[1..], "x"]));
}

#[test]
fn a_message_of_the_limit_is_carried_and_one_byte_more_ends_the_stream() {
    let too_long = [Err(format!("a message is longer than {LIMIT} bytes"))];
    let full = "x".repeat(LIMIT);
    for framing in ["lines", "length", "java-utf"] {
        let bytes = encoded(framing, full.as_bytes()).unwrap();
        assert_eq!(received(framing, bytes.chunks(7)), ok(&[&full]), "{framing}");
        let refused = encoded(framing, format!("{full}x").as_bytes());
        assert!(matches!(refused, Err(SendError::TooLong { len: 65, limit: LIMIT })), "{framing}");
    }
    assert_eq!(received("lines", [full.as_bytes(), b"\r", b"\n"]), ok(&[&full]));
    assert_eq!(received("lines", [full.as_bytes(), b"x"]), too_long);
    assert_eq!(received("lines", [full.as_bytes(), b"x\n"]), too_long);
    assert_eq!(received("length", [&[0, 0, 0, 65][..]]), too_long);
    assert_eq!(received("length", [&[0xFF; 4][..]]), too_long);
    assert_eq!(received("java-utf", [&[0, 65][..]]), too_long);
}

#[test]
fn a_header_reserves_nothing() {
    let at: Endpoint = "tcp://?framing=length".parse().unwrap();
    let limits = Limits { max_frame: 1 << 30, ..Limits::default() };
    let mut src = BytesMut::from(&[0x20, 0, 0, 0][..]);
    let decoded = Decode::new(Choice::for_listener(&at, &limits)).decode(&mut src).unwrap();
    assert!(decoded.is_none());
    assert!(src.capacity() <= 4 * READ_CHUNK);
}

#[test]
fn a_stream_that_ends_inside_a_message_says_so() {
    let words = |framing, bytes: &[u8]| received(framing, [bytes]).pop().unwrap().unwrap_err();
    assert_eq!(words("length", b"\0\0\0\x05abc"), "the stream ended after 3 of a message's 5 bytes");
    assert_eq!(words("length", b"\0\0"), "the stream ended after 2 of the 4 bytes of a message's length");
    assert_eq!(words("java-utf", b"\0\x02a"), "the stream ended after 1 of a message's 2 bytes");
    assert_eq!(words("java-utf", b"\0"), "the stream ended after 1 of the 2 bytes of a message's length");
}

#[test]
fn a_line_that_is_no_text_is_passed_over() {
    let got = received("lines", [&b"ab\xFFc\nup\n"[..]]);
    let words = "a line is not valid UTF-8 at byte 2: other bytes need framing=length";
    assert_eq!(got, [Err(words.to_owned()), Ok(b"up".to_vec())]);
}

#[test]
fn what_a_framing_cannot_express_is_refused() {
    for (framing, data) in [
        ("lines", &b""[..]),
        ("lines", b"a\nb"),
        ("lines", b"a\r"),
        ("lines", b"\xFF"),
        ("java-utf", b"\xFF"),
        ("raw", b""),
    ] {
        let refused = encoded(framing, data);
        assert!(matches!(refused, Err(SendError::Unrepresentable(_))), "{framing}: {data:?}: {refused:?}");
    }
}

#[test]
fn text_is_called_text_and_the_rest_binary() {
    for (data, kind) in [(&b"\0\0\0\x02up"[..], Kind::Text), (b"\0\0\0\x02\xFF\0", Kind::Binary)] {
        let item = Decode::new(choice("length")).decode(&mut BytesMut::from(data)).unwrap().unwrap();
        assert_eq!(item.unwrap().kind, kind);
    }
}

/// JVM specification, table 4.4.7: U+0000 is `C0 80`; U+1F600 is the units D83D DE00, of three bytes
/// each: `ED A0 BD ED B8 80`.
#[test]
fn modified_utf8_is_as_the_jvm_specification_has_it() {
    for (text, bytes) in [
        ("A", &[0x00, 0x01, 0x41][..]),
        ("\0", &[0x00, 0x02, 0xC0, 0x80]),
        ("é", &[0x00, 0x02, 0xC3, 0xA9]),
        ("€", &[0x00, 0x03, 0xE2, 0x82, 0xAC]),
        ("😀", &[0x00, 0x06, 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80]),
    ] {
        assert_eq!(encoded("java-utf", text.as_bytes()).unwrap(), bytes, "{text:?}");
        assert_eq!(received("java-utf", [bytes]), ok(&[text]), "{text:?}");
    }
}

#[test]
fn broken_modified_utf8_is_passed_over() {
    for (bytes, words) in [
        (&[0xED, 0xA0, 0xBD][..], "half a surrogate pair: U+D83D"),
        (&[0xED, 0xB8, 0x80, 0xED, 0xA0, 0xBD], "half a surrogate pair: U+DE00"),
        (&[0x41, 0xF0, 0x9F, 0x98, 0x80], "not modified UTF-8 at byte 1"),
        (&[0xC1, 0x81], "not modified UTF-8 at byte 0"),
        (&[0xE0, 0x80, 0x80], "not modified UTF-8 at byte 0"),
        (&[0x41, 0x41, 0xC3], "not modified UTF-8 at byte 2"),
        (&[0xC3, 0x41], "not modified UTF-8 at byte 0"),
    ] {
        let message = [&[0, bytes.len() as u8], bytes, b"\0\x02up"].concat();
        assert_eq!(received("java-utf", [&message[..]]), [Err(words.to_owned()), Ok(b"up".to_vec())]);
    }
}

#[test]
fn the_length_of_java_text_is_counted_as_it_travels() {
    let at: Endpoint = "tcp://?framing=java-utf".parse().unwrap();
    let choice = Choice::for_listener(&at, &Limits::default());
    assert_eq!(choice.caps().max_frame, 65_535);
    let mut encode = Encode::new(choice);
    let mut dst = BytesMut::new();
    encode.encode(Frame::text("x".repeat(65_535)), &mut dst).unwrap();
    assert_eq!(dst.split().len(), 2 + 65_535);
    let refused = encode.encode(Frame::text("\0".repeat(32_768)), &mut dst);
    assert!(matches!(refused, Err(SendError::TooLong { len: 65_536, limit: 65_535 })));
    assert!(dst.is_empty());
}

#[test]
fn the_writer_answers_in_the_framing_that_the_reader_found() {
    let choice = choice("auto");
    let (mut decode, mut encode) = (Decode::new(choice.clone()), Encode::new(choice.clone()));
    let mut dst = BytesMut::new();
    encode.encode(Frame::text("hello"), &mut dst).unwrap();
    assert_eq!(&dst.split()[..], b"hello\n", "nothing is known yet: lines");
    decode.decode(&mut BytesMut::from(&b"\0\x02up"[..])).unwrap();
    encode.encode(Frame::text("ok"), &mut dst).unwrap();
    assert_eq!(&dst[..], b"\0\x02ok");
}

#[test]
fn who_dials_without_a_choice_speaks_lines_for_good() {
    let choice = Choice::for_dialler(&"tcp://".parse().unwrap(), &Limits::default());
    let mut decode = Decode::new(choice);
    let item = decode.decode(&mut BytesMut::from(&b"\0\0\n"[..])).unwrap().unwrap();
    assert_eq!(item.unwrap(), Frame::text("\0\0"));
}

#[test]
fn the_caps_say_what_the_framing_carries() {
    for (framing, binary) in
        [("auto", false), ("lines", false), ("length", true), ("java-utf", false), ("raw", true)]
    {
        assert_eq!(choice(framing).caps().binary, binary, "{framing}");
        assert_eq!(choice(framing).caps().max_frame, LIMIT, "{framing}");
    }
}

fn any_name() -> impl Strategy<Value = &'static str> {
    select(&NAMES[..])
}

#[test]
fn who_speaks_tls_to_a_plain_socket_is_told_so() {
    for framing in ["auto", "lines", "raw"] {
        let heard = received(framing, [&b"\x16\x03\x01\x02\x00\x01\nup\n"[..]]);
        assert!(matches!(&heard[..], [Err(error)] if error.contains("TLS")), "{framing}: {heard:?}");
    }
}

#[test]
fn nothing_after_a_request_of_http_is_heard() {
    for request in ["GET / HTTP/1.1", "POST /?action=up HTTP/1.0", "OPTIONS * HTTP/1.1"] {
        let stream = format!("{request}\r\nHost: car\r\n\r\n\nup\n");
        for framing in ["auto", "lines", "raw"] {
            let heard = received(framing, [stream.as_bytes()]);
            let first = heard.first().expect("a refusal");
            assert!(first.as_ref().is_err_and(|error| error.contains("HTTP")), "{framing}: {heard:?}");
        }
        // Its first two letters are a length, and where that ends a message could be hidden.
        let len = usize::from(u16::from_be_bytes([stream.as_bytes()[0], stream.as_bytes()[1]]));
        let mut padded = BytesMut::from(format!("{stream:x<width$}", width = 2 + len).as_bytes());
        padded.extend_from_slice(b"\0\x02up");
        let first = (java_utf::FRAMING.decode)(&mut padded, &mut 0, 64 * 1024).expect("a whole message");
        assert!(first.is_err_and(|error| error.to_string().contains("HTTP") && error.is_fatal()));
    }
    for field in ["Host: car", "content-length: 3", "GET /"] {
        let heard = received("lines", [format!("{field}\nup\n").as_bytes()]);
        assert!(heard.len() == 1 && heard[0].is_err(), "{field}: {heard:?}");
    }
    let harmless = ["ping HTTP/1.1", "UP", "error: host: none", "DRIVE 1 / 2", "up"];
    assert_eq!(received("lines", [(harmless.join("\n") + "\n").as_bytes()]), ok(&harmless));
}

#[test]
fn who_dials_a_port_of_websocket_without_is_told_to_dial_it_with() {
    let heard = received("lines", [&b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nup\n"[..]]);
    assert!(
        matches!(&heard[..], [Err(error)] if error.contains("use ws:// in place of tcp://")),
        "{heard:?}"
    );
}

proptest! {
    #[test]
    fn no_bytes_panic_or_pile_up(framing in any_name(), chunks in vec(vec(any::<u8>(), 0..40), 0..12)) {
        for message in received(framing, chunks.iter().map(|chunk| &chunk[..])).into_iter().flatten() {
            prop_assert!(message.len() <= LIMIT);
        }
    }

    #[test]
    fn what_is_encoded_is_received_under_any_chunking(
        framing in select(&NAMES[1..4]),
        messages in vec("\\PC{0,20}|[\0-\u{1F}]{0,9}|\\x{10FFFF}", 0..9),
        chunk in 1_usize..30,
    ) {
        let sent: Vec<_> = messages
            .iter()
            // What is spoken to somebody else is refused, by chance too.
            .filter(|message| foreign(message.as_bytes()).is_none())
            .filter_map(|message| Some((message.as_str(), encoded(framing, message.as_bytes()).ok()?)))
            .collect();
        let bytes = sent.iter().flat_map(|(_, bytes)| bytes).copied().collect::<Vec<_>>();
        let messages = sent.iter().map(|(message, _)| *message).collect::<Vec<_>>();
        prop_assert_eq!(received(framing, bytes.chunks(chunk)), ok(&messages));
    }

    #[test]
    fn any_bytes_are_carried_by_length(messages in vec(vec(any::<u8>(), 0..=LIMIT), 0..9), chunk in 1_usize..30) {
        let bytes: Vec<_> = messages.iter().flat_map(|data| encoded("length", data).unwrap()).collect();
        let expected: Vec<_> = messages.into_iter().map(Ok).collect();
        prop_assert_eq!(received("length", bytes.chunks(chunk)), expected);
    }
}
