//! Who drives, as stories.

use super::*;

fn acquire(gate: &mut Gate, id: u64, force: bool, now: Duration) -> Result<Option<u64>, Fault> {
    match gate.handle(id, &Command::Acquire { force }, now)? {
        Answer::Driver(driver) => Ok(driver.map(|visitor| visitor.session)),
        other => panic!("{other:?}"),
    }
}

fn leases(gate: &mut Gate) -> Vec<Option<u64>> {
    let of_lease = |event| if let Event::Lease { driver, .. } = event { Some(driver) } else { None };
    gate.take_events().into_iter().filter_map(of_lease).collect()
}

#[test]
fn a_motion_takes_a_free_lease_and_a_refusal_says_who_holds_it_since_when_and_how_to_ask() {
    let mut gate = gate();
    gate.session_named(ANNA, "tablet");
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(0));
    let fault = gate.handle(BEN, &drive(-1.0, 0.0), ms(2_500)).expect_err("Anna drives");
    assert_eq!(fault.code, Code::NOT_DRIVER);
    assert_eq!(
        fault.message,
        "session 1 (tablet, 127.0.0.1:1) drives, for 2.5 s now: no force takes it, for your priority 50 is not \
         above its 50; `acquire` asks for it"
    );
    let data = fault.data.expect("for programs");
    assert_eq!((&data["driver"]["session"], &data["driver"]["drives_s"]), (&1.into(), &2.5.into()));
    assert_eq!(data["force"], false);
    assert_eq!(gate.tick(ms(2_501)).throttle, 0.6, "the driver is not disturbed");
    assert_eq!(leases(&mut gate), [Some(ANNA)]);
}

#[test]
fn a_lease_is_handed_over_to_who_asked_first_and_brakes_the_car() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(0));
    for (id, now) in [(BEN, 10), (RADIO, 20), (BEN, 30)] {
        let fault = acquire(&mut gate, id, false, ms(now)).expect_err("Anna drives");
        assert!(fault.message.contains("it was asked"), "{fault}");
    }
    let asked: Vec<_> =
        gate.take_events().into_iter().filter(|event| matches!(event, Event::Asked { .. })).collect();
    assert_eq!(asked.len(), 2, "the holder hears of each once: {asked:?}");
    gate.handle(ANNA, &Command::Release, ms(40)).expect("its own");
    let outputs = gate.tick(ms(41));
    assert!(is_braked(&outputs));
    assert_eq!(outputs.driver, Some(BEN));
    assert_eq!(outputs.stop_reason.as_deref(), Some("session 1 (127.0.0.1:1) gave the lease back"));
    gate.session_closed(BEN, "bored", ms(50));
    assert_eq!(gate.tick(ms(51)).driver, Some(RADIO));
    assert_eq!(leases(&mut gate), [Some(BEN), Some(RADIO)]);
}

#[test]
fn force_takes_the_lease_from_a_lower_priority_only_and_brakes_the_car() {
    let mut gate = gate();
    gate.session_granted(BEN, granted(Role::Driver, 60), ms(0));
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(0));
    let fault = acquire(&mut gate, RADIO, true, ms(10)).expect_err("as high as Anna's");
    assert_eq!(fault.code, Code::NOT_DRIVER);
    assert!(!is_braked(&gate.tick(ms(11))));
    assert_eq!(acquire(&mut gate, BEN, true, ms(20)), Ok(Some(BEN)));
    assert!(is_braked(&gate.outputs()), "even before the next tick");
    let refused = gate.handle(ANNA, &drive(0.5, 0.0), ms(30)).expect_err("Ben has it");
    assert_eq!(refused.code, Code::NOT_DRIVER);
    assert_eq!(leases(&mut gate), [Some(ANNA), Some(BEN)]);
}

#[test]
fn a_stick_that_lost_the_lease_drives_again_only_after_it_was_let_go() {
    let mut gate = gate();
    gate.session_granted(BEN, granted(Role::Admin, 80), ms(0));
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(0));
    acquire(&mut gate, BEN, true, ms(10)).expect("ranks higher");
    for now in (20..400).step_by(50) {
        gate.handle(ANNA, &drive(0.5, 0.0), ms(now)).expect_err("Ben has it");
    }
    gate.handle(BEN, &Command::Release, ms(410)).expect("its own");
    let fault = gate.handle(ANNA, &drive(0.5, 0.0), ms(420)).expect_err("never let go");
    assert_eq!(fault.code, Code::BUSY);
    assert!(fault.message.starts_with("session 2 (127.0.0.1:2) took the lease: let go"), "{fault}");
    accepted(&mut gate, ANNA, &drive(0.0, 0.0), ms(430));
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(440));
}

#[test]
fn whoever_lost_its_connection_takes_the_lease_back_by_the_same_token() {
    let mut gate = gate();
    let tablet = Grant { principal: Some("tablet".into()), ..granted(Role::Driver, 30) };
    gate.session_granted(ANNA, tablet.clone(), ms(0));
    gate.session_granted(BEN, tablet, ms(0));
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(0));
    assert_eq!(acquire(&mut gate, BEN, true, ms(10)), Ok(Some(BEN)));
}

