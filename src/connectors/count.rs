//! How many records there are by another of the vendor's counts, held against how many were listed.

use super::connection::Connection;
use super::cursor::Cursor;
use super::engine::{Engine, request};
use super::error::ConnectorError;
use super::landing::Landing;
use super::paging::{Lookup, Want};
use super::spec::CountSpec;
use super::template::Renderer;

/// How a caveat begins of a list that has fewer records than there are.
pub const CUT: &str = "the vendor's list is cut short";
/// How a note begins of a list that no count confirms.
pub const UNPROVEN: &str = "the vendor's count of records is another";

/// Records that may be made or deleted between two answers.
const FEW: u64 = 5;

impl Engine {
    /// How many records there are; `None` where the vendor does not say. Nothing of its answer is kept.
    pub(super) async fn total(
        &self,
        connection: &Connection,
        spec: &CountSpec,
        renderer: &Renderer<'_>,
        landing: &mut Landing,
    ) -> Result<Option<u64>, ConnectorError> {
        let request = request(&spec.request, renderer, &Cursor::default())?;
        let lookups = [Lookup::new(&spec.total_pointer, Want::Scalar)];
        let found = self.told(connection, &request, &lookups, landing).await?;
        Ok(found.and_then(|found| found.first()?.text()?.parse().ok()))
    }
}

/// Notes what a count says of a list.
pub(super) fn hold_against(landing: &mut Landing, listed: u64, total: Option<u64>) {
    let Some(total) = total else {
        return landing.note(format!("{UNPROVEN}: it says no number, and lists {listed}"));
    };
    // Half a percent, since indexes are behind; of few records a tenth.
    let allowed = (total / 10).min(FEW).max(total / 200);
    if total > listed + allowed {
        landing.limit(Some(format!("{CUT}: it has {listed} of {total} records")));
    } else if listed > total + allowed {
        landing.note(format!("{UNPROVEN}: it counts {total} and lists {listed}"));
    }
}
