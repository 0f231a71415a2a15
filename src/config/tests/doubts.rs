//! What can be read but is hardly meant: each case changes a sound configuration and names the one
//! thing that must be reported, as an error where it cannot be meant and as a warning where it may be.

use super::mistakes;
use crate::config::{Problem, load};
use chrono::{DateTime, Utc};
use std::path::Path;

/// A Saturday.
fn now() -> DateTime<Utc> {
    "2026-11-21T12:00:00Z".parse().expect("an instant")
}

/// Writes the sound files with more of them, and with changes (file, old text, new text).
pub fn installation(changes: &[(&str, &str, &str)], more: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    let write = |file: &str, text: &str| {
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, text).expect("a file");
    };
    for (file, text) in mistakes::FILES.into_iter().chain(SOUND_TOO) {
        let mut text = text.to_owned();
        for (_, old, new) in changes.iter().filter(|(changed, ..)| *changed == file) {
            assert!(text.contains(old), "{file} has no {old:?}");
            text = text.replacen(old, new, 1);
        }
        write(file, &text);
    }
    more.iter().for_each(|(file, text)| write(file, text));
    root
}

const SOUND_TOO: [(&str, &str); 1] = [("jobs/rollup_nightly.toml", "kind = \"rollup\"\ncron = \"30 3 * * *\"\n")];

/// What makes the sound files free of warnings as well.
const CALM: [(&str, &str, &str); 2] = [
    ("config/channels.toml", "[labels]\n", "[labels]\nemail = \"E-mail\"\n"),
    ("jobs/sync_hourly.toml", "connections = [\"ads\"]\n", ""),
];

fn told(changes: &[(&str, &str, &str)], more: &[(&str, &str)]) -> (Vec<Problem>, Vec<Problem>) {
    let root = installation(&[&CALM, changes].concat(), more);
    match load(root.path()) {
        Ok(settings) => (Vec::new(), settings.warnings(now())),
        Err(problems) => (problems, Vec::new()),
    }
}

const CHANNELS: &str = "config/channels.toml";
const ACME: &str = "config/workspaces/acme.toml";
const DAILY: &str = "jobs/report_daily.toml";
/// Without what refers to a channel.
const ACME_WITHOUT_CHANNEL: &str = "name = \"Acme\"\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n[[connections]]\nid = \"ads\"\n\
    connector = \"our_ads\"\n[recipients.marketing]\nmail = [\"a@example.com\"]\nslack = [\"marketing\"]\n";
const HOURLY: &str = "jobs/sync_hourly.toml";

/// A percent metric of counts and one of money, to set targets for.
const RATES: (&str, &str, &str) = (
    "jobs/metrics.toml",
    "[cpl]",
    "[visits]\nlabel = \"Visits\"\nabout = \"V.\"\nunit = \"count\"\nbetter = \"higher\"\nsum = \"sessions\"\nfrom = [\"web_daily\"]\n\
     [rate]\nlabel = \"Rate\"\nabout = \"R.\"\nunit = \"percent\"\nbetter = \"higher\"\nformula = \"leads / visits\"\n\
     [roi]\nlabel = \"ROI\"\nabout = \"R.\"\nunit = \"percent\"\nbetter = \"higher\"\nformula = \"(2 * cost - cost) / cost\"\n[cpl]",
);

