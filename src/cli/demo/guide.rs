//! What to try on vendors that stay up, in 80 columns.

use crate::sandbox::{Troubles, Vendor};
use std::path::Path;

const WIDTH: usize = 80;
const NAME: &str = "daybook";

/// Commands that show what Daybook makes of it.
const COMMANDS: [(&str, &str); 6] = [
    ("sync", "fetch what came since"),
    ("status", "how far each source reaches, what is wrong"),
    ("check --online", "try each account, load nothing"),
    ("coverage", "which days are there, what fills the holes"),
    ("report --dry-run", "what a report of yesterday would say"),
    ("serve", "do all of it on schedule, until Ctrl-C"),
];

/// What there is to be shown once the vendors are up.
#[derive(Debug)]
pub struct Guide<'a> {
    /// As the shell calls this program.
    pub program: &'a str,
    /// The demo's folder as it was given.
    pub dir: &'a Path,
    pub address: &'a str,
    /// Whether the configuration called the vendors elsewhere.
    pub is_moved: bool,
    pub troubles: &'a Troubles,
}

impl Guide<'_> {
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("the vendors are up on {} until Ctrl-C", self.address), String::new()];
        lines.extend(Vendor::ALL.map(|vendor| format!("  {:<18}{}", vendor.id(), state(vendor, self.troubles))));
        lines.extend([String::new(), "in a second terminal:".to_owned(), String::new()]);
        lines.extend(self.commands());
        if self.is_moved {
            lines.extend([
                String::new(),
                "the configuration called them on another port and is changed: a daemon that".to_owned(),
                "runs in the folder takes it with the command `reload`".to_owned(),
            ]);
        }
        lines
    }

    /// Each with program and folder; where lines would be too long, these are shown once and for all.
    fn commands(&self) -> Vec<String> {
        let (program, dir) = (word(self.program), word(&self.dir.to_string_lossy()));
        let lines = listed(&format!("{program} -C {dir}"));
        if lines.iter().all(|line| line.chars().count() <= WIDTH) {
            return lines;
        }
        let mut short = vec![format!("  export DAYBOOK_ROOT={dir}")];
        if program != NAME {
            short.push(format!("  alias {NAME}={program}"));
        }
        short.extend(listed(NAME));
        short
    }
}

fn listed(call: &str) -> Vec<String> {
    let longest = COMMANDS.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
    COMMANDS.iter().map(|(command, why)| format!("  {call} {command:<longest$}  {why}")).collect()
}

fn state(vendor: Vendor, troubles: &Troubles) -> String {
    let mut told = Vec::new();
    if troubles.broken.contains(&vendor) {
        told.push("fails: 503, 500 and half a body by turns".to_owned());
    }
    if troubles.wrong_token.contains(&vendor) {
        told.push("refuses its credential".to_owned());
    }
    if let Some(at) = troubles.late_as_of.filter(|_| troubles.late.contains(&vendor)) {
        told.push(format!("is late: nothing after {}", at.format("%Y-%m-%d %H:%M UTC")));
    }
    if told.is_empty() { "is well".to_owned() } else { told.join("; ") }
}

/// A text as one word of a shell.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT: &str = "target/release/daybook";

    fn guide<'a>(program: &'a str, dir: &'a str, troubles: &'a Troubles) -> Guide<'a> {
        let address = "http://127.0.0.1:41234";
        Guide { program, dir: Path::new(dir), address, is_moved: true, troubles }
    }

    #[test]
    fn every_line_fits_80_columns_however_long_the_folder_is_called() {
        let at = "2026-11-24T12:40:00Z".parse().ok();
        let all = || Vendor::ALL.into_iter().collect();
        let troubles = Troubles { late: all(), late_as_of: at, ..Troubles::default() };
        for dir in ["demo", "/srv/marketing/try-outs/of-this-year/daybook-demo"] {
            let lines = guide(BUILT, dir, &troubles).lines();
            assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:#?}");
        }
        let long = guide(BUILT, "/srv/marketing/try-outs/of-this-year/daybook-demo", &troubles).lines();
        assert!(long.iter().any(|line| line == "  alias daybook=target/release/daybook"), "{long:#?}");
    }

    #[test]
    fn a_folder_with_blanks_and_quotes_stays_one_word_of_the_shell() {
        assert_eq!(word("demo/of-2026"), "demo/of-2026");
        assert_eq!(word("my demo/it's"), r"'my demo/it'\''s'");
        assert_eq!(word(""), "''");
    }

    #[test]
    fn each_vendor_is_shown_with_its_troubles() {
        let at = "2026-11-24T12:40:00Z".parse().ok();
        let troubles = Troubles {
            wrong_token: [Vendor::GoogleAds].into(),
            broken: [Vendor::Stripe].into(),
            late: [Vendor::Hubspot].into(),
            late_as_of: at,
        };
        let told = guide(NAME, "demo", &troubles).lines().join("\n");
        for line in [
            "google_ads        refuses its credential",
            "google_analytics  is well",
            "hubspot           is late: nothing after 2026-11-24 12:40 UTC",
            "stripe            fails: 503, 500 and half a body by turns",
        ] {
            assert!(told.contains(line), "{told}");
        }
    }
}
