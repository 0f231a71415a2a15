//! Hands mails to an SMTP server, step by step, so that after a failure it is known whether the
//! server may already have taken the mail.

mod body;

use super::bounce::RECIPIENT_STEP;
use super::config::{MailConfig, SmtpSecurity};
use super::{Accepted, BuildError, DeliveryError, Handed, Reply, Tried, one_line, retry};
use crate::support::secret::Secret;
use lettre::address::Address;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Quit, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use lettre::transport::smtp::{self};
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Ways to log in with a password.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];
/// The step after the last line of the mail.
const END_STEP: &str = "the mail";

/// A mail server we may hand mails to.
#[derive(Clone, Debug)]
pub struct Smtp {
    host: String,
    port: u16,
    security: SmtpSecurity,
    login: Option<(String, Secret)>,
    /// Who vouches for the server instead of the system's authorities.
    authorities: Option<Certificate>,
    timeout: Duration,
}

/// The most a certificate file may hold.
const CERTIFICATE_BYTES: u64 = 1024 * 1024;

impl Smtp {
    /// Reads the password; connects to nothing. `config` must be the SMTP variant.
    pub fn build(config: &MailConfig, config_dir: &Path) -> Result<Self, BuildError> {
        let MailConfig::Smtp { host, port, security, username, password, ca_file, timeout_secs, .. } = config else {
            return Err(BuildError::Invalid("[delivery.mail] is not of the kind \"smtp\"".to_owned()));
        };
        let login = match (username, password) {
            (Some(username), Some(password)) => Some((username.clone(), password.resolve(config_dir)?)),
            _ => None,
        };
        let authorities = ca_file.as_ref().map(|file| authorities(&config_dir.join(file))).transpose()?;
        let timeout = Duration::from_secs(*timeout_secs);
        Ok(Self { host: host.clone(), port: *port, security: *security, login, authorities, timeout })
    }

    /// Hands over one mail for one recipient and gives the server's answers. One recipient a mail: the
    /// server's answer is then about this reader and no other, and each has an outcome of its own.
    pub async fn send(&self, from: &str, to: &str, mail: &[u8]) -> Handed {
        let (from, to) = match address("the sender", from).and_then(|from| Ok((from, address("the recipient", to)?))) {
            Ok(both) => both,
            Err(error) => return Err(error).into(),
        };
        // The SMTP library logs the lines it writes, and the login's line holds the password.
        self.converse(from, to, mail).with_subscriber(NoSubscriber::default()).await
    }

    async fn converse(&self, from: Address, to: Address, mail: &[u8]) -> Handed {
        let mut connection = match self.connected().await {
            Ok(connection) => connection,
            // Whatever is wrong before a mail is named is wrong for all of them.
            Err(DeliveryError::Temporary { reason, retry_after }) => {
                return Err(DeliveryError::Unavailable { reason, retry_after }).into();
            }
            Err(DeliveryError::Permanent { reason }) => return Err(DeliveryError::Misconfigured { reason }).into(),
            Err(error) => return Err(error).into(),
        };
        let mut replies = Vec::new();
        let result = self.hand_over(&mut connection, from, to, mail, &mut replies).await;
        // The answer is known; a server that is slow to say goodbye changes nothing.
        let _ = timeout(Duration::from_secs(5), connection.abort()).await;
        Handed { result, replies }
    }

    /// Connects, logs in where a login is configured, and says NOOP; no mail is named.
    pub async fn try_out(&self) -> Tried {
        self.greet_and_leave().with_subscriber(NoSubscriber::default()).await
    }

    async fn greet_and_leave(&self) -> Tried {
        let mut connection = match self.greeted().await {
            Ok(connection) => connection,
            Err(error) => return Tried::Failed(error),
        };
        match self.log_in(&mut connection).await {
            Ok(()) => {}
            Err(DeliveryError::Misconfigured { reason }) => return Tried::LoginRefused(reason),
            Err(error) => return Tried::Failed(error),
        }
        let answer = match self.before_data("NOOP", connection.command(Noop)).await {
            Ok(answer) => reply(&answer),
            Err(error) => return Tried::Failed(error),
        };
        let _ = timeout(Duration::from_secs(5), connection.command(Quit)).await;
        let with = match self.security {
            SmtpSecurity::ImplicitTls => "TLS",
            SmtpSecurity::StartTls => "STARTTLS",
            SmtpSecurity::Plain => "no protection",
        };
        let login = if self.login.is_some() { "logged in" } else { "no login" };
        Tried::Well(format!("{}:{} with {with}, {login}; NOOP: {answer}", self.host, self.port))
    }

    async fn connected(&self) -> Result<AsyncSmtpConnection, DeliveryError> {
        let mut connection = self.greeted().await?;
        self.log_in(&mut connection).await?;
        Ok(connection)
    }

    /// A connection as protected as configured, to a server that lets us log in.
    async fn greeted(&self) -> Result<AsyncSmtpConnection, DeliveryError> {
        let tls = |wanted: bool| {
            if !wanted {
                return Ok(None);
            }
            let broken = |_| DeliveryError::Misconfigured { reason: "TLS cannot be set up".to_owned() };
            let mut builder = TlsParameters::builder(self.host.clone());
            if let Some(authorities) = &self.authorities {
                builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authorities.clone());
            }
            builder.build().map(Some).map_err(broken)
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
        let mechanisms = connection.server_info().get_auth_mechanism(&MECHANISMS);
        if self.login.is_some() && mechanisms.is_none() {
            let reason = format!("{} offers no login with a password", self.host);
            return Err(DeliveryError::Misconfigured { reason });
        }
        Ok(connection)
    }

