//! A world from its TOML.
//!
//! What lives here: the file as a whole, its floor and start; beside it what stands and what is drawn. What
//! must never live here: geometry that a file does not need.

use hal::file::{Faults, Field, Reader, Table};

use super::{Floor, Start, World};

mod bend;
mod stand;
#[cfg(test)]
mod tests;

/// As far as a file goes from the origin, metres.
const FAR_M: std::ops::RangeInclusive<f64> = -1000.0..=1000.0;

/// Straight pieces of one world: some hundred are a house. The camera looks at each in every row where it is seen;
/// docs/world-file.md says what that costs.
const MOST_PIECES: usize = 2_000;

pub(super) fn world(file: &str, text: &str) -> Result<World, Faults> {
    let reader = Reader::new(file, text);
    let mut top = reader.root();
    let name = top.need("name", r#""my room""#).name();
    let description = top.get("description").or(String::new(), Field::line);
    let sky = top.get("sky").or(super::SKY, Field::parsed);
    let start = top.get("start").or(Start::default(), |field| start(field.table()?));
    let floor = top.get("floor").or(Floor::default(), |field| floor(field.table()?));
    let walls: Vec<_> = top.get("walls").tables().into_iter().map(stand::wall).collect();
    let boxes: Vec<_> = top.get("boxes").tables().into_iter().map(stand::block).collect();
    let lines: Vec<_> = top.get("lines").tables().into_iter().map(stand::line).collect();
    let root = top.spot();
    top.finish();

    let world = (|| {
        Some(World {
            name: name?,
            description: description?,
            start: start?,
            floor: floor?,
            sky: sky?,
            walls: walls.into_iter().collect::<Option<_>>()?,
            boxes: boxes.into_iter().collect::<Option<_>>()?,
            lines: lines.into_iter().collect::<Option<_>>()?,
            source: text.into(),
        })
    })();
    if let Some(pieces) = world.as_ref().map(World::pieces).filter(|pieces| *pieces > MOST_PIECES) {
        let what = format!("the world has {pieces} straight pieces, round corners and boxes counted");
        reader.fault(&root, what, format_args!("{MOST_PIECES} are the most"));
    }
    reader.into_result(world)
}

fn start(mut table: Table<'_>) -> Option<Start> {
    let x_m = table.get("x_m").or(0.0, |field| field.number(FAR_M, "metres"));
    let y_m = table.get("y_m").or(0.0, |field| field.number(FAR_M, "metres"));
    let heading_rad = heading(&mut table);
    table.finish();
    Some(Start { x_m: x_m?, y_m: y_m?, heading_rad: heading_rad? })
}

fn heading(table: &mut Table<'_>) -> Option<f64> {
    let degrees = table.get("heading_deg").or(0.0, |field| field.number(-360.0..=360.0, "degrees"));
    degrees.map(f64::to_radians)
}

fn floor(mut table: Table<'_>) -> Option<Floor> {
    let standard = Floor::default();
    let colour = table.get("colour").or(standard.colour, Field::parsed);
    let second = table.get("second").or(colour.unwrap_or(standard.colour), Field::parsed);
    let tile = table.get("tile_m");
    let tile_m = tile.or(standard.tile_m, |field| field.number(0.0..=10.0, "metres"));
    if tile_m.is_some_and(|edge| edge > 0.0 && edge < 0.01) {
        tile.fault("is a tile of less than a centimetre", "must be 0.01 metres at least, or 0 for no tiles");
    }
    let grip = table.get("grip").or(standard.grip, |field| field.number(0.05..=2.0, "of the weight"));
    table.finish();
    Some(Floor { colour: colour?, second: second?, tile_m: tile_m?, grip: grip? })
}
