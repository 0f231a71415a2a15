//! Headings, captions, paragraphs and lists on pages.

use super::logo::Image;
use super::page::{Bookmark, INK, LOGO, Layout, Rgb8, Target};
use super::paper::Area;
use super::run::Part;
use super::tags::Tag;
use crate::report::render::typeface::{Weight, showable, wrap, wrap_most};
use printpdf::{Op, Pt, XObjectId, XObjectTransform};

const LEADING: f32 = 1.45;
const HEADING_LINE: f32 = 18.0;
const CAPTION: f32 = 10.0;
const CAPTION_LINE: f32 = 13.0;

impl Layout {
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
}

/// A line that breaks between Chinese letters, or after a sign within a word, goes on without a space.
fn ends_a_word(line: &str) -> bool {
    line.chars().next_back().is_some_and(|last| {
        last.is_ascii_alphanumeric() || last.is_alphabetic() && last < '\u{e00}' || ".,;:!?)%".contains(last)
    })
}
