//! Mistakes in a preset of dropped files, and changes that are none.

use super::Case;

pub const FILE: &str = "config/presets/awin.toml";

pub const AWIN: &str = r#"about = "Awin: commissions by day"
target = "ad_cost"
repeats = "sum"
decimal_mark = "."
[constants]
source = "awin"
medium = "affiliate"
[columns]
date = ["Date", "Datum"]
campaign = ["Publisher"]
cost = ["Total commission"]
campaign_id = { join = ["Publisher ID", "Group"] }
[factors]
cost = "0.01"
[questions]
"Sales" = ["conversions", "conversion_value"]
[[filters]]
columns = ["Status"]
counts = ["approved"]
leaves_out = ["declined"]
"#;

#[rustfmt::skip] // a table reads better in rows
pub const OF_PRESETS: &[Case] = &[
    (FILE, "about = \"Awin: commissions by day\"", "", 1, "\"about\" is missing", "add about = "),
    (FILE, "\"Awin: commissions by day\"", "\" \"", 1, "about: it must be one sentence of at most 120", "say which export it is"),
    (FILE, "\"Awin: commissions by day\"", "7", 1, "about: this is a whole number, not a text", "put it in quotes"),
    (FILE, "target = \"ad_cost\"", "", 1, "\"target\" is missing", "add target = \"ad_cost\""),
    (FILE, "\"ad_cost\"", "\"ad_cots\"", 2, "target: there is no target \"ad_cots\"", "did you mean \"ad_cost\"?"),
    (FILE, "\"sum\"", "\"add\"", 3, "repeats: unknown choice \"add\"", "write sum, items, same, quarantine or { newest_by"),
    (FILE, "\"sum\"", "true", 3, "repeats: this is true or false, not a text", "write sum, items"),
    (FILE, "\"sum\"", "{ newest = \"date\" }", 3, "repeats: unknown key \"newest\"", "did you mean \"newest_by\"?"),
    (FILE, "\"sum\"", "{}", 3, "repeats: \"newest_by\" is missing", "{ newest_by = \"metrics_as_of\" }"),
    (FILE, "\"sum\"", "{ newest_by = \"dat\" }", 3, "repeats: ad_cost has no field \"dat\"", "did you mean \"date\"?"),
    (FILE, "\"sum\"", "{ newest_by = \"cost\" }", 3, "repeats: \"cost\" is no day", "name a field of days"),
    (FILE, "decimal_mark = \".\"", "decimal_mark = \"point\"", 4, "decimal_mark: unknown choice \"point\"", "known choices"),
    (FILE, "decimal_mark = \".\"", "decimal_makr = \".\"", 4, "unknown key \"decimal_makr\"", "did you mean \"decimal_mark\"?"),
    (FILE, "decimal_mark = \".\"", "date_format = 1", 4, "date_format: this is a whole number, not a text", "put it in quotes"),
    (FILE, "decimal_mark = \".\"", "zone = \"Berlin\"", 4, "zone: \"Berlin\" is not a time zone", "IANA"),
    (FILE, "decimal_mark = \".\"", "encoding = \"utf-9\"", 4, "encoding: \"utf-9\" is no encoding that is known", "windows-1252"),
    (FILE, "decimal_mark = \".\"", "delimiter = \"tab\"", 4, "delimiter: unknown choice \"tab\"", "known choices"),
    (FILE, "decimal_mark = \".\"", "header_line = \"3\"", 4, "header_line: this is a text, not a whole number", "without quotes"),
    (FILE, "[constants]\nsource = \"awin\"\nmedium = \"affiliate\"", "constants = 3", 5, "constants is not a table", "write [constants]"),
    (FILE, "source = \"awin\"", "", 2, "nothing says where \"source\" is found, which ad_cost needs", "[constants]"),
    (FILE, "source = \"awin\"", "sorce = \"x\"\nsource = \"awin\"", 6, "[constants]: ad_cost has no field \"sorce\"", "did you mean \"source\"?"),
    (FILE, "\"awin\"", "1", 6, "[constants]: source: this is a whole number, not a text", "put it in quotes"),
    (FILE, "date = [\"Date\", \"Datum\"]", "date = [\"Date\" \"Datum\"]", 9, "this is not TOML", "lists in [ ]"),
    (FILE, "\"Publisher\"]", "\"Date\"]", 9, "the header \"Date\" stands for campaign and for date", "keep one of the two, or ask in [questions]"),
    (FILE, "\"Publisher\"]", "3]", 10, "[columns]: campaign: item 1: this is a whole number, not a header", "put it in quotes"),
    (FILE, "[\"Publisher\"]", "\"Publisher\"", 10, "[columns]: campaign: this is a text, not a list of headers", "write it in [ ]"),
    (FILE, "[\"Total commission\"]", "[{ join = \"Total\" }]", 11, "[columns]: cost: item 1: join: this is a text, not a list", "write it in [ ]"),
    (FILE, "campaign_id =", "campain_id =", 12, "[columns]: ad_cost has no field \"campain_id\"", "did you mean \"campaign_id\"?"),
    (FILE, "{ join =", "{ jion =", 12, "[columns]: campaign_id: unknown key \"jion\"", "did you mean \"join\"?"),
    (FILE, "{ join = [\"Publisher ID\", \"Group\"] }", "{}", 12, "[columns]: campaign_id: \"join\" is missing", "write { join = "),
    (FILE, "[factors]", "[factor]", 13, "unknown key \"factor\"", "did you mean \"factors\"?"),
    (FILE, "cost = \"0.01\"", "cots = \"0.01\"", 14, "[factors]: ad_cost has no field \"cots\"", "did you mean \"cost\"?"),
    (FILE, "cost = \"0.01\"", "clicks = \"0.01\"", 14, "clicks has a factor and no column", "name its headers in [columns]"),
    (FILE, "cost = \"0.01\"", "cost = \"a cent\"", 14, "[factors]: cost: this is not a number", "write it as text"),
    (FILE, "\"conversion_value\"]", "\"conversion_vaule\"]", 16, "[questions]: ad_cost has no field \"conversion_vaule\"", "did you mean \"conversion_value\"?"),
    (FILE, "\"conversion_value\"]", "5]", 16, "[questions]: Sales: item 2: this is a whole number, not a field", "in quotes"),
    (FILE, "[\"conversions\", \"conversion_value\"]", "\"conversions\"", 16, "[questions]: Sales: this is a text, not a list", "write it in [ ]"),
    (FILE, "[[filters]]", "[filters]", 17, "[filters] is not a list of tables", "write each as [[filters]]"),
    (FILE, "columns = [\"Status\"]", "", 17, "[[filters]]: \"columns\" is missing", "add columns = [\"Status\"]"),
    (FILE, "counts = [\"approved\"]", "counts = \"approved\"", 19, "[[filters]]: counts: this is a text, not a list", "write it in [ ]"),
    (FILE, "leaves_out =", "leave_out =", 20, "[[filters]]: unknown key \"leave_out\"", "did you mean \"leaves_out\"?"),
    (FILE, "counts = [\"approved\"]", "needed = \"no\"", 19, "[[filters]]: needed: this is a text, not true or false", "without quotes"),
    (FILE, "[[filters]]", "[unpivot]\nnames = \"country\"\nvalues = \"clikcs\"\n[[filters]]", 19, "[unpivot]: values: ad_cost has no field \"clikcs\"", "did you mean \"clicks\"?"),
    (FILE, "[[filters]]", "[unpivot]\nnames = \"country\"\n[[filters]]", 17, "[unpivot]: \"values\" is missing", "add values = \"amount\""),
];

#[rustfmt::skip] // a table reads better in rows
pub const SOUND_CHANGES_OF_PRESETS: &[(&str, &str, &str)] = &[
    (FILE, "\"sum\"", "{ newest_by = \"date\" }"),
    (FILE, "decimal_mark = \".\"", "date_format = \"%s\"\nzone = \"UTC\"\nencoding = \"latin1\"\ndelimiter = \"\\t\"\nheader_line = 3\nsheet = \"Plan\"\nrange = \"A:F\""),
    (FILE, "[\"Total commission\"]", "[\"Total\\ncommission\", { join = [\"a\", \"b\"] }]"),
    (FILE, "cost = \"0.01\"", "cost = 0.01"),
    (FILE, "cost = \"0.01\"", "cost = \"-1e-9\""),
    (FILE, "[\"conversions\", \"conversion_value\"]", "[\"counts\", \"none\"]"),
    (FILE, "[[filters]]", "[unpivot]\nnames = \"country\"\nvalues = \"clicks\"\n[columns.currency]\njoin = [\"C\"]\n[[filters]]"),
    (FILE, "counts = [\"approved\"]", "needed = false"),
];
