//! What a font file says of its letters, in the font's own units.

use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::outline::{DrawSettings, OutlineGlyphCollection, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};

/// An embedded font, read once.
pub struct Face {
    letters: Charmap<'static>,
    widths: GlyphMetrics<'static>,
    outlines: OutlineGlyphCollection<'static>,
    units_per_em: u16,
}

impl Face {
    /// None for bytes that are no font.
    pub fn parse(bytes: &'static [u8]) -> Option<Self> {
        let font = FontRef::from_index(bytes, 0).ok()?;
        Some(Self {
            letters: font.charmap(),
            widths: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
            outlines: font.outline_glyphs(),
            units_per_em: font.metrics(Size::unscaled(), LocationRef::default()).units_per_em,
        })
    }

    pub fn units_per_em(&self) -> u16 {
        self.units_per_em
    }

    pub fn glyph_index(&self, letter: char) -> Option<u16> {
        self.letters.map(letter).and_then(|glyph| u16::try_from(glyph.to_u32()).ok())
    }

    /// How far the next glyph stands behind the beginning of this one.
    pub fn advance(&self, glyph: u16) -> Option<f32> {
        self.widths.advance_width(GlyphId::from(glyph))
    }

    /// Draws a glyph; one without an outline draws nothing.
    pub fn outline(&self, glyph: u16, pen: &mut impl OutlinePen) {
        if let Some(outline) = self.outlines.get(GlyphId::from(glyph)) {
            // What cannot be drawn is left out, as is a letter that no font has.
            let _ = outline.draw(DrawSettings::unhinted(Size::unscaled(), LocationRef::default()), pen);
        }
    }
}
