//! `daybook files try`: how a file would be read, before anything of it is loaded.

mod told;

use super::show::plain;
use super::{Outcome, out};
use crate::app::{AppError, known_names};
use crate::config;
use crate::connectors::Engine;
use crate::connectors::file::{Answers, FileDrop, Mark, NONE, Preset, Presets, Written};
use crate::domain::dropped::Repeats;
use crate::domain::money::Currency;
use crate::domain::workspace::Workspace;
use crate::jobs::files::{FileSource, look, sync_files};
use crate::jobs::sync::SyncContext;
use crate::queries::file_trial::{FileTrial, loaded_sample};
use crate::settings::Problems;
use crate::support::clock::Clock;
use crate::support::secret::Secret;
use crate::warehouse::facts::builtin;
use crate::warehouse::{Warehouse, WarehouseConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use told::{block, tell};

#[derive(Debug, clap::Args)]
pub(super) struct TryArgs {
    /// The file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which kind of export it is, as `daybook connectors` lists them; found out if left out.
    #[arg(long, value_name = "PRESET")]
    preset: Option<String>,
    /// Which column is which field: "Betrag (EUR)=amount"; "=none" leaves it out; may be given more than once.
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    mapping: Vec<String>,
    /// A value of every row: "currency=EUR"; may be given more than once.
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    constants: Vec<String>,
    /// With which values of a column a row counts: "Status=Paid,Shipped"; may be given more than once.
    #[arg(long = "count", value_name = "COLUMN=VALUES")]
    counts: Vec<String>,
    /// What several rows of one key are: sum, items, same or quarantine.
    #[arg(long, value_name = "WORD", value_parser = ["sum", "items", "same", "quarantine"])]
    repeats: Option<String>,
    /// What a field's numbers are multiplied by: "amount=1000"; may be given more than once.
    #[arg(long = "factor", value_name = "FIELD=NUMBER")]
    factors: Vec<String>,
    /// The sign before decimals, . or ,
    #[arg(long, value_name = "SIGN")]
    decimal_mark: Option<char>,
    /// How days are written, as "%d.%m.%Y".
    #[arg(long, value_name = "FORMAT")]
    date_format: Option<String>,
    /// How the text is encoded, as windows-1252.
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// The zone of times without an offset, as Europe/Berlin.
    #[arg(long, value_name = "ZONE")]
    zone: Option<chrono_tz::Tz>,
    /// The sign between values: , ; | or tab.
    #[arg(long, value_name = "SIGN", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// The cells of a workbook's table, as A3:F200.
    #[arg(long, value_name = "CELLS")]
    range: Option<String>,
    /// The line of the columns' names.
    #[arg(long, value_name = "LINE")]
    header_line: Option<u64>,
    /// The sheet of a workbook.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// The workspace whose zone and currency count; UTC and EUR where there is none.
    #[arg(long, short, value_name = "ID")]
    workspace: Option<String>,
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "," | ";" | "|" => Ok(text.as_bytes()[0]),
        "tab" | "\t" => Ok(b'\t'),
        _ => Err("write , ; | or tab".to_owned()),
    }
}

pub(super) async fn run(root: &Path, args: &TryArgs, json: bool) -> anyhow::Result<Outcome> {
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bench = Bench::new(root, args)?;
    let copy = bench.folder.path().join("drops").join(&name);
    std::fs::copy(&args.file, &copy).map_err(|source| AppError::Io { path: args.file.clone(), source })?;
    let source = match &args.preset {
        Some(word) => bench.source(args, bench.named(word)?)?,
        None => bench.guess(args, &name)?,
    };
    let outcome = sync_files(&bench.context, &bench.folder.path().join("landing"), &source).await;
    let read = tokio::task::block_in_place(|| look(&bench.context, &source, &copy));
    let loaded = loaded_sample(&bench.context.warehouse, source.drop.preset.target.spec())?;
    let trial = FileTrial::new(&name, &source, &read, &outcome, loaded);
    if json {
        out::json(&trial)?;
    } else {
        tell(&trial);
        if outcome.error.is_none() || outcome.slices > 0 {
            outln!("\n{}", block(&name, args, &source));
        }
    }
    Ok(if outcome.error.is_none() { Outcome::Done } else { Outcome::Partly })
}

/// An installation for one file, which vanishes with it.
struct Bench {
    folder: tempfile::TempDir,
    context: SyncContext,
    workspace: Workspace,
    presets: Presets,
    settings: Option<config::Settings>,
}

