//! Edges of GPIO lines, with the kernel's times: on a thread of their own, which ends with the watch.
//!
//! What must never live here: what an edge means.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gpiocdev::Request;
use gpiocdev::line::{EdgeDetection, EdgeKind};
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::io::Errno;

use super::failure;
use super::gpio::{CONSUMER, Line, bias, os_error};
use super::held::{Held, Hold};
use crate::IoError;
use crate::board::Pull;
use crate::platform::{Edge, EdgeSink, Watch};

/// What the kernel keeps for a thread that is late: the most that it allows for one line (linux/gpio.h,
/// 16 for each of 64 lines). At the 2000 edges a second of a fast encoder that is half a second.
const KEPT: u32 = 1024;

/// How many edges are taken at once.
const TAKEN: usize = 64;

pub(super) fn watch(
    dev: &Path,
    held: &Held,
    names: &[&str],
    pull: Pull,
    debounce: Option<Duration>,
    sink: EdgeSink,
) -> Result<Watch, IoError> {
    let mut chips: Vec<Lines> = Vec::new();
    let mut holds = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let line = Line::find(dev, name)?;
        match chips.iter_mut().find(|lines| lines.0[0].1.chip == line.chip) {
            Some(lines) if lines.index(line.offset).is_some() => {
                return Err(failure(&line.place, "named twice: one line cannot be watched as two"));
            }
            Some(lines) => {
                holds.push(line.hold(held)?);
                lines.0.push((index, line));
            }
            None => {
                holds.push(line.hold(held)?);
                chips.push(Lines(vec![(index, line)]));
            }
        }
    }
    let chips = chips.into_iter().map(|lines| lines.request(pull, debounce)).collect::<Result<_, _>>()?;
    let broken =
        |error: std::io::Error| failure(&format!("gpio:{}", names.join(", gpio:")), error.to_string());
    let bell = Arc::new(eventfd(0, EventfdFlags::CLOEXEC).map_err(|errno| broken(errno.into()))?);
    let watching = Watching { chips, bell: Arc::clone(&bell), sink, _holds: holds };
    let thread = thread::Builder::new().name("edges".into()).spawn(move || watching.run()).map_err(broken)?;
    Ok(Box::new(Running { bell, thread: Some(thread) }))
}

/// Lines of one chip, each with its place among those that were asked for.
struct Lines(Vec<(usize, Line)>);

impl Lines {
    fn index(&self, offset: u32) -> Option<usize> {
        self.0.iter().find(|(_, line)| line.offset == offset).map(|(index, _)| *index)
    }

    /// All of them in one request, so that their edges come in one order.
    fn request(self, pull: Pull, debounce: Option<Duration>) -> Result<(Self, Request), IoError> {
        let offsets: Vec<u32> = self.0.iter().map(|(_, line)| line.offset).collect();
        let mut builder = Request::builder();
        builder
            .on_chip(&self.0[0].1.chip)
            .with_lines(&offsets)
            .as_input()
            .with_bias(bias(pull))
            .with_edge_detection(EdgeDetection::BothEdges)
            .with_kernel_event_buffer_size(KEPT)
            .with_consumer(CONSUMER);
        if let Some(debounce) = debounce {
            builder.with_debounce_period(debounce);
        }
        match builder.request() {
            Ok(request) => Ok((self, request)),
            Err(error) => Err(self.refused(&os_error(&error))),
        }
    }

    /// By the first line that is in use; else by the first of all.
    fn refused(&self, error: &std::io::Error) -> IoError {
        let reason = no_edges(error.raw_os_error().map(Errno::from_raw_os_error))
            .map_or_else(|| error.to_string(), |hint| format!("{error}; {hint}"));
        let mut refusals = self.0.iter().map(|(_, line)| line.refused(&reason));
        let first = refusals.next();
        first
            .filter(|refusal| refusal.reason != reason)
            .or_else(|| refusals.find(|refusal| refusal.reason != reason))
            .unwrap_or_else(|| failure(&self.0[0].1.place, reason))
    }
}

