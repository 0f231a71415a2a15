//! Words that stand for "unknown" in files, the errors of spreadsheets, and how texts are tidied and
//! quoted before anything else looks at them.

/// Lower case; dashes are recognised by their signs.
const UNKNOWN: &str = "|n/a|na|#n/a|#n/a n/a|#na|n.a.|n. a.|nan|-nan|<na>|null|(null)|nil|none|(none)|<none>|\
    not set|(not set)|not available|unknown|(unknown)|unbekannt|k.a.|k. a.|keine angabe|inconnu|desconocido|\\n|";

/// What spreadsheets write where a formula failed: the row has lost its value.
const SHEET_ERRORS: [&str; 9] =
    ["#ref!", "#div/0!", "#value!", "#name?", "#num!", "#null!", "#spill!", "#calc!", "#field!"];

/// Whether the tidied text stands for no value.
pub fn is_unknown(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    // No word begins with a digit or is longer; most values end here.
    if text.len() > 40 || text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let is_dashes = text.chars().all(is_minus) && text.chars().count() <= 4;
    let word = text.to_lowercase();
    is_dashes || (!word.contains('|') && UNKNOWN.contains(&format!("|{word}|")))
}

/// Whether the text is an error of a spreadsheet, or the signs of a column that was too narrow.
pub fn is_sheet_error(text: &str) -> bool {
    let is_narrow = text.len() >= 3 && text.bytes().all(|byte| byte == b'#');
    is_narrow || (text.len() <= 8 && SHEET_ERRORS.contains(&text.to_ascii_lowercase().as_str()))
}

/// Without blanks and byte order marks around it, and without the formula `="…"` that keeps Excel from
/// reading digits as a number.
pub fn tidy(text: &str) -> &str {
    let text = trim(text);
    text.strip_prefix("=\"").and_then(|inner| inner.strip_suffix('"')).map_or(text, trim)
}

/// As [`tidy`], without the apostrophe that says "this is text" in a spreadsheet.
pub fn tidy_cell(text: &str) -> &str {
    let text = tidy(text);
    text.strip_prefix('\'').map_or(text, trim)
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}')
}

/// The signs people and programs write for a minus.
pub fn is_minus(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2014}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}')
}

/// Signs that nobody sees but that make two texts differ, or turn their order around on a screen.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The first 80 characters in quotation marks, with invisible signs spelled out.
pub fn quoted(text: &str) -> String {
    match text.char_indices().nth(80) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_unknown_are_known_in_any_case() {
        let unknown = ["", "-", "--", "—", "N/A", "#N/A", "#N/A N/A", "na", "NaN", "NULL", "None", "nil"];
        let further = ["(not set)", "(none)", "Not Set", "unknown", "Unbekannt", "k.A.", "\\N", "−"];
        assert!(unknown.iter().chain(&further).all(|word| is_unknown(word)));
        let known = ["0", "nano", "|", "n/a|na", "-5", "-----", "#REF!", "Infinity", "none of these"];
        assert!(known.iter().all(|word| !is_unknown(word)), "{known:?}");
    }

    #[test]
    fn errors_of_sheets_are_distinguished_from_words_for_unknown() {
        assert!(["#REF!", "#DIV/0!", "#VALUE!", "#Name?", "#######"].iter().all(|text| is_sheet_error(text)));
        assert!(["#N/A", "##", "#1001"].iter().all(|text| !is_sheet_error(text)));
    }

    #[test]
    fn texts_lose_what_spreadsheets_put_around_them() {
        assert_eq!(tidy("\u{feff} \u{a0}12\u{202f}\t"), "12");
        assert_eq!(tidy("=\"0012\""), "0012");
        assert_eq!(tidy_cell("'100.00"), "100.00");
        assert_eq!(tidy("'s-Hertogenbosch"), "'s-Hertogenbosch");
        assert_eq!(quoted("a\u{202e}b"), "\"a\\u{202e}b\"");
        assert_eq!(quoted(&"ä".repeat(81)).chars().count(), 83);
    }
}
