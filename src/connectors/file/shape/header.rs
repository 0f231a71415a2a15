//! Which row is the header, and which column bears a name. Pure.

use super::{LAST_HEADER_LINE, LONGEST_NAME, MOST_COLUMNS, Refusal, shown};
use crate::connectors::file::column::header_currency;
use std::collections::HashSet;

/// A column's name as it is compared: lower case, `_` for all that is no letter or digit.
pub fn tidy(name: &str) -> String {
    let mut tidy = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            tidy.push(letter);
        } else if !tidy.ends_with('_') {
            tidy.push('_');
        }
    }
    tidy.trim_matches('_').to_owned()
}

/// The name without the currency that it ends with: `Cost (EUR)` is a column called `Cost`.
fn bare(name: &str) -> &str {
    header_currency(name).map_or(name, |(rest, _)| rest)
}

/// Whether a column goes by a name, whatever its case, its signs, and the currency behind it.
pub fn header_matches(wanted: &str, column: &str) -> bool {
    let wanted = tidy(wanted);
    !wanted.is_empty() && (wanted == tidy(column) || wanted == tidy(bare(column)))
}

/// Two columns could be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguous {
    pub wanted: String,
    /// As written.
    pub first: String,
    pub second: String,
}

impl std::fmt::Display for Ambiguous {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (wanted, first, second) = (shown(&self.wanted), shown(&self.first), shown(&self.second));
        if first == second {
            return write!(f, "two columns are called {first:?}");
        }
        write!(f, "{wanted:?} may be the column {first:?} or {second:?}")
    }
}

impl std::error::Error for Ambiguous {}

/// The place of the column `wanted`: by its exact name first, then whatever its case and the blanks
/// around it, then tidied, then without a currency behind it. Signs count only where they distinguish columns.
pub fn find(columns: &[String], wanted: &str) -> Result<Option<usize>, Ambiguous> {
    let fold = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let signed = |name: &str| {
        fold(name).chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '.')).collect::<String>()
    };
    let rules: [&dyn Fn(&str) -> String; 5] =
        [&|name| name.to_owned(), &fold, &signed, &tidy, &|name| tidy(bare(name))];
    for (at, rule) in rules.iter().enumerate() {
        let name = if at + 1 == rules.len() { tidy(wanted) } else { rule(wanted) };
        if name.is_empty() {
            continue;
        }
        let places: Vec<usize> = (0..columns.len()).filter(|place| rule(&columns[*place]) == name).collect();
        match places.as_slice() {
            [] => {}
            [place] => return Ok(Some(*place)),
            [first, second, ..] => {
                return Err(Ambiguous {
                    wanted: wanted.to_owned(),
                    first: columns[*first].clone(),
                    second: columns[*second].clone(),
                });
            }
        }
    }
    Ok(None)
}

/// A row of a file's beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampled {
    pub line: u64,
    pub values: Vec<String>,
}

impl Sampled {
    fn is_blank(&self) -> bool {
        self.values.iter().all(|value| value.trim().is_empty())
    }

    /// Whether it may name `width` columns, some of them nameless.
    fn reaches(&self, width: usize) -> bool {
        let named = self.values.iter().filter(|value| !value.trim().is_empty()).count();
        self.width() >= width || (self.values.len() >= width && named * 2 >= width)
    }

    /// Whether all its values that are not blank may be names.
    fn is_named(&self) -> bool {
        self.values.iter().filter(|value| !value.trim().is_empty()).all(|value| is_name(value))
    }

    /// Values up to the last that is not blank.
    pub fn width(&self) -> usize {
        self.values.iter().rposition(|value| !value.trim().is_empty()).map_or(0, |last| last + 1)
    }
}

/// Whether a value may be the name of a column: no number, nor several that another sign stands between; but a
/// month may be.
pub fn is_name(value: &str) -> bool {
    let value = value.trim();
    let is_month = value.len() == 7
        && value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'/'))
        && matches!(value.find(['-', '/']), Some(2 | 4))
        && value.matches(['-', '/']).count() == 1;
    let is_numeric = |c: char| c.is_ascii_digit() || c.is_whitespace() || ".,-+%€$£;|\"'’()/:\u{2212}".contains(c);
    !value.is_empty() && (is_month || !value.chars().all(is_numeric))
}

/// The wanted names, ready to be compared.
#[derive(Debug, Default)]
pub struct Wanted {
    groups: Vec<HashSet<String>>,
    required: usize,
}

