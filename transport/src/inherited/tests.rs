//! Sockets as a parent process would pass them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use futures_util::StreamExt;

use super::*;
use crate::{Limits, Listener, Table};

/// What is passed under a name.
fn named(name: &str, fd: impl Into<OwnedFd>) -> (String, OwnedFd) {
    (name.to_owned(), fd.into())
}

fn table(inherited: &Inherited) -> Table {
    Table::inheriting(&Limits::default(), &crate::Security::default(), inherited)
}

async fn bind(inherited: &Inherited, at: &str) -> Box<dyn Listener> {
    table(inherited).bind(&at.parse().unwrap()).await.unwrap()
}

/// The listener hears who connects now.
async fn serves(listener: &mut Box<dyn Listener>, word: &str) {
    let mut connection = listener.accept().await.handshake.await.unwrap();
    let frame = connection.rx.next().await.unwrap().unwrap();
    assert_eq!(&frame.data[..], word.as_bytes());
}

#[tokio::test]
async fn a_socket_at_the_address_of_an_endpoint_is_used_for_it() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let inherited = Inherited::new([named("whatever", socket)]);
    let mut listener = bind(&inherited, &format!("tcp://{address}?framing=lines")).await;
    assert_eq!(listener.endpoint().to_string(), format!("tcp://{address}?framing=lines"));
    assert_eq!(inherited.close_rest(), [""; 0]);
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"up\n").unwrap();
    serves(&mut listener, "up").await;
}

#[tokio::test]
async fn a_socket_with_the_name_of_a_scheme_is_used_by_its_endpoint_wherever_it_listens() {
    let (tcp, udp) = (TcpListener::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let (tcp_at, udp_at) = (tcp.local_addr().unwrap(), udp.local_addr().unwrap());
    let inherited = Inherited::new([named("tcp", tcp), named("udp", udp)]);
    // Neither is another kind's, whatever its name.
    let ws = bind(&inherited, "ws://127.0.0.1:0").await;
    assert!(![tcp_at, udp_at].iter().any(|at| ws.endpoint().to_string().contains(&at.to_string())));
    let mut tcp = bind(&inherited, "tcp://127.0.0.1:0").await;
    assert_eq!(tcp.endpoint().to_string(), format!("tcp://{tcp_at}"));
    let mut udp = bind(&inherited, "udp://127.0.0.1:0").await;
    assert_eq!(udp.endpoint().to_string(), format!("udp://{udp_at}"));
    let mut client = TcpStream::connect(tcp_at).unwrap();
    client.write_all(b"up\n").unwrap();
    serves(&mut tcp, "up").await;
    UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"back", udp_at).unwrap();
    serves(&mut udp, "back").await;
}

#[tokio::test]
async fn the_file_of_a_unix_socket_that_was_passed_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("car.sock");
    let at = format!("unix://{}?mode=0600", path.display());
    let inherited = Inherited::new([named("", UnixListener::bind(&path).unwrap())]);
    let mut listener = bind(&inherited, &at).await;
    let mut client = UnixStream::connect(&path).unwrap();
    client.write_all(b"up\n").unwrap();
    serves(&mut listener, "up").await;
    listener.close().await;
    assert!(path.exists(), "whoever made it removes it");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "and there is no lock of ours");
}

#[tokio::test]
async fn an_abstract_name_is_found_too() {
    use std::os::linux::net::SocketAddrExt;
    let name = format!("car-daemon-passed-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let inherited = Inherited::new([named("", UnixListener::bind_addr(&address).unwrap())]);
    let mut listener = bind(&inherited, &format!("unix://@{name}")).await;
    let mut client = UnixStream::connect_addr(&address).unwrap();
    client.write_all(b"up\n").unwrap();
    serves(&mut listener, "up").await;
}

#[tokio::test]
async fn what_waited_in_a_passed_socket_moves_nothing() {
    let (tcp, udp) = (TcpListener::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let (tcp_at, udp_at) = (tcp.local_addr().unwrap(), udp.local_addr().unwrap());
    let mut late = TcpStream::connect(tcp_at).unwrap();
    late.write_all(b"up\n").unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.send_to(b"up", udp_at).unwrap();
    sender.send_to(b"", udp_at).unwrap();

    let inherited = Inherited::new([named("tcp", tcp), named("udp", udp)]);
    let mut tcp = bind(&inherited, "tcp://127.0.0.1:0").await;
    let mut udp = bind(&inherited, "udp://127.0.0.1:0").await;
    // The one who waited is hung up on, and can come again.
    late.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert!(matches!(late.read(&mut [0]), Ok(0) | Err(_)));
    TcpStream::connect(tcp_at).unwrap().write_all(b"stop\n").unwrap();
    serves(&mut tcp, "stop").await;
    sender.send_to(b"stop", udp_at).unwrap();
    serves(&mut udp, "stop").await;
}

#[tokio::test]
async fn a_socket_that_is_open_to_others_does_not_serve_an_endpoint_that_is_not() {
    let socket = TcpListener::bind("0.0.0.0:0").unwrap();
    let inherited = Inherited::new([named("tcp", socket)]);
    let refused = table(&inherited).bind(&"tcp://127.0.0.1:0".parse().unwrap()).await.unwrap_err();
    assert!(refused.to_string().contains("open to other machines: tcp://0.0.0.0:"), "{refused}");
}

#[tokio::test]
async fn what_nobody_asked_for_is_named_and_closed() {
    let dir = tempfile::tempdir().unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();
    let connection = TcpStream::connect(address).unwrap();
    let path = dir.path().join("car.sock");
    let file = std::fs::File::create(dir.path().join("file")).unwrap();
    let inherited = Inherited::new([
        named("web", tcp),
        named("tcp", connection),
        named("unix", UnixListener::bind(&path).unwrap()),
        named("file", file),
    ]);
    // A connection is no listener, even under the right name.
    let listener = bind(&inherited, "tcp://127.0.0.1:0").await;
    assert!(!listener.endpoint().to_string().contains(&address.to_string()));
    let rest = inherited.close_rest();
    let port = address.port();
    assert_eq!(rest.len(), 4, "{rest:?}");
    assert!(rest[0].starts_with(&format!("`web`: streams at 127.0.0.1 port {port}, where no endpoint")));
    assert!(rest[1].starts_with("`tcp`: a connection"), "{}", rest[1]);
    assert!(rest[2].starts_with(&format!("`unix`: streams at {}", path.display())));
    assert!(rest[3].starts_with("`file`: "), "{}", rest[3]);
    assert!(TcpStream::connect(address).is_err(), "it is closed");
    assert!(UnixStream::connect(&path).is_err(), "it is closed");
}
