//! How the program begins and ends.

use std::io::{Read, Write};
use std::net::TcpStream;

use rustix::process::Signal;

use crate::support::{Process, car_daemon, eventually};

#[test]
fn ctrl_z_freezes_no_car_in_its_motion() {
    let mut daemon = Process::start();
    daemon.signal(Signal::TSTP);
    daemon.wait_for_log("not frozen");
    let mut line = String::new();
    let stream = TcpStream::connect(daemon.address("tcp")).expect("listens");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stream), &mut line).expect("a hello");
    assert!(line.contains("hello"), "{line}");
}

#[test]
fn a_signal_stops_the_car_says_goodbye_and_ends_well() {
    for signal in [Signal::TERM, Signal::INT, Signal::QUIT] {
        let daemon = Process::start();
        let mut driver = TcpStream::connect(daemon.address("tcp")).expect("listens");
        driver
            .write_all(
                b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\",\"params\":[[\"events\"]]}\nup\n",
            )
            .expect("connected");
        daemon.wheels("both turn", |left, right| left > 0.5 && right > 0.5);
        daemon.signal(signal);
        let mut heard = String::new();
        driver.read_to_string(&mut heard).expect("closed in order");
        assert!(heard.contains("bye"), "{heard}");
        let (status, log) = daemon.wait();
        assert_eq!(status.code(), Some(0), "{log}");
    }
}

#[test]
fn hangup_reads_the_control_table_again_and_a_wrong_file_changes_nothing() {
    let mut daemon = Process::start_with("[control]\ncruise = 0.5\nslew_ms = 0");
    let file = daemon.socket().with_file_name("car.toml");
    let mut driver = TcpStream::connect(daemon.address("tcp")).expect("listens");
    let mut up = |daemon: &Process, throttle: f64| {
        driver.write_all(b"up\n").expect("connected");
        eventually("up has its power", || daemon.state()["throttle"] == serde_json::json!(throttle));
        assert_eq!(daemon.call("info")["limits"]["cruise"], serde_json::json!(throttle));
    };
    up(&daemon, 0.5);
    std::fs::write(&file, "[control]\ncruise = 50").expect("can be written");
    daemon.signal(Signal::HUP);
    daemon.wait_for_log("nothing is changed");
    daemon.wait_for_log("car.toml:2: control.cruise");
    up(&daemon, 0.5);
    std::fs::write(&file, "[control]\ncruise = 0.25\nslew_ms = 0").expect("can be written");
    daemon.signal(Signal::HUP);
    daemon.wait_for_log("are read again");
    up(&daemon, 0.25);
    std::fs::remove_file(&file).expect("was there");
    daemon.signal(Signal::HUP);
    daemon.wait_for_log("nothing is changed");
    up(&daemon, 0.25);
}

#[test]
fn a_port_in_use_is_said_in_words_with_a_way_out() {
    let daemon = Process::start();
    let second = car_daemon().args(["--listen", daemon.url("tcp")]).output().expect("runs");
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains(daemon.url("tcp")) && said.contains("--listen"), "{said}");
}

#[test]
fn check_tells_every_fault_and_exits_with_2() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("car.toml");
    std::fs::write(&file, "bord = \"demo\"\n[control]\nrate_hz = \"fast\"\n").expect("can be written");
    let output = car_daemon().arg("check").arg("--config").arg(&file).output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("car.toml:1: bord") && said.contains("car.toml:3: control.rate_hz"), "{said}");
    assert!(said.contains("2 faults"), "{said}");

    std::fs::write(&file, "").expect("can be written");
    let output = car_daemon().arg("check").arg("--config").arg(&file).output().expect("runs");
    assert_eq!(output.status.code(), Some(0));
    std::fs::write(&file, &output.stdout).expect("can be written");
    let again = car_daemon().arg("check").arg("--config").arg(&file).output().expect("runs");
    assert_eq!(again.stdout, output.stdout, "what check prints is itself a configuration");
}

