//! Hands mails to an SMTP server, step by step, so that after a failure it is known whether the
//! server may already have taken the mail.

use super::config::{MailConfig, SmtpSecurity};
use super::{Accepted, BuildError, DeliveryError, one_line};
use crate::support::secret::Secret;
use lettre::address::Address;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use lettre::transport::smtp::{self};
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// A mail server we may hand mails to.
#[derive(Clone, Debug)]
pub struct Smtp {
    host: String,
    port: u16,
    security: SmtpSecurity,
    login: Option<(String, Secret)>,
    timeout: Duration,
}

impl Smtp {
    /// Reads the password; connects to nothing. `config` must be the SMTP variant.
    pub fn build(config: &MailConfig, config_dir: &Path) -> Result<Self, BuildError> {
        let MailConfig::Smtp { host, port, security, username, password, timeout_secs, .. } = config else {
            return Err(BuildError::Invalid("[delivery.mail] is not of the kind \"smtp\"".to_owned()));
        };
        let login = match (username, password) {
            (Some(username), Some(password)) => Some((username.clone(), password.resolve(config_dir)?)),
            _ => None,
        };
        let timeout = Duration::from_secs(*timeout_secs);
        Ok(Self { host: host.clone(), port: *port, security: *security, login, timeout })
    }

    /// Hands over one mail for one recipient and gives the server's answer to it.
    pub async fn send(&self, from: &str, to: &str, mail: &[u8]) -> Result<Accepted, DeliveryError> {
        let (from, to) = (address("the sender", from)?, address("the recipient", to)?);
        // The SMTP library logs the lines it writes, and the login's line holds the password.
        self.converse(from, to, mail).with_subscriber(NoSubscriber::default()).await
    }

    async fn converse(&self, from: Address, to: Address, mail: &[u8]) -> Result<Accepted, DeliveryError> {
        let mut connection = self.connected().await?;
        let result = self.hand_over(&mut connection, from, to, mail).await;
        // The answer is known; a server that is slow to say goodbye changes nothing.
        let _ = timeout(Duration::from_secs(5), connection.abort()).await;
        result
    }

    async fn connected(&self) -> Result<AsyncSmtpConnection, DeliveryError> {
        let tls = |wanted: bool| {
            if !wanted {
                return Ok(None);
            }
            let broken = |_| DeliveryError::Misconfigured { reason: "TLS cannot be set up".to_owned() };
            TlsParameters::new(self.host.clone()).map(Some).map_err(broken)
        };
        let name = ClientId::default();
        let implicit = tls(self.security == SmtpSecurity::ImplicitTls)?;
        let server = (self.host.as_str(), self.port);
        let connecting = AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT_TIMEOUT), &name, implicit, None);
        let mut connection = self.before_data("connecting", connecting).await?;
        if let (SmtpSecurity::StartTls, Some(parameters)) =
            (self.security, tls(self.security == SmtpSecurity::StartTls)?)
        {
            if !connection.can_starttls() {
                let reason = format!("{} offers no STARTTLS, and nothing is sent without", self.host);
                return Err(DeliveryError::Misconfigured { reason });
            }
            self.before_data("STARTTLS", connection.starttls(parameters, &name)).await?;
        }
        if let Some((user, password)) = &self.login {
            let credentials = Credentials::new(user.clone(), password.expose().to_owned());
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            if connection.server_info().get_auth_mechanism(&mechanisms).is_none() {
                let reason = format!("{} offers no login with a password", self.host);
                return Err(DeliveryError::Misconfigured { reason });
            }
            match self.before_data("the login", connection.auth(&mechanisms, &credentials)).await {
                // No mail can go out until the login is put right, so no mail is to blame.
                Err(DeliveryError::Permanent { reason }) => {
                    return Err(DeliveryError::Misconfigured { reason: password.redact(&reason) });
                }
                result => result.map(|_| ())?,
            }
        }
        Ok(connection)
    }

    async fn hand_over(
        &self,
        connection: &mut AsyncSmtpConnection,
        from: Address,
        to: Address,
        mail: &[u8],
    ) -> Result<Accepted, DeliveryError> {
        let mut options = Vec::new();
        for (needed, extension, option, what) in [
            (!from.is_ascii() || !to.is_ascii(), Extension::SmtpUtfEight, MailParameter::SmtpUtfEight, "addresses"),
            (!mail.is_ascii(), Extension::EightBitMime, MailParameter::Body(MailBodyParameter::EightBitMime), "mails"),
        ] {
            if needed && !connection.server_info().supports_feature(extension) {
                let reason = format!("{} takes no {what} beyond ASCII", self.host);
                return Err(DeliveryError::Permanent { reason });
            }
            options.extend(needed.then_some(option));
        }
        self.before_data("MAIL FROM", connection.command(Mail::new(Some(from), options))).await?;
        self.before_data("RCPT TO", connection.command(Rcpt::new(to, Vec::new()))).await?;
        self.before_data("DATA", connection.command(Data)).await?;
        match timeout(self.timeout, connection.message(mail)).await {
            Ok(Ok(response)) => Ok(Accepted { response: reply(&response) }),
            Ok(Err(error)) => Err(judge(&error, "the mail").unwrap_or_else(|| DeliveryError::Unknown {
                reason: format!("the connection to {} broke before it answered to the mail", self.host),
            })),
            Err(_) => {
                Err(DeliveryError::Unknown { reason: format!("{} did not answer to the mail in time", self.host) })
            }
        }
    }

    /// A step before the mail itself: whatever breaks here, the server does not have the mail.
    async fn before_data<T>(
        &self,
        step: &str,
        work: impl Future<Output = Result<T, smtp::Error>>,
    ) -> Result<T, DeliveryError> {
        match timeout(self.timeout, work).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) if error.is_tls() => {
                let reason = format!("the TLS connection to {} failed: check its name and certificate", self.host);
                Err(DeliveryError::Temporary { reason, retry_after: None })
            }
            Ok(Err(error)) => Err(judge(&error, step).unwrap_or_else(|| DeliveryError::Temporary {
                reason: format!("the connection to {} broke at {step}", self.host),
                retry_after: None,
            })),
            Err(_) => Err(DeliveryError::Temporary {
                reason: format!("{} did not answer to {step} in time", self.host),
                retry_after: None,
            }),
        }
    }
}

/// What the server said, if it said something.
fn judge(error: &smtp::Error, step: &str) -> Option<DeliveryError> {
    let code = error.status()?;
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let reason = one_line(&format!("the server answered {code} {words} to {step}"));
    Some(match code.severity {
        Severity::PermanentNegativeCompletion => DeliveryError::Permanent { reason },
        _ => DeliveryError::Temporary { reason, retry_after: None },
    })
}

fn reply(response: &Response) -> String {
    one_line(&format!("{} {}", response.code(), response.message().collect::<Vec<_>>().join(" ")))
}

/// The bare address of `Name <name@example.com>`.
fn address(what: &str, value: &str) -> Result<Address, DeliveryError> {
    let mailbox = value.parse::<Mailbox>();
    let reason = || format!("{what} {:?} is not an address", one_line(value));
    mailbox.map(|mailbox| mailbox.email).map_err(|_| DeliveryError::Permanent { reason: reason() })
}

trait IsAscii {
    fn is_ascii(&self) -> bool;
}

impl IsAscii for Address {
    fn is_ascii(&self) -> bool {
        AsRef::<str>::as_ref(self).is_ascii()
    }
}

#[cfg(test)]
mod tests;
