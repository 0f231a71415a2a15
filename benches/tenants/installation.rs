//! The files of an installation with many workspaces.

use super::READERS;
use super::daemon::{PORT, TOKEN};
use super::mock::Mock;
use daybook::support::clock::Clock;
use std::fmt::Write as _;
use std::path::Path;

const CONNECTOR: &str = r#"
name = "mock"
label = "Mock"
docs = "https://mock.example/docs"

[settings.base_url]
about = "Where the API answers."
kind = "url"

[auth]
kind = "none"

[limits]
requests = 100000
concurrency = 16

[streams.ad_daily]
about = "Campaigns by day."
records = "$.rows[*]"
settles_after_days = 3

[streams.ad_daily.slicing]
kind = "days"
step_days = 30
reread_days = 3

[streams.ad_daily.request]
url = "{{ settings.base_url }}/rows"
query = [["from", "{{ slice.start_date }}"], ["to", "{{ slice.end_date }}"]]

[[streams.ad_daily.loads]]
table = "ad_daily"
key = ["account_id", "campaign_id", "date"]
mode = { kind = "replace_window", column = "date" }
"#;

const QUERY: &str = "
SELECT '1' AS account_id, r ->> '$.campaign_id' AS campaign_id, 'campaign ' || (r ->> '$.campaign_id') AS campaign_name,
    'ENABLED' AS campaign_status, 'SEARCH' AS campaign_type, '' AS ad_group_id, '' AS ad_id, '' AS device, '' AS country,
    TRY_CAST(r ->> '$.date' AS DATE) AS date, 'google' AS source, 'cpc' AS medium, 'EUR' AS currency,
    TRY_CAST(r ->> '$.impressions' AS BIGINT) AS impressions, TRY_CAST(r ->> '$.clicks' AS BIGINT) AS clicks,
    TRY_CAST(r ->> '$.cost' AS DECIMAL(18, 6)) AS cost, CAST(1 AS DECIMAL(18, 6)) AS conversions,
    CAST(1 AS DECIMAL(18, 6)) AS conversion_value, page_no, CAST(record_no AS INTEGER) AS record_no,
    CASE WHEN TRY_CAST(r ->> '$.date' AS DATE) IS NULL THEN 'date is no date' END AS problem
FROM (SELECT page_no, unnest(CAST(body -> '$.rows' AS JSON[])) AS r,
    unnest(range(CAST(json_array_length(body, '$.rows') AS BIGINT))) AS record_no FROM page)
";

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
    put("config/connectors/mock/connector.toml", CONNECTOR);
    put("config/connectors/mock/ad_daily.sql", QUERY);
    for (job, text) in JOBS {
        put(&format!("jobs/{job}.toml"), text);
    }
    let since = Clock::System.now().date_naive() - chrono::Days::new(30);
    for number in 0..workspaces {
        let mut text = format!("name = \"Workspace {number}\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\n");
        for connection in 0..4 {
            let _ = write!(
                text,
                "[[connections]]\nid = \"ads{connection}\"\nconnector = \"mock\"\nsince = {since}\n\
                 settings = {{ base_url = \"http://127.0.0.1:{}/w{number}/ads{connection}\" }}\n",
                mock.vendor
            );
        }
        let readers: Vec<String> = (0..READERS).map(|reader| format!("\"r{reader}@w{number}.example.com\"")).collect();
        let _ = write!(text, "[recipients.all]\nmail = [{}]\n", readers.join(", "));
        put(&format!("config/workspaces/w{number:04}.toml"), &text);
    }
}
