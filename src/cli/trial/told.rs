//! What `daybook files try` answers.

use super::TryArgs;
use crate::cli::show::{count, plain, table, wrapped};
use crate::connectors::file::tidy;
use crate::jobs::files::FileSource;
use crate::queries::file_trial::FileTrial;

/// More columns do not fit beside one another.
const NARROW: usize = 6;

pub(super) fn tell(trial: &FileTrial) {
    let loaded = &trial.loaded;
    outln!("{} as {}", plain(&trial.file), trial.preset);
    if let Some(found) = &trial.recognised {
        let delimiter = found.delimiter.map_or(String::new(), |sign| match sign {
            '\t' => ", tabs between values".to_owned(),
            sign => format!(", {sign} between values"),
        });
        let sheet = found.sheet.as_ref().map_or(String::new(), |sheet| format!("sheet {:?}, ", plain(sheet)));
        outln!("  {sheet}{}{delimiter}, the names in line {}", found.encoding, found.header_line);
        let rows = found
            .fields
            .iter()
            .filter(|source| !source.columns.is_empty() || !source.joined.is_empty() || source.constant.is_some());
        let rows = rows.map(|source| {
            let places = source.columns.iter().chain(&source.joined);
            let columns: Vec<String> = places.map(|at| plain(&format!("{:?}", found.columns[*at]))).collect();
            let told: Vec<&str> = found
                .read_as
                .iter()
                .filter(|read_as| read_as.field == source.field)
                .map(|read_as| read_as.told.as_str())
                .collect();
            let from = match &source.constant {
                Some(constant) if columns.is_empty() => format!("always {constant:?}"),
                _ => columns.join(", "),
            };
            vec![source.field.clone(), from, told.join("; ")]
        });
        outln!("\n{}", table(&["field", "column", "read as"], &[], rows.collect()));
        let unread: Vec<String> = (0..found.columns.len())
            .filter(|at| !found.fields.iter().any(|source| source.columns.contains(at) || source.joined.contains(at)))
            .map(|at| plain(&format!("{:?}", found.columns[at])))
            .collect();
        if !unread.is_empty() {
            outln!("not read: {}", unread.join(", "));
        }
    }
    for note in &trial.notes {
        outln!("note: {}", plain(note));
    }
    if let Some(error) = &trial.error {
        outln!("{}: {}", if loaded.rows.is_empty() { "refused" } else { "in part" }, plain(error));
    }
    if !loaded.rows.is_empty() {
        // What is empty in all rows says nothing.
        let kept: Vec<usize> =
            (0..loaded.columns.len()).filter(|at| loaded.rows.iter().any(|row| !row[*at].is_empty())).collect();
        let heads: Vec<&str> = kept.iter().map(|at| loaded.columns[*at].as_str()).collect();
        let days = loaded.days.as_ref().map_or(String::new(), |(first, last)| format!(" of {first} to {last}"));
        outln!("\n{} rows{days} would be loaded; the first of them:", count(trial.rows));
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
