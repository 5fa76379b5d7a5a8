//! What a daemon does and says when something of its car breaks, and when that is mended: one story for each row
//! of the last table of `docs/fault-script.md`, on virtual time.

mod page;
mod story;

use serde_json::{Value, json};

use story::{By, Car, Story};

/// The demo car with a button, whose motors are at a chip.
const DEMO: Car = Car {
    preset: "demo",
    more: "[estop]\npin = \"gpio:GPIO26\"\npressed = \"high\"\n[range]\ntrigger = \"gpio:GPIO20\"\necho = \"gpio:GPIO21\"\n",
};
/// With encoders, sonar, line sensors, an INA219 and an MPU-6050.
const CLASSROOM: Car = Car { preset: "classroom", more: "" };
/// Its motors are at the computer's own pins, and it senses nothing.
const BARE: Car = Car { preset: "l298n", more: "" };

/// What breaks in a row of the page.
fn stories() -> Vec<(&'static str, Car, Value)> {
    let on = |fault: &str, on: &str| json!({ "fault": fault, "on": on });
    let stuck = |on: &str, level: &str| json!({ "fault": "pin-stuck", "on": on, "level": level });
    let noise = |count: u32| json!({ "fault": "bus-noise", "on": "i2c-1", "count": count });
    let jump = || json!({ "fault": "clock-jump", "for_s": 60 });
    vec![
        ("`chip-silent`: a chip that drives motors", CLASSROOM, on("chip-silent", "pca9685@0x40")),
        ("`chip-silent`: a sensor's chip", CLASSROOM, on("chip-silent", "mpu6050@0x68")),
        ("`chip-reset`: a chip that drives motors", CLASSROOM, on("chip-reset", "pca9685@0x40")),
        ("`bus-stuck`", CLASSROOM, on("bus-stuck", "i2c-1")),
        ("`bus-grounded`", CLASSROOM, on("bus-grounded", "i2c-1")),
        ("`bus-noise`: two transfers", DEMO, noise(2)),
        ("`bus-noise`: three transfers", DEMO, noise(3)),
        ("`pin-stuck`: a bridge's standby, low", CLASSROOM, stuck("gpio:GPIO22", "low")),
        ("`pin-stuck`: a bridge's input", CLASSROOM, stuck("gpio:GPIO17", "low")),
        ("`pin-stuck`: the e-stop's button, pressed", DEMO, stuck("gpio:GPIO26", "high")),
        ("`pin-stuck`: the sonar's echo", CLASSROOM, stuck("gpio:GPIO21", "low")),
        ("`motor-open`", CLASSROOM, on("motor-open", "left")),
        ("`motor-stalled`", CLASSROOM, on("motor-stalled", "left")),
        ("`motor-stalled`: without encoders", DEMO, on("motor-stalled", "left")),
        ("`encoder-dead`", CLASSROOM, on("encoder-dead", "left")),
        ("`sensor-silent`: battery, by a chip of its own", CLASSROOM, on("sensor-silent", "battery")),
        ("`sensor-silent`: range", CLASSROOM, on("sensor-silent", "range")),
        ("`sensor-silent`: line, at lines of the computer", CLASSROOM, on("sensor-silent", "line")),
        ("`sensor-silent`: imu", CLASSROOM, on("sensor-silent", "imu")),
        ("`sensor-mad`: battery", CLASSROOM, on("sensor-mad", "battery")),
        ("`sensor-mad`: range", CLASSROOM, on("sensor-mad", "range")),
        ("`sensor-mad`: line", CLASSROOM, on("sensor-mad", "line")),
        ("`sensor-mad`: imu", CLASSROOM, on("sensor-mad", "imu")),
        ("`brown-out`: motors at a chip", CLASSROOM, json!({ "fault": "brown-out" })),
        ("`brown-out`: motors at the computer's own pins", BARE, json!({ "fault": "brown-out" })),
        ("`camera-frozen`", CLASSROOM, json!({ "fault": "camera-frozen" })),
        ("`clock-jump`: 60 s, while `up` holds", CLASSROOM, jump()),
        ("`clock-jump`: 60 s, while `drive` holds", CLASSROOM, jump()),
    ]
}

#[test]
fn the_page_and_the_stories_have_the_same_rows() {
    let stories: Vec<_> = stories().into_iter().map(|(what, ..)| what).collect();
    assert_eq!(page::rows().iter().map(|row| row.what).collect::<Vec<_>>(), stories);
    for kind in sim::KINDS {
        let tells = |what: &&&str| what.starts_with(&format!("`{}`", kind.name));
        assert!(stories.iter().any(|what| tells(&what)), "no story of {}", kind.name);
    }
}

#[tokio::test(start_paused = true)]
async fn what_breaks_by_a_script_is_as_the_page_says() {
    for ((_, car, fault), row) in stories().iter().zip(page::rows()) {
        Story::begin(row, car, fault, By::Script).await.told().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_breaks_by_the_method_is_as_the_page_says() {
    for ((_, car, fault), row) in stories().iter().zip(page::rows()) {
        Story::begin(row, car, fault, By::Method).await.told().await;
    }
}
