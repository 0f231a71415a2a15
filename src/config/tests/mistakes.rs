//! A table of mistakes: each case changes one text of a sound configuration and names the one
//! problem that must be told.

use crate::config::{Problem, Settings, load};
use std::path::Path;

const DAYBOOK: &str = r#"data_dir = "."
[warehouse]
memory_limit_mb = 512
[log]
format = "text"
level = "info"
[delivery.mail]
kind = "smtp"
host = "smtp.example.com"
port = 465
security = "implicit_tls"
username = "reports"
password = { env = "SMTP_PASSWORD" }
from = "Daybook <reports@example.com>"
[delivery.slack.marketing]
kind = "webhook"
url = { env = "HOOK" }
[privacy]
person_key = { file = "person_key" }
"#;

const ACME: &str = r#"name = "Acme"
time_zone = "Europe/Berlin"
currency = "EUR"
week_starts_on = "monday"
gross_margin = "0.80"
[[connections]]
id = "ads"
connector = "our_ads"
since = 2026-01-01
settings = { customer_ids = ["1"] }
secrets = { token = { env = "TOKEN" } }
[[connections]]
id = "drops"
connector = "file"
folder = "drops"
preset = "influencer"
[recipients.marketing]
mail = ["a@example.com"]
slack = ["marketing"]
files = true
[[budgets]]
month = "2026-11"
channel = "paid_search"
amount = "12000.00"
[[targets]]
month = "2026-11"
metric = "leads"
amount = "300"
"#;

const CHANNELS: &str = r#"[labels]
paid_search = "Paid search"
[[rules]]
channel = "paid_search"
source = 'google|bing'
medium = 'cpc'
[[rules]]
channel = "email"
medium = 'email'
"#;

const METRICS: &str = r#"[leads]
label = "Leads"
about = "People."
unit = "count"
better = "higher"
sum = "leads"
from = ["contact_stage"]
[cost]
label = "Cost"
about = "Media."
unit = "money"
better = "neither"
sum = "cost"
from = ["ad_daily"]
[cpl]
label = "CPL"
about = "Cost a lead."
unit = "money"
better = "lower"
formula = "cost / leads"
"#;

const DAILY: &str = r#"kind = "report"
cron = "0 8 * * 1-5"
report = "daily_performance"
workspaces = ["acme"]
to = ["marketing"]
formats = ["pdf", "csv"]
compare = ["day_before"]
late = "hold"
deadline_minutes = 120
"#;

const HOURLY: &str = "kind = \"sync\"\ncron = \"5 * * * *\"\ntime_zone = \"UTC\"\nconnections = [\"ads\"]\n";

const BENCHMARKS: &str = "[[benchmarks]]\nindustry = \"shop\"\nmetric = \"cpl\"\naverage = \"0.02\"\ngood = \"0.04\"\nexcellent = \"0.08\"\n";

pub const FILES: [(&str, &str); 7] = [
    ("config/benchmarks.toml", BENCHMARKS),
    ("config/daybook.toml", DAYBOOK),
    ("config/workspaces/acme.toml", ACME),
    ("config/channels.toml", CHANNELS),
    ("jobs/metrics.toml", METRICS),
    ("jobs/report_daily.toml", DAILY),
    ("jobs/sync_hourly.toml", HOURLY),
];

/// What [`load`] says of the sound files with `changes` (file, old text, new text) made.
pub fn problems(changes: &[(&str, &str, &str)]) -> Vec<Problem> {
    load_changed(changes).err().unwrap_or_default()
}

fn load_changed(changes: &[(&str, &str, &str)]) -> Result<Settings, Vec<Problem>> {
    let root = tempfile::tempdir().expect("a folder");
    for (file, text) in FILES {
        let mut text = text.to_owned();
        for (_, old, new) in changes.iter().filter(|(changed, _, _)| *changed == file) {
            assert!(text.contains(old), "{file} has no {old:?}");
            text = text.replacen(old, new, 1);
        }
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, text).expect("a file");
    }
    load(root.path())
}

/// The settings of the sound files with `changes` made, which must be sound as well.
pub fn settings_of(changes: &[(&str, &str, &str)]) -> Settings {
    load_changed(changes).expect("sound files")
}

