//! A server's replies, read line by line. Pure.
//!
//! The form is that of RFC 5321, section 4.2, with the status codes of RFC 2034 where there are some.

use std::fmt;

/// RFC 5321 allows 512; real servers write longer lines, and nobody needs longer ones than this.
pub const LINE_BYTES: usize = 4096;
/// Lines of one reply.
const LINES: usize = 100;

/// A whole reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 200 to 599.
    pub code: u16,
    /// e.g. `5.1.1`, where the server gives one.
    pub status: Option<(u16, u16, u16)>,
    /// The words of each line, without the code.
    pub lines: Vec<String>,
    /// Whether the lines say yes and no; the code is then the worst of them.
    pub is_torn: bool,
}

/// What is received and is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Garbled {
    #[error("its answer is no mail server's")]
    NoReply,
    #[error("its answer is too long")]
    Overlong,
}

/// Gathers the lines of one reply.
#[derive(Debug, Default)]
pub struct Gatherer {
    code: Option<u16>,
    is_torn: bool,
    lines: Vec<String>,
}

impl Gatherer {
    /// Takes one line with or without its end; gives the reply after its last line.
    pub fn take(&mut self, line: &[u8]) -> Result<Option<Answer>, Garbled> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > LINE_BYTES || self.lines.len() >= LINES {
            return Err(Garbled::Overlong);
        }
        let (code, rest) = line.split_at_checked(3).ok_or(Garbled::NoReply)?;
        let code = number(code).filter(|code| (200..600).contains(code)).ok_or(Garbled::NoReply)?;
        let (is_last, words) = match rest.split_first() {
            None => (true, rest),
            Some((b' ', words)) => (true, words),
            Some((b'-', words)) => (false, words),
            Some(_) => return Err(Garbled::NoReply),
        };
        // Some servers change between codes of one class. A banner that goes on with a refusal is one:
        // vert-x3/vertx-mail-client#81.
        self.is_torn |= self.code.is_some_and(|before| before / 100 != code / 100);
        self.code = Some(self.code.filter(|before| before / 100 > code / 100).unwrap_or(code));
        self.lines.push(String::from_utf8_lossy(words).trim_end().to_owned());
        if !is_last {
            return Ok(None);
        }
        let Self { code, is_torn, lines } = std::mem::take(self);
        let code = code.unwrap_or_default();
        let status = lines.iter().rev().find_map(|words| status(words, code));
        Ok(Some(Answer { code, status, lines, is_torn }))
    }
}

/// The status code a line begins with, if it speaks of the same class as the reply.
fn status(words: &str, code: u16) -> Option<(u16, u16, u16)> {
    let mut parts = words.split_ascii_whitespace().next()?.split('.');
    let mut next = || parts.next().and_then(|part| (part.len() <= 3).then(|| number(part.as_bytes())).flatten());
    let triple = (next()?, next()?, next()?);
    (parts.next().is_none() && triple.0 == code / 100).then_some(triple)
}

fn number(digits: &[u8]) -> Option<u16> {
    let are_digits = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    are_digits.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')))
}

impl Answer {
    /// 2, 3, 4 or 5.
    pub fn class(&self) -> u16 {
        self.code / 100
    }

