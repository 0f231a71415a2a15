//! The fonts of a file: of each the glyphs that are shown, and which letters they stand for.

use super::PdfError;
use super::glyphs::font_name;
use super::page::Sheet;
use crate::report::render::typeface::Font;
use lopdf::{Object, Stream};
use printpdf::{FontId, Op, ParsedFont, PdfFontHandle, TextItem};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What is shown of a font. A code is a glyph together with the letters it stands for, because one
/// glyph may stand for several.
#[derive(Clone, Debug, Default)]
pub struct Used {
    codes: BTreeMap<(u16, String), u16>,
    letters: BTreeMap<char, u16>,
}

impl Used {
    fn code(&mut self, glyph: u16, text: &str) -> u16 {
        if let Some(code) = self.codes.get(&(glyph, text.to_owned())) {
            return *code;
        }
        // The code 0 is that of no letter.
        let next = u16::try_from(self.codes.len() + 1).unwrap_or(u16::MAX);
        *self.codes.entry((glyph, text.to_owned())).or_insert(next)
    }

    fn letter(&mut self, letter: char, font: Font) {
        if !self.letters.contains_key(&letter)
            && let Some(glyph) = font.face().and_then(|face| face.glyph_index(letter))
        {
            let code = self.code(glyph, letter.encode_utf8(&mut [0; 4]));
            self.letters.insert(letter, code);
        }
    }
}

/// Puts codes for the glyphs on the pages; gives what is used, by font.
pub fn encode(sheets: &mut [Sheet]) -> BTreeMap<Font, Used> {
    let mut used: BTreeMap<Font, Used> = BTreeMap::new();
    let mut current = Font::REGULAR;
    for op in sheets.iter_mut().flat_map(|sheet| &mut sheet.ops) {
        match op {
            Op::SetFont { font: PdfFontHandle::External(id), .. } => {
                current = Font::all().find(|font| font_name(*font) == id.0).unwrap_or(current);
            }
            Op::ShowText { items } => {
                let used = used.entry(current).or_default();
                for item in items {
                    match item {
                        TextItem::Text(text) => text.chars().for_each(|letter| used.letter(letter, current)),
                        TextItem::GlyphIds(glyphs) => {
                            for glyph in glyphs {
                                glyph.gid = used.code(glyph.gid, glyph.cid.as_deref().unwrap_or_default());
                            }
                        }
                        TextItem::Offset(_) => {}
                    }
                }
            }
            _ => {}
        }
    }
    used
}

/// The font with the glyphs used and no others, and the glyph of each code, two bytes each.
pub fn subset(of: Font, used: &Used) -> Result<(ParsedFont, Vec<u8>), PdfError> {
    let failed = || PdfError("the typeface cannot be embedded".to_owned());
    let whole = of.face().ok_or_else(failed)?;
    let mut remapper = subsetter::GlyphRemapper::new();
    let mut map = vec![0; 2 * (used.codes.len() + 1)];
    let mut widths = BTreeMap::new();
    for ((glyph, _), code) in &used.codes {
        let at = 2 * usize::from(*code);
        if let Some(place) = map.get_mut(at..at + 2) {
            place.copy_from_slice(&remapper.remap(*glyph).to_be_bytes());
        }
        widths.insert(*code, width(whole.advance(*glyph)));
    }
    let mut font = measures(of).ok_or_else(failed)?.clone();
    font.original_bytes = subsetter::subset(of.bytes(), 0, &remapper).map_err(|_| failed())?;
    font.font_name = Some(format!("{}+{}", tag(of), of.name()));
    font.codepoint_to_glyph = used.letters.iter().map(|(letter, code)| (u32::from(*letter), *code)).collect();
    font.glyph_widths = widths;
    Ok((font, map))
}

/// In units of the font, which are whole.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a font's widths are of 16 bits")]
fn width(advance: Option<f32>) -> u16 {
    advance.unwrap_or_default() as u16
}

/// A font as printpdf reads it, without its bytes and letters: reading takes longer than a page.
fn measures(of: Font) -> Option<&'static ParsedFont> {
    static READ: [OnceLock<Option<ParsedFont>>; Font::COUNT] = [const { OnceLock::new() }; Font::COUNT];
    let read = || {
        let mut font = ParsedFont::from_bytes(of.bytes(), 0, &mut Vec::new())?;
        (font.original_bytes, font.codepoint_to_glyph, font.glyph_widths) = Default::default();
        Some(font)
    };
    READ.get(of.at())?.get_or_init(read).as_ref()
}

/// The six letters that mark a part of a font.
fn tag(of: Font) -> String {
    let last = char::from(b'A' + u8::try_from(of.at() % 26).unwrap_or_default());
    format!("DAYBK{last}")
}

/// printpdf takes the code for the glyph.
pub fn map_codes(file: &mut lopdf::Document, font: &FontId, map: Vec<u8>) -> Result<(), lopdf::Error> {
    let page = file.page_iter().next().ok_or(lopdf::Error::PageNumberNotFound(1))?;
    let page = file.get_dictionary(page)?;
    let resources = file.dereference(page.get(b"Resources")?)?.1.as_dict()?;
    let fonts = file.dereference(resources.get(b"Font")?)?.1.as_dict()?;
    let id = fonts.get(font.0.as_bytes())?.as_reference()?;
    let stream = file.add_object(Stream::new(lopdf::Dictionary::new(), map));
    let descendants = file.get_object_mut(id)?.as_dict_mut()?.get_mut(b"DescendantFonts")?.as_array_mut()?;
    for descendant in descendants {
        descendant.as_dict_mut()?.set("CIDToGIDMap", Object::Reference(stream));
    }
    Ok(())
}
