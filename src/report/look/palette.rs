//! The colours of a report on white: those of the theme's accent, and those that are the same in every theme.

use super::color::Rgb8;
use super::oklch::Oklch;

/// The built-in accent.
pub const ACCENT: Rgb8 = Rgb8(0x0b, 0x69, 0xa3);
pub const TEXT: Rgb8 = Rgb8(0x1f, 0x29, 0x33);
pub const MUTED: Rgb8 = Rgb8(0x61, 0x6e, 0x7c);
pub const GRID: Rgb8 = Rgb8(0xe4, 0xe7, 0xeb);
/// Of what the subject is compared with.
pub const COMPARE: Rgb8 = Rgb8(0xa6, 0xae, 0xb8);
/// Behind cards.
pub const CARD: Rgb8 = Rgb8(0xf7, 0xf8, 0xfa);
pub const GOOD: Rgb8 = Rgb8(0x0f, 0x7b, 0x4f);
pub const BAD: Rgb8 = Rgb8(0xb3, 0x26, 0x1e);
/// Of warnings: text, and what is behind it.
pub const AMBER: Rgb8 = Rgb8(0x8d, 0x5a, 0x00);
pub const AMBER_PAPER: Rgb8 = Rgb8(0xff, 0xf4, 0xd6);
/// A cell of a heat map where nothing happened.
const NOTHING: Rgb8 = Rgb8(0xf1, 0xf4, 0xf7);

/// The pages of HTML reports, mails and PDFs on which the accent is text; the darkest of the light ones and the
/// lightest of the dark ones, on which it is hardest to read.
pub const LIGHT_PAGE: Rgb8 = Rgb8(0xf5, 0xf7, 0xfa);
pub const DARK_PAGE: Rgb8 = Rgb8(0x18, 0x21, 0x2b);

/// The shades of a heat map from almost nothing to the most: lightness, part of the accent's chroma, degrees from
/// its hue. Their lightness is the same for each accent, so that every step is seen, in grey print too.
const SHADES: [(f64, f64, f64); 5] =
    [(0.9098, 0.203, -5.8), (0.8229, 0.423, -8.7), (0.7094, 0.682, -6.0), (0.591, 0.906, -3.6), (0.4507, 0.887, 0.0)];

/// The colours that follow a theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    pub accent: Rgb8,
    /// Shades of the accent for heat maps, from nothing to the most.
    pub heat: [Rgb8; 6],
}

impl Default for Palette {
    fn default() -> Self {
        Self::new(ACCENT)
    }
}

impl Palette {
    /// The palette of an accent.
    pub fn new(accent: Rgb8) -> Self {
        let base = Oklch::from(accent);
        let shade = |(lightness, chroma, degrees): (f64, f64, f64)| {
            Oklch { lightness, chroma: base.chroma * chroma, hue: base.hue + degrees.to_radians() }.into()
        };
        let [one, two, three, four, five] = SHADES.map(shade);
        Self { accent, heat: [NOTHING, one, two, three, four, five] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shades_of_the_built_in_accent_are_the_ones_that_were_chosen_by_eye() {
        let shades = Palette::default().heat.map(|shade| shade.to_string());
        assert_eq!(shades, ["#f1f4f7", "#d3e4f0", "#a6cbe2", "#6fa9cf", "#3685b8", "#0b5a8c"]);
    }

    #[test]
    fn the_shades_of_every_accent_darken_step_by_step_on_white() {
        let white = Rgb8(0xff, 0xff, 0xff);
        for accent in ["#c2185b", "#000000", "#ffffff", "#ffe000", "#00ff00", "#0000ff", "#777777", "#3d2b1f"] {
            let palette = Palette::new(Rgb8::parse(accent).expect("a colour"));
            let contrasts = palette.heat.map(|shade| shade.contrast(white));
            assert!(contrasts.windows(2).all(|pair| pair[1] > pair[0] * 1.1), "{accent}: {contrasts:?}");
            assert!(contrasts[5] > 4.5, "{accent}: {contrasts:?}");
        }
    }
}
