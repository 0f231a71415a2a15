//! Names that others chose, fit for a message.

/// A name out of a file system or a file, fit for a message: 80 characters, none that steers a
/// terminal or turns the direction of what follows.
pub fn shown(text: &str) -> String {
    let is_turning =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let clean = |c: char| if c.is_control() || is_turning(c) { '\u{fffd}' } else { c };
    let cut: String = text.chars().take(80).map(clean).collect();
    if cut.chars().count() < text.chars().count() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_steer_a_terminal_or_a_reader() {
        assert_eq!(shown("a\u{1b}[2J\u{202e}vsc.exe\n"), "a\u{fffd}[2J\u{fffd}vsc.exe\u{fffd}");
        assert_eq!(shown(&"x".repeat(300)).chars().count(), 81);
    }
}
