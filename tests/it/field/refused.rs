//! Permanent errors end at once, with the vendor's words and what to change.

use super::case::run;

// Opteo/google-ads-api#259, Opteo/google-ads-api#312, googleads/google-ads-php#591
#[tokio::test(flavor = "multi_thread")]
async fn account_ids_with_dashes_are_reported_without_the_network() {
    run("w19").await;
}

// PostHog/posthog#56470
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_not_asked_for_again_and_again() {
    run("p16").await;
}

// PostHog/posthog#64609, PipedreamHQ/pipedream#21017, ComposioHQ/composio#4169
#[tokio::test(flavor = "multi_thread")]
async fn a_quota_of_hours_is_not_waited_for_inside_a_run() {
    run("p17").await;
}

// airbytehq/airbyte#1933, googleapis/google-api-python-client#920
#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_is_not_switched_on_is_reported_in_the_vendors_words() {
    run("p18").await;
}

// bakissation/mcp-google-multi#203
#[tokio::test(flavor = "multi_thread")]
async fn property_ids_as_people_write_them_are_reported_without_the_network() {
    run("p19").await;
}

// airbytehq/airbyte#35709, googleads/google-ads-dotnet#78
#[tokio::test(flavor = "multi_thread")]
async fn two_step_verification_is_reported_as_its_own_remedy() {
    run("p70").await;
}

// mediafigaro/google-analytics-api-symfony#7, googleapis/google-api-php-client#1501, erebusnz/gapi-google-analytics-php-interface#147
#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_is_never_connected_again() {
    run("p71").await;
}

// woocommerce/woocommerce-gateway-stripe#1128, woocommerce/woocommerce-gateway-stripe#3666, dj-stripe/dj-stripe#1342
#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_account_loads_nothing() {
    run("p45").await;
}

// estuary/connectors#1982, airbytehq/airbyte#11488
#[tokio::test(flavor = "multi_thread")]
async fn one_object_that_cannot_be_read_is_reported_and_leaves_the_others() {
    run("p51").await;
}
