//! Configurations as people write them.

use std::path::Path;
use std::time::Duration;

use super::settings::SETTINGS;
use super::{Config, Overrides, page_url};
use crate::clock::Speed;

fn parse(text: &str) -> Result<Config, String> {
    Config::parse("car.toml", text, Path::new("."), &Overrides::default())
        .map_err(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn an_empty_file_is_the_standard_car() {
    let config = parse("").expect("every key has a default");
    assert_eq!(config.to_string(), Config::standard().to_string());
    let schemes: Vec<_> = config.listen.iter().map(transport::Endpoint::scheme).collect();
    assert_eq!(schemes, ["ws", "tcp", "udp", "unix"]);
}

#[test]
fn what_check_prints_reads_back_as_itself() {
    let mut config = Config::standard();
    config.name = "Rennwagen \"7\"".into();
    config.control.cruise = 0.35;
    config.limits.transport.udp_idle = Duration::from_millis(1234);
    config.state_dir = Some("/var/lib/my car".into());
    config.lock_dir = Some("/run/lock".into());
    let printed = config.to_string();
    assert_eq!(parse(&printed).expect("valid").to_string(), printed);
}

#[test]
fn every_fault_is_told_at_once_with_its_line() {
    let faults = parse(
        r#"nmae = "car"
platform = "simm"
listen = ["wsss://127.0.0.1:9900", "tcp://127.0.0.1:99000", "udp://0.0.0.0:9902"]
board = "demmo"

[control]
rate_hz = 5000
cruise = "fast"
command_ttl = 500

[limits]
connections = 1.5
"#,
    )
    .expect_err("eight faults");
    let lines: Vec<&str> = faults.lines().collect();
    for (line, what) in [
        ("car.toml:1: nmae", "`name`"),
        ("car.toml:2: platform", "`sim`"),
        ("car.toml:3: listen", "wsss"),
        ("car.toml:3: listen", "99000"),
        ("car.toml:4: board", "`demo`"),
        ("car.toml:7: control.rate_hz", "10 to 1000 hertz"),
        ("car.toml:8: control.cruise", "number"),
        ("car.toml:9: control.command_ttl", "`command_ttl_ms`"),
        ("car.toml:12: limits.connections", "whole number"),
    ] {
        assert!(
            lines.iter().any(|l| l.starts_with(line) && l.contains(what)),
            "{line} … {what} in\n{faults}"
        );
    }
}

#[test]
fn listening_beyond_this_machine_needs_a_decision() {
    let faults = parse("listen = [\"tcp://0.0.0.0:9901\"]").expect_err("anybody could drive");
    assert!(faults.starts_with("car.toml:1: listen"), "{faults}");
    assert!(faults.contains("insecure = true"), "{faults}");
    for scheme in ["tls", "wss"] {
        let faults =
            parse(&format!("listen = [\"{scheme}://0.0.0.0:9901\"]")).expect_err("no less so over TLS");
        assert!(faults.contains("reachable from other machines"), "{faults}");
    }
    let open = parse("listen = [\"tcp://0.0.0.0:9901\"]\n[auth]\ninsecure = true").expect("decided");
    assert!(open.auth.insecure);
    let overrides =
        Overrides { listen: vec!["ws://[::]:9900".parse().expect("an endpoint")], ..Overrides::default() };
    let faults = Config::load(None, &overrides).expect_err("also from the command line");
    assert!(faults[0].to_string().contains("--listen"), "{}", faults[0]);
}

#[test]
fn a_list_of_endpoints_is_looked_at_item_by_item() {
    let faults = parse(
        "listen = [\n \"htp://x\",\n \"tcp://0.0.0.0:1\",\n \"tcp://127.0.0.1:2\",\n \"tcp://127.0.0.1:2\"\n]",
    )
    .expect_err("three faults");
    for (line, what) in
        [("car.toml:2:", "htp"), ("car.toml:3:", "insecure"), ("car.toml:5:", "another endpoint")]
    {
        assert!(faults.lines().any(|l| l.starts_with(line) && l.contains(what)), "{line} in {faults}");
    }
    assert_eq!(faults.lines().count(), 3, "{faults}");
    let both =
        parse("listen = [\"ws://127.0.0.1:7\", \"tcp://127.0.0.1:7?hello=off\", \"udp://127.0.0.1:7\"]");
    assert_eq!(both.expect_err("one port for two").lines().count(), 1);
    assert!(parse("listen = [\"tcp://127.0.0.1:0\", \"tcp://127.0.0.1:0\"]").is_ok());
    assert!(parse("listen = []").expect_err("nobody could come").contains("is empty"));
}

#[test]
fn pages_names_and_certificates_are_read_strictly() {
    let config =
        parse("[auth]\nallow_origins = [\"null\", \"HTTP://Panel:80\"]\nallow_hosts = [\"Car.lan\"]")
            .expect("valid");
    assert_eq!(
        config.web.origins.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["null", "http://panel"]
    );
    assert_eq!(config.web.hosts.iter().map(ToString::to_string).collect::<Vec<_>>(), ["car.lan"]);
    assert_eq!(parse(&config.to_string()).expect("valid").web, config.web);
    for (text, words) in [
        ("[auth]\nallow_origins = [\"*\"]", "scheme://host"),
        ("[auth]\nallow_hosts = [\"http://car\"]", "without scheme and port"),
        ("[tls]\ncert = \"car.pem\"", "without its key"),
        ("[tls]\nkey = \"car.key\"", "without its certificate"),
        ("[tls]\ncert = \"no such file\"\nkey = \"no such file\"", "cannot be read"),
        ("[tls]\nclient_ca = \"/dev/null\"", "holds no certificate"),
        ("[tls]\ncertificate = \"car.pem\"", "not a known key"),
        ("listen = [\"tls://127.0.0.1:1\", \"tcp://127.0.0.1:1\"]", "another endpoint"),
    ] {
        let faults = parse(text).expect_err("a fault");
        assert!(faults.contains(words) && faults.lines().count() == 1, "{faults}");
    }
}

#[test]
fn numbers_that_make_no_sense_together_are_a_fault() {
    let faults = parse("[limits]\nping_held_ms = 3000\ndead_idle_ms = 4000").expect_err("two faults");
    for (line, what) in [
        ("car.toml:2: limits.ping_held_ms", "dead_held_ms"),
        ("car.toml:3: limits.dead_idle_ms", "ping_idle_ms"),
    ] {
        assert!(faults.lines().any(|l| l.starts_with(line) && l.contains(what)), "{line} in {faults}");
    }
    assert_eq!(faults.lines().count(), 2, "{faults}");
}

#[test]
fn check_says_what_all_clients_together_can_cost() {
    let printed = |text: &str| parse(text).expect("valid").to_string();
    // 64 MiB, 256 sessions of 32 KiB, 64 × 64 datagrams of 1,200 bytes, 64 × 128 KiB of pongs, and of HTTP
    // 256 × 192 KiB and 128 pictures of 1 MiB.
    assert!(printed("").contains("at most 261 MiB of memory"), "{}", printed(""));
    let small = "listen = [\"tcp://127.0.0.1:1\"]\nhttp.listen = \"off\"\n[limits]\nmemory = 4194304\nsessions = 1024";
    assert!(printed(small).contains("at most 36 MiB of memory"), "{}", printed(small));
}

#[test]
fn a_loop_has_two_turns_before_it_counts_as_stuck() {
    let faults = parse("[control]\nrate_hz = 10\nstall_ms = 150").expect_err("one turn is 100 ms");
    assert!(faults.starts_with("car.toml:3: control.stall_ms"), "{faults}");
    assert!(faults.contains("200 at this rate"), "{faults}");
    assert!(parse("[control]\nrate_hz = 10\nstall_ms = 200").is_ok());
}

#[test]
fn the_kernels_files_may_be_elsewhere_but_not_beside_whoever_asks() {
    let config = parse("[linux]\nsys = \"/tmp/tree/sys\"").expect("valid");
    assert_eq!((config.linux.dev.to_str(), config.linux.sys.to_str()), (Some("/dev"), Some("/tmp/tree/sys")));
    assert!(config.linux.realtime);
    let faults = parse("[linux]\ndev = \"tree/dev\"").expect_err("relative");
    assert!(faults.starts_with("car.toml:2: linux.dev"), "{faults}");
}

#[test]
fn the_command_line_replaces_what_the_file_says() {
    let overrides = Overrides {
        board: Some("l298n".into()),
        listen: vec!["mem://test".parse().expect("an endpoint")],
        ..Overrides::default()
    };
    let text = "board = \"no such board\"\nlisten = [\"tcp://0.0.0.0:1\"]";
    let config = Config::parse("car.toml", text, Path::new("."), &overrides).expect("both are replaced");
    assert_eq!((config.board.name.as_str(), config.listen.len()), ("l298n", 1));
}

#[test]
fn a_world_is_a_preset_or_a_file_and_each_of_its_faults_is_told() {
    let config = parse("").expect("valid");
    assert_eq!((config.world_name.as_str(), config.setup().world.name.as_str()), ("room", "room"));
    let config = parse("world = \"track\"").expect("a preset");
    assert_eq!(config.world.name, "track");
    assert!(config.to_string().contains("\n# world track: 4 walls, 3 boxes, 1 line, tiles of 0.5 m\n"));
    let unknown = parse("\nworld = \"trak\"").expect_err("no such world");
    assert!(unknown.starts_with("car.toml:2: world: is `trak`, which is no world; did you mean `track`?"));

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("yard.toml");
    std::fs::write(&file, "name = \"yard\"\nsky = \"blue\"\nwals = 1\n").expect("ours");
    let faults = Config::parse("car.toml", "world = \"./yard.toml\"", folder.path(), &Overrides::default());
    let said = faults.expect_err("two faults").iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for what in
        ["yard.toml:2: sky: is `blue`", "yard.toml:3: wals: is not a known key; did you mean `walls`?"]
    {
        assert!(said.contains(what), "{what} in {said}");
    }
    let overrides = Overrides { world: Some("maze".into()), ..Overrides::default() };
    let config = Config::parse("car.toml", "world = \"no such world\"", Path::new("."), &overrides);
    assert_eq!(config.expect("is replaced").world.name, "maze");
    let overrides = Overrides { world: Some("mase".into()), ..Overrides::default() };
    let unknown = Config::load(None, &overrides).expect_err("no such world");
    assert!(unknown[0].to_string().starts_with("--world: no world is called `mase`; did you mean `maze`?"));
    let halting = Overrides { board_only: true, ..overrides };
    assert!(Config::load(None, &halting).is_ok(), "who brings a board to rest needs no world");
    let world = parse("name = \"yard\"\n[[walls]]\n").expect_err("is a world");
    assert!(
        world.starts_with("car.toml: is a world file, and no configuration; give it by --world"),
        "{world}"
    );
}

#[test]
fn a_simulated_car_has_room_where_it_starts_and_a_real_one_stands_in_no_world() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset").toml;
    let wide = folder.path().join("wide.toml");
    std::fs::write(&wide, format!("{demo}\n[model]\nradius_m = 0.45\n")).expect("ours");
    let wide = wide.display();
    let said = |more: &str| parse(&format!("board = \"{wide}\"\n{more}"));
    let fault = said("world = \"maze\"").expect_err("cells of 0.6 m");
    let right = "car.toml:2: world: the car of board demo does not fit at the start of world maze: 0.300 m";
    assert!(fault.starts_with(right) && fault.lines().count() == 1, "{fault}");
    assert!(said("world = \"open\"").is_ok());
    let real = said("platform = \"linux\"\nworld = \"maze\"").expect("stands on a table");
    assert!(real.to_string().contains("# world maze: without effect on a car that is not simulated\n"));
    let overrides = Overrides { world: Some("maze".into()), ..Overrides::default() };
    let text = format!("board = \"{wide}\"");
    let faults = Config::parse("car.toml", &text, Path::new("."), &overrides).expect_err("too wide");
    assert!(faults[0].to_string().starts_with("--world: the car of board demo does not fit"));
}

#[test]
fn a_script_is_read_against_the_board_and_its_faults_are_told_with_their_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("ours");
    write("good.toml", "[[events]]\nat_s = 1\nfault = \"motor-open\"\non = \"left\"\n");
    write("bad.toml", "[[events]]\nat_s = 1\nfault = \"motor-open\"\non = \"lef\"\n[[event]]\n");
    let read = |text: &str, overrides: &Overrides| {
        let config = Config::parse("car.toml", text, folder.path(), overrides);
        config.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    };
    let plain = Overrides::default();
    assert_eq!(read("", &plain).expect("valid").setup().script.events(), []);
    let config = read("[sim]\nscript = \"good.toml\"", &plain).expect("valid");
    assert_eq!(config.setup().script.events().len(), 1);
    let printed = config.to_string();
    let row = printed.lines().find(|line| line.starts_with("script ")).expect("printed");
    assert!(row.contains("= \"good.toml\" "), "{row}");

    let said = read("[sim]\nscript = \"bad.toml\"", &plain).expect_err("two faults");
    let lines: Vec<&str> = said.lines().collect();
    assert!(
        lines.len() == 2
            && lines[0].ends_with("bad.toml:4: events[0].on: is `lef`, which is no motor of this board; did you mean `left`? it has left, right")
            && lines[1].contains("bad.toml:5: event: is not a known key; did you mean `events`?"),
        "{said}"
    );
    let said = read("[sim]\nscript = \"none.toml\"", &plain).expect_err("no file");
    assert!(said.contains("none.toml: ") && said.ends_with("give the path of a script"), "{said}");
    let real =
        read("platform = \"linux\"\n[sim]\nscript = \"good.toml\"", &plain).expect_err("not simulated");
    let right =
        "car.toml:3: sim.script: is a script, and only a simulated car can be broken by one; leave it out";
    assert!(real.starts_with(right), "{real}");

    let bad = folder.path().join("bad.toml").display().to_string();
    let sim = crate::config::SimOverrides { script: Some(bad), ..Default::default() };
    let overrides = Overrides { sim, ..Overrides::default() };
    assert!(read("[sim]\nscript = \"good.toml\"", &overrides).expect_err("replaced").contains("bad.toml:4"));
    let halting = Overrides { board_only: true, ..overrides };
    assert!(read("", &halting).is_ok(), "who brings a board to rest needs no script");
}

