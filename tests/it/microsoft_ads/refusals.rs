//! What the vendor refuses, and what a sync says of it.

use super::{ACCOUNT, synced};
use crate::support::texts;
use daybook::jobs::sync::sync_connection;
use daybook::sandbox::{Armed, Fault, Faults, Sandbox, Troubles, Vendor};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn too_many_calls_are_waited_for_and_told_in_the_vendor_s_words() {
    let (world, source) = synced(5, Faults::none()).await;
    let arm = |times| {
        let path = "GenerateReport/Submit".to_owned();
        world.sandbox.arm(Armed { path, fault: Fault::TooMany, times });
    };
    arm(2);
    let outcomes = sync_connection(&world.context, &source, &|_| ()).await;
    assert!(outcomes.iter().all(|outcome| outcome.error.is_none()), "{outcomes:?}");
    arm(1000);
    let outcomes = sync_connection(&world.context, &source, &|_| ()).await;
    let error = outcomes[0].error.clone().expect("too many");
    assert!(error.can_retry, "{error:?}");
    assert!(error.message.contains("You exceeded the number of calls"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_token_is_told_once_with_what_to_do_and_what_is_held_stays() {
    let (world, source) = synced(5, Faults::none()).await;
    sync_connection(&world.context, &source, &|_| ()).await;
    let held = || texts(&world.context.warehouse, "SELECT sum(cost)::VARCHAR FROM core.ad_daily");
    let before = held();
    let wrong_token = [Vendor::MicrosoftAds].into();
    world.sandbox.set_troubles(Troubles { wrong_token, ..Troubles::default() });
    let asked = world.sandbox.request_counts()["microsoft_ads"];
    let outcomes = sync_connection(&world.context, &source, &|_| ()).await;
    // The other streams are read once a day.
    for outcome in outcomes.iter().filter(|outcome| ["account_daily", "ad_daily"].contains(&outcome.stream.as_str())) {
        let error = outcome.error.clone().expect("no access");
        assert!(!error.can_retry && error.message.contains("connect the account again"), "{error:?}");
    }
    // PostHog/posthog#63786: a dead credential was shown 12,000 times.
    let asked = world.sandbox.request_counts()["microsoft_ads"] - asked;
    assert!(asked <= 3, "{asked} requests");
    assert_eq!(held(), before);
    world.sandbox.set_troubles(Troubles::default());
}

/// PostHog/posthog#64197: one of several ranges failed, and the sync was called a success.
#[tokio::test(flavor = "multi_thread")]
async fn days_of_a_report_that_fails_are_told_missing_and_the_others_are_there() {
    let (world, mut source) = synced(40, Faults::none()).await;
    let mut connector = (*source.connection.connector).clone();
    (connector.spec.limits.attempts, connector.spec.limits.concurrency) = (1, 1);
    connector.spec.streams.retain(|id, _| id == "ad_daily");
    source.connection.connector = Arc::new(connector);
    world.sandbox.arm(Armed { path: "GenerateReport/Submit".to_owned(), fault: Fault::Forbidden, times: 1 });
    let outcomes = sync_connection(&world.context, &source, &|_| ()).await;
    assert!(outcomes[0].error.is_some() && outcomes[0].slices >= 1, "{outcomes:?}");
    let days = "SELECT (count(*) FILTER (WHERE is_whole_day))::VARCHAR FROM ops.coverage";
    let held: u64 = texts(&world.context.warehouse, days)[0].parse().expect("a number");
    assert!((1..40).contains(&held), "{held} days");
    sync_connection(&world.context, &source, &|_| ()).await;
    assert_eq!(texts(&world.context.warehouse, days), ["40"], "the next sync brings them");
}

/// A request with the connector's headers and another body.
async fn asked(sandbox: &Sandbox, call: &str, account: &str, body: &Value) -> (u16, Value) {
    let keys = Sandbox::credentials();
    let base = format!("{}/microsoft_ads", sandbox.base_url());
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().expect("a client");
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", keys.microsoft_client_id),
        ("client_secret", keys.microsoft_client_secret),
        ("refresh_token", keys.microsoft_refresh_token),
        ("scope", "https://ads.microsoft.com/msads.manage offline_access"),
    ];
    let token = client.post(format!("{base}/common/oauth2/v2.0/token")).form(&form).send().await.expect("an answer");
    let token: Value = token.json().await.expect("JSON");
    assert_ne!(token["refresh_token"], keys.microsoft_refresh_token, "each exchange gives a new one");
    let request = client
        .post(format!("{base}/{call}"))
        .bearer_auth(token["access_token"].as_str().expect("a token"))
        .header("DeveloperToken", keys.microsoft_developer_token)
        .header("CustomerAccountId", account)
        .json(body);
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

fn report(columns: &[&str], year: i32) -> Value {
    let day = json!({"Year": year, "Month": 11, "Day": 10});
    json!({"ReportRequest": {
        "Type": "CampaignPerformanceReportRequest", "Aggregation": "Daily", "Columns": columns,
        "Scope": {"AccountIds": [ACCOUNT.parse::<u64>().expect("a number")]},
        "Time": {"CustomDateRangeStart": day, "CustomDateRangeEnd": day},
    }})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_connector_does_not_ask_is_refused_as_the_vendor_refuses_it() {
    let (world, _) = synced(5, Faults::none()).await;
    let sandbox = &world.sandbox;
    let submit = "Reporting/v13/GenerateReport/Submit";
    let code = async |account: &str, body: Value| {
        let (status, answer) = asked(sandbox, submit, account, &body).await;
        let error = &answer["OperationErrors"][0];
        (status, error["Code"].as_u64().unwrap_or(0), error["Details"].as_str().unwrap_or_default().to_owned())
    };
    let columns = ["TimePeriod", "CampaignId", "Spend"];
    assert_eq!(code(ACCOUNT, report(&columns, 2026)).await.0, 200);
    let (status, found, details) = code(ACCOUNT, report(&["TimePeriod", "Spend", "Goal"], 2026)).await;
    assert_eq!((status, found), (400, 100));
    assert!(details.ends_with("$.Columns[2]"), "{details}");
    assert_eq!(code(ACCOUNT, report(&["CampaignId", "Spend"], 2026)).await.1, 2015, "a summary without days");
    assert_eq!(code("77", report(&columns, 2026)).await.1, 2003, "an account that the user does not see");
    assert_eq!(code(ACCOUNT, report(&columns, 2021)).await.1, 2010, "older than what is kept");
    assert_eq!(code(ACCOUNT, report(&columns, 2027)).await.1, 2010, "not over yet");
    let (status, answer) =
        asked(sandbox, "Reporting/v13/GenerateReport/Poll", ACCOUNT, &json!({"ReportRequestId": "1"})).await;
    assert_eq!((status, &answer["OperationErrors"][0]["Code"]), (400, &json!(2100)), "a report that nobody asked for");
    let search = json!({"PageInfo": {"Index": 0, "Size": 10}, "Predicates": []});
    assert_eq!(asked(sandbox, "CustomerManagement/v13/Accounts/Search", "", &search).await.0, 400);
}
