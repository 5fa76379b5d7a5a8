//! Buzzers and lamps of a whole car.

use super::*;

const PANEL: &str = r#"
    [outputs.horn]
    kind = "buzzer"
    pin = "gpio:GPIO12"
    active = "low"
    [outputs.head]
    kind = "led"
    pin = "pca9685@0x40:12"
    [outputs.tail]
    kind = "led"
    pin = "pca9685@0x40:13"
    active = "low"
    [outputs.brow]
    kind = "led"
    pin = "gpio:GPIO13"
"#;

fn board() -> Board {
    let preset = PRESETS.iter().find(|preset| preset.name == "demo").unwrap();
    Board::parse("panel.toml", &format!("{}\n{PANEL}", preset.toml)).unwrap()
}

/// What is at horn, head, tail and brow.
fn at(bench: &Bench) -> [f64; 4] {
    let outputs = bench.world().outputs.clone();
    ["gpio:GPIO12", "pca9685@0x40:12", "pca9685@0x40:13", "gpio:GPIO13"].map(|name| outputs[name])
}

#[test]
fn a_buzzer_that_is_on_while_it_is_low_is_never_low_before_somebody_wants_it() {
    let board = board();
    let (mut car, bench) = car(&board);
    let silent = |outputs: &Outputs| outputs.get("gpio:GPIO12").is_none_or(|level| *level == 1.0);
    assert!(bench.world().history.iter().all(silent));
    assert_eq!(at(&bench), [1.0, 0.0, 1.0, 0.0], "all off");
    car.show(&[1.0, 0.0, 0.0, 0.0]).unwrap();
    assert_eq!(at(&bench), [0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn a_level_is_a_duty_where_there_is_one_and_only_what_changed_is_written() {
    let (mut car, bench) = car(&board());
    car.show(&[0.5, 0.25, 0.25, 0.5]).unwrap();
    assert_eq!(at(&bench), [0.0, 0.25, 0.75, 1.0]);
    bench.take_log();
    car.show(&[0.5, 0.25, 0.25, 0.5]).unwrap();
    assert_eq!(bench.take_log(), [""; 0]);
    car.show(&[]).unwrap();
    assert_eq!(at(&bench), [1.0, 0.0, 1.0, 0.0], "what has no level goes off");
}

#[test]
fn what_is_no_level_is_refused_and_the_others_are_written() {
    let (mut car, bench) = car(&board());
    for level in [f64::NAN, -0.1, 1.5] {
        let error = car.show(&[0.0, level, 0.0, 1.0]).unwrap_err();
        assert!(error.to_string().starts_with("output head: "), "{error}");
        assert_eq!(at(&bench), [1.0, 0.0, 1.0, 1.0]);
    }
}

#[test]
fn under_the_interlock_buzzers_are_silent_and_lamps_stay() {
    let (mut car, bench) = car(&board());
    car.show(&[1.0, 0.5, 0.0, 1.0]).unwrap();
    car.interlock().engage();
    car.show(&[1.0, 1.0, 1.0, 0.0]).unwrap();
    assert_eq!(at(&bench), [1.0, 0.5, 1.0, 1.0]);
    car.interlock().release();
    car.show(&[1.0, 1.0, 1.0, 0.0]).unwrap();
    assert_eq!(at(&bench), [0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn a_car_that_halts_and_one_that_is_dropped_is_silent_and_its_lamps_stay() {
    for halts in [true, false] {
        let (mut car, bench) = car(&board());
        car.show(&[1.0, 0.5, 0.0, 1.0]).unwrap();
        if halts {
            car.halt().unwrap();
            assert_eq!(at(&bench), [1.0, 0.5, 1.0, 1.0]);
        } else {
            drop(car);
            assert_eq!((at(&bench)[0], at(&bench)[3]), (1.0, 1.0));
        }
    }
}

#[test]
fn a_board_at_rest_is_dark_and_silent() {
    let board = board();
    let (mut car, bench) = car(&board);
    car.show(&[1.0; 4]).unwrap();
    Car::rest(&board, &mut bench.clone()).unwrap();
    assert_eq!(at(&bench), [1.0, 0.0, 1.0, 0.0]);
}

#[test]
fn a_buzzer_that_fails_is_an_error_that_names_it_and_the_car_brakes_all_the_same() {
    let board = board();
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0), NOW).unwrap();
    bench.world().dead = Some("gpio:GPIO12".to_owned());
    let error = car.show(&[1.0, 0.0, 0.0, 0.0]).unwrap_err();
    assert_eq!(error.to_string(), "output horn: gpio:GPIO12: made to fail");
    car.halt().unwrap_err();
    all_do(&board, &bench, Does::Brake);
    bench.world().dead = None;
    car.recover().unwrap();
    assert_eq!(at(&bench)[0], 1.0);
}