/// Leads of the month to date and of 28 days.
const WINDOWS: (&str, &str, &str) = (
    "jobs/metrics.toml",
    "[cpl]",
    "[leads_mtd]\nlabel = \"Leads so far\"\nabout = \"L.\"\nunit = \"count\"\nbetter = \"higher\"\nof = \"leads\"\nwindow = \"month_to_date\"\n\
     [leads_28]\nlabel = \"Leads, 28 days\"\nabout = \"L.\"\nunit = \"count\"\nbetter = \"higher\"\nof = \"leads\"\nwindow = \"rolling_28\"\n[cpl]",
);
#[rustfmt::skip] // a table reads better in rows
const WINDOW_TARGETS: &[Case<'_>] = &[
    (&[WINDOWS, (ACME, "metric = \"leads\"", "metric = \"leads_28\"")], ACME, Some(27), "leads_28 is counted in the last 28 days", "without a window or month_to_date"),
    (&[WINDOWS, (ACME, "month = \"2026-11\"\nmetric = \"leads\"", "quarter = \"2026-Q4\"\nmetric = \"leads_mtd\"")], ACME, Some(27), "leads_mtd is counted in the month to date", "or quarter_to_date"),
    (&[WINDOWS, (ACME, "month = \"2026-11\"\nmetric = \"leads\"", "by = 2026-12-31\nmetric = \"leads_mtd\"")], ACME, Some(27), "not over the days of the target", "name a metric without a window"),
    (&[WINDOWS, (ACME, "[[targets]]", "[[campaigns]]\nname = \"Spring\"\nstart = 2026-11-01\ntargets = { leads_28 = \"9\" }\n[[targets]]")], ACME, Some(28), "not since the campaign began", "name a metric without a window"),
];

