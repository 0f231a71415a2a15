//! What is wanted of a page's headers.

use super::scan::{Found, Lookup};
use reqwest::header::HeaderMap;
use serde_json::Value;

/// Answers the lookups that ask for a header; one that comes several times counts as a list (RFC 9110, 5.3).
pub fn answer(headers: &HeaderMap, lookups: &[Lookup], found: &mut [Found]) {
    for (lookup, found) in lookups.iter().zip(found) {
        let Some(name) = lookup.header_name().filter(|name| !name.is_empty()) else { continue };
        found.value = value(headers, name).map(Value::from);
    }
}

/// A header as text.
pub fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    if values.is_empty() { None } else { Some(values.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::paging::Want;

    #[test]
    fn headers_answer_their_lookups_alone_and_several_of_a_name_are_one() {
        // PowerShell/PowerShell#5257
        let mut headers = HeaderMap::new();
        headers.append("link", "</a>; rel=\"self\"".parse().expect("a value"));
        headers.append("link", "</b>; rel=\"next\"".parse().expect("a value"));
        let lookups = [Lookup::new("/link", Want::Scalar), Lookup::header("Link"), Lookup::either(None, None)];
        let mut found = vec![Found::default(); 3];
        answer(&headers, &lookups, &mut found);
        assert_eq!(found[1].text().as_deref(), Some("</a>; rel=\"self\", </b>; rel=\"next\""));
        assert_eq!((&found[0], &found[2]), (&Found::default(), &Found::default()));
    }
}
