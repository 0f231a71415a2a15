//! The paper's size, its margins and the room between them, in points.

use crate::report::look::Paper;

/// A place on a page; `y` is its upper edge, counted from the top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Paper {
    /// Width and height.
    pub fn size(self) -> (f32, f32) {
        match self {
            Self::A4 => (595.28, 841.89),
            Self::Letter => (612.0, 792.0),
        }
    }

    /// What text keeps within; running heads and feet stand above and below.
    pub fn room(self) -> Area {
        let (width, height) = self.size();
        let (side, top, bottom) = (width * 0.08, 64.0, 56.0);
        Area { x: side, y: top, width: width - 2.0 * side, height: height - top - bottom }
    }

    /// The left edge and the width of a column of the grid, of `across` with a gutter between.
    pub fn column(self, index: usize, across: usize, gutter: f32) -> (f32, f32) {
        let room = self.room();
        let wide = (room.width - gutter * (across as f32 - 1.0)) / across as f32;
        (room.x + index as f32 * (wide + gutter), wide)
    }
}

impl Area {
    pub fn right(self) -> f32 {
        self.x + self.width
    }

    pub fn bottom(self) -> f32 {
        self.y + self.height
    }
}
