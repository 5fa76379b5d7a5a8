//! Cameras that are programs and other machines, and what is told when something is wrong with them.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use rustix::process::Signal;

use crate::guard::runs;
use crate::support::stream::{Stream, value};
use crate::support::{Process, car_daemon, eventually, web};

/// Looks until words of a stream contain these.
fn told(stream: &mut Stream, words: &str) -> String {
    let mut said = String::new();
    eventually(words, || {
        let part = stream.next();
        said =
            part.head.lines().find_map(|line| line.strip_prefix("X-Words: ")).unwrap_or_default().to_owned();
        said.contains(words)
    });
    said
}

fn has_words(stream: &mut Stream) -> bool {
    stream.next().head.contains("X-Words")
}

fn shows(folder: &Path, world: &str) {
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/worlds/{world}.jpg"));
    let aside = folder.join("aside.jpg");
    fs::copy(picture, &aside).expect("a picture of the docs");
    // Whoever reads it has the one or the other.
    fs::rename(aside, folder.join("seen.jpg")).expect("ours");
}

#[test]
fn a_camera_that_hangs_is_told_once_the_car_has_moved_and_lives_again_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    shows(folder.path(), "room");
    let program = format!("cd {}; while :; do cat seen.jpg; sleep 0.05; done", folder.path().display());
    let mut daemon = Process::with_page(&format!("[camera]\nsource = [\"sh\", \"-c\", \"{program}\"]\n"));
    let mut stream = Stream::open(&daemon, "/stream");
    eventually("the program gives pictures", || !has_words(&mut stream));
    let mut driver = TcpStream::connect(daemon.address("tcp")).expect("listens");
    writeln!(driver, "up").expect("connected");
    let said = told(&mut stream, "sh: gives the same picture again and again while the car moves");
    assert!(said.contains("it hangs: look at its camera"), "{said}");
    daemon.wait_for_log("no picture: sh: gives the same picture again and again");
    let metrics = web::get(&daemon, "/metrics").body;
    assert!(metrics.contains("\ncar_camera_trouble 1\n"), "{metrics}");
    assert_eq!(web::get(&daemon, "/snapshot").status, 503);
    shows(folder.path(), "maze");
    eventually("another picture is shown", || !has_words(&mut stream));
    assert!(web::get(&daemon, "/metrics").body.contains("\ncar_camera_trouble 0\n"));
}

#[test]
fn a_daemon_shows_what_another_one_sees_and_says_when_that_has_gone() {
    let far = Process::with_page("[camera]\nwidth = 160\nheight = 120\n");
    for action in ["stream", "snapshot"] {
        let url = format!("{}?action={action}", far.page());
        let near = Process::with_page(&format!("[camera]\nsource = \"{url}\"\n"));
        let mut stream = Stream::open(&near, "/stream");
        eventually("it shows pictures", || !has_words(&mut stream));
        let (one, other) = (stream.next(), stream.next());
        assert!(one.is_jpeg() && other.is_jpeg());
        assert!(other.number("X-Timestamp") > one.number("X-Timestamp"));
        let metrics = web::get(&near, "/metrics").body;
        assert!(metrics.contains("\ncar_camera_picture_width 160\n"), "{metrics}");
    }
    let url = format!("{}?action=stream", far.page());
    let near = Process::with_page(&format!("[camera]\nsource = \"{url}\"\n"));
    let mut stream = Stream::open(&near, "/stream");
    eventually("it shows pictures", || !has_words(&mut stream));
    drop(far);
    told(&mut stream, "is the program there on, and the port right?");
}

/// Somebody at a port who answers everybody with this; with nothing, who is silent and stays.
fn somebody(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        let mut kept = Vec::new();
        for mut socket in listener.incoming().flatten() {
            // Of a test that is over nobody is left to listen.
            drop(socket.read(&mut [0; 1024]));
            drop(socket.write_all(answer.as_bytes()));
            if answer.is_empty() {
                kept.push(socket);
            }
        }
    });
    port
}

/// The port of nobody.
fn nobody() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port()
}

/// What a daemon with this source says on a stream, to metrics and in its log, up to these words.
fn says(source: &str, words: &str) -> String {
    let daemon = Process::with_page(&format!("[camera]\nsource = {source}\n"));
    let mut stream = Stream::open(&daemon, "/stream");
    let said = told(&mut stream, words);
    let metrics = web::get(&daemon, "/metrics").body;
    let snapshot = web::get(&daemon, "/snapshot");
    assert_eq!(snapshot.status, 503, "{words}");
    drop(stream);
    daemon.signal(Signal::TERM);
    let (_, log) = daemon.wait();
    assert!(log.contains("camera: no picture"), "{log}");
    said + &metrics + &log
}

