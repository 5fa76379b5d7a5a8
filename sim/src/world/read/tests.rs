//! What a world file may say, and what its author is told.

use proptest::prelude::*;

use crate::world::*;

const SOUND: &str = r##"
name = "yard"
description = "one of each"
sky = "#010203"
[start]
x_m = 0.5
y_m = -1
heading_deg = 90
[floor]
colour = "#808080"
second = "#909090"
tile_m = 0.2
grip = 0.6
[[walls]]
points = [[0, 0], [2, 0], [2, 1.5]]
closed = true
height_m = 1
colour = "#ff0000"
[[boxes]]
at_m = [1, -2]
size_m = [0.4, 0.2]
heading_deg = 180
height_m = 0.5
colour = "#00ff00"
[[lines]]
points = [[0, 3], [4, 3]]
width_m = 0.05
colour = "#0000ff"
"##;

fn faults(text: &str) -> Vec<String> {
    World::parse("w.toml", text).unwrap_err().to_string().lines().map(str::to_owned).collect()
}

/// The points of the line that a file with one line has.
fn line(points: &str, more: &str) -> Vec<Point> {
    let text = format!("name = \"w\"\n[[lines]]\npoints = {points}\n{more}\n");
    World::parse("w.toml", &text).unwrap().lines.remove(0).points
}

fn apart(one: Point, other: Point) -> f64 {
    libm::hypot(one.x - other.x, one.y - other.y)
}

#[test]
fn a_sound_file_says_what_it_says() {
    let world = World::parse("w.toml", SOUND).unwrap();
    let point = |x, y| Point { x, y };
    assert_eq!((world.name.as_str(), world.description.as_str()), ("yard", "one of each"));
    assert_eq!(world.start, Start { x_m: 0.5, y_m: -1.0, heading_rad: std::f64::consts::FRAC_PI_2 });
    assert_eq!(world.sky, Colour([1, 2, 3]));
    let floor = Floor { colour: Colour([128; 3]), second: Colour([144; 3]), tile_m: 0.2, grip: 0.6 };
    assert_eq!(world.floor, floor);
    let points = vec![point(0.0, 0.0), point(2.0, 0.0), point(2.0, 1.5)];
    assert_eq!(world.walls, [Wall { points, closed: true, height_m: 1.0, colour: Colour([255, 0, 0]) }]);
    let block = Block {
        at: point(1.0, -2.0),
        size_m: [0.4, 0.2],
        heading_rad: std::f64::consts::PI,
        height_m: 0.5,
        colour: Colour([0, 255, 0]),
    };
    assert_eq!(world.boxes, [block]);
    let points = vec![point(0.0, 3.0), point(4.0, 3.0)];
    let tape = Tape { points, closed: false, width_m: 0.05, colour: Colour([0, 0, 255]) };
    assert_eq!(world.lines, [tape]);
    assert_eq!((world.pieces(), world.parts().as_str()), (8, "1 wall, 1 box, 1 line, tiles of 0.2 m"));
}

