//! (sketch) Codecs of byte streams.

use crate::OptionSpec;

/// The option by which an endpoint chooses its framing.
pub(crate) const OPTION: OptionSpec =
    OptionSpec { key: "framing", values: &["auto", "lines", "length", "java-utf", "raw"], check: None };
