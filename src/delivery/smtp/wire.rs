//! The connection to a mail server: bytes out, replies in, each with a wait and a bound.

use super::reply::{Answer, Garbled, Gatherer, LINE_BYTES};
use futures_util::FutureExt;
use rustls::pki_types::ServerName;
use std::net::IpAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// For all addresses of a server together.
const CONNECT_WAIT: Duration = Duration::from_secs(30);
const CHUNK: usize = 4096;

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("the connection broke{0}")]
    Closed(String),
    #[error("there was no answer in time")]
    Silent,
    #[error(transparent)]
    Garbled(#[from] Garbled),
    #[error("TLS failed ({0})")]
    Tls(String),
}

/// A connection, protected or not.
pub struct Wire {
    stream: Box<dyn Duplex>,
    /// Received and not yet read.
    buffer: Vec<u8>,
    pub own_address: Option<IpAddr>,
}

impl Wire {
    /// Connects to the first address of a host that answers.
    pub async fn connect(host: &str, port: u16) -> Result<Self, Broken> {
        let until = tokio::time::Instant::now() + CONNECT_WAIT;
        let found = tokio::time::timeout_at(until, tokio::net::lookup_host((host, port))).await;
        let addresses: Vec<_> = found.map_err(|_| Broken::Silent)?.map_err(|error| closed(&error))?.collect();
        let mut last = Broken::Closed(": the name has no address".to_owned());
        for (index, address) in addresses.iter().enumerate() {
            // An address that swallows everything must leave time for the next one.
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            let share = left / u32::try_from(addresses.len() - index).unwrap_or(1);
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // Commands are short and wait for their answer.
                    let _ = stream.set_nodelay(true);
                    let own_address = stream.local_addr().ok().map(|own| own.ip());
                    return Ok(Self { stream: Box::new(stream), buffer: Vec::new(), own_address });
                }
                Ok(Err(error)) => last = closed(&error),
                Err(_) => last = Broken::Silent,
            }
        }
        Err(last)
    }

    /// The same connection under TLS. What was received in clear must have been read, or be refused.
    pub async fn protect(self, tls: &TlsConnector, host: &str, wait: Duration) -> Result<Self, Broken> {
        let name = ServerName::try_from(host.to_owned()).map_err(|error| Broken::Tls(error.to_string()))?;
        let stream = timeout(wait, tls.connect(name, self.stream)).await.map_err(|_| Broken::Silent)?;
        let stream =
            stream.map_err(|error| match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(fault) => Broken::Tls(fault.to_string()),
                None => closed(&error),
            })?;
        Ok(Self { stream: Box::new(stream), buffer: Vec::new(), own_address: self.own_address })
    }

    /// The next reply; `wait` is for all of its lines.
    pub async fn answer(&mut self, wait: Duration) -> Result<Answer, Broken> {
        timeout(wait, self.whole_answer()).await.map_err(|_| Broken::Silent)?
    }

    async fn whole_answer(&mut self) -> Result<Answer, Broken> {
        let mut gatherer = Gatherer::default();
        loop {
            while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                if let Some(answer) = gatherer.take(&line)? {
                    return Ok(answer);
                }
            }
            if self.buffer.len() > LINE_BYTES {
                return Err(Garbled::Overlong.into());
            }
            if self.receive().await? == 0 {
                return Err(Broken::Closed(" in the middle of an answer".to_owned()));
            }
        }
    }

    async fn receive(&mut self) -> Result<usize, Broken> {
        let mut chunk = [0; CHUNK];
        let count = self.stream.read(&mut chunk).await.map_err(|error| closed(&error))?;
        self.buffer.extend_from_slice(&chunk[..count]);
        Ok(count)
    }

    pub async fn write(&mut self, bytes: &[u8], wait: Duration) -> Result<(), Broken> {
        let writing = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        timeout(wait, writing).await.map_err(|_| Broken::Silent)?.map_err(|error| closed(&error))
    }

    /// Whether the server has sent something that nobody asked for, or is gone. Does not wait.
    pub fn is_out_of_turn(&mut self) -> bool {
        !self.buffer.is_empty() || self.receive().now_or_never().is_some()
    }
}

fn closed(error: &std::io::Error) -> Broken {
    Broken::Closed(format!(": {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(2);

    async fn after(said: &[u8]) -> Wire {
        let (own, mut other) = tokio::io::duplex(1024 * 1024);
        other.write_all(said).await.expect("said");
        // The other end stays open where nothing says otherwise.
        std::mem::forget(other);
        Wire { stream: Box::new(own), buffer: Vec::new(), own_address: None }
    }

    #[tokio::test]
    async fn an_endless_line_is_not_gathered() {
        let mut wire = after(&[b'2'; 100_000]).await;
        assert!(matches!(wire.answer(WAIT).await, Err(Broken::Garbled(Garbled::Overlong))));
        assert!(wire.buffer.len() <= LINE_BYTES + CHUNK, "{}", wire.buffer.len());
        let mut wire = after("250-more\r\n".repeat(5000).as_bytes()).await;
        assert!(matches!(wire.answer(WAIT).await, Err(Broken::Garbled(Garbled::Overlong))));
    }

    #[tokio::test]
    async fn a_reply_that_comes_letter_by_letter_has_one_wait_for_all_of_it() {
        let (own, mut other) = tokio::io::duplex(64);
        let mut wire = Wire { stream: Box::new(own), buffer: Vec::new(), own_address: None };
        let drip = tokio::spawn(async move {
            for letter in b"250-".iter().cycle() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                if other.write_all(&[*letter]).await.is_err() {
                    return;
                }
            }
        });
        assert!(matches!(wire.answer(Duration::from_millis(70)).await, Err(Broken::Silent)));
        drop(wire);
        drip.await.expect("ended");
    }

    #[tokio::test]
    async fn what_nobody_asked_for_is_noticed_without_waiting() {
        assert!(!after(b"").await.is_out_of_turn());
        let mut wire = after(b"250 one\r\n421 two\r\n").await;
        assert_eq!(wire.answer(WAIT).await.expect("a reply").code, 250);
        assert!(wire.is_out_of_turn());
        assert_eq!(wire.answer(WAIT).await.expect("a reply").code, 421);
        let (own, other) = tokio::io::duplex(64);
        drop(other);
        assert!(Wire { stream: Box::new(own), buffer: Vec::new(), own_address: None }.is_out_of_turn());
    }
}
