//! Corners of a line made round.
//!
//! What must never live here: the file.

use std::f64::consts::PI;

use crate::world::Point;

/// As far as a straight piece may lie beside the arc that it stands for, metres.
const BESIDE_M: f64 = 0.001;

/// Of a piece's length, what two arcs may take too much: as much as numbers are rounded.
const DUST_M: f64 = 1e-9;

/// A line with round corners.
#[derive(Debug)]
pub(super) struct Bent {
    pub(super) points: Vec<Point>,
    /// Which corners have no room for their arc, each with what would be right. They stay as they are.
    pub(super) too_tight: Vec<(usize, String)>,
}

/// A corner: the directions before and after it, by how much the line turns there, left positive, and how much
/// of the pieces on both sides its arc takes.
struct Corner {
    before: (f64, f64),
    turn: f64,
    takes_m: f64,
}

/// Puts an arc of a radius in place of each corner.
pub(super) fn corners(points: &[Point], closed: bool, radius_m: f64) -> Bent {
    if radius_m <= 0.0 {
        return Bent { points: points.to_vec(), too_tight: Vec::new() };
    }
    let count = points.len();
    let corners: Vec<Option<Corner>> = (0..count)
        .map(|at| neighbours(at, count, closed).map(|(a, b)| corner(points, a, at, b, radius_m)))
        .collect();
    let mut bent = Bent { points: Vec::with_capacity(count), too_tight: Vec::new() };
    for (at, point) in points.iter().enumerate() {
        let Some(corner) = &corners[at] else {
            bent.points.push(*point);
            continue;
        };
        let room = neighbours(at, count, closed).map(|(a, b)| {
            [a, b].map(|other| {
                apart(points[other], *point) - corners[other].as_ref().map_or(0.0, |other| other.takes_m)
            })
        });
        let room = room.map_or(0.0, |[before, after]| before.min(after));
        if corner.takes_m <= room + DUST_M {
            arc(&mut bent.points, *point, corner, radius_m);
        } else {
            bent.too_tight.push((at, right(corner)));
            bent.points.push(*point);
        }
    }
    if closed && bent.points.len() > 2 && apart(bent.points[0], bent.points[bent.points.len() - 1]) <= DUST_M
    {
        bent.points.pop();
    }
    bent
}

fn right(corner: &Corner) -> String {
    match corner.takes_m {
        takes if takes.is_finite() => {
            format!("its arc needs {takes:.3} metres of straight line on both sides; make it smaller")
        }
        _ => "the line turns back there; lead it round".to_owned(),
    }
}

fn neighbours(at: usize, count: usize, closed: bool) -> Option<(usize, usize)> {
    if closed && count > 2 {
        return Some(((at + count - 1) % count, (at + 1) % count));
    }
    (at > 0 && at + 1 < count).then(|| (at - 1, at + 1))
}

fn corner(points: &[Point], a: usize, at: usize, b: usize, radius_m: f64) -> Corner {
    let (before, after) = (direction(points[a], points[at]), direction(points[at], points[b]));
    let cross = before.0 * after.1 - before.1 * after.0;
    let dot = before.0 * after.0 + before.1 * after.1;
    let turn = libm::atan2(cross, dot);
    // So near to a half turn an arc is kilometres away from its corner.
    let takes_m = if turn.abs() > PI - 1e-6 { f64::INFINITY } else { radius_m * libm::tan(turn.abs() / 2.0) };
    Corner { before, turn, takes_m }
}

fn apart(one: Point, other: Point) -> f64 {
    libm::hypot(one.x - other.x, one.y - other.y)
}

fn direction(from: Point, to: Point) -> (f64, f64) {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = apart(from, to);
    if length > 0.0 { (dx / length, dy / length) } else { (1.0, 0.0) }
}

fn arc(points: &mut Vec<Point>, at: Point, corner: &Corner, radius_m: f64) {
    // The height of a segment of a circle is r·(1 - cos(half its angle)).
    let most = 2.0 * libm::acos((1.0 - BESIDE_M / radius_m).max(0.0));
    let pieces = libm::ceil(corner.turn.abs() / most).max(1.0) as usize;
    let begin = at.plus(corner.before, -corner.takes_m);
    let side = corner.turn.signum();
    let (forward, left) = (corner.before, (-corner.before.1 * side, corner.before.0 * side));
    for piece in 0..=pieces {
        let angle = corner.turn.abs() * piece as f64 / pieces as f64;
        let (ahead, aside) = (radius_m * libm::sin(angle), radius_m * (1.0 - libm::cos(angle)));
        let point = begin.plus(forward, ahead).plus(left, aside);
        // Where two arcs meet, and where a line goes straight on, there is no piece between.
        if points.last().is_none_or(|last| apart(*last, point) > DUST_M) {
            points.push(point);
        }
    }
}
