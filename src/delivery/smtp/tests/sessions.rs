//! Several mails on a connection, and a request to stop between them.

use super::*;

#[tokio::test]
async fn mails_share_a_connection_and_its_login_up_to_the_limit() {
    let server = Server::start(&[]).await;
    let smtp = Smtp { per_session: 3, ..client(server.port, SmtpSecurity::Plain, true) };
    for reader in ["a", "b", "c", "d", "e"] {
        smtp.to(reader).await.expect("accepted");
    }
    smtp.rest().await;
    assert_eq!(
        (server.count("CONNECT"), server.count("AUTH"), server.count("QUIT")),
        (2, 2, 2),
        "{:?}",
        server.heard()
    );
    assert_eq!((server.count("RCPT"), server.count("RSET")), (5, 0));
}

#[tokio::test]
async fn a_refused_mail_is_followed_by_a_clean_slate_on_the_same_connection() {
    let server = Server::start(&[("RCPT TO:<b@", "550 5.1.1 gone"), ("RCPT TO:<c@", "451 4.7.1 grey")]).await;
    let smtp = client(server.port, SmtpSecurity::Plain, true);
    let mut states = Vec::new();
    for reader in ["a", "b", "c", "d"] {
        states.push(smtp.to(reader).await.is_ok());
    }
    assert_eq!(states, [true, false, false, true]);
    assert_eq!((server.count("CONNECT"), server.count("RSET")), (1, 2));
}

/// D07, and servers that allow one mail a connection: the next mail is not to blame.
#[tokio::test]
async fn a_connection_that_ends_after_a_mail_costs_the_next_one_nothing() {
    let cases: &[Rules] = &[
        &[("MAIL", "250 ok"), ("MAIL", "421 4.7.0 too many messages in this connection"), ("MAIL", "250 ok")],
        &[("MAIL", "250 ok"), ("MAIL", ""), ("MAIL", "250 ok")],
        &[("MAIL", "250 ok"), ("MAIL", "452 4.5.3 too many mails, open another connection"), ("MAIL", "250 ok")],
        // knadh/smtppool#18: a limit of the provider's, known from nothing but this.
        &[
            ("MAIL", "250 ok"),
            ("MAIL", "421 Connection closed by server. Maximum message count per session reached."),
            ("MAIL", "250 ok"),
        ],
        &[("RCPT", "250 ok"), ("RCPT", "421 4.7.0 no more"), ("RCPT", "250 ok")],
        // The farewell comes with the answer to the mail, or a little later.
        &[(".", "250 2.0.0 queued|421 4.4.2 idle, closing"), (".", "250 2.0.0 queued")],
    ];
    for rules in cases {
        let server = Server::start(rules).await;
        let smtp = client(server.port, SmtpSecurity::Plain, true);
        smtp.to("a").await.expect("accepted");
        let second = smtp.send("reports@example.com", "b@example.com", MAIL, &CancellationToken::new()).await;
        second.result.unwrap_or_else(|error| panic!("{rules:?}: {error}"));
        let steps: Vec<&str> = second.replies.iter().map(|reply| reply.step).collect();
        assert_eq!(steps, ["MAIL FROM", "RCPT TO", "DATA", "the mail"], "only what led to the end is told");
        assert_eq!((server.count("CONNECT"), server.count(".")), (2, 2), "{:?}", server.heard());
    }
}

#[tokio::test]
async fn a_421_on_a_new_connection_holds_the_other_mails_back() {
    let server = Server::start(&[("MAIL", "421 4.7.0 come back in 5 minutes")]).await;
    let error = client(server.port, SmtpSecurity::Plain, true).to("a").await.expect_err("refused");
    assert!(error.concerns_all(), "{error}");
    assert_eq!(error.disposition(), Disposition::Retry { after: Some(Duration::from_secs(300)) });
    assert_eq!(server.count("CONNECT"), 1);
}

/// D06: a filter that looks into a mail before it is taken; the bound is the user's, without it 10 minutes.
#[tokio::test]
async fn a_mail_that_is_answered_late_is_waited_for_and_never_sent_twice() {
    let server = Server::start(&[(".", "hold")]).await;
    let smtp = Smtp { bound: Some(Duration::from_millis(300)), ..client(server.port, SmtpSecurity::Plain, true) };
    let error = smtp.to("a").await.expect_err("silent");
    assert_eq!(error.disposition(), Disposition::AskOperator);
    assert_eq!(server.count("."), 1);
    assert_eq!(Waits::within(None).end, Duration::from_secs(600));
}

