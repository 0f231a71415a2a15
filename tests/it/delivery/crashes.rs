//! Senders that are gone before they recorded what came of a message.

use super::*;
use daybook::warehouse::outbox::{Claimed, HandedOver, What, Whose, claim, finish, give_up_leases, reconcile};

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_send_and_record_is_shown_and_neither_doubled_nor_dropped() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    installation.write("rep_1", &[mail("hang"), mail("ok")]);
    let TestInstallation { folder, warehouse, clock } = installation;
    let ways = TestInstallation { folder, warehouse: warehouse.clone(), clock: clock.clone() };
    let deliverers = ways.ways(port, operator);
    let folder = ways.folder;
    let (own, own_clock) = (warehouse.clone(), clock.clone());
    let sender = tokio::spawn(async move { deliver_due(&own, &deliverers, &own_clock, &BusyQueues::default()).await });
    server.hangs.notified().await;
    sender.abort();
    let _ = sender.await;
    drop(warehouse);
    drop(ways.warehouse);

    // The next process: what was being sent is unknown, the rest goes on.
    let installation = TestInstallation { warehouse: open(folder.path()), folder, clock };
    let now = installation.clock.now();
    assert_eq!(installation.warehouse.write_ledger_blocking(move |c| give_up_claims(c, now)).expect("given up"), 1);
    let deliverers = installation.ways(port, operator);
    installation.deliver(&deliverers).await;
    installation.later(24 * 60);
    installation.deliver(&deliverers).await;
    assert_eq!(installation.states(), ["hang unknown", "ok sent"]);
    assert_eq!(server.taken(), ["ok@example.com"]);
    let notes = installation.notes();
    assert_eq!(notes.len(), 1, "told once: {notes:?}");
    assert!(notes[0].contains("may or may not have gone out"), "{notes:?}");

    // The operator finds out, and says so; or has it sent again.
    let id = format!("rep_1/{}", serde_json::to_string(&mail("hang")).expect("JSON"));
    let own = id.clone();
    assert!(installation.warehouse.write_ledger_blocking(move |c| settle(c, &own, false, now)).expect("settled"));
    assert_eq!(installation.states(), ["hang failed", "ok sent"]);
    assert!(installation.warehouse.write_ledger_blocking(move |c| requeue(c, &id, now)).expect("put back"));
    assert_eq!(installation.states(), ["hang pending", "ok sent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_within_the_mail_is_tried_again_and_one_after_it_is_unknown() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    installation.write("rep_1", &[mail("cutend"), mail("ok")]);
    // A mail larger than what the system buffers, so that the cut comes within it.
    let route = serde_json::to_string(&mail("cutdata")).expect("JSON");
    let payload = format!("Subject: x\r\n\r\n{}", "0123456789abcdef\r\n".repeat(2_000_000)).into_bytes();
    let large =
        NewMessage { message_id: "large".to_owned(), route, payload, locale: None, made_with: None, refused: None };
    let now = noon();
    installation
        .warehouse
        .write_ledger_blocking(move |c| enqueue(c, Kind::Report, "rep_2", "acme", &[large], now))
        .expect("written");
    installation.deliver(&ways).await;
    assert_eq!(installation.states(), ["cutdata pending", "cutend unknown", "ok sent"]);
    assert_eq!(server.taken(), ["ok@example.com"]);
}

fn claimed(installation: &TestInstallation) -> Claimed {
    let now = installation.clock.now();
    let next = installation.warehouse.write_ledger_blocking(move |c| claim(c, "mail", &Whose::default(), now));
    next.expect("claimed").expect("a message")
}

/// Every claim became unknown, though the list beside the database knew better.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_the_list_of_what_was_handed_over_says_what_became_of_each() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    installation
        .write("rep_1", &[mail("ok1"), mail("ok2"), mail("ok3"), mail("ok4"), Route::File { path: "x".into() }]);
    let list = HandedOver::beside(installation.warehouse.path()).expect("a list");
    let now = installation.clock.now();
    let lines: [&[What]; 4] = [&[What::Handed, What::Sent], &[What::Handed, What::NotSent], &[], &[What::Handed]];
    for lines in lines {
        let message = claimed(&installation);
        for what in lines {
            list.add(&message.message_id, *what, now).expect("added");
        }
    }
    installation
        .warehouse
        .write_ledger_blocking(move |c| claim(c, "file", &Whose::default(), now))
        .expect("claimed")
        .expect("a file");
    // As if no claim had written a line.
    list.add("another", What::Handed, now).expect("added");
    let TestInstallation { folder, warehouse, clock } = installation;
    drop(warehouse);
    let installation = TestInstallation { warehouse: open(folder.path()), folder, clock };
    assert_eq!(installation.warehouse.write_ledger_blocking(move |c| give_up_claims(c, now)).expect("given up"), 5);
    installation.warehouse.write_both_blocking(move |c| reconcile(c, &list, now)).expect("compared");
    assert_eq!(installation.states(), ["ok1 sent", "ok2 pending", "ok3 pending", "ok4 unknown"]);
    let tries = texts(
        &installation.warehouse,
        "SELECT split_part(recipient, '@', 1) || ' ' || outcome FROM ops.delivery_attempt WHERE recipient IS NOT NULL ORDER BY 1",
    );
    assert_eq!(tries, ["ok1 sent", "ok2 postponed", "ok3 postponed", "ok4 unknown"]);
    installation.deliver(&installation.ways(port, operator)).await;
    assert_eq!(installation.states(), ["ok1 sent", "ok2 sent", "ok3 sent", "ok4 unknown"]);
    assert_eq!(server.taken(), ["ok2@example.com", "ok3@example.com"], "none of the others goes again");
}

