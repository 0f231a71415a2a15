//! What others say, as in a vendor's refusal, taken into a message of our own.

use super::{HIDDEN, all};
use crate::support::shown::cut_line;
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Keys as vendors print them in messages.
const VENDORS_OWN: &str = r"(?x)
    \b(?:sk|rk|pk|whsec)_[A-Za-z0-9_*]{4,} | \bacct_[A-Za-z0-9]+ | \b(?:pat|shpat|xox[abps])-[A-Za-z0-9-]{8,}
    | \bya29\.[A-Za-z0-9._-]+ | [A-Za-z0-9_]*\*{4,}[A-Za-z0-9_]*";

/// Whom a message names.
const PERSON: &str = r"(?i)[a-z0-9._+-]+(?:@|%40)(?:[a-z0-9-]+\.)+[a-z]{2,}";
/// The account of a program is no person, and an admin needs to know it.
const PROGRAM: &str = ".gserviceaccount.com";

/// More of a text than this is not looked at.
const LONGEST: usize = 4000;

/// `text` on one line of so many characters, without what no message is to hold: what is cut first may end within a
/// secret, and is not known as one then.
pub fn quoted(text: &str, most: usize) -> String {
    cut_line(&vendors_own(&all(&cut_line(text, LONGEST))), most)
}

/// `text` without what vendors print of keys and accounts themselves (masked keys, tokens by their form, Stripe's
/// account ids), and without mail addresses of people.
pub fn vendors_own(text: &str) -> String {
    static PATTERNS: LazyLock<Option<(Regex, Regex)>> =
        LazyLock::new(|| Regex::new(VENDORS_OWN).ok().zip(Regex::new(PERSON).ok()));
    let Some((own, person)) = PATTERNS.as_ref() else { return text.to_owned() };
    let hidden =
        |found: &Captures<'_>| if found[0].ends_with(PROGRAM) { found[0].to_owned() } else { HIDDEN.to_owned() };
    person.replace_all(&own.replace_all(text, HIDDEN), hidden).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::redact::keep;

    #[test]
    fn what_a_vendor_prints_of_a_key_or_an_account_goes() {
        // estuary/connectors#1782: the tail of the key and the account id stood in the message.
        let source = "The provided key 'rk_live_*********************4oV5' does not have the required permissions for this endpoint on account 'acct_1Abc'.";
        let redacted = vendors_own(source);
        assert!(!redacted.contains("4oV5") && !redacted.contains("acct_"), "{redacted}");
        assert!(redacted.contains("required permissions"));
    }

    #[test]
    fn whom_a_vendor_names_goes_and_the_account_of_a_program_stays() {
        let text = vendors_own(
            "Contact jo.doe+x@mail.example.co.uk exists (to=jo%40example.com); ask d@p.iam.gserviceaccount.com, @acme, a@b",
        );
        assert_eq!(text, "Contact *** exists (to=***); ask d@p.iam.gserviceaccount.com, @acme, a@b");
    }

    #[test]
    fn a_text_is_cut_after_its_secrets_are_gone_wherever_the_cut_falls() {
        keep("a-token-of-a-vendor-that-is-cut");
        let text = "refused: a-token-of-a-vendor-that-is-cut of jo.doe@example.com\nand more";
        for most in 1..70 {
            let quoted = format!("({})", quoted(text, most));
            assert!(!quoted.contains("a-t") && !quoted.contains("jo"), "{quoted}");
        }
        assert_eq!(quoted(text, 70), "refused: *** of *** and more");
    }
}
