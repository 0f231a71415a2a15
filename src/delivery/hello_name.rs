//! Names that mail servers take in EHLO.

use std::net::IpAddr;

/// Whether servers take a name in EHLO: a host's full name in ASCII, or an address in brackets.
pub fn is_hello(name: &str) -> bool {
    if let Some(inner) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address = inner.strip_prefix("IPv6:").unwrap_or(inner);
        return address.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6() == inner.starts_with("IPv6:"));
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_number = name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    name.len() <= 253 && name.contains('.') && !is_number && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_is_none() {
        for wrong in [
            "vm",
            "",
            "a..b",
            "-a.b",
            "a b.c",
            "[10.0.0]",
            "[::1]",
            "[IPv6:10.0.0.5]",
            "10.0.0.5",
            "bücher.example",
            "a_b.c",
        ] {
            assert!(!is_hello(wrong), "{wrong}");
        }
    }
}
