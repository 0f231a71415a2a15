//! When a message that was refused for the moment is tried again. Pure.

use std::time::Duration;

/// Minutes to wait after the first, second, … try; the last one from then on. Servers that greylist
/// take a mail after some minutes; others have a day's trouble.
const MINUTES: [u64; 5] = [1, 5, 15, 30, 60];
/// What the other side asks for is granted up to this.
const LONGEST: Duration = Duration::from_secs(6 * 3600);

/// How long to wait after `attempts` tries: what the other side asked for, or our own schedule, and up
/// to a fifth more, so that messages which failed together don't come back together.
pub fn wait(attempts: u32, asked: Option<Duration>, message_id: &str) -> Duration {
    let index = (attempts.saturating_sub(1) as usize).min(MINUTES.len() - 1);
    let base = asked.map_or(Duration::from_secs(MINUTES[index] * 60), |asked| asked.min(LONGEST));
    base + base.mul_f64(f64::from(spread(message_id, attempts)) / 5000.0)
}

/// 0 to 999, the same for the same message and try (FNV-1a).
fn spread(message_id: &str, attempts: u32) -> u16 {
    let bytes = message_id.bytes().chain(attempts.to_be_bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    (hash % 1000) as u16
}

/// The delay a server names in words, as greylisting does: `try again in 300 seconds`, `… 5 minutes`.
/// Delays beyond six hours are no delays but refusals, and are not read.
pub fn asked_in_words(text: &str) -> Option<Duration> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.windows(2).find_map(|pair| {
        let unit = match pair[1] {
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3600,
            _ => return None,
        };
        let seconds = pair[0].parse::<u64>().ok()?.checked_mul(unit)?;
        (1..=LONGEST.as_secs()).contains(&seconds).then(|| Duration::from_secs(seconds))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_apart() {
        let minutes: Vec<u64> = (1..8).map(|attempts| wait(attempts, None, "msg_1").as_secs() / 60).collect();
        for (found, least) in minutes.iter().zip([1, 5, 15, 30, 60, 60, 60]) {
            assert!((least..=least + least / 5 + 1).contains(found), "{minutes:?}");
        }
        let different: std::collections::BTreeSet<_> =
            (0..50).map(|n| wait(3, None, &format!("msg_{n}")).as_millis()).collect();
        assert!(different.len() > 40);
    }

    #[test]
    fn what_the_other_side_asks_for_is_granted_within_reason() {
        assert!(wait(1, Some(Duration::from_secs(30)), "m") >= Duration::from_secs(30));
        assert!(wait(1, Some(Duration::from_secs(30)), "m") <= Duration::from_secs(36));
        assert!(wait(1, Some(Duration::from_secs(u64::MAX)), "m") <= LONGEST.mul_f64(1.2));
    }

    #[test]
    fn greylisting_is_understood_in_its_usual_words() {
        for (words, seconds) in [
            ("451 4.7.1 Greylisted, please try again in 300 seconds", Some(300)),
            ("450 4.2.0 Recipient address rejected: Greylisted for 5 minutes (see http://x/help)", Some(300)),
            ("451 4.7.1 try again after 1 hour", Some(3600)),
            ("451 4.7.1 Greylisting in action, please come back later", None),
            ("452 limit of 99999 seconds", None),
            ("452 4.2.2 18446744073709551615 hours", None),
            ("250 2.0.0 Ok", None),
        ] {
            assert_eq!(asked_in_words(words), seconds.map(Duration::from_secs), "{words}");
        }
    }
}
