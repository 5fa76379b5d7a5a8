//! Where the daemon keeps what must outlive it: one folder, by the rules of systemd and of the XDG base
//! directory specification. What lies in it must never be known here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// `$STATE_DIRECTORY`, which systemd sets; else `$XDG_STATE_HOME/car-daemon`; else, for root,
/// `/var/lib/car-daemon`; else `~/.local/state/car-daemon`. `None` where there is no home either. It
/// need not exist yet.
pub(crate) fn standard() -> Option<PathBuf> {
    choose(|name| std::env::var_os(name), rustix::process::geteuid().is_root())
}

/// Relative paths are passed over, as the specification has it.
fn choose(variable: impl Fn(&str) -> Option<OsString>, root: bool) -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    // Of several folders, which a unit may ask for, the first is ours (systemd.exec(5)).
    let of_unit = variable("STATE_DIRECTORY")
        .and_then(|list| std::env::split_paths(&list).next().filter(|first| first.is_absolute()));
    of_unit.or_else(|| {
        let state = absolute("XDG_STATE_HOME").map(|state| state.join("car-daemon"));
        state.or_else(|| match root {
            true => Some(Path::new("/var/lib/car-daemon").to_owned()),
            false => absolute("HOME").map(|home| home.join(".local/state/car-daemon")),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(variables: &[(&str, &str)], root: bool) -> Option<String> {
        let value =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, v)| OsString::from(v));
        choose(value, root).map(|path| path.display().to_string())
    }

    #[test]
    fn the_folder_is_the_units_then_the_users_then_the_systems() {
        let (unit, xdg, home) = (
            ("STATE_DIRECTORY", "/run/a:/run/b"),
            ("XDG_STATE_HOME", "/home/me/state"),
            ("HOME", "/home/me"),
        );
        for (variables, root, folder) in [
            (&[unit, xdg, home][..], true, Some("/run/a")),
            (&[xdg, home], true, Some("/home/me/state/car-daemon")),
            (&[home], true, Some("/var/lib/car-daemon")),
            (&[home], false, Some("/home/me/.local/state/car-daemon")),
            (
                &[("STATE_DIRECTORY", ""), ("XDG_STATE_HOME", "relative"), home],
                false,
                Some("/home/me/.local/state/car-daemon"),
            ),
            (&[], false, None),
        ] {
            assert_eq!(chosen(variables, root).as_deref(), folder, "{variables:?}");
        }
    }
}
