//! Where List-Unsubscribe leads: addresses that say which reader leaves. Pure.
//!
//! A one-click POST (RFC 8058) carries nothing but its address, so the address must name the reader, and
//! must not be guessable, or anybody could take anybody off the list.

use crate::support::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Stands for the reader's token.
pub const READER: &str = "{reader}";
/// 128 bits are enough, and short enough for a line.
const TOKEN_BYTES: usize = 16;

/// What is wrong with a target, if something is.
pub fn fault(target: &str) -> Option<&'static str> {
    let leads_somewhere = target.starts_with("mailto:") || target.starts_with("https://");
    let fits = target.len() <= 800
        && target.replace(READER, "").bytes().all(|byte| byte.is_ascii_graphic() && !b"<>,{}".contains(&byte));
    if !leads_somewhere || !fits {
        return Some("leads nowhere");
    }
    if target.starts_with("https://") && !target.contains(READER) {
        return Some("does not say which reader leaves");
    }
    let is_in_address =
        target.strip_prefix("mailto:").is_some_and(|rest| rest.split('?').next().is_some_and(|to| to.contains(READER)));
    is_in_address.then_some("has the reader in the mail's address, not in its subject")
}

/// The targets for one reader. Without a key those that need one are left out.
pub fn targets(targets: &[String], key: Option<&Secret>, reader: &str) -> Vec<String> {
    let token = key.and_then(|key| token(key, reader));
    let filled = |target: &String| match (&token, target.contains(READER)) {
        (_, false) => Some(target.clone()),
        (Some(token), true) => Some(target.replace(READER, token)),
        (None, true) => None,
    };
    targets.iter().filter_map(filled).collect()
}

/// HMAC-SHA256 of the bare address in lower case, its first 16 bytes in URL-safe base64: what takes the
/// POST can compute the same for each address it knows.
pub fn token(key: &Secret, reader: &str) -> Option<String> {
    let bare = crate::support::mailbox::mailbox(reader)?.email.to_string().to_lowercase();
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    mac.update(bare.as_bytes());
    Some(URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..TOKEN_BYTES]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D09, jakubwaller/buergerwecker#18, kannon-email/kannon#429: one address for all readers.
    #[test]
    fn each_reader_has_an_address_of_their_own_that_nobody_can_guess() {
        let all = ["https://acme.example/stop?list=daily&r={reader}", "mailto:off@acme.example?subject=off%20{reader}"]
            .map(str::to_owned);
        let key = Secret::new("k3y");
        let of = |key: Option<&Secret>, reader: &str| targets(&all, key, reader);
        let (ceo, cfo) = (of(Some(&key), "Jo <CEO@acme.example>"), of(Some(&key), "cfo@acme.example"));
        assert_ne!(ceo[0], cfo[0]);
        assert_eq!(ceo, of(Some(&key), "ceo@acme.example"), "whatever the name or case");
        assert_ne!(ceo, of(Some(&Secret::new("other")), "ceo@acme.example"));
        assert!(
            ceo.iter()
                .all(|target| !target.contains('{')
                    && target.contains(&token(&key, "ceo@acme.example").expect("a token"))),
            "{ceo:?}"
        );
        assert!(of(None, "ceo@acme.example").is_empty());
        assert_eq!(targets(&["mailto:off@a.b".to_owned()], None, "x@y.z"), ["mailto:off@a.b"]);
    }

    #[test]
    fn a_token_is_the_one_that_other_programs_compute() {
        // printf %s ceo@acme.example | openssl dgst -sha256 -hmac k3y -binary | head -c 16 | base64
        let known = token(&Secret::new("k3y"), "ceo@acme.example").expect("a token");
        assert_eq!(known, "jFmIs4SSAjK6j4og_H6Hcw");
    }

    #[test]
    fn targets_that_could_not_keep_their_promise_are_refused() {
        for good in ["https://a.b/stop/{reader}", "mailto:off@a.b", "mailto:off@a.b?subject=off%20{reader}"] {
            assert_eq!(fault(good), None, "{good}");
        }
        for (wrong, words) in [
            ("https://a.b/stop?list=daily", "which reader"),
            ("http://a.b/{reader}", "nowhere"),
            ("mailto:{reader}@a.b", "address"),
            ("https://a.b/{reader}>\r\nX: y", "nowhere"),
            ("https://a.b/{reader}/{other}", "nowhere"),
            ("off@example.com", "nowhere"),
            // productdevbook/mavi#17: a path alone, which no mail program can follow.
            ("/unsubscribe?token={reader}", "nowhere"),
        ] {
            assert!(fault(wrong).is_some_and(|fault| fault.contains(words)), "{wrong}: {:?}", fault(wrong));
        }
    }
}
