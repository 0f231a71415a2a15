//! Pages and what is drawn on them. `y` is counted from the top of the page, in points.

use super::glyphs;
use super::logo::Image;
use super::paper::{Area, Paper};
use super::run::{Part, Run};
use super::tags::{Kid, NodeId, Tag, Tree};
use crate::report::render::typeface::{Font, Weight, fit, showable, width, wrap, wrap_most};
use printpdf::{
    Actions, BorderArray, Color, ColorArray, Destination, HighlightingMode, Line, LinePoint, LinkAnnotation, Op,
    PaintMode, Point, Polygon, PolygonRing, Pt, Rect, Rgb, WindingOrder, XObjectId, XObjectTransform,
};
use std::collections::BTreeMap;

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

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// By its number in reading order.
    Section(usize),
    Receipt(String),
}

/// What leads where.
#[derive(Clone, Debug)]
struct Link {
    page: usize,
    area: Area,
    target: Target,
    /// What it leads from: a figure's text, or a section's title.
    from: String,
    node: NodeId,
}

/// To whom what is drawn belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marking {
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
    paper: Paper,
    pub room: Area,
    sheets: Vec<Sheet>,
    pub y: f32,
    pub part: Part,
    /// What the text being set must keep within; the room between the margins if nothing else.
    pub cell: Option<Area>,
    bookmarks: Vec<Bookmark>,
    logo: Option<Image>,
    links: Vec<Link>,
    tree: Tree,
    marking: Marking,
    /// A space follows what is set, to be read but not seen.
    goes_on: bool,
    anchors: BTreeMap<Target, (usize, f32)>,
    /// Places where the page number of a target will stand: page, right end, baseline, its part.
    numbers: Vec<(usize, f32, f32, Target, NodeId)>,
    pub tables: usize,
    /// What stands before the decimals of a figure.
    pub point: char,
}