/// (file, old text, new text)
type Change<'a> = (&'a str, &'a str, &'a str);
/// (changes, file, line, part of the message, part of the remedy)
type Case<'a> = (&'a [(&'a str, &'a str, &'a str)], &'a str, Option<usize>, &'a str, &'a str);

/// Says what differs, so that a table shows all its faults at once.
fn differs(found: &[Problem], case: &Case<'_>) -> Option<String> {
    let (changes, file, line, message, remedy) = case;
    let fits = |problem: &Problem| {
        (problem.file.as_path(), problem.line) == (Path::new(file), *line)
            && problem.message.contains(message)
            && problem.remedy.contains(remedy)
    };
    match found {
        [problem] if fits(problem) => None,
        _ => Some(format!("{changes:?} at {file}:{line:?}, {message:?}, {remedy:?}: {found:#?}")),
    }
}

fn is_told(found: &[Problem], case: &Case<'_>) {
    assert_eq!(differs(found, case), None);
}

#[test]
fn the_sound_files_have_no_warning() {
    assert_eq!(told(&[], &[]), (Vec::new(), Vec::new()));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    #[rustfmt::skip] // a table reads better in rows
    let cases: &[Case<'_>] = &[
        (&[RATES, (ACME, "metric = \"leads\"\namount = \"300\"", "metric = \"rate\"\namount = \"58\"")], ACME, Some(28), "rate is a fraction, so 58 is 5800 %", "write 58 % as \"0.58\""),
        (&[RATES, ("config/benchmarks.toml", "metric = \"cpl\"\naverage = \"0.02\"\ngood = \"0.04\"\nexcellent = \"0.08\"", "metric = \"rate\"\naverage = \"2\"\ngood = \"4\"\nexcellent = \"8\"")], "config/benchmarks.toml", Some(6), "rate is a fraction, so 8 is 800 %", "write 8 % as \"0.08\""),
        (&[(CHANNELS, "source = 'google|bing'\nmedium = 'cpc'", "source = '.*'")], CHANNELS, Some(4), "takes everything", "move it to the end"),
        (&[(DAILY, "deadline_minutes = 120", "[[splits]]\nid = \"n\"\ntitle = \"N\"\nchannels = [\"emial\"]")], DAILY, Some(12), "has no channel \"emial\"", "did you mean \"email\"?"),
    ];
    let cases = [cases, WINDOW_TARGETS].concat();
    for case in &cases {
        let (errors, _) = told(case.0, &[]);
        is_told(&errors, case);
    }
    let fits = (ACME, "metric = \"leads\"", "metric = \"leads_mtd\"");
    assert_eq!(told(&[WINDOWS, fits], &[]).0, [], "a month to date is the month's at its end");
    let twice = "[[connections]]\nid = \"a\"\nconnector = \"google_ads\"\nsettings = { customer_ids = [\"1234567890\", \"1\"] }\n\
                 [[connections]]\nid = \"b\"\nconnector = \"google_ads\"\nsettings = { customer_ids = [\"1234567890\"] }\n[recipients.marketing]";
    let (errors, _) = told(&[(ACME, "[recipients.marketing]", twice)], &[]);
    is_told(&errors, &(&[], ACME, Some(24), "reads Google Ads customer_ids \"1234567890\" as \"a\" does", "keep one"));
}

#[test]
fn what_may_be_meant_is_reported_once_with_its_line_and_remedy() {
    let budgets = |amount: &str| {
        format!("[[budgets]]\nmonth = \"2026-10\"\nchannel = \"paid_search\"\namount = \"{amount}\"\n[[targets]]")
    };
    let (large, small) = (budgets("12000000.00"), budgets("12.000"));
    #[rustfmt::skip] // a table reads better in rows
    let cases: &[Case<'_>] = &[
        (&[(CHANNELS, "medium = 'email'", "medium = 'email'\n[[rules]]\nchannel = \"emial\"\nmedium = 'x'")], CHANNELS, Some(12), "the channel \"emial\" has no label", "did you mean \"email\"?"),
        (&[(CHANNELS, "[labels]", "[labels]\npodcast = \"Podcast\"")], CHANNELS, Some(2), "no rule gives the channel \"podcast\"", "add a rule"),
        (&[(CHANNELS, "[labels]", "[labels]\nother = \"E-mail\""), (CHANNELS, "medium = 'email'", "medium = 'email'\n[[rules]]\nchannel = \"other\"\nmedium = 'x'")], CHANNELS, Some(2), "\"other\" is printed like \"email\"", "a label of its own"),
        (&[(CHANNELS, "medium = 'email'", "source = 'bing'\nmedium = 'cpc'\ncampaign = 'mail.*'")], CHANNELS, Some(8), "never reached: the one at line 4", "move it before"),
        (&[(CHANNELS, "medium = 'email'", "medium = 'email'\n[[rules]]\nchannel = \"email\"\nmedium = 'e.ail'\n[[rules]]\nchannel = \"email\"\nsource = 'x'\nmedium = 'e-ail'")], CHANNELS, Some(14), "never reached: the one at line 11", "it gives the same channel"),
        (&[(CHANNELS, "medium = 'email'", "medium = 'e^mail'")], CHANNELS, Some(10), "medium can never match", "correct the pattern"),
        (&[(ACME, "since = 2026-01-01", "since = 2027-01-01")], ACME, Some(6), "is still to come", "the first day to load"),
        (&[(ACME, "since = 2026-01-01", "since = 1999-01-01")], ACME, Some(6), "before the year 2000", "the first day that the vendor has"),
        (&[(ACME, "week_starts_on", "industry = \"shp\"\nweek_starts_on")], ACME, Some(4), "has no line of \"shp\"", "did you mean \"shop\"?"),
        (&[(ACME, "\"0.80\"", "\"0.0080\"")], ACME, Some(5), "a margin of 0.8 %", "\"0.62\""),
        (&[(ACME, "month = \"2026-11\"\nmetric", "month = \"2062-11\"\nmetric")], ACME, Some(26), "2062-11 is more than 3 years ahead", "the year"),
        (&[(ACME, "month = \"2026-11\"\nmetric", "quarter = \"2062-Q4\"\nmetric")], ACME, Some(26), "2062-Q4 is more than 3 years ahead", "the year"),
        (&[(ACME, "month = \"2026-11\"\nmetric", "by = 2062-12-31\nmetric")], ACME, Some(26), "2062-12-31 is more than 3 years ahead", "the year"),
        (&[(ACME, "month = \"2026-11\"\nmetric", "from = 2006-12-01\nby = 2026-12-31\nmetric")], ACME, Some(26), "2006-12-01 is more than 10 years ago", "the year"),
        (&[(ACME, "month = \"2026-11\"\nchannel", "month = \"2006-11\"\nchannel")], ACME, Some(22), "2006-11 is more than 10 years ago", "the year"),
        (&[(ACME, "[[targets]]", &large)], ACME, Some(28), "12000000.00 here and 12000.00 in other months", "no separators"),
        (&[(ACME, "\"12000.00\"", "\"12.000\"")], ACME, Some(24), "12.000 is 12, since the point", "write \"12000\""),
        (&[(ACME, "amount = \"300\"", "amount = \"-300\"")], ACME, Some(28), "leads is never negative", "what should be reached"),
        (&[RATES, (ACME, "metric = \"leads\"\namount = \"300\"", "metric = \"roi\"\namount = \"250\"")], ACME, Some(28), "roi is a fraction, so 250 is 25000 %", "write 250 % as \"2.5\""),
        (&[(ACME, "preset = \"influencer\"", "preset = \"influencer\"\nmost_bad_percent = 100")], ACME, Some(12), "never refuses a file", "as 5"),
        (&[(ACME, "preset = \"influencer\"", "preset = \"influencer\"\nconstants = { currency = \"USD\" }")], ACME, Some(12), "its amounts in USD are left out", "connector = \"ecb\""),
        (&[(ACME, "[[budgets]]", "[recipients.board]\nmail = [\"b@example.com\"]\n[[budgets]]")], ACME, Some(21), "no report names this group", "to the \"to\" of a job"),
        (&[(ACME, "slack = [\"marketing\"]\n", "")], "config/daybook.toml", Some(15), "no group of recipients names this Slack hook", "add channels = [\"slack:marketing\"]"),
        (&[(ACME, "mail = [\"a@example.com\"]\nslack = [\"marketing\"]\nfiles = true", ""), ("config/daybook.toml", "[privacy]", "[delivery.operator]\nslack = [\"marketing\"]\n[privacy]")], DAILY, Some(5), "goes to nobody in acme: marketing has no address", "with somebody in it"),
        (&[(DAILY, "deadline_minutes = 120", "[[splits]]\nid = \"n\"\ntitle = \"N\"\ncampaigns = [\"North.*\"]")], DAILY, Some(12), "\"North.*\" is compared letter by letter", "write * for anything"),
        (&[(HOURLY, "kind", "connections = [\"ads\"]\nkind")], ACME, Some(12), "no job reads it", "connections of a job"),
        (&[(HOURLY, "kind", "workspaces = []\nkind")], ACME, None, "no job of the kind \"sync\" is for acme", "add one to jobs/"),
        (&[(HOURLY, "5 * * * *", "* 6 * * *")], HOURLY, Some(2), "runs each minute of the hour", "0 6 * * *"),
        (&[(HOURLY, "5 * * * *", "*/45 * * * *")], HOURLY, Some(2), "*/45 does not run every 45 minutes", "divides 60"),
        (&[(HOURLY, "5 * * * *", "0 5 31 * *")], HOURLY, Some(2), "the day 31 does not run in February, April, June, September, November", "or L"),
        (&[(HOURLY, "5 * * * *", "0 5 1 * 1")], HOURLY, Some(2), "either of them is enough", "1#1"),
        (&[(DAILY, "daily_performance", "weekly_performance"), (DAILY, "compare = [\"day_before\"]\n", "")], DAILY, Some(2), "runs 5 times for one week of acme", "0 8 * * 1"),
        (&[(DAILY, "daily_performance", "weekly_performance"), (DAILY, "compare = [\"day_before\"]\n", ""), (DAILY, "0 8 * * 1-5", "0 8 * * 3")], DAILY, Some(2), "the run on Wed 25 Nov covers the week from Mon 16 Nov to Sun 22 Nov of acme, which ended 2 days before", "0 8 * * 1"),
        (&[(DAILY, "daily_performance", "monthly_overview"), (DAILY, "compare = [\"day_before\"]\n", ""), (DAILY, "0 8 * * 1-5", "0 8 28 * *")], DAILY, Some(2), "covers October of acme", "0 8 1 * *"),
        (&[(DAILY, "daily_performance", "weekly_performance"), (DAILY, "compare = [\"day_before\"]\n", "time_zone = \"Asia/Tokyo\"\n"), (DAILY, "0 8 * * 1-5", "0 7 * * 1")], DAILY, Some(2), "at Mon 07:00 in Asia/Tokyo it is Sun 23:00 in Europe/Berlin", "leave time_zone out"),
    ];
    let judge = |case: &Case<'_>| {
        let (errors, warnings) = told(case.0, &[]);
        differs(&[errors, warnings].concat(), case)
    };
    let wrong: Vec<String> = cases.iter().filter_map(judge).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let (_, warnings) = told(&[(ACME, "[[targets]]", &small)], &[]);
    let messages: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert!(messages.iter().any(|message| message.contains("12.000 is 12")), "{messages:?}");
}

