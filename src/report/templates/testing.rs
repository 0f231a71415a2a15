//! Folders of templates for tests.

use std::path::Path;

/// A theme of `Acme & Co` with a logo of 200 by 20.
pub fn with_logo(dir: &Path) {
    let theme = "accent = \"#123456\"\naccent_dark = \"#abcdef\"\nlogo_text = \"Acme & Co\"\nlogo = \"logo.svg\"\n";
    let svg = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 20"><rect width="200" height="20" fill="#c00"/></svg>"##;
    std::fs::write(dir.join("theme.toml"), theme).expect("written");
    std::fs::write(dir.join("logo.svg"), svg).expect("written");
}
