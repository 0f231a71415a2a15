//! One folder under two names.

use super::doubts::installation;
use crate::config::load;

const ACME: &str = "config/workspaces/acme.toml";

fn told(folder: &str, prepare: impl FnOnce(&std::path::Path)) -> Vec<String> {
    let more = format!(
        "preset = \"influencer\"\n[[connections]]\nid = \"more\"\nconnector = \"file\"\nfolder = {folder:?}\npreset = \"budgets\""
    );
    let root = installation(&[(ACME, "preset = \"influencer\"", &more)], &[("drops/.keep", "")]);
    prepare(root.path());
    load(root.path()).err().unwrap_or_default().into_iter().map(|problem| problem.message).collect()
}

/// airbytehq/airbyte#5171, DalgoT4D/DDP_backend#285
#[test]
fn a_drop_folder_is_refused_under_a_second_name() {
    let link = |root: &std::path::Path| {
        std::os::unix::fs::symlink("drops", root.join("link")).expect("a link");
        std::os::unix::fs::symlink(root.join("drops"), root.join("whole")).expect("a link");
    };
    for folder in ["drops", "./drops//", "link", "whole/", "none/../drops", "link/../drops"] {
        assert_eq!(told(folder, link), ["\"more\" reads the files of \"drops\" as well"], "{folder}");
    }
    assert_eq!(told("more", link), [""; 0]);
}

#[test]
fn a_drop_folder_in_which_daybook_writes_is_refused() {
    let link = |root: &std::path::Path| {
        std::fs::create_dir(root.join("reports")).expect("made");
        std::os::unix::fs::symlink("reports", root.join("link")).expect("a link");
    };
    for folder in ["reports", "link/daily", "landing"] {
        let told = told(folder, link);
        assert!(told.len() == 1 && told[0].contains("is where"), "{folder}: {told:?}");
    }
}
