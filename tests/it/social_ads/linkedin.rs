//! The software company's ads on LinkedIn.

use super::{Configured, Installation, MEASURES, impatient};
use daybook::sandbox::{Armed, Fault, SOFTWARE, Sandbox};
use daybook::support::secret::Secret;

const ACCOUNT: &str = "510000001";
const TABLES: [&str; 4] = ["ad_account_daily", "ad_daily", "ad_conversion_daily", "ad_device_daily"];

async fn installation(days: u64) -> Installation {
    installation_of(days, "account_ids = []").await
}

async fn installation_of(days: u64, accounts: &str) -> Installation {
    let keys = Sandbox::credentials();
    let secrets = [
        ("client_id", keys.linkedin_client_id),
        ("client_secret", keys.linkedin_client_secret),
        ("refresh_token", keys.linkedin_refresh_token),
    ];
    let configured = Configured {
        connector: "linkedin_ads",
        workspace: SOFTWARE,
        zone: "America/New_York",
        settings: &format!("token_url = \"{{base}}/oauth/v2/accessToken\", {accounts}"),
        secrets: &secrets,
        // Small pages: campaign groups are few.
        other: &[("pageSize=100", "pageSize=2"), ("requests = 10\n", "requests = 1000\n")],
    };
    Installation::new(days, &configured).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_comes_to_its_visits_and_its_parts_to_the_account() {
    let installed = installation(100).await;
    installed.sync().await;
    let days = installed.visits(SOFTWARE, "linkedin");
    assert_eq!(installed.amiss(&days, 90, "core.ad_account_daily"), Vec::<String>::new());
    // airbytehq/airbyte#48451: conversions were fewer than shown, for devices of two campaigns had one key.
    for (of, parts, keys) in [
        ("core.ad_account_daily", "core.ad_daily", "date, account_id, currency"),
        ("core.ad_daily", "core.ad_device_daily", "date, campaign_id, campaign_name"),
    ] {
        assert_eq!(installed.apart(of, parts, keys, &MEASURES), Vec::<String>::new(), "{parts}");
    }
    let names = "SELECT DISTINCT concat_ws(', ', account_id, campaign_name, campaign_status, currency) FROM core.ad_daily ORDER BY 1";
    let of = |rest: &str| format!("{ACCOUNT}, {rest}, USD");
    let archived = "Spring Webinar, ARCHIVED";
    assert_eq!(
        installed.texts(names),
        [of("630100004, "), of("Benchmark Report, PAUSED"), of(archived), of("Support Leaders, ACTIVE")],
        "what is gone from the list has its id"
    );
    let devices = "SELECT DISTINCT device FROM core.ad_device_daily ORDER BY 1";
    assert_eq!(installed.texts(devices), ["desktop_web", "mobile_app", "mobile_web", "unknown"]);
    let kinds = "SELECT CAST((sum(conversions) FILTER (kind = 'website') = sum(conversions) FILTER (kind LIKE 'website_post%')
            AND sum(conversions) FILTER (kind = 'website') = (SELECT sum(conversions) FROM core.ad_daily)
            AND sum(conversions) FILTER (kind = 'website_post_view') > 0 AND sum(conversions) FILTER (kind = 'lead') > 0) AS VARCHAR)
        FROM core.ad_conversion_daily";
    assert_eq!(installed.texts(kinds), ["true"]);
    let rules = "SELECT kind FROM core.ad_conversion_daily WHERE kind LIKE 'rule %' GROUP BY kind HAVING sum(conversions) > 0 ORDER BY 1";
    assert_eq!(installed.texts(rules), ["rule 22100003", "rule demo request", "rule whitepaper download"]);
    // airbytehq/airbyte#35544: conversions by rule came to fewer than those of the campaign.
    let of_kind =
        |kind: &str| format!("(SELECT * FROM core.ad_conversion_daily WHERE kind LIKE '{kind}' AND conversions > 0)");
    let (all, by_rule) = (of_kind("website"), of_kind("rule %"));
    let campaigns = "date, campaign_id, campaign_name, ad_group_id";
    assert_eq!(installed.apart(&all, &by_rule, campaigns, &["conversions", "conversion_value"]), Vec::<String>::new());

    let price = "SELECT CAST(min(cost / clicks) > 4.9 AND max(cost / clicks) < 9.8 AND count(DISTINCT cost / clicks) > 50 AS VARCHAR)
        FROM core.ad_daily WHERE clicks > 0";
    assert_eq!(installed.texts(price), ["true"], "bids move by the day");

    let before = installed.rows(&TABLES);
    installed.sync().await;
    assert!(before.len() > 1000 && before == installed.rows(&TABLES), "a second sync changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_and_a_dead_token_are_told_in_words() {
    let installed = installation(5).await;
    let source = impatient(installed.source());
    let told = async |source| {
        let outcomes = installed.sync_as(source).await;
        outcomes.into_iter().find_map(|outcome| outcome.error).map(|error| error.message).unwrap_or_default()
    };
    installed.sandbox.arm(Armed { path: "adAnalytics".to_owned(), fault: Fault::TooMany, times: 1 });
    let limited = told(&source).await;
    assert!(limited.contains("LinkedIn asks to slow down") && limited.contains("Resource level throttle"), "{limited}");

    // airbytehq/PyAirbyte#274: a refused refresh token was told as a bad request, without LinkedIn's reason.
    let mut dead = source.clone();
    dead.connection.secrets.insert("refresh_token".to_owned(), Secret::new("AQW-of-before"));
    let revoked = told(&dead).await;
    assert!(revoked.contains("invalid, expired or revoked"), "{revoked}");
    let mut of_hand = source.clone();
    of_hand.connection.settings.insert("auth".to_owned(), "access_token".into());
    of_hand.connection.secrets.insert("access_token".to_owned(), Secret::new("AQX-of-before"));
    let expired = told(&of_hand).await;
    assert!(expired.contains("LinkedIn does not accept the access token"), "{expired}");
    installed.sync().await;
}

