//! The pictures in docs/worlds, and the command that draws them.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::car_daemon;

const AGAIN: &str = "to draw it again: target/release/car-daemon worlds";

fn draw(arguments: &[&str], file: &Path) -> Output {
    car_daemon().arg("worlds").args(arguments).arg("--picture").arg(file).output().expect("runs")
}

#[test]
fn each_world_has_a_picture_in_the_docs_which_is_what_the_camera_sees_bit_for_bit() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("docs");
    let page = fs::read_to_string(docs.join("world-file.md")).expect("the page");
    let folder = tempfile::TempDir::new().expect("a folder");
    for world in sim::world::WORLDS {
        let file = folder.path().join("seen.jpg");
        let output = draw(&[world.name], &file);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let picture = format!("worlds/{}.jpg", world.name);
        let kept = fs::read(docs.join(&picture)).unwrap_or_default();
        assert!(
            kept == fs::read(&file).expect("a picture"),
            "{AGAIN} {} --picture docs/{picture}",
            world.name
        );
        assert!(kept.len() <= 60_000, "docs/{picture} has {} bytes", kept.len());
        assert!(page.contains(&format!("({picture})")), "docs/world-file.md does not show {picture}");
    }
    let pictures = fs::read_dir(docs.join("worlds")).expect("a folder").count();
    assert_eq!(pictures, sim::world::WORLDS.len(), "each picture in docs/worlds is of a world");
}

#[test]
fn a_picture_is_taken_of_any_world_in_any_size_or_the_reason_told() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let world = folder.path().join("mine.toml");
    fs::write(&world, "name = \"mine\"\n[[boxes]]\nat_m = [1, 0]\nsize_m = [0.2, 0.2]\n").expect("ours");
    let (world, file) = (world.to_str().expect("text"), folder.path().join("mine.jpg"));
    let output = draw(&[world, "--size", "320x240", "--board", "jetbot"], &file);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let picture = fs::read(&file).expect("a picture");
    assert!(picture.starts_with(&[0xff, 0xd8]), "a JPEG file");
    // The frame header: 8 bits, height, width.
    let header = [0xff, 0xc0, 0, 17, 8, 0, 240, 1, 64];
    assert!(picture.windows(header.len()).any(|part| part == header), "320 by 240 dots");

    fs::write(folder.path().join("wrong.toml"), "name = \"wrong\"\nskye = \"#000000\"\n").expect("ours");
    let wrong = folder.path().join("wrong.toml");
    let nowhere = folder.path().join("no/folder/a.jpg");
    for (arguments, file, code, told) in [
        (&["rom"][..], &file, 2, "no world is called `rom`; did you mean `room`?"),
        (&["room", "--board", "demmo"], &file, 2, "did you mean `demo`?"),
        (
            &[wrong.to_str().expect("text")],
            &file,
            2,
            "wrong.toml:2: skye: is not a known key; did you mean `sky`?",
        ),
        (&["room", "--size", "10x10"], &file, 2, "must be 160x120 to 1920x1080"),
        (&["room"], &nowhere, 1, "no/folder/a.jpg: No such file"),
        (&[], &file, 2, "<NAME>"),
    ] {
        let output = draw(arguments, file);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(told), "{arguments:?}: {said}");
    }
}
