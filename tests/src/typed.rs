//! Files whose paths somebody typed for a test.
//!
//! What must never live here: what is in them.

use std::path::{Path, PathBuf};

/// The file at a path as somebody typed it, most likely at the root of the workspace: cargo runs a test in the
/// folder of its crate, and does not say where it was typed.
///
/// # Errors
/// It is in neither folder, in words that name both.
pub fn found(path: &Path) -> Result<PathBuf, String> {
    let here = std::env::current_dir().unwrap_or_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"));
    found_in(&[&here, root], path)
}

/// The first of the folders that has it.
fn found_in(folders: &[&Path], path: &Path) -> Result<PathBuf, String> {
    let mut looked_at = Vec::new();
    for folder in folders {
        // An absolute path stays what it is.
        let candidate = folder.join(path);
        match candidate.canonicalize() {
            Ok(file) => return Ok(file),
            Err(error) => looked_at.push(format!("{}: {error}", candidate.display())),
        }
    }
    looked_at.dedup();
    Err(format!("no file {}; looked at {}", path.display(), looked_at.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_is_found_here_or_at_the_root_of_the_workspace_and_else_both_are_named() {
        let (here, root) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let folders = [here.path(), root.path()];
        let path = Path::new("my-car.toml");
        let said = found_in(&folders, path).expect_err("in neither");
        for folder in folders {
            assert!(said.contains(&folder.join(path).display().to_string()), "{said}");
        }
        for folder in [root.path(), here.path()] {
            std::fs::write(folder.join(path), "").expect("can be written");
            let file = folder.join(path).canonicalize().expect("there");
            assert_eq!(found_in(&folders, path), Ok(file.clone()));
            assert_eq!(found_in(&folders, &file), Ok(file), "an absolute path is itself");
        }
        assert!(found(Path::new("Cargo.lock")).is_ok(), "which is at the root");
    }
}
