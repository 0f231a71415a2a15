//! Reads a PDF back as a program for people who cannot see it does: what each text stands for.

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::BTreeMap;

/// The letters that a font's codes stand for.
type Letters = BTreeMap<u16, String>;

/// The texts of a file in the order in which they are drawn, of all its pages.
pub fn texts(bytes: &[u8]) -> Vec<String> {
    let pdf = Document::load_mem(bytes).expect("a sound PDF");
    pdf.page_iter().flat_map(|page| texts_of_page(&pdf, page)).collect()
}

fn texts_of_page(pdf: &Document, page: ObjectId) -> Vec<String> {
    let fonts = fonts(pdf, page);
    let content = Content::decode(&pdf.get_page_content(page)).expect("operations");
    let (mut texts, mut text, mut font) = (Vec::new(), String::new(), &Letters::new());
    // Within a span that says what it stands for, the glyphs say nothing.
    let (mut depth, mut told_at) = (0, None);
    for operation in &content.operations {
        let operands = &operation.operands;
        match operation.operator.as_str() {
            "BT" => text.clear(),
            "ET" => texts.push(std::mem::take(&mut text)),
            "Tf" => font = &fonts[operands[0].as_name().expect("a name")],
            "TJ" | "Tj" if told_at.is_none() => text.extend(letters(&operands[0], font)),
            "BMC" | "BDC" => {
                depth += 1;
                let properties = operands.get(1).and_then(|properties| properties.as_dict().ok());
                if let Some(told) = properties.and_then(|properties| properties.get(b"ActualText").ok()) {
                    text.push_str(&lopdf::decode_text_string(told).expect("text"));
                    told_at = Some(depth);
                }
            }
            "EMC" => {
                told_at = told_at.filter(|at| *at != depth);
                depth -= 1;
            }
            _ => {}
        }
    }
    assert_eq!(depth, 0, "every mark is closed");
    texts
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
