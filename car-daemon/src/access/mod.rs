//! Who a peer is to this car: from what the system knows of it and what it has shown, to a grant.
//!
//! What lives here: decisions, pure. What must never live here: a clock, a connection, what a role
//! may do (that is the gate's).

mod guesses;
mod origin;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use protocol::{Role, Token};
use subtle::{ConditionallySelectable, ConstantTimeEq};
use transport::{Address, Endpoint, Peer, Presented};

use crate::config::{Auth, TokenRow, UserRow, Whom};
use crate::control::Grant;

pub use guesses::{Guesses, MOST_GUESSES, Wrong};
pub use origin::Origin;

/// Priority of an administrator by token, or by a row of users.
const ADMIN: u8 = 80;

/// Priority of peers in this process and over Unix sockets.
const NEAR: u8 = 60;

/// Priority of peers over the loopback interface.
const LOOPBACK: u8 = 50;

/// Priority of everybody else.
const FAR: u8 = 30;

/// Who may do what, by one reading of the configuration.
#[derive(Clone, Debug)]
pub struct Access {
    auth: Auth,
    /// The user that the daemon runs as.
    own: u32,
    /// The tokens that are keys of UDP, where they are not those of `auth`.
    keys: Option<Arc<[TokenRow]>>,
}

impl Access {
    /// By `[auth]`, for a daemon that runs as the user `own`.
    #[must_use]
    pub fn new(auth: Auth, own: u32) -> Self {
        Self { auth, own, keys: None }
    }

    /// The keys of UDP are still the tokens of `earlier`: a key that is another token by now proves
    /// nothing.
    #[must_use]
    pub fn with_keys_of(self, earlier: &Auth) -> Self {
        Self { keys: Some(earlier.all_tokens().cloned().collect()), ..self }
    }

    /// Whether a token is known.
    #[must_use]
    pub fn knows(&self, token: &Token) -> bool {
        self.row(token).is_some()
    }

    /// Whether there are any tokens.
    #[must_use]
    pub fn has_tokens(&self) -> bool {
        self.auth.has_tokens()
    }

    /// What a peer of the listener `at` may do. A token that is known counts before a key, and both
    /// before where the peer comes from; one that is not known proves nothing and takes nothing.
    #[must_use]
    pub fn grant(&self, peer: &Peer, at: &Endpoint, shown: &Presented) -> Grant {
        let by_token = shown.token.as_ref().and_then(|token| self.row(token));
        let by_key =
            || self.auth.all_tokens().find(|row| Some(&row.name) == shown.psk.as_ref() && self.is_key(row));
        if let Some(row) = by_token.or_else(by_key) {
            let priority = priority(peer, at, row.priority, row.role == Role::Admin);
            return Grant { role: Some(row.role), priority, principal: Some(row.name.clone()) };
        }
        if let Some(row) = self.user_row(peer) {
            let priority = priority(peer, at, row.priority, row.role == Role::Admin);
            return Grant { role: Some(row.role), priority, principal: None };
        }
        // Only one that somebody of the configuration vouches for is ever shown.
        let vouched = shown.certificate.map(|_| Role::Driver);
        let unasked = || self.role_of_place(peer, at).max(vouched);
        let role = at.option("role").map_or_else(unasked, role_named);
        Grant { role, priority: priority(peer, at, None, false), principal: None }
    }

    /// The row of a token. All are compared, each in the same time.
    fn row(&self, token: &Token) -> Option<&TokenRow> {
        let mut found = u32::MAX;
        for (index, row) in (0_u32..).zip(self.auth.all_tokens()) {
            found.conditional_assign(&index, row.token.ct_eq(token));
        }
        self.auth.all_tokens().nth(usize::try_from(found).ok()?)
    }

    /// Whether a token is what its name's key is made of.
    fn is_key(&self, row: &TokenRow) -> bool {
        let keys = self.keys.as_deref();
        keys.is_none_or(|keys| keys.iter().any(|key| key.name == row.name && key.token == row.token))
    }

    fn user_row(&self, peer: &Peer) -> Option<&UserRow> {
        let Peer::Unix { uid, gid: group, .. } = peer else { return None };
        self.auth.users.iter().find(|row| match &row.whom {
            Whom::User(user) => user == uid,
            Whom::Group { gid, members } => gid == group || members.contains(uid),
        })
    }

    /// What a peer may do that has shown nothing, where the endpoint does not say.
    fn role_of_place(&self, peer: &Peer, at: &Endpoint) -> Option<Role> {
        match (peer, at.address()) {
            (Peer::Memory(_), _) => Some(Role::Admin),
            (Peer::Unix { uid, .. }, _) if *uid == self.own || *uid == 0 => Some(Role::Admin),
            // Any process of the machine can connect there.
            (Peer::Unix { .. }, Address::Abstract(_)) => Some(Role::Observer),
            // The permissions of the socket's file let it in.
            (Peer::Unix { .. }, _) => Some(Role::Driver),
            _ if self.auth.is_configured() => None,
            _ if at.is_local() => Some(Role::Admin),
            _ => self.auth.insecure.then_some(Role::Driver),
        }
    }
}

/// The value of an endpoint's option `role`.
fn role_named(name: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.name() == name)
}

/// What a row says, else what the endpoint says, else by who and where the peer is.
fn priority(peer: &Peer, at: &Endpoint, of_row: Option<u8>, admin: bool) -> u8 {
    let of_endpoint = || at.option("priority").and_then(|digits| digits.parse().ok());
    of_row.or_else(of_endpoint).unwrap_or(match peer {
        _ if admin => ADMIN,
        Peer::Memory(_) | Peer::Unix { .. } => NEAR,
        Peer::Socket(address) if address.ip().to_canonical().is_loopback() => LOOPBACK,
        _ => FAR,
    })
}
