//! Ways to spoil that know the form: JSON values, lines of TOML, bytes.

use crate::drops::fuzz::bytes::{Chance, spoil as spoil_bytes};
use serde_json::Value;

/// Values that readers trip over, written as JSON; some are none.
const ODD: [&str; 26] = [
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "-0.0",
    "1e-400",
    "NaN",
    "99999999999999999999999999",
    "9223372036854775807",
    "-9223372036854775808",
    "4102444800",
    "253402300800",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\u{202e}\u{200b}\"",
    "\"2026-02-30\"",
    "\"9999-12-31T23:59:60Z\"",
    "\"0x10\"",
    "\"1,000.00\"",
    "[]",
    "{}",
    "[[],[{}]]",
    "{\"a\":{\"a\":{\"a\":[]}}}",
];
/// Stands in a value tree for text that no tree can hold.
const MARK: &str = "\u{e000}odd";

/// A JSON text with some values replaced, fields doubled, lost or renamed, lists cut or grown.
pub fn json(text: &[u8], chance: &mut Chance) -> Vec<u8> {
    let Ok(mut tree) = serde_json::from_slice::<Value>(text) else { return bytes(text, text, chance) };
    let mut odd = Vec::new();
    for _ in 0..=chance.below(4) {
        let count = nodes(&tree);
        let at = chance.below(count);
        change(&mut tree, at, &mut 0, &mut odd, chance);
    }
    let mut text = tree.to_string();
    for (number, odd) in odd.into_iter().enumerate() {
        text = text.replace(&format!("\"{MARK}{number}\""), &odd);
    }
    text.into_bytes()
}

fn nodes(tree: &Value) -> usize {
    1 + match tree {
        Value::Array(parts) => parts.iter().map(nodes).sum::<usize>(),
        Value::Object(fields) => fields.values().map(nodes).sum(),
        _ => 0,
    }
}

/// Changes the node of a number, counted from the root.
fn change(tree: &mut Value, at: usize, seen: &mut usize, odd: &mut Vec<String>, chance: &mut Chance) -> bool {
    *seen += 1;
    if *seen == at + 1 {
        mutate(tree, odd, chance);
        return true;
    }
    match tree {
        Value::Array(parts) => parts.iter_mut().any(|part| change(part, at, seen, odd, chance)),
        Value::Object(fields) => fields.values_mut().any(|part| change(part, at, seen, odd, chance)),
        _ => false,
    }
}

fn mutate(node: &mut Value, odd: &mut Vec<String>, chance: &mut Chance) {
    let mut strange = |text: String, node: &mut Value| {
        *node = Value::from(format!("{MARK}{}", odd.len()));
        odd.push(text);
    };
    match (chance.below(9), &mut *node) {
        (0 | 1, Value::Array(parts)) if !parts.is_empty() => {
            let part = parts[chance.below(parts.len())].clone();
            parts.extend(std::iter::repeat_n(part, chance.of(&[1, 2, 300])));
        }
        (2, Value::Array(parts)) => drop(parts.drain(..chance.below(parts.len() + 1))),
        (0 | 1, Value::Object(fields)) if !fields.is_empty() => {
            let name = fields.keys().nth(chance.below(fields.len())).cloned().unwrap_or_default();
            drop(fields.remove(&name));
        }
        (2, Value::Object(fields)) => {
            let name = chance.of(&["", "\u{0}", "id", "a.b", "$", "é", "'", "\""]).to_owned();
            fields.insert(name, Value::from(1));
        }
        (3, node) => {
            let depth = chance.of(&[50, 90, 101, 130, 900, 20_000]);
            let (open, shut) = chance.of(&[("[", "]"), ("{\"a\":", "}")]);
            strange(format!("{}1{}", open.repeat(depth), shut.repeat(depth)), node);
        }
        (4, node) => strange(format!("\"{}\"", "x".repeat(chance.of(&[1, 3000, 300_000]))), node),
        (_, node) => strange(chance.of(&ODD).to_owned(), node),
    }
}

/// Bytes changed anywhere.
pub fn bytes(text: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut spoilt = text.to_vec();
    spoil_bytes(&mut spoilt, other, chance);
    spoilt
}

/// Values for keys of TOML, and lines of its form.
const VALUES: [&str; 22] = [
    "\"\"",
    "0",
    "-1",
    "9223372036854775807",
    "1e400",
    "nan",
    "true",
    "[]",
    "{}",
    "[[]]",
    "\"\\u0000\"",
    "\"../../etc\"",
    "\"/etc/passwd\"",
    "0001-01-01",
    "9999-12-31",
    "\"* * * * *\"",
    "\"Europe/Nowhere\"",
    "{ file = \"/dev/zero\" }",
    "{ env = \"HOME\" }",
    "\"{{ 'x' * 9999999 }}\"",
    "\"\u{202e}\"",
    "'''a\nb'''",
];

/// A TOML text with lines lost, doubled, swapped, or with other values.
pub fn toml(text: &str, chance: &mut Chance) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=chance.below(5) {
        if lines.is_empty() {
            break;
        }
        let at = chance.below(lines.len());
        match chance.below(8) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[chance.below(lines.len())].clone()),
            2 => {
                let other = chance.below(lines.len());
                lines.swap(at, other);
            }
            3 => lines.insert(
                at,
                chance.of(&["[a]", "[[a]]", "a = 1", "a.b = 1", "[", "\u{feff}", "\"\"\"", "= 1"]).to_owned(),
            ),
            4 => lines[at] = lines[at].trim_start_matches(['#', ' ']).to_owned(),
            5 => lines.insert(at, format!("x = {}1{}", "[".repeat(chance.of(&[90, 5000])), "]".repeat(90))),
            _ => {
                if let Some((key, _)) = lines[at].split_once('=') {
                    lines[at] = format!("{key}= {}", chance.of(&VALUES));
                }
            }
        }
    }
    lines.join("\n") + "\n"
}
