//! A whole daemon, several clients on bad links, a simulated car, paused time, and one seed from which
//! all of it follows.
//!
//! What lives here: the play ([`run`]), who plays in it (`people`), what they say (`words`), how bad
//! their links are (`links`), what listens below the faults (`tap`, `stage`), and the contract told once
//! more (`oracle`), by which it is judged. What must never live here: a clock of the machine, chance that
//! is not the seed's, or anything that asks the gate what it thinks.
//!
//! After each millisecond: the wheels stand whenever no motion can be alive, within the published time,
//! and turn as asked where one must be; a state names no driver who must not be one; states come in
//! order; a message is with its session at once or never, and not after its link has ended. At the end:
//! nobody has panicked, no session and no task is left, the car stands.

mod links;
mod many;
mod oracle;
mod people;
mod stage;
mod tap;
mod transcript;
mod watchdog;
mod watcher;
mod words;

use std::cell::{Cell, RefCell};
use std::ops::AddAssign;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Once};
use std::time::Duration;

use car_daemon::config::Http;
use car_daemon::hardware::Mode;
use car_daemon::{Config, Daemon, Parts};
use fastrand::Rng;
use futures_util::future::join_all;
use hal::Board;
use sim::{Fault, Sim};
use tokio::runtime::{Builder, Handle};
use tokio::time::{Instant, sleep};
use transport::{Mem, Table};

use links::{Network, endpoint};
pub use many::{Season, many};
use oracle::Oracle;
use people::{HABITS, Habit, Person};
use stage::Stage;
use tap::Ear;
use watchdog::Watchdog;
use watcher::Watcher;

/// Listens with a link, as tcp does.
const CAR: &str = "car";

/// Listens without one, as udp does.
const RADIO: &str = "radio";

/// Of whoever comes to [`CAR`]: enough to take the lease from whoever came to [`RADIO`].
const CAR_PRIORITY: u8 = 60;

/// Of whoever comes to [`RADIO`].
const RADIO_PRIORITY: u8 = 40;

/// What came of one seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Where all of it began.
    pub seed: u64,
    /// The fingerprint of everything that happened: the same for the same seed.
    pub hash: u64,
    /// What broke the contract. Empty where all is well.
    pub wrong: Vec<String>,
    /// What happened, where it was asked for.
    pub lines: Vec<String>,
    /// How much of everything there was.
    pub tally: Tally,
}

/// How much of everything there was: a run in which nobody drives proves nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sessions that the daemon had.
    pub sessions: u64,
    /// Messages that were delivered.
    pub messages: u64,
    /// Motions that the contract refuses.
    pub refused: u64,
    /// Times that the hardware broke.
    pub breakages: u64,
    /// Looks at the wheels.
    pub looks: u64,
    /// Looks at wheels that turned.
    pub driven: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.sessions += other.sessions;
        self.messages += other.messages;
        self.refused += other.refused;
        self.breakages += other.breakages;
        self.looks += other.looks;
        self.driven += other.driven;
    }
}

thread_local! {
    /// What panicked on this thread. A task that panics takes nobody with it, so it must be asked.
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    /// Whether this thread plays.
    static PLAYING: Cell<bool> = const { Cell::new(false) };
}

/// Has the panics of plays kept, and all others told as before.
fn keep_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if PLAYING.get() {
                PANICS.with_borrow_mut(|all| all.push(info.to_string()));
            } else {
                before(info);
            }
        }));
    });
}

/// Plays one seed, to its end or to the first thing that is wrong. `readable` keeps what happened for
/// somebody to read.
#[must_use]
pub fn run(seed: u64, readable: bool) -> Outcome {
    keep_panics();
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime of one thread needs nothing that could be missing");
    let config = configured(seed);
    let oracle = Oracle::new(&config.board, config.control.lease);
    let watchdog = Watchdog::over(seed);
    let stage = runtime.block_on(async { Stage::new(oracle, readable, watchdog.beats()) });
    PLAYING.set(true);
    let played = panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(play(seed, config, &stage))));
    stage.curtain();
    drop(runtime);
    PLAYING.set(false);
    for panic in PANICS.take() {
        stage.accuse(format_args!("panicked: {panic}"));
    }
    if played.is_err() && stage.is_clean() {
        stage.accuse("the play did not end");
    }
    let (hash, lines, wrong, tally) = stage.finish();
    Outcome { seed, hash, wrong, lines, tally }
}

/// Most plays are shorter than the usual lease, so in every other one it is short.
fn configured(seed: u64) -> Config {
    let mut config = Config::standard();
    let at = |name, priority: u8| endpoint(&format!("{name}?priority={priority}"));
    config.http = Http::default();
    config.listen = vec![at(CAR, CAR_PRIORITY), at(RADIO, RADIO_PRIORITY)];
    config.board = Board::preset("demo").expect("part of the build");
    if seed % 2 == 1 {
        config.control.lease = Duration::from_millis(400);
    }
    config
}

async fn play(seed: u64, config: Config, stage: &Stage) {
    let mut rng = Rng::with_seed(seed);
    let sim = Sim::new(&config.board);
    let mem = Mem::new(config.limits.transport.clone());
    let ear = Ear { inner: mem.clone(), stage: stage.clone() };
    let parts = Parts { transports: Table::of(vec![Arc::new(ear)]), hardware: Mode::Task, lock: None };
    let daemon = Daemon::start_on(&config, parts, Box::new(sim.clone())).await.expect("starts");
    // Its tasks have begun others by then.
    sleep(Duration::from_millis(1)).await;
    let alone = Handle::current().metrics().num_alive_tasks();

    let network = Network { mem, stage: stage.clone(), dialled: Arc::default() };
    let people: Vec<_> = (0..rng.usize(2..=6))
        .map(|_| {
            let habit = drawn(&mut rng);
            stage.somebody(habit.name);
            let until = Instant::now() + Duration::from_millis(rng.u64(200..4_000));
            tokio::spawn((habit.live)(Person { rng: rng.fork(), network: network.clone(), until }))
        })
        .collect();
    let watcher = Watcher { sim: sim.clone(), board: config.board.clone(), stage: stage.clone() };
    let everybody = join_all(people);
    tokio::pin!(everybody);
    let weather = weather(rng.fork(), sim, stage.clone());
    tokio::pin!(weather);
    loop {
        tokio::select! {
            biased;
            _ = &mut everybody => break,
            () = &mut weather => {}
            () = watcher.watch() => {}
        }
        if !stage.is_clean() {
            return;
        }
    }
    watcher.see_everything_end(daemon, alone).await;
}

fn drawn(rng: &mut Rng) -> &'static Habit {
    let all: u32 = HABITS.iter().map(|habit| habit.weight).sum();
    let mut draw = rng.u32(..all);
    for habit in HABITS {
        if draw < habit.weight {
            return habit;
        }
        draw -= habit.weight;
    }
    &HABITS[0]
}

/// In some plays the motor board's chip loses its bus or its supply for a while. Never ends.
async fn weather(mut rng: Rng, sim: Sim, stage: Stage) {
    const CHIP: &str = "pca9685@0x40";
    if rng.u8(..5) == 0 {
        sleep(Duration::from_millis(rng.u64(..3_000))).await;
        stage.hardware(false);
        if rng.bool() {
            sim.fault(Fault::ChipReset(CHIP.into()));
        } else {
            sim.fault(Fault::ChipSilent(CHIP.into()));
            sleep(Duration::from_millis(rng.u64(150..1_500))).await;
            sim.mend_all();
        }
        stage.hardware(true);
    }
    std::future::pending().await
}
