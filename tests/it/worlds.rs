//! A daemon's simulated car in the world that its configuration names.

use crate::support::{Process, eventually};

/// A wall across the way, and nothing else.
const WALL: &str = r#"
name = "wall"
[[walls]]
points = [[0.75, -2.0], [0.75, 2.0]]
"#;

#[test]
fn a_simulated_car_hears_the_wall_of_a_world_file_and_nothing_on_an_open_floor() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("wall.toml");
    std::fs::write(&file, WALL).expect("can be written");
    let config = |world: &str| format!("board = \"classroom\"\nworld = {world:?}\n");
    let walled = Process::start_with(&config(&file.display().to_string()));
    assert!(walled.table.contains(": board classroom, simulated, in world wall\n"), "{}", walled.table);
    // Its sonar is 0.0975 m ahead of the origin, at the rim of the car.
    eventually("the wall is 0.65 m ahead", || {
        walled.state()["range_m"].as_f64().is_some_and(|far| (far - 0.6525).abs() < 0.05)
    });
    let open = Process::start_with(&config("open"));
    eventually("the floor is seen", || open.state()["line"].is_array());
    assert!(open.state()["range_m"].is_null(), "{}", open.state());
}
