//! The links that people come by: each as bad in its own way.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use fastrand::Rng;
use transport::{Direction, Endpoint, Faults, Faulty, Mem};

use super::stage::Stage;
use super::tap::Mouth;

/// What all links have in common.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) mem: Mem,
    pub(super) stage: Stage,
    pub(super) dialled: Arc<[AtomicU64; 2]>,
}

/// Where `name` listens.
pub(super) fn endpoint(name: &str) -> Endpoint {
    format!("mem://{name}").parse().expect("a name of letters is an endpoint")
}

impl Network {
    /// Somebody's link. Every connection over it has the same faults, each time otherwise.
    pub(super) fn link(&self, rng: &mut Rng) -> Faulty<Mouth> {
        let Self { mem, stage, dialled } = self.clone();
        let faults = Faults { seed: rng.u64(..), to_peer: direction(rng), from_peer: direction(rng) };
        Faulty::new(Mouth { inner: mem, stage, dialled }, faults)
    }
}

fn direction(rng: &mut Rng) -> Direction {
    let ms = |rng: &mut Rng, most: u64| Duration::from_micros(rng.u64(..=most * 1_000));
    let mut direction = Direction::default();
    match rng.u8(..6) {
        // A good link.
        0 | 1 => {}
        // One that is far away.
        2 => direction.delay = ms(rng, 20)..=ms(rng, 20) + Duration::from_millis(20),
        // A wireless one.
        3 => {
            direction.delay = Duration::ZERO..=ms(rng, 60);
            (direction.loss, direction.duplication, direction.reordering) = (0.05, 0.02, 0.05);
        }
        // One whose buffers are full.
        4 => direction.delay = Duration::from_millis(50)..=Duration::from_millis(50) + ms(rng, 800),
        // One that nobody should use.
        _ => {
            direction.delay = Duration::ZERO..=ms(rng, 200);
            for chance in [
                &mut direction.loss,
                &mut direction.duplication,
                &mut direction.reordering,
                &mut direction.corruption,
                &mut direction.truncation,
            ] {
                *chance = rng.f64() * 0.3;
            }
        }
    }
    if rng.u8(..4) == 0 {
        direction.disconnect_after = Some(rng.u64(..80));
    }
    direction
}
