//! Texts without the secrets that stand in their URLs: names and passwords, and what is asked for behind a `?`, since a
//! token is shown there.
//!
//! What must never live here: the use of one.

/// The text, with `…` for what stands before the last `@` of a URL, and for what stands behind its `?` or `#`. A
/// password may have been written as it is, with letters in it that should end it: so much of a URL is left out that
/// none of it is told, wherever it was meant to end.
pub(crate) fn without(text: &str) -> String {
    let (mut told, mut rest) = (String::new(), text);
    while let Some(at) = rest.find("://") {
        let (before, behind) = rest.split_at(at + "://".len());
        // A URL ends where no letter of one stands.
        let over = |letter: char| "\"'<>`".contains(letter) || letter.is_whitespace();
        let (url, after) = behind.split_at(behind.find(over).unwrap_or(behind.len()));
        told += before;
        match (url.rfind('@'), url.find(['?', '#'])) {
            (Some(at), Some(asked)) if asked < at => told.push('…'),
            (person, asked) => {
                let shown = &url[person.unwrap_or(0)..asked.map_or(url.len(), |asked| asked + 1)];
                told = told + person.map_or("", |_| "…") + shown + asked.map_or("", |_| "…");
            }
        }
        rest = after;
    }
    told + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_host_and_what_is_asked_for_is_left_out_and_little_else() {
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
            ("no http://car/a, rtsp://x@y.", "no http://car/a, rtsp://…@y."),
            ("http://me:se/cret@car/live", "http://…@car/live"),
            ("http://me:se#cret@car/live", "http://…"),
            ("http://me:se?cret@car/ is off", "http://… is off"),
            ("http://me:a://b@car/", "http://…@car/"),
            ("http://car/?mail=a@secret", "http://…"),
            ("me@home", "me@home"),
            ("", ""),
        ] {
            assert_eq!(without(text), told);
        }
    }
}
