//! Why a host was not reached, distinguished as a person would act on it.

use super::error::{ConnectionError, ConnectorError};
use std::error::Error;
use std::io::ErrorKind;

/// The error of a request that never got an answer. Names the host; the rest of the URL may hold a
/// key. `None` where there was a connection.
pub fn unreachable(error: &reqwest::Error) -> Option<ConnectorError> {
    if !error.is_connect() {
        return None;
    }
    let host = error.url().and_then(reqwest::Url::host_str).unwrap_or("the host").to_owned();
    let port =
        error.url().and_then(reqwest::Url::port_or_known_default).map_or(String::new(), |port| format!(":{port}"));
    let obstacle = if error.is_timeout() { ConnectionError::Silence } else { obstacle(error) };
    let note = match obstacle {
        ConnectionError::Name => format!("the name {host} leads to no address (DNS)"),
        ConnectionError::Refused => format!("{host}{port} refuses connections: nothing listens there"),
        ConnectionError::Tls => {
            format!("no protected connection to {host}: its certificate is not accepted, or TLS failed")
        }
        ConnectionError::Silence => format!("{host}{port} does not answer"),
        ConnectionError::Network => format!("{host}{port} cannot be reached"),
    };
    Some(ConnectorError::Unreachable { obstacle, note })
}

/// What errors of TLS speak of; the last ones where the other side speaks no TLS.
const TLS_WORDS: [&str; 6] = ["certificate", "tls", "handshake", "alertreceived", "invalidmessage", "corrupt message"];

/// What the chain of causes says; libraries report some of it in words alone.
fn obstacle(error: &reqwest::Error) -> ConnectionError {
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(cause) = next {
        match cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind) {
            Some(ErrorKind::ConnectionRefused) => return ConnectionError::Refused,
            Some(ErrorKind::TimedOut) => return ConnectionError::Silence,
            Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => return ConnectionError::Network,
            _ => {}
        }
        // An error of TLS inside one of the network shows in its debug form alone.
        let words = format!("{cause} {cause:?}").to_lowercase();
        if words.contains("dns error") || words.contains("lookup address") {
            return ConnectionError::Name;
        }
        if TLS_WORDS.iter().any(|sign| words.contains(sign)) {
            return ConnectionError::Tls;
        }
        next = cause.source();
    }
    ConnectionError::Network
}