#[test]
fn only_a_simulated_car_has_a_time_of_its_own_and_who_brings_a_board_to_rest_needs_none() {
    let text = "platform = \"linux\"\n[sim]\nspeed = \"max\"";
    let said = parse(text).expect_err("a real car");
    assert!(said.starts_with("car.toml:3: sim.speed: is max, and only a simulated car"), "{said}");
    let sim = crate::config::SimOverrides { speed: Some(Speed::Step), ..Default::default() };
    for sim in [Default::default(), sim] {
        let halting = Overrides { board_only: true, sim, ..Overrides::default() };
        assert!(Config::parse("car.toml", text, Path::new("."), &halting).is_ok());
    }
}

#[test]
fn every_number_has_a_default_within_its_range() {
    let config = Config::standard();
    for setting in SETTINGS {
        let value = setting.get(&config);
        assert!(setting.range.contains(&value), "{}.{} = {value}", setting.table, setting.key);
    }
}

#[test]
fn folders_begin_where_the_configuration_is_and_none_is_made_up_by_reading() {
    let none = parse("").expect("valid");
    assert_eq!((none.state_dir, none.lock_dir), (None, None));
    let text = "state_dir = \"state\"\nlock_dir = \"/run/lock\"";
    let config = Config::parse("car.toml", text, Path::new("/etc/car"), &Overrides::default());
    let config = config.expect("valid");
    assert_eq!(config.state_dir.as_deref(), Some(Path::new("/etc/car/state")));
    assert_eq!(config.lock_dir.as_deref(), Some(Path::new("/run/lock")));
    assert!(parse("state_dir = \"\"").expect_err("no folder").contains("car.toml:1: state_dir: is empty"));
    let loaded = Config::load(None, &Overrides::default()).expect("valid");
    assert_eq!(loaded.lock_dir.as_deref(), Some(Path::new("/run/lock")));
}

