//! What each command does, given a connected client.

use std::io::{IsTerminal, Write};

use client::{CallError, Client, LinkState, Options};
use protocol::{Code, Fault, Rate, Token, Topics};
use serde_json::json;
use tokio::time::sleep;
use transport::{Endpoint, Key};

use crate::args::{Args, Command};
use crate::drive::{drive, estop, stop};
use crate::error::Error;
use crate::{calibrate, send, simulator, table, teleop};

/// How often `state --watch` shows the state, in Hz.
const WATCH_HZ: f64 = 10.0;

/// Does what the command line asks; the answer goes to `out`.
pub(crate) async fn run(args: Args, out: &mut (impl Write + IsTerminal)) -> Result<(), Error> {
    let token = args.token()?;
    let Args { to, token_name, trust, command, .. } = args;
    let to = to.unwrap_or_else(Endpoint::default_unix);
    if let Some(Err(error)) = token.as_ref().map(|token| Token::token(token.expose())) {
        return Err(Error::Token(error));
    }
    if let Command::Teleop(_) = command {
        teleop::check()?;
    }
    let name = Some("carctl".to_owned());
    let options = Options {
        name,
        psk: key(token_name, token.as_ref())?,
        token,
        tls: trust.load()?,
        ..Options::default()
    };
    if let Command::Send { text } = command {
        return send::run(&options, &to, &text.join(" "), out).await;
    }
    let car = Client::connect(&to, options).await?;
    match command {
        Command::State { watch: false, json } => show(out, &car.state().await?, json)?,
        Command::State { watch: true, json } => watch(&car, json, out).await?,
        Command::Drive { throttle, steer, strafe, duration: None, ttl, force } => {
            take(&car, force).await?;
            tell_of_time(&car, out).await?;
            let mut accepted = car.drive_with_strafe(throttle, steer, strafe, Some(ttl)).await;
            if let Err(CallError::Refused(Fault { code: Code::STALE, .. })) = accepted {
                // What was told of the car's clock was slow to come. The refusal told it again.
                accepted = car.drive_with_strafe(throttle, steer, strafe, Some(ttl)).await;
            }
            let accepted = accepted?;
            table::limited(out, accepted.limited)?;
            // The car stops when the connection of its driver closes; so it stays open.
            sleep(ttl.get()).await;
        }
        Command::Drive { throttle, steer, strafe, duration: Some(duration), ttl, force } => {
            take(&car, force).await?;
            tell_of_time(&car, out).await?;
            let once = || car.drive_with_strafe(throttle, steer, strafe, Some(ttl));
            drive(&car, once, duration, ttl, out).await?;
        }
        Command::Teleop(args) => teleop::run(&car, &to, &args).await?,
        Command::Stop => stop(&car).await?,
        Command::Estop { reason } => estop(&car, &reason.join(" ")).await?,
        Command::Reset => drop(car.reset().await?),
        Command::Who { json: true } => writeln!(out, "{}", json!(car.who().await?))?,
        Command::Who { json: false } => table::who(out, &car.who().await?)?,
        Command::Look { pan, tilt } => {
            let angles = car.look(Some(pan), Some(tilt)).await?;
            writeln!(out, "pan {} tilt {}", angles.pan, angles.tilt)?;
        }
        Command::Sim(order) => simulator::run(&car, order, out).await?,
        Command::Calibrate(args) => calibrate::run(&car, &args, out).await?,
        Command::Send { .. } => {}
    }
    Ok(())
}

/// The token as the key of `integrity=psk`, where it has a name.
fn key(name: Option<String>, token: Option<&Token>) -> Result<Option<Key>, Error> {
    let named = name.zip(token).map(|(name, token)| Key::new(name, token.expose()));
    named.transpose().map_err(|error| Error::File(format!("--token-name: {error}")))
}

/// Takes the lease first where that is asked.
async fn take(car: &Client, force: bool) -> Result<(), Error> {
    if force {
        car.acquire(true).await?;
    }
    Ok(())
}

/// Says so where time stands by itself, for a drive does nothing then.
async fn tell_of_time(car: &Client, out: &mut impl Write) -> Result<(), Error> {
    match car.info().await {
        Ok(info) => Ok(table::time(out, info.sim_speed.as_deref())?),
        // What may be lost keeps nobody from driving.
        Err(CallError::TimedOut(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
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