#[test]
fn a_lease_ends_by_silence_and_never_while_its_motion_is_in_force() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(0));
    assert_eq!(gate.tick(ms(60_000)).driver, Some(ANNA), "a held `up` is no silence");
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(60_000));
    gate.handle(BEN, &Command::Stop { seq: None }, ms(60_100)).expect("always allowed");
    assert_eq!(gate.next_deadline(), Some(ms(63_100)), "it has driven until the stop");
    assert_eq!(gate.tick(ms(63_099)).driver, Some(ANNA));
    assert_eq!(gate.tick(ms(63_100)).driver, None);
    assert_eq!(leases(&mut gate), [Some(ANNA), None]);
    accepted(&mut gate, BEN, &drive(0.5, 0.0), ms(63_101));
}

#[test]
fn where_no_link_tells_of_an_end_a_lease_ends_with_its_motion_unless_it_was_asked_for() {
    let mut gate = gate();
    accepted(&mut gate, RADIO, &Command::Move(Move::Forward), ms(0));
    assert_eq!(gate.tick(ms(999)).driver, Some(RADIO));
    let outputs = gate.tick(ms(1_000));
    assert_eq!(outputs.driver, None);
    assert_eq!(outputs.stop_reason.as_deref(), Some("session 3 (127.0.0.1:3) sent nothing new for 1000 ms"));
    acquire(&mut gate, RADIO, false, ms(2_000)).expect("free");
    accepted(&mut gate, RADIO, &drive(0.5, 0.0), ms(2_000));
    gate.tick(ms(2_500));
    assert_eq!(gate.tick(ms(5_499)).driver, Some(RADIO));
    assert_eq!(gate.tick(ms(5_500)).driver, None);
}

#[test]
fn an_observer_looks_and_stops_and_does_nothing_else() {
    let mut gate = gate();
    gate.session_granted(BEN, granted(Role::Observer, 100), ms(0));
    let refused = [
        drive(0.5, 0.0),
        drive(0.0, 0.0),
        Command::Move(Move::Forward),
        Command::Center,
        Command::Acquire { force: true },
        Command::Release,
        Command::Reset,
    ];
    for command in refused {
        let fault = gate.handle(BEN, &command, ms(1)).expect_err("only looks");
        assert_eq!(fault.code, Code::NOT_AUTHORISED, "{command:?}");
        assert!(fault.message.contains("needs the role driver, and yours is observer"), "{fault}");
    }
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(2));
    gate.handle(BEN, &Command::Stop { seq: None }, ms(3)).expect("always allowed");
    assert!(is_braked(&gate.tick(ms(4))));
    gate.handle(BEN, &Command::Estop { reason: None }, ms(5)).expect("always allowed");
}

#[test]
fn whoever_has_shown_no_token_cannot_even_stop() {
    let mut gate = gate();
    gate.session_opened(9, "stranger", true, Grant { role: None, priority: 0, principal: None }, ms(0));
    for command in
        [Command::Stop { seq: None }, Command::Estop { reason: None }, Command::Who, drive(1.0, 0.0)]
    {
        let fault = gate.handle(9, &command, ms(1)).expect_err("a stranger");
        assert_eq!(fault.code, Code::NOT_AUTHORISED, "{command:?}");
        assert!(fault.message.contains("auth TOKEN"), "{fault}");
    }
}

#[test]
fn a_driver_whose_role_is_taken_stops_driving() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(0));
    gate.session_granted(ANNA, granted(Role::Observer, 50), ms(1));
    let outputs = gate.tick(ms(2));
    assert!(is_braked(&outputs));
    assert_eq!(outputs.driver, None);
}

#[test]
fn who_loses_a_token_while_it_drives_is_told_by_the_name_of_that_token() {
    let mut gate = gate();
    gate.session_granted(ANNA, Grant { principal: Some("Ben".into()), ..granted(Role::Driver, 50) }, ms(0));
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(0));
    gate.session_granted(ANNA, Grant { role: None, priority: 0, principal: None }, ms(1));
    let reason = gate.tick(ms(2)).stop_reason;
    assert_eq!(reason.as_deref(), Some("session 1 (Ben, 127.0.0.1:1) may not drive any more"));
}

#[test]
fn the_camera_belongs_to_the_driver_while_there_is_one() {
    let mut gate = gate();
    gate.handle(BEN, &Command::Center, ms(0)).expect("nobody drives");
    assert_eq!(gate.tick(ms(0)).driver, None, "looking around takes no lease");
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(1));
    assert_eq!(gate.handle(BEN, &Command::Center, ms(2)).expect_err("Anna drives").code, Code::NOT_DRIVER);
    gate.handle(ANNA, &Command::Center, ms(3)).expect("she drives");
}

#[test]
fn who_shows_everybody_in_the_order_in_which_they_came() {
    let mut gate = gate();
    gate.session_named(BEN, "laptop");
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(1_000));
    acquire(&mut gate, BEN, false, ms(1_500)).expect_err("Anna drives");
    let Ok(Answer::Who(who)) = gate.handle(RADIO, &Command::Who, ms(2_000)) else { panic!("who") };
    assert_eq!(who.driver, Some(ANNA));
    let rows: Vec<_> =
        who.sessions.iter().map(|v| (v.session, v.name.as_deref(), v.drives_s, v.asks_s, v.here_s)).collect();
    assert_eq!(
        rows,
        [
            (ANNA, None, Some(1.0), None, 2.0),
            (BEN, Some("laptop"), None, Some(0.5), 2.0),
            (RADIO, None, None, None, 2.0)
        ]
    );
}
