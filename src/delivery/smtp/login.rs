//! The login: PLAIN or LOGIN with a password.

use super::session::{Failed, Session};
use super::verdict::{Step, refused};
use crate::delivery::DeliveryError;
use crate::support::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Who logs in.
#[derive(Clone, Debug)]
pub struct Login {
    pub username: String,
    pub password: Secret,
}

/// Logs in. A server that finds one way too weak is asked the other.
pub async fn log_in(session: &mut Session, login: &Login) -> Result<(), Failed> {
    let plain = STANDARD.encode(format!("\0{}\0{}", login.username, login.password.expose()));
    let (user, password) = (STANDARD.encode(&login.username), STANDARD.encode(login.password.expose()));
    let hidden = [login.password.clone(), Secret::new(plain.clone()), Secret::new(password.clone())];
    let ways = [("PLAIN", vec![plain]), ("LOGIN", vec![user, password])];
    let mut last = None;
    for (mechanism, words) in ways {
        if !session.features.takes_login(mechanism) {
            continue;
        }
        // The words of PLAIN go with the command; those of LOGIN answer what the server asks.
        let (mut line, mut words) = (format!("AUTH {mechanism}"), words.into_iter());
        if mechanism == "PLAIN" {
            line = format!("{line} {}", words.next().unwrap_or_default());
        }
        let mut answer = session.ask(Step::Login, &line).await?;
        while answer.code == 334
            && let Some(word) = words.next()
        {
            answer = session.ask(Step::Login, &word).await?;
        }
        if Step::Login.is_passed(&answer) {
            return Ok(());
        }
        let error = hide(refused(Step::Login, &answer), &hidden);
        if answer.code != 504 {
            return Err(Failed::answered(error));
        }
        last = Some(error);
    }
    Err(Failed::answered(last.unwrap_or_else(|| DeliveryError::Misconfigured {
        reason: format!(
            "{} offers no login with a password (it offers {}): set oauth in [delivery.mail] if it offers XOAUTH2 or OAUTHBEARER",
            session.host,
            if session.features.logins.is_empty() { "none".to_owned() } else { session.features.logins.join(", ") }
        ),
    })))
}

/// Some servers repeat what they were sent.
fn hide(error: DeliveryError, secrets: &[Secret]) -> DeliveryError {
    error.with_reason(|reason| secrets.iter().fold(reason.to_owned(), |text, secret| secret.redact(&text)))
}
