//! A sample document that uses every kind of block, with hostile names among its rows: what
//! templates are checked against and previews show.

use crate::domain::metric::Unit;
use crate::domain::money::Currency;
use crate::domain::period::Period;
use crate::report::document::{
    Bar, Block, Card, Cell, Chart, Column, Comparison, Document, Figure, Freshness, FreshnessState, Lead, Plot, Role,
    Row, Section, Series, Table, Tone,
};
use crate::report::format::Locale;
use chrono::{Days, NaiveDate, TimeZone, Utc};
use rust_decimal::{Decimal, dec};

/// The sample: a daily report of 20 November 2026 in euros.
pub fn document() -> Document {
    let date = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap_or_default();
    Document {
        id: "rep_sample".to_owned(),
        report: "daily_performance".to_owned(),
        title: "Daily performance".to_owned(),
        file_stem: "daily-2026-11-20".to_owned(),
        workspace_id: "sample_shop".to_owned(),
        workspace_name: "Sample & Söhne".to_owned(),
        period: Period::day(date),
        period_name: String::new(),
        correction: None,
        time_zone: chrono_tz::Europe::Berlin,
        currency: currency(),
        locale: Locale::STANDARD,
        issued_at: Utc.with_ymd_and_hms(2026, 11, 21, 7, 0, 0).single().unwrap_or_default(),
        summary: "Net revenue was €12,480.30, 8.2% above the day before, on 4,211 sessions. \
                  Paid search cost per lead rose 31.0%."
            .to_owned(),
        contact: Some("Jane Doe <jane@example.com>".to_owned()),
        lead: Some(Lead {
            result: "net revenue €12,480, +8.2% vs day before".to_owned(),
            sentence: "Net revenue was €12,480 on Fri 20 Nov 2026, +8.2% vs day before, 4.1% above target.".to_owned(),
            tone: Tone::Good,
            moved: vec!["Largest change: Paid search, +€820.10 net revenue (+31.0%) vs day before.".to_owned()],
            known: Vec::new(),
            complete: "Data is not complete: HubSpot.".to_owned(),
        }),
        is_brief: false,
        gaps: vec!["HubSpot is late: 20 Nov is not complete, so leads may still rise.".to_owned()],
        lacks_data: true,
        sections: vec![headline(), trend(date), channels(), budget(), funnel(), hours(), campaigns()],
        freshness: freshness(date),
        notes: vec!["Amounts in other currencies are converted at the ECB rate of their day.".to_owned()],
    }
}

fn headline() -> Section {
    let card = |metric: &str, label: &str, value, base, unit, tone| Card {
        metric: metric.to_owned(),
        label: label.to_owned(),
        figure: figure(Some(value), unit, Some(metric)),
        comparisons: vec![
            comparison("day before", Some(value), base, unit, tone),
            comparison("last Friday", Some(value), base * dec!(0.9), unit, Tone::Good),
            comparison("target", Some(value), Decimal::ZERO, unit, Tone::Neutral),
        ],
        spark: (0..28).map(|day| (day != 9).then(|| base + Decimal::from(day * 7 % 13) * base / dec!(40))).collect(),
    };
    Section {
        id: "headline".to_owned(),
        title: "Yesterday at a glance".to_owned(),
        lead: None,
        blocks: vec![Block::Cards {
            cards: vec![
                card("net_revenue", "Net revenue", dec!(12480.30), dec!(11534.47), Unit::Money, Tone::Good),
                card("cost", "Ad spend", dec!(2310.44), dec!(2290.10), Unit::Money, Tone::Neutral),
                card("sessions", "Sessions", dec!(4211), dec!(4480), Unit::Count, Tone::Bad),
                card("leads", "Leads", dec!(38), dec!(44), Unit::Count, Tone::Bad),
                card("conversion_rate", "Conversion rate", dec!(0.0283), dec!(0.0271), Unit::Percent, Tone::Good),
                card("roas", "ROAS", dec!(5.401), dec!(5.03), Unit::Ratio, Tone::Good),
            ],
        }],
    }
}

