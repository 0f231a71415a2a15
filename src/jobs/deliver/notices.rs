//! Notifies the operator of the messages in trouble: one note for all of a pass, on another channel than
//! the troubled one where there is one.

use super::notice;
use crate::delivery::{Policy, Route};
use crate::support::clock::Clock;
use crate::warehouse::outbox::{NewMessage, Trouble, tell, troubles};
use crate::warehouse::{Warehouse, WarehouseError};
use chrono::{DateTime, Utc};

/// Troubles named one by one; the rest is counted.
const NAMED: usize = 10;

/// Writes the notes into the outbox and says how many. Without an operator the troubles stay in the log
/// and in `daybook deliveries`.
pub(super) async fn write(warehouse: &Warehouse, policy: &Policy, clock: &Clock) -> Result<usize, WarehouseError> {
    let found = warehouse.read(troubles).await?;
    if found.is_empty() || policy.operator.is_empty() {
        return Ok(0);
    }
    let now = clock.now();
    let messages = notes(&found, &policy.operator, now);
    let count = messages.len();
    warehouse.write_ledger(move |connection| tell(connection, &found, &messages, now)).await?;
    Ok(count)
}

fn notes(troubles: &[Trouble], operator: &[Route], now: DateTime<Utc>) -> Vec<NewMessage> {
    let told = troubles.iter().map(|t| format!("{} {}", t.message_id, t.what)).collect::<Vec<_>>().join("\n");
    let (subject, text) = subject_and_text(troubles);
    notice::messages(chosen(troubles, operator), &["notice", &told, &now.to_rfc3339()], &subject, &text, now)
}

/// The channels that are not in trouble themselves; all of them if none is.
fn chosen<'a>(troubles: &[Trouble], operator: &'a [Route]) -> Vec<&'a Route> {
    let is_troubled = |route: &Route| troubles.iter().any(|trouble| trouble.lane == route.lane());
    let sound: Vec<&Route> = operator.iter().filter(|route| !is_troubled(route)).collect();
    if sound.is_empty() { operator.iter().collect() } else { sound }
}

fn subject_and_text(troubles: &[Trouble]) -> (String, String) {
    let count = |what: &str| troubles.iter().filter(|trouble| trouble.what == what).count();
    let parts: Vec<String> = [
        ("failed", "failed"),
        ("unknown", "may or may not have gone out"),
        ("misconfigured", "cannot go out as configured"),
        ("barred", "cannot go to their reader as configured"),
        ("delayed", "late, still being tried"),
    ]
    .into_iter()
    .filter(|(what, _)| count(what) > 0)
    .map(|(what, words)| format!("{} {words}", count(what)))
    .collect();
    let subject = format!("[Daybook] report messages: {}", parts.join(", "));
    let mut lines: Vec<String> = Vec::new();
    for trouble in troubles.iter().take(NAMED) {
        let route = serde_json::from_str::<Route>(&trouble.route).map_or_else(|_| "?".to_owned(), |route| route.text());
        lines.push(format!("{}: {route}: {}", trouble.workspace, trouble.what));
        lines.push(format!("  {}", trouble.answer));
        lines.push(format!("  {} ({} tries)", remedy(trouble), trouble.attempts));
    }
    if troubles.len() > NAMED {
        lines.push(format!("and {} more: daybook deliveries --troubled", troubles.len() - NAMED));
    }
    (subject, lines.join("\n"))
}

fn remedy(trouble: &Trouble) -> String {
    let id = &trouble.message_id;
    match trouble.what.as_str() {
        "unknown" => {
            format!("ask the reader, then: daybook deliveries resolve {id} --sent, or daybook deliveries resend {id}")
        }
        "failed" => format!("when mended: daybook deliveries resend {id}"),
        "misconfigured" | "barred" => {
            format!("mend the configuration; it is tried every hour, or: daybook deliveries resend {id}")
        }
        _ => format!("daybook deliveries show {id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::ChannelRef;
    use chrono::TimeZone;

    fn trouble(lane: &str, what: &str) -> Trouble {
        Trouble {
            message_id: "msg_1".to_owned(),
            workspace: "acme".to_owned(),
            owner: "rep_1".to_owned(),
            route: r#"{"kind":"mail","from":"d@example.com","to":"ceo@example.com"}"#.to_owned(),
            lane: lane.to_owned(),
            what: what.to_owned(),
            answer: "refused: the server answered 550 5.1.1 no such user to RCPT TO".to_owned(),
            attempts: 1,
        }
    }

    fn operator() -> Vec<Route> {
        vec![
            Route::Mail { from: "d@example.com".to_owned(), to: "ops@example.com".to_owned() },
            Route::Channel(ChannelRef::new("slack", "ops")),
        ]
    }

    #[test]
    fn trouble_with_mail_is_reported_in_slack_and_the_other_way_round() {
        let now = Utc.with_ymd_and_hms(2026, 11, 21, 8, 0, 0).single().expect("an instant");
        let routes = |lanes: &[&str]| {
            let troubles: Vec<Trouble> = lanes.iter().map(|lane| trouble(lane, "failed")).collect();
            notes(&troubles, &operator(), now).into_iter().map(|message| message.route).collect::<Vec<_>>().join(" ")
        };
        assert!(routes(&["mail"]).contains("slack") && !routes(&["mail"]).contains("mail"));
        assert!(routes(&["slack:ops"]).contains("mail") && !routes(&["slack:ops"]).contains("slack"));
        assert!(routes(&["mail", "slack:ops"]).contains("slack") && routes(&["mail", "slack:ops"]).contains("mail"));
        assert!(routes(&["file"]).contains("slack") && routes(&["file"]).contains("mail"));
    }

    #[test]
    fn the_same_trouble_reported_again_later_is_another_mail() {
        let now = Utc.with_ymd_and_hms(2026, 11, 21, 8, 0, 0).single().expect("an instant");
        let id = |now| {
            let mail = notes(&[trouble("slack:ops", "failed")], &operator(), now).remove(0).payload;
            let text = String::from_utf8(mail).expect("ASCII");
            text.lines().find(|line| line.starts_with("Message-ID:")).expect("an id").to_owned()
        };
        assert_eq!(id(now), id(now), "the same note is the same mail");
        assert_ne!(id(now), id(now + chrono::TimeDelta::days(1)));
    }

    #[test]
    fn the_note_says_what_happened_and_what_to_do() {
        let (subject, text) = subject_and_text(&[trouble("mail", "failed"), trouble("mail", "unknown")]);
        assert_eq!(subject, "[Daybook] report messages: 1 failed, 1 may or may not have gone out");
        assert!(text.contains("no such user") && text.contains("daybook deliveries resolve msg_1 --sent"), "{text}");
        assert!(!text.contains("delivered"), "accepted is never called delivered");
    }
}
