//! Cron expressions.

use super::Trial;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use daybook::domain::schedule::{Expression, Schedule};

const SECTIONS: [&str; 28] = [
    "*",
    "*/1",
    "*/0",
    "0",
    "59",
    "60",
    "-1",
    "1-5",
    "5-1",
    "1,2,3",
    "*/7,3",
    "L",
    "15W",
    "LW",
    "W",
    "MON",
    "mon-fri",
    "FRI#5",
    "6#9",
    "31",
    "29",
    "JAN",
    "13",
    "?",
    "H",
    "1/2",
    "99999999999999999999",
    "*/4294967295",
];
const ZONES: [Tz; 6] = [
    Tz::UTC,
    Tz::Europe__Berlin,
    Tz::Australia__Lord_Howe,
    Tz::Pacific__Apia,
    Tz::America__Sao_Paulo,
    Tz::Africa__Cairo,
];

pub fn hunt(mut trial: Trial) {
    let mut taken = 0;
    while let Some(mut round) = trial.next() {
        let chance = &mut round.chance;
        let count = if chance.one_in(12) { chance.below(8) } else { 5 };
        let mut text = (0..count).map(|_| chance.of(&SECTIONS)).collect::<Vec<_>>().join(chance.of(&[" ", "  ", "\t"]));
        if chance.one_in(4) {
            text = String::from_utf8_lossy(&super::spoil::bytes(text.as_bytes(), b"@yearly 0 0 1 1 *", chance))
                .into_owned();
        }
        if chance.one_in(3) {
            text = format!("{} {} * * *", chance.below(60), chance.below(24));
        }
        trial.keep("expression", text.as_bytes());
        let expression = match Expression::parse(&text) {
            Ok(expression) => expression,
            Err(error) => {
                super::is_told_well(&error.to_string());
                continue;
            }
        };
        taken += 1;
        assert_eq!(Expression::parse(expression.text()).as_ref(), Ok(&expression), "{text:?} is read as it is written");
        let schedule = Schedule { expression, zone: chance.of(&ZONES) };
        let seconds = chance.below(4_000_000_000) as i64;
        let at: DateTime<Utc> = DateTime::from_timestamp(seconds, 0).expect("an instant");
        let next = schedule.next(at).expect("it fires again");
        let before = schedule.previous(at);
        assert!(next.at >= at && before.is_none_or(|fire| fire.at <= at), "{text:?} at {at}: {before:?} {next:?}");
        let fires = schedule.fires(at, at + TimeDelta::days(3));
        assert!(fires.windows(2).all(|two| two[0].at < two[1].at), "{text:?} at {at}");
        assert!(fires.first().is_none_or(|first| *first == next), "{text:?} at {at}: {:?} {next:?}", fires.first());
        let most = schedule.expression.most_a_day();
        assert!(fires.len() <= 5 * most.max(1), "{text:?}: {} fires", fires.len());
    }
    assert!(taken > 0, "nothing was taken");
}
