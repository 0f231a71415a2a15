//! `daybook tables [FACT]`: what each table of facts holds.

use super::{line, page, rollups};
use crate::app::AppError;
use crate::app::catalog;
use crate::cli::Outcome;
use crate::cli::out::place;
use crate::cli::show::{table, wrapped};
use crate::config::{self, Settings};
use crate::domain::fact::{Column, Fact, Money, Origin};
use crate::settings::unknown_remedy;
use crate::support::shown::fault;
use serde_json::{Value, json};
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
        if json {
            let own = settings.facts.rollups().iter().map(rollups::as_json);
            let all = settings.facts.iter().map(|fact| as_json(&settings, fact)).chain(own);
            outln!("{}", Value::Array(all.collect()));
        } else {
            list(&settings);
        }
        return Ok(Outcome::Done);
    };
    let name = id.strip_prefix("core.").or_else(|| id.strip_prefix("mart.")).unwrap_or(id);
    if let Some(rollup) = settings.facts.rollups().iter().find(|rollup| rollup.id == name) {
        if json {
            outln!("{}", rollups::as_json(rollup));
        } else {
            rollups::one(rollup);
        }
        return Ok(Outcome::Done);
    }
    let fact = settings.facts.get(name).ok_or_else(|| {
        AppError::Usage(format!("there is no fact {id:?}; {}", unknown_remedy(name, &settings.facts.ids(), "facts")))
    })?;
    if json {
        outln!("{}", as_json(&settings, fact));
    } else {
        one(&settings, fact);
    }
    Ok(Outcome::Done)
}

fn list(settings: &Settings) {
    for fact in settings.facts.iter() {
        let own = if fact.origin == Origin::BuiltIn { "" } else { " (of this installation)" };
        outln!(
            "{}",
            wrapped(&format!("{:<21}", format!("core.{} ", fact.id)), &format!("{}{own}", fault(&fact.about)))
        );
    }
    settings.facts.rollups().iter().for_each(|rollup| outln!("{}", rollups::listed(rollup)));
    outln!("\n`daybook tables <fact>` shows columns, `daybook metrics` lists the figures.");
}

fn one(settings: &Settings, fact: &Fact) {
    outln!("{}", wrapped(&format!("core.{}: ", fact.id), &fault(&fact.about)));
    if let Origin::File(file) = &fact.origin {
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
    if let Some(adds) = &fact.contribution {
        let names: Vec<&str> = adds.measures.iter().map(|measure| measure.name.as_str()).collect();
        outln!("{}", line("adds", &format!("{} to mart.metric_daily, by {}", names.join(", "), adds.file.display())));
        let dimensions: Vec<&str> = adds.dimensions.iter().map(|dimension| dimension.word()).collect();
        if !dimensions.is_empty() {
            outln!("{}", line("dimensions", &format!("{} in mart.{}_by", dimensions.join(", "), fact.id)));
        }
    }
    let by = filled_by(settings, fact);
    if !by.is_empty() {
        outln!("{}", line("filled by", &by.join(", ")));
    }
    outln!("{}", line("history", &format!("history.{}: what newer loads replaced", fact.id)));
    outln!();
    let rows = fact.columns.iter().map(|column| {
        let is_required = if column.is_required { "yes" } else { "" };
        vec![column.name.clone(), column.kind.to_string(), is_required.to_owned(), about(column)]
    });
    outln!("{}", table(&["column", "type", "required", "what it holds"], &[], rows.collect()));
    outln!("Every fact has workspace, connection and load_id as well.");
}

fn amount(money: &Money) -> String {
    let which = money.condition.as_ref().map(|text| format!(" where {text}")).unwrap_or_default();
    let converted = if money.is_converted { ", converted at the rate of its day" } else { "" };
    format!("{} in {}{which}{converted}", money.amount, money.currency)
}

/// The sentence of a column with what its values must be.
pub fn about(column: &Column) -> String {
    let unit = column.unit.map(|unit| format!(" Unit: {}.", unit.word()));
    let min = column.min.map(|min| format!(" At least {min}."));
    let max = column.max.map(|max| format!(" At most {max}."));
    let form = column.format.as_ref().map(|form| format!(" Form: {form}."));
    let refers = column.references.as_ref().map(|(fact, at)| format!(" Refers to {fact}.{at}."));
    let personal = column.personal.map(|_| " Names a person.".to_owned());
    let more: String = [unit, min, max, form, refers, personal].into_iter().flatten().collect();
    format!("{}{more}", fault(&column.about))
}

/// Connectors and streams that load the fact.
pub fn filled_by(settings: &Settings, fact: &Fact) -> Vec<String> {
    let Ok(catalog) = catalog(&settings.root) else { return Vec::new() };
    let connectors = catalog.names().filter_map(|name| catalog.get(name)).collect::<Vec<_>>();
    let streams = connectors.iter().flat_map(|connector| {
        let streams = connector.spec.streams.iter();
        let of = streams.filter(|(_, stream)| stream.loads.iter().any(|load| load.table == fact.id));
        of.map(|(id, _)| format!("{} {id}", connector.spec.name))
    });
    let presets = settings.presets.all().filter(|preset| preset.target.spec().table == fact.id);
    streams.chain(presets.map(|preset| format!("files by {}", preset.name))).collect()
}

/// Everything a contract says, for programs.
pub fn as_json(settings: &Settings, fact: &Fact) -> Value {
    let columns = fact.columns.iter().map(|column| {
        json!({ "name": column.name, "type": column.kind.to_string(), "unit": column.unit.map(|unit| unit.word()),
            "about": column.about, "required": column.is_required, "min": column.min, "max": column.max,
            "format": column.format, "references": column.references.as_ref().map(|(fact, at)| format!("{fact}.{at}")),
            "personal": column.personal.map(|personal| personal.word()), "person_role": column.person_role })
    });
    let money = fact.money.iter().map(|money| {
        json!({ "amount": money.amount, "currency": money.currency, "where": money.condition,
            "is_converted": money.is_converted })
    });
    let adds = fact.contribution.as_ref().map(|adds| {
        let measures = adds.measures.iter().map(|m| json!({ "name": m.name, "type": m.kind.to_string() }));
        json!({ "file": adds.file, "sql": adds.sql, "measures": measures.collect::<Vec<_>>(),
            "dimensions": adds.dimensions.iter().map(|dimension| dimension.word()).collect::<Vec<_>>() })
    });
    let file = match &fact.origin {
        Origin::BuiltIn => None,
        Origin::File(file) => Some(file),
    };
    json!({ "fact": fact.id, "table": format!("core.{}", fact.id), "about": fact.about, "day": fact.day,
        "hour": fact.hour, "key": fact.key, "is_unique_across_connections": fact.is_unique_across_connections,
        "money": money.collect::<Vec<_>>(), "adds": adds,
        "filled_by": filled_by(settings, fact), "file": file, "columns": columns.collect::<Vec<_>>() })
}
