//! A company's logo, read once from its folder and drawn anew for page, mail and PDF: of the file itself
//! nothing is passed on. It may be hostile, so its size is looked at before it is unpacked.

use resvg::tiny_skia::{Color, FilterQuality, Pixmap, PixmapPaint, Transform};
use resvg::usvg;

/// The largest it is shown, in points of a PDF and pixels of a page.
pub const WIDEST: f32 = 120.0;
pub const HIGHEST: f32 = 36.0;
/// Its own pixels for each of those.
const FINE: f32 = 4.0;
pub const MOST_BYTES: u64 = 2_000_000;
const MOST_PIXELS: u64 = 4_000_000;
/// A drawing of paths is small; deep or long ones take time for each report.
const MOST_SVG: usize = 256 << 10;

/// Pixels on white, so that it looks alike in every reader, light or dark.
#[derive(Clone, PartialEq)]
pub struct Logo {
    picture: Pixmap,
    /// As a page and a mail show it.
    png: Vec<u8>,
}

impl std::fmt::Debug for Logo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Logo({} × {} pixels)", self.picture.width(), self.picture.height())
    }
}

impl Logo {
    /// Reads a PNG or SVG; what it is, its bytes say.
    ///
    /// # Errors
    /// A sentence with what to give instead.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let picture = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") { png(bytes) } else { svg(bytes) };
        let told = |why| format!("the logo cannot be used: {why}");
        let picture = picture.and_then(on_white).map_err(told)?;
        let png = picture.encode_png().map_err(|error| told(format!("{error}")))?;
        Ok(Self { picture, png })
    }

    /// Width and height at which it is shown, in its own shape.
    pub fn size(&self) -> (f32, f32) {
        let (wide, high) = (self.picture.width() as f32, self.picture.height() as f32);
        let scale = (WIDEST / wide).min(HIGHEST / high);
        (wide * scale, high * scale)
    }

    pub fn png(&self) -> &[u8] {
        &self.png
    }

    /// Width, height, and three bytes for each pixel.
    pub fn rgb(&self) -> (usize, usize, Vec<u8>) {
        let pixels = self.picture.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]);
        (self.picture.width() as usize, self.picture.height() as usize, pixels.collect())
    }
}

fn give() -> String {
    "give a PNG or SVG of at most 2 MB and 4 million pixels".to_owned()
}

/// The header says how large the picture will be, before anything is unpacked.
fn png(bytes: &[u8]) -> Result<Pixmap, String> {
    let side = |at: usize| Some(u64::from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)));
    let (wide, high) = side(16).zip(side(20)).ok_or_else(|| format!("it is not a PNG; {}", give()))?;
    if bytes.len() as u64 > MOST_BYTES || wide.saturating_mul(high) > MOST_PIXELS {
        return Err(format!("it is too large; {}", give()));
    }
    Pixmap::decode_png(bytes).map_err(|_| format!("it is not a PNG; {}", give()))
}

fn svg(bytes: &[u8]) -> Result<Pixmap, String> {
    let is_svg = |text: &&str| text.contains("<svg");
    let text = std::str::from_utf8(bytes).ok().filter(is_svg).ok_or_else(|| format!("it is not an SVG; {}", give()))?;
    if text.len() > MOST_SVG {
        return Err("it is an SVG of more than 256 KB; give a PNG".to_owned());
    }
    // Letters need a typeface that is not here and would be missing; the others draw things many times
    // over, or from elsewhere.
    for part in ["text", "image", "use", "pattern", "filter", "foreignObject", "!ENTITY"] {
        if text.contains(&format!("<{part}")) {
            return Err(format!("it is an SVG with <{part}>; save it as plain paths, or give a PNG"));
        }
    }
    if depth(text) > 64 {
        return Err("it is an SVG of more than 64 levels; save it as plain paths, or give a PNG".to_owned());
    }
    let tree = usvg::Tree::from_str(text, &usvg::Options { resources_dir: None, ..Default::default() })
        .map_err(|_| format!("it is not an SVG; {}", give()))?;
    let size = tree.size();
    let scale = (WIDEST / size.width()).min(HIGHEST / size.height()) * FINE;
    let side = |length: f32, most: f32| ((length * scale).ceil() as u32).clamp(1, (most * FINE) as u32);
    let mut picture = blank(side(size.width(), WIDEST), side(size.height(), HIGHEST))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
    Ok(picture)
}

