//! A dialler's handshake over its socket. What is said is decided in `integrity/psk/greet.rs`.

use std::io;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::buffer;
use super::integrity::Guard;
use super::integrity::psk::Greeting;
use crate::Limits;

/// Says what is due and hears what comes, until the listener has accepted.
///
/// # Errors
/// Where the system says that nobody is there. Without an answer it goes on for ever.
pub(super) async fn shake(socket: &UdpSocket, mut greeting: Greeting, limits: &Limits) -> io::Result<Guard> {
    let mut buffer = buffer(limits);
    loop {
        if let Some(datagram) = greeting.speak(Instant::now()) {
            socket.send(&datagram).await?;
        }
        let Ok(received) = timeout_at(greeting.due(), socket.recv(&mut buffer)).await else { continue };
        if let Some(guard) = greeting.hear(&buffer[..received?], Instant::now()) {
            return Ok(guard);
        }
    }
}
