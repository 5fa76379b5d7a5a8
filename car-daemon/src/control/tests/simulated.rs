//! What a simulated car is told past its driver, at the gate.

use protocol::{Heading, Place, SimOrder, Stretch};

use super::*;
use crate::clock::Speed;

/// The admin Anna and the driver Ben at a simulated car whose time runs so.
fn gate(speed: Speed) -> Gate {
    let board = Board::preset("demo").expect("a preset");
    let mut gate = Gate::new(Rules::new(Control::default(), &board).for_simulator(&board, speed));
    gate.session_opened(ANNA, "127.0.0.1:1", true, granted(Role::Admin, 50), ms(0));
    gate.session_opened(BEN, "127.0.0.1:2", true, driver(), ms(0));
    gate
}

fn teleport() -> Command {
    let place = |value| Place::new("x", value).expect("in range");
    Command::Sim(SimOrder::Teleport { x: place(1.0), y: place(2.0), heading: Heading::default() })
}

#[test]
fn a_car_that_is_none_of_the_simulator_does_none_of_it() {
    let board = Board::preset("demo").expect("a preset");
    let mut gate = Gate::new(Rules::new(Control::default(), &board));
    gate.session_opened(ANNA, "127.0.0.1:1", true, granted(Role::Admin, 50), ms(0));
    let step = SimOrder::Step(Stretch::from_ms(10.0).expect("in range"));
    for order in [step, SimOrder::Truth, SimOrder::Reset] {
        let fault = gate.handle(ANNA, &Command::Sim(order), ms(1)).expect_err("a real car");
        assert_eq!(fault.code, Code::METHOD_NOT_FOUND);
        assert!(fault.message.contains("only a simulated car"), "{fault}");
    }
    assert_eq!(gate.take_events(), []);
}

#[test]
fn a_car_that_is_lifted_stands_and_its_driver_must_let_go() {
    let mut gate = gate(Speed::REAL);
    gate.handle(BEN, &drive(0.5, 0.0), ms(1)).expect("free");
    assert_eq!(gate.handle(BEN, &teleport(), ms(2)).expect_err("a driver").code, Code::NOT_AUTHORISED);
    assert_eq!(gate.tick(ms(3)).mode, Mode::Driving);
    gate.take_events();
    assert_eq!(gate.handle(ANNA, &teleport(), ms(4)), Ok(Answer::Done));
    assert_eq!(gate.tick(ms(5)).target.drive, Drive::Brake);
    let events = gate.take_events();
    assert!(
        matches!(&events[..], [Event::Stopped { .. }, Event::Sim { what, .. }] if what.contains("1 m, 2 m")),
        "{events:?}"
    );
    assert_eq!(gate.handle(BEN, &drive(0.5, 0.0), ms(6)).expect_err("held").code, Code::BUSY);
}

#[test]
fn what_cannot_break_is_refused_and_nobody_hears_of_it() {
    let mut gate = gate(Speed::REAL);
    let broken = |on: &str| {
        let (fault, on) = ("motor-open".to_owned(), Some(on.to_owned()));
        Command::Sim(SimOrder::Fault { fault, on, level: None, count: None, for_s: None })
    };
    assert_eq!(gate.handle(ANNA, &broken("middle"), ms(1)).expect_err("none").code, Code::INVALID_PARAMS);
    assert_eq!(gate.take_events(), []);
    gate.handle(ANNA, &broken("left"), ms(1)).expect("it has one");
    assert!(matches!(&gate.take_events()[..], [Event::Sim { what, .. }] if what == "broke motor-open left"));
}

#[test]
fn where_time_is_not_the_walls_a_clients_clock_says_nothing() {
    for (speed, accepted) in [(Speed::REAL, false), (Speed::Times(10.0), true), (Speed::Max, true)] {
        let mut gate = gate(speed);
        let Command::Drive { throttle, steer, .. } = drive(0.5, 0.0) else { unreachable!("a drive") };
        for t in [0.0, 1e6] {
            let t = Moment::new("t", t).ok();
            let late = Command::Drive { throttle, steer, strafe: None, ttl: None, seq: None, t };
            assert_eq!(gate.handle(BEN, &late, ms(60_000)).is_ok(), accepted, "{speed}");
        }
    }
}
