//! What becomes of each message, by what the other side says.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn each_recipient_has_an_outcome_of_their_own_with_the_servers_words() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    installation.write("rep_1", &[mail("ok"), mail("grey"), mail("gone")]);
    installation.deliver(&ways).await;
    assert_eq!(installation.states(), ["gone failed", "grey pending", "ok sent"]);
    let of = |name: &str| {
        let id = format!("rep_1/{}", serde_json::to_string(&mail(name)).expect("JSON"));
        installation.warehouse.read_blocking(|reader| attempts(reader, &id)).expect("tries")
    };
    let words = |name: &str| {
        let tries = of(name);
        let replies = tries.iter().flat_map(|one| &one.replies);
        replies.map(|reply| format!("{}: {}", reply.step, reply.text)).collect::<Vec<_>>()
    };
    assert_eq!(
        words("ok"),
        [
            "MAIL FROM: 250 2.1.0 Ok",
            "RCPT TO: 250 2.1.5 Ok",
            "DATA: 354 go ahead",
            "the mail: 250 2.0.0 Ok: queued as FAKE1"
        ]
    );
    assert_eq!(words("gone")[1], "RCPT TO: 550 5.1.1 <gone>: no such user");

    // The greylisting server asked for five minutes, and is not asked earlier.
    installation.later(4);
    assert!(installation.deliver(&ways).await.is_empty());
    installation.later(3);
    installation.deliver(&ways).await;
    assert_eq!(installation.states(), ["gone failed", "grey sent", "ok sent"]);
    assert_eq!(server.taken(), ["ok@example.com", "grey@example.com"], "nobody gets a mail twice");
    assert!(server.mails.lock().expect("mails").iter().all(|(_, mail)| mail.starts_with("Message-ID: <rep_1@")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_refused_for_good_gets_no_more_mail_until_that_is_lifted() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    installation.write("rep_1", &[mail("gone"), mail("old")]);
    installation.deliver(&ways).await;
    let addresses = || {
        let all = installation.warehouse.read_blocking(suppressed).expect("a list");
        all.into_iter().map(|one| one.address).collect::<Vec<_>>()
    };
    assert_eq!(addresses(), ["gone@example.com"], "a bare 550 once is not yet enough");
    let before = *server.connections.lock().expect("a count");
    installation.write("rep_2", &[mail("GONE")]);
    let done = installation.deliver(&ways).await;
    assert_eq!(*server.connections.lock().expect("a count"), before, "the server is not even called");
    assert!(matches!(&done[0].ending, Ending::Failed { reason } if reason.contains("no such user")), "{done:?}");
    installation.write("rep_3", &[mail("old")]);
    installation.deliver(&ways).await;
    let mut all = addresses();
    all.sort();
    assert_eq!(all, ["gone@example.com", "old@example.com"], "the second bare 550 is enough");

    let now = installation.clock.now();
    assert!(installation.warehouse.write_ledger_blocking(move |c| lift(c, "Gone@Example.com", now)).expect("lifted"));
    assert_eq!(addresses(), ["old@example.com"]);
    installation.later(1);
    installation.write("rep_4", &[mail("gone")]);
    installation.deliver(&ways).await;
    assert!(*server.connections.lock().expect("a count") > before, "the server is asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_to_resend_sends_an_unknown_message_once_more_and_no_oftener() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, |config| config.after_unknown = UnknownPolicy::Resend);
    installation.write("rep_1", &[mail("cutend")]);
    for _ in 0..4 {
        installation.deliver(&ways).await;
        installation.later(60);
    }
    assert_eq!(installation.states(), ["cutend unknown"]);
    assert_eq!(*server.connections.lock().expect("a count"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn slacks_retry_after_is_honoured_and_the_heartbeat_waits_for_the_whole_report() {
    let (installation, (_server, port)) = (TestInstallation::new(), Server::start().await);
    let (beats, answers) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(vec![429_u16, 200])));
    let (count, queue) = (beats.clone(), answers.clone());
    let app = Router::new()
        .route(
            "/beat/hunter2",
            get(move || async move {
                count.fetch_add(1, Ordering::SeqCst);
                "OK"
            }),
        )
        .route(
            "/hook",
            post(move || async move {
                let status = queue.lock().expect("answers").remove(0);
                let status = axum::http::StatusCode::from_u16(status).expect("a status");
                (status, [("retry-after", "120")], "ok")
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let web = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, app).await });
    for (name, path) in [("beat", "beat/hunter2"), ("hook", "hook")] {
        std::fs::write(installation.folder.path().join(name), format!("http://127.0.0.1:{web}/{path}"))
            .expect("a secret");
    }
    let ways = installation.ways(port, |config| {
        config.heartbeat = Some(SecretRef::File("beat".into()));
        let hook = SlackDestination::Webhook { url: SecretRef::File("hook".into()) };
        config.channels.insert(ChannelRef::new("slack", "team"), Arc::new(hook));
    });
    installation.write("rep_1", &[mail("ok"), Route::Channel(ChannelRef::new("slack", "team"))]);
    installation.deliver(&ways).await;
    assert_eq!(beats.load(Ordering::SeqCst), 0, "a message is still missing");
    installation.later(1);
    assert!(installation.deliver(&ways).await.is_empty(), "Slack asked for two minutes");
    installation.later(2);
    installation.deliver(&ways).await;
    assert_eq!(beats.load(Ordering::SeqCst), 1);
    installation.deliver(&ways).await;
    assert_eq!(beats.load(Ordering::SeqCst), 1, "nothing went out, nothing is told");
}

/// D14: a hook that is gone or archived waits for the operator, and is listed as trouble.
#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_is_gone_is_listed_as_trouble() {
    for status in [404_u16, 410] {
        let (installation, (_server, port)) = (TestInstallation::new(), Server::start().await);
        let status = axum::http::StatusCode::from_u16(status).expect("a status");
        let app = Router::new().route("/hook", post(move || async move { (status, "no_service") }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        std::fs::write(installation.folder.path().join("hook"), url).expect("a secret");
        let ways = installation.ways(port, |config| {
            let hook = SlackDestination::Webhook { url: SecretRef::File("hook".into()) };
            config.channels.insert(ChannelRef::new("slack", "team"), Arc::new(hook));
        });
        installation.write("rep_1", &[mail("ok"), Route::Channel(ChannelRef::new("slack", "team"))]);
        installation.deliver(&ways).await;
        let filter = DeliveryFilter { troubled: true, limit: 10, ..DeliveryFilter::default() };
        let listed = installation.warehouse.read_blocking(|reader| deliveries(reader, &filter)).expect("a list");
        assert!(listed.len() == 1 && listed[0].trouble.as_deref() == Some("misconfigured"), "{listed:?}");
        let found = installation.warehouse.read_blocking(waiting).expect("a list");
        assert_eq!((found.len(), found[0].lane.as_str(), found[0].messages), (1, "slack:team", 1));
    }
}
