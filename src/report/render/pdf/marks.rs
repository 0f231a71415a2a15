//! Marks what is drawn as a part of the document, or as nothing to be read.

use super::glyphs;
use super::page::{Layout, Marking};
use super::paper::Area;
use super::tags::Tag;
use printpdf::Op;

impl Layout {
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

    /// The open part is a figure that these words describe.
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

    /// Begins what is not read, or goes on with it where it has just ended.
    pub(super) fn begin_artifact(&mut self) {
        let ops = self.sheets.last_mut().map(|sheet| &mut sheet.ops);
        if ops.and_then(|ops| ops.pop_if(|op| *op == Op::EndMarkedContent)).is_none() {
            self.push([Op::BeginMarkedContent { tag: "Artifact".to_owned() }]);
        }
    }

    /// Drawings of which nothing is read.
    pub(super) fn push_drawn(&mut self, ops: impl IntoIterator<Item = Op>) {
        let alone = self.marking != Marking::Whole;
        if alone {
            self.begin_artifact();
        }
        self.push(ops);
        if alone {
            self.push([Op::EndMarkedContent]);
        }
    }
}