/// (file, old text, new text, line, part of the message, part of the remedy)
pub type Case = (&'static str, &'static str, &'static str, usize, &'static str, &'static str);

#[rustfmt::skip] // a table reads better in rows
const OF_DAYBOOK: &[Case] = &[
    ("config/daybook.toml", "port = 465", "prot = 465\nport = 465", 10, "[delivery.mail]: unknown key \"prot\"", "did you mean \"port\"?"),
    ("config/daybook.toml", "[log]", "[lgo]", 4, "unknown key \"lgo\"", "did you mean \"log\"?"),
    ("config/daybook.toml", "level = \"info\"", "level = \"inof\"", 6, "unknown choice \"inof\"", "did you mean \"info\"?"),
    ("config/daybook.toml", "format = \"text\"", "format = \"yaml\"", 5, "unknown choice \"yaml\"", "known choices: json, text"),
    ("config/daybook.toml", "memory_limit_mb = 512", "memory_limit_mb = \"512\"", 3, "this is a text, not a whole number from 64", "without quotes"),
    ("config/daybook.toml", "memory_limit_mb = 512", "memory_limit_mb = 1", 3, "not a whole number from 64", "in that range"),
    ("config/daybook.toml", "port = 465", "port = 70000", 10, "port: the number is not a whole number from 1 to 65535", "in that range"),
    ("config/daybook.toml", "port = 465", "", 7, "\"port\" is missing", "add port = 465"),
    ("config/daybook.toml", "security = \"implicit_tls\"", "security = \"plain\"", 11, "\"plain\" would send reports unprotected to \"smtp.example.com\"", "start_tls"),
    ("config/daybook.toml", "username = \"reports\"", "", 13, "a password needs a username", "add username"),
    ("config/daybook.toml", "password = { env = \"SMTP_PASSWORD\" }", "", 12, "a username needs a password", "add password = { env"),
    ("config/daybook.toml", "{ env = \"SMTP_PASSWORD\" }", "\"hunter2\"", 13, "a secret must not stand in a configuration file", "{ env = \"NAME\" }"),
    ("config/daybook.toml", "{ env = \"HOOK\" }", "{ enviroment = \"HOOK\" }", 17, "does not say where a secret is kept", "{ env = \"NAME\" }"),
    ("config/daybook.toml", "{ env = \"HOOK\" }", "{ env = \"HOOK\", file = \"x\" }", 17, "a secret has exactly one place", "{ env = \"NAME\" }"),
    ("config/daybook.toml", "{ env = \"HOOK\" }", "{ env = \"https://hooks.example/hunter2\" }", 17, "does not name an environment variable", "letters, digits and _"),
    ("config/daybook.toml", "kind = \"webhook\"", "kind = \"hook\"", 16, "unknown choice \"hook\"", "known choices: bot, folder, webhook"),
    ("config/daybook.toml", "Daybook <reports@example.com>", "Daybook", 14, "\"Daybook\" is not a sender", "Daybook <reports@example.com>"),
    ("config/daybook.toml", "\"smtp.example.com\"", "“smtp.example.com”", 9, "the quotes are curly ones", "write straight quotes"),
    ("config/daybook.toml", "port = 465", "port = = 465", 10, "this is not TOML", "each key on a line of its own"),
    ("config/daybook.toml", "port = 465", "port = 465\nport = 466", 11, "this is not TOML: duplicate key", "keep one of the two"),
    ("config/daybook.toml", "data_dir = \".\"", "data_dir = \"\"", 1, "the text is empty", "remove the key"),
    ("config/daybook.toml", "[delivery.mail]", "[delivery]\nafter_unknown = \"ignore\"\n[delivery.mail]", 8, "unknown choice \"ignore\"", "known choices: ask, resend"),
    ("config/daybook.toml", "[delivery.mail]", "[delivery]\nheartbeat = \"https://hc.example/hunter2\"\n[delivery.mail]", 8, "a secret must not stand in a configuration file", "{ env = \"NAME\" }"),
    ("config/daybook.toml", "[privacy]", "[delivery.operator]\nslack = [\"marketng\"]\n[privacy]", 19, "has no Slack hook \"marketng\"", "did you mean \"marketing\"?"),
    ("config/daybook.toml", "port = 465", "port = 465\nunsubscribe = [\"off@example.com\"]", 11, "\"off@example.com\" leads nowhere", "write \"mailto:"),
    ("config/daybook.toml", "port = 465", "port = 465\nunsubscribe = [\"https://example.com/off\"]", 11, "does not say which reader leaves", "{reader}"),
    ("config/daybook.toml", "port = 465", "port = 465\nunsubscribe = [\"https://example.com/off/{reader}\"]", 11, "needs a key for {reader}", "unsubscribe_key = "),
    ("config/daybook.toml", "port = 465", "port = 465\nhello = \"vm\"", 11, "\"vm\" is no full host name", "daybook.example.com"),
    ("config/daybook.toml", "[privacy]", "[delivery.mail.oauth]\nkind = \"google_service_account\"\nkey = { env = \"KEY\" }\n[privacy]", 18, "there are a password and oauth", "keep one"),
    ("config/daybook.toml", "password = { env = \"SMTP_PASSWORD\" }", "oauth = { kind = \"microsoft\", tenant = \"a/b\", client_id = \"x\", client_secret = { env = \"S\" } }", 13, "\"a/b\" is no tenant", "id or domain"),
    // frappe/frappe#24407, openforis/collect-earth-online#623: addresses that no mail can be written to.
    ("config/daybook.toml", "[privacy]", "[delivery.operator]\nmail = ['\"sales team\"@acme.example']\n[privacy]", 19, "is not a mail address", "name@example.com"),
    ("config/daybook.toml", "[privacy]", "[delivery.operator]\nmail = [\"ops@[10.0.0.5]\"]\n[privacy]", 19, "is not a mail address", "name@example.com"),
    ("config/daybook.toml", "kind = \"webhook\"\nurl = { env = \"HOOK\" }", "kind = \"bot\"\ntoken = { env = \"HOOK\" }\nchannel = \"#marketing\"", 18, "\"#marketing\" is not a channel's id", "C0123456789"),
    ("config/daybook.toml", "[warehouse]\nmemory_limit_mb = 512", "warehouse = 512", 2, "warehouse is not a table", "write [warehouse]"),
];

#[rustfmt::skip] // a table reads better in rows
const OF_WORKSPACES: &[Case] = &[
    ("config/workspaces/acme.toml", "Europe/Berlin", "Europe/Berln", 2, "\"Europe/Berln\" is not a time zone", "did you mean \"Europe/Berlin\"?"),
    ("config/workspaces/acme.toml", "Europe/Berlin", "MEZ+1", 2, "\"MEZ+1\" is not a time zone", "an IANA name"),
    ("config/workspaces/acme.toml", "\"EUR\"", "\"Euro\"", 3, "\"Euro\" is not a currency", "ISO 4217"),
    ("config/workspaces/acme.toml", "\"monday\"", "\"mondey\"", 4, "unknown choice \"mondey\"", "did you mean \"monday\"?"),
    ("config/workspaces/acme.toml", "gross_margin = \"0.80\"", "gross_margin = \"80\"", 5, "not between 0 and 1", "\"0.80\""),
    ("config/workspaces/acme.toml", "gross_margin = \"0.80\"", "gross_margin = 0.80", 5, "loses digits as a float", "quote it: \"0.80\""),
    ("config/workspaces/acme.toml", "name = \"Acme\"", "", 1, "\"name\" is missing", "add name = \"Acme GmbH\""),
    ("config/workspaces/acme.toml", "id = \"ads\"", "id = \"My Ads\"", 7, "\"My Ads\" is not an id", "lower-case letters"),
    ("config/workspaces/acme.toml", "id = \"drops\"", "id = \"ads\"", 12, "the connection id \"ads\" is taken since line 6", "an id of its own"),
    ("config/workspaces/acme.toml", "since = 2026-01-01", "since = \"01.01.2026\"", 9, "not a calendar day", "2026-01-31"),
    ("config/workspaces/acme.toml", "{ env = \"TOKEN\" }", "\"hunter2\"", 11, "a secret must not stand in a configuration file", "{ env = \"NAME\" }"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencers\"", 16, "there is no preset \"influencers\"", "did you mean \"influencer\"?"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "", 12, "exactly one of preset and mapping", "add preset"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencer\"\nprefix = \"../x\"", 17, "\"../x\" begins no file's name", "put folders in folder"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencer\"\ndate_format = \"DD/MM/YYYY\"", 17, "does not tell day, month and year", "\"%d/%m/%Y\""),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencer\"\ndate_format = \"%d/%m/%Q\"", 17, "%Q means nothing", "\"%d/%m/%Y\""),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencer\"\nmax_mb = 0", 17, "not a whole number from 1 to 4096", "in that range"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "mapping = { target = \"targets\", columns = { Monat = \"month\", Ziel = \"amuont\" }, constants = { metric = \"leads\", amount = \"1\" } }", 16, "targets has no field \"amuont\"", "did you mean \"amount\"?"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "mapping = { target = \"targets\", columns = { Monat = \"month\" } }", 16, "no column is mapped to \"metric\"", "\"its column\" = \"metric\""),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "mapping = { target = \"target\" }", 16, "there is no target \"target\"", "did you mean \"targets\"?"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "mapping = \"influencer\"", 16, "mapping is not a table", "write [connection"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencer\"\ncolumns = { Sales = \"revenu\" }", 17, "influencer has no field \"revenu\"", "did you mean \"revenue\"?"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencer\"\nconstants = { curency = \"EUR\" }", 17, "influencer has no field \"curency\"", "did you mean \"currency\"?"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencer\"\nfactors = { fees = \"1000\" }", 17, "there is no field \"fees\"", "did you mean \"fee\"?"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencer\"\npattern = \"plan_{serie}.csv\"", 17, "has a brace that is not part of {series}", "write it as \"plan_*.xlsx\""),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencer\"\npattern = \"a*\"\nprefix = \"a\"", 12, "pattern and prefix cannot both be given", "keep pattern"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencer\"\nversions = \"latest\"", 17, "unknown choice \"latest\"", "known choices: newest, parts"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencer\"\nurl = \"https://example.com/a.csv\"", 12, "exactly one of folder and url", "add folder"),
    ("config/workspaces/acme.toml", "folder = \"drops\"", "url = \"http://example.com/plan.csv\"", 15, "must begin with https://", "changed on its way"),
    ("config/workspaces/acme.toml", "folder = \"drops\"", "url = \"https://me:key@example.com/plan.csv\"", 15, "holds a login", "for everybody who has the address"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencer\"\n[[connections]]\nid = \"more\"\nconnector = \"file\"\nfolder = \"drops\"\npreset = \"budgets\"", 17, "\"more\" reads the files of \"drops\" as well", "give each a folder of its own"),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "preset = \"influencer\"\nrepeats = \"add\"", 17, "unknown choice \"add\"", "known choices: items, quarantine, same, sum"),
    ("config/workspaces/acme.toml", "folder = \"drops\"", "folder = \"drops\"\nsecrets = {}", 16, "connection \"drops\": unknown key \"secrets\"", "known keys: columns,"),
    ("config/workspaces/acme.toml", "a@example.com", "a.example.com", 18, "item 1: \"a.example.com\" is not a mail address", "name@example.com"),
    ("config/workspaces/acme.toml", "mail = [\"a@example.com\"]", "mail = \"a@example.com\"", 18, "this is a text, not a list", "write it in [ ]"),
    ("config/workspaces/acme.toml", "slack = [\"marketing\"]", "slack = [\"marketnig\"]", 19, "config/daybook.toml has no Slack hook \"marketnig\"", "did you mean \"marketing\"?"),
    ("config/workspaces/acme.toml", "files = true", "files = \"yes\"", 20, "not true or false", "without quotes"),
    ("config/workspaces/acme.toml", "[[budgets]]", "[readers.\"b@example.com\"]\nattach = [\"pdf\"]\n[[budgets]]", 21, "no group of recipients has \"b@example.com\"", "did you mean \"a@example.com\"?"),
    ("config/workspaces/acme.toml", "[[budgets]]", "[readers.\"a@example.com\"]\nattach = [\"doc\"]\n[[budgets]]", 22, "item 1: unknown choice \"doc\"", "known choices: csv, html, pdf"),
    ("config/workspaces/acme.toml", "[[budgets]]", "[readers.\"a@example.com\"]\nlanguage = \"de-DE\"\n[[budgets]]", 22, "unknown choice \"de-DE\"", "known choices: da, de, de-CH"),
    ("config/workspaces/acme.toml", "currency = \"EUR\"", "currency = \"EUR\"\nlanguage = \"zh\"", 4, "unknown choice \"zh\"", "known choices: da, de, de-CH, en"),
    ("config/workspaces/acme.toml", "currency = \"EUR\"", "currency = \"EUR\"\ncurrency_display = \"sign\"", 4, "unknown choice \"sign\"", "known choices: code, symbol"),
    ("config/workspaces/acme.toml", "month = \"2026-11\"", "month = \"11/2026\"", 22, "\"11/2026\" is not a month", "\"2026-11\""),
    ("config/workspaces/acme.toml", "\"paid_search\"", "\"paid_serach\"", 23, "config/channels.toml has no channel \"paid_serach\"", "did you mean \"paid_search\"?"),
    ("config/workspaces/acme.toml", "\"12000.00\"", "12000.00", 24, "loses digits as a float", "quote it: \"12000.00\""),
    ("config/workspaces/acme.toml", "\"12000.00\"", "12000", 24, "an amount is written as text", "quote it: \"12000\""),
    ("config/workspaces/acme.toml", "\"12000.00\"", "\"12,000.00\"", 24, "\"12,000.00\" is not an amount", "no separators"),
    ("config/workspaces/acme.toml", "\"12000.00\"", "\"-1\"", 24, "the amount is negative", "at least \"0\""),
    ("config/workspaces/acme.toml", "[[targets]]", "[[budgets]]\nmonth = \"2026-11\"\nchannel = \"paid_search\"\namount = \"1\"\n[[targets]]", 25, "paid_search has a second budget", "keep one of the two"),
    ("config/workspaces/acme.toml", "\"leads\"", "\"leeds\"", 27, "jobs/metrics.toml has no metric \"leeds\"", "did you mean \"leads\"?"),
    ("config/workspaces/acme.toml", "[[budgets]]", "[budgets]", 21, "[budgets] is not a list of tables", "[[budgets]]"),
];

