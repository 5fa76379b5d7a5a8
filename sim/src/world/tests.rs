//! What the worlds that come with the daemon promise.

use std::f64::consts::{FRAC_PI_2, TAU};

use hal::board::PRESETS;

use super::*;

fn preset(name: &str) -> World {
    World::preset(name).expect("a preset")
}

fn start(world: &World) -> Point {
    Point { x: world.start.x_m, y: world.start.y_m }
}

#[test]
fn every_preset_reads_back_under_its_own_name() {
    for file in WORLDS {
        let world = World::parse(file.name, file.toml).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!((world.name.as_str(), World::load(file.name)), (file.name, Ok(world.clone())));
        assert!(!world.description.is_empty() && world.pieces() < 200, "{}", file.name);
    }
    assert!(WORLDS.windows(2).all(|pair| pair[0].name < pair[1].name), "in the order of the alphabet");
    assert!(preset("open").clearance_m(Point::default()).is_none());
}

#[test]
fn a_world_that_there_is_not_is_told_the_nearest_and_a_file_is_found_by_its_path() {
    let unknown = World::load("rom").unwrap_err().to_string();
    assert!(
        unknown.starts_with("no world is called `rom`; did you mean `room`? the presets are "),
        "{unknown}"
    );
    let missing = World::load("./nowhere.toml").unwrap_err().to_string();
    assert!(
        missing.contains("nowhere.toml: cannot be read") && missing.contains("a world file"),
        "{missing}"
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/worlds/maze.toml");
    assert_eq!(World::load(path).unwrap(), preset("maze"));
}

#[test]
fn every_preset_car_starts_in_every_world_without_touching() {
    for world in WORLDS.iter().map(|file| preset(file.name)) {
        assert_eq!(world.start, Start::default(), "{}: poses are those that the car reckons", world.name);
        for board in PRESETS.iter().map(|file| Board::preset(file.name).expect("a board")) {
            assert_eq!(world.admits(&board), Ok(()));
        }
        let room = world.clearance_m(start(&world)).unwrap_or(f64::INFINITY);
        assert!(room >= 0.3, "{}: {room} m around the start", world.name);
    }
}

#[test]
fn a_car_that_is_too_wide_or_starts_in_a_box_is_told_how_near_what_is() {
    let (mut world, mut board) = (preset("maze"), Board::preset("demo").expect("a board"));
    let near = "the car of board demo does not fit at the start of world maze: ";
    board.model.radius_m = 0.31;
    let said = world.admits(&board).unwrap_err();
    assert_eq!(said, format!("{near}0.300 m to the nearest wall or box, and its radius is 0.310 m"));
    let mut racer = Board::preset("jetracer").expect("a board");
    racer.model.radius_m = 0.22;
    assert_eq!(world.admits(&racer), Ok(()));
    world.start.heading_rad = FRAC_PI_2;
    let why = world.admits(&racer).unwrap_err();
    assert!(why.contains(": 0.213 m"), "its middle is half of 174 mm ahead of the rear axle: {why}");
    board.model.radius_m = 0.01;
    let at = Point { x: 0.1, y: 0.1 };
    let (size_m, heading_rad, height_m, colour) = ([1.0, 0.6], 0.4, 0.3, Block::COLOUR);
    world.boxes.push(Block { at, size_m, heading_rad, height_m, colour });
    assert!(world.admits(&board).unwrap_err().starts_with(&format!("{near}0.000 m")));
}

#[test]
fn no_car_leaves_a_world_that_has_walls() {
    for world in WORLDS.iter().map(|file| preset(file.name)).filter(|world| !world.walls.is_empty()) {
        let obstacles = Obstacles::new(&world);
        for step in 0..3600 {
            let heading = TAU * f64::from(step) / 3600.0;
            let hit = obstacles.ray(start(&world), heading, 20.0);
            assert!(hit.is_some(), "{}: nothing is met at {heading} rad", world.name);
        }
    }
}

#[test]
fn the_room_is_free_ahead_and_its_doorway_lets_a_car_into_the_hall() {
    let room = Obstacles::new(&preset("room"));
    let ahead = room.ray(Point::default(), 0.0, 20.0).unwrap();
    assert!(ahead.distance_m > 2.0, "{} m", ahead.distance_m);
    for x in [0.15, 0.45, 0.75] {
        let through = room.ray(Point { x, y: 1.2 }, FRAC_PI_2, 20.0).unwrap();
        assert!(through.distance_m > 1.5, "at {x} the doorway has something {} m ahead", through.distance_m);
    }
}

#[test]
fn the_corridor_is_a_metre_wide_all_along_its_middle_and_ends_red() {
    let corridor = Obstacles::new(&preset("corridor"));
    let middle = [(0.0, 0.0), (2.9, 0.0), (2.9, 2.0), (-0.1, 2.0)].map(|(x, y)| Point { x, y });
    for (from, to) in pieces(&middle, false) {
        for share in 0..=20 {
            let share = f64::from(share) / 20.0;
            let at = Point { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
            let (_, far) = corridor.nearest(at).unwrap();
            assert!(far > 0.499, "{at:?}: {far} m");
        }
    }
    let end = corridor.ray(middle[3], std::f64::consts::PI, 20.0).unwrap();
    let Colour([red, green, blue]) = end.face.colour;
    assert!(red > 150 && green < 80 && blue < 80, "{:?}", end.face.colour);
}

#[test]
fn the_track_is_closed_bends_gently_and_keeps_away_from_all_that_stands() {
    let track = preset("track");
    let (tape, obstacles, ground) = (&track.lines[0], Obstacles::new(&track), Ground::new(&track));
    assert!(tape.closed && track.lines.len() == 1);
    assert_eq!(ground.colour(start(&track)), tape.colour, "the car stands on it");
    let count = tape.points.len();
    for at in 0..count {
        let [a, b, c] = [at, (at + 1) % count, (at + 2) % count].map(|at| tape.points[at]);
        let sides = [(a, b), (b, c), (c, a)].map(|(p, q)| libm::hypot(p.x - q.x, p.y - q.y));
        let twice_area = ((b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y)).abs();
        let radius = sides.iter().product::<f64>() / (2.0 * twice_area);
        assert!(radius > 0.3, "a bend of {radius} m at {b:?}");
        let (_, far) = obstacles.nearest(b).unwrap();
        assert!(far > 0.25, "{far} m from {b:?}");
    }
    let floor = [track.floor.colour, track.floor.second].map(Colour::darkness);
    assert!(floor.iter().all(|dark| *dark < 0.2) && tape.colour.darkness() > 0.9);
}

/// Goes from cell to cell, always as far to the right as there is a way.
#[test]
fn a_hand_on_the_right_wall_leads_through_the_maze_to_the_goal() {
    const CELL_M: f64 = 0.6;
    let maze = Obstacles::new(&preset("maze"));
    let goal = |hit: &super::obstacles::Hit<'_>| hit.face.colour == Colour([0x2e, 0xa0, 0x43]);
    let (mut at, mut quarter, mut cells) = (Point::default(), 0, 0);
    let sees = |at: Point, quarter: i32| maze.ray(at, FRAC_PI_2 * f64::from(quarter), 20.0).unwrap();
    while !(goal(&sees(at, 0)) && sees(at, 0).distance_m < CELL_M) {
        let way = [quarter - 1, quarter, quarter + 1, quarter + 2];
        quarter =
            way.into_iter().find(|way| sees(at, *way).distance_m > CELL_M).expect("a way").rem_euclid(4);
        let along = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)][quarter as usize];
        at = at.plus(along, CELL_M);
        let (_, far) = maze.nearest(at).unwrap();
        assert!((far - CELL_M / 2.0).abs() < 1e-9, "{far} m free around {at:?}");
        cells += 1;
        assert!(cells < 40, "it goes in circles, now at {at:?}");
    }
    assert_eq!(cells, 17, "as the plan in the file has it");
    assert!((at.x - 2.4).abs() < 1e-9 && (at.y - 1.8).abs() < 1e-9, "{at:?}");
}
