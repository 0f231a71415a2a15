//! Pages and what is drawn on them. `y` is counted from the top of the page, in points.

use super::glyphs;
use super::logo::Image;
use super::paper::Area;
use super::run::{Part, Run};
use super::tags::{NodeId, Tag, Tree};
pub use crate::report::look::Rgb8;
pub use crate::report::look::palette::{AMBER, AMBER_PAPER, BAD, CARD as PAPER, GOOD, GRID, MUTED, TEXT as INK};
use crate::report::look::{Palette, Paper};
use crate::report::render::typeface::{Weight, width};
use printpdf::{Color, Line, LinePoint, Op, PaintMode, Point, Polygon, PolygonRing, Pt, Rgb, WindingOrder};
use std::collections::BTreeMap;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// By its number in reading order.
    Section(usize),
    Receipt(String),
}

/// What leads where.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub page: usize,
    pub area: Area,
    pub target: Target,
    /// What it leads from: a figure's text, or a section's title.
    pub from: String,
    pub node: NodeId,
}

/// To whom what is drawn belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marking {
    /// Texts to the open part; lines and areas to no one.
    Parts,
    /// Nothing is read of it.
    Artifact,
    /// It is marked as a whole already.
    Whole,
}

/// A finished page: what is drawn, and where its text stands.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    pub ops: Vec<Op>,
    pub runs: Vec<Run>,
    /// What each of its links leads to, in words.
    pub links: Vec<String>,
}

/// A bookmark.
#[derive(Clone, Debug, PartialEq)]
pub struct Bookmark {
    pub title: String,
    /// Counted from 0.
    pub page: usize,
    /// From the top.
    pub y: f32,
}

/// A finished document.
#[derive(Clone, Debug)]
pub struct Pages {
    pub paper: Paper,
    pub sheets: Vec<Sheet>,
    pub bookmarks: Vec<Bookmark>,
    pub logo: Option<Image>,
    pub tree: Tree,
}

/// The pages so far and the place of the next thing.
#[derive(Debug)]
pub struct Layout {
    pub(super) paper: Paper,
    pub palette: Palette,
    pub room: Area,
    pub(super) sheets: Vec<Sheet>,
    pub y: f32,
    pub part: Part,
    /// What the text being set must keep within; the room between the margins if nothing else.
    pub cell: Option<Area>,
    pub(super) bookmarks: Vec<Bookmark>,
    pub(super) logo: Option<Image>,
    pub(super) links: Vec<Link>,
    pub(super) tree: Tree,
    pub(super) marking: Marking,
    /// A space follows what is set, to be read but not seen.
    pub(super) goes_on: bool,
    pub(super) anchors: BTreeMap<Target, (usize, f32)>,
    /// Places where the page number of a target will stand: page, right end, baseline, its part.
    pub(super) numbers: Vec<(usize, f32, f32, Target, NodeId)>,
    pub tables: usize,
    /// What stands before the decimals of a figure.
    pub point: char,
}

impl Layout {
    pub fn new(paper: Paper, palette: Palette, point: char) -> Self {
        let room = paper.room();
        Self {
            paper,
            palette,
            room,
            sheets: vec![Sheet::default()],
            y: room.y,
            part: Part::Body,
            cell: None,
            bookmarks: Vec::new(),
            logo: None,
            links: Vec::new(),
            tree: Tree::new(),
            marking: Marking::Parts,
            goes_on: false,
            anchors: BTreeMap::new(),
            numbers: Vec::new(),
            tables: 0,
            point,
        }
    }

    pub fn left(&self) -> f32 {
        self.room.x
    }

    pub fn width(&self) -> f32 {
        self.room.width
    }

    /// See [`Paper::column`].
    pub fn column(&self, index: usize, across: usize, gutter: f32) -> (f32, f32) {
        self.paper.column(index, across, gutter)
    }

    /// How many texts were set so far.
    pub fn texts(&self) -> usize {
        self.sheets.iter().map(|sheet| sheet.runs.len()).sum()
    }

    /// Height left on the page.
    pub fn left_over(&self) -> f32 {
        self.room.bottom() - self.y
    }

    pub fn is_first_page(&self) -> bool {
        self.sheets.len() == 1
    }

