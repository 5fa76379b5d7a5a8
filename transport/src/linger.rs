//! How a byte stream is left on which the peer may still be speaking.
//!
//! A kernel that closes a socket with unread bytes in it sends a reset, and the reset may take our
//! last words from the peer before it has read them (RFC 9112, section 9.6, has the same trouble).
//! So after our own end was said, what comes is read and dropped until the peer has ended too, within
//! bounds. What is said at the end must never be known here.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a peer has to read a goodbye and to end in turn.
pub(crate) const LONGEST: Duration = Duration::from_secs(1);

/// Most bytes that are read only to be dropped.
const MOST: usize = 1024 * 1024;

/// The rest of a stream, while it is waited out.
#[derive(Debug)]
pub(crate) struct Linger {
    left: usize,
    timer: Pin<Box<Sleep>>,
}

impl Linger {
    /// Begins now, and takes at most this long.
    pub(crate) fn new(longest: Duration) -> Self {
        Self { left: MOST, timer: Box::pin(sleep(longest)) }
    }

    /// Ready once the peer has ended, or used up its time or its bytes.
    pub(crate) fn poll(&mut self, read: &mut (impl AsyncRead + Unpin), cx: &mut Context<'_>) -> Poll<()> {
        let mut dropped = [0; 4 * 1024];
        while self.timer.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut dropped);
            let read = ready!(Pin::new(&mut *read).poll_read(cx, &mut buf));
            let len = buf.filled().len();
            self.left = self.left.saturating_sub(len);
            if read.is_err() || len == 0 || self.left == 0 {
                break;
            }
        }
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncWriteExt, duplex, repeat};
    use tokio::time::Instant;

    use super::*;

    async fn linger(mut read: impl AsyncRead + Unpin) -> Duration {
        let begun = Instant::now();
        let mut linger = Linger::new(LONGEST);
        poll_fn(|cx| linger.poll(&mut read, cx)).await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_ends_is_waited_for_no_longer() {
        let (near, mut far) = duplex(16);
        let (waited, ()) = tokio::join!(linger(near), async {
            far.write_all(&[0; 1000]).await.unwrap();
            sleep(LONGEST / 2).await;
            drop(far);
        });
        assert_eq!(waited, LONGEST / 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_stays_is_left_after_a_second() {
        let (near, _far) = duplex(16);
        assert_eq!(linger(near).await, LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_sends_without_end_is_left_after_a_mebibyte() {
        assert_eq!(linger(repeat(0)).await, Duration::ZERO);
    }
}
