//! Over sockets in a directory of their own.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;

use futures_util::{SinkExt, StreamExt};
use tempfile::TempDir;

use super::*;
use crate::{Frame, HandshakeError};

fn unix() -> Unix {
    Unix::new(Limits::default())
}

/// A directory, and an endpoint in it.
fn somewhere() -> (TempDir, Endpoint) {
    let dir = tempfile::tempdir().unwrap();
    let at = format!("unix://{}", dir.path().join("car.sock").display());
    (dir, at.parse().unwrap())
}

fn names(dir: &TempDir) -> Vec<String> {
    let names =
        fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

fn mode_of(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

async fn refusal(at: &Endpoint) -> String {
    unix().bind(at).await.unwrap_err().to_string()
}

async fn meet(listener: &mut Box<dyn Listener>) -> (Connection, Connection) {
    let dialled = unix().dial(listener.endpoint()).await.unwrap();
    (dialled, listener.accept().await.handshake.await.unwrap())
}

async fn speak(a: &mut Connection, b: &mut Connection) {
    a.tx.send(Frame::text("up")).await.unwrap();
    assert_eq!(b.rx.next().await.unwrap().unwrap(), Frame::text("up"));
    b.tx.send(Frame::text("ok")).await.unwrap();
    assert_eq!(a.rx.next().await.unwrap().unwrap(), Frame::text("ok"));
}

#[tokio::test]
async fn the_kernel_says_who_each_peer_is() {
    let (_dir, at) = somewhere();
    let mut listener = unix().bind(&at).await.unwrap();
    let (mut a, mut b) = meet(&mut listener).await;
    let us = Peer::Unix {
        uid: rustix::process::getuid().as_raw(),
        gid: rustix::process::getgid().as_raw(),
        pid: Some(std::process::id().cast_signed()),
    };
    assert_eq!((&a.peer, &b.peer), (&us, &us));
    speak(&mut a, &mut b).await;
    drop(a);
    assert!(b.rx.next().await.is_none());
}

#[tokio::test]
async fn an_abstract_name_needs_no_file() {
    let at: Endpoint = format!("unix://@car-daemon-test-{}", std::process::id()).parse().unwrap();
    let mut listener = unix().bind(&at).await.unwrap();
    let (mut a, mut b) = meet(&mut listener).await;
    speak(&mut a, &mut b).await;
    assert!(refusal(&at).await.contains("choose another name"));
    listener.close().await;
    assert!(unix().bind(&at).await.is_ok());
    let with_mode = at.with_option("mode", "0600").unwrap();
    assert!(refusal(&with_mode).await.contains("leave out `mode`"));
}

#[tokio::test]
async fn a_socket_has_the_mode_it_was_given() {
    let (_dir, at) = somewhere();
    let Address::File(path) = at.address() else { panic!("{at}") };
    let listener = unix().bind(&at).await.unwrap();
    assert_eq!(mode_of(path), DEFAULT_MODE);
    listener.close().await;
    let _listener = unix().bind(&at.clone().with_option("mode", "0606").unwrap()).await.unwrap();
    assert_eq!(mode_of(path), 0o606);
}

#[tokio::test]
async fn a_listener_leaves_no_file_behind() {
    let (dir, at) = somewhere();
    let mut listener = unix().bind(&at).await.unwrap();
    assert_eq!(names(&dir), ["car.sock", "car.sock.lock"]);
    let (mut a, mut b) = meet(&mut listener).await;
    listener.close().await;
    assert!(names(&dir).is_empty());
    speak(&mut a, &mut b).await;
    drop(unix().bind(&at).await.unwrap());
    assert!(names(&dir).is_empty());
}

#[tokio::test]
async fn a_second_listener_is_refused_and_the_first_is_unharmed() {
    let (_dir, at) = somewhere();
    let mut listener = unix().bind(&at).await.unwrap();
    let words = refusal(&at).await;
    let holder = format!("process {} holds the lock file", std::process::id());
    assert!(words.contains(&holder) && words.contains("another car-daemon"), "{words}");
    let (mut a, mut b) = meet(&mut listener).await;
    speak(&mut a, &mut b).await;
}

#[tokio::test]
async fn what_a_crash_has_left_is_replaced() {
    let (dir, at) = somewhere();
    let path = dir.path().join("car.sock");
    // As after SIGKILL: both files are there, and nobody holds either.
    drop(StdListener::bind(&path).unwrap());
    fs::write(dir.path().join("car.sock.lock"), "car-daemon 4194304\n").unwrap();
    let mut listener = unix().bind(&at).await.unwrap();
    let (mut a, mut b) = meet(&mut listener).await;
    speak(&mut a, &mut b).await;
}

#[tokio::test]
async fn a_socket_on_which_another_program_listens_is_left_alone() {
    let (dir, at) = somewhere();
    let path = dir.path().join("car.sock");
    let other = StdListener::bind(&path).unwrap();
    let words = refusal(&at).await;
    assert!(words.contains("another program listens there"), "{words}");
    assert_eq!(names(&dir), ["car.sock"]);
    std::os::unix::net::UnixStream::connect(&path).unwrap();
    other.accept().unwrap();
}

#[tokio::test]
async fn what_is_no_socket_is_left_alone() {
    let (dir, at) = somewhere();
    let path = dir.path().join("car.sock");
    fs::write(&path, "precious").unwrap();
    let words = refusal(&at).await;
    assert!(words.contains("no socket") && words.contains("left alone"), "{words}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    // Nor is a link to a socket followed.
    fs::remove_file(&path).unwrap();
    let target = dir.path().join("target.sock");
    drop(StdListener::bind(&target).unwrap());
    std::os::unix::fs::symlink(&target, &path).unwrap();
    assert!(refusal(&at).await.contains("no socket"));
    assert!(fs::symlink_metadata(&target).unwrap().file_type().is_socket());
}

#[tokio::test]
async fn a_link_where_the_socket_should_be_is_refused_wherever_it_points() {
    let (dir, at) = somewhere();
    let path = dir.path().join("car.sock");
    let live = StdListener::bind(dir.path().join("live.sock")).unwrap();
    fs::write(dir.path().join("file"), "precious").unwrap();
    for target in ["live.sock", "file", "nothing", "car.sock"] {
        std::os::unix::fs::symlink(dir.path().join(target), &path).unwrap();
        let words = refusal(&at).await;
        assert!(words.contains("no socket") && words.contains("left alone"), "{target}: {words}");
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink(), "{target}");
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(names(&dir), ["file", "live.sock"]);
    assert_eq!(fs::read_to_string(dir.path().join("file")).unwrap(), "precious");
    live.set_nonblocking(true).unwrap();
    assert!(live.accept().is_err(), "nobody was sent there");
}

#[tokio::test]
async fn a_lock_file_that_is_a_link_is_not_followed() {
    let (dir, at) = somewhere();
    let target = dir.path().join("target");
    std::os::unix::fs::symlink(&target, dir.path().join("car.sock.lock")).unwrap();
    refusal(&at).await;
    assert!(!target.exists());
}

#[tokio::test]
async fn a_lock_file_that_holds_something_is_left_alone() {
    let (dir, at) = somewhere();
    let lock = dir.path().join("car.sock.lock");
    fs::write(&lock, "precious").unwrap();
    assert!(refusal(&at).await.contains("no lock file of ours"));
    assert_eq!(fs::read_to_string(&lock).unwrap(), "precious");
}

#[tokio::test]
async fn a_socket_that_somebody_put_in_our_place_is_not_removed() {
    let (dir, at) = somewhere();
    let path = dir.path().join("car.sock");
    let listener = unix().bind(&at).await.unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, "theirs").unwrap();
    listener.close().await;
    assert_eq!(names(&dir), ["car.sock"]);
}

#[tokio::test]
async fn a_path_that_cannot_be_is_refused_with_what_to_do() {
    let long: Endpoint = format!("unix:///{}", "a".repeat(LONGEST)).parse().unwrap();
    assert!(refusal(&long).await.ends_with("at most 107 bytes, this has 108"));
    assert!(matches!(unix().dial(&long).await, Err(DialError::Option { .. })));
    let nowhere: Endpoint = "unix:///nowhere/at/all.sock".parse().unwrap();
    assert!(refusal(&nowhere).await.ends_with("its directory must exist"));
    assert!(matches!(unix().dial(&nowhere).await, Err(DialError::Io { .. })));
    assert!(matches!(unix().bind(&"tcp://".parse().unwrap()).await, Err(BindError::NoTransport(_))));
}

#[tokio::test]
async fn one_user_may_have_every_connection_and_no_more() {
    let (_dir, at) = somewhere();
    let unix = Unix::new(Limits { connections: 2, per_address: 1, ..Limits::default() });
    let mut listener = unix.bind(&at).await.unwrap();
    let _two = [meet(&mut listener).await, meet(&mut listener).await];
    let mut extra = unix.dial(&at).await.unwrap();
    assert!(matches!(listener.accept().await.handshake.await, Err(HandshakeError::Full(_))));
    assert!(extra.rx.next().await.is_none());
}
