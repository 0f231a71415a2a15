//! `kind = "maintenance"`: backup, retention and the rest of the warehouse's maintenance; of all workspaces together.

use super::kind::{JobSettings, KindSpec, Priority, Reach};
use crate::domain::schedule::Overlap;
use std::sync::Arc;

pub const KIND: KindSpec = KindSpec {
    id: "maintenance",
    priority: Priority::Maintenance,
    reach: Reach::Installation,
    overlap: Overlap::Queue,
    read: |_, _| Some(Arc::new(()) as Arc<dyn JobSettings>),
    run: |host, _| host.maintain(),
};
