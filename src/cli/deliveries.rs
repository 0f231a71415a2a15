//! `daybook deliveries`: messages and what the other side answered; what to do about the troubled ones.

mod message;

use super::show::plain;
use super::{Outcome, out};
use crate::app::{App, AppError};
use crate::delivery::{ChannelRef, Route};
use crate::queries;
use crate::warehouse::outbox::{self, DeliveryFilter, DeliveryLine};
use chrono::NaiveDate;
use serde::Serialize;
use std::path::PathBuf;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
States: held (until `daybook deliveries release`), cancelled (by hand), \
pending (waits, or waits again), needs you (pending until something is \
mended, and tried again by the hour), claimed (being sent now), sent (the \
other side accepted it; nobody says that it was read), failed, unknown (the \
connection or Daybook broke after sending: it may or may not have gone out)."
)]
pub struct DeliveriesArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only this workspace.
    #[arg(long, short, value_name = "ID")]
    workspace: Option<String>,
    /// Only messages in this state.
    #[arg(long, value_parser = ["held", "cancelled", "pending", "claimed", "sent", "failed", "unknown"])]
    state: Option<String>,
    /// Only failed, unknown and late ones, and those that wait until you have mended something.
    #[arg(long, conflicts_with = "state")]
    troubled: bool,
    /// Only what goes this way.
    #[arg(long, value_parser = super::channel_args::ways())]
    way: Option<String>,
    /// Only addresses, hooks or paths that contain this.
    #[arg(long, value_name = "TEXT")]
    to: Option<String>,
    /// Only the messages of this report.
    #[arg(long, value_name = "ID")]
    report: Option<String>,
    /// Only those written on this day (UTC) or later.
    #[arg(long, value_name = "DAY")]
    since: Option<NaiveDate>,
    /// At most so many, newest first.
    #[arg(long, default_value_t = 50, value_name = "COUNT")]
    limit: u32,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show one message with every try and every answer.
    Show {
        #[arg(value_name = "MESSAGE")]
        id: String,
        /// Write the message itself there, as it went out: a mail, a channel's JSON, or the file.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Send a failed, unknown or waiting message with the next delivery, under the same Message-ID.
    Resend {
        #[arg(value_name = "MESSAGE")]
        id: String,
        /// One as well that the other side accepted: as it was issued, whatever the figures are today.
        #[arg(long)]
        again: bool,
    },
    /// Take back what has not gone out: a message, or all messages of a report.
    Cancel {
        #[arg(value_name = "MESSAGE or REPORT")]
        id: String,
    },
    /// Send what waits for a channel to another one of its kind, e.g. after it was renamed.
    Move {
        #[arg(value_name = "KIND:NAME", value_parser = super::channel_args::reference)]
        from: ChannelRef,
        #[arg(value_name = "KIND:NAME", value_parser = super::channel_args::reference)]
        to: ChannelRef,
    },
    /// Let reports leave this machine, the held ones first; asked once for a new installation.
    Release {
        /// The ones as well that were held longer than messages are tried.
        #[arg(long)]
        all: bool,
    },
    /// Record what you found out about an unknown message.
    #[command(alias = "settle")]
    Resolve {
        #[arg(value_name = "MESSAGE")]
        id: String,
        /// It went out.
        #[arg(long, required_unless_present = "failed", conflicts_with = "failed")]
        sent: bool,
        /// It did not.
        #[arg(long)]
        failed: bool,
    },
    /// List addresses that were refused for good and get no more mail.
    Suppressed,
    /// Let mail go to an address again.
    Lift {
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
}

pub fn run(app: &App, args: &DeliveriesArgs, json: bool) -> anyhow::Result<Outcome> {
    let now = app.clock.now();
    match &args.action {
        None => list(app, args, json),
        Some(Action::Show { id, out }) => message::show(app, id, out.as_deref(), json),
        Some(Action::Resend { id, again }) => message::resend(app, id, *again, json),
        Some(Action::Cancel { id }) => {
            let own = id.clone();
            let count = app.warehouse.write_ledger_blocking(move |connection| outbox::cancel(connection, &own, now))?;
            tracing::info!(id, count, "messages were cancelled by hand");
            done(count > 0, json, &format!("{count} messages are cancelled and are not sent"), || {
                format!("nothing that waits or is held has the id {id:?}")
            })
        }
        Some(Action::Move { from, to }) => moved(app, from, to, json),
        Some(Action::Release { all }) => {
            let age = chrono::TimeDelta::hours(i64::from(app.settings.delivery.give_up_after_hours));
            let oldest = if *all { chrono::DateTime::<chrono::Utc>::UNIX_EPOCH } else { now - age };
            let found =
                app.warehouse.write_ledger_blocking(move |connection| outbox::release(connection, oldest, now))?;
            tracing::info!(going = found.going, stale = found.stale, "deliveries were released by hand");
            let stale = match found.stale {
                0 => String::new(),
                count => format!("; {count} were held too long and are cancelled: deliveries --state cancelled"),
            };
            let going = match found.going {
                1 => "1 held message goes".to_owned(),
                count => format!("{count} held messages go"),
            };
            let words = format!("reports may leave this machine; {going} out next{stale}");
            done(true, json, &words, String::new)
        }
        Some(Action::Resolve { id, sent, .. }) => {
            let (own, was_sent) = (id.clone(), *sent);
            let settled = app
                .warehouse
                .write_ledger_blocking(move |connection| outbox::settle(connection, &own, was_sent, now))?;
            let state = if was_sent { "sent" } else { "failed" };
            done(settled, json, &format!("{id} is {state}"), || format!("no unknown message has the id {id:?}"))
        }
        Some(Action::Suppressed) => suppressed(app, json),
        Some(Action::Lift { address }) => {
            let own = address.clone();
            let lifted = app.warehouse.write_ledger_blocking(move |connection| outbox::lift(connection, &own, now))?;
            tracing::info!(address, lifted, "a suppression was lifted by hand");
            done(lifted, json, &format!("{address} gets mail again"), || format!("{address} is not suppressed"))
        }
    }
}

fn moved(app: &App, from: &ChannelRef, to: &ChannelRef, json: bool) -> anyhow::Result<Outcome> {
    let refused = if !app.settings.delivery.channels.contains_key(to) {
        Some(format!("there is no channel {to} under [delivery] of config/daybook.toml"))
    } else if from.kind != to.kind {
        Some(format!("a message for {from} cannot be posted to {to}: the kinds differ"))
    } else {
        None
    };
    if let Some(reason) = refused {
        return Err(AppError::Usage(reason).into());
    }
    let (lane, other, now) = (Route::Channel(from.clone()).lane(), to.clone(), app.clock.now());
    let route = move |route: &str| {
        let route: Route = serde_json::from_str(route).ok()?;
        serde_json::to_string(&route.on(&other)?).ok()
    };
    let count =
        app.warehouse.write_ledger_blocking(move |connection| outbox::move_waiting(connection, &lane, route, now))?;
    tracing::info!(%from, %to, count, "messages were moved to another channel by hand");
    let going = if count == 1 { "1 message goes".to_owned() } else { format!("{count} messages go") };
    done(count > 0, json, &format!("{going} to {to} with the next delivery"), || format!("nothing waits for {from}"))
}

/// What was done, in words.
#[derive(Serialize)]
struct Done<'a> {
    done: &'a str,
}

