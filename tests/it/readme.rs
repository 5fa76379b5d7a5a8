//! What the README, PROTOCOL.md and the guide to the Raspberry Pi tell people to type is typed here, against
//! a running daemon.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{Process, car_daemon, carctl, language};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

/// The text of every block of a language in a document.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(document)).expect("the document");
    let opening = format!("```{language}\n");
    text.split(opening.as_str())
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .map(str::to_owned)
        .collect()
}

/// A command as typed, with this daemon's ports and the programs under test.
fn typed(line: &str, daemon: &Process, carctl: &Path) -> String {
    let tcp = daemon.address("tcp").port().to_string();
    let udp = daemon.address("udp").port().to_string();
    let program = car_daemon();
    line.replace("target/release/carctl", &carctl.display().to_string())
        .replace("target/release/car-daemon", &program.get_program().to_string_lossy())
        .replace("127.0.0.1 9901", &format!("127.0.0.1 {tcp}"))
        .replace("127.0.0.1:9902", &format!("127.0.0.1:{udp}"))
        .replace("(\"127.0.0.1\", 9901)", &format!("(\"127.0.0.1\", {tcp})"))
}

fn shell(line: &str, daemon: &Process) -> Output {
    let mut shell = Command::new("timeout");
    shell.args(["30", "sh", "-c", line]).env("XDG_RUNTIME_DIR", daemon.folder()).output().expect("runs")
}

/// Typed by its own test.
const MATRIX: &str = "cargo test -p tests --test it kill_matrix -- --nocapture";

#[test]
fn every_command_of_the_documents_does_what_it_says() {
    if language("nc", "-h").is_none() || language("socat", "-V").is_none() {
        return;
    }
    let (daemon, carctl) = (Process::start(), carctl());
    // The tests themselves, and what never ends, are typed by whoever reads the README.
    let build = "cargo build --release -p car-daemon -p client";
    let elsewhere =
        [build, "target/release/car-daemon", "cargo test --workspace", "cargo bench -p car-daemon", MATRIX];
    let mut count = 0;
    for document in ["README.md", "protocol/PROTOCOL.md"] {
        for line in blocks(document, "sh").iter().flat_map(|block| block.lines()) {
            if elsewhere.contains(&line) {
                continue;
            }
            let output = shell(&typed(line, &daemon, carctl), &daemon);
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{document}: {line}: {said}{complaint}");
            let refused = |said: &&str| said.starts_with("error") || said.contains("\"error\"");
            assert_eq!(said.lines().find(refused), None, "{document}: {line}");
            assert!(!said.is_empty() || line.contains("carctl"), "{document}: {line} says nothing");
            count += 1;
        }
    }
    assert!(count >= 12, "{count} commands were found");
}

const GUIDE: &str = "docs/raspberry-pi.md";

/// A command of the guide with the programs under test, and another platform for the real one.
fn under_test(line: &str, carctl: &Path, platform: &str) -> String {
    let program = car_daemon();
    line.replace("car-daemon ", &format!("{} ", program.get_program().to_string_lossy()))
        .replace("carctl ", &format!("{} ", carctl.display()))
        .replace("--platform linux", &format!("--platform {platform}"))
}

#[test]
fn the_commands_of_the_guide_to_the_raspberry_pi_make_a_car_that_drives() {
    let (carctl, folder) = (carctl(), tempfile::tempdir().expect("a folder"));
    let board = folder.path().join("my-car.toml");
    let mut daemon = None;
    // These want a terminal, or a real Raspberry Pi.
    let elsewhere = ["nano my-car.toml", "carctl calibrate my-car.toml"];
    for line in blocks(GUIDE, "sh").iter().flat_map(|block| block.lines()) {
        if elsewhere.contains(&line) {
            continue;
        }
        if line == "car-daemon --board my-car.toml --platform linux" {
            daemon = Some(Process::start_with(&format!("board = {:?}", board.display().to_string())));
            continue;
        }
        let runtime = daemon.as_ref().map_or(folder.path(), Process::folder);
        // On a machine without a board it says what is missing: that is no wrong command.
        let is_doctor = line.ends_with("doctor");
        let mut shell = Command::new("timeout");
        let platform = if is_doctor { "linux" } else { "sim" };
        shell.args(["30", "sh", "-c", &under_test(line, carctl, platform)]).current_dir(folder.path());
        let output = shell.env("XDG_RUNTIME_DIR", runtime).output().expect("runs");
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        let fine = output.status.success() || (is_doctor && output.status.code() == Some(1));
        assert!(fine, "{GUIDE}: {line}: {complaint}");
    }
    let state = daemon.expect("the guide starts a daemon").state();
    assert!(state["pose"]["x"].as_f64().expect("a number") > 0.05, "{state}");
}