impl Wanted {
    pub fn new(groups: &[Vec<String>], required: usize) -> Self {
        let groups: Vec<HashSet<String>> = groups
            .iter()
            .map(|names| names.iter().map(|name| tidy(name)).filter(|name| !name.is_empty()).collect())
            .collect();
        let required = required.min(groups.len());
        Self { groups, required }
    }

    /// How many groups the row holds a name of, and whether it holds all that are required.
    pub fn held(&self, values: &[String]) -> (usize, bool) {
        let short = values.iter().filter(|value| value.len() <= LONGEST_NAME * 4);
        let names: HashSet<String> = short.flat_map(|value| [tidy(value), tidy(bare(value))]).collect();
        let holds = |group: &HashSet<String>| !group.is_disjoint(&names);
        let count = self.groups.iter().filter(|group| holds(group)).count();
        (count, self.required > 0 && self.groups.iter().take(self.required).all(holds))
    }
}

/// The header as found in a file's beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub line: u64,
    pub columns: Vec<String>,
    pub above: Vec<String>,
    pub holds_required: bool,
}

/// Finds the header among the first rows: the row that holds the required names (the one with most
/// wanted names, should there be several), else the row with the most wanted names if they are two
/// or more, else the first row as wide as most that looks like names.
pub fn search(rows: &[Sampled], wanted: &Wanted, stated: Option<u64>, joint: &str) -> Result<Header, Refusal> {
    let place = match stated {
        Some(line) => rows.iter().position(|row| row.line == line && !row.is_blank()).ok_or_else(|| {
            let message = format!("no row begins in line {line}, which header_line names");
            Refusal::new(Some(line), message, "write the line of the columns' names as header_line, or leave it out")
        })?,
        None => best(rows, wanted).ok_or_else(|| {
            Refusal::new(None, "the file is empty", "drop it again with a header and rows, or remove it")
        })?,
    };
    let row = &rows[place];
    let (_, holds_required) = wanted.held(&row.values);
    let below = rows[place + 1..].iter().map(Sampled::width).max().unwrap_or(0);
    let columns = columns(row, below)?;
    let above = rows[..place].iter().filter(|row| !row.is_blank()).take(50).map(|row| {
        let text = row.values[..row.width()].join(joint);
        text.trim().chars().take(500).collect()
    });
    Ok(Header { line: row.line, columns, above: above.collect(), holds_required })
}

fn best(rows: &[Sampled], wanted: &Wanted) -> Option<usize> {
    let candidates = || rows.iter().enumerate().filter(|(_, row)| row.line <= LAST_HEADER_LINE && !row.is_blank());
    let held: Vec<(usize, usize, bool)> = candidates()
        .map(|(place, row)| {
            let (count, holds_required) = wanted.held(&row.values);
            (place, count, holds_required)
        })
        .collect();
    let width = usual_width(rows);
    let most = |is_full: bool| {
        let fit = held.iter().filter(|(_, count, full)| if is_full { *full } else { *count >= 2 });
        // `Date: 2026-11-01` above a wide table has as many wanted names as its header.
        let key = |place: usize| (rows[place].width() > 1, rows[place].reaches(width));
        fit.rev().max_by_key(|(place, count, _)| (*count, key(*place))).map(|(place, _, _)| *place)
    };
    most(true)
        .or_else(|| most(false))
        .or_else(|| {
            let wide: Vec<&(usize, usize, bool)> = held.iter().filter(|(at, ..)| rows[*at].reaches(width)).collect();
            // Of a wide table the header has one wanted name; a line above it may be as wide, and a total
            // below it may be a wanted name.
            let ranks: [&dyn Fn(usize, usize) -> bool; 4] = [
                &|at, count| count > 0 && rows[at].is_named(),
                &|at, _| rows[at].is_named(),
                &|_, count| count > 0,
                &|_, _| true,
            ];
            ranks.iter().find_map(|rank| wide.iter().find(|(at, count, _)| rank(*at, *count)).map(|(at, ..)| *at))
        })
        .or_else(|| candidates().next().map(|(place, _)| place))
}

/// The number of values that most rows have, where a wide row weighs more than a narrow one: lines
/// above a header may be many.
pub fn usual_width(rows: &[Sampled]) -> usize {
    let mut counts: std::collections::BTreeMap<usize, f64> = std::collections::BTreeMap::new();
    for width in rows.iter().map(Sampled::width).filter(|width| *width > 0) {
        *counts.entry(width).or_default() += (width as f64).ln() + 0.1;
    }
    counts.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(width, _)| width)
}

