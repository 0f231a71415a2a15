//! Colours and the name on top of each page and mail: `theme.toml`.

use super::color::Rgb8;
use super::palette::{ACCENT, DARK_PAGE, LIGHT_PAGE, Palette};
use super::paper::Paper;
use super::readable::{TEXT_CONTRAST, readable_on};
use crate::settings::values::{expected, quoted};
use crate::settings::{At, Kind, Problem, Problems, Section, Source, fault, kinds, read_toml};
use serde::Serialize;
use serde_json::json;
use std::path::Path;

pub const FILE: &str = "theme.toml";
/// Of the name, in characters.
const LONGEST_NAME: usize = 60;

/// How pages and mails present the company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Theme {
    /// The one accent colour, `#rrggbb`.
    pub accent: String,
    /// The accent on a dark background, `#rrggbb`.
    pub accent_dark: String,
    /// The name in the footer and on top of mails, at most 60 characters.
    pub logo_text: String,
    /// What PDFs are laid out for.
    pub paper: Paper,
    /// A PNG or SVG beside this file, shown on top of pages, mails and PDFs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            accent: ACCENT.to_string(),
            accent_dark: "#5bb3e6".to_owned(),
            logo_text: "Daybook".to_owned(),
            paper: Paper::A4,
            logo: None,
        }
    }
}

impl Theme {
    /// The colours that follow the accent.
    pub fn palette(&self) -> Palette {
        Palette::new(Rgb8::parse(&self.accent).unwrap_or(ACCENT))
    }
}

/// A theme as a file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadTheme {
    /// The built-in one where there are problems.
    pub theme: Theme,
    pub problems: Vec<Problem>,
    /// What is used in another form than it is written in.
    pub warnings: Vec<Problem>,
    /// Where the logo is named.
    pub logo_line: Option<usize>,
}

/// Reads the text of a `theme.toml`.
pub fn read(text: &str) -> ReadTheme {
    let problems = Problems::default();
    let source = Source { file: Path::new(FILE), text, problems: &problems };
    let written = read_toml(source, read_top).flatten();
    let problems = problems.into_sorted();
    let Some(Written { mut theme, accent_line, dark_line, logo_line }) = written.filter(|_| problems.is_empty()) else {
        return ReadTheme { problems, ..ReadTheme::default() };
    };
    let warnings = Problems::default();
    let source = Source { file: Path::new(FILE), text, problems: &warnings };
    make_readable(source, "accent", accent_line, &mut theme.accent, LIGHT_PAGE);
    make_readable(source, "accent_dark", dark_line, &mut theme.accent_dark, DARK_PAGE);
    ReadTheme { theme, problems, warnings: warnings.into_sorted(), logo_line }
}

/// A theme with the lines of what is looked at further.
pub struct Written {
    theme: Theme,
    accent_line: usize,
    dark_line: usize,
    logo_line: Option<usize>,
}

/// Reads the top level.
pub fn read_top(mut top: Section<'_>) -> Option<Written> {
    top.about("How pages, mails and PDFs present the company.");
    let about = "The one accent colour, `#rrggbb`: of links, lines, bars and heat maps. Text in it must be readable on a light page.";
    let accent = top.required("accent", "\"#0b69a3\"", color().about(about));
    let about = "The accent on a dark background, `#rrggbb`.";
    let accent_dark = top.required("accent_dark", "\"#5bb3e6\"", color().about(about));
    let about = "The name in the footer and on top of mails, at most 60 characters.";
    let logo_text = top.required("logo_text", "\"Daybook\"", any_text(LONGEST_NAME).about(about));
    let paper =
        top.optional("paper", kinds::one_of(&Paper::WORDS).about("What PDFs are laid out for; \"a4\" if absent."));
    let about = "A PNG or SVG beside this file, shown on top of pages, mails and PDFs.";
    let logo = top.optional("logo", any_text(usize::MAX).about(about));
    top.finish();
    let (accent, accent_dark, logo_text) = (accent?, accent_dark?, logo_text?);
    let (accent_line, dark_line) = (accent.line, accent_dark.line);
    let logo_line = logo.as_ref().map(|logo| logo.line);
    let theme = Theme {
        accent: accent.value,
        accent_dark: accent_dark.value,
        logo_text: logo_text.value,
        paper: paper.map_or_else(Paper::default, |At { value, .. }| value),
        logo: logo.map(|logo| logo.value),
    };
    Some(Written { theme, accent_line, dark_line, logo_line })
}

