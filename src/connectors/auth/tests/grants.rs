//! What each kind sends, and what requests are made of its answers.

use super::double::{Asked, Vendor, connect, engine, fetch, noon};
use crate::support::clock::Clock;
use chrono::TimeDelta;
use serde_json::{Value, json};

const RSA_KEY: &str = include_str!("../../../../tests/fixtures/keys/rsa_private.pem");

const SECRETS: &str = "[secrets.id]\nabout = \"An id.\"\n[secrets.key]\nabout = \"A key.\"\n";

fn auth(text: &str) -> String {
    format!("{SECRETS}{text}")
}

fn rows() -> (u16, String) {
    (200, r#"{"rows":[]}"#.to_owned())
}

/// Gives `token-1` as `answer` wraps it, and rows.
async fn vendor(answer: impl Fn(&Asked) -> Value + Send + Sync + 'static) -> Vendor {
    Vendor::serve(move |asked| if asked.path == "/token" { (200, answer(asked).to_string()) } else { rows() }).await
}

async fn run(vendor: &Vendor, text: &str, key: &str) -> Result<(), String> {
    let data = tempfile::tempdir().expect("a folder");
    let connection = vendor.connection(&auth(text), &[], &[("id", "app 1"), ("key", key)]);
    fetch(&engine(data.path(), &Clock::fixed(noon())), &connection).await.map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_asks_in_its_own_name_and_requests_go_to_the_host_of_the_answer() {
    let host = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let own = host.clone();
    let vendor = vendor(move |_| {
        let instance = format!("{}/", own.get().expect("an address"));
        json!({"access_token": "token-1", "instance_url": instance, "issued_at": "1763640000000"})
    })
    .await;
    host.set(vendor.url.clone()).expect("once");
    let text = r#"
[auth]
kind = "client_credentials"
token_url = "{url}/token"
client_id = "{{ secrets.id }}"
client_secret = "{{ secrets.key }}"
client_auth = "basic"
fields = { scope = "api", resource = "", grant_type = "client_credentials" }
answer = { values = { instance_url = "/instance_url" } }
"#;
    run(&vendor, text, "a+b").await.expect("rows");
    let asked = vendor.asked("/token").remove(0);
    // app+1:a%2Bb
    assert_eq!(asked.header("authorization"), "Basic YXBwKzE6YSUyQmI=");
    assert_eq!(asked.body, "grant_type=client_credentials&scope=api");
    assert_eq!(vendor.asked("/rows")[0].header("authorization"), "Bearer token-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_not_protected_gets_no_token() {
    let vendor = vendor(|_| json!({"access_token": "token-1", "instance_url": "http://shop.example"})).await;
    let text = r#"
[auth]
kind = "client_credentials"
token_url = "{url}/token"
client_id = "{{ secrets.id }}"
client_secret = "{{ secrets.key }}"
answer = { values = { instance_url = "/instance_url" } }
"#;
    let told = run(&vendor, text, "secret-0815").await.expect_err("refused");
    assert!(told.contains("/instance_url") && told.contains("not https://"), "{told}");
    assert_eq!(vendor.asked("/rows").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_of_its_own_ways_is_asked_in_json_and_its_wrapped_token_goes_into_its_header() {
    let vendor = vendor(|_| json!({"code": 0, "message": "OK", "data": {"access_token": "token-1"}})).await;
    let text = r#"
[auth]
kind = "oauth2_refresh"
token_url = "{url}/token"
refresh_token = "r1"
body = "json"
header = "Access-Token"
[auth.fields]
app_id = "{{ secrets.id }}"
secret = "{{ secrets.key }}"
[auth.answer]
token = "/data/access_token"
error = "/code"
message = "/message"
"#;
    run(&vendor, text, "k").await.expect("rows");
    let asked = vendor.asked("/token").remove(0);
    assert_eq!(asked.header("content-type"), "application/json");
    let sent: Value = serde_json::from_str(&asked.body).expect("JSON");
    assert_eq!(sent, json!({"grant_type": "refresh_token", "app_id": "app 1", "secret": "k", "refresh_token": "r1"}));
    let row = vendor.asked("/rows").remove(0);
    assert_eq!((row.header("access-token"), row.header("authorization")), ("token-1", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_token_is_exchanged_or_sent_as_it_is() {
    let vendor = vendor(|_| json!({"access_token": "token-1", "token_type": "Bearer"})).await;
    let exchanged = r#"
[auth]
kind = "jwt_bearer"
token_url = "{url}/token"
private_key = "{{ secrets.key }}"
claims = { iss = "{{ secrets.id }}", sub = "user@acme.example", aud = "https://login.example", scope = "" }
"#;
    run(&vendor, exchanged, RSA_KEY).await.expect("rows");
    let asked = vendor.asked("/token").remove(0);
    assert_eq!(asked.field("grant_type").as_deref(), Some("urn:ietf:params:oauth:grant-type:jwt-bearer"));
    let claims = claims(&asked.field("assertion").expect("an assertion"));
    assert_eq!(
        claims,
        json!({"iss": "app 1", "sub": "user@acme.example", "aud": "https://login.example",
            "iat": noon().timestamp(), "exp": noon().timestamp() + 300})
    );
    assert_eq!(vendor.asked("/rows")[0].header("authorization"), "Bearer token-1");

    let plain = exchanged.replace("token_url = \"{url}/token\"\n", "key_id = \"k1\"\nlifetime_secs = 600\n");
    run(&vendor, &plain, RSA_KEY).await.expect("rows");
    assert_eq!(vendor.asked("/token").len(), 1, "nobody is asked");
    let sent = vendor.asked("/rows")[1].header("authorization").to_owned();
    let signed = sent.strip_prefix("Bearer ").expect("a bearer token");
    assert_eq!(self::claims(signed)["exp"], json!(noon().timestamp() + 600));
    let told = run(&vendor, &plain, "no key").await.expect_err("no key");
    assert_eq!(told, "the private key holds no RSA private key");
}

fn claims(token: &str) -> Value {
    use base64::Engine;
    let middle = token.split('.').nth(1).expect("claims");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(middle).expect("base64");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_token_is_made_anew_before_it_ends_and_when_it_is_refused() {
    let refused = std::sync::atomic::AtomicBool::new(true);
    let vendor = Vendor::serve(move |_| match refused.swap(false, std::sync::atomic::Ordering::SeqCst) {
        true => (401, "{}".to_owned()),
        false => rows(),
    })
    .await;
    let data = tempfile::tempdir().expect("a folder");
    let text = auth(
        "[auth]\nkind = \"jwt_bearer\"\nprivate_key = \"{{ secrets.key }}\"\nclaims = { iss = \"{{ secrets.id }}\" }\n",
    );
    let connection = vendor.connection(&text, &[], &[("id", "app"), ("key", RSA_KEY)]);
    let clock = Clock::fixed(noon());
    let engine = engine(data.path(), &clock);
    fetch(&engine, &connection).await.expect("rows");
    assert_eq!(vendor.asked("/rows").len(), 2, "once more after the refusal");
    clock.set(noon() + TimeDelta::seconds(269));
    fetch(&engine, &connection).await.expect("rows");
    clock.set(noon() + TimeDelta::seconds(271));
    fetch(&engine, &connection).await.expect("rows");
    let of = |at: usize| claims(vendor.asked("/rows")[at].header("authorization").trim_start_matches("Bearer "));
    assert_eq!(of(1), of(2));
    assert_eq!(of(3)["iat"], json!(noon().timestamp() + 271));
}

// facebookarchive/php-graph-sdk#26
#[tokio::test(flavor = "multi_thread")]
async fn a_sum_of_the_token_goes_beside_it_and_a_next_page_holds_it_once() {
    let host = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let own = host.clone();
    let vendor = Vendor::serve(move |asked| match asked.query.contains("page=2") {
        true => rows(),
        false => {
            let next = format!("{}/rows?page=2&{}", own.get().expect("an address"), asked.query);
            (200, json!({"rows": [], "next": next}).to_string())
        }
    })
    .await;
    host.set(vendor.url.clone()).expect("once");
    let text = r#"
[auth]
kind = "bearer"
token = "{{ secrets.id }}"
hmac = { query = "appsecret_proof", key = "{{ secrets.key }}" }
"#;
    run(&vendor, text, "app secret").await.expect("rows");
    let asked = vendor.asked("/rows");
    // printf 'app 1' | openssl dgst -sha256 -hmac 'app secret'
    let proof = "appsecret_proof=3cddeb207b83ebdedfddc66811069306bca666182e5815767b31b4f7952799b0";
    assert_eq!(asked[0].query, proof);
    assert_eq!(asked[1].query, format!("page=2&{proof}"));
    assert_eq!(asked[0].header("authorization"), "Bearer app 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_and_a_password_go_with_each_request() {
    let vendor = vendor(|_| json!({})).await;
    let text = "[auth]\nkind = \"basic\"\nuser = \"any\"\npassword = \"{{ secrets.key }}\"\n";
    run(&vendor, text, "key-us3").await.expect("rows");
    // any:key-us3
    assert_eq!(vendor.asked("/rows")[0].header("authorization"), "Basic YW55OmtleS11czM=");
}

const CHOICES: &str = r#"
[settings.auth]
about = "How to prove who asks."
default = "user"
[settings.account]
about = "The account that is acted for."
[auth]
kind = "one_of"
setting = "auth"
[auth.choices.user]
about = "A user's token."
kind = "bearer"
token = "{{ secrets.id }}"
[auth.choices.application]
about = "An application's key, for an account."
kind = "basic"
user = "{{ settings.account }}"
password = "{{ secrets.key }}"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_takes_one_of_several_ways_and_the_others_ask_for_nothing() {
    let vendor = vendor(|_| json!({})).await;
    let data = tempfile::tempdir().expect("a folder");
    let engine = engine(data.path(), &Clock::fixed(noon()));
    let text = auth(CHOICES);
    fetch(&engine, &vendor.connection(&text, &[], &[("id", "token-1")])).await.expect("rows");
    let settings = [("auth", "application"), ("account", "a1")];
    fetch(&engine, &vendor.connection(&text, &settings, &[("key", "k")])).await.expect("rows");
    let sent: Vec<String> =
        vendor.asked("/rows").iter().map(|asked| asked.header("authorization").to_owned()).collect();
    assert_eq!(sent, ["Bearer token-1", "Basic YTE6aw=="]);
}

#[test]
fn what_the_chosen_way_lacks_is_told() {
    let problems = |settings: &[(&str, &str)], secrets: &[(&str, &str)]| {
        connect(&auth(CHOICES), "http://127.0.0.1:1", settings, secrets).err().unwrap_or_default()
    };
    assert_eq!(problems(&[], &[]), ["the secret \"id\" is missing: An id."]);
    let of_application =
        ["the setting \"account\" is missing: The account that is acted for.", "the secret \"key\" is missing: A key."];
    assert_eq!(problems(&[("auth", "application")], &[]), of_application);
    let told = problems(&[("auth", "both")], &[("id", "x"), ("key", "y")]);
    assert!(told.contains(&"the setting \"auth\" must be one of \"application\", \"user\"".to_owned()), "{told:?}");
}
