//! Reading `[auth]`, its file of tokens, and the users and groups of this machine. No fault repeats
//! what may be a secret.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use hal::file::{Faults, Field, Reader, Table};
use nix::unistd::{Gid, Group, Uid, User};
use protocol::{Role, Token};

use super::{Auth, TokenRow, UserRow, Whom};

/// Longest name of a token, in characters.
const LONGEST_NAME: usize = 64;

/// Longest file of tokens, in bytes.
const LONGEST_FILE: u64 = 1024 * 1024;

/// What stands in place of a token where a configuration is printed.
pub(super) const HIDDEN: &str = "…";

/// Reads the table. Faults of the file of tokens are of their own.
pub(in super::super) fn read(
    reader: &Reader<'_>,
    mut table: Table<'_>,
    folder: &Path,
    faults: &mut Vec<Faults>,
) -> Auth {
    let mut auth = Auth::default();
    auth.tokens = read_tokens(reader, &table.get("tokens"), &auth);
    let file = table.get("token_file");
    if let Some(path) = file.string() {
        match open(&folder.join(&path)) {
            Ok(text) => auth.filed = read_file(&folder.join(&path), &text, &auth, faults),
            Err((what, hint)) => reader.fault(&file.spot(), what, hint),
        }
        auth.token_file = Some(path.into());
    }
    auth.users = read_users(reader, &table.get("users"));
    let reset = table.get("reset").choice(&[("driver", Role::Driver), ("admin", Role::Admin)]);
    auth.reset = reset.unwrap_or(auth.reset);
    auth.insecure = table.get("insecure").boolean().unwrap_or(false);
    table.finish();
    auth
}

/// The text of a file that only its owner can read; or what is wrong with it, and what would be right.
fn open(path: &Path) -> Result<String, (String, String)> {
    let shown = path.display();
    let unreadable = |error: io::Error| {
        (format!("names `{shown}`, which cannot be read: {error}"), "name a file of tokens".to_owned())
    };
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err((format!("names `{shown}`, which is no regular file"), "name a file of tokens".into()));
    }
    let file = File::open(path).map_err(unreadable)?;
    // Of what was opened, whatever is at the path by now.
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err((
            format!("names `{shown}`, which others can use: its mode is {mode:04o}"),
            format!("chmod 600 {shown}"),
        ));
    }
    let mut text = String::new();
    let len = file.take(LONGEST_FILE + 1).read_to_string(&mut text).map_err(unreadable)?;
    if len as u64 > LONGEST_FILE {
        return Err((format!("names `{shown}`, which has more than {LONGEST_FILE} bytes"), String::new()));
    }
    Ok(text)
}

fn read_file(path: &Path, text: &str, auth: &Auth, faults: &mut Vec<Faults>) -> Vec<TokenRow> {
    let reader = Reader::new(&path.display().to_string(), text);
    let mut root = reader.root();
    let rows = read_tokens(
        &reader,
        &root.need("tokens", "[{ token = …, role = \"driver\", name = \"tablet\" }]"),
        auth,
    );
    root.finish();
    reader.into_result(Some(rows)).unwrap_or_else(|own| {
        faults.push(own);
        Vec::new()
    })
}

/// The rows of a list of tokens; `known` holds those that there are already.
fn read_tokens(reader: &Reader<'_>, list: &Field<'_>, known: &Auth) -> Vec<TokenRow> {
    let mut rows: Vec<TokenRow> = Vec::new();
    for mut table in list.clone().secret().tables() {
        let token = table.need("token", "\"…\", 8 to 128 characters").secret();
        let role = read_role(&mut table);
        let name = table.need("name", "\"tablet\"");
        let priority = read_priority(&mut table);
        let others = || rows.iter().chain(known.all_tokens());
        let secret = token.string().filter(|secret| match unfit(secret) {
            Some((what, hint)) => {
                reader.fault(&token.spot(), what, hint);
                false
            }
            None => {
                let twice = others().any(|other| other.token.expose() == secret);
                if twice {
                    reader.fault(&token.spot(), "is the token of another row, too", "make each token anew");
                }
                !twice
            }
        });
        let named = name.string().filter(|name_| {
            let what = match name_.chars().count() {
                1..=LONGEST_NAME if !name_.contains(char::is_control) => {
                    let twice = others().any(|other| other.name == *name_);
                    twice
                        .then_some(("is the name of another token, too", "give each token a name of its own"))
                }
                _ => Some(("is no name", "a name has 1 to 64 characters on one line")),
            };
            if let Some((what, hint)) = what {
                reader.fault(&name.spot(), what, hint);
            }
            what.is_none()
        });
        table.finish();
        if let (Some(secret), Some(role), Some(name)) = (secret, role, named) {
            rows.push(TokenRow { token: Token::new(secret), role, name, priority });
        }
    }
    rows
}

