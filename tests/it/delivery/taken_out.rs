//! What a configuration no longer has sends nothing.

use super::*;

// metabase#17487, #21339: what was archived went on mailing, and after weeks of silence began again.
#[tokio::test(flavor = "multi_thread")]
async fn reports_of_a_workspace_that_was_taken_out_wait_and_go_once_it_is_back() {
    let (house, (server, port)) = (House::new(), Server::start().await);
    let mut ways = house.ways(port, |_| {});
    house.write("rep_1", &[mail("ok")]);
    ways.policy.workspaces = Some(["other".to_owned()].into());
    assert!(house.deliver(&ways).await.is_empty());
    assert_eq!((house.states().as_slice(), server.taken().len()), (["ok pending".to_owned()].as_slice(), 0));
    ways.policy.workspaces = Some(["acme".to_owned(), "other".to_owned()].into());
    house.deliver(&ways).await;
    assert_eq!(house.states(), ["ok sent"]);
}
