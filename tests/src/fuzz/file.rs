//! Any text as a board file, a world file, a script and a configuration. What is wrong is said; what is right is printed so
//! that it can be read again.

use std::path::Path;
use std::sync::LazyLock;

use car_daemon::Config;
use car_daemon::config::Overrides;
use hal::Board;
use sim::{Script, World};

pub(super) fn any_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(faults) = Board::parse("board.toml", text) {
        assert!(!faults.to_string().is_empty());
    }
    match World::parse("world.toml", text) {
        Ok(world) => assert!(!world.parts().is_empty()),
        Err(faults) => assert!(!faults.to_string().is_empty()),
    }
    // One board that is in order, for as many texts as there are.
    static DEMO: LazyLock<Board> = LazyLock::new(|| Board::preset("demo").expect("a preset"));
    if let Err(faults) = Script::parse("script.toml", text, &DEMO) {
        assert!(!faults.faults.is_empty());
    }
    // No file of this machine is to be opened for a name in the text.
    let (board, world) = (Some("demo".into()), Some("room".into()));
    let overrides = Overrides { board, world, ..Overrides::default() };
    let parse = |text: &str| Config::parse("car.toml", text, Path::new("/nowhere"), &overrides);
    match parse(text) {
        Ok(config) => {
            let printed = config.to_string();
            let again = parse(&printed).unwrap_or_else(|faults| panic!("{faults:?} in {printed}"));
            assert_eq!(again.to_string(), printed);
        }
        Err(faults) => {
            assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.to_string().is_empty()))
        }
    }
}
