//! A script from its TOML, held against the board that it is for.
//!
//! What must never live here: which faults there are, which is `fault`.

use std::ops::RangeInclusive;
use std::time::Duration;

use hal::Board;
use hal::file::{Faults, Field, Reader, Table};

use super::{Act, Event, Script};
use crate::fault::{COUNT, FOR_S, Fault, Said};

/// Events of one script: one each second for three hours.
const MOST: usize = 10_000;
/// Of `at_s`: a week.
const AT_S: RangeInclusive<f64> = 0.0..=604_800.0;
/// Of a place, metres, as far as a world goes.
const FAR_M: f64 = 1000.0;

pub(super) fn script(file: &str, text: &str, board: &Board) -> Result<Script, Faults> {
    let reader = Reader::new(file, text);
    let mut top = reader.root();
    let list = top.get("events");
    let tables = list.tables();
    top.finish();
    if tables.len() > MOST {
        list.fault(format_args!("has {} items", tables.len()), format_args!("{MOST} are the most"));
        return reader.into_result(None);
    }
    let events: Vec<_> = tables.into_iter().map(|table| event(table, &reader, board)).collect();
    reader.into_result(events.into_iter().collect::<Option<_>>().map(Script::of))
}

fn event(mut table: Table<'_>, reader: &Reader<'_>, board: &Board) -> Option<Event> {
    let at = table.need("at_s", "1.5").number(AT_S, "seconds").map(Duration::from_secs_f64);
    let what = ["fault", "press_estop", "teleport"];
    let said: Vec<&str> = what.into_iter().filter(|key| table.has(key)).collect();
    // Each is asked for, so that each is known.
    let acts = [breaks(&mut table, reader, board), presses(&mut table, board), teleports(&mut table)];
    let spot = table.spot();
    table.finish();
    match said[..] {
        [_] => {}
        [] => reader.fault(&spot, "says not what happens", format_args!("add one of {}", what.join(", "))),
        [..] => {
            reader.fault(&spot, format_args!("has {}", said.join(" and ")), "each is an event of its own")
        }
    }
    Some(Event { at: at?, act: acts.into_iter().flatten().next()? })
}

fn breaks(table: &mut Table<'_>, reader: &Reader<'_>, board: &Board) -> Option<Act> {
    let fields = ["fault", "on", "level", "count", "for_s"].map(|key| table.get(key));
    let [fault, on, level, count, for_s] = &fields;
    if !fault.is_present() {
        for field in fields.iter().filter(|field| field.is_present()) {
            field.fault("is of a fault", "add fault = \"pin-stuck\", or another");
        }
        return None;
    }
    let fault_name = fault.string()?;
    // Where a part is of the wrong kind, it is told so, and something right is looked at in its place.
    let (on_name, level_name) = (on.string(), level.string());
    let (count_, for_s_) = (number(count, COUNT), seconds(for_s));
    let said = Said {
        fault: &fault_name,
        on: on_name.as_deref(),
        level: level_name.as_deref().or(level.is_present().then_some("low")),
        count: count_.or(count.is_present().then_some(*COUNT.start())),
        for_s: for_s_.or(for_s.is_present().then_some(*FOR_S.start())),
    };
    match Fault::check(&said, board) {
        Ok(outage) => Some(Act::Break(outage)),
        Err(slips) => {
            for slip in slips.iter().filter(|slip| slip.key != "on" || !on.is_present() || on_name.is_some())
            {
                let of = fields.iter().find(|field| field.spot().key().ends_with(&format!(".{}", slip.key)));
                reader.fault(&of.unwrap_or(fault).spot(), &slip.what, &slip.hint);
            }
            None
        }
    }
}

fn number(field: &Field<'_>, range: RangeInclusive<u32>) -> Option<u32> {
    let right = i64::from(*range.start())..=i64::from(*range.end());
    field.integer(right, "transfers").and_then(|count| u32::try_from(count).ok())
}

fn seconds(field: &Field<'_>) -> Option<f64> {
    field.number(FOR_S, "seconds")
}

fn presses(table: &mut Table<'_>, board: &Board) -> Option<Act> {
    let field = table.get("press_estop");
    if field.is_present() && board.estop.is_none() {
        field.fault("needs an e-stop button", "this board has none: see [estop] in docs/board-file.md");
    }
    field.boolean().map(Act::Press)
}

fn teleports(table: &mut Table<'_>) -> Option<Act> {
    let field = table.get("teleport");
    let [x_m, y_m, degrees] = field.numbers(-FAR_M..=FAR_M, "(metres, metres, degrees)")?;
    Some(Act::Teleport { x_m, y_m, heading_rad: degrees.to_radians() })
}
