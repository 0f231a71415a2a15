use super::*;
use proptest::prelude::*;
use rust_decimal::dec;

fn text(value: Decimal, unit: Unit, currency: &str) -> String {
    Locale::STANDARD.value_text(Some(value), unit, Currency::new(currency).expect("a currency"))
}

#[test]
fn money_shows_the_units_of_its_currency() {
    assert_eq!(text(dec!(1204.5), Unit::Money, "EUR"), "€1,204.50");
    assert_eq!(text(dec!(-1234567.895), Unit::Money, "USD"), "−$1,234,568", "no cents on six digits");
    assert_eq!(text(dec!(9999.994), Unit::Money, "USD"), "$9,999.99");
    assert_eq!(text(dec!(500.4), Unit::Money, "JPY"), "¥500");
    assert_eq!(text(dec!(5.12), Unit::Money, "KWD"), "KWD\u{a0}5.120");
}

#[test]
fn zero_has_no_sign() {
    assert_eq!(text(dec!(-0.004), Unit::Money, "EUR"), "€0.00");
    assert_eq!(Locale::STANDARD.change_text(Some(dec!(0))), "no change");
    // metabase#11631: what is not zero is not written as zero.
    assert_eq!(Locale::STANDARD.change_text(Some(dec!(-0.0001))), "−<0.1%");
    assert_eq!(Locale::STANDARD.change_text(Some(dec!(30.67))), "×32", "not +3,067.0%");
    assert_eq!(text(dec!(-0.002), Unit::Points, "EUR"), "−0.2\u{a0}pp");
    assert_eq!(text(dec!(0), Unit::Points, "EUR"), "no change");
    let difference = |value| Locale::STANDARD.difference_text(Some(value), Unit::Money, currency("EUR"));
    assert_eq!((difference(dec!(100)), difference(dec!(-100))), ("+€100.00".to_owned(), "−€100.00".to_owned()));
}

#[test]
fn a_value_that_does_not_exist_is_never_zero() {
    assert_eq!(Locale::STANDARD.value_text(None, Unit::Percent, Currency::new("EUR").expect("a currency")), "n/a");
    assert_eq!(Locale::STANDARD.change_text(None), "n/a");
}

#[test]
fn ratios_and_times_read_as_people_write_them() {
    assert_eq!(text(dec!(0.028049), Unit::Percent, "EUR"), "2.8%");
    assert_eq!(text(dec!(2.36363), Unit::Ratio, "EUR"), "2.36");
    assert_eq!(text(dec!(125), Unit::Duration, "EUR"), "2:05");
    assert_eq!(text(dec!(940.9), Unit::Count, "EUR"), "941", "half a payment does not exist");
    assert_eq!(text(dec!(0.3), Unit::Count, "EUR"), "0.3");
    assert_eq!(text(dec!(12), Unit::Count, "EUR"), "12");
    assert_eq!(Locale::STANDARD.change_text(Some(dec!(-0.35))), "−35.0%");
}

#[test]
fn axis_texts_are_short() {
    let eur = currency("EUR");
    let tick = |value, unit| Locale::STANDARD.tick_text(value, unit, eur);
    assert_eq!(tick(12_500.0, Unit::Money), "€12.5k");
    assert_eq!(tick(-2_000_000.0, Unit::Count), "−2M");
    assert_eq!(tick(0.4, Unit::Percent), "40%");
    assert_eq!(worded("de").tick_text(-0.4, Unit::Percent, eur), "−40\u{a0}%");
    assert_eq!(worded("de:code").tick_text(-12_500.0, Unit::Money, eur), "−12.500\u{a0}EUR");
}

fn currency(code: &str) -> Currency {
    Currency::new(code).expect("a currency")
}

fn worded(text: &str) -> Locale {
    text.parse().expect("a locale")
}

