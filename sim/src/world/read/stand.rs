//! `[[walls]]`, `[[boxes]]` and `[[lines]]`: what stands on the floor, and what is drawn on it.
//!
//! What must never live here: how a corner is bent, which is `bend`.

use hal::file::{Field, Spot, Table};

use super::{FAR_M, bend, heading};
use crate::world::{Block, Point, Tape, Wall};

/// Points of one wall or line.
const MOST_POINTS: usize = 1000;

/// Nearer than this two points are one, metres.
const ONE_POINT_M: f64 = 0.001;

/// Of what stands, metres.
const HEIGHT_M: std::ops::RangeInclusive<f64> = 0.01..=10.0;

pub(super) fn wall(mut table: Table<'_>) -> Option<Wall> {
    let path = path(&mut table);
    let height_m = table.get("height_m").or(0.4, |field| field.number(HEIGHT_M, "metres"));
    let colour = table.get("colour").or(Wall::COLOUR, Field::parsed);
    table.finish();
    let Path { points, closed, .. } = path?;
    Some(Wall { points, closed, height_m: height_m?, colour: colour? })
}

pub(super) fn block(mut table: Table<'_>) -> Option<Block> {
    let at = table.need("at_m", "[1.0, 0.5]").numbers(FAR_M, "metres");
    let size_m = table.need("size_m", "[0.4, 0.3]").numbers(0.005..=100.0, "metres");
    let heading_rad = heading(&mut table);
    let height_m = table.get("height_m").or(0.3, |field| field.number(HEIGHT_M, "metres"));
    let colour = table.get("colour").or(Block::COLOUR, Field::parsed);
    table.finish();
    let [x, y] = at?;
    let at = Point { x, y };
    Some(Block { at, size_m: size_m?, heading_rad: heading_rad?, height_m: height_m?, colour: colour? })
}

pub(super) fn line(mut table: Table<'_>) -> Option<Tape> {
    let path = path(&mut table);
    let width_m = table.get("width_m").or(0.02, |field| field.number(0.002..=1.0, "metres"));
    let colour = table.get("colour").or(Tape::COLOUR, Field::parsed);
    let corner = table.get("corner_m");
    let corner_m = corner.or(0.0, |field| field.number(0.0..=100.0, "metres"));
    table.finish();
    let Path { points, closed, spots } = path?;
    let bent = bend::corners(&points, closed, corner_m?);
    for (at, tight) in &bent.too_tight {
        corner.fault(format_args!("does not fit the corner at {}", spots[*at].key()), tight);
    }
    let points = bent.points;
    Some(Tape { points, closed, width_m: width_m?, colour: colour? })
}

/// Points and whether the last leads back to the first.
struct Path {
    points: Vec<Point>,
    closed: bool,
    spots: Vec<Spot>,
}

fn path(table: &mut Table<'_>) -> Option<Path> {
    let field = table.need("points", "[[0, 0], [1, 0], [1, 2]]");
    let closing = table.get("closed");
    let closed = closing.or(false, Field::boolean);
    let (points, spots) = points(&field)?;
    let closed = closed?;
    if closed && points.len() == 2 {
        closing.fault("leads back over the same piece", "leave it out, or add a third point");
    } else if closed && points.len() > 2 && is_one(points[0], points[points.len() - 1]) {
        let what =
            format!("leads back to the first point, where {} is already", spots[points.len() - 1].key());
        closing.fault(what, "delete that point");
    }
    Some(Path { points, closed, spots })
}

/// Where each is, too. Every fault of every point is told.
fn points(field: &Field<'_>) -> Option<(Vec<Point>, Vec<Spot>)> {
    let items = field.items()?;
    if !(2..=MOST_POINTS).contains(&items.len()) {
        let few = if items.len() < 2 { "few" } else { "many" };
        let hint = format_args!("must be 2 to {MOST_POINTS}, as in [[0, 0], [1, 0]]").to_string();
        field.fault(format_args!("has too {few} points: {}", items.len()), hint);
        return None;
    }
    let all: Vec<Option<Point>> =
        items.iter().map(|item| item.numbers(FAR_M, "metres").map(|[x, y]| Point { x, y })).collect();
    for (index, pair) in all.windows(2).enumerate() {
        if let [Some(one), Some(other)] = pair
            && is_one(*one, *other)
        {
            items[index + 1]
                .fault("is less than a millimetre from the point before it", "delete one of them");
        }
    }
    Some((all.into_iter().collect::<Option<_>>()?, items.iter().map(Field::spot).collect()))
}

fn is_one(one: Point, other: Point) -> bool {
    libm::hypot(one.x - other.x, one.y - other.y) < ONE_POINT_M
}
