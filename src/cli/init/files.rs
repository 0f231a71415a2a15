//! The files of a new installation, from the answers. What ships stays as it is; the shipped
//! `daybook.toml`, with all its comments, gets the answered sections.

use super::super::install::shipped;
use super::answers::{Answers, SecretsIn, Server, Vendor, quoted};
use super::snippets;
use crate::config::schema::{FOLDER, FileKind};
use crate::delivery::{ChannelRef, Starter, channels};
use chrono::NaiveDate;
use rand::RngExt;

/// A secret that the admin has to put in place.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Wanted {
    /// Where: a file below the installation, a variable, or a credential's name.
    pub place: String,
    /// What it is.
    pub about: String,
    #[serde(skip)]
    reference: String,
}

/// Every file with its text, and the secrets that are wanted.
pub fn installation(answers: &Answers) -> (Vec<(String, String)>, Vec<Wanted>) {
    let mut wanted = Vec::new();
    let daybook = daybook(answers, &mut wanted);
    let workspace = workspace(answers, &mut wanted);
    let mut files: Vec<(String, String)> = vec![
        ("config/daybook.toml".to_owned(), daybook),
        (format!("config/workspaces/{}.toml", answers.tenant.id), workspace),
        (".gitignore".to_owned(), include_str!("gitignore").to_owned()),
        ("config/secrets/README.md".to_owned(), readme(answers.secrets_in, &wanted)),
        ("config/secrets/person_key".to_owned(), random_key()),
    ];
    if answers.secrets_in == SecretsIn::Env {
        let lines: String = wanted.iter().map(|secret| format!("# {}\n{}=\n", secret.about, secret.place)).collect();
        files.push(("config/secrets/daybook.env".to_owned(), lines));
    }
    files.extend(shipped().into_iter().map(|(name, text)| {
        let more = if name == crate::config::metrics::FILE { snippets::METRIC.commented() } else { String::new() };
        (name, text.to_owned() + &more)
    }));
    files.push(("jobs/checks/README.md".to_owned(), snippets::checks_readme()));
    files.extend(FileKind::ALL.map(|kind| (format!("{FOLDER}/{}.json", kind.name()), kind.text())));
    (files, wanted)
}

/// Notes a secret; how config files refer to it.
fn secret(secrets_in: SecretsIn, name: &str, about: &str, wanted: &mut Vec<Wanted>) -> String {
    let (place, reference) = match secrets_in {
        SecretsIn::File => (format!("config/secrets/{name}"), format!("{{ file = \"secrets/{name}\" }}")),
        SecretsIn::Credential => (name.to_owned(), format!("{{ credential = \"{name}\" }}")),
        SecretsIn::Env => {
            let variable = format!("DAYBOOK_{}", name.to_uppercase());
            (variable.clone(), format!("{{ env = \"{variable}\" }}"))
        }
    };
    wanted.push(Wanted { place, about: about.to_owned(), reference: reference.clone() });
    reference
}

fn daybook(answers: &Answers, wanted: &mut Vec<Wanted>) -> String {
    let shipped = include_str!("../../../config/daybook.toml");
    let from = quoted(&answers.from);
    let mail = match &answers.server {
        None => format!(
            "[delivery.mail]\nkind = \"folder\"\npath = \"outgoing/mail\"            # relative to data_dir\nfrom = {from}\n"
        ),
        Some(Server { host, port, user }) => {
            let security = if *port == 465 { "implicit_tls" } else { "start_tls" };
            let login = user.as_ref().map_or(String::new(), |user| {
                let password =
                    secret(answers.secrets_in, "smtp_password", "the password of the login at the mail server", wanted);
                format!("username = {}\npassword = {password}\n", quoted(user))
            });
            format!(
                "[delivery.mail]\nkind = \"smtp\"\nhost = {}\nport = {port}\nsecurity = \"{security}\"\n{login}from = {from}\n",
                quoted(host)
            )
        }
    };
    let mut text = with_section(shipped, "\n[delivery.mail]\n", &mail);
    for channel in &answers.channels {
        text = with_channel(&text, channel, answers.secrets_in, wanted);
    }
    let text = match &answers.data_dir {
        Some(dir) => text.replace("# data_dir = \".\"", &format!("data_dir = {}", quoted(dir))),
        None => text,
    };
    let key = "person_key = { env = \"DAYBOOK_PERSON_KEY\" }";
    // The unit of systemd/ loads the credential from the file that is made beside the others.
    text.replace(
        key,
        match answers.secrets_in {
            SecretsIn::Credential => "person_key = { credential = \"person_key\" }",
            SecretsIn::File | SecretsIn::Env => "person_key = { file = \"secrets/person_key\" }",
        },
    )
}

/// The text with a channel's section, which names its one secret.
fn with_channel(text: &str, channel: &ChannelRef, secrets_in: SecretsIn, wanted: &mut Vec<Wanted>) -> String {
    let ChannelRef { kind, name } = channel;
    let Some(Starter { kind: word, key, secret: about }) = channels::kind(kind).map(|kind| &kind.starter) else {
        return text.to_owned();
    };
    let value = secret(secrets_in, &format!("{kind}_{name}"), about, wanted);
    let section = format!("[delivery.{kind}.{name}]\nkind = \"{word}\"\n{key} = {value}\n");
    with_section(text, &format!("\n[delivery.{kind}.{name}]\n"), &section)
}

