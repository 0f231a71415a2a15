//! Creators' posts: what was published, what it cost and what it brought.

use super::tables::{column, plain};
use super::{Drawer, Readings, back};
use crate::domain::metric::Unit;
use crate::domain::period::Period;
use crate::report::book::Post;
use crate::report::definition::Cadence;
use crate::report::document::{Block, Row, Section, Table};
use crate::report::receipt::{Basis, Leaf, Measure};

const MOST: usize = 10;
const MEASURES: [(Measure, &str, Unit); 4] = [
    (Measure::Views, "Views", Unit::Count),
    (Measure::Engagements, "Likes, comments, shares", Unit::Count),
    (Measure::Clicks, "Clicks", Unit::Count),
    (Measure::Cost, "Cost", Unit::Money),
];

/// A day holds too few posts: daily reports look at the last two weeks.
pub fn span(cadence: Cadence, period: Period) -> Period {
    match cadence {
        Cadence::Daily => Period { start: back(cadence, period, 13), end: period.end },
        Cadence::Weekly | Cadence::Monthly => period,
    }
}

pub fn section(readings: &Readings, drawer: &mut Drawer<'_>) -> Option<Section> {
    let period = span(readings.definition.cadence, readings.period);
    let posts = readings.book.posts.get(&period).filter(|posts| !posts.is_empty())?;
    if !drawer.shows_fact("influencer_post", "Content") {
        return None;
    }
    let mut ranked: Vec<&Post> = posts.iter().collect();
    let clicks = |post: &Post| post.values.get(&Measure::Clicks).copied();
    ranked.sort_by(|a, b| clicks(b).cmp(&clicks(a)).then_with(|| a.post_key.cmp(&b.post_key)));
    let left = ranked.len().saturating_sub(MOST);
    let basis = |post: &Post, measure| {
        let (platform, post_key) = (post.platform.clone(), post.post_key.clone());
        Basis::Read(Leaf::Post { platform, post_key, measure, period })
    };
    let mut rows = Vec::new();
    for post in ranked.iter().take(MOST) {
        let name = format!("@{} on {}, {}", post.handle, post.platform, readings.wording.date_text(post.posted_date));
        let mut cells = Vec::new();
        for (measure, heading, unit) in MEASURES {
            cells.push(plain(drawer.figure(
                &basis(post, measure),
                unit,
                &format!("{name}: {}", heading.to_lowercase()),
            )));
        }
        let parts = [("cost", basis(post, Measure::Cost)), ("clicks", basis(post, Measure::Clicks))];
        let cpc =
            drawer.figure(&Basis::calculated("cost / clicks", parts), Unit::Money, &format!("{name}: cost a click"));
        cells.push(plain(cpc));
        rows.push(Row { name, cells });
    }
    let mut columns: Vec<_> = MEASURES.iter().map(|(measure, heading, _)| column(measure.column(), heading)).collect();
    columns.push(column("cpc", "Cost a click"));
    let table = Table {
        id: "posts".to_owned(),
        title: None,
        row_heading: "Post".to_owned(),
        columns,
        rows,
        total: None,
        empty_text: "Nothing was published.".to_owned(),
    };
    let more =
        if left > 0 { format!(" The {MOST} with the most clicks; {left} more had fewer.") } else { String::new() };
    let days = if period == readings.period { "" } else { " in the last two weeks" };
    let count = posts.len();
    let noun = if count == 1 { "post was" } else { "posts were" };
    let lead = Some(format!("{count} {noun} published{days}.{more}"));
    let blocks = vec![Block::Table(table)];
    Some(Section { id: "content".to_owned(), title: "Creators' posts".to_owned(), lead, blocks })
}
