//! What Prometheus scrapes (OpenMetrics text); how old each source's data is comes first.

use crate::app::{App, AppError};
use crate::daemon::DaemonHandle;
use crate::queries::monitoring::{self, Measurement, SourcesMeasured, measurement};
use crate::queries::status::Health;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, Weak};

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Source {
    workspace: String,
    connection: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct FilesOf {
    workspace: String,
    connection: String,
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct JobOf {
    job: String,
    workspace: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct State {
    state: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Use {
    holder: String,
}

/// How long what was worked out of all sources is shown again: whoever scrapes each second costs no more.
const KEPT_FOR: TimeDelta = TimeDelta::seconds(30);

/// How all sources stood. Clones share it.
#[derive(Clone, Default)]
pub struct KeptSources(Arc<Mutex<Option<Kept>>>);

struct Kept {
    /// Of this configuration: after a reload it is worked out anew.
    app: Weak<App>,
    sources: Arc<SourcesMeasured>,
}

impl KeptSources {
    /// As they stand at `now`, or stood shortly before. Two scrapes at once wait for one answer.
    fn get(&self, app: &Arc<App>, now: DateTime<Utc>) -> Result<Arc<SourcesMeasured>, AppError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = Arc::downgrade(app);
        let is_fresh =
            |kept: &&Kept| kept.app.ptr_eq(&own) && (TimeDelta::zero()..KEPT_FOR).contains(&(now - kept.sources.at));
        if let Some(kept) = kept.as_ref().filter(is_fresh) {
            return Ok(kept.sources.clone());
        }
        let sources = Arc::new(monitoring::sources(app, now)?);
        *kept = Some(Kept { app: own, sources: sources.clone() });
        Ok(sources)
    }
}

/// Every metric as of `now`.
pub fn text(daemon: &DaemonHandle, kept: &KeptSources, now: DateTime<Utc>) -> Result<String, AppError> {
    let app = daemon.current.app();
    let seen = (daemon.watch.status(), daemon.current.refused().is_empty());
    let measured = measurement(&app, kept.get(&app, now)?, seen, now)?;
    encoded(&measured).map_err(|error| AppError::Usage(format!("metrics cannot be written: {error}")))
}

/// Gauges are made anew for each scrape, so that what is gone does not linger.
fn encoded(measured: &Measurement) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("daybook");
    let (now, scheduler) = (measured.at, &measured.scheduler);

    let (age, through, healthy) =
        (Family::<Source, Gauge>::default(), Family::<Source, Gauge>::default(), Family::<Source, Gauge>::default());
    let [missing, doubted, limits] = std::array::from_fn(|_| Family::<Source, Gauge>::default());
    let files = Family::<FilesOf, Gauge>::default();
    let count = |days: u64| i64::try_from(days).unwrap_or(i64::MAX);
    for (workspace, sources) in &measured.sources.workspaces {
        for source in sources {
            let of = Source { workspace: workspace.clone(), connection: source.connection.clone() };
            if let Some(at) = source.last_success_at {
                age.get_or_create(&of).set((now - at).num_seconds());
            }
            if let Some(day) = source.data_through {
                let end = (day + chrono::Days::new(1)).and_time(NaiveTime::MIN).and_utc();
                through.get_or_create(&of).set(end.timestamp());
            }
            healthy.get_or_create(&of).set(i64::from(source.health == Health::Fine));
            missing.get_or_create(&of).set(count(source.days_missing));
            doubted.get_or_create(&of).set(count(source.days_doubted));
            limits.get_or_create(&of).set(count(source.limits));
            for (state, number) in &source.files {
                let Source { workspace, connection } = of.clone();
                files.get_or_create(&FilesOf { workspace, connection, state }).set(count(*number));
            }
        }
    }
    let ends = Family::<Source, Gauge>::default();
    for end in &measured.sources.credential_ends {
        let of = Source { workspace: end.workspace.clone(), connection: end.connection.clone() };
        ends.get_or_create(&of).set(end.ends_at.timestamp());
    }
    registry.register_with_unit(
        "source_credential_end_timestamp",
        "When the next of its credentials ends, where that is known",
        Unit::Seconds,
        ends,
    );
    registry.register_with_unit("source_freshness_age", "Since the source was last read in full", Unit::Seconds, age);
    registry.register_with_unit(
        "source_data_through_timestamp",
        "The end of the last whole day, as if in UTC",
        Unit::Seconds,
        through,
    );
    registry.register("source_healthy", "1 where the newest sync went well and no day is missing", healthy);

    registry.register("source_days_missing", "Days that are expected and not there as a whole", missing);
    registry.register("source_days_doubted", "Days whose newest answer is not believed or not confirmed", doubted);
    registry.register("source_limits", "Sayings of the source that limit its answers of the last fortnight", limits);

    registry.register(
        "source_files",
        "Dropped files by what became of them: partly, refused and unread need a person",
        files,
    );

    let looked = Gauge::<i64>::default();
    looked.set((now - measured.sources.at).num_seconds());
    registry.register_with_unit("sources_age", "Since the metrics of sources were worked out", Unit::Seconds, looked);
    let beat = Gauge::<i64>::default();
    beat.set(scheduler.last_beat_at.map_or(-1, |at| (now - at).num_seconds()));
    registry.register_with_unit("heartbeat_age", "Since the scheduler last looked", Unit::Seconds, beat);
    if let Some(lag) = scheduler.lag {
        for (name, help, lag_ms) in [
            ("heartbeat_lag_p50", "How late half of the last hour's beats were at most", lag.median_ms),
            ("heartbeat_lag_p99", "How late all but a hundredth of the last hour's beats were", lag.p99_ms),
        ] {
            let late = Gauge::<f64, AtomicU64>::default();
            late.set(lag_ms as f64 / 1000.0);
            registry.register_with_unit(name, help, Unit::Seconds, late);
        }
    }
    for (name, help, value) in [
        ("runs_at_work", "Runs under way", scheduler.at_work.len()),
        ("slots_waiting", "Slots that are due and wait", scheduler.waiting.len()),
    ] {
        let gauge = Gauge::<i64>::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        registry.register(name, help, gauge);
    }
    let failures = Family::<JobOf, Gauge>::default();
    for circuit in &scheduler.circuits {
        let of = JobOf { job: circuit.job.clone(), workspace: circuit.workspace.clone() };
        failures.get_or_create(&of).set(i64::from(circuit.failures_in_row));
    }
    registry.register("open_circuit_failures", "Failures in a row of jobs that are only probed", failures);

    let config = Gauge::<i64>::default();
    config.set(i64::from(measured.is_configuration_in_use));
    registry.register("configuration_in_use", "0 while an edit with mistakes waits to be mended", config);

    let messages = Family::<State, Gauge>::default();
    for (state, count) in &measured.messages {
        messages.get_or_create(&State { state: state.clone() }).set(*count);
    }
    registry.register("messages", "Messages by what became of them", messages);

    for (name, help, bytes) in [
        ("database_size", "The database file", measured.database_bytes),
        ("database_log_size", "The log, which is folded into the file", measured.log_bytes),
    ] {
        let size = Gauge::<i64>::default();
        size.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        registry.register_with_unit(name, help, Unit::Bytes, size);
    }
    let memory = Family::<Use, Gauge>::default();
    for (holder, bytes) in &measured.memory_bytes {
        memory.get_or_create(&Use { holder: holder.clone() }).set(*bytes);
    }
    registry.register_with_unit("database_memory", "Memory that DuckDB holds, by what for", Unit::Bytes, memory);

    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}
