//! The token that a request shows, and by what.
//!
//! What must never live here: what a token is worth.

use axum::extract::Query;
use http::header::{AUTHORIZATION, AsHeaderName, HOST, ORIGIN};
use http::{HeaderMap, Uri};
use protocol::Token;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use transport::Origin;

use super::cookie::words_of;
use super::passes::Passes;
use crate::access::Access;

/// Where a browser says whose page it asks for (Fetch Metadata Request Headers, section 2.4).
const FETCH_SITE: &str = "sec-fetch-site";

/// A token, and what it came by.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) token: Token,
    pub(super) by: By,
}

/// What a token came by.
#[derive(Debug)]
pub(super) enum By {
    /// By what a page of others cannot have a browser send.
    Word,
    /// By the target, which any page can have a browser ask for.
    Query,
    /// By a cookie, which a browser sends unasked; it is worth something until this is cancelled.
    Cookie(CancellationToken),
}

impl By {
    /// What ends with the cookie, if it was one.
    pub(super) fn pass(self) -> Option<CancellationToken> {
        if let Self::Cookie(pass) = self { Some(pass) } else { None }
    }
}

#[derive(Deserialize)]
struct Asked {
    token: Option<String>,
}

/// The token of a request: by `Authorization` (RFC 6750, section 2.1) before `?token=`, and both before the
/// cookie, which counts only for the daemon's own page. A cookie that is not known shows nothing: it is of an earlier
/// daemon, or of a token that is gone.
pub(super) fn shown(
    headers: &HeaderMap,
    uri: &Uri,
    scheme: &str,
    (passes, access): (&Passes, &Access),
) -> Option<Shown> {
    let said = bearer(headers).map(|token| Shown { token, by: By::Word });
    said.or_else(|| by_query(uri).map(|token| Shown { token, by: By::Query })).or_else(|| {
        let mut words = words_of(headers, scheme).filter(|_| is_own_page(headers, scheme));
        let (token, pass) = words.find_map(|word| passes.pass(word, access))?;
        Some(Shown { token, by: By::Cookie(pass) })
    })
}

/// Whether a request comes from the daemon's own page, as far as a browser says: to the port the same, where any
/// page of the host may ask. Whoever says nothing is no page, or an address that somebody typed.
pub(super) fn is_own_page(headers: &HeaderMap, scheme: &str) -> bool {
    let site = text(headers, FETCH_SITE).is_none_or(|site| site == "same-origin" || site == "none");
    site && (headers.get(ORIGIN).is_none() || is_own_origin(headers, scheme))
}

/// Whether a request says that it comes from the daemon's own page.
pub(super) fn is_own_origin(headers: &HeaderMap, scheme: &str) -> bool {
    let origin = text(headers, ORIGIN).and_then(|text| text.parse::<Origin>().ok());
    let own = text(headers, HOST).and_then(|host| format!("{scheme}://{host}").parse::<Origin>().ok());
    origin.is_some() && origin == own
}

fn bearer(headers: &HeaderMap) -> Option<Token> {
    headers.get_all(AUTHORIZATION).iter().find_map(|value| {
        let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
        scheme.eq_ignore_ascii_case(b"Bearer ").then(|| Token::claimed(token.trim_ascii()))
    })
}

fn by_query(uri: &Uri) -> Option<Token> {
    let Query(Asked { token }) = Query::try_from_uri(uri).ok()?;
    // A token holds no space, and a `+` is read as one (URL Standard, section 5.1).
    token.map(|token| Token::claimed(token.replace(' ', "+").as_bytes()))
}

pub(super) fn text(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use http::HeaderName;
    use protocol::Role;

    use super::*;
    use crate::config::{Auth, TokenRow};

    /// What is found where the token `of-three` is known, and was given the word that stands in the headers as `WORD`.
    fn found(path: &str, headers: &[(&'static str, &str)]) -> Option<(String, bool)> {
        let token = Token::new("of-three");
        let row = TokenRow { token: token.clone(), role: Role::Driver, name: "three".into(), priority: None };
        let access = Access::new(Auth { tokens: vec![row], ..Auth::default() }, 0);
        let passes = Passes::default();
        let word = passes.give(&token, &access).expect("drawn");
        let map = headers
            .iter()
            .map(|(name, value)| (*name, value.replace("WORD", &word)))
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value")))
            .collect();
        let uri: Uri = path.parse().expect("a path");
        let shown = shown(&map, &uri, "http", (&passes, &access));
        shown.map(|shown| (shown.token.expose().to_owned(), matches!(shown.by, By::Cookie(_))))
    }

    #[test]
    fn a_token_is_shown_by_header_by_query_or_by_cookie_in_this_order() {
        let (bearer, cookie) = (("authorization", "bearer  one-token"), ("cookie", "a=b; car-80=WORD"));
        let said = |token: &str| Some((token.to_owned(), false));
        assert_eq!(found("/state?token=two-token", &[bearer, cookie]), said("one-token"));
        assert_eq!(found("/?action=stream&token=two%2Dtoken", &[cookie]), said("two-token"));
        assert_eq!(found("/?token=a+b%2Bc", &[]), said("a+b+c"));
        let by_cookie = Some(("of-three".to_owned(), true));
        assert_eq!(found("/state", &[cookie]), by_cookie);
        assert_eq!(found("/state", &[("cookie", "car-80=1; car-80=WORD")]), by_cookie);
        assert_eq!(found("/state", &[("authorization", "Basic abc"), ("cookie", "x-car-80=WORD")]), None);
    }

    #[test]
    fn a_cookie_of_another_port_or_that_nobody_was_given_shows_nothing() {
        let host = ("host", "car:8080");
        for (cookie, counts) in [
            ("car-8080=WORD", true),
            ("car-8081=WORD", false),
            ("__Host-car-8080=WORD", false),
            ("car-8080=of-three", false),
            ("car-8080=00000000000000000000000000000000", false),
            ("car-token=of-three", false),
        ] {
            assert_eq!(found("/state", &[host, ("cookie", cookie)]).is_some(), counts, "{cookie}");
        }
    }

    #[test]
    fn a_cookie_counts_for_the_daemons_own_page_alone() {
        let (cookie, host) = (("cookie", "car-8080=WORD"), ("host", "car:8080"));
        for (header, value, counts) in [
            ("origin", "http://car:8080", true),
            ("origin", "http://CAR:8080", true),
            ("origin", "http://car", false),
            ("origin", "https://car:8080", false),
            ("origin", "http://evil.example", false),
            ("origin", "null", false),
            ("sec-fetch-site", "same-origin", true),
            ("sec-fetch-site", "none", true),
            ("sec-fetch-site", "same-site", false),
            ("sec-fetch-site", "cross-site", false),
        ] {
            assert_eq!(found("/", &[cookie, host, (header, value)]).is_some(), counts, "{header}: {value}");
        }
        let said = found("/?token=two-token", &[("origin", "null"), host]);
        assert!(said.is_some(), "who knows a token may be whoever it is");
    }
}
