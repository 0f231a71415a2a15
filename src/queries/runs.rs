//! What jobs did: every attempt of a run, the newest first.

use crate::app::App;
use crate::warehouse::WarehouseError;
use crate::warehouse::slots::{self, Run};

/// At most `limit` attempts, of one job and one workspace where they are named. Instants are UTC.
pub fn runs(app: &App, job: Option<&str>, workspace: Option<&str>, limit: u32) -> Result<Vec<Run>, WarehouseError> {
    app.warehouse.read_blocking(|reader| slots::runs(reader, job, workspace, limit))
}
