//! What `daybook files try` answers.

use super::{Loaded, TryArgs};
use crate::cli::show::{count, plain, table, wrapped};
use crate::connectors::file::{Table, tidy};
use crate::jobs::files::FileSource;
use crate::jobs::sync::StreamOutcome;

/// More columns do not fit beside one another.
const NARROW: usize = 6;

pub(super) type Read = Result<Table, crate::jobs::files::FileError>;

pub(super) fn tell(name: &str, source: &FileSource, read: &Read, outcome: &StreamOutcome, loaded: &Loaded) {
    outln!("{} as {}", plain(name), source.drop.preset.name);
    if let Ok(read) = read {
        let found = &read.found;
        let delimiter = found.delimiter.map_or(String::new(), |sign| match sign {
            '\t' => ", tabs between values".to_owned(),
            sign => format!(", {sign} between values"),
        });
        let sheet = found.sheet.as_ref().map_or(String::new(), |sheet| format!("sheet {:?}, ", plain(sheet)));
        outln!("  {sheet}{}{delimiter}, the names in line {}", found.encoding, found.header_line);
        let rows = read
            .sources
            .iter()
            .filter(|source| !source.columns.is_empty() || !source.joined.is_empty() || source.constant.is_some());
        let rows = rows.map(|source| {
            let places = source.columns.iter().chain(&source.joined);
            let columns: Vec<String> = places.map(|at| plain(&format!("{:?}", found.columns[*at]))).collect();
            let told: Vec<&str> = read
                .told
                .iter()
                .filter(|(field, _)| *field == source.field.name)
                .map(|(_, told)| told.as_str())
                .collect();
            let from = match &source.constant {
                Some(constant) if columns.is_empty() => format!("always {constant:?}"),
                _ => columns.join(", "),
            };
            vec![source.field.name.to_owned(), from, told.join("; ")]
        });
        outln!("\n{}", table(&["field", "column", "read as"], &[], rows.collect()));
        let unread: Vec<String> = (0..found.columns.len())
            .filter(|at| !read.sources.iter().any(|source| source.columns.contains(at) || source.joined.contains(at)))
            .map(|at| plain(&format!("{:?}", found.columns[at])))
            .collect();
        if !unread.is_empty() {
            outln!("not read: {}", unread.join(", "));
        }
    }
    for note in &outcome.loaded.notes {
        outln!("note: {}", plain(note));
    }
    if let Some(error) = &outcome.error {
        outln!("{}: {}", if loaded.rows.is_empty() { "refused" } else { "in part" }, plain(&error.message));
    }
    if !loaded.rows.is_empty() {
        // What is empty in all rows says nothing.
        let kept: Vec<usize> =
            (0..loaded.columns.len()).filter(|at| loaded.rows.iter().any(|row| !row[*at].is_empty())).collect();
        let heads: Vec<&str> = kept.iter().map(|at| loaded.columns[*at].as_str()).collect();
        let days = loaded.days.as_ref().map_or(String::new(), |(first, last)| format!(" of {first} to {last}"));
        outln!("\n{} rows{days} would be loaded; the first of them:", count(outcome.loaded.rows_written));
        if heads.len() <= NARROW {
            let rows = loaded.rows.iter().map(|row| kept.iter().map(|at| plain(&row[*at])).collect()).collect();
            outln!("{}", table(&heads, &[], rows));
        } else {
            for row in loaded.rows.iter().take(3) {
                let values: Vec<String> = kept
                    .iter()
                    .filter(|at| !row[**at].is_empty())
                    .map(|at| format!("{} {}", loaded.columns[*at], plain(&row[*at])))
                    .collect();
                outln!("{}", wrapped("  - ", &values.join(", ")));
            }
        }
        for (measure, sum) in &loaded.sums {
            outln!("sum of {measure}: {sum}");
        }
    }
    for bad in &loaded.bad {
        outln!("quarantined: {}", plain(bad));
    }
}

/// What to paste into the workspace's file.
pub(super) fn block(name: &str, args: &TryArgs, source: &FileSource) -> String {
    let stem: String =
        tidy(name.split('.').next().unwrap_or_default()).chars().filter(|c| !c.is_ascii_digit()).collect();
    let id = format!("{}_files", stem.trim_matches('_'));
    let mut lines = vec![
        "to read such files, add to config/workspaces/….toml:\n".to_owned(),
        "[[connections]]".to_owned(),
        format!("id = {:?}", id.trim_start_matches('_')),
        "connector = \"file\"".to_owned(),
        format!("folder = \"drops/{}/{}\"", source.workspace.id, id.trim_start_matches('_')),
    ];
    lines.push(format!("preset = {:?}", source.drop.preset.name));
    for (name, given) in [("columns", &args.mapping), ("constants", &args.constants), ("factors", &args.factors)] {
        let pairs: Vec<String> = given
            .iter()
            .filter_map(|text| text.rsplit_once('='))
            .map(|(left, right)| match name {
                "columns" => format!("{:?} = {:?}", left.trim(), right.trim()),
                _ => format!("{} = {:?}", left.trim(), right.trim()),
            })
            .collect();
        if !pairs.is_empty() {
            lines.push(format!("{name} = {{ {} }}", pairs.join(", ")));
        }
    }
    for text in &args.counts {
        let Some((column, values)) = text.rsplit_once('=') else { continue };
        let values: Vec<String> = values.split(',').map(|value| format!("{:?}", value.trim())).collect();
        lines.push(format!("counts = {{ {:?} = [{}] }}", column.trim(), values.join(", ")));
    }
    let options = [
        ("repeats", args.repeats.clone()),
        ("decimal_mark", args.decimal_mark.map(|mark| mark.to_string())),
        ("date_format", args.date_format.clone()),
        ("encoding", args.encoding.clone()),
        ("sheet", args.sheet.clone()),
        ("range", args.range.clone()),
        ("zone", args.zone.map(|zone| zone.name().to_owned())),
        ("delimiter", args.delimiter.map(|sign| char::from(sign).to_string())),
    ];
    lines.extend(options.into_iter().filter_map(|(name, value)| Some(format!("{name} = {:?}", value?))));
    lines.extend(args.header_line.map(|line| format!("header_line = {line}")));
    lines.join("\n")
}

pub(super) fn as_json(
    name: &str,
    source: &FileSource,
    read: &Read,
    outcome: &StreamOutcome,
    loaded: &Loaded,
) -> serde_json::Value {
    let recognised = read.as_ref().ok().map(|read| {
        serde_json::json!({
            "columns": read.found.columns, "encoding": read.found.encoding, "delimiter": read.found.delimiter,
            "header_line": read.found.header_line, "sheet": read.found.sheet,
            "fields": read.sources.iter().map(|source| serde_json::json!({
                "field": source.field.name, "columns": source.columns, "constant": source.constant})).collect::<Vec<_>>(),
            "read_as": read.told.iter().map(|(field, told)| serde_json::json!({"field": field, "told": told})).collect::<Vec<_>>(),
        })
    });
    serde_json::json!({
        "file": name, "preset": source.drop.preset.name, "recognised": recognised, "rows": outcome.loaded.rows_written,
        "columns": loaded.columns, "first_rows": loaded.rows, "sums": loaded.sums, "quarantined": loaded.bad,
        "notes": outcome.loaded.notes, "error": outcome.error.as_ref().map(|error| &error.message),
    })
}