    /// Whether the reply has a word, whatever its case; words end at all but letters and digits.
    pub fn has_word(&self, wanted: &str) -> bool {
        let mut words = self.lines.iter().flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()));
        words.any(|word| word.eq_ignore_ascii_case(wanted))
    }

    /// Whether the reply contains some letters, whatever their case.
    pub fn contains(&self, letters: &str) -> bool {
        self.lines.join(" ").to_ascii_lowercase().contains(letters)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(super::one_line(&format!("{} {}", self.code, self.lines.join(" "))).trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Option<Answer>, Garbled> {
        let mut gatherer = Gatherer::default();
        let mut last = Ok(None);
        for line in text.split_inclusive('\n') {
            last = gatherer.take(line.as_bytes());
            if !matches!(last, Ok(None)) {
                break;
            }
        }
        last
    }

    #[test]
    fn replies_of_one_and_several_lines_are_read() {
        let one = read("250 2.1.5 Ok\r\n").expect("a reply").expect("whole");
        assert_eq!((one.code, one.status, one.to_string()), (250, Some((2, 1, 5)), "250 2.1.5 Ok".to_owned()));
        let many = read("550-5.1.1 gone\r\n550 5.1.1 NoSuchUser\r\n").expect("a reply").expect("whole");
        assert_eq!((many.code, many.status, many.lines.len()), (550, Some((5, 1, 1)), 2));
        assert_eq!(read("250\r\n").expect("a reply").expect("whole").to_string(), "250");
        assert_eq!(read("250-a\r\n").expect("a reply"), None, "the rest is still to come");
        assert_eq!(read("250 bare line end\n").expect("a reply").map(|reply| reply.code), Some(250));
    }

    #[test]
    fn codes_of_one_class_may_differ_and_of_yes_and_no_the_no_counts() {
        assert_eq!(
            read("250-2.1.5 ok\r\n251 forwarded\r\n").expect("a reply").map(|reply| (reply.code, reply.is_torn)),
            Some((251, false))
        );
        // vert-x3/vertx-mail-client#81: judged by its first line, the reason was lost.
        let torn = read("220-someserver.net ESMTP\r\n521 5.7.1 Service unavailable; blocked using blacklist.org\r\n");
        let torn = torn.expect("a reply").expect("whole");
        assert_eq!((torn.code, torn.status, torn.is_torn), (521, Some((5, 7, 1)), true));
        assert!(torn.to_string().contains("blacklist.org"), "{torn}");
        for text in ["250-ok\r\n550 5.1.1 no\r\n", "550-no\r\n250 ok\r\n", "550-no\r\n450-later\r\n250 ok\r\n"] {
            let torn = read(text).expect("a reply").expect("whole");
            assert_eq!((torn.code, torn.is_torn), (550, true), "{text}");
        }
    }

    #[test]
    fn a_status_of_another_class_or_in_the_words_is_none() {
        for text in ["550 2.1.5 odd\r\n", "550 see 5.1.1\r\n", "550 5.1\r\n", "550 5.1.1.1 x\r\n", "550 10.0.0.5 x\r\n"]
        {
            assert_eq!(read(text).expect("a reply").expect("whole").status, None, "{text}");
        }
        assert_eq!(read("554 5.2.252 SendAsDenied\r\n").expect("a reply").expect("whole").status, Some((5, 2, 252)));
    }

    #[test]
    fn what_is_no_reply_is_reported_as_such() {
        for text in [
            "HTTP/1.1 400 Bad Request\r\n",
            "SSH-2.0-OpenSSH\r\n",
            "25\r\n",
            "\r\n",
            "99 x\r\n",
            "150 x\r\n",
            "250x\r\n",
            "+OK POP3\r\n",
            "２５０ ok\r\n",
        ] {
            assert_eq!(read(text), Err(Garbled::NoReply), "{text}");
        }
        assert_eq!(read(&format!("250 {}\r\n", "x".repeat(LINE_BYTES))), Err(Garbled::Overlong));
        assert_eq!(read(&"250-x\r\n".repeat(LINES + 1)), Err(Garbled::Overlong));
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_judged(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let mut gatherer = Gatherer::default();
            for line in &lines {
                match gatherer.take(line) {
                    Ok(Some(answer)) => {
                        prop_assert!((200..600).contains(&answer.code) && !answer.lines.is_empty());
                        prop_assert!(!answer.to_string().contains('\n') && answer.to_string().chars().count() <= 300);
                        prop_assert!(answer.status.is_none_or(|status| status.0 == answer.class()));
                    }
                    Ok(None) => {}
                    Err(_) => break,
                }
            }
        }

        #[test]
        fn what_was_written_is_what_is_read(code in 200_u16..600, lines in prop::collection::vec("[ -~]{0,60}", 1..10)) {
            let text: String = lines.iter().enumerate().map(|(index, words)| {
                format!("{code}{}{words}\r\n", if index + 1 == lines.len() { ' ' } else { '-' })
            }).collect();
            let answer = read(&text).expect("a reply").expect("whole");
            let trimmed: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
            prop_assert_eq!((answer.code, answer.lines), (code, trimmed.into_iter().map(str::to_owned).collect::<Vec<_>>()));
        }
    }
}
