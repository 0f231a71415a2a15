//! Every way out that is configured, and handing a message to the one its route names.

use super::channel::{Channel, File};
use super::error::misconfigured;
use super::folder::{self, Folder};
use super::heartbeat::Heartbeat;
use super::reference::ChannelRef;
use super::settings::{DeliveryConfig, MailConfig, UnknownPolicy};
use super::smtp::Smtp;
use super::{BuildError, DeliveryError, DeliveryResult, MAIL_LANE, Outgoing, ProbeResult, Route, http};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
enum MailTransport {
    Smtp(Box<Smtp>),
    Folder(Folder),
}

/// Every way out that is configured.
#[derive(Debug)]
pub struct Deliverers {
    mail: Option<MailTransport>,
    channels: BTreeMap<ChannelRef, Box<dyn Channel>>,
    files: Folder,
    heartbeat: Option<Heartbeat>,
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
    /// `config_dir`, folders to `data_dir`.
    pub fn build(&self, config_dir: &Path, data_dir: &Path) -> Result<Deliverers, BuildError> {
        let mail = match &self.mail {
            None => None,
            Some(MailConfig::Folder { path, .. }) => Some(MailTransport::Folder(Folder::new(data_dir.join(path)))),
            Some(smtp) => Some(MailTransport::Smtp(Box::new(Smtp::build(smtp, config_dir)?))),
        };
        let client = http::client()?;
        let mut channels = BTreeMap::new();
        for (at, destination) in &self.channels {
            channels.insert(at.clone(), destination.build(&at.name, config_dir, &client)?);
        }
        // What mails are made with is read again then; a key that is not there is reported now.
        if let Some(key) = &self.headers.unsubscribe_key {
            key.resolve(config_dir)?;
        }
        let heartbeat = match &self.heartbeat {
            Some(url) => Some(Heartbeat::new(&url.resolve(config_dir)?, client)?),
            None => None,
        };
        let files = Folder::new(data_dir.join(&self.files.path));
        Ok(Deliverers { mail, channels, files, heartbeat, policy: self.policy(), stop: CancellationToken::new() })
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
                Some(MailTransport::Folder(folder)) => {
                    folder.write(&folder::file_name(message_id, "eml"), payload).await.into()
                }
                Some(MailTransport::Smtp(smtp)) => smtp.send(from, to, payload, &self.stop).await,
            },
            Route::Channel(channel) => match self.channels.get(channel) {
                None => Err(not_configured(channel)).into(),
                Some(found) => found.post(message_id, payload).await,
            },
            Route::ChannelFile { channel, file_name, title } => match self.channels.get(channel) {
                None => Err(not_configured(channel)).into(),
                Some(found) => found.upload(File { message_id, name: file_name, title, bytes: payload }).await,
            },
            Route::File { path } => self.files.write(path, payload).await.into(),
        }
    }

    /// The same, but ending with `stop`.
    pub fn until(self, stop: CancellationToken) -> Self {
        Self { stop, ..self }
    }

    /// Messages that may leave through a lane at once. A channel takes about one a second, and a folder is quick.
    pub fn senders(&self, lane: &str) -> u32 {
        match &self.mail {
            Some(MailTransport::Smtp(smtp)) if lane == MAIL_LANE => smtp.senders(),
            _ => 1,
        }
    }

    /// Closes what was kept open for a next message.
    pub async fn rest(&self) {
        if let Some(MailTransport::Smtp(smtp)) = &self.mail {
            smtp.rest().await;
        }
    }

    /// Tries each way up to where a message would begin; `mail`, `Slack <name>`, `heartbeat`. Nobody
    /// is notified.
    pub async fn try_ways(&self) -> Vec<(String, ProbeResult)> {
        let mut tried = Vec::new();
        if let Some(MailTransport::Smtp(smtp)) = &self.mail {
            tried.push(("mail".to_owned(), smtp.try_out().await));
        }
        for (at, channel) in &self.channels {
            tried.extend(channel.try_out().await.map(|found| (at.text(), found)));
        }
        if self.heartbeat.is_some() {
            let why = "to call it would tell the watch that all is well".to_owned();
            tried.push((
                "heartbeat".to_owned(),
                ProbeResult::Never(why, "look at the watch after the next report".to_owned()),
            ));
        }
        tried
    }

    /// Notifies the outside watch that all is well, if one is configured.
    pub async fn beat(&self) -> Option<Result<(), DeliveryError>> {
        match &self.heartbeat {
            Some(heartbeat) => Some(heartbeat.beat().await),
            None => None,
        }
    }
}

fn not_configured(channel: &ChannelRef) -> DeliveryError {
    misconfigured(&format!("{channel} is not configured under [delivery]"))
}

#[cfg(test)]
mod tests;
