//! New tokens, and refresh tokens that change with each use: one process at a time asks with the one in force, and the
//! successor is on the disk before the access token beside it is used.

use super::answer::Tokens;
use super::kept::{Kept, KeptTokens, Place};
use super::oauth::{NoToken, ask};
use super::refusal::remedy;
use super::token::Grant;
use crate::connectors::connection::Connection;
use crate::connectors::error::ConnectorError;
use crate::connectors::spec::{Exchange, Refresh, put};
use crate::support::blocking::off_thread;
use crate::support::clock::Clock;
use crate::support::owner;
use crate::support::secret::Secret;
use chrono::{DateTime, TimeDelta, Utc};
use std::fs::File;
use std::io;
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// How long another process is waited for that renews the same token.
const PATIENCE: Duration = Duration::from_secs(90);
const POLL_EVERY: Duration = Duration::from_millis(50);

/// Asks for a token.
pub async fn grant(
    kept: &KeptTokens,
    client: &reqwest::Client,
    clock: &Clock,
    connection: &Connection,
    exchange: &Exchange,
) -> Result<Grant, ConnectorError> {
    let mut fields = exchange.fields.clone();
    if let Some(sign) = &exchange.assertion {
        put(&mut fields, "assertion", sign(clock.now())?);
    }
    let asking = Asking { client, clock, connection, exchange, fields };
    let tokens = match &exchange.refresh {
        Some(refresh) => Renewal { asking, refresh, kept, place: kept.place(refresh) }.tokens().await?,
        None => asking.ask(None).await.map_err(|failed| asking.told(failed, None))?,
    };
    Ok(Grant { token: tokens.token, expires_in_secs: tokens.expires_in_secs, values: tokens.values })
}

/// A question that may be asked twice.
struct Asking<'a> {
    client: &'a reqwest::Client,
    clock: &'a Clock,
    connection: &'a Connection,
    exchange: &'a Exchange,
    fields: Vec<(String, String)>,
}

impl Asking<'_> {
    async fn ask(&self, refresh_token: Option<&Secret>) -> Result<Tokens, NoToken> {
        let mut fields = self.fields.clone();
        if let Some(token) = refresh_token {
            put(&mut fields, "refresh_token", token.expose().to_owned());
        }
        ask(self.client, self.connection, self.exchange, &fields).await
    }

    /// A refusal with its remedy; `of` is the kept token that was sent, where one was.
    fn told(&self, failed: NoToken, of: Option<(&Kept, &Place)>) -> ConnectorError {
        match failed {
            NoToken::Failed(error) => error,
            NoToken::Refused { code, message } => {
                let remedy = remedy(self.exchange.grantee, &code, &message);
                let said = if message.is_empty() { code } else { format!("{code}: {message}") };
                let sent = of.map(|(kept, place)| {
                    let (day, path) = (kept.renewed_at.format("%Y-%m-%d %H:%M UTC"), place.path());
                    format!(
                        " (the refresh token that was sent is of {day}, kept in {}; a new one where the secret is kept \
                         takes its place)",
                        path.display()
                    )
                });
                let note = format!("the vendor grants no access ({said}): {remedy}{}", sent.unwrap_or_default());
                ConnectorError::Unauthorized { note: self.connection.redact(&note) }
            }
        }
    }
}

/// A token by a refresh token.
struct Renewal<'a> {
    asking: Asking<'a>,
    refresh: &'a Refresh,
    kept: &'a KeptTokens,
    place: Option<Place>,
}

/// What keeps other processes away, and where the new token will lie.
struct Guard {
    _lock: File,
    room: NamedTempFile,
    /// As it is under the lock.
    current: Option<Kept>,
}

