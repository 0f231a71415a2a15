//! Credentials that a vendor repeats in its answers, as in the address of a next page: they are not kept with a page.

use super::auth::Credentials;
use super::spec::Part;
use crate::support::redact::HIDDEN;
use memchr::memmem;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Shorter ones may be ordinary words.
const SHORTEST: usize = 12;
/// What an address holds as it is (RFC 3986, 2.3).
const IN_ADDRESSES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Takes credentials out of bytes that come in pieces.
#[derive(Debug, Default)]
pub struct Mask {
    secrets: Vec<Vec<u8>>,
    /// The end of what came, which may be the beginning of one of them.
    held: Vec<u8>,
}

impl Mask {
    /// What a request carried, as it is and as addresses spell it.
    pub fn of(proof: &Credentials) -> Self {
        let Credentials::Carried { parts, .. } = proof else { return Self::default() };
        let mut secrets = Vec::new();
        for part in parts {
            let (Part::Header { value, .. } | Part::Query { value, .. }) = part;
            // `Bearer`, `Basic` and the like are no secrets.
            let plain = value.expose().rsplit(' ').next().unwrap_or_default();
            if plain.len() >= SHORTEST {
                secrets.push(plain.as_bytes().to_vec());
                secrets.push(utf8_percent_encode(plain, IN_ADDRESSES).to_string().into_bytes());
            }
        }
        secrets.sort_unstable();
        secrets.dedup();
        Self { secrets, held: Vec::new() }
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
    use crate::support::secret::Secret;

    fn mask(parts: Vec<Part>) -> Mask {
        Mask::of(&Credentials::Carried { parts, generation: 0 })
    }

    #[test]
    fn a_credential_is_taken_out_wherever_it_is_cut() {
        let body = br#"{"paging":{"next":"https:\/\/vendor.example\/x?access_token=EAAB0123%7Csecret&proof=0123456789abcdef"},"a":"EAAB0123|secre"}"#;
        let expected =
            r#"{"paging":{"next":"https:\/\/vendor.example\/x?access_token=***&proof=***"},"a":"EAAB0123|secre"}"#;
        for cut in 0..=body.len() {
            let query = Part::Query { name: "proof".to_owned(), value: Secret::new("0123456789abcdef") };
            let mut mask = mask(vec![Part::authorization("Bearer", "EAAB0123|secret"), query]);
            let mut out = mask.pass(&body[..cut]);
            out.extend(mask.pass(&body[cut..]));
            out.extend(mask.rest());
            assert_eq!(String::from_utf8_lossy(&out), expected, "cut at {cut}");
        }
    }

    #[test]
    fn what_may_be_a_word_is_left() {
        assert!(mask(vec![Part::authorization("Bearer", "s3cret")]).is_empty());
        assert!(Mask::of(&Credentials::None).is_empty());
    }
}
