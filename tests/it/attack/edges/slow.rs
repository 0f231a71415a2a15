//! A13, A19, A42: who asks slowly or too often keeps nobody else from an answer, and the socket is found under
//! any path.

use super::{Small, code, free_port};
use crate::maintenance_faults::{daybook, said};
use crate::support::skip;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::{Duration, Instant};

const LONG_ENOUGH: Duration = Duration::from_secs(30);

fn health(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(LONG_ENOUGH)).ok()?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Whether the other side hangs up within the time that nobody needs for a question.
fn is_dropped(stream: &mut impl Read) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn half_open_requests_are_dropped_and_everybody_else_is_answered() {
    let small = Small::new();
    let port = free_port();
    small.append(&format!("[admin]\nlisten = \"127.0.0.1:{port}\""));
    let mut daemon = small.daemon("ulimit -n 256;");
    daemon.until("the page", || health(port).is_some());
    let begin = |_| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("connected");
        stream.write_all(b"GET / HTTP/1.1\r\nX: ").expect("begun");
        stream
    };
    let mut silent: Vec<TcpStream> = (0..300).map(begin).collect();
    let begun = Instant::now();
    assert!(health(port).is_some_and(|answer| answer.contains("alive")), "{}", daemon.log());
    let status = daybook(small.path(), &["status"]);
    assert!(matches!(code(&status), 0 | 3), "{}", said(&status));
    assert!(begun.elapsed() < LONG_ENOUGH, "{:?}", begun.elapsed());
    assert!(!daemon.log().contains("Too many open files"), "{}", daemon.log());
    // A request whose head does not come to an end is dropped even where there is room.
    let mut last = silent.pop().expect("one");
    drop(silent);
    last.set_read_timeout(Some(LONG_ENOUGH)).expect("set");
    assert!(is_dropped(&mut last));
}

#[test]
fn silent_askers_at_the_socket_make_way() {
    let small = Small::new();
    let mut daemon = small.daemon("ulimit -n 256;");
    let socket = small.path().join("daybook.sock");
    daemon.until("the socket", || UnixStream::connect(&socket).is_ok());
    let silent: Vec<_> = (0..200).filter_map(|_| UnixStream::connect(&socket).ok()).collect();
    assert!(silent.len() > 100, "{}", silent.len());
    let status = daybook(small.path(), &["status"]);
    assert!(matches!(code(&status), 0 | 3), "{}", said(&status));
    let mut last = silent.into_iter().next_back().expect("one");
    last.set_read_timeout(Some(LONG_ENOUGH)).expect("set");
    assert!(is_dropped(&mut last), "one that never says what it wants");
}

#[test]
fn a_data_folder_with_a_long_path_has_its_own_socket() {
    let small = Small::new();
    let long = |last: &str| format!("{}/{last}", "d".repeat(120));
    small.set(&format!("data_dir = \"{}\"", long("one")));
    let done = daybook(small.path(), &["status"]);
    assert!(matches!(code(&done), 0 | 3), "without a daemon: {}", said(&done));
    let mut daemon = small.daemon("");
    let socket = small.path().join(long("one")).join("daybook.sock");
    daemon.until("the socket", || socket.exists());
    let told = said(&daybook(small.path(), &["diff"]));
    assert!(!told.contains("no daemon") && !told.contains("SUN_LEN"), "the daemon answers: {told}");
    // The neighbour's folder differs at its end alone.
    let other = Small::new();
    other.set(&format!("data_dir = {:?}", small.path().join(long("two"))));
    let told = said(&daybook(other.path(), &["diff"]));
    assert!(told.contains("no daemon"), "{told}");
}

#[test]
fn another_user_is_shown_whose_daemon_it_is() {
    let small = Small::new();
    small.shut(small.path(), 0o755);
    let own = small.path().join("daybook");
    std::fs::copy(env!("CARGO_BIN_EXE_daybook"), &own).expect("copied");
    let mut daemon = small.daemon("");
    let socket = small.path().join("daybook.sock");
    daemon.until("the socket", || UnixStream::connect(&socket).is_ok());
    let mut asked = Command::new("runuser");
    asked.args(["-u", "nobody", "--"]).arg(&own).arg("-C").arg(small.path()).arg("status");
    let Ok(told) = asked.output() else {
        skip("runuser, which changes the user, is not here");
        return;
    };
    let words = said(&told);
    if words.contains("may not be used by non-root users") {
        skip("only root may change the user");
        return;
    }
    assert_eq!(code(&told), 1, "{words}");
    assert!(words.contains("daybook.sock: permission denied") && words.contains("runuser -u"), "{words}");
}
