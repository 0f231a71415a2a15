//! Whether a colour can be read as text, and the nearest one that can.

use super::color::Rgb8;
use super::oklch::Oklch;

/// The contrast that text needs: WCAG 2.2, success criterion 1.4.3 (AA). Graphics need 3:1 (1.4.11), so a colour
/// that is good enough for text is good enough for them.
pub const TEXT_CONTRAST: f64 = 4.5;

/// The nearest colour of the same hue that can be read as text on `page`; itself if it can be.
pub fn readable_on(color: Rgb8, page: Rgb8) -> Rgb8 {
    const STEP: f64 = 0.001;
    // Black and white contrast alike with a page of this luminance.
    let darker = page.luminance() > 0.179;
    let mut shade = Oklch::from(color);
    let mut readable = color;
    while readable.contrast(page) < TEXT_CONTRAST && (0.0..=1.0).contains(&shade.lightness) {
        shade.lightness += if darker { -STEP } else { STEP };
        readable = shade.into();
    }
    readable
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Rgb8 = Rgb8(0xff, 0xff, 0xff);

    fn color(text: &str) -> Rgb8 {
        Rgb8::parse(text).expect("a colour")
    }

    #[test]
    fn a_colour_that_cannot_be_read_becomes_the_nearest_of_its_hue_that_can() {
        let night = color("#18212b");
        for text in ["#ff7f0e", "#ffe000", "#ffffff", "#7fdbca", "#00ff00", "#a1b2c3", "#0000ff", "#000000", "#333366"]
        {
            let given = color(text);
            for page in [WHITE, night] {
                let readable = readable_on(given, page);
                let ratio = readable.contrast(page);
                assert!(ratio >= TEXT_CONTRAST, "{given} on {page}: {readable} has {ratio}");
                if given.contrast(page) >= TEXT_CONTRAST {
                    assert_eq!(readable, given);
                } else {
                    assert!(ratio < TEXT_CONTRAST + 0.1, "{given} on {page}: {readable} has {ratio}, more than needed");
                }
            }
        }
        let (orange, darker) = (Oklch::from(color("#ff7f0e")), Oklch::from(readable_on(color("#ff7f0e"), WHITE)));
        assert!((orange.hue - darker.hue).abs() < 0.03, "{orange:?} {darker:?}");
    }
}
