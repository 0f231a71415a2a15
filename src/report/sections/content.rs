//! Creators' posts: what was published, what it cost and what it brought.

use super::kind::StandardSection;
use super::tables::{WITH_RECEIPTS, bounded, column, plain};
use super::{FigureBuilder, Readings, back, pages};
use crate::domain::metric::Unit;
use crate::domain::period::Period;
use crate::report::definition::Cadence;
use crate::report::document::{Block, Cell, Figure, Row, Section, Table};
use crate::report::questions::{Answer, question};
use crate::report::receipt::Expression;
use rust_decimal::Decimal;

/// What visitors came to, and what creators published.
pub const SECTION: StandardSection = StandardSection {
    id: "content",
    place: |_| Some(120),
    needs: |asking, needs| {
        needs.ask(QUESTION, span(asking.definition.cadence, asking.period));
        pages::needs(asking, needs);
    },
    build: |readings, builder| {
        pages::section(readings, builder).into_iter().chain(section(readings, builder)).collect()
    },
};

/// What was published.
pub const QUESTION: &str = "posts";
const MEASURES: [(&str, &str, Unit); 4] = [
    ("views", "Views", Unit::Count),
    ("engagements", "Likes, comments, shares", Unit::Count),
    ("clicks", "Clicks", Unit::Count),
    ("cost", "Cost", Unit::Money),
];

/// A creator's post. Hostile text is possible.
struct Post<'a> {
    platform: &'a str,
    key: &'a str,
    answer: &'a Answer,
}

/// A day holds too few posts: daily reports look at the last two weeks.
pub fn span(cadence: Cadence, period: Period) -> Period {
    match cadence {
        Cadence::Daily => Period { start: back(cadence, period, 13), end: period.end },
        Cadence::Weekly | Cadence::Monthly | Cadence::Quarterly => period,
    }
}

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    let period = span(readings.definition.cadence, readings.period);
    let posts = readings.data.answers(QUESTION, period).filter(|posts| !posts.is_empty())?;
    if !question(QUESTION)?.facts.iter().all(|fact| builder.shows_fact(fact, "Content")) {
        return None;
    }
    let mut ranked: Vec<Post<'_>> = posts.iter().filter_map(|(keys, answer)| Post::new(keys, answer)).collect();
    let clicks = |post: &Post<'_>| post.answer.value("clicks");
    ranked.sort_by(|a, b| clicks(b).cmp(&clicks(a)).then_with(|| a.key.cmp(b.key)));
    let basis = |post: &Post<'_>, measure: &str| {
        Expression::answer(QUESTION, &[("platform", post.platform), ("post_key", post.key)], measure, period)
    };
    let mut rows = Vec::new();
    for (place, post) in ranked.iter().enumerate() {
        builder.keep_receipts(place < WITH_RECEIPTS);
        let date = post.answer.text("posted_date");
        let date = date.parse().map_or_else(|_| date.to_owned(), |date| readings.locale.date_text(date));
        let name = format!("@{} on {}, {date}", post.answer.text("handle"), post.platform);
        let mut cells = Vec::new();
        for (measure, heading, unit) in MEASURES {
            cells.push(plain(builder.figure(
                &basis(post, measure),
                unit,
                &format!("{name}: {}", heading.to_lowercase()),
            )));
        }
        let parts = [("cost", basis(post, "cost")), ("clicks", basis(post, "clicks"))];
        let cpc = builder.figure(
            &Expression::calculated("cost / clicks", parts),
            Unit::Money,
            &format!("{name}: cost per click"),
        );
        cells.push(plain(cpc));
        rows.push(Row::new(format!("{}/{}", post.platform, post.key), name, cells));
    }
    builder.keep_receipts(true);
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let (page_rows, others) = bounded(&ids, &rows, |rest| others(builder, &ranked[ranked.len() - rest.len()..]));
    let mut columns: Vec<_> = MEASURES.iter().map(|(measure, heading, _)| column(measure, heading)).collect();
    columns.push(column("cpc", "Cost per click"));
    let table = Table {
        id: "posts".to_owned(),
        title: None,
        row_heading: "Post".to_owned(),
        columns,
        rows,
        total: None,
        empty_text: "Nothing was published.".to_owned(),
        page_rows,
        others,
    };
    let more = page_rows.map_or_else(String::new, |shown| {
        format!(" The {shown} with the most clicks are shown; the CSV file has all of them.")
    });
    let days = if period == readings.period { "" } else { " in the last two weeks" };
    let count = posts.len();
    let noun = if count == 1 { "post was" } else { "posts were" };
    let lead = Some(format!("{count} {noun} published{days}.{more}"));
    let blocks = vec![Block::Table(table)];
    Some(Section { id: "content".to_owned(), title: "Creators' posts".to_owned(), lead, blocks })
}

impl<'a> Post<'a> {
    fn new(keys: &'a [String], answer: &'a Answer) -> Option<Self> {
        let [platform, key] = keys else { return None };
        Some(Self { platform, key, answer })
    }
}

/// Posts that pages leave out, added up.
fn others(builder: &FigureBuilder<'_>, posts: &[Post<'_>]) -> Vec<Cell> {
    let sum = |measure: &str| posts.iter().filter_map(|post| post.answer.value(measure)).sum::<Decimal>();
    let cell = |value: Option<Decimal>, unit: Unit, metric: &str| {
        plain(Figure { value, unit, text: builder.text(metric, value), receipt: None, provisional: false })
    };
    let mut cells: Vec<Cell> = MEASURES
        .iter()
        .map(|(measure, _, unit)| cell(Some(sum(measure)), *unit, if *unit == Unit::Money { "cost" } else { "clicks" }))
        .collect();
    cells.push(cell(sum("cost").checked_div(sum("clicks")), Unit::Money, "cost"));
    cells
}
