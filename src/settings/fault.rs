//! What is wrong with a value, before anybody knows its place.

/// What is wrong with a value and what to do; the reader adds the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub message: String,
    pub remedy: String,
}

/// A fault from its two texts.
pub fn fault(message: impl Into<String>, remedy: impl Into<String>) -> Fault {
    Fault { message: message.into(), remedy: remedy.into() }
}
