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
    // Azure-Samples/ms-identity-python-webapp#67
    if error == "invalid_client" && says(&["keys are expired", "secret has expired", "secret is expired"]) {
        return "the client secret has expired: make a new one at the vendor and put it where the secret is kept; the \
                account itself need not be connected again";
    }
    // MicrosoftDocs/azure-docs#33356
    if error == "invalid_client" && says(&["invalid client secret"]) {
        return "the client secret is wrong: its value is wanted, not the id that the vendor shows beside it";
    }
    // pozil/pub-sub-api-node-client#58
    if says(&["not supported on this domain"]) {
        return "tokens of this kind are given at the organisation's own address only: set it in place of the vendor's \
                common one";
    }
    match grantee {
        Grantee::Person => of_person(error, &says),
        Grantee::ServiceAccount => of_service_account(error, &says),
        Grantee::Client => of_client(error),
        Grantee::Signer => of_signer(error, &says),
    }
}

/// What vendors say of a clock that differs from theirs.
const CLOCK: [&str; 6] = ["short-lived", "timeframe", "iat and exp", "clock", "in the future", "expired"];

const SET_THE_CLOCK: &str = "this machine's clock is off: set it (timedatectl set-ntp true); the key is in order";

fn of_person(error: &str, says: &dyn Fn(&[&str]) -> bool) -> &'static str {
    match error {
        "invalid_client" => {
            "client_id or client_secret is wrong, or the client was deleted: look at both; the account itself need not be \
             connected again"
        }
        // airbytehq/airbyte#57001
        "unauthorized_client" => BELONG_TOGETHER,
        _ if says(&["not issued to this client", "issued to another client"]) => BELONG_TOGETHER,
        "invalid_request" | "unsupported_grant_type" => {
            "the token endpoint does not take this request: look at token_url and at the three secrets"
        }
        "invalid_scope" => "connect the account again, with the scope that the connector needs",
        // PostHog/posthog#72487: the same words for a token of another host.
        _ if says(&["expired access/refresh token"]) => {
            "connect the account again; a refresh token of a sandbox is taken at the sandbox's own address only"
        }
        _ => "connect the account again",
    }
}

const BELONG_TOGETHER: &str =
    "the refresh token was given to another client: client_id, client_secret and refresh_token must belong together";

fn of_service_account(error: &str, says: &dyn Fn(&[&str]) -> bool) -> &'static str {
    match error {
        // mediafigaro/google-analytics-api-symfony#7, googleapis/google-api-php-client#1501
        "invalid_grant" | "invalid_request" if says(&CLOCK) => SET_THE_CLOCK,
        "invalid_grant" if says(&["signature"]) => {
            "the key was deleted or replaced: make a new key for the service account and put it where the secret is kept"
        }
        "invalid_grant" | "invalid_client" if says(&["not found", "not a valid email"]) => {
            "there is no such service account any more: make another, give it access, and put its key where the secret is kept"
        }
        "disabled_client" | "unauthorized_client" => {
            "the service account is disabled, or may not have this scope: look at it in the Google Cloud console"
        }
        _ => {
            "look at the service account in the Google Cloud console; if its key is gone, put a new one where the secret is kept"
        }
    }
}

fn of_client(error: &str) -> &'static str {
    match error {
        "invalid_client" => {
            "client_id or client_secret is wrong, or the application was deleted: look at both at the vendor"
        }
        "unauthorized_client" | "unsupported_grant_type" => {
            "the application may not ask in its own name: allow it client credentials at the vendor"
        }
        "invalid_scope" => "the application lacks a scope that is asked for: add it at the vendor",
        "invalid_grant" => {
            "the application is not set up to ask in its own name: look at it at the vendor, and at the user that it acts as"
        }
        _ => "look at the application at the vendor: whether it is active, and which rights it has",
    }
}

fn of_signer(error: &str, says: &dyn Fn(&[&str]) -> bool) -> &'static str {
    match error {
        // omniphx/forrest#278
        "invalid_grant" if says(&["approved"]) => {
            "the user that the token is signed for has not approved the application: an admin must permit it at the vendor"
        }
        "invalid_grant" if says(&CLOCK) => SET_THE_CLOCK,
        // restforce/restforce#674
        "invalid_grant" if says(&["audience"]) => "the vendor expects another audience: look at the claim `aud`",
        "invalid_grant" if says(&["assertion", "signature"]) => {
            "the vendor does not know this key: its public half or certificate must be the one of the application there"
        }
        _ => "look at the application at the vendor, and at the claims that name it and its user",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_the_remedy_that_helps() {
        let timeframe = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.";
        let expired = "AADSTS7000222: The provided client secret keys are expired. Visit the Azure Portal to create new keys for your app";
        for (grantee, error, description, wanted) in [
            (Grantee::ServiceAccount, "invalid_grant", timeframe, "clock"),
            (Grantee::ServiceAccount, "invalid_grant", "Invalid JWT Signature.", "new key"),
            (Grantee::ServiceAccount, "invalid_grant", "Invalid grant: account not found", "make another"),
            (Grantee::ServiceAccount, "invalid_grant", "Bad Request", "Google Cloud console"),
            (Grantee::Person, "invalid_grant", "Token has been expired or revoked.", "connect the account again"),
            (Grantee::Person, "invalid_grant", "reauth related error (invalid_rapt)", "admin must exempt"),
            (Grantee::Person, "invalid_client", "Unauthorized", "client_secret is wrong"),
            (Grantee::Person, "invalid_client", expired, "make a new one"),
            (Grantee::Person, "unauthorized_client", "Unauthorized", "belong together"),
            (Grantee::Person, "invalid_grant", "refresh token was not issued to this client", "belong together"),
            (Grantee::Person, "invalid_grant", "expired access/refresh token", "sandbox's own address"),
            (Grantee::Person, "BAD_REFRESH_TOKEN", "missing or invalid refresh token", "connect the account again"),
            (Grantee::Client, "invalid_grant", "request not supported on this domain", "own address"),
            (Grantee::Client, "invalid_client", expired, "make a new one"),
            (Grantee::Client, "invalid_client", "AADSTS7000215: Invalid client secret is provided.", "not the id"),
            (Grantee::Client, "unauthorized_client", "", "client credentials"),
            (Grantee::Client, "invalid_scope", "", "scope"),
            (Grantee::Signer, "invalid_grant", "user hasn't approved this consumer", "permit"),
            (Grantee::Signer, "invalid_grant", "audience is invalid", "`aud`"),
            (Grantee::Signer, "invalid_grant", "invalid assertion", "public half"),
        ] {
            let found = remedy(grantee, error, description);
            assert!(found.contains(wanted), "{error}: {description}: {found}");
            let connects = found.starts_with("connect the account again");
            assert!(grantee == Grantee::Person || !connects, "{found}");
        }
    }
}
