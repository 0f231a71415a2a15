//! The names a mail server receives: ours, the sender's and the reader's. Pure.

use super::features::Features;
use crate::delivery::hello_name::is_hello;
use crate::delivery::{DeliveryError, one_line};
use crate::support::mailbox::{ascii_host, mailbox};
use std::net::IpAddr;

/// What EHLO names: what is configured, or the domain of the sender's address where it is a full name, or
/// else our own address as a literal. The machine's own name is often no name at all outside of it, and
/// many servers refuse such a one.
pub fn hello(configured: Option<&str>, from: &str, own: Option<IpAddr>) -> String {
    if let Some(name) = configured {
        return name.to_owned();
    }
    let domain = mailbox(from).map(|read| read.email.domain().to_owned());
    domain.filter(|domain| is_hello(domain) && !domain.starts_with('[')).unwrap_or_else(|| literal(own))
}

fn literal(own: Option<IpAddr>) -> String {
    match own {
        Some(IpAddr::V4(address)) => format!("[{address}]"),
        Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => format!("[{address}]"),
            None => format!("[IPv6:{address}]"),
        },
        None => "[127.0.0.1]".to_owned(),
    }
}

/// The server's name as DNS and certificates know it.
pub fn server(host: &str) -> Result<String, DeliveryError> {
    if host.parse::<IpAddr>().is_ok() {
        return Ok(host.to_owned());
    }
    ascii_host(host).ok_or_else(|| DeliveryError::Misconfigured {
        reason: format!("{:?} is no host's name: correct host in [delivery.mail]", one_line(host)),
    })
}

/// The addresses of one mail, ready for the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub from: String,
    pub to: String,
}

impl Envelope {
    /// Reads `Name <name@example.com>`; refuses what is no address.
    pub fn new(from: &str, to: &str) -> Result<Self, DeliveryError> {
        let read = |what: &str, text: &str| {
            let reason = || format!("{what} {:?} is not an address", one_line(text));
            let bare = mailbox(text).map(|read| read.email.to_string());
            bare.ok_or_else(|| DeliveryError::Permanent { reason: reason() })
        };
        Ok(Self { from: read("the sender", from)?, to: read("the recipient", to)? })
    }

    /// What MAIL FROM adds to the sender; refuses what the server cannot take.
    pub fn parameters(&self, mail: &[u8], features: &Features, host: &str) -> Result<String, DeliveryError> {
        let mut parameters = String::new();
        if features.size {
            parameters.push_str(&format!(" SIZE={}", mail.len()));
        }
        let is_beyond = !self.from.is_ascii() || !self.to.is_ascii();
        for (needed, offered, keyword, what) in [
            (!mail.is_ascii(), features.eight_bit, " BODY=8BITMIME", "mails"),
            (is_beyond, features.utf8_addresses, " SMTPUTF8", "addresses"),
        ] {
            if needed && !offered {
                let reason = format!("{host} takes no {what} beyond ASCII");
                return Err(DeliveryError::Permanent { reason });
            }
            parameters.push_str(if needed { keyword } else { "" });
        }
        Ok(parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_ehlo_is_never_a_bare_one() {
        let own = |text: &str| Some(text.parse::<IpAddr>().expect("an address"));
        for (configured, from, own, name) in [
            (Some("daybook.acme.example"), "d@example.com", None, "daybook.acme.example"),
            (None, "Daybook <d@example.com>", own("10.0.0.5"), "example.com"),
            (None, "Daybook <d@bücher.example>", own("10.0.0.5"), "xn--bcher-kva.example"),
            (None, "d@localhost", own("10.0.0.5"), "[10.0.0.5]"),
            (None, "d@vm", own("2001:db8::1"), "[IPv6:2001:db8::1]"),
            (None, "d@vm", own("::ffff:10.0.0.5"), "[10.0.0.5]"),
            (None, "d@vm", None, "[127.0.0.1]"),
        ] {
            assert_eq!(hello(configured, from, own), name);
            assert!(is_hello(name), "{name}");
        }
    }

    #[test]
    fn addresses_beyond_ascii_need_a_server_that_takes_them_and_domains_do_not() {
        let plain = Features { size: true, eight_bit: true, ..Features::default() };
        let modern = Features { utf8_addresses: true, ..plain.clone() };
        let envelope = |to: &str| Envelope::new("d@example.com", to).expect("addresses");
        let parameters = |to: &str, features| envelope(to).parameters(b"x\r\n", features, "mx");
        assert_eq!(envelope("Jo <jo@münchen.example>").to, "jo@xn--mnchen-3ya.example");
        assert_eq!(parameters("jo@münchen.example", &plain).as_deref(), Ok(" SIZE=3"));
        assert_eq!(parameters("jörg@example.com", &modern).as_deref(), Ok(" SIZE=3 SMTPUTF8"));
        let refused = parameters("jörg@example.com", &plain).expect_err("refused");
        assert!(refused.to_string().contains("addresses beyond ASCII"), "{refused}");
        assert!(Envelope::new("d@example.com", "a@b.c>\r\nDATA").is_err());
    }
}