#[test]
fn a_file_with_eighteen_faults_reports_eighteen_each_at_its_line() {
    let text = r##"sky = "blue"
[start]
xm = 1
heading_deg = 400
[floor]
tile_m = 0.001
grip = 0
[[walls]]
points = [[0, 0]]
height_m = 0
[[walls]]
points = [
  [0, 0], [0, 0.0001],
  [2000, 1, 2],
]
[[walls]]
points = [[0, 0], [1, 0]]
closed = true
[[walls]]
points = [[0, 0], [1, 0], [1, 1], [0, 0]]
closed = true
[[boxes]]
size_m = [0, "1"]
[[lines]]
points = [[0, 0], [1, 0], [1, 0.3]]
corner_m = 0.5
[[lines]]
points = [[0, 0], [1, 0], [0.5, 0]]
corner_m = 0.1
"##;
    assert_eq!(
        faults(text),
        [
            "w.toml:1: name: is missing; add name = \"my room\"",
            "w.toml:1: sky: is `blue`; must be red, green and blue as in \"#c0a080\"",
            "w.toml:3: start.xm: is not a known key; did you mean `x_m`?",
            "w.toml:4: start.heading_deg: is 400; must be -360 to 360 degrees",
            "w.toml:6: floor.tile_m: is a tile of less than a centimetre; must be 0.01 metres at least, or 0 for no tiles",
            "w.toml:7: floor.grip: is 0; must be 0.05 to 2 of the weight",
            "w.toml:9: walls[0].points: has too few points: 1; must be 2 to 1000, as in [[0, 0], [1, 0]]",
            "w.toml:10: walls[0].height_m: is 0; must be 0.01 to 10 metres",
            "w.toml:13: walls[1].points[1]: is less than a millimetre from the point before it; delete one of them",
            "w.toml:14: walls[1].points[2]: has 3 items; must be 2 numbers",
            "w.toml:14: walls[1].points[2][0]: is 2000; must be -1000 to 1000 metres",
            "w.toml:18: walls[2].closed: leads back over the same piece; leave it out, or add a third point",
            "w.toml:21: walls[3].closed: leads back to the first point, where walls[3].points[3] is already; delete that point",
            "w.toml:22: boxes[0].at_m: is missing; add at_m = [1.0, 0.5]",
            "w.toml:23: boxes[0].size_m[0]: is 0; must be 0.005 to 100 metres",
            "w.toml:23: boxes[0].size_m[1]: is the string \"1\"; must be a number, without quotes: 1",
            "w.toml:26: lines[0].corner_m: does not fit the corner at lines[0].points[1]; its arc needs 0.500 metres of straight line on both sides; make it smaller",
            "w.toml:29: lines[1].corner_m: does not fit the corner at lines[1].points[1]; the line turns back there; lead it round",
        ]
    );
}

#[test]
fn a_list_that_is_none_is_told_with_what_it_should_be() {
    let said = |points: &str| faults(&format!("name = \"w\"\n[[walls]]\npoints = {points}\n")).join("\n");
    assert_eq!(
        said("3"),
        "w.toml:3: walls[0].points: is the number 3; must be a list, as in [[0, 0], [1, 0], [1, 2]]"
    );
    let two = said("[1, [2, 2]]");
    assert_eq!(two, "w.toml:3: walls[0].points[0]: is the number 1; must be a list of 2 numbers");
    let single = faults("name = \"w\"\n[walls]\npoints = [[0, 0], [1, 0]]\n").join("\n");
    assert!(single.contains("walls: is a single table; there may be several: write [[walls]]"), "{single}");
}

#[test]
fn a_round_corner_is_an_arc_of_its_radius_to_a_millimetre_and_touches_both_straights() {
    for radius in [0.003, 0.05, 0.4, 3.0] {
        let points = line("[[-5, 0], [0, 0], [0, 5]]", &format!("corner_m = {radius}"));
        let centre = Point { x: -radius, y: radius };
        let (arc, ends) = (&points[1..points.len() - 1], [points[0], points[points.len() - 1]]);
        assert_eq!(ends, [Point { x: -5.0, y: 0.0 }, Point { x: 0.0, y: 5.0 }]);
        assert!(arc.iter().all(|point| (apart(*point, centre) - radius).abs() < 1e-12), "{radius}");
        assert!(apart(arc[0], Point { x: -radius, y: 0.0 }) < 1e-12, "begins where the straight ends");
        assert!(apart(arc[arc.len() - 1], Point { x: 0.0, y: radius }) < 1e-12, "ends where the next begins");
        let beside = arc.windows(2).map(|pair| {
            let middle = Point { x: pair[0].x.midpoint(pair[1].x), y: pair[0].y.midpoint(pair[1].y) };
            radius - apart(middle, centre)
        });
        let worst = beside.fold(0.0, f64::max);
        assert!(worst <= 0.001 + 1e-12 && arc.len() >= 2, "{radius} m: {worst} m beside");
    }
}

#[test]
fn a_closed_line_is_round_at_all_of_its_corners_and_an_open_one_between_its_ends() {
    let corners = "[[0, 0], [2, 0], [2, 2], [0, 2]]";
    let circle = line(corners, "closed = true\ncorner_m = 1");
    let centre = Point { x: 1.0, y: 1.0 };
    assert!(circle.iter().all(|point| (apart(*point, centre) - 1.0).abs() < 1e-9), "a full circle");
    assert!(pieces(&circle, true).all(|(from, to)| apart(from, to) > 1e-6), "no piece without length");
    let open = line(corners, "corner_m = 1");
    assert_eq!((open[0], open[open.len() - 1]), (Point::default(), Point { x: 0.0, y: 2.0 }));
    let straight = line("[[0, 0], [1, 0], [2, 0]]", "corner_m = 0.3");
    assert_eq!(straight.len(), 3, "where it goes straight on there is no arc");
}

