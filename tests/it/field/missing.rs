//! A missing answer is not zero: what was there stays, is doubted, and says so.

use super::case::run;

// airbytehq/airbyte#12486, airbytehq/airbyte#12914, artefactory/artefactory-connectors-kit#36
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_keeps_its_past_cost() {
    run("w16").await;
}

// GoogleCloudPlatform/php-docs-samples#1594, googleapis/google-api-dotnet-client#2645,
// googleapis/google-cloud-python#17380
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_suddenly_empty_is_doubted() {
    run("w32").await;
}

// dlt-hub/dlt#3998
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_window_of_an_account_that_had_cost_is_doubted() {
    run("p01").await;
}

// googleapis/google-api-nodejs-client#807
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_counts_rows_and_sends_none_is_no_answer() {
    run("p02").await;
}

// estuary/connectors#2368
#[tokio::test(flavor = "multi_thread")]
async fn days_without_visits_are_whole_and_quiet_where_visitors_agree() {
    run("p03").await;
}

// PostHog/posthog#45814
#[tokio::test(flavor = "multi_thread")]
async fn a_smaller_answer_that_the_account_confirms_is_accepted() {
    run("p04").await;
}

// airbytehq/airbyte#78504
#[tokio::test(flavor = "multi_thread")]
async fn what_the_vendor_no_longer_keeps_stays_as_it_was_read() {
    run("p05").await;
}

// matomo-org/plugin-GoogleAnalyticsImporter#367
#[tokio::test(flavor = "multi_thread")]
async fn a_day_with_visitors_and_without_sessions_is_doubted_on_the_first_read() {
    run("p25").await;
}

// GoogleCloudPlatform/php-docs-samples#1594, googleapis/google-api-dotnet-client#2645
#[tokio::test(flavor = "multi_thread")]
async fn a_doubt_that_outlasts_the_look_back_is_not_confirmed() {
    run("x04").await;
}

// GoogleCloudPlatform/php-docs-samples#1594, googleapis/google-cloud-python#17380
#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_accept_an_empty_answer() {
    run("x05").await;
}

// dlt-hub/dlt#3998
#[tokio::test(flavor = "multi_thread")]
async fn reports_that_fall_silent_together_do_not_confirm_one_another() {
    run("p01ga").await;
}

// googleads/google-ads-python#300, googleads/google-ads-dotnet#73
#[tokio::test(flavor = "multi_thread")]
async fn cost_without_impressions_that_falls_silent_is_doubted() {
    run("p63").await;
}

// mindsdb/mindshub#11935, airbytehq/airbyte#8055, airbytehq/airbyte#18624
#[tokio::test(flavor = "multi_thread")]
async fn a_property_that_is_never_sent_is_reported() {
    run("p65").await;
}

// airbytehq/airbyte#33707, PostHog/posthog#37826
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_nobody_configured_is_named() {
    run("p69").await;
}
