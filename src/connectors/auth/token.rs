//! Tokens in memory: taken once for everybody, renewed ahead of their end, and renewed once when
//! the vendor refuses them early.

use super::kept::KeptTokens;
use crate::connectors::error::ConnectorError;
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};
use tokio::sync::Mutex;

/// What a token endpoint gave.
#[derive(Clone, Debug)]
pub struct Grant {
    pub token: Secret,
    pub expires_in_secs: i64,
    /// What of the answer requests use, by name.
    pub values: BTreeMap<String, String>,
}

/// A token that can be used now.
#[derive(Clone, Debug)]
pub struct Current {
    pub token: Secret,
    pub values: BTreeMap<String, String>,
    /// Distinguishes it from its successor; begins at 1.
    pub generation: u64,
}

#[derive(Clone, Debug, Default)]
struct Held {
    current: Option<Current>,
    expires_at: DateTime<Utc>,
    generation: u64,
    /// When the vendor would not give one, and why.
    refusal: Option<(DateTime<Utc>, ConnectorError)>,
}

/// So long a refusal of the credential holds for everybody: all streams of a sync would hear the same.
const REFUSED_FOR: TimeDelta = TimeDelta::minutes(1);

/// Tokens by credential.
#[derive(Debug, Default)]
pub struct TokenCache {
    held: std::sync::Mutex<HashMap<String, Arc<Mutex<Held>>>>,
    kept: KeptTokens,
}

impl TokenCache {
    /// A cache that keeps refresh tokens which change.
    pub fn keeping(kept: KeptTokens) -> Self {
        Self { kept, ..Self::default() }
    }

    /// Refresh tokens that came in place of configured ones.
    pub fn kept(&self) -> &KeptTokens {
        &self.kept
    }

    /// The credential's token; asks for a new one if there is none, it is about to end, or it is
    /// the `refused` one. Whoever comes meanwhile waits for the same answer.
    pub async fn get(
        &self,
        credential: &str,
        clock: &Clock,
        refused: Option<u64>,
        ask: impl AsyncFnOnce() -> Result<Grant, ConnectorError>,
    ) -> Result<Current, ConnectorError> {
        let slot = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(held.entry(credential.to_owned()).or_default())
        };
        let mut held = slot.lock().await;
        let is_fresh = held.expires_at > clock.now() && refused != Some(held.generation);
        if let (Some(current), true) = (&held.current, is_fresh) {
            return Ok(current.clone());
        }
        let now = clock.now();
        if let Some((at, error)) = held.refusal.as_ref().filter(|(at, _)| *at <= now && now - *at < REFUSED_FOR) {
            tracing::debug!(since = %at, "a credential that was refused a moment ago is not tried again");
            return Err(error.clone());
        }
        let asked = ask().await;
        held.refusal = match &asked {
            Err(error @ ConnectorError::Unauthorized { .. }) => Some((now, error.clone())),
            _ => None,
        };
        let grant = asked?;
        // A tenth of its life early, so that no request is on its way when it ends.
        let life = TimeDelta::seconds(grant.expires_in_secs.clamp(0, 86_400) * 9 / 10);
        let generation = held.generation + 1;
        let current = Current { token: grant.token, values: grant.values, generation };
        *held = Held { current: Some(current.clone()), expires_at: clock.now() + life, generation, refusal: None };
        Ok(current)
    }
}