impl Renewal<'_> {
    async fn tokens(&self) -> Result<Tokens, ConnectorError> {
        let unwritten = self.place.as_ref().and_then(|place| self.kept.unwritten(place.id()));
        let known = self.read().await?;
        let may_change = |kept: &Option<Kept>| kept.as_ref().is_some_and(|kept| kept.refresh_token.is_some());
        let mut guard = None;
        if self.refresh.rotates || may_change(&known) || unwritten.is_some() {
            let held = self.guard().await.map_err(|why| self.not_asked(&why))?;
            guard = Some(match unwritten {
                Some(unwritten) => {
                    self.write(held, unwritten).await?;
                    self.guard().await.map_err(|why| self.not_asked(&why))?
                }
                None => held,
            });
        }
        let mut current = guard.as_ref().map_or(known, |guard| guard.current.clone());
        let mut sent = self.in_force(current.as_ref());
        let mut answer = self.asking.ask(Some(&sent)).await;
        if matches!(answer, Err(NoToken::Refused { .. })) {
            // Another process may have renewed it meanwhile.
            let reread = self.read().await?;
            let newer = self.in_force(reread.as_ref());
            if newer != sent {
                if guard.is_none() {
                    guard = Some(self.guard().await.map_err(|why| self.not_asked(&why))?);
                }
                (current, sent) = (reread, newer);
                answer = self.asking.ask(Some(&sent)).await;
            }
        }
        let of_kept = current.as_ref().filter(|kept| kept.refresh_token.is_some()).zip(self.place.as_ref());
        let tokens = answer.map_err(|failed| self.asking.told(failed, of_kept))?;
        self.keep(guard, current.as_ref(), &sent, &tokens).await?;
        Ok(tokens)
    }

    /// The token that the vendor takes now.
    fn in_force(&self, kept: Option<&Kept>) -> Secret {
        let successor = kept.and_then(|kept| kept.refresh_token.clone());
        successor.unwrap_or_else(|| self.refresh.configured.clone())
    }

    async fn read(&self) -> Result<Option<Kept>, ConnectorError> {
        let Some(place) = self.place.clone() else { return Ok(None) };
        let path = place.path();
        off_thread(move || place.read()).await.map_err(|error| {
            let note = format!(
                "the refresh token kept in {} cannot be read: {}; if that cannot be mended, remove the file, connect the \
                 account again and put the new refresh token where the secret is kept",
                path.display(),
                owner::why(&error)
            );
            failure(&error, note)
        })
    }

    async fn guard(&self) -> io::Result<Guard> {
        let nowhere = || io::Error::new(io::ErrorKind::Unsupported, "this command keeps none");
        let place = self.place.clone().ok_or_else(nowhere)?;
        let begun = Instant::now();
        loop {
            let own = place.clone();
            let taken = off_thread(move || -> io::Result<Option<Guard>> {
                let Some(lock) = own.lock()? else { return Ok(None) };
                Ok(Some(Guard { _lock: lock, room: own.room()?, current: own.read()? }))
            });
            match taken.await? {
                Some(guard) => return Ok(guard),
                None if begun.elapsed() > PATIENCE => {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "another process renews it and does not end"));
                }
                None => tokio::time::sleep(POLL_EVERY).await,
            }
        }
    }

    /// Writes the new refresh token, if there is one, before anything else is done.
    async fn keep(
        &self,
        guard: Option<Guard>,
        current: Option<&Kept>,
        sent: &Secret,
        tokens: &Tokens,
    ) -> Result<(), ConnectorError> {
        let now = self.asking.clock.now();
        let successor = tokens.refresh_token.clone().filter(|token| token != sent);
        let ends_at =
            tokens.refresh_expires_in_secs.and_then(|secs| now.checked_add_signed(TimeDelta::try_seconds(secs)?));
        let connection = self.asking.connection;
        let kept = Kept {
            connector: connection.connector.spec.name.clone(),
            connection: format!("{}/{}", connection.workspace, connection.id),
            refresh_token: successor.clone().or_else(|| current.and_then(|kept| kept.refresh_token.clone())),
            renewed_at: now,
            ends_at: ends_at.or_else(|| current.and_then(|kept| kept.ends_at).filter(|_| successor.is_none())),
        };
        if successor.is_some() {
            return match guard {
                Some(guard) => self.write(guard, kept).await,
                None => match self.guard().await {
                    Ok(guard) => self.write(guard, kept).await,
                    Err(why) => Err(self.unwritten(kept, &why)),
                },
            };
        }
        // When it ends is worth knowing, and no reason to do without a good token.
        if ends_at.is_some() && is_news(ends_at, current.and_then(|kept| kept.ends_at)) {
            let guard = match guard {
                Some(guard) => Ok(guard),
                None => self.guard().await,
            };
            if let (Ok(guard), Some(place)) = (guard, self.place.clone()) {
                let written = off_thread(move || place.write(guard.room, &kept)).await;
                if let Err(error) = written {
                    tracing::debug!(error = %error, "when a refresh token ends was not noted");
                }
            }
        }
        Ok(())
    }

    async fn write(&self, guard: Guard, kept: Kept) -> Result<(), ConnectorError> {
        let Some(place) = self.place.clone() else { return Ok(()) };
        let (own, id) = (kept.clone(), place.id().to_owned());
        // The lock is let go of when the token is on the disk.
        let written = off_thread(move || {
            let Guard { _lock, room, .. } = guard;
            place.write(room, &own)
        });
        match written.await {
            Ok(()) => {
                self.kept.release(&id);
                Ok(())
            }
            Err(error) => Err(self.unwritten(kept, &error)),
        }
    }

    /// The vendor has ended the former token, and the new one is in memory alone.
    fn unwritten(&self, kept: Kept, why: &io::Error) -> ConnectorError {
        let Some(place) = &self.place else {
            let note = "the vendor gave a new refresh token in place of the configured one, and this command keeps none: \
                        connect the account again, and read it with the daemon or `daybook sync`";
            return ConnectorError::Configuration { note: note.to_owned() };
        };
        self.kept.hold(place.id(), kept);
        let note = format!(
            "the vendor gave a new refresh token in place of the former one, and it cannot be kept in {}: {}. It is held \
             in memory, and nothing is read until it is written; if Daybook ends before that, connect the account again",
            place.path().display(),
            owner::why(why)
        );
        failure(why, note)
    }

    /// The vendor was not asked: nothing is lost.
    fn not_asked(&self, why: &io::Error) -> ConnectorError {
        let place = self.place.as_ref().map(|place| format!(" in {}", place.path().display())).unwrap_or_default();
        let note = format!(
            "the vendor gives a new refresh token with each answer, which could not be kept{place}: {}; it was not asked, \
             and nothing is lost",
            owner::why(why)
        );
        failure(why, note)
    }
}

/// Whether the end of a refresh token has moved by more than the time that passes between two answers.
fn is_news(now: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>) -> bool {
    match (now, before) {
        (Some(now), Some(before)) => (now - before).abs() > TimeDelta::days(1),
        (now, before) => now != before,
    }
}

fn failure(error: &io::Error, note: String) -> ConnectorError {
    let passes = owner::ran_short(error) || error.kind() == io::ErrorKind::TimedOut;
    if passes { ConnectorError::RanShort { note } } else { ConnectorError::Configuration { note } }
}
