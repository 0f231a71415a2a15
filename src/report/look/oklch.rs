//! Colours by lightness, chroma and hue, where equal steps look equal: Oklch, after Björn Ottosson, "A perceptual
//! color space for image processing", <https://bottosson.github.io/posts/oklab/>.

use super::color::Rgb8;

/// A colour; its hue is in radians.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Oklch {
    pub lightness: f64,
    pub chroma: f64,
    pub hue: f64,
}

impl From<Rgb8> for Oklch {
    fn from(color: Rgb8) -> Self {
        let [r, g, b] = color.linear();
        let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
        let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
        let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
        let lightness = 0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s;
        let a = 1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s;
        let b = 0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s;
        Self { lightness, chroma: a.hypot(b), hue: b.atan2(a) }
    }
}

impl From<Oklch> for Rgb8 {
    /// A chroma that screens do not have at this lightness and hue becomes the largest they have.
    fn from(color: Oklch) -> Self {
        let (mut least, mut most) = (0.0, color.chroma);
        if !is_shown(color.linear()) {
            for _ in 0..20 {
                let chroma = (least + most) / 2.0;
                let fits = is_shown(Oklch { chroma, ..color }.linear());
                *(if fits { &mut least } else { &mut most }) = chroma;
            }
            most = least;
        }
        Self::from_linear(Oklch { chroma: most, ..color }.linear())
    }
}

impl Oklch {
    fn linear(self) -> [f64; 3] {
        let (a, b) = (self.chroma * self.hue.cos(), self.chroma * self.hue.sin());
        let l = (self.lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
        let m = (self.lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
        let s = (self.lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
        [
            4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
            -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
            -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
        ]
    }
}

/// Whether a screen has the colour, but for what rounding hides.
fn is_shown(light: [f64; 3]) -> bool {
    light.iter().all(|part| (-0.001..=1.001).contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_comes_back_as_it_was() {
        for red in (0..=255).step_by(17) {
            for green in (0..=255).step_by(17) {
                for blue in (0..=255).step_by(17) {
                    let color = Rgb8(red, green, blue);
                    assert_eq!(Rgb8::from(Oklch::from(color)), color);
                }
            }
        }
    }

    #[test]
    fn a_chroma_that_no_screen_has_is_lessened_and_the_lightness_stays() {
        let wanted = Oklch { lightness: 0.6, chroma: 0.4, hue: 2.0 };
        let shown = Oklch::from(Rgb8::from(wanted));
        assert!((shown.lightness - 0.6).abs() < 0.01 && (shown.hue - 2.0).abs() < 0.02, "{shown:?}");
        assert!(shown.chroma > 0.1 && shown.chroma < 0.3, "{shown:?}");
    }
}
