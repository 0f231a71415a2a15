//! Pages and what is drawn on them. `y` is counted from the top of the page, in points.

use crate::report::render::chart::{Anchor, Drawing, Mark};
use crate::report::render::typeface::{Weight, fit, showable, width, wrap};
use printpdf::{
    Color, FontId, Line, LinePoint, Mm, Op, PaintMode, PdfFontHandle, PdfPage, Point, Polygon, PolygonRing, Pt, Rgb,
    TextItem, WindingOrder,
};
use std::collections::{BTreeMap, BTreeSet};

/// A4.
const PAGE: (f32, f32) = (595.28, 841.89);
pub const LEFT: f32 = 48.0;
const TOP: f32 = 64.0;
const BOTTOM: f32 = 56.0;
/// Room between the margins.
pub const WIDTH: f32 = PAGE.0 - 2.0 * LEFT;

pub type Rgb8 = (u8, u8, u8);
pub const INK: Rgb8 = (0x1f, 0x29, 0x33);
pub const MUTED: Rgb8 = (0x61, 0x6e, 0x7c);
pub const GRID: Rgb8 = (0xe4, 0xe7, 0xeb);
pub const PAPER: Rgb8 = (0xf7, 0xf8, 0xfa);
pub const ACCENT: Rgb8 = (0x0b, 0x69, 0xa3);
pub const GOOD: Rgb8 = (0x0f, 0x7b, 0x4f);
pub const BAD: Rgb8 = (0xb3, 0x26, 0x1e);
pub const AMBER: Rgb8 = (0x8d, 0x5a, 0x00);
pub const AMBER_PAPER: Rgb8 = (0xff, 0xf4, 0xd6);

/// The pages so far and the place of the next thing.
#[derive(Debug)]
pub struct Layout {
    pages: Vec<Vec<Op>>,
    pub y: f32,
    bookmarks: Vec<(String, usize)>,
}

impl Layout {
    pub fn new() -> Self {
        Self { pages: vec![Vec::new()], y: TOP, bookmarks: Vec::new() }
    }

    /// Room left on the page.
    pub fn room(&self) -> f32 {
        PAGE.1 - BOTTOM - self.y
    }

