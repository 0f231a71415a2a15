//! The section `[warehouse]` of `daybook.toml`.

use super::WarehouseConfig;
use crate::settings::kinds::whole_number;
use crate::settings::reader::Section;

/// Reads it; where backups go and which facts there are, other sections say.
pub fn read(mut section: Section<'_>) -> WarehouseConfig {
    section.about("How much of the machine DuckDB may use.");
    let default = WarehouseConfig::default();
    let config = WarehouseConfig {
        memory_limit_mb: section
            .optional("memory_limit_mb", whole_number(64, 1 << 24).about("DuckDB spills to disk beyond it."))
            .map_or(default.memory_limit_mb, |at| at.value),
        threads: section
            .optional("threads", whole_number(0, 1024).about("Of a query; 0: one for each processor."))
            .map_or(default.threads, |at| u32::try_from(at.value).unwrap_or(default.threads)),
        ..default
    };
    section.finish();
    config
}