    /// A new page, unless `height` still fits; whether it was needed.
    pub fn ensure(&mut self, height: f32) -> bool {
        // What was measured together may be a hair lower than its parts one by one.
        let breaks = self.left_over() + 0.01 < height && self.y > self.room.y;
        if breaks {
            self.sheets.push(Sheet::default());
            self.y = self.room.y;
        }
        breaks
    }

    pub fn space(&mut self, height: f32) {
        self.y += height;
    }

    /// Text with its baseline at `y`; the text must be showable.
    pub fn text(&mut self, x: f32, y: f32, text: &str, size: f32, weight: Weight, color: Rgb8) {
        if text.trim().is_empty() {
            return;
        }
        let room = self.cell.unwrap_or(self.room);
        let run = Run { x, y, width: width(text, size, weight), size, text: text.to_owned(), part: self.part, room };
        let pos = Point { x: Pt(x), y: Pt(self.paper.size().1 - y) };
        let shown = glyphs::show(text, size, weight);
        let back = self.tree.open();
        let is_part = self.marking == Marking::Parts && back != 0;
        if is_part {
            if shown.turned {
                self.tree.begin(Tag::Span);
                let span = self.tree.open();
                self.tree.nodes[span].actual = Some(text.replace(['\u{200e}', '\u{200f}'], ""));
            }
            let mark = self.tree.mark(self.sheets.len() - 1);
            let tag = self.tree.nodes[self.tree.open()].tag.name();
            self.push([glyphs::marked(tag, mark)]);
            self.tree.go_on(back);
        } else if self.marking != Marking::Whole {
            self.begin_artifact();
        }
        self.push([Op::StartTextSection, Op::SetTextCursor { pos }, Op::SetFillColor { col: paint(color) }]);
        self.push(shown.ops);
        if self.goes_on {
            self.push(glyphs::show(" ", size, weight).ops);
        }
        self.push([Op::EndTextSection]);
        if is_part {
            self.push([Op::EndMarkedContentWithProperties]);
        } else if self.marking != Marking::Whole {
            self.push([Op::EndMarkedContent]);
        }
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.runs.push(run);
        }
    }

    /// Text that ends at `x`.
    pub fn text_right(&mut self, x: f32, y: f32, text: &str, size: f32, weight: Weight, color: Rgb8) {
        self.text(x - width(text, size, weight), y, text, size, weight, color);
    }

    pub fn rect(&mut self, area: Area, color: Rgb8) {
        let Area { x, y, .. } = area;
        let (right, bottom) = (area.right(), area.bottom());
        self.fill(&[(x, y), (right, y), (right, bottom), (x, bottom)], color);
    }

    /// A hairline over the whole width.
    pub fn rule(&mut self, y: f32, color: Rgb8, thickness: f32) {
        self.polyline(&[(self.left(), y), (self.room.right(), y)], color, thickness);
    }

    pub fn fill(&mut self, points: &[(f32, f32)], color: Rgb8) {
        let points = points.iter().map(|point| LinePoint { p: self.at(*point), bezier: false }).collect();
        let polygon = Polygon {
            rings: vec![PolygonRing { points }],
            mode: PaintMode::Fill,
            winding_order: WindingOrder::NonZero,
        };
        self.push_drawn([Op::SetFillColor { col: paint(color) }, Op::DrawPolygon { polygon }]);
    }

    pub fn polyline(&mut self, points: &[(f32, f32)], color: Rgb8, thickness: f32) {
        let points = points.iter().map(|point| LinePoint { p: self.at(*point), bezier: false }).collect();
        self.push_drawn([
            Op::SetOutlineColor { col: paint(color) },
            Op::SetOutlineThickness { pt: Pt(thickness) },
            Op::DrawLine { line: Line { points, is_closed: false } },
        ]);
    }

    fn at(&self, (x, y): (f32, f32)) -> Point {
        Point { x: Pt(x), y: Pt(self.paper.size().1 - y) }
    }

    pub(super) fn push(&mut self, ops: impl IntoIterator<Item = Op>) {
        if let Some(page) = self.sheets.last_mut() {
            page.ops.extend(ops);
        }
    }
}

/// The name of the logo in a file.
pub const LOGO: &str = "Logo";

fn paint(Rgb8(r, g, b): Rgb8) -> Color {
    let part = |value: u8| f32::from(value) / 255.0;
    Color::Rgb(Rgb { r: part(r), g: part(g), b: part(b), icc_profile: None })
}
