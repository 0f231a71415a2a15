//! `daybook quota`: what vendors allow, what is left of it, and when it returns.

use super::Outcome;
use super::out;
use super::show::{count, plain, table, wrapped};
use crate::app::App;
use crate::queries::quota::{AccountQuota, quotas};
use crate::warehouse::allowances::{Hold, StatedAllowance};
use chrono::{DateTime, Utc};

#[derive(Debug, clap::Args)]
pub struct QuotaArgs {
    /// Only this workspace.
    #[arg(long)]
    workspace: Option<String>,
}

pub fn run(app: &App, args: &QuotaArgs, json: bool) -> anyhow::Result<Outcome> {
    let found = quotas(app, args.workspace.as_deref())?;
    if json {
        return out::json(&found);
    }
    if found.accounts.is_empty() {
        outln!("no vendor's account is configured");
        return Ok(Outcome::Done);
    }
    for accounts in found.accounts.chunk_by(|one, other| one.workspace == other.workspace) {
        let [first, ..] = accounts else { continue };
        outln!("{}", plain(&first.workspace));
        let lines = accounts.iter().map(line).collect();
        outln!("{}", table(&["account", "vendor", "pages today", "at most"], &[2], lines));
        for account in accounts {
            let told = account.allowances.iter().map(told).chain(account.held.iter().map(held));
            told.for_each(|told| outln!("{}", wrapped(&format!("{}: ", account.connection), &plain(&told))));
        }
        outln!();
    }
    if found.accounts.iter().all(|account| account.allowances.is_empty() && account.held.is_empty()) {
        outln!("nothing is used up; none of these vendors has said what is left");
    }
    outln!("pages since midnight UTC; hourly syncs go before backfills");
    Ok(Outcome::Done)
}

fn line(account: &AccountQuota) -> Vec<String> {
    let AccountQuota { connection, vendor, requests, per_secs, at_once, pages_today, .. } = account;
    let within = if *per_secs == 1 { "s".to_owned() } else { format!("{per_secs} s") };
    vec![plain(connection), plain(vendor), count(*pages_today), format!("{requests}/{within}, {at_once} at once")]
}

fn told(allowance: &StatedAllowance) -> String {
    let StatedAllowance { partition, what, amount, limit, is_used, resets_at, said_at, .. } = allowance;
    let of = if partition.is_empty() { String::new() } else { format!("{partition}: ") };
    let word = if *is_used { "used" } else { "left" };
    let limit = limit.map_or_else(String::new, |limit| match is_used {
        true => format!(" (waits from {limit} on)"),
        false => format!(" (waits below {limit})"),
    });
    let returns = resets_at.map_or_else(String::new, |at| format!(", returns {}", instant(at)));
    format!("{of}{amount} {what} {word}{limit}, said {}{returns}", instant(*said_at))
}

fn held(hold: &Hold) -> String {
    let parts = [&hold.stream, &hold.partition].into_iter().filter(|part| !part.is_empty());
    let of: Vec<&str> = parts.map(String::as_str).collect();
    let of = if of.is_empty() { String::new() } else { format!("{}: ", of.join(" of ")) };
    format!("{of}{}; not asked again before {}", hold.note, instant(hold.until))
}

fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
