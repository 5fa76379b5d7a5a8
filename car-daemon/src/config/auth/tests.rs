//! `[auth]` as people write it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use protocol::Role;
use tempfile::TempDir;

use super::{UserRow, Whom};
use crate::config::{Config, Overrides};

const SECRET: &str = "s3cret-of-the-tablet";

fn parse_in(folder: &Path, text: &str) -> Result<Config, String> {
    Config::parse("car.toml", text, folder, &Overrides::default())
        .map_err(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn parse(text: &str) -> Result<Config, String> {
    parse_in(Path::new("."), text)
}

#[test]
fn tokens_users_and_the_role_that_releases_the_emergency_stop_are_read() {
    let config = parse(
        r#"[auth]
tokens = [
  { token = "s3cret-of-the-tablet", role = "driver", name = "tablet", priority = 40 },
  { token = "AZaz09-._~+", role = "admin", name = "Lehrerin" },
]
users = [{ user = "root", role = "observer" }, { gid = 4294967294, role = "driver", priority = 7 }]
reset = "admin"
"#,
    )
    .expect("valid");
    let rows: Vec<_> =
        config.auth.all_tokens().map(|row| (row.name.as_str(), row.role, row.priority)).collect();
    assert_eq!(rows, [("tablet", Role::Driver, Some(40)), ("Lehrerin", Role::Admin, None)]);
    assert_eq!(config.auth.tokens[0].token.expose(), SECRET);
    let root =
        UserRow { whom: Whom::User(0), name: Some("root".into()), role: Role::Observer, priority: None };
    let group = Whom::Group { gid: 4_294_967_294, members: vec![] };
    assert_eq!(
        config.auth.users,
        [root, UserRow { whom: group, name: None, role: Role::Driver, priority: Some(7) }]
    );
    assert_eq!(config.auth.reset, Role::Admin);
}

#[test]
fn every_fault_of_auth_has_its_line_and_repeats_no_secret() {
    let faults = parse(
        r#"[auth]
tokens = [
  { token = "seven77", role = "driver", name = "a" },
  { token = "hunter two!", role = "driver", name = "b" },
  { token = 1234567890, role = "drivr", name = "c" },
  { token = "twice-the-same", role = "admin", name = "d", priority = 101 },
  { token = "twice-the-same", role = "admin", name = "d" },
  { token = "…", role = "admin", name = "" },
  { role = "admin", name = "e", tokn = "hunter2hunter2" },
  "hunter2hunter2",
]
users = [
  { user = "nobody-of-that-name", role = "admin" },
  { uid = 1, gid = 1, role = "admin" },
  { role = "admin" },
]
reset = "observer"
"#,
    )
    .expect_err("all of them");
    for (line, what) in [
        (3, "auth.tokens[0].token: has 7 characters; a token has 8 to 128 characters of A-Z"),
        (4, "auth.tokens[1].token: has a character that no token can hold, its number 7"),
        (5, "auth.tokens[2].token: is something else; must be a string"),
        (5, "auth.tokens[2].role: is `drivr`; did you mean `driver`?"),
        (6, "auth.tokens[3].priority: is 101; must be 0 to 100"),
        (7, "auth.tokens[4].token: is the token of another row"),
        (7, "auth.tokens[4].name: is the name of another token"),
        (8, "auth.tokens[5].token: is what is printed in place of a token; write the token itself"),
        (8, "auth.tokens[5].name: is no name"),
        (9, "auth.tokens[6].token: is missing"),
        (9, "auth.tokens[6].tokn: is not a known key; did you mean `token`?"),
        (10, "auth.tokens[7]: is something else; must be a table: write [[auth.tokens]]"),
        (13, "auth.users[0].user: is `nobody-of-that-name`, which this machine does not know"),
        (14, "auth.users[1].gid: is one too many"),
        (15, "auth.users[2]: says nobody; add one of user, uid, group, gid"),
        (17, "auth.reset: is `observer`; known here: driver, admin"),
    ] {
        let line = format!("car.toml:{line}: {what}");
        assert!(faults.lines().any(|l| l.starts_with(&line)), "{line} in\n{faults}");
    }
    assert_eq!(faults.lines().count(), 16, "{faults}");
    for secret in ["seven77", "hunter", "1234567890", "twice"] {
        assert!(!faults.contains(secret), "{secret} in {faults}");
    }
}

#[test]
fn no_token_is_printed_not_even_for_debugging() {
    let text = format!("[auth]\ntokens = [{{ token = \"{SECRET}\", role = \"driver\", name = \"tablet\" }}]");
    let config = parse(&text).expect("valid");
    let printed = config.to_string();
    assert!(!printed.contains(SECRET) && !format!("{config:?}").contains(SECRET));
    assert!(printed.contains(r#"{ token = "…", role = "driver", name = "tablet" },"#), "{printed}");
    let faults = parse(&printed).expect_err("a secret is missing in it");
    assert!(faults.contains("write the token itself") && faults.lines().count() == 1, "{faults}");
    let whole = parse(&printed.replace('…', SECRET)).expect("it is whole again");
    assert_eq!(whole.to_string(), printed);
}

#[test]
fn a_file_of_tokens_is_read_only_where_nobody_else_can() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("tokens.toml");
    let rows = format!("tokens = [{{ token = \"{SECRET}\", role = \"admin\", name = \"own\" }}]");
    fs::write(&file, &rows).expect("can be written");
    let text = "listen = [\"tcp://0.0.0.0:9901\"]\n[auth]\ntoken_file = \"tokens.toml\"";
    for mode in [0o644, 0o640, 0o604, 0o660, 0o601] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).expect("ours");
        let faults = parse_in(folder.path(), text).expect_err("others can use it");
        let right = format!("; chmod 600 {}", file.display());
        assert!(faults.starts_with("car.toml:3: auth.token_file: ") && faults.ends_with(&right), "{faults}");
        assert!(!faults.contains(SECRET) && faults.lines().count() == 1, "{faults}");
    }
    fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("ours");
    let config = parse_in(folder.path(), text).expect("valid");
    assert_eq!(config.auth.all_tokens().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["own"]);
    assert!(!config.to_string().contains(SECRET) && !format!("{config:?}").contains(SECRET));
    assert_eq!(parse_in(folder.path(), &config.to_string()).expect("reads back").auth.filed.len(), 1);
}

#[test]
fn faults_of_a_file_of_tokens_are_told_with_its_name_and_line() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("tokens.toml");
    let text = format!(
        "[auth]\ntokens = [{{ token = \"{SECRET}\", role = \"driver\", name = \"tablet\" }}]\ntoken_file = \"tokens.toml\""
    );
    let faults = parse_in(folder.path(), &text).expect_err("there is none");
    assert!(faults.starts_with("car.toml:3: auth.token_file: names `"), "{faults}");
    fs::write(
        &file,
        format!("tokens = [\n {{ token = \"{SECRET}\", role = \"driver\", name = \"tablet\" }}]"),
    )
    .expect("can be written");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("ours");
    let faults = parse_in(folder.path(), &text).expect_err("twice");
    let lines: Vec<&str> = faults.lines().collect();
    assert_eq!(lines.len(), 2, "{faults}");
    assert!(lines.iter().all(|line| line.contains("tokens.toml:2: tokens[0]")), "{faults}");
    fs::write(&file, [0xff; 10]).expect("ours");
    assert!(parse_in(folder.path(), &text).is_err());
    fs::remove_file(&file).expect("ours");
    fs::create_dir(&file).expect("a folder");
    assert!(parse_in(folder.path(), &text).expect_err("a folder").contains("no regular file"));
}

