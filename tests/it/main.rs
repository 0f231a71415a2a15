//! Behaviour across modules: one binary, one module a subject.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests stop where they fail, and print what they measured"
)]

// As in the daemon: DuckDB plans statements a third faster with it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod add;
mod architecture;
mod attack;
mod backfill;
mod breakdowns;
mod business;
mod canaries;
mod compat;
mod contract;
mod daemon;
mod data_folder;
mod delivery;
mod demo;
mod drops;
mod engine;
mod faults;
mod field;
mod figures;
mod fixtures;
mod fuzz;
mod hostile;
mod hubspot;
mod identity;
mod init;
mod kills;
mod ledger;
mod locales;
mod mail;
mod maintenance;
mod maintenance_faults;
mod meta_ads;
mod metric_language;
mod microsoft_ads;
mod online;
mod outage;
mod own_connector;
mod own_drop;
mod own_fact;
mod own_rollup;
mod pages;
mod person;
mod preview;
mod queries;
mod recorded;
mod recurring;
mod rotated_tokens;
mod search;
mod shop;
mod social_ads;
mod splits;
mod support;
mod tenants;
mod test_installation;
mod theme;
mod truth;
mod walk;
