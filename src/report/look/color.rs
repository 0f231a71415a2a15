//! Colours of a screen, and how they contrast.

use std::fmt;

/// Red, green and blue of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb8(pub u8, pub u8, pub u8);

impl Rgb8 {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some(Self(part(0)?, part(2)?, part(4)?))
    }

    /// Contrast to another colour, from 1 (none) to 21 (black on white), as
    /// <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio> defines it.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
    pub(super) fn luminance(self) -> f64 {
        let [red, green, blue] = self.linear();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The amounts of light, from 0 to 1.
    pub(super) fn linear(self) -> [f64; 3] {
        [self.0, self.1, self.2].map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// From the amounts of light; what is out of range is cut.
    pub(super) fn from_linear(light: [f64; 3]) -> Self {
        let [red, green, blue] = light.map(|part| {
            let part = part.clamp(0.0, 1.0);
            let part = if part <= 0.003_130_8 { part * 12.92 } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 };
            (part * 255.0).round() as u8
        });
        Self(red, green, blue)
    }
}

impl fmt::Display for Rgb8 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Rgb8 = Rgb8(0xff, 0xff, 0xff);

    fn color(text: &str) -> Rgb8 {
        Rgb8::parse(text).expect("a colour")
    }

    #[test]
    fn a_colour_is_six_digits_after_a_hash_in_either_case() {
        assert_eq!(color("#C2185b").to_string(), "#c2185b");
        for text in ["c2185b", "#c2185", "#c2185bb", "#+12345", "#ééé", "red", ""] {
            assert_eq!(Rgb8::parse(text), None, "{text}");
        }
    }

    /// <https://www.w3.org/WAI/WCAG22/Understanding/contrast-minimum.html>: #777777 on white is 4.47:1.
    #[test]
    fn contrast_is_that_of_the_standard() {
        let rounded = |text: &str| format!("{:.2}", color(text).contrast(WHITE));
        assert_eq!(["#000000", "#ffffff", "#777777", "#ff0000"].map(rounded), ["21.00", "1.00", "4.48", "4.00"]);
    }
}
