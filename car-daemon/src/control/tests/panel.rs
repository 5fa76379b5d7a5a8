//! Buzzers and lamps at the gate.

use protocol::Level;

use super::*;

fn gate() -> Gate {
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset");
    let panel = r#"
        [outputs.horn]
        kind = "buzzer"
        pin = "gpio:GPIO5"
        [outputs.lamp]
        kind = "led"
        pin = "gpio:GPIO6"
    "#;
    let board = Board::parse("panel.toml", &format!("{}\n{panel}", preset.toml)).expect("a sound board");
    let mut gate = Gate::new(Rules::new(Control::default(), &board));
    gate.session_opened(ANNA, "127.0.0.1:1", true, driver(), ms(0));
    gate.session_opened(BEN, "127.0.0.1:2", true, granted(Role::Observer, 50), ms(0));
    gate
}

fn output(name: &str, level: f64, ttl_ms: Option<f64>) -> Command {
    let ttl = ttl_ms.map(|ms| Ttl::from_ms(ms).expect("in range"));
    Command::Output { name: name.to_owned(), level: Level::new("level", level).expect("in range"), ttl }
}

fn told(gate: &mut Gate, command: &Command, now: Duration) {
    assert_eq!(gate.handle(ANNA, command, now), Ok(Answer::Done));
}

#[test]
fn a_buzzer_sounds_for_half_a_second_or_as_long_as_was_said_and_a_lamp_stays() {
    let mut gate = gate();
    assert_eq!(gate.tick(ms(0)).panel, [0.0, 0.0]);
    told(&mut gate, &output("horn", 1.0, None), ms(0));
    told(&mut gate, &output("lamp", 0.5, None), ms(0));
    assert_eq!(gate.next_deadline(), Some(ms(500)));
    assert_eq!(gate.tick(ms(499)).panel, [1.0, 0.5]);
    assert_eq!(gate.tick(ms(500)).panel, [0.0, 0.5]);
    assert_eq!(gate.next_deadline(), None);
    told(&mut gate, &output("horn", 0.25, Some(2_000.0)), ms(1_000));
    told(&mut gate, &output("lamp", 1.0, Some(100.0)), ms(1_000));
    assert_eq!(gate.tick(ms(1_100)).panel, [0.25, 0.0]);
    assert_eq!(gate.tick(ms(3_000)).panel, [0.0, 0.0]);
}

#[test]
fn no_lease_is_needed_and_none_is_taken_but_the_role_is() {
    let mut gate = gate();
    told(&mut gate, &output("lamp", 1.0, None), ms(0));
    assert_eq!(gate.outputs().driver, None);
    let refused = gate.handle(BEN, &output("lamp", 0.0, None), ms(1)).expect_err("an observer");
    assert_eq!((refused.code, gate.outputs().panel), (Code::NOT_AUTHORISED, vec![0.0, 1.0]));
}

#[test]
fn what_the_board_does_not_have_is_refused_with_what_it_has() {
    let refused = gate().handle(ANNA, &output("bell", 1.0, None), ms(0)).expect_err("no bell");
    assert_eq!(refused.message, "no output `bell`; this board has horn, lamp");
    let refused = super::gate().handle(ANNA, &output("bell", 1.0, None), ms(0)).expect_err("nothing");
    assert_eq!(refused.message, "this board has no buzzer and no lamp");
}

#[test]
fn an_emergency_stop_a_fault_and_the_end_silence_the_buzzer_and_leave_the_lamp() {
    let ends: [fn(&mut Gate); 3] = [
        |gate| drop(gate.handle(ANNA, &Command::Estop { reason: None }, ms(1))),
        |gate| gate.hardware_failed("a chip is gone", ms(1)),
        |gate| gate.close("the end", ms(1)),
    ];
    for end in ends {
        let mut gate = gate();
        told(&mut gate, &output("horn", 1.0, None), ms(0));
        told(&mut gate, &output("lamp", 1.0, None), ms(0));
        end(&mut gate);
        assert_eq!(gate.tick(ms(2)).panel, [0.0, 1.0]);
        gate.handle(ANNA, &output("horn", 1.0, None), ms(3)).expect_err("nothing new leaves");
        assert_eq!(gate.tick(ms(4)).panel, [0.0, 1.0]);
    }
}
