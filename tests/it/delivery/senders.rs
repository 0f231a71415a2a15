//! Several senders to one server: each message once, each reader's mails in order, no more connections than the
//! server takes, and no trouble tried by all of them.

use super::server::Limit;
use super::*;
use futures_util::future::join;
use std::collections::BTreeSet;

/// The ways out with so many senders.
fn ways(installation: &TestInstallation, port: u16, count: u32) -> Deliverers {
    installation.ways(port, |config| {
        operator(config);
        if let Some(MailConfig::Smtp { senders, .. }) = &mut config.mail {
            *senders = count;
        }
    })
}

/// Ten readers of six reports each.
fn write_reports(installation: &TestInstallation) {
    for report in 0..6 {
        let readers: Vec<Route> = (0..10).map(|reader| mail(&format!("ok{reader}"))).collect();
        installation.write(&format!("rep_{report}"), &readers);
        // Reports of one instant are sent by their ids.
        installation.later(1);
    }
}

fn tries(installation: &TestInstallation) -> Vec<String> {
    texts(
        &installation.warehouse,
        "SELECT outcome || ' ' || count(*) FROM ops.delivery_attempt GROUP BY outcome ORDER BY 1",
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_goes_once_and_a_readers_mails_in_order() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    *server.takes.lock().expect("a time") = Duration::from_millis(15);
    write_reports(&installation);
    // Superset sent a report again while it was being sent (apache/superset#22664): here a second pass, which knows
    // nothing of the first, as a command's beside the daemon's.
    let (first, second) = (ways(&installation, port, 4), ways(&installation, port, 4));
    let (one, two) = join(installation.deliver(&first), installation.deliver(&second)).await;
    assert_eq!(one.len() + two.len(), 60);
    assert_eq!(tries(&installation), ["sent 60"]);
    let mails = server.mails.lock().expect("mails").clone();
    assert_eq!(mails.len(), 60, "none twice");
    assert_eq!(server.taking.lock().expect("recipients").1, Vec::<String>::new(), "no reader had two at once");
    for reader in 0..10 {
        let own = format!("ok{reader}@example.com");
        let order: Vec<&str> = mails
            .iter()
            .filter(|(to, _)| to.eq_ignore_ascii_case(&own))
            .map(|(_, mail)| mail.split(['<', '@']).nth(1).unwrap_or_default())
            .collect();
        assert_eq!(order, ["rep_0", "rep_1", "rep_2", "rep_3", "rep_4", "rep_5"], "{own}");
    }
    let most = server.open.lock().expect("a count").1;
    assert!((3..=8).contains(&most), "{most} connections at once, of four a pass");
}

/// Senders beside one another had their mails deferred by a limit they broke themselves (mohamedboukari/bunmail#91,
/// in2code-de/luxletter#247: 421 as the greeting; sabuhish/fastapi-mail#75: Microsoft's 432 after the mail). The right
/// value: as many connections as the server takes, every mail accepted, none put off.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_connections_costs_no_mail_a_try() {
    for limit in [
        Limit {
            connections: 2,
            answer: "421 Too many concurrent SMTP connections; please try again later",
            is_after_mail: false,
        },
        Limit {
            connections: 2,
            answer: "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending",
            is_after_mail: true,
        },
        Limit { connections: 1, answer: "554 too many connections", is_after_mail: false },
    ] {
        let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
        *server.takes.lock().expect("a time") = Duration::from_millis(15);
        *server.limit.lock().expect("a limit") = Some(limit);
        write_reports(&installation);
        let done = installation.deliver(&ways(&installation, port, 4)).await;
        let told = format!("{}: {:?}", limit.answer, tries(&installation));
        if limit.answer.starts_with('5') {
            // A refusal for good, answered to a greeting, is for the operator: it is not taken for a limit.
            assert!(
                done.iter().any(|one| matches!(one.ending, Ending::Postponed { needs_operator: true, .. })),
                "{told}"
            );
            continue;
        }
        assert_eq!(tries(&installation), ["sent 60"], "{told}");
        assert_eq!((done.len(), server.mails.lock().expect("mails").len()), (60, 60), "{told}");
    }
}

/// Whatever fails for all is tried by one sender, and what it learns holds for the others.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_trouble_is_asked_by_one_sender() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let down = Limit { connections: 0, answer: "421 4.3.2 the service is going down", is_after_mail: false };
    *server.limit.lock().expect("a limit") = Some(down);
    write_reports(&installation);
    let done = installation.deliver(&ways(&installation, port, 4)).await;
    assert_eq!((done.len(), *server.connections.lock().expect("a count")), (1, 1));
    assert!(matches!(done[0].ending, Ending::Postponed { needs_operator: false, .. }), "{done:?}");
    *server.limit.lock().expect("a limit") = None;
    installation.later(3);
    installation.deliver(&ways(&installation, port, 4)).await;
    assert_eq!(tries(&installation), ["postponed 1", "sent 60"]);
}

/// Greylisting is a matter of each reader: theirs come later, the others' now, with several senders too.
#[tokio::test(flavor = "multi_thread")]
async fn greylisted_readers_are_tried_again_when_the_server_asked_and_not_by_another_sender() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let readers: Vec<Route> = (0..8).flat_map(|n| [mail(&format!("grey{n}")), mail(&format!("ok{n}"))]).collect();
    installation.write("rep_1", &readers);
    installation.deliver(&ways(&installation, port, 4)).await;
    assert_eq!(tries(&installation), ["postponed 8", "sent 8"]);
    installation.later(4);
    installation.deliver(&ways(&installation, port, 4)).await;
    assert_eq!(tries(&installation), ["postponed 8", "sent 8"], "five minutes were asked for");
    installation.later(3);
    installation.deliver(&ways(&installation, port, 4)).await;
    assert_eq!(tries(&installation), ["postponed 8", "sent 16"]);
    let once: BTreeSet<String> = server.taken().into_iter().collect();
    assert_eq!((once.len(), server.taken().len()), (16, 16));
}
