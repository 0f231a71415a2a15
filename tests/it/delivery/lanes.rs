//! Ways out beside one another: none holds up another, and each is held by its own trouble.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_asked_by_one_message_and_the_operator_is_notified_of_it() {
    let installation = TestInstallation::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let ways = installation.ways(port, operator);
    installation
        .write("rep_1", &[mail("ok1"), mail("ok2"), mail("ok3"), Route::Channel(ChannelRef::new("slack", "ops"))]);
    let done = installation.deliver(&ways).await;
    let mails = done.iter().filter(|one| one.route.contains("mail")).count();
    assert_eq!((mails, done.len()), (1, 2), "one mail tries, Slack is not held up");
    for _ in 0..60 {
        installation.later(60);
        installation.deliver(&ways).await;
    }
    assert_eq!(installation.states(), ["ok1 failed", "ok2 failed", "ok3 failed"], "after two days");
    let notes: Vec<String> = installation.notes().into_iter().filter(|note| note.contains("Daybook")).collect();
    assert!(notes.iter().any(|note| note.contains("late, still being tried")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("given up after")), "{notes:?}");
    assert!(notes.len() <= 6, "each trouble once, not each hour: {}", notes.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_mail_server_holds_up_no_other_way() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    installation.write("rep_1", &[mail("hang"), Route::Channel(ChannelRef::new("slack", "ops"))]);
    let busy = BusyQueues::default();
    let (warehouse, clock, shared) = (installation.warehouse.clone(), installation.clock.clone(), busy.clone());
    let pass = tokio::spawn(async move { deliver_due(&warehouse, &ways, &clock, &shared).await });
    server.hangs.notified().await;
    for _ in 0..100 {
        if !installation.notes().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(installation.notes().len(), 1, "Slack has its message while the mail server keeps silent");
    // So has what is written later, and nobody else takes up the mail meanwhile.
    installation.write("rep_2", &[mail("ok"), Route::Channel(ChannelRef::new("slack", "ops"))]);
    let ways = installation.ways(port, operator);
    // Either pass may take it, if the first is still at its Slack message.
    let mut later = Vec::new();
    for _ in 0..100 {
        later.extend(deliver_due(&installation.warehouse, &ways, &installation.clock, &busy).await.expect("a pass"));
        if installation.notes().len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(later.iter().all(|one| one.route.contains("slack")), "{later:?}");
    assert_eq!((installation.notes().len(), server.taken()), (2, Vec::new()));
    let done = pass.await.expect("the pass").expect("a pass");
    assert!(done.iter().any(|one| matches!(one.ending, Ending::Unknown { .. })), "silence after the mail is unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_with_the_ledger_of_one_way_cuts_off_no_other() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    installation.write("rep_1", &[mail("hang"), mail("ok"), Route::Channel(ChannelRef::new("slack", "ops"))]);
    let broken = "UPDATE ops.outbox SET attempts = -1 WHERE lane = 'slack:ops'";
    installation
        .warehouse
        .write_blocking(move |c| c.execute_batch(broken).context(|| "broken".to_owned()))
        .expect("broken");
    deliver_due(&installation.warehouse, &ways, &installation.clock, &BusyQueues::default())
        .await
        .expect_err("the books of Slack cannot be read");
    assert_eq!(installation.states(), ["hang unknown", "ok sent"], "each mail came to its end and is in the books");
    assert_eq!(server.taken(), ["ok@example.com"]);
}

/// D02: the lane waits for the operator, and nobody hammers the server meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_must_mend_holds_the_lane_and_is_listed_as_trouble() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    *server.hello.lock().expect("an answer") =
        "504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname".to_owned();
    let ways = installation.ways(port, operator);
    installation.write("rep_1", &[mail("ok1"), mail("ok2"), mail("ok3")]);
    for _ in 0..10 {
        installation.deliver(&ways).await;
        installation.later(1);
    }
    assert_eq!(*server.connections.lock().expect("a count"), 1, "asked once, not once a minute");
    let filter = DeliveryFilter { troubled: true, limit: 10, ..DeliveryFilter::default() };
    let listed = installation.warehouse.read_blocking(|reader| deliveries(reader, &filter)).expect("a list");
    assert_eq!(listed.len(), 3, "those behind it too: {listed:?}");
    let found = installation.warehouse.read_blocking(waiting).expect("a list");
    assert!(found.len() == 1 && found[0].messages == 3 && found[0].answer.contains("set hello in"), "{found:?}");
    let notes = installation.notes();
    assert!(notes.len() == 1 && notes[0].contains("set hello in [delivery.mail]"), "{notes:?}");

    // Mended: the operator need not wait for the hour, and one word frees all.
    server.hello.lock().expect("an answer").clear();
    let (id, now) = (found[0].message_id.clone(), installation.clock.now());
    assert!(installation.warehouse.write_ledger_blocking(move |c| requeue(c, &id, now)).expect("put back"));
    installation.deliver(&ways).await;
    assert_eq!(installation.states(), ["ok1 sent", "ok2 sent", "ok3 sent"]);
    assert!(installation.warehouse.read_blocking(waiting).expect("a list").is_empty());
}

/// A test that goes out shows that what held the lane is mended.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_goes_out_frees_its_lane() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    *server.hello.lock().expect("an answer") = "550 who are you?".to_owned();
    installation.write("rep_1", &[mail("ok1"), mail("ok2")]);
    installation.deliver(&ways).await;
    server.hello.lock().expect("an answer").clear();
    installation.write("test_1", &[mail("ok3")]);
    deliver_of(&installation.warehouse, &ways, &installation.clock, "test_1").await.expect("a pass");
    assert_eq!(installation.states(), ["ok1 pending", "ok2 pending", "ok3 sent"]);
    installation.deliver(&ways).await;
    assert_eq!(installation.states(), ["ok1 sent", "ok2 sent", "ok3 sent"]);
}

/// D07: a server that limits connections sees one.
#[tokio::test(flavor = "multi_thread")]
async fn the_mails_of_a_pass_share_a_connection_and_none_is_lost_or_doubled() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    let readers: Vec<String> =
        (0..45).map(|number| if number % 9 == 4 { format!("gone{number}") } else { format!("ok{number}") }).collect();
    installation.write("rep_1", &readers.iter().map(|name| mail(name)).collect::<Vec<_>>());
    installation.deliver(&ways).await;
    let mut taken = server.taken();
    taken.sort();
    taken.dedup();
    assert_eq!((taken.len(), server.taken().len()), (40, 40));
    assert_eq!(*server.connections.lock().expect("a count"), 3, "20 mails each");
}

/// One sender's error took the results of all with it: nobody was notified of the others.
#[tokio::test(flavor = "multi_thread")]
async fn the_operator_is_notified_of_trouble_though_another_way_cannot_be_read() {
    let (installation, (_server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    installation.write("rep_1", &[mail("gone"), Route::File { path: "x.csv".to_owned() }]);
    let broken = "UPDATE ops.outbox SET attempts = -1 WHERE lane = 'file'";
    installation
        .warehouse
        .write_blocking(move |c| c.execute_batch(broken).context(|| "broken".to_owned()))
        .expect("broken");
    deliver_due(&installation.warehouse, &ways, &installation.clock, &BusyQueues::default())
        .await
        .expect_err("the ledger of files cannot be read");
    assert_eq!(installation.states(), ["gone failed"]);
    assert!(installation.notes().len() == 1 && installation.notes()[0].contains("no such user"), "told in this pass");
}
