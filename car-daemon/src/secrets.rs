//! Texts without the secrets that stand in their URLs: names and passwords, and what is asked for behind a `?`, since a
//! token is shown there.
//!
//! What must never live here: the use of one.

/// The text, with `…` for what stands before the `@` of a URL, and for what stands behind its `?` or `#`.
pub(crate) fn without(text: &str) -> String {
    let mut pieces = text.split("://");
    let mut told = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        // A host ends at the first of these (RFC 3986, 3.2); an `@` after that is part of something else.
        let end = piece.find(|letter: char| "/?#\"'<>".contains(letter) || letter.is_whitespace());
        let (host, rest) = piece.split_at(end.unwrap_or(piece.len()));
        let shown = host.rfind('@').map_or(host.to_owned(), |at| format!("…{}", &host[at..]));
        // A URL ends where no letter of one stands; what stands in it before is where it leads.
        let over = |letter: char| "\"'<>`".contains(letter) || letter.is_whitespace();
        let (url, after) = rest.split_at(rest.find(over).unwrap_or(rest.len()));
        let path = url.find(['?', '#']).map_or(url.to_owned(), |at| format!("{}…", &url[..=at]));
        told = told + "://" + &shown + &path + after;
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_host_is_left_out_and_nothing_else() {
        for (text, told) in [
            ("http://me:secret@car:8080/?action=stream", "http://…@car:8080/?…"),
            ("http://car/stream?token=secret", "http://car/stream?…"),
            (
                "http://car/?action=stream&token=secret: gone, `http://b?c=secret` too",
                "http://car/?… gone, `http://b?…` too",
            ),
            ("http://car?token=secret#x y", "http://car?… y"),
            ("http://car/live#secret", "http://car/live#…"),
            ("http://me:se@cret@car/", "http://…@car/"),
            ("no http://car/a@b, rtsp://x@y.", "no http://car/a@b, rtsp://…@y."),
            ("me@home", "me@home"),
            ("", ""),
        ] {
            assert_eq!(without(text), told);
        }
    }
}
