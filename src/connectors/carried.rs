//! What of a request no page is to hold.

use super::auth::Credentials;
use super::client::Request;
use super::mask::{SHORTEST, spellings};
use super::spec::Part;
use crate::support::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

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
    // A name and a password go encoded, and an answer may repeat them as they are.
    let decoded: Vec<String> = parts.iter().filter_map(basic).collect();
    let texts = || {
        let values = request.query.iter().chain(&request.headers).map(|(_, value)| value);
        values.chain([&request.url]).chain(&request.body).chain(&decoded)
    };
    let stands = |secret: &&Secret| {
        let plain = secret.expose();
        plain.len() >= SHORTEST && spellings(plain).iter().any(|spelt| texts().any(|text| text.contains(spelt)))
    };
    proofs.chain(secrets.into_iter().filter(stands).cloned()).collect()
}

/// What basic authentication says, decoded.
fn basic(part: &Part) -> Option<String> {
    let (Part::Header { value, .. } | Part::Query { value, .. }) = part;
    let encoded = value.expose().strip_prefix("Basic ")?;
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_proves_itself_by_and_secrets_beside_that_are_found_in_each_spelling() {
        let secret = |value: &str| Secret::new(value);
        let request = Request {
            url: "https://vendor.example/x?key=path%2Fsecret%2B1&word=s3cret".to_owned(),
            query: vec![("secret".to_owned(), "query/secret\"1".to_owned())],
            headers: vec![("developer-token".to_owned(), "header/secret".to_owned())],
            body: Some(r#"{"key": "body\/secret+1"}"#.to_owned()),
            ..Request::default()
        };
        let known =
            ["path/secret+1", "query/secret\"1", "header/secret", "body/secret+1", "never sent anywhere", "s3cret"];
        let known: Vec<Secret> = known.into_iter().map(secret).collect();
        assert_eq!(carried(&request, &Credentials::None, &known), known[..4]);
        let parts = vec![
            Part::authorization("Bearer", "a-token-of-a-vendor"),
            Part::Query { name: "proof".to_owned(), value: secret("0123456789abcdef") },
        ];
        let proof = Credentials::Carried { parts, generation: 0 };
        let found = carried(&Request::default(), &proof, &known);
        assert_eq!(found, [secret("a-token-of-a-vendor"), secret("0123456789abcdef")]);

        let encoded = STANDARD.encode("daybook:a long pass word");
        let proof = Credentials::Carried { parts: vec![Part::authorization("Basic", &encoded)], generation: 0 };
        let found = carried(&Request::default(), &proof, &[secret("a long pass word"), secret("never sent")]);
        assert_eq!(found, [secret(&encoded), secret("a long pass word")]);
    }
}
