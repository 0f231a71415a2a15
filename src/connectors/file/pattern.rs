//! Which files of a folder belong together: a pattern over their names, such as `plan_{series}_v*.xlsx`. Pure.

use std::fmt;

/// No pattern has more places where anything may stand.
const MOST_PLACES: usize = 4;

/// `*` stands for any signs, `?` for one sign, and `{series}` for signs that distinguish series of versions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Text(String),
    One,
    Any,
    Series,
}

impl Pattern {
    /// Every name.
    pub fn all() -> Self {
        Self { text: "*".to_owned(), parts: vec![Part::Any] }
    }

    /// Names that begin so.
    pub fn beginning(prefix: &str) -> Self {
        let parts = vec![Part::Text(prefix.to_owned()), Part::Any];
        Self { text: format!("{prefix}*"), parts }
    }

    /// Reads a pattern; says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.contains(['/', '\\']) || text.starts_with('.') {
            return Err(format!("{text:?} is the name of no file in the folder"));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(sign) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("{series}") {
                parts.push(Part::Series);
                rest = after;
                continue;
            }
            rest = &rest[sign.len_utf8()..];
            match (sign, parts.last_mut()) {
                ('{' | '}', _) => return Err(format!("{text:?} has a brace that is not part of {{series}}")),
                ('*', _) => parts.push(Part::Any),
                ('?', _) => parts.push(Part::One),
                (letter, Some(Part::Text(last))) => last.push(letter),
                (letter, _) => parts.push(Part::Text(letter.to_string())),
            }
        }
        let count = |wanted: &Part| parts.iter().filter(|part| *part == wanted).count();
        if count(&Part::Series) > 1 {
            return Err(format!("{text:?} has {{series}} twice"));
        }
        if count(&Part::Any) + count(&Part::Series) > MOST_PLACES {
            return Err(format!("{text:?} has more than {MOST_PLACES} places where anything may stand"));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// What stands in the place of `{series}`, empty where the pattern has none; `None` for another name.
    pub fn series<'n>(&self, name: &'n str) -> Option<&'n str> {
        fit(&self.parts, name)
    }

    pub fn fits(&self, name: &str) -> bool {
        self.series(name).is_some()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn fit<'n>(parts: &[Part], name: &'n str) -> Option<&'n str> {
    let Some((part, others)) = parts.split_first() else { return name.is_empty().then_some("") };
    let ends = || name.char_indices().map(|(at, _)| at).chain([name.len()]);
    match part {
        Part::Text(text) => fit(others, name.strip_prefix(text.as_str())?),
        Part::One => fit(others, &name[name.chars().next()?.len_utf8()..]),
        Part::Any => ends().find_map(|end| fit(others, &name[end..])),
        // As much as fits, so that `{series}_v*` takes `a_v1` of `a_v1_v2`.
        Part::Series => {
            let all: Vec<usize> = ends().filter(|end| *end > 0).collect();
            all.into_iter().rev().find(|end| fit(others, &name[*end..]).is_some()).map(|end| &name[..end])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_and_show_their_series() {
        let of = |pattern: &str, name: &str| Pattern::new(pattern).expect("a pattern").series(name).map(str::to_owned);
        assert_eq!(of("plan_{series}_v*.xlsx", "plan_europe_v12.xlsx").as_deref(), Some("europe"));
        assert_eq!(of("{series} (?).csv", "orders (1).csv").as_deref(), Some("orders"));
        assert_eq!(of("plan*.csv", "plan.csv").as_deref(), Some(""));
        assert_eq!(of("plan*.csv", "Plan.csv"), None);
        assert_eq!(of("{series}.csv", ".csv"), None);
        assert_eq!(of("übersicht?.csv", "übersicht€.csv").as_deref(), Some(""));
        assert!(Pattern::beginning("fx").fits("fx_2026.csv") && !Pattern::beginning("fx").fits("budget.csv"));
        assert!(Pattern::all().fits("anything at all"));
    }

    #[test]
    fn a_pattern_that_says_nothing_is_refused() {
        for wrong in ["", "a/b*.csv", ".hidden*", "{serie}*.csv", "{series}{series}", "*a*b*c*d*e"] {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn long_names_and_many_places_end() {
        let pattern = Pattern::new("*a*a*a*b").expect("a pattern");
        assert!(!pattern.fits(&"a".repeat(250)));
    }
}
