//! A mail server that plays a part for each recipient, over real connections.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What the server is asked for, by the recipient's name before the `@`:
/// `ok…` takes mails, `gone…` does not exist, `old…` is refused without an enhanced code, `grey…` is
/// greylisted the first time, `cutdata…` has its connection cut within the mail, `cutend…` after the
/// last line, `small…` takes no mail over 60,000 bytes and says so after it, `hang…` never receives an answer to
/// the mail. No login may send as `former…`.
#[derive(Clone, Default)]
pub struct Server {
    /// Mails that were answered with 250, with their recipient.
    pub mails: Arc<Mutex<Vec<(String, String)>>>,
    pub connections: Arc<Mutex<u32>>,
    /// Rings when a whole mail lies unanswered.
    pub hangs: Arc<Notify>,
    /// What EHLO is answered; the usual if empty.
    pub hello: Arc<Mutex<String>>,
    /// What a connection more than so many is answered, in place of the greeting or after the mail.
    pub limit: Arc<Mutex<Option<Limit>>>,
    /// Connections open now, and at most at once.
    pub open: Arc<Mutex<(u32, u32)>>,
    /// Mails being taken now, by recipient, and recipients that had two at once.
    pub taking: Arc<Mutex<(Vec<String>, Vec<String>)>>,
    /// How long a mail takes.
    pub takes: Arc<Mutex<Duration>>,
    seen: Arc<Mutex<Vec<String>>>,
}

/// How a server reports one connection too many.
#[derive(Clone, Copy)]
pub struct Limit {
    pub connections: u32,
    pub answer: &'static str,
    pub is_after_mail: bool,
}

impl Server {
    /// Listens on a free port until the runtime ends.
    pub async fn start() -> (Self, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self::default();
        let own = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *own.connections.lock().expect("a count") += 1;
                let own = own.clone();
                tokio::spawn(async move {
                    let now = {
                        let mut open = own.open.lock().expect("a count");
                        open.0 += 1;
                        open.1 = open.1.max(open.0);
                        open.0
                    };
                    let limit = own.limit.lock().expect("a limit").filter(|limit| now > limit.connections);
                    own.play(stream, limit).await;
                    own.open.lock().expect("a count").0 -= 1;
                });
            }
        });
        (server, port)
    }

    /// Recipients whose mail was taken, in order.
    pub fn taken(&self) -> Vec<String> {
        self.mails.lock().expect("mails").iter().map(|(to, _)| to.to_lowercase()).collect()
    }

    async fn play(&self, stream: TcpStream, limit: Option<Limit>) -> Option<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        if let Some(limit) = limit.filter(|limit| !limit.is_after_mail) {
            write.write_all(format!("{}\r\n", limit.answer).as_bytes()).await.ok()?;
            return None;
        }
        write.write_all(b"220 fake ESMTP\r\n").await.ok()?;
        let mut to = String::new();
        loop {
            let line = lines.next_line().await.ok()??;
            let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let answer = match word.as_str() {
                "EHLO" => match self.hello.lock().expect("an answer").as_str() {
                    "" => "250-fake\r\n250 8BITMIME".to_owned(),
                    other => other.to_owned(),
                },
                "MAIL" if line.contains("<former") => "553 5.7.1 Relaying disallowed as former".to_owned(),
                "RCPT" => {
                    to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    self.judge(&to)
                }
                "DATA" => {
                    write.write_all(b"354 go ahead\r\n").await.ok()?;
                    let mut mail = String::new();
                    if to.starts_with("cutdata") {
                        return None;
                    }
                    loop {
                        let line = lines.next_line().await.ok()??;
                        if line == "." {
                            break;
                        }
                        mail.push_str(&line);
                        mail.push('\n');
                    }
                    if to.starts_with("cutend") {
                        return None;
                    }
                    if to.starts_with("hang") {
                        self.hangs.notify_one();
                        tokio::time::sleep(Duration::from_secs(3600)).await;
                    }
                    if to.starts_with("small") && mail.len() > 60_000 {
                        write.write_all(b"552 5.3.4 Message size exceeds fixed limit\r\n").await.ok()?;
                        continue;
                    }
                    if let Some(limit) = limit {
                        write.write_all(format!("{}\r\n", limit.answer).as_bytes()).await.ok()?;
                        continue;
                    }
                    self.take_slowly(&to).await;
                    self.mails.lock().expect("mails").push((to.clone(), mail));
                    "250 2.0.0 Ok: queued as FAKE1".to_owned()
                }
                "QUIT" => return None,
                _ => "250 2.1.0 Ok".to_owned(),
            };
            write.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        }
    }

    async fn take_slowly(&self, to: &str) {
        {
            let mut taking = self.taking.lock().expect("recipients");
            if taking.0.iter().any(|other| other == to) {
                taking.1.push(to.to_owned());
            }
            taking.0.push(to.to_owned());
        }
        let takes = *self.takes.lock().expect("a time");
        tokio::time::sleep(takes).await;
        let mut taking = self.taking.lock().expect("recipients");
        if let Some(at) = taking.0.iter().position(|other| other == to) {
            taking.0.remove(at);
        }
    }

    fn judge(&self, to: &str) -> String {
        let mut seen = self.seen.lock().expect("recipients");
        let is_new = !seen.iter().any(|known| known == to);
        seen.push(to.to_owned());
        match to {
            _ if to.starts_with("gone") => "550 5.1.1 <gone>: no such user",
            _ if to.starts_with("old") => "550 unrouteable address",
            _ if to.starts_with("grey") && is_new => "450 4.2.0 Greylisted, please try again in 300 seconds",
            _ => "250 2.1.5 Ok",
        }
        .to_owned()
    }
}
