//! What there is to know about this daemon and its car, as `info` answers it.

use std::collections::BTreeMap;

use protocol::Info;

use crate::config::Config;
use crate::control::Rules;

/// Puts it together from configuration and board.
pub(crate) fn info(config: &Config, rules: &Rules) -> Info {
    let control = &config.control;
    let mut limits = BTreeMap::from([
        ("command_ttl_ms".to_owned(), control.command_ttl.as_secs_f64() * 1000.0),
        ("max_ttl_ms".to_owned(), protocol::Ttl::MAX.as_ms()),
        ("word_ttl_ms".to_owned(), control.word_ttl.as_secs_f64() * 1000.0),
        ("cruise".to_owned(), control.cruise),
        ("rate_hz".to_owned(), control.rate_hz),
        ("top_speed_mps".to_owned(), rules.drivetrain.top_speed_mps()),
        ("top_turn_rad_s".to_owned(), rules.drivetrain.top_turn_rad_s()),
        ("max_message_bytes".to_owned(), config.limits.transport.max_frame as f64),
    ]);
    for (name, axis) in [("pan", rules.pan), ("tilt", rules.tilt)] {
        if let Some((min, max)) = axis.map(|a| a.range()) {
            limits.insert(format!("{name}_min_deg"), min);
            limits.insert(format!("{name}_max_deg"), max);
        }
    }
    Info {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        name: config.name.clone(),
        board: config.board.name.clone(),
        platform: config.platform.name.to_owned(),
        limits,
        topics: ["state", "events"].map(str::to_owned).to_vec(),
        methods: protocol::dialect::method_names().map(str::to_owned).collect(),
    }
}
