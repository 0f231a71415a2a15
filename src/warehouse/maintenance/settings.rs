//! The sections of `daybook.toml` about the warehouse's maintenance: `[backup]`, `[retention]`, `[maintenance]`.

use super::{BackupConfig, MaintenanceConfig, Percent, RetentionConfig, retention};
use crate::domain::fact::Facts;
use crate::settings::Names;
use crate::settings::files::join;
use crate::settings::kinds::{path, whole_number};
use crate::settings::reader::Section;
use std::path::Path;

/// Reads the three; folders become absolute, below `data_dir`.
pub fn read(top: &mut Section<'_>, data_dir: &Path, facts: &Facts) -> MaintenanceConfig {
    let mut config = MaintenanceConfig {
        backup: top.section("backup").map(|section| backup(section, data_dir)).unwrap_or_default(),
        retention: top.section("retention").map(|section| retention_of(section, facts)).unwrap_or_default(),
        ..MaintenanceConfig::default()
    };
    if let Some(mut section) = top.section("maintenance") {
        section.about("Free space, and copies made each night.");
        if let Some(percent) = section.optional(
            "compact_at_free_percent",
            whole_number(1, 99).about("The database is copied together when so much of it is free."),
        ) {
            config.compact_at_free_percent = Percent(percent.value);
        }
        config.snapshot = section
            .optional("snapshot", path().about("A read-only copy for BI tools, made each night; relative to data_dir."))
            .map(|at| join(data_dir, &at.value));
        config.archive = section
            .optional(
                "archive",
                path().about("Where months go as Parquet before retention removes them; relative to data_dir."),
            )
            .map(|at| join(data_dir, &at.value));
        section.finish();
    }
    config
}

fn backup(mut section: Section<'_>, data_dir: &Path) -> BackupConfig {
    section.about("The nightly backup of the warehouse.");
    let default = BackupConfig::default();
    let config = BackupConfig {
        dir: section
            .optional(
                "dir",
                path().about("The folder, relative to data_dir; better on another disk. Default: \"backups\"."),
            )
            .map(|at| join(data_dir, &at.value)),
        keep: section
            .optional("keep", whole_number(1, 1000).about("How many nightly backups are kept."))
            .map_or(default.keep, |at| at.value),
    };
    section.finish();
    config
}

fn retention_of(mut section: Section<'_>, facts: &Facts) -> RetentionConfig {
    section.about("How long rows are kept.");
    let default = RetentionConfig::default();
    let months = section
        .optional(
            "months",
            whole_number(0, 1200).about("Rows older than so many whole months go at night; 0: none ever."),
        )
        .map_or(default.months, |at| at.value);
    let names = Names::Known(retention::names(facts).into_iter().collect(), "table", "tables");
    let months_of = whole_number(0, 1200).about("The same for single tables, in months; 0: for good.");
    let tables = section.entries("tables", &names, months_of);
    section.finish();
    RetentionConfig { months, tables: tables.into_iter().map(|(name, at)| (name, at.value)).collect() }
}
