//! DuckDB: facts, history, rollups and the ledger, behind one thread that writes facts and one that writes the ledger.

pub mod agreement;
pub mod attempts;
pub mod audit;
pub mod backfill;
mod channels;
pub mod clock;
pub mod coverage;
pub mod cursor;
pub mod dropped;
mod error;
pub mod facts;
mod file_identity;
mod functions;
pub mod issued;
pub mod level_parts;
pub mod library;
pub mod lists;
pub mod load;
pub mod maintenance;
pub mod mark;
pub mod metric_sql;
mod migrate;
pub mod names;
pub mod new_customers;
pub mod outbox;
pub mod plan_history;
pub mod privacy;
pub mod queries;
pub mod readings;
pub mod report_data;
pub mod rollup;
pub mod slots;
pub mod stream_states;
mod worker;

pub use error::{Context, OTHER_ACCOUNT, WarehouseError};
pub use worker::{BothWriter, LedgerWriter, Warehouse, WarehouseConfig};
