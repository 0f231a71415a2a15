//! What reports are printed on.

use serde::Serialize;

/// A size of paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Paper {
    /// 210 by 297 mm.
    #[default]
    A4,
    /// 8.5 by 11 inches.
    Letter,
}

impl Paper {
    /// By the word for it in a theme.
    pub const WORDS: [(&'static str, Self); 2] = [("a4", Self::A4), ("letter", Self::Letter)];
}