/// A second workspace with an account, a folder and readers of its own.
const UK: &str = "name = \"Acme UK\"\ntime_zone = \"Europe/London\"\ncurrency = \"EUR\"\n[[connections]]\nid = \"stripe\"\n\
    connector = \"stripe\"\nsecrets = { api_key = { env = \"UK_KEY\" } }\n[[connections]]\nid = \"till\"\nconnector = \"file\"\n\
    folder = \"drops/uk\"\npreset = \"influencer\"\n[recipients.marketing]\nmail = [\"uk@example.com\"]\n";

#[test]
fn what_two_workspaces_share_is_reported() {
    let uk = "config/workspaces/uk.toml";
    let both = (DAILY, "workspaces = [\"acme\"]\n", "");
    assert_eq!(told(&[both], &[(uk, UK)]), (Vec::new(), Vec::new()));
    let ours = (
        ACME,
        "[recipients.marketing]",
        "[[connections]]\nid = \"money\"\nconnector = \"stripe\"\nsecrets = { api_key = { env = \"UK_KEY\" } }\n[recipients.marketing]",
    );
    for (changes, uk_text, file, line, message, remedy) in [
        (
            vec![both, ours],
            UK.to_owned(),
            uk,
            Some(7),
            "the same Stripe account, with the same secret, as \"money\" of acme",
            "an account of its own",
        ),
        (
            vec![both],
            UK.replace("drops/uk", "drops"),
            uk,
            Some(8),
            "reads the files of \"drops\" of acme as well",
            "drops/uk/till",
        ),
        (
            vec![both],
            UK.replace("Acme UK", "Acme"),
            uk,
            Some(1),
            "\"Acme\" is the name of acme as well",
            "a name of its own",
        ),
        (
            vec![both],
            UK.replace("[recipients.marketing]", "[recipients.uk]"),
            DAILY,
            Some(4),
            "the report goes to nobody in uk, which has no group marketing",
            "[recipients.marketing] to config/workspaces/uk.toml",
        ),
        (vec![], UK.to_owned(), uk, None, "no job of the kind \"report\" is for uk", "workspaces of one"),
        (
            vec![both],
            UK.replace("\"EUR\"", "\"GBP\""),
            uk,
            Some(4),
            "there are no exchange rates",
            "connector = \"ecb\"",
        ),
    ] {
        let (errors, warnings) = told(&changes, &[(uk, &uk_text)]);
        assert_eq!(errors, []);
        // A group that no report names is reported on top of a report without its group.
        let first: Vec<Problem> =
            warnings.into_iter().filter(|warning| !warning.message.contains("no report names")).collect();
        is_told(&first, &(&[], file, line, message, remedy));
    }
    let copy = mistakes::sound(ACME).replace("\"Acme\"", "\"Acme copy\"");
    let (_, warnings) = told(&[both], &[("config/workspaces/copy.toml", &copy)]);
    is_told(
        &warnings,
        &(
            &[],
            "config/workspaces/copy.toml",
            None,
            "looks like a copy of config/workspaces/acme.toml",
            "change its accounts",
        ),
    );
}

