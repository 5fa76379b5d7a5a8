//! What a panic said, for whoever tells people of it. What must never live here: what becomes of it.

use std::any::Any;

/// Its message, if it has one.
pub(crate) fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without words")
}
