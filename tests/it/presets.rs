//! Every board that comes with the daemon, as a client drives it, on virtual time.

use hal::Board;
use hal::board::PRESETS;
use serde_json::Value;

use crate::support::{Garage, Peer, pass};

/// A daemon with the board, long enough after its start for an ESC to be armed.
async fn garage(name: &str) -> Garage {
    let board = Board::preset(name).expect("a preset");
    let garage = Garage::open_with(|config| config.board = board).await;
    pass(3_000).await;
    garage
}

/// How far the car comes, forward of where it stood, and how far it turns, radians, while `word` is in force
/// for `ms` and until it stands again.
async fn moves(garage: &Garage, anna: &mut Peer, word: &str, ms: u64) -> (f64, f64) {
    let pose =
        |state: Value| ["x", "y", "heading"].map(|key| state["pose"][key].as_f64().expect("what it reckons"));
    let [x, y, heading] = pose(garage.state().await);
    let answer = anna.ask(word).await;
    assert!(answer.starts_with("ok"), "{word}: {answer}");
    pass(ms).await;
    anna.ask("stop").await;
    pass(4_000).await;
    let [to_x, to_y, to_heading] = pose(garage.state().await);
    let turned = to_heading - heading;
    ((to_x - x) * heading.cos() + (to_y - y) * heading.sin(), turned.sin().atan2(turned.cos()))
}

#[tokio::test(start_paused = true)]
async fn every_preset_goes_by_the_words_and_the_state_has_what_its_board_can_sense() {
    for preset in PRESETS {
        let (name, garage) = (preset.name, garage(preset.name).await);
        let board = Board::preset(name).expect("a preset");
        assert_eq!(garage.sim.set_range(Some(1.0)), board.range.is_some(), "{name}");
        pass(500).await;
        let state = garage.state().await;
        assert_eq!(state["mode"], "idle", "{name}: {state}");
        for (sensor, there) in [
            ("battery", board.battery.is_some()),
            ("line", board.line.is_some()),
            ("imu", board.imu.is_some()),
            ("range_m", board.range.is_some()),
        ] {
            assert_eq!(!state[sensor].is_null(), there, "{name}: {sensor} of {state}");
        }
        let mut anna = garage.visit().await;
        for (word, way) in [("up", 1.0), ("back", -1.0)] {
            let (ahead, turned) = moves(&garage, &mut anna, word, 1_000).await;
            assert!(ahead * way > 0.1 && turned.abs() < 0.2, "{name} {word}: {ahead} m, {turned} rad");
        }
        // So short that nobody comes half around.
        for (word, way) in [("left", 1.0), ("right", -1.0)] {
            let (ahead, turned) = moves(&garage, &mut anna, word, 150).await;
            assert!(turned * way > 0.02, "{name} {word}: {ahead} m, {turned} rad");
        }
    }
}