#[tokio::test]
async fn a_request_to_stop_ends_what_is_not_yet_whole_and_waits_for_what_is() {
    let (stop, server) = (CancellationToken::new(), Server::start(&[("MAIL", "hold")]).await);
    let smtp = client(server.port, SmtpSecurity::Plain, true);
    let (wish, watched) = (stop.clone(), server.clone());
    let asker = tokio::spawn(async move {
        while watched.count("MAIL") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        wish.cancel();
    });
    let begun = tokio::time::Instant::now();
    let error = smtp.send("a@example.com", "b@example.com", MAIL, &stop).await.result.expect_err("stopped");
    assert!(matches!(&error, DeliveryError::Temporary { reason, .. } if reason.contains("stopped")), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(4));
    asker.await.expect("asked");

    // The stop is there already, and the whole mail is on its way: its answer is still received.
    let server = Server::start(&[(".", "hold")]).await;
    let smtp = Smtp { bound: Some(Duration::from_millis(300)), ..client(server.port, SmtpSecurity::Plain, true) };
    let (stop, watched) = (CancellationToken::new(), server.clone());
    let wish = stop.clone();
    tokio::spawn(async move {
        while watched.count(".") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        wish.cancel();
    });
    let error = smtp.send("a@example.com", "b@example.com", MAIL, &stop).await.result.expect_err("silent");
    assert_eq!(error.disposition(), Disposition::AskOperator, "{error}");
}

#[tokio::test]
async fn a_refused_relay_is_one_readers_where_others_are_taken_and_everybodys_where_none_is() {
    let server = Server::start(&[("RCPT TO:<away@", "554 5.7.1 <away>: Relay access denied")]).await;
    let smtp = client(server.port, SmtpSecurity::Plain, true);
    let first = smtp.to("away").await.expect_err("refused");
    assert!(!first.concerns_all() && first.disposition() == Disposition::TellOperator, "{first}");
    smtp.to("a").await.expect("accepted");
    assert_eq!(smtp.to("away").await.expect_err("refused").disposition(), Disposition::GiveUp);
    let server = Server::start(&[("RCPT", "554 5.7.1 Relay access denied")]).await;
    let smtp = client(server.port, SmtpSecurity::Plain, false);
    let mut concerns = Vec::new();
    for reader in ["a", "b", "c"] {
        concerns.push(smtp.to(reader).await.expect_err("refused").concerns_all());
    }
    assert_eq!(concerns, [false, false, true], "the lane waits for the operator");
}

#[tokio::test]
async fn a_mail_over_the_limit_is_not_even_named() {
    let server = Server::start(&[("EHLO", "250-fake|250 SIZE 10")]).await;
    let error = client(server.port, SmtpSecurity::Plain, false).to("a").await.expect_err("too large");
    assert_eq!(
        error,
        DeliveryError::TooLarge {
            reason: "the mail has 22 bytes, and localhost takes 10".to_owned(),
            most_bytes: Some(10)
        }
    );
    assert_eq!(server.count("MAIL"), 0);
}

/// A server that answers within the mail and closes: what it answered counts, and a yes to half a mail is none.
#[tokio::test]
async fn what_is_answered_before_the_end_of_a_mail_is_received_and_is_no_consent() {
    let large = [b"Subject: x\r\n\r\n".as_slice(), &b"0123456789abcdef\r\n".repeat(1_500_000)].concat();
    for (rules, disposition, words) in [
        (&[("EHLO", "250 fake"), ("BODY", "552 5.3.4 that is enough")] as Rules, Disposition::GiveUp, "552"),
        (&[("EHLO", "250 fake"), ("BODY", "250 2.0.0 taken")], Disposition::Retry { after: None }, "within the mail"),
    ] {
        let server = Server::start(rules).await;
        let smtp = client(server.port, SmtpSecurity::Plain, false);
        let handed = smtp.send("a@example.com", "b@example.com", &large, &CancellationToken::new()).await;
        let error = handed.result.expect_err("refused");
        assert!(error.disposition() == disposition && error.to_string().contains(words), "{error}");
        assert_eq!(server.count("."), 0);
    }
}

/// chatmail/filtermail#143: the farewell of an idle connection is read as the answer to RSET.
#[tokio::test]
async fn a_farewell_before_the_clean_slate_opens_a_new_connection() {
    let server = Server::start(&[
        ("RCPT TO:<a@", "550 5.1.1 gone"),
        ("RSET", "421 gmx.net Service closing transmission channel - command timeout"),
    ])
    .await;
    let smtp = client(server.port, SmtpSecurity::Plain, true);
    smtp.to("a").await.expect_err("gone");
    smtp.to("b").await.expect("accepted");
    assert_eq!((server.count("CONNECT"), server.count(".")), (2, 1));
}
