//! What a server's refusal means: try again, give this mail up, or have the operator mend something. Pure.
//!
//! Status codes: RFC 3463 and <https://www.iana.org/assignments/smtp-enhanced-status-codes/>; Microsoft's
//! own: <https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/>.

use super::reply::Answer;
use super::wire::Broken;
use crate::delivery::bounce::RECIPIENT_STEP;
use crate::delivery::{DeliveryError, one_line, retry};

/// Where in the conversation something was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Greeting,
    Hello,
    StartTls,
    Login,
    Sender,
    Recipient,
    Data,
    /// After the last line of the mail.
    End,
    /// RSET and NOOP.
    Between,
}

const HELLO_REMEDY: &str =
    "set hello in [delivery.mail] to a full host name that the server knows, such as \"daybook.example.com\"";
const LOGIN_REMEDY: &str = "set username and password, or oauth, in [delivery.mail]";
const SENDER_REMEDY: &str =
    "let this login send as the address in from of [delivery.mail] (\"send as\" at the provider), or change from";
const RELAY_REMEDY: &str =
    "log in (username in [delivery.mail]), let the server relay for this machine, or remove the address";

/// How servers without status codes say it.
const TOO_LARGE: [&str; 6] =
    ["too big", "too large", "size limit", "maximum size", "message size exceeds", "bytes long"];

impl Step {
    pub fn name(self) -> &'static str {
        match self {
            Self::Greeting => "connecting",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Login => "the login",
            Self::Sender => "MAIL FROM",
            Self::Recipient => RECIPIENT_STEP,
            Self::Data => "DATA",
            Self::End => "the mail",
            Self::Between => "NOOP",
        }
    }

    /// Whether the server answered what it answers when all is well. Anything else is no consent: a mail sent
    /// after a 250 to DATA would be read as commands.
    pub fn is_passed(self, answer: &Answer) -> bool {
        if answer.is_torn {
            return false;
        }
        match self {
            Self::Greeting | Self::StartTls => answer.code == 220,
            Self::Hello | Self::Sender => answer.code == 250,
            Self::Login => answer.code == 235,
            Self::Recipient => matches!(answer.code, 250..=252),
            Self::Data => answer.code == 354,
            Self::End | Self::Between => answer.class() == 2,
        }
    }
}

/// A reply that does not let us pass.
pub fn refused(step: Step, answer: &Answer) -> DeliveryError {
    let told = format!("the server answered {answer} to {}", step.name());
    let reason = one_line(&told);
    let with = |remedy: &str| DeliveryError::Misconfigured { reason: format!("{reason}: {remedy}") };
    let later = || retry::asked_in_words(&answer.to_string());
    let unavailable = || DeliveryError::Unavailable { reason: reason.clone(), retry_after: later() };
    if step == Step::End && (answer.is_torn || answer.class() < 4) {
        return DeliveryError::Unknown { reason: format!("{reason}, which is no clear answer to a mail") };
    }
    if is_about_hello(step, answer) {
        return with(HELLO_REMEDY);
    }
    if answer.code == 421 || answer.status == Some((4, 3, 2)) {
        return unavailable();
    }
    match (step, answer.class()) {
        // Commands and answers are out of step: nothing was handed over, and a new connection may do better.
        (_, 2 | 3) => {
            DeliveryError::Temporary { reason: format!("{reason}, which is not what belongs there"), retry_after: None }
        }
        (Step::Greeting | Step::Hello | Step::StartTls | Step::Login, 4) => unavailable(),
        (Step::Login, _)
            if answer.contains("5.7.30") || answer.contains("5.7.139") || answer.contains("basic auth") =>
        {
            with("this provider takes no password here; set oauth in [delivery.mail]")
        }
        (Step::Greeting | Step::Hello | Step::StartTls | Step::Login, _) => DeliveryError::Misconfigured { reason },
        _ => refused_mail(step, answer, reason.clone()),
    }
}