fn done(is_done: bool, json: bool, words: &str, otherwise: impl Fn() -> String) -> anyhow::Result<Outcome> {
    if !is_done {
        return Err(AppError::Usage(otherwise()).into());
    }
    if json {
        out::json(&Done { done: words })?;
    } else {
        outln!("{}", plain(words));
    }
    Ok(Outcome::Done)
}

fn list(app: &App, args: &DeliveriesArgs, json: bool) -> anyhow::Result<Outcome> {
    let filter = DeliveryFilter {
        message_id: None,
        workspace: args.workspace.clone(),
        state: args.state.clone(),
        way: args.way.clone(),
        to: args.to.clone(),
        report_id: args.report.clone(),
        troubled: args.troubled,
        since: args.since,
        limit: args.limit,
    };
    let lines = queries::deliveries::deliveries(app, &filter)?;
    if json {
        out::json(&lines)?;
    } else if lines.is_empty() {
        outln!("no matching message");
    } else {
        lines.iter().for_each(print);
    }
    Ok(Outcome::Done)
}

/// Two lines a message, three for one in trouble: ids stay whole, to be copied.
fn print(line: &DeliveryLine) {
    let at = line.ended_at.unwrap_or(line.created_at).format("%m-%d %H:%M");
    let state = if line.trouble.is_some() { "needs you" } else { &line.state };
    let workspace = cut(&line.workspace, 80 - 13 - 26 - state.len().max(8));
    outln!("{at}  {state:8} {}  {workspace}", line.message_id);
    let tries = match (line.state.as_str(), line.not_before) {
        ("pending", Some(at)) => format!(", {} tries, again after {} UTC", line.attempts, at.format("%m-%d %H:%M")),
        _ if line.attempts > 1 => format!(", {} tries", line.attempts),
        _ => String::new(),
    };
    outln!("             {}{tries}", cut(&to_text(line), 67 - tries.len()));
    if line.state != "sent" && !line.answer.is_empty() {
        outln!("             {}", cut(&line.answer, 67));
    }
}

/// At most `width` columns.
fn cut(text: &str, width: usize) -> String {
    let text = plain(text).replace('\n', " ");
    if text.width() <= width {
        return text;
    }
    let mut kept = String::new();
    for letter in text.chars() {
        if kept.width() + letter.width().unwrap_or_default() + 1 > width {
            break;
        }
        kept.push(letter);
    }
    kept + "…"
}

fn to_text(line: &DeliveryLine) -> String {
    let route = serde_json::from_str(&line.route).map_or_else(|_| line.route.clone(), |route: Route| route.text());
    if line.kind == "report" { route } else { format!("{route} ({})", line.kind) }
}

fn suppressed(app: &App, json: bool) -> anyhow::Result<Outcome> {
    let all = queries::deliveries::suppressed(app)?;
    if json {
        out::json(&all)?;
    } else if all.is_empty() {
        outln!("no address is suppressed");
    } else {
        for one in all {
            let since = one.suppressed_at.format("%Y-%m-%d %H:%M UTC");
            outln!(
                "{} since {since}\n  {}\n  daybook deliveries show {}",
                one.address,
                plain(&one.reason),
                one.message_id
            );
        }
        outln!("\nonce an address works: daybook deliveries lift ADDRESS");
    }
    Ok(Outcome::Done)
}
