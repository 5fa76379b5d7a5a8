//! The simulated car, its gate and its control loop as they were when a recording began.
//!
//! What must never live here: files, a clock, and anything that listens.

use std::sync::Arc;
use std::time::Duration;

use hal::file::Faults;
use hal::{Board, Interlock};
use protocol::Latched;
use sim::{Script, Setup, Sim, World};

use crate::clock::Speed;
use crate::control::{Gate, Grant, Input, Rules};
use crate::hardware::{Bell, Mode, Plant};
use crate::latch::Below;
use crate::recording::{At, Header, Parts, Play, Reel, Tape, control};
use crate::shared::Shared;

/// The most that is said between two turns of a control loop: far more than a machine can take in meanwhile.
const MOST: usize = 1 << 17;

/// The most who are there at once: as many as a configuration can allow.
const CROWD: usize = 1 << 16;

/// The longest that anybody is called, or that a reason is, in bytes.
const NAME: usize = 1 << 10;

/// The most that is said between two turns, in bytes as it stands in the recording.
const BYTES: usize = 16 << 20;

/// A run, before a turn.
pub(super) struct Stage {
    shared: Arc<Shared>,
    plant: Plant,
    at: At,
    /// The turn that is still to come, when all that is said in it is known.
    next: Option<Duration>,
    /// Those who are there.
    crowd: usize,
    /// What was said since the newest turn, in bytes.
    said: usize,
}

impl Stage {
    /// As the recording says that it began.
    ///
    /// # Errors
    /// What it says cannot be, in words.
    pub(super) fn new(header: &Header) -> Result<Self, String> {
        let board = Board::parse("the board", &header.board).map_err(|faults| first(&faults))?;
        let world = World::parse("the world", &header.world).map_err(|faults| first(&faults))?;
        let script = Script::parse("the script", &header.script, &board).map_err(|faults| first(&faults))?;
        let speed: Speed = header.speed.parse().map_err(|error| format!("the speed: {error}"))?;
        let control = control(&header.control)?;
        let period = control.period();
        let rules = Rules::new(control, &board).with_reset(header.reset).for_simulator(&board, speed);
        let mut gate = Gate::new(rules);
        let interlock = Interlock::default();
        if let Some(latched) = &header.latched {
            gate.restore(Latched { by: latched.by.clone(), reason: latched.reason.clone() });
            interlock.engage();
        }
        let below = Below::new(interlock.clone(), None);
        let tape = Tape::new(Reel::Play(Play::default()));
        let shared = Arc::new(Shared::new(gate, Bell::new(Mode::Thread), below, tape));
        let setup = Setup { world, seed: header.seed, noise: header.noise, script };
        let platform = Box::new(Sim::of(&board, &setup));
        let plant = Plant::assemble(&board, platform, interlock, Arc::clone(&shared), period);
        let plant = plant.map_err(|error| error.to_string())?;
        Ok(Self { shared, plant, at: At::default(), next: None, crowd: 0, said: 0 })
    }

    /// There will be a turn at `now`, after the one that is still to come.
    pub(super) fn turn(&mut self, now: Duration) {
        self.at = At { turn: self.at.turn + 1, looks: 0 };
        self.next = Some(now);
        self.said = 0;
    }

    /// Somebody says something in the newest turn, after so many of its looks at the gate, in so many bytes.
    ///
    /// # Errors
    /// It is too much at once.
    pub(super) fn tell(
        &mut self,
        now: Duration,
        looks: u32,
        input: Input,
        bytes: usize,
    ) -> Result<(), String> {
        if longest(&input) > NAME {
            return Err(format!("somebody is called by more than {NAME} bytes, or gives a reason of more"));
        }
        self.said += bytes;
        if self.said > BYTES {
            return Err(format!("more than {BYTES} bytes are said in one turn"));
        }
        match &input {
            Input::Opened { .. } => self.crowd += 1,
            Input::Closed { .. } => self.crowd = self.crowd.saturating_sub(1),
            _ => {}
        }
        if self.crowd > CROWD {
            return Err(format!("more than {CROWD} sessions at once"));
        }
        if looks < self.at.looks {
            return Err("is said before what stands above it".to_owned());
        }
        self.at.looks = looks;
        let at = self.at;
        self.shared.tape(|tape| {
            let told = tape.play().map(|play| &mut play.told).filter(|told| told.len() < MOST);
            told.map(|told| told.push_back((at, now, input)))
                .ok_or_else(|| format!("more than {MOST} things are said in one turn"))
        })
    }

    /// Runs the turn that is to come, if one is. Says what every part was like in it, where it was looked at.
    pub(super) fn run(&mut self) -> Option<(Duration, Parts)> {
        let now = self.next.take()?;
        self.plant.turn(now);
        if self.at.turn > 1 {
            // Where the clock jumped to is in the recording; the first turn is before anybody keeps time.
            let _: Option<Duration> = self.plant.take_clock_jump();
        }
        self.seen()
    }

    /// Brings the car to rest for good; says what every part is like then.
    pub(super) fn end(&mut self, now: Duration) -> Option<(Duration, Parts)> {
        // What does not obey did not obey then.
        drop(self.plant.end(now));
        self.seen()
    }

    fn seen(&self) -> Option<(Duration, Parts)> {
        self.shared.tape(|tape| tape.play()?.seen.take())
    }
}

/// The first of the faults of a file: what people are told of it is one line.
fn first(faults: &Faults) -> String {
    faults.to_string().lines().next().unwrap_or_default().to_owned()
}

/// The longest text that stays with a session or with the car after somebody said it, in bytes.
fn longest(input: &Input) -> usize {
    let principal = |grant: &Grant| grant.principal.as_ref().map_or(0, String::len);
    match input {
        Input::Opened { peer, grant, .. } => peer.len().max(principal(grant)),
        Input::Named { name, .. } => name.len(),
        Input::Granted { grant, .. } => principal(grant),
        Input::Closed { why, .. } | Input::Closing { why } => why.len(),
        Input::Video { lost, .. } => lost.as_ref().map_or(0, String::len),
        Input::Asked { .. } | Input::Reloaded { .. } => 0,
    }
}
