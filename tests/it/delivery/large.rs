//! Mails that are too large for a server, and readers to whom none can be written.

use super::*;
use daybook::jobs::report::{Audience, Built, Renderings, messages_of};
use daybook::report::sample;
use daybook::report::templates::Templates;
use mail_parser::{MessageParser, MimeHeaders};

impl TestInstallation {
    /// The sample report for these readers, as it would be issued.
    fn issue(&self, readers: &[&str]) {
        let audience = Audience {
            mail_from: Some("Daybook <d@example.com>".to_owned()),
            mail_to: readers.iter().map(|reader| (*reader).to_owned()).collect(),
            ..Audience::default()
        };
        let built = Built { standard: sample::document(), others: Vec::new(), receipts: Vec::new(), differs: false };
        let (templates, _) = Templates::new(None);
        let prints = Renderings::new(&built, &audience.all_locales(), &templates).expect("prints");
        let messages = messages_of(&prints, &audience, &templates).expect("messages");
        let now = self.clock.now();
        self.warehouse
            .write_ledger_blocking(move |c| enqueue(c, Kind::Report, "rep_1", "acme", &messages, now))
            .expect("written");
    }

    /// What was answered at every try of a reader's mail: `step: words`.
    fn said_to(&self, reader: &str) -> Vec<String> {
        let sql = format!("SELECT message_id FROM ops.outbox WHERE recipient = '{reader}'");
        let id = texts(&self.warehouse, &sql).remove(0);
        let tries = self.warehouse.read_blocking(|reader| attempts(reader, &id)).expect("tries");
        tries.iter().flat_map(|one| &one.replies).map(|reply| format!("{}: {}", reply.step, reply.text)).collect()
    }
}

fn names(mail: &str) -> Vec<String> {
    let raw = mail.replace('\n', "\r\n").into_bytes();
    let read = MessageParser::default().parse(&raw).expect("a mail");
    let attached = read.attachments().filter(|part| part.content_id().is_none());
    attached.filter_map(|part| part.attachment_name().map(str::to_owned)).collect()
}

/// D05: the server names its limit, or refuses at the end; each reader gets what fits.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_too_large_goes_without_some_of_its_files() {
    for hello in ["", "250-fake\r\n250 SIZE 60000"] {
        let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
        *server.hello.lock().expect("an answer") = hello.to_owned();
        let ways = installation.ways(port, operator);
        installation.issue(&["ok@example.com", "small@example.com"]);
        installation.deliver(&ways).await;
        assert_eq!(
            installation.states(),
            ["ok sent", "small sent"],
            "{hello:?}: {:?}",
            installation.said_to("small@example.com")
        );
        let mails = server.mails.lock().expect("mails").clone();
        let of = |reader: &str| {
            mails.iter().find(|(to, _)| to.starts_with(reader)).map(|(_, mail)| mail.clone()).expect("a mail")
        };
        let small = of("small");
        assert!(
            small.len() <= 60_000 && !names(&small).iter().any(|name| name.ends_with(".html")),
            "{:?}",
            names(&small)
        );
        let raw = small.replace('\n', "\r\n").into_bytes();
        let read = MessageParser::default().parse(&raw).expect("a mail");
        let text = read.body_text(0).expect("text").replace("\r\n", " ");
        assert!(text.contains("Left out of this mail") && text.contains(".html"), "{text}");
        let said = installation.said_to("small@example.com");
        assert!(said.iter().any(|line| line.starts_with("made smaller: ") && line.contains("html")), "{said:?}");
        if hello.is_empty() {
            assert_eq!(names(&of("ok")).len(), 3, "the other reader has all files");
            assert!(said.contains(&"the mail: 552 5.3.4 Message size exceeds fixed limit".to_owned()), "{said:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_leaving_out_does_not_help_the_reader_is_reported_apart() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    *server.hello.lock().expect("an answer") = "250-fake\r\n250 SIZE 5000".to_owned();
    let ways = installation.ways(port, operator);
    installation.issue(&["ok@example.com"]);
    installation.deliver(&ways).await;
    assert_eq!((installation.states(), server.taken().len()), (vec!["ok failed".to_owned()], 0));
    let notes = installation.notes().join("");
    assert!(notes.contains("takes 5000") && notes.contains("does not help"), "{notes}");
}

/// D04: one odd address is one reader's trouble; MangoAutomation/ma-core-public#1544, bcgov/entity#27087.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_to_whom_no_mail_can_be_written_keeps_nobody_elses_from_going() {
    let (installation, (server, port)) = (TestInstallation::new(), Server::start().await);
    let ways = installation.ways(port, operator);
    installation.issue(&[
        "\"sales team\"@acme.example",
        "ok1@example.com",
        "ops@[10.0.0.5]",
        "bas@ba$.com",
        "ok2@example.com",
    ]);
    installation.deliver(&ways).await;
    assert_eq!(server.taken(), ["ok1@example.com", "ok2@example.com"]);
    let failed = texts(
        &installation.warehouse,
        "SELECT recipient || ' ' || answer FROM ops.outbox WHERE state = 'failed' ORDER BY position",
    );
    assert!(
        failed.len() == 3
            && failed[0].contains("sales team")
            && failed.iter().all(|line| line.contains("cannot be made")),
        "{failed:?}"
    );
    // What was never made cannot be sent again.
    let id = texts(&installation.warehouse, "SELECT message_id FROM ops.outbox WHERE recipient LIKE 'ops@%'").remove(0);
    let now = installation.clock.now();
    assert!(!installation.warehouse.write_ledger_blocking(move |c| requeue(c, &id, now)).expect("asked"));
    let notes = installation.notes().join("");
    assert!(notes.contains("3 failed") && notes.contains("correct the address for the next report"), "{notes}");
}
