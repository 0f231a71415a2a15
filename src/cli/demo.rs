//! `daybook demo`: the whole path on simulated companies, over real HTTP on loopback.

use super::Outcome;
use super::install::{shipped, write_new};
use super::report::{Issued, issue_job, print};
use super::show::{bytes, count};
use super::sync::{fetch, print as print_sync};
use crate::config::schema;
use crate::daemon::issue::Patience;
use crate::daemon::{App, Selection, start_log};
use crate::jobs::deliver::{BusyLanes, deliver_due};
use crate::report::definition::Cadence;
use crate::sandbox::{Faults, SHOP, SOFTWARE, Sandbox, SandboxOptions, Tenant, with_odd_names, write_drop_files};
use crate::support::clock::Clock;
use crate::warehouse::outbox::Ending;
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

const SEED: u64 = 20_26;
/// Two rows of its file are bad, for everybody to see what becomes of them.
const PLANTED: &str = "influencer";
/// Days reported one by one: the last one is the day before today.
const REPORTS: u64 = 3;

#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Where everything goes.
    #[arg(long, default_value = "daybook-demo", value_name = "DIR")]
    dir: PathBuf,
    /// Days of history to simulate.
    #[arg(long, default_value_t = 400, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(60..=1000))]
    days: u64,
}

/// What makes the sandbox the same one the next time.
#[derive(Debug, Serialize, Deserialize)]
struct Memory {
    seed: u64,
    first_date: NaiveDate,
    port: u16,
    /// Absent in the memory of a first version.
    planted_at: Option<DateTime<Utc>>,
}

pub async fn run(args: &DemoArgs) -> anyhow::Result<Outcome> {
    let (clock, begun) = (Clock::System, Instant::now());
    fs::create_dir_all(&args.dir)?;
    let dir = args.dir.canonicalize()?;
    let (sandbox, memory) = start(&dir, args.days, &clock).await?;
    say!("sandbox: three companies with {} days of history, their vendors on {}", args.days, sandbox.base_url());
    write_installation(&dir, &sandbox, &memory, clock.now().date_naive())?;
    write_drop_files(&sandbox, &dir.join("drops"))?;
    fs::write(dir.join("truth.json"), serde_json::to_vec_pretty(&sandbox.truth())?)?;

    let app = App::open(&dir, clock)?;
    start_log(&app.settings.log);
    let all = Selection::default();
    let outcomes = fetch(&app, &all).await?;
    print_sync(&outcomes, false);
    let is_well = outcomes.iter().all(|outcome| outcome.error.is_none() || outcome.stream == PLANTED);
    let (rows, size) = outcomes.iter().fold((0, 0), |(rows, size), o| (rows + o.loaded.rows_read, size + o.bytes));
    let rolled: u64 = app.rollup(&all).await?.iter().map(|(_, rolled)| rolled.days).sum();
    say!("\nsynced {} rows ({}); {} days computed", count(rows), bytes(size), count(rolled));

    let mut issued: Vec<Issued> = Vec::new();
    for workspace in &app.settings.workspaces {
        for (_, report) in app.settings.report_jobs(&workspace.workspace.id) {
            let of = &workspace.workspace;
            let today = app.clock.now().with_timezone(&of.time_zone).date_naive();
            let last = report.base.cadence.last_whole(today, of.week_starts_on);
            let reports = if report.base.cadence == Cadence::Daily { REPORTS } else { 1 };
            for back in (0..reports).rev() {
                issued.extend(issue_job(&app, workspace, report, last.back(back), Patience::None, false).await?);
            }
        }
    }
    let sent = deliver_due(&app.warehouse, &app.deliverers()?, &app.clock, &BusyLanes::default()).await?;
    say!();
    print(&issued, &sent);
    let requests: Vec<String> = sandbox.request_counts().iter().map(|(vendor, n)| format!("{vendor} {n}")).collect();
    say!("\nrequests answered by the sandbox: {}", requests.join(", "));
    closing(&dir, &issued, begun);
    let is_sent = sent.iter().all(|delivery| matches!(delivery.ending, Ending::Accepted { .. }));
    Ok(if is_sent && is_well { Outcome::Done } else { Outcome::Partly })
}

/// Starts the sandbox as it was the last time, on its old port if that is free.
async fn start(dir: &Path, days: u64, clock: &Clock) -> anyhow::Result<(Sandbox, Memory)> {
    let kept: Option<Memory> =
        fs::read_to_string(dir.join("sandbox.toml")).ok().and_then(|text| toml::from_str(&text).ok());
    let now = clock.now();
    let first_date = kept.as_ref().map_or(now.date_naive() - Days::new(days), |kept| kept.first_date);
    let planted_at = kept.as_ref().and_then(|kept| kept.planted_at).unwrap_or(now);
    let options = |port| SandboxOptions {
        tenants: with_odd_names(),
        seed: SEED,
        first_date,
        as_of: now,
        planted_at,
        port,
        faults: Faults::default(),
    };
    let sandbox = match Sandbox::start(options(kept.as_ref().map_or(0, |kept| kept.port))).await {
        Ok(sandbox) => sandbox,
        Err(_) => Sandbox::start(options(0)).await?,
    };
    let port = kept.map_or(sandbox.port(), |kept| kept.port);
    Ok((sandbox, Memory { seed: SEED, first_date, port, planted_at: Some(planted_at) }))
}