#[test]
fn the_configuration_of_the_guide_is_sound_and_every_file_that_it_names_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = fs::read_to_string(root().join(GUIDE)).expect("the guide");
    let [config] = &blocks(GUIDE, "toml")[..] else { panic!("one configuration") };
    let file = folder.path().join("car.toml");
    fs::write(&file, config.replace("/etc/car-daemon/my-car.toml", "l298n")).expect("ours");
    let output = car_daemon().args(["check", "--config"]).arg(&file).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let words = text
        .split([' ', '\n', '`'])
        .filter(|word| word.starts_with("packaging/") || word.starts_with(".ci/"));
    let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    let local =
        links.filter(|link| !link.is_empty() && !link.contains("://")).map(|link| format!("docs/{link}"));
    let named: Vec<String> = words.map(str::to_owned).chain(local).collect();
    assert!(named.len() > 8, "{named:?}");
    for path in named {
        assert!(root().join(&path).exists(), "{GUIDE} names {path}");
    }
}

#[test]
fn the_readme_lists_every_preset_and_no_other() {
    let text = fs::read_to_string(root().join("README.md")).expect("the README");
    let tables =
        [("| preset | is | figures from |", hal::board::PRESETS), ("| preset | is |\n", sim::world::WORLDS)];
    for (head, presets) in tables {
        let rows = text.split(head).nth(1).expect("a table of presets");
        let rows = rows.trim_start().lines().skip(1);
        let listed: Vec<&str> = rows.map_while(|row| row.strip_prefix("| `")?.split('`').next()).collect();
        let known: Vec<&str> = presets.iter().map(|preset| preset.name).collect();
        assert_eq!(listed, known);
    }
}

#[test]
fn the_python_of_the_protocol_document_drives() {
    let Some(mut python) = language("python3", "--version") else { return };
    let daemon = Process::start();
    let code = blocks("protocol/PROTOCOL.md", "python").concat();
    let output = python.arg("-c").arg(typed(&code, &daemon, Path::new(""))).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.matches("\"accepted\":true").count(), 10, "{said}");
}

#[test]
fn carctl_says_whose_certificate_it_saw_and_how_to_pin_it() {
    let (daemon, carctl) = (Process::start_listening("", &["tls://127.0.0.1:0".to_owned()]), carctl());
    let line = |options: &str| format!("{} --to {} {options} state", carctl.display(), daemon.url("tls"));
    let pin = daemon.table.split_whitespace().find(|word| word.starts_with("sha256:")).expect("is printed");
    let other = format!("sha256:{}", "00".repeat(32));
    for (options, why) in [(String::new(), "nothing vouches for it"), (format!("--pin {other}"), "pinned is")]
    {
        let output = shell(&line(&options), &daemon);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{complaint}");
        assert!(complaint.contains(why) && complaint.contains(&format!("--pin {pin}")), "{complaint}");
    }
    let output = shell(&line(&format!("--pin {pin}")), &daemon);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = shell(&format!("CAR_TOKEN='no token' {}", line("")), &daemon);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("8 to 128 characters") && !complaint.contains("no token"), "{complaint}");
}

#[test]
fn carctl_says_why_it_was_turned_away() {
    let daemon = Process::start_with("[limits]\nconnections = 1\nper_address = 1");
    let guest = std::os::unix::net::UnixStream::connect(daemon.socket()).expect("listens");
    let output = shell(&format!("{} state", carctl().display()), &daemon);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains("connections of this listener are in use"), "{complaint}");
    drop(guest);
}

#[test]
fn carctl_shows_a_token_and_says_what_to_do_where_it_is_refused() {
    let auth = "[auth]\ntokens = [{ token = \"Tablet-s3cret\", role = \"driver\", name = \"tablet\" }]";
    let (daemon, carctl) = (Process::start_with(auth), carctl().display().to_string());
    let (to, file) = (format!("--to {}", daemon.url("tcp")), daemon.folder().join("token"));
    fs::write(&file, "Tablet-s3cret\n").expect("ours");
    let run = |line: String| {
        let output = shell(&line, &daemon);
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    for line in [
        format!("CAR_TOKEN=Tablet-s3cret {carctl} {to} state"),
        format!("{carctl} {to} --token Tablet-s3cret send up"),
        format!("{carctl} {to} --token-file {} drive 0.5 0 --ttl 200ms", file.display()),
    ] {
        assert_eq!(run(line.clone()).0, Some(0), "{line}");
    }
    for line in [format!("CAR_TOKEN=not-the-token {carctl} {to} stop"), format!("{carctl} {to} state")] {
        let (code, said) = run(line.clone());
        assert_eq!(code, Some(1), "{line}: {said}");
        assert!(said.contains("--token-file FILE"), "{line}: {said}");
    }
    let (code, said) = run(format!("{carctl} {to} --token not-the-token send stop"));
    assert!(code == Some(1) && said.contains("not known"), "{said}");
}
