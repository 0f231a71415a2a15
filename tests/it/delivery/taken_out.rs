//! What a configuration no longer has sends nothing.

use super::*;

// metabase#17487, #21339: what was archived went on mailing, and after weeks of silence began again.
#[tokio::test(flavor = "multi_thread")]
async fn reports_of_a_workspace_that_was_taken_out_wait_and_go_once_it_is_back() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let mut ways = installation.ways(port, |_| {});
    installation.write("rep_1", &[mail("ok")]);
    ways.policy.workspaces = Some(["other".to_owned()].into());
    assert!(installation.deliver(&ways).await.is_empty());
    assert_eq!((installation.states().as_slice(), server.taken().len()), (["ok pending".to_owned()].as_slice(), 0));
    ways.policy.workspaces = Some(["acme".to_owned(), "other".to_owned()].into());
    installation.deliver(&ways).await;
    assert_eq!(installation.states(), ["ok sent"]);
}
