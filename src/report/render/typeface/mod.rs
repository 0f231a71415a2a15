//! The embedded typefaces: how wide a text is, how it is cut or broken, and which glyphs show it.
//! Letters of most scripts stand one after another and are measured one by one; the others are
//! shaped and ordered first.

mod emoji;
mod face;
mod fit;
mod fonts;
mod letters;
mod names;
mod shape;
mod showable;
mod wrap;

pub use fit::fit;
pub use fonts::{Font, Weight};
pub use letters::looks;
pub use names::{name_lines, names};
pub use shape::{Cluster, Glyph, Piece, pieces, reads_from_right, width};
pub use showable::showable;
pub use wrap::{wrap, wrap_most};
