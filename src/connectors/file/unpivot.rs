//! A wide table as a long one: `Date, USD, GBP` becomes `Date, currency, rate` while the file streams by, with a
//! row for each value. Which columns are values is the caller's to say, by their names.

use super::summary;
use crate::connectors::file::column;
use crate::connectors::file::shape::{Found, MOST_ROWS, Refusal, Sink, shown, tidy};

/// Kept values are written once for each value of their row: so many bytes of rows at most.
const MOST_BYTES: u64 = 2 << 30;

/// Which columns of a wide table stay, and which become rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wide {
    kept: Vec<usize>,
    spread: Vec<usize>,
    totals: Vec<String>,
    /// Names that read as no value.
    others: Vec<String>,
    /// Two columns of one name, whose values would count twice.
    twice: Option<(String, String)>,
}

/// How a table is to be made long: the columns in `kept` belong to fields, and `reads` says whether a name
/// is a value of the new field. `None` if fewer than two names read: the table is not wide.
pub fn plan(found: &Found, kept: &[usize], reads: &dyn Fn(&str) -> bool) -> Option<Wide> {
    let mut wide =
        Wide { kept: kept.iter().copied().filter(|at| *at < found.columns.len()).collect(), ..Wide::default() };
    for (at, name) in found.columns.iter().enumerate() {
        if kept.contains(&at) || name.trim().is_empty() || is_placeholder(name) {
            continue;
        }
        if summary::is_total(name) {
            wide.totals.push(name.clone());
        } else if reads(name) {
            let same = wide.spread.iter().map(|at| &found.columns[*at]).find(|other| tidy(other) == tidy(name));
            wide.twice = wide.twice.or_else(|| same.map(|same| (same.clone(), name.clone())));
            wide.spread.push(at);
        } else {
            wide.others.push(name.clone());
        }
    }
    (wide.spread.len() >= 2).then_some(wide)
}

/// `(column 6)`, as nameless columns are called.
fn is_placeholder(name: &str) -> bool {
    let number = name.strip_prefix("(column ").and_then(|rest| rest.strip_suffix(')'));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Wide {
    /// The long table's header: the kept columns, then `names`, those of the values' names and of the values.
    fn header(&self, found: &Found, names: [&str; 2]) -> Found {
        let kept = self.kept.iter().map(|at| found.columns[*at].clone());
        let columns = kept.chain(names.map(str::to_owned)).collect();
        let mut notes = found.notes.clone();
        let spread: Vec<String> = self.spread.iter().map(|at| found.columns[*at].clone()).collect();
        let [name, value] = names;
        notes.push(format!("the table is wide: a row of {name} and {value} for each value of {}", listed(&spread)));
        if !self.totals.is_empty() {
            notes.push(format!("left out, because they add others up: {}", listed(&self.totals)));
        }
        if !self.others.is_empty() {
            notes.push(format!("not read, because their names are no {name}: {}", listed(&self.others)));
        }
        Found { columns, notes, ..found.clone() }
    }
}

fn listed(names: &[String]) -> String {
    let first: Vec<String> = names.iter().take(8).map(|name| format!("{:?}", shown(name))).collect();
    let more = if names.len() > 8 { format!(" and {} more", names.len() - 8) } else { String::new() };
    format!("{}{more}", first.join(", "))
}

/// Stands before a sink and hands it long rows where `plan` finds a wide table, or else the rows as they are.
/// The rows of one line have its number.
pub struct Unpivot<'a> {
    sink: &'a mut dyn Sink,
    names: [&'a str; 2],
    plan: &'a dyn Fn(&Found) -> Option<Wide>,
    wide: Option<Wide>,
    columns: Vec<String>,
    rows: u64,
    bytes: u64,
    /// The first line with a value such as `N/A`, the value, and how many there are.
    unknown: Option<(u64, String)>,
    unknowns: u64,
}

impl<'a> Unpivot<'a> {
    /// `names` are those of the two new columns; `plan` sees the header first.
    pub fn new(sink: &'a mut dyn Sink, names: [&'a str; 2], plan: &'a dyn Fn(&Found) -> Option<Wide>) -> Self {
        let (wide, columns, unknown) = (None, Vec::new(), None);
        Self { sink, names, plan, wide, columns, rows: 0, bytes: 0, unknown, unknowns: 0 }
    }

    /// What was reported to the sink of the file, from what its reading yielded, with notes of what was left out.
    pub fn finish(self, found: Found) -> Found {
        let Some(wide) = &self.wide else { return found };
        let mut long = wide.header(&found, self.names);
        if let Some((line, value)) = &self.unknown {
            let count = self.unknowns;
            long.notes.push(match count {
                1 => format!("a cell says that it has no value and is left out: line {line} has {:?}", shown(value)),
                _ => format!(
                    "{count} cells say that they have no value and are left out: line {line} has {:?}",
                    shown(value)
                ),
            });
        }
        long
    }
}

