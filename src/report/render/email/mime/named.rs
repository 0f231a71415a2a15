//! Headers that name a part's file as mail programs read them: plainly, in Content-Disposition and in
//! Content-Type. Outlook and Exchange show no name that is cut into pieces after RFC 2231.

use super::super::MailError;
use crate::report::render::words::shortened;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};

/// Lines of a header may have 998 bytes; each letter of a name beyond ASCII takes up to 12.
const NAME_CHARS: usize = 80;

/// A name without what file systems or headers make something of.
pub fn safe_name(name: &str) -> String {
    let odd = |c: char| c.is_control() || "\"\\/:;<>|*?".contains(c);
    let name: String = shortened(name, NAME_CHARS).chars().map(|c| if odd(c) { '_' } else { c }).collect();
    if name.is_empty() { "file".to_owned() } else { name }
}

fn ascii(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect()
}

/// `Content-Type` with `name="…"`.
#[derive(Clone)]
pub struct NamedType(String);

impl NamedType {
    /// `name` must be a [`safe_name`].
    pub fn new(media_type: &str, name: &str) -> Result<Self, MailError> {
        let invalid = || MailError::Invalid { what: "the media type", value: shortened(media_type, 100) };
        ContentType::parse(media_type).map_err(|_| invalid())?;
        if media_type.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(invalid());
        }
        Ok(Self(format!("{media_type};\r\n name=\"{}\"", ascii(name))))
    }
}

/// `Content-Disposition` with `filename="…"`, or with `filename*=…` in one piece where it is not ASCII; those
/// who cannot read that take the name in Content-Type.
#[derive(Clone)]
pub struct NamedDisposition(String);

impl NamedDisposition {
    /// `name` must be a [`safe_name`].
    pub fn new(kind: &str, name: &str) -> Self {
        if name.is_ascii() {
            return Self(format!("{kind};\r\n filename=\"{name}\""));
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let encoded = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        Self(format!("{kind};\r\n filename*=utf-8''{}", name.bytes().map(encoded).collect::<String>()))
    }
}

macro_rules! written_as_it_is {
    ($header:ty, $name:literal) => {
        impl Header for $header {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(text.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::dangerous_new_pre_encoded(Self::name(), self.0.clone(), self.0.clone())
            }
        }
    };
}

written_as_it_is!(NamedType, "Content-Type");
written_as_it_is!(NamedDisposition, "Content-Disposition");

#[cfg(test)]
mod tests {
    use super::*;

    /// jstedfast/MimeKit#281 and jstedfast/MailKit#1041: Outlook shows no name that is cut into pieces.
    #[test]
    fn names_are_plain_and_whole_on_a_line_of_their_own() {
        let name = "customerhappy-daily-2026-11-23-in-a-rather-long-name-for-a-file.pdf";
        let disposition = NamedDisposition::new("attachment", &safe_name(name)).0;
        assert_eq!(disposition, format!("attachment;\r\n filename=\"{name}\""));
        let kind = NamedType::new("application/pdf", name).expect("a type").0;
        assert_eq!(kind, format!("application/pdf;\r\n name=\"{name}\""));
    }

    /// jstedfast/MimeKit#186, lettre/lettre#626: a name beyond ASCII left the file without any.
    #[test]
    fn a_name_beyond_ascii_is_whole_for_those_who_read_it_and_plain_for_the_others() {
        let name = safe_name("Töööst.pdf");
        assert_eq!(
            NamedDisposition::new("attachment", &name).0,
            "attachment;\r\n filename*=utf-8''T%C3%B6%C3%B6%C3%B6st.pdf"
        );
        assert_eq!(
            NamedType::new("application/pdf", &name).expect("a type").0,
            "application/pdf;\r\n name=\"T___st.pdf\""
        );
    }

    #[test]
    fn no_name_adds_a_header_or_a_line_that_is_too_long() {
        let hostile = "a\r\nBcc: x@example.com\"; filename=\"b.exe";
        let written = NamedDisposition::new("attachment", &safe_name(hostile)).0;
        assert_eq!(written.matches("\r\n").count(), 1, "{written}");
        assert_eq!(written.matches('"').count(), 2, "{written}");
        let long = NamedDisposition::new("attachment", &safe_name(&"😀".repeat(500))).0;
        assert!(long.split("\r\n").all(|line| line.len() < 998) && long.is_ascii(), "{long}");
        assert!(NamedType::new("text/csv\r\nX: y", "a").is_err());
    }
}
