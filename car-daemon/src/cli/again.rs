//! `replay`: a recorded run again, or two side by side. What must never live here: what a recording is.

use std::fs::File;
use std::path::Path;
use std::time::Instant;

use super::{FAILED, FINE, WRONG, complain, print};
use crate::replay::{compare, grouped, replay};

/// The whole of it.
pub(super) fn again(file: &Path, other: Option<&Path>) -> u8 {
    match other {
        None => run(file),
        Some(other) => side_by_side([file, other]),
    }
}

fn run(path: &Path) -> u8 {
    let file = match open(path) {
        Ok(file) => file,
        Err(code) => return code,
    };
    let begin = Instant::now();
    match replay(file) {
        Ok(replayed) if replayed.parted.is_none() && replayed.compared.is_some() => {
            let times = replayed.lasts.as_secs_f64() / begin.elapsed().as_secs_f64();
            print(&format!("{replayed}; {} times real time\n", grouped(times as u64)))
        }
        Ok(replayed) => match print(&format!("{replayed}\n")) {
            FINE => FAILED,
            failed => failed,
        },
        Err(damage) => complain(&format!("{}, {damage}", path.display()), WRONG),
    }
}

fn side_by_side(paths: [&Path; 2]) -> u8 {
    let [one, other] = match paths.map(open) {
        [Ok(one), Ok(other)] => [one, other],
        [Err(code), _] | [_, Err(code)] => return code,
    };
    match compare(one, other) {
        Ok((0, None)) => match print("nothing to compare: nobody said anything\n") {
            FINE => FAILED,
            failed => failed,
        },
        Ok((common, None)) => print(&format!("same: {}\n", things(common))),
        Ok((common, Some(difference))) => {
            match print(&format!("{} the same before; {difference}\n", things(common))) {
                FINE => FAILED,
                failed => failed,
            }
        }
        Err((which, damage)) => complain(&format!("{}, {damage}", paths[which].display()), WRONG),
    }
}

/// What was said, and what the run was like.
fn things(number: u64) -> String {
    match number {
        1 => "1 thing said or fingerprint".to_owned(),
        _ => format!("{} things said and fingerprints", grouped(number)),
    }
}

fn open(path: &Path) -> Result<File, u8> {
    File::open(path).map_err(|error| complain(&format!("{}: cannot be read: {error}", path.display()), WRONG))
}