impl Sink for Unpivot<'_> {
    fn header(&mut self, found: &Found) -> Result<(), Refusal> {
        let Some(wide) = (self.plan)(found) else { return self.sink.header(found) };
        if let Some((one, other)) = &wide.twice {
            let message = format!("two columns are called {:?} and {:?}", shown(one), shown(other));
            let line = Some(found.header_line).filter(|line| *line > 0);
            return Err(Refusal::new(line, message, "keep one of the two, or rename the other"));
        }
        let long = wide.header(found, self.names);
        (self.wide, self.columns) = (Some(wide), found.columns.clone());
        self.sink.header(&long)
    }

    fn row(&mut self, line: u64, values: &[Option<&str>]) -> Result<(), Refusal> {
        let Some(wide) = &self.wide else { return self.sink.row(line, values) };
        let value = |at: &usize| values.get(*at).copied().flatten();
        let mut long: Vec<Option<&str>> = wide.kept.iter().map(value).chain([None, None]).collect();
        let kept = wide.kept.len();
        // Once for the whole row, wherever in it the word stands; who takes the rows leaves it out and reports it.
        if summary::is_named_total(values) {
            long[..kept].fill(None);
            long[0] = values.iter().flatten().copied().find(|value| !value.trim().is_empty());
            return self.sink.row(line, &long);
        }
        let kept_bytes: usize = long.iter().flatten().map(|text| text.len()).sum();
        for at in &wide.spread {
            let Some(text) = value(at).filter(|text| !text.trim().is_empty()) else { continue };
            if column::is_none(text) {
                self.unknown.get_or_insert_with(|| (line, text.to_owned()));
                self.unknowns += 1;
                continue;
            }
            self.rows += 1;
            self.bytes += (kept_bytes + text.len()) as u64;
            if self.rows > MOST_ROWS || self.bytes > MOST_BYTES {
                let message = "the table has too many values: as rows they would be more than 5,000,000 or 2 GB";
                return Err(Refusal::new(Some(line), message, "split it"));
            }
            (long[kept], long[kept + 1]) = (self.columns.get(*at).map(String::as_str), Some(text));
            self.sink.row(line, &long)?;
        }
        Ok(())
    }

    fn bad(&mut self, line: u64, reason: &str, raw: &str) -> Result<(), Refusal> {
        self.sink.bad(line, reason, raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Kept {
        columns: Vec<String>,
        rows: Vec<String>,
    }

    impl Sink for Kept {
        fn header(&mut self, found: &Found) -> Result<(), Refusal> {
            self.columns = found.columns.clone();
            Ok(())
        }
        fn row(&mut self, line: u64, values: &[Option<&str>]) -> Result<(), Refusal> {
            assert_eq!(values.len(), self.columns.len());
            let values: Vec<&str> = values.iter().map(|value| value.unwrap_or("-")).collect();
            self.rows.push(format!("{line}: {}", values.join("|")));
            Ok(())
        }
        fn bad(&mut self, line: u64, reason: &str, _: &str) -> Result<(), Refusal> {
            self.rows.push(format!("{line}! {reason}"));
            Ok(())
        }
    }

    fn found(columns: &[&str]) -> Found {
        Found { columns: columns.iter().map(|name| (*name).to_owned()).collect(), header_line: 1, ..Found::default() }
    }

    fn reads(name: &str) -> bool {
        column::names_a_value(column::Meaning::Currency, name)
    }

    fn long(columns: &[&str], rows: &[&[&str]]) -> Result<(Kept, Vec<String>), Refusal> {
        let (mut kept, found) = (Kept::default(), found(columns));
        let plan = |found: &Found| plan(found, &[0], &reads);
        let mut unpivot = Unpivot::new(&mut kept, ["currency", "rate"], &plan);
        unpivot.header(&found)?;
        for (line, row) in (2..).zip(rows) {
            let values: Vec<Option<&str>> = row.iter().map(|value| (!value.is_empty()).then_some(*value)).collect();
            unpivot.row(line, &values)?;
        }
        unpivot.bad(9, "a ragged row", "x")?;
        let notes = unpivot.finish(found).notes;
        Ok((kept, notes))
    }

    #[test]
    fn a_row_for_each_value_with_the_line_of_its_row() {
        let columns = ["Date", "USD", "(column 3)", "Total", "CYP", "GBP", "Note"];
        let rows: [&[&str]; 6] = [
            &["2026-11-02", "1.05", "x", "9", "1", "0.83", "y"],
            &["2026-11-03", " ", "", "", "", "0.84", ""],
            &["2026-11-04", "N/A", "", "", "", "#N/A", ""],
            &["", "1.2"],
            &["Total", "3.3", "", "", "", "1.7"],
            &["", "Sum:", "", "", "", "1.7"],
        ];
        let (kept, notes) = long(&columns, &rows).expect("long");
        assert_eq!(kept.columns, ["Date", "currency", "rate"]);
        let right = [
            "2: 2026-11-02|USD|1.05",
            "2: 2026-11-02|GBP|0.83",
            "3: 2026-11-03|GBP|0.84",
            "4: 2026-11-04|GBP|#N/A",
            "5: -|USD|1.2",
            "6: Total|-|-",
            "7: Sum:|-|-",
            "9! a ragged row",
        ];
        assert_eq!(kept.rows, right);
        assert_eq!(
            notes,
            [
                "the table is wide: a row of currency and rate for each value of \"USD\", \"GBP\"",
                "left out, because they add others up: \"Total\"",
                "not read, because their names are no currency: \"CYP\", \"Note\"",
                "a cell says that it has no value and is left out: line 4 has \"N/A\"",
            ]
        );
    }

    #[test]
    fn a_table_that_is_not_wide_passes_as_it_is() {
        let (kept, notes) = long(&["date", "currency", "rate"], &[&["2026-11-02", "USD", "N/A"]]).expect("long");
        assert_eq!((kept.columns.len(), notes.len()), (3, 0));
        assert_eq!(kept.rows[0], "2: 2026-11-02|USD|N/A");
        assert_eq!(plan(&found(&["Date", "USD", "Notes"]), &[0], &reads), None);
        assert_eq!(plan(&found(&["USD", "EUR"]), &[0, 7], &reads), None);
    }

    #[test]
    fn two_columns_of_one_name_are_refused() {
        let told = long(&["Date", "USD", "GBP", "usd"], &[]).err().expect("refused").to_string();
        assert!(told.contains("two columns are called \"USD\" and \"usd\""), "{told}");
    }

    #[test]
    fn long_values_are_not_repeated_without_end() {
        let text = "x".repeat(1 << 20);
        let names: Vec<String> =
            ('A'..='Z').flat_map(|one| ('A'..='Z').map(move |two| format!("{one}{two}"))).take(400).collect();
        let columns: Vec<&str> = std::iter::once("Date").chain(names.iter().map(String::as_str)).collect();
        let values: Vec<Option<&str>> =
            std::iter::once(Some(text.as_str())).chain(names.iter().map(|_| Some("1"))).collect();
        struct Nothing;
        impl Sink for Nothing {
            fn header(&mut self, _: &Found) -> Result<(), Refusal> {
                Ok(())
            }
            fn row(&mut self, _: u64, _: &[Option<&str>]) -> Result<(), Refusal> {
                Ok(())
            }
            fn bad(&mut self, _: u64, _: &str, _: &str) -> Result<(), Refusal> {
                Ok(())
            }
        }
        let (mut nothing, plan) = (Nothing, |found: &Found| plan(found, &[0], &|_| true));
        let mut unpivot = Unpivot::new(&mut nothing, ["currency", "rate"], &plan);
        unpivot.header(&found(&columns)).expect("wide");
        let refusal = (2..99).find_map(|line| unpivot.row(line, &values).err()).expect("refused");
        assert_eq!(refusal.line, Some(7));
    }
}
