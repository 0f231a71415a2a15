//! Colours and the name on top of each page and mail: `theme.toml`.

use super::TemplateProblem;
use super::sources::{self, Sources};
use crate::report::render::logo::{Logo, MOST_BYTES};
use crate::report::render::pdf::Paper;
use crate::support::shown::fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

const FILE: &str = "theme.toml";

/// How pages and mails present the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// The one accent colour, `#rrggbb`.
    #[schemars(regex(pattern = "^#[0-9A-Fa-f]{6}$"))]
    pub accent: String,
    /// The accent on a dark background, `#rrggbb`.
    #[schemars(regex(pattern = "^#[0-9A-Fa-f]{6}$"))]
    pub accent_dark: String,
    /// The name in the footer and on top of mails, at most 60 characters.
    #[schemars(length(max = 60))]
    pub logo_text: String,
    /// What PDFs are laid out for.
    #[serde(default)]
    pub paper: Paper,
    /// A PNG or SVG beside this file, shown on top of pages, mails and PDFs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            accent: "#0b69a3".to_owned(),
            accent_dark: "#5bb3e6".to_owned(),
            logo_text: "Daybook".to_owned(),
            paper: Paper::A4,
            logo: None,
        }
    }
}

impl Theme {
    /// The theme in use; a faulty one is reported and the built-in one used.
    pub fn parse(sources: &Sources) -> (Self, Option<TemplateProblem>) {
        let text = sources.text(FILE);
        match toml::from_str::<Self>(text) {
            Ok(theme) => match theme.fault() {
                None => (theme, None),
                Some(message) => (Self::default(), Some(problem(0, message))),
            },
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                let line = text.get(..at).map_or(0, |before| before.matches('\n').count() + 1);
                (Self::default(), Some(problem(line, error.message().to_owned())))
            }
        }
    }

    /// The logo beside the theme; `None` where none is named.
    pub fn read_logo(&self, sources: &Sources, dir: Option<&Path>) -> Result<Option<Logo>, TemplateProblem> {
        let (Some(name), Some(dir)) = (&self.logo, dir) else { return Ok(None) };
        let named =
            |line: &str| line.trim_start().strip_prefix("logo").is_some_and(|rest| rest.trim_start().starts_with('='));
        let line = sources.text(FILE).lines().position(named).map_or(0, |line| line + 1);
        let told = |message: String| problem(line, message);
        let bytes = match sources::bytes(dir, name, MOST_BYTES) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(told(format!("there is no file {name:?} beside this file"))),
            Err(message) => return Err(told(format!("{name:?} {message}"))),
        };
        Logo::read(&bytes).map(Some).map_err(told)
    }

    fn fault(&self) -> Option<String> {
        for (name, colour) in [("accent", &self.accent), ("accent_dark", &self.accent_dark)] {
            let digits = colour.strip_prefix('#').unwrap_or_default();
            if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Some(format!("{name} is not a colour such as \"#0b69a3\""));
            }
        }
        (self.logo_text.chars().count() > 60).then(|| "logo_text is longer than 60 characters".to_owned())
    }
}

fn problem(line: usize, message: String) -> TemplateProblem {
    TemplateProblem { file: FILE.to_owned(), line, message: fault(&message) }
}
