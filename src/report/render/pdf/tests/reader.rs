//! Reads a PDF back as a program for people who cannot see it does: what each text stands for.

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::BTreeMap;

/// The letters that a font's codes stand for.
type Letters = BTreeMap<u16, String>;

/// The texts of a file in the order in which they are drawn, of all its pages.
pub fn texts(bytes: &[u8]) -> Vec<String> {
    let pdf = Document::load_mem(bytes).expect("a sound PDF");
    pdf.page_iter().flat_map(|page| shown(&pdf, page)).map(|shown| shown.text).collect()
}

/// A text of a page.
struct Shown {
    text: String,
    /// The number it is marked with; none where it is not to be read.
    mark: Option<i64>,
}

fn shown(pdf: &Document, page: ObjectId) -> Vec<Shown> {
    let fonts = fonts(pdf, page);
    let content = Content::decode(&pdf.get_page_content(page)).expect("operations");
    let (mut texts, mut text, mut font) = (Vec::new(), String::new(), &Letters::new());
    // Marks that are open; within a span that says what it stands for, the glyphs say nothing.
    let mut open: Vec<Mark> = Vec::new();
    for operation in &content.operations {
        let operands = &operation.operands;
        match operation.operator.as_str() {
            "BT" => text.clear(),
            "ET" => {
                let mark = open.iter().find_map(|mark| if let Mark::Part(mark) = mark { Some(*mark) } else { None });
                assert!(mark.is_some() || open.contains(&Mark::Artifact), "{text:?} is neither read nor passed over");
                texts.push(Shown { text: std::mem::take(&mut text), mark });
            }
            "Tf" => font = &fonts[operands[0].as_name().expect("a name")],
            "TJ" | "Tj" if !open.contains(&Mark::Told) => text.extend(letters(&operands[0], font)),
            "f" | "S" | "f*" | "Do" => {
                assert!(!open.is_empty(), "a drawing is neither a part nor passed over");
            }
            "BMC" | "BDC" => open.push(mark(operands, &mut text)),
            "EMC" => {
                open.pop().expect("an open mark");
            }
            _ => {}
        }
    }
    assert!(open.is_empty(), "every mark is closed");
    texts
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    Artifact,
    Part(i64),
    Told,
}

fn mark(operands: &[Object], text: &mut String) -> Mark {
    let properties = operands.get(1).and_then(|properties| properties.as_dict().ok());
    let told = properties.and_then(|properties| properties.get(b"ActualText").ok());
    let number = properties.and_then(|properties| properties.get(b"MCID").and_then(Object::as_i64).ok());
    if let Some(told) = told {
        text.push_str(&lopdf::decode_text_string(told).expect("text"));
        return Mark::Told;
    }
    number.map_or_else(
        || {
            assert_eq!(operands[0].as_name().expect("a name"), b"Artifact");
            Mark::Artifact
        },
        Mark::Part,
    )
}

/// A part of a document as it is read.
#[derive(Clone, Debug, Default)]
pub struct Part {
    pub name: String,
    pub parts: Vec<Part>,
    /// What is read of it and of its parts.
    pub text: String,
    pub alt: String,
    pub has_alt: bool,
    pub actual: String,
    pub scope: String,
}

/// A file as it is read.
#[derive(Debug)]
pub struct Read {
    pub root: Part,
    /// Texts that are passed over.
    pub untold: Vec<String>,
}

/// What a part may be made of, as found from the tree.
#[derive(Default)]
struct Found {
    marks: BTreeMap<(ObjectId, i64), ObjectId>,
    links: BTreeMap<ObjectId, ObjectId>,
}

