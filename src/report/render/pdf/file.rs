//! The pages as a file: fonts with the letters used, bookmarks, language, title and dates.

use super::glyphs::font_name;
use super::page::{Bookmark, LOGO, Pages, Sheet};
use super::{PdfError, fonts, structure};
use crate::report::document::Document;
use crate::report::render::typeface::showable;
use crate::support::ids::stable_id;
use chrono::{Datelike, Timelike};
use lopdf::{Dictionary, Object, ObjectId, dictionary, text_string};
use printpdf::{FontId, Mm, OffsetDateTime, PdfDocument, PdfFont, PdfPage, PdfSaveOptions, Pt, XObject, XObjectId};

/// The file's bytes.
pub fn write(document: &Document, mut pages: Pages) -> Result<Vec<u8>, PdfError> {
    let title = showable(&format!("{} · {}", document.workspace_name, document.title));
    let mut pdf = PdfDocument::new(&title);
    let mut maps = Vec::new();
    for (font, used) in fonts::encode(&mut pages.sheets) {
        let id = FontId(font_name(font));
        let (font, map) = fonts::subset(font, &used)?;
        maps.push((id.clone(), map));
        pdf.resources.fonts.map.insert(id, PdfFont::new(font));
    }
    if let Some(logo) = pages.logo.take() {
        pdf.resources.xobjects.map.insert(XObjectId(LOGO.to_owned()), XObject::Image(logo.raw));
    }
    let at = offset_date_time(document);
    let info = &mut pdf.metadata.info;
    (info.creation_date, info.modification_date, info.metadata_date) = (at, at, at);
    info.author = "Daybook".to_owned();
    info.creator = "Daybook".to_owned();
    info.subject = format!("{} {}", document.report, document.period);
    info.identifier = document.id.clone();
    let (width, height) = pages.paper.size();
    let page =
        |sheet: &mut Sheet| PdfPage::new(Mm::from(Pt(width)), Mm::from(Pt(height)), std::mem::take(&mut sheet.ops));
    let pdf = pdf.with_pages(pages.sheets.iter_mut().map(page).collect());
    let options = PdfSaveOptions { subset_fonts: false, ..PdfSaveOptions::default() };
    let mut file = pdf.to_lopdf_document(&options, &mut Vec::new());
    for (font, map) in maps {
        fonts::map_codes(&mut file, &font, map).map_err(|error| PdfError(format!("a typeface is lost: {error}")))?;
    }
    structure::write(&mut file, &pages, &title).map_err(|error| PdfError(format!("it cannot be tagged: {error}")))?;
    describe(&mut file, &document.id, &pages.bookmarks, height)
        .map_err(|error| PdfError(format!("its outline cannot be written: {error}")))?;
    file.compress();
    let mut bytes = Vec::new();
    file.save_modern(&mut bytes).map_err(|error| PdfError(error.to_string()))?;
    Ok(bytes)
}

/// What printpdf leaves out or draws by lot: bookmarks in reading order that lead to their place on
/// the page, the language, and an identifier that follows from the report, so that the same report
/// gives the same bytes.
fn describe(file: &mut lopdf::Document, id: &str, bookmarks: &[Bookmark], height: f32) -> Result<(), lopdf::Error> {
    let pages: Vec<ObjectId> = file.page_iter().collect();
    let outline = file.new_object_id();
    let items: Vec<ObjectId> = bookmarks.iter().map(|_| file.new_object_id()).collect();
    for (index, bookmark) in bookmarks.iter().enumerate() {
        let Some(page) = pages.get(bookmark.page) else { continue };
        let place = Object::Array(vec![
            (*page).into(),
            Object::Name(b"XYZ".to_vec()),
            Object::Null,
            Object::Real(height - bookmark.y + 6.0),
            Object::Null,
        ]);
        let mut item = dictionary! { "Parent" => outline, "Title" => text_string(&bookmark.title), "Dest" => place };
        if let Some(before) = index.checked_sub(1) {
            item.set("Prev", items[before]);
        }
        if let Some(next) = items.get(index + 1) {
            item.set("Next", *next);
        }
        file.set_object(items[index], item);
    }
    if let (Some(first), Some(last)) = (items.first(), items.last()) {
        let count = i64::try_from(items.len()).unwrap_or_default();
        file.set_object(
            outline,
            dictionary! { "Type" => "Outlines", "Count" => count, "First" => *first, "Last" => *last },
        );
    }
    let catalog = file.catalog_mut()?;
    catalog.set("Lang", Object::string_literal("en"));
    catalog.set("Outlines", outline);
    catalog.set("PageMode", Object::Name(b"UseOutlines".to_vec()));
    let shows_title: Dictionary = dictionary! { "DisplayDocTitle" => true };
    catalog.set("ViewerPreferences", shows_title);
    if let Ok(Object::Reference(info)) = file.trailer.get(b"Info").cloned()
        && let Some(Object::Dictionary(info)) = file.objects.get_mut(&info)
    {
        // printpdf claims a printer's standard that wants more than this.
        info.remove(b"GTS_PDFXVersion");
        info.set("Producer", text_string("Daybook"));
    }
    let name = Object::string_literal(stable_id("", &[id]));
    file.trailer.set("ID", vec![name.clone(), name]);
    Ok(())
}

fn offset_date_time(document: &Document) -> OffsetDateTime {
    let at = document.issued_at;
    let part = |value: u32| u8::try_from(value).unwrap_or(1);
    printpdf::date::DateTime {
        date: printpdf::date::Date { year: at.year(), month: part(at.month()), day: part(at.day()) },
        time: printpdf::date::Time {
            hour: part(at.hour()),
            minute: part(at.minute()),
            second: part(at.second()),
            millisecond: 0,
        },
        offset: printpdf::date::Offset { hours: 0, minutes: 0, seconds: 0, milliseconds: 0 },
    }
}