#[rustfmt::skip] // a table reads better in rows
const OF_RULES_AND_JOBS: &[Case] = &[
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[campaigns]]\nname = \"Spring\"\nstart = 2026-11-05\nend = 2026-11-01", 32, "end lies before start", "last day that counts"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[campaigns]]\nname = \"Spring\"\nstart = 2026-11-05\ntargets = { lead = \"1\" }", 32, "has no metric \"lead\"", "did you mean \"leads\"?"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[competitors]]\nname = \"Globex\"\ndomain = \"https://globex.example/shop\"", 31, "this is an address, not a domain", "the domain alone"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[competitors]]\nname = \"Globex\"\ndomain = \"globex\"", 31, "\"globex\": this is not a domain", "the domain alone"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[competitors]]\nname = \"Globex\"\ndomain = \"globex.example\"\n[[competitors]]\nname = \"globex\"\ndomain = \"b.example\"", 32, "\"globex\" is there twice", "keep one of the two"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[competitors]]\nname = \"Globex\"\ndomain = \"globex.example\"\n[[competitors]]\nname = \"Initech\"\ndomain = \"WWW.Globex.example.\"", 32, "\"globex.example\" is the domain of \"Globex\" too", "its own domain"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[competitors]]\nname = \"Globex\"\ndomain = \"globex.example\"\nsocial = { instagrm = \"globex\" }", 32, "unknown key \"instagrm\"", "did you mean \"instagram\"?"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[competitors]]\nname = \"Globex\"\ndomain = \"globex.example\"\nsocial = { x = \"https://x.com/globex\" }", 32, "is not the name of an account", "no address"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[events]]\nfrom = 2026-11-12\nto = 2026-11-11\ntext = \"banner\"", 31, "to lies before from", "the last day that counts"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[events]]\nfrom = \"2026-11-31\"\ntext = \"banner\"", 30, "from", "2026"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[events]]\nfrom = 2026-11-12\ntext = \"banner\"\nkind = \"trakcing\"", 32, "unknown choice \"trakcing\"", "did you mean \"tracking\"?"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[events]]\nfrom = 2026-11-12\ntext = \"banner\"\nchannels = [\"paid_serach\"]", 32, "no channel \"paid_serach\"", "did you mean \"paid_search\"?"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[events]]\nfrom = 2026-11-12\ntext = \"banner\"\nmetrics = [\"leds\"]", 32, "no metric \"leds\"", "did you mean \"leads\"?"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[events]]\nfrom = 2026-11-12\ntext = \"banner\"\ncountries = [\"UK\"]", 32, "\"UK\" is not a country", "did you mean \"GB\"?"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[events]]\nfrom = 2026-11-12\ntext = \"banner\"\ncountries = [\"de\"]", 32, "\"de\" is not a country", "did you mean \"DE\"?"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[events]]\nfrom = 2026-11-12\ntext = \"banner\"\n[[events]]\nfrom = 2026-11-12\ntext = \"banner\"", 32, "\"banner\" is there twice", "keep one of the two"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[events]]\nfrom = 2026-11-12\ntext = \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"", 31, "161 characters", "shorten it"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[experiments]]\nid = \"one\"\nhypothesis = \"h\"\ntype = \"split\"\nmetrics = [\"leads\"]\nunit = \"visitor\"\nminimum_effect = \"0.05\"\nstart = 2026-11-16\nstatus = \"planned\"\n[[experiments.variants]]\nid = \"a\"\nshare = \"0.50\"\ncontrol = true\n[[experiments.variants]]\nid = \"b\"\nshare = \"0.40\"", 29, "shares sum to 0.9, not to 1", "divide all units"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[experiments]]\nid = \"one\"\nhypothesis = \"h\"\ntype = \"split\"\nmetrics = [\"leads\"]\nunit = \"visitor\"\nminimum_effect = \"0.05\"\nstart = 2026-11-16\nstatus = \"planned\"\n[[experiments.variants]]\nid = \"a\"\nshare = \"0.50\"\n[[experiments.variants]]\nid = \"b\"\nshare = \"0.50\"", 29, "0 variants are the control", "exactly one"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[experiments]]\nid = \"one\"\nhypothesis = \"h\"\ntype = \"split\"\nmetrics = [\"leads\"]\nunit = \"visitor\"\nminimum_effect = \"0.05\"\nstart = 2026-11-16\nstatus = \"planned\"\n[[experiments.variants]]\nid = \"a\"\nshare = \"0.50\"\ncontrol = true\n[[experiments.variants]]\nid = \"b\"\nshare = \"0.50\"\ncontrol = true", 29, "2 variants are the control", "exactly one"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[experiments]]\nid = \"one\"\nhypothesis = \"h\"\ntype = \"split\"\nmetrics = [\"leads\"]\nunit = \"visitor\"\nminimum_effect = \"0.05\"\nstart = 2026-11-16\nstatus = \"planned\"\n[[experiments.variants]]\nid = \"a\"\nshare = \"1\"\ncontrol = true", 29, "fewer than two variants", "[[experiments.variants]]"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[experiments]]\nid = \"one\"\nhypothesis = \"h\"\ntype = \"split\"\nmetrics = [\"leads\"]\nunit = \"visitor\"\nminimum_effect = \"0.05\"\nstart = 2026-11-16\nstatus = \"planned\"\n[[experiments.variants]]\nid = \"a\"\nshare = \"0.50\"\ncontrol = true\n[[experiments.variants]]\nid = \"a\"\nshare = \"0.50\"", 42, "the id \"a\" is there twice", "an id of its own"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[experiments]]\nid = \"one\"\nhypothesis = \"h\"\ntype = \"split\"\nmetrics = [\"leds\"]\nunit = \"visitor\"\nminimum_effect = \"0.05\"\nstart = 2026-11-16\nstatus = \"planned\"\n[[experiments.variants]]\nid = \"a\"\nshare = \"0.50\"\ncontrol = true\n[[experiments.variants]]\nid = \"b\"\nshare = \"0.50\"", 33, "no metric \"leds\"", "did you mean \"leads\"?"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[experiments]]\nid = \"one\"\nhypothesis = \"h\"\ntype = \"split\"\nmetrics = [\"leads\"]\nunit = \"visitor\"\nminimum_effect = \"0.05\"\nstart = 2026-11-16\nstatus = \"done\"\n[[experiments.variants]]\nid = \"a\"\nshare = \"0.50\"\ncontrol = true\n[[experiments.variants]]\nid = \"b\"\nshare = \"0.50\"", 37, "that is over has an end", "add end ="),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[experiments]]\nid = \"one\"\nhypothesis = \"h\"\ntype = \"split\"\nmetrics = [\"leads\"]\nunit = \"visitor\"\nminimum_effect = \"0.05\"\nstart = 2026-11-16\nend = 2026-11-15\nstatus = \"planned\"\n[[experiments.variants]]\nid = \"a\"\nshare = \"0.50\"\ncontrol = true\n[[experiments.variants]]\nid = \"b\"\nshare = \"0.50\"", 37, "end lies before start", "the last day"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[experiments]]\nid = \"one\"\nhypothesis = \"h\"\ntype = \"split\"\nmetrics = [\"leads\"]\nunit = \"visitor\"\nminimum_effect = \"0\"\nstart = 2026-11-16\nstatus = \"planned\"\n[[experiments.variants]]\nid = \"a\"\nshare = \"0.50\"\ncontrol = true\n[[experiments.variants]]\nid = \"b\"\nshare = \"0.50\"", 35, "minimum_effect is not above 0", "\"0.05\""),
    ("config/workspaces/acme.toml", "currency = \"EUR\"", "currency = \"EUR\"\nholidays = [\"US-NYC\"]", 4, "item 1: US has no part \"NYC\"", "known: AK (Alaska)"),
    ("config/workspaces/acme.toml", "currency = \"EUR\"", "currency = \"EUR\"\nholidays = [\"ZZ\"]", 4, "no holidays are known for \"ZZ\"", ""),
    ("config/workspaces/acme.toml", "currency = \"EUR\"", "currency = \"EUR\"\nholidays = [\"DE\", \"de\"]", 4, "item 2 repeats an earlier one", "remove the repetition"),
    ("config/benchmarks.toml", "good = \"0.04\"", "good = \"0.4\"", 1, "not in order", "let them rise"),
    ("config/benchmarks.toml", "metric = \"cpl\"", "metric = \"cpi\"", 3, "has no metric \"cpi\"", "did you mean \"cpl\"?"),
    ("config/channels.toml", "source = 'google|bing'", "source = 'google|bing)'", 5, "not a regular expression", "write ( )"),
    ("config/channels.toml", "source = 'google|bing'\nmedium = 'cpc'", "source = 'pod(cast'", 5, "not a regular expression", "write ( )"),
    ("config/channels.toml", "source = 'google|bing'", "source = 'a)|(b'", 5, "not a regular expression", "write ( )"),
    ("config/channels.toml", "source = 'google|bing'", "source = 'Google'", 5, "can never match", "lower case: 'google'"),
    ("config/channels.toml", "channel = \"email\"", "chanel = \"email\"\nchannel = \"email\"", 8, "unknown key \"chanel\"", "did you mean \"channel\"?"),
    ("config/channels.toml", "source = 'google|bing'\nmedium = 'cpc'", "", 3, "no later rule is ever reached", "move it to the end"),
    ("jobs/metrics.toml", "sum = \"cost\"", "sum = \"costs\"", 13, "there is no column \"costs\"", "did you mean \"cost\"?"),
    ("jobs/metrics.toml", "formula = \"cost / leads\"", "formula = \"cost / (leads\"", 20, "a closing parenthesis is missing at character 14", "use metric ids"),
    ("jobs/metrics.toml", "formula = \"cost / leads\"", "formula = \"cost / leds\"", 15, "uses \"leds\", which no metric defines", "did you mean \"leads\"?"),
    ("jobs/metrics.toml", "formula = \"cost / leads\"", "formula = \"cost / cpl\"", 15, "leads back to itself", "by other metrics"),
    ("jobs/metrics.toml", "formula = \"cost / leads\"", "formula = \"cost / leads\"\nsum = \"cost\"\nfrom = [\"ad_daily\"]", 15, "exactly one of sum, level, distinct, formula and of", "add sum"),
    ("jobs/metrics.toml", "from = [\"ad_daily\"]", "from = [\"ads_daily\"]", 14, "item 1: there is no fact \"ads_daily\"", "did you mean \"ad_daily\"?"),
    ("jobs/metrics.toml", "unit = \"count\"", "unit = \"pieces\"", 4, "unknown choice \"pieces\"", "known choices: count, duration"),
    ("jobs/report_daily.toml", "0 8 * * 1-5", "0 8 * *", 2, "has 4 fields, not 5", "minute, hour, day"),
    ("jobs/report_daily.toml", "0 8 * * 1-5", "0 0 8 * * 1-5", 2, "has 6 fields, not 5", "minute, hour, day"),
    ("jobs/report_daily.toml", "0 8 * * 1-5", "0 25 * * 1-5", 2, "\"0 25 * * 1-5\" is not a cron expression", "minute, hour, day"),
    ("jobs/report_daily.toml", "0 8 * * 1-5", "0 8 31 2 *", 2, "never fires", "a day that exists"),
    ("jobs/report_daily.toml", "[\"acme\"]", "[\"acne\"]", 4, "config/workspaces has no workspace \"acne\"", "did you mean \"acme\"?"),
    ("jobs/report_daily.toml", "to = [\"marketing\"]", "to = [\"sales\"]", 5, "no recipient group \"sales\"", "known recipient groups: marketing"),
    ("jobs/report_daily.toml", "to = [\"marketing\"]", "to = []", 5, "to: the list is empty", "name at least one group"),
    ("jobs/report_daily.toml", "\"pdf\", \"csv\"", "\"pdf\", \"pdf\"", 6, "item 2 repeats an earlier one", "remove the repetition"),
    ("jobs/report_daily.toml", "\"pdf\", \"csv\"", "\"docx\"", 6, "item 1: unknown choice \"docx\"", "known choices: csv, html, pdf"),
    ("jobs/report_daily.toml", "\"day_before\"", "\"last_yaer\"", 7, "unknown choice \"last_yaer\"", "did you mean \"last_year\"?"),
    ("jobs/report_daily.toml", "daily_performance", "weekly_performance", 7, "are for daily reports", "previous_period"),
    ("jobs/report_daily.toml", "to = [\"marketing\"]", "", 1, "nobody gets the report", "[[editions]]"),
    ("jobs/report_daily.toml", "late = \"hold\"", "late = \"hold\"\nsections = [\"headlines\"]", 9, "item 1: unknown choice \"headlines\"", "did you mean \"headline\"?"),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[editions]]\nid = \"board\"\nto = [\"bord\"]\nsections = [\"goals\"]", 11, "no recipient group \"bord\"", "known recipient groups: marketing"),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[splits]]\nid = \"north\"\ntitle = \"North\"", 9, "does not say which part", "campaigns = "),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[splits]]\nid = \"n\"\ntitle = \"N\"\ncampaigns = [\"N*\"]\n[[splits]]\nid = \"n\"\ntitle = \"N\"\ncampaigns = [\"N*\"]", 1, "[[splits]]: the id \"n\" is there twice", "an id of its own"),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[sections]]\nkind = \"metrik\"", 10, "unknown choice \"metrik\"", "did you mean \"metrics\"?"),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[sections]]\nkind = \"metrics\"\ntitle = \"L\"\nmetrics = [\"lead\"]", 12, "has no metric \"lead\"", "did you mean \"leads\"?"),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[sections]]\nkind = \"metrics\"\ntitle = \"L\"\nmetrics = [\"cost\"]\nby = \"region\"", 13, "by: cost is not known by region: none of the facts ad_daily, influencer_post, which add cost, has the dimension region", "by = \"device\" or \"country\" or \"account\" or \"content\""),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[sections]]\nkind = \"metrics\"\ntitle = \"L\"\nmetrics = [\"cost\", \"leads\"]\nby = \"device\"", 13, "by: leads is not known by device: the fact contact_stage, which adds leads, has no dimension device", "leave the metric out, or write by = \"channel\""),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[sections]]\nkind = \"metrics\"\ntitle = \"L\"\nmetrics = [\"cost\"]\nby = \"devise\"", 13, "unknown choice \"devise\"", "did you mean \"device\"?"),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[sections]]\nkind = \"metrics\"\ntitle = \"L\"\nmetrics = [\"leads\"]\nchart = \"bars\"", 13, "there are no rows to draw bars of", "add by"),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[sections]]\nkind = \"metrics\"\ntitle = \"L\"\nmetrics = [\"leads\"]\n[[sections]]\nkind = \"metrics\"\ntitle = \"L\"\nmetrics = [\"leads\"]", 1, "the id \"l\" is there twice", "an id of its own"),
    ("jobs/report_daily.toml", "late = \"hold\"", "late = \"wait\"", 8, "unknown choice \"wait\"", "drop_section, hold"),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "deadline_minutes = 0", 9, "from 1 to 1440", "in that range"),
    ("jobs/report_daily.toml", "kind = \"report\"", "kind = \"raport\"", 1, "unknown choice \"raport\"", "did you mean \"report\"?"),
    ("jobs/report_daily.toml", "daily_performance", "daily_performence", 3, "unknown choice", "did you mean \"daily_performance\"?"),
    ("jobs/sync_hourly.toml", "\"UTC\"", "\"Berlin\"", 3, "\"Berlin\" is not a time zone", "IANA"),
    ("jobs/sync_hourly.toml", "[\"ads\"]", "[\"adds\"]", 4, "no connection \"adds\"", "did you mean \"ads\"?"),
    ("jobs/sync_hourly.toml", "time_zone", "overlap = \"wait\"\ntime_zone", 3, "overlap: unknown choice \"wait\"", "known choices: queue, skip"),
    ("jobs/sync_hourly.toml", "time_zone", "overlpa = \"skip\"\ntime_zone", 3, "unknown key \"overlpa\"", "did you mean \"overlap\"?"),
    ("jobs/sync_hourly.toml", "time_zone", "timeout_minutes = 0\ntime_zone", 3, "timeout_minutes: the number is not a whole number from 1 to 1440", "in that range"),
    ("jobs/sync_hourly.toml", "time_zone", "timeout_minutes = \"1h\"\ntime_zone", 3, "timeout_minutes: this is a text", "without quotes"),
    ("jobs/sync_hourly.toml", "time_zone", "jitter_secs = 86400\ntime_zone", 3, "jitter_secs: the number is not a whole number from 0 to 3600", "in that range"),
    ("jobs/sync_hourly.toml", "time_zone", "catch_up = \"last\"\ntime_zone", 3, "catch_up: unknown choice \"last\"", "did you mean \"latest\"?"),
    ("jobs/sync_hourly.toml", "time_zone", "catch_up = \"all\"\ntime_zone", 3, "\"all\" needs the age", "within_hours = 48"),
    ("jobs/sync_hourly.toml", "time_zone", "catch_up = { kind = \"all\" }\ntime_zone", 3, "[catch_up]: \"within_hours\" is missing", "add within_hours = 48"),
    ("jobs/sync_hourly.toml", "time_zone", "catch_up = { kind = \"latest\", within_hours = 3 }\ntime_zone", 3, "[catch_up]: unknown key \"within_hours\"", "known keys: kind"),
    ("jobs/sync_hourly.toml", "time_zone", "retries = { attempt = 3 }\ntime_zone", 3, "[retries]: unknown key \"attempt\"", "did you mean \"attempts\"?"),
    ("jobs/sync_hourly.toml", "time_zone", "retries = 3\ntime_zone", 3, "retries is not a table", "write [retries]"),
    ("jobs/sync_hourly.toml", "time_zone", "retries = { first_wait_secs = 600, longest_wait_secs = 60 }\ntime_zone", 3, "the first wait (600 s) is longer than the longest (60 s)", "at least first_wait_secs"),
    ("jobs/sync_hourly.toml", "time_zone", "circuit = { failures = 0 }\ntime_zone", 3, "[circuit]: failures: the number is not a whole number from 1", "in that range"),
    ("jobs/sync_hourly.toml", "time_zone", "after = [\"report_dialy\"]\ntime_zone", 3, "after: jobs has no job \"report_dialy\"", "did you mean \"report_daily\"?"),
    ("jobs/sync_hourly.toml", "time_zone", "after = [\"sync_hourly\"]\ntime_zone", 3, "would wait for itself", "not wait for the other"),
    ("jobs/report_daily.toml", "late", "after_coverage = [\"drops\"]\nlate", 8, "no vendor's connection \"drops\"", "vendor's connections: ads"),
    ("jobs/sync_hourly.toml", "kind = \"sync\"", "", 1, "\"kind\" is missing", "add kind = \"sync\""),
];

