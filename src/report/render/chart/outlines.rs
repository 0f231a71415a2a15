//! Texts of a drawing as the outlines of their glyphs, for pictures of pixels.

use super::{Anchor, Mark, shapes};
use crate::report::look::Palette;
use crate::report::render::typeface::{Font, Piece, Weight, pieces, width};
use skrifa::outline::OutlinePen;
use std::fmt::Write as _;

/// As [`shapes::draw`], but texts as paths.
pub fn draw(mark: &Mark, palette: &Palette, out: &mut String) {
    let Mark::Text { x, y, text, size, anchor, ink, bold } = mark else { return shapes::draw(mark, palette, out) };
    let weight = if *bold { Weight::Bold } else { Weight::Regular };
    let before = match anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => width(text, *size, weight) / 2.0,
        Anchor::End => width(text, *size, weight),
    };
    let mut pen = Pen { path: String::new(), x: x - before, y: *y, scale: 0.0 };
    for piece in pieces(text, weight) {
        pen.draw(&piece, *size);
    }
    let _ = write!(out, r#"<path d="{}" fill="{}"/>"#, pen.path, ink.color(palette));
}

/// Where the next glyph stands.
struct Pen {
    path: String,
    x: f32,
    y: f32,
    /// Units of the font to those of the drawing.
    scale: f32,
}

impl Pen {
    fn draw(&mut self, piece: &Piece, size: f32) {
        let Some(face) = piece.font().face() else { return };
        let em = f32::from(face.units_per_em());
        self.scale = size / em;
        match piece {
            Piece::Plain { text, font } => {
                for glyph in text.chars().filter_map(|letter| face.glyph_index(letter)) {
                    self.glyph(*font, glyph, (0.0, 0.0));
                    self.x += face.advance(glyph).unwrap_or_default() * self.scale;
                }
            }
            Piece::Shaped { clusters, font, .. } => {
                for glyph in clusters.iter().flat_map(|cluster| &cluster.glyphs) {
                    self.glyph(*font, glyph.id, (glyph.moved.0 * size, glyph.moved.1 * size));
                    self.x += glyph.advance * size;
                }
            }
        }
    }

    fn glyph(&mut self, font: Font, glyph: u16, (right, up): (f32, f32)) {
        let (x, y) = (self.x, self.y);
        (self.x, self.y) = (x + right, y - up);
        if let Some(face) = font.face() {
            face.outline(glyph, self);
        }
        (self.x, self.y) = (x, y);
    }

    fn add(&mut self, command: char, points: &[(f32, f32)]) {
        self.path.push(command);
        for (x, y) in points {
            let _ = write!(self.path, "{:.2} {:.2} ", self.x + x * self.scale, self.y - y * self.scale);
        }
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.add('L', &[(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.add('Q', &[(x1, y1), (x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.add('C', &[(x1, y1), (x2, y2), (x, y)]);
    }

    fn close(&mut self) {
        self.path.push('Z');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::render::chart::{ColorRole, Drawing, png};

    fn dark(text: &str) -> usize {
        let mark = Mark::Text {
            x: 90.0,
            y: 20.0,
            text: text.to_owned(),
            size: 14.0,
            anchor: Anchor::End,
            ink: ColorRole::Text,
            bold: false,
        };
        let drawing = Drawing { width: 100.0, height: 30.0, marks: vec![mark], frame: None, breaks: Vec::new() };
        let bytes = png(&drawing, 1.0, &Palette::default()).expect("a PNG");
        let picture = resvg::tiny_skia::Pixmap::decode_png(&bytes).expect("pixels");
        picture.pixels().iter().filter(|pixel| pixel.red() < 0x80).count()
    }

    /// linebender/resvg#973: one font is taken for a whole text, so that two scripts in a name were boxes.
    #[test]
    fn two_scripts_in_one_name_are_both_drawn() {
        let (one, other) = (dark("తెలుగు"), dark("ಕನ್ನಡ"));
        assert!(one > 20 && other > 20);
        assert!(dark("తెలుగు ಕನ್ನಡ").abs_diff(one + other) < 40, "the same strokes side by side");
        assert!(dark("ሰላም") < 20, "dots, not boxes");
    }
}
