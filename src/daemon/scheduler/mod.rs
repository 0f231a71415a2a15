//! The scheduler: at each beat it asks the ledger what is due, starts it within its limits, and
//! records how it ended. Whoever runs it calls [`Scheduler::tick`] at each tick and at each end, and
//! [`Scheduler::stop`] once; [`Scheduler::watch`] hands out what it is at.

mod lags;
mod ledger;
mod priority;
#[cfg(test)]
mod tests;
mod ticker;
mod work;

pub use ticker::Ticker;

use crate::app::{App, AppError, dated_streams, planned_jobs, run_maintenance};
use crate::config::Job;
use crate::config::jobs::Priority;
use crate::domain::schedule::{DecisionReason, Outcome, Slot, SlotKey, SlotState};
use crate::jobs::deliver::{BusyQueues, deliver_due};
use crate::queries::scheduler::Status;
use crate::support::blocking::off_thread;
use crate::warehouse::slots::SlotLedger;
use crate::warehouse::{WarehouseError, clock};
use chrono::{DateTime, TimeDelta, Utc};
use lags::Lags;
use ledger::{Ended, SchedulerLedger};
use priority::{in_order, is_of_data, shares_limit};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// Messages that were put off are looked for this often.
const DELIVER_EVERY: TimeDelta = TimeDelta::seconds(60);
/// Where nothing can be written for want of room, old pages are removed this often.
const MAKE_ROOM_EVERY: TimeDelta = TimeDelta::minutes(30);

/// Starts what is due and records how it ends.
pub struct Scheduler {
    app: Arc<App>,
    /// Where each job stands among the settings', by its id.
    jobs: HashMap<String, usize>,
    ledger: SchedulerLedger,
    running: JoinSet<Ended>,
    /// What is at work, and how each is given up: it ends at its next wait.
    at_work: HashMap<Id, (SlotKey, CancellationToken)>,
    /// Tasks that ended and were not looked at yet.
    over: Vec<Result<(Id, Ended), JoinError>>,
    /// Passes of delivery, and maintenance that frees room; a pass that takes long keeps its lanes, and the next ones go without them.
    delivering: JoinSet<()>,
    busy: BusyQueues,
    delivered_at: Option<DateTime<Utc>>,
    status: Arc<Mutex<Status>>,
    lags: Lags,
    clock_noted_at: DateTime<Utc>,
    made_room_at: Option<DateTime<Utc>>,
}

/// What the scheduler is at, as its last beat left it; clones see the same.
#[derive(Clone, Debug)]
pub struct Watch(Arc<Mutex<Status>>);

