//! One connection to a mail server: greeting, protection and login once, then mails one after the other.

use super::body::{PIECE, wire_form};
use super::features::Features;
use super::names::Envelope;
use super::reply::Answer;
use super::tls::Tls;
use super::verdict::{Step, broken, refused};
use super::waits::Waits;
use super::wire::{Broken, Wire};
use crate::delivery::settings::SmtpSecurity;
use crate::delivery::{Accepted, DeliveryError, Reply};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How to reach the server.
#[derive(Clone, Debug)]
pub struct Place {
    /// In ASCII.
    pub host: String,
    pub port: u16,
    pub security: SmtpSecurity,
}

/// An open connection.
pub struct Session {
    wire: Wire,
    waits: Waits,
    pub host: String,
    pub features: Features,
    /// Mails named on this connection.
    pub mails: u32,
    /// Whether the last one was refused.
    pub needs_reset: bool,
}

/// Why a mail was not accepted, and what that means for the connection.
#[derive(Debug)]
pub struct Failed {
    pub error: DeliveryError,
    /// Whether the server answered properly, so that the next mail may follow.
    pub is_usable: bool,
    /// Whether the server certainly does not have the mail and only the connection is to blame.
    pub is_stale: bool,
}

impl Failed {
    /// The server answered no.
    pub fn answered(error: DeliveryError) -> Self {
        Self { error, is_usable: true, is_stale: false }
    }

    fn unusable(error: DeliveryError) -> Self {
        Self { error, is_usable: false, is_stale: false }
    }
}

impl Session {
    /// Connects, and protects the connection as configured. `name` gives the name for EHLO.
    pub async fn open(
        place: &Place,
        tls: &Tls,
        waits: Waits,
        name: impl Fn(Option<std::net::IpAddr>) -> String,
    ) -> Result<Self, DeliveryError> {
        let host = &place.host;
        let at = |step: Step| move |trouble: Broken| broken(step, &trouble, host);
        let connector =
            || tls.connector().map_err(|error| broken(Step::StartTls, &Broken::Tls(error.to_string()), host));
        let mut wire = Wire::connect(host, place.port).await.map_err(at(Step::Greeting))?;
        if place.security == SmtpSecurity::ImplicitTls {
            wire = wire.protect(&connector()?, host, waits.command).await.map_err(at(Step::Greeting))?;
        }
        let greeting = wire.answer(waits.greeting).await.map_err(at(Step::Greeting))?;
        if !Step::Greeting.is_passed(&greeting) {
            return Err(refused(Step::Greeting, &greeting));
        }
        let name = name(wire.own_address);
        let mut session =
            Self { wire, waits, host: host.clone(), features: Features::default(), mails: 0, needs_reset: false };
        session.hello(&name).await?;
        if place.security == SmtpSecurity::StartTls {
            session = session.start_tls(&connector()?).await?;
            // What was answered in clear counts for nothing.
            session.hello(&name).await?;
        }
        Ok(session)
    }

    async fn hello(&mut self, name: &str) -> Result<(), DeliveryError> {
        let mut answer = self.ask(Step::Hello, &format!("EHLO {name}")).await.map_err(|failed| failed.error)?;
        // RFC 5321, 3.2: a server that does not know EHLO is greeted as of old.
        if matches!(answer.code, 500 | 502) {
            answer = self.ask(Step::Hello, &format!("HELO {name}")).await.map_err(|failed| failed.error)?;
        }
        if !Step::Hello.is_passed(&answer) {
            return Err(refused(Step::Hello, &answer));
        }
        self.features = Features::of(&answer);
        Ok(())
    }

    async fn start_tls(mut self, connector: &tokio_rustls::TlsConnector) -> Result<Self, DeliveryError> {
        let host = self.host.clone();
        if !self.features.start_tls {
            let reason = format!("{host} offers no STARTTLS, and nothing is sent without");
            return Err(DeliveryError::Misconfigured { reason });
        }
        let answer = self.ask(Step::StartTls, "STARTTLS").await.map_err(|failed| failed.error)?;
        if !Step::StartTls.is_passed(&answer) {
            return Err(refused(Step::StartTls, &answer));
        }
        // Somebody between us could have added answers that seem to come from under TLS (CVE-2011-0411).
        if self.wire.is_out_of_turn() {
            let reason = format!(
                "{host} sent more in clear after it agreed to STARTTLS, as somebody in between would: look at what stands between this machine and the server"
            );
            return Err(DeliveryError::Misconfigured { reason });
        }
        let protected = self.wire.protect(connector, &host, self.waits.command).await;
        let wire = protected.map_err(|trouble| broken(Step::StartTls, &trouble, &host))?;
        Ok(Self { wire, features: Features::default(), ..self })
    }

