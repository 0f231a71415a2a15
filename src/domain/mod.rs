//! Business words without any input or output: money, periods, schedules, channels, metrics, workspaces.

pub mod benchmark;
pub mod business;
pub mod campaign;
pub mod channel;
pub mod clock;
pub mod comparison;
pub mod components;
pub mod coverage;
pub mod dropped;
pub mod fact;
pub mod fiscal;
pub mod holidays;
pub mod incident;
pub mod link;
pub mod metric;
pub mod money;
pub mod period;
pub mod schedule;
pub mod target;
pub mod workspace;
