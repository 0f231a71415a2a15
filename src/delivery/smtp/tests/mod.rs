//! Conversations with a mail server that plays a part.

pub(super) mod server;
mod sessions;

use super::*;
use crate::delivery::Disposition;
use crate::support::secret::Secret;
use server::{Rules, Server};
use std::path::PathBuf;
use tokio::net::TcpListener;

const MAIL: &[u8] = b"Subject: x\r\n\r\n.hello\r\n";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
}

pub(super) fn client(port: u16, security: SmtpSecurity, login: bool) -> Smtp {
    Smtp {
        host: "localhost".to_owned(),
        port,
        security,
        login: login.then(|| Login { username: "reports".to_owned(), proof: Proof::Password(Secret::new("hunter2")) }),
        hello: None,
        from: "Daybook <reports@example.com>".to_owned(),
        tls: Tls::new(Some(&fixture("ca.pem"))).expect("an authority"),
        bound: Some(Duration::from_secs(5)),
        per_session: 20,
        senders: 1,
        pool: Pool::new(1),
    }
}

impl Smtp {
    pub(super) async fn to(&self, reader: &str) -> Result<Accepted, DeliveryError> {
        let to = format!("{reader}@example.com");
        self.send("Daybook <reports@example.com>", &to, MAIL, &CancellationToken::new()).await.result
    }
}

async fn sent(rules: Rules) -> (Result<Accepted, DeliveryError>, Vec<String>) {
    let server = Server::start(rules).await;
    let result = client(server.port, SmtpSecurity::Plain, true).to("ceo").await;
    (result, server.heard())
}

#[tokio::test]
async fn an_accepted_mail_gives_the_servers_answer() {
    let (result, heard) = sent(&[]).await;
    assert_eq!(result.expect("accepted").response, "250 2.0.0 OK 1721900000 abc");
    let expected = [
        "EHLO example.com",
        "AUTH PLAIN",
        "MAIL FROM:<reports@example.com> SIZE=22",
        "RCPT TO:<ceo@example.com>",
        "DATA",
        ".",
    ];
    assert!(heard.iter().skip(1).zip(expected).all(|(line, begin)| line.starts_with(begin)), "{heard:?}");
}

