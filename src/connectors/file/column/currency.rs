//! Currencies as files write them: ISO 4217 codes, and signs before or behind an amount.

/// ISO 4217 codes in use, and those that went into the euro of late.
const CODES: &str = " AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP \
    BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF \
    GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR \
    LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP \
    PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP \
    TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ";

/// Signs with the one currency they mean; longer ones first, because `$` ends `US$`.
const SIGNS: &[(&str, &str)] = &[
    ("Euro", "EUR"),
    ("euro", "EUR"),
    ("SFr.", "CHF"),
    ("CN¥", "CNY"),
    ("JP¥", "JPY"),
    ("US$", "USD"),
    ("AU$", "AUD"),
    ("CA$", "CAD"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
    ("NT$", "TWD"),
    ("MX$", "MXN"),
    ("Fr.", "CHF"),
    ("A$", "AUD"),
    ("R$", "BRL"),
    ("S$", "SGD"),
    ("zł", "PLN"),
    ("Kč", "CZK"),
    ("kč", "CZK"),
    ("Ft", "HUF"),
    ("RM", "MYR"),
    ("Rp", "IDR"),
    ("S/", "PEN"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("₽", "RUB"),
    ("₺", "TRY"),
    ("₴", "UAH"),
    ("₪", "ILS"),
    ("₫", "VND"),
    ("฿", "THB"),
    ("₱", "PHP"),
    ("₦", "NGN"),
    ("₵", "GHS"),
    ("₡", "CRC"),
    ("₲", "PYG"),
    ("₸", "KZT"),
    ("₮", "MNT"),
    ("₼", "AZN"),
    ("₾", "GEL"),
    ("円", "JPY"),
];

/// Signs of several currencies, with those whose code may stand beside them.
const SHARED: &[(&str, &str)] = &[
    ("kr.", " SEK NOK DKK ISK "),
    ("Kr.", " SEK NOK DKK ISK "),
    ("Rs.", " INR PKR LKR NPR MUR SCR "),
    ("lei", " RON MDL "),
    ("kr", " SEK NOK DKK ISK "),
    ("Kr", " SEK NOK DKK ISK "),
    ("Rs", " INR PKR LKR NPR MUR SCR "),
    ("C$", " CAD NIO "),
    ("¥", " JPY CNY "),
    ("￥", " JPY CNY "),
    ("R", " ZAR "),
    (
        "$",
        " USD CAD AUD NZD HKD SGD TWD MXN ARS CLP COP UYU JMD TTD BBD BSD BMD BZD FJD NAD DOP XCD BND GYD LRD SRD KYD ",
    ),
];

/// The currency that an amount states by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    #[default]
    Nothing,
    /// A sign that several currencies share, with their codes.
    Shared(&'static str),
    Code(&'static str),
}

impl Told {
    /// Both of an amount's two currencies, as in `$12.00 USD`; `None` where they contradict each other.
    pub fn and(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Nothing, told) => Some(told),
            (Self::Shared(codes), Self::Code(code)) | (Self::Code(code), Self::Shared(codes)) => {
                codes.contains(code).then_some(Self::Code(code))
            }
            (told, same) => (told == same).then_some(told),
        }
    }

    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Code(code) => Some(code),
            Self::Nothing | Self::Shared(_) => None,
        }
    }
}

/// The code of a text that is an ISO code in any case, or a sign of one currency only.
pub fn code_of(text: &str) -> Option<&'static str> {
    let by_sign = || SIGNS.iter().find(|(sign, _)| *sign == text).map(|(_, code)| *code);
    iso(text).or_else(by_sign)
}

/// The name of a column without the currency that it ends with, and the code: `Cost (EUR)`, `Betrag in €`.
pub fn of_header(header: &str) -> Option<(&str, &'static str)> {
    let bare = header.trim().trim_end_matches([')', ']']).trim_end();
    let at = bare.rfind(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '_'))?;
    let (rest, last) = (&bare[..at], bare[at..].trim_start_matches(|c: char| c.is_whitespace() || "([_".contains(c)));
    // Of words that are codes only those in capitals, and never `(ALL)`, which means all of them.
    let is_word = last.chars().all(|c| c.is_ascii_alphabetic()) && last.to_ascii_uppercase() != last;
    let code = code_of(last).filter(|code| !is_word && *code != "ALL")?;
    let rest = rest.trim_end_matches(|c: char| c.is_whitespace() || "([_,:-".contains(c));
    let rest = rest.strip_suffix(" in").unwrap_or(rest).trim_end();
    (!rest.is_empty()).then_some((rest, code))
}