/// Every mistake.
pub fn all() -> Vec<Case> {
    [OF_DAYBOOK, OF_WORKSPACES, OF_RULES_AND_JOBS].concat()
}

/// A sound file's text.
pub fn sound(file: &str) -> &'static str {
    FILES.iter().find(|(name, _)| *name == file).map_or("", |(_, text)| text)
}

#[rustfmt::skip] // a table reads better in rows
pub const SOUND_CHANGES: &[(&str, &str, &str)] = &[
    ("config/daybook.toml", "kind = \"webhook\"\nurl = { env = \"HOOK\" }", "kind = \"bot\"\ntoken = { file = \"x\" }\nchannel = \"C0123456789\""),
    ("config/daybook.toml", "kind = \"webhook\"\nurl = { env = \"HOOK\" }", "kind = \"folder\"\npath = \"slack\""),
    ("config/daybook.toml", "[privacy]", "[retention]\nmonths = 0\ntables = { ad_daily = 36, history = 12 }\n[maintenance]\narchive = \"cold\"\n[privacy]"),
    ("config/daybook.toml", "{ file = \"person_key\" }", "{ credential = \"person_key\" }"),
    ("config/workspaces/acme.toml", "since = 2026-01-01", "since = \"2026-01-01\""),
    ("config/workspaces/acme.toml", "preset = \"influencer\"", "mapping = { target = \"fx\", columns = { A = \"date\", B = \"currency\", D = \"rate\" } }"),
    ("config/workspaces/acme.toml", "[[budgets]]", "[readers.\"A@example.com\"]\nattach = []\n[[budgets]]"),
    ("config/workspaces/acme.toml", "[[budgets]]", "[readers.\"a@example.com\"]\nlanguage = \"pt-BR\"\ncurrency_display = \"code\"\n[[budgets]]"),
    ("config/workspaces/acme.toml", "currency = \"EUR\"", "currency = \"EUR\"\nlanguage = \"de\"\ncurrency_display = \"symbol\""),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"-0.5\"\n[[campaigns]]\nname = \"Spring\"\nstart = 2026-11-05\ntargets = { leads = \"1\" }"),
    ("config/workspaces/acme.toml", "amount = \"300\"", "amount = \"300\"\n[[competitors]]\nname = \"Globex\"\ndomain = \"globex.example\"\nsocial = { x = \"@globex\" }\n[[events]]\nfrom = 2026-11-12\ntext = \"banner\"\n[[experiments]]\nid = \"one\"\nhypothesis = \"h\"\ntype = \"split\"\nmetrics = [\"leads\"]\nunit = \"visitor\"\nminimum_effect = \"0.05\"\nstart = 2026-11-16\nstatus = \"planned\"\n[[experiments.variants]]\nid = \"a\"\nshare = \"0.25\"\ncontrol = true\n[[experiments.variants]]\nid = \"b\"\nshare = \"0.75\""),
    ("config/workspaces/acme.toml", "currency = \"EUR\"", "currency = \"EUR\"\nholidays = [\"DE\", \"us-ny\"]"),
    ("jobs/sync_hourly.toml", "time_zone", "catch_up = { kind = \"all\", within_hours = 48 }\ntime_zone"),
    ("jobs/sync_hourly.toml", "time_zone", "catch_up = { kind = \"none\" }\nretries = { attempts = 2 }\ntime_zone"),
    ("jobs/report_daily.toml", "late = \"hold\"", "catch_up = { kind = \"all\", within_hours = 4 }\nlate = \"drop_section\""),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[splits]]\nid = \"n\"\ntitle = \"N\"\ncampaigns = [\"N*\"]"),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[editions]]\nid = \"n\"\nto = [\"marketing\"]\nsections = [\"goals\"]"),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[sections]]\nkind = \"metrics\"\ntitle = \"Leads\"\nmetrics = [\"leads\"]\nby = \"channel\"\nchart = \"bars\"\nwhere = { campaigns = [\"N*\"] }"),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[sections]]\nkind = \"metrics\"\ntitle = \"Devices\"\nmetrics = [\"cost\"]\nby = \"device\"\nchart = \"bars\""),
    ("jobs/report_daily.toml", "deadline_minutes = 120", "[[sections]]\nkind = \"headline\"\n[[sections]]\nkind = \"metrics\"\ntitle = \"Leads\"\nmetrics = [\"leads\"]"),
];

