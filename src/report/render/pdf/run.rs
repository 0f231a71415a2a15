//! Where text stands: what a test measures.

use super::paper::Area;

/// What a text belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Body,
    /// A section's title.
    Heading,
    /// The heading of a table, by the table's number.
    Head(usize),
    /// A row of a table.
    Row(usize, usize),
    /// Heads and feet of pages.
    Running,
}

/// A line of text of one size.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub x: f32,
    /// The baseline.
    pub y: f32,
    pub width: f32,
    pub size: f32,
    pub text: String,
    pub part: Part,
    /// What it has to keep within.
    pub room: Area,
}

impl Run {
    /// What its letters cover, from capitals to descenders.
    pub fn area(&self) -> Area {
        Area { x: self.x, y: self.y - self.size * 0.76, width: self.width, height: self.size }
    }
}
