//! What an edition of a report is printed with.

use crate::report::look::{Logo, Palette, Paper};

/// Options of a PDF.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    pub paper: Paper,
    pub palette: Palette,
    /// The pages that say where each figure comes from and how far each source reaches.
    pub appendix: bool,
    /// Drawn at the upper right of the first page.
    pub logo: Option<Logo>,
}

impl Options {
    /// Everything, on this paper.
    pub fn whole(paper: Paper) -> Self {
        Self { paper, palette: Palette::default(), appendix: true, logo: None }
    }
}
