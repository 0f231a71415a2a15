//! The page that shows every format of a preview side by side, and what is wrong with templates.

use crate::report::look::Theme;
use serde::Serialize;

/// All of a preview.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Index {
    /// What is shown, e.g. `Sample & Söhne: Daily performance`.
    pub title: String,
    /// Its days, and what it is made of.
    pub about: String,
    /// What is wrong with templates or other files.
    pub problems: Vec<Remark>,
    /// One for each copy of the report.
    pub sheets: Vec<Sheet>,
    /// While files are watched: what the script that reports a newer rendering says of this one.
    pub version: Option<String>,
    /// Whose accent the page has.
    pub theme: Theme,
}

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// `report-templates/mail/report.txt:3`.
    pub place: String,
    pub message: String,
    pub remedy: String,
}

/// One copy of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// What sets it apart from the others; empty where there is only one.
    pub title: String,
    pub formats: Vec<Format>,
}

/// A file to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Format {
    pub label: String,
    /// Relative to the index.
    pub file: String,
    /// What to know about it, e.g. the subject of a mail.
    pub note: String,
    /// Whether a browser can show it.
    pub is_shown: bool,
}

/// The page; it asks for nothing but the files beside it.
pub fn index(index: &Index) -> Result<String, minijinja::Error> {
    super::page::page("index.html", include_str!("index.html"), index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hostile() -> Index {
        let text = "</script><script>alert(1)</script>\" onload=\"x";
        let format =
            Format { label: text.to_owned(), file: "page.html".to_owned(), note: text.to_owned(), is_shown: true };
        let remark = Remark { place: text.to_owned(), message: text.to_owned(), remedy: text.to_owned() };
        Index {
            title: text.to_owned(),
            about: text.to_owned(),
            problems: vec![remark],
            sheets: vec![Sheet { title: text.to_owned(), formats: vec![format] }],
            version: None,
            theme: Theme::default(),
        }
    }

    #[test]
    fn hostile_names_stay_text() {
        let page = index(&hostile()).expect("a page");
        assert!(!page.contains("<script>alert") && !page.contains("\" onload=\""), "{page}");
    }

    #[test]
    fn only_a_watched_preview_looks_for_a_newer_one() {
        assert!(!index(&hostile()).expect("a page").contains("version.js"));
        let watched = Index { version: Some("a1b2".to_owned()), ..hostile() };
        let page = index(&watched).expect("a page");
        assert!(page.contains("version.js") && page.contains("\"a1b2\""), "{page}");
    }

    #[test]
    fn mistakes_are_shown_even_where_nothing_can_be() {
        let page = index(&Index { sheets: Vec::new(), ..hostile() }).expect("a page");
        assert!(page.contains("1 problem") && !page.contains("<iframe"), "{page}");
    }
}
