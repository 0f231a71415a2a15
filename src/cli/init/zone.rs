//! The time zone of this machine, as far as it says one.

use chrono_tz::Tz;
use std::path::Path;

/// `$TZ`, else what the machine is set to, else UTC.
pub fn system() -> Tz {
    let variable = crate::support::environment::text("TZ").unwrap_or_default();
    let file = std::fs::read_to_string("/etc/timezone").unwrap_or_default();
    let link = std::fs::read_link("/etc/localtime").unwrap_or_default();
    guess(&variable, &file, &link)
}

fn guess(variable: &str, file: &str, link: &Path) -> Tz {
    let link = link.to_string_lossy();
    let linked = link.split_once("zoneinfo/").map_or("", |(_, zone)| zone);
    [variable.trim_start_matches(':'), linked, file.trim()]
        .into_iter()
        .find_map(|zone| zone.parse::<Tz>().ok())
        .unwrap_or(Tz::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_goes_before_the_machines_setting_and_nonsense_is_utc() {
        let link = Path::new("/usr/share/zoneinfo/Europe/Madrid");
        assert_eq!(guess("America/Lima", "Europe/Berlin\n", link), Tz::America__Lima);
        assert_eq!(guess("", "Europe/Berlin\n", link), Tz::Europe__Madrid);
        assert_eq!(guess("CET-1CEST", "Europe/Berlin\n", Path::new("")), Tz::Europe__Berlin);
        assert_eq!(guess("", "", Path::new("")), Tz::UTC);
    }
}
