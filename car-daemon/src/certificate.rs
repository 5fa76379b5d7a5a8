//! The certificate that listeners on `tls://` and `wss://` show: out of the files that the
//! configuration names, or the daemon's own, made on first start and kept in its state folder.
//!
//! How TLS is spoken, and what a certificate is worth, must never be known here.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use transport::{BadPem, HostName, Identity, Roots, ServerTls};

use crate::config::{Config, TlsFiles};
use crate::machine;

/// The file of the daemon's own certificate and key: one, so that they cannot fall apart.
const OWN: &str = "tls.pem";

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("{}: {source}", path.display())]
    Bad {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: BadPem,
    },
    /// The daemon's own file is damaged. It is not replaced: clients have pinned what it held.
    #[error("{}: {source}; put a copy back, or remove it: the next start makes a new one, which clients must pin anew", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: BadPem,
    },
    /// The daemon's own file cannot be kept.
    #[error("{}: a certificate cannot be kept there: {source}; name one of your own under [tls]", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no place to keep it.
    #[error(
        "there is no folder to keep a certificate in: set `state_dir`, or name a certificate under [tls]"
    )]
    NoFolder,
    /// It could not be made.
    #[error("a certificate cannot be made: {0}")]
    Make(#[from] rcgen::Error),
}

/// What listeners over TLS show, where the configuration has any.
pub(crate) fn for_listeners(config: &Config) -> Result<Option<ServerTls>, CertificateError> {
    let mut endpoints = config.listen.iter().chain(config.http.endpoints());
    if !endpoints.any(|endpoint| ["tls", "wss"].contains(&endpoint.scheme())) {
        return Ok(None);
    }
    let named = load(&config.tls)?;
    let (identity, path) = match named.identity {
        Some(named) => named,
        None => {
            let folder = config.state_dir.as_deref().ok_or(CertificateError::NoFolder)?;
            (own(folder, &machine::names(&config.name))?, folder.join(OWN))
        }
    };
    ServerTls::new(&identity, named.clients.as_ref()).map(Some).map_err(bad(&path))
}

/// Whether the files that a configuration names can be used.
pub(crate) fn check(files: &TlsFiles) -> Result<(), CertificateError> {
    match load(files)?.identity {
        None => Ok(()),
        Some((identity, path)) => ServerTls::new(&identity, None).map(drop).map_err(bad(&path)),
    }
}

/// What is in the files.
struct Named {
    identity: Option<(Identity, PathBuf)>,
    clients: Option<Roots>,
}

fn load(files: &TlsFiles) -> Result<Named, CertificateError> {
    let identity = match &files.pair {
        None => None,
        Some((certificate, key)) => Some((pair(certificate, key)?, certificate.clone())),
    };
    let clients = match &files.client_ca {
        None => None,
        Some(path) => Some(Roots::from_pem(&read(path)?).map_err(bad(path))?),
    };
    Ok(Named { identity, clients })
}

fn pair(certificate: &Path, key: &Path) -> Result<Identity, CertificateError> {
    let (chain, secret) = (read(certificate)?, read(key)?);
    if fs::metadata(key).is_ok_and(|file| file.permissions().mode() & 0o007 != 0) {
        tracing::warn!("{}: every user of this machine can read this key: chmod 0600 it", key.display());
    }
    Identity::from_pem(&chain, &secret).map_err(|source| match source {
        BadPem::NoKey => bad(key)(source),
        _ => bad(certificate)(source),
    })
}

/// The daemon's own identity, which is made where there is none.
fn own(folder: &Path, names: &[HostName]) -> Result<Identity, CertificateError> {
    let path = folder.join(OWN);
    match read(&path) {
        Err(CertificateError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        pem => {
            let pem = pem?;
            return Identity::from_pem(&pem, &pem)
                .map_err(|source| CertificateError::Damaged { path, source });
        }
    }
    let pem = make(names)?;
    keep(folder, &path, &pem).map_err(|source| CertificateError::Write { path: path.clone(), source })?;
    // Read again: another daemon may have been quicker, and what is kept is what counts.
    let pem = read(&path)?;
    Identity::from_pem(&pem, &pem).map_err(|source| CertificateError::Damaged { path, source })
}

/// A new certificate and its key. It is in date from 1975 to 4096, rcgen's choice: a car may have no
/// clock, and what clients go by is its fingerprint.
fn make(names: &[HostName]) -> Result<String, rcgen::Error> {
    let names = names.iter().map(HostName::to_string);
    let everywhere = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut params = rcgen::CertificateParams::new(everywhere.into_iter().chain(names).collect::<Vec<_>>())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, "car-daemon");
    let key = rcgen::KeyPair::generate()?;
    Ok(params.self_signed(&key)?.pem() + &key.serialize_pem())
}

