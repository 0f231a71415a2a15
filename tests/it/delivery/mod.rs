//! From the outbox to the other side and back: states, retries, suppression, crashes, the operator.

mod crashes;
mod lanes;
mod large;
mod outcomes;
mod payload_files;
mod payloads;
mod renamed;
mod senders;
mod server;
mod taken_out;
mod teams;

use crate::support::{noon, texts};
use axum::Router;
use axum::routing::{get, post};
use chrono::TimeDelta;
use daybook::delivery::settings::{DeliveryConfig, MailConfig, SmtpSecurity, UnknownPolicy};
use daybook::delivery::slack::SlackDestination;
use daybook::delivery::{ChannelRef, Deliverers, FolderDestination, Route};
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
        let folder = FolderDestination { path: self.folder.path().join("ops") };
        config.channels.insert(ChannelRef::new("slack", "ops"), Arc::new(folder));
        more(&mut config);
        config.build(self.folder.path(), self.folder.path(), &[]).expect("deliverers")
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

/// The operator is notified in Slack.
fn operator(config: &mut DeliveryConfig) {
    config.operator.channels.push(ChannelRef::new("slack", "ops"));
}
