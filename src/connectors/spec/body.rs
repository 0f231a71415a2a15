//! The ways to cut a response body.

use crate::connectors::fields::Word;
use serde::{Deserialize, Serialize};

/// How a response body is cut into JSON objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    #[default]
    Object,
    Array,
}

/// The kinds, a line each.
pub(super) const BODIES: &[Word<BodyKind>] = &[
    ("object", "One JSON object.", BodyKind::Object),
    ("array", "An array of objects that is read element by element.", BodyKind::Array),
];
