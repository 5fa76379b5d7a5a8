//! The datagrams of the handshake, byte by byte. What they prove must never be known here.

use super::{MAGIC, Nonce};
use crate::keys::LONGEST_NAME;

/// Longest datagram of a handshake: an opening with the longest name.
pub(crate) const LONGEST: usize = 2 + 16 + COOKIE + 1 + LONGEST_NAME + TAG;

/// Bytes of a cookie.
pub(super) const COOKIE: usize = 24;

/// Bytes of a tag: half of HMAC-SHA-256, which RFC 2104 (section 5) takes for enough.
pub(super) const TAG: usize = 16;

/// Bytes of a hello, and of the cookie that answers it.
const HELLO: usize = 2 + 16 + COOKIE;

const KIND_HELLO: u8 = 0x20;
const KIND_COOKIE: u8 = 0x21;
const KIND_OPEN: u8 = 0x22;
const KIND_ACCEPT: u8 = 0x23;

/// A datagram of the handshake; `signed` is what stands before its tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Handshake<'a> {
    /// From the dialler: who is there?
    Hello { client: Nonce },
    /// From the listener: come back with this.
    Cookie { client: Nonce, cookie: [u8; COOKIE] },
    /// From the dialler: here it is, and I have the secret of this name.
    Open(Opening<'a>),
    /// From the listener: so have I. It forgets after `idle_ms` of silence.
    Accept { client: Nonce, server: Nonce, idle_ms: u32, signed: &'a [u8], tag: [u8; TAG] },
}

/// By what a dialler opens a session.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opening<'a> {
    pub(super) client: Nonce,
    pub(super) cookie: [u8; COOKIE],
    pub(super) name: &'a str,
    pub(super) signed: &'a [u8],
    pub(super) tag: [u8; TAG],
}

/// Whether a datagram says that it belongs to a handshake.
pub(super) fn is_handshake(datagram: &[u8]) -> bool {
    matches!(datagram, [MAGIC, KIND_HELLO..=KIND_ACCEPT, ..])
}

/// Reads a datagram of the handshake. Nothing may be missing, and nothing may follow.
pub(super) fn parse(datagram: &[u8]) -> Option<Handshake<'_>> {
    let ([magic, kind], rest) = datagram.split_first_chunk()?;
    let (client, rest) = rest.split_first_chunk::<16>()?;
    let client = *client;
    match (*magic, *kind) {
        (MAGIC, KIND_HELLO) => (*rest == [0; COOKIE]).then_some(Handshake::Hello { client }),
        (MAGIC, KIND_COOKIE) => Some(Handshake::Cookie { client, cookie: rest.try_into().ok()? }),
        (MAGIC, KIND_OPEN) => {
            let (cookie, rest) = rest.split_first_chunk()?;
            let (name, tag) = rest.split_last_chunk()?;
            let (len, name) = name.split_first()?;
            let name = (name.len() == usize::from(*len) && name.len() <= LONGEST_NAME).then_some(name)?;
            let (name, signed) = (str::from_utf8(name).ok()?, &datagram[..datagram.len() - TAG]);
            Some(Handshake::Open(Opening { client, cookie: *cookie, name, signed, tag: *tag }))
        }
        (MAGIC, KIND_ACCEPT) => {
            let (server, rest) = rest.split_first_chunk()?;
            let (idle, tag) = rest.split_first_chunk()?;
            let (idle_ms, tag) = (u32::from_be_bytes(*idle), tag.try_into().ok()?);
            let signed = &datagram[..datagram.len() - TAG];
            Some(Handshake::Accept { client, server: *server, idle_ms, signed, tag })
        }
        _ => None,
    }
}

/// A hello: as long as its answer, with zeros where that has the cookie.
pub(super) fn hello(client: &Nonce) -> Vec<u8> {
    let mut datagram = vec![MAGIC, KIND_HELLO];
    datagram.extend_from_slice(client);
    datagram.resize(HELLO, 0);
    datagram
}

pub(super) fn cookie(client: &Nonce, cookie: &[u8; COOKIE]) -> Vec<u8> {
    [&[MAGIC, KIND_COOKIE], &client[..], cookie].concat()
}

/// An opening without its tag. A key's name fits: it has at most [`LONGEST_NAME`] bytes.
pub(super) fn open(client: &Nonce, cookie: &[u8; COOKIE], name: &str) -> Vec<u8> {
    [&[MAGIC, KIND_OPEN], &client[..], cookie, &[name.len() as u8], name.as_bytes()].concat()
}

/// An acceptance without its tag.
pub(super) fn accept(client: &Nonce, server: &Nonce, idle_ms: u32) -> Vec<u8> {
    [&[MAGIC, KIND_ACCEPT], &client[..], server, &idle_ms.to_be_bytes()].concat()
}