#[test]
fn a_world_of_more_pieces_than_are_allowed_is_a_fault_of_the_file() {
    let point = |n: usize| format!("[{}, {}]", n % 2, n);
    let wall = format!("[[walls]]\npoints = [{}]\n", (0..1000).map(point).collect::<Vec<_>>().join(", "));
    let walls = |count: usize| format!("name = \"w\"\n{}", wall.repeat(count));
    assert_eq!(World::parse("w.toml", &walls(2)).unwrap().pieces(), 2 * 999);
    let said = faults(&walls(3));
    assert_eq!(
        said,
        ["w.toml:1: the world has 2997 straight pieces, round corners and boxes counted; 2000 are the most"]
    );
}

fn any_number() -> impl Strategy<Value = String> {
    prop_oneof![
        (-2000.0..2000.0).prop_map(|n: f64| format!("{n:.3}")),
        prop::sample::select(vec!["0", "-0.0", "1e300", "nan", "-inf", "\"3\"", "[]", "true", "1_0", "0x10"])
            .prop_map(str::to_owned),
    ]
}

fn any_line() -> impl Strategy<Value = String> {
    let keys = [
        "name",
        "sky",
        "points",
        "closed",
        "height_m",
        "colour",
        "second",
        "tile_m",
        "grip",
        "at_m",
        "size_m",
        "heading_deg",
        "width_m",
        "corner_m",
        "x_m",
        "y_m",
        "walls",
        "boxes",
        "\"\"",
        "start.x_m",
    ];
    let heads =
        ["[start]", "[floor]", "[[walls]]", "[[boxes]]", "[[lines]]", "[walls]", "[[start]]", "[", "[[]]"];
    let pair = (any_number(), any_number()).prop_map(|(x, y)| format!("[{x}, {y}]"));
    let list = prop::collection::vec(pair, 0..6).prop_map(|all| format!("[{}]", all.join(", ")));
    let word =
        prop::sample::select(vec!["\"#a0b0c0\"", "\"#äöü\"", "\"\\u001b\"", "true", "{}", "{ x_m = 1 }"]);
    let value = prop_oneof![any_number(), list, word.prop_map(str::to_owned)];
    let set =
        (prop::sample::select(keys.to_vec()), value).prop_map(|(key, value)| format!("{key} = {value}"));
    prop_oneof![6 => set, 3 => prop::sample::select(heads.to_vec()).prop_map(str::to_owned), 1 => ".*"]
}

proptest! {
    #[test]
    fn no_text_panics_the_reader_and_what_is_wrong_is_said(text in prop_oneof![
        "(?s).*".prop_map(|text| text),
        prop::collection::vec(any_line(), 0..30).prop_map(|lines| lines.join("\n")),
    ]) {
        if let Err(faults) = World::parse("w.toml", &text) {
            prop_assert!(!faults.faults.is_empty());
            prop_assert!(faults.to_string().lines().all(|line| line.starts_with("w.toml:")));
        }
    }

    #[test]
    fn whatever_line_is_read_has_only_points_that_are_numbers_and_near_its_corners(
        corners in prop::collection::vec((-5.0..5.0, -5.0..5.0), 2..12),
        closed: bool,
        corner_m in 0.0..1.0,
    ) {
        let points: Vec<String> = corners.iter().map(|(x, y): &(f64, f64)| format!("[{x:.4}, {y:.4}]")).collect();
        let points = points.join(", ");
        let text = format!(
            "name = \"w\"\n[[lines]]\npoints = [{points}]\nclosed = {closed}\ncorner_m = {corner_m:.4}\n"
        );
        if let Ok(world) = World::parse("w.toml", &text) {
            for point in &world.lines[0].points {
                prop_assert!(point.x.abs() < 5.1 && point.y.abs() < 5.1, "{point:?} of {text}");
            }
        }
    }
}
