//! `carctl send`: one line of the text dialect there, one line back, as they are.

use std::io::Write;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use protocol::{DialectId, Outgoing};
use tokio::time::timeout;
use transport::{Endpoint, Frame, Table};

use crate::error::Error;

/// How long to wait for the answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Sends `line` and prints the answer.
pub(crate) async fn run(table: &Table, to: &Endpoint, line: &str, out: &mut impl Write) -> Result<(), Error> {
    let mut connection = table.dial(to).await?;
    connection.tx.send(Frame::text(line)).await?;
    let answer = async {
        loop {
            match connection.rx.next().await {
                Some(Ok(frame)) => match DialectId::Text.get().decode_outgoing(&frame.data) {
                    // What is said unasked is no answer: `hello` comes first.
                    Ok(Outgoing::Notification { .. }) => {}
                    outcome => return Ok((frame, outcome)),
                },
                Some(Err(error)) => return Err(Error::Ended(error.to_string())),
                None => return Err(Error::Ended("the daemon closed it".to_owned())),
            }
        }
    };
    let late = |_| Error::Ended(format!("no answer within {PATIENCE:?}"));
    let (frame, outcome) = timeout(PATIENCE, answer).await.map_err(late)??;
    writeln!(out, "{}", String::from_utf8_lossy(&frame.data).trim_end())?;
    match outcome {
        Ok(Outgoing::Reply { outcome: Ok(_), .. }) => Ok(()),
        _ => Err(Error::Refused),
    }
}
