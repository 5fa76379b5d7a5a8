//! The cookie in which a browser keeps the word that `/login` has given it.
//!
//! What must never live here: what a word is worth.

use http::header::{COOKIE, HOST, HeaderMap};
use http::uri::Authority;

use super::shown::text;

/// The words that a request shows: one, but for whoever writes requests by hand.
pub(super) fn words_of<'h>(headers: &'h HeaderMap, scheme: &str) -> impl Iterator<Item = &'h str> + use<'h> {
    let name = name(headers, scheme);
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(known, _)| *known == name).map(|(_, word)| word)
}

/// Has the browser keep a word until it is closed (RFC 6265bis): for this host alone, told to no script and to no other
/// site.
pub(super) fn keeping(word: &str, headers: &HeaderMap, scheme: &str) -> String {
    let secure = if scheme == "https" { "; Secure" } else { "" };
    format!("{}={word}; Path=/; HttpOnly; SameSite=Strict{secure}", name(headers, scheme))
}

/// Has the browser forget it.
pub(super) fn forgetting(headers: &HeaderMap, scheme: &str) -> String {
    keeping("", headers, scheme) + "; Max-Age=0"
}

/// Cookies know no ports, and of one host there may be many daemons: so the name has the port that the browser dials.
/// What no page without TLS can set begins as RFC 6265bis says (section 4.1.3.2).
fn name(headers: &HeaderMap, scheme: &str) -> String {
    let (prefix, own) = if scheme == "https" { ("__Host-", 443) } else { ("", 80) };
    let dialled = text(headers, HOST).and_then(|host| host.parse::<Authority>().ok());
    let port = dialled.and_then(|host| host.port_u16()).unwrap_or(own);
    format!("{prefix}car-{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialled(host: &str) -> HeaderMap {
        HeaderMap::from_iter([(HOST, host.parse().expect("a value"))])
    }

    #[test]
    fn its_name_is_that_of_the_port_which_is_dialled() {
        for (host, scheme, is) in [
            ("car:8080", "http", "car-8080"),
            ("[::1]:8081", "http", "car-8081"),
            ("car", "http", "car-80"),
            ("car:8443", "https", "__Host-car-8443"),
            ("car", "https", "__Host-car-443"),
        ] {
            assert_eq!(name(&dialled(host), scheme), is, "{scheme}://{host}");
        }
        assert_eq!(name(&HeaderMap::new(), "http"), "car-80");
    }

    #[test]
    fn it_is_for_this_host_and_no_script_and_over_tls_for_tls_alone() {
        let (headers, word) = (dialled("car:8080"), "0a1b");
        let kept = |scheme| keeping(word, &headers, scheme);
        assert_eq!(kept("http"), "car-8080=0a1b; Path=/; HttpOnly; SameSite=Strict");
        assert_eq!(kept("https"), "__Host-car-8080=0a1b; Path=/; HttpOnly; SameSite=Strict; Secure");
        let gone = forgetting(&headers, "http");
        assert_eq!(gone, "car-8080=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    }
}
