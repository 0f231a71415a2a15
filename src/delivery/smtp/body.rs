//! A mail as it goes over the wire after DATA: lines end with CRLF, leading dots are doubled. Pure.

/// Bytes that are written in one piece.
pub const PIECE: usize = 32 * 1024;

/// The mail's lines, without the closing dot. Ends of line are all made CRLF: a lone CR or LF may be read
/// as an end of line by one server and not by the next, and so smuggle a second mail.
pub fn wire_form(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + mail.len() / 64 + 2);
    let mut bytes = mail.iter().copied().peekable();
    let mut is_line_start = true;
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' | b'\n' => {
                if byte == b'\r' && bytes.peek() == Some(&b'\n') {
                    bytes.next();
                }
                out.extend_from_slice(b"\r\n");
                is_line_start = true;
                continue;
            }
            b'.' if is_line_start => out.extend_from_slice(b".."),
            _ => out.push(byte),
        }
        is_line_start = false;
    }
    if !is_line_start {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a server keeps of what it was sent.
    fn received(wire: &[u8]) -> Vec<u8> {
        let text = wire.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_prefix(b".").unwrap_or(line));
        text.flatten().copied().collect()
    }

    #[test]
    fn dots_are_doubled_and_ends_of_line_are_crlf() {
        for (mail, wire) in [
            (".x\r\n..\r\n.", "..x\r\n...\r\n..\r\n"),
            ("a\nb\rc\r\nd", "a\r\nb\r\nc\r\nd\r\n"),
            ("a\r\n", "a\r\n"),
            ("", ""),
            ("a\n.\nMAIL FROM:<x>\n", "a\r\n..\r\nMAIL FROM:<x>\r\n"),
            ("a\r.\rb", "a\r\n..\r\nb\r\n"),
        ] {
            assert_eq!(String::from_utf8(wire_form(mail.as_bytes())).expect("text"), wire, "{mail:?}");
        }
    }

    proptest! {
        #[test]
        fn no_mail_can_end_early_and_none_is_changed(mail in prop::collection::vec(prop::sample::select(b".\r\nab".to_vec()), 0..60)) {
            let wire = wire_form(&mail);
            prop_assert!(!wire.starts_with(b".\r\n") && !wire.windows(5).any(|five| five == b"\r\n.\r\n"));
            prop_assert_eq!(wire.iter().filter(|byte| **byte == b'\r').count(), wire.windows(2).filter(|two| *two == b"\r\n").count());
            let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n").trim_end_matches('\n').to_owned();
            prop_assert_eq!(lines(&received(&wire)), lines(&mail));
        }
    }
}
