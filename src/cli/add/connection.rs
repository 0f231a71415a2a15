//! `daybook add connection`.

use super::edit::{Edit, push_tables};
use super::{Addition, Manner, chosen_workspace};
use crate::app::AppError;
use crate::app::catalog;
use crate::cli::init::answers::{SecretsIn, id, one_of, quoted, vendor_settings};
use crate::cli::init::ask::Asker;
use crate::cli::init::files::vendor_block;
use crate::config::Settings;
use chrono::NaiveDate;

#[derive(Debug, clap::Args)]
pub struct ConnectionArgs {
    /// The vendor (see `daybook connectors`), or "file" for dropped files.
    #[arg(value_name = "CONNECTOR")]
    connector: Option<String>,
    /// The workspace; needed where there are several.
    #[arg(long, short, value_name = "ID")]
    workspace: Option<String>,
    /// Its name in the workspace; the connector's by default.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// What the connector must be told, e.g. customer_ids=1234567890; may be given more than once.
    #[arg(long, value_name = "NAME=VALUE")]
    setting: Vec<String>,
    /// The first day to load.
    #[arg(long, value_name = "DATE")]
    since: Option<NaiveDate>,
    /// Of dropped files: which kind of export they are.
    #[arg(long, value_name = "PRESET")]
    preset: Option<String>,
    /// Of dropped files: the folder, relative to data_dir.
    #[arg(long, value_name = "DIR", conflicts_with = "url")]
    folder: Option<String>,
    /// Of dropped files: the address of a published file in place of a folder.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Where secrets will be kept: file, env or credential.
    #[arg(long, value_name = "WHERE")]
    secrets: Option<String>,
    #[command(flatten)]
    pub manner: Manner,
}

pub fn add(settings: &Settings, args: &ConnectionArgs, asker: &mut Asker<'_>) -> Result<Addition, AppError> {
    let workspace = chosen_workspace(settings, args.workspace.as_deref(), asker)?;
    let catalog = catalog(&settings.root)?;
    let names: Vec<&str> = std::iter::once("file").chain(catalog.names()).collect();
    let connector =
        asker.value(&format!("connector ({})", names.join(", ")), args.connector.as_deref(), "", |text| {
            one_of(text, &names, "connector")
        })?;
    let mut wanted = Vec::new();
    let (own, block) = match catalog.get(&connector) {
        Some(connector) => {
            let name = &connector.spec.name;
            let own = asker.value("its name in the workspace", args.id.as_deref(), name, id)?;
            let given: Vec<String> = args.setting.iter().map(|setting| format!("{name}.{setting}")).collect();
            let vendor = vendor_settings(connector.clone(), &given, asker)?;
            let secrets_in = if connector.spec.secrets.is_empty() {
                SecretsIn::File
            } else {
                SecretsIn::named(args.secrets.as_deref(), asker)?
            };
            let block = vendor_block(&vendor, &workspace, &own, args.since, secrets_in, &mut wanted);
            (own, block)
        }
        None => files(settings, args, &workspace, asker)?,
    };
    let file = settings.workspace(&workspace).map(|own| own.file.clone()).unwrap_or_default();
    let edit = Edit::change(&settings.root, &file, |document| push_tables(document, "connections", &block))?;
    let next = match connector.as_str() {
        "file" => format!("put files into the folder, then daybook sync -w {workspace} -c {own}"),
        _ => format!("daybook check --online -w {workspace}"),
    };
    Ok(Addition { edits: vec![edit], wanted, next })
}

/// The id and block of a folder that files are dropped in.
fn files(
    settings: &Settings,
    args: &ConnectionArgs,
    workspace: &str,
    asker: &mut Asker<'_>,
) -> Result<(String, String), AppError> {
    if !args.setting.is_empty() {
        return Err(AppError::Usage("--setting is for vendors; files take --preset, --folder and --url".to_owned()));
    }
    let presets = settings.presets.names();
    let question = format!("which kind of export the files are ({})", presets.join(", "));
    let preset = asker.value(&question, args.preset.as_deref(), "", |text| one_of(text, &presets, "preset"))?;
    let own = asker.value("its name in the workspace", args.id.as_deref(), &format!("{preset}_files"), id)?;
    let place = match &args.url {
        Some(url) => format!("url = {}", quoted(url)),
        None => {
            let folder = format!("drops/{workspace}/{own}");
            let folder = asker
                .value("folder, relative to data_dir", args.folder.as_deref(), &folder, |text| Ok(text.to_owned()))?;
            format!("folder = {}", quoted(&folder))
        }
    };
    let since = args.since.map_or_else(String::new, |since| format!("since = {since}\n"));
    let block =
        format!("\n[[connections]]\nid = \"{own}\"\nconnector = \"file\"\n{place}\npreset = \"{preset}\"\n{since}");
    Ok((own, block))
}
