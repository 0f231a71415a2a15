//! `daybook schema`: what editors need to complete and check the configuration while it is written.

use super::{Outcome, out};
use crate::app::AppError;
use crate::config::schema::{FOLDER, FileKind, write_all};
use serde::Serialize;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub struct SchemaArgs {
    /// The kind of file; they are listed without it.
    #[arg(value_name = "KIND", conflicts_with = "write")]
    kind: Option<String>,
    /// Write all schemas to config/schemas, e.g. after an upgrade.
    #[arg(long)]
    write: bool,
}

/// A kind of file.
#[derive(Serialize)]
struct KindEntry {
    kind: &'static str,
    /// Where such files lie.
    files: &'static str,
}

pub fn run(root: &Path, args: &SchemaArgs, json: bool) -> anyhow::Result<Outcome> {
    if args.write {
        write_all(root)?;
        outln!("{} schemas written to {}", FileKind::ALL.len(), root.join(FOLDER).display());
        return Ok(Outcome::Done);
    }
    if let Some(name) = &args.kind {
        let kind = FileKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let known: Vec<&str> = FileKind::ALL.iter().map(|kind| kind.name()).collect();
            AppError::Usage(format!("there is no kind of file {name:?}; there are {}", known.join(", ")))
        })?;
        outln!("{}", kind.text().trim_end());
        return Ok(Outcome::Done);
    }
    if json {
        let kinds = FileKind::ALL.iter().map(|kind| KindEntry { kind: kind.name(), files: kind.files() });
        return out::json(&kinds.collect::<Vec<_>>());
    }
    for kind in FileKind::ALL {
        outln!("{:<12}{}", kind.name(), kind.files());
    }
    outln!("\n`daybook schema KIND` prints one. Editors with a TOML language server find them");
    outln!("by a file's first line, e.g. #:schema ./schemas/daybook.json");
    Ok(Outcome::Done)
}
