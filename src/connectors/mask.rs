//! Credentials that a vendor repeats in its answers, as in the address of a next page: they are not kept with a page.

use crate::support::redact::HIDDEN;
use crate::support::secret::Secret;
use memchr::memmem;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Shorter ones may be ordinary words.
pub const SHORTEST: usize = 12;
/// What an address holds as it is (RFC 3986, 2.3).
const IN_ADDRESSES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Takes credentials out of bytes that come in pieces.
#[derive(Debug, Default)]
pub struct Mask {
    secrets: Vec<Vec<u8>>,
    /// The end of what came, which may be the beginning of one of them.
    held: Vec<u8>,
}

/// As it is, and as addresses and JSON spell it.
pub fn spellings(plain: &str) -> Vec<String> {
    let in_json = serde_json::Value::from(plain).to_string();
    let in_json = in_json.get(1..in_json.len() - 1).unwrap_or_default().to_owned();
    let in_address = utf8_percent_encode(plain, IN_ADDRESSES).to_string();
    let mut all = vec![plain.to_owned(), in_address, in_json.replace('/', "\\/"), in_json];
    all.sort_unstable();
    all.dedup();
    all
}

impl Mask {
    /// Of secrets, however they are spelt.
    pub fn of(hidden: &[Secret]) -> Self {
        let plain = hidden.iter().map(Secret::expose).filter(|plain| plain.len() >= SHORTEST);
        let mut secrets: Vec<Vec<u8>> = plain.flat_map(spellings).map(String::into_bytes).collect();
        secrets.sort_unstable();
        secrets.dedup();
        Self { secrets, held: Vec::new() }
    }

    /// Whether one of them stands in the bytes.
    pub fn finds(&self, bytes: &[u8]) -> bool {
        self.secrets.iter().any(|secret| memmem::find(bytes, secret).is_some())
    }

    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// What may be written once `chunk` has come.
    pub fn pass(&mut self, chunk: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(chunk);
        let longest = self.secrets.iter().map(Vec::len).max().unwrap_or(1);
        self.release(longest - 1)
    }

    /// What is left when nothing else comes.
    pub fn rest(&mut self) -> Vec<u8> {
        self.release(0)
    }

    /// All that is held but the last `kept` bytes.
    fn release(&mut self, kept: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.held.len());
        let mut from = 0;
        while let Some((at, length)) = self.first(from) {
            out.extend_from_slice(&self.held[from..at]);
            out.extend_from_slice(HIDDEN.as_bytes());
            from = at + length;
        }
        let until = self.held.len().saturating_sub(kept).max(from);
        out.extend_from_slice(&self.held[from..until]);
        self.held.drain(..until);
        out
    }

    /// Where the first secret from a place on stands, and how long it is.
    fn first(&self, from: usize) -> Option<(usize, usize)> {
        let places = self
            .secrets
            .iter()
            .filter_map(|secret| Some((from + memmem::find(&self.held[from..], secret)?, secret.len())));
        places.min_by_key(|(at, length)| (*at, usize::MAX - length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_taken_out_wherever_it_is_cut() {
        let body = br#"{"paging":{"next":"https:\/\/vendor.example\/x?access_token=EAAB0123%7Csecret&proof=0123456789abcdef"},"a":"EAAB0123|secre"}"#;
        let expected =
            r#"{"paging":{"next":"https:\/\/vendor.example\/x?access_token=***&proof=***"},"a":"EAAB0123|secre"}"#;
        for cut in 0..=body.len() {
            let mut mask = Mask::of(&[Secret::new("EAAB0123|secret"), Secret::new("0123456789abcdef")]);
            let mut out = mask.pass(&body[..cut]);
            out.extend(mask.pass(&body[cut..]));
            out.extend(mask.rest());
            assert_eq!(String::from_utf8_lossy(&out), expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_secret_is_taken_out_in_each_spelling_and_what_may_be_a_word_is_left() {
        let mut mask = Mask::of(&[Secret::new("path/secret+1"), Secret::new("query/secret\"1"), Secret::new("s3cret")]);
        let mut out = mask.pass(br#"path/secret+1 path%2Fsecret%2B1 path\/secret+1 query\/secret\"1 s3cret"#);
        out.extend(mask.rest());
        assert_eq!(String::from_utf8_lossy(&out), "*** *** *** *** s3cret");
        assert!(mask.finds(b"a path/secret+1 b") && !mask.finds(b"a path/secret"));
        assert!(Mask::of(&[Secret::new("s3cret")]).is_empty());
    }
}
