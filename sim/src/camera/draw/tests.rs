//! What is seen where, held against rays that are followed one by one, and known points against their places.

use std::f64::consts::{FRAC_PI_2, PI};

use proptest::prelude::*;

use super::*;
use crate::world::{Block, Colour, Point, Start, Tape, Wall, World};

const SIZE: (u16, u16) = (320, 240);

fn view(heading_rad: f64, tilt_rad: f64, eye: [f64; 3]) -> View {
    View { at: 0, eye, heading_rad, tilt_rad, fov_rad: 62.2_f64.to_radians() }
}

/// What is seen at a place of the picture, by its colour.
fn seen(drawing: &mut Drawing<'_>, column: f64, line: usize) -> Colour {
    let row = line / LINES;
    let mut sweep = drawing.outlines.sweep();
    let shapes = sweep.between(&drawing.outlines, row as f64, row as f64 + 1.0);
    drawing.look(row as f64, shapes);
    let spans = drawing.lines[line % LINES].spans();
    let what = spans.iter().find(|span| column < span.to).unwrap().what & !SHADED;
    let tapes = drawing.scene.surfaces.tapes.len();
    match what {
        SKY => drawing.scene.surfaces.sky,
        FLOOR => drawing.scene.surfaces.floor.colour,
        _ => match (what - FIRST) as usize {
            tape if tape < tapes => drawing.scene.surfaces.tapes[tape].colour,
            face => drawing.scene.faces[face - tapes].colour(),
        },
    }
}

/// The way of light the other way round: a ray from the eye, turned up and then aside, and the first thing that it
/// meets. It knows the world as its file does, and nothing of outlines and rows. `slack_m` makes tapes wider.
fn follow(world: &World, view: &View, column: f64, row: f64, slack_m: f64) -> Colour {
    let focal = f64::from(SIZE.0) / 2.0 / (view.fov_rad / 2.0).tan();
    let (ahead, left, up) =
        (1.0, (f64::from(SIZE.0) / 2.0 - column) / focal, (f64::from(SIZE.1) / 2.0 - row) / focal);
    let (sin, cos) = view.tilt_rad.sin_cos();
    let (ahead, up) = (ahead * cos - up * sin, ahead * sin + up * cos);
    let (sin, cos) = view.heading_rad.sin_cos();
    let ray = [ahead * cos - left * sin, ahead * sin + left * cos, up];
    let at = |far: f64| [0, 1, 2].map(|i| view.eye[i] + ray[i] * far);
    let mut best = (f64::INFINITY, world.sky);
    let mut meet = |far: f64, colour: Colour| {
        if far > super::super::outline::NEAREST_M && far < best.0 {
            best = (far, colour);
        }
    };
    if ray[2] < 0.0 {
        let far = -view.eye[2] / ray[2];
        let [x, y, _] = at(far);
        let on = |tape: &&Tape| {
            crate::world::pieces(&tape.points, tape.closed)
                .any(|(from, to)| off(from, to, x, y) <= tape.width_m / 2.0 + slack_m)
        };
        let tape = world.lines.iter().rev().find(on);
        meet(far, tape.map_or(world.floor.colour, |tape| tape.colour));
    }
    for wall in &world.walls {
        for (from, to) in crate::world::pieces(&wall.points, wall.closed) {
            // Two unknowns: how far along the ray, and along the wall.
            let (wx, wy) = (to.x - from.x, to.y - from.y);
            let whole = ray[0] * wy - ray[1] * wx;
            let far = ((from.x - view.eye[0]) * wy - (from.y - view.eye[1]) * wx) / whole;
            let share = ((from.x - view.eye[0]) * ray[1] - (from.y - view.eye[1]) * ray[0]) / whole;
            if (0.0..=1.0).contains(&share) && (0.0..=wall.height_m).contains(&at(far)[2]) {
                meet(far, wall.colour);
            }
        }
    }
    for block in &world.boxes {
        // In the box's own axes, between three pairs of planes.
        let (sin, cos) = block.heading_rad.sin_cos();
        let own = |x: f64, y: f64| (x * cos + y * sin, y * cos - x * sin);
        let eye = own(view.eye[0] - block.at.x, view.eye[1] - block.at.y);
        let way = own(ray[0], ray[1]);
        let [half_x, half_y] = block.size_m.map(|size| size / 2.0);
        let pairs = [
            (eye.0, way.0, -half_x, half_x),
            (eye.1, way.1, -half_y, half_y),
            (view.eye[2], ray[2], 0.0, block.height_m),
        ];
        let (mut enter, mut leave) = (f64::NEG_INFINITY, f64::INFINITY);
        for (eye, way, low, high) in pairs {
            let (one, other) = ((low - eye) / way, (high - eye) / way);
            (enter, leave) = (enter.max(one.min(other)), leave.min(one.max(other)));
        }
        if enter < leave {
            meet(enter, block.colour);
        }
    }
    best.1
}

