//! From the outbox to the other side and back: states, retries, suppression, crashes, the operator.

mod large;
mod payloads;
mod senders;
mod server;
mod taken_out;

use crate::support::{noon, texts};
use axum::Router;
use axum::routing::{get, post};
use chrono::TimeDelta;
use daybook::delivery::config::{DeliveryConfig, MailConfig, SlackDestination, SmtpSecurity, UnknownPolicy};
use daybook::delivery::{Deliverers, Route};
use daybook::jobs::deliver::{BusyQueues, Delivered, deliver_due, deliver_of};
use daybook::support::clock::Clock;
use daybook::support::secret::SecretRef;
use daybook::warehouse::outbox::{
    DeliveryFilter, Ending, Kind, NewMessage, attempts, deliveries, enqueue, give_up_claims, lift, requeue, settle,
    suppressed, waiting,
};
use daybook::warehouse::{Context, Warehouse, WarehouseConfig};
use server::Server;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

struct TestInstallation {
    folder: tempfile::TempDir,
    warehouse: Warehouse,
    clock: Clock,
}

impl TestInstallation {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let warehouse = open(folder.path());
        Self { folder, warehouse, clock: Clock::fixed(noon()) }
    }

    /// The ways out: mail to the fake server, the operator's folder, and what `more` makes of them.
    fn ways(&self, port: u16, more: impl FnOnce(&mut DeliveryConfig)) -> Deliverers {
        let mail = MailConfig::Smtp {
            host: "127.0.0.1".to_owned(),
            port,
            security: SmtpSecurity::Plain,
            username: None,
            password: None,
            oauth: None,
            ca_file: None,
            from: "Daybook <d@example.com>".to_owned(),
            hello: None,
            per_session: 20,
            senders: 1,
            timeout_secs: Some(5),
        };
        let mut config = DeliveryConfig { mail: Some(mail), ..DeliveryConfig::default() };
        config.slack.insert("ops".to_owned(), SlackDestination::Folder { path: "ops".into() });
        more(&mut config);
        config.build(self.folder.path(), self.folder.path()).expect("deliverers")
    }

    fn write(&self, report: &str, routes: &[Route]) {
        let messages: Vec<NewMessage> = routes
            .iter()
            .map(|route| {
                let route = serde_json::to_string(route).expect("JSON");
                let message_id = format!("{report}/{route}");
                let payload = match route.contains("slack") {
                    true => br#"{"text":"hello"}"#.to_vec(),
                    false => format!("Message-ID: <{report}@example.com>\r\n\r\nhello\r\n").into_bytes(),
                };
                NewMessage { message_id, route, payload, locale: None, made_with: None, refused: None }
            })
            .collect();
        let (report, now) = (report.to_owned(), self.clock.now());
        self.warehouse
            .write_ledger_blocking(move |c| enqueue(c, Kind::Report, &report, "acme", &messages, now))
            .expect("written");
    }

    async fn deliver(&self, ways: &Deliverers) -> Vec<Delivered> {
        deliver_due(&self.warehouse, ways, &self.clock, &BusyQueues::default()).await.expect("a pass")
    }

    fn later(&self, minutes: i64) {
        self.clock.set(self.clock.now() + TimeDelta::minutes(minutes));
    }

    /// `recipient state` of each mail, in order.
    fn states(&self) -> Vec<String> {
        texts(
            &self.warehouse,
            "SELECT split_part(recipient, '@', 1) || ' ' || state FROM ops.outbox WHERE kind = 'report' AND lane = 'mail' ORDER BY 1",
        )
    }

    /// The notes the operator got in Slack.
    fn notes(&self) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(self.folder.path().join("ops")) else { return Vec::new() };
        files.map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("a note")).collect()
    }
}

fn open(folder: &Path) -> Warehouse {
    Warehouse::open(&folder.join("daybook.duckdb"), &WarehouseConfig::default()).expect("a warehouse")
}

fn mail(name: &str) -> Route {
    Route::Mail { from: "Daybook <d@example.com>".to_owned(), to: format!("Reader <{name}@Example.com>") }
}

/// The operator is told in Slack.
fn operator(config: &mut DeliveryConfig) {
    config.operator.slack.push("ops".to_owned());
}

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
async fn a_server_that_is_away_is_asked_by_one_message_and_the_operator_hears_of_it() {
    let installation = TestInstallation::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let ways = installation.ways(port, operator);
    installation.write("rep_1", &[mail("ok1"), mail("ok2"), mail("ok3"), Route::Slack { hook: "ops".to_owned() }]);
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
        config.slack.insert("team".to_owned(), hook);
    });
    installation.write("rep_1", &[mail("ok"), Route::Slack { hook: "team".to_owned() }]);
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

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_mail_server_holds_up_no_other_way() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    installation.write("rep_1", &[mail("hang"), Route::Slack { hook: "ops".to_owned() }]);
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
    installation.write("rep_2", &[mail("ok"), Route::Slack { hook: "ops".to_owned() }]);
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
async fn trouble_with_the_books_of_one_way_cuts_off_no_other() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    installation.write("rep_1", &[mail("hang"), mail("ok"), Route::Slack { hook: "ops".to_owned() }]);
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
            config.slack.insert("team".to_owned(), hook);
        });
        installation.write("rep_1", &[mail("ok"), Route::Slack { hook: "team".to_owned() }]);
        installation.deliver(&ways).await;
        let filter = DeliveryFilter { troubled: true, limit: 10, ..DeliveryFilter::default() };
        let listed = installation.warehouse.read_blocking(|reader| deliveries(reader, &filter)).expect("a list");
        assert!(listed.len() == 1 && listed[0].trouble.as_deref() == Some("misconfigured"), "{listed:?}");
        let found = installation.warehouse.read_blocking(waiting).expect("a list");
        assert_eq!((found.len(), found[0].lane.as_str(), found[0].messages), (1, "slack:team", 1));
    }
}
