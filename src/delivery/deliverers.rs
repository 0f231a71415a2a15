//! Every way out that is configured, and handing a message to the one its route names.

use super::channel::{Channel, File};
use super::channels;
use super::error::misconfigured;
use super::folder::{self, Folder};
use super::heartbeat::Heartbeat;
use super::reference::ChannelRef;
use super::settings::{DeliveryConfig, HEARTBEAT, MailConfig, UnknownPolicy};
use super::smtp::Smtp;
use super::unusable::Unusable;
use super::{BuildError, DeliveryError, DeliveryResult, MAIL_LANE, Outgoing, ProbeResult, Route, http};
use crate::settings::SecretPlace;
use crate::settings::problems::Problem;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
enum MailTransport {
    Smtp(Box<Smtp>),
    Folder(Folder),
}

/// A way out, or why nothing can go it; the others are used all the same.
type Way<T> = Result<T, Unusable>;

/// Every way out that is configured.
#[derive(Debug)]
pub struct Deliverers {
    mail: Option<Way<MailTransport>>,
    channels: BTreeMap<ChannelRef, Way<Box<dyn Channel>>>,
    files: Folder,
    heartbeat: Option<Way<Heartbeat>>,
    pub policy: Policy,
    /// A request to stop: no message is begun after it, and one is given up where that leaves no doubt.
    pub stop: CancellationToken,
}

/// What to do about trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// A message that was not taken so long after it was written has failed.
    pub give_up_after: Duration,
    pub after_unknown: UnknownPolicy,
    /// Where the operator is notified, mails first.
    pub operator: Vec<Route>,
    /// Whose reports may leave; everybody's where absent. Those of a workspace that was taken out stay.
    pub workspaces: Option<BTreeSet<String>>,
}

impl DeliveryConfig {
    /// Reads the secrets and prepares the ways; connects to nothing. Secret files are relative to
    /// `config_dir`, folders to `data_dir`. `secrets` says in which line each secret is named, for who must mend
    /// a way that cannot be used.
    ///
    /// # Errors
    /// Where no way at all can be prepared.
    pub fn build(&self, config_dir: &Path, data_dir: &Path, secrets: &[SecretPlace]) -> Result<Deliverers, BuildError> {
        let client = http::client()?;
        let unusable = |owner: &str, error| Unusable::new(owner, &error, secrets, config_dir);
        let mail = self
            .mail
            .as_ref()
            .map(|mail| self.mail_transport(mail, config_dir, data_dir).map_err(|error| unusable(MAIL_LANE, error)));
        let channels = self.channels.iter().map(|(at, destination)| {
            let built = destination.build(&at.name, config_dir, &client);
            (at.clone(), built.map_err(|error| unusable(&channels::owner(at), error)))
        });
        let channels = channels.collect();
        let heartbeat = self.heartbeat.as_ref().map(|url| {
            let url = url.resolve(config_dir).map_err(BuildError::from);
            url.and_then(|url| Heartbeat::new(&url, client.clone())).map_err(|error| unusable(HEARTBEAT, error))
        });
        let files = Folder::new(data_dir.join(&self.files.path));
        Ok(Deliverers { mail, channels, files, heartbeat, policy: self.policy(), stop: CancellationToken::new() })
    }

    fn mail_transport(
        &self,
        mail: &MailConfig,
        config_dir: &Path,
        data_dir: &Path,
    ) -> Result<MailTransport, BuildError> {
        // Mails are made with it; none is to leave without.
        if let Some(key) = &self.headers.unsubscribe_key {
            key.resolve(config_dir)?;
        }
        Ok(match mail {
            MailConfig::Folder { path, .. } => MailTransport::Folder(Folder::new(data_dir.join(path))),
            smtp @ MailConfig::Smtp { .. } => MailTransport::Smtp(Box::new(Smtp::build(smtp, config_dir)?)),
        })
    }

    fn policy(&self) -> Policy {
        let from = self.mail.as_ref().map(|mail| mail.from().to_owned());
        let mails = self.operator.mail.iter().filter_map(|to| {
            let from = from.clone()?;
            Some(Route::Mail { from, to: to.clone() })
        });
        let channels = self.operator.channels.iter().cloned().map(Route::Channel);
        Policy {
            give_up_after: Duration::from_secs(u64::from(self.give_up_after_hours) * 3600),
            after_unknown: self.after_unknown,
            operator: mails.chain(channels).collect(),
            workspaces: None,
        }
    }
}

