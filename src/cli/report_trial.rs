//! `daybook report --dry-run` and `--no-deliver`: what a report would be and to whom it would go. The ledger
//! stays as it is, so that the due report still goes out.

use super::out::place;
use super::show::{bytes, plain};
use crate::app::issue::drafts;
use crate::app::{App, AppError};
use crate::config::{Job, ReportJob, WorkspaceSettings};
use crate::delivery::Route;
use crate::domain::period::Period;
use crate::jobs::preview::Draft;
use crate::jobs::report::{Built, Renderings, messages_of, render_all};
use crate::report::render::email::subject;

/// Shows every copy of a report; with `writes` its files go into the report folder.
pub async fn show(
    app: &App,
    workspace: &WorkspaceSettings,
    (job, report, period): (&Job, &ReportJob, Period),
    writes: bool,
) -> anyhow::Result<()> {
    for draft in drafts(app, workspace, report, period, None).await? {
        let Draft { document, data, audience, .. } = draft;
        outln!("{} {} ({})", document.workspace_id, document.file_stem, job.id);
        outln!("  subject: {}", plain(&subject(&document)));
        for gap in &document.gaps {
            outln!("  note: {}", plain(gap));
        }
        if writes {
            let rendered = render_all(&document, &data, &app.templates())?;
            let folder = place(&app.settings.delivery.files.path).join(&document.workspace_id);
            std::fs::create_dir_all(&folder).map_err(|source| AppError::Io { path: folder.clone(), source })?;
            for (ending, _, content) in rendered.files(audience.formats) {
                let path = folder.join(format!("{}.{ending}", document.file_stem));
                std::fs::write(&path, content).map_err(|source| AppError::Io { path: path.clone(), source })?;
                outln!("  wrote {}", path.display());
            }
            continue;
        }
        let others = audience.all_locales();
        let mut audience = audience;
        audience.locales.clear();
        let built = Built { standard: data, others: vec![document], receipts: Vec::new(), differs: false };
        let prints = Renderings::new(&built, &[audience.locale].into(), &app.templates())?;
        for message in messages_of(&prints, &audience, &app.templates())? {
            let route = serde_json::from_str(&message.route).map_or(message.route.clone(), |route: Route| route.text());
            let state = match &message.refused {
                Some(reason) => format!("cannot be made: {reason}"),
                None => bytes(message.payload.len() as u64),
            };
            outln!("  would go: {}, {}", plain(&route), plain(&state));
        }
        if others.len() > 1 {
            outln!("  some readers get other number formats: report preview --reader ADDRESS shows theirs");
        }
    }
    Ok(())
}
