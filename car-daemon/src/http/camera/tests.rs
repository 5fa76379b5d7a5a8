//! What reaches a viewer's socket: which memory, in how many writes, and which picture.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::JoinHandle;

use super::*;
use crate::camera::{Camera, FrameSource, NoPicture, Shot};
use crate::clock::{Clock, Speed};
use crate::http::serve::converse;

/// Pictures as the test takes them.
struct Roll(mpsc::Receiver<Shot>);

impl FrameSource for Roll {
    fn next(&mut self, wait: Duration) -> Result<Option<Shot>, NoPicture> {
        Ok(self.0.recv_timeout(wait).ok())
    }
}

/// A camera, and what takes a picture with it.
fn camera() -> (Camera, impl Fn(&Bytes)) {
    let (take, roll) = mpsc::sync_channel(4);
    let mut roll = Some(roll);
    let opener = move || match roll.take() {
        Some(roll) => Ok(Box::new(Roll(roll)) as Box<dyn FrameSource>),
        None => Err(NoPicture("closed before the end of the test".to_owned())),
    };
    let camera = Camera::with(Box::new(opener));
    (camera, move |jpeg| drop(take.send(Shot { jpeg: jpeg.clone(), taken: Instant::now() })))
}

/// Where a write began in memory, and how long it was.
type Piece = (*const u8, usize);

fn piece(bytes: &[u8]) -> Piece {
    (bytes.as_ptr(), bytes.len())
}

/// A viewer's socket, which takes everything, and sends it on while it is not held.
#[derive(Clone, Default)]
struct Tap(Arc<Pipe>);

#[derive(Default)]
struct Pipe {
    asked: AtomicBool,
    held: AtomicBool,
    waits: Mutex<Option<Waker>>,
    /// Each write, as the pieces of it.
    writes: Mutex<Vec<Vec<(usize, usize)>>>,
}

impl Tap {
    fn hold(&self, held: bool) {
        self.0.held.store(held, Ordering::SeqCst);
        self.0.waits.lock().unwrap().take().into_iter().for_each(Waker::wake);
    }

    /// Waits for a write with this picture in it: how many pieces it had, and how many writes there were before.
    async fn shown(&self, jpeg: &Bytes) -> (usize, usize) {
        let (at, length) = piece(jpeg);
        loop {
            let writes = self.0.writes.lock().unwrap().clone();
            if let Some(index) = writes.iter().position(|write| write.contains(&(at.addr(), length))) {
                return (writes[index].len(), index);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl AsyncRead for Tap {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.0.asked.swap(true, Ordering::SeqCst) {
            return Poll::Pending;
        }
        buf.put_slice(b"GET / HTTP/1.1\r\nHost: car\r\n\r\n");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tap {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let pieces = slices.iter().map(|slice| piece(slice)).map(|(at, length)| (at.addr(), length));
        self.0.writes.lock().unwrap().push(pieces.collect());
        Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        *self.0.waits.lock().unwrap() = Some(cx.waker().clone());
        if self.0.held.load(Ordering::SeqCst) { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Somebody looks at a camera over this socket.
fn look(camera: &Camera, socket: &Tap) -> JoinHandle<Result<(), hyper::Error>> {
    let (camera, metrics) = (camera.clone(), Arc::default());
    let stream = |Extension(outlet): Extension<Outlet>| async move {
        let viewer = camera.view();
        let clock = Clock::start(Speed::REAL, Duration::from_millis(10));
        let pictures = Pictures {
            viewer,
            outlet,
            clock,
            metrics,
            advance: false,
            watcher: None,
            sent: None,
            stay: Stay::for_ever(),
            _place: Box::new(()),
        };
        as_of_old(Body::from_stream(pictures.pieces()).into_response())
    };
    tokio::spawn(converse(socket.clone(), (), Router::new().route("/", get(stream))))
}

/// A picture of so many bytes, of which nobody else has the same memory.
fn jpeg(length: usize) -> Bytes {
    let mut file = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut file, 50);
    encoder.encode(&[90; 64], 8, 8, jpeg_encoder::ColorType::Luma).expect("memory takes it");
    file.resize(length, 0);
    file.into()
}

/// Waits until so many look.
async fn looked_at_by(camera: &Camera, viewers: usize) {
    while camera.status().viewers < viewers {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn every_viewer_is_written_the_same_memory_in_one_write_with_its_head_and_boundary() {
    let (camera, take) = camera();
    let sockets = [(); 3].map(|()| Tap::default());
    let viewers = sockets.each_ref().map(|socket| look(&camera, socket));
    looked_at_by(&camera, 3).await;
    let pictures = [40_000, 300_000].map(jpeg);
    let mut before = [None; 3];
    for picture in &pictures {
        take(picture);
        for (socket, before) in sockets.iter().zip(&mut before) {
            let (pieces, index) = socket.shown(picture).await;
            // The first may leave with the head of the answer and the first boundary.
            assert!((3..=5).contains(&pieces), "{pieces} pieces");
            assert!(
                before.is_none_or(|before| index > before),
                "a write of its own: {index} after {before:?}"
            );
            *before = Some(index);
        }
    }
    viewers.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn whoever_was_held_up_is_shown_the_newest_and_never_what_was_passed_over() {
    let (camera, take) = camera();
    let (slow, quick) = (Tap::default(), Tap::default());
    let viewers = [look(&camera, &slow), look(&camera, &quick)];
    looked_at_by(&camera, 2).await;
    let [first, second, third] = [10_000, 10_001, 10_002].map(jpeg);
    slow.hold(true);
    for picture in [&first, &second, &third] {
        take(picture);
        quick.shown(picture).await;
    }
    slow.hold(false);
    let (_, shown) = slow.shown(&third).await;
    let passed_over = piece(&second);
    let writes = slow.0.writes.lock().unwrap().clone();
    assert!(shown > 0 && !writes.iter().flatten().any(|(at, _)| *at == passed_over.0.addr()));
    viewers.iter().for_each(JoinHandle::abort);
}
