//! Where people work: a country or one of its subdivisions, written `DE` or `DE-BY`.

use super::country::{Country, CountryError};
use super::shipped;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A country that Daybook knows the holidays of, or a subdivision of it.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Region {
    country: &'static Country,
    subdivision: Option<&'static str>,
}

/// Why a text names no region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegionError {
    UnknownCountry {
        code: String,
        known: Known,
    },
    UnknownSubdivision {
        country: &'static str,
        code: String,
        known: Known,
    },
    /// The shipped file of the country cannot be read.
    Unreadable {
        country: String,
        error: CountryError,
    },
}

/// What could have been meant, each like `BY (Bavaria)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Those that resemble what was written, nearest first.
    Near(Vec<String>),
    /// All there are, as none resembles it; may be empty.
    All(Vec<String>),
}

impl Region {
    /// The region of a code such as `DE`, `US-NY` or `DE-BY`; case does not matter.
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        let text = text.trim();
        let (code, subdivision) = text.split_once('-').map_or((text, None), |(code, rest)| (code, Some(rest)));
        let country = match Country::shipped(code) {
            Some(Ok(country)) => country,
            Some(Err(error)) => return Err(RegionError::Unreadable { country: code.to_owned(), error }),
            None => return Err(RegionError::UnknownCountry { code: code.to_owned(), known: near_countries(code) }),
        };
        let Some(wanted) = subdivision else { return Ok(Self { country, subdivision: None }) };
        match country.subdivisions.keys().find(|known| same(known, wanted)) {
            Some(known) => Ok(Self { country, subdivision: Some(known) }),
            None => {
                let named = country.subdivisions.iter().map(|(code, name)| (code.as_str(), name.as_str()));
                let known = nearest(wanted, &named.collect::<Vec<_>>());
                Err(RegionError::UnknownSubdivision { country: &country.code, code: wanted.to_owned(), known })
            }
        }
    }

    /// Every region: each country, then its subdivisions. Countries whose file cannot be read are left out.
    pub fn all() -> Vec<Self> {
        let with_subdivisions = shipped::countries().flat_map(|country| {
            let subdivisions = country.subdivisions.keys().map(|code| Some(code.as_str()));
            std::iter::once(None).chain(subdivisions).map(move |subdivision| Self { country, subdivision })
        });
        with_subdivisions.collect()
    }

    pub fn country(&self) -> &'static Country {
        self.country
    }

    /// The code after the country's, such as `BY`.
    pub fn subdivision(&self) -> Option<&'static str> {
        self.subdivision
    }

    /// In English, such as `Bavaria, Germany`.
    pub fn name(&self) -> String {
        let name = self.subdivision.and_then(|code| self.country.subdivisions.get(code));
        name.map_or_else(|| self.country.name.clone(), |name| format!("{name}, {}", self.country.name))
    }

    fn codes(&self) -> (&'static str, Option<&'static str>) {
        (&self.country.code, self.subdivision)
    }
}

fn near_countries(code: &str) -> Known {
    // What people write for a country whose code is another.
    let by_habit = [("UK", "GB"), ("EL", "GR"), ("USA", "US")];
    let code = by_habit.iter().find(|(habit, _)| same(habit, code)).map_or(code, |(_, known)| known);
    let named = shipped::countries().map(|country| (country.code.as_str(), country.name.as_str()));
    nearest(code, &named.collect::<Vec<_>>())
}

fn nearest(wanted: &str, known: &[(&str, &str)]) -> Known {
    let shown =
        |(code, name): &(&str, &str)| if code == name { (*code).to_owned() } else { format!("{code} ({name})") };
    // A text as long as a page is no slip, and comparing it would take long.
    let compared = if wanted.len() > 100 { &[] } else { known };
    let mut near: Vec<_> = compared.iter().filter_map(|one| Some((slips(wanted, one)?, one))).collect();
    near.sort();
    if near.is_empty() {
        Known::All(known.iter().map(shown).collect())
    } else {
        Known::Near(near.iter().take(5).map(|(_, one)| shown(one)).collect())
    }
}

/// By how many letters what was written differs from a code or its name; `None` if by too many.
fn slips(wanted: &str, (code, name): &(&str, &str)) -> Option<usize> {
    let (wanted, code, name) = (wanted.to_lowercase(), code.to_lowercase(), name.to_lowercase());
    if wanted == code || wanted == name {
        return Some(0);
    }
    let is_long = wanted.chars().count() > 3;
    if is_long && name.contains(&wanted) {
        return Some(1);
    }
    let by = edits(&wanted, &code).min(edits(&wanted, &name));
    (is_long && by <= wanted.chars().count() / 3).then_some(by)
}

/// How many letters must be put in, taken out or changed to come from one word to the other (Levenshtein).
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (place, other) in to.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[to.len()]
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

impl fmt::Display for Region {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.codes() {
            (country, Some(subdivision)) => write!(out, "{country}-{subdivision}"),
            (country, None) => out.write_str(country),
        }
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Region({self})")
    }
}

impl PartialEq for Region {
    fn eq(&self, other: &Self) -> bool {
        self.codes() == other.codes()
    }
}

impl Eq for Region {}

impl PartialOrd for Region {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Region {
    fn cmp(&self, other: &Self) -> Ordering {
        self.codes().cmp(&other.codes())
    }
}

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(text: &str) -> Result<Self, RegionError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Region {
    type Error = RegionError;

    fn try_from(text: String) -> Result<Self, RegionError> {
        Self::parse(&text)
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.to_string()
    }
}

impl fmt::Display for RegionError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCountry { code, known } => write!(out, "no holidays are known for {code:?}; {known}"),
            Self::UnknownSubdivision { country, code, known: Known::All(all) } if all.is_empty() => {
                write!(out, "{country} has no subdivision {code:?}; write {country} alone")
            }
            Self::UnknownSubdivision { country, code, known } => {
                write!(out, "{country} has no subdivision {code:?}; {known}")
            }
            Self::Unreadable { country, error } => write!(out, "the holidays of {country} cannot be read: {error}"),
        }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Near(near) => write!(out, "did you mean {}?", near.join(", ")),
            Self::All(all) => write!(out, "known: {}", all.join(", ")),
        }
    }
}

impl std::error::Error for RegionError {}