#[test]
fn the_sound_files_have_no_problem() {
    assert_eq!(problems(&[]), []);
}

/// Each mistake gives exactly one problem: no follow-up in the same or in another file.
#[test]
fn every_mistake_is_told_once_with_its_line_and_remedy() {
    for (file, old, new, line, message, remedy) in all() {
        let found = problems(&[(file, old, new)]);
        let [problem] = found.as_slice() else { panic!("{file}, {new:?}: {found:#?}") };
        assert_eq!((problem.file.as_path(), problem.line), (Path::new(file), Some(line)), "{new:?}: {problem}");
        assert!(problem.message.contains(message), "{new:?}: {problem}");
        assert!(problem.remedy.contains(remedy), "{new:?}: {problem}");
        assert!(!problem.to_string().contains("hunter2"), "a secret was repeated: {problem}");
    }
}

#[test]
fn jobs_that_wait_for_each_other_are_told_once() {
    let found = problems(&[
        ("jobs/report_daily.toml", "late", "after = [\"sync_hourly\"]\nlate"),
        ("jobs/sync_hourly.toml", "time_zone", "after = [\"report_daily\"]\ntime_zone"),
    ]);
    let [problem] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(problem.place(), "jobs/report_daily.toml:8");
}

/// A broken job is told by itself; who waits for it is not.
#[test]
fn a_job_that_cannot_be_read_is_still_there_to_be_waited_for() {
    let found = problems(&[
        ("jobs/report_daily.toml", "0 8 * * 1-5", "daily"),
        ("jobs/sync_hourly.toml", "time_zone", "after = [\"report_daily\"]\ntime_zone"),
    ]);
    assert_eq!(found.iter().map(Problem::place).collect::<Vec<_>>(), ["jobs/report_daily.toml:2"]);
}

