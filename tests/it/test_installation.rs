//! An installation of the simulated companies as an admin would have it: real configuration files, opened by the real
//! `App` under a fixed clock.

use crate::support::{noon, place_database};
use chrono::NaiveDate;
use daybook::app::App;
use daybook::config::WorkspaceSettings;
use daybook::jobs::report::Audience;
use daybook::jobs::report_context::ReportContext;
use daybook::sandbox::{Sandbox, Tenant, tenants};
use daybook::support::clock::Clock;
use std::fs;
use std::path::Path;

const SETTINGS: &str = r#"
[warehouse]
threads = 1

[delivery.mail]
kind = "folder"
path = "mail"
from = "Daybook <reports@example.com>"

[delivery.slack.marketing]
kind = "folder"
path = "slack"

[delivery.files]
path = "reports"

[privacy]
person_key = { file = "person_key" }
"#;

const BENCHMARKS: &str = r#"
[[benchmarks]]
industry = "any"
metric = "engagement_rate"
average = "0.5"
good = "0.6"
excellent = "0.7"

[[benchmarks]]
industry = "any"
channel = "paid_search"
metric = "cpc"
average = "4"
good = "2"
excellent = "1"
"#;

/// With the words of the company in place of those in braces.
const WORKSPACE: &str = r#"
name = "{name}"
time_zone = "{zone}"
currency = "{currency}"
industry = "any"
gross_margin = "0.62"

[recipients.marketing]
mail = ["ceo@example.com"]
slack = ["marketing"]
files = true

[recipients.executives]
[recipients.specialists]
[recipients.analysts]

[[budgets]]
month = "2026-11"
channel = "display"
amount = "750"

[[targets]]
month = "2026-11"
metric = "engagement_rate"
amount = "0.55"

[[campaigns]]
name = "{campaign}"
start = 2026-10-05
budget = "50000"
targets = { {goal} = "120", roi = "2.5" }

[[connections]]
id = "google_analytics"
connector = "google_analytics"
since = {first}
settings = { base_url = "{base}/google_analytics", token_url = "{base}/oauth2/token", property_ids = ["{property}"], breakdown_days = 30 }
secrets = { key_json = { file = "key_json" } }

[[connections]]
id = "google_ads"
connector = "google_ads"
since = {first}
settings = { base_url = "{base}/google_ads", token_url = "{base}/oauth2/token", customer_ids = [{accounts}], breakdown_days = 30 }

[connections.secrets]
developer_token = { file = "developer_token" }
client_id = { file = "client_id" }
client_secret = { file = "client_secret" }
refresh_token = { file = "refresh_token" }

[[connections]]
id = "stripe"
connector = "stripe"
since = {first}
settings = { base_url = "{base}/stripe/{id}" }
secrets = { api_key = { file = "api_key" } }
"#;

const CRM: &str = r#"
[[connections]]
id = "hubspot"
connector = "hubspot"
since = {first}
settings = { base_url = "{base}/hubspot" }
secrets = { access_token = { file = "access_token" } }
"#;

const FILES: &str = r#"
[[connections]]
id = "{preset}_files"
connector = "file"
folder = "drops/{id}"
preset = "{preset}"
prefix = "{preset}"
"#;

/// An opened installation.
pub struct TestInstallation {
    pub app: App,
}

impl TestInstallation {
    /// Writes the configuration below `root`, with vendors that answer at `base`, and opens it. What data are there stay.
    pub fn open(root: &Path, base: &str, first: NaiveDate) -> Self {
        let write = |file: &str, text: &str| {
            let path = root.join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("written");
        };
        write("config/daybook.toml", SETTINGS);
        write("config/benchmarks.toml", BENCHMARKS);
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["jobs", "jobs/checks", "jobs/rollups"] {
            for entry in fs::read_dir(repository.join(folder)).expect("a folder").flatten() {
                if entry.path().is_file() {
                    let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
                    write(&name, &fs::read_to_string(entry.path()).expect("a text"));
                }
            }
        }
        write("config/channels.toml", include_str!("../../config/channels.toml"));
        let keys = Sandbox::credentials();
        for (name, secret) in [
            ("person_key", "key"),
            ("key_json", keys.service_account_key),
            ("developer_token", keys.developer_token),
            ("client_id", keys.client_id),
            ("client_secret", keys.client_secret),
            ("refresh_token", keys.refresh_token),
            ("api_key", keys.stripe_key),
            ("access_token", keys.hubspot_token),
        ] {
            write(&format!("config/{name}"), secret);
        }
        for tenant in tenants() {
            write(&format!("config/workspaces/{}.toml", tenant.id), &workspace(&tenant, base, first));
        }
        place_database(&root.join("daybook.duckdb"));
        let app = App::open(root, Clock::fixed(noon())).unwrap_or_else(|error| panic!("{error}: {error:?}"));
        Self { app }
    }

    pub fn workspace(&self, id: &str) -> &WorkspaceSettings {
        self.app.settings.workspace(id).expect("a workspace")
    }

    /// What a company's reports are made from.
    pub fn report_context(&self, id: &str) -> ReportContext {
        self.app.report_context(self.workspace(id))
    }

    /// Who gets a company's daily report.
    pub fn audience(&self, id: &str) -> Audience {
        let jobs = &self.app.settings.jobs;
        let daily = jobs.iter().find(|job| job.id == "report_daily").expect("the shipped job");
        let Some(report) = daily.kind.report() else { panic!("{daily:?}") };
        self.app.audience(self.workspace(id), &report.copies().remove(0))
    }
}

fn workspace(tenant: &Tenant, base: &str, first: NaiveDate) -> String {
    let files = ["fx", "budgets", "targets", "influencer"].map(|preset| FILES.replace("{preset}", preset)).concat();
    let (campaign, goal) = if tenant.has_crm { ("Help Desk Software", "leads") } else { ("Herbst 2026", "orders") };
    let accounts: Vec<String> = tenant.accounts.iter().map(|account| format!("{account:?}")).collect();
    let text = format!("{WORKSPACE}{}{files}", if tenant.has_crm { CRM } else { "" });
    [
        ("{name}", tenant.name),
        ("{zone}", tenant.zone.name()),
        ("{currency}", tenant.currency.code()),
        ("{campaign}", campaign),
        ("{goal}", goal),
        ("{first}", &first.to_string()),
        ("{base}", base),
        ("{property}", tenant.property),
        ("{accounts}", &accounts.join(", ")),
        ("{id}", tenant.id),
    ]
    .into_iter()
    .fold(text, |text, (place, value)| text.replace(place, value))
}
