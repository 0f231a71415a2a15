//! Money in another currency that nothing converts.

use super::Findings;
use crate::config::facts::CONNECTORS;
use crate::config::{Settings, WorkspaceSettings};
use crate::connectors::Catalog;
use crate::connectors::file::Target;
use crate::domain::money::Currency;
use std::collections::BTreeSet;
use std::path::Path;

/// What adds the European Central Bank's rates to a workspace.
pub const RATES: &str = "[[connections]]\nid = \"exchange_rates\"\nconnector = \"ecb\"\n";

pub(super) fn review(settings: &Settings, found: &Findings<'_>) {
    let currencies: BTreeSet<&str> = settings.workspaces.iter().map(|own| own.workspace.currency.code()).collect();
    let shares = |id: &str| settings.rates_of.as_deref().is_some_and(|of| of != id);
    for workspace in settings.workspaces.iter().filter(|own| !shares(&own.workspace.id)) {
        if has_rates(&settings.root, workspace) {
            continue;
        }
        let own = workspace.workspace.currency;
        let remedy = remedy(workspace);
        if let Some((id, line, code)) = foreign_files(workspace, own).next() {
            let message =
                format!("connection {id:?}: there are no exchange rates, so its amounts in {code} are left out");
            found.warn_at(&workspace.file, Some(line), &message, &remedy);
            continue;
        }
        // A single currency is the usual case, and all is well then.
        let Some(vendor) = workspace.connections.iter().find(|own| has_money(&own.connector)) else { continue };
        if currencies.len() > 1 {
            let others: Vec<&str> = currencies.iter().copied().filter(|code| *code != own.code()).collect();
            let message = format!(
                "connection {:?}: there are no exchange rates; if its account has amounts in another currency than {} \
                 (other workspaces: {}), they are left out",
                vendor.id,
                own.code(),
                others.join(", ")
            );
            found.warn_at(&workspace.file, Some(vendor.line), &message, &remedy);
        }
    }
}

/// Whether files or a vendor bring exchange rates to a workspace.
pub fn has_rates(root: &Path, workspace: &WorkspaceSettings) -> bool {
    let mut catalog = Catalog::built_in().unwrap_or_default();
    // What is wrong with a connector of the installation is told where it is read.
    let _ = catalog.add_folder(&root.join(CONNECTORS));
    let fills = |connector: &str| {
        let streams = catalog.get(connector).into_iter().flat_map(|own| own.spec.streams.clone().into_values());
        streams.into_iter().any(|stream| stream.loads.iter().any(|load| load.table == "fx_rate"))
    };
    workspace.files.iter().any(|files| files.drop.preset.target == Target::Fx)
        || workspace.connections.iter().any(|connection| fills(&connection.connector))
}

fn remedy(workspace: &WorkspaceSettings) -> String {
    format!("add to {}: {}", workspace.file.display(), RATES.trim_end().replace('\n', " / "))
}

/// Dropped files whose amounts are stated to be in another currency.
fn foreign_files(workspace: &WorkspaceSettings, own: Currency) -> impl Iterator<Item = (&str, usize, &str)> {
    workspace.files.iter().filter_map(move |files| {
        let column = files.drop.preset.columns.iter().find(|column| column.field.name == "currency")?;
        let code = column.constant.as_deref().filter(|code| !code.eq_ignore_ascii_case(own.code()))?;
        Some((files.id.as_str(), files.line, code))
    })
}

/// Whether a connector that ships with Daybook loads amounts of money.
fn has_money(connector: &str) -> bool {
    let catalog = Catalog::built_in().unwrap_or_default();
    catalog.get(connector).is_some_and(|connector| connector.sql.values().any(|sql| sql.contains("currency")))
}
