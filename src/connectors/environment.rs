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

/// Whether a template asks for a name, e.g. `secrets.token`.
pub fn mentions(template: &str, name: &str) -> bool {
    asked(template).iter().any(|asked| asked == name)
}

/// The names that a template asks for, e.g. `secrets.token`; none where it is no template.
pub fn asked(template: &str) -> Vec<String> {
    let environment = environment();
    let parsed = environment.template_from_str(template);
    parsed.map(|template| template.undeclared_variables(true).into_iter().collect()).unwrap_or_default()
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
    fn a_template_says_what_it_asks_for() {
        assert!(mentions("{{ secrets.token | path }}", "secrets.token"));
        assert!(!mentions("{{ secrets.token_of_app }}", "secrets.token"));
        assert!(!mentions("secrets.token", "secrets.token"));
    }

    #[test]
    fn a_partition_cannot_leave_its_path_segment() {
        assert_eq!(encode_path("../x?y"), "..%2Fx%3Fy");
        assert_eq!(encode_path(".."), "%2E%2E");
    }
}
