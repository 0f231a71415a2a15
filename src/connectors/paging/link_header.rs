//! The next URL in the header `Link`.

use super::kind::PageKind;
use super::scan::{Found, Lookup};
use super::text;
use super::walk::Walk;
use crate::connectors::error::ConnectorError;
use crate::settings::Section;

/// The header `Link` names the next URL as `rel="next"` (RFC 8288; same host only); its absence ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkHeader;

impl LinkHeader {
    pub const WORD: &str = "link_header";
    pub const ABOUT: &str =
        "The header `Link` names the next URL as `rel=\"next\"` (RFC 8288; same host only); its absence ends.";
    pub const HAS_LIMIT: bool = false;

    pub fn read(_: &mut Section<'_>) -> Self {
        Self
    }
}

impl PageKind for LinkHeader {
    fn lookups(&self) -> Vec<Lookup> {
        vec![Lookup::header("link")]
    }

    fn advance(&self, walk: &mut Walk, found: &[Found]) -> Result<bool, ConnectorError> {
        let Some(url) = text(found, 0).and_then(|header| next(&header)) else { return Ok(false) };
        walk.once(&url)?;
        walk.cursor.url = Some(url);
        Ok(true)
    }
}

/// The target of the first link whose relations hold `next`.
fn next(header: &str) -> Option<String> {
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let (target, after) = rest[start + 1..].split_once('>')?;
        let (is_next, after) = parameters(after);
        if is_next {
            return Some(target.trim().to_owned());
        }
        rest = after;
    }
    None
}

/// Reads the parameters of one link up to the comma that ends it: whether the first `rel` holds `next`, and
/// what comes behind.
fn parameters(text: &str) -> (bool, &str) {
    let (mut is_quoted, mut is_escaped, mut end) = (false, false, text.len());
    let mut starts = vec![0];
    for (at, sign) in text.char_indices() {
        match sign {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ';' if !is_quoted => starts.push(at + 1),
            ',' if !is_quoted => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    starts.push(end + 1);
    let parts = starts.windows(2).filter_map(|pair| text.get(pair[0]..(pair[1] - 1).max(pair[0])));
    let relations =
        parts.filter_map(|part| part.split_once('=')).find(|(name, _)| name.trim().eq_ignore_ascii_case("rel"));
    let is_next = relations.is_some_and(|(_, value)| {
        value.trim().trim_matches('"').split_whitespace().any(|relation| relation.eq_ignore_ascii_case("next"))
    });
    (is_next, text.get(end + 1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_wherever_it_stands() {
        let second = "https://shop.example/v1/orders?page=2";
        let cases = [
            (r#"<https://shop.example/v1/orders?page=2>; rel="next""#, Some(second)),
            (
                r#"<https://shop.example/v1/orders?page=1>; rel="prev", <https://shop.example/v1/orders?page=2>; rel="next""#,
                Some(second),
            ),
            (r#"<https://shop.example/v1/orders?page=2>;rel=next,<https://shop.example/>;rel=last"#, Some(second)),
            (r#"<https://shop.example/v1/orders?page=2>; title="a, <b>; rel=last"; REL="last Next""#, Some(second)),
            // alpha-omega-security/scrutineer#543
            (
                r#"<https://x.example/api?page=2&filters=a,b,c>; rel="next""#,
                Some("https://x.example/api?page=2&filters=a,b,c"),
            ),
            // spring-projects/spring-hateoas#2480
            (
                r#"<https://shop.example/>;rel=stylesheet;title, <https://shop.example/v1/orders?page=2>;rel="next""#,
                Some(second),
            ),
            // CodesWhat/drydock#927
            (r"<https://shop.example/v1/orders?page=2>; rel=next-page", None),
            (r#"<https://shop.example/v1/orders?page=2>; rel="last"; rel="next""#, None),
            (r#"<https://shop.example/v1/orders?page=2; rel="next""#, None),
            ("", None),
        ];
        for (header, expected) in cases {
            assert_eq!(next(header).as_deref(), expected, "{header}");
        }
    }
}
