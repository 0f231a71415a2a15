//! `daybook add workspace`.

use super::edit::Edit;
use super::{Addition, Manner};
use crate::app::AppError;
use crate::cli::channel_args::ChannelArgs;
use crate::cli::init::answers::{Answers, SecretsIn, TenantArgs, tenant};
use crate::cli::init::ask::Asker;
use crate::cli::init::files::workspace;
use crate::config::{Settings, WorkspaceSettings, review};
use std::path::Path;

#[derive(Debug, clap::Args)]
pub struct WorkspaceArgs {
    /// Its id: lower-case letters, digits and _.
    #[arg(value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    tenant: TenantArgs,
    #[command(flatten)]
    channels: ChannelArgs,
    /// Where secrets will be kept: file, env or credential.
    #[arg(long, value_name = "WHERE")]
    secrets: Option<String>,
    #[command(flatten)]
    pub manner: Manner,
}

pub fn add(settings: &Settings, args: &WorkspaceArgs, asker: &mut Asker<'_>) -> Result<Addition, AppError> {
    let secrets_in = SecretsIn::named(args.secrets.as_deref(), asker)?;
    let tenant = tenant(&args.tenant, args.id.as_deref(), "", asker)?;
    let channels = args.channels.all();
    let answers = Answers { tenant, server: None, from: String::new(), channels, secrets_in, data_dir: None };
    let mut wanted = Vec::new();
    let mut text = workspace(&answers, &mut wanted);
    let (id, currency) = (&answers.tenant.id, answers.tenant.currency.as_str());
    let mut edits = Vec::new();
    // With a second currency, amounts need rates: here, and where nobody needed any before.
    let foreign = |own: &&WorkspaceSettings| own.workspace.currency.code() != currency;
    if settings.workspaces.iter().any(|own| foreign(&own)) {
        if !answers.tenant.vendors.is_empty()
            && !text.contains("\npreset = \"ecb_rates\"")
            && !text.contains("\nconnector = \"ecb\"")
        {
            text += &rates();
        }
        for own in settings
            .workspaces
            .iter()
            .filter(|own| !own.connections.is_empty() && !review::has_rates(&settings.root, own))
        {
            edits.push(Edit::append(&settings.root, &own.file, &rates())?);
        }
    }
    let file = Path::new("config/workspaces").join(format!("{id}.toml"));
    edits.insert(0, Edit::new_file(&settings.root, &file, text)?);
    let next = format!("daybook check --online -w {id}");
    Ok(Addition { edits, wanted, next })
}

/// The block of the European Central Bank's rates.
fn rates() -> String {
    format!("\n# Exchange rates of the European Central Bank, for amounts in other currencies.\n{}", review::RATES)
}
