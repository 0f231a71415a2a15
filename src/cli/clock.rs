//! `daybook clock`: what the machine's clock has shown, what was noted while it stood ahead, and putting
//! that right.

use super::Outcome;
use super::out;
use super::show::{count, plain, table, wrapped};
use crate::app::App;
use crate::queries::clock::clock;
use crate::warehouse::clock::{Ahead, correct};
use chrono::{DateTime, Utc};
use serde::Serialize;

#[derive(Debug, clap::Args)]
pub struct ClockArgs {
    /// Take the clock as it stands now for right. What was read in the future is read again, and what is
    /// dated there is dated now; no row of a source is removed.
    #[arg(long)]
    correct: bool,
}

/// What was dated in the future and is dated now.
#[derive(Serialize)]
struct Correction {
    /// UTC.
    now: DateTime<Utc>,
    corrected: Vec<Ahead>,
}

pub fn run(app: &App, args: &ClockArgs, json: bool) -> anyhow::Result<Outcome> {
    let now = app.clock.now();
    if args.correct {
        let corrected = app.warehouse.write_both_blocking(move |connection| correct(connection, now))?;
        if json {
            return out::json(&Correction { now, corrected });
        }
        match corrected.is_empty() {
            true => outln!("nothing lies in the future; the clock is taken for right"),
            false => outln!("{}\ncorrected; `daybook sync` reads again what was read in the future", lines(&corrected)),
        }
        return Ok(Outcome::Done);
    }
    let found = clock(app)?;
    if json {
        return out::json(&found);
    }
    outln!("the clock shows {}", shown(found.now));
    if let Some(latest) = found.behind {
        outln!("it has shown {}", shown(latest));
    }
    if let Some(doubt) = found.doubt {
        outln!("{}", wrapped("", &plain(&format!("nothing is removed because of its age: {doubt}"))));
    }
    if found.ahead.is_empty() {
        outln!("nothing that was noted lies in the future");
        return Ok(Outcome::Done);
    }
    outln!("\nnoted in the future, and not believed until then:\n{}", lines(&found.ahead));
    outln!("\nif the clock is right now: daybook clock --correct");
    Ok(Outcome::Done)
}

fn lines(found: &[Ahead]) -> String {
    let rows = found
        .iter()
        .map(|ahead| vec![ahead.table.clone(), ahead.column.clone(), count(ahead.rows), shown(ahead.furthest_at)]);
    table(&["table", "column", "rows", "up to"], &[2], rows.collect()).trim_end().to_owned()
}

fn shown(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
