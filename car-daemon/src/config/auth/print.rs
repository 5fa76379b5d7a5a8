//! `[auth]` as text, without a secret in it.

use std::fmt;

use protocol::Role;

use super::read::HIDDEN;
use super::{Auth, TokenRow, UserRow, Whom};
use crate::config::print::{quoted, row};

impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "[auth]")?;
        writeln!(f, "# what proves a role; a token itself is never printed, `{HIDDEN}` stands for it")?;
        list(f, "tokens", self.tokens.iter().map(token))?;
        match &self.token_file {
            Some(path) => {
                row(f, "token_file", &quoted(&path.to_string_lossy()), "`tokens` in a file of mode 0600")?
            }
            None => writeln!(f, "# token_file = \"tokens.toml\"   `tokens` in a file of mode 0600")?,
        }
        writeln!(
            f,
            "# what users and groups of this machine may do over a Unix socket; the first row that fits"
        )?;
        list(f, "users", self.users.iter().map(user))?;
        row(f, "reset", &quoted(self.reset.name()), "the least role that may release the emergency stop")?;
        let about = "true: anybody who can reach the daemon may drive, from other machines too";
        row(f, "insecure", &self.insecure.to_string(), about)
    }
}

fn list(f: &mut fmt::Formatter<'_>, key: &str, rows: impl Iterator<Item = String>) -> fmt::Result {
    let rows: Vec<String> = rows.map(|row| format!("  {{ {row} }},\n")).collect();
    let open = if rows.is_empty() { "" } else { "\n" };
    writeln!(f, "{key:<19} = [{open}{}]", rows.concat())
}

fn token(TokenRow { token: _, role, name, priority }: &TokenRow) -> String {
    format!("token = \"{HIDDEN}\", {}, name = {}", rights(*role, *priority), quoted(name))
}

fn user(UserRow { whom, name, role, priority }: &UserRow) -> String {
    let who = match (whom, name) {
        (Whom::User(_), Some(name)) => format!("user = {}", quoted(name)),
        (Whom::User(uid), None) => format!("uid = {uid}"),
        (Whom::Group { .. }, Some(name)) => format!("group = {}", quoted(name)),
        (Whom::Group { gid, .. }, None) => format!("gid = {gid}"),
    };
    format!("{who}, {}", rights(*role, *priority))
}

fn rights(role: Role, priority: Option<u8>) -> String {
    let priority = priority.map(|priority| format!(", priority = {priority}")).unwrap_or_default();
    format!("role = {}{priority}", quoted(role.name()))
}
