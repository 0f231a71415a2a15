//! What every format of a report looks like: colours, paper, logo, and `theme.toml` that sets them. Templates and
//! renderers use it, and it uses neither.

pub mod color;
pub mod logo;
mod oklch;
pub mod palette;
mod paper;
mod readable;
pub mod theme;

pub use color::Rgb8;
pub use logo::Logo;
pub use palette::Palette;
pub use paper::Paper;
pub use theme::Theme;