fn trend(date: NaiveDate) -> Section {
    let dates: Vec<NaiveDate> = (0..28).rev().map(|back| date - Days::new(back)).collect();
    let line = |label: &str, role, base: Decimal| Series {
        label: label.to_owned(),
        role,
        values: (0..28).map(|day| (day != 9).then(|| base + Decimal::from(day * 11 % 17) * dec!(150))).collect(),
    };
    let plot = Plot::Lines {
        dates,
        series: vec![
            line("28 days before", Role::Comparison, dec!(9000)),
            line("Net revenue", Role::Subject, dec!(10200)),
        ],
    };
    let alt = "Net revenue of the last 28 days rises from €10,200 to €12,480; one day has no data.";
    Section {
        id: "trend".to_owned(),
        title: "Four weeks of revenue".to_owned(),
        lead: Some("Net revenue by day against the 28 days before.".to_owned()),
        blocks: vec![chart("net_revenue_28d", "Net revenue by day", Unit::Money, plot, alt)],
    }
}

fn channels() -> Section {
    let names = ["paid_search", "organic_search", "email", "مرحبا العربية", "日本語 キャンペーン 🚀"];
    let values = [dec!(5120.10), dec!(3980.00), dec!(2110.20), dec!(1270.00), dec!(0)];
    let bars = names.iter().zip(values).map(|(name, value)| bar(name, value, Unit::Money, None)).collect();
    Section {
        id: "channels".to_owned(),
        title: "Channels".to_owned(),
        lead: Some("Where sessions, leads and revenue came from.".to_owned()),
        blocks: vec![
            chart("channel_revenue", "Net revenue by channel", Unit::Money, Plot::Bars { bars }, "Paid search leads."),
            Block::Table(table(
                "channels",
                "Channel",
                names.iter().zip(values).map(|(n, v)| ((*n).to_owned(), v)).collect(),
                true,
            )),
        ],
    }
}

fn budget() -> Section {
    let progress = |value: Decimal, share: Decimal, tone| Cell::Progress {
        figure: figure(Some(value), Unit::Money, Some("budget")),
        share: Some(share),
        tone,
    };
    let row = |name: &str, cell| Row {
        id: name.to_lowercase(),
        name: name.to_owned(),
        cells: vec![cell, figure_cell(dec!(60000), Unit::Money), Cell::Text { text: "on pace".to_owned() }],
    };
    let column = |id: &str, heading: &str| Column { id: id.to_owned(), heading: heading.to_owned() };
    let table = Table {
        id: "budget".to_owned(),
        title: None,
        row_heading: "Channel".to_owned(),
        columns: vec![column("spent", "Spent"), column("planned", "Planned"), column("pace", "Pace")],
        rows: vec![
            row("Paid search", progress(dec!(39120.55), dec!(0.652), Tone::Neutral)),
            row("Paid social", progress(dec!(66012.00), dec!(1.1), Tone::Bad)),
        ],
        total: None,
        empty_text: "No budgets are set for this month.".to_owned(),
        page_rows: None,
        others: None,
    };
    Section {
        id: "budget".to_owned(),
        title: "Budget pacing".to_owned(),
        lead: Some("Spend so far against the month's budget; 66.7% of the month has passed.".to_owned()),
        blocks: vec![Block::Table(table)],
    }
}

fn funnel() -> Section {
    let stages = vec![
        bar("Sessions", dec!(4211), Unit::Count, None),
        bar("Leads", dec!(38), Unit::Count, Some("0.9% of sessions")),
        bar("Qualified leads", dec!(14), Unit::Count, Some("36.8% of leads")),
        bar("Customers", dec!(3), Unit::Count, Some("21.4% of qualified leads")),
    ];
    Section {
        id: "funnel".to_owned(),
        title: "Funnel".to_owned(),
        lead: None,
        blocks: vec![
            chart(
                "funnel",
                "From visit to customer",
                Unit::Count,
                Plot::Funnel { stages },
                "4,211 sessions, 3 customers.",
            ),
            Block::Text { text: "The narrowest step is from session to lead.".to_owned() },
        ],
    }
}

fn hours() -> Section {
    let plot = Plot::Heat {
        rows: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(str::to_owned).to_vec(),
        columns: (0..24).map(|hour| format!("{hour:02}")).collect(),
        cells: (0..7).map(|day| (0..24).map(|hour| Some(Decimal::from((day * 5 + hour * 3) % 17))).collect()).collect(),
    };
    Section {
        id: "hours".to_owned(),
        title: "Hours of the week".to_owned(),
        lead: None,
        blocks: vec![chart("hours", "Payments by hour and weekday", Unit::Count, plot, "The busiest is Monday noon.")],
    }
}

