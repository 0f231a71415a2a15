//! A mail made smaller for a server that takes no more: parts are left out in a fixed order, and text and
//! HTML say which. Works on mails as `assemble` writes them; others have nothing to leave out. Pure.

use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A mail with something left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smaller {
    pub raw: Vec<u8>,
    /// Names of files, and `pictures of charts`.
    pub left_out: Vec<String>,
}

/// What is left out first: what the others carry as well. The PDF is what people open, and without its
/// charts the mail itself is poor.
const ORDER: [&str; 4] = ["html", "csv", "xlsx", "pdf"];
const PICTURES: &str = "pictures of charts";
/// Long enough for any sentence, short enough for a line of text in quoted-printable.
const SENTENCE_WIDTH: usize = 72;

static IMAGE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"<img\b[^>]*\bsrc="cid:[^>]*>"#).ok());
static ALT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"\balt="([^"]*)""#).ok());
static BODY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)<body\b[^>]*>").ok());

/// The mail with less and less in it, each smaller than the one before. `limit` says in words what the
/// server takes, e.g. `10.0 MB`.
pub fn smaller(raw: &[u8], limit: Option<&str>) -> Vec<Smaller> {
    let Some(mixed) = Multipart::of(raw, 0..raw.len()).filter(|top| top.kind == "mixed") else {
        return without_pictures(raw, limit).into_iter().collect();
    };
    let mut kept: Vec<Range<usize>> = mixed.parts.clone();
    let (mut left_out, mut steps): (Vec<String>, Vec<Smaller>) = Default::default();
    for ending in ORDER {
        // The first part is the mail itself.
        let (out, stay): (Vec<_>, Vec<_>) = kept.iter().cloned().enumerate().partition(|(index, part)| {
            *index > 0 && file_name(raw, part).is_some_and(|name| has_ending(&name, ending))
        });
        if out.is_empty() {
            continue;
        }
        left_out.extend(out.iter().filter_map(|(_, part)| file_name(raw, part)));
        kept = stay.into_iter().map(|(_, part)| part).collect();
        steps.push(Smaller { raw: told(&mixed.with(raw, &kept), &left_out, limit), left_out: left_out.clone() });
    }
    let bare = mixed.with(raw, &kept);
    if let Some(poor) = dropped_pictures(&bare) {
        left_out.push(PICTURES.to_owned());
        steps.push(Smaller { raw: told(&poor, &left_out, limit), left_out });
    }
    steps.retain(|step| step.raw.len() < raw.len());
    steps
}

fn without_pictures(raw: &[u8], limit: Option<&str>) -> Option<Smaller> {
    let left_out = vec![PICTURES.to_owned()];
    let raw = told(&dropped_pictures(raw)?, &left_out, limit);
    Some(Smaller { raw, left_out })
}

fn has_ending(name: &str, ending: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, own)| own.eq_ignore_ascii_case(ending))
}

/// A multipart within a mail, in byte ranges of it.
struct Multipart {
    kind: String,
    boundary: String,
    /// Each part from its headers up to the line end before the next border.
    parts: Vec<Range<usize>>,
    /// The whole, its headers included.
    whole: Range<usize>,
}

impl Multipart {
    fn of(raw: &[u8], whole: Range<usize>) -> Option<Self> {
        let own = raw.get(whole.clone())?;
        let head = find(own, b"\r\n\r\n")? + 4;
        let kind = header(&own[..head], "content-type")?;
        let subtype = kind.strip_prefix("multipart/")?.split(';').next()?.trim().to_owned();
        let boundary = kind.split("boundary=\"").nth(1)?.split('"').next()?.to_owned();
        let border = format!("--{boundary}").into_bytes();
        let mut starts: Vec<usize> = Vec::new();
        let mut at = head;
        while let Some(found) = find(&own[at..], &border).map(|found| found + at) {
            starts.push(found);
            at = found + border.len();
        }
        let parts = starts.windows(2).map(|pair| {
            let (from, to) = (whole.start + pair[0] + border.len() + 2, whole.start + pair[1]);
            from..to.max(from)
        });
        Some(Self { kind: subtype, boundary, parts: parts.collect(), whole: whole.clone() })
            .filter(|found| !found.parts.is_empty())
    }

    /// The whole mail with only some of the parts.
    fn with(&self, raw: &[u8], kept: &[Range<usize>]) -> Vec<u8> {
        let begin = self.parts.first().map_or(self.whole.end, |first| first.start);
        let border = format!("--{}", self.boundary);
        let mut out = raw[..begin].to_vec();
        for (index, part) in kept.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(format!("{border}\r\n").as_bytes());
            }
            out.extend_from_slice(&raw[part.clone()]);
        }
        let end = self.parts.last().map_or(self.whole.end, |last| last.end);
        out.extend_from_slice(&raw[end..]);
        out
    }
}

