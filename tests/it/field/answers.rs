//! What the vendor says about its own answer reaches the reader.

use super::case::run;

// singer-io/tap-google-analytics#75, blackcowmoo/grafana-google-analytics-datasource#121,
// 8-bit-sheep/googleAnalyticsR#419
#[tokio::test(flavor = "multi_thread")]
async fn rows_without_a_date_are_asked_for_by_day_and_reported() {
    run("w13").await;
}

// airbytehq/airbyte#18717, superformlabs/ga4dataform-community#15
#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_differs_is_reported_and_no_day_is_whole_before_its_end() {
    run("w14").await;
}

// airbytehq/airbyte#8570, 8-bit-sheep/googleAnalyticsR#427, 18F/analytics-reporter#746
#[tokio::test(flavor = "multi_thread")]
async fn sampling_and_withheld_rows_are_reported_beside_the_figures() {
    run("w30").await;
}

// airbytehq/airbyte#19030
#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_exact_however_they_are_written() {
    run("w26").await;
}

// daidalytics/google-analytics-cli#23
#[tokio::test(flavor = "multi_thread")]
async fn days_that_the_vendor_cut_are_not_days_without_visits() {
    run("p09").await;
}

// google/site-kit-wp#10177, google/site-kit-wp#10143
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_source_is_an_unknown_origin_and_counts() {
    run("p10").await;
}

// 18F/analytics-reporter#746, googleanalytics/ga-dev-tools#2332
#[tokio::test(flavor = "multi_thread")]
async fn sources_that_were_folded_are_asked_for_by_day() {
    run("p11").await;
}

// woocommerce/google-listings-and-ads#363, PostHog/posthog#47315
#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_another_currency_is_never_taken_for_the_own() {
    run("p12").await;
}

// googleads/google-ads-dotnet#305, googleads/google-ads-python#707, googleads/google-ads-java#671
#[tokio::test(flavor = "multi_thread")]
async fn an_error_behind_good_rows_is_an_error() {
    run("p60").await;
}

// googleads/google-ads-dotnet#305, googleads/google-ads-python#707, googleads/google-ads-java#671
#[tokio::test(flavor = "multi_thread")]
async fn an_error_far_behind_good_rows_is_an_error() {
    run("p61").await;
}

// airbytehq/airbyte#67562
#[tokio::test(flavor = "multi_thread")]
async fn sessions_without_a_source_are_reported_with_their_share() {
    run("p67").await;
}

// Subscribie/subscribie#918, Subscribie/subscribie#982
#[tokio::test(flavor = "multi_thread")]
async fn test_data_is_reported_as_such() {
    run("p46").await;
}