fn rename(warehouse: &Warehouse, from: &str, to: &str) {
    let sql = format!("ALTER TABLE ops.{from} RENAME TO {to}");
    warehouse.write_both_blocking(move |c| c.execute_batch(&sql).context(String::new)).expect("renamed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_cannot_be_recorded_at_once_is_recorded_a_moment_later() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    installation.write("rep_1", &[mail("ok1")]);
    rename(&installation.warehouse, "delivery_attempt", "away");
    let (warehouse, clock) = (installation.warehouse.clone(), installation.clock.clone());
    let pass = tokio::spawn(async move { deliver_of(&warehouse, &ways, &clock, "rep_1").await });
    while server.taken().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    rename(&installation.warehouse, "away", "delivery_attempt");
    let done = pass.await.expect("a pass").expect("it was recorded");
    assert!(matches!(done[0].ending, Ending::Accepted { .. }), "{done:?}");
    assert_eq!(installation.states(), ["ok1 sent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_was_never_recorded_is_known_from_the_list_once_the_lease_is_over() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    for (report, reader) in [("rep_1", "ok1"), ("rep_2", "grey")] {
        installation.write(report, &[mail(reader)]);
        rename(&installation.warehouse, "delivery_attempt", "away");
        let failed = deliver_of(&installation.warehouse, &ways, &installation.clock, report).await;
        failed.expect_err("nothing can be recorded");
        rename(&installation.warehouse, "away", "delivery_attempt");
    }
    assert_eq!(installation.states(), ["grey claimed", "ok1 claimed"]);
    installation.later(61);
    let now = installation.clock.now();
    installation.warehouse.write_ledger_blocking(move |c| give_up_leases(c, now)).expect("given up");
    assert_eq!(installation.states(), ["grey pending", "ok1 sent"]);
    installation.deliver(&ways).await;
    assert_eq!(installation.states(), ["grey sent", "ok1 sent"]);
    assert_eq!(server.taken(), ["ok1@example.com", "grey@example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_sender_changes_no_claim_that_another_made_since() {
    let installation = TestInstallation::new();
    installation.write("rep_1", &[mail("ok1")]);
    let late = claimed(&installation);
    installation.later(61);
    let (now, id) = (installation.clock.now(), late.message_id.clone());
    installation
        .warehouse
        .write_ledger_blocking(move |c| {
            give_up_leases(c, now)?;
            requeue(c, &id, now)
        })
        .expect("put back");
    let second = claimed(&installation);
    assert_eq!((late.attempts, second.attempts), (1, 2));
    let ended = |message: &Claimed, ending: Ending| {
        let (message, outcome, now) = (message.clone(), ending.into(), installation.clock.now());
        installation.warehouse.write_ledger_blocking(move |c| finish(c, &message, &outcome, now)).expect("recorded");
    };
    ended(&late, Ending::Failed { reason: "too late".to_owned() });
    assert_eq!(installation.states(), ["ok1 claimed"], "the second sender is at it");
    ended(&second, Ending::Failed { reason: "no".to_owned() });
    assert_eq!(installation.states(), ["ok1 failed"]);
    ended(&late, Ending::Accepted { answer: "250".to_owned() });
    assert_eq!(installation.states(), ["ok1 sent"], "that it went out counts, whoever says so");
}