/// What the kernel says where a chip has no interrupts (drivers/gpio/gpiolib-cdev.c), and a kernel that
/// does not know such requests.
fn no_edges(errno: Option<Errno>) -> Option<&'static str> {
    match errno? {
        Errno::NXIO | Errno::NODEV | Errno::OPNOTSUPP => Some(
            "this GPIO chip has no interrupts, so nobody can tell when the line changes: wire it to a line of \
             the computer itself",
        ),
        Errno::NOTTY => Some("edges need a kernel of 5.10 or newer"),
        Errno::INVAL => Some(
            "the driver of this GPIO chip refuses to tell of edges, or the kernel is older than 5.10: wire it to a \
             line of the computer itself",
        ),
        _ => None,
    }
}

/// What the thread has.
struct Watching {
    chips: Vec<(Lines, Request)>,
    /// Rung when the watch is dropped.
    bell: Arc<OwnedFd>,
    sink: EdgeSink,
    _holds: Vec<Hold>,
}

impl Watching {
    /// Until the bell rings, or a line is gone.
    fn run(mut self) {
        while let Some(ready) = self.wait() {
            for (chip, _) in ready.iter().enumerate().filter(|(_, ready)| **ready) {
                if self.tell(chip).is_none() {
                    return;
                }
            }
        }
    }

    /// Which chips have news; `None` when all is over: also where a chip is gone, of which a read might wait
    /// for ever.
    fn wait(&self) -> Option<Vec<bool>> {
        loop {
            let mut waiting = vec![PollFd::new(&*self.bell, PollFlags::IN)];
            waiting.extend(self.chips.iter().map(|(_, request)| PollFd::new(request, PollFlags::IN)));
            match poll(&mut waiting, None) {
                Err(Errno::INTR) => {}
                Ok(_) if waiting[0].revents().is_empty() => {
                    let ready = |fd: &PollFd<'_>| match fd.revents() {
                        news if news.is_empty() => Some(false),
                        news => news.contains(PollFlags::IN).then_some(true),
                    };
                    return waiting[1..].iter().map(ready).collect();
                }
                Ok(_) | Err(_) => return None,
            }
        }
    }

    /// Takes the edges of a chip and tells of them; `None` where it can no longer be read.
    fn tell(&mut self, chip: usize) -> Option<()> {
        let (lines, request) = &self.chips[chip];
        let size = request.edge_event_u64_size();
        let mut buffer = vec![0; TAKEN * size];
        let filled = request.read_edge_events_into_slice(&mut buffer).ok().filter(|filled| *filled > 0)?;
        for event in buffer[..filled].chunks_exact(size) {
            let event = request.edge_event_from_slice(event).ok()?;
            let Some(line) = lines.index(event.offset) else { continue };
            let at = Duration::from_nanos(event.timestamp_ns);
            (self.sink)(Edge { line, rising: event.kind == EdgeKind::Rising, at });
        }
        Some(())
    }
}

/// A drop ends the thread, and the lines are free when it returns.
struct Running {
    bell: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails only where it was rung as often as a counter of 64 bits can count.
        let _ = rustix::io::write(&*self.bell, &1_u64.to_ne_bytes());
        if let Some(thread) =
            self.thread.take().filter(|thread| thread.thread().id() != thread::current().id())
        {
            // A sink that panicked has said so.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_without_interrupts_is_told_from_an_old_kernel() {
        for errno in [Errno::NXIO, Errno::NODEV] {
            assert!(no_edges(Some(errno)).is_some_and(|hint| hint.contains("no interrupts")), "{errno}");
        }
        assert!(no_edges(Some(Errno::NOTTY)).is_some_and(|hint| hint.contains("5.10")));
        assert_eq!(no_edges(Some(Errno::BUSY)), None);
    }
}
