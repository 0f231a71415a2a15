//! Hands mails to an SMTP server, step by step, so that after a failure it is known whether the server
//! may already have taken the mail.
//!
//! An own client of the protocol: the usual ones take any good code for the right one, have one wait for
//! all steps, and cannot say how far a mail came.

mod body;
mod features;
mod login;
mod names;
mod oauth;
mod pool;
mod reply;
mod session;
mod tls;
mod verdict;
mod waits;
mod wire;

use super::settings::{MailConfig, SmtpSecurity};
use super::{Accepted, BuildError, DeliveryError, DeliveryResult, ProbeResult, Reply, limit_text, one_line};
use login::{Login, Proof, log_in};
use names::Envelope;
use oauth::Tokens;
use pool::Pool;
use session::{Failed, Place, Session};
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tls::Tls;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use verdict::{Step, of_earlier_sender, refused};
use waits::Waits;

/// A person who tries a server does not wait as long as a mail does.
const TRY_WAIT: Duration = Duration::from_secs(60);

/// A mail server we may hand mails to, several at once. Mails that follow one another share a connection.
pub struct Smtp {
    host: String,
    port: u16,
    security: SmtpSecurity,
    login: Option<Login>,
    hello: Option<String>,
    from: String,
    tls: Tls,
    bound: Option<Duration>,
    per_session: u32,
    senders: u32,
    pool: Pool,
}