#[test]
fn files_that_are_not_read_are_reported() {
    for (file, remedy) in [
        ("jobs/report_weekly.tml", "report_weekly.toml"),
        ("config/workspaces/uk.toml.txt", "uk.toml"),
        ("jobs/weekly/x.toml", "move it to jobs/x.toml"),
    ] {
        let (_, warnings) = told(&[], &[(file, "")]);
        is_told(&warnings, &(&[], file, None, "this file is not read", remedy));
    }
}

/// The shipped files are what people begin with.
#[test]
fn the_shipped_files_have_no_warning() {
    let settings = load(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the shipped files");
    assert_eq!(settings.warnings(now()), []);
}

/// (where it was reported, changes, more files, file, line, part of the message)
type Reported<'a> = (&'a str, &'a [Change<'a>], &'a [(&'a str, &'a str)], &'a str, Option<usize>, &'a str);

/// Kinds of mistakes that tools of this kind have accepted in silence, each with where it was reported.
#[test]
fn mistakes_that_others_accept_in_silence_are_reported() {
    const REPORT: &str = "kind = \"report\"\ncron = \"0 9 * * *\"\nreport = \"daily_performance\"\nto = [\"marketing\"]\nformats = [\"pdf\"]\n";
    #[rustfmt::skip] // a table reads better in rows
    let cases: &[Reported<'_>] = &[
        // A folder of which only files with one ending are read.
        ("influxdata/telegraf#395", &[], &[("jobs/report_weekly.conf", "")], "jobs/report_weekly.conf", None, "this file is not read"),
        ("fal-ai/dbt-fal#684", &[], &[("config/workspaces/uk.yaml", "")], "config/workspaces/uk.yaml", None, "this file is not read"),
        // A whole folder of jobs that is not there.
        ("influxdata/telegraf#16600", &[], &[], "jobs", None, "there is no job"),
        // A name that is only looked up at the top level, not in the parts below.
        ("prometheus/alertmanager#1759", &[(DAILY, "deadline_minutes = 120", "[[splits]]\nid = \"n\"\ntitle = \"N\"\ncampaigns = [\"N*\"]\nto = [\"fake\"]")], &[], DAILY, Some(13), "no recipient group \"fake\""),
        // A receiver that nothing leads to.
        ("grafana/grafana#69600", &[(ACME, "slack = [\"marketing\"]\n", "")], &[], "config/daybook.toml", Some(15), "no group of recipients names this Slack hook"),
        // A subscription without a recipient.
        ("metabase/metabase#17657", &[(ACME, "mail = [\"a@example.com\"]\nslack = [\"marketing\"]\nfiles = true", "mail = []"), ("config/daybook.toml", "[privacy]", "[delivery.operator]\nslack = [\"marketing\"]\n[privacy]")], &[], DAILY, Some(5), "goes to nobody in acme"),
        // Day of the month and weekday, of which either is enough.
        ("atifaziz/NCrontab#138", &[(HOURLY, "5 * * * *", "0 3 2 * 6")], &[], HOURLY, Some(2), "either of them is enough"),
        // A start that makes every sync succeed with nothing.
        ("airbytehq/airbyte#32914", &[(ACME, "since = 2026-01-01", "since = 2026-12-01")], &[], ACME, Some(6), "is still to come"),
        // A file that is commented out as a whole.
        ("dbt-labs/dbt-core#3568", &[], &[(CHANNELS, "# [[rules]]\n# channel = \"email\"\n"), (ACME, ACME_WITHOUT_CHANNEL)], CHANNELS, None, "there is no rule"),
        // Two statements of one thing, of which only one is used.
        ("grafana/grafana#66324", &[], &[("jobs/report_more.toml", REPORT)], "jobs/report_more.toml", Some(4), "the later of the two jobs sends nothing"),
    ];
    for (source, changes, more, file, line, message) in cases {
        let root = installation(&[&CALM, *changes].concat(), more);
        if source.ends_with("#16600") {
            std::fs::remove_dir_all(root.path().join("jobs")).expect("removed");
        }
        let found = load(root.path()).map_or_else(|errors| errors, |settings| settings.warnings(now()));
        let [problem] = found.as_slice() else { panic!("{source}: {found:#?}") };
        assert_eq!((problem.file.as_path(), problem.line), (Path::new(file), *line), "{source}: {problem}");
        assert!(problem.message.contains(message), "{source}: {problem}");
        assert!(!problem.remedy.is_empty(), "{source}");
    }
}