impl Deliverers {
    /// Hands one message over and waits for the answer.
    pub async fn deliver(&self, outgoing: &Outgoing) -> DeliveryResult {
        let Outgoing { message_id, route, payload } = outgoing;
        match route {
            Route::Mail { from, to } => match &self.mail {
                None => Err(misconfigured("no [delivery.mail] is configured")).into(),
                Some(Err(unusable)) => Err(unusable.error()).into(),
                Some(Ok(MailTransport::Folder(folder))) => {
                    folder.write(&folder::file_name(message_id, "eml"), payload).await.into()
                }
                Some(Ok(MailTransport::Smtp(smtp))) => smtp.send(from, to, payload, &self.stop).await,
            },
            Route::Channel(channel) => match self.channel(channel) {
                Err(error) => Err(error).into(),
                Ok(found) => found.post(message_id, payload).await,
            },
            Route::ChannelFile { channel, file_name, title } => match self.channel(channel) {
                Err(error) => Err(error).into(),
                Ok(found) => found.upload(File { message_id, name: file_name, title, bytes: payload }).await,
            },
            Route::File { path } => self.files.write(path, payload).await.into(),
        }
    }

    fn channel(&self, at: &ChannelRef) -> Result<&dyn Channel, DeliveryError> {
        match self.channels.get(at) {
            Some(Ok(channel)) => Ok(channel.as_ref()),
            Some(Err(unusable)) => Err(unusable.error()),
            None => Err(not_configured(at)),
        }
    }

    /// What must be mended before a way out can be used, for each that cannot.
    pub fn unusable(&self) -> Vec<Problem> {
        let mail = self.mail.as_ref().and_then(|way| way.as_ref().err());
        let channels = self.channels.values().filter_map(|way| way.as_ref().err());
        let heartbeat = self.heartbeat.as_ref().and_then(|way| way.as_ref().err());
        mail.into_iter().chain(channels).chain(heartbeat).map(|unusable| unusable.problem.clone()).collect()
    }

    /// The same, but ending with `stop`.
    pub fn until(self, stop: CancellationToken) -> Self {
        Self { stop, ..self }
    }

    /// Messages that may leave through a lane at once. A channel takes about one a second, and a folder is quick.
    pub fn senders(&self, lane: &str) -> u32 {
        match &self.mail {
            Some(Ok(MailTransport::Smtp(smtp))) if lane == MAIL_LANE => smtp.senders(),
            _ => 1,
        }
    }

    /// Closes what was kept open for a next message.
    pub async fn rest(&self) {
        if let Some(Ok(MailTransport::Smtp(smtp))) = &self.mail {
            smtp.rest().await;
        }
    }

    /// Tries each way up to where a message would begin; `mail`, `Slack <name>`, `heartbeat`. Nobody
    /// is notified.
    pub async fn try_ways(&self) -> Vec<(String, ProbeResult)> {
        let mut tried = Vec::new();
        match &self.mail {
            Some(Ok(MailTransport::Smtp(smtp))) => tried.push(("mail".to_owned(), smtp.try_out().await)),
            Some(Err(unusable)) => tried.push(("mail".to_owned(), ProbeResult::Failed(unusable.error()))),
            Some(Ok(MailTransport::Folder(_))) | None => {}
        }
        for (at, channel) in &self.channels {
            let found = match channel {
                Ok(channel) => channel.try_out().await,
                Err(unusable) => Some(ProbeResult::Failed(unusable.error())),
            };
            tried.extend(found.map(|found| (at.text(), found)));
        }
        if let Some(heartbeat) = &self.heartbeat {
            let why = "to call it would tell the watch that all is well".to_owned();
            let found = match heartbeat {
                Ok(_) => ProbeResult::Never(why, "look at the watch after the next report".to_owned()),
                Err(unusable) => ProbeResult::Failed(unusable.error()),
            };
            tried.push(("heartbeat".to_owned(), found));
        }
        tried
    }

    /// Notifies the outside watch that all is well, if one is configured.
    pub async fn beat(&self) -> Option<Result<(), DeliveryError>> {
        match &self.heartbeat {
            Some(Ok(heartbeat)) => Some(heartbeat.beat().await),
            Some(Err(unusable)) => Some(Err(unusable.error())),
            None => None,
        }
    }
}

fn not_configured(channel: &ChannelRef) -> DeliveryError {
    misconfigured(&format!(
        "{channel} is not configured under [delivery]: put it back, move its messages to another channel with \
         `daybook deliveries move {channel} <channel>`, or cancel them"
    ))
}

#[cfg(test)]
mod tests;