/// Leaves out the pictures of `related`; where they stood in the HTML, their text stands.
fn dropped_pictures(raw: &[u8]) -> Option<Vec<u8>> {
    let related = descend(raw, "related")?;
    let first = related.parts.first()?.clone();
    let out = (related.parts.len() > 1).then(|| related.with(raw, &[first]))?;
    Some(changed(&out, "text/html", |html| match (IMAGE.as_ref(), ALT.as_ref()) {
        (Some(image), Some(alt)) => image
            .replace_all(html, |found: &regex::Captures<'_>| {
                alt.captures(&found[0])
                    .and_then(|text| text.get(1))
                    .map_or(String::new(), |text| format!("<em>{}</em>", text.as_str()))
            })
            .into_owned(),
        _ => html.to_owned(),
    }))
}

/// The multipart of a kind, at the top or as the first part of the one above.
fn descend(raw: &[u8], kind: &str) -> Option<Multipart> {
    let mut at = Multipart::of(raw, 0..raw.len())?;
    while at.kind != kind {
        at = Multipart::of(raw, at.parts.first()?.clone())?;
    }
    Some(at)
}

/// Text and HTML say at their top what is missing.
fn told(raw: &[u8], left_out: &[String], limit: Option<&str>) -> Vec<u8> {
    let size = limit.map_or("no mail of this size".to_owned(), |limit| format!("mails up to {limit}"));
    let sentence = format!(
        "Left out of this mail, because the mail server takes {size}: {}. The sender keeps them with the report: answer this mail to get them another way.",
        left_out.join(", ")
    );
    let text = changed(raw, "text/plain", |text| format!("{}\r\n\r\n{text}", folded(&sentence)));
    changed(&text, "text/html", |html| {
        let note = format!(
            "<p style=\"margin:12px;padding:8px;border:1px solid #999999;font-family:sans-serif;font-size:14px\">{}</p>",
            sentence.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
        );
        match BODY.as_ref().and_then(|body| body.find(html)) {
            Some(tag) => format!("{}{note}{}", &html[..tag.end()], &html[tag.end()..]),
            None => format!("{note}{html}"),
        }
    })
}

fn folded(sentence: &str) -> String {
    let (mut text, mut width) = (String::new(), 0);
    for word in sentence.split(' ') {
        let fits = width + word.chars().count() < SENTENCE_WIDTH;
        text.push_str(if text.is_empty() {
            ""
        } else if fits {
            " "
        } else {
            "\r\n"
        });
        width = if fits { width + 1 } else { 0 } + word.chars().count();
        text.push_str(word);
    }
    text
}

/// One part of `alternative` with its words changed; the mail as it was if it cannot be read.
fn changed(raw: &[u8], media_type: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let new = || {
        let alternative = descend(raw, "alternative")?;
        let part = alternative.parts.iter().find(|part| {
            header(&raw[(*part).clone()], "content-type").is_some_and(|kind| kind.starts_with(media_type))
        })?;
        let own = &raw[part.clone()];
        let head = find(own, b"\r\n\r\n")? + 4;
        header(&own[..head], "content-transfer-encoding").filter(|encoding| encoding == "quoted-printable")?;
        let words = quoted_printable::decode(&own[head..], quoted_printable::ParseMode::Robust).ok()?;
        let words = String::from_utf8(words).ok()?;
        let encoded = quoted_printable::encode(change(words.strip_suffix("\r\n").unwrap_or(&words)));
        Some([&raw[..part.start + head], &encoded, b"\r\n", &raw[part.end..]].concat())
    };
    new().unwrap_or_else(|| raw.to_vec())
}

/// A header's value on one line, its first word in lower case.
fn header(part: &[u8], name: &str) -> Option<String> {
    let head = &part[..find(part, b"\r\n\r\n").unwrap_or(part.len())];
    let text = String::from_utf8_lossy(head).replace("\r\n ", " ").replace("\r\n\t", " ");
    let line = text
        .split("\r\n")
        .find(|line| line.split(':').next().is_some_and(|own| own.trim().eq_ignore_ascii_case(name)))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The name of an attachment.
fn file_name(raw: &[u8], part: &Range<usize>) -> Option<String> {
    let own = raw.get(part.clone())?;
    header(own, "content-disposition").filter(|kind| kind.starts_with("attachment"))?;
    Some(header(own, "content-type")?.split(" name=\"").nth(1)?.split('"').next()?.to_owned())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, wanted)
}

#[cfg(test)]
mod tests;
