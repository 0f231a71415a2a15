//! Sync: what a stream lacks is fetched into the landing folder and loaded. Slices are independent: one
//! that fails leaves a hole in the coverage that later syncs fill, and the others go on.

use crate::connectors::Window;
use crate::warehouse::OTHER_ACCOUNT;
use crate::warehouse::load::doubt_contradictions;

pub mod allowances;
pub mod attempts;
mod batch;
mod context;
mod credential_end;
mod decoded_pages;
mod gathered;
mod outcome;
mod patience;
mod plan;
mod process;
mod request;
mod slices;
mod soft_pages;
mod split_pages;

pub use batch::load_landed;
pub use context::{Source, SyncContext, SyncMode};
pub use gathered::Gathered;
pub use outcome::{Progress, StreamOutcome, SyncError};
pub(super) use plan::Planned;
pub use request::{again, decoded, load_request};
pub(super) use slices::run_slices;

use outcome::{list_error, load_error};
use plan::{NotPlanned, plan};
use request::contradicted;

/// Syncs every stream of a connection; one stream's failure leaves the others running.
pub async fn sync_connection(
    context: &SyncContext,
    source: &Source,
    show: &(dyn Fn(Progress<'_>) + Sync),
) -> Vec<StreamOutcome> {
    let mut outcomes = Vec::new();
    let mut of_another: Option<SyncError> = None;
    for stream in source.connection.connector.spec.streams.keys() {
        // What the other streams have is the other account's as well.
        let outcome = match &of_another {
            None => sync_stream(context, source, stream, show).await,
            Some(error) => StreamOutcome {
                error: Some(error.clone()),
                failures: vec![error.clone()],
                ..StreamOutcome::of(&source.connection, stream)
            },
        };
        let is_of_another = |error: &&SyncError| error.message.ends_with(OTHER_ACCOUNT);
        of_another = of_another.or_else(|| outcome.failures.iter().find(is_of_another).cloned());
        tell(&outcome);
        outcomes.push(outcome);
    }
    hold_together(context, source, &mut outcomes).await;
    credential_end::ask(context, source).await;
    allowances::keep(context, source).await;
    outcomes
}

/// Holds streams of a connection against each other, now that all of them were read.
async fn hold_together(context: &SyncContext, source: &Source, outcomes: &mut [StreamOutcome]) {
    for of in contradicted(&source.connection) {
        let stream = of.stream.clone();
        let held = context.warehouse.write(move |writer| doubt_contradictions(writer, &of)).await;
        let Some(outcome) = outcomes.iter_mut().find(|outcome| outcome.stream == stream) else { continue };
        match held {
            Ok(0) => {}
            Ok(days) => outcome.loaded.notes.push(format!("{days} days are doubted: another stream contradicts them")),
            Err(error) => {
                let error = load_error(None, &error);
                outcome.error.get_or_insert_with(|| error.clone());
                outcome.failures.push(error);
            }
        }
    }
}

/// Logs what an admin should know of a stream.
fn tell(outcome: &StreamOutcome) {
    for error in &outcome.failures {
        tracing::warn!(
            workspace.id = outcome.workspace,
            connection.id = outcome.connection,
            stream.id = outcome.stream,
            slice.id = error.slice,
            error = error.message,
            "a slice failed"
        );
    }
    for day in &outcome.loaded.doubted {
        tracing::warn!(
            workspace.id = outcome.workspace,
            connection.id = outcome.connection,
            stream.id = outcome.stream,
            day = %day.date,
            reason = day.reason,
            "an answer is doubted"
        );
    }
    for caveat in &outcome.loaded.caveats {
        tracing::warn!(
            workspace.id = outcome.workspace,
            connection.id = outcome.connection,
            stream.id = outcome.stream,
            caveat,
            "the source limits its own answer"
        );
    }
}

async fn sync_stream(
    context: &SyncContext,
    source: &Source,
    stream_id: &str,
    show: &(dyn Fn(Progress<'_>) + Sync),
) -> StreamOutcome {
    let plan = match plan(context, source, stream_id).await {
        Ok(plan) => plan,
        Err(error) => {
            let error = match error {
                NotPlanned::Known(error) => load_error(None, &error),
                NotPlanned::List(error) => list_error(&error),
            };
            return StreamOutcome {
                error: Some(error.clone()),
                failures: vec![error],
                ..StreamOutcome::of(&source.connection, stream_id)
            };
        }
    };
    let _live = context.engine.lanes().live();
    let mut outcome = run_slices(context, source, stream_id, &plan, SyncMode::Live, show).await;
    outcome.loaded.notes.extend(not_kept(context, source, stream_id, &plan));
    outcome
}

/// What is said when the first day is asked for that the vendor still has, and earlier ones are wanted.
fn not_kept(context: &SyncContext, source: &Source, stream_id: &str, plan: &[Planned]) -> Option<String> {
    let stream = source.connection.connector.spec.streams.get(stream_id)?;
    let zone = source.connection.time_zone(stream.time_zone_setting.as_deref());
    let today = context.clock.now().with_timezone(&zone).date_naive();
    let gone = source.connection.not_kept(stream, source.since, today)?;
    let begins =
        |planned: &Planned| matches!(planned.slice.window, Window::Days { period } if period.start == gone.from);
    plan.iter().any(begins).then(|| gone.to_string())
}
