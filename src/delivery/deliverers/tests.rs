//! The ways out, chosen by route.

use super::*;
use crate::delivery::{Destination, Disposition, FolderDestination};
use crate::support::secret::SecretRef;
use std::sync::Arc;

fn deliverers(data: &Path) -> Deliverers {
    let mail = MailConfig::Folder { path: "mail".into(), from: "reports@example.com".to_owned() };
    let slack: Arc<dyn Destination> = Arc::new(FolderDestination { path: data.join("slack") });
    let channels = BTreeMap::from([(ChannelRef::new("slack", "team"), slack)]);
    let config = DeliveryConfig { mail: Some(mail), channels, ..DeliveryConfig::default() };
    config.build(data, data, &[]).expect("deliverers")
}

fn outgoing(route: Route, payload: &[u8]) -> Outgoing {
    Outgoing { message_id: "msg_01".to_owned(), route, payload: payload.to_vec() }
}

fn mail_route() -> Route {
    Route::Mail { from: "reports@example.com".to_owned(), to: "ceo@example.com".to_owned() }
}

fn hook(name: &str) -> Route {
    Route::Channel(ChannelRef::new("slack", name))
}

#[tokio::test]
async fn each_route_leads_to_its_own_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    let ways = deliverers(dir.path());
    let file = Route::File { path: "acme/daily.pdf".to_owned() };
    for (route, payload) in
        [(mail_route(), b"Subject: x\r\n".as_slice()), (hook("team"), b"{\"text\":\"x\"}"), (file, b"%PDF")]
    {
        ways.deliver(&outgoing(route, payload)).await.result.expect("accepted");
    }
    let read = |path: &str| std::fs::read_to_string(dir.path().join(path)).expect("a file");
    assert_eq!(read("mail/msg_01.eml"), "Subject: x\r\n");
    assert_eq!(read("slack/msg_01.json"), "{\n  \"text\": \"x\"\n}\n");
    assert_eq!(read("reports/acme/daily.pdf"), "%PDF");
}

#[tokio::test]
async fn a_way_that_is_not_configured_is_reported_to_the_operator() {
    let dir = tempfile::tempdir().expect("a folder");
    let ways = DeliveryConfig::default().build(dir.path(), dir.path(), &[]).expect("deliverers");
    for route in [mail_route(), hook("team")] {
        let error = ways.deliver(&outgoing(route, b"{}")).await.result.expect_err("no way");
        assert_eq!(error.disposition(), Disposition::TellOperator);
    }
}

fn webhook(secret: &Path) -> Arc<dyn Destination> {
    Arc::new(crate::delivery::slack::SlackDestination::Webhook { url: SecretRef::File(secret.to_owned()) })
}

fn place(line: usize, owner: &str, secret: &Path) -> SecretPlace {
    let (file, reference) = ("config/daybook.toml".into(), SecretRef::File(secret.to_owned()));
    SecretPlace { file, line, owner: owner.to_owned(), reference }
}

// grafana/alerting#110: one receiver that could not be set up took the notifications of all others with it.
// dangrie158/dolce#24: a variable that was gone after an upgrade left a notifier out, and only the debug log said so.
#[tokio::test]
async fn a_channel_without_its_secret_says_where_it_is_named_and_stops_no_other() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("plain"), "http://hooks.example.com/x\n").expect("written");
    let mail = MailConfig::Folder { path: "mail".into(), from: "reports@example.com".to_owned() };
    let folder: Arc<dyn Destination> = Arc::new(FolderDestination { path: dir.path().join("slack") });
    let (gone, plain) = (Path::new("gone"), Path::new("plain"));
    let channels = BTreeMap::from([
        (ChannelRef::new("slack", "gone"), webhook(gone)),
        (ChannelRef::new("slack", "plain"), webhook(plain)),
        (ChannelRef::new("slack", "team"), folder),
    ]);
    let heartbeat = Some(SecretRef::File(gone.to_owned()));
    let config = DeliveryConfig { mail: Some(mail), channels, heartbeat, ..DeliveryConfig::default() };
    let places =
        [place(7, HEARTBEAT, gone), place(11, "the Slack hook gone", gone), place(14, "the Slack hook plain", plain)];
    let ways = config.build(dir.path(), dir.path(), &places).expect("deliverers");
    for (route, payload) in [(mail_route(), b"Subject: x\r\n".as_slice()), (hook("team"), b"{\"text\":\"x\"}")] {
        ways.deliver(&outgoing(route, payload)).await.result.expect("accepted");
    }
    for (name, said) in [
        ("gone", "config/daybook.toml:11: the secret of the Slack hook gone cannot be read: gone: file not found"),
        ("plain", "config/daybook.toml:14: the URL of the Slack hook \"plain\" does not start with https://"),
    ] {
        let error = ways.deliver(&outgoing(hook(name), b"{}")).await.result.expect_err("unusable");
        assert_eq!(error.disposition(), Disposition::TellOperator, "{name}");
        assert!(error.to_string().contains(said), "{error}");
    }
    let lines: Vec<_> = ways.unusable().iter().filter_map(|problem| problem.line).collect();
    assert_eq!(lines, [11, 14, 7], "each is refused by check, the heartbeat too");
    assert!(ways.unusable().iter().all(|problem| !problem.remedy.is_empty()));
}