/// The text with the section that begins at `head` written anew, up to the next empty line.
fn with_section(text: &str, head: &str, section: &str) -> String {
    let Some(at) = text.find(head) else { return format!("{text}\n{section}") };
    let (before, rest) = text.split_at(at + 1);
    let after = rest.find("\n\n").map_or("", |end| &rest[end + 1..]);
    format!("{before}{section}{after}")
}

/// The file of a workspace.
pub fn workspace(answers: &Answers, wanted: &mut Vec<Wanted>) -> String {
    let tenant = &answers.tenant;
    let mut text = format!(
        "#:schema ../schemas/workspace.json\n\
         # A workspace: one tenant. The file's name is its id. `daybook add workspace` makes another one.\n\n\
         name = {}\ntime_zone = \"{}\"\ncurrency = \"{}\"\nweek_starts_on = \"{}\"\n\
         # gross_margin = \"0.62\"           # share of revenue left after the cost of goods\n\
         # industry = \"shop\"               # whose lines of config/benchmarks.toml hold\n\
         # language = \"de\"                 # of numbers and dates\n",
        quoted(&tenant.name),
        tenant.time_zone,
        tenant.currency,
        tenant.week_start
    );
    for vendor in &tenant.vendors {
        let name = &vendor.connector.spec.name;
        text += &vendor_block(vendor, &tenant.id, name, None, answers.secrets_in, wanted);
    }
    if !tenant.drops.is_empty() {
        text += "\n# Files that people drop. `daybook files try FILE` shows how one would be read and which settings it needs.";
    }
    for preset in &tenant.drops {
        text += &format!(
            "\n[[connections]]\nid = \"{preset}_files\"\nconnector = \"file\"\nfolder = \"drops/{}/{preset}\"\npreset = \"{preset}\"\n",
            tenant.id
        );
    }
    let to: Vec<String> = tenant.to.iter().map(|address| quoted(address)).collect();
    let channels: Vec<String> = answers.channels.iter().map(|channel| quoted(&channel.to_string())).collect();
    let channels = if channels.is_empty() { String::new() } else { format!("channels = [{}]\n", channels.join(", ")) };
    text += &format!(
        "\n# Who gets reports; the jobs in jobs/ name these groups. All get a copy in the report folder.\n\
         [recipients.marketing]\nmail = [{}]\n{channels}files = true\n",
        to.join(", ")
    );
    for group in ["executives", "specialists", "analysts"] {
        text += &format!("\n[recipients.{group}]\nmail = []\nfiles = true\n");
    }
    for snippet in snippets::OF_WORKSPACES {
        text += &snippet.commented();
    }
    text
}

/// A vendor's block of a workspace file.
pub fn vendor_block(
    vendor: &Vendor,
    workspace: &str,
    id: &str,
    since: Option<NaiveDate>,
    secrets_in: SecretsIn,
    wanted: &mut Vec<Wanted>,
) -> String {
    let spec = &vendor.connector.spec;
    let (label, docs, name) = (&spec.label, &spec.docs, &spec.name);
    let mut text = format!("\n# {label}: {docs}\n[[connections]]\nid = \"{id}\"\nconnector = \"{name}\"\n");
    text += &since.map_or_else(
        || "# since = 2026-01-01              # the first day to load\n".to_owned(),
        |since| format!("since = {since}\n"),
    );
    if !vendor.settings.is_empty() {
        text += "\n[connections.settings]\n";
        text.extend(vendor.settings.iter().map(|(name, value)| format!("{name} = {value}\n")));
    }
    let asked = |name: &str| !spec.spares(&format!("secrets.{name}"), &vendor.settings);
    if spec.secrets.keys().any(|name| asked(name)) {
        text += "\n[connections.secrets]\n";
    }
    for (name, described) in spec.secrets.iter().filter(|(name, _)| asked(name)) {
        let about = format!("{}: {}", spec.label, described.about);
        let reference = secret(secrets_in, &format!("{workspace}_{id}_{name}"), &about, wanted);
        text +=
            &if described.optional { format!("# {name} = {reference}\n") } else { format!("{name} = {reference}\n") };
    }
    text
}

fn readme(secrets_in: SecretsIn, wanted: &[Wanted]) -> String {
    let how = match secrets_in {
        SecretsIn::File => "Write each secret into the file named here, alone on its line.",
        SecretsIn::Env => {
            "Set each variable for the daemon: fill in daybook.env beside this file and name it in the\nunit as EnvironmentFile=."
        }
        SecretsIn::Credential => "Name each in the unit: LoadCredential=NAME:/path/of/the/secret.",
    };
    let mut text = format!(
        "# Secrets\n\nConfig files only say where each secret is kept: `{{ file = \"path below config/\" }}`,\n\
         `{{ env = \"NAME\" }}` or `{{ credential = \"systemd credential\" }}`. Git leaves this folder out, but for\n\
         this file.\n\n{how}\n`daybook check` tells what is missing, `daybook check --online` tries each.\n\n"
    );
    for secret in wanted {
        text += &format!("- `{}` (`{}`):\n  {}\n", secret.place, secret.reference, ended(&secret.about));
    }
    text += "- `config/secrets/person_key`: made by `daybook init`; people's identifiers are hashed with it.\n  \
             Keep a copy in a safe place: with another key, known people count as new.\n";
    text
}

fn ended(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

/// 256 bits from the system, in hexadecimal.
fn random_key() -> String {
    let bytes: [u8; 32] = rand::rng().random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n"
}
