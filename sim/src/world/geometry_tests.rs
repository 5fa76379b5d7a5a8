//! What geometry answers, against answers that are found the slow way.

use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;

fn point((x, y): (f64, f64)) -> Point {
    Point { x, y }
}

fn wall(points: Vec<Point>, closed: bool) -> Wall {
    Wall { points, closed, height_m: 0.4, colour: Wall::COLOUR }
}

fn of_walls(walls: Vec<Wall>) -> Obstacles {
    Obstacles::new(&World { walls, ..World::open() })
}

/// Pieces apart from each other, some without length and many that share ends or lie along one another: their ends
/// are points of a small lattice.
fn any_lattice() -> impl Strategy<Value = Vec<[(i64, i64); 2]>> {
    let node = || (-4..=4_i64, -4..=4_i64);
    prop::collection::vec((node(), node()).prop_map(|(from, to)| [from, to]), 0..60)
}

fn on_lattice(pieces: &[[(i64, i64); 2]]) -> Obstacles {
    let node = |(x, y): (i64, i64)| point((x as f64, y as f64));
    of_walls(pieces.iter().map(|ends| wall(ends.map(node).to_vec(), false)).collect())
}

/// Points, closed, width, and a part of its colour.
type AnyLine = (Vec<(f64, f64)>, bool, f64, u8);

/// How many times its direction a ray goes until it meets a piece, as a fraction; by Cramer's rule in whole numbers,
/// which round nothing.
fn exactly(from: (i64, i64), along: (i64, i64), [a, b]: [(i64, i64); 2]) -> Option<(i64, i64)> {
    let (ex, ey, wx, wy) = (b.0 - a.0, b.1 - a.1, a.0 - from.0, a.1 - from.1);
    let whole = |(up, down): (i64, i64)| if down < 0 { (-up, -down) } else { (up, down) };
    let det = along.0 * ey - along.1 * ex;
    if det != 0 {
        let (t, s) = (whole((wx * ey - wy * ex, det)), whole((wx * along.1 - wy * along.0, det)));
        return (t.0 >= 0 && s.0 >= 0 && s.0 <= s.1).then_some(t);
    }
    if wx * along.1 != wy * along.0 {
        return None;
    }
    // Along the ray: the nearer end, or at once where it stands on the piece.
    let square = along.0 * along.0 + along.1 * along.1;
    let [t, u] = [a, b].map(|end| (end.0 - from.0) * along.0 + (end.1 - from.1) * along.1);
    let (first, last) = (t.min(u), t.max(u));
    (last >= 0).then_some((first.max(0), square))
}

