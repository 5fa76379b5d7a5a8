//! What each command does, given a connected client.

use std::io::{IsTerminal, Write};

use client::{Client, LinkState, Options};
use protocol::{Rate, Topics};
use tokio::time::sleep;
use transport::Endpoint;

use crate::args::{Args, Command};
use crate::drive::{drive, stop};
use crate::error::Error;
use crate::{send, table};

/// How often `state --watch` shows the state, in Hz.
const WATCH_HZ: f64 = 10.0;

/// Does what the command line asks; the answer goes to `out`.
pub(crate) async fn run(args: Args, out: &mut (impl Write + IsTerminal)) -> Result<(), Error> {
    let token = args.token()?;
    let Args { to, command, .. } = args;
    let to = to.unwrap_or_else(Endpoint::default_unix);
    if let Command::Send { text } = command {
        return send::run(&to, token.as_ref(), &text.join(" "), out).await;
    }
    let options = Options { name: Some("carctl".to_owned()), token, ..Options::default() };
    let car = Client::connect(&to, options).await?;
    match command {
        Command::State { watch: false, json } => show(out, &car.state().await?, json)?,
        Command::State { watch: true, json } => watch(&car, json, out).await?,
        Command::Drive { throttle, steer, duration: None, ttl } => {
            let accepted = car.drive(throttle, steer, Some(ttl)).await?;
            table::limited(out, accepted.limited)?;
            // The car stops when the connection of its driver closes; so it stays open.
            sleep(ttl.get()).await;
        }
        Command::Drive { throttle, steer, duration: Some(duration), ttl } => {
            drive(&car, throttle, steer, duration, ttl, out).await?;
        }
        Command::Stop => stop(&car).await?,
        Command::Look { pan, tilt } => {
            let angles = car.look(Some(pan), Some(tilt)).await?;
            writeln!(out, "pan {} tilt {}", angles.pan, angles.tilt)?;
        }
        Command::Send { .. } => {}
    }
    Ok(())
}

/// Shows the state again and again, in one place on a terminal.
async fn watch(car: &Client, json: bool, out: &mut (impl Write + IsTerminal)) -> Result<(), Error> {
    let topics = Topics { state: true, events: false };
    let mut told = car.subscribe(topics, Some(Rate::clamped(WATCH_HZ))).await?;
    let mut link = car.link();
    let mut lost = false;
    let in_place = out.is_terminal() && !json;
    if in_place {
        write!(out, "\x1b[2J")?;
    }
    loop {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => return interrupted.map_err(Error::Signal),
            state = told.state() => {
                let Some(state) = state else { return Ok(()) };
                if in_place {
                    write!(out, "\x1b[H\x1b[J")?;
                }
                show(out, &state, json)?;
                out.flush()?;
            }
            changed = link.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let link = link.borrow_and_update();
                let down = matches!(*link, LinkState::Down { .. });
                if lost || down {
                    table::link(&mut std::io::stderr(), &link)?;
                }
                lost = down;
            }
        }
    }
}

fn show(out: &mut impl Write, state: &protocol::State, json: bool) -> Result<(), Error> {
    if json {
        // A state holds nothing that JSON cannot say.
        writeln!(out, "{}", serde_json::to_string(state).map_err(std::io::Error::from)?)?;
    } else {
        table::state(out, state)?;
    }
    Ok(())
}
