//! What the edited configuration would change in the running daemon.

use crate::app::{App, AppError, rollup_sql};
use crate::config::{self, diff};
use crate::delivery::ChannelRef;
use crate::delivery::settings::DeliveryConfig;
use crate::warehouse::outbox::waiting_by_lane;
use crate::warehouse::rollup::due;

/// What an edit would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// In sentences; empty where nothing differs.
    pub changes: Vec<String>,
    /// Days of figures that become due.
    pub days: u64,
    /// Messages that wait for channels which are not configured any more, in sentences.
    pub stranded: Vec<String>,
}

/// What the edited configuration would change.
///
/// # Errors
/// The edited configuration has mistakes.
pub fn changes(app: &App) -> Result<Changes, AppError> {
    let edited = config::load(&app.settings.root).map_err(AppError::Config)?;
    let changes = diff::changes(&app.settings, &edited, app.clock.now());
    let (rules, sql) = (&edited.channels.rules, rollup_sql(&edited));
    let days = app.warehouse.read_blocking(|reader| due::days_due(reader, rules, &sql))?;
    Ok(Changes { changes, days, stranded: stranded(app, &edited.delivery)? })
}

/// Messages that wait for channels which are not configured; nothing else takes them there.
pub fn stranded(app: &App, delivery: &DeliveryConfig) -> Result<Vec<String>, AppError> {
    let waiting = app.warehouse.read_blocking(waiting_by_lane)?;
    let left = waiting.into_iter().filter_map(|(lane, messages)| {
        let channel: ChannelRef = lane.parse().ok()?;
        let noun = if messages == 1 { "message waits" } else { "messages wait" };
        (!delivery.channels.contains_key(&channel)).then(|| {
            format!(
                "{messages} {noun} for {channel}, which is not configured: daybook deliveries move {channel} <channel>, \
                 or daybook deliveries cancel each"
            )
        })
    });
    Ok(left.collect())
}
