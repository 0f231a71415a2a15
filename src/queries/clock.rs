//! What the machine's clock has shown, and what was noted while it stood ahead.

use crate::app::App;
use crate::warehouse::WarehouseError;
use crate::warehouse::clock::{Ahead, ahead, doubt, seen};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The clock and what was noted by it. Instants are UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClockReport {
    pub now: DateTime<Utc>,
    /// The latest instant that it has shown.
    pub latest: Option<DateTime<Utc>>,
    /// Why nothing is removed because of its age, in a sentence; absent where nothing speaks against the clock.
    pub doubt: Option<String>,
    /// What was noted in the future.
    pub ahead: Vec<Ahead>,
    /// What it has shown, where it stands behind that by more than clocks differ.
    #[serde(skip)]
    pub behind: Option<DateTime<Utc>>,
}

pub fn clock(app: &App) -> Result<ClockReport, WarehouseError> {
    let now = app.clock.now();
    app.warehouse.read_blocking(|reader| {
        let seen = seen(reader)?;
        let (ahead, doubt) = (ahead(reader, now)?, doubt(reader, now)?);
        Ok(ClockReport { now, latest: seen.latest, doubt, ahead, behind: seen.is_behind(now) })
    })
}
