//! What a connector's file says, and what it lacks.

use super::KINDS;
use chrono::NaiveDate;
use daybook::connectors::spec::ErrorAction;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    #[serde(default)]
    cases: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    cannot: BTreeMap<String, String>,
    #[serde(default)]
    pub refusals: Vec<Refusal>,
    #[serde(default)]
    pub walks: Vec<Walk>,
}

/// An answer that is no data.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    pub kind: String,
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub body: String,
    pub action: ErrorAction,
    /// The status that it is meant as, where it is another one.
    pub means: Option<u16>,
    /// It is noon UTC on 20 November 2026.
    pub wait_secs: Option<u64>,
    /// What an admin must read.
    pub told: String,
}

/// What is asked for, and how a script answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Walk {
    pub kind: String,
    pub about: String,
    pub stream: String,
    #[serde(default)]
    pub settings: BTreeMap<String, toml::Value>,
    /// The first day, and the first after.
    pub days: Option<(NaiveDate, NaiveDate)>,
    pub answers: Vec<Scripted>,
    /// How many requests are sent, those for tokens aside.
    pub asked: Option<usize>,
    /// The first column of what stands in the tables afterwards.
    pub sql: Option<String>,
    #[serde(default)]
    pub gives: Vec<String>,
    /// What the slice's notes say.
    #[serde(default)]
    pub told: Vec<String>,
    /// The accounts that the credential sees; nothing is fetched then.
    pub lists: Option<Vec<String>>,
    /// What it fails with; nothing is kept then.
    pub error: Option<String>,
}

/// An answer to requests whose line or body holds all of these texts; the first that fits is given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scripted {
    pub to: Vec<String>,
    /// So often; always where it is left out.
    pub times: Option<usize>,
    #[serde(default = "ok")]
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// `{base}` is the vendor's address, `{records}` so many of `record`, in which `{n}` counts from 1.
    pub body: String,
    #[serde(default)]
    pub record: String,
    #[serde(default)]
    pub records: usize,
    /// Whether the body comes in an archive.
    #[serde(default)]
    pub zip: bool,
    /// Whether only the first half of what is sent arrives.
    #[serde(default)]
    pub half: bool,
}

fn ok() -> u16 {
    200
}

impl Contract {
    pub fn of(fixtures: &Path, connector: &str) -> Result<Self, String> {
        let file = format!("tests/fixtures/contract/{connector}.toml");
        let text = std::fs::read_to_string(fixtures.join("contract").join(format!("{connector}.toml")))
            .map_err(|_| format!("{file}: add it; it says how {connector} shows {}", KINDS.join(", ")))?;
        toml::from_str(&text).map_err(|error| format!("{file}: {error}"))
    }

    /// How a kind is shown, in a word.
    pub fn shown(&self, kind: &str) -> String {
        let cases = self.cases.get(kind).map_or(0, Vec::len);
        let refusals = self.refusals.iter().filter(|refusal| refusal.kind == kind).count();
        let walks = self.walks.iter().filter(|walk| walk.kind == kind).count();
        match (cases + refusals + walks, self.cannot.contains_key(kind)) {
            (0, true) => "cannot be".to_owned(),
            (count, _) => count.to_string(),
        }
    }

    /// What is missing, and what does not hold.
    pub fn faults(&self, fixtures: &Path, connector: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let file = format!("tests/fixtures/contract/{connector}.toml");
        let kinds = (self.cases.keys().chain(self.cannot.keys()).map(String::as_str))
            .chain(self.refusals.iter().map(|refusal| refusal.kind.as_str()))
            .chain(self.walks.iter().map(|walk| walk.kind.as_str()));
        let unknown: BTreeSet<&str> = kinds.filter(|kind| !KINDS.contains(kind)).collect();
        faults.extend(unknown.iter().map(|kind| format!("{file}: {kind:?} is no kind")));
        for kind in KINDS {
            let is_shown = self.shown(kind);
            let reason = self.cannot.get(kind);
            if is_shown == "0" {
                faults.push(format!("{file}: {connector} shows no {kind}: add a case, a refusal or a walk, or say in [cannot] why there is none"));
            } else if reason.is_some() && is_shown != "cannot be" {
                faults.push(format!("{file}: {kind} is shown, and said to be impossible"));
            } else if reason.is_some_and(|reason| reason.split_whitespace().count() < 3) {
                faults.push(format!("{file}: say why {kind} cannot be"));
            }
        }
        for case in self.cases.values().flatten() {
            let path = fixtures.join(connector).join(case);
            if !path.with_extension("json").exists() || !path.with_extension("rows.json").exists() {
                faults.push(format!("{file}: there is no case tests/fixtures/{connector}/{case}"));
            }
        }
        faults
    }
}

#[test]
fn a_connector_without_a_kind_is_named_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("written");
    };
    let missing = Contract::of(folder.path(), "mailer").expect_err("no file");
    assert!(missing.contains("tests/fixtures/contract/mailer.toml: add it"), "{missing}");
    write("mailer/rows/ordinary.json", "{}");
    write("mailer/rows/ordinary.rows.json", "{}");
    let others: Vec<String> = KINDS[3..].iter().map(|kind| format!("{kind} = \"there is no such thing\"")).collect();
    let text = format!(
        "[cases]\nusual = [\"rows/ordinary\"]\nempty = [\"rows/empty\"]\nsurprise = []\n[cannot]\nusual = \"there are no answers\"\n{}\n",
        others.join("\n").replace("currency_edge = \"there is no such thing\"", "currency_edge = \"no\"")
    );
    write("contract/mailer.toml", &text);
    let faults = Contract::of(folder.path(), "mailer").expect("a file").faults(folder.path(), "mailer");
    let file = "tests/fixtures/contract/mailer.toml";
    assert_eq!(
        faults,
        [
            format!("{file}: \"surprise\" is no kind"),
            format!("{file}: usual is shown, and said to be impossible"),
            format!(
                "{file}: mailer shows no second_page: add a case, a refusal or a walk, or say in [cannot] why there is none"
            ),
            format!("{file}: say why currency_edge cannot be"),
            format!("{file}: there is no case tests/fixtures/mailer/rows/empty"),
        ]
    );
}
