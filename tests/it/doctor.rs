//! `car-daemon doctor` as a person types it.

use std::fs;

use crate::guard::{driving, said};
use crate::support::{FULL, Files, car_daemon};

#[test]
fn a_simulated_car_needs_nothing_and_its_board_is_told_for_a_real_one() {
    let output = car_daemon().args(["doctor", "--board", "freenove-4wd"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(0));
    let said = said(&output);
    assert!(said.contains("needs    pca9685@0x40") && said.contains("motor front-left"), "{said}");
}

#[test]
fn what_is_missing_is_named_and_nothing_moves_by_looking() {
    let files = Files::left_running();
    let before = files.duties();
    let output = files.command("doctor").output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("problem  pca9685@0x40") && said.contains("there is no /dev/i2c-1"), "{said}");
    assert!(said.contains("OK       pwm:files.pwm:3"), "{said}");
    assert_eq!(files.duties(), before, "left as they were: {FULL} or none");
}

#[test]
fn it_may_be_asked_while_a_daemon_drives_and_names_it() {
    let (files, daemon, _driver) = driving();
    let before = files.duties();
    let said = said(&files.command("doctor").output().expect("runs"));
    assert!(said.contains(&format!("process {} drives this board", daemon.id())), "{said}");
    assert_eq!(files.duties(), before, "it drives on");
}

#[test]
fn a_wrong_configuration_is_no_fault_of_the_machine() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("car.toml");
    fs::write(&file, "bord = \"demo\"\n").expect("can be written");
    let output = car_daemon().args(["doctor", "--config"]).arg(&file).output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("did you mean `board`?"), "{}", said(&output));
}