/// A report never waits for a better colour: one that cannot be read is replaced by the nearest that can be, and
/// reported.
fn make_readable(source: Source<'_>, key: &str, line: usize, color: &mut String, page: Rgb8) {
    let Some(given) = Rgb8::parse(color) else { return };
    let ratio = given.contrast(page);
    if ratio >= TEXT_CONTRAST {
        return;
    }
    let readable = readable_on(given, page);
    // Rounded down: 4.499 is not 4.50.
    let ratio = (ratio * 100.0).floor() / 100.0;
    let message = format!(
        "{key}: the contrast of {given} to the page ({page}) is {ratio:.2}:1, and text needs {TEXT_CONTRAST}:1 (WCAG 2.2, 1.4.3); reports use {readable} instead"
    );
    let way = if page == LIGHT_PAGE { "darker" } else { "lighter" };
    source.problem(line, &message, &format!("write {key} = \"{readable}\", or a {way} colour"));
    *color = readable.to_string();
}

/// A colour as it is written.
fn color<'k>() -> Kind<'k, String> {
    Kind::new(
        || json!({ "type": "string", "pattern": "^#[0-9A-Fa-f]{6}$" }),
        |value| {
            const REMEDY: &str = "write # and six hexadecimal digits, as \"#0b69a3\"";
            let text = value.as_str().ok_or_else(|| expected(value, "a colour", REMEDY))?;
            match Rgb8::parse(text) {
                Some(_) => Ok(text.to_owned()),
                None => Err(fault(format!("{} is not a colour", quoted(text)), REMEDY)),
            }
        },
    )
}

/// A text that may be empty.
fn any_text<'k>(most: usize) -> Kind<'k, String> {
    let schema = move || match most {
        usize::MAX => json!({ "type": "string" }),
        most => json!({ "type": "string", "maxLength": most }),
    };
    Kind::new(schema, move |value| {
        let text = value.as_str().ok_or_else(|| expected(value, "a text", "put it in quotes"))?;
        if text.chars().count() > most {
            return Err(fault(format!("the text is longer than {most} characters"), "shorten it"));
        }
        Ok(text.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(problems: &[Problem]) -> Vec<String> {
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_shipped_file_says_what_is_built_in() {
        let read = read(include_str!("../../../report-templates/theme.toml"));
        assert_eq!(read, ReadTheme::default());
    }

    #[test]
    fn all_mistakes_are_reported_at_once_with_line_and_remedy() {
        let long = "x".repeat(61);
        let text =
            format!("acent = \"#123456\"\naccent_dark = \"red\"\nlogo_text = \"{long}\"\npaper = \"a5\"\nlogo = 3\n");
        let read = read(&text);
        assert_eq!(
            told(&read.problems),
            [
                "theme.toml:1: \"accent\" is missing — add accent = \"#0b69a3\"",
                "theme.toml:1: unknown key \"acent\" — did you mean \"accent\"?",
                "theme.toml:2: accent_dark: \"red\" is not a colour — write # and six hexadecimal digits, as \"#0b69a3\"",
                "theme.toml:3: logo_text: the text is longer than 60 characters — shorten it",
                "theme.toml:4: paper: unknown choice \"a5\" — did you mean \"a4\"?",
                "theme.toml:5: logo: this is a whole number, not a text — put it in quotes",
            ]
        );
        assert_eq!(read.theme, Theme::default());
    }

    #[test]
    fn a_theme_of_an_earlier_release_loads_as_it_is_written() {
        let read = read("accent = \"#0B69A3\"\naccent_dark = \"#ABCDEF\"\nlogo_text = \"\"\nlogo = \"a.png\"\n");
        assert_eq!((read.problems, read.warnings, read.logo_line), (Vec::new(), Vec::new(), Some(4)));
        assert_eq!((read.theme.accent.as_str(), read.theme.logo_text.as_str()), ("#0B69A3", ""));
    }

    #[test]
    fn a_colour_that_cannot_be_read_is_replaced_and_reported_and_the_rest_of_the_theme_stays() {
        let read = read("accent = \"#ff7f0e\"\naccent_dark = \"#0b69a3\"\nlogo_text = \"Acme\"\npaper = \"letter\"\n");
        assert_eq!(read.problems, []);
        let (accent, dark) = (read.theme.accent.as_str(), read.theme.accent_dark.as_str());
        assert_eq!(
            told(&read.warnings),
            [
                format!(
                    "theme.toml:1: accent: the contrast of #ff7f0e to the page (#f5f7fa) is 2.35:1, and text needs 4.5:1 (WCAG 2.2, 1.4.3); reports use {accent} instead — write accent = \"{accent}\", or a darker colour"
                ),
                format!(
                    "theme.toml:2: accent_dark: the contrast of #0b69a3 to the page (#18212b) is 2.75:1, and text needs 4.5:1 (WCAG 2.2, 1.4.3); reports use {dark} instead — write accent_dark = \"{dark}\", or a lighter colour"
                ),
            ]
        );
        assert_eq!((read.theme.logo_text.as_str(), read.theme.paper), ("Acme", Paper::Letter));
        assert_eq!(read.theme.palette().accent.to_string(), accent);
        // What is proposed is taken as it is.
        let text = format!("accent = \"{accent}\"\naccent_dark = \"{dark}\"\nlogo_text = \"Acme\"\n");
        assert_eq!(super::read(&text).warnings, []);
    }
}
