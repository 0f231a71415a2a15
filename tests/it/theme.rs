//! The colours of `theme.toml`, as they reach every format of a report.

use crate::maintenance_faults::{daybook, installation, said};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use resvg::tiny_skia::Pixmap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

type Color = (u8, u8, u8);

const BUILT_IN: Color = (0x0b, 0x69, 0xa3);
/// The darkest shade of a heat map that the built-in accent has.
const BUILT_IN_SHADE: Color = (0x0b, 0x5a, 0x8c);

fn write_theme(root: &Path, accent: &str, accent_dark: &str) {
    fs::create_dir_all(root.join("report-templates")).expect("a folder");
    let theme = format!("accent = \"{accent}\"\naccent_dark = \"{accent_dark}\"\nlogo_text = \"Acme\"\n");
    fs::write(root.join("report-templates/theme.toml"), theme).expect("written");
}

/// The folder of a preview of the sample.
fn preview(root: &Path) -> std::path::PathBuf {
    let out = root.join("out");
    let done = daybook(root, &["report", "preview", "--out", &out.display().to_string()]);
    assert!(out.join("report.pdf").exists(), "{}", said(&done));
    out
}

fn text(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).expect(file)
}

/// The colours that the content streams of a PDF set.
fn colors_of_pdf(file: &Path) -> BTreeSet<Color> {
    let pdf = lopdf::Document::load(file).expect("a sound PDF");
    let mut colors = BTreeSet::new();
    for page in pdf.get_pages().into_values() {
        let content = pdf.get_page_content(page);
        let content = lopdf::content::Content::decode(&content).expect("operations");
        for operation in content.operations.iter().filter(|of| ["rg", "RG"].contains(&of.operator.as_str())) {
            let part = |at: usize| (operation.operands[at].as_float().expect("a number") * 255.0).round() as u8;
            colors.insert((part(0), part(1), part(2)));
        }
    }
    colors
}

/// The colours of the pictures inside a page.
fn colors_of_pictures(page: &str) -> BTreeSet<Color> {
    let pictures = page.split("data:image/png;base64,").skip(1);
    let pictures = pictures.map(|rest| rest.split('"').next().expect("an end"));
    let mut colors = BTreeSet::new();
    for picture in pictures {
        let bytes = STANDARD.decode(picture).expect("base64");
        let picture = Pixmap::decode_png(&bytes).expect("a PNG");
        colors.extend(picture.pixels().iter().map(|pixel| (pixel.red(), pixel.green(), pixel.blue())));
    }
    assert!(!colors.is_empty(), "no picture");
    colors
}

#[test]
fn an_accent_reaches_every_format_and_nothing_keeps_the_built_in_one() {
    let root = tempfile::tempdir().expect("a folder");
    let built_in = preview(root.path());
    assert!(colors_of_pdf(&built_in.join("report.pdf")).is_superset(&[BUILT_IN, BUILT_IN_SHADE].into()));
    assert!(colors_of_pictures(&text(&built_in, "mail.html")).contains(&BUILT_IN));

    write_theme(root.path(), "#c2185b", "#ff80ab");
    let out = preview(root.path());
    let accent = (0xc2, 0x18, 0x5b);
    let pdf = colors_of_pdf(&out.join("report.pdf"));
    let pictures = colors_of_pictures(&text(&out, "mail.html"));
    for (name, colors) in [("report.pdf", pdf), ("mail.html", pictures)] {
        assert!(colors.contains(&accent), "{name}");
        assert!(!colors.contains(&BUILT_IN) && !colors.contains(&BUILT_IN_SHADE), "{name}");
    }
    for file in ["page.html", "mail.html", "slack.html", "index.html"] {
        let page = text(&out, file);
        assert!(page.contains("#c2185b"), "{file}");
        assert!(!page.contains("#0b69a3") && !page.contains("#0b5a8c"), "{file}");
    }
    for file in ["page.html", "mail.html", "index.html"] {
        assert!(text(&out, file).contains("#ff80ab") && !text(&out, file).contains("#5bb3e6"), "{file}");
    }
}

#[test]
fn an_accent_that_cannot_be_read_is_a_warning_and_reports_use_one_that_can() {
    let root = installation();
    write_theme(root.path(), "#ffe000", "#ffee55");
    let check = |more: &[&str]| {
        let done = daybook(root.path(), &[&["check", "--without-secrets"], more].concat());
        (done.status.code(), said(&done))
    };
    let (code, told) = check(&[]);
    assert_eq!(code, Some(0), "an installation that was sound before stays so: {told}");
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("report-templates/theme.toml:1\n"), "{told}");
    assert!(words.contains("the contrast of #ffe000 to the page (#f5f7fa) is 1.22:1"), "{told}");
    let near = words.split("write accent = \"").nth(1).and_then(|rest| rest.get(..7)).expect("a remedy").to_owned();
    assert_eq!(check(&["--strict"]).0, Some(1));

    let out = preview(root.path());
    assert!(text(&out, "index.html").contains("theme.toml:1"));
    for file in ["page.html", "mail.html"] {
        assert!(text(&out, file).contains(&near) && !text(&out, file).contains("#ffe000"), "{file}");
    }
    let part = |at: usize| u8::from_str_radix(&near[at..at + 2], 16).expect("digits");
    let colors = colors_of_pdf(&out.join("report.pdf"));
    assert!(colors.contains(&(part(1), part(3), part(5))) && !colors.contains(&(0xff, 0xe0, 0x00)));

    write_theme(root.path(), &near, "#ffee55");
    let (_, told) = check(&["--strict"]);
    assert!(!told.contains("theme.toml"), "the colour that was proposed is taken: {told}");
}
