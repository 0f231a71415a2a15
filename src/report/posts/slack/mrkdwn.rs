//! Slack's markup as HTML, roughly: bold, italic, struck, code, quotes, links, mentions, a few emoji.
//! Whatever comes in, only elements named here come out.
//!
//! The rules are Slack's: <https://docs.slack.dev/messaging/formatting-message-text>.

use std::fmt::Write;

const FENCE: &str = "```";
/// Marks inside marks are read so deep; no sensible message goes further.
const DEPTH: usize = 4;

/// Emoji that reports and alerts use; others are shown by name.
const EMOJI: [(&str, &str); 12] = [
    ("warning", "⚠️"),
    ("white_check_mark", "✅"),
    ("x", "❌"),
    ("rotating_light", "🚨"),
    ("chart_with_upwards_trend", "📈"),
    ("chart_with_downwards_trend", "📉"),
    ("information_source", "ℹ️"),
    ("bell", "🔔"),
    ("red_circle", "🔴"),
    ("large_yellow_circle", "🟡"),
    ("large_green_circle", "🟢"),
    ("eyes", "👀"),
];

/// A `mrkdwn` text as HTML.
pub fn html(text: &str) -> String {
    let mut out = String::new();
    for (number, part) in text.split(FENCE).enumerate() {
        // Between an odd and an even fence is code; a last fence without its partner is text.
        let is_code = number % 2 == 1 && number < text.matches(FENCE).count();
        if is_code {
            let _ = write!(out, "<pre>{}</pre>", entities(part.trim_matches('\n')));
        } else {
            let fence = if number % 2 == 1 { FENCE } else { "" };
            lines(&mut out, &format!("{fence}{part}"));
        }
    }
    out
}

/// A `plain_text`, in which only emoji mean something.
pub fn plain(text: &str, has_emoji: bool) -> String {
    let escaped = escape(text);
    if !has_emoji {
        return escaped;
    }
    EMOJI.iter().fold(escaped, |text, (name, sign)| text.replace(&format!(":{name}:"), sign))
}

fn lines(out: &mut String, text: &str) {
    let mut after_line = false;
    for line in text.split('\n') {
        let quoted = line.strip_prefix("&gt;").or_else(|| line.strip_prefix('>'));
        // A quote is a block of its own: a break before or after it would show as an empty line.
        if after_line && quoted.is_none() {
            out.push_str("<br>");
        }
        after_line = quoted.is_none();
        match quoted {
            Some(rest) => {
                let _ = write!(out, "<span class=\"quote\">{}</span>", spans(rest.trim_start(), DEPTH));
            }
            None => out.push_str(&spans(line, DEPTH)),
        }
    }
}

/// One line, or what stands between two marks.
fn spans(text: &str, depth: usize) -> String {
    let mut out = String::new();
    let (mut rest, mut before) = (text, None);
    while let Some(sign) = rest.chars().next() {
        let taken = match sign {
            '<' => bracket(rest),
            ':' => emoji(rest),
            '&' => entity(rest).map(|entity| (entity.to_owned(), entity.len())),
            '`' => {
                closed(rest, before, sign).map(|inner| (format!("<code>{}</code>", entities(inner)), inner.len() + 2))
            }
            '*' | '_' | '~' if depth > 0 => closed(rest, before, sign).map(|inner| {
                let element = match sign {
                    '*' => "b",
                    '_' => "i",
                    _ => "s",
                };
                (format!("<{element}>{}</{element}>", spans(inner, depth - 1)), inner.len() + 2)
            }),
            _ => None,
        };
        let (html, length) = taken.unwrap_or_else(|| (escape(&sign.to_string()), sign.len_utf8()));
        out.push_str(&html);
        before = rest[..length].chars().next_back();
        rest = &rest[length..];
    }
    out
}

/// What a mark at the start of `rest` encloses: it opens after a gap and closes before one.
fn closed(rest: &str, before: Option<char>, sign: char) -> Option<&str> {
    if !before.is_none_or(is_gap) {
        return None;
    }
    let inner = &rest[sign.len_utf8()..];
    if inner.starts_with(|next: char| next.is_whitespace() || next == sign) {
        return None;
    }
    let ends = inner.match_indices(sign).find(|(at, _)| {
        let (last, next) = (inner[..*at].chars().next_back(), inner[at + 1..].chars().next());
        last.is_some_and(|last| !last.is_whitespace() && last != '\u{2060}') && next.is_none_or(is_gap)
    });
    ends.map(|(at, _)| &inner[..at])
}

/// Whether a mark beside this character may begin or end: a word joiner, letters and digits forbid it.
fn is_gap(c: char) -> bool {
    !(c.is_alphanumeric() || c == '\u{2060}')
}

