//! The kit over real sockets: what slow, greedy and hostile clients meet, and what the log says of them.

use super::connections::Room;
use super::*;
use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::routing::{get, post};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

const SHORT: Duration = Duration::from_millis(200);

/// Long bounds save those that a test is about.
fn limits() -> Limits {
    let long = Duration::from_secs(20);
    Limits { head: long, body: long, whole: long, drain: long, ..Limits::default() }
}

fn router() -> Router {
    Router::new()
        .route("/", get(async || "hello\n"))
        .route("/length", post(async |body: Bytes| format!("{}\n", body.len())))
        .route("/things/{name}", get(async |Path(name): Path<String>| format!("{} letters\n", name.chars().count())))
        .route("/slow", get(async || sleep(SHORT * 2).await))
}

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

async fn serve(limits: Limits, room: Option<Room>) -> Served {
    let local = "127.0.0.1:0".parse().expect("an address");
    let server = Server::bind("test", local, router(), limits).await.expect("bound");
    let server = match room {
        Some(room) => server.with_room(room),
        None => server,
    };
    let (address, stop) = (server.address().expect("an address"), CancellationToken::new());
    Served { address, running: tokio::spawn(server.run(stop.clone())), stop }
}

impl Served {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connected")
    }

    /// What comes back for some bytes until the other side closes.
    async fn ask(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request).await.expect("sent");
        rest(&mut stream).await
    }
}

/// Everything until the other side closes, or breaks off.
async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    match timeout(Duration::from_secs(15), stream.read_to_end(&mut all)).await.expect("closed in time") {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{error}"),
    }
    String::from_utf8_lossy(&all).into_owned()
}

