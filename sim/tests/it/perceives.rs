//! What a car in a world reads of it: through its drivers, its pins and the registers of its chips.

use std::time::Duration;

use hal::board::ServoRole;
use hal::sensor::Battery;
use hal::{Board, Target};
use sim::World;
use sim::world::{Block, Colour, Point, Start, Tape, Wall};

use crate::trip::Trip;

const BLACK: Colour = Colour([16, 16, 16]);
const WHITE: Colour = Colour([240, 240, 240]);
const GRAVITY: f64 = 9.806_65;

/// The demo car with more sensors. What looks ahead sits 0.1 m ahead of the point that the pose is of; line sensors
/// 0.08 m ahead and 15 mm apart.
fn demo(sensors: &str) -> Board {
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset");
    let model = "[model]\nrange_ahead_m = 0.1\nline_ahead_m = 0.08\nline_spacing_m = 0.015\n";
    let text = format!("{}\n{model}\n{sensors}", preset.toml);
    Board::parse("perceives.toml", &text).expect("a sound board")
}

const SONAR: &str = "[range]\ntrigger = \"gpio:GPIO20\"\necho = \"gpio:GPIO21\"\n";
const LINE: &str = r#"
    [line]
    inputs = ["gpio:GPIO5", "gpio:GPIO6", "gpio:GPIO13", "gpio:GPIO19", "gpio:GPIO26"]
    dark = "high"
"#;
const ANALOG: &str = r#"
    [[chips]]
    driver = "ads7830"
    address = 0x48
    reference_v = 5
    [line]
    inputs = ["ads7830@0x48:0", "ads7830@0x48:1", "ads7830@0x48:2"]
    dark = "low"
"#;
const BATTERY: &str = r#"
    [[chips]]
    driver = "ina219"
    address = 0x41
    [battery]
    chip = "ina219@0x41"
    empty_v = 6.4
    full_v = 8.4
"#;
const IMU: &str = "[[chips]]\ndriver = \"mpu6050\"\naddress = 0x68\n[imu]\nchip = \"mpu6050@0x68\"\n";

fn at(x_m: f64, y_m: f64, heading_deg: f64) -> Start {
    Start { x_m, y_m, heading_rad: heading_deg.to_radians() }
}

fn wall(from: (f64, f64), to: (f64, f64)) -> Wall {
    let points = [from, to].map(|(x, y)| Point { x, y }).to_vec();
    Wall { points, closed: false, height_m: 0.4, colour: BLACK }
}

/// A wall across x, that far from what looks ahead of a car that stands at the origin.
fn ahead(distance_m: f64, heading_deg: f64) -> World {
    let x = 0.1 * heading_deg.to_radians().cos() + distance_m;
    World { walls: vec![wall((x, -20.0), (x, 20.0))], start: at(0.0, 0.0, heading_deg), ..World::open() }
}

fn ranges(world: World) -> Option<f64> {
    let mut trip = Trip::new(&demo(SONAR), world);
    trip.stand();
    assert_eq!(trip.car.sensor_news(), []);
    trip.car.readings().range_m
}

#[test]
fn a_wall_is_measured_at_every_distance_and_heading_where_its_foot_is_in_the_cone() {
    for distance_m in [0.05, 0.3, 1.0, 2.2, 3.1, 3.9] {
        for heading_deg in [0.0, 4.0, -7.0] {
            let read = ranges(ahead(distance_m, heading_deg));
            // A driver takes 343 m/s for 58.3 µs a centimetre; rays are a degree apart.
            let near = read.is_some_and(|read_m| (read_m - distance_m).abs() < 0.001 + 0.0004 * distance_m);
            assert!(near, "{read:?} of {distance_m} at {heading_deg}");
        }
    }
}

#[test]
fn what_is_nearer_than_2_cm_reads_2_cm_and_what_is_further_than_4_m_reads_nothing() {
    assert!(ranges(ahead(0.005, 0.0)).is_some_and(|read_m| (read_m - 0.02).abs() < 1e-3));
    assert_eq!(ranges(ahead(4.05, 0.0)), None);
    assert_eq!(ranges(World::open()), None);
}

#[test]
fn at_grazing_incidence_a_wall_is_not_there() {
    assert!(ranges(ahead(0.4, 50.0)).is_some());
    assert_eq!(ranges(ahead(0.4, 65.0)), None);
    assert!(ranges(ahead(3.0, 20.0)).is_some());
    assert_eq!(ranges(ahead(3.0, 30.0)), None);
}