impl Bench {
    fn new(root: &Path, args: &TryArgs) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("drops"))?;
        // A file can be tried where nothing is configured yet.
        let settings = config::load(root);
        let workspace = match (&args.workspace, &settings) {
            (Some(_), Err(problems)) => return Err(AppError::Config(problems.clone()).into()),
            (Some(id), Ok(settings)) => {
                let known = settings.workspace(id).map(|found| found.workspace.clone());
                known.ok_or_else(|| AppError::Usage(format!("there is no workspace {id:?}")))?
            }
            // Whichever there is, if there is only one.
            (None, settings) => match settings.as_ref().map(|settings| settings.workspaces.as_slice()) {
                Ok([only]) => only.workspace.clone(),
                _ => Workspace {
                    id: "trial".to_owned(),
                    name: "Trial".to_owned(),
                    time_zone: chrono_tz::UTC,
                    currency: Currency::new("EUR").map_err(|error| anyhow::anyhow!("{error:?}"))?,
                    week_starts_on: chrono::Weekday::Mon,
                    fiscal_year: Default::default(),
                },
            },
        };
        let clock = Clock::System;
        let engine = Arc::new(Engine::new(folder.path().join("landing"), clock.clone())?);
        let facts = settings.as_ref().map_or_else(|_| builtin(), |settings| settings.facts.clone());
        let warehouse =
            Warehouse::in_memory_with(WarehouseConfig { facts: facts.clone(), ..WarehouseConfig::default() })?;
        let context = SyncContext::new(engine, warehouse, clock, Secret::new("trial"));
        let mut presets = Presets::built_in();
        presets.add_facts(&facts);
        let problems = Problems::default();
        presets.add_own(root, &problems);
        for problem in problems.into_sorted() {
            outln!("{problem}\n");
        }
        Ok(Self { folder, context, workspace, presets, settings: settings.ok() })
    }

    fn named(&self, word: &str) -> Result<Arc<Preset>, AppError> {
        let known = || self.presets.names().join(", ");
        self.presets
            .get(word)
            .ok_or_else(|| AppError::Usage(format!("there is no preset {word:?}; there are {}", known())))
    }

    fn source(&self, args: &TryArgs, preset: Arc<Preset>) -> Result<FileSource, AppError> {
        let pair = |text: &String| {
            let (left, right) = text.rsplit_once('=').ok_or_else(|| {
                AppError::Usage(format!("{text:?} must be written with =, as \"Betrag=amount\" or \"currency=EUR\""))
            })?;
            Ok((left.trim().to_owned(), right.trim().to_owned()))
        };
        let columns = args.mapping.iter().map(pair).collect::<Result<Vec<_>, AppError>>()?;
        let constants = args.constants.iter().map(pair).collect::<Result<Vec<_>, AppError>>()?;
        let factors = args.factors.iter().map(|text| {
            let (field, number) = pair(text)?;
            let number = number.parse().map_err(|_| AppError::Usage(format!("{number:?} is no number")))?;
            Ok((field, number))
        });
        let factors = factors.collect::<Result<Vec<_>, AppError>>()?;
        let counts = args.counts.iter().map(|text| {
            let (column, values) = pair(text)?;
            Ok((column, values.split(',').map(|value| value.trim().to_owned()).collect()))
        });
        let counts = counts.collect::<Result<Vec<_>, AppError>>()?;
        let repeats = args.repeats.as_deref().map(|word| match word {
            "sum" => Repeats::Sum,
            "items" => Repeats::Items,
            "same" => Repeats::Same,
            _ => Repeats::Quarantine,
        });
        let spec = preset.target.spec();
        let given = columns.iter().map(|(_, field)| field).filter(|field| *field != NONE);
        let mut given = given.chain(constants.iter().map(|(field, _)| field));
        if let Some(unknown) = given.find(|field| spec.field(field).is_none()) {
            let known: Vec<&str> = spec.fields.iter().map(|field| field.name).collect();
            let known = known.join(", ");
            return Err(AppError::Usage(format!("{} has no field {unknown:?}; it has {known}", preset.name)));
        }
        let mark = match args.decimal_mark {
            None => None,
            Some('.') => Some(Mark::Point),
            Some(',') => Some(Mark::Comma),
            Some(other) => return Err(AppError::Usage(format!("{other:?} stands before no decimals; write . or ,"))),
        };
        let written = Written {
            decimal_mark: mark,
            date_format: args.date_format.clone(),
            encoding: args.encoding.clone(),
            header_line: args.header_line,
            sheet: args.sheet.clone(),
            zone: args.zone,
            delimiter: args.delimiter,
            range: args.range.clone(),
        };
        let known = self.settings.as_ref().map(|settings| known_names(settings, preset.target)).unwrap_or_default();
        let drop = FileDrop {
            written: written.or(&preset.written),
            known,
            settle_secs: 0,
            ..FileDrop::new(
                self.folder.path().join("drops"),
                Arc::new((*preset).clone().answered(&Answers { columns, constants, factors, counts, repeats })),
            )
        };
        Ok(FileSource { workspace: self.workspace.clone(), id: "trial".to_owned(), drop })
    }

    /// The preset that finds most of its fields in the file.
    fn guess(&self, args: &TryArgs, name: &str) -> Result<FileSource, AppError> {
        let copy = self.folder.path().join("drops").join(name);
        let mut fitting = Vec::new();
        let mut lacks = Vec::new();
        for preset in self.presets.all() {
            match self.source(args, preset.clone()).map(|source| (look(&self.context, &source, &copy), source)) {
                Ok((Ok(table), source)) => {
                    let found = table.sources.iter().filter(|source| !source.columns.is_empty()).count();
                    fitting.push((found, source));
                }
                Ok((Err(error), _)) => lacks.push((preset, plain(&error.to_string()))),
                Err(error) => lacks.push((preset, error.to_string())),
            }
        }
        let most = fitting.iter().map(|(found, _)| *found).max();
        fitting.retain(|(found, _)| Some(*found) == most);
        if let (Some(most), Some((_, top))) = (most, fitting.first()) {
            let mut words: Vec<String> = fitting.iter().map(|(_, source)| source.drop.preset.name.clone()).collect();
            // A vendor's preset that finds no more than the plain one may be another vendor's.
            let plain = self.plain(args, top, &copy, most)?;
            words.extend(plain.filter(|word| !words.contains(word)));
            if words.len() > 1 {
                return Err(AppError::Usage(format!("{name:?} may be {}; choose with --preset", words.join(" or "))));
            }
        }
        fitting.pop().map(|(_, source)| source).ok_or_else(|| {
            // What only lacks a column or an answer is nearer than what lacks all.
            // A plain report of a platform only lacks the platform's name.
            let lacks_a_name = |told: &str| told.contains("no columns \"source\", \"medium\";");
            lacks.sort_by_key(|(_, told)| {
                (!lacks_a_name(told), told.contains("there are no columns"), told.matches('"').count())
            });
            let nearest: Vec<String> =
                lacks.iter().take(4).map(|(preset, told)| format!("  {}: {told}", preset.name)).collect();
            let others: Vec<&str> = lacks.iter().skip(4).map(|(preset, _)| preset.name.as_str()).collect();
            AppError::Usage(format!(
                "no preset fits {name:?}; choose one with --preset, and say which column is which field with --map \"COLUMN=FIELD\" and what is the same in all rows with --set \"FIELD=VALUE\":\n{}\n  nor {}",
                nearest.join("\n"),
                others.join(", ")
            ))
        })
    }

    /// The plain preset of a target, if it finds as many fields as a vendor's; with what it cannot find.
    fn plain(&self, args: &TryArgs, top: &FileSource, copy: &Path, most: usize) -> Result<Option<String>, AppError> {
        let word = top.drop.preset.target.spec().name;
        let Some(plain) = self.presets.get(word).filter(|_| top.drop.preset.name != word) else { return Ok(None) };
        let is_fixed = |name: &&str| top.drop.preset.column(name).is_some_and(|column| column.headers.is_empty());
        let fixed: Vec<&str> = ["source", "medium"].into_iter().filter(is_fixed).collect();
        let constants = fixed.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect();
        let answers = Answers { constants, ..Answers::default() };
        let source = self.source(args, Arc::new((*plain).clone().answered(&answers)))?;
        let Ok(table) = look(&self.context, &source, copy) else { return Ok(None) };
        let found = table.sources.iter().filter(|source| !source.columns.is_empty()).count();
        let settings: Vec<String> = fixed.iter().map(|name| format!(" --set {name}=…")).collect();
        let told = match settings.is_empty() {
            true => word.to_owned(),
            false => format!("another platform's ({word}{})", settings.concat()),
        };
        Ok((found >= most).then_some(told))
    }
}
