//! `carctl calibrate`: with the wheels up, finds what a board file cannot know, and writes it there.
//!
//! What lives here: the shell around [`wizard`], which decides; keys, the clock and the car on one side,
//! the screen and the file on the other. What must never live here: what a key of a board file means to a
//! car. Whatever ends this, the car is told to stop, and nothing is written that nobody has said yes to.

mod board_file;
mod change;
mod hand;
mod keys;
mod motor;
mod save;
mod screen;
mod servo;
#[cfg(test)]
mod tests;
mod wizard;

use std::future::poll_fn;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::task::Poll;

use client::Client;
use protocol::BoardInfo;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use crate::drive::stop;
use crate::error::Error;
use board_file::BoardFile;
use change::Change;
use hand::Hand;
use keys::{Key, Keyboard};
use save::Place;
use screen::Screen;
use wizard::{End, Found, Line, Wizard};

/// What the command line says.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Calibrate {
    /// The board file that the daemon runs; a copy of it on this machine will do.
    file: PathBuf,
    /// Show what would be changed, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Take the lease from whoever drives with a lower priority.
    #[arg(long)]
    force: bool,
}

/// Goes through all of it with the person at standard input.
pub(crate) async fn run(
    car: &Client,
    args: &Calibrate,
    out: &mut (impl Write + IsTerminal),
) -> Result<(), Error> {
    let place = Place::read(&args.file).map_err(|what| Error::file(&args.file, &what))?;
    let file = BoardFile::parse(place.text()).map_err(|what| Error::file(&args.file, &what))?;
    let board = car.board().await?;
    same(&args.file, &file, &board)?;
    if !args.dry_run {
        place.is_writable().map_err(|what| Error::file(&args.file, &what))?;
    }
    car.acquire(args.force).await.map_err(Error::Calibrate)?;
    let mut person = Person::take()?;
    let mut screen = Screen::new(out);
    let end = ask(car, &board, &mut person, &mut screen).await;
    // Whatever it was: also a failure may have left something that moves.
    let stopped = stop(car).await;
    // Who ends now gives it back by that too.
    let _ = car.release().await;
    let found = match end? {
        End::Done(found) => found,
        End::Quit => {
            screen.say(&Line::Text("Nothing was written.".to_owned()))?;
            return stopped.and(Err(Error::GivenUp));
        }
    };
    stopped?;
    write(args, &place, &file, &found, &mut person, &mut screen).await
}

/// Whoever presses the keys, until they give up.
struct Person {
    keyboard: Keyboard,
    /// All that may end this: the terminal must have its manners back, and the car must not wait for its link
    /// to end. Heard from the first to the last key, also between two of them.
    ends: [Signal; 4],
}

impl Person {
    fn take() -> Result<Self, Error> {
        let ends =
            [SignalKind::interrupt(), SignalKind::quit(), SignalKind::terminate(), SignalKind::hangup()];
        let [interrupt, quit, terminate, hang_up] = ends.map(|kind| signal(kind).map_err(Error::Signal));
        let ends = [interrupt?, quit?, terminate?, hang_up?];
        Ok(Self { ends, keyboard: Keyboard::take().map_err(Error::Keyboard)? })
    }

    /// The next key; `None` where there will be no more.
    async fn key(&mut self) -> Option<Key> {
        let ends = &mut self.ends;
        let ended =
            poll_fn(|context| match ends.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            });
        tokio::select! {
            biased;
            () = ended => None,
            key = self.keyboard.next() => key,
        }
    }
}

/// The file is what the daemon runs.
fn same(path: &Path, file: &BoardFile, board: &BoardInfo) -> Result<(), Error> {
    let shown = path.display();
    if let Some(preset) = &board.preset {
        return Err(Error::Board(format!(
            "the daemon runs the preset `{preset}`, which is no file that could be changed. Make it one, and run \
             that:\n  car-daemon boards {preset} > my-car.toml\n  car-daemon --board my-car.toml …\n  \
             carctl calibrate my-car.toml"
        )));
    }
    board_file::sound(board).map_err(Error::Board)?;
    file.matches(board).map_err(|what| {
        Error::Board(format!(
            "{shown}: {what}: is this the file that the daemon runs (--board), and was the daemon restarted since it \
             was changed?"
        ))
    })
}

/// Every question, until the last is answered or somebody gives up.
async fn ask<O: Write + IsTerminal>(
    car: &Client,
    board: &BoardInfo,
    person: &mut Person,
    screen: &mut Screen<'_, O>,
) -> Result<End, Error> {
    let epoch = Instant::now();
    let (mut wizard, mut hand) = (Wizard::new(board), Hand::new(car));
    loop {
        for line in wizard.take_said() {
            screen.say(&line)?;
        }
        screen.prompt(&wizard.prompt())?;
        if let Some(end) = wizard.end() {
            return Ok(end.clone());
        }
        hand.hold(wizard.trial());
        let wake = wizard.wake().map(|at| epoch + at);
        tokio::select! {
            biased;
            key = person.key() => match key {
                Some(key) => wizard.key(key, epoch.elapsed()),
                None => wizard.quit(),
            },
            () = sleep_until(wake.unwrap_or(epoch)), if wake.is_some() => wizard.passed(epoch.elapsed()),
            why = hand.work() => wizard.refuse(&why),
        }
    }
}

/// Shows what was found as a change of the file, and writes it where somebody says yes.
async fn write<O: Write + IsTerminal>(
    args: &Calibrate,
    place: &Place,
    file: &BoardFile,
    found: &Found,
    person: &mut Person,
    screen: &mut Screen<'_, O>,
) -> Result<(), Error> {
    let shown = args.file.display();
    let text = file.with(found).map_err(|what| Error::file(&args.file, &what))?;
    if text == file.text() {
        return screen.say(&Line::Text(format!("Nothing is new: {shown} stays as it is.")));
    }
    screen.say(&Line::Title(format!("What changes in {shown}")))?;
    screen.change(&Change { old: file.text(), new: &text })?;
    if args.dry_run {
        return screen.say(&Line::Text("Nothing was written, as --dry-run says.".to_owned()));
    }
    screen.prompt("Write it? y yes   n no")?;
    let yes = loop {
        match person.key().await {
            Some(Key::Char('y')) => break true,
            Some(Key::Char('n' | 'q')) | None => break false,
            Some(_) => {}
        }
    };
    screen.prompt("")?;
    if !yes {
        screen.say(&Line::Text("Nothing was written.".to_owned()))?;
        return Err(Error::GivenUp);
    }
    place.replace(&text).map_err(|what| Error::Board(format!("{shown} {what}")))?;
    screen.say(&Line::Text(format!(
        "Written. Restart the daemon with {shown}: it reads its board when it starts."
    )))
}
