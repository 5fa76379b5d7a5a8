//! Which process has a device open, as far as this user may see.
//!
//! What must never live here: doing something about it.

use std::fs;
use std::path::Path;

use super::super::file_name;

/// Another process than this one, by its name and number: `motion (process 812)`.
pub(super) fn of(proc: &Path, device: &Path) -> Option<String> {
    let device = device.canonicalize().unwrap_or_else(|_| device.to_owned());
    let processes = fs::read_dir(proc).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let numbered = processes.filter_map(|path| Some((file_name(&path).parse::<u32>().ok()?, path)));
    let others = numbered.filter(|(number, _)| *number != std::process::id());
    let holds = |process: &Path| {
        let files = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        files.filter_map(|file| fs::read_link(file.path()).ok()).any(|open| open == device)
    };
    let (number, process) = others.into_iter().find(|(_, process)| holds(process))?;
    let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
    Some(format!("{} (process {number})", name.trim()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn whoever_has_a_device_open_is_named() {
        let root = tempfile::tempdir().unwrap();
        let device = root.path().join("video0");
        fs::write(&device, "").unwrap();
        let proc = root.path().join("proc");
        assert_eq!(of(&proc, &device), None);
        for (number, name, opened) in
            [(10, "sshd\n", "/dev/null"), (812, "motion\n", device.to_str().unwrap())]
        {
            let process = proc.join(number.to_string());
            fs::create_dir_all(process.join("fd")).unwrap();
            fs::write(process.join("comm"), name).unwrap();
            symlink(opened, process.join("fd/3")).unwrap();
        }
        assert_eq!(of(&proc, &device).as_deref(), Some("motion (process 812)"));
        assert_eq!(of(&proc, &root.path().join("video1")), None);
    }
}
