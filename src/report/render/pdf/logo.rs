//! The logo as an image of a file.

use crate::report::look::Logo;
use printpdf::{RawImage, RawImageData, RawImageFormat};

/// A logo ready to be drawn.
#[derive(Clone, Debug)]
pub struct Image {
    /// In points.
    pub width: f32,
    pub height: f32,
    pub raw: RawImage,
}

impl From<&Logo> for Image {
    fn from(logo: &Logo) -> Self {
        let ((width, height), (wide, high, pixels)) = (logo.size(), logo.rgb());
        let raw = RawImage {
            pixels: RawImageData::U8(pixels),
            width: wide,
            height: high,
            data_format: RawImageFormat::RGB8,
            tag: Vec::new(),
        };
        Self { width, height, raw }
    }
}
