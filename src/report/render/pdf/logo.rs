//! The logo as an image of a file. It comes from a company's folder, so its size is looked at first.

use super::PdfError;
use super::options::Logo;
use printpdf::{RawImage, RawImageData, RawImageFormat};
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg;

/// The largest it is drawn, in points.
pub const WIDEST: f32 = 120.0;
pub const HIGHEST: f32 = 36.0;
/// Pixels of an SVG for each point.
const FINE: f32 = 4.0;
const MOST_BYTES: usize = 2_000_000;
const MOST_PIXELS: u64 = 4_000_000;

/// A logo ready to be drawn.
#[derive(Clone, Debug)]
pub struct Image {
    /// In points.
    pub width: f32,
    pub height: f32,
    pub raw: RawImage,
}

/// Reads it; what is too large or not an image is told.
pub fn read(logo: &Logo) -> Result<Image, PdfError> {
    let picture = match logo {
        Logo::Png(bytes) => png(bytes)?,
        Logo::Svg(bytes) => svg(bytes)?,
    };
    let (wide, high) = (picture.width() as f32, picture.height() as f32);
    let scale = (WIDEST / wide).min(HIGHEST / high);
    // On white, so that it looks alike in every reader.
    let mut paper = Pixmap::new(picture.width(), picture.height()).ok_or_else(|| refused("it has no size"))?;
    paper.fill(Color::WHITE);
    paper.draw_pixmap(0, 0, picture.as_ref(), &Default::default(), Transform::identity(), None);
    let pixels = paper.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
    let raw = RawImage {
        pixels: RawImageData::U8(pixels),
        width: picture.width() as usize,
        height: picture.height() as usize,
        data_format: RawImageFormat::RGB8,
        tag: Vec::new(),
    };
    Ok(Image { width: wide * scale, height: high * scale, raw })
}

fn refused(why: &str) -> PdfError {
    PdfError(format!("the logo cannot be used: {why}; give a PNG or SVG of at most 2 MB and 4 million pixels"))
}

/// The header says how large the picture will be, before anything is unpacked.
fn png(bytes: &[u8]) -> Result<Pixmap, PdfError> {
    let side = |at: usize| Some(u64::from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)));
    let (wide, high) = side(16).zip(side(20)).ok_or_else(|| refused("it is not a PNG"))?;
    if bytes.len() > MOST_BYTES || wide.saturating_mul(high) > MOST_PIXELS {
        return Err(refused("it is too large"));
    }
    Pixmap::decode_png(bytes).map_err(|_| refused("it is not a PNG"))
}

fn svg(bytes: &[u8]) -> Result<Pixmap, PdfError> {
    if bytes.len() > MOST_BYTES {
        return Err(refused("it is too large"));
    }
    // Nothing outside the file is read for it.
    let mut options = usvg::Options { resources_dir: None, ..Default::default() };
    options.image_href_resolver.resolve_string = Box::new(|_, _| None);
    let tree = usvg::Tree::from_data(bytes, &options).map_err(|_| refused("it is not an SVG"))?;
    let size = tree.size();
    let scale = (WIDEST / size.width()).min(HIGHEST / size.height()) * FINE;
    let side = |length: f32| ((length * scale).ceil() as u32).clamp(1, (WIDEST * FINE) as u32);
    let mut picture = Pixmap::new(side(size.width()), side(size.height())).ok_or_else(|| refused("it has no size"))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_fits_its_place_and_keeps_its_shape() {
        let svg = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 20"><rect width="200" height="20" fill="#c00"/></svg>"##;
        let image = read(&Logo::Svg(svg.to_vec())).expect("a logo");
        assert_eq!((image.width, image.height, image.raw.width), (120.0, 12.0, 480));
        let png = Pixmap::new(30, 90).expect("pixels").encode_png().expect("a PNG");
        let image = read(&Logo::Png(png)).expect("a logo");
        assert_eq!((image.width, image.height), (12.0, 36.0));
        assert!(matches!(&image.raw.pixels, RawImageData::U8(pixels) if pixels.iter().all(|part| *part == 255)));
    }

    #[test]
    fn what_is_too_large_or_no_image_is_told() {
        let told = |logo| read(&logo).expect_err("refused").to_string();
        let mut png = Pixmap::new(2, 2).expect("pixels").encode_png().expect("a PNG");
        png[16..24].copy_from_slice(&[50_000u32.to_be_bytes(), 50_000u32.to_be_bytes()].concat());
        assert!(told(Logo::Png(png)).contains("it is too large"));
        assert!(told(Logo::Png(b"GIF89a".to_vec())).contains("not a PNG"));
        assert!(told(Logo::Svg(b"<html/>".to_vec())).contains("give a PNG or SVG"));
    }
}
