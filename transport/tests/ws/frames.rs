//! Section 5 of RFC 6455: frames.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use transport::Limits;

use crate::support::*;

#[tokio::test]
async fn messages_of_every_length_of_length_come_back_as_they_were() {
    let lengths = [0, 1, 125, 126, 127, 128, 65535, 65536];
    let cases = lengths.into_iter().flat_map(|len| {
        let (text, binary) = (vec![b'*'; len], vec![0xFE; len]);
        [(masked(TEXT, &text), plain(TEXT, &text)), (masked(BINARY, &binary), plain(BINARY, &binary))]
    });
    echoes(echo(short()).await, cases).await;
}

#[tokio::test]
async fn a_message_may_come_one_byte_at_a_time() {
    let mut socket = raw(echo(short()).await).await;
    for byte in [masked(TEXT_BEGINS, b"Hel"), masked(LAST, b"lo"), masked(CLOSE, &[])].concat() {
        socket.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(rest(socket).await, [plain(TEXT, b"Hello"), plain(CLOSE, &[])].concat());
}

#[tokio::test]
async fn pings_are_answered_with_what_they_carry() {
    let long = [0xFE; 125];
    let cases = [&b""[..], b"Hello", &[0x00, 0xFF], &long].map(|p| (masked(PING, p), plain(PONG, p)));
    let at = echo(short()).await;
    echoes(at, cases).await;
    echoes(at, [(masked(PONG, b"unasked"), vec![])]).await;
    refuses(at, 1002, [masked(PING, &[0; 126]), masked(PONG, &[0; 126]), masked(0x09, b"in parts")]).await;
}

#[tokio::test]
async fn reserved_bits_and_opcodes_are_refused() {
    let bits = [0x40, 0x20, 0x10, 0x70].into_iter().flat_map(|bit| [TEXT | bit, BINARY | bit, PING | bit]);
    let opcodes = (3..=7).chain(11..=15).map(|opcode| 0x80 | opcode);
    refuses(echo(short()).await, 1002, bits.chain(opcodes).map(|first| masked(first, b"x"))).await;
}

#[tokio::test]
async fn a_frame_that_is_not_masked_is_refused() {
    refuses(echo(short()).await, 1002, [plain(TEXT, b"Hello"), plain(PING, b"")]).await;
}

#[tokio::test]
async fn fragments_are_joined_and_pings_between_them_answered() {
    let parts = [masked(TEXT_BEGINS, b"a"), masked(MORE, b""), masked(MORE, b"b"), masked(LAST, b"c")];
    let with_pings =
        [masked(BINARY_BEGINS, b"a"), masked(PING, b"1"), masked(PING, b"2"), masked(LAST, b"b")];
    echoes(
        echo(short()).await,
        [
            (parts.concat(), plain(TEXT, b"abc")),
            (with_pings.concat(), [plain(PONG, b"1"), plain(PONG, b"2"), plain(BINARY, b"ab")].concat()),
        ],
    )
    .await;
}

#[tokio::test]
async fn fragments_out_of_order_are_refused() {
    let cases = [
        masked(LAST, b"continues nothing"),
        masked(MORE, b"continues nothing"),
        [masked(TEXT_BEGINS, b"a"), masked(TEXT, b"b")].concat(),
        [masked(TEXT_BEGINS, b"a"), masked(BINARY_BEGINS, b"b")].concat(),
    ];
    refuses(echo(short()).await, 1002, cases).await;
}

#[tokio::test]
async fn a_message_may_have_only_so_many_fragments() {
    let begun =
        [masked(BINARY_BEGINS, b""), masked(MORE, b""), masked(MORE, b""), masked(PING, b"")].concat();
    let at = echo(short()).await;
    let five = [begun.clone(), masked(MORE, b"")].concat();
    assert_eq!(answer_to(at, &[&five[..], &masked(LAST, b"")].concat()).await, {
        [plain(PONG, b""), closed(1008)].concat()
    });
    let four = [begun, masked(LAST, b"x")].concat();
    echoes(at, [(four, [plain(PONG, b""), plain(BINARY, b"x")].concat())]).await;
}

#[tokio::test]
async fn fragments_are_counted_however_the_head_ends_and_from_the_byte_behind_it() {
    let request = String::from_utf8_lossy(REQUEST).into_owned();
    let fragments = [masked(BINARY_BEGINS, b""), masked(MORE, b"").repeat(4)].concat();
    for head in [request.replace("\r\n", "\n"), request] {
        let mut socket = TcpStream::connect(echo(short()).await).await.unwrap();
        socket.write_all(&[head.as_bytes(), &fragments].concat()).await.unwrap();
        let answer = rest(socket).await;
        assert!(answer.ends_with(&closed(1008)), "{}", String::from_utf8_lossy(&answer));
    }
}

#[tokio::test]
async fn a_message_too_long_is_refused_before_it_is_read() {
    let too_long = |reason: &[u8]| plain(CLOSE, &[&1009u16.to_be_bytes(), reason].concat());
    let at = echo(Limits { max_frame: 1000, ..short() }).await;
    let whole = [header(BINARY, 1001, 0x80), MASK.to_vec()].concat();
    let endless = [header(BINARY, usize::MAX >> 1, 0x80), MASK.to_vec()].concat();
    let parts = [masked(BINARY_BEGINS, &[0; 600]), masked(MORE, &[0; 401])].concat();
    for sent in [whole, endless, parts] {
        assert_eq!(answer_to(at, &sent).await, too_long(b"message too long"));
    }
}

#[tokio::test]
async fn text_may_be_cut_anywhere_but_must_be_utf_8() {
    let at = echo(Limits { max_fragments: 64, ..short() }).await;
    let cut = |text: &[u8]| -> Vec<Vec<u8>> {
        let halves = (0..=text.len()).map(|at| text.split_at(at));
        halves.map(|(a, b)| [masked(TEXT_BEGINS, a), masked(LAST, b)].concat()).collect()
    };
    let good = "κόσμε € \u{10FFFF} \u{FFFE} \0".as_bytes();
    echoes(at, cut(good).into_iter().map(|sent| (sent, plain(TEXT, good)))).await;
    // RFC 3629: a stray continuation, overlong forms, surrogates, past U+10FFFF, never used, cut off.
    let bad: [&[u8]; 7] =
        [b"a\x80", b"\xC0\xAF", b"\xE0\x80\xAF", b"\xED\xA0\x80", b"\xF4\x90\x80\x80", b"a\xFF", b"\xE2\x82"];
    for text in bad {
        refuses(at, 1007, [masked(TEXT, text)]).await;
        refuses(at, 1007, cut(text)).await;
    }
}