    /// A new page, unless `height` still fits; whether it was needed.
    pub fn ensure(&mut self, height: f32) -> bool {
        let breaks = self.room() < height && self.y > TOP;
        if breaks {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
        breaks
    }

    pub fn space(&mut self, height: f32) {
        self.y += height;
    }

    /// A section's title, kept together with `next` points of what follows, and a bookmark.
    pub fn heading(&mut self, title: &str, next: f32) {
        self.space(14.0);
        self.ensure(34.0 + next.min(400.0));
        self.bookmarks.push((showable(title), self.pages.len()));
        self.rule(self.y, INK, 1.2);
        self.space(18.0);
        let text = fit(title, WIDTH, 14.0, Weight::Bold);
        self.text(LEFT, self.y, &text, 14.0, Weight::Bold, INK);
        self.space(14.0);
    }

    /// One line of text, cut if it is too long.
    pub fn text_line(&mut self, text: &str, size: f32, weight: Weight, color: Rgb8) {
        self.ensure(size * 1.5);
        self.space(size * 1.2);
        let text = fit(text, WIDTH, size, weight);
        self.text(LEFT, self.y, &text, size, weight, color);
        self.space(size * 0.4);
    }

    /// Text broken into lines.
    pub fn paragraph(&mut self, text: &str, size: f32, weight: Weight, color: Rgb8) {
        for line in wrap(text, WIDTH, size, weight) {
            self.ensure(size * 1.45);
            self.space(size * 1.05);
            self.text(LEFT, self.y, &line, size, weight, color);
            self.space(size * 0.4);
        }
    }

    /// A coloured box with a title and a few sentences.
    pub fn boxed(&mut self, title: &str, sentences: &[String], ink: Rgb8, paper: Rgb8) {
        let lines: Vec<String> =
            sentences.iter().flat_map(|sentence| wrap(sentence, WIDTH - 24.0, 9.5, Weight::Regular)).take(30).collect();
        let height = 30.0 + lines.len() as f32 * 14.0;
        self.ensure(height + 8.0);
        self.rect(LEFT, self.y, WIDTH, height, paper);
        self.rect(LEFT, self.y, 3.0, height, ink);
        let mut y = self.y + 17.0;
        self.text(LEFT + 14.0, y, title, 10.5, Weight::Bold, ink);
        for line in lines {
            y += 14.0;
            self.text(LEFT + 14.0, y, &line, 9.5, Weight::Regular, INK);
        }
        self.space(height + 10.0);
    }

    /// A chart as vectors.
    pub fn drawing(&mut self, drawing: &Drawing, scale: f32) {
        self.ensure(drawing.height * scale);
        self.drawing_at(drawing, LEFT, self.y, scale);
        self.space(drawing.height * scale);
    }

    /// A chart with its upper left corner at a place.
    pub fn drawing_at(&mut self, drawing: &Drawing, left: f32, top: f32, scale: f32) {
        let place = |x: f32, y: f32| (left + x * scale, top + y * scale);
        for mark in &drawing.marks {
            match mark {
                Mark::Line { points, ink, width } => {
                    let points: Vec<_> = points.iter().map(|(x, y)| place(*x, *y)).collect();
                    self.polyline(&points, ink.color(), width * scale);
                }
                Mark::Rect { x, y, width, height, ink } => {
                    let (x, y) = place(*x, *y);
                    self.rect(x, y, width * scale, height * scale, ink.color());
                }
                Mark::Dot { x, y, radius, ink } => {
                    let (x, y) = place(*x, *y);
                    self.dot(x, y, radius * scale, ink.color());
                }
                Mark::Text { x, y, text, size, anchor, ink, bold } => {
                    let weight = if *bold { Weight::Bold } else { Weight::Regular };
                    let size = size * scale;
                    let wide = width(text, size, weight);
                    let (x, y) = place(*x, *y);
                    let x = match anchor {
                        Anchor::Start => x,
                        Anchor::Middle => x - wide / 2.0,
                        Anchor::End => x - wide,
                    };
                    self.text(x, y, text, size, weight, ink.color());
                }
            }
        }
    }

    /// Text with its baseline at `y`; the text must be showable.
    pub fn text(&mut self, x: f32, y: f32, text: &str, size: f32, weight: Weight, color: Rgb8) {
        if text.is_empty() {
            return;
        }
        let font = PdfFontHandle::External(FontId(font_name(weight).to_owned()));
        let pos = Point { x: Pt(x), y: Pt(PAGE.1 - y) };
        self.push([
            Op::StartTextSection,
            Op::SetFont { font, size: Pt(size) },
            Op::SetTextCursor { pos },
            Op::SetFillColor { col: paint(color) },
            Op::ShowText { items: vec![TextItem::Text(text.to_owned())] },
            Op::EndTextSection,
        ]);
    }

    /// Text that ends at `x`.
    pub fn text_right(&mut self, x: f32, y: f32, text: &str, size: f32, weight: Weight, color: Rgb8) {
        self.text(x - width(text, size, weight), y, text, size, weight, color);
    }

    pub fn rect(&mut self, x: f32, y: f32, width: f32, height: f32, color: Rgb8) {
        let corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)];
        self.fill(&corners.map(|corner| (corner, false)), color);
    }

    /// A hairline over the whole width.
    pub fn rule(&mut self, y: f32, color: Rgb8, thickness: f32) {
        self.polyline(&[(LEFT, y), (LEFT + WIDTH, y)], color, thickness);
    }

    fn dot(&mut self, x: f32, y: f32, radius: f32, color: Rgb8) {
        let turn = std::f32::consts::TAU / 16.0;
        let around =
            (0..16).map(|n| ((x + radius * (turn * n as f32).cos(), y + radius * (turn * n as f32).sin()), false));
        self.fill(&around.collect::<Vec<_>>(), color);
    }

    fn fill(&mut self, points: &[((f32, f32), bool)], color: Rgb8) {
        let points = points.iter().map(|((x, y), bezier)| LinePoint { p: at(*x, *y), bezier: *bezier }).collect();
        let polygon = Polygon {
            rings: vec![PolygonRing { points }],
            mode: PaintMode::Fill,
            winding_order: WindingOrder::NonZero,
        };
        self.push([Op::SetFillColor { col: paint(color) }, Op::DrawPolygon { polygon }]);
    }

    fn polyline(&mut self, points: &[(f32, f32)], color: Rgb8, thickness: f32) {
        let points = points.iter().map(|(x, y)| LinePoint { p: at(*x, *y), bezier: false }).collect();
        self.push([
            Op::SetOutlineColor { col: paint(color) },
            Op::SetOutlineThickness { pt: Pt(thickness) },
            Op::DrawLine { line: Line { points, is_closed: false } },
        ]);
    }

    fn push(&mut self, ops: impl IntoIterator<Item = Op>) {
        if let Some(page) = self.pages.last_mut() {
            page.extend(ops);
        }
    }

    /// The pages with running heads and numbers, and the bookmarks with their page, from 1.
    pub fn finish(mut self, running: &str, day: &str, footer: &str) -> (Vec<PdfPage>, Vec<(String, usize)>) {
        let pages = std::mem::take(&mut self.pages);
        let total = pages.len();
        let mut finished = Vec::new();
        for (index, ops) in pages.into_iter().enumerate() {
            self.pages = vec![ops];
            if index > 0 {
                let running = fit(running, WIDTH * 0.7, 8.5, Weight::Regular);
                self.text(LEFT, 40.0, &running, 8.5, Weight::Regular, MUTED);
                self.text_right(LEFT + WIDTH, 40.0, day, 8.5, Weight::Regular, MUTED);
            }
            let y = PAGE.1 - 30.0;
            let footer = fit(footer, WIDTH * 0.8, 8.0, Weight::Regular);
            self.text(LEFT, y, &footer, 8.0, Weight::Regular, MUTED);
            self.text_right(LEFT + WIDTH, y, &format!("{} / {total}", index + 1), 8.0, Weight::Regular, MUTED);
            let ops = self.pages.pop().unwrap_or_default();
            finished.push(PdfPage::new(Mm::from(Pt(PAGE.0)), Mm::from(Pt(PAGE.1)), ops));
        }
        (finished, self.bookmarks)
    }
}

