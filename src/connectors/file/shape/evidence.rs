//! Whether a text that is not UTF-8 is windows-1252: its own rules and a detector must agree, or nobody
//! guesses.

use super::Refusal;
use super::source::Source;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

/// So much of a file that is not UTF-8 is shown to the detector.
const SAMPLE: usize = 1 << 20;

/// What the bytes say.
pub enum Verdict {
    Western,
    Mixed,
    Other(&'static str),
}

/// What speaks for windows-1252, and against it.
#[derive(Default)]
pub struct Evidence {
    fitting: u64,
    odd: u64,
    /// Pairs of bytes that are UTF-8 and hardly anything else.
    pairs: u64,
    guess: Option<&'static str>,
}

impl Evidence {
    pub fn of(source: &Source) -> Result<Self, Refusal> {
        let mut evidence = Self::default();
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        let mut fed = 0;
        let (mut before, mut here) = (b'\n', b'\n');
        source.each(|chunk| {
            for after in chunk {
                evidence.see(before, here, *after);
                (before, here) = (here, *after);
            }
            for line in chunk.split(|byte| *byte == b'\n').filter(|line| !line.is_ascii()) {
                if fed < SAMPLE {
                    fed += line.len();
                    detector.feed(&without_amounts(line), false);
                    detector.feed(b"\n", false);
                }
            }
            Ok(())
        })?;
        evidence.see(before, here, b'\n');
        detector.feed(b"", true);
        evidence.guess = Some(detector.guess(None, Utf8Detection::Deny).name());
        Ok(evidence)
    }

    /// A letter belongs beside letters, and a small one behind a small one; a sign does not stand
    /// between two letters. Other code pages break both rules at once.
    fn see(&mut self, before: u8, here: u8, after: u8) {
        if here < 0x80 {
            return;
        }
        if (0xc2..=0xdf).contains(&here) && (0x80..=0xbf).contains(&after) {
            self.pairs += 1;
            return;
        }
        if (0xc2..=0xdf).contains(&before) && (0x80..=0xbf).contains(&here) {
            return;
        }
        let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0xc0;
        let fits = match here {
            0x81 | 0x8d | 0x8f | 0x90 | 0x9d => {
                self.odd += 1000;
                false
            }
            0xd7 | 0xf7 => !(is_letter(before) && is_letter(after)),
            0xdf..=0xff | 0x9a | 0x9c | 0x9e => is_letter(before) || is_letter(after),
            0xc0..=0xde | 0x8a | 0x8c | 0x8e | 0x9f => !before.is_ascii_lowercase(),
            // Quotes, dashes, currency, degree and ordinal signs.
            0x80 | 0x82..=0x85 | 0x91..=0x97 | 0x99 | 0xa0..=0xa3 | 0xa5 | 0xa7..=0xab | 0xad..=0xb7 | 0xb9..=0xbf => {
                matches!(here, 0x92 | 0x96 | 0x97 | 0xa0 | 0xad | 0xb7 | 0xb4)
                    || !(before.is_ascii_lowercase() && after.is_ascii_lowercase())
            }
            _ => false,
        };
        if fits {
            self.fitting += 1;
        } else {
            self.odd += 1;
        }
    }

    pub fn verdict(&self) -> Verdict {
        let guess = self.guess.unwrap_or("windows-1252");
        if self.pairs > 0 && self.pairs * 4 >= self.fitting + self.odd {
            return Verdict::Mixed;
        }
        let is_western = guess == "windows-1252" && self.fitting > 0 && (self.odd + self.pairs) * 20 <= self.fitting;
        if is_western { Verdict::Western } else { Verdict::Other(guess) }
    }
}

/// A line without the blanks, apostrophes and currency signs of amounts, as in `1 234,56 €`: the detector takes
/// them for Cyrillic letters, which no digit touches.
fn without_amounts(line: &[u8]) -> Vec<u8> {
    let is_sign = |byte: u8| matches!(byte, 0x80 | 0x92 | 0xa0 | 0xa3 | b' ');
    let mut line = line.to_vec();
    let mut start = 0;
    while start < line.len() {
        let end = line[start..].iter().position(|byte| !is_sign(*byte)).map_or(line.len(), |count| start + count);
        let digit = |at: Option<usize>| at.and_then(|at| line.get(at)).is_some_and(u8::is_ascii_digit);
        if digit(start.checked_sub(1)) || digit(Some(end)) {
            line[start..end].fill(b' ');
        }
        start = end + 1;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signs_of_amounts_are_no_letters() {
        assert_eq!(
            without_amounts(b"\xa09 1\xa0234,56\xa0\x80;\x80 5;d\x92un \xa0x"),
            b" 9 1 234,56  ;  5;d\x92un \xa0x"
        );
    }

    fn is_western(bytes: &[u8]) -> bool {
        let mut evidence = Evidence { guess: Some("windows-1252"), ..Evidence::default() };
        for window in bytes.windows(3) {
            evidence.see(window[0], window[1], window[2]);
        }
        matches!(evidence.verdict(), Verdict::Western)
    }

    /// The detector alone takes these for IBM866.
    #[test]
    fn amounts_with_hard_blanks_and_a_currency_are_windows_1252() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        let rows = b"a;1\xa0234,56\xa0\x80;2\xa0345,67\xa0\x80\n".repeat(20);
        std::io::Write::write_all(&mut file, &rows).expect("written");
        let source = Source::new(file.path(), &super::super::Ask::new("x")).expect("a source");
        assert!(matches!(Evidence::of(&source).expect("seen").verdict(), Verdict::Western));
    }

    #[test]
    fn letters_stand_among_letters_and_signs_do_not() {
        assert!(is_western(b" K\xe4se, Fr\xfchling, Stra\xdfe, \xc4pfel \x96 5 \x80 "));
        assert!(is_western(b" l\x92\xe9t\xe9, \xabdeux\xbb, n\xb0 4 "));
        // Mac Roman, DOS, and what means nothing.
        assert!(!is_western(b" Fr\x9fhling, K\x8ase "));
        assert!(!is_western(b" K\x84se, Fr\x81hling "));
        assert!(!is_western(b" plain "));
    }
}
