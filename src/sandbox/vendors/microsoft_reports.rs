//! Reports of Microsoft Advertising: what is asked for, how long each takes, and the file that comes of it.

use super::microsoft_rows::{self, Row, Split};
use crate::connectors::slice::start_of_day;
use crate::sandbox::world::Simulation;
use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::sync::{Mutex, PoisonError};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const MEASURES: [&str; 5] = ["Impressions", "Clicks", "Spend", "ConversionsQualified", "Revenue"];
/// Kinds of reports with the columns that they have beside the measures.
const KINDS: [(&str, Split, &[&str]); 5] = [
    ("AccountPerformanceReport", Split::Account, &["TimePeriod", "AccountId", "CurrencyCode"]),
    (
        "CampaignPerformanceReport",
        Split::Campaign,
        &[
            "TimePeriod",
            "AccountId",
            "CurrencyCode",
            "CampaignId",
            "CampaignName",
            "CampaignStatus",
            "CampaignType",
            "DeviceType",
        ],
    ),
    (
        "UserLocationPerformanceReport",
        Split::Place,
        &["TimePeriod", "AccountId", "CurrencyCode", "CampaignId", "CampaignName", "Country", "State"],
    ),
    (
        "KeywordPerformanceReport",
        Split::Keyword,
        &[
            "TimePeriod",
            "AccountId",
            "CurrencyCode",
            "CampaignId",
            "CampaignName",
            "AdGroupId",
            "AdGroupName",
            "KeywordId",
            "Keyword",
            "BidMatchType",
            "HistoricalQualityScore",
            "HistoricalAdRelevance",
            "HistoricalLandingPageExperience",
            "HistoricalExpectedCtr",
        ],
    ),
    // It has no currency.
    (
        "SearchQueryPerformanceReport",
        Split::Term,
        &[
            "TimePeriod",
            "AccountId",
            "CampaignId",
            "CampaignName",
            "AdGroupId",
            "AdGroupName",
            "SearchQuery",
            "DeliveredMatchType",
        ],
    ),
];

/// An error of the reporting service: code, name, details, message.
pub type Refusal = (u32, &'static str, Option<String>, &'static str);

/// A report that was asked for.
#[derive(Clone, Debug)]
pub struct Report {
    pub account: String,
    name: &'static str,
    split: Split,
    columns: Vec<String>,
    since: NaiveDate,
    until: NaiveDate,
}

impl Report {
    /// What a request asks for.
    pub fn asked(request: &Value) -> Result<Self, Refusal> {
        let text = |pointer: &str| request.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let null = |place: String| {
            let details = format!("Invalid JSON at line 0. Path: $.{place}");
            (100, "NullRequest", Some(details), "The request message is null.")
        };
        let kind = text("/Type").strip_suffix("Request").unwrap_or_default();
        let known = KINDS.into_iter().find(|(name, ..)| *name == kind);
        let Some((name, split, own)) = known else { return Err(null("Type".to_owned())) };
        let columns = request["Columns"].as_array().map(Vec::as_slice).unwrap_or_default();
        let columns: Vec<String> = columns.iter().filter_map(|column| Some(column.as_str()?.to_owned())).collect();
        let is_known = |column: &str| own.contains(&column) || MEASURES.contains(&column);
        if let Some(place) = columns.iter().position(|column| !is_known(column)) {
            return Err(null(format!("Columns[{place}]")));
        }
        let has = |column: &str| columns.iter().any(|own| own == column);
        if !has("TimePeriod") {
            let message = "The list of columns to include in the report must contain all required columns.";
            return Err((2015, "RequiredColumnsNotSelected", None, message));
        }
        let split = match (text("/Aggregation"), split, has("DeviceType")) {
            ("Daily", Split::Campaign, true) => Split::Device,
            ("Daily", split, _) => split,
            ("Hourly", Split::Campaign, false) => Split::Hour,
            _ => {
                let message = "The report aggregation is not valid for the specified report time period.";
                return Err((2007, "InvalidReportAggregation", None, message));
            }
        };
        let Some([account]) = request["Scope"]["AccountIds"].as_array().map(Vec::as_slice) else {
            let message = "The account report scope does not contain account identifiers.";
            return Err((2026, "InvalidAccountReportScope", None, message));
        };
        let day = |name: &str| {
            let part = |part: &str| request["Time"][name][part].as_i64();
            let month = |name| part(name).and_then(|number| u32::try_from(number).ok());
            NaiveDate::from_ymd_opt(i32::try_from(part("Year")?).ok()?, month("Month")?, month("Day")?)
        };
        let start = day("CustomDateRangeStart").ok_or(START)?;
        let end = day("CustomDateRangeEnd").ok_or(END)?;
        let account = account.to_string().trim_matches('"').to_owned();
        Ok(Self { account, name, split, columns, since: start, until: end })
    }

