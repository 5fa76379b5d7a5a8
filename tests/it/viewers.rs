//! Programs of others that look at the camera, each by the line that its manual gives.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::stream::is_jpeg;
use crate::support::{Process, language, skipped, web};

/// What a program said that has to end well.
fn output(mut program: Command) -> Output {
    let output = program.stdin(Stdio::null()).output().expect("starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program:?}: {}: {said}", output.status);
    output
}

fn url(daemon: &Process, path: &str) -> String {
    format!("{}{path}", daemon.page())
}

#[test]
fn curl_saves_a_snapshot_and_a_stream() {
    let Some(mut curl) = language("curl", "--version") else { return };
    let daemon = Process::with_page("");
    curl.args(["--silent", "--show-error", "--fail", "--max-time", "20"])
        .arg(url(&daemon, "?action=snapshot"));
    assert!(is_jpeg(&output(curl).stdout));
    let Some(mut curl) = language("curl", "--version") else { return };
    curl.args(["--silent", "--no-buffer", "--max-time", "60"]).arg(url(&daemon, "stream"));
    let mut viewer = curl.stdout(Stdio::piped()).spawn().expect("starts");
    let mut saved = viewer.stdout.take().expect("piped");
    let boundary = b"--boundarydonotcross\r\nContent-Type: image/jpeg\r\n";
    let pictures = |heard: &[u8]| heard.windows(boundary.len()).filter(|window| window == boundary).count();
    let (mut heard, mut some) = (Vec::new(), [0; 16 * 1024]);
    while pictures(&heard) < 4 {
        let read = saved.read(&mut some).expect("a pipe");
        assert!(read > 0, "it ended");
        heard.extend_from_slice(&some[..read]);
    }
    assert!(heard.starts_with(boundary));
    viewer.kill().expect("runs");
    viewer.wait().expect("a child");
}

#[test]
fn ffprobe_knows_the_pictures_and_ffmpeg_decodes_ten() {
    let Some(mut ffprobe) = language("ffprobe", "-version") else { return };
    let daemon = Process::with_page("");
    ffprobe.args(["-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0"]);
    ffprobe.arg(url(&daemon, "?action=stream"));
    let found = output(ffprobe).stdout;
    assert_eq!(String::from_utf8_lossy(&found).trim(), "mjpeg,640,480");
    let Some(mut ffmpeg) = language("ffmpeg", "-version") else { return };
    ffmpeg.args(["-v", "error", "-xerror", "-i", &url(&daemon, "stream"), "-frames:v", "10"]);
    ffmpeg.args(["-f", "framemd5", "-"]);
    let decoded = String::from_utf8(output(ffmpeg).stdout).expect("text");
    assert_eq!(decoded.lines().filter(|line| !line.starts_with('#')).count(), 10, "{decoded}");
}

#[test]
fn opencv_reads_ten_pictures() {
    let Some(mut python) = language("python3", "--version") else { return };
    let found = Command::new("python3").args(["-c", "import cv2"]).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("CI").is_none(), "opencv-python-headless must be installed where CI is set");
        return skipped("Python has no OpenCV here: pip install opencv-python-headless");
    }
    let daemon = Process::with_page("");
    python.arg(client("opencv_capture.py")).arg(url(&daemon, "?action=stream"));
    assert_eq!(String::from_utf8_lossy(&output(python).stdout).trim(), "{(480, 640, 3)}");
}

#[test]
fn a_python_socket_cuts_ten_pictures_out_of_the_bytes() {
    let Some(mut python) = language("python3", "--version") else { return };
    let daemon = Process::with_page("");
    let (host, port) = web::host(&daemon).rsplit_once(':').expect("a port");
    python.arg(client("python_stream.py")).args([host, port]);
    assert_eq!(String::from_utf8_lossy(&output(python).stdout).trim(), "10");
}

fn client(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(file)
}
