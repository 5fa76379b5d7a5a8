//! A client in Python, written from PROTOCOL.md with its standard library alone.

use std::io::{self, Write};
use std::path::Path;
use std::process::Stdio;

use futures_util::SinkExt;
use tokio::process::Command;
use tokio::time::timeout;
use transport::{Frame, Limits};

use crate::support::{PATIENCE, SECRET, accept, address, hear, listen};

fn python() -> Option<Command> {
    let found = std::process::Command::new("python3").arg("--version").stdout(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        return Some(Command::new("python3"));
    }
    assert!(std::env::var_os("CI").is_none(), "python3 must be installed where CI is set");
    // Where standard error is closed there is nobody to tell.
    drop(writeln!(io::stderr(), "SKIPPED: python3 is not installed here"));
    None
}

async fn speaks(integrity: &str) {
    let Some(mut python) = python() else { return };
    let mut listener = listen(&Limits::default(), integrity).await;
    let at = address(listener.endpoint());
    python
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/clients/python_udp.py"))
        .args([&at.ip().to_string(), &at.port().to_string(), integrity, "up"])
        .env("CAR_KEY", format!("tablet:{SECRET}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut client = python.spawn().unwrap();
    let mut accepted = accept(&mut listener).await;
    for _ in 0..3 {
        assert_eq!(hear(&mut accepted).await, Frame::text("up"));
        accepted.tx.send(Frame::text("ok größer")).await.unwrap();
    }
    drop(client.stdin.take());
    let output = timeout(PATIENCE, client.wait_with_output()).await.unwrap().unwrap();
    assert!(output.status.success());
    assert_eq!(str::from_utf8(&output.stdout).unwrap(), "ok größer\n");
}

#[tokio::test]
async fn the_vectors_are_what_python_writes_from_the_protocol_document() {
    let Some(mut python) = python() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/vectors/check_udp.py");
    let output = timeout(PATIENCE, python.arg(script).output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.ends_with("are right\n"), "{said}{output:?}");
}

#[tokio::test]
async fn a_python_client_speaks_with_a_checksum() {
    speaks("crc32c").await;
}

#[tokio::test]
async fn a_python_client_speaks_with_a_key() {
    speaks("psk").await;
}
