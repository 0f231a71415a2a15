//! Identifiers made from what they name, so that the same thing always has the same id.

use sha2::{Digest, Sha256};

/// A short, stable id: `prefix_` and 20 hexadecimal digits (80 bits) of SHA-256 over the parts.
/// Parts are length-prefixed, so that ("ab", "c") and ("a", "bc") differ.
pub fn stable_id(prefix: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    format!("{prefix}_{}", hex(&hash.finalize()[..10]))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_between_parts_counts() {
        assert_ne!(stable_id("x", &["ab", "c"]), stable_id("x", &["a", "bc"]));
        assert_eq!(stable_id("x", &["ab", "c"]), stable_id("x", &["ab", "c"]));
    }
}
