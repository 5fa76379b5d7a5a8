//! What the camera shows, from outside: pictures, and the JPEG files of them.

use std::time::Duration;

use hal::{Board, Car, Target};
use sim::world::{Block, Colour, Floor, Point, Start, Tape, Wall, World};
use sim::{Fault, Frame, Outage, Setup, Sim};

fn point(x: f64, y: f64) -> Point {
    Point { x, y }
}

fn in_world(board: &str, world: World) -> Sim {
    Sim::of(&Board::preset(board).expect("a preset"), &Setup { world, ..Setup::default() })
}

/// Turns the camera and waits until it is there.
fn look(sim: &Sim, board: &str, pan_deg: f64, tilt_deg: f64) {
    let mut car =
        Car::assemble(&Board::preset(board).expect("a preset"), &mut sim.clone()).expect("a whole car");
    car.apply(&Target { pan_deg, tilt_deg, ..Target::default() }, sim.now()).expect("nothing fails");
    sim.step(Duration::from_millis(400));
}

/// All kinds of things there are.
fn furnished() -> World {
    let block =
        |at, size_m, heading_rad, height_m, colour| Block { at, size_m, heading_rad, height_m, colour };
    World {
        start: Start { x_m: -1.2, y_m: -0.6, heading_rad: 0.45 },
        floor: Floor { tile_m: 0.3, ..World::open().floor },
        walls: vec![
            Wall {
                points: vec![point(-2.0, -1.5), point(2.0, -1.5), point(2.0, 1.5), point(-2.0, 1.5)],
                closed: true,
                height_m: 0.6,
                colour: Colour([226, 214, 190]),
            },
            Wall {
                points: vec![point(0.4, 1.5), point(0.4, 0.7)],
                closed: false,
                height_m: 0.5,
                colour: Colour([150, 180, 160]),
            },
        ],
        boxes: vec![
            block(point(0.3, -0.6), [0.3, 0.2], 0.4, 0.1, Colour([196, 120, 60])),
            block(point(1.3, 0.5), [0.4, 0.4], 0.1, 0.35, Colour([60, 110, 180])),
        ],
        lines: vec![Tape {
            points: vec![point(-1.5, -0.3), point(1.5, -0.3), point(1.7, 0.9)],
            closed: false,
            width_m: 0.03,
            colour: Colour([20, 20, 20]),
        }],
        ..World::open()
    }
}

/// FNV-1a, 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// The numbers hold for every kind of machine and for debug and release. They change when pictures are drawn
/// otherwise on purpose: then write the new ones.
#[test]
fn a_known_view_is_a_known_picture_and_a_known_file() {
    let sim = in_world("demo", furnished());
    look(&sim, "demo", 12.0, -8.0);
    let frame = sim.camera().frame(320, 240);
    assert_eq!(
        (hash(frame.rgb()), hash(&frame.jpeg(80))),
        (15_462_217_484_633_459_247, 897_460_691_266_738_159)
    );
}

#[test]
fn the_corners_of_a_wall_are_where_pan_and_tilt_put_them() {
    let red = |frame: &Frame, column: f64, row: f64| {
        let at = 3 * (row as usize * usize::from(frame.width()) + column as usize);
        let [red, _, blue] = frame.rgb()[at..at + 3] else { panic!("three colours") };
        u16::from(red) * 2 > u16::from(blue) * 3
    };
    let corners = [(2.0, 0.3, 0.0), (2.0, 0.3, 0.4), (2.0, -0.3, 0.4), (2.0, -0.3, 0.0)];
    let wall = Wall {
        points: vec![point(2.0, -0.3), point(2.0, 0.3)],
        closed: false,
        height_m: 0.4,
        colour: Colour([220, 20, 20]),
    };
    let board = Board::preset("demo").unwrap();
    let [ahead, up] = board.model.camera_m;
    let focal = 320.0 / (board.model.camera_fov_deg / 2.0).to_radians().tan();
    for (pan, tilt) in
        [(0.0, 0.0), (12.0, 0.0), (-15.0, 0.0), (0.0, 15.0), (0.0, -16.0), (10.0, -13.0), (-9.0, 14.0)]
    {
        let sim = in_world("demo", World { walls: vec![wall.clone()], ..World::open() });
        look(&sim, "demo", pan, tilt);
        let turned = |servo| sim.servo_deg(servo).unwrap().to_radians();
        let (pan, tilt) = (turned("pan"), turned("tilt"));
        let frame = sim.camera().frame(640, 480);
        let places = corners.map(|(x, y, z)| {
            let (x, z) = (x - ahead, z - up);
            let (depth, left) = (x * pan.cos() + y * pan.sin(), y * pan.cos() - x * pan.sin());
            let (depth, high) = (depth * tilt.cos() + z * tilt.sin(), z * tilt.cos() - depth * tilt.sin());
            (320.0 - focal * left / depth, 240.0 - focal * high / depth)
        });
        let middle = places.iter().fold((0.0, 0.0), |sum, at| (sum.0 + at.0 / 4.0, sum.1 + at.1 / 4.0));
        for (column, row) in places {
            let beyond = ((column - middle.0).signum() * 1.2, (row - middle.1).signum() * 1.2);
            let (inside, outside) =
                ((column - beyond.0, row - beyond.1), (column + beyond.0, row + beyond.1));
            assert!(red(&frame, inside.0, inside.1), "{pan} {tilt}: {inside:?} is of the wall");
            assert!(!red(&frame, outside.0, outside.1), "{pan} {tilt}: {outside:?} is beyond its corner");
        }
    }
}

