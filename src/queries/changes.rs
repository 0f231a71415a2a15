//! What the edited configuration would change in the running daemon.

use crate::app::{App, AppError, rollup_sql};
use crate::config::{self, diff};
use crate::warehouse::rollup::due;

/// Changes in sentences, and the days of figures that become due by them; empty where nothing differs.
///
/// # Errors
/// The edited configuration has mistakes.
pub fn changes(app: &App) -> Result<(Vec<String>, u64), AppError> {
    let edited = config::load(&app.settings.root).map_err(AppError::Config)?;
    let changes = diff::changes(&app.settings, &edited, app.clock.now());
    let (rules, sql) = (&edited.channels.rules, rollup_sql(&edited));
    let days = app.warehouse.read_blocking(|reader| due::days_due(reader, rules, &sql))?;
    Ok((changes, days))
}
