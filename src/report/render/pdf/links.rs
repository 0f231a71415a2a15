//! What leads where, and the last hand to the pages: running heads, numbers and links.

use super::page::{Layout, Link, MUTED, Pages, Target};
use super::paper::Area;
use super::run::Part;
use super::tags::{Kid, Tag};
use crate::report::render::typeface::{Weight, fit, showable};
use printpdf::{Actions, BorderArray, ColorArray, Destination, HighlightingMode, LinkAnnotation, Op, Pt, Rect};

impl Layout {
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

fn link(area: Area, page: usize, top: f32, high: f32) -> LinkAnnotation {
    let rect = Rect::from_xywh(Pt(area.x), Pt(high - area.bottom()), Pt(area.width), Pt(area.height));
    let actions = Actions::Goto(Destination::Xyz { page: page + 1, left: None, top: Some(top), zoom: None });
    let border = Some(BorderArray::Solid([0.0, 0.0, 0.0]));
    LinkAnnotation::new(rect, actions, border, Some(ColorArray::Transparent), Some(HighlightingMode::None))
}
