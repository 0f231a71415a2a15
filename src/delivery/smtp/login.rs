//! The login: with a password (PLAIN, LOGIN) or with a token (XOAUTH2, OAUTHBEARER).

use super::oauth::{Token, Tokens};
use super::reply::Answer;
use super::session::{Failed, Session};
use super::verdict::{Step, refused};
use crate::delivery::{DeliveryError, one_line};
use crate::support::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Who logs in.
#[derive(Clone, Debug)]
pub struct Login {
    pub username: String,
    pub proof: Proof,
}

#[derive(Clone, Debug)]
pub enum Proof {
    Password(Secret),
    Token(Tokens),
}

/// Logs in.
pub async fn log_in(session: &mut Session, login: &Login) -> Result<(), DeliveryError> {
    match &login.proof {
        Proof::Password(password) => with_password(session, &login.username, password).await,
        Proof::Token(tokens) => with_token(session, &login.username, tokens).await,
    }
    .map_err(|failed| failed.error)
}

/// Some servers offer both ways and take one: where the first is refused, the other is tried.
async fn with_password(session: &mut Session, username: &str, password: &Secret) -> Result<(), Failed> {
    let plain = STANDARD.encode(format!("\0{username}\0{}", password.expose()));
    let (user, word) = (STANDARD.encode(username), STANDARD.encode(password.expose()));
    let hidden = [password.clone(), Secret::fetched(plain.clone()), Secret::fetched(word.clone())];
    // The words of PLAIN go with the command; those of LOGIN answer what the server asks.
    let ways = [("PLAIN", format!("AUTH PLAIN {plain}"), vec![]), ("LOGIN", "AUTH LOGIN".to_owned(), vec![user, word])];
    let mut last = None;
    for (mechanism, line, words) in ways {
        if !session.features.takes_login(mechanism) {
            continue;
        }
        let mut words = words.into_iter();
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
        if answer.class() != 5 {
            return Err(Failed::answered(error));
        }
        last = last.or(Some(error));
    }
    Err(Failed::answered(last.unwrap_or_else(|| {
        no_way(session, "a password", "set oauth in [delivery.mail] if it offers XOAUTH2 or OAUTHBEARER")
    })))
}

/// A token that is refused may have been withdrawn, and a new one is asked for once.
async fn with_token(session: &mut Session, username: &str, tokens: &Tokens) -> Result<(), Failed> {
    let mechanism = ["XOAUTH2", "OAUTHBEARER"].into_iter().find(|way| session.features.takes_login(way));
    let Some(mechanism) = mechanism else {
        let error = no_way(session, "a token", "remove oauth in [delivery.mail] and set a password");
        return Err(Failed::answered(error));
    };
    let token = tokens.current().await.map_err(Failed::answered)?;
    match (present(session, mechanism, username, &token).await, token.is_new) {
        (Err(failed), false) if failed.is_usable && matches!(failed.error, DeliveryError::Misconfigured { .. }) => {
            let token = tokens.renewed().await.map_err(Failed::answered)?;
            present(session, mechanism, username, &token).await
        }
        (result, _) => result,
    }
}

async fn present(session: &mut Session, mechanism: &str, username: &str, token: &Token) -> Result<(), Failed> {
    let bearer = format!("auth=Bearer {}", token.secret.expose());
    let (words, end) = match mechanism {
        "XOAUTH2" => (format!("user={username}\u{1}{bearer}\u{1}\u{1}"), ""),
        // RFC 7628: what ends the exchange is a lone ^A.
        _ => (format!("n,a={username},\u{1}{bearer}\u{1}\u{1}"), "AQ=="),
    };
    let words = Secret::fetched(STANDARD.encode(words));
    let mut answer = session.ask(Step::Login, &format!("AUTH {mechanism} {}", words.expose())).await?;
    // raa-org/thunderbird-custom-idp#1: some take the words only on a line of their own.
    if answer.code == 500 {
        answer = session.ask(Step::Login, &format!("AUTH {mechanism}")).await?;
        if answer.code == 334 {
            answer = session.ask(Step::Login, words.expose()).await?;
        }
    }
    let mut why = None;
    if answer.code == 334 {
        // The reason comes as JSON in base64; the code comes after our empty answer.
        why = reason(&answer);
        answer = session.ask(Step::Login, end).await?;
    }
    if Step::Login.is_passed(&answer) {
        return Ok(());
    }
    let error = hide(refused(Step::Login, &answer), &[token.secret.clone(), words]);
    let remedy = "let the app send mail as this mailbox (SMTP AUTH on for it, the right scope, the right username)";
    Err(Failed::answered(match error {
        DeliveryError::Misconfigured { reason } => {
            let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
            DeliveryError::Misconfigured { reason: one_line(&format!("{reason}{why}: {remedy}")) }
        }
        error => error,
    }))
}

/// `{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}` as it was, on one line.
fn reason(answer: &Answer) -> Option<String> {
    let text = STANDARD.decode(answer.lines.first()?.trim()).ok()?;
    let value: serde_json::Value = serde_json::from_slice(&text).ok()?;
    let part = |key: &str| Some(format!("{key} {}", value.get(key)?.as_str()?));
    let parts: Vec<String> = ["status", "error", "scope"].into_iter().filter_map(part).collect();
    (!parts.is_empty()).then(|| one_line(&parts.join(", ")))
}

fn no_way(session: &Session, with: &str, remedy: &str) -> DeliveryError {
    let offered = &session.features.logins;
    let offered = if offered.is_empty() { "none".to_owned() } else { offered.join(", ") };
    let reason = one_line(&format!("{} offers no login with {with} (it offers {offered}): {remedy}", session.host));
    DeliveryError::Misconfigured { reason }
}

/// Some servers repeat what they were sent.
fn hide(error: DeliveryError, secrets: &[Secret]) -> DeliveryError {
    error.with_reason(|reason| secrets.iter().fold(reason.to_owned(), |text, secret| secret.redact(&text)))
}