fn refused_mail(step: Step, answer: &Answer, reason: String) -> DeliveryError {
    let with = |remedy: &str| DeliveryError::Misconfigured { reason: format!("{reason}: {remedy}") };
    if matches!(answer.code, 530 | 534 | 535 | 538) || (answer.code == 503 && answer.contains("auth")) {
        return with(LOGIN_REMEDY);
    }
    if is_too_large(step, answer) {
        return DeliveryError::TooLarge { reason, most_bytes: None };
    }
    if answer.class() == 4 || answer.code == 503 {
        return DeliveryError::Temporary { reason, retry_after: retry::asked_in_words(&answer.to_string()) };
    }
    if answer.status == Some((5, 2, 252)) || answer.status == Some((5, 7, 60)) || answer.contains("sendasdenied") {
        return with(SENDER_REMEDY);
    }
    match (step, answer.status) {
        // What is wrong with one mail's parameters or content says nothing of the sender.
        (Step::Sender, status) if answer.code != 555 && status.is_none_or(|status| status.1 != 6) => {
            with(SENDER_REMEDY)
        }
        (Step::Recipient, _) if answer.contains("relay") => {
            DeliveryError::Barred { reason: format!("{reason}: {RELAY_REMEDY}") }
        }
        _ => DeliveryError::Permanent { reason },
    }
}

/// A refusal of a sender that is configured no more: it says nothing of the mails that are made now.
pub fn of_earlier_sender(error: DeliveryError, from: &str, now: &str) -> DeliveryError {
    match error {
        DeliveryError::Misconfigured { reason } if from != now && reason.ends_with(SENDER_REMEDY) => {
            let answer = reason.strip_suffix(SENDER_REMEDY).unwrap_or(&reason);
            let reason = format!(
                "{answer}this mail was made when from in [delivery.mail] was {from}; `daybook deliveries resend` makes \
                 it again from {now}"
            );
            DeliveryError::Barred { reason }
        }
        other => other,
    }
}

/// Servers often wait until MAIL FROM or RCPT TO with what they have against our name.
fn is_about_hello(step: Step, answer: &Answer) -> bool {
    let names_it = answer.has_word("EHLO") || answer.has_word("HELO");
    match step {
        Step::Hello => answer.class() == 5 || (answer.class() == 4 && names_it),
        Step::Sender | Step::Recipient => {
            let is_of_mailbox = answer.status.is_some_and(|status| status.1 == 1 || status.1 == 2);
            answer.class() >= 4 && answer.code != 503 && names_it && !is_of_mailbox
        }
        _ => false,
    }
}

/// 552 also answers a full mailbox (5.2.2) and what a filter dislikes (5.7.x).
fn is_too_large(step: Step, answer: &Answer) -> bool {
    match answer.status {
        Some((5, 3, 4) | (5, 2, 3)) => true,
        Some(_) => false,
        None if step == Step::Recipient => false,
        None => answer.code == 552 || TOO_LARGE.iter().any(|words| answer.contains(words)),
    }
}