/// Nothing of the login or of what is being sent.
impl fmt::Debug for Smtp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Smtp").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Smtp {
    /// Reads the password; connects to nothing. `config` must be the SMTP variant.
    pub fn build(config: &MailConfig, config_dir: &Path) -> Result<Self, BuildError> {
        let MailConfig::Smtp {
            host,
            port,
            security,
            username,
            password,
            oauth,
            ca_file,
            from,
            hello,
            per_session,
            senders,
            timeout_secs,
        } = config
        else {
            return Err(BuildError::Invalid("[delivery.mail] is not of the kind \"smtp\"".to_owned()));
        };
        let proof = match (password, oauth) {
            (Some(password), _) => Some(Proof::Password(password.resolve(config_dir)?)),
            (None, Some(oauth)) => {
                let mailbox = username.as_deref().unwrap_or_default();
                Some(Proof::Token(Tokens::build(oauth, mailbox, config_dir, super::http::client()?)?))
            }
            (None, None) => None,
        };
        let login = username.clone().zip(proof).map(|(username, proof)| Login { username, proof });
        Ok(Self {
            host: host.clone(),
            port: *port,
            security: *security,
            login,
            hello: hello.clone(),
            from: from.clone(),
            tls: Tls::new(ca_file.as_ref().map(|file| config_dir.join(file)).as_deref())?,
            bound: timeout_secs.map(Duration::from_secs),
            per_session: (*per_session).max(1),
            senders: (*senders).max(1),
            pool: Pool::new((*senders).max(1)),
        })
    }

    /// Hands over one mail for one recipient and gives the server's answers. One recipient a mail: the
    /// server's answer is then about this reader and no other, and each has an outcome of its own. A request to
    /// stop ends what can be ended without leaving a doubt.
    pub async fn send(&self, from: &str, to: &str, mail: &[u8], stop: &CancellationToken) -> DeliveryResult {
        let envelope = match Envelope::new(from, to) {
            Ok(envelope) => envelope,
            Err(error) => return Err(error).into(),
        };
        let (mut replies, since) = (Vec::new(), self.pool.troubles());
        loop {
            // Held until the result is counted: who waits for it must know of a trouble before.
            let mut turn = match self.pool.enter(since).await {
                Ok(turn) => Some(turn),
                Err(trouble) => return DeliveryResult { result: Err(trouble), replies },
            };
            let (is_open, is_whole) = (AtomicBool::new(false), AtomicBool::new(false));
            let result = {
                let submission = Submission { envelope: &envelope, mail, is_open: &is_open, is_whole: &is_whole };
                let mut sending = std::pin::pin!(self.hand_over(&submission, &mut replies));
                tokio::select! {
                    sent = &mut sending => sent,
                    cut = self.cut(stop) => match is_whole.load(Ordering::Relaxed) {
                        true => sending.await,
                        false => Err(cut),
                    },
                }
            };
            let result = result.map_err(|error| of_earlier_sender(error, from, &self.from));
            if let Err(error) = &result
                && self.pool.narrow(error, is_open.load(Ordering::Relaxed), &mut turn)
            {
                // What a connection too many was answered is nothing of this mail.
                replies.clear();
                continue;
            }
            let result = self.pool.weigh(result);
            drop(turn);
            return DeliveryResult { result, replies };
        }
    }

    /// Ends when a mail that is not whole by then should be given up for now.
    async fn cut(&self, stop: &CancellationToken) -> DeliveryError {
        let waits = Waits::within(self.bound);
        let reason = match timeout(waits.before_end, stop.cancelled()).await {
            Ok(()) => "Daybook stopped before the mail was handed over".to_owned(),
            Err(_) => format!(
                "{} took more than {} minutes for a part of the mail",
                self.host,
                waits.before_end.as_secs() / 60
            ),
        };
        DeliveryError::Temporary { reason, retry_after: None }
    }

    async fn hand_over(
        &self,
        submission: &Submission<'_>,
        replies: &mut Vec<Reply>,
    ) -> Result<Accepted, DeliveryError> {
        if let Some(session) = self.open_still().await {
            submission.is_open.store(true, Ordering::Relaxed);
            match self.session_handed(session, submission, replies).await {
                // The server has closed, or wants a new connection: not this mail's fault.
                Err(failed) if failed.is_stale => {
                    submission.is_open.store(false, Ordering::Relaxed);
                    replies.clear();
                }
                result => return result.map_err(|failed| failed.error),
            }
        }
        let session = self.open(Waits::within(self.bound)).await.map_err(of_all)?;
        submission.is_open.store(true, Ordering::Relaxed);
        self.session_handed(session, submission, replies).await.map_err(|failed| failed.error)
    }

    async fn session_handed(
        &self,
        mut session: Session,
        submission: &Submission<'_>,
        replies: &mut Vec<Reply>,
    ) -> Result<Accepted, Failed> {
        let result = session.hand_over(submission.envelope, submission.mail, submission.is_whole, replies).await;
        session.needs_reset = result.is_err();
        match &result {
            // Who has enough of us says so once: the connection is not for the next mail (knadh/smtppool#19).
            Err(Failed { error: DeliveryError::Unavailable { .. }, is_usable: true, .. }) => session.quit().await,
            Err(Failed { is_usable: false, .. }) => {}
            Ok(_) | Err(_) => self.pool.give_back(session),
        }
        result
    }

    /// The connection of an earlier mail, if it can carry one more.
    async fn open_still(&self) -> Option<Session> {
        let mut session = self.pool.take()?;
        if session.mails >= self.per_session {
            session.quit().await;
            return None;
        }
        // A clean slate after a refused mail.
        (!session.needs_reset || session.reset().await).then_some(session)
    }

    /// A connection as protected as configured, logged in.
    async fn open(&self, waits: Waits) -> Result<Session, DeliveryError> {
        let mut session = self.greeted(waits).await?;
        if let Some(login) = &self.login {
            log_in(&mut session, login).await?;
        }
        Ok(session)
    }

    async fn greeted(&self, waits: Waits) -> Result<Session, DeliveryError> {
        let place = Place { host: names::server(&self.host)?, port: self.port, security: self.security };
        let name = |own| names::hello(self.hello.as_deref(), &self.from, own);
        Session::open(&place, &self.tls, waits, name).await
    }

    /// Mails that may be under way at once.
    pub fn senders(&self) -> u32 {
        self.senders
    }

    /// Sends QUIT on each open connection, once no mail follows for now.
    pub async fn rest(&self) {
        self.pool.leave().await;
    }

    /// Connects, logs in where a login is configured, and says NOOP; no mail is named.
    pub async fn try_out(&self) -> ProbeResult {
        let waits = Waits::within(Some(self.bound.unwrap_or(TRY_WAIT).min(TRY_WAIT)));
        let mut session = match self.greeted(waits).await {
            Ok(session) => session,
            Err(error) => return ProbeResult::Failed(error),
        };
        if let Some(login) = &self.login {
            match log_in(&mut session, login).await {
                Ok(()) => {}
                Err(DeliveryError::Misconfigured { reason }) => return ProbeResult::LoginRefused(reason),
                Err(error) => return ProbeResult::Failed(error),
            }
        }
        let answer = match session.ask(Step::Between, "NOOP").await {
            Ok(answer) if Step::Between.is_passed(&answer) => answer,
            Ok(answer) => return ProbeResult::Failed(refused(Step::Between, &answer)),
            Err(failed) => return ProbeResult::Failed(failed.error),
        };
        let with = match self.security {
            SmtpSecurity::ImplicitTls => "TLS",
            SmtpSecurity::StartTls => "STARTTLS",
            SmtpSecurity::Plain => "no protection",
        };
        let login = if self.login.is_some() { "logged in" } else { "no login" };
        let size = match session.features.most_bytes {
            Some(bytes) => format!("takes mails up to {}", limit_text(bytes)),
            None => "names no limit for a mail's size".to_owned(),
        };
        session.quit().await;
        ProbeResult::Well(format!("{}:{} with {with}, {login}; {size}; NOOP: {answer}", self.host, self.port))
    }
}

/// One mail to be handed over.
struct Submission<'a> {
    envelope: &'a Envelope,
    mail: &'a [u8],
    /// Set once there is a connection: what fails before is no fault of a mail.
    is_open: &'a AtomicBool,
    /// Set before the last line is written: from then on the server may have the mail.
    is_whole: &'a AtomicBool,
}

/// Whatever is wrong before a mail is named is wrong for all of them.
fn of_all(error: DeliveryError) -> DeliveryError {
    match error {
        DeliveryError::Temporary { reason, retry_after } => DeliveryError::Unavailable { reason, retry_after },
        DeliveryError::Permanent { reason } => DeliveryError::Misconfigured { reason },
        error => error,
    }
}

#[cfg(test)]
mod tests;