/// `<https://…|label>`, `<@U…>`, `<#C…|name>`, `<!here>` at the start of `rest`, and its length.
fn bracket(rest: &str) -> Option<(String, usize)> {
    let inner = &rest[1..rest.find('>')?];
    let (target, label) = inner.split_once('|').unwrap_or((inner, ""));
    let said = |alone: &str| entities(if label.is_empty() { alone } else { label });
    let html = match target.chars().next()? {
        '@' | '#' => format!("<span class=\"ping\">{}{}</span>", &target[..1], said(&target[1..])),
        '!' => format!("<span class=\"ping\">@{}</span>", said(&target[1..])),
        _ if ["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)) => {
            let shown = said(target.strip_prefix("mailto:").unwrap_or(target));
            format!("<a href=\"{}\" rel=\"noreferrer\" target=\"_blank\">{shown}</a>", entities(target))
        }
        _ => return None,
    };
    Some((html, inner.len() + 2))
}

fn emoji(rest: &str) -> Option<(String, usize)> {
    let name = rest[1..].split(':').next()?;
    let (_, sign) = EMOJI.iter().find(|(known, _)| *known == name && rest[1 + name.len()..].starts_with(':'))?;
    Some(((*sign).to_owned(), name.len() + 2))
}

/// One of the three entities that Slack reads.
fn entity(rest: &str) -> Option<&'static str> {
    ["&amp;", "&lt;", "&gt;"].into_iter().find(|entity| rest.starts_with(entity))
}

/// Text without marks, in which Slack's entities stay what they are.
fn entities(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        match entity(rest) {
            Some(entity) => {
                out.push_str(entity);
                rest = &rest[entity.len()..];
            }
            None => {
                out.push_str(&escape(&sign.to_string()));
                rest = &rest[sign.len_utf8()..];
            }
        }
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn marks_read_as_slack_reads_them() {
        for (text, expected) in [
            ("*bold* _slanted_ ~gone~ `a*b*c`", "<b>bold</b> <i>slanted</i> <s>gone</s> <code>a*b*c</code>"),
            ("*_both_*, (*in brackets*)", "<b><i>both</i></b>, (<b>in brackets</b>)"),
            ("paid_search_terms 3*4*5 * no * ** *open", "paid_search_terms 3*4*5 * no * ** *open"),
            ("a\nb", "a<br>b"),
            ("a\n&gt; quoted\nb", "a<span class=\"quote\">quoted</span>b"),
            ("x ```let *a* = &lt;1&gt;;``` y ```z", "x <pre>let *a* = &lt;1&gt;;</pre> y ```z"),
            (":warning: :no_such_sign: 10:30:00", "⚠️ :no_such_sign: 10:30:00"),
            ("&lt;b&gt; &amp; &quot;", "&lt;b&gt; &amp; &amp;quot;"),
            (
                "<!here> <@U1> <#C1|sales>",
                concat!(
                    "<span class=\"ping\">@here</span> <span class=\"ping\">@U1</span> ",
                    "<span class=\"ping\">#sales</span>"
                ),
            ),
            (
                "<https://e.example/?a=1&amp;b=2|the *page*>",
                concat!(
                    "<a href=\"https://e.example/?a=1&amp;b=2\" rel=\"noreferrer\" target=\"_blank\">",
                    "the *page*</a>"
                ),
            ),
        ] {
            assert_eq!(html(text), expected, "{text}");
        }
    }

    #[test]
    fn a_word_joiner_keeps_a_sign_from_being_a_mark() {
        let name = "\u{2060}*VIP\u{2060}* \u{2060}_x\u{2060}_";
        assert_eq!(html(&format!("*{name}*: 3")), format!("<b>{name}</b>: 3"));
    }

    #[test]
    fn a_link_leads_to_the_web_or_a_mailbox_and_nowhere_else() {
        for text in ["<javascript:alert(1)|click>", "<data:text/html,x>", "<file:///etc/passwd>", "<>", "<|>", "< x>"] {
            assert!(!html(text).contains('<'), "{}", html(text));
        }
        let hostile = html("<https://e.example/\" onclick=\"x|<b>>");
        assert!(hostile.starts_with("<a href=\"https://e.example/&quot; onclick=&quot;x\" rel="), "{hostile}");
    }

    #[test]
    fn plain_text_has_emoji_and_nothing_else() {
        assert_eq!(plain("*a* <b> :x:", true), "*a* &lt;b&gt; ❌");
        assert_eq!(plain(":x:", false), ":x:");
    }

    proptest! {
        #[test]
        fn nothing_that_comes_in_becomes_an_element_of_its_own(
            text in "([a-c<>&\"'*_~`|:!@#/ \u{2060}\u{e9}\n]|https://|javascript:|&lt;|```|<script>|on=){0,40}"
        ) {
            let mut left = html(&text);
            let link = regex::Regex::new("<a href=\"(https?://|mailto:)[^\"<>]*\" rel=\"noreferrer\" target=\"_blank\">").expect("a pattern");
            left = link.replace_all(&left, "").into_owned();
            for ours in ["b", "i", "s", "code", "pre", "span", "a", "br", "span class=\"quote\"", "span class=\"ping\""] {
                left = left.replace(&format!("<{ours}>"), "").replace(&format!("</{ours}>"), "");
            }
            prop_assert!(!left.contains(['<', '>', '"', '\'']), "{} of {:?}", left, text);
        }
    }
}
