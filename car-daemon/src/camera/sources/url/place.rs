//! Where pictures are: a URL, and how it may be shown.
//!
//! What must never live here: a connection.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;

use crate::secrets;

/// A URL, taken apart.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
    /// Host and port, as the request names them.
    pub(super) name: HeaderValue,
    pub(super) path: Uri,
    /// Name and password, if there are any.
    pub(super) authorization: Option<HeaderValue>,
    /// For people.
    pub(super) shown: String,
}

impl Place {
    pub(super) fn of(url: &str) -> Result<Self, String> {
        let shown = secrets::without(url);
        let wrong = || format!("`{shown}` is no URL as http://camera:8080/?action=stream is");
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        if uri.scheme_str() != Some("http") {
            return Err(format!("{}; of schemes only http is known", wrong()));
        }
        let (host, whole) = uri.host().zip(uri.authority()).ok_or_else(wrong)?;
        let (person, name) =
            whole.as_str().rsplit_once('@').map_or((None, whole.as_str()), |(p, n)| (Some(p), n));
        let basic = |person: &str| {
            let person: Vec<u8> = percent_decode_str(person).collect();
            let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(person))).ok()?;
            value.set_sensitive(true);
            Some(value)
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(80),
            name: HeaderValue::try_from(name).map_err(|_| wrong())?,
            path: path.parse().map_err(|_| wrong())?,
            authorization: person.and_then(basic),
            shown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_shown_without_what_may_be_secret() {
        let place = Place::of("http://me:p%40ss@camera:8081/live?x=1#part").unwrap();
        assert_eq!(
            (place.host.as_str(), place.port, place.path.to_string().as_str()),
            ("camera", 8081, "/live?x=1")
        );
        assert_eq!(place.name, "camera:8081");
        // Of `me:p@ss`.
        assert_eq!(place.authorization.unwrap(), "Basic bWU6cEBzcw==");
        assert_eq!(place.shown, "http://…@camera:8081/live?…");
        // As it should be written `p%40ss`, and is clear all the same.
        let place = Place::of("http://me:p@ss@camera/").unwrap();
        assert_eq!(
            (place.host.as_str(), place.authorization.unwrap()),
            ("camera", "Basic bWU6cEBzcw==".parse().unwrap())
        );
        assert_eq!(place.name, "camera");
        let place = Place::of("http://[::1]/?action=stream").unwrap();
        assert_eq!(
            (place.host.as_str(), place.port, place.path.to_string().as_str()),
            ("::1", 80, "/?action=stream")
        );
        assert!(place.authorization.is_none());
    }

    #[test]
    fn what_is_no_url_of_http_is_refused_without_its_password() {
        for url in
            ["", "camera", "file:///etc/passwd", "https://me:secret@camera/", "http://", "http://me:secret@"]
        {
            let said = Place::of(url).map(drop).unwrap_err();
            assert!(said.contains("is no URL as") && !said.contains("secret"), "{url}: {said}");
        }
    }
}
