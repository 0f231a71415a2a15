//! A card as a page: roughly what a Teams channel shows, in light and dark, without any request.

use crate::report::look::Theme;
use crate::report::preview::page;
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
struct Context<'a> {
    title: &'a str,
    sent: &'a str,
    blocks: Vec<Block>,
}

/// An element of a card; its texts are plain.
#[derive(Serialize)]
struct Block {
    is_heading: bool,
    is_bold: bool,
    is_subtle: bool,
    color: String,
    text: String,
    facts: Vec<(String, String)>,
}

/// The page for a message of a workflow. `title` names the page, `sent` is the time beside the sender's name.
pub fn teams(message: &Value, title: &str, sent: &str, _theme: &Theme) -> Result<String, minijinja::Error> {
    let body = message["attachments"][0]["content"]["body"].as_array();
    let blocks = body.into_iter().flatten().map(block).collect();
    page("teams.html", include_str!("picture.html"), Context { title, sent, blocks })
}

fn block(element: &Value) -> Block {
    let text = |value: &Value| value.as_str().unwrap_or_default().replace('\u{2060}', "");
    let facts = element["facts"].as_array().into_iter().flatten();
    Block {
        is_heading: element["style"] == "heading",
        is_bold: element["weight"] == "Bolder",
        is_subtle: element["isSubtle"] == true,
        color: element["color"].as_str().unwrap_or("Default").to_lowercase(),
        text: text(&element["text"]),
        facts: facts.map(|fact| (text(&fact["title"]), text(&fact["value"]))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::posts::teams::POST;
    use crate::report::sample;

    #[test]
    fn the_page_asks_for_nothing_and_every_figure_is_on_it() {
        let document = sample::document();
        let page = teams(&(POST.render)(&document), "Sample", "08:00", &Theme::default()).expect("a page");
        assert!(page.contains("default-src 'none'"));
        for word in ["src=", "url(", "@import", "<link", "<script"] {
            assert!(!page.contains(word), "{word}");
        }
        let headline = document.figures().into_iter().filter(|(path, _)| path.starts_with("headline/"));
        let shown = page.replace("&#x2f;", "/");
        for (path, figure) in headline {
            assert!(shown.contains(&figure.text), "{path}: {:?}", figure.text);
        }
    }

    #[test]
    fn hostile_names_stay_text() {
        let hostile = "</title><script>alert(1)</script>";
        let mut document = sample::document();
        document.workspace_name = hostile.to_owned();
        let page = teams(&(POST.render)(&document), hostile, hostile, &Theme::default()).expect("a page");
        assert!(!page.contains("<script") && page.contains("&lt;script&gt;"), "{page}");
    }
}
