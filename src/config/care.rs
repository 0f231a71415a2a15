//! The sections of `daybook.toml` about the warehouse's care: `[backup]`, `[retention]`, `[care]`.

use super::daemon::join;
use super::reader::{Section, fault, unknown_remedy};
use super::values::{expected, path, whole_number};
use crate::warehouse::care::{BackupConfig, CareConfig, Percent, RetentionConfig, retention};
use std::path::Path;

/// Reads the three; folders become absolute, below `data_dir`.
pub(super) fn read(top: &mut Section<'_>, data_dir: &Path) -> CareConfig {
    let mut config = CareConfig {
        backup: top.section("backup").map(|section| backup(section, data_dir)).unwrap_or_default(),
        retention: top.section("retention").map(retention_of).unwrap_or_default(),
        ..CareConfig::default()
    };
    if let Some(mut section) = top.section("care") {
        if let Some(percent) = section.optional("compact_at_free_percent", whole_number(1, 99)) {
            config.compact_at_free_percent = Percent(percent.value);
        }
        config.snapshot = section.optional("snapshot", path).map(|at| join(data_dir, &at.value));
        config.archive = section.optional("archive", path).map(|at| join(data_dir, &at.value));
        section.finish();
    }
    config
}

fn backup(mut section: Section<'_>, data_dir: &Path) -> BackupConfig {
    let default = BackupConfig::default();
    let config = BackupConfig {
        dir: section.optional("dir", path).map(|at| join(data_dir, &at.value)),
        keep: section.optional("keep", whole_number(1, 1000)).map_or(default.keep, |at| at.value),
    };
    section.finish();
    config
}

fn retention_of(mut section: Section<'_>) -> RetentionConfig {
    let default = RetentionConfig::default();
    let months = section.optional("months", whole_number(0, 1200)).map_or(default.months, |at| at.value);
    let known = retention::names();
    let tables = section.entries("tables", |name, value| {
        if !known.contains(name) {
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            return Err(fault("there is no such table", unknown_remedy(name, &names, "tables")));
        }
        let wanted = "a number of months, 0 for good";
        whole_number(0, 1200)(value).map_err(|_| expected(value, wanted, "write e.g. ad_daily = 36"))
    });
    section.finish();
    RetentionConfig { months, tables: tables.into_iter().map(|(name, at)| (name, at.value)).collect() }
}
