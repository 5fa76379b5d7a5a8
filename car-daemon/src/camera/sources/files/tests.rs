//! Files in a folder, and what is said of them.

use super::*;
use crate::camera::mjpeg::samples::grey;

fn picture(of: u8) -> Vec<u8> {
    grey(8, 8, of)
}

/// A source that is never kept waiting, and the greys of its next pictures.
fn greys(path: &Path, config: &CameraConfig, count: usize) -> Result<Vec<u8>, String> {
    let config = CameraConfig { rate_hz: 1e9, ..config.clone() };
    let mut source = opener(&config, path.to_owned()).0().map_err(|why| why.to_string())?;
    let mut greys = Vec::new();
    while greys.len() < count {
        if let Some(shot) = source.next(Duration::from_secs(1)).map_err(|why| why.to_string())? {
            let dots = jpeg_decoder::Decoder::new(&*shot.jpeg).decode().expect("a picture");
            greys.push(dots[0]);
        }
    }
    Ok(greys)
}

#[test]
fn a_folder_is_shown_in_the_order_of_names_over_and_over_and_what_is_no_picture_is_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, data: &[u8]| fs::write(folder.path().join(name), data).expect("ours");
    write("b.JPEG", &picture(128));
    write("a.jpg", &picture(0));
    write("c.jpg", b"no picture");
    write("d.jpg", &picture(255)[..100]);
    write("e.jpg", &picture(255));
    write("notes.txt", b"not a name of a picture");
    fs::create_dir(folder.path().join("f.jpg")).expect("ours");
    let shown = greys(folder.path(), &CameraConfig::default(), 7);
    assert_eq!(shown.expect("pictures"), [0, 128, 255, 0, 128, 255, 0]);
    let prospect = prospect(&CameraConfig::default(), folder.path()).expect("pictures");
    assert!(prospect.starts_with("a folder of 6 JPEG files"), "{prospect}");
}

#[test]
fn what_comes_to_the_folder_is_seen_in_the_next_round() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.jpg"), picture(0)).expect("ours");
    let config = CameraConfig { rate_hz: 1e9, ..CameraConfig::default() };
    let mut source = opener(&config, folder.path().to_owned()).0().expect("opens");
    let mut next = || source.next(Duration::from_secs(1)).expect("a picture").expect("at once").jpeg;
    assert_eq!(next(), picture(0));
    fs::write(folder.path().join("b.jpg"), picture(255)).expect("ours");
    assert_eq!([next(), next(), next()], [picture(0), picture(255), picture(0)]);
}

#[test]
fn one_file_is_shown_as_it_is_each_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("still.jpg");
    fs::write(&file, picture(0)).expect("ours");
    assert_eq!(greys(&file, &CameraConfig::default(), 2).expect("pictures"), [0, 0]);
    fs::write(&file, picture(255)).expect("ours");
    assert_eq!(greys(&file, &CameraConfig::default(), 1).expect("pictures"), [255]);
}

#[test]
fn a_file_that_stands_is_no_newer_picture_and_is_as_old_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("still.jpg");
    let config = CameraConfig { rate_hz: 1e9, ..CameraConfig::default() };
    for path in [file.as_path(), folder.path()] {
        let hour = Duration::from_secs(3_600);
        let write = |grey, when: SystemTime| {
            fs::write(&file, picture(grey)).expect("ours");
            let times = fs::FileTimes::new().set_modified(when);
            File::options().append(true).open(&file).expect("ours").set_times(times).expect("ours");
        };
        write(0, SystemTime::now() - hour);
        let mut source = opener(&config, path.to_owned()).0().expect("opens");
        let mut next = || source.next(Duration::from_secs(1)).expect("a picture").expect("at once").taken;
        let first = next();
        assert!(first.elapsed() >= hour, "{:?}", first.elapsed());
        assert_eq!([next(), next()], [first; 2]);
        // A clock that was wrong then, or is now.
        write(255, SystemTime::now() + hour);
        let second = next();
        assert!(second > first && second <= Instant::now());
        assert_eq!(next(), second);
    }
}

#[test]
fn whoever_waits_is_told_which_file_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a.jpg", "b.jpg"] {
        fs::write(folder.path().join(name), picture(0)).expect("ours");
    }
    let config = CameraConfig { rate_hz: 1e9, ..CameraConfig::default() };
    let (mut opener, remedy) = opener(&config, folder.path().to_owned());
    let mut source = opener().expect("opens");
    for name in ["a.jpg", "b.jpg", "a.jpg"] {
        source.next(Duration::from_secs(1)).expect("a picture").expect("at once");
        let file = folder.path().join(name);
        assert!(remedy().starts_with(&format!("{} was to be read", file.display())), "{}", remedy());
    }
}

#[test]
fn what_others_write_to_later_is_waited_for_by_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe.jpg");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).expect("ours");
    assert_eq!(read(&pipe, 100), Err("is no regular file".to_owned()));
}

#[test]
fn where_there_is_no_picture_it_is_said_which_file_and_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = |path: &Path, max_bytes| {
        greys(path, &CameraConfig { max_bytes, ..CameraConfig::default() }, 1).expect_err("no picture")
    };
    assert!(said(&folder.path().join("none"), 1 << 20).contains("name a folder with JPEG files"));
    let unfit = |path: &Path| prospect(&CameraConfig::default(), path).expect_err("no picture").to_string();
    assert!(unfit(&folder.path().join("none")).contains("name a folder with JPEG files"));
    assert!(said(folder.path(), 1 << 20).contains("has no JPEG file; put files there"));
    let file = folder.path().join("a.jpg");
    fs::write(&file, picture(0)).expect("ours");
    assert!(said(folder.path(), 100).contains("a.jpg: has more bytes than [camera] max_bytes = 100"));
    fs::write(&file, b"GIF89a").expect("ours");
    assert_eq!(said(&file, 1 << 20), "is no JPEG picture");
    assert_eq!(unfit(&file), "is no JPEG picture");
    fs::write(folder.path().join("b.jpg"), b"GIF89a").expect("ours");
    assert!(said(folder.path(), 1 << 20).contains("none of 2 files is a picture"));
    for number in 0..40 {
        fs::write(folder.path().join(format!("{number}.jpg")), b"").expect("ours");
    }
    assert!(said(folder.path(), 1 << 20).contains("none of 42 files"), "however many are looked at for one");
}
