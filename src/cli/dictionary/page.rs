//! The dictionary as one HTML page that needs nothing else.

use super::tables::{about, filled_by};
use crate::config::Settings;
use minijinja::{AutoEscape, Environment, context};

/// The page.
pub fn html(settings: &Settings) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("page", include_str!("page.html"))?;
    let facts = settings.facts.iter().map(|fact| {
        let columns = fact.columns.iter().map(|column| {
            context! { name => &column.name, kind => column.kind.to_string(), required => column.is_required, about => about(column) }
        });
        let adds = fact.contribution.as_ref().map(|adds| {
            let measures: Vec<&str> = adds.measures.iter().map(|measure| measure.name.as_str()).collect();
            let dimensions: Vec<&str> = adds.dimensions.iter().map(|dimension| dimension.word()).collect();
            context! { measures => measures.join(", "), dimensions => dimensions.join(", ") }
        });
        context! { id => &fact.id, about => &fact.about, key => fact.key.join(", "), day => &fact.day, adds,
            filled_by => filled_by(settings, fact).join(", "), columns => columns.collect::<Vec<_>>() }
    });
    let metrics = settings.metrics.iter().map(|metric| {
        let from: Vec<&str> = metric.from.iter().map(String::as_str).collect();
        context! { id => &metric.id, label => &metric.label, about => &metric.about,
        definition => settings.metrics.definition(&metric.id), from => from.join(", ") }
    });
    environment.get_template("page")?.render(context! {
        facts => facts.collect::<Vec<_>>(), metrics => metrics.collect::<Vec<_>>()
    })
}
