//! Conversations with a mail server that plays a part.

use super::super::Disposition;
use super::*;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the server answers at each step; an empty answer breaks the connection.
#[derive(Clone, Copy)]
struct Script {
    features: &'static str,
    auth: &'static str,
    rcpt: &'static str,
    after_dot: &'static str,
}

const FRIENDLY: Script = Script {
    features: "250-SIZE 35882577\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
    auth: "235 2.7.0 Accepted",
    rcpt: "250 2.1.5 OK",
    after_dot: "250 2.0.0 OK 1721900000 abc",
};

/// Plays `script` once and gives back what the client said.
async fn server(script: Script) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let play = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut heard = String::new();
        let mut answer = "220 fake ESMTP".to_owned();
        let mut in_data = false;
        loop {
            if answer.is_empty() || write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                break;
            }
            let line = loop {
                let Ok(Some(line)) = lines.next_line().await else { return heard };
                heard.push_str(&line);
                heard.push('\n');
                if !in_data || line == "." {
                    break line;
                }
            };
            let hello = format!("250-fake\r\n{}", script.features);
            let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            answer = match word.as_str() {
                _ if in_data => {
                    in_data = false;
                    script.after_dot
                }
                "EHLO" => &hello,
                "AUTH" => script.auth,
                "RCPT" => script.rcpt,
                "DATA" => {
                    in_data = true;
                    "354 go ahead"
                }
                "QUIT" => "221 bye",
                _ => "250 OK",
            }
            .to_owned();
        }
        heard
    });
    (port, play)
}

fn client(port: u16, security: SmtpSecurity, login: bool) -> Smtp {
    Smtp {
        host: "127.0.0.1".to_owned(),
        port,
        security,
        login: login.then(|| ("reports".to_owned(), Secret::new("hunter2"))),
        authorities: None,
        timeout: Duration::from_secs(5),
    }
}

async fn sent(script: Script) -> (Result<Accepted, DeliveryError>, String) {
    let (port, play) = server(script).await;
    let handed = client(port, SmtpSecurity::Plain, true)
        .send("Daybook <reports@example.com>", "Jörg <ceo@example.com>", b"Subject: x\r\n\r\n.hello\r\n")
        .await;
    (handed.result, play.await.expect("the server"))
}

#[tokio::test]
async fn an_accepted_mail_gives_the_servers_answer() {
    let (result, heard) = sent(FRIENDLY).await;
    assert_eq!(result.expect("accepted").response, "250 2.0.0 OK 1721900000 abc");
    assert!(heard.contains("MAIL FROM:<reports@example.com>\nRCPT TO:<ceo@example.com>\nDATA\n"), "{heard}");
    assert!(heard.contains("\n..hello\n"), "leading dots are doubled: {heard}");
}

#[tokio::test]
async fn the_answers_of_the_server_decide_what_happens_next() {
    let retry = Disposition::Retry { after: None };
    for (script, disposition, words) in [
        (Script { rcpt: "451 4.7.1 Greylisting in action", ..FRIENDLY }, retry, "451"),
        (Script { rcpt: "550-5.1.1 gone\r\n550 5.1.1 NoSuchUser", ..FRIENDLY }, Disposition::GiveUp, "NoSuchUser"),
        (Script { after_dot: "452 4.2.2 full", ..FRIENDLY }, retry, "452"),
        (Script { after_dot: "552 5.3.4 too large", ..FRIENDLY }, Disposition::GiveUp, "552"),
        (Script { after_dot: "", ..FRIENDLY }, Disposition::AskOperator, "not known"),
        (Script { rcpt: "", ..FRIENDLY }, retry, "broke at RCPT TO"),
        (Script { auth: "535 5.7.8 not accepted", ..FRIENDLY }, Disposition::TellOperator, "535"),
        (Script { auth: "454 4.7.0 later", ..FRIENDLY }, retry, "454"),
        (Script { features: "250 8BITMIME", ..FRIENDLY }, Disposition::TellOperator, "no login"),
    ] {
        let error = sent(script).await.0.expect_err("not accepted");
        assert_eq!(error.disposition(), disposition, "{error}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(words) && !text.contains('\n'), "{text}");
        assert!(!text.contains("hunter2") && !text.contains("aHVudGVyMg"), "{text}");
    }
}

#[tokio::test]
async fn nothing_is_sent_where_starttls_is_missing() {
    let (port, play) = server(FRIENDLY).await;
    let error = client(port, SmtpSecurity::StartTls, true).send("a@example.com", "b@example.com", b"x").await.result;
    assert_eq!(error.expect_err("refused").disposition(), Disposition::TellOperator);
    let heard = play.await.expect("the server");
    assert!(!heard.contains("AUTH") && !heard.contains("MAIL"), "{heard}");
}

#[tokio::test]
async fn a_server_that_is_away_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let error = client(port, SmtpSecurity::Plain, false).send("a@example.com", "b@example.com", b"x").await.result;
    assert_eq!(error.expect_err("away").disposition(), Disposition::Retry { after: None });
}

#[test]
fn a_client_does_not_print_its_password() {
    assert!(!format!("{:?}", client(25, SmtpSecurity::Plain, true)).contains("hunter2"));
}

#[tokio::test]
async fn a_server_is_tried_up_to_its_login_and_no_mail_is_named() {
    let (port, play) = server(FRIENDLY).await;
    let tried = client(port, SmtpSecurity::Plain, true).try_out().await;
    let Tried::Well(says) = &tried else { panic!("{tried:?}") };
    assert!(says.contains("logged in; NOOP: 250"), "{says}");
    let heard = play.await.expect("the server");
    assert!(heard.contains("AUTH") && heard.contains("NOOP") && !heard.contains("MAIL"), "{heard}");
}

#[tokio::test]
async fn a_refused_login_is_told_apart_from_a_server_that_is_away() {
    let (port, _play) = server(Script { auth: "535 5.7.8 no", ..FRIENDLY }).await;
    let tried = client(port, SmtpSecurity::Plain, true).try_out().await;
    assert!(matches!(&tried, Tried::LoginRefused(says) if says.contains("535 5.7.8 no")), "{tried:?}");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let tried = client(port, SmtpSecurity::Plain, true).try_out().await;
    let Tried::Failed(error) = &tried else { panic!("{tried:?}") };
    assert!(error.to_string().to_lowercase().contains("refused"), "{error}");
}
