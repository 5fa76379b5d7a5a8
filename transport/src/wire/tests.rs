//! Over the loopback device of this machine, because only a kernel has a window to close.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{interval, timeout};

use super::*;

/// As short as the kernel can count it well.
const DEAD: Duration = Duration::from_secs(1);

async fn pair() -> ((Reading, Writing), TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (near, _) = listener.accept().await.unwrap();
    (split(near, &Limits { tcp_dead: DEAD, ..Limits::default() }).unwrap(), far)
}

/// Writes until the socket takes no more, and waits.
async fn fill(write: &mut Writing) -> io::Error {
    loop {
        if let Err(error) = write.write_all(&[0; 4096]).await {
            return error;
        }
    }
}

/// A driver's commands. Seldom enough that the kernel probes the window in between: each that came
/// earlier would put its probe off.
async fn speak(far: &mut TcpStream, read: &mut Reading) {
    let mut ticks = interval(DEAD * 2 / 5);
    for _ in 0..9 {
        ticks.tick().await;
        far.write_all(b"up\n").await.unwrap();
        read.read_exact(&mut [0; 3]).await.unwrap();
    }
}

#[tokio::test]
async fn sockets_send_at_once_and_notice_a_dead_link_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let limits = Limits { tcp_dead: Duration::from_secs(6), ..Limits::default() };
    let (read, _write) = split(socket, &limits).unwrap();
    let socket = SockRef::from(read.half.as_ref());
    assert!(socket.tcp_nodelay().unwrap());
    assert!(socket.keepalive().unwrap());
    assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(2));
    assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(2));
    assert_eq!(socket.tcp_keepalive_retries().unwrap(), 2);
    assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(6)));
    assert_eq!(socket.tcp_notsent_lowat().unwrap(), 1);
}

#[tokio::test]
async fn data_on_a_held_link_waits_less_than_the_last_third_of_the_time() {
    let ((mut read, _write), mut far) = pair().await;
    let link = read.link();
    for (held, patience) in [(true, DEAD * 3 / 10), (false, DEAD)] {
        link.hold(held);
        far.write_all(b"up\n").await.unwrap();
        read.read_exact(&mut [0; 3]).await.unwrap();
        assert_eq!(SockRef::from(read.half.as_ref()).tcp_user_timeout().unwrap(), Some(patience));
    }
}

#[tokio::test]
async fn a_peer_that_speaks_and_never_reads_is_alive() {
    let ((mut read, mut write), mut far) = pair().await;
    let speak = speak(&mut far, &mut read);
    tokio::select! {
        error = fill(&mut write) => panic!("{error}"),
        () = speak => {}
    }
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_alive_when_only_a_flush_waits() {
    let ((mut read, mut write), mut far) = pair().await;
    // A write after a flush never has to wait.
    while timeout(DEAD / 10, write.flush()).await.is_ok() {
        assert!(write.write(&[0; 4096]).await.unwrap() > 0);
    }
    tokio::select! {
        flushed = write.flush() => panic!("{flushed:?}: the peer has not read"),
        () = speak(&mut far, &mut read) => {}
    }
}

#[tokio::test]
async fn a_peer_that_neither_reads_nor_speaks_is_dead() {
    let ((_read, mut write), mut far) = pair().await;
    far.write_all(b"up\n").await.unwrap();
    let error = timeout(DEAD * 4, fill(&mut write)).await.expect("the kernel gives up");
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_peer_that_reads_slowly_is_served_for_as_long_as_it_likes() {
    let ((_read, mut write), mut far) = pair().await;
    let slow = async {
        let mut ticks = interval(Duration::from_millis(100));
        let mut taken = vec![0; 256 * 1024];
        for _ in 0..35 {
            ticks.tick().await;
            assert!(far.read(&mut taken).await.unwrap() > 0);
        }
    };
    tokio::select! {
        error = fill(&mut write) => panic!("{error}"),
        () = slow => {}
    }
}

#[tokio::test]
async fn a_flush_is_done_once_the_peer_has_made_room() {
    let ((_read, mut write), mut far) = pair().await;
    assert!(timeout(DEAD / 10, fill(&mut write)).await.is_err());
    assert!(timeout(DEAD / 10, write.flush()).await.is_err(), "bytes wait");
    let drain = async {
        let mut taken = vec![0; 1024 * 1024];
        while far.read(&mut taken).await.unwrap() > 0 {}
    };
    tokio::select! {
        flushed = timeout(DEAD, write.flush()) => flushed.expect("the peer has read").unwrap(),
        () = drain => unreachable!("we have not ended"),
    }
}