/// Values of secrets are looked at, and never repeated.
#[test]
fn secrets_that_hardly_work_are_reported_without_their_value() {
    use crate::config::review::secrets;
    use crate::connectors::Catalog;
    use std::os::unix::fs::PermissionsExt;
    let text = "name = 'Acme'\ntime_zone = 'UTC'\ncurrency = 'EUR'\n[[connections]]\nid = 'ads'\nconnector = 'google_ads'\n\
        settings = { customer_ids = ['1234567890'] }\n[connections.secrets]\ndeveloper_token = { file = 's/a' }\nclient_id = { file = 's/b' }\n\
        client_secret = { file = 's/c' }\nrefresh_token = { file = 's/d' }\n[[connections]]\nid = 'web'\nconnector = 'google_analytics'\n\
        settings = { property_ids = ['1'] }\nsecrets = { key_json = { file = 's/e' } }\n[recipients.marketing]\nmail = ['a@example.com']\n";
    let root = installation(&[(ACME, mistakes::sound(ACME), text)], &[]);
    // 1Password/connect-sdk-go#73 and kubernetes/kubernetes#52919: an empty line at the end of a token's file.
    for (name, value) in
        [("a", "hunter2\n\n"), ("b", "\"hunter2\""), ("c", "hunter3"), ("d", "hunter3"), ("e", "hunter2")]
    {
        let path = root.path().join("config/s").join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, value).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("closed");
    }
    let settings = load(root.path()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let catalog = Catalog::built_in().expect("the catalog");
    let told = || {
        let found = secrets(&settings, &catalog);
        let lines = |list: &[Problem]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        (lines(&found.errors), lines(&found.warnings))
    };
    let (errors, warnings) = told();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].contains("acme.toml:9: ") && errors[0].contains("a line break"), "{errors:?}");
    assert!(
        errors[1].starts_with("config/workspaces/acme.toml:17: connection \"web\": key_json is not JSON"),
        "{errors:?}"
    );
    assert_eq!(warnings.len(), 2, "{warnings:#?}");
    assert!(warnings[0].contains(":10: ") && warnings[0].contains("stands in quotes"), "{warnings:#?}");
    assert!(warnings[1].contains(":12: ") && warnings[1].contains("has the same value as that of"), "{warnings:#?}");
    assert!(!format!("{errors:?}{warnings:?}").contains("hunter"));
}