#[test]
fn how_the_simulated_car_differs_is_read_and_printed() {
    let config = parse("[sim]\nseed = 7\nspeed = 2.5\nnoise = 0").expect("valid");
    assert_eq!((config.sim.seed, config.sim.speed, config.sim.noise), (7, Speed::Times(2.5), 0.0));
    for speed in ["\"max\"", "\"step\"", "1", "100"] {
        let config = parse(&format!("[sim]\nspeed = {speed}")).expect("valid");
        assert!(config.to_string().contains(&format!("speed               = {speed} ")), "{config}");
        assert_eq!(parse(&config.to_string()).expect("reads back").sim, config.sim);
    }
}

#[test]
fn what_is_no_speed_or_no_seed_is_told_with_what_would_be_right() {
    for (wrong, right) in [
        ("speed = 0.5", "must be 1 to 100 times real time, \"max\" or \"step\""),
        ("speed = \"fast\"", "max"),
        ("speed = true", "a number"),
        ("seed = -1", "must be 0 to 9223372036854775807"),
        ("noise = 11", "must be 0 to 10"),
        ("speeed = 1", "`speed`"),
    ] {
        let faults = parse(&format!("[sim]\n{wrong}")).expect_err(wrong);
        assert!(faults.starts_with("car.toml:2: sim.") && faults.contains(right), "{faults}");
    }
}