/// A connection that broke before the mail was whole: the server does not have it.
pub fn broken(step: Step, broken: &Broken, host: &str) -> DeliveryError {
    let at = format!("{host}: {broken} at {}", step.name());
    let misconfigured = |remedy: &str| DeliveryError::Misconfigured { reason: one_line(&format!("{at}: {remedy}")) };
    match (step, broken) {
        (_, Broken::Tls(words)) => DeliveryError::Misconfigured {
            reason: one_line(&format!(
                "the TLS connection to {host} failed: check its name and certificate, and security in [delivery.mail] ({words})"
            )),
        },
        (Step::Greeting, Broken::Garbled(_)) => misconfigured("check host and port in [delivery.mail]"),
        _ => DeliveryError::Temporary { reason: one_line(&at), retry_after: None },
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply::Gatherer;
    use super::*;
    use crate::delivery::Disposition;

    fn of(step: Step, text: &str) -> DeliveryError {
        let mut gatherer = Gatherer::default();
        let answer = text.split('|').find_map(|line| gatherer.take(line.as_bytes()).expect("a reply")).expect("whole");
        assert!(!step.is_passed(&answer), "{text}");
        refused(step, &answer)
    }

    #[test]
    fn what_concerns_all_mails_waits_for_the_operator_with_a_remedy() {
        for (step, text, remedy) in [
            (Step::Hello, "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", "set hello"),
            (Step::Hello, "550 bad HELO", "set hello"),
            // cyrusimap/cyrus-imapd#4960, PHPMailer/PHPMailer#1258: a fixed or faulty name, and no setting.
            (Step::Hello, "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", "set hello"),
            (
                Step::Hello,
                "501-5.5.4 HELO/EHLO argument \"mantis.*\" invalid, closing connection.|501 5.5.4 see https://x",
                "set hello",
            ),
            (Step::Hello, "421 4.7.0 Try again later, closing connection. (EHLO) - gsmtp", "set hello"),
            (Step::Recipient, "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", "set hello"),
            (Step::Recipient, "450 4.7.1 <vm>: Helo command rejected: Host not found", "set hello"),
            (Step::Login, "535 5.7.8 not accepted", "535"),
            (Step::Login, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled", "set oauth"),
            (Step::Login, "550 5.7.30 Basic authentication is not supported for Client Submission.", "set oauth"),
            (Step::Sender, "530 5.7.57 Client not authenticated to send mail", "set username"),
            (Step::Sender, "503 5.5.4 bad sequence: AUTH first", "set username"),
            (Step::Sender, "550 5.7.60 Client does not have permissions to send as this sender", "send as"),
            (Step::Sender, "553 5.7.1 <d@example.com>: Sender address rejected: not owned by user x", "send as"),
            (Step::Sender, "550 5.1.8 Sender domain does not exist", "send as"),
            // FusionAuth/fusionauth-issues#220, gophish/gophish#2900: reported only after the mail.
            (
                Step::End,
                "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed",
                "send as",
            ),
            (Step::End, "554 5.2.252 SendAsDenied; a@b.c not allowed to send as d@e.f", "send as"),
            (Step::Greeting, "554 5.7.1 you are blocked", "554"),
        ] {
            let error = of(step, text);
            assert_eq!(error.disposition(), Disposition::TellOperator, "{text}: {error}");
            assert!(error.concerns_all() && error.to_string().contains(remedy), "{text}: {error}");
        }
    }

    #[test]
    fn what_concerns_one_mail_stays_with_it() {
        for (step, text) in [
            (Step::Recipient, "550 5.1.1 no such user"),
            (Step::Recipient, "550 5.1.1 user unknown (helo=example.com)"),
            (Step::Recipient, "552 5.2.2 mailbox full"),
            (Step::Recipient, "552 quota"),
            (Step::End, "550 5.7.1 looks like spam"),
            (Step::End, "552-5.7.0 This message was blocked because of its content|552 5.7.0 see https://x"),
            (Step::Data, "554 5.5.1 no valid recipients"),
            (Step::Sender, "555 5.5.4 unsupported parameter"),
            (Step::Sender, "553 5.6.7 no SMTPUTF8 here"),
        ] {
            assert!(matches!(of(step, text), DeliveryError::Permanent { .. }), "{text}: {:?}", of(step, text));
        }
        for text in [
            "554 5.7.1 <a@b.c>: Relay access denied",
            "550 5.7.54 SMTP; Unable to relay recipient",
            "550 relaying denied",
        ] {
            assert!(matches!(of(Step::Recipient, text), DeliveryError::Barred { .. }), "{text}");
        }
    }

    #[test]
    fn a_mail_that_is_too_large_is_known_by_its_status() {
        for (step, text) in [
            (Step::Sender, "552 5.3.4 Message size exceeds fixed limit"),
            (Step::End, "552 5.3.4 too large"),
            (Step::End, "552-5.2.3 Your message exceeded Google's message size limits.|552 5.2.3 see https://x"),
            (Step::End, "552 too much mail data"),
            // zone-eu/wildduck#762, freescout-help-desk/freescout#318: other codes, and no status.
            (Step::End, "550 Message too big!"),
            (Step::End, "554 Message rejected: Stream is more than 10485760 bytes long. "),
            (Step::End, "554 5.3.4 too big"),
            (Step::Recipient, "550 5.2.3 message length exceeds administrative limit"),
        ] {
            assert!(matches!(of(step, text), DeliveryError::TooLarge { .. }), "{text}: {:?}", of(step, text));
        }
    }

    #[test]
    fn answers_that_do_not_belong_there_hand_nothing_over() {
        for (step, text) in [
            (Step::Data, "250 Ok"),
            (Step::Recipient, "354 go on"),
            (Step::Sender, "354 go on"),
            (Step::Login, "250 fine"),
            (Step::StartTls, "250 ok"),
        ] {
            assert!(matches!(of(step, text), DeliveryError::Temporary { .. }), "{text}");
        }
        assert!(matches!(of(Step::End, "354 go on"), DeliveryError::Unknown { .. }));
        assert!(matches!(of(Step::Recipient, "421 4.4.2 timeout"), DeliveryError::Unavailable { .. }));
        assert!(matches!(of(Step::End, "452 4.2.2 full"), DeliveryError::Temporary { .. }));
    }
}
