//! `daybook add reader`.

use super::edit::{Edit, push_text};
use super::{Addition, Manner, chosen_workspace};
use crate::app::AppError;
use crate::cli::init::answers::address;
use crate::cli::init::ask::Asker;
use crate::config::Settings;
use crate::support::nearest::unknown_remedy;
use toml_edit::{Array, DocumentMut, Item, Table, value};

#[derive(Debug, clap::Args)]
pub struct ReaderArgs {
    /// The mail address.
    #[arg(value_name = "ADDRESS")]
    address: Option<String>,
    /// The workspace; needed where there are several.
    #[arg(long, short, value_name = "ID")]
    workspace: Option<String>,
    /// The group of recipients.
    #[arg(long, short, value_name = "NAME")]
    group: Option<String>,
    /// Make the group if it is not there.
    #[arg(long)]
    new_group: bool,
    /// The files to attach for this reader: pdf, html, csv; all of the job's if left out.
    #[arg(long, value_name = "FORMAT")]
    attach: Vec<String>,
    /// The language of numbers and dates for this reader, e.g. de.
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    #[command(flatten)]
    pub manner: Manner,
}

pub fn add(settings: &Settings, args: &ReaderArgs, asker: &mut Asker<'_>) -> Result<Addition, AppError> {
    let workspace = chosen_workspace(settings, args.workspace.as_deref(), asker)?;
    let mail = asker.value("mail address", args.address.as_deref(), "", address)?;
    let own = settings.workspace(&workspace);
    let recipients = own.map(|own| &own.recipients);
    let groups: Vec<&str> = recipients.into_iter().flatten().map(|(group, _)| group.as_str()).collect();
    let group = asker.value(&format!("group ({})", groups.join(", ")), args.group.as_deref(), "", |text| {
        if groups.contains(&text) || (args.new_group && crate::config::is_id(text)) {
            return Ok(text.to_owned());
        }
        let near = unknown_remedy(text, &groups, "groups");
        Err(format!("{workspace} has no group {text:?}: {near} (--new-group makes one)"))
    })?;
    let is_there = recipients
        .and_then(|groups| groups.get(&group))
        .is_some_and(|group| group.mail.iter().any(|known| known.eq_ignore_ascii_case(&mail)));
    if is_there {
        return Err(AppError::Usage(format!("{mail} is in the group {group:?} of {workspace} already")));
    }
    let file = own.map(|own| own.file.clone()).unwrap_or_default();
    let edit = Edit::change(&settings.root, &file, |document| {
        enter(document, &group, &mail)?;
        prefer(document, &mail, args)
    })?;
    let next = format!("daybook send-test --to {mail}");
    Ok(Addition { edits: vec![edit], wanted: Vec::new(), next })
}

fn enter(document: &mut DocumentMut, group: &str, mail: &str) -> Result<(), AppError> {
    let wrong =
        || AppError::Usage(format!("[recipients.{group}] is written in a way that is not edited: add {mail} by hand"));
    let recipients = table(document.as_table_mut(), "recipients", true).ok_or_else(wrong)?;
    let group = table(recipients, group, false).ok_or_else(wrong)?;
    let list = group.entry("mail").or_insert_with(|| value(Array::new())).as_array_mut().ok_or_else(wrong)?;
    push_text(list, mail);
    Ok(())
}

/// What the reader prefers, under an entry of its own.
fn prefer(document: &mut DocumentMut, mail: &str, args: &ReaderArgs) -> Result<(), AppError> {
    if args.attach.is_empty() && args.language.is_none() {
        return Ok(());
    }
    let wrong =
        || AppError::Usage("[readers] is written in a way that is not edited: add the reader by hand".to_owned());
    let readers = table(document.as_table_mut(), "readers", true).ok_or_else(wrong)?;
    let reader = table(readers, mail, false).ok_or_else(wrong)?;
    if !args.attach.is_empty() {
        reader.insert("attach", value(args.attach.iter().map(String::as_str).collect::<Array>()));
    }
    if let Some(language) = &args.language {
        reader.insert("language", value(language.as_str()));
    }
    Ok(())
}

/// The table of that name, made if it is not there; `is_implicit` ones have no line of their own.
fn table<'t>(parent: &'t mut Table, name: &str, is_implicit: bool) -> Option<&'t mut Table> {
    let make = || {
        let mut table = Table::new();
        table.set_implicit(is_implicit);
        Item::Table(table)
    };
    parent.entry(name).or_insert_with(make).as_table_mut()
}