    async fn log_in(&self, connection: &mut AsyncSmtpConnection) -> Result<(), DeliveryError> {
        let Some((user, password)) = &self.login else { return Ok(()) };
        let credentials = Credentials::new(user.clone(), password.expose().to_owned());
        match self.before_data("the login", connection.auth(&MECHANISMS, &credentials)).await {
            // No mail can go out until the login is put right, so no mail is to blame.
            Err(DeliveryError::Permanent { reason }) => {
                Err(DeliveryError::Misconfigured { reason: password.redact(&reason) })
            }
            result => result.map(|_| ()),
        }
    }

    async fn hand_over(
        &self,
        connection: &mut AsyncSmtpConnection,
        from: Address,
        to: Address,
        mail: &[u8],
        replies: &mut Vec<Reply>,
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
        let sender = connection.command(Mail::new(Some(from), options));
        self.heard("MAIL FROM", sender, replies).await?;
        self.heard(RECIPIENT_STEP, connection.command(Rcpt::new(to, Vec::new())), replies).await?;
        self.heard("DATA", connection.command(Data), replies).await?;
        let body = body::Body::new(mail);
        let written = body.written();
        match timeout(self.timeout, connection.message_iter(body)).await {
            Ok(Ok(response)) => {
                let answer = reply(&response);
                replies.push(Reply { step: END_STEP, text: answer.clone() });
                Ok(Accepted { response: answer })
            }
            Ok(Err(error)) => {
                replies.extend(said(&error).map(|text| Reply { step: END_STEP, text }));
                Err(judge(&error, END_STEP).unwrap_or_else(|| self.cut(written.is_whole(), "broke")))
            }
            Err(_) => Err(self.cut(written.is_whole(), "fell silent")),
        }
    }

    /// A mail whose last line was never sent is not the server's; after that line nobody knows.
    fn cut(&self, is_whole: bool, what: &str) -> DeliveryError {
        if is_whole {
            let reason = format!("the connection to {} {what} before it answered to the mail", self.host);
            return DeliveryError::Unknown { reason };
        }
        let reason = format!("the connection to {} {what} within the mail", self.host);
        DeliveryError::Temporary { reason, retry_after: None }
    }

    /// A step before the mail, whose answer is kept.
    async fn heard(
        &self,
        step: &'static str,
        work: impl Future<Output = Result<Response, smtp::Error>>,
        replies: &mut Vec<Reply>,
    ) -> Result<(), DeliveryError> {
        let mut told = None;
        let noted = async {
            let result = work.await;
            told = match &result {
                Ok(response) => Some(reply(response)),
                Err(error) => said(error),
            };
            result
        };
        let result = self.before_data(step, noted).await;
        replies.extend(told.map(|text| Reply { step, text }));
        result.map(|_| ())
    }

    /// A step before the mail itself: whatever breaks here, the server does not have the mail.
    async fn before_data<T>(
        &self,
        step: &str,
        work: impl Future<Output = Result<T, smtp::Error>>,
    ) -> Result<T, DeliveryError> {
        match timeout(self.timeout, work).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) if let Some(words) = tls_trouble(&error) => {
                let reason =
                    format!("the TLS connection to {} failed: check its name and certificate ({words})", self.host);
                Err(DeliveryError::Misconfigured { reason: one_line(&reason) })
            }
            Ok(Err(error)) => Err(judge(&error, step).unwrap_or_else(|| {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
                let reason = one_line(&format!("the connection to {} broke at {step}{cause}", self.host));
                DeliveryError::Temporary { reason, retry_after: None }
            })),
            Err(_) => Err(DeliveryError::Temporary {
                reason: format!("{} did not answer to {step} in time", self.host),
                retry_after: None,
            }),
        }
    }
}

/// What the server said, if it said something: `550 5.1.1 no such user`.
fn said(error: &smtp::Error) -> Option<String> {
    let code = error.status()?;
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    Some(one_line(&format!("{code} {words}")))
}

/// Why TLS failed, if it did. The library tells some of that as a fault of the network.
fn tls_trouble(error: &smtp::Error) -> Option<String> {
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    (error.is_tls() || words.contains("certificate")).then_some(words)
}

fn judge(error: &smtp::Error, step: &str) -> Option<DeliveryError> {
    let (code, words) = (error.status()?, said(error)?);
    let reason = one_line(&format!("the server answered {words} to {step}"));
    Some(match code.severity {
        Severity::PermanentNegativeCompletion => DeliveryError::Permanent { reason },
        _ => {
            let retry_after = retry::asked_in_words(&words);
            DeliveryError::Temporary { reason, retry_after }
        }
    })
}

/// The certificates of a PEM file.
fn authorities(file: &Path) -> Result<Certificate, BuildError> {
    let invalid = |why: String| BuildError::Invalid(format!("delivery.mail.ca_file: {}: {why}", file.display()));
    let size = std::fs::metadata(file).map_err(|error| invalid(error.kind().to_string()))?.len();
    if size > CERTIFICATE_BYTES {
        return Err(invalid("is larger than 1 MB".to_owned()));
    }
    let pem = std::fs::read(file).map_err(|error| invalid(error.kind().to_string()))?;
    if !pem.windows(27).any(|window| window == b"-----BEGIN CERTIFICATE-----") {
        return Err(invalid("holds no certificate in PEM".to_owned()));
    }
    Certificate::from_pem(&pem).map_err(|_| invalid("holds a certificate that cannot be read".to_owned()))
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