/// Writes a whole file or none, for its owner alone, and never over another.
fn keep(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let unfinished = folder.join(format!(".{OWN}.{}", std::process::id()));
    // What a crash has left of another process with this number.
    drop(fs::remove_file(&unfinished));
    let kept = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        match fs::hard_link(&unfinished, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            // A file system that knows no links.
            Err(_) => fs::rename(&unfinished, path),
            Ok(()) => Ok(()),
        }?;
        File::open(folder)?.sync_all()
    })();
    drop(fs::remove_file(&unfinished));
    kept
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    fs::read(path).map_err(|source| CertificateError::Read { path: path.to_owned(), source })
}

fn bad(path: &Path) -> impl FnOnce(BadPem) -> CertificateError {
    let path = path.to_owned();
    |source| CertificateError::Bad { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<HostName> {
        vec!["car.local".parse().expect("a host")]
    }

    #[test]
    fn a_certificate_is_made_once_and_kept_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state/car-daemon");
        let first = own(&state, &names()).expect("made").fingerprint();
        let again = own(&state, &names()).expect("kept").fingerprint();
        assert_eq!(first, again);
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&state), mode(&state.join(OWN))), (0o700, 0o600));
        assert_eq!(fs::read_dir(&state).expect("a folder").count(), 1, "nothing unfinished is left");
    }

    #[test]
    fn of_two_daemons_that_make_one_at_once_the_first_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(OWN);
        let (first, second) = (make(&names()).expect("made"), make(&names()).expect("made"));
        for pem in [&first, &second] {
            keep(folder.path(), &path, pem).expect("kept");
        }
        assert_eq!(fs::read_to_string(&path).expect("text"), first);
    }

    #[test]
    fn a_damaged_file_is_told_and_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(OWN);
        let whole = make(&names()).expect("made");
        for damaged in ["", "garbage", &whole[..100], &whole[..whole.len() - 60]] {
            fs::write(&path, damaged).expect("written");
            let error = own(folder.path(), &names()).expect_err("no identity").to_string();
            assert!(error.contains("tls.pem: holds no") && error.contains("pin anew"), "{error}");
            assert_eq!(fs::read_to_string(&path).expect("text"), damaged);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_with_the_way_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a file");
        fs::write(&file, "").expect("written");
        let error = own(&file.join("state"), &names()).expect_err("no place").to_string();
        assert!(error.contains("a file/state/tls.pem"), "{error}");
    }

    #[test]
    fn files_that_do_not_fit_say_which_one_is_wrong() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("written");
            path
        };
        let (one, other) = (make(&names()).expect("made"), make(&names()).expect("made"));
        let (one, other, empty) = (write("one", &one), write("other", &other), write("empty", ""));
        let error = |certificate: &Path, key: &Path, client_ca: Option<&Path>| {
            let pair = Some((certificate.to_owned(), key.to_owned()));
            let files = TlsFiles { pair, client_ca: client_ca.map(Path::to_owned) };
            check(&files).err().map(|error| error.to_string())
        };
        assert_eq!(error(&one, &one, None), None);
        assert_eq!(error(&one, &one, Some(&other)), None);
        for (certificate, key, clients, words) in [
            (&empty, &one, None, "empty: holds no certificate"),
            (&one, &empty, None, "empty: holds no private key"),
            (&one, &one, Some(&*empty), "empty: holds no certificate"),
            (&one, &other, None, "one: cannot be used"),
            (&folder.path().join("none"), &one, None, "none: cannot be read"),
        ] {
            let said = error(certificate, key, clients).expect("wrong");
            assert!(said.contains(words), "{said}");
        }
    }
}
