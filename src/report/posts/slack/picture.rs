//! A Slack message as a page: roughly what a channel shows, in light and dark, without any request.
//!
//! Measures and colours follow Slack's own client; blocks are <https://docs.slack.dev/reference/block-kit/blocks/>.

use super::mrkdwn;
use crate::report::look::Theme;
use crate::report::preview::page;
use serde::Serialize;
use serde_json::Value;

/// What a block shows; every text is HTML already.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Picture {
    Header {
        html: String,
    },
    Section {
        html: String,
        fields: Vec<String>,
    },
    Context {
        elements: Vec<String>,
    },
    Divider,
    /// Slack may know it; we do not draw it.
    Other {
        name: String,
    },
}

#[derive(Serialize)]
struct Context<'a> {
    title: &'a str,
    sent: &'a str,
    theme: &'a Theme,
    fallback: String,
    blocks: Vec<Picture>,
}

/// The page for the body of a webhook call: `text`, and `blocks` if there are any. `title` names the
/// page, `sent` is the time beside the sender's name, whose picture has the accent of `theme`.
pub fn slack(message: &Value, title: &str, sent: &str, theme: &Theme) -> Result<String, minijinja::Error> {
    let context = Context {
        title,
        sent,
        theme,
        fallback: mrkdwn::html(message["text"].as_str().unwrap_or_default()),
        blocks: blocks(message),
    };
    page("slack.html", include_str!("picture.html"), context)
}

/// The message's blocks, and below a line those of its thread.
fn blocks(message: &Value) -> Vec<Picture> {
    let of = |key: &str| message[key].as_array().into_iter().flatten().map(picture);
    let thread: Vec<Picture> = of(super::THREAD).collect();
    let line = (!thread.is_empty()).then_some(Picture::Divider);
    of("blocks").chain(line).chain(thread).collect()
}

fn picture(block: &Value) -> Picture {
    let list = |key: &str| block[key].as_array().into_iter().flatten().map(text).collect();
    match block["type"].as_str().unwrap_or_default() {
        "header" => Picture::Header { html: text(&block["text"]) },
        "section" => Picture::Section { html: text(&block["text"]), fields: list("fields") },
        "context" => Picture::Context { elements: list("elements") },
        "divider" => Picture::Divider,
        other => Picture::Other { name: other.to_owned() },
    }
}

/// A text object. Images are not fetched: their words stand for them.
fn text(object: &Value) -> String {
    let content = object["text"].as_str().unwrap_or_default();
    match object["type"].as_str().unwrap_or_default() {
        "mrkdwn" => mrkdwn::html(content),
        "image" => mrkdwn::plain(object["alt_text"].as_str().unwrap_or_default(), false),
        _ => mrkdwn::plain(content, object["emoji"].as_bool().unwrap_or(true)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::posts::slack::render;
    use crate::report::sample;
    use serde_json::json;

    #[test]
    fn the_sample_looks_as_agreed() {
        let page = slack(&render(&sample::document()), "Sample", "08:00", &Theme::default()).expect("a page");
        let body = page.split_once("<body>").expect("a body").1;
        insta::assert_snapshot!(body);
    }

    #[test]
    fn hostile_names_stay_text() {
        let hostile = "</title><script>alert(1)</script><img src=x onerror=alert(1)>";
        let message = json!({ "text": hostile, "blocks": [
            { "type": "header", "text": { "type": "plain_text", "text": hostile } },
            { "type": "section", "text": { "type": "mrkdwn", "text": hostile },
              "fields": [{ "type": "mrkdwn", "text": hostile }] },
            { "type": "context", "elements": [{ "type": "image", "image_url": "https://e.example/x", "alt_text": hostile }] },
            { "type": hostile }, { "type": "divider" }, {}, "x", null,
        ] });
        let page = slack(&message, hostile, hostile, &Theme::default()).expect("a page");
        for ours in ["<script", "<img", "e.example", "</title><"] {
            assert!(!page.contains(ours), "{ours}: {page}");
        }
        assert_eq!(page.matches("&lt;script&gt;alert(1)").count(), 8, "{page}");
    }

    #[test]
    fn the_page_asks_for_nothing_and_every_figure_is_on_it() {
        let document = sample::document();
        let page = slack(&render(&document), "Sample", "08:00", &Theme::default()).expect("a page");
        assert!(page.contains("default-src 'none'"));
        for word in ["src=", "url(", "@import", "<link", "<script"] {
            assert!(!page.contains(word), "{word}");
        }
        let headline = document.figures().into_iter().filter(|(path, _)| path.starts_with("headline/"));
        assert!(headline.into_iter().all(|(_, figure)| page.contains(&figure.text)));
    }
}
