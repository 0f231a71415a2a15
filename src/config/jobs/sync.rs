//! `kind = "sync"`: what vendors and folders have is loaded.

use super::check_each;
use super::kind::{JobNames, JobSettings, KindSpec, Priority, Reach};
use crate::domain::schedule::Overlap;
use crate::settings::Section;
use crate::settings::kinds::{id, list_of};
use std::sync::Arc;

pub const KIND: KindSpec = KindSpec {
    id: "sync",
    priority: Priority::Sync,
    reach: Reach::Workspace,
    // The next sync fetches what this one would have.
    overlap: Overlap::Skip,
    read: |top, names| Some(Arc::new(read(top, names)) as Arc<dyn JobSettings>),
    run: |host, run| host.sync(run),
};

/// Load what vendors and folders have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncJob {
    /// Ids of connections; all if absent.
    pub connections: Option<Vec<String>>,
}

fn read(top: &mut Section<'_>, names: &JobNames<'_>) -> SyncJob {
    let connections = top.optional("connections", list_of(id()).about("Ids of connections; all if left out."));
    if let Some(connections) = &connections {
        check_each(top, connections, names.connections().as_ref(), "connection", "the job's workspaces");
    }
    SyncJob { connections: connections.map(|at| at.value) }
}
