//! Jobs that failed for good: what no later run made good stays reported.

use crate::app::App;
use crate::support::shown::cut_line;
use crate::warehouse::WarehouseError;
use crate::warehouse::slots;

/// Configured jobs whose newest run failed for good, in sentences. A sync is reported by its sources.
pub(super) fn failed_jobs(app: &App) -> Result<Vec<String>, WarehouseError> {
    let slots = app.warehouse.read_blocking(slots::given_up)?;
    let is_told = |id: &str| app.settings.jobs.iter().any(|job| job.id == id && job.kind.sync().is_none());
    let told = slots.into_iter().filter(|slot| is_told(&slot.key.pair.job)).map(|slot| {
        let of = match slot.key.pair.workspace.as_str() {
            "" => String::new(),
            workspace => format!(" of {workspace}"),
        };
        let at = slot.ended_at.unwrap_or(slot.key.at).format("%m-%d %H:%M UTC");
        format!("{}{of} failed at {at}: {}", slot.key.pair.job, cut_line(&slot.detail, 300))
    });
    Ok(told.collect())
}
