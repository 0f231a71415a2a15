//! A02: an answer whose records are nested without end, asked for by a running daemon.

use super::Small;
use crate::maintenance_faults::{daybook, said};
use daybook::support::clock::Clock;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A vendor whose lists are empty but for charges: a good one and one that is nested 8,000 deep.
fn vendor() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let served = Arc::new(AtomicUsize::new(0));
    let count = served.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let count = count.clone();
            std::thread::spawn(move || answer(stream, &count));
        }
    });
    (port, served)
}

fn answer(mut stream: TcpStream, served: &AtomicUsize) -> Option<()> {
    let mut head = BufReader::new(stream.try_clone().ok()?).lines();
    let asked = head.next()?.ok()?;
    while !head.next()?.ok()?.is_empty() {}
    let data = match asked.contains("/v1/charges") {
        true => {
            served.fetch_add(1, Ordering::SeqCst);
            let deep = format!("{}1{}", "{\"a\":".repeat(8_000), "}".repeat(8_000));
            format!("{},{}", charge("ch_good", "1"), charge("ch_deep", &deep))
        }
        false => String::new(),
    };
    let body = format!("{{\"object\":\"list\",\"has_more\":false,\"data\":[{data}]}}");
    let length = body.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
    write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{body}").ok()
}

fn charge(id: &str, unused: &str) -> String {
    let created = Clock::System.now().timestamp() - 40_000;
    format!(
        r#"{{"id":"{id}","object":"charge","created":{created},"amount":1000,"amount_captured":1000,"currency":"eur","status":"succeeded","captured":true,"disputed":false,"metadata":{{}},"unused":{unused}}}"#
    )
}

/// duckdb/duckdb#24454, Tarsnap/kivaloo#380: a walk over a deep value ended the process, at each start anew.
#[test]
fn a_daemon_outlives_records_that_are_nested_without_end_and_loads_the_good_ones() {
    let (port, served) = vendor();
    let small = Small::new();
    let workspace = small.path().join("config/workspaces/one.toml");
    let text = std::fs::read_to_string(&workspace).expect("read");
    std::fs::write(&workspace, text.replace("127.0.0.1:9", &format!("127.0.0.1:{port}"))).expect("written");
    std::fs::write(small.path().join("jobs/sync_hourly.toml"), "kind = \"sync\"\ncron = \"* * * * *\"\n")
        .expect("written");
    for _ in 0..2 {
        let before = served.load(Ordering::SeqCst);
        let mut daemon = small.daemon("");
        let runs = || said(&daybook(small.path(), &["runs", "--loads"]));
        daemon.until("charges are asked for", || served.load(Ordering::SeqCst) > before);
        daemon.until("the answer is loaded", || runs().contains("charges"));
        let status = said(&daybook(small.path(), &["status"]));
        assert!(status.contains("the daemon runs: last beat"), "{status}");
    }
    // What was nested too deep is left out of its record, and nothing else.
    let loads = said(&daybook(small.path(), &["runs", "--loads"]));
    let is_whole = |line: &str| line.contains("one charges") && line.contains(" 2    2 ");
    assert!(loads.lines().any(is_whole), "{loads}");
}
