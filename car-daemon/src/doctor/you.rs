//! Who asks, what that user may, and whether a daemon runs.
//!
//! What must never live here: what a board needs.

use std::time::Duration;

use nix::unistd::{Gid, Group, Uid, User, getegid, geteuid, getgroups};
use transport::LockError;

use crate::realtime::Rights;
use crate::{Config, lock_board};

/// Whoever runs this.
#[derive(Clone, Debug, Default)]
pub(super) struct You {
    pub(super) user: String,
    pub(super) groups: Vec<String>,
    pub(super) rights: Rights,
    /// Who drives the board, in words.
    pub(super) daemon: Option<String>,
}

impl You {
    pub(super) fn here(config: &Config) -> Self {
        let mut groups = vec![getegid()];
        groups.extend(getgroups().unwrap_or_default().into_iter().filter(|group| *group != getegid()));
        Self {
            user: user(geteuid()),
            groups: groups.into_iter().map(group).collect(),
            rights: Rights::mine(),
            daemon: daemon(config),
        }
    }

    /// An advice for whoever `USER` is.
    pub(super) fn named(&self, advice: &str) -> String {
        advice.replace("USER", &self.user)
    }
}

fn user(id: Uid) -> String {
    User::from_uid(id).ok().flatten().map_or_else(|| id.to_string(), |user| user.name)
}

fn group(id: Gid) -> String {
    Group::from_gid(id).ok().flatten().map_or_else(|| id.to_string(), |group| group.name)
}

/// The lock is held only for as long as it takes to see that nobody has it.
fn daemon(config: &Config) -> Option<String> {
    match lock_board(config, Duration::ZERO) {
        Err(LockError::Held { by: Some(process), .. }) => {
            Some(format!("process {process} drives this board"))
        }
        Err(LockError::Held { by: None, .. }) => Some("another process drives this board".to_owned()),
        _ => None,
    }
}