#[test]
fn a_far_camera_that_moved_hangs_or_is_dead_is_told_and_its_password_never() {
    let moved = "HTTP/1.1 302 Found\r\nLocation: http://me:hidden@elsewhere/\r\nContent-Length: 0\r\n\r\n";
    for (port, words) in [
        (somebody(moved), "has moved to http://"),
        (somebody(""), "it takes the request and answers nothing"),
        (nobody(), "is the program there on, and the port right?"),
        (
            somebody("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
            "of another car write ?token=TOKEN behind the address",
        ),
        (somebody("SSH-2.0-OpenSSH_9\r\n"), "it does not answer as HTTP does"),
    ] {
        let said = says(&format!("\"http://me:secret@127.0.0.1:{port}/live\""), words);
        assert!(said.contains(&format!("source=\"http://…@127.0.0.1:{port}/live\"")), "{said}");
        assert!(!said.contains("secret") && !said.contains("hidden"), "{said}");
        let once = format!("http://...@127.0.0.1:{port}/live: ");
        assert!(said.starts_with(&once) && !said.contains("/live: http://…@127"), "{said}");
    }
}

#[test]
fn what_a_program_is_told_is_told_nobody_else() {
    let said = says("[\"false\", \"--password\", \"secret\"]", "false: has ended (exit status: 1)");
    assert!(said.contains("source=\"false\"") && !said.contains("secret"), "{said}");
}

#[test]
fn a_program_that_writes_nothing_ends_with_a_daemon_that_is_killed_and_so_does_what_it_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let numbers = folder.path().join("numbers");
    let place = numbers.display();
    let program =
        format!("trap '' TERM HUP; sleep 1000 & echo $$ $! > {place}.new; mv {place}.new {place}; wait");
    let daemon = Process::with_page(&format!("[camera]\nsource = [\"sh\", \"-c\", \"{program}\"]\n"));
    let _looks = Stream::open(&daemon, "/stream");
    eventually("the program runs", || numbers.exists());
    let numbers = fs::read_to_string(&numbers).expect("written");
    let numbers: Vec<u32> = numbers.split_whitespace().map(|number| number.parse().expect("one")).collect();
    assert!(numbers.len() == 2 && numbers.iter().all(|number| runs(*number)), "{numbers:?}");
    daemon.signal(Signal::KILL);
    eventually("both are gone", || !numbers.iter().any(|number| runs(*number)));
}

#[test]
fn check_says_where_a_camera_is_named_that_is_not_here() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("car.toml");
    let check = |platform: &str, source: &str| {
        fs::write(&file, format!("name = \"car\"\n[camera]\nsource = {source}\n")).expect("ours");
        let mut check = car_daemon();
        let output =
            check.args(["check", "--platform", platform, "--config"]).arg(&file).output().expect("runs");
        assert!(output.status.success(), "it may be there later");
        (String::from_utf8(output.stdout).expect("text"), String::from_utf8(output.stderr).expect("text"))
    };
    for (platform, source, why) in [
        ("sim", "\"none.jpg\"", "none.jpg: No such file or directory"),
        ("sim", "\"/dev/no-such-camera\"", "/dev/no-such-camera: "),
        ("sim", "[\"no-such-camera\", \"x\"]", "no-such-camera: there is no such program: install it"),
        ("linux", "\"sim\"", "the camera: only a simulated car has a simulated one"),
    ] {
        let (_, said) = check(platform, source);
        let at = format!("{}:3: camera.source: ", file.display());
        assert!(said.contains(&at) && said.contains(why) && said.lines().count() == 1, "{said}");
    }
    for (platform, source) in
        [("sim", "\"sim\""), ("sim", "[\"sh\"]"), ("linux", "\"auto\""), ("sim", "\"off\"")]
    {
        assert_eq!(check(platform, source).1, "", "{source}");
    }
    let (printed, said) = check("sim", "\"http://me:pass@word@car/?token=sekrit\"");
    assert!(printed.contains("\"http://…@car/?…\"") && said.is_empty(), "{printed}{said}");
    assert!(!printed.contains("word@") && !printed.contains("sekrit"), "{printed}");
}

#[test]
fn words_in_place_of_a_picture_are_marked_as_such() {
    let daemon = Process::with_page("[camera]\nsource = \"off\"\n");
    let part = Stream::open(&daemon, "/stream").next();
    assert!(part.is_jpeg(), "they are a picture too");
    assert!(
        value(&part.head, "X-Words").starts_with("the camera: off, as [camera] source says"),
        "{}",
        part.head
    );
}
