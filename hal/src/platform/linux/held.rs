//! What this process has open of the machine: a line or a channel may have several names, and belongs to one
//! part of a car.
//!
//! What must never live here: what another process has, which the kernel knows.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A line of a GPIO chip, or a channel of a PWM device, by its number there.
type Key = (PathBuf, u32);

/// By whatever name it was opened. Clones are one list.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<Mutex<BTreeMap<Key, String>>>);

impl Held {
    /// Takes number `index` of `chip` for `place`, until the hold is dropped.
    ///
    /// # Errors
    /// Whose it is.
    pub(super) fn hold(&self, chip: &Path, index: u32, place: &str) -> Result<Hold, String> {
        // Of several links to a chip each is the same.
        let key = (fs::canonicalize(chip).unwrap_or_else(|_| chip.to_owned()), index);
        let mut list = self.list();
        if let Some(holder) = list.get(&key) {
            return Err(holder.clone());
        }
        list.insert(key.clone(), place.to_owned());
        drop(list);
        Ok(Hold { held: self.clone(), key })
    }

    fn list(&self) -> MutexGuard<'_, BTreeMap<Key, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A drop gives it back: it is to outlive what was opened.
#[derive(Debug)]
pub(super) struct Hold {
    held: Held,
    key: Key,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.held.list().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_has_two_names_is_held_by_the_first_until_that_lets_go() {
        let root = tempfile::tempdir().unwrap();
        let (chip, link) = (root.path().join("gpiochip0"), root.path().join("gpiochip4"));
        fs::write(&chip, "").unwrap();
        symlink(&chip, &link).unwrap();
        let held = Held::default();
        let first = held.hold(&chip, 17, "gpio:GPIO17").unwrap();
        assert_eq!(held.clone().hold(&link, 17, "gpio:pinctrl-rp1/17").unwrap_err(), "gpio:GPIO17");
        let _other = held.hold(&link, 18, "gpio:GPIO18").unwrap();
        drop(first);
        held.hold(&link, 17, "gpio:pinctrl-rp1/17").unwrap();
    }
}
