//! What an edition of a report is printed with.

use super::Paper;

/// Options of a PDF.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    pub paper: Paper,
    /// The pages that say where each figure comes from and how far each source reaches.
    pub appendix: bool,
    pub logo: Option<Logo>,
}

/// A company's logo, drawn at the upper right of the first page.
#[derive(Clone, Debug, PartialEq)]
pub enum Logo {
    Png(Vec<u8>),
    Svg(Vec<u8>),
}

impl Options {
    /// Everything, on this paper.
    pub fn whole(paper: Paper) -> Self {
        Self { paper, appendix: true, logo: None }
    }
}
