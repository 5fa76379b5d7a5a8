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

#[test]
fn the_source_of_pictures_is_looked_at_and_nothing_of_it_is_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let picture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/worlds/room.jpg");
    fs::copy(picture, folder.path().join("a.jpg")).expect("a picture of the docs");
    fs::create_dir(folder.path().join("empty")).expect("ours");
    let file = folder.path().join("car.toml");
    let said = |source: &str| {
        fs::write(&file, format!("[camera]\nsource = {source}\n")).expect("ours");
        let output = car_daemon().args(["doctor", "--config"]).arg(&file).output().expect("runs");
        assert_eq!(output.status.code(), Some(0), "a car drives without pictures: {}", self::said(&output));
        let said = self::said(&output);
        let from = said.find("  camera  ").expect("a line of the camera");
        said[from..].lines().take(2).map(str::trim).collect::<Vec<_>>().join(" ")
    };
    let touch = format!("[\"touch\", \"{}\"]", folder.path().join("started").display());
    for (source, told) in [
        ("\"auto\"", "what the simulator draws"),
        ("\"off\"", "off, as [camera] source says"),
        ("\"./\"", "a folder of 1 JPEG files, shown over and over"),
        ("\"a.jpg\"", "one picture, shown over and over"),
        ("\"empty/\"", "has no JPEG file; put files there whose names end with .jpg"),
        ("\"none.jpg\"", "name a folder with JPEG files, or one of them"),
        ("[\"no-such-camera-program\"]", "no-such-camera-program: there is no such program: install it"),
        (&touch, "/touch"),
        ("\"/dev/video_of_nobody\"", "there is no such device: is the camera plugged in?"),
        ("\"http://me:secret@192.0.2.1/\"", "http://…@192.0.2.1/, which is asked when somebody looks"),
    ] {
        let said = said(source);
        assert!(said.contains(told) && !said.contains("secret"), "{source}: {said}");
    }
    assert!(!folder.path().join("started").exists());
}
