//! Words that others chose, fit for a message, a log or a terminal.

use std::borrow::Cow;

/// Whether a character steers a terminal, ends a line, turns the direction of what follows, or hides in the
/// text. The joiners that scripts and emoji are written with do none of it.
pub fn is_steering(c: char) -> bool {
    c.is_control() || is_hidden(c)
}

/// Format characters, which no terminal shows: of direction, of width nothing, of line ends, of annotation,
/// and tags.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// A name out of a file system or a file, fit for a message: 80 characters, none that steers a
/// terminal or turns the direction of what follows.
pub fn shown(text: &str) -> String {
    let clean = |c: char| if is_steering(c) { '\u{fffd}' } else { c };
    let cut: String = text.chars().take(80).map(clean).collect();
    if cut.chars().count() < text.chars().count() { format!("{cut}…") } else { cut }
}

/// Words of another side on one line: control characters become blanks, and what hides is shown as such.
pub fn one_line(text: &str) -> String {
    text.chars().map(tame).collect()
}

/// The first `most` characters of [`one_line`], without blanks at the end.
pub fn cut_line(text: &str, most: usize) -> String {
    let mut line: String = text.chars().take(most).map(tame).collect();
    line.truncate(line.trim_end().len());
    line
}

/// What is reported of a fault in a file, on one line and in bounds: it repeats the file's own words.
pub fn fault(text: &str) -> String {
    const LONGEST: usize = 600;
    let clean = |c: char| match c {
        '\n' | '\t' => ' ',
        c if is_steering(c) => '\u{fffd}',
        c => c,
    };
    let mut cleaned: String = text.chars().map(clean).take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        cleaned.push('…');
    }
    cleaned
}

fn tame(c: char) -> char {
    match c {
        c if c.is_control() => ' ',
        c if is_hidden(c) => '\u{fffd}',
        c => c,
    }
}

/// A text of many lines for a terminal or a log: line ends and tabs stay. `is_json` keeps what JSON says, by
/// its own escapes.
pub fn for_terminal(text: &str, is_json: bool) -> Cow<'_, str> {
    let stays = |c: char| matches!(c, '\n' | '\t') || !is_steering(c);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            c if stays(c) => out.push(c),
            // The line ends of Windows are no trick.
            '\r' if letters.peek() == Some(&'\n') => out.push(c),
            c if is_json => {
                let mut units = [0; 2];
                out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
            _ => out.push('\u{fffd}'),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_steer_a_terminal_or_a_reader() {
        assert_eq!(shown("a\u{1b}[2J\u{202e}vsc.exe\n"), "a\u{fffd}[2J\u{fffd}vsc.exe\u{fffd}");
        assert_eq!(shown(&"x".repeat(300)).chars().count(), 81);
    }

    #[test]
    fn foreign_words_stay_on_their_line_and_hide_nothing() {
        assert_eq!(
            one_line("no\r\n\u{1b}[31m \u{202e}evil\u{2028}\u{e0041}"),
            "no   [31m \u{fffd}evil\u{fffd}\u{fffd}"
        );
        assert_eq!(cut_line("ok \nmore", 3), "ok");
        // Persian and a family of emoji are written with joiners.
        for text in ["می\u{200c}خواهم", "👩\u{200d}👧"] {
            assert_eq!(one_line(text), text);
        }
    }

    #[test]
    fn a_terminal_gets_lines_and_json_keeps_its_meaning() {
        assert_eq!(for_terminal("a\tb\r\nc\rd\u{202e}\n", false), "a\tb\r\nc\u{fffd}d\u{fffd}\n");
        let json = serde_json::json!({ "said": "\u{202e}\u{e0041}" });
        let text = json.to_string();
        let told = for_terminal(&text, true);
        assert!(told.is_ascii(), "{told}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&told).expect("JSON"), json);
    }
}