#[test]
fn check_says_what_the_board_is_and_knows_a_board_file_from_a_configuration() {
    let output = car_daemon().args(["check", "--board", "demo"]).output().expect("runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = "# board demo: differential drive, 2 motors, 2 servos, 1 chip";
    assert!(printed.lines().any(|printed| printed.starts_with(line)), "{printed}");

    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("my-car.toml");
    let demo = car_daemon().args(["boards", "demo"]).output().expect("runs").stdout;
    std::fs::write(&file, demo).expect("can be written");
    let output = car_daemon().arg("check").arg("--config").arg(&file).output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("is a board file, and no configuration; give it by --board"), "{said}");
    assert!(said.ends_with("1 fault in the configuration\n"), "{said}");
}

#[test]
fn a_daemon_without_its_hardware_points_to_what_lists_all_that_is_missing() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("car.toml");
    let at = folder.path().display();
    let text =
        format!("platform = \"linux\"\nlock_dir = \"{at}\"\n[linux]\ndev = \"{at}\"\nsys = \"{at}\"\n");
    std::fs::write(&file, text).expect("can be written");
    let output = car_daemon().arg("--config").arg(&file).output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("`car-daemon doctor` with the same arguments lists all that is missing"), "{said}");

    let output = car_daemon().arg("halt").arg("--config").arg(&file).output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.matches("there is no GPIO chip").count(), 1, "though many lines lack it: {said}");
}

#[test]
fn boards_and_worlds_list_the_presets_and_print_each_as_a_file_that_works() {
    let folder = tempfile::TempDir::new().expect("a folder");
    for (kind, presets) in [("board", hal::board::PRESETS), ("world", sim::world::WORLDS)] {
        let list = car_daemon().arg(format!("{kind}s")).output().expect("runs");
        let list = String::from_utf8_lossy(&list.stdout).into_owned();
        let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
        let known: Vec<&str> = presets.iter().map(|preset| preset.name).collect();
        assert_eq!(names, known);
        for name in names {
            let toml = car_daemon().args([&format!("{kind}s"), name]).output().expect("runs").stdout;
            let file = folder.path().join(format!("{name}.toml"));
            std::fs::write(&file, toml).expect("can be written");
            let check = car_daemon().arg("check").arg(format!("--{kind}")).arg(&file).output().expect("runs");
            assert_eq!(check.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&check.stderr));
        }
    }
    for (args, right) in [
        (["worlds", "rom"], "no world is named `rom`; did you mean `room`?"),
        (["worlds", "./w.toml"], "to look at a world file: car-daemon check --world ./w.toml"),
    ] {
        let output = car_daemon().args(args).output().expect("runs");
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(right), "{said}");
    }
}

#[test]
fn check_names_every_fault_of_a_world_with_its_line() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("w.toml");
    std::fs::write(&file, "name = \"w\"\n[[walls]]\npoints = [[0, 0]]\nheigth_m = 1\n").expect("ours");
    let output = car_daemon().arg("check").arg("--world").arg(&file).output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for right in [
        "w.toml:3: walls[0].points: has too few points: 1; must be 2 to 1000",
        "w.toml:4: walls[0].heigth_m: is not a known key; did you mean `height_m`?",
        "2 faults in the configuration\n",
    ] {
        assert!(said.contains(right), "{right} in {said}");
    }
}

#[test]
fn wrong_arguments_name_what_would_be_right() {
    for (arguments, hint) in [
        (&["--platform", "simm"][..], "did you mean `sim`"),
        (&["--listen", "wsss://127.0.0.1"], "did you mean `wss`"),
        (&["--board", "demmo"], "did you mean `demo`"),
        (&["--world", "trak"], "did you mean `track`"),
        (&["boards", "l298"], "did you mean `l298n`"),
        (&["boards", "my/car.toml"], "car-daemon check --board my/car.toml"),
        (
            &["check", "my-car.toml"],
            "a board file: --board my-car.toml; a world file: --world my-car.toml; a configuration: --config my-car.toml",
        ),
        (&["--listen", "tcp://0.0.0.0:9901"], "insecure = true"),
        (&["--config", "/no/such/file.toml"], "--config"),
    ] {
        let output = car_daemon().args(arguments).output().expect("runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(hint), "{arguments:?}: {said}");
    }
}
