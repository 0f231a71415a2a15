//! Daybook keeps a company's marketing day-book: it syncs vendors' APIs into DuckDB, rolls up, and
//! delivers reports whose every number can be proved.
//!
//! # The way of a number
//!
//! A vendor's answer is written to the landing folder as it came ([`connectors`]: a vendor is a
//! `connector.toml` and a query for each table). A slice is then loaded in one transaction
//! ([`warehouse::load`]): rows, what they replaced, what could not be used, coverage, cursor and the
//! load's own record. The days a load touched are rolled up ([`warehouse::rollup`]) into one unified
//! table, from which every figure is a sum or a formula over sums ([`domain::metric`]). A job reads
//! them and a pure builder makes one document ([`report::document`]), which every format renders. The
//! report and its messages enter the outbox in one transaction ([`warehouse::outbox`]); messages are
//! claimed, sent, and marked with what the other side answered ([`jobs::deliver`]).
//!
//! # Three walks
//!
//! ## A vendor's page into `core`
//!
//! 1. `App::sync_on_schedule` (a person's `daybook sync`: `App::sync`) makes a [`jobs::sync::Source`] of each
//!    connection and calls [`jobs::sync::sync_connection`], which takes the streams one after the other: `plan` says
//!    which slices a stream lacks, `run_slices` fetches some of them while others are loaded.
//! 2. [`connectors::Engine::fetch`] walks the pages of a slice: `Engine::page` renders the request,
//!    [`connectors::client::send`] sends it and writes the body to the landing folder,
//!    [`connectors::paging::Pager::advance`] says whether there is more. `Landing::finish` writes the manifest: the
//!    slice is landed.
//! 3. [`jobs::sync::load_request`] turns the connector's words into the warehouse's. Small slices of whatever
//!    connections go in together (`Gathered::load`, [`warehouse::load::load_together`]), several of a stream at once
//!    ([`warehouse::load::load_direct`]), any other by itself ([`warehouse::load::load`]).
//! 4. In one transaction `stage::stage` runs the stream's query over the relation `page` and quarantines bad rows,
//!    `records::settle` and `doubt::doubt` decide what is believed, `merge::merge` writes the rows, moves replaced
//!    ones to `history` and notes the touched days, `finish` enters coverage, cursor and the load.
//! 5. `App::rollup` computes the touched days ([`warehouse::rollup::rollup_all`]).
//!
//! ## A metric into a cell of the PDF
//!
//! 1. [`jobs::issue::issue_report`] takes a snapshot of the warehouse; [`jobs::issue::readiness`] says whether the
//!    data are there, and [`jobs::issue::built`] builds.
//! 2. [`report::sections::needs`] asks each section what it reads; [`jobs::report_context::filled`] has
//!    [`warehouse::report_data::report_data`] read it: the sums of `mart.metric_daily` by period, channel and campaign.
//! 3. [`report::sections::build`] runs the sections. A table asks `tables::cells` for its row;
//!    `FigureBuilder::metric` evaluates the metric's expression over the data, words it in the reader's locale, and
//!    keeps the receipt: an id made of the expression. What comes out is a [`report::document::Figure`] in a cell of
//!    a [`report::document::Document`].
//! 4. [`jobs::report::render_all`] renders every format. For the PDF [`report::render::pdf::render_with`] lays the
//!    document out (`section::draw`, `table::draw`, `draw_cell`, `draw_figure`) and `file::write` writes the file.
//!
//! ## A due slot into a sent mail
//!
//! 1. [`daemon::serve()`] waits for the next mark and calls `Scheduler::tick`. `beat` records what ended and starts
//!    what is due: the pure [`domain::schedule::Planner::tick`] decides over the ledger which slots those are, with a
//!    reason for each; `claim` begins their runs, and `start` gives each a thread.
//! 2. `work::work` looks at the kind of the job; a report goes by `run_report` and `issue_job` to
//!    [`jobs::issue::issue_report`], once for each edition and split.
//! 3. [`jobs::report::new_report`] makes the messages of an audience (`messages_of`), and
//!    [`warehouse::outbox::issue`] writes report, receipts and messages in one transaction, or finds that it is
//!    issued already.
//! 4. Each minute and after each report [`jobs::deliver::deliver_due`] goes through the lanes that have something
//!    due. In each, `send_in_order` claims a message ([`warehouse::outbox::claim`]), notes beside the database that
//!    it is handed over, has [`delivery::Deliverers::deliver`] send it, and records the answer
//!    ([`warehouse::outbox::finish`]).
//! 5. What was handed over and has no answer when the daemon starts again is unknown: shown, and not sent twice.
//!
//! # Order of the modules
//!
//! What stands left may be used by everything to its right, and nothing else:
//! `support` → `domain` → `settings` → `report` → `connectors | warehouse | delivery` → `jobs` → `config` →
//! `app` → `queries` → `http` → `daemon | sandbox` → `cli`. The three edges never use one another; they meet in `jobs`. [`app`]
//! is an opened installation; [`queries`] answers what an admin asks of it, in values that the command line prints and
//! [`daemon`] serves by the kit of [`http`]. A test reads the source and keeps this so.
//!
//! # What always holds
//!
//! - Running a slice, a rollup or a report again changes nothing.
//! - Numbers are worded once, in [`report::format`]; formats cannot disagree.
//! - Rows that fail a type or a rule are quarantined with reason and record; good ones go on.
//! - Only [`support::clock`] reads the clock.
//! - A secret prints as `***`; no error holds a secret or a raw body.

// As in the daemon, so that tests plan statements as fast.
#[cfg(test)]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod app;
pub mod cli;
pub mod config;
pub mod connectors;
pub mod daemon;
pub mod delivery;
pub mod domain;
pub mod http;
pub mod jobs;
pub mod queries;
pub mod report;
pub mod sandbox;
pub mod settings;
pub mod support;
pub mod warehouse;
