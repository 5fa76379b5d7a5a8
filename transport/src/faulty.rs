//! (interface sketch: to be completed)

/// What goes wrong, how often.
#[derive(Clone, Debug, Default)]
pub struct Faults {}

/// Any transport, with faults.
#[derive(Clone, Debug)]
pub struct Faulty<T> {
    pub inner: T,
}