/// At least as deep as the elements are, whatever stands between them.
fn depth(text: &str) -> usize {
    let (mut now, mut deepest) = (0usize, 0);
    for tag in text.split('<').skip(1) {
        if tag.starts_with('/') {
            now = now.saturating_sub(1);
        } else if !tag.starts_with(['!', '?']) && !tag.contains("/>") {
            now += 1;
            deepest = deepest.max(now);
        }
    }
    deepest
}

fn blank(width: u32, height: u32) -> Result<Pixmap, String> {
    Pixmap::new(width, height).ok_or_else(|| "it has no size".to_owned())
}

/// On white, and with no more pixels than are shown: halves first, so that thin lines stay.
fn on_white(mut picture: Pixmap) -> Result<Pixmap, String> {
    let paint = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
    loop {
        let (wide, high) = (picture.width() as f32, picture.height() as f32);
        let scale = (WIDEST * FINE / wide).min(HIGHEST * FINE / high).clamp(0.5, 1.0);
        let side = |length: f32| ((length * scale).round() as u32).max(1);
        let mut paper = blank(side(wide), side(high))?;
        paper.fill(Color::WHITE);
        paper.draw_pixmap(0, 0, picture.as_ref(), &paint, Transform::from_scale(scale, scale), None);
        if scale > 0.5 {
            return Ok(paper);
        }
        picture = paper;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(inside: &str) -> String {
        format!(r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 20">{inside}</svg>"##)
    }

    #[test]
    fn a_logo_fits_its_place_and_keeps_its_shape() {
        let logo = Logo::read(drawn(r##"<rect width="200" height="20" fill="#c00"/>"##).as_bytes()).expect("a logo");
        assert_eq!((logo.size(), logo.rgb().0, logo.rgb().1), ((120.0, 12.0), 480, 48));
        let png = Pixmap::new(30, 90).expect("pixels").encode_png().expect("a PNG");
        let logo = Logo::read(&png).expect("a logo");
        assert_eq!(logo.size(), (12.0, 36.0));
        assert!(logo.rgb().2.iter().all(|part| *part == 255), "what shines through is white");
    }

    #[test]
    fn a_photo_s_pixels_are_thinned_out() {
        let mut large = Pixmap::new(2000, 1000).expect("pixels");
        large.fill(Color::from_rgba8(204, 0, 0, 255));
        let logo = Logo::read(&large.encode_png().expect("a PNG")).expect("a logo");
        let (wide, high, pixels) = logo.rgb();
        assert_eq!((wide, high), (288, 144));
        assert_eq!(pixels[(high / 2 * wide + wide / 2) * 3..][..3], [204, 0, 0]);
        assert!(logo.png().len() < 20_000);
    }

    #[test]
    fn what_is_too_large_or_no_image_is_reported() {
        let told = |bytes: &[u8]| Logo::read(bytes).expect_err("refused");
        let mut png = Pixmap::new(2, 2).expect("pixels").encode_png().expect("a PNG");
        png[16..24].copy_from_slice(&[50_000u32.to_be_bytes(), 50_000u32.to_be_bytes()].concat());
        assert!(told(&png).contains("it is too large"));
        assert!(told(b"GIF89a").contains("give a PNG or SVG"));
        assert!(told(b"<html/>").contains("give a PNG or SVG"));
        assert!(told(b"\x1f\x8b\x08").contains("give a PNG or SVG"));
        assert!(told(drawn(&" ".repeat(300_000)).as_bytes()).contains("256 KB"));
    }

    /// A logo with letters came out without them; one of 30 levels of `use` never ended.
    #[test]
    fn a_drawing_that_would_come_out_otherwise_is_reported() {
        let told = |inside: &str| Logo::read(drawn(inside).as_bytes()).expect_err("refused");
        assert!(told("<text>Acme</text>").contains("<text>; save it as plain paths"));
        assert!(told("<use href=\"#a\"/>").contains("give a PNG"));
        let deep = "<g>".repeat(30_000) + &"</g>".repeat(30_000);
        assert!(told(&deep).contains("64 levels"));
    }
}
