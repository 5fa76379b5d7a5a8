//! What a picture costs: drawing it, and making a JPEG file of it. `cargo bench -p sim --bench camera`; thirty times the
//! sum of both, in seconds, is the share of a core that a camera of 30 frames a second takes.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use hal::Board;
use sim::world::{Block, Colour, Point, Start, Tape, Wall, World};
use sim::{Setup, Sim};

/// A room of 4 by 3 metres with a lane and twelve boxes.
fn room() -> World {
    let point = |x: f64, y: f64| Point { x, y };
    let boxes = (0..12).map(|i| Block {
        at: point(-1.5 + 0.9 * f64::from(i % 4), -1.0 + 0.9 * f64::from(i / 4)),
        size_m: [0.2, 0.15],
        heading_rad: f64::from(i),
        height_m: 0.05 + 0.03 * f64::from(i),
        colour: Colour([190, 120, 60]),
    });
    World {
        start: Start { x_m: -1.8, y_m: -1.2, heading_rad: 0.6 },
        walls: vec![Wall {
            points: vec![point(-2.0, -1.5), point(2.0, -1.5), point(2.0, 1.5), point(-2.0, 1.5)],
            closed: true,
            height_m: 0.5,
            colour: Colour([226, 214, 190]),
        }],
        boxes: boxes.collect(),
        lines: vec![Tape {
            points: vec![point(-1.5, -0.6), point(1.5, -0.6), point(1.7, 0.3), point(-1.5, 0.4)],
            closed: true,
            width_m: 0.03,
            colour: Colour([20, 20, 20]),
        }],
        ..World::open()
    }
}

fn pictures(criterion: &mut Criterion) {
    let board = Board::preset("demo").expect("a preset");
    let camera = Sim::of(&board, &Setup { world: room(), ..Setup::default() }).camera();
    for (width, height) in [(320, 240), (640, 480), (1280, 720)] {
        let mut frame = camera.frame(width, height);
        criterion.bench_function(&format!("draw {width}x{height}"), |bencher| {
            bencher.iter(|| camera.frame_into(&mut frame, width, height));
        });
        criterion.bench_function(&format!("jpeg {width}x{height}"), |bencher| {
            bencher.iter(|| black_box(frame.jpeg(80)));
        });
    }
}

criterion_group!(benches, pictures);
criterion_main!(benches);
