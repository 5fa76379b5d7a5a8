//! A camera with sources that do as they are told: threads meet by channels, and time is tokio's paused one where words
//! are waited for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::desk::{Moves, Picture};
use super::mjpeg::samples::grey;
use super::sources::{FrameSource, NoPicture, Opener, Shot, Source, always};
use super::viewer::{Camera, Viewer};
use super::watch::Patience;

const MOST: usize = 20_000;

/// More than any test orders, or has done.
const MANY: usize = 1000;

/// What a source is told to do each time that it is asked.
enum Order {
    Give(Vec<u8>),
    Nothing,
    Break(&'static str),
    Panic(&'static str),
}

/// What a source does.
#[derive(Debug, PartialEq, Eq)]
enum Done {
    Opened,
    Asked,
    Closed,
}

struct Fake {
    orders: Arc<Mutex<Receiver<Order>>>,
    done: SyncSender<Done>,
}

impl FrameSource for Fake {
    fn next(&mut self, _wait: Duration) -> Result<Option<Shot>, NoPicture> {
        drop(self.done.send(Done::Asked));
        // Who is told nothing does not come back.
        let order = self.orders.lock().expect("no panic while it is held").recv();
        match order {
            Ok(Order::Give(jpeg)) => Ok(Some(Shot { jpeg: jpeg.into(), taken: Instant::now() })),
            Ok(Order::Nothing) | Err(_) => Ok(None),
            Ok(Order::Break(why)) => Err(NoPicture(why.to_owned())),
            Ok(Order::Panic(why)) => panic!("{why}"),
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        drop(self.done.send(Done::Closed));
    }
}

/// A camera, the orders for its source, and what the source does.
struct Rig {
    camera: Camera,
    orders: SyncSender<Order>,
    done: Receiver<Done>,
    opened: Arc<AtomicUsize>,
}

impl Rig {
    /// Whose source opens each time but for the first `failures`.
    fn new(failures: usize) -> Self {
        Self::of(failures, None)
    }

    /// Where `moves` is asked for each picture.
    fn moved_by(moves: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self::of(0, Some(Box::new(moves)))
    }

    fn of(failures: usize, moves: Option<Moves>) -> Self {
        let (orders, ordered) = sync_channel(MANY);
        let (doing, done) = sync_channel(MANY);
        let (ordered, opened) = (Arc::new(Mutex::new(ordered)), Arc::new(AtomicUsize::new(0)));
        let tries = Arc::clone(&opened);
        let opener = move || -> Result<Box<dyn FrameSource>, NoPicture> {
            if tries.fetch_add(1, Ordering::AcqRel) < failures {
                return Err(NoPicture("nothing is plugged in".to_owned()));
            }
            drop(doing.send(Done::Opened));
            Ok(Box::new(Fake { orders: Arc::clone(&ordered), done: doing.clone() }))
        };
        let patience = Patience {
            rest: Duration::ZERO,
            pauses: (Duration::from_millis(1), Duration::from_millis(1)),
            ..Patience::default()
        };
        let source = Source { never_repeats: moves.is_some(), ..source("the fake", Ok(Box::new(opener))) };
        let camera = Camera::of(source, MOST, patience, moves.unwrap_or_else(|| Box::new(|| true)));
        Self { camera, orders, done, opened }
    }

    fn order(&self, order: Order) {
        self.orders.send(order).expect("the opener has the other end");
    }

    /// Waits until the source has done that, whatever else before.
    fn until(&self, wanted: &Done) {
        while self.done.recv().expect("the opener has the other end") != *wanted {}
    }
}

fn camera(name: &str, opener: Result<Opener, NoPicture>, patience: Patience) -> Camera {
    Camera::of(source(name, opener), MOST, patience, Box::new(|| true))
}

fn source(name: &str, opener: Result<Opener, NoPicture>) -> Source {
    Source { name: name.to_owned(), opener, remedy: always("wind it up"), never_repeats: false }
}

fn jpeg(of: u8) -> Vec<u8> {
    grey(8, 8, of)
}

/// The next that is a picture. Words before it are what a slow machine is shown.
async fn picture(viewer: &mut Viewer) -> Arc<Picture> {
    loop {
        let next = viewer.next().await;
        if !next.words {
            return next;
        }
    }
}

/// The next words, once the trouble is that.
async fn words(viewer: &mut Viewer, trouble: &str) -> Arc<Picture> {
    loop {
        let next = viewer.next().await;
        if viewer.camera().trouble().is_some_and(|why| why.contains(trouble)) && next.words {
            return next;
        }
    }
}

#[tokio::test]
async fn a_picture_is_fetched_once_for_everybody_and_its_memory_is_everybodys() {
    let rig = Rig::new(0);
    let mut viewers: Vec<Viewer> = (0..50).map(|_| rig.camera.view()).collect();
    rig.order(Order::Give(jpeg(7)));
    let mut same: Vec<Bytes> = Vec::new();
    for viewer in &mut viewers {
        same.push(picture(viewer).await.jpeg.clone());
    }
    assert!(same.iter().all(|one| one.as_ptr() == same[0].as_ptr() && one == &jpeg(7)[..]));
    let status = rig.camera.status();
    assert_eq!((status.pictures, status.viewers, status.size), (1, 50, Some((8, 8))));
    assert!(status.open && status.rate_hz > 0.0 && status.age.is_some() && status.trouble.is_none());
}

#[tokio::test]
async fn who_is_slow_gets_the_newest_and_keeps_nobody() {
    let rig = Rig::new(0);
    let (mut quick, mut slow) = (rig.camera.view(), rig.camera.view());
    for grey in 1..=5 {
        rig.order(Order::Give(jpeg(grey)));
        assert_eq!(picture(&mut quick).await.jpeg, jpeg(grey));
    }
    assert_eq!(picture(&mut slow).await.jpeg, jpeg(5));
}

#[tokio::test]
async fn the_first_who_looks_has_the_source_opened_and_after_the_last_it_rests() {
    let rig = Rig::new(0);
    assert_eq!(rig.opened.load(Ordering::Acquire), 0, "nobody looks");
    for round in 1..=3 {
        let (one, mut other) = (rig.camera.view(), rig.camera.view());
        rig.until(&Done::Opened);
        drop(one);
        rig.order(Order::Give(jpeg(1)));
        picture(&mut other).await;
        drop(other);
        rig.order(Order::Nothing);
        rig.until(&Done::Closed);
        assert_eq!(rig.opened.load(Ordering::Acquire), round);
    }
    rig.camera.close().await;
    assert!(!rig.camera.status().open);
}

#[tokio::test]
async fn a_source_that_fails_is_opened_anew_until_it_gives_pictures() {
    let rig = Rig::new(3);
    let mut viewer = rig.camera.view();
    rig.order(Order::Give(jpeg(1)));
    assert_eq!(picture(&mut viewer).await.jpeg, jpeg(1));
    assert_eq!(rig.opened.load(Ordering::Acquire), 4);
    rig.order(Order::Break("it was pulled out"));
    rig.until(&Done::Closed);
    rig.order(Order::Panic("an index out of bounds"));
    rig.until(&Done::Closed);
    assert!(
        viewer.camera().trouble().is_none_or(|why| !why.contains("pulled")),
        "the newest trouble is told"
    );
    rig.order(Order::Give(jpeg(2)));
    assert_eq!(picture(&mut viewer).await.jpeg, jpeg(2));
    assert_eq!(rig.camera.trouble(), None);
}

#[tokio::test]
async fn a_panic_over_a_picture_ends_no_camera() {
    let judged = AtomicUsize::new(0);
    let rig = Rig::moved_by(move || {
        assert!(judged.fetch_add(1, Ordering::AcqRel) > 0, "the first is one too many");
        false
    });
    let mut viewer = rig.camera.view();
    rig.order(Order::Give(jpeg(1)));
    rig.until(&Done::Closed);
    rig.order(Order::Give(jpeg(2)));
    assert_eq!(picture(&mut viewer).await.jpeg, jpeg(2));
    assert_eq!((rig.opened.load(Ordering::Acquire), rig.camera.trouble()), (2, None));
}

#[tokio::test]
async fn nobody_waits_while_a_picture_is_judged() {
    let (judging, judges) = sync_channel(MANY);
    let (go_on, goes_on) = sync_channel::<()>(0);
    let goes_on = Mutex::new(goes_on);
    let rig = Rig::moved_by(move || {
        // Until the test has looked.
        judging.send(()).is_ok() && goes_on.lock().expect("no panic while it is held").recv().is_ok()
    });
    let mut viewer = rig.camera.view();
    rig.order(Order::Give(jpeg(1)));
    judges.recv().expect("it is judged");
    let camera = rig.camera.clone();
    let (done, looked) = sync_channel(1);
    std::thread::spawn(move || drop(done.send((camera.status().pictures, camera.trouble()))));
    let looked = looked.recv_timeout(Duration::from_secs(20)).expect("it looks while another judges");
    assert_eq!(looked.0, 0);
    drop(go_on);
    assert_eq!(picture(&mut viewer).await.jpeg, jpeg(1));
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_camera_words_say_so_at_once_and_then_each_second() {
    let camera = camera("the camera", Err(NoPicture("off".to_owned())), Patience::default());
    let begin = tokio::time::Instant::now();
    let (mut one, mut other) = (camera.view(), camera.view());
    for second in 0..5 {
        let (mine, its) = (one.next().await, other.next().await);
        assert_eq!(begin.elapsed(), Duration::from_secs(second));
        assert!(mine.words && Arc::ptr_eq(&mine, &its) && mine.number == second + 1);
        jpeg_decoder::Decoder::new(&*mine.jpeg).decode().expect("a picture");
    }
    assert_eq!((camera.trouble(), camera.status().pictures), (Some("the camera: off".to_owned()), 0));
}

#[test]
fn what_is_wrong_is_the_same_though_a_program_says_the_time() {
    let why = |text: &str| NoPicture(text.to_owned());
    assert!(why("has ended: [0:09:59] no camera").is_like(&why("has ended: [0:10:01] no camera")));
    assert!(!why("has ended (exit status: 1)").is_like(&why("has ended (signal: 9 (SIGKILL))")));
}

#[tokio::test(start_paused = true)]
async fn words_that_say_the_same_are_drawn_once() {
    let camera = camera("the camera", Err(NoPicture("off".to_owned())), Patience::default());
    let mut viewer = camera.view();
    let (first, second) = (viewer.next().await, viewer.next().await);
    assert_eq!(first.jpeg.as_ptr(), second.jpeg.as_ptr());
}

#[tokio::test(start_paused = true)]
async fn a_source_that_does_not_come_back_is_told_and_hangs_nobody() {
    let rig = Rig::new(0);
    let mut viewer = rig.camera.view();
    rig.until(&Done::Asked);
    let shown = words(&mut viewer, "the fake: does not answer: wind it up").await;
    assert!(shown.words);
    let begin = tokio::time::Instant::now();
    rig.camera.close().await;
    assert_eq!(begin.elapsed(), Duration::from_secs(1), "it is left behind");
}

#[tokio::test(start_paused = true)]
async fn pictures_that_stop_are_told_within_a_second_and_come_back_by_themselves() {
    let rig = Rig::new(0);
    let mut viewer = rig.camera.view();
    rig.order(Order::Give(jpeg(1)));
    rig.until(&Done::Asked);
    rig.until(&Done::Asked);
    assert!(!viewer.next().await.words, "it is there already");
    let begin = tokio::time::Instant::now();
    assert!(viewer.next().await.words);
    assert_eq!(begin.elapsed(), Duration::from_secs(1));
    assert!(rig.camera.trouble().is_some());
    rig.order(Order::Give(jpeg(2)));
    rig.until(&Done::Asked);
    assert_eq!(viewer.next().await.jpeg, jpeg(2));
    assert_eq!(rig.camera.trouble(), None);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_picture_or_too_long_a_one_is_not_shown_and_why() {
    let rig = Rig::new(0);
    let mut viewer = rig.camera.view();
    for (spoilt, why) in [
        (b"<html>".to_vec(), "what comes is no JPEG picture"),
        (jpeg(1)[..100].to_vec(), "what comes is a JPEG picture that breaks off"),
        (
            [jpeg(1), vec![0; MOST]].concat(),
            "what comes has more bytes than [camera] max_bytes = 20000 allows",
        ),
    ] {
        rig.until(&Done::Asked);
        rig.order(Order::Give(spoilt));
        rig.until(&Done::Asked);
        rig.order(Order::Nothing);
        words(&mut viewer, why).await;
    }
    assert_eq!(rig.camera.status().pictures, 0);
}

#[tokio::test]
async fn the_source_is_closed_with_the_camera() {
    let rig = Rig::new(0);
    let viewer = rig.camera.view();
    rig.until(&Done::Asked);
    let Rig { camera, orders, done, .. } = rig;
    drop((viewer, camera));
    orders.send(Order::Nothing).expect("still there");
    while done.recv().expect("the source's end") != Done::Closed {}
}