/// The name of an embedded font.
pub fn font_name(weight: Weight) -> &'static str {
    match weight {
        Weight::Regular => "F1",
        Weight::Bold => "F2",
    }
}

/// Every letter shown, by font.
pub fn used_letters(pages: &[PdfPage]) -> BTreeMap<Weight, BTreeSet<char>> {
    let mut used: BTreeMap<Weight, BTreeSet<char>> = BTreeMap::new();
    let mut weight = Weight::Regular;
    for op in pages.iter().flat_map(|page| &page.ops) {
        match op {
            Op::SetFont { font: PdfFontHandle::External(id), .. } => {
                weight = if id.0 == font_name(Weight::Bold) { Weight::Bold } else { Weight::Regular };
            }
            Op::ShowText { items } => {
                for item in items {
                    if let TextItem::Text(text) = item {
                        used.entry(weight).or_default().extend(text.chars());
                    }
                }
            }
            _ => {}
        }
    }
    used
}

fn at(x: f32, y: f32) -> Point {
    Point { x: Pt(x), y: Pt(PAGE.1 - y) }
}

fn paint((r, g, b): Rgb8) -> Color {
    let part = |value: u8| f32::from(value) / 255.0;
    Color::Rgb(Rgb { r: part(r), g: part(g), b: part(b), icc_profile: None })
}
