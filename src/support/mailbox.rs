//! Mail addresses: one reading of them for the configuration, for mails and for the way to the server.

use lettre::message::Mailbox;

/// Reads `name@example.com` or `Name <name@example.com>`. The domain becomes ASCII, as DNS and mail
/// servers know it; none if no mail could carry the address.
pub fn mailbox(text: &str) -> Option<Mailbox> {
    if text.contains(['\r', '\n', '\0']) {
        return None;
    }
    let read: Mailbox = text.parse().ok()?;
    if read.email.domain().is_ascii() {
        return Some(read);
    }
    let domain = ascii_host(read.email.domain())?;
    let email = lettre::Address::new(read.email.user(), domain).ok()?;
    Some(Mailbox::new(read.name, email))
}

/// A host's name in ASCII: `münchen.example` as `xn--mnchen-3ya.example`. None if it is no name at all.
pub fn ascii_host(name: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii(name).ok()?;
    (!ascii.is_empty() && ascii.len() <= 253).then_some(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_beyond_ascii_is_written_as_servers_know_it() {
        let read = mailbox("Jörg <jo@münchen.example>").expect("a mailbox");
        assert_eq!(read.email.to_string(), "jo@xn--mnchen-3ya.example");
        assert_eq!(read.name.as_deref(), Some("Jörg"));
        assert_eq!(ascii_host("mail.例え.example").as_deref(), Some("mail.xn--r8jz45g.example"));
    }

    #[test]
    fn what_no_mail_could_carry_is_no_mailbox() {
        for text in ["\"sales team\"@acme.example", "ops@[10.0.0.5]", "nobody", "a@b.c\r\nBcc: d@e.f", "a@\u{ad}"] {
            assert!(mailbox(text).is_none(), "{text:?}");
        }
        for text in ["o'neil+reports@example.com", "jörg@example.com", "\"Acme, Inc.\" <a@b.example>", "a_b.c@d-e.f"] {
            assert!(mailbox(text).is_some(), "{text:?}");
        }
    }
}
