//! An issued report rendered again from the documents that are kept of it. Today's data have no part in it.

use super::report::{Rendered, ReportError, render_all};
use crate::report::document::Document;
use crate::report::format::Locale;
use crate::report::templates::Templates;
use crate::warehouse::WarehouseError;
use crate::warehouse::issued::{Issued, Localized, issued, localized};
use duckdb::Connection;

/// What is kept of an issued report.
#[derive(Clone, Debug)]
pub struct StoredReport {
    pub issued: Issued,
    /// In the locales besides the standard one that somebody got.
    pub others: Vec<Localized>,
}

impl StoredReport {
    /// A report by its id; none where it is not kept.
    pub fn read(reader: &Connection, report_id: &str) -> Result<Option<Self>, WarehouseError> {
        let Some(issued) = issued(reader, report_id)? else { return Ok(None) };
        Ok(Some(Self { issued, others: localized(reader, report_id)? }))
    }

    /// The report in the standard locale, then in the others.
    pub fn all(&self) -> Vec<Localized> {
        let standard = Localized {
            locale: Locale::STANDARD.to_string(),
            document: self.issued.document.clone(),
            files: self.issued.files.clone(),
        };
        std::iter::once(standard).chain(self.others.iter().cloned()).collect()
    }

    /// The document of a locale in every format; none where it is not kept, as another one would say the figures in
    /// other words.
    ///
    /// # Errors
    /// Where a template fails, or what is kept cannot be read.
    pub fn render(&self, locale: &str, templates: &Templates) -> Result<Option<(Document, Rendered)>, ReportError> {
        let Some(found) = self.all().into_iter().find(|one| one.locale == locale) else { return Ok(None) };
        let document: Document = serde_json::from_str(&found.document)?;
        let standard: Document = serde_json::from_str(&self.issued.document)?;
        let rendered = render_all(&document, &standard, templates)?;
        Ok(Some((document, rendered)))
    }

    /// Why it looks otherwise now: what was noted when it was issued, and when a person was erased, says what changed.
    pub fn why_other(&self, templates: &Templates) -> String {
        if let Some(at) = self.issued.person_erased_at {
            return format!("a person was erased in it on {}", at.format("%Y-%m-%d"));
        }
        match &self.issued.templates {
            Some(then) if *then == templates.fingerprint() => {
                "Daybook itself or the key of the unsubscribe links changed since, and the templates did not".to_owned()
            }
            Some(_) => "the templates, the theme or the logo changed since".to_owned(),
            None => "the templates or Daybook itself changed since".to_owned(),
        }
    }
}
