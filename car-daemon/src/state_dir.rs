//! Where a daemon keeps what must survive it, by the environment it runs in. What is kept there must
//! never be known here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folder's name below a folder for everybody's state.
const NAME: &str = "car-daemon";

/// The folder where nobody names one: `$STATE_DIRECTORY`, which systemd sets; else
/// `$XDG_STATE_HOME/car-daemon`; else `/var/lib/car-daemon` for root; else
/// `$HOME/.local/state/car-daemon`. Nothing is created. `None` where the environment names nothing.
pub(crate) fn default() -> Option<PathBuf> {
    choose(|name| std::env::var_os(name), rustix::process::getuid().is_root())
}

fn choose(variable: impl Fn(&str) -> Option<OsString>, root: bool) -> Option<PathBuf> {
    // A relative path means something else in each working directory: the XDG specification has it
    // ignored.
    let folder = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let systemd = variable("STATE_DIRECTORY").and_then(|list| first(&list));
    systemd
        .or_else(|| Some(folder("XDG_STATE_HOME")?.join(NAME)))
        .or_else(|| root.then(|| Path::new("/var/lib").join(NAME)))
        .or_else(|| Some(folder("HOME")?.join(".local/state").join(NAME)))
}

/// systemd separates several by colons (systemd.exec(5)).
fn first(list: &OsString) -> Option<PathBuf> {
    std::env::split_paths(list).next().filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_particular_folder_of_the_environment_is_taken() {
        let all = [("STATE_DIRECTORY", "/s:/t"), ("XDG_STATE_HOME", "/x"), ("HOME", "/h")];
        for (variables, root, wanted) in [
            (&all[..], true, Some("/s")),
            (&all[1..], true, Some("/x/car-daemon")),
            (&all[2..], true, Some("/var/lib/car-daemon")),
            (&all[2..], false, Some("/h/.local/state/car-daemon")),
            (&[], true, Some("/var/lib/car-daemon")),
            (&[], false, None),
            (&[("STATE_DIRECTORY", "s"), ("XDG_STATE_HOME", "x"), ("HOME", "h")], false, None),
            (
                &[("STATE_DIRECTORY", ""), ("XDG_STATE_HOME", ""), ("HOME", "/h")],
                false,
                Some("/h/.local/state/car-daemon"),
            ),
        ] {
            let variable =
                |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
            assert_eq!(choose(variable, root).as_deref(), wanted.map(Path::new), "{variables:?} {root}");
        }
    }
}
