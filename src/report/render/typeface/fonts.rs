//! The font files: Open Sans for Latin, Greek and Cyrillic, Droid Sans Fallback for Chinese, Japanese
//! and Korean, and one Noto Sans for each script that must be shaped.

use super::face::Face;
use harfrust::{FontRef, ShaperData};
use std::sync::LazyLock;
use unicode_script::Script;

/// Regular or bold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Weight {
    Regular,
    Bold,
}

/// An embedded font file, by its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Font(u8);

/// A file with the name it bears in a PDF and the script it is for.
type File = (&'static str, &'static [u8], Option<Script>);

macro_rules! file {
    ($name:literal, $script:expr) => {
        ($name, include_bytes!(concat!("../../../../report-templates/fonts/", $name, ".ttf")).as_slice(), $script)
    };
}

/// Open Sans has figures of one width and a true minus sign. The scripts have one weight each.
const FILES: [File; Font::COUNT] = [
    file!("OpenSans-Regular", None),
    file!("OpenSans-Bold", None),
    file!("NotoSansArabicUI-Regular", Some(Script::Arabic)),
    file!("NotoSansHebrew-Regular", Some(Script::Hebrew)),
    file!("NotoSansDevanagariUI-Regular", Some(Script::Devanagari)),
    file!("NotoSansThaiUI-Regular", Some(Script::Thai)),
    file!("NotoSansBengaliUI-Regular", Some(Script::Bengali)),
    file!("NotoSansTamilUI-Regular", Some(Script::Tamil)),
    file!("NotoSansTeluguUI-Regular", Some(Script::Telugu)),
    file!("NotoSansKannadaUI-Regular", Some(Script::Kannada)),
    file!("NotoSansMalayalamUI-Regular", Some(Script::Malayalam)),
    file!("NotoSansGujaratiUI-Regular", Some(Script::Gujarati)),
    file!("NotoSansGurmukhiUI-Regular", Some(Script::Gurmukhi)),
    file!("NotoSansKhmerUI-Regular", Some(Script::Khmer)),
    file!("NotoSansLaoUI-Regular", Some(Script::Lao)),
    file!("NotoSansGeorgian-Regular", Some(Script::Georgian)),
    file!("NotoSansArmenian-Regular", Some(Script::Armenian)),
    file!("DroidSansFallback", None),
];

static FACES: LazyLock<[Option<Face>; Font::COUNT]> = LazyLock::new(|| FILES.map(|(_, bytes, _)| Face::parse(bytes)));

/// What shaping needs of a font, read once.
type Shaping = Option<(FontRef<'static>, ShaperData)>;

static SHAPING: [LazyLock<Shaping>; Font::COUNT] = {
    // An array of closures cannot be written as a loop in a constant: each names its own file.
    macro_rules! shaping {
        ($($at:literal)*) => { [$(LazyLock::new(|| shaping_of($at))),*] };
    }
    shaping!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17)
};

fn shaping_of(at: usize) -> Shaping {
    let font = FontRef::from_index(FILES[at].1, 0).ok()?;
    let data = ShaperData::new(&font);
    Some((font, data))
}

impl Font {
    pub const COUNT: usize = 18;
    pub const REGULAR: Self = Self(0);
    pub const BOLD: Self = Self(1);
    pub const WIDE: Self = Self(Self::COUNT as u8 - 1);

    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT as u8).map(Self)
    }

    /// The fonts of single scripts.
    pub fn of_scripts() -> impl Iterator<Item = Self> {
        Self::all().filter(|font| font.script().is_some())
    }

    pub fn of_weight(weight: Weight) -> Self {
        match weight {
            Weight::Regular => Self::REGULAR,
            Weight::Bold => Self::BOLD,
        }
    }

    pub fn of_script(script: Script) -> Option<Self> {
        Self::of_scripts().find(|font| font.script() == Some(script))
    }

    pub fn bytes(self) -> &'static [u8] {
        FILES[self.at()].1
    }

    pub fn face(self) -> Option<&'static Face> {
        FACES[self.at()].as_ref()
    }

    /// Its name in a file.
    pub fn name(self) -> &'static str {
        FILES[self.at()].0
    }

    /// The script it is for; absent of fonts whose letters stand one after another.
    pub fn script(self) -> Option<Script> {
        FILES[self.at()].2
    }

    pub(super) fn shaping(self) -> Option<&'static (FontRef<'static>, ShaperData)> {
        SHAPING[self.at()].as_ref()
    }

    pub fn has(self, letter: char) -> bool {
        self.face().is_some_and(|face| face.glyph_index(letter).is_some())
    }

    /// Its place among all fonts.
    pub fn at(self) -> usize {
        usize::from(self.0) % Self::COUNT
    }
}
