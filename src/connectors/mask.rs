//! Credentials that a vendor repeats in its answers, as in the address of a next page: they are not kept with a page.

use super::auth::Credentials;
use super::client::Request;
use super::spec::Part;
use crate::support::redact::HIDDEN;
use crate::support::secret::Secret;
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

/// What a request carries that no page is to hold: what it proves who asks by, and secrets that stand in it.
pub fn carried<'a>(
    request: &Request,
    proof: &Credentials,
    secrets: impl IntoIterator<Item = &'a Secret>,
) -> Vec<Secret> {
    let parts = match proof {
        Credentials::Carried { parts, .. } => parts.as_slice(),
        Credentials::None => &[],
    };
    let proofs = parts.iter().map(|part| {
        let (Part::Header { value, .. } | Part::Query { value, .. }) = part;
        // `Bearer`, `Basic` and the like are no secrets.
        Secret::new(value.expose().rsplit(' ').next().unwrap_or_default())
    });
    let texts = || {
        let values = request.query.iter().chain(&request.headers).map(|(_, value)| value);
        values.chain([&request.url]).chain(&request.body)
    };
    let stands = |secret: &&Secret| {
        let plain = secret.expose();
        plain.len() >= SHORTEST && spellings(plain).iter().any(|spelt| texts().any(|text| text.contains(spelt)))
    };
    proofs.chain(secrets.into_iter().filter(stands).cloned()).collect()
}

/// As it is, and as addresses and JSON spell it.
fn spellings(plain: &str) -> Vec<String> {
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

    fn mask(parts: Vec<Part>) -> Mask {
        Mask::of(&carried(&Request::default(), &Credentials::Carried { parts, generation: 0 }, []))
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
    fn a_secret_that_a_request_carries_beside_its_proof_is_taken_out_in_each_spelling() {
        let secret = |value: &str| Secret::new(value);
        let request = Request {
            url: "https://vendor.example/x?key=path%2Fsecret%2B1".to_owned(),
            query: vec![("secret".to_owned(), "query/secret\"1".to_owned())],
            headers: vec![("developer-token".to_owned(), "header/secret".to_owned())],
            body: Some(r#"{"key": "body\/secret+1"}"#.to_owned()),
            ..Request::default()
        };
        let known = ["path/secret+1", "query/secret\"1", "header/secret", "body/secret+1", "never sent anywhere"];
        let known: Vec<Secret> = known.into_iter().map(secret).collect();
        let hidden = carried(&request, &Credentials::None, &known);
        assert_eq!(hidden, known[..4]);
        let mut mask = Mask::of(&hidden);
        let mut out = mask.pass(
            br#"path/secret+1 path%2Fsecret%2B1 query\/secret\"1 header\/secret body/secret+1 never sent anywhere"#,
        );
        out.extend(mask.rest());
        assert_eq!(String::from_utf8_lossy(&out), "*** *** *** *** *** never sent anywhere");
        assert!(mask.finds(b"a header/secret b") && !mask.finds(b"a header/secre"));
    }

    #[test]
    fn what_may_be_a_word_is_left() {
        assert!(mask(vec![Part::authorization("Bearer", "s3cret")]).is_empty());
        let request = Request { url: "https://vendor.example/s3cret".to_owned(), ..Request::default() };
        assert!(carried(&request, &Credentials::None, [&Secret::new("s3cret")]).is_empty());
    }
}