#[test]
fn only_a_simulated_car_has_a_time_of_its_own() {
    let faults = parse("platform = \"linux\"\n[sim]\nspeed = \"max\"").expect_err("a real car");
    assert!(
        faults.starts_with("car.toml:3: sim.speed") && faults.contains("only a simulated car"),
        "{faults}"
    );
    assert!(parse("platform = \"linux\"\n[sim]\nspeed = 1").is_ok());
}

#[test]
fn the_page_needs_an_address_of_its_own() {
    for (file, words) in [
        ("http.listen = \"127.0.0.1:9900\"", "http.listen: needs the address of `ws://127.0.0.1:9900`"),
        ("http.listen = \"localhost:9901\"", "http.listen: needs the address of `tcp://127.0.0.1:9901`"),
        (
            "[http]\nlisten = \"[::1]:80\"\nhttps = \"[::1]:80\"",
            "http.https: needs the address of `http://[::1]:80/`",
        ),
        (
            "[http]\nlisten = \"localhost:8080\"\nhttps = \"127.0.0.1:8080\"",
            "http.https: needs the address of `http://localhost:8080/`",
        ),
        (
            "listen = [\"tcp://127.0.0.1:8080\"]",
            "car.toml:1: listen: `tcp://127.0.0.1:8080` needs the address of the page, `http://127.0.0.1:8080/`",
        ),
        (
            "auth.insecure = true\nlisten = [\"ws://0.0.0.0:8080\"]",
            "listen: `ws://0.0.0.0:8080` needs the address of the page",
        ),
        ("listen = [\"tcp://127.0.0.1:8080\"]\nhttp.listen = \"off\"", ""),
        ("listen = [\"udp://127.0.0.1:8080\", \"tcp://127.0.0.2:8080\"]", ""),
        ("[http]\nhttps = \"127.0.0.1\"", ""),
        (
            "http.listen = \"0.0.0.0:8080\"",
            "http.listen: `http://0.0.0.0:8080/` is reachable from other machines",
        ),
        ("http.lisen = \"off\"", "listen"),
    ] {
        match parse(file) {
            Ok(config) => assert!(words.is_empty(), "{file}: {config}"),
            Err(faults) => assert!(!words.is_empty() && faults.contains(words), "{file}: {faults}"),
        }
    }
    for (file, url) in [
        ("http.https = \"127.0.0.1\"", "https://127.0.0.1:8443/"),
        ("[http]\nlisten = \"off\"\nhttps = \"[::1]\"", "https://[::1]:8443/"),
        ("http.listen = \"[::1]\"", "http://[::1]:8080/"),
        ("http.listen = \"localhost\"", "http://localhost:8080/"),
    ] {
        let config = parse(file).expect("valid");
        assert_eq!(config.http.endpoints().last().map(page_url).as_deref(), Some(url), "{file}");
    }
    let both = parse("[http]\nlisten = \"127.0.0.1:0\"\nhttps = \"127.0.0.1:0\"").expect("two ports");
    assert_eq!(both.http.endpoints().count(), 2);
}

