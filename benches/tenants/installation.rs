//! The files of an installation with many workspaces.

use super::READERS;
use super::daemon::{PORT, TOKEN};
use super::mock::Mock;
use super::vendor::{connector, query};
use daybook::support::clock::Clock;
use std::fmt::Write as _;
use std::path::Path;

const REQUEST: &str = r#"{ url = "{{ settings.base_url }}/rows", query = [["from", "{{ slice.start_date }}"], ["to", "{{ slice.end_date }}"]] }"#;
const STREAM: &str = r#"
settles_after_days = 3
slicing = { kind = "days", step_days = 30, reread_days = 3 }
"#;

/// Jobs that only run when they are asked for.
const JOBS: [(&str, &str); 3] = [
    ("sync", "kind = 'sync'\ncron = '0 0 1 1 *'\ntime_zone = 'UTC'\n"),
    ("rollup", "kind = 'rollup'\ncron = '0 0 1 1 *'\ntime_zone = 'UTC'\n"),
    (
        "morning",
        "kind = 'report'\ncron = '0 0 1 1 *'\nreport = 'daily_performance'\nto = ['all']\nformats = ['pdf', 'csv']\n\
         late = 'send_with_banner'\ndeadline_minutes = 1\n",
    ),
];

/// Writes the configuration of so many workspaces.
pub fn write(root: &Path, workspaces: usize, mock: &Mock) {
    let put = |file: &str, text: &str| {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("written");
    };
    put("config/token", TOKEN);
    put(
        "config/daybook.toml",
        &format!(
            "[admin]\nlisten = \"127.0.0.1:{PORT}\"\ntoken = {{ file = \"token\" }}\n\
             [delivery]\nconfirmed = true\n\
             [delivery.mail]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\n\
             from = \"Daybook <d@example.com>\"\n",
            mock.mail
        ),
    );
    put("config/connectors/bench/connector.toml", &connector(REQUEST, STREAM));
    put("config/connectors/bench/ad_daily.sql", &query());
    for (job, text) in JOBS {
        put(&format!("jobs/{job}.toml"), text);
    }
    let since = Clock::System.now().date_naive() - chrono::Days::new(30);
    for number in 0..workspaces {
        let mut text = format!("name = \"Workspace {number}\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\n");
        for connection in 0..4 {
            let _ = write!(
                text,
                "[[connections]]\nid = \"ads{connection}\"\nconnector = \"bench\"\nsince = {since}\n\
                 settings = {{ base_url = \"http://127.0.0.1:{}/w{number}/ads{connection}\" }}\n",
                mock.vendor
            );
        }
        let readers: Vec<String> = (0..READERS).map(|reader| format!("\"r{reader}@w{number}.example.com\"")).collect();
        let _ = write!(text, "[recipients.all]\nmail = [{}]\n", readers.join(", "));
        put(&format!("config/workspaces/w{number:04}.toml"), &text);
    }
}
