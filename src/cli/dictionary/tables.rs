//! `daybook tables [FACT]`: what each table of facts holds.

use super::{line, rollups};
use crate::app::AppError;
use crate::cli::Outcome;
use crate::cli::out::{self, place};
use crate::cli::show::{table as print_table, wrapped};
use crate::config;
use crate::queries::dictionary::facts::{FactEntry, MoneyEntry};
use crate::queries::dictionary::{TableEntry, page, table, tables as all_tables};
use crate::settings::unknown_remedy;
use crate::support::shown::fault;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct TablesArgs {
    /// Only this fact, with its columns.
    fact: Option<String>,
    /// Write the dictionary of all facts and metrics as an HTML page.
    #[arg(long, value_name = "FILE", conflicts_with = "fact")]
    page: Option<PathBuf>,
}

pub fn tables(root: &Path, args: &TablesArgs, json: bool) -> anyhow::Result<Outcome> {
    let settings = config::load(root).map_err(AppError::Config)?;
    if let Some(file) = &args.page {
        let file = place(file);
        std::fs::write(&file, page::html(&settings)?)?;
        outln!("written to {}", file.display());
        return Ok(Outcome::Done);
    }
    let Some(id) = &args.fact else {
        let all = all_tables(&settings);
        if json {
            return out::json(&all);
        }
        list(&all);
        return Ok(Outcome::Done);
    };
    let found = table(&settings, id).ok_or_else(|| {
        let name = id.strip_prefix("core.").or_else(|| id.strip_prefix("mart.")).unwrap_or(id);
        AppError::Usage(format!("there is no fact {id:?}; {}", unknown_remedy(name, &settings.facts.ids(), "facts")))
    })?;
    if json {
        return out::json(&found);
    }
    match &found {
        TableEntry::Fact(fact) => one(fact),
        TableEntry::Rollup(rollup) => rollups::one(rollup),
    }
    Ok(Outcome::Done)
}

fn list(all: &[TableEntry]) {
    for entry in all {
        match entry {
            TableEntry::Fact(fact) => {
                let own = if fact.file.is_none() { "" } else { " (of this installation)" };
                let name = format!("{} ", fact.table);
                outln!("{}", wrapped(&format!("{name:<21}"), &format!("{}{own}", fault(&fact.about))));
            }
            TableEntry::Rollup(rollup) => outln!("{}", rollups::listed(rollup)),
        }
    }
    outln!("\n`daybook tables <fact>` shows columns, `daybook metrics` lists the figures.");
}

fn one(fact: &FactEntry) {
    outln!("{}", wrapped(&format!("{}: ", fact.table), &fault(&fact.about)));
    if let Some(file) = &fact.file {
        outln!("{}", line("contract", &file.display().to_string()));
    }
    let connection = if fact.is_unique_across_connections { "workspace" } else { "workspace, connection" };
    outln!("{}", line("key", &format!("{connection}, {}", fact.key.join(", "))));
    if let Some(day) = &fact.day {
        outln!("{}", line("day", day));
    }
    for money in &fact.money {
        outln!("{}", line("money", &amount(money)));
    }
    if let Some(adds) = &fact.adds {
        let names: Vec<&str> = adds.measures.iter().map(|measure| measure.name.as_str()).collect();
        outln!("{}", line("adds", &format!("{} to mart.metric_daily, by {}", names.join(", "), adds.file.display())));
        if !adds.dimensions.is_empty() {
            outln!("{}", line("dimensions", &format!("{} in mart.{}_by", adds.dimensions.join(", "), fact.fact)));
        }
    }
    if !fact.filled_by.is_empty() {
        outln!("{}", line("filled by", &fact.filled_by.join(", ")));
    }
    outln!("{}", line("history", &format!("history.{}: what newer loads replaced", fact.fact)));
    outln!();
    let rows = fact.columns.iter().map(|column| {
        let is_required = if column.required { "yes" } else { "" };
        vec![column.name.clone(), column.kind.clone(), is_required.to_owned(), column.sentence()]
    });
    outln!("{}", print_table(&["column", "type", "required", "what it holds"], &[], rows.collect()));
    outln!("Every fact has workspace, connection and load_id as well.");
}

fn amount(money: &MoneyEntry) -> String {
    let which = money.condition.as_ref().map(|text| format!(" where {text}")).unwrap_or_default();
    let converted = if money.is_converted { ", converted at the rate of its day" } else { "" };
    format!("{} in {}{which}{converted}", money.amount, money.currency)
}