impl Read {
    /// Fails where the tree, the marks on the pages and the ways back do not agree.
    pub fn of(bytes: &[u8]) -> Self {
        let pdf = Document::load_mem(bytes).expect("a sound PDF");
        let catalog = pdf.catalog().expect("a catalog");
        let root = catalog.get(b"StructTreeRoot").and_then(Object::as_reference).expect("a tree");
        let root = pdf.get_dictionary(root).expect("a tree");
        let first = root.get(b"K").and_then(Object::as_array).expect("parts")[0].as_reference().expect("a part");
        let mut texts = BTreeMap::new();
        let mut untold = Vec::new();
        for page in pdf.page_iter() {
            for Shown { text, mark } in shown(&pdf, page) {
                match mark {
                    Some(mark) => texts.entry((page, mark)).or_insert_with(String::new).push_str(&text),
                    None => untold.push(text),
                }
            }
        }
        let mut found = Found::default();
        let part = part(&pdf, first, &texts, &mut found);
        assert!(texts.keys().all(|mark| found.marks.contains_key(mark)), "every text that is marked is in the tree");
        ways_back(&pdf, root, &found);
        Self { root: part, untold }
    }
}

fn part(pdf: &Document, id: ObjectId, texts: &BTreeMap<(ObjectId, i64), String>, found: &mut Found) -> Part {
    let element = pdf.get_dictionary(id).expect("a part");
    let string = |key: &[u8]| element.get(key).map(|of| lopdf::decode_text_string(of).expect("text"));
    let attributes = element.get(b"A").and_then(|of| pdf.dereference(of)?.1.as_dict());
    let scope = attributes.and_then(|of| of.get(b"Scope")?.as_name());
    let mut part = Part {
        name: String::from_utf8(element.get(b"S").and_then(Object::as_name).expect("a kind").to_vec()).expect("a name"),
        alt: string(b"Alt").unwrap_or_default(),
        has_alt: element.has(b"Alt"),
        actual: string(b"ActualText").unwrap_or_default(),
        scope: scope.map(|of| String::from_utf8_lossy(of).into_owned()).unwrap_or_default(),
        ..Part::default()
    };
    let page = element.get(b"Pg").and_then(Object::as_reference);
    let kids = match element.get(b"K") {
        Ok(Object::Array(kids)) => kids.clone(),
        Ok(kid) => vec![kid.clone()],
        Err(_) => Vec::new(),
    };
    for kid in kids {
        match kid {
            Object::Reference(kid) => {
                let parent = pdf.get_dictionary(kid).and_then(|kid| kid.get(b"P")?.as_reference());
                assert_eq!(parent.expect("a parent"), id);
                part.parts.push(self::part(pdf, kid, texts, found));
                part.text.push_str(&part.parts[part.parts.len() - 1].text);
            }
            Object::Integer(mark) => add((*page.as_ref().expect("a page"), mark), id, texts, found, &mut part),
            Object::Dictionary(kid) if kid.get(b"Type").and_then(Object::as_name).expect("a type") == b"MCR" => {
                let page = kid.get(b"Pg").and_then(Object::as_reference).expect("a page");
                add((page, kid.get(b"MCID").and_then(Object::as_i64).expect("a number")), id, texts, found, &mut part);
            }
            Object::Dictionary(kid) => {
                let link = kid.get(b"Obj").and_then(Object::as_reference).expect("a link");
                assert_eq!(part.name, "Link");
                assert_eq!(found.links.insert(link, id), None);
            }
            other => panic!("{other:?}"),
        }
    }
    if !part.actual.is_empty() {
        part.text = part.actual.clone();
    }
    part
}

fn add(
    mark: (ObjectId, i64),
    id: ObjectId,
    texts: &BTreeMap<(ObjectId, i64), String>,
    found: &mut Found,
    part: &mut Part,
) {
    assert_eq!(found.marks.insert(mark, id), None, "a mark belongs to one part");
    part.text.push_str(texts.get(&mark).map(String::as_str).unwrap_or_default());
}

