//! `kind = "rollup"`: days are computed from facts.

use super::kind::{JobSettings, KindSpec, Priority, Reach};
use crate::domain::schedule::Overlap;
use std::sync::Arc;

pub const KIND: KindSpec = KindSpec {
    id: "rollup",
    priority: Priority::Rollup,
    reach: Reach::Workspace,
    overlap: Overlap::Queue,
    read: |_, _| Some(Arc::new(()) as Arc<dyn JobSettings>),
    run: |host, run| host.rollup(run),
};