fn campaigns() -> Section {
    let mut rows: Vec<(String, Decimal)> = vec![
        ("=HYPERLINK(\"http://evil\")".to_owned(), dec!(120.5)),
        ("</script><script>alert(1)</script>".to_owned(), dec!(99)),
        ("<!channel> *bold* & <b>".to_owned(), dec!(-1234567890123.45)),
        (format!("A very long name {}", "x".repeat(10_000)), dec!(1)),
    ];
    rows.extend((1..=60).map(|n| (format!("Campaign {n}"), Decimal::from(n * 13))));
    Section {
        id: "campaigns".to_owned(),
        title: "Campaigns".to_owned(),
        lead: None,
        blocks: vec![
            Block::Table(table("campaigns", "Campaign", rows, false)),
            Block::Table(table("empty", "Campaign", Vec::new(), false)),
        ],
    }
}

fn freshness(date: NaiveDate) -> Vec<Freshness> {
    let row = |source: &str, label: &str, back, state, remark: &str| Freshness {
        source: source.to_owned(),
        label: label.to_owned(),
        data_through: Some(date - Days::new(back)),
        last_success_at: Utc.with_ymd_and_hms(2026, 11, 21, 6, 2, 11).single(),
        state,
        remark: remark.to_owned(),
    };
    vec![
        row("google_ads", "Google Ads", 0, FreshnessState::Provisional, "complete; conversions settle until 20 Dec"),
        row("stripe", "Stripe", 0, FreshnessState::Complete, "complete"),
        row("hubspot", "HubSpot", 1, FreshnessState::Late, "late: 1 day missing"),
    ]
}

fn table(id: &str, row_heading: &str, rows: Vec<(String, Decimal)>, with_total: bool) -> Table {
    let column = |id: &str, heading: &str| Column { id: id.to_owned(), heading: heading.to_owned() };
    let cells = |value: Decimal| {
        vec![
            figure_cell(value, Unit::Money),
            figure_cell(dec!(42), Unit::Count),
            Cell::Figure { figure: figure(None, Unit::Percent, Some("x")), tone: Tone::Neutral },
            Cell::Figure { figure: change(Some(dec!(-0.12))), tone: Tone::Bad },
        ]
    };
    let sum = rows.iter().map(|(_, value)| *value).sum();
    Table {
        id: id.to_owned(),
        title: None,
        row_heading: row_heading.to_owned(),
        columns: vec![
            column("net_revenue", "Net revenue"),
            column("sessions", "Sessions"),
            column("conversion_rate", "Conversion rate"),
            column("change", "vs day before"),
        ],
        total: with_total.then(|| Row::new("all", "Total", cells(sum))),
        rows: rows.into_iter().map(|(name, value)| Row::new(name.clone(), name, cells(value))).collect(),
        empty_text: "No campaign had any activity.".to_owned(),
        page_rows: None,
        others: None,
    }
}

fn chart(id: &str, title: &str, unit: Unit, plot: Plot, alt: &str) -> Block {
    Block::Chart(Chart {
        id: id.to_owned(),
        title: title.to_owned(),
        unit,
        plot,
        alt: alt.to_owned(),
        events: Vec::new(),
    })
}

fn bar(label: &str, value: Decimal, unit: Unit, note: Option<&str>) -> Bar {
    Bar {
        id: label.to_lowercase(),
        label: label.to_owned(),
        figure: figure(Some(value), unit, Some(label)),
        note: note.map(str::to_owned),
    }
}

fn comparison(label: &str, value: Option<Decimal>, base: Decimal, unit: Unit, tone: Tone) -> Comparison {
    let relative = value.and_then(|value| (value - base).checked_div(base));
    Comparison {
        id: label.replace(' ', "_"),
        label: label.to_owned(),
        base: figure(Some(base), unit, Some(label)),
        change: change(relative),
        tone,
    }
}

fn change(value: Option<Decimal>) -> Figure {
    Figure { value, unit: Unit::Percent, text: Locale::STANDARD.change_text(value), receipt: None, provisional: false }
}

fn figure_cell(value: Decimal, unit: Unit) -> Cell {
    Cell::Figure { figure: figure(Some(value), unit, Some("cell")), tone: Tone::Neutral }
}

fn figure(value: Option<Decimal>, unit: Unit, receipt: Option<&str>) -> Figure {
    Figure {
        value,
        unit,
        text: Locale::STANDARD.value_text(value, unit, currency()),
        receipt: receipt.map(|seed| crate::support::ids::stable_id("r", &[seed])),
        provisional: false,
    }
}

fn currency() -> Currency {
    Currency::new("EUR").unwrap_or_else(|_| unreachable!("EUR is a currency"))
}