impl Watch {
    pub fn status(&self) -> Status {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Scheduler {
    /// Takes up the ledger. What a process that is gone had claimed is closed as lost and tried again.
    pub async fn open(app: Arc<App>, now: DateTime<Utc>) -> Result<Self, AppError> {
        let me = format!("process {} since {}", std::process::id(), now.format("%Y-%m-%dT%H:%M:%S%.3fZ"));
        let (jobs, ledger) = plans(&app);
        let (ledger, reaped) = SchedulerLedger::open(jobs, ledger, &me, now).await?;
        for slot in &reaped {
            tracing::warn!(
                job.id = slot.key.pair.job, workspace.id = slot.key.pair.workspace, slot.at = %slot.key.at,
                slot.state = slot.state.name(), detail = slot.detail, "a slot was left behind by a crash"
            );
        }
        Ok(Self {
            jobs: by_id(&app),
            app,
            ledger,
            running: JoinSet::new(),
            at_work: HashMap::new(),
            over: Vec::new(),
            delivering: JoinSet::new(),
            busy: BusyQueues::default(),
            delivered_at: None,
            status: Arc::default(),
            lags: Lags::default(),
            clock_noted_at: now,
            made_room_at: None,
        })
    }

    /// Goes on with another configuration over the same warehouse. What is at work ends as it began.
    pub async fn replace(&mut self, app: Arc<App>, now: DateTime<Utc>) -> Result<(), AppError> {
        let (jobs, ledger) = plans(&app);
        self.ledger.replace(jobs, ledger, now).await?;
        self.jobs = by_id(&app);
        self.app = app;
        Ok(())
    }

    /// Records what ended, gives up what takes too long, and starts what is due. An error is one of the
    /// ledger; the next beat tries again, and nothing is lost.
    pub async fn tick(&mut self, now: DateTime<Utc>) -> Result<(), AppError> {
        self.note_begin(now);
        let done = self.beat(now).await;
        if matches!(done, Err(AppError::Warehouse(WarehouseError::NoSpace { .. }))) {
            self.make_room(now);
        }
        let mut status = self.ledger.status().await;
        let mut kept = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        status.beats = kept.beats + 1;
        status.last_beat_at = Some(now);
        status.beat_began_at = Some(now);
        status.is_maintaining = self.is_maintaining(now);
        status.is_stopping = self.app.sync.stop.is_cancelled();
        status.lag = kept.lag;
        status.trouble = done.as_ref().err().map(ToString::to_string);
        *kept = status;
        done
    }

    /// Those who watch see that a beat began, before it waits for the ledger.
    fn note_begin(&self, now: DateTime<Utc>) {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        status.beat_began_at = Some(now);
        status.is_maintaining = self.is_maintaining(now);
    }

    /// Notes that the beat which was due at an instant had been made by `now`.
    pub fn note_lag(&mut self, due: DateTime<Utc>, now: DateTime<Utc>) {
        self.lags.add((now - due).num_milliseconds().max(0).unsigned_abs());
        self.status.lock().unwrap_or_else(PoisonError::into_inner).lag = self.lags.sum_up();
    }

    /// Enters a slot of a job for each of its workspaces, because a person asks; the next beat takes it up.
    pub async fn ask(&mut self, job: &str, now: DateTime<Utc>) -> Result<Vec<SlotKey>, AppError> {
        if self.job(job).is_none() {
            let known: Vec<&str> = self.app.settings.jobs.iter().map(|job| job.id.as_str()).collect();
            return Err(AppError::Usage(format!("there is no job {job:?}; there are {}", known.join(", "))));
        }
        Ok(self.ledger.ask(job.to_owned(), now).await?)
    }

    /// Ends when something that was started has ended: then it is time for a beat. Safe to be dropped.
    pub async fn ended(&mut self) {
        match self.running.join_next_with_id().await {
            Some(over) => self.over.push(over),
            None => std::future::pending().await,
        }
    }

    /// What the scheduler is at, as its last beat left it.
    pub fn status(&self) -> Status {
        self.watch().status()
    }

    /// The same for others, to look at any time.
    pub fn watch(&self) -> Watch {
        Watch(self.status.clone())
    }

    /// Stops: nothing new begins, a slice that is being loaded is finished, fetches are given up. What
    /// has not ended `within` that is cut off; its transactions roll back, and its slot begins again at
    /// the next start. Answers how many were cut off.
    pub async fn stop(&mut self, within: Duration) -> usize {
        self.app.sync.stop.cancel();
        let limit = tokio::time::Instant::now() + within;
        while !self.running.is_empty() {
            if tokio::time::timeout_at(limit, self.ended()).await.is_err() {
                break;
            }
        }
        while tokio::time::timeout_at(limit, self.delivering.join_next()).await.is_ok_and(|next| next.is_some()) {}
        let now = self.app.clock.now();
        let mut ended = self.collect();
        let cut_off: Vec<SlotKey> = self
            .at_work
            .drain()
            .map(|(_, (key, give_up))| {
                give_up.cancel();
                key
            })
            .collect();
        let count = cut_off.len() + self.delivering.len();
        self.delivering.abort_all();
        ended.extend(cut_off.into_iter().map(|key| Ended {
            key,
            outcome: Outcome::Stopped,
            detail: format!("it did not end within {} s of Daybook's stop and was cut off", within.as_secs()),
        }));
        match self.ledger.record(ended, now).await {
            Ok(recorded) => recorded.iter().for_each(tell),
            // The claims stay; the next start finds and closes them.
            Err(error) => tracing::error!(error = %error, "how the last runs ended cannot be recorded"),
        }
        count
    }

    /// Notes once a minute what the clock shows, and at once where it was set back.
    async fn note_clock(&mut self, now: DateTime<Utc>) -> Result<(), AppError> {
        let since = now - self.clock_noted_at;
        if (TimeDelta::zero()..TimeDelta::minutes(1)).contains(&since) {
            return Ok(());
        }
        let warehouse = self.app.warehouse.clone();
        let seen = off_thread(move || clock::note(&warehouse, now)).await?;
        self.clock_noted_at = now;
        if since < TimeDelta::zero()
            && let Some(latest) = seen.is_behind(now)
        {
            tracing::warn!(clock.now = %now, clock.latest = %latest, "the clock was set back: what was noted ahead of it is not believed");
        }
        Ok(())
    }

    async fn beat(&mut self, now: DateTime<Utc>) -> Result<(), AppError> {
        // Before anything is begun or sent that could not be noted for good.
        self.app.warehouse.check_place()?;
        self.note_clock(now).await?;
        while let Some(over) = self.running.try_join_next_with_id() {
            self.over.push(over);
        }
        let mut ended = self.collect();
        // Tasks know their limit; after a suspend only the clock does.
        for key in self.ledger.overdue(now).await {
            let Some(id) = self.at_work.iter().find(|(_, (of, _))| *of == key).map(|(id, _)| *id) else { continue };
            if let Some((key, give_up)) = self.at_work.remove(&id) {
                give_up.cancel();
                ended.push(Ended { key, outcome: Outcome::TimedOut, detail: "it was over its time limit".to_owned() });
            }
        }
        let recorded = self.ledger.record(ended, now).await?;
        recorded.iter().for_each(tell);
        if !self.app.sync.stop.is_cancelled() {
            self.start_due(now).await?;
        }
        let issued = recorded.iter().any(|slot| self.priority(&slot.key) == Some(Priority::Report));
        self.deliver(now, issued);
        Ok(())
    }

    async fn start_due(&mut self, now: DateTime<Utc>) -> Result<(), AppError> {
        let due = self.ledger.beat(now).await?;
        let known = due.into_iter().filter_map(|due| Some((self.priority(&due.key)?, due))).collect();
        let mut at_work: Vec<Priority> = self.at_work.values().filter_map(|(key, _)| self.priority(key)).collect();
        let mut chosen = Vec::new();
        for (priority, due) in in_order(known) {
            if at_work.iter().filter(|other| shares_limit(**other, priority)).count() < self.limit(priority) {
                at_work.push(priority);
                chosen.push(due);
            }
        }
        let limits: BTreeMap<SlotKey, TimeDelta> = chosen.iter().map(|due| (due.key.clone(), due.timeout)).collect();
        // All at once: each claim by itself would hold up the beat.
        for slot in self.ledger.claim(chosen, now).await? {
            let limit = limits.get(&slot.key).and_then(|limit| limit.to_std().ok()).unwrap_or_default();
            self.start(slot, limit);
        }
        self.note_begin(now);
        Ok(())
    }

    /// Runs of that priority, and of those that share its limit, at work at the same time.
    fn limit(&self, priority: Priority) -> usize {
        let schedule = self.app.settings.schedule;
        if is_of_data(priority) { schedule.syncs_at_once } else { schedule.runs_at_once }
    }

    fn start(&mut self, slot: Slot, limit: Duration) {
        let Some(job) = self.job(&slot.key.pair.job).cloned() else { return };
        tracing::info!(
            job.id = job.id, workspace.id = slot.key.pair.workspace, slot.at = %slot.key.at,
            slot.attempt = slot.attempts, reason = slot.reason, "a run begins"
        );
        let (app, of, give_up) = (self.app.clone(), slot.key.clone(), CancellationToken::new());
        let (wish, runtime) = (give_up.clone(), tokio::runtime::Handle::current());
        // A thread of its own: whatever a run does, the beat and the other runs go on.
        let task = self.running.spawn_blocking(move || {
            let (outcome, detail) = runtime.block_on(async {
                tokio::select! {
                    end = work::work(&app, &job, &slot, limit) => end,
                    () = wish.cancelled() => (Outcome::Stopped, "it was given up".to_owned()),
                }
            });
            Ended { key: slot.key, outcome, detail }
        });
        self.at_work.insert(task.id(), (of, give_up));
    }

    /// What tasks that are over ended with. One that was given up has been recorded already.
    fn collect(&mut self) -> Vec<Ended> {
        let mut ended = Vec::new();
        for over in std::mem::take(&mut self.over) {
            match over {
                Ok((id, end)) => ended.extend(self.at_work.remove(&id).map(|_| end)),
                Err(error) => {
                    let Some((key, _)) = self.at_work.remove(&error.id()) else { continue };
                    let detail = "it ended in a fault of Daybook's own; the log has more".to_owned();
                    tracing::error!(job.id = key.pair.job, workspace.id = key.pair.workspace, error = %error, "a run panicked");
                    ended.push(Ended { key, outcome: Outcome::Failed, detail });
                }
            }
        }
        ended
    }

    /// Sends what is due, every minute and after each report.
    fn deliver(&mut self, now: DateTime<Utc>, at_once: bool) {
        while self.delivering.try_join_next().is_some() {}
        let is_time = self.delivered_at.is_none_or(|at| now < at || now - at >= DELIVER_EVERY);
        if !(is_time || at_once) || self.app.sync.stop.is_cancelled() {
            return;
        }
        self.delivered_at = Some(now);
        let (app, busy) = (self.app.clone(), self.busy.clone());
        self.delivering.spawn(async move {
            let sent = match app.deliverers() {
                Ok(ways) => {
                    let ways = ways.until(app.sync.stop.clone());
                    deliver_due(&app.warehouse, &ways, &app.clock, &busy).await.map_err(AppError::from)
                }
                Err(error) => Err(error),
            };
            if let Err(error) = sent {
                tracing::error!(error = %error, "deliveries stopped");
            }
        });
    }

    /// Does what a night does. On a full disk its slot cannot be claimed, and it is what frees room.
    fn make_room(&mut self, now: DateTime<Utc>) {
        if self.made_room_at.is_some_and(|at| (TimeDelta::zero()..MAKE_ROOM_EVERY).contains(&(now - at))) {
            return;
        }
        self.made_room_at = Some(now);
        let app = self.app.clone();
        self.delivering.spawn(async move {
            let (outcome, detail) = run_maintenance(&app).await;
            tracing::warn!(outcome = ?outcome, detail, "nothing could be written: maintenance was run to free room");
        });
    }

    /// Whether a run of maintenance is under way, or may be: on a full disk it runs beside the deliveries.
    fn is_maintaining(&self, now: DateTime<Utc>) -> bool {
        let mut keys = self.at_work.values().map(|(key, _)| key);
        keys.any(|key| self.job(&key.pair.job).is_some_and(|job| job.kind.is_maintenance()))
            || (self.made_room_at.is_some_and(|at| now - at < MAKE_ROOM_EVERY) && !self.delivering.is_empty())
    }

    fn priority(&self, key: &SlotKey) -> Option<Priority> {
        Some(self.job(&key.pair.job)?.kind.priority())
    }

    fn job(&self, id: &str) -> Option<&Job> {
        self.app.settings.jobs.get(*self.jobs.get(id)?)
    }
}

fn by_id(app: &App) -> HashMap<String, usize> {
    app.settings.jobs.iter().enumerate().map(|(index, job)| (job.id.clone(), index)).collect()
}

fn plans(app: &App) -> (Vec<crate::domain::schedule::PlannedJob>, SlotLedger) {
    let dated = dated_streams(&app.settings, app.catalog());
    (planned_jobs(&app.settings, &dated), SlotLedger::new(app.warehouse.clone(), dated))
}

fn tell(slot: &Slot) {
    let (job, workspace) = (&slot.key.pair.job, &slot.key.pair.workspace);
    if slot.state == SlotState::Succeeded {
        tracing::info!(job.id = job, workspace.id = workspace, slot.at = %slot.key.at, detail = slot.detail, "a run ended well");
    } else if slot.reason == DecisionReason::Held.name() {
        tracing::info!(job.id = job, workspace.id = workspace, slot.at = %slot.key.at, detail = slot.detail, "a report is held");
    } else if slot.reason == DecisionReason::Again.name() {
        tracing::info!(job.id = job, workspace.id = workspace, slot.at = %slot.key.at, detail = slot.detail, "a run was stopped and begins again later");
    } else {
        let next = slot.not_before.map(|at| at.to_rfc3339());
        tracing::warn!(
            job.id = job, workspace.id = workspace, slot.at = %slot.key.at, slot.state = slot.state.name(),
            reason = slot.reason, detail = slot.detail, next_attempt_at = next, "a run did not end well"
        );
    }
}
