//! What to do where a token endpoint grants nothing. Pure.

use crate::connectors::spec::Grantee;

/// The remedy for a refusal, from its code (RFC 6749, 5.2) and description. Nobody connects a service
/// account, and a clock that is off is cured by no key.
pub fn remedy(grantee: Grantee, error: &str, description: &str) -> &'static str {
    let said = description.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if error == "invalid_rapt" || says(&["invalid_rapt"]) {
        // openclaw/gogcli#338, googleapis/google-auth-library-nodejs#1961
        return "the organisation makes its users sign in again and again (session control of Google Workspace): an \
                admin must exempt this app; connecting the account again helps for hours only";
    }
    match (grantee, error) {
        // mediafigaro/google-analytics-api-symfony#7, googleapis/google-api-php-client#1501
        (Grantee::ServiceAccount, "invalid_grant" | "invalid_request")
            if says(&["short-lived", "timeframe", "iat and exp", "clock", "in the future", "expired"]) =>
        {
            "this machine's clock is off: set it (timedatectl set-ntp true); the key is in order"
        }
        (Grantee::ServiceAccount, "invalid_grant") if says(&["signature"]) => {
            "the key was deleted or replaced: make a new key for the service account and put it where the secret is kept"
        }
        (Grantee::ServiceAccount, "invalid_grant" | "invalid_client") if says(&["not found", "not a valid email"]) => {
            "there is no such service account any more: make another, give it access, and put its key where the secret is kept"
        }
        (Grantee::ServiceAccount, "disabled_client" | "unauthorized_client") => {
            "the service account is disabled, or may not have this scope: look at it in the Google Cloud console"
        }
        (Grantee::ServiceAccount, _) => {
            "look at the service account in the Google Cloud console; if its key is gone, put a new one where the secret is kept"
        }
        (Grantee::Person, "invalid_client") => {
            "client_id or client_secret is wrong, or the client was deleted: look at both; the account itself need not be \
             connected again"
        }
        (Grantee::Person, "unauthorized_client") => {
            "the refresh token was given to another client: client_id, client_secret and refresh_token must belong together"
        }
        (Grantee::Person, "invalid_request" | "unsupported_grant_type") => {
            "the token endpoint does not take this request: look at token_url and at the three secrets"
        }
        (Grantee::Person, "invalid_scope") => "connect the account again, with the scope that the connector needs",
        (Grantee::Person, _) => "connect the account again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_the_remedy_that_helps() {
        let timeframe = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.";
        for (grantee, error, description, wanted) in [
            (Grantee::ServiceAccount, "invalid_grant", timeframe, "clock"),
            (Grantee::ServiceAccount, "invalid_grant", "Invalid JWT Signature.", "new key"),
            (Grantee::ServiceAccount, "invalid_grant", "Invalid grant: account not found", "make another"),
            (Grantee::ServiceAccount, "invalid_grant", "Bad Request", "Google Cloud console"),
            (Grantee::Person, "invalid_grant", "Token has been expired or revoked.", "connect the account again"),
            (Grantee::Person, "invalid_grant", "reauth related error (invalid_rapt)", "admin must exempt"),
            (Grantee::Person, "invalid_client", "Unauthorized", "client_secret is wrong"),
            (Grantee::Person, "unauthorized_client", "Unauthorized", "belong together"),
        ] {
            let found = remedy(grantee, error, description);
            assert!(found.contains(wanted), "{error}: {description}: {found}");
            let connects = found.starts_with("connect the account again");
            assert!(grantee == Grantee::Person || !connects, "{found}");
        }
    }
}
