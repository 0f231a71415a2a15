//! The dictionary as one HTML page that needs nothing else.

use super::facts::facts;
use super::metrics::metrics;
use crate::config::Settings;
use minijinja::{AutoEscape, Environment, context};

/// The page.
pub fn html(settings: &Settings) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("page", include_str!("page.html"))?;
    let facts = facts(settings).into_iter().map(|fact| {
        let columns = fact.columns.iter().map(|column| {
            context! { name => &column.name, kind => &column.kind, required => column.required, about => column.sentence() }
        });
        let adds = fact.adds.as_ref().map(|adds| {
            let measures: Vec<&str> = adds.measures.iter().map(|measure| measure.name.as_str()).collect();
            context! { measures => measures.join(", "), dimensions => adds.dimensions.join(", ") }
        });
        context! { id => &fact.fact, about => &fact.about, key => fact.key.join(", "), day => &fact.day, adds,
            filled_by => fact.filled_by.join(", "), columns => columns.collect::<Vec<_>>() }
    });
    let metrics = metrics(&settings.metrics).into_iter().map(|metric| {
        context! { id => &metric.id, label => &metric.label, about => &metric.about,
        definition => &metric.definition, from => metric.from.join(", ") }
    });
    environment.get_template("page")?.render(context! {
        facts => facts.collect::<Vec<_>>(), metrics => metrics.collect::<Vec<_>>()
    })
}