proptest! {
    #[test]
    fn a_ray_meets_what_exact_arithmetic_says_at_corners_along_walls_and_at_points_too(
        pieces in any_lattice(),
        from in (-5..=5_i64, -5..=5_i64),
        along in prop::sample::select(vec![(5, 0), (0, 5), (-5, 0), (0, -5), (3, 4), (-4, 3), (-3, -4), (4, -3)]),
    ) {
        // A direction of length 5 rounds nothing either; what is met is 25 times as far as the fraction says.
        let (obstacles, direction) = (on_lattice(&pieces), (along.0 as f64, along.1 as f64));
        let start = point((from.0 as f64, from.1 as f64));
        let exact = pieces.iter().filter_map(|ends| exactly(from, along, *ends));
        let exact = exact.map(|(up, down)| 25.0 * up as f64 / down as f64).min_by(f64::total_cmp);
        let hit = obstacles.cast(start, direction, 1e4);
        match (hit, exact) {
            (Some(hit), Some(exact)) => {
                prop_assert!((hit.distance_m - exact).abs() < 1e-9, "{:?}, not {}", hit, exact);
                let length = libm::hypot(hit.face.to.x - hit.face.from.x, hit.face.to.y - hit.face.from.y);
                prop_assert!((0.0..=length + 1e-9).contains(&hit.along_m) && (0.0..=1.0).contains(&hit.cosine));
                let at = start.plus(direction, hit.distance_m / 25.0);
                let near = hit.face.nearest(at);
                prop_assert!(libm::hypot(near.x - at.x, near.y - at.y) < 1e-9, "{:?} is not on its face", hit);
            }
            (None, None) => {}
            (hit, exact) => prop_assert!(false, "{:?}, not {:?}", hit, exact),
        }
        prop_assert_eq!(obstacles.cast(start, direction, exact.unwrap_or(0.0) - 0.001), None, "out of reach");
    }

    #[test]
    fn clumps_hide_nothing(
        walls in prop::collection::vec(prop::collection::vec((-9.0..9.0, -9.0..9.0), 2..12), 1..20),
        from in (-10.0..10.0, -10.0..10.0),
        heading in 0.0..TAU,
        reach in 0.0..30.0,
    ) {
        let obstacles = of_walls(walls.into_iter().map(|w| wall(w.into_iter().map(point).collect(), true)).collect());
        let from = point(from);
        let alone = obstacles.faces().iter().map(|face| Obstacles::of(vec![*face])).collect::<Vec<_>>();
        let slow = alone.iter().filter_map(|face| face.ray(from, heading, reach));
        let slow = slow.min_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
        prop_assert_eq!(obstacles.ray(from, heading, reach), slow);
        let slow = alone.iter().filter_map(|face| face.nearest(from)).min_by(|a, b| a.1.total_cmp(&b.1));
        prop_assert_eq!(obstacles.nearest(from), slow);
    }

    #[test]
    fn the_nearest_point_is_as_near_as_any_of_many_on_the_faces(
        pieces in any_lattice(),
        to in (-5.0..5.0, -5.0..5.0),
    ) {
        let (obstacles, to) = (on_lattice(&pieces), point(to));
        let sampled = obstacles.faces().iter().flat_map(|face| {
            let (dx, dy) = (face.to.x - face.from.x, face.to.y - face.from.y);
            (0..=500).map(move |share| face.from.plus((dx, dy), f64::from(share) / 500.0))
        });
        let sampled = sampled.map(|at| libm::hypot(at.x - to.x, at.y - to.y)).min_by(f64::total_cmp);
        match (obstacles.nearest(to), sampled) {
            // A face is 12 m long at most, so a sample is 12 mm beside the point at most.
            (Some((at, far)), Some(sampled)) => {
                prop_assert!((libm::hypot(at.x - to.x, at.y - to.y) - far).abs() < 1e-12);
                prop_assert!(far <= sampled + 1e-12 && sampled <= far + 0.012, "{far}, not {sampled}");
            }
            (near, sampled) => prop_assert!(near.is_none() && sampled.is_none()),
        }
    }

    #[test]
    fn no_ray_leaves_a_closed_wall_not_even_through_its_corners(
        corners in 3..40_usize,
        radius in 0.1..900.0,
        from in (-0.2..0.2, -0.2..0.2),
        headings in prop::collection::vec(0.0..TAU, 20),
    ) {
        let at = |index: usize| TAU * index as f64 / corners as f64;
        let ring: Vec<Point> =
            (0..corners).map(|i| point((radius * libm::cos(at(i)), radius * libm::sin(at(i))))).collect();
        let from = point((from.0 * radius, from.1 * radius));
        let at_corners: Vec<f64> = ring.iter().map(|p| libm::atan2(p.y - from.y, p.x - from.x)).collect();
        let obstacles = of_walls(vec![wall(ring, true)]);
        for heading in at_corners.into_iter().chain(headings) {
            prop_assert!(obstacles.ray(from, heading, 3.0 * radius).is_some(), "{heading} leads out");
        }
    }

    #[test]
    fn what_is_seen_of_the_floor_is_the_last_line_that_covers_the_point(
        lines in prop::collection::vec(
            (prop::collection::vec((-3.0..3.0, -3.0..3.0), 2..9), any::<bool>(), 0.002..1.0, 0..=255_u8),
            0..12,
        ),
        at in prop::collection::vec((-4.0..4.0, -4.0..4.0), 10),
    ) {
        let tape = |(index, (points, closed, width_m, shade)): (usize, AnyLine)| {
            let points = points.into_iter().map(point).collect();
            Tape { points, closed, width_m, colour: Colour([index as u8, shade, 1]) }
        };
        let lines: Vec<Tape> = lines.into_iter().enumerate().map(tape).collect();
        let world = World { lines, ..World::open() };
        let bare = Ground::new(&World::open());
        let ground = Ground::new(&world);
        for at in at.into_iter().map(point) {
            let covers = |tape: &&Tape| {
                pieces(&tape.points, tape.closed).any(|(from, to)| {
                    let face = Obstacles::of(vec![Segment { from, to, height_m: 1.0, colour: tape.colour }]);
                    face.nearest(at).is_some_and(|(_, far)| far <= tape.width_m / 2.0)
                })
            };
            let seen = world.lines.iter().rev().find(covers).map_or(bare.colour(at), |tape| tape.colour);
            prop_assert_eq!(ground.colour(at), seen, "{:?}", at);
        }
    }
}

#[test]
fn tiles_alternate_from_the_origin_on_both_sides_of_it() {
    let world =
        World { floor: Floor { tile_m: 0.5, second: Colour([0; 3]), ..Floor::default() }, ..World::open() };
    let ground = Ground::new(&world);
    for (x, y, dark) in
        [(0.1, 0.1, 0), (0.6, 0.1, 1), (-0.1, 0.1, 1), (-0.1, -0.1, 0), (0.6, 0.6, 0), (1e300, 0.1, 1)]
    {
        let expected = if dark == 1 { world.floor.second } else { world.floor.colour };
        assert_eq!(ground.colour(Point { x, y }), expected, "{x} {y}");
    }
}

#[test]
fn a_box_that_is_turned_is_met_where_its_sides_are() {
    let turned = Block {
        at: point((2.0, 0.0)),
        size_m: [1.0, 1.0],
        heading_rad: TAU / 8.0,
        height_m: 0.3,
        colour: Block::COLOUR,
    };
    let obstacles = Obstacles::new(&World { boxes: vec![turned], ..World::open() });
    let hit = obstacles.ray(point((0.0, 0.1)), 0.0, 9.0).unwrap();
    // Its corner is half a diagonal before its middle, and its sides go back from there at 45 degrees.
    assert!((hit.distance_m - (2.0 - libm::sqrt(0.5) + 0.1)).abs() < 1e-12, "{hit:?}");
    assert!((hit.cosine - libm::sqrt(0.5)).abs() < 1e-12, "{hit:?}");
    let (on_side, from_corner) = (0.1 * libm::sqrt(2.0), hit.along_m.min(1.0 - hit.along_m));
    assert!((from_corner - on_side).abs() < 1e-12, "{hit:?}");
}
