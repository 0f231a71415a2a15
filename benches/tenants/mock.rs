//! The other side, in a process of its own: a vendor's API and a mail server that takes 50 ms for each mail.

use super::process::processor_seconds;
use axum::Router;
use axum::extract::Query;
use axum::routing::get;
use chrono::{Days, NaiveDate};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const ARGUMENT: &str = "--as-the-mock";
const MAIL_TAKES: Duration = Duration::from_millis(50);
/// Requests answered so far.
static REQUESTS: AtomicU32 = AtomicU32::new(0);

pub struct Mock {
    child: Child,
    pub vendor: u16,
    pub mail: u16,
}

impl Drop for Mock {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Mock {
    pub fn start() -> Self {
        let own = std::env::current_exe().expect("the bench");
        let mut child = Command::new(own).arg(ARGUMENT).stdout(Stdio::piped()).spawn().expect("the mock");
        let mut lines = BufReader::new(child.stdout.take().expect("its words")).lines();
        let mut port = || lines.next().expect("a line").expect("read").parse().expect("a port");
        let (vendor, mail) = (port(), port());
        Self { child, vendor, mail }
    }

    pub fn processor_seconds(&self) -> f64 {
        processor_seconds(self.child.id())
    }
}

/// Serves until the process is ended.
pub fn serve() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let vendor = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mail = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        for listener in [&vendor, &mail] {
            println!("{}", listener.local_addr().expect("an address").port());
        }
        std::io::stdout().flush().expect("told");
        tokio::spawn(async move {
            while let Ok((stream, _)) = mail.accept().await {
                tokio::spawn(take_mails(stream));
            }
        });
        axum::serve(vendor, Router::new().fallback(get(rows))).await.expect("served");
    });
}

/// Three campaigns a day of the days that are asked for.
async fn rows(Query(asked): Query<HashMap<String, String>>) -> String {
    let day = |name: &str| asked.get(name).and_then(|day| day.parse::<NaiveDate>().ok());
    let asked = REQUESTS.fetch_add(1, Ordering::Relaxed);
    let (Some(from), Some(to)) = (day("from"), day("to")) else { return "{\"rows\":[]}".to_owned() };
    let mut body = String::from("{\"rows\":[");
    let mut day = from;
    while day <= to {
        for campaign in 0..3 {
            let comma = if body.ends_with('[') { "" } else { "," };
            // Other clicks each time, as vendors restate their last days.
            let clicks = 100 + campaign + asked;
            let _ = write!(
                body,
                "{comma}{{\"date\":\"{day}\",\"campaign_id\":\"{campaign}\",\"campaign\":\"campaign {campaign}\",\"status\":\"ENABLED\",\"kind\":\"SEARCH\",\"currency\":\"EUR\",\"impressions\":\"9000\",\"clicks\":\"{clicks}\",\"cost\":\"12.34\",\"conversions\":\"1\",\"value\":\"1\"}}"
            );
        }
        day = day + Days::new(1);
    }
    body + "]}"
}

async fn take_mails(stream: TcpStream) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = tokio::io::BufReader::new(read).lines();
    write.write_all(b"220 mock ESMTP\r\n").await.ok()?;
    loop {
        let line = lines.next_line().await.ok()??;
        let answer: &[u8] = match line.get(..4).unwrap_or_default() {
            "EHLO" => b"250-mock\r\n250 8BITMIME\r\n",
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                while lines.next_line().await.ok()?? != "." {}
                tokio::time::sleep(MAIL_TAKES).await;
                b"250 2.0.0 taken\r\n"
            }
            "QUIT" => return None,
            _ => b"250 2.1.0 ok\r\n",
        };
        write.write_all(answer).await.ok()?;
    }
}