    /// Why the vendor does not make it of a company: it is of the future, or of what is kept no more.
    pub fn refusal(&self, world: &Simulation) -> Option<Refusal> {
        let today = world.date(world.as_of);
        let kept = Months::new(if self.split == Split::Hour { 6 } else { 36 });
        if self.until < self.since {
            let message = "The end date cannot be earlier than the start date.";
            return Some((2011, "EndDateBeforeStartDate", None, message));
        }
        // The sandbox's time may be minutes behind that of who asks.
        if self.until > today + Days::new(1) || Some(self.until) < today.checked_sub_months(kept) {
            return Some(END);
        }
        (Some(self.since) < today.checked_sub_months(kept)).then_some(START)
    }

    fn rows(&self, world: &Simulation) -> Vec<Row> {
        microsoft_rows::rows(world, self.split, self.since, self.until)
    }

    /// Whether there is anything to be fetched.
    pub fn has_rows(&self, world: &Simulation) -> bool {
        !self.rows(world).is_empty()
    }

    /// The file that is fetched; `None` where it cannot be packed.
    pub fn zipped(&self, world: &Simulation, id: u64) -> Option<Vec<u8>> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file(format!("{id}.csv"), SimpleFileOptions::default()).ok()?;
        archive.write_all(self.text(world).as_bytes()).ok()?;
        Some(archive.finish().ok()?.into_inner())
    }

    fn text(&self, world: &Simulation) -> String {
        let rows = self.rows(world);
        let aggregation = if self.split == Split::Hour { "Hourly" } else { "Daily" };
        // Clicks are processed within two hours.
        let finished = world.as_of - TimeDelta::hours(2);
        let is_partial = start_of_day(self.until + Days::new(1), world.tenant.zone) > finished;
        let day = |date: NaiveDate| format!("{}/{}/{}", date.month(), date.day(), date.year());
        let finished = finished.format("%-m/%-d/%Y %-I:%M:%S %p (GMT)");
        let above = [
            format!("Report Name: {}", self.name),
            format!("Report Time: {},{}", day(self.since), day(self.until)),
            format!("Time Zone: {}", microsoft_rows::zone(world).1),
            format!("Last Completed Available Day: {finished}"),
            format!("Last Completed Available Hour: {finished}"),
            format!("Report Aggregation: {aggregation}"),
            "Report Filter: ".to_owned(),
            format!("Potential Incomplete Data: {is_partial}"),
            format!("Rows: {}", rows.len()),
        ];
        let line = |values: &mut dyn Iterator<Item = &str>| {
            let quoted: Vec<String> = values.map(|value| format!("\"{}\"", value.replace('"', "\"\""))).collect();
            quoted.join(",") + "\r\n"
        };
        let mut text = "\u{feff}".to_owned();
        above.iter().for_each(|told| text += &line(&mut std::iter::once(told.as_str())));
        text += "\r\n";
        text += &line(&mut self.columns.iter().map(String::as_str));
        let value = |row: &Row, column: &str| row.get(column).cloned().unwrap_or_default();
        for row in &rows {
            let values: Vec<String> = self.columns.iter().map(|column| value(row, column)).collect();
            text += &line(&mut values.iter().map(String::as_str));
        }
        text + &format!("\r\n\"©{} Microsoft Corporation. All rights reserved. \"\r\n", world.as_of.year())
    }
}

const START: Refusal = (
    2009,
    "InvalidCustomDateRangeStart",
    None,
    "The report time contains a custom date range start that is not valid.",
);
const END: Refusal =
    (2010, "InvalidCustomDateRangeEnd", None, "The report time contains a custom date range end that is not valid.");

/// So many reports are remembered.
const MOST: usize = 1000;
/// The first id.
const FIRST: u64 = 30_000_001_231_499_700;

/// Reports that were asked for, with how often somebody asked whether they are made.
#[derive(Debug, Default)]
pub struct Reports(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    count: u64,
    held: BTreeMap<u64, (Report, u64)>,
}

impl Reports {
    /// Takes a report and names it.
    pub fn take(&self, report: Report) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.count += 1;
        let id = FIRST + state.count;
        state.held.insert(id, (report, 0));
        if state.held.len() > MOST {
            state.held.pop_first();
        }
        id
    }

    pub fn get(&self, id: u64) -> Option<Report> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.held.get(&id).map(|(report, _)| report.clone())
    }

    /// A report, and how often it was asked for before; every eighth takes longer than a first question.
    pub fn polled(&self, id: u64) -> Option<(Report, u64, bool)> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (report, polls) = state.held.get_mut(&id)?;
        *polls += 1;
        Some((report.clone(), *polls, *polls > 1 || !id.is_multiple_of(8)))
    }
}