/// By hand, as a reader of the language checks them. `~` stands for a space that never breaks.
#[test]
fn each_language_writes_amounts_shares_and_days_its_own_way() {
    let day = NaiveDate::from_ymd_opt(2026, 3, 6).expect("a day");
    for (locale, amount, loss, change, count, time, date) in [
        ("en", "€1,204.50", "−CHF~12,204.00", "+12.4%", "1,234,567", "2:05", "Fri 6 Mar 2026"),
        ("en-GB", "€1,204.50", "−CHF~12,204.00", "+12.4%", "1,234,567", "2:05", "Fri, 6 Mar 2026"),
        ("en-US", "€1,204.50", "−CHF~12,204.00", "+12.4%", "1,234,567", "2:05", "Fri, Mar 6, 2026"),
        ("de", "1.204,50~€", "−12.204,00~CHF", "+12,4~%", "1.234.567", "2:05", "Fr., 6. März 2026"),
        ("de-CH", "€~1’204.50", "CHF−12’204.00", "+12.4%", "1’234’567", "2:05", "Fr., 6. März 2026"),
        ("fr", "1~204,50~€", "−12~204,00~CHF", "+12,4~%", "1~234~567", "2:05", "ven. 6 mars 2026"),
        ("es", "1204,50~€", "−12.204,00~CHF", "+12,4~%", "1.234.567", "2:05", "vie, 6 mar 2026"),
        ("it", "1204,50~€", "−12.204,00~CHF", "+12,4%", "1.234.567", "2:05", "ven 6 mar 2026"),
        ("nl", "€~1.204,50", "CHF~−12.204,00", "+12,4%", "1.234.567", "2:05", "vr 6 mrt 2026"),
        ("pl", "1204,50~€", "−12~204,00~CHF", "+12,4%", "1~234~567", "2:05", "pt., 6 mar 2026"),
        ("pt-BR", "€~1.204,50", "−CHF~12.204,00", "+12,4%", "1.234.567", "2:05", "sex., 6 de mar. de 2026"),
        ("sv", "1~204,50~€", "−12~204,00~CHF", "+12,4~%", "1~234~567", "2:05", "fre 6 mars 2026"),
        ("da", "1.204,50~€", "−12.204,00~CHF", "+12,4~%", "1.234.567", "2.05", "fre. 6. mar. 2026"),
        ("nb", "1~204,50~€", "−12~204,00~CHF", "+12,4~%", "1~234~567", "2:05", "fre. 6. mars 2026"),
        ("ja", "€1,204.50", "−CHF~12,204.00", "+12.4%", "1,234,567", "2:05", "2026年3月6日(金)"),
    ] {
        let worded = worded(locale);
        let value = |value, unit| worded.value_text(Some(value), unit, currency("EUR"));
        let found = [
            value(dec!(1204.5), Unit::Money),
            worded.exact_money_text(dec!(-12204), currency("CHF")),
            worded.change_text(Some(dec!(0.124))),
            value(dec!(1234567), Unit::Count),
            value(dec!(125), Unit::Duration),
            worded.date_text(day),
        ];
        let said = [amount, loss, change, count, time, date].map(|text| text.replace('~', "\u{a0}"));
        assert_eq!(found, said, "{locale}");
    }
}

#[test]
fn codes_take_the_place_of_signs_and_keep_the_units_of_their_currency() {
    let text = |locale: &str, amount, code| worded(locale).exact_money_text(amount, currency(code));
    assert_eq!(text("en:code", dec!(1204.5), "EUR"), "EUR\u{a0}1,204.50");
    assert_eq!(text("de:code", dec!(-500.4), "JPY"), "−500\u{a0}JPY");
    assert_eq!(text("de:code", dec!(1234.5678), "KWD"), "1.234,568\u{a0}KWD");
    assert_eq!(
        text("fr", Decimal::MAX, "JPY"),
        "79\u{a0}228\u{a0}162\u{a0}514\u{a0}264\u{a0}337\u{a0}593\u{a0}543\u{a0}950\u{a0}335\u{a0}¥"
    );
    assert_eq!(text("nl", dec!(-0.001), "EUR"), "€\u{a0}0,00");
}