#[test]
fn a_board_without_a_gimbal_looks_straight_ahead() {
    let sim = in_world("jetbot", furnished());
    assert_eq!(sim.servo_deg("pan"), None, "it has none");
    let straight = sim.camera().frame(160, 120);
    let demo = Board::preset("demo").unwrap();
    let jetbot = Board { model: Board::preset("jetbot").unwrap().model, ..demo };
    let turning = Sim::of(&jetbot, &Setup { world: furnished(), ..Setup::default() });
    assert_eq!(turning.camera().frame(160, 120), straight);
}

#[test]
fn a_frame_says_when_it_was_seen_and_how_large_it_is() {
    let sim = in_world("demo", furnished());
    sim.step(Duration::from_micros(1_234_567));
    let camera = sim.camera();
    for (asked, size) in
        [((320, 240), (320, 240)), ((0, 0), (160, 120)), ((u16::MAX, u16::MAX), (1920, 1080))]
    {
        let frame = camera.frame(asked.0, asked.1);
        assert_eq!((frame.width(), frame.height()), size);
        assert_eq!(frame.rgb().len(), 3 * usize::from(size.0) * usize::from(size.1));
        assert_eq!(frame.at(), sim.now());
    }
}

#[test]
fn a_frame_that_is_used_again_and_a_handle_in_another_thread_show_the_same() {
    let sim = in_world("demo", furnished());
    let mut frame = sim.camera().frame(640, 480);
    sim.camera().frame_into(&mut frame, 160, 120);
    let camera = sim.camera();
    let other = std::thread::spawn(move || camera.frame(160, 120)).join().unwrap();
    assert_eq!(frame, other);
    assert_eq!(frame, sim.camera().frame(160, 120));
}

#[test]
fn looking_changes_nothing() {
    let sim = in_world("demo", furnished());
    let before = sim.state_hash();
    let _ = sim.camera().frame(160, 120);
    assert_eq!(sim.state_hash(), before);
}

#[test]
fn a_jpeg_is_the_picture_by_another_decoder() {
    let sim = in_world("demo", furnished());
    let frame = sim.camera().frame(321, 243);
    let sizes = [0, 1, 50, 95, 255].map(|quality| {
        let file = frame.jpeg(quality);
        let mut decoder = jpeg_decoder::Decoder::new(file.as_slice());
        let back = decoder.decode().unwrap();
        let info = decoder.info().unwrap();
        assert_eq!((info.width, info.height), (321, 243));
        let wrong: u64 = back.iter().zip(frame.rgb()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let wrong = wrong as f64 / back.len() as f64;
        assert!(wrong < if quality < 50 { 40.0 } else { 4.0 }, "{quality}: {wrong} of 255 on average");
        file.len()
    });
    assert_eq!(sizes[0], sizes[1], "0 counts as 1");
    assert!(sizes.is_sorted(), "{sizes:?}");
    assert_eq!(Frame::default().jpeg(80), [], "what was never drawn has no file");
}

#[test]
fn a_frozen_camera_shows_what_it_saw_with_the_time_of_then() {
    let sim = in_world("demo", furnished());
    let camera = sim.camera();
    sim.step(Duration::from_millis(5));
    let before = camera.frame(160, 120);
    assert!(sim.fault(Fault::CameraFrozen));
    look(&sim, "demo", 30.0, 0.0);
    let shows = |frame: &Frame| (frame.at(), frame.rgb() == before.rgb());
    let later = camera.frame(160, 120);
    assert_eq!(shows(&later), (before.at(), true));
    assert!(before.age().is_zero() && later.age() > Duration::ZERO);
    // Also where it breaks once more, for a while.
    sim.fault(Outage { fault: Fault::CameraFrozen, lasts: Some(Duration::from_millis(10)) });
    sim.step(Duration::from_millis(9));
    assert_eq!(shows(&camera.frame(160, 120)), (before.at(), true));
    sim.step(Duration::from_millis(1));
    let after = camera.frame(160, 120);
    assert_eq!((before.at(), after.at()), (Duration::from_millis(5), sim.now()));
    assert_ne!(before.rgb(), after.rgb());
}

#[test]
fn two_cameras_that_froze_at_different_moments_are_different_states() {
    let hash = |first_ms: u64| {
        let sim = in_world("demo", furnished());
        sim.step(Duration::from_millis(first_ms));
        sim.fault(Fault::CameraFrozen);
        sim.step(Duration::from_millis(10 - first_ms));
        sim.state_hash()
    };
    assert_ne!(hash(2), hash(3));
}

#[test]
fn the_picture_of_a_car_that_stands_is_drawn_once_and_that_of_one_that_turned_its_head_anew() {
    let sim = in_world("demo", furnished());
    let (camera, mut frame) = (sim.camera(), Frame::default());
    sim.step(Duration::from_secs(1));
    assert!(camera.renew(&mut frame, 160, 120));
    sim.step(Duration::from_secs(1));
    assert!(!camera.renew(&mut frame, 160, 120), "it stands");
    assert_eq!((frame.at(), &frame), (sim.now(), &camera.frame(160, 120)));
    assert!(camera.renew(&mut frame, 320, 240), "another size");
    look(&sim, "demo", 20.0, 0.0);
    assert!(camera.renew(&mut frame, 320, 240));
    assert_eq!(frame, camera.frame(320, 240));
}