#[test]
fn what_the_command_line_says_of_the_page_and_of_others_is_judged_together() {
    let with = |http: Option<&str>, listen: &[&str], file: &str| {
        let listen = listen.iter().map(|url| url.parse().expect("an endpoint")).collect();
        let overrides = Overrides { http: http.map(str::to_owned), listen, ..Overrides::default() };
        let parsed = Config::parse("car.toml", file, Path::new("."), &overrides);
        parsed.err().into_iter().flatten().map(|faults| faults.to_string()).collect::<String>()
    };
    for (http, listen, file, words) in [
        (
            None,
            &["tcp://127.0.0.1:8080"][..],
            "",
            "--listen: `tcp://127.0.0.1:8080` needs the address of the page",
        ),
        (Some("127.0.0.1:9900"), &[], "", "--http: needs the address of `ws://127.0.0.1:9900`"),
        (
            None,
            &["tcp://127.0.0.1:7"],
            "http.listen = \"127.0.0.1:7\"",
            "http.listen: needs the address of `tcp://127.0.0.1:7`",
        ),
        (Some("off"), &["tcp://127.0.0.1:8080"], "", ""),
        (Some("127.0.0.1:7"), &["tcp://127.0.0.1:8080"], "http.listen = \"127.0.0.1:8080\"", ""),
        (Some("0.0.0.0"), &[], "", "--http: `http://0.0.0.0:8080/` is reachable from other machines"),
        (
            Some("8099"),
            &[],
            "",
            "--http: `8099` is a port alone; write an address and a port, as 127.0.0.1:8099, or off",
        ),
    ] {
        let faults = with(http, listen, file);
        assert_eq!(faults.is_empty(), words.is_empty(), "{http:?} {listen:?} {file}: {faults}");
        assert!(faults.contains(words) && !faults.contains("/ws`"), "{http:?} {listen:?} {file}: {faults}");
    }
}