/// `icu.mjs` wrote down what ICU says.
#[test]
fn every_language_follows_icu() {
    let lines = include_str!("icu.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut seen = std::collections::BTreeSet::new();
    let mut others = Vec::new();
    for line in lines {
        let [tag, what, input, said] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        seen.insert(tag);
        let (what, display) = what.strip_suffix(":code").map_or((what, ""), |what| (what, ":code"));
        let worded = worded(&format!("{tag}{display}"));
        let number = || input.parse::<Decimal>().expect("a number");
        let date = || input.parse::<NaiveDate>().expect("a day");
        let value = |unit| worded.value_text(Some(number()), unit, currency("EUR"));
        let tick = |unit| worded.tick_text(input.parse().expect("a number"), unit, currency("EUR"));
        let found = match what {
            "count" => value(Unit::Count),
            "ratio" => value(Unit::Ratio),
            "percent" => value(Unit::Percent),
            // Ours are multiples from tenfold on, and words for no change.
            "change" if number() >= dec!(9) || number().is_zero() => said.to_owned(),
            "change" => worded.change_text(Some(number())),
            "tick" => tick(Unit::Count),
            "tick EUR" => tick(Unit::Money),
            "date" => worded.date_text(date()),
            "day" => worded.day_text(date()),
            "short_day" => worded.short_day_text(date()),
            "stamp" => worded.dated(worded.rules().stamp, date()),
            "month" => worded.month_text(date()),
            "short_month" => worded.short_month_text(date()),
            "month_name" => worded.month_name(date()),
            "weekday" => worded.weekday_text(chrono::Datelike::weekday(&date()).number_from_monday()).to_owned(),
            "time" => {
                let (hour, minute) = input.split_once(':').expect("a time");
                worded.time_text(hour.parse().expect("an hour"), minute.parse().expect("a minute"))
            }
            code => worded.exact_money_text(number(), currency(code)),
        };
        if found != said {
            others.push(format!("{line}: {found}"));
        }
    }
    assert_eq!(others, Vec::<String>::new());
    // The standard is ours alone.
    assert_eq!(seen.len(), Language::ALL.len() - 1);
}

#[test]
fn a_wording_reads_back_from_its_text_and_another_language_is_refused_with_what_is_known() {
    for language in Language::ALL {
        for currency in [CurrencyDisplay::Symbol, CurrencyDisplay::Code] {
            let locale = Locale { language, currency };
            assert_eq!(locale.to_string().parse(), Ok(locale));
            let json = serde_json::to_string(&locale).expect("JSON");
            assert_eq!(serde_json::from_str::<Locale>(&json).expect("a locale"), locale);
        }
    }
    let told = "xx".parse::<Locale>().expect_err("unknown").to_string();
    assert!(told.contains("\"xx\"") && told.contains("pt-BR"), "{told}");
    assert_eq!(Locale::default(), Locale::STANDARD);
}

/// The digits of a text, which no locale may change; those of Japanese are the same.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn is_below_zero(text: &str) -> bool {
    text.contains('−')
}

proptest! {
    #[test]
    fn no_wording_changes_a_digit_or_a_sign(
        units in any::<i64>(), scale in 0u32..9, language in 0..Language::ALL.len(), is_code in any::<bool>(),
        code in prop_oneof![Just("EUR"), Just("JPY"), Just("KWD"), Just("CHF")],
    ) {
        let currency_display = if is_code { CurrencyDisplay::Code } else { CurrencyDisplay::Symbol };
        let locale = Locale { language: Language::ALL[language], currency: currency_display };
        let value = Decimal::new(units, scale);
        for unit in [Unit::Count, Unit::Money, Unit::Percent, Unit::Ratio, Unit::Duration] {
            let text = locale.value_text(Some(value), unit, currency(code));
            let standard = Locale::STANDARD.value_text(Some(value), unit, currency(code));
            prop_assert_eq!(digits(&text), digits(&standard));
            prop_assert_eq!(is_below_zero(&text), is_below_zero(&standard));
            prop_assert!(!text.contains([' ', '\u{202f}']), "may break: {}", text);
        }
        let change = (locale.change_text(Some(value)), Locale::STANDARD.change_text(Some(value)));
        prop_assert_eq!(digits(&change.0), digits(&change.1));
    }
}

#[test]
fn a_label_within_a_sentence_is_small_but_for_acronyms() {
    let words =
        ["Net revenue", "ROAS", "MQLs", "CRM leads", "E-mail", "Media cost (EUR)", "", "É"].map(super::in_sentence);
    assert_eq!(words, ["net revenue", "ROAS", "MQLs", "CRM leads", "e-mail", "media cost (EUR)", "", "é"]);
}

#[test]
fn words_of_a_query_become_a_sentence_and_names_stay() {
    assert_eq!(as_sentence("amounts in USD are old"), "Amounts in USD are old.");
    assert_eq!(as_sentence("ad_daily has 2 rows more."), "ad_daily has 2 rows more.");
    assert_eq!(as_sentence("12 of 14 are undated"), "12 of 14 are undated.");
    assert_eq!(as_sentence("éclair"), "Éclair.");
    assert_eq!(as_sentence(""), "");
}
