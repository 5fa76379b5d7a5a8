//! (interface sketch: to be completed) Reading a TOML file so that *every* fault in it is reported
//! at once, each with its line and what would be right. Used by board files here and by the
//! daemon's configuration.
//!
//! ```ignore
//! let reader = Reader::new("car.toml", &text);            // a TOML syntax error is itself one fault
//! let mut top = reader.root();
//! let name: Option<String> = top.string("name");           // wrong type → a fault, None
//! let rate = top.number("rate_hz", 10.0..=1000.0, "hertz") // Option<f64>; range and unit appear in the fault
//! if let Some(mut control) = top.table("control") { …; control.finish(); }
//! for mut motor in top.named_tables("motors") { motor.key() …; motor.require("in1", …) … }
//! let list: Option<Vec<Item<String>>> = top.strings("listen"); // items keep their span for later faults
//! top.parsed::<Endpoint>("listen")                          // FromStr with Display error → fault at that value
//! top.finish();                                             // unknown keys → "unknown key `x`; did you mean `y`?"
//! reader.fault(span, "what", "hint");
//! reader.into_result(value) -> Result<T, Faults>
//! ```

/// One fault in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    pub line: usize,
    pub column: usize,
    pub key: String,
    pub what: String,
    pub hint: String,
}

/// Every fault in a file, sorted by line. Displayed one a line as `car.toml:7: control.rate_hz: is 5000, must be 10 to 1000 hertz`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("todo")]
pub struct Faults {
    pub file: String,
    pub faults: Vec<FileFault>,
}
