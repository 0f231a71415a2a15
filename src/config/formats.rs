//! The files that are made of a report, as jobs and readers name them.

/// A rendering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Pdf,
    Html,
    Csv,
    Xlsx,
}

impl Format {
    pub const WORDS: [(&str, Self); 4] =
        [("pdf", Self::Pdf), ("html", Self::Html), ("csv", Self::Csv), ("xlsx", Self::Xlsx)];
}
