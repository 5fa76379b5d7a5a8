//! A byte stream that a peer sends in any pieces.

use transport::bare::Framed;
use transport::{Limits, RecvError};

/// Short, so that what is too long is found soon.
const LONGEST: usize = 300;

/// The first byte says how long the pieces are, the rest is the stream.
pub(super) fn any_reads(framing: &str, data: &[u8]) {
    let Some((first, stream)) = data.split_first() else { return };
    let limits = Limits { max_frame: LONGEST, ..Limits::default() };
    let read = |size: usize| {
        let mut framed = Framed::new(framing, &limits);
        (framed.read(stream.chunks(size)), framed)
    };
    let (at_once, mut framed) = read(stream.len().max(1));
    let (in_pieces, _) = read(usize::from(*first % 16) + 1);
    assert_eq!(format!("{at_once:?}"), format!("{in_pieces:?}"), "where it was cut made a difference");
    for frame in at_once.into_iter().flatten() {
        assert!(frame.data.len() <= LONGEST);
        // What a framing cannot carry it may have read all the same: a line that is empty, a broken text.
        let Ok(bytes) = framed.write(frame.clone()) else { continue };
        let again = Framed::new(framing, &limits).read(std::iter::once(&bytes[..]));
        let same = |message: &Result<_, RecvError>| message.as_ref().is_ok_and(|read| *read == frame);
        assert!(framing == "auto" || again.first().is_none_or(same), "{frame:?} came back as {again:?}");
    }
}