#[test]
fn a_post_beside_the_way_is_seen_and_one_outside_of_the_cone_is_not() {
    let post = |y: f64| {
        let block = Block {
            at: Point { x: 0.83, y },
            size_m: [0.06, 0.06],
            heading_rad: 0.0,
            height_m: 0.3,
            colour: BLACK,
        };
        ranges(World { boxes: vec![block], ..World::open() })
    };
    // Its face is 0.7 m from the sensor.
    for y in [0.0, 0.1, -0.15] {
        assert!(post(y).is_some_and(|read_m| (0.69..0.75).contains(&read_m)), "{:?} at {y}", post(y));
    }
    assert_eq!((post(0.3), post(-0.3)), (None, None));
}

#[test]
fn a_car_that_drives_at_a_wall_reads_how_far_it_still_is() {
    let mut trip = Trip::new(&demo(SONAR), ahead(1.5, 0.0));
    trip.stand();
    let mut readings = 0;
    while trip.truth().x_m < 1.0 && trip.now < Duration::from_secs(10) {
        trip.drive(0.6, 0.0, 60);
        let (read, truth) = (trip.car.readings().range_m.expect("a wall"), 1.5 - trip.truth().x_m);
        // The median of the last three, which are up to 0.18 s old.
        assert!((-0.01..0.15).contains(&(read - truth)), "{read} of {truth}");
        readings += 1;
    }
    assert!(readings > 10);
}

#[test]
fn a_sonar_on_the_head_looks_where_the_head_looks() {
    let board = Board::preset("freenove-4wd").expect("a preset");
    let left = World { walls: vec![wall((-9.0, 0.8), (9.0, 0.8))], ..World::open() };
    let mut trip = Trip::new(&board, left);
    trip.hold(&Target::default(), 600);
    assert_eq!(trip.car.readings().range_m, None);
    trip.hold(&Target { pan_deg: 80.0, ..Target::default() }, 1_000);
    let read = trip.car.readings().range_m.expect("a wall");
    assert!((read - 0.8).abs() < 0.01, "{read}");
}

#[test]
fn a_camera_and_a_sonar_on_one_head_look_the_same_way_wherever_the_head_rests() {
    let mut board = Board::preset("freenove-4wd").expect("a preset");
    board
        .servos
        .iter_mut()
        .filter(|servo| servo.role == ServoRole::Pan)
        .for_each(|pan| pan.center_deg = 40.0);
    // A post where the head looks at rest, 1 m from the sonar.
    let (sin, cos) = 40_f64.to_radians().sin_cos();
    let from_m = board.model.range_ahead_m;
    let (red, at) = (Colour([255, 0, 0]), Point { x: from_m + 1.1 * cos, y: 1.1 * sin });
    let heading_rad = 40_f64.to_radians();
    let post = Block { at, size_m: [0.2, 0.2], heading_rad, height_m: 1.0, colour: red };
    let mut trip = Trip::new(&board, World { boxes: vec![post], ..World::open() });
    trip.hold(&Target { pan_deg: 40.0, ..Target::default() }, 600);
    let read = trip.car.readings().range_m.expect("a post");
    assert!((read - 1.0).abs() < 0.01, "{read}");
    let frame = trip.sim.camera().frame(320, 240);
    let [red, green, _] = frame.rgb()[3 * (110 * 320 + 160)..][..3] else { panic!("three colours") };
    assert!(u16::from(red) > 2 * u16::from(green), "{red} {green}");
}

/// A black line along x, as wide as said, on white, and the car that far to its right.
fn tape(width_m: f64, y_m: f64) -> World {
    let floor = sim::world::Floor { colour: WHITE, second: WHITE, ..World::open().floor };
    let points = [-5.0, 5.0].map(|x| Point { x, y: 0.0 }).to_vec();
    let line = Tape { points, closed: false, width_m, colour: BLACK };
    World { floor, lines: vec![line], start: at(0.0, -y_m, 0.0), ..World::open() }
}

#[test]
fn over_a_line_are_the_sensors_that_are_over_it_from_left_to_right() {
    for mm in -40..=40 {
        let y_m = f64::from(mm) * 1e-3;
        let mut trip = Trip::new(&demo(LINE), tape(0.02, y_m));
        trip.stand();
        let read = trip.car.readings().line().expect("all answer");
        for (sensor, read) in read.iter().enumerate() {
            // The leftmost is 30 mm to the left of the middle.
            let from_line = (0.03 - 0.015 * sensor as f64 - y_m).abs();
            // At the very edge it sees half of each.
            if (from_line - 0.01).abs() > 0.0025 {
                assert_eq!(*read, f64::from(u8::from(from_line < 0.01)), "sensor {sensor} at {mm} mm");
            }
        }
    }
}

