//! The runs whose hashes are the same on every machine: every board in every world, each told the same.
//!
//! What lives here: what the cars are told. What must never live here: a clock of the machine, or chance but
//! that of a seed.

use std::fmt;
use std::time::Duration;

use hal::board::PRESETS;
use hal::{Board, Car, Drive, Target};
use sim::world::WORLDS;
use sim::{Setup, Sim, World};

/// Of all chance in these runs.
const SEED: u64 = 20_240_229;

/// How often the daemon tells a car what to do.
const TURN: Duration = Duration::from_millis(10);

/// Throttle, steer and strafe, where the camera looks, and for how many turns; no power at all is a brake.
const LEGS: [([f64; 3], [f64; 2], u32); 8] = [
    ([0.0, 0.0, 0.0], [0.0, 0.0], 50),
    ([0.9, 0.0, 0.0], [30.0, 10.0], 120),
    ([0.4, 1.0, 0.0], [-45.5, 0.0], 70),
    ([0.3, -0.37, 0.6], [-45.5, 0.0], 90),
    ([0.13, 0.0, 0.0], [0.0, 60.0], 40),
    ([-0.7, 0.21, -0.5], [0.0, 0.0], 110),
    ([1.0, -0.1, 0.0], [12.3, 4.5], 150),
    ([0.0, 0.0, 0.0], [0.0, 0.0], 50),
];

/// What came of one run.
pub(crate) struct Run {
    /// A preset's name, or [`PICTURE`].
    board: &'static str,
    /// A preset's name.
    world: String,
    /// Of the whole state, after each leg; or of a picture.
    hash: u64,
}

/// In place of a board: what the camera of the demo car sees where it starts.
const PICTURE: &str = "picture";

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { board, world, hash } = self;
        write!(f, "{world:<10}  {board:<22}  {hash:016x}")
    }
}

/// Every board in every world, and a picture of each.
pub(crate) fn all() -> Vec<Run> {
    let worlds = WORLDS.iter().map(|preset| World::preset(preset.name).expect("a preset"));
    worlds
        .flat_map(|world| {
            let picture = picture(&world);
            PRESETS.iter().map(move |board| one(board.name, &world)).chain([picture])
        })
        .collect()
}

/// One number over what came of all.
pub(crate) fn hash(runs: &[Run]) -> u64 {
    runs.iter().fold(FNV, |hash, run| taken(hash, &run.hash.to_le_bytes()))
}

fn one(board: &'static str, world: &World) -> Run {
    let parsed = Board::preset(board).expect("a preset");
    let setup = Setup { world: world.clone(), seed: SEED, noise: 1.0, ..Setup::default() };
    let sim = Sim::of(&parsed, &setup);
    let mut car = Car::assemble(&parsed, &mut sim.clone()).expect("a whole car");
    let mut hash = FNV;
    for ([throttle, steer, strafe], [pan_deg, tilt_deg], turns) in LEGS {
        let drive = match throttle {
            0.0 => Drive::Brake,
            _ => Drive::Power { throttle, steer, strafe },
        };
        for _ in 0..turns {
            let now = sim.now();
            car.apply(&Target { drive, pan_deg, tilt_deg, ..Target::default() }, now).expect("it obeys");
            car.sense(now);
            sim.step(TURN);
        }
        hash = taken(hash, &sim.state_hash().to_le_bytes());
        // What reached the drivers, as they understood it.
        hash = taken(hash, format!("{:?} {:?}", car.readings(), car.odometry()).as_bytes());
    }
    Run { board, world: world.name.clone(), hash }
}

fn picture(world: &World) -> Run {
    let board = Board::preset("demo").expect("a preset");
    let sim = Sim::of(&board, &Setup { world: world.clone(), seed: SEED, ..Setup::default() });
    let frame = sim.camera().frame(320, 240);
    let hash = taken(taken(FNV, frame.rgb()), &frame.jpeg(80));
    Run { board: PICTURE, world: world.name.clone(), hash }
}

const FNV: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, 64 bits, going on from `hash`.
fn taken(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