/// The columns' names: nameless ones by their number; those at the end that no row has a value for are
/// dropped.
fn columns(row: &Sampled, below: usize) -> Result<Vec<String>, Refusal> {
    let count = row.width().max(below.min(row.values.len()));
    if count > MOST_COLUMNS {
        let message = format!("the header has {count} columns");
        return Err(Refusal::new(Some(row.line), message, "drop at most 500 columns"));
    }
    let values = &row.values[..count];
    if let Some(long) = values.iter().find(|value| value.chars().count() > LONGEST_NAME) {
        let message = format!("a column is called {:?}", shown(long));
        return Err(Refusal::new(Some(row.line), message, "begin the table with a line of the columns' names"));
    }
    let named = values.iter().enumerate().map(|(index, value)| match value.trim() {
        "" => format!("(column {})", index + 1),
        name => name.to_owned(),
    });
    Ok(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_exact_name_wins_over_one_that_differs_in_a_sign() {
        // F16: Bertverbeek4PS/bc2adls#302, dlt-hub/dlt#423.
        let columns = names(&["Order #", "Order", "Revenue", "Revenue %", " net value ", "Date"]);
        assert_eq!(find(&columns, "Order #"), Ok(Some(0)));
        assert_eq!(find(&columns, "order"), Ok(Some(1)));
        assert_eq!(find(&columns, "revenue%"), Ok(Some(3)));
        assert_eq!(find(&columns, "Net Value"), Ok(Some(4)));
        assert_eq!(find(&columns, "net_value"), Ok(Some(4)));
        assert_eq!(find(&columns, "spend"), Ok(None));
        assert_eq!(find(&columns, ""), Ok(None));
        assert_eq!(find(&names(&["Cost (EUR)", "Cost / conv."]), "cost"), Ok(Some(0)));
        let twice = find(&names(&["Value (EUR)", "value [eur]"]), "value_eur").expect_err("ambiguous");
        assert_eq!(twice.to_string(), "\"value_eur\" may be the column \"Value (EUR)\" or \"value [eur]\"");
        let same = find(&names(&["value", "value"]), "value").expect_err("ambiguous");
        assert_eq!(same.to_string(), "two columns are called \"value\"");
    }

    #[test]
    fn a_title_that_is_a_wanted_name_is_not_the_header() {
        let row = |line, values: &[&str]| Sampled { line, values: names(values) };
        let rows = [row(1, &["Campaign"]), row(2, &[""]), row(3, &["Day", "campaign"]), row(4, &["2026-11-01", "x"])];
        let found = search(&rows, &Wanted::new(&[names(&["Campaign"])], 1), None, ",").expect("found");
        assert_eq!((found.line, found.holds_required, found.above.len()), (3, true, 1));
        // Not found anywhere: the best guess, and the caller is notified.
        let guess = search(&rows, &Wanted::new(&[names(&["Cost"])], 1), None, ",").expect("found");
        assert_eq!((guess.line, guess.holds_required), (3, false));
    }

    #[test]
    fn a_line_as_wide_as_a_wide_table_is_not_its_header() {
        let row = |line, values: &[&str]| Sampled { line, values: names(values) };
        let rows =
            [row(1, &["Total", "12", "34"]), row(2, &["Date", "USD", "GBP"]), row(3, &["2026-11-01", "1.1", "0.9"])];
        let total =
            [row(1, &["Channel", "2026-10", "2026-11"]), row(2, &["a", "1", "2"]), row(3, &["Total", "1", "2"])];
        assert_eq!(search(&total, &Wanted::new(&[names(&["total"])], 0), None, ",").expect("found").line, 1);
        let wanted = [names(&["date"]), names(&["currency"]), names(&["rate"])];
        let found = search(&rows, &Wanted::new(&wanted, 3), None, ",").expect("found");
        assert_eq!((found.line, found.holds_required), (2, false));
        let rows =
            [row(1, &["Date", "2026-11-01"]), row(2, &["Date", "USD", "GBP"]), row(3, &["2026-11-01", "1.1", "0.9"])];
        let found = search(&rows, &Wanted::new(&wanted, 1), None, ",").expect("found");
        assert_eq!((found.line, found.holds_required), (2, true));
    }
}
