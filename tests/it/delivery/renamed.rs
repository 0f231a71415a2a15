//! Channels that are renamed, removed or given another kind, and senders that change, while messages wait.

use super::*;
use daybook::warehouse::outbox::{move_waiting, waiting_by_lane};

fn channel(name: &str) -> ChannelRef {
    ChannelRef::new("slack", name)
}

fn folder(installation: &TestInstallation, config: &mut DeliveryConfig, name: &str) {
    let folder = FolderDestination { path: installation.folder.path().join(name) };
    config.channels.insert(channel(name), Arc::new(folder));
}

fn posted(installation: &TestInstallation, name: &str) -> usize {
    std::fs::read_dir(installation.folder.path().join(name)).map_or(0, Iterator::count)
}

/// Moves what waits for `ads` to `growth`.
fn moved(installation: &TestInstallation) -> u64 {
    let route = |route: &str| {
        let route: Route = serde_json::from_str(route).ok()?;
        serde_json::to_string(&route.on(&channel("growth"))?).ok()
    };
    let now = installation.clock.now();
    let write = installation.warehouse.write_ledger_blocking(move |c| move_waiting(c, "slack:ads", route, now));
    write.expect("moved")
}

// metabase/metabase#19496: after a channel was renamed nothing came any more, and only the log knew.
// postalserver/postal#1021: what waited for a way that was removed stayed in the queue without a try or a word.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_channel_that_was_renamed_is_told_and_can_be_moved_once() {
    let (installation, server) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(server.1, |config| {
        operator(config);
        folder(&installation, config, "growth");
    });
    installation.write("rep_1", &[Route::Channel(channel("ads")), mail("ok")]);
    installation.deliver(&ways).await;
    assert_eq!(installation.states(), ["ok sent"], "mail goes on");
    let notes = installation.notes();
    assert!(notes.iter().any(|note| note.contains("daybook deliveries move slack:ads")), "{notes:?}");
    let counted = installation.warehouse.read_blocking(waiting_by_lane).expect("counted");
    assert_eq!(counted, [("slack:ads".to_owned(), 1)]);

    assert_eq!((moved(&installation), moved(&installation)), (1, 0));
    installation.deliver(&ways).await;
    installation.later(120);
    installation.deliver(&ways).await;
    assert_eq!(posted(&installation, "growth"), 1, "once, and at once");
    assert_eq!(installation.warehouse.read_blocking(waiting_by_lane).expect("counted"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_channel_that_was_removed_goes_once_it_is_back() {
    let (installation, server) = (TestInstallation::new(), Server::start().await);
    installation.write("rep_1", &[Route::Channel(channel("ads"))]);
    installation.deliver(&installation.ways(server.1, |_| {})).await;
    installation.later(61);
    let back = installation.ways(server.1, |config| folder(&installation, config, "ads"));
    installation.deliver(&back).await;
    installation.deliver(&back).await;
    assert_eq!(posted(&installation, "ads"), 1);
}

#[test]
fn a_message_moves_to_channels_of_its_own_kind_alone() {
    let ads = channel("ads");
    let (growth, teams) = (channel("growth"), ChannelRef::new("teams", "growth"));
    let file = Route::ChannelFile { channel: ads.clone(), file_name: "a.pdf".to_owned(), title: "A".to_owned() };
    for route in [Route::Channel(ads), file] {
        assert_eq!(route.on(&growth).expect("the same kind").lane(), "slack:growth");
        assert_eq!(route.on(&teams), None);
    }
    assert_eq!(mail("ok").on(&growth), None);
}

// apache/superset#42089: files that a channel could take no more kept its texts back as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_for_a_channel_that_takes_none_any_more_keeps_no_message_back() {
    let (installation, server) = (TestInstallation::new(), Server::start().await);
    let app = axum::Router::new().route("/hook", post(|| async { "ok" }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    std::fs::write(installation.folder.path().join("hook"), url).expect("written");
    let ways = installation.ways(server.1, |config| {
        operator(config);
        let hook = SlackDestination::Webhook { url: SecretRef::File("hook".into()) };
        config.channels.insert(channel("ads"), Arc::new(hook));
    });
    let file =
        Route::ChannelFile { channel: channel("ads"), file_name: "daily.pdf".to_owned(), title: "Daily".to_owned() };
    installation.write("rep_1", &[file]);
    installation.later(1);
    installation.write("rep_2", &[Route::Channel(channel("ads"))]);
    installation.deliver(&ways).await;
    let states = texts(
        &installation.warehouse,
        "SELECT report_id || ' ' || state FROM ops.outbox WHERE lane = 'slack:ads' ORDER BY 1",
    );
    assert_eq!(states, ["rep_1 pending", "rep_2 sent"]);
    let notes = installation.notes();
    assert!(notes.iter().any(|note| note.contains("the channel takes no files, such as daily.pdf")), "{notes:?}");
}

// truenas/middleware#8047: mails of a queue kept the sender that was configured before, and the server took none.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_of_an_earlier_sender_that_is_refused_keeps_no_newer_one_back() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    let former = |to: &str| Route::Mail { from: "Daybook <former@example.com>".to_owned(), to: to.to_owned() };
    installation.write("rep_1", &[former("ok1@example.com")]);
    installation.later(1);
    installation.write("rep_2", &[mail("ok2")]);
    installation.deliver(&ways).await;
    assert_eq!(installation.states(), ["ok1 pending", "ok2 sent"]);
    assert_eq!(server.taken(), ["ok2@example.com"]);
    let notes = installation.notes();
    assert!(notes.iter().any(|note| note.contains("makes it again from Daybook")), "{notes:?}");
}