/// What is left of a text that begins with a currency.
pub fn prefix(text: &str) -> Option<(&str, Told)> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let ends_here = |sign: &str, rest: &str| !ends_in_letter(sign) || !rest.starts_with(char::is_alphabetic);
    let code = text.get(..3).and_then(beside_amount).map(|code| (&text[3..], Told::Code(code)));
    code.filter(|(rest, _)| !rest.starts_with(char::is_alphabetic)).or_else(|| {
        signs().find_map(|(sign, told)| {
            text.strip_prefix(sign).filter(|rest| ends_here(sign, rest)).map(|rest| (rest, told))
        })
    })
}

/// What is left of a text that ends with a currency.
pub fn suffix(text: &str) -> Option<(&str, Told)> {
    if text.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let begins_here =
        |sign: &str, rest: &str| !sign.starts_with(char::is_alphabetic) || !rest.ends_with(char::is_alphabetic);
    let start = text.len().checked_sub(3)?;
    let code = text.get(start..).and_then(beside_amount).map(|code| (&text[..start], Told::Code(code)));
    code.filter(|(rest, _)| !rest.ends_with(char::is_alphabetic)).or_else(|| short_suffix(text, begins_here))
}

fn short_suffix(text: &str, begins_here: impl Fn(&str, &str) -> bool) -> Option<(&str, Told)> {
    signs().find_map(|(sign, told)| {
        text.strip_suffix(sign).filter(|rest| begins_here(sign, rest)).map(|rest| (rest, told))
    })
}

fn ends_in_letter(sign: &str) -> bool {
    sign.ends_with(char::is_alphabetic)
}

fn signs() -> impl Iterator<Item = (&'static str, Told)> {
    let own = SIGNS.iter().map(|(sign, code)| (*sign, Told::Code(code)));
    own.chain(SHARED.iter().map(|(sign, codes)| (*sign, Told::Shared(codes))))
}

/// `Top 10` and `all 5` are no amounts of Tonga and Albania: small letters only for codes that are no words.
fn beside_amount(text: &str) -> Option<&'static str> {
    let is_upper = !text.contains(|c: char| c.is_ascii_lowercase());
    iso(text).filter(|code| is_upper || " AUD CAD CHF CZK DKK EUR GBP JPY NOK PLN SEK USD ".contains(code))
}

fn iso(text: &str) -> Option<&'static str> {
    let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    let at = is_code.then(|| CODES.find(&format!(" {} ", text.to_ascii_uppercase()))).flatten()?;
    CODES.get(at + 1..at + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_signs_of_one_currency_are_known() {
        let read = ["eur", "USD", "€", "zł", "US$", "xyz", "$", "kr", "EURO", "", "１２３"].map(code_of);
        let codes =
            [Some("EUR"), Some("USD"), Some("EUR"), Some("PLN"), Some("USD"), None, None, None, None, None, None];
        assert_eq!(read, codes);
    }

    #[test]
    fn a_header_may_end_with_the_currency() {
        let read = ["Amount spent (EUR)", "Betrag in €", "cost_USD", "Spend [GBP]", "Revenue, CHF"].map(of_header);
        let right = [("Amount spent", "EUR"), ("Betrag", "EUR"), ("cost", "USD"), ("Spend", "GBP"), ("Revenue", "CHF")];
        assert_eq!(read, right.map(Some));
        let none = ["EUR", "(EUR)", "Klicks (alle)", "CTR (ALL)", "Cost top", "Cost", "Value ($)", "Price (eur)"];
        assert!(none.iter().all(|header| of_header(header).is_none()));
    }

    #[test]
    fn the_longer_sign_counts() {
        assert_eq!(prefix("US$5"), Some(("5", Told::Code("USD"))));
        assert_eq!(suffix("5 A$"), Some(("5 ", Told::Code("AUD"))));
        assert_eq!(suffix("5J$").map(|(rest, _)| rest), Some("5J"));
        assert_eq!(prefix("Rest"), None);
        assert_eq!(suffix("5"), None);
        assert_eq!(prefix("Top 10"), None);
        assert_eq!(prefix("eur 10"), Some((" 10", Told::Code("EUR"))));
        assert_eq!(suffix("5 MEUR"), None);
    }

    #[test]
    fn a_sign_and_a_code_must_agree() {
        let dollars = prefix("$").map(|(_, told)| told).expect("a sign");
        assert_eq!(dollars.and(Told::Code("USD")), Some(Told::Code("USD")));
        assert_eq!(dollars.and(Told::Code("EUR")), None);
        assert_eq!(Told::Code("EUR").and(Told::Code("EUR")), Some(Told::Code("EUR")));
    }
}
