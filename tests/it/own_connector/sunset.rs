//! API versions that end, as an admin sees it.

use crate::field::installation::write;
use crate::maintenance_faults::{daybook, said};
use crate::own_fact::{install, well};
use chrono::Days;
use daybook::support::clock::Clock;
use std::fs;

/// googleads/googleads-php-lib#605, PipedreamHQ/pipedream#21604: nobody looked until every request failed.
#[test]
fn an_end_is_warned_of_ahead_and_is_a_mistake_once_it_has_come() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install(root, "http://127.0.0.1:9");
    let file = "config/connectors/mailer/connector.toml";
    let text = fs::read_to_string(root.join(file)).expect("a connector");
    let today = Clock::System.now().date_naive();
    let ending = |days: u64| {
        let (soon, late) = (today + Days::new(days), today + Days::new(900));
        let setting = format!(
            "\n[settings.version]\nabout = \"API version.\"\ndefault = \"v1\"\nsunsets = {{ v1 = \"{soon}\", v2 = \"{late}\" }}\n\n[auth]"
        );
        write(root, file, &text.replace("\n[auth]", &setting));
    };
    ending(200);
    assert!(!well(root, &["check"]).contains("version v1"));
    ending(20);
    let squeezed = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = squeezed(well(root, &["check"]));
    assert!(told.contains("config/workspaces/acme.toml:11"), "{told}");
    assert!(told.contains("Mailer ends version v1 of its API on") && told.contains("in 20 days"), "{told}");
    assert!(told.contains("set version = \"v2\" in the settings of mailer"), "{told}");
    let told = squeezed(well(root, &["status"]));
    assert!(told.contains("acme/mailer: Mailer ends version v1"), "{told}");
    let told = squeezed(said(&daybook(root, &["doctor"])));
    assert!(told.contains("version of acme/mailer") && told.contains("Mailer ends version v1"), "{told}");
    ending(0);
    let output = daybook(root, &["check"]);
    let told = squeezed(said(&output));
    assert!(!output.status.success() && told.contains("Mailer has ended version v1"), "{told}");
    // A newer one that is set ends it.
    let workspace = "config/workspaces/acme.toml";
    let before = fs::read_to_string(root.join(workspace)).expect("a workspace");
    write(root, workspace, &before.replace("base_url = ", "version = \"v2\", base_url = "));
    assert!(!well(root, &["check"]).contains("of its API"));
}
