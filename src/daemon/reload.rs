//! Reading an edited configuration while the daemon runs: a good one is taken with its difference
//! reported, a bad one is reported and the last good one kept.

use crate::app::opening::erase_again;
use crate::app::{App, AppError};
use crate::config::{self, Problem, Settings, diff};
use std::sync::{Arc, PoisonError, RwLock};

/// The installation as it is configured now; clones see the same.
#[derive(Clone)]
pub struct Current(Arc<RwLock<State>>);

struct State {
    app: Arc<App>,
    /// What is wrong with the newest edit, if it could not be taken.
    refused: Vec<Problem>,
}

/// What became of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloaded {
    Taken,
    /// Nothing differs.
    Same,
    /// It has mistakes; the last good one stays.
    Refused,
}

impl Current {
    pub fn new(app: App) -> Self {
        Self(Arc::new(RwLock::new(State { app: Arc::new(app), refused: Vec::new() })))
    }

    pub fn app(&self) -> Arc<App> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).app.clone()
    }

    /// What is wrong with the newest edit; empty if it is in use.
    pub fn refused(&self) -> Vec<Problem> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).refused.clone()
    }

    fn set(&self, app: Option<App>, refused: Vec<Problem>) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.refused = refused;
        if let Some(app) = app {
            state.app = Arc::new(app);
        }
    }
}

/// Reads the files again.
pub fn reload(current: &Current) -> Reloaded {
    let running = current.app();
    let edited = match load(&running) {
        Ok(edited) => edited,
        Err(problems) => {
            for problem in &problems {
                tracing::error!(problem = %problem, "the edited configuration is not used");
            }
            current.set(None, problems);
            return Reloaded::Refused;
        }
    };
    for warning in edited.settings.warnings(running.clock.now()) {
        tracing::warn!(warning = %warning, "the configuration is hardly meant so");
    }
    let changes = diff::changes(&running.settings, &edited.settings, running.clock.now());
    if changes.is_empty() {
        tracing::info!("the configuration was read again; nothing differs");
        // Templates and secrets may differ all the same.
        current.set(Some(edited), Vec::new());
        return Reloaded::Same;
    }
    for change in &changes {
        tracing::info!(change = %change, "the configuration changes");
    }
    current.set(Some(edited), Vec::new());
    Reloaded::Taken
}

/// The edited installation, or every reason against it.
fn load(running: &App) -> Result<App, Vec<Problem>> {
    let settings: Settings = config::load(&running.settings.root)?;
    only_known(settings.missing_secrets(), &running.settings.missing_secrets())?;
    let file = std::path::Path::new(config::daemon::FILE);
    if settings.data_dir != running.settings.data_dir {
        let message =
            format!("data_dir cannot change while the daemon runs, from {}", running.settings.data_dir.display());
        return Err(vec![Problem::new(file, None, &message, "stop the daemon, move the folder, start it again")]);
    }
    let facts = settings.facts.clone();
    let edited = running.with_settings(settings).map_err(|error| match error {
        AppError::Config(problems) => problems,
        other => vec![Problem::new(file, None, &other.to_string(), "mend it and reload again")],
    })?;
    only_known(edited.lacks(), &running.lacks())?;
    // Last: tables follow only what is sound in all else.
    running.warehouse.apply_facts(facts).map_err(|error| {
        let folder = std::path::Path::new(config::facts::FOLDER);
        vec![Problem::new(folder, None, &error.to_string(), "mend it and reload again")]
    })?;
    erase_again(&edited.settings, &running.warehouse).map_err(|error| {
        let folder = std::path::Path::new(config::facts::FOLDER);
        let message = format!("people who were erased before are still in columns that are now personal: {error}");
        vec![Problem::new(folder, None, &message, "mend it and reload again")]
    })?;
    Ok(edited)
}

/// What was lacking before was started without; only a new lack speaks against the edit.
fn only_known(lacks: Vec<Problem>, known: &[Problem]) -> Result<(), Vec<Problem>> {
    let new: Vec<Problem> = lacks.into_iter().filter(|lack| !known.contains(lack)).collect();
    if new.is_empty() { Ok(()) } else { Err(new) }
}
