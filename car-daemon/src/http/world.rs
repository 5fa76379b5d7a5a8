//! `/world`: what stands around a simulated car, as JSON, for whoever draws it.
//!
//! What must never live here: where the car is now, which is the state's.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hal::Board;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use sim::World;
use sim::world::Point;

use super::Site;
use super::answer::{JSON, words};
use crate::recording::fingerprint;

/// A world, written once: it does not change while the daemon runs.
#[derive(Debug)]
pub(super) struct Plan {
    json: Bytes,
    /// Of what it says (RFC 9110, section 8.8.3).
    tag: String,
}

impl Plan {
    /// Of the world, and of the car that `board` describes, which stands in it.
    pub(super) fn new(world: &World, board: &Board) -> Self {
        let json = Bytes::from(plan(world, board).to_string());
        let tag = format!("\"{:016x}\"", fingerprint(&json));
        Self { json, tag }
    }
}

pub(super) async fn world(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let Some(Plan { json, tag }) = &site.plan else {
        return words(
            StatusCode::NOT_FOUND,
            "this car is no simulated one: what stands around it is not known",
        );
    };
    let common = [(ETAG, tag.clone()), (CACHE_CONTROL, "no-cache".to_owned())];
    if headers.get_all(IF_NONE_MATCH).iter().any(|known| names(known.as_bytes(), tag)) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(CONTENT_TYPE, JSON)], json.clone()).into_response()
}

/// Whether a list of tags names this one, weakly compared (RFC 9110, section 13.1.2).
fn names(list: &[u8], tag: &str) -> bool {
    let mut tags = list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    tags.any(|known| known == b"*" || known.strip_prefix(b"W/").unwrap_or(known) == tag.as_bytes())
}

fn plan(world: &World, board: &Board) -> Value {
    let walls = world.walls.iter().map(|wall| json!({ "points": line(&wall.points), "closed": wall.closed }));
    let boxes = world.boxes.iter().map(|block| {
        let heading_deg = block.heading_rad.to_degrees();
        json!({ "at": point(&block.at), "size": block.size_m, "heading_deg": heading_deg })
    });
    let lines = world
        .lines
        .iter()
        .map(|tape| json!({ "points": line(&tape.points), "closed": tape.closed, "width_m": tape.width_m }));
    let start = &world.start;
    json!({
        "name": world.name,
        "walls": walls.collect::<Vec<_>>(),
        "boxes": boxes.collect::<Vec<_>>(),
        "lines": lines.collect::<Vec<_>>(),
        "start": { "x": start.x_m, "y": start.y_m, "heading_deg": start.heading_rad.to_degrees() },
        // A circle; its middle is so far ahead of the point that the pose is of.
        "car": { "radius_m": board.model.radius_m, "ahead_m": board.drivetrain.middle_ahead_m() },
    })
}

fn line(points: &[Point]) -> Vec<[f64; 2]> {
    points.iter().map(point).collect()
}

fn point(point: &Point) -> [f64; 2] {
    [point.x, point.y]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_world_has_a_plan_with_all_that_stands_in_it() {
        let board = Board::preset("demo").expect("a preset");
        for preset in sim::world::WORLDS {
            let world = World::preset(preset.name).expect("a preset");
            let plan: Value = serde_json::from_slice(&Plan::new(&world, &board).json).expect("JSON");
            let count = |key: &str| plan[key].as_array().map(Vec::len);
            assert_eq!(count("walls"), Some(world.walls.len()), "{}", preset.name);
            assert_eq!(count("boxes"), Some(world.boxes.len()), "{}", preset.name);
            assert_eq!(count("lines"), Some(world.lines.len()), "{}", preset.name);
            assert_eq!(plan["name"], preset.name);
            assert_eq!(plan["car"]["radius_m"], board.model.radius_m);
        }
    }

    #[test]
    fn a_plan_that_a_browser_has_already_is_known_by_its_tag() {
        let tag = "\"0123\"";
        for (list, known) in
            [("\"0123\"", true), ("\"9\", W/\"0123\"", true), ("*", true), ("\"012\"", false)]
        {
            assert_eq!(names(list.as_bytes(), tag), known, "{list}");
        }
    }
}