/// Modes count as they are: a folder around them that is closed today may be opened tomorrow.
#[test]
fn secrets_and_configuration_that_others_can_get_at_are_reported_with_their_file() {
    use crate::config::review::rights;
    use std::os::unix::fs::PermissionsExt;
    let text = mistakes::sound(ACME).to_owned()
        + "\n[[connections]]\nid = 'pay'\nconnector = 'stripe'\nsecrets = { api_key = { file = 's/a' } }\n";
    let root = installation(&[(ACME, mistakes::sound(ACME), &text)], &[]);
    let folder = root.path().join("config/s");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("a"), "hunter2").expect("a file");
    let set = |path: &str, mode| {
        std::fs::set_permissions(root.path().join(path), std::fs::Permissions::from_mode(mode)).expect("set");
    };
    for path in [".", "config", "config/workspaces", "jobs"] {
        set(path, 0o755);
    }
    let settings = load(root.path()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let told = || rights(&settings).iter().map(ToString::to_string).collect::<Vec<_>>();
    for (mode, words) in [
        (0o600, ""),
        (0o640, ""),
        (0o644, "is kept from other users of this machine by its folder alone"),
        (0o666, "can be read by every user of this machine, and written"),
        (0o620, "can be written by other users"),
    ] {
        set("config/s", if mode == 0o644 { 0o700 } else { 0o755 });
        set("config/s/a", mode);
        let told = told();
        assert_eq!(told.len(), usize::from(!words.is_empty()), "{mode:o}: {told:?}");
        assert!(told.iter().all(|told| told.contains(words) && told.contains("chmod 600 config/s/a")), "{told:?}");
    }
    set("config/s/a", 0o600);
    set("config/workspaces", 0o777);
    set(".", 0o777);
    let told = told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("config/workspaces: every user") && told[0].contains("chmod o-w"), "{told:?}");
    assert!(told[1].starts_with(".: every user"), "{told:?}");
}
