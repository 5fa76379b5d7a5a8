//! `carctl send`: one line of the text dialect there, one line back, as they are.

use std::io::Write;
use std::time::Duration;

use client::Options;
use futures_util::{SinkExt, StreamExt};
use protocol::{DialectId, Outgoing};
use tokio::time::timeout;
use transport::{Connection, Endpoint, Frame};

use crate::error::Error;

/// How long to wait for an answer: a token may wait for 8 s where somebody has been guessing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends `line` and prints the answer; what proves that one may goes before it.
pub(crate) async fn run(
    options: &Options,
    to: &Endpoint,
    line: &str,
    out: &mut impl Write,
) -> Result<(), Error> {
    let mut connection = options.table().dial(to).await?;
    if let Some(token) = &options.token {
        let (frame, accepted) = ask(&mut connection, &format!("auth {}", token.expose())).await?;
        if !accepted {
            return print(out, &frame).and(Err(Error::Refused));
        }
    }
    let (frame, accepted) = ask(&mut connection, line).await?;
    print(out, &frame)?;
    if accepted { Ok(()) } else { Err(Error::Refused) }
}

fn print(out: &mut impl Write, frame: &Frame) -> Result<(), Error> {
    Ok(writeln!(out, "{}", String::from_utf8_lossy(&frame.data).trim_end())?)
}

/// Sends a line; its answer, and whether that is no error.
async fn ask(connection: &mut Connection, line: &str) -> Result<(Frame, bool), Error> {
    connection.tx.send(Frame::text(line)).await?;
    let answer = async {
        loop {
            match connection.rx.next().await {
                Some(Ok(frame)) => match DialectId::Text.get().decode_outgoing(&frame.data) {
                    // What is said unasked is no answer: `hello` comes first.
                    Ok(Outgoing::Notification { .. }) => {}
                    outcome => {
                        let accepted = matches!(outcome, Ok(Outgoing::Reply { outcome: Ok(_), .. }));
                        return Ok((frame, accepted));
                    }
                },
                Some(Err(error)) => return Err(Error::Ended(error.to_string())),
                None => return Err(Error::Ended("the daemon closed it".to_owned())),
            }
        }
    };
    let late = |_| Error::Ended(format!("no answer within {PATIENCE:?}"));
    timeout(PATIENCE, answer).await.map_err(late)?
}
