//! Bringing a board to rest without a running daemon: what `car-daemon halt` does, and the guard.
//!
//! What must never live here: a way to turn a motor, and a wait; who calls knows how long to try.

use hal::Car;

use crate::Config;

/// Brings every output of the configured board to its safe state; says what was done. Doing it again
/// changes nothing.
///
/// # Errors
/// Every output that does not obey, in words. All others are safe then.
pub(crate) fn halt(config: &Config) -> Result<String, Vec<String>> {
    let (board, platform) = (&config.board.name, config.platform.name);
    if !config.platform.outlives {
        return Ok(format!("nothing to do: on the platform `{platform}` a car ends with its daemon"));
    }
    Car::rest(&config.board, &mut *(config.platform.open)(config))
        .map(|()| format!("every output of the board `{board}` is at rest"))
        .map_err(|failures| {
            let failures = failures.iter().map(|failure| {
                (format!("{}: {}", failure.part, failure.source.place), failure.source.reason.clone())
            });
            by_reason(failures)
        })
}

/// A line for each reason, with all that failed for it.
fn by_reason(failures: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for (place, reason) in failures {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, places)) => places.push(place),
            None => reasons.push((reason, vec![place])),
        }
    }
    reasons.into_iter().map(|(reason, places)| format!("{}: {reason}", places.join(", "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_many_have_is_said_once() {
        let failures =
            [("motor left: a", "no chip"), ("servo pan: b", "busy"), ("motor right: c", "no chip")];
        let failures = failures.map(|(place, reason)| (place.to_owned(), reason.to_owned()));
        assert_eq!(
            by_reason(failures.into_iter()),
            ["motor left: a, motor right: c: no chip", "servo pan: b: busy"]
        );
    }
}
