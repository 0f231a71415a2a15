//! Streams are held against one another, each with its tolerance.

use super::case::run;

// airbytehq/airbyte#13425, airbytehq/airbyte#10392, fivetran/dbt_google_ads#31
#[tokio::test(flavor = "multi_thread")]
async fn campaigns_that_do_not_add_up_to_the_account_are_reported() {
    run("p22").await;
}

// fivetran/dbt_google_ads#40, fivetran/dbt_ad_reporting#92
#[tokio::test(flavor = "multi_thread")]
async fn a_difference_within_the_tolerance_is_not_reported() {
    run("p23").await;
}

// department-of-veterans-affairs/va.gov-team#8329, googleanalytics/ga-dev-tools#1935
#[tokio::test(flavor = "multi_thread")]
async fn pages_with_far_fewer_sessions_than_sources_are_reported() {
    run("p24").await;
}

// airbytehq/airbyte#27939
#[tokio::test(flavor = "multi_thread")]
async fn sources_with_more_sessions_than_pages_are_reported() {
    run("p26").await;
}

// googleads/googleads-php-lib#390, airbytehq/airbyte#19110
#[tokio::test(flavor = "multi_thread")]
async fn conversions_that_the_campaigns_lack_are_reported() {
    run("p66").await;
}

// googleanalytics/google-analytics-plugin-for-unity#106, PostHog/posthog#86141
#[tokio::test(flavor = "multi_thread")]
async fn clicks_on_ads_without_visits_are_reported() {
    run("p91").await;
}

// linuxfoundation/lfx-self-serve#2123
#[tokio::test(flavor = "multi_thread")]
async fn fewer_visits_than_clicks_are_not_reported() {
    run("p92").await;
}