/// PostHog/posthog#64731: the member had to connect again though a refresh token was there.
#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_that_expires_within_a_sync_is_renewed() {
    let installed = installation(5).await;
    installed.sandbox.arm(Armed { path: "adAnalytics".to_owned(), fault: Fault::Revoked, times: 1 });
    installed.sync().await;
    assert_eq!(installed.texts("SELECT count(DISTINCT date)::VARCHAR FROM core.ad_account_daily"), ["5"]);
}

/// bruin-data/ingestr#682: an error of one account was swallowed.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_cannot_be_read_is_named_and_the_other_is_read() {
    let installed = installation_of(5, &format!("account_ids = [\"{ACCOUNT}\", \"510000009\"]")).await;
    let outcomes = installed.sync_as(&impatient(installed.source())).await;
    for outcome in outcomes {
        let told = outcome.error.map(|error| error.message).unwrap_or_default();
        assert!(told.contains("510000009") && !told.contains(ACCOUNT), "{}: {told}", outcome.stream);
    }
    for table in TABLES {
        let read = format!("SELECT DISTINCT account_id FROM core.{table}");
        assert_eq!(installed.texts(&read), [ACCOUNT], "{table}");
    }
}

#[tokio::test]
async fn requests_are_refused_as_linkedin_refuses_them() {
    let installed = installation(5).await;
    let base = format!("{}/linkedin_ads/rest", installed.sandbox.base_url());
    let client = reqwest::Client::builder().build().expect("a client");
    let token = format!("Bearer {}", Sandbox::credentials().linkedin_access_token);
    let sound =
        [("authorization", token.as_str()), ("linkedin-version", "202609"), ("x-restli-protocol-version", "2.0.0")];
    let ask = async |path: &str, headers: &[(&str, &str)]| {
        let mut request = client.get(format!("{base}/{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let body: serde_json::Value = serde_json::from_str(&answer.text().await.expect("text")).expect("JSON");
        (status, body)
    };
    let day = "(year:2026,month:11,day:16)";
    let analytics = |account: &str, pivots: &str, fields: &str| {
        format!(
            "adAnalytics?q=statistics&pivots=List({pivots})&timeGranularity=DAILY&dateRange=(start:{day},end:{day})\
             &accounts=List(urn%3Ali%3AsponsoredAccount%3A{account})&fields={fields}"
        )
    };
    let usual = analytics(ACCOUNT, "CAMPAIGN", "clicks,dateRange,pivotValues");
    let (status, body) = ask(&usual, &sound).await;
    assert_eq!((status, body["elements"].as_array().map(Vec::is_empty)), (200, Some(false)), "{body}");
    // Whoever may not read an account is not told so.
    let (status, body) = ask(&analytics("123", "CAMPAIGN", "clicks"), &sound).await;
    assert_eq!((status, &body["elements"]), (200, &serde_json::json!([])));

    let ended = [sound[0], ("linkedin-version", "202403"), sound[2]];
    let many = vec!["clicks"; 21].join(",");
    // linuxfoundation/lfx-self-serve#950 asked with colons as they stand and for `pivotValue`.
    for (path, headers, status, told) in [
        (usual.as_str(), &sound[1..], 401, "INVALID_ACCESS_TOKEN"),
        (&usual, &[sound[0], sound[2]], 400, "VERSION_MISSING"),
        (&usual, &ended, 426, "Requested version 20240301 is not active"),
        (&usual, &sound[..2], 400, "PARAM_INVALID"),
        (&usual.replace("(CAMPAIGN)", "%28CAMPAIGN%29"), &sound, 400, "pivots"),
        (&usual.replace("urn%3Ali%3AsponsoredAccount%3A", "urn:li:sponsoredAccount:"), &sound, 400, "accounts"),
        (&usual.replace("&accounts=", "&others="), &sound, 400, "Parameter 'accounts' is required"),
        (&analytics(ACCOUNT, "MEMBER_MOOD", "clicks"), &sound, 400, "pivots"),
        (&analytics(ACCOUNT, "CAMPAIGN", &many), &sound, 400, "fields"),
        (&analytics(ACCOUNT, "CAMPAIGN", "pivotValue"), &sound, 400, "fields"),
        (&analytics(ACCOUNT, "CAMPAIGN,CONVERSION", "clicks"), &sound, 400, "fields"),
        ("conversions?q=account&account=urn:li:sponsoredAccount:510000001", &sound, 400, "account"),
        ("adAccounts/123", &sound, 404, "NOT_FOUND"),
        ("adBudgets", &sound, 404, "RESOURCE_NOT_FOUND"),
    ] {
        let (found, body) = ask(path, headers).await;
        assert!(found == status && body.to_string().contains(told), "{path}: {found} {body}");
        assert_eq!(body["status"], status, "{path}");
    }

    // What was archived is only listed where it is asked for.
    let (_, body) = ask(&format!("adAccounts/{ACCOUNT}/adCampaignGroups?q=search"), &sound).await;
    assert_eq!(body["elements"].as_array().map(Vec::len), Some(2), "{body}");
}
