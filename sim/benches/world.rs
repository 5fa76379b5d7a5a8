//! How fast the world runs: one second of driving, written anew every 10 ms as the daemon does.
//! `cargo bench -p sim`; one second over the figure is how many times real time that is.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use hal::{Board, Car, Drive, Target};
use sim::Sim;

fn one_second(criterion: &mut Criterion) {
    for preset in ["demo", "freenove-4wd", "l298n"] {
        let board = Board::preset(preset).expect("a preset");
        let mut sim = Sim::new(&board);
        let mut car = Car::assemble(&board, &mut sim).expect("a whole car");
        criterion.bench_function(&format!("one second of {preset}"), |bencher| {
            bencher.iter(|| {
                for tick in 0..100_u32 {
                    let throttle = f64::from(tick) / 50.0 - 1.0;
                    let drive = Drive::Power { throttle, steer: 0.1, strafe: 0.0 };
                    car.apply(&Target { drive, ..Target::default() }, Duration::ZERO).expect("nothing fails");
                    sim.step(Duration::from_millis(10));
                }
            });
        });
    }
}

criterion_group!(benches, one_second);
criterion_main!(benches);