fn off(from: Point, to: Point, x: f64, y: f64) -> f64 {
    let (wx, wy) = (to.x - from.x, to.y - from.y);
    let share = (((x - from.x) * wx + (y - from.y) * wy) / (wx * wx + wy * wy)).clamp(0.0, 1.0);
    (x - from.x - share * wx).hypot(y - from.y - share * wy)
}

prop_compose! {
    fn any_point()(x in -3.0..3.0, y in -3.0..3.0) -> Point {
        Point { x, y }
    }
}

prop_compose! {
    fn any_world()(
        walls in prop::collection::vec((prop::collection::vec(any_point(), 2..5), any::<bool>(), 0.05..0.8), 0..5),
        boxes in prop::collection::vec((any_point(), 0.05..0.8, 0.05..0.8, 0.0..3.0, 0.02..0.5), 0..5),
        lines in prop::collection::vec((prop::collection::vec(any_point(), 2..5), any::<bool>(), 0.01..0.2), 0..4),
    ) -> World {
        let colour = |kind: u8, i: usize| Colour([kind, i as u8, 100]);
        let walls = walls.into_iter().enumerate().map(|(i, (points, closed, height_m))| Wall {
            points, closed, height_m, colour: colour(1, i),
        });
        let boxes = boxes.into_iter().enumerate().map(|(i, (at, x, y, heading_rad, height_m))| Block {
            at, size_m: [x, y], heading_rad, height_m, colour: colour(2, i),
        });
        let lines = lines.into_iter().enumerate().map(|(i, (points, closed, width_m))| Tape {
            points, closed, width_m, colour: colour(3, i),
        });
        World { walls: walls.collect(), boxes: boxes.collect(), lines: lines.collect(), ..World::open() }
    }
}

fn inside(block: &Block, eye: [f64; 3]) -> bool {
    let (sin, cos) = block.heading_rad.sin_cos();
    let (x, y) = (eye[0] - block.at.x, eye[1] - block.at.y);
    let (along, across) = (x * cos + y * sin, y * cos - x * sin);
    along.abs() < block.size_m[0] / 2.0 + 0.01 && across.abs() < block.size_m[1] / 2.0 + 0.01
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn at_each_place_is_seen_what_a_ray_through_it_meets_first(
        world in any_world(),
        (heading, tilt, up) in (-PI..PI, -FRAC_PI_2..FRAC_PI_2, 0.03..0.6),
        places in prop::collection::vec((0.0..f64::from(SIZE.0), 0..usize::from(SIZE.1) * LINES), 40),
    ) {
        let view = view(heading, tilt, [0.0, 0.0, up]);
        prop_assume!(!world.boxes.iter().any(|block| inside(block, view.eye)));
        let surfaces = Surfaces::new(&world);
        let mut drawing = Drawing::new(&surfaces, Lens::new(&view, SIZE.0, SIZE.1), SIZE);
        for (column, line) in places {
            let row = (line as f64 + 0.5) / LINES as f64;
            let met = follow(&world, &view, column, row, 0.0);
            // Too close to an edge for arithmetic; and the ends of tapes have corners.
            let beside = [(0.02, 0.02), (0.02, -0.02), (-0.02, 0.02), (-0.02, -0.02)];
            let clear = beside.iter().all(|(x, y)| {
                [0.0, -0.004].iter().all(|&slack| follow(&world, &view, column + x, row + y, slack) == met)
            });
            if clear {
                prop_assert_eq!(seen(&mut drawing, column, line), met, "at {}, {}", column, row);
            }
        }
    }

    #[test]
    fn no_world_and_no_view_makes_it_panic_or_leave_a_dot_unpainted(
        world in any_world(),
        (heading, tilt) in (-PI..PI, -FRAC_PI_2..=FRAC_PI_2),
        eye in (-1.0..1.0, -1.0..1.0, 0.0..1.0),
        size in (160..200_u16, 120..160_u16),
    ) {
        let mut rgb = Vec::new();
        draw(&Surfaces::new(&world), &view(heading, tilt, [eye.0, eye.1, eye.2]), size, &mut rgb);
        prop_assert_eq!(rgb.len(), 3 * usize::from(size.0) * usize::from(size.1));
        prop_assert!(rgb.chunks(3).all(|dot| dot != [0, 0, 0]), "no colour there is as dark as this");
    }
}