/// From each page's marks and from each link back to its part.
fn ways_back(pdf: &Document, root: &Dictionary, found: &Found) {
    let parents = root.get(b"ParentTree").and_then(Object::as_reference).expect("ways back");
    let parents = pdf.get_dictionary(parents).and_then(|of| of.get(b"Nums")?.as_array()).expect("ways back");
    let keys: Vec<i64> = parents.iter().step_by(2).map(|key| key.as_i64().expect("a key")).collect();
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "keys rise");
    let of = |key: i64| &parents[2 * keys.binary_search(&key).expect("the key is there") + 1];
    let (mut marks, mut links) = (0, 0);
    for page in pdf.page_iter() {
        let dictionary = pdf.get_dictionary(page).expect("a page");
        let key = dictionary.get(b"StructParents").and_then(Object::as_i64).expect("a key");
        for (mark, part) in (0..).zip(of(key).as_array().expect("parts")) {
            assert_eq!(found.marks.get(&(page, mark)), Some(&part.as_reference().expect("a part")));
            marks += 1;
        }
        for link in dictionary.get(b"Annots").and_then(Object::as_array).expect("links") {
            let id = link.as_reference().expect("an object of its own");
            let link = pdf.get_dictionary(id).expect("a link");
            assert!(link.has(b"Contents"));
            let key = link.get(b"StructParent").and_then(Object::as_i64).expect("a key");
            assert_eq!(found.links.get(&id), Some(&of(key).as_reference().expect("a part")));
            links += 1;
        }
    }
    assert_eq!((marks, links), (found.marks.len(), found.links.len()));
}

fn letters(shown: &Object, font: &Letters) -> Vec<String> {
    match shown {
        Object::Array(parts) => parts.iter().flat_map(|part| letters(part, font)).collect(),
        Object::String(codes, _) => {
            let code = |pair: &[u8]| u16::from_be_bytes([pair[0], pair[1]]);
            codes.chunks_exact(2).map(|pair| font.get(&code(pair)).expect("every code is told").clone()).collect()
        }
        _ => Vec::new(),
    }
}

fn fonts(pdf: &Document, page: ObjectId) -> BTreeMap<Vec<u8>, Letters> {
    let follow = |dictionary: &Dictionary, key: &[u8]| {
        pdf.dereference(dictionary.get(key).expect("a value")).expect("an object").1.clone()
    };
    let page = pdf.get_dictionary(page).expect("a page");
    let resources = follow(page, b"Resources");
    let fonts = follow(resources.as_dict().expect("resources"), b"Font");
    let letters = |font: &Object| {
        let font = pdf.dereference(font).expect("a font").1.as_dict().expect("a font").clone();
        let map = follow(&font, b"ToUnicode");
        let map = map.as_stream().expect("a map").get_plain_content().expect("a map");
        parse(&String::from_utf8(map).expect("text"))
    };
    fonts.as_dict().expect("fonts").iter().map(|(name, font)| (name.clone(), letters(font))).collect()
}

/// Lines such as `<0041> <00480069>`, and ranges of three codes.
fn parse(map: &str) -> Letters {
    let mut letters = Letters::new();
    for line in map.lines() {
        let codes: Vec<&str> = line.split(['<', '>']).map(str::trim).filter(|part| !part.is_empty()).collect();
        let number = |code: &str| u16::from_str_radix(code, 16).ok();
        let text = |code: &str| {
            let units: Option<Vec<u16>> = (0..code.len() / 4).map(|at| number(&code[at * 4..at * 4 + 4])).collect();
            String::from_utf16(&units?).ok()
        };
        match codes.as_slice() {
            [code, told] if line.starts_with('<') => {
                letters.extend(number(code).zip(text(told)));
            }
            [first, last, told] if line.starts_with('<') => {
                let (first, last) = (number(first).expect("a code"), number(last).expect("a code"));
                let start = number(told).expect("one letter");
                let told = |at: u16| char::from_u32(u32::from(start + at)).expect("a letter").to_string();
                letters.extend((first..=last).map(|code| (code, told(code - first))));
            }
            _ => {}
        }
    }
    letters
}
