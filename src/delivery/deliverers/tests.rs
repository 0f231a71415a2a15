//! The ways out, chosen by route.

use super::*;
use crate::delivery::{Destination, Disposition, FolderDestination};
use std::sync::Arc;

fn deliverers(data: &Path) -> Deliverers {
    let mail = MailConfig::Folder { path: "mail".into(), from: "reports@example.com".to_owned() };
    let slack: Arc<dyn Destination> = Arc::new(FolderDestination { path: data.join("slack") });
    let channels = BTreeMap::from([(ChannelRef::new("slack", "team"), slack)]);
    let config = DeliveryConfig { mail: Some(mail), channels, ..DeliveryConfig::default() };
    config.build(data, data).expect("deliverers")
}

fn outgoing(route: Route, payload: &[u8]) -> Outgoing {
    Outgoing { message_id: "msg_01".to_owned(), route, payload: payload.to_vec() }
}

fn mail() -> Route {
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
        [(mail(), b"Subject: x\r\n".as_slice()), (hook("team"), b"{\"text\":\"x\"}"), (file, b"%PDF")]
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
    let ways = DeliveryConfig::default().build(dir.path(), dir.path()).expect("deliverers");
    for route in [mail(), hook("team")] {
        let error = ways.deliver(&outgoing(route, b"{}")).await.result.expect_err("no way");
        assert_eq!(error.disposition(), Disposition::TellOperator);
    }
}