#[test]
fn what_is_no_address_of_a_page_is_told_as_it_was_written_with_the_one_that_was_meant() {
    for (text, words) in [
        ("banana", "`banana` is no address; write an address and a port, as 127.0.0.1:8080, or off"),
        ("on", "`on` is no address"),
        ("", "`` is no address"),
        ("8099", "`8099` is a port alone; write an address and a port, as 127.0.0.1:8099, or off"),
        (
            "http://127.0.0.1:81",
            "`http://127.0.0.1:81` is a URL; write an address and a port, as 127.0.0.1:81, or off",
        ),
        (
            "127.0.0.1:81/foo",
            "`127.0.0.1:81/foo` has a path; write an address and a port, as 127.0.0.1:81, or off",
        ),
        (
            "::1",
            "`::1` is an IPv6 address without its brackets; write an address and a port, as [::1]:8080, or off",
        ),
        ("127.0.0.1:99999", "`127.0.0.1:99999` is no address: `99999` is no port"),
        ("127.0.0.1?roll=none", "unknown option `roll`; did you mean `role`?"),
    ] {
        let faults = parse(&format!("http.listen = \"{text}\"")).expect_err(text);
        assert!(faults.contains(words) && !faults.contains("ws://"), "{text}: {faults}");
        assert_eq!(faults.lines().count(), 1, "{faults}");
    }
}
