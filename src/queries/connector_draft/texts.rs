//! The texts of a connector's files, commented for who has never written one.

use super::columns::DraftColumn;
use super::{Measure, Parts, title};

/// Place below the root, and text.
pub(super) fn files(parts: &Parts<'_>) -> Vec<(String, String)> {
    let folder = format!("config/connectors/{}", parts.name);
    vec![
        (format!("{folder}/connector.toml"), connector(parts)),
        (format!("{folder}/{}.sql", parts.table), query(parts)),
        (format!("{folder}/facts/{}.toml", parts.table), fact(parts)),
        (format!("{folder}/facts/{}.metrics.sql", parts.table), contribution(parts)),
        (format!("{folder}/metrics.toml"), metrics(parts)),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .collect()
}

fn connector(parts: &Parts<'_>) -> String {
    let Parts { name, label, stream, table, list, address, made, .. } = parts;
    let about = sentence(stream);
    let (mode, why) = match made.is_snapshot {
        true => ("upsert", "# Rows of earlier days stay beside those of today."),
        false => ("replace_all", "# Each reading takes the place of all rows."),
    };
    let day = &made.day;
    format!(
        r##"#:schema ../../schemas/connector.json
# How {label} is asked. `daybook connectors test {name}` shows what comes of it, and writes nothing.
name = "{name}"
label = "{label}"
docs = "{base}"

[settings.base_url]
about = "Where the API answers."
kind = "url"
default = "{base}"

# A key that is sent with each request; other ways: api_key, basic, oauth2_refresh, client_credentials, jwt_bearer.
# [secrets.key]
# about = "A key with the right to read {stream}."
# [auth]
# kind = "bearer"
# token = "{{{{ secrets.key }}}}"
[auth]
kind = "none"

[limits]
requests = 5
per_secs = 1

[streams.{stream}]
about = "{about}"
records = {list}
settles_after_days = 1            # days until the vendor's word on a day is final

# All of it, every time. Where the vendor can be asked by day, write in its place
#   kind = "days"
#   step_days = 30                # the days of a request
#   reread_days = 3               # are read again by each sync
# with the mode below {{ kind = "replace_window", column = "{day}" }}, and in the request
#   query = [["from", "{{{{ slice.start_date }}}}"], ["to", "{{{{ slice.end_date }}}}"]]
[streams.{stream}.slicing]
kind = "whole"

[streams.{stream}.request]
url = "{{{{ settings.base_url }}}}{path}"

# One answer is all there is, unless this says how to ask for the next page; other ways: next_token, next_url,
# link_header, offset, starting_after. The request then has e.g. query = [["page", "{{{{ cursor.page }}}}"]].
# [streams.{stream}.paging]
# kind = "page_number"
# first = 1
# limit = 100
# records_pointer = "{pointer}"

{why}
[[streams.{stream}.loads]]
table = "{table}"
mode = {{ kind = "{mode}" }}
"##,
        base = address.base,
        path = address.path,
        list = literal(list),
        pointer = list.trim_start_matches('$').trim_end_matches("[*]").replace('.', "/").replace('"', ""),
    )
}

fn query(parts: &Parts<'_>) -> String {
    let Parts { table, list, made, .. } = parts;
    let path = list.replace('\'', "''");
    let columns: Vec<String> =
        made.columns.iter().map(|column| format!("    {} AS {},\n", column.value, column.name)).collect();
    let key = made.key.iter().filter_map(|name| made.columns.iter().find(|column| column.name == *name));
    let required = key.filter(|column| column.kind == "VARCHAR" && column.personal.is_none());
    let required = required.map(|column| format!("required('{}', {})", column.name, column.value));
    let problems: Vec<String> =
        required.chain(made.columns.iter().filter_map(|column| column.problem.clone())).collect();
    let problem = match problems.is_empty() {
        true => "CAST(NULL AS VARCHAR)".to_owned(),
        false => format!("problems([\n        {}\n    ])", problems.join(",\n        ")),
    };
    format!(
        "-- Table: core.{table}\n-- Grain: {}\n-- Inputs: page, one row for each answer: page_no, body\n\
         -- A row with a problem goes to quarantine with its record; one without is loaded.\n\
         WITH record AS (\n    SELECT page_no, unnest(json_extract(body, '{path}')) AS r,\n        \
         unnest(range(len(json_extract(body, '{path}')))) AS record_no\n    FROM page\n)\n\nSELECT\n{}    page_no,\n    \
         CAST(record_no AS INTEGER) AS record_no,\n    {problem} AS problem\nFROM record\n",
        made.key.join(", "),
        columns.concat(),
    )
}

fn fact(parts: &Parts<'_>) -> String {
    let Parts { stream, label, made, measures, .. } = parts;
    let key: Vec<String> = made.key.iter().map(|name| format!("\"{name}\"")).collect();
    let mut text = format!(
        "#:schema ../../../schemas/fact.json\n# What a row is, what it is known by, and what its columns hold.\nabout = \"{} of {label}.\"\nday = \"{}\"\nkey = [{}]\n\n[columns]\n",
        title(stream),
        made.day,
        key.join(", ")
    );
    made.columns.iter().for_each(|own| text.push_str(&column(own)));
    if let Some(currency) = &made.currency {
        for own in made.columns.iter().filter(|own| own.unit == Some("money")) {
            let amount = &own.name;
            text.push_str(&format!(
                "\n[[money]]\namount = \"{amount}\"\ncurrency = \"{currency}\"\nis_converted = {}\n",
                own.adds_up
            ));
        }
    }
    if !measures.is_empty() {
        text.push_str(
            "\n# What the query beside adds to the metrics, by day, source, medium and campaign.\n[measures]\n",
        );
        measures.iter().for_each(|measure| text.push_str(&format!("{} = \"{}\"\n", measure.name, measure.kind)));
    }
    text
}

fn column(column: &DraftColumn) -> String {
    let mut keys = vec![format!("type = \"{}\"", column.kind)];
    keys.extend(column.is_required.then(|| "required = true".to_owned()));
    keys.extend(column.unit.map(|unit| format!("unit = \"{unit}\"")));
    keys.extend(column.personal.map(|kind| format!("personal = \"{kind}\"")));
    format!("{} = {{ {}, about = \"{}\" }}\n", column.name, keys.join(", "), column.about)
}

fn contribution(parts: &Parts<'_>) -> String {
    let Parts { name, table, made, measures, .. } = parts;
    if measures.is_empty() {
        return String::new();
    }
    let there = |names: [&'static str; 2]| {
        names.into_iter().find(|name| made.columns.iter().any(|column| column.name == *name))
    };
    let origin = |names: [&'static str; 2], or: String| there(names).map_or(or, |column| format!("m.{column}"));
    let source = origin(["utm_source", "source"], format!("'{name}'"));
    let nothing = |word: &str| format!("CAST(NULL AS VARCHAR) AS {word}");
    let named = |names: [&'static str; 2], word: &str| {
        there(names).map_or_else(|| nothing(word), |column| format!("m.{column} AS {word}"))
    };
    let (medium, campaign) =
        (named(["utm_medium", "medium"], "medium"), named(["utm_campaign", "campaign"], "campaign"));
    let sums: Vec<String> =
        measures.iter().map(|measure| format!("    {} AS {}", measure.value, measure.name)).collect();
    let day = &made.day;
    let has_money = measures.iter().any(|measure| measure.unit == "money");
    let rate = match made.currency.as_ref().filter(|_| has_money) {
        Some(currency) => format!(
            "LEFT JOIN rate AS r ON r.workspace = m.workspace AND r.date = m.{day} AND r.currency = m.{currency}\n"
        ),
        None => String::new(),
    };
    format!(
        "-- Adds: what core.{table} has of the days in touched(workspace, date)\n\
         -- Grain: workspace, date, source, medium, campaign; an empty one is (unknown)\n\
         SELECT m.workspace, m.{day} AS date, {source} AS source,\n    {medium}, {campaign},\n{}\nFROM core.{table} AS m\n\
         SEMI JOIN touched AS t ON t.workspace = m.workspace AND t.date = m.{day}\n{rate}GROUP BY ALL\n",
        sums.join(",\n")
    )
}

fn metrics(parts: &Parts<'_>) -> String {
    let metric = |measure: &Measure| {
        format!(
            "\n[{name}]\nlabel = \"{}\"\nabout = \"{}\"\nunit = \"{}\"\nbetter = \"higher\"               # or lower, neither\nsum = \"{name}\"\n",
            measure.label,
            measure.about,
            measure.unit,
            name = measure.name
        )
    };
    let all: String = parts.measures.iter().map(metric).collect();
    let levels: String = parts.levels().map(|column| leveled(parts, column)).collect();
    format!(
        "#:schema ../../schemas/metrics.json\n# What reports may print of it: `metrics = [\"…\"]` in a section of jobs/report_*.toml.\n{all}{levels}"
    )
}

/// A number that stands, such as followers: its last day counts.
fn leveled(parts: &Parts<'_>, column: &DraftColumn) -> String {
    let Parts { name, label, table, .. } = parts;
    let own = &column.name;
    format!(
        "\n[{name}_{own}]\nlabel = \"{label}: {}\"\nabout = \"{own} of core.{table} at the end of the period.\"\nunit = \"count\"\nbetter = \"higher\"\nlevel = \"{table}.{own}\"\n",
        own.replace('_', " ")
    )
}

/// A text of TOML.
fn literal(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}

fn sentence(noun: &str) -> String {
    format!("{}.", title(noun))
}
