//! A mail server that keeps to a script.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What a client's line begins with, and the answer to it. A rule holds once, the last of its word for good. `CONNECT` is the greeting, `.` the end of a mail, `BODY` its first line,
/// `EMPTY` an empty line.
/// `|` parts lines, `~` at the end leaves the last one open; an empty answer closes, `hold` says nothing at all.
pub type Rules = &'static [(&'static str, &'static str)];

const FRIENDLY: Rules = &[
    ("CONNECT", "220 fake ESMTP"),
    ("EHLO", "250-fake|250-SIZE 35882577|250-8BITMIME|250 AUTH PLAIN LOGIN"),
    ("AUTH", "235 2.7.0 Accepted"),
    ("RCPT", "250 2.1.5 OK"),
    ("DATA", "354 go ahead"),
    (".", "250 2.0.0 OK 1721900000 abc"),
    ("QUIT", "221 bye"),
];

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

#[derive(Clone)]
pub struct Server {
    pub port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    rules: Arc<Mutex<Vec<(String, String)>>>,
}

impl Server {
    /// Listens until the runtime ends. What `rules` does not speak of is answered as a friendly server does.
    pub async fn start(rules: Rules) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let own = rules.iter().chain(FRIENDLY.iter().filter(|(word, _)| !rules.iter().any(|(own, _)| own == word)));
        let rules = own.map(|(word, answer)| ((*word).to_owned(), (*answer).to_owned())).collect();
        let server = Self { port, heard: Arc::default(), rules: Arc::new(Mutex::new(rules)) };
        let own = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                own.hear("CONNECT");
                let own = own.clone();
                tokio::spawn(async move { own.play(Box::new(stream)).await });
            }
        });
        server
    }

    /// Another rule, before all others.
    pub fn rule(&self, word: &str, answer: &str) {
        self.rules.lock().expect("rules").insert(0, (word.to_owned(), answer.to_owned()));
    }

    /// What clients sent, a line each; mails without their text.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("what was heard").clone()
    }

    pub fn count(&self, word: &str) -> usize {
        self.heard().iter().filter(|line| line.starts_with(word)).count()
    }

    fn hear(&self, line: &str) {
        self.heard.lock().expect("what was heard").push(line.to_owned());
    }

    fn answer(&self, line: &str) -> String {
        let mut rules = self.rules.lock().expect("rules");
        let is_of = |word: &str| match word {
            "." => line == ".",
            "EMPTY" => line.is_empty(),
            _ => line.starts_with(word),
        };
        let Some(first) = rules.iter().position(|(word, _)| is_of(word)) else { return "250 OK".to_owned() };
        let is_last = rules.iter().filter(|(word, _)| *word == rules[first].0).count() == 1;
        if is_last { rules[first].1.clone() } else { rules.remove(first).1 }
    }

    /// What is answered within a mail.
    fn early(&self) -> Option<String> {
        let rules = self.rules.lock().expect("rules");
        rules.iter().find(|(word, _)| word == "BODY").map(|(_, said)| said.clone())
    }

    async fn play(&self, mut stream: Box<dyn Duplex>) -> Option<()> {
        let mut said = self.answer("CONNECT");
        loop {
            if said == "hold" {
                tokio::time::sleep(Duration::from_secs(3600)).await;
            }
            if said.is_empty() {
                return None;
            }
            let lines = said.replace('|', "\r\n");
            let lines = lines.strip_suffix('~').map_or_else(|| format!("{lines}\r\n"), str::to_owned);
            stream.write_all(lines.as_bytes()).await.ok()?;
            if said.starts_with("220 TLS") {
                stream = Box::new(acceptor().accept(stream).await.ok()?);
                self.hear("(under TLS)");
            }
            let line = read_line(&mut stream).await?;
            self.hear(&line);
            said = self.answer(&line);
            if line == "DATA" && said.starts_with("354") {
                stream.write_all(format!("{said}\r\n").as_bytes()).await.ok()?;
                if let Some(early) = self.early() {
                    read_line(&mut stream).await?;
                    stream.write_all(format!("{early}\r\n").as_bytes()).await.ok()?;
                    // The rest is read, or the client would see a reset before it sees the answer.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    return None;
                }
                while read_line(&mut stream).await? != "." {}
                self.hear(".");
                said = self.answer(".");
            }
            if line == "QUIT" {
                stream.write_all(b"221 bye\r\n").await.ok()?;
                return None;
            }
        }
    }
}

async fn read_line(stream: &mut Box<dyn Duplex>) -> Option<String> {
    let mut line = Vec::new();
    loop {
        match stream.read_u8().await.ok()? {
            b'\n' => return Some(String::from_utf8_lossy(&line).trim_end().to_owned()),
            byte => line.push(byte),
        }
    }
}

fn acceptor() -> TlsAcceptor {
    let fixture = |name: &str| std::fs::read(super::fixture(name)).expect("a fixture");
    let chain =
        CertificateDer::pem_slice_iter(&fixture("server.pem")).collect::<Result<Vec<_>, _>>().expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(&fixture("server.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = builder.expect("versions").with_no_client_auth().with_single_cert(chain, key).expect("a server");
    TlsAcceptor::from(Arc::new(config))
}
