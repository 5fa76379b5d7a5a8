//! Clients in other languages, in the manner of the tutorials that the first cars were built from.
//! Each drives, holds, lets go, and the car stops.

use std::io::Write;
use std::net::{TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Driver, Process, language};

fn client(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(file)
}

fn host_and_port(command: &mut Command, daemon: &Process, scheme: &str, word: &str) {
    let address = daemon.address(scheme);
    command.arg(address.ip().to_string()).arg(address.port().to_string()).arg(word);
}

fn stands(daemon: &Process) {
    daemon.wheels("both stand", |left, right| left == 0.0 && right == 0.0);
}

#[test]
fn a_python_socket_drives() {
    let Some(mut python) = language("python3", "--version") else { return };
    let daemon = Process::start();
    python.arg(client("python_socket.py"));
    host_and_port(&mut python, &daemon, "tcp", "up");
    let driver = Driver::start(python);
    daemon.wheels("both turn forward", |left, right| left > 0.5 && right > 0.5);
    let heard = driver.let_go();
    assert!(heard.contains("car-daemon") && heard.contains("\nok"), "{heard}");
    stands(&daemon);
}

#[test]
fn a_python_websocket_made_by_hand_drives() {
    let Some(mut python) = language("python3", "--version") else { return };
    let daemon = Process::start();
    python.arg(client("python_websocket.py"));
    host_and_port(&mut python, &daemon, "ws", "left");
    let mut driver = Driver::start(python);
    daemon.wheels("left back, right forward", |left, right| left < -0.5 && right > 0.5);
    driver.0.kill().expect("runs");
    stands(&daemon);
}

#[test]
fn a_node_socket_drives() {
    let Some(mut node) = language("node", "--version") else { return };
    let daemon = Process::start();
    node.arg(client("node_net.js"));
    host_and_port(&mut node, &daemon, "tcp", "back");
    let driver = Driver::start(node);
    daemon.wheels("both turn back", |left, right| left < -0.5 && right < -0.5);
    let heard = driver.let_go();
    assert!(heard.contains("ok") && heard.ends_with("Disconnected from server\n"), "{heard}");
    stands(&daemon);
}

#[test]
fn a_java_socket_drives_by_write_utf_and_reads_the_answer_by_read_utf() {
    let Some(mut java) = language("java", "-version") else { return };
    let daemon = Process::start();
    java.arg(client("JavaSocket.java"));
    host_and_port(&mut java, &daemon, "tcp", "right");
    let driver = Driver::start(java);
    daemon.wheels("left forward, right back", |left, right| left > 0.5 && right < -0.5);
    let heard = driver.let_go();
    assert!(heard.contains("car-daemon") && heard.contains("\nok"), "{heard}");
    stands(&daemon);
}

#[test]
fn socat_drives_by_udp_and_unix() {
    let Some(mut socat) = language("socat", "-V") else { return };
    let daemon = Process::start();
    socat.arg("-").arg(format!("unix-connect:{}", daemon.socket().display()));
    let mut driver = Driver::start(socat);
    driver.0.stdin.as_mut().expect("piped").write_all(b"left\n").expect("runs");
    daemon.wheels("left back, right forward", |left, right| left < -0.5 && right > 0.5);
    let heard = driver.let_go();
    assert!(heard.contains("ok"), "{heard}");
    stands(&daemon);

    let Some(mut socat) = language("socat", "-V") else { return };
    socat.arg("-t5").arg("-").arg(format!("udp:{}", daemon.address("udp")));
    let mut driver = Driver::start(socat);
    driver.0.stdin.as_mut().expect("piped").write_all(b"up\n").expect("runs");
    daemon.wheels("both turn forward", |left, right| left > 0.5 && right > 0.5);
    driver.0.kill().expect("runs");
}

#[test]
fn netcat_drives() {
    let Some(mut nc) = language("nc", "-h") else { return };
    let daemon = Process::start();
    let address = daemon.address("tcp");
    nc.arg(address.ip().to_string()).arg(address.port().to_string());
    let mut driver = Driver::start(nc);
    driver.0.stdin.as_mut().expect("piped").write_all(b"up\n").expect("runs");
    daemon.wheels("both turn forward", |left, right| left > 0.5 && right > 0.5);
    driver.0.kill().expect("runs");
    stands(&daemon);
}

#[test]
fn the_foreign_clients_need_no_more_than_a_socket() {
    // The same bytes as theirs, for machines that have none of the languages.
    let daemon = Process::start();
    let mut java = TcpStream::connect(daemon.address("tcp")).expect("listens");
    java.write_all(b"\x00\x02up").expect("connected");
    daemon.wheels("both turn forward", |left, right| left > 0.5 && right > 0.5);
    drop(java);
    stands(&daemon);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.send_to(b"up\n", daemon.address("udp")).expect("sent");
    daemon.wheels("both turn forward", |left, right| left > 0.5 && right > 0.5);
}
