//! Business words without any input or output: money, periods, channels, metrics, workspaces.

pub mod channel;
pub mod coverage;
pub mod metric;
pub mod money;
pub mod period;
pub mod workspace;