/// What is wrong with a token, without repeating it, and what would be right.
fn unfit(secret: &str) -> Option<(String, String)> {
    if secret == HIDDEN {
        return Some(("is what is printed in place of a token".into(), "write the token itself".into()));
    }
    let right = Token::token(secret).err()?.to_string();
    Some(match secret.chars().position(|c| !Token::may_hold(c)) {
        Some(odd) if Token::LENGTH.contains(&secret.chars().count()) => {
            (format!("has a character that no token can hold, its number {}", odd + 1), right)
        }
        _ => (format!("has {} characters", secret.chars().count()), right),
    })
}

fn read_users(reader: &Reader<'_>, list: &Field<'_>) -> Vec<UserRow> {
    let mut rows = Vec::new();
    for mut table in list.tables() {
        let keys = ["user", "uid", "group", "gid"].map(|key| (key, table.get(key)));
        let role = read_role(&mut table);
        let priority = read_priority(&mut table);
        let mut said = keys.iter().filter(|(_, field)| field.is_present());
        match (said.next(), said.next()) {
            (Some((key, field)), None) => {
                let whom = read_whom(reader, key, field);
                if let (Some((whom, name)), Some(role)) = (whom, role) {
                    rows.push(UserRow { whom, name, role, priority });
                }
            }
            (None, _) => reader.fault(&table.spot(), "says nobody", "add one of user, uid, group, gid"),
            (Some(_), Some((key, field))) => {
                reader.fault(
                    &field.spot(),
                    "is one too many",
                    format!("a row has one of user, uid, group, gid; leave out `{key}`, or write two rows"),
                );
            }
        }
        table.finish();
    }
    rows
}

/// Who a row is about, and the name that was written.
fn read_whom(reader: &Reader<'_>, key: &str, field: &Field<'_>) -> Option<(Whom, Option<String>)> {
    let id = || field.integer(0..=i64::from(u32::MAX), "").and_then(|id| u32::try_from(id).ok());
    let unknown = |name: &str| {
        let hint = format!("name a {key} of this machine, or write its number");
        reader.fault(&field.spot(), format!("is `{name}`, which this machine does not know"), hint);
    };
    match key {
        "uid" => Some((Whom::User(id()?), None)),
        "gid" => {
            let gid = id()?;
            // A group that has no name here has no members but those who connect with it.
            let members = Group::from_gid(Gid::from_raw(gid)).ok().flatten().map(members);
            Some((Whom::Group { gid, members: members.unwrap_or_default() }, None))
        }
        "user" => {
            let name = field.string()?;
            let Ok(Some(user)) = User::from_name(&name) else {
                unknown(&name);
                return None;
            };
            Some((Whom::User(user.uid.as_raw()), Some(name)))
        }
        _ => {
            let name = field.string()?;
            let Ok(Some(group)) = Group::from_name(&name) else {
                unknown(&name);
                return None;
            };
            Some((Whom::Group { gid: group.gid.as_raw(), members: members(group) }, Some(name)))
        }
    }
}

fn members(group: Group) -> Vec<u32> {
    let uid = |name: &String| User::from_name(name).ok().flatten().map(|user| Uid::as_raw(user.uid));
    group.mem.iter().filter_map(uid).collect()
}

fn read_role(table: &mut Table<'_>) -> Option<Role> {
    table.need("role", "\"driver\"").choice(&Role::ALL.map(|role| (role.name(), role)))
}

fn read_priority(table: &mut Table<'_>) -> Option<u8> {
    table.get("priority").integer(0..=100, "").and_then(|priority| u8::try_from(priority).ok())
}