#[tokio::test]
async fn the_answers_of_the_server_decide_what_happens_next() {
    let retry = Disposition::Retry { after: None };
    let cases: &[(Rules, Disposition, &str)] = &[
        (&[("RCPT", "451 4.7.1 Greylisting in action")], retry, "451"),
        (&[("RCPT", "550-5.1.1 gone|550 5.1.1 NoSuchUser")], Disposition::GiveUp, "NoSuchUser"),
        (&[(".", "452 4.2.2 full")], retry, "452"),
        (&[(".", "552 5.3.4 too large")], Disposition::GiveUp, "552"),
        (&[(".", "")], Disposition::AskOperator, "not known"),
        (&[(".", "what?")], Disposition::AskOperator, "no mail server's"),
        (&[(".", "250-2.0.0 queued|550 5.7.1 no")], Disposition::AskOperator, "no clear answer"),
        (&[("CONNECT", "220-fake|521 5.7.1 blocked using blacklist.org")], Disposition::TellOperator, "blacklist.org"),
        (&[("RCPT", "")], retry, "broke"),
        (&[("RCPT", "250-more")], retry, "in time"),
        (&[("AUTH", "535 5.7.8 not accepted")], Disposition::TellOperator, "535"),
        (&[("AUTH", "454 4.7.0 later")], retry, "454"),
        (&[("AUTH", "535 I do not take AHJlcG9ydHMAaHVudGVyMg== (hunter2)")], Disposition::TellOperator, "***"),
        (&[("EHLO", "250-fake|250 8BITMIME")], Disposition::TellOperator, "no login"),
        (
            &[("CONNECT", "421 4.3.2 busy, try again in 30 seconds")],
            Disposition::Retry { after: Some(Duration::from_secs(30)) },
            "421",
        ),
        (&[("CONNECT", "HTTP/1.1 400 Bad Request")], Disposition::TellOperator, "check host and port"),
        (
            &[("MAIL", "550 5.7.60 Client does not have permissions to send as this sender")],
            Disposition::TellOperator,
            "send as",
        ),
        // A mail that follows a 250 to DATA would be read as commands.
        (&[("DATA", "250 ok")], retry, "not what belongs there"),
        // Answered twice: the second answer is the one that DATA gets.
        (&[("RCPT", "250 2.1.5 Ok|250 2.1.5 Ok")], retry, "not what belongs there"),
        (&[("BODY", "552 5.3.4 that is enough")], Disposition::GiveUp, "552"),
        (&[("BODY", "421 4.4.2 no more time")], retry, "421"),
    ];
    for (rules, disposition, words) in cases {
        let (result, heard) = sent(rules).await;
        let error = result.expect_err("not accepted");
        assert_eq!(error.disposition(), *disposition, "{error}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(words) && !text.contains('\n'), "{words}: {text}");
        assert!(!text.contains("hunter2") && !text.contains("aHVudGVyMg"), "{text}");
        let is_handed = matches!(error, DeliveryError::Unknown { .. }) || rules[0].0 == ".";
        assert_eq!(heard.iter().any(|line| line == "."), is_handed, "{heard:?}");
    }
}

/// D02: the machine's own name is refused by many servers.
#[tokio::test]
async fn ehlo_names_the_senders_domain_and_a_refusal_says_what_to_set() {
    for (rules, with_setting) in [
        (&[("EHLO", "504 5.5.2 <example.com>: Helo command rejected: need fully-qualified hostname")] as Rules, false),
        (&[("EHLO", "421 4.7.0 Try again later, closing connection. (EHLO) - gsmtp")], false),
        (&[("RCPT", "504 5.5.2 <example.com>: Helo command rejected: Host not found")], true),
    ] {
        let server = Server::start(rules).await;
        let mut smtp = client(server.port, SmtpSecurity::Plain, false);
        smtp.hello = with_setting.then(|| "[192.0.2.1]".to_owned());
        let error = smtp.to("ceo").await.expect_err("refused");
        assert_eq!(error.disposition(), Disposition::TellOperator, "{error}");
        assert!(error.to_string().contains("set hello in [delivery.mail]"), "{error}");
        let name = if with_setting { "EHLO [192.0.2.1]" } else { "EHLO example.com" };
        assert_eq!(server.heard()[1], name);
    }
}

#[tokio::test]
async fn a_server_that_knows_only_helo_is_greeted_so() {
    let server = Server::start(&[("EHLO", "502 5.5.2 what?"), ("HELO", "250 fake")]).await;
    client(server.port, SmtpSecurity::Plain, false).to("ceo").await.expect("accepted");
    assert!(server.heard().contains(&"MAIL FROM:<reports@example.com>".to_owned()), "no SIZE: {:?}", server.heard());
}

#[tokio::test]
async fn nothing_is_sent_where_starttls_is_missing() {
    let server = Server::start(&[]).await;
    let error = client(server.port, SmtpSecurity::StartTls, true).to("ceo").await.expect_err("refused");
    assert_eq!(error.disposition(), Disposition::TellOperator);
    assert_eq!(server.count("AUTH") + server.count("MAIL"), 0, "{:?}", server.heard());
}

#[tokio::test]
async fn under_tls_the_server_is_asked_anew_and_what_it_answered_in_clear_counts_for_nothing() {
    // In clear it offers a login and no size; under TLS a size and another login.
    let server = Server::start(&[
        ("EHLO", "250-fake|250-STARTTLS|250 AUTH PLAIN"),
        ("EHLO", "250-fake|250-SIZE 1000000|250 AUTH LOGIN"),
        ("STARTTLS", "220 TLS go ahead"),
        ("AUTH LOGIN", "334 VXNlcm5hbWU6"),
        ("cmVwb3J0cw==", "334 UGFzc3dvcmQ6"),
        ("aHVudGVyMg==", "235 2.7.0 ok"),
    ])
    .await;
    client(server.port, SmtpSecurity::StartTls, true).to("ceo").await.expect("accepted");
    let heard = server.heard();
    let clear: Vec<_> = heard.iter().take_while(|line| *line != "(under TLS)").collect();
    assert_eq!(clear, ["CONNECT", "EHLO example.com", "STARTTLS"]);
    assert!(
        heard.contains(&"AUTH LOGIN".to_owned())
            && heard.contains(&"MAIL FROM:<reports@example.com> SIZE=22".to_owned()),
        "{heard:?}"
    );
}

/// A banner of several lines (dbzhang800/QtMail#1), and a reader whose mail goes on to elsewhere
/// (cutelyst/simple-mail#28).
#[tokio::test]
async fn long_banners_and_forwarded_readers_are_no_trouble() {
    let (result, _) = sent(&[
        ("CONNECT", "220-myisp.org ESMTP Exim 4.82|220-We do not authorize|220 bulk e-mail."),
        ("RCPT", "251 will forward"),
    ])
    .await;
    result.expect("accepted");
}

/// yc-software/qm#808, basecamp/once#12: PLAIN is offered and refused, LOGIN works with the same words.
#[tokio::test]
async fn a_login_that_is_refused_one_way_is_tried_the_other() {
    for refusal in ["502 Invalid input", "535 Login fail", "504 Unknown mechanism <PLAIN>"] {
        let server = Server::start(&[
            ("AUTH LOGIN", "334 VXNlcm5hbWU6"),
            ("cmVwb3J0cw==", "334 UGFzc3dvcmQ6"),
            ("aHVudGVyMg==", "235 ok"),
        ])
        .await;
        server.rule("AUTH PLAIN", refusal);
        client(server.port, SmtpSecurity::Plain, true).to("ceo").await.expect(refusal);
        assert_eq!(server.count("CONNECT"), 1);
    }
}

/// bitwarden/server#1512, dart-mailer/mailer#33: a domain beyond ASCII; anonaddy/anonaddy#600: a name.
#[tokio::test]
async fn domains_beyond_ascii_go_out_in_ascii_and_names_only_where_they_are_taken() {
    let server = Server::start(&[]).await;
    let smtp = client(server.port, SmtpSecurity::Plain, false);
    let from = "Daybook <reports@bücher.example>";
    smtp.send(from, "Jo <jo@bücher.example>", MAIL, &CancellationToken::new()).await.result.expect("accepted");
    assert!(server.heard().contains(&"RCPT TO:<jo@xn--bcher-kva.example>".to_owned()), "{:?}", server.heard());
    let error =
        smtp.send(from, "jörg@bücher.example", MAIL, &CancellationToken::new()).await.result.expect_err("refused");
    assert!(
        matches!(&error, DeliveryError::Permanent { reason } if reason.contains("addresses beyond ASCII")),
        "{error}"
    );
    smtp.send(from, "jo@bücher.example", MAIL, &CancellationToken::new()).await.result.expect("the others go");
    assert_eq!(server.count("CONNECT"), 1);
}

/// CVE-2011-0411: answers that somebody in between adds in clear must not be read as if under TLS.
/// dinhvh/libetpan#386: whole answers; nodemailer/nodemailer#1835: the beginning of one.
#[tokio::test]
async fn more_than_the_consent_to_starttls_is_refused() {
    for said in ["220 go ahead|250-mx.evil|250 AUTH PLAIN LOGIN", "220 go ahead|250-AUTH PLAIN~"] {
        let server = Server::start(&[("EHLO", "250-fake|250 STARTTLS")]).await;
        server.rule("STARTTLS", said);
        let error = client(server.port, SmtpSecurity::StartTls, true).to("ceo").await.expect_err("refused");
        assert_eq!(error.disposition(), Disposition::TellOperator);
        assert!(error.to_string().contains("somebody in between"), "{error}");
        assert_eq!(server.heard(), ["CONNECT", "EHLO example.com", "STARTTLS"]);
    }
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_hands_nothing_over() {
    let server = Server::start(&[("EHLO", "250-fake|250 STARTTLS"), ("STARTTLS", "220 TLS go ahead")]).await;
    let mut smtp = client(server.port, SmtpSecurity::StartTls, true);
    smtp.tls = Tls::new(None).expect("the system's");
    let error = smtp.to("ceo").await.expect_err("refused");
    assert!(matches!(&error, DeliveryError::Misconfigured { reason } if reason.contains("certificate")), "{error}");
    assert_eq!(server.count("AUTH"), 0);
}

#[tokio::test]
async fn a_server_that_is_away_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let error = client(port, SmtpSecurity::Plain, false).to("ceo").await.expect_err("away");
    assert_eq!(error.disposition(), Disposition::Retry { after: None });
}

#[test]
fn a_client_does_not_print_its_password() {
    assert!(!format!("{:?}", client(25, SmtpSecurity::Plain, true)).contains("hunter2"));
}

#[tokio::test]
async fn a_server_is_tried_up_to_its_login_and_no_mail_is_named() {
    let server = Server::start(&[]).await;
    let tried = client(server.port, SmtpSecurity::Plain, true).try_out().await;
    let ProbeResult::Well(says) = &tried else { panic!("{tried:?}") };
    assert!(says.contains("logged in; takes mails up to 35.9 MB; NOOP: 250"), "{says}");
    assert_eq!((server.count("AUTH"), server.count("NOOP"), server.count("MAIL")), (1, 1, 0));
}

#[tokio::test]
async fn a_refused_login_is_distinguished_from_a_server_that_is_away() {
    let server = Server::start(&[("AUTH", "535 5.7.8 no")]).await;
    let tried = client(server.port, SmtpSecurity::Plain, true).try_out().await;
    assert!(matches!(&tried, ProbeResult::LoginRefused(says) if says.contains("535 5.7.8 no")), "{tried:?}");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let tried = client(port, SmtpSecurity::Plain, true).try_out().await;
    let ProbeResult::Failed(error) = &tried else { panic!("{tried:?}") };
    assert!(error.to_string().to_lowercase().contains("refused"), "{error}");
}