impl Layout {
    pub fn new(paper: Paper, point: char) -> Self {
        let room = paper.room();
        Self {
            paper,
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

    /// What `draw` sets is a part of the document.
    pub fn within<R>(&mut self, tag: Tag, draw: impl FnOnce(&mut Self) -> R) -> R {
        if self.marking == Marking::Artifact {
            return draw(self);
        }
        let back = self.tree.begin(tag);
        let drawn = draw(self);
        self.tree.go_on(back);
        drawn
    }

    /// What `draw` sets is there to look at only, such as a heading that was there before.
    pub fn artifact<R>(&mut self, draw: impl FnOnce(&mut Self) -> R) -> R {
        let before = std::mem::replace(&mut self.marking, Marking::Artifact);
        let drawn = draw(self);
        self.marking = before;
        drawn
    }

    /// The open part is a figure that these words tell.
    pub fn tell(&mut self, alt: &str) {
        let open = self.tree.open();
        self.tree.nodes[open].alt = Some(alt.to_owned());
    }

    /// All that `draw` sets on this page is one thing: a part of the open figure, in its area.
    pub fn whole(&mut self, area: Area, draw: impl FnOnce(&mut Self)) {
        let mark = self.tree.mark(self.sheets.len() - 1);
        let open = self.tree.open();
        let node = &mut self.tree.nodes[open];
        node.area = Some(area).filter(|_| node.kids.len() == 1);
        let tag = node.tag.name();
        self.push([glyphs::marked(tag, mark)]);
        let before = std::mem::replace(&mut self.marking, Marking::Whole);
        draw(self);
        self.marking = before;
        self.push([Op::EndMarkedContentWithProperties]);
    }

    /// Drawings of which nothing is read.
    fn push_drawn(&mut self, ops: impl IntoIterator<Item = Op>) {
        let alone = self.marking != Marking::Whole;
        if alone {
            self.push([Op::BeginMarkedContent { tag: "Artifact".to_owned() }]);
        }
        self.push(ops);
        if alone {
            self.push([Op::EndMarkedContent]);
        }
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

    /// A section's title, kept together with `next` points of what follows, and a bookmark.
    pub fn heading(&mut self, title: &str, next: f32) {
        const TALL: f32 = 46.0;
        let lines = wrap_most(title, self.width(), 14.0, Weight::Bold, 2);
        let tall = TALL + (lines.len() - 1) as f32 * HEADING_LINE;
        self.space(14.0);
        self.ensure((tall + next).min(self.room.height));
        let page = self.sheets.len() - 1;
        self.anchors.insert(Target::Section(self.bookmarks.len()), (page, self.y));
        self.bookmarks.push(Bookmark { title: showable(title), page, y: self.y });
        self.rule(self.y, INK, 1.2);
        self.part = Part::Heading;
        self.within(Tag::H2, |layout| {
            layout.lines(&lines, |layout, index, line| {
                layout.space(if index == 0 { 18.0 } else { HEADING_LINE });
                layout.text(layout.left(), layout.y, line, 14.0, Weight::Bold, INK);
            });
        });
        self.part = Part::Body;
        self.space(14.0);
    }

    /// The logo at the upper right of this page.
    pub fn logo(&mut self, logo: Image) {
        let transform = XObjectTransform {
            translate_x: Some(Pt(self.room.right() - logo.width)),
            translate_y: Some(Pt(self.paper.size().1 - self.y - logo.height)),
            scale_x: Some(logo.width),
            scale_y: Some(logo.height),
            no_auto_scale: true,
            ..XObjectTransform::default()
        };
        self.push_drawn([Op::UseXobject { id: XObjectId(LOGO.to_owned()), transform }]);
        self.logo = Some(logo);
    }

    /// Large text on as many lines as it needs, up to four, in a room that may be narrower than the page's.
    pub fn text_lines(&mut self, tag: Tag, text: &str, room: f32, size: f32, weight: Weight, color: Rgb8) {
        self.within(tag, |layout| {
            layout.lines(&wrap_most(text, room, size, weight, 4), |layout, _, line| {
                layout.ensure(size * 1.6);
                layout.space(size * 1.2);
                layout.text(layout.left(), layout.y, line, size, weight, color);
                layout.space(size * 0.1);
            });
        });
        self.space(size * 0.3);
    }

    /// The height of a caption with nothing after it.
    pub fn caption_height(&self, title: &str) -> f32 {
        self.caption_lines(title).len() as f32 * CAPTION_LINE + 8.0
    }

    /// The title of a table or chart, kept together with `next` points of it.
    pub fn caption(&mut self, title: &str, next: f32) {
        let lines = self.caption_lines(title);
        self.ensure((self.caption_height(title) + next).min(self.room.height));
        self.part = Part::Heading;
        self.space(4.0);
        self.within(Tag::H3, |layout| {
            layout.lines(&lines, |layout, _, line| {
                layout.space(CAPTION_LINE);
                layout.text(layout.left(), layout.y - 2.0, line, CAPTION, Weight::Bold, INK);
            });
        });
        self.part = Part::Body;
        self.space(4.0);
    }

    fn caption_lines(&self, title: &str) -> Vec<String> {
        wrap_most(title, self.width(), CAPTION, Weight::Bold, 2)
    }

    /// The height of a paragraph.
    pub fn paragraph_height(&self, text: &str, size: f32, weight: Weight) -> f32 {
        let lines = wrap(text, self.width(), size, weight);
        let is_blank = lines.iter().all(|line| line.trim().is_empty());
        if is_blank { 0.0 } else { lines.len() as f32 * size * LEADING }
    }

    /// Text broken into lines, of which none stands alone on a page.
    pub fn paragraph(&mut self, text: &str, size: f32, weight: Weight, color: Rgb8) {
        let lines = wrap(text, self.width(), size, weight);
        if lines.iter().all(|line| line.trim().is_empty()) {
            return;
        }
        self.within(Tag::P, |layout| {
            layout.lines(&lines, |layout, index, line| {
                let left = lines.len() - index;
                // A short one stays whole; of a long one two lines stay together at both ends.
                let together = match (index, left) {
                    (0, 1..=6) => left,
                    (0, _) | (_, 2) => 2,
                    (_, 3) => 3,
                    _ => 1,
                };
                layout.ensure(together as f32 * size * LEADING);
                layout.space(size * 1.05);
                layout.text(layout.left(), layout.y, line, size, weight, color);
                layout.space(size * (LEADING - 1.05));
            });
        });
    }

    /// A coloured box with a title and a few sentences.
    pub fn boxed(&mut self, title: &str, sentences: &[String], ink: Rgb8, paper: Rgb8) {
        const MOST: usize = 12;
        let (left, wide) = (self.left(), self.width());
        let broken = |sentence: &String| wrap_most(sentence, wide - 28.0, 9.5, Weight::Regular, 3);
        let mut items: Vec<Vec<String>> = sentences.iter().take(MOST).map(broken).collect();
        if sentences.len() > MOST {
            items.push(vec![format!("… and {} more, which the HTML page names.", sentences.len() - MOST)]);
        }
        let height = 30.0 + items.iter().map(Vec::len).sum::<usize>() as f32 * 14.0;
        self.ensure(height + 10.0);
        let area = Area { x: left, y: self.y, width: wide, height };
        self.rect(area, paper);
        self.rect(Area { width: 3.0, ..area }, ink);
        self.cell = Some(area);
        let mut y = self.y + 17.0;
        self.within(Tag::P, |layout| layout.text(left + 14.0, y, title, 10.5, Weight::Bold, ink));
        self.within(Tag::L, |layout| {
            for item in items {
                layout.item(|layout| {
                    layout.lines(&item, |layout, _, line| {
                        y += 14.0;
                        layout.text(left + 14.0, y, line, 9.5, Weight::Regular, INK);
                    });
                });
            }
        });
        self.cell = None;
        self.space(height + 10.0);
    }

    /// An item of a list.
    pub fn item(&mut self, draw: impl FnOnce(&mut Self)) {
        self.within(Tag::Li, |layout| layout.within(Tag::LBody, draw));
    }

    /// The lines of one text, each set by `set` in its turn. What is read of one line and of the next are
    /// different words.
    pub fn lines(&mut self, lines: &[String], mut set: impl FnMut(&mut Self, usize, &str)) {
        for (index, line) in lines.iter().enumerate() {
            self.goes_on = index + 1 < lines.len() && ends_a_word(line);
            set(self, index, line);
        }
        self.goes_on = false;
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
            self.push([Op::BeginMarkedContent { tag: "Artifact".to_owned() }]);
        }
        self.push([Op::StartTextSection, Op::SetTextCursor { pos }, Op::SetFillColor { col: paint(color) }]);
        self.push(shown.ops);
        if self.goes_on {
            self.push(glyphs::show(" ", size, weight).ops);
        }
        self.push([Op::EndTextSection]);
        if self.marking != Marking::Whole {
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

    /// What was set last leads to its target when clicked.
    pub fn link_last(&mut self, target: Target) {
        let Some(run) = self.sheets.last().and_then(|sheet| sheet.runs.last()) else { return };
        let (area, from) = (run.area(), run.text.clone());
        if let Some(node) = self.tree.enclose_last(Tag::Link) {
            self.links.push(Link { page: self.sheets.len() - 1, area, target, from, node });
        }
    }

    /// The open part leads to the target when its area is clicked.
    pub fn link(&mut self, area: Area, from: &str, target: Target) {
        let (page, from, node) = (self.sheets.len() - 1, showable(from), self.tree.open());
        self.links.push(Link { page, area, target, from, node });
    }

    /// Links to the target lead here.
    pub fn anchor(&mut self, target: Target) {
        let place = (self.sheets.len() - 1, self.y);
        self.anchors.entry(target).or_insert(place);
    }

    /// The target's page number will stand here.
    pub fn page_number(&mut self, right: f32, y: f32, target: Target) {
        self.numbers.push((self.sheets.len() - 1, right, y, target, self.tree.open()));
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

    fn push(&mut self, ops: impl IntoIterator<Item = Op>) {
        if let Some(page) = self.sheets.last_mut() {
            page.ops.extend(ops);
        }
    }

    /// The pages with running heads, numbers and links.
    pub fn finish(mut self, running: &str, days: &str, footer: &str) -> Pages {
        let high = self.paper.size().1;
        self.part = Part::Running;
        self.cell = Some(Area { y: 0.0, height: high, ..self.room });
        let (left, right, wide) = (self.left(), self.room.right(), self.width());
        let sheets = std::mem::take(&mut self.sheets);
        let total = sheets.len();
        let (links, numbers) = (std::mem::take(&mut self.links), std::mem::take(&mut self.numbers));
        for (index, sheet) in sheets.into_iter().enumerate() {
            // Marks are counted by page.
            self.sheets.push(sheet);
            self.artifact(|layout| {
                if index > 0 {
                    let running = fit(running, wide * 0.6, 8.5, Weight::Regular);
                    layout.text(left, 40.0, &running, 8.5, Weight::Regular, MUTED);
                    layout.text_right(right, 40.0, days, 8.5, Weight::Regular, MUTED);
                }
                let footer = fit(footer, wide * 0.8, 8.0, Weight::Regular);
                layout.text(left, high - 30.0, &footer, 8.0, Weight::Regular, MUTED);
                let number = format!("{} / {total}", index + 1);
                layout.text_right(right, high - 30.0, &number, 8.0, Weight::Regular, MUTED);
            });
            for (_, right, y, target, node) in numbers.iter().filter(|(page, ..)| *page == index) {
                if let Some((page, _)) = self.anchors.get(target) {
                    let number = (page + 1).to_string();
                    self.tree.go_on(*node);
                    self.text_right(*right, *y, &number, 9.0, Weight::Regular, MUTED);
                    self.tree.go_on(0);
                }
            }
            for of in links.iter().filter(|of| of.page == index) {
                self.lead(of, high);
            }
        }
        Pages { paper: self.paper, sheets: self.sheets, tree: self.tree, bookmarks: self.bookmarks, logo: self.logo }
    }

    /// Sets a link on the page being finished; one that leads nowhere is a text as any other.
    fn lead(&mut self, of: &Link, high: f32) {
        let Some((page, y)) = self.anchors.get(&of.target).copied() else {
            self.tree.nodes[of.node].tag = Tag::Span;
            return;
        };
        let link = link(of.area, page, high - y, high);
        let Some(sheet) = self.sheets.last_mut() else { return };
        sheet.ops.push(Op::LinkAnnotation { link });
        let told = match of.target {
            Target::Section(_) => format!("{}, page {}", of.from, page + 1),
            Target::Receipt(_) => format!("{}: where it comes from", of.from),
        };
        self.tree.nodes[of.node].kids.push(Kid::Link { page: of.page, link: sheet.links.len() });
        sheet.links.push(told);
    }
}

/// The name of the logo in a file.
pub const LOGO: &str = "Logo";
/// A line that breaks between Chinese letters, or after a sign within a word, goes on without a space.
fn ends_a_word(line: &str) -> bool {
    line.chars().next_back().is_some_and(|last| {
        last.is_ascii_alphanumeric() || last.is_alphabetic() && last < '\u{e00}' || ".,;:!?)%".contains(last)
    })
}

const LEADING: f32 = 1.45;
const HEADING_LINE: f32 = 18.0;
const CAPTION: f32 = 10.0;
const CAPTION_LINE: f32 = 13.0;

fn link(area: Area, page: usize, top: f32, high: f32) -> LinkAnnotation {
    let rect = Rect::from_xywh(Pt(area.x), Pt(high - area.bottom()), Pt(area.width), Pt(area.height));
    let actions = Actions::Goto(Destination::Xyz { page: page + 1, left: None, top: Some(top), zoom: None });
    let border = Some(BorderArray::Solid([0.0, 0.0, 0.0]));
    LinkAnnotation::new(rect, actions, border, Some(ColorArray::Transparent), Some(HighlightingMode::None))
}

/// The name of an embedded font.
pub fn font_name(font: Font) -> String {
    format!("F{}", font.at() + 1)
}

fn paint((r, g, b): Rgb8) -> Color {
    let part = |value: u8| f32::from(value) / 255.0;
    Color::Rgb(Rgb { r: part(r), g: part(g), b: part(b), icc_profile: None })
}
