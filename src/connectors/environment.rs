//! What request templates may do, known without a connection.

use minijinja::{Environment, UndefinedBehavior};

/// The environment of every request template: undefined names are errors, and so is endless work.
pub fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(100_000));
    environment.add_filter("path", |text: String| -> String { encode_path(&text) });
    environment
}

/// Percent-encodes everything that could end or leave a path segment.
fn encode_path(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            b'.' if text != "." && text != ".." => out.push('.'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_cannot_leave_its_path_segment() {
        assert_eq!(encode_path("../x?y"), "..%2Fx%3Fy");
        assert_eq!(encode_path(".."), "%2E%2E");
    }
}
