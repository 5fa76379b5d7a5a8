//! Who may come, as the configuration says it: pages and names of `[auth]`, and the files of `[tls]`.

use std::path::{Path, PathBuf};

use hal::file::{Field, Item, Reader, Table};
use transport::{Forbidden, HostName, Origin, Web};

use super::Config;
use crate::certificate;

/// The `[tls]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, with its chain, and its key, both in PEM; `None` for one of the daemon's own.
    pub pair: Option<(PathBuf, PathBuf)>,
    /// Certificates, in PEM, of those who vouch for clients; without it no client needs one.
    pub client_ca: Option<PathBuf>,
}

/// Reads pages and names out of `[auth]`.
pub(super) fn read_web(auth: &mut Table<'_>, web: &mut Web) {
    fn values<T>(items: Vec<Item<T>>) -> Vec<T> {
        items.into_iter().map(|item| item.value).collect()
    }
    if let Some(origins) = auth.get("allow_origins").parsed_list::<Origin>() {
        web.origins = values(origins);
    }
    if let Some(hosts) = auth.get("allow_hosts").parsed_list::<HostName>() {
        web.hosts = values(hosts);
    }
}

/// Reads `[tls]`, and whether what it names can be used. Paths begin at `folder`.
pub(super) fn read_tls(reader: &Reader<'_>, root: &mut Table<'_>, folder: &Path, config: &mut Config) {
    let Some(mut table) = root.get("tls").table() else { return };
    let [certificate, key, client_ca] = ["cert", "key", "client_ca"].map(|key| table.get(key));
    // An empty one is none, so that a file can say that there is none.
    let path =
        |field: &Field<'_>| field.string().filter(|path| !path.is_empty()).map(|path| folder.join(path));
    let pair = match (path(&certificate), path(&key)) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (Some(_), None) => {
            reader.fault(
                &certificate.spot(),
                "is a certificate without its key",
                "name the key's file: key = \"…\"",
            );
            None
        }
        (None, Some(_)) => {
            reader.fault(
                &key.spot(),
                "is a key without its certificate",
                "name the certificate's file: cert = \"…\"",
            );
            None
        }
    };
    config.tls = TlsFiles { pair, client_ca: path(&client_ca) };
    let spot = table.spot();
    table.finish();
    // Its own certificate is made when it is needed, and not by a look at the configuration.
    if let Err(error) = certificate::check(&config.tls) {
        reader.fault(&spot, error, "");
    }
}

/// The line under `[auth]` that would let somebody in who was refused; `None` where none would.
pub(crate) fn line_that_allows(web: &Web, refused: &Forbidden) -> Option<String> {
    fn list(key: &str, known: &[impl ToString], new: &impl ToString) -> String {
        let all = known.iter().map(ToString::to_string).chain([new.to_string()]);
        let quoted: Vec<_> = all.map(|value| toml::Value::String(value).to_string()).collect();
        format!("{key} = [{}]", quoted.join(", "))
    }
    match refused {
        Forbidden::Origin(page) => {
            page.parse().ok().map(|page: Origin| list("allow_origins", &web.origins, &page))
        }
        Forbidden::Host(name) => {
            let name = name.split(':').next()?.parse().ok();
            name.map(|name: HostName| list("allow_hosts", &web.hosts, &name))
        }
        Forbidden::Unclear => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_would_allow_a_page_or_a_name_keeps_what_is_allowed_already() {
        let web = Web { origins: vec!["null".parse().expect("one")], ..Web::default() };
        for (refused, line) in [
            (
                Forbidden::Origin("HTTP://Panel.example:80".into()),
                Some(r#"allow_origins = ["null", "http://panel.example"]"#),
            ),
            (Forbidden::Host("Car.lan:9900".into()), Some(r#"allow_hosts = ["car.lan"]"#)),
            (Forbidden::Origin("http://a http://b".into()), None),
            (Forbidden::Host("\\u{1b}[2J".into()), None),
            (Forbidden::Unclear, None),
        ] {
            assert_eq!(line_that_allows(&web, &refused).as_deref(), line, "{refused}");
        }
    }
}