#[test]
fn all_problems_of_all_files_come_at_once_in_order() {
    let found = problems(&[
        ("config/daybook.toml", "port = 465", "port = \"x\""),
        ("config/daybook.toml", "level = \"info\"", "level = 5"),
        ("config/workspaces/acme.toml", "\"EUR\"", "\"Euro\""),
        ("config/workspaces/acme.toml", "\"12000.00\"", "12000.0"),
        ("config/channels.toml", "'cpc'", "'('"),
        ("jobs/metrics.toml", "label = \"CPL\"", "lable = \"CPL\""),
        ("jobs/report_daily.toml", "0 8 * * 1-5", "daily"),
    ]);
    let places: Vec<String> = found.iter().map(Problem::place).collect();
    assert_eq!(
        places,
        [
            "config/channels.toml:6",
            "config/daybook.toml:6",
            "config/daybook.toml:10",
            "config/workspaces/acme.toml:3",
            "config/workspaces/acme.toml:24",
            "jobs/metrics.toml:15",
            "jobs/metrics.toml:16",
            "jobs/report_daily.toml:2",
        ]
    );
}

#[test]
fn mail_recipients_need_a_way_to_send_mail() {
    let root = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(root.path().join("config/workspaces")).expect("folders");
    std::fs::write(root.path().join("config/daybook.toml"), "").expect("a file");
    let acme = "name = 'A'\ntime_zone = 'UTC'\ncurrency = 'EUR'\n[recipients.all]\nmail = ['a@example.com']\n";
    std::fs::write(root.path().join("config/workspaces/acme.toml"), acme).expect("a file");
    let found = load(root.path()).expect_err("no mail");
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["config/workspaces/acme.toml:5: [recipients.all]: there is no way to send mail — add [delivery.mail] to \
          config/daybook.toml"]
    );
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let root = tempfile::tempdir().expect("a folder");
    let write = |file: &str, bytes: &[u8]| {
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, bytes).expect("a file");
    };
    write("config/channels.toml", b"\xff\xfe");
    write("jobs/Daily Report.toml", b"kind = 'rollup'\ncron = '0 3 * * *'\n");
    write("jobs/rollups/empty.sql", b"-- nothing yet\n");
    write("jobs/rollups/metrics_daily.sql", b"SELECT 1\n");
    write("jobs/checks/huge.sql", &vec![b' '; (1 << 20) + 1]);
    write("jobs/.hidden.toml", b"not read");
    let found = load(root.path()).expect_err("problems");
    let folder = root.path().display().to_string();
    let told: Vec<String> = found
        .iter()
        .map(|problem| format!("{}: {}", problem.place(), problem.message.replace(&folder, "<root>")))
        .collect();
    assert_eq!(
        told,
        [
            "config/channels.toml: the file is not UTF-8 text but UTF-16, as some editors write it",
            "config/daybook.toml: the file is missing: there is no <root>/config/daybook.toml",
            "config/workspaces: there is no workspace",
            "jobs/Daily Report.toml: the file's name is not an id",
            "jobs/checks/huge.sql: this is not a regular file of at most 1 MB",
            "jobs/rollups/empty.sql: the file holds no statement",
            "jobs/rollups/metrics_daily.sql: there is no rollup \"metrics_daily\" to replace",
        ]
    );
    assert!(found.iter().all(|problem| !problem.remedy.is_empty()));
}