#[test]
fn an_analog_sensor_says_how_much_of_its_spot_is_dark() {
    let middle = |y_m: f64| {
        let mut trip = Trip::new(&demo(ANALOG), tape(0.02, y_m));
        trip.stand();
        trip.car.readings().line().expect("it answers")[1]
    };
    assert!(middle(0.0) > 0.98 && middle(0.03) < 0.02);
    let edge: Vec<f64> = (0..=6).map(|mm| middle(0.007 + f64::from(mm) * 1e-3)).collect();
    assert!(edge.windows(2).all(|pair| pair[1] <= pair[0] + 0.01), "{edge:?}");
    assert!(edge.iter().any(|dark| (0.2..0.8).contains(dark)), "{edge:?}");
}

#[test]
fn a_car_that_crosses_a_line_finds_it_where_it_is() {
    let line = |x: f64| [Point { x, y: -1.0 }, Point { x, y: 1.0 }].to_vec();
    let lines = vec![Tape { points: line(0.5), closed: false, width_m: 0.05, colour: BLACK }];
    let mut trip = Trip::new(&demo(LINE), World { lines, ..World::open() });
    let mut dark = Vec::new();
    while trip.truth().x_m < 0.7 && trip.now < Duration::from_secs(10) {
        trip.drive(0.4, 0.0, 20);
        if trip.car.readings().line().is_some_and(|line| line.iter().all(|sensor| *sensor == 1.0)) {
            dark.push(trip.truth().x_m + 0.08);
        }
    }
    let (first, last) = (dark.first().expect("dark"), dark.last().expect("dark"));
    // At 0.2 m/s and 20 ms it is told every 4 mm; what is told may be as old.
    assert!((0.475..0.49).contains(first) && (0.52..0.54).contains(last), "{first} to {last}");
}

#[test]
fn a_car_that_circles_feels_its_turn_and_what_pulls_it_inwards() {
    let mut trip = Trip::new(&demo(IMU), World::open());
    trip.drive(0.8, 0.3, 3_000);
    let (imu, truth) = (trip.car.readings().imu.expect("it answers"), trip.truth());
    let inwards = truth.linear_mps * truth.angular_rad_s;
    assert!(truth.angular_rad_s > 0.5 && inwards > 0.2, "{truth:?}");
    assert!((imu.rotation[2] / truth.angular_rad_s - 1.0).abs() < 0.01, "{imu:?} {truth:?}");
    // A step at ±4 g is 1.2 mm/s².
    assert!((imu.acceleration[1] - inwards).abs() < 0.01 * inwards + 0.0012, "{imu:?} {truth:?}");
    assert!((imu.acceleration[2] - GRAVITY).abs() < 0.002 && imu.acceleration[0].abs() < 0.05, "{imu:?}");
}

#[test]
fn a_battery_reads_less_the_more_is_drawn_and_comes_back_but_for_what_is_gone() {
    let mut trip = Trip::new(&demo(BATTERY), World::open());
    trip.hold(&Target::default(), 500);
    let idle = trip.car.readings().battery.expect("it answers");
    // It starts against standing wheels, and then keeps up its speed.
    trip.drive(1.0, 0.0, 500);
    let drives = trip.car.readings().battery.expect("it answers");
    let drawn = |battery: &Battery| battery.amps.expect("an INA219");
    assert!(drawn(&drives) > drawn(&idle) + 0.05, "{idle:?} {drives:?}");
    // 0.2 Ω within the battery; a step of an INA219 is 4 mV.
    let sag = 0.2 * (drawn(&drives) - drawn(&idle));
    assert!((idle.volts - drives.volts - sag).abs() < 0.009, "{idle:?} {drives:?}");
    trip.drive(0.9, 0.1, 120_000);
    trip.hold(&Target::default(), 2_000);
    let rests = trip.car.readings().battery.expect("it answers");
    assert!(rests.volts > drives.volts - 0.1 && rests.volts < idle.volts - 0.01, "{idle:?} {rests:?}");
    assert!(rests.percent < idle.percent);
}

#[test]
fn what_somebody_put_there_is_read_until_it_is_taken_back() {
    let mut trip = Trip::new(&demo(&format!("{SONAR}{LINE}")), ahead(1.0, 0.0));
    assert!(trip.sim.set_range(Some(0.5)) && trip.sim.set_line(2, 1.0));
    trip.stand();
    let readings = trip.car.readings();
    assert!(readings.range_m.is_some_and(|read_m| (read_m - 0.5).abs() < 1e-3));
    assert_eq!(readings.line(), Some(vec![0.0, 0.0, 1.0, 0.0, 0.0]));
    trip.sim.set_range(None);
    trip.stand();
    assert_eq!(trip.car.readings().range_m, None);
    trip.sim.unset();
    trip.stand();
    let readings = trip.car.readings();
    assert!(readings.range_m.is_some_and(|read_m| (read_m - 1.0).abs() < 2e-3));
    assert_eq!(readings.line(), Some(vec![0.0; 5]));
}
