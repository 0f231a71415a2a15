//! The structure of a document for readers who do not see it: what is a heading, a table, a list, and in
//! which order all is read.

use super::paper::Area;

/// The kinds of parts, by the names of PDF's standard structure types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    Document,
    H1,
    H2,
    H3,
    P,
    L,
    Li,
    LBody,
    Table,
    Tr,
    /// The heading of a column, and of a row.
    ColumnHead,
    RowHead,
    Td,
    Figure,
    Link,
    Span,
}

impl Tag {
    pub fn name(self) -> &'static str {
        match self {
            Self::Document => "Document",
            Self::H1 => "H1",
            Self::H2 => "H2",
            Self::H3 => "H3",
            Self::P => "P",
            Self::L => "L",
            Self::Li => "LI",
            Self::LBody => "LBody",
            Self::Table => "Table",
            Self::Tr => "TR",
            Self::ColumnHead | Self::RowHead => "TH",
            Self::Td => "TD",
            Self::Figure => "Figure",
            Self::Link => "Link",
            Self::Span => "Span",
        }
    }
}

/// A part, by its place among the nodes.
pub type NodeId = usize;

#[derive(Clone, Debug)]
pub struct Node {
    pub tag: Tag,
    pub parent: NodeId,
    pub kids: Vec<Kid>,
    /// What a figure shows, in words.
    pub alt: Option<String>,
    /// The text that is drawn in another order than it is read in.
    pub actual: Option<String>,
    /// Where a figure stands, if it stands on one page.
    pub area: Option<Area>,
}

/// What a part is made of. Pages are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kid {
    Node(NodeId),
    /// What a page marks with this number.
    Marked {
        page: usize,
        mark: usize,
    },
    /// A link of a page, by its place among the page's.
    Link {
        page: usize,
        link: usize,
    },
}

/// All parts; the first is the document.
#[derive(Clone, Debug)]
pub struct Tree {
    pub nodes: Vec<Node>,
    /// Of each page the part that each of its marks belongs to.
    pub marks: Vec<Vec<NodeId>>,
    open: NodeId,
}

impl Tree {
    pub fn new() -> Self {
        Self { nodes: vec![Node::new(Tag::Document, 0)], marks: Vec::new(), open: 0 }
    }

    /// The part that is being written.
    pub fn open(&self) -> NodeId {
        self.open
    }

    /// Begins a part of the open one and opens it; gives the one to go back to.
    pub fn begin(&mut self, tag: Tag) -> NodeId {
        let (parent, id) = (self.open, self.nodes.len());
        self.nodes.push(Node::new(tag, parent));
        self.nodes[parent].kids.push(Kid::Node(id));
        self.open = id;
        parent
    }

    /// Goes on with another part.
    pub fn go_on(&mut self, node: NodeId) {
        self.open = node;
    }

    /// The next mark of a page, for the open part.
    pub fn mark(&mut self, page: usize) -> usize {
        while self.marks.len() <= page {
            self.marks.push(Vec::new());
        }
        let mark = self.marks[page].len();
        self.marks[page].push(self.open);
        self.nodes[self.open].kids.push(Kid::Marked { page, mark });
        mark
    }

    /// Puts the last thing of the open part into a part of its own, such as a link.
    pub fn enclose_last(&mut self, tag: Tag) -> Option<NodeId> {
        let last = self.nodes[self.open].kids.pop()?;
        let back = self.begin(tag);
        let node = std::mem::replace(&mut self.open, back);
        self.nodes[node].kids.push(last);
        match last {
            Kid::Node(kid) => self.nodes[kid].parent = node,
            Kid::Marked { page, mark } => self.marks[page][mark] = node,
            Kid::Link { .. } => {}
        }
        Some(node)
    }
}

impl Node {
    fn new(tag: Tag, parent: NodeId) -> Self {
        Self { tag, parent, kids: Vec::new(), alt: None, actual: None, area: None }
    }
}