/// Writes a configuration like any other, to be edited; what is there stays, but for the sandbox's
/// port if that had to change.
fn write_installation(dir: &Path, sandbox: &Sandbox, memory: &Memory, today: NaiveDate) -> anyhow::Result<()> {
    let keys = Sandbox::credentials();
    let files = [
        ("config/daybook.toml", include_str!("demo/daybook.toml").to_owned()),
        ("config/secrets/person_key", "a key for the demo's pseudonyms".to_owned()),
        ("config/secrets/google_service_account.json", keys.service_account_key.to_owned()),
        ("config/secrets/google_ads_developer_token", keys.developer_token.to_owned()),
        ("config/secrets/google_client_id", keys.client_id.to_owned()),
        ("config/secrets/google_client_secret", keys.client_secret.to_owned()),
        ("config/secrets/google_refresh_token", keys.refresh_token.to_owned()),
        ("config/secrets/stripe_key", keys.stripe_key.to_owned()),
        ("config/secrets/hubspot_token", keys.hubspot_token.to_owned()),
    ];
    for (name, text) in files {
        write_new(&dir.join(name), &text)?;
    }
    for (name, text) in shipped() {
        write_new(&dir.join(name), text)?;
    }
    schema::write_all(dir)?;
    for tenant in with_odd_names() {
        let path = dir.join(format!("config/workspaces/{}.toml", tenant.id));
        write_new(&path, &workspace(&tenant, &sandbox.base_url(), memory.first_date, today))?;
        if sandbox.port() != memory.port {
            let text = fs::read_to_string(&path)?;
            let (old, new) = (format!("127.0.0.1:{}/", memory.port), format!("127.0.0.1:{}/", sandbox.port()));
            fs::write(&path, text.replace(&old, &new))?;
        }
    }
    let memory = Memory { port: sandbox.port(), ..*memory };
    fs::write(dir.join("sandbox.toml"), toml::to_string(&memory)?)?;
    Ok(())
}

/// A tenant as an admin would describe it.
fn workspace(tenant: &Tenant, base: &str, first: NaiveDate, today: NaiveDate) -> String {
    let accounts: Vec<String> = tenant.accounts.iter().map(|account| format!("{account:?}")).collect();
    let crm = if tenant.has_crm {
        format!(
            "\n[[connections]]\nid = \"hubspot\"\nconnector = \"hubspot\"\nsince = {first}\nsettings = {{ base_url = \"{base}/hubspot\" }}\nsecrets = {{ access_token = {{ file = \"secrets/hubspot_token\" }} }}\n"
        )
    } else {
        String::new()
    };
    let creators = if tenant.id == SHOP { "influencer" } else { "" };
    let drops: String = ["fx", "budgets", "targets", creators]
        .into_iter()
        .filter(|preset| !preset.is_empty())
        .map(|preset| {
            format!(
                "\n[[connections]]\nid = \"{preset}_files\"\nconnector = \"file\"\nfolder = \"drops/{}\"\npreset = \"{preset}\"\nprefix = \"{preset}\"\n",
                tenant.id
            )
        })
        .collect();
    let plan = match tenant.id {
        SOFTWARE => include_str!("demo/plan_software.toml"),
        SHOP => include_str!("demo/plan_shop.toml"),
        _ => include_str!("demo/plan_names.toml"),
    };
    // Begun two months ago, on the first: long enough for results.
    let month = chrono::Datelike::with_day(&first.max(today - Days::new(60)), 1).unwrap_or(first);
    include_str!("demo/workspace.toml")
        .replace("{name}", tenant.name)
        .replace("{zone}", tenant.zone.name())
        .replace("{currency}", tenant.currency.code())
        .replace("{base}", base)
        .replace("{tenant}", tenant.id)
        .replace("{industry}", if tenant.has_crm { "software" } else { "shop" })
        .replace("{first}", &first.to_string())
        .replace("{property}", tenant.property)
        .replace("{accounts}", &accounts.join(", "))
        + &crm
        + &drops
        + "\n"
        + &plan.replace("{start}", &month.to_string())
}

fn closing(dir: &Path, issued: &[Issued], begun: Instant) {
    say!("\nin {}", dir.display());
    say!("  daybook.duckdb      the warehouse");
    say!("  reports/            PDF, HTML and CSV, by workspace");
    say!("  mail/  slack/       the same as mail and Slack messages");
    say!("  config/  jobs/      the configuration, to be edited");
    say!("  truth.json          what the simulated companies really did");
    if let Some(last) = issued.iter().rfind(|report| report.workspace == SOFTWARE && report.stem.starts_with("daily-"))
    {
        say!("\nlook at {}", dir.join(format!("reports/{}/{}.pdf", last.workspace, last.stem)).display());
    }
    say!("done in {:.1} s; run it again, and nothing is sent twice", begun.elapsed().as_secs_f64());
}