#[test]
fn beyond_this_machine_is_listened_only_where_peers_can_prove_who_they_are() {
    let token = format!("tokens = [{{ token = \"{SECRET}\", role = \"driver\", name = \"tablet\" }}]");
    let users = "users = [{ uid = 1, role = \"driver\" }]";
    let insecure = "insecure = true";
    for (url, auth, refused) in [
        ("tcp://0.0.0.0:1", "", Some("`tokens` or `token_file`; or set `insecure = true`")),
        ("ws://[::]:1", users, Some("configure [auth]")),
        ("tcp://0.0.0.0:1?role=none", "", Some("configure [auth]")),
        ("tcp://0.0.0.0:1", &token, None),
        ("tcp://0.0.0.0:1", insecure, None),
        ("tcp://0.0.0.0:1?role=driver", &token, Some("leave `role` out")),
        ("tcp://0.0.0.0:1?role=admin", "", Some("leave `role` out")),
        ("tcp://0.0.0.0:1?role=admin", insecure, None),
        ("ws://0.0.0.0:1?role=observer", "", None),
        ("udp://0.0.0.0:1", &token, Some("plain UDP proves no sender")),
        ("udp://0.0.0.0:1?role=observer", &token, Some("plain UDP proves no sender")),
        ("udp://0.0.0.0:1", insecure, None),
        ("udp://127.0.0.1:1", &token, None),
        ("tcp://127.0.0.1:1?role=driver", "", None),
        ("unix://@car?role=driver", &token, None),
    ] {
        let outcome = parse(&format!("listen = [\"{url}\"]\n[auth]\n{auth}"));
        match (outcome, refused) {
            (Ok(_), None) => {}
            (Err(faults), Some(words)) => {
                assert!(
                    faults.starts_with("car.toml:1: listen") && faults.contains(words),
                    "{url}: {faults}"
                );
            }
            (outcome, _) => panic!("{url} with {auth}: {:?}", outcome.map(|_| ())),
        }
    }
}
