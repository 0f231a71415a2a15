//! Targets of metrics that count other days than the target's.

use super::Findings;
use super::Step::{Key, Nth};
use crate::config::Settings;

pub(super) fn refuse(settings: &Settings, found: &Findings<'_>) {
    // The id of a metric that counts another window than `wanted`, with its word.
    let other = |id: &str, wanted| {
        let windows = &settings.metrics.get(id)?.windows;
        windows.iter().copied().find(|window| Some(*window) != wanted).map(|window| window.words())
    };
    for workspace in &settings.workspaces {
        for (index, target) in workspace.targets.iter().enumerate() {
            let Some(words) = other(&target.metric, target.term.window()) else { continue };
            let steps = [Key("targets"), Nth(index), Key("metric")];
            let message = format!("[[targets]]: {} is counted {words}, not over the days of the target", target.metric);
            let fits = target.term.window().map(|window| format!(" or {}", window.word())).unwrap_or_default();
            let remedy = format!("name a metric without a window{fits}");
            found.refuse(&workspace.file, &steps, &message, &remedy);
        }
        for (index, campaign) in workspace.campaigns.iter().enumerate() {
            for metric in campaign.targets.keys() {
                let Some(words) = other(metric, None) else { continue };
                let steps = [Key("campaigns"), Nth(index), Key("targets"), Key(metric)];
                let message = format!("[[campaigns]]: {metric} is counted {words}, not since the campaign began");
                found.refuse(&workspace.file, &steps, &message, "name a metric without a window");
            }
        }
    }
}