#[test]
fn the_horizon_is_where_geometry_says_at_every_tilt() {
    let world = World::open();
    let surfaces = Surfaces::new(&world);
    let focal = 160.0 / 31.1_f64.to_radians().tan();
    for tilt in -90..=90 {
        let angle = f64::from(tilt).to_radians();
        let view = view(0.3, angle, [0.0, 0.0, 0.12]);
        let mut drawing = Drawing::new(&surfaces, Lens::new(&view, SIZE.0, SIZE.1), SIZE);
        // What is level lies `tilt` below the middle: up the picture if that is negative.
        let horizon = match tilt {
            -90 => f64::NEG_INFINITY,
            90 => f64::INFINITY,
            _ => 120.0 + focal * angle.tan(),
        };
        for line in 0..usize::from(SIZE.1) * LINES {
            let row = (line as f64 + 0.5) / LINES as f64;
            let expected = if row > horizon { world.floor.colour } else { world.sky };
            for column in [0.5, 200.5] {
                assert_eq!(
                    seen(&mut drawing, column, line),
                    expected,
                    "tilt {tilt}, row {row}, horizon {horizon}"
                );
            }
        }
    }
}

#[test]
fn a_point_is_at_the_tangents_of_its_angles() {
    // 2 m ahead, 0.5 m to the left, 0.3 m up, of an eye that is 0.1 m up.
    let level = Lens::new(&view(0.0, 0.0, [0.0, 0.0, 0.1]), 640, 480);
    let focal = 320.0 / 31.1_f64.to_radians().tan();
    let (column, row) = level.place(level.seen([2.0, 0.5, 0.3]));
    assert!((column - (320.0 - focal * 0.25)).abs() < 1e-9 && (row - (240.0 - focal * 0.1)).abs() < 1e-9);
    // Turned by exactly its angles it is in the middle.
    let (aside, up) = (0.25_f64.atan(), (0.2 / 2.0_f64.hypot(0.5)).atan());
    let at_it = Lens::new(&view(aside, up, [0.0, 0.0, 0.1]), 640, 480);
    let (column, row) = at_it.place(at_it.seen([2.0, 0.5, 0.3]));
    assert!((column - 320.0).abs() < 1e-9 && (row - 240.0).abs() < 1e-9);
    // The left edge of the picture is half of what the camera sees away.
    let edge = level.ray(0.0, 240.0);
    assert!((edge[1] / edge[0] - 31.1_f64.to_radians().tan()).abs() < 1e-12);
}

#[test]
fn the_floor_far_away_does_not_shimmer() {
    let mut world = World::open();
    world.floor.tile_m = 0.05;
    world.floor.second = Colour([40, 40, 40]);
    world.start = Start::default();
    let surfaces = Surfaces::new(&world);
    let picture = |x: f64| {
        let mut rgb = Vec::new();
        draw(&surfaces, &view(0.2, 0.0, [x, 0.0, 0.12]), SIZE, &mut rgb);
        rgb
    };
    let still = picture(0.0);
    for step in 1..8 {
        let moved = picture(f64::from(step) * 0.013);
        // More than 3 m away, where a tile is less than two rows high.
        for (row, (one, other)) in still.chunks(960).zip(moved.chunks(960)).enumerate().take(130).skip(121) {
            let change = one.iter().zip(other).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(change < Some(32), "{change:?} of 170 in row {row} after step {step}");
        }
    }
}
