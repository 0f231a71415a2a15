//! Tokens from an endpoint that plays a part, presented to a server that does.

use crate::delivery::DeliveryError;
use crate::delivery::settings::{MicrosoftGrant, OauthConfig, SmtpSecurity};
use crate::delivery::smtp::login::{Login, Proof};
use crate::delivery::smtp::oauth::Tokens;
use crate::delivery::smtp::tests::client;
use crate::delivery::smtp::tests::server::{Rules, Server};
use crate::delivery::smtp::{ProbeResult, Smtp};
use crate::support::secret::SecretRef;
use axum::Router;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::{Arc, Mutex};

const OFFERED: (&str, &str) = ("EHLO", "250-fake|250 AUTH XOAUTH2 OAUTHBEARER");

/// Gives `token-1`, `token-2` … and keeps what it was asked with; or one answer to all.
async fn endpoint(refusal: Option<(u16, &'static str)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let own = asked.clone();
    let app = Router::new().fallback(post(move |uri: axum::http::Uri, form: String| async move {
        let mut asked = own.lock().expect("what was asked");
        asked.push(format!("{} {form}", uri.path()));
        let (status, body) = refusal.map_or_else(
            || (200, format!(r#"{{"access_token":"token-{}","expires_in":3600}}"#, asked.len())),
            |(status, body)| (status, body.to_owned()),
        );
        (axum::http::StatusCode::from_u16(status).expect("a status"), body)
    }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, asked)
}

fn microsoft(url: &str) -> OauthConfig {
    OauthConfig::Microsoft {
        tenant: "acme.onmicrosoft.com".to_owned(),
        client_id: "app-1".to_owned(),
        grant: MicrosoftGrant::ClientSecret(SecretRef::File("secret".into())),
        login_url: url.to_owned(),
    }
}

fn smtp(port: u16, config: &OauthConfig) -> Smtp {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("secret"), "hunter2").expect("a secret");
    let web = crate::delivery::http::client().expect("a client");
    let tokens = Tokens::build(config, "reports@example.com", folder.path(), web).expect("tokens");
    let login = Login { username: "reports@example.com".to_owned(), proof: Proof::Token(tokens) };
    Smtp { login: Some(login), ..client(port, SmtpSecurity::Plain, false) }
}

fn presented(server: &Server) -> Vec<String> {
    let lines = server.heard();
    let words =
        lines.iter().filter_map(|line| line.strip_prefix("AUTH ")?.split_once(' ').map(|(_, words)| words.to_owned()));
    words.map(|words| String::from_utf8(STANDARD.decode(words).expect("base64")).expect("text")).collect()
}

/// D08, apache/airflow#51094, DefGuard/defguard#2923.
#[tokio::test]
async fn a_server_without_passwords_is_given_a_token() {
    let (url, asked) = endpoint(None).await;
    let server = Server::start(&[OFFERED]).await;
    let smtp = smtp(server.port, &microsoft(&url));
    smtp.to("a").await.expect("accepted");
    smtp.rest().await;
    smtp.to("b").await.expect("accepted");
    assert_eq!(presented(&server), vec!["user=reports@example.com\u{1}auth=Bearer token-1\u{1}\u{1}"; 2]);
    let asked = asked.lock().expect("what was asked").clone();
    assert_eq!(asked.len(), 1, "the token is used again: {asked:?}");
    assert!(asked[0].starts_with("/acme.onmicrosoft.com/oauth2/v2.0/token "), "{asked:?}");
    for part in [
        "grant_type=client_credentials",
        "client_id=app-1",
        "client_secret=hunter2",
        "scope=https%3A%2F%2Foutlook.office365.com%2F.default",
    ] {
        assert!(asked[0].contains(part), "{part}: {asked:?}");
    }
}

/// nfo/gmail_xoauth#14: the reason comes first, and the code after an empty line.
#[tokio::test]
async fn a_refused_token_is_renewed_once_and_then_it_is_the_operators() {
    // {"status":"401","schemes":"Bearer","scope":"https://mail.google.com/"}
    const WHY: &str =
        "334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==";
    let (url, asked) = endpoint(None).await;
    let server = Server::start(&[
        OFFERED,
        ("AUTH", "235 ok"),
        ("AUTH", WHY),
        ("AUTH", "235 ok"),
        ("AUTH", WHY),
        ("EMPTY", "535 5.7.8 not accepted"),
    ] as Rules)
    .await;
    let smtp = smtp(server.port, &microsoft(&url));
    smtp.to("a").await.expect("accepted");
    smtp.rest().await;
    // The kept token was withdrawn; a new one is taken on the same connection.
    smtp.to("b").await.expect("accepted");
    assert_eq!((asked.lock().expect("what was asked").len(), server.count("CONNECT")), (2, 2));
    smtp.rest().await;
    let error = smtp.to("c").await.expect_err("refused");
    let DeliveryError::Misconfigured { reason } = &error else { panic!("{error:?}") };
    assert!(reason.contains("535 5.7.8") && reason.contains("status 401, scope https://mail.google.com/"), "{reason}");
    assert!(!reason.contains("token-"), "{reason}");
    assert_eq!(asked.lock().expect("what was asked").len(), 3, "asked once more, and no oftener");
    let tried = smtp.try_out().await;
    assert!(matches!(&tried, ProbeResult::LoginRefused(says) if says.contains("let the app send mail")), "{tried:?}");
}

#[tokio::test]
async fn what_the_endpoint_refuses_is_reported_with_its_reason_and_without_the_secret() {
    let refusal = r#"{"error":"invalid_client","error_description":"AADSTS7000222: the secret hunter2 is expired"}"#;
    for (answer, is_operators, words) in [
        ((401, refusal), true, "AADSTS7000222: the secret *** is expired"),
        ((503, "<html>down</html>"), false, "HTTP 503"),
        ((429, r#"{"error":"slow_down"}"#), false, "HTTP 429"),
    ] {
        let (url, _) = endpoint(Some(answer)).await;
        let server = Server::start(&[OFFERED]).await;
        let error = smtp(server.port, &microsoft(&url)).to("a").await.expect_err("no token");
        assert_eq!(matches!(error, DeliveryError::Misconfigured { .. }), is_operators, "{error:?}");
        assert!(
            error.concerns_all() && error.to_string().contains(words) && !error.to_string().contains("hunter2"),
            "{error}"
        );
        assert_eq!(server.count("AUTH"), 0);
    }
}

#[tokio::test]
async fn other_providers_and_the_standard_mechanism_work_alike() {
    let (url, asked) = endpoint(None).await;
    let secret = || SecretRef::File("secret".into());
    let token_url = format!("{url}/token");
    for (config, part) in [
        (
            OauthConfig::Google {
                client_id: "g".to_owned(),
                client_secret: secret(),
                refresh_token: secret(),
                token_url: token_url.clone(),
            },
            "refresh_token=hunter2",
        ),
        (
            OauthConfig::RefreshToken {
                token_url: token_url.clone(),
                client_id: "r".to_owned(),
                client_secret: None,
                refresh_token: secret(),
                scope: Some("mail".to_owned()),
            },
            "scope=mail",
        ),
    ] {
        let server = Server::start(&[("EHLO", "250-fake|250 AUTH OAUTHBEARER"), ("AUTH OAUTHBEARER", "235 ok")]).await;
        smtp(server.port, &config).to("a").await.expect("accepted");
        let asked = asked.lock().expect("what was asked").last().cloned().expect("asked");
        assert!(
            asked.starts_with("/token ") && asked.contains(part) && asked.contains("grant_type=refresh_token"),
            "{asked}"
        );
        assert!(
            presented(&server)[0].starts_with("n,a=reports@example.com,\u{1}auth=Bearer token-"),
            "{:?}",
            presented(&server)
        );
    }
}

#[tokio::test]
async fn a_server_that_takes_only_passwords_is_given_no_token() {
    let (url, asked) = endpoint(None).await;
    let server = Server::start(&[("EHLO", "250-fake|250 AUTH PLAIN")]).await;
    let error = smtp(server.port, &microsoft(&url)).to("a").await.expect_err("no way");
    assert!(error.to_string().contains("offers no login with a token (it offers PLAIN)"), "{error}");
    assert!(asked.lock().expect("what was asked").is_empty());
}

/// raa-org/thunderbird-custom-idp#1: a token is longer than a command line may be for some servers.
/// harishkrupo/oauth2ms#5: a server's own trouble says nothing of the token.
#[tokio::test]
async fn long_tokens_have_a_line_of_their_own_and_a_servers_trouble_is_waited_out() {
    let (url, _) = endpoint(None).await;
    let server = Server::start(&[
        OFFERED,
        ("AUTH XOAUTH2 ", "500 5.5.2 Line too long"),
        ("AUTH XOAUTH2", "334 "),
        ("dXNlcj1", "235 ok"),
    ])
    .await;
    smtp(server.port, &microsoft(&url)).to("a").await.expect("accepted");
    assert_eq!(server.count("AUTH"), 2);
    let server =
        Server::start(&[OFFERED, ("AUTH", "451 4.7.0 Temporary server error. Please try again later. PRX4")]).await;
    let error = smtp(server.port, &microsoft(&url)).to("a").await.expect_err("later");
    assert!(matches!(&error, DeliveryError::Unavailable { .. }), "{error:?}");
    assert_eq!(server.count("AUTH"), 1);
}
