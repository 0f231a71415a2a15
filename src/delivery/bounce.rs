//! Which refusals say that an address is dead. Pure.
//!
//! Codes: RFC 3463 and the registry at
//! <https://www.iana.org/assignments/smtp-enhanced-status-codes/>.

use super::Reply;

/// The step whose answer speaks of the recipient.
pub const RECIPIENT_STEP: &str = "RCPT TO";

/// A refusal of the address itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounce {
    /// The server answered that there is no such mailbox.
    Firm,
    /// A refusal that may mean so: some servers give no enhanced code, and refuse a relay with the same one.
    Likely,
}

/// What the replies of one try say of the address. Refusals for policy, size or the sender's sake say
/// nothing of it.
pub fn bounce(replies: &[Reply]) -> Option<Bounce> {
    let reply = replies.last().filter(|reply| reply.step == RECIPIENT_STEP)?;
    let mut words = reply.text.split_ascii_whitespace();
    let code = words.next()?;
    if !code.starts_with('5') {
        return None;
    }
    match words.next().and_then(enhanced) {
        // 5.1.7 and 5.1.8 are about the sender.
        Some((5, 1, 1 | 2 | 3 | 6 | 10)) | Some((5, 2, 1)) => Some(Bounce::Firm),
        Some(_) => None,
        None => matches!(code, "550" | "551" | "553").then_some(Bounce::Likely),
    }
}

fn enhanced(word: &str) -> Option<(u16, u16, u16)> {
    let mut parts = word.split('.').map(|part| part.parse().ok());
    let triple = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(triple)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(step: &'static str, text: &str) -> Option<Bounce> {
        let greeting = Reply { step: "MAIL FROM", text: "250 2.1.0 Ok".to_owned() };
        bounce(&[greeting, Reply { step, text: text.to_owned() }])
    }

    #[test]
    fn only_the_recipients_own_refusal_suppresses() {
        assert_eq!(of(RECIPIENT_STEP, "550 5.1.1 no such user"), Some(Bounce::Firm));
        assert_eq!(of(RECIPIENT_STEP, "550 5.2.1 mailbox disabled"), Some(Bounce::Firm));
        assert_eq!(of(RECIPIENT_STEP, "550 Unrouteable address"), Some(Bounce::Likely));
        for (step, text) in [
            (RECIPIENT_STEP, "250 2.1.5 Ok"),
            (RECIPIENT_STEP, "450 4.2.0 Greylisted"),
            (RECIPIENT_STEP, "554 5.7.1 Relay access denied"),
            (RECIPIENT_STEP, "553 5.1.8 Sender address rejected"),
            (RECIPIENT_STEP, "552 5.2.2 mailbox full"),
            (RECIPIENT_STEP, "554 refused"),
            ("the mail", "550 5.1.1 looks like spam"),
            ("MAIL FROM", "550 5.1.1 odd"),
        ] {
            assert_eq!(of(step, text), None, "{step} {text}");
        }
    }
}
