//! Texts without the names and passwords that stand in their URLs.
//!
//! What must never live here: the use of one.

/// The text, with `…` for what stands before the `@` of a URL.
pub(crate) fn without(text: &str) -> String {
    let mut pieces = text.split("://");
    let mut told = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        // A host ends at the first of these (RFC 3986, 3.2); an `@` after that is part of something else.
        let end = piece.find(|letter: char| "/?#\"'<>".contains(letter) || letter.is_whitespace());
        let (host, rest) = piece.split_at(end.unwrap_or(piece.len()));
        let shown = host.rfind('@').map_or(host.to_owned(), |at| format!("…{}", &host[at..]));
        told = told + "://" + &shown + rest;
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_host_is_left_out_and_nothing_else() {
        for (text, told) in [
            ("http://me:secret@car:8080/?action=stream", "http://…@car:8080/?action=stream"),
            ("http://me:se@cret@car/", "http://…@car/"),
            ("no http://car/a@b, rtsp://x@y.", "no http://car/a@b, rtsp://…@y."),
            ("me@home", "me@home"),
            ("", ""),
        ] {
            assert_eq!(without(text), told);
        }
    }
}
