//! `daybook connectors describe`.

use crate::cli::show::{plain, wrapped};
use crate::cli::{Outcome, out};
use crate::queries::connector_described::{DescribedStream, describe};
use std::path::Path;

pub(super) fn run(root: &Path, name: &str, json: bool) -> anyhow::Result<Outcome> {
    let found = describe(root, name)?;
    if json {
        return out::json(&found);
    }
    let whose = if found.is_own { "your own" } else { "ships with Daybook" };
    outln!("{} ({}, {whose})\n  {}", found.name, plain(&found.label), plain(&found.docs));
    outln!("{}", wrapped("  limits  ", &found.limits));
    for setting in &found.settings {
        let default =
            setting.default.as_ref().map_or("must be given".to_owned(), |value| format!("{value} if left out"));
        let told = format!("{}, {}, {default}: {}", setting.name, setting.kind, setting.about);
        outln!("{}", wrapped("  setting ", &plain(&told)));
    }
    for (way, about) in &found.ways {
        outln!("{}", wrapped("  way     ", &plain(&format!("{way}: {about}"))));
    }
    for secret in &found.secrets {
        let optional = if secret.is_optional { " (not always needed)" } else { "" };
        outln!("{}", wrapped("  secret  ", &plain(&format!("{}{optional}: {}", secret.name, secret.about))));
    }
    found.streams.iter().for_each(stream);
    Ok(Outcome::Done)
}

fn stream(stream: &DescribedStream) {
    outln!("{}", wrapped("  stream  ", &plain(&format!("{}: {}", stream.name, stream.about))));
    let line = |head: &str, text: &str| outln!("{}", wrapped(&format!("    {head:<9} "), &plain(text)));
    for table in &stream.tables {
        line("table", &format!("core.{} by {}, in place of {}", table.table, table.query, table.replaces));
    }
    line("asked", &stream.slicing);
    line("paging", &stream.paging);
    if let Some(over) = &stream.partition_over {
        line("for each", over);
    }
    if let Some(setting) = &stream.needs_setting {
        line("needs", &format!("the setting {setting}"));
    }
    line("final", &format!("after {} days", stream.settles_after_days));
    if let Some(note) = &stream.if_refused {
        line("refused", note);
    }
}
