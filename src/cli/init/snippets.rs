//! Examples that a new installation carries behind #. A test takes the # away from each and has it checked.

/// An example of a file's section.
#[derive(Clone, Copy, Debug)]
pub struct Snippet {
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// As it stands in the file, without #.
    pub text: &'static str,
}

impl Snippet {
    /// The example as a comment, with an empty line before it.
    pub fn commented(&self) -> String {
        let lines =
            self.text.lines().map(|line| if line.is_empty() { "#\n".to_owned() } else { format!("# {line}\n") });
        format!("\n# Example. {}\n{}", self.about, lines.collect::<String>())
    }
}

/// For a workspace's file.
pub const OF_WORKSPACES: [Snippet; 9] = [
    Snippet {
        about: "Files that people drop, with columns of their own: \"column\" = \"field\" (`daybook connectors` lists the fields).",
        text: "[[connections]]
id = \"till\"
connector = \"file\"
folder = \"drops/till\"               # relative to data_dir
decimal_mark = \",\"
date_format = \"%d.%m.%Y\"

[connections.mapping]
target = \"offline_conversions\"
columns = { \"Receipt\" = \"conversion_id\", \"Date\" = \"date\", \"Amount\" = \"amount\" }
constants = { currency = \"EUR\", utm_source = \"store\" }
",
    },
    Snippet {
        about: "An export as it is downloaded: cost of another platform by day and campaign.",
        text: "[[connections]]
id = \"other_ads\"
connector = \"file\"
folder = \"drops/other_ads\"
preset = \"ad_cost\"
constants = { source = \"podcast\", medium = \"cpm\", currency = \"EUR\" }
",
    },
    Snippet {
        about: "Exchange rates of the European Central Bank, for amounts in other currencies.",
        text: "[[connections]]
id = \"exchange_rates\"
connector = \"ecb\"
",
    },
    Snippet {
        about: "What a reader of one of the groups prefers.",
        text: "[recipients.board]
mail = [\"board@example.com\"]

[readers.\"board@example.com\"]
attach = [\"pdf\"]                    # of the job's files, only these
language = \"en-GB\"                 # of numbers and dates
",
    },
    Snippet {
        about: "Money planned for a channel in a month, in the workspace's currency; amounts in quotes.",
        text: "[[budgets]]
month = \"2026-11\"
channel = \"paid_search\"
amount = \"12000.00\"
",
    },
    Snippet {
        about: "What a metric should reach in a month; percentages as fractions.",
        text: "[[targets]]
month = \"2026-11\"
metric = \"conversion_rate\"
amount = \"0.03\"                     # 3 %
",
    },
    Snippet {
        about: "A planned campaign, under the name that ads and links carry.",
        text: "[[campaigns]]
name = \"Winter Sale\"
start = 2026-11-01
end = 2026-12-24                    # the last day that counts
budget = \"5000.00\"
targets = { leads = \"150\", roi = \"2.50\" }
",
    },
    Snippet {
        about: "Another group; a job names it in its \"to\".",
        text: "[recipients.north]
mail = [\"north@example.com\"]
files = true
",
    },
    Snippet {
        about: "How far back a stream is read again, in place of the connector's own word.",
        text: "[[connections]]
id = \"more_ads\"
connector = \"google_ads\"
settings = { customer_ids = [\"9876543210\"] }
secrets = { developer_token = { env = \"T\" }, client_id = { env = \"I\" }, client_secret = { env = \"S\" }, refresh_token = { env = \"R\" } }

[connections.streams.ad_daily]
nightly_days = 45
",
    },
];

/// For the end of `jobs/metrics.toml`.
pub const METRIC: Snippet = Snippet {
    about: "A metric of one's own: a formula over others.",
    text: "[cost_per_session]
label = \"Cost per session\"
about = \"Media cost for each visit.\"
unit = \"money\"
better = \"lower\"
formula = \"cost / sessions\"
",
};

/// For a job that sends a report: an edition, and a report for a part of the workspace.
#[cfg(test)]
pub const OF_REPORTS: [Snippet; 2] = [
    Snippet {
        about: "Sections of their own for some readers.",
        text: "[[editions]]\nid = \"board\"\ntitle = \"Board\"\nto = [\"executives\"]\nsections = [\"headline\", \"goals\"]\n",
    },
    Snippet {
        about: "One report for each region or client.",
        text: "[[splits]]\nid = \"north\"\ntitle = \"North\"\ncampaigns = [\"North *\"]\nto = [\"marketing\"]\n",
    },
];

/// A check of one's own.
pub const CHECK: &str = "-- Claim: no campaign spends more than 10,000 on a day.
SELECT workspace, date, campaign, cost
FROM mart.metric_daily
WHERE cost > 10000
";

/// What stands beside the checks.
pub fn checks_readme() -> String {
    format!(
        "# Checks\n\nEach `.sql` file is a claim that holds while its query has no row; its name says the claim. A check\n\
         that does not hold makes reports wait, and is named on top of them. An example, for a file such as\n\
         `no_campaign_spends_too_much.sql`:\n\n```sql\n{CHECK}```\n\n`daybook check` tries every query.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::super::answers::{Answers, SecretsIn, Tenant};
    use super::super::files::installation;
    use super::*;
    use crate::config::{Settings, load};
    use crate::delivery::ChannelRef;
    use crate::settings::problems;
    use std::path::Path;

    fn answers() -> Answers {
        let tenant = Tenant {
            id: "acme".to_owned(),
            name: "Acme".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            currency: "EUR".to_owned(),
            week_start: "monday".to_owned(),
            vendors: Vec::new(),
            drops: Vec::new(),
            to: vec!["cmo@example.com".to_owned()],
        };
        let channels = vec![ChannelRef::new("slack", "marketing")];
        let from = "a@example.com".to_owned();
        Answers { tenant, server: None, from, channels, secrets_in: SecretsIn::File, data_dir: None }
    }

    /// A new installation with one file changed.
    fn with(file: &str, change: impl Fn(&str) -> String) -> Settings {
        let root = tempfile::tempdir().expect("a folder");
        for (name, text) in installation(&answers()).0 {
            let path = root.path().join(&name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            let text = if name == file { change(&text) } else { text };
            std::fs::write(path, text).expect("a file");
        }
        load(root.path()).unwrap_or_else(|found| panic!("{}", problems::for_terminal(&found, 100)))
    }

    /// The text without # before the lines from `first` to the end of the comment.
    fn uncommented(text: &str, first: &str) -> String {
        let from = text.find(&format!("\n# {first}")).unwrap_or_else(|| panic!("no {first:?} in {text}")) + 1;
        let (before, rest) = text.split_at(from);
        let count = rest.lines().take_while(|line| line.starts_with('#')).count();
        let lines = rest.lines().enumerate().map(|(index, line)| match line.strip_prefix("# ") {
            Some(plain) if index < count => format!("{plain}\n"),
            _ if index < count => "\n".to_owned(),
            _ => format!("{line}\n"),
        });
        before.to_owned() + &lines.collect::<String>()
    }

    #[test]
    fn a_new_installation_has_no_warning() {
        let now = "2026-11-26T09:00:00Z".parse().expect("an instant");
        assert_eq!(with("", str::to_owned).warnings(now), []);
    }

    #[test]
    fn each_example_of_a_workspace_holds_without_its_comment_signs() {
        for snippet in OF_WORKSPACES {
            let first = snippet.text.lines().next().expect("a line");
            let whole = snippet.commented();
            let plain = uncommented(&whole, first);
            assert!(plain.ends_with(snippet.text), "{plain}");
            let settings = with("config/workspaces/acme.toml", |text| {
                assert!(text.contains(&whole), "{whole}");
                text.replace(&whole, &plain)
            });
            let changes =
                crate::config::diff::changes(&with("", str::to_owned), &settings, chrono::DateTime::UNIX_EPOCH);
            assert!(!changes.is_empty(), "{}", snippet.about);
        }
    }

    #[test]
    fn the_examples_of_other_files_hold_as_well() {
        let metric = METRIC.text.lines().next().expect("a line");
        assert!(with("jobs/metrics.toml", |text| uncommented(text, metric)).metrics.get("cost_per_session").is_some());
        for snippet in OF_REPORTS {
            with("jobs/report_daily.toml", |text| format!("{text}{}", snippet.text));
        }
        with("jobs/report_daily.toml", |text| {
            uncommented(text, "[[splits]]").replace("to = [\"north\"]", "to = [\"marketing\"]")
        });
        assert!(!with("config/channels.toml", |text| uncommented(text, "[tags]")).channels.tags.is_empty());
        let ruled = with("config/channels.toml", |text| uncommented(text, "[[rules]]"));
        assert_eq!(ruled.channels.rules.channel("spotify", "podcast", ""), "audio");
        // The sections of config/daybook.toml that stand there twice: as it begins, and as an example.
        let daybook = "config/daybook.toml";
        assert_eq!(with(daybook, |text| uncommented(text, "[delivery.operator]")).delivery.operator.mail.len(), 1);
        assert!(with(daybook, |text| uncommented(text, "heartbeat")).delivery.heartbeat.is_some());
        assert!(
            with(daybook, |text| uncommented(text, "[delivery.slack.board]"))
                .delivery
                .channels
                .contains_key(&ChannelRef::new("slack", "board"))
        );
        let teams = with(daybook, |text| uncommented(text, "[delivery.teams.board]"));
        assert!(teams.delivery.channels.contains_key(&ChannelRef::new("teams", "board")));
        assert!(with(daybook, |text| uncommented(text, "[admin]")).admin.listen.is_some());
        let smtp = with(daybook, |text| {
            let without =
                text.replacen("\n[delivery.mail]\n", "\n[delivery.files]\n", 1).replacen("kind = \"folder\"\n", "", 1);
            let without =
                without.replacen("from = ", "# from = ", 1).replacen("\n[delivery.files]\npath = \"reports\"", "\n", 1);
            uncommented(&without, "[delivery.mail]")
        });
        assert!(format!("{:?}", smtp.delivery.mail).contains("smtp.example.com"));
    }

    #[test]
    fn the_example_of_a_check_is_a_check() {
        let root = tempfile::tempdir().expect("a folder");
        let check = root.path().join("no_campaign_spends_too_much.sql");
        std::fs::write(&check, CHECK).expect("a file");
        let warehouse = crate::warehouse::Warehouse::in_memory().expect("a warehouse");
        let prepared = warehouse.read_blocking(|reader| {
            use crate::warehouse::Context;
            reader.prepare(CHECK).map(drop).context(|| "the example".to_owned())
        });
        assert!(prepared.is_ok(), "{prepared:?}");
        assert!(checks_readme().contains(CHECK) && Path::new(&check).exists());
    }
}
