//! Reports of any shape: long, empty, hostile and foreign names, huge and negative numbers.

use crate::report::document::{
    Bar, Block, Card, Cell, Chart, Column, Comparison, Document, Figure, Plot, Role, Row, Section, Series, Table, Tone,
    Unit,
};
use crate::report::format::Locale;
use crate::report::sample;
use crate::support::ids::stable_id;
use chrono::Days;
use rust_decimal::Decimal;

/// The report that belongs to a number.
pub fn document(seed: u64) -> Document {
    let mut dice = Dice(seed);
    let mut document = sample::document();
    document.title = dice.name();
    document.workspace_name = dice.name();
    document.summary = (0..dice.below(4)).map(|_| dice.name() + ". ").collect();
    document.gaps = (0..dice.pick(&[0, 0, 1, 3, 40])).map(|_| dice.name()).collect();
    document.notes = (0..dice.below(5)).map(|_| dice.name()).collect();
    document.sections = (0..dice.below(9)).map(|number| section(number, &mut dice)).collect();
    let copies = dice.pick(&[0, 1, 12]);
    document.freshness = document.freshness.iter().cycle().take(3 * copies).cloned().collect();
    for row in &mut document.freshness {
        row.label = dice.name();
        row.remark = dice.name();
    }
    document
}

/// splitmix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("small")
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    fn name(&mut self) -> String {
        let words = [
            "Herbst",
            "Sale",
            "日本語キャンペーン",
            "봄세일",
            "🚀🎉",
            "العربية",
            "Ελλάδα",
            "Привет",
            "naïve",
            "<script>",
            "=1+1",
            "Donaudampfschifffahrtsgesellschaftskapitänsmütze",
            "\u{202e}evil",
            "a\tb\r\nc",
            "一",
        ];
        match self.below(12) {
            0 => String::new(),
            1 => "W".repeat(3_000),
            2 => "春季促销活动新客户".repeat(60),
            3 => " ".repeat(50),
            _ => (0..1 + self.below(14)).map(|_| self.pick(&words)).collect::<Vec<_>>().join(" "),
        }
    }

    fn value(&mut self) -> Option<Decimal> {
        let digits = Decimal::from(self.next() % 1_000_000);
        match self.below(9) {
            0 => None,
            1 => Some(Decimal::ZERO),
            2 => Some(Decimal::MAX),
            3 => Some(Decimal::MIN),
            4 => Some(-digits * Decimal::from(1_234_567_890_123u64)),
            5 => Some(-digits / Decimal::from(7)),
            _ => Some(digits / Decimal::from(100)),
        }
    }

    fn figure(&mut self) -> Figure {
        let unit = self.pick(&[Unit::Money, Unit::Count, Unit::Percent, Unit::Ratio, Unit::Duration]);
        let value = self.value();
        let text = if self.below(5) == 0 {
            Locale::STANDARD.change_text(value)
        } else {
            Locale::STANDARD.value_text(value, unit, sample::document().currency)
        };
        let receipt = (self.below(4) > 0).then(|| stable_id("r", &[&self.next().to_string()]));
        Figure { value, unit, text, receipt, provisional: self.below(3) == 0 }
    }

    fn tone(&mut self) -> Tone {
        self.pick(&[Tone::Good, Tone::Bad, Tone::Neutral])
    }
}

fn section(number: usize, dice: &mut Dice) -> Section {
    Section {
        id: format!("s{number}"),
        title: dice.name(),
        lead: (dice.below(2) == 0).then(|| dice.name()),
        blocks: (0..dice.below(4)).map(|at| block(at, dice)).collect(),
    }
}

fn block(at: usize, dice: &mut Dice) -> Block {
    match dice.below(6) {
        0 => Block::Cards { cards: (0..dice.below(12)).map(|_| card(dice)).collect() },
        1 => Block::Text { text: (0..dice.below(40)).map(|_| dice.name() + " ").collect() },
        2 => Block::Chart(chart(at, dice)),
        _ => Block::Table(table(at, dice)),
    }
}

fn card(dice: &mut Dice) -> Card {
    let comparison = |dice: &mut Dice| Comparison {
        id: String::new(),
        label: dice.name(),
        base: dice.figure(),
        change: dice.figure(),
        tone: dice.tone(),
    };
    Card {
        metric: "m".to_owned(),
        label: dice.name(),
        figure: dice.figure(),
        comparisons: (0..dice.below(5)).map(|_| comparison(dice)).collect(),
        spark: (0..dice.pick(&[0, 1, 2, 28])).map(|_| dice.value()).collect(),
    }
}

fn table(at: usize, dice: &mut Dice) -> Table {
    let columns = dice.pick(&[0, 1, 2, 4, 6, 8, 11]);
    let cell = |dice: &mut Dice| match dice.below(10) {
        0 => Cell::Text { text: dice.name() },
        1 => Cell::Progress { figure: dice.figure(), share: dice.value(), tone: dice.tone() },
        _ => Cell::Figure { figure: dice.figure(), tone: dice.tone() },
    };
    let row = |dice: &mut Dice| Row {
        id: String::new(),
        name: dice.name(),
        cells: (0..columns).map(|_| cell(dice)).collect(),
    };
    Table {
        id: format!("t{at}"),
        title: (dice.below(3) == 0).then(|| dice.name()),
        row_heading: format!("By {}", dice.name()),
        columns: (0..columns).map(|n| Column { id: format!("c{n}"), heading: dice.name() }).collect(),
        total: (dice.below(2) == 0).then(|| row(dice)),
        rows: (0..dice.pick(&[0, 1, 2, 3, 9, 30, 90])).map(|_| row(dice)).collect(),
        empty_text: dice.name(),
        page_rows: None,
        others: None,
    }
}

fn chart(at: usize, dice: &mut Dice) -> Chart {
    let bars = |dice: &mut Dice| -> Vec<Bar> {
        let bar = |dice: &mut Dice| Bar {
            id: String::new(),
            label: dice.name(),
            figure: dice.figure(),
            note: (dice.below(2) == 0).then(|| dice.name()),
        };
        (0..dice.pick(&[0, 1, 5, 12, 60])).map(|_| bar(dice)).collect()
    };
    let plot = match dice.below(5) {
        0 => Plot::Bars { bars: bars(dice) },
        4 => Plot::Waterfall { bars: bars(dice) },
        1 => Plot::Funnel { stages: bars(dice) },
        2 => {
            let (rows, columns) = (dice.below(12), 1 + dice.below(24));
            Plot::Heat {
                rows: (0..rows).map(|_| dice.name()).collect(),
                columns: (0..columns).map(|hour| format!("{hour:02}")).collect(),
                cells: (0..rows).map(|_| (0..columns).map(|_| dice.value()).collect()).collect(),
            }
        }
        _ => {
            let days = dice.pick(&[0, 1, 2, 7, 28, 365]);
            let start = sample::document().period.start;
            Plot::Lines {
                dates: (0..days).map(|day| start + Days::new(day)).collect(),
                series: (0..dice.below(4))
                    .map(|n| Series {
                        label: dice.name(),
                        values: (0..days).map(|_| dice.value()).collect(),
                        role: if n == 0 { Role::Subject } else { Role::Comparison },
                    })
                    .collect(),
            }
        }
    };
    Chart {
        id: format!("chart{at}"),
        title: dice.name(),
        unit: Unit::Money,
        plot,
        alt: dice.name(),
        events: Vec::new(),
    }
}