#[tokio::test]
async fn who_sends_the_head_letter_by_letter_is_cut_off() {
    let served = serve(Limits { head: SHORT, ..limits() }, None).await;
    let (mut stream, begun) = (served.connect().await, Instant::now());
    for letter in b"GET / HTTP/1.1\r\nhost: localhost\r\nx-more: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa".chunks(1) {
        if stream.write_all(letter).await.is_err() {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    let answer = rest(&mut stream).await;
    assert!(!answer.contains("hello"), "{answer}");
    assert!((SHORT..SHORT * 20).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    assert!(served.ask(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.ends_with("hello\n"), "others are served");
}

#[tokio::test]
async fn who_sends_the_body_too_slowly_is_told_so_and_cut_off() {
    let served = serve(Limits { body: SHORT, ..limits() }, None).await;
    let (mut stream, begun) = (served.connect().await, Instant::now());
    stream.write_all(b"POST /length HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n123").await.expect("sent");
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(begun.elapsed() >= SHORT);
    let whole = b"POST /length HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n123456789";
    assert!(served.ask(whole).await.ends_with("\r\n\r\n9\n"));
}

#[tokio::test]
async fn a_body_over_its_limit_is_refused_whether_it_says_its_length_or_not() {
    let served = serve(Limits { body_bytes: 10, ..limits() }, None).await;
    let declared = served.ask(b"POST /length HTTP/1.1\r\nhost: localhost\r\ncontent-length: 11\r\n\r\n").await;
    assert!(declared.starts_with("HTTP/1.1 413 ") && declared.contains("a body may have 10 bytes"), "{declared}");
    let head = "POST /length HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunked = served.ask(format!("{head}6\r\n123456\r\n6\r\n123456\r\n0\r\n\r\n").as_bytes()).await;
    assert!(chunked.starts_with("HTTP/1.1 413 "), "{chunked}");
    let fits = served.ask(format!("{head}6\r\n123456\r\n4\r\n1234\r\n0\r\n\r\n").as_bytes()).await;
    assert!(fits.ends_with("10\n\r\n0\r\n\r\n") || fits.ends_with("10\n"), "{fits}");
}

/// Two seats: two who say nothing hold them; a third is served once one of them has had its time, and so on for each.
#[tokio::test]
async fn the_limit_of_connections_holds_and_recovers() {
    let room = Room::new(2, SHORT);
    let served = serve(limits(), Some(room)).await;
    let (mut one, mut two) = (served.connect().await, served.connect().await);
    sleep(SHORT / 4).await;
    let begun = Instant::now();
    let request = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    assert!(served.ask(request).await.ends_with("hello\n"));
    assert!(begun.elapsed() >= SHORT / 2, "a third came in at once: {:?}", begun.elapsed());
    assert_eq!(rest(&mut one).await, "", "the longest silent one made way");
    two.write_all(request).await.expect("sent");
    assert!(rest(&mut two).await.ends_with("hello\n"), "the other is still served");
    for _ in 0..5 {
        assert!(timeout(SHORT, served.ask(request)).await.expect("at once").ends_with("hello\n"));
    }
}

#[tokio::test]
async fn hostile_requests_get_clear_answers_and_others_are_served_after_them() {
    let served = serve(limits(), None).await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes();
    let long = "a".repeat(70_000);
    let header = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx-long: {long}\r\n\r\n").into_bytes();
    let many = (0..300).map(|n| format!("x-{n}: 1\r\n")).collect::<String>();
    let many = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{many}\r\n").into_bytes();
    for (request, status) in [
        (get("/../../etc/passwd"), "404"),
        (get("/things/..%2f..%2fetc%2fpasswd"), "200"),
        (get("/things/%ff%fe"), "400"),
        (get("/things/a\x1b[2J"), "400"),
        (get("//%00"), "404"),
        (get("/nowhere?token=s3cret"), "404"),
        (b"DELETE / HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(), "405"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), "400"),
        (b"GET / HTTP/9.9\r\n\r\n".to_vec(), "400"),
        (header, "431"),
        (many, "431"),
        (get(&format!("/{long}")), "4"),
    ] {
        let answer = served.ask(&request).await;
        let start = String::from_utf8_lossy(&request[..request.len().min(40)]).into_owned();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{start:?}: {answer:?}");
        assert!(!answer.contains("root:"), "{start:?}");
    }
    assert!(served.ask(&get("/")).await.ends_with("hello\n"));
}

#[tokio::test]
async fn each_answer_names_its_request_and_no_client_chooses_the_name() {
    let served = serve(limits(), None).await;
    let mut ids = std::collections::BTreeSet::new();
    for path in ["/", "/", "/nowhere"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nx-request-id: req_mine\r\n\r\n");
        let answer = served.ask(request.as_bytes()).await;
        let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).expect("an id").to_owned();
        assert!(id.starts_with("req_") && id.len() == 20, "{id}");
        ids.insert(id);
    }
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn a_stop_lets_an_answer_end_and_takes_nobody_new() {
    let served = serve(limits(), None).await;
    let mut under_way = served.connect().await;
    under_way.write_all(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("sent");
    let mut silent = served.connect().await;
    sleep(SHORT / 2).await;
    served.stop.cancel();
    assert!(rest(&mut under_way).await.starts_with("HTTP/1.1 200 "), "what was asked before is answered");
    assert_eq!(rest(&mut silent).await, "");
    timeout(Duration::from_secs(5), served.running).await.expect("in time").expect("ended");
    assert!(TcpStream::connect(served.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn an_answer_that_never_ends_does_not_keep_a_stop_waiting() {
    let served = serve(Limits { drain: SHORT / 2, ..limits() }, None).await;
    let mut under_way = served.connect().await;
    under_way.write_all(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("sent");
    sleep(SHORT / 2).await;
    served.stop.cancel();
    timeout(SHORT, served.running).await.expect("in time").expect("ended");
    assert_eq!(rest(&mut under_way).await, "");
}

/// What the log holds.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the lines").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_every_request_and_nothing_that_a_client_wrote() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _here = tracing::subscriber::set_default(subscriber);
    let served = serve(limits(), None).await;
    let answer = served
        .ask(
            b"POST /length?key=s3cret HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer s3cret\r\n\
              cookie: session=s3cret\r\nx-api-key: s3cret\r\ncontent-length: 6\r\n\r\ns3cret",
        )
        .await;
    assert!(answer.ends_with("6\n"), "{answer}");
    for request in [
        "GET /things/s3cret?s3cret HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET /s3cret HTTP/1.1\r\nhost: s3cret\r\n\r\n",
        "S3CRET / HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\ns3cret s3cret\r\n\r\n",
    ] {
        served.ask(request.as_bytes()).await;
    }
    let log = String::from_utf8(lines.0.lock().expect("the lines").clone()).expect("text");
    assert!(!log.to_lowercase().contains("s3cret"), "{log}");
    let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).expect("an id");
    let line = log.lines().find(|line| line.contains(id)).expect("a line of the request");
    for part in [
        "INFO",
        "http.listener=\"test\"",
        "http.method=\"POST\"",
        "http.route=\"/length\"",
        "http.status=200",
        "duration_ms=",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    for part in ["http.route=\"/things/{name}\"", "http.route=\"none\"", "http.method=\"other\"", "it was no request"] {
        assert!(log.contains(part), "{part}: {log}");
    }
}