    /// One command and its reply, whatever it is.
    pub async fn ask(&mut self, step: Step, line: &str) -> Result<Answer, Failed> {
        let wait = if step == Step::Data { self.waits.data } else { self.waits.command };
        let (wire, host) = (&mut self.wire, &self.host);
        let asking = async {
            // A server that takes its leave before it was asked has answered why.
            if !wire.is_out_of_turn() {
                wire.write(format!("{line}\r\n").as_bytes(), wait).await?;
            }
            wire.answer(wait).await
        };
        asking.await.map_err(|trouble| Failed {
            is_stale: !matches!(trouble, Broken::Tls(_)),
            ..Failed::unusable(broken(step, &trouble, host))
        })
    }

    /// A step before the mail: its answer is kept, and must be the right one.
    async fn pass(&mut self, step: Step, line: &str, replies: &mut Vec<Reply>) -> Result<(), Failed> {
        let answer = self.ask(step, line).await?;
        replies.push(Reply { step: step.name(), text: answer.to_string() });
        if step.is_passed(&answer) {
            return Ok(());
        }
        let error = refused(step, &answer).with_limit(self.features.most_bytes);
        let is_usable = answer.class() >= 4 && answer.code != 421;
        // Servers that limit mails per connection say so in many ways, where the next one begins.
        let is_stale = answer.code == 421 || answer.class() < 4 || (answer.class() == 4 && step == Step::Sender);
        Err(Failed { error, is_usable, is_stale })
    }

    /// Hands one mail over. `replies` gets what the server answered, step by step.
    pub async fn hand_over(
        &mut self,
        envelope: &Envelope,
        mail: &[u8],
        is_whole: &AtomicBool,
        replies: &mut Vec<Reply>,
    ) -> Result<Accepted, Failed> {
        self.mails += 1;
        let parameters = envelope.parameters(mail, &self.features, &self.host).map_err(Failed::answered)?;
        if let Some(most) = self.features.most_bytes.filter(|most| mail.len() as u64 > *most) {
            let reason = format!("the mail has {} bytes, and {} takes {most}", mail.len(), self.host);
            return Err(Failed::answered(DeliveryError::TooLarge { reason, most_bytes: Some(most) }));
        }
        self.pass(Step::Sender, &format!("MAIL FROM:<{}>{parameters}", envelope.from), replies).await?;
        self.pass(Step::Recipient, &format!("RCPT TO:<{}>", envelope.to), replies).await?;
        self.pass(Step::Data, "DATA", replies).await?;
        self.write_mail(mail, replies).await?;
        is_whole.store(true, Ordering::Relaxed);
        let host = &self.host;
        let unknown = |why: String| Failed::unusable(DeliveryError::Unknown { reason: why });
        if let Err(trouble) = self.wire.write(b".\r\n", self.waits.block).await {
            return Err(unknown(format!("{host}: {trouble} while the mail's last line was sent")));
        }
        let answer = self.wire.answer(self.waits.end).await;
        let answer = answer.map_err(|trouble| unknown(format!("{host}: {trouble} after the whole mail was sent")))?;
        self.judge_end(&answer, replies)
    }

    fn judge_end(&self, answer: &Answer, replies: &mut Vec<Reply>) -> Result<Accepted, Failed> {
        replies.push(Reply { step: Step::End.name(), text: answer.to_string() });
        if Step::End.is_passed(answer) {
            return Ok(Accepted { response: answer.to_string() });
        }
        let error = refused(Step::End, answer).with_limit(self.features.most_bytes);
        let is_usable = answer.class() >= 4 && answer.code != 421;
        Err(Failed { error, is_usable, is_stale: false })
    }

    /// The mail without its closing dot. A server that answers before the dot refuses what it has seen.
    async fn write_mail(&mut self, mail: &[u8], replies: &mut Vec<Reply>) -> Result<(), Failed> {
        let wire_form = wire_form(mail);
        let mut trouble = None;
        for piece in wire_form.chunks(PIECE) {
            if let Err(found) = self.wire.write(piece, self.waits.block).await {
                trouble = Some(found);
                break;
            }
        }
        if trouble.is_none() && !self.wire.is_out_of_turn() {
            return Ok(());
        }
        let within = "within the mail";
        let cut = |words: String| {
            let reason = format!("{}: {words} {within}", self.host);
            Failed::unusable(DeliveryError::Temporary { reason, retry_after: None })
        };
        let mut failed = match self.wire.answer(Duration::from_secs(5)).await {
            Ok(answer) if answer.class() >= 4 => match self.judge_end(&answer, replies) {
                Err(failed) => failed,
                Ok(_) => return Err(cut(format!("it answered {answer}"))),
            },
            Ok(answer) => cut(format!("it answered {answer}")),
            Err(found) => cut(trouble.unwrap_or(found).to_string()),
        };
        failed.is_usable = false;
        Err(failed)
    }

    /// Makes the connection ready for the next mail after a refused one. `false` if it is not to be had.
    pub async fn reset(&mut self) -> bool {
        self.ask(Step::Between, "RSET").await.is_ok_and(|answer| answer.code == 250)
    }

    /// Sends QUIT; a server that is slow to say goodbye changes nothing.
    pub async fn quit(mut self) {
        let goodbye = Duration::from_secs(2);
        if self.wire.write(b"QUIT\r\n", goodbye).await.is_ok() {
            let _ = self.wire.answer(goodbye).await;
        }
    }
}
