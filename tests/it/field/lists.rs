//! No list ends in silence.

use super::case::run;

// stripe/stripe-ruby#507, stripe/stripe-python#567, stripe/stripe-node#2731
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_says_more_and_holds_nothing_stops_its_own_window() {
    run("w07").await;
}

// airbytehq/airbyte#82766, airbytehq/airbyte#26066, airbytehq/airbyte#83318, 8-bit-sheep/googleAnalyticsR#371
#[tokio::test(flavor = "multi_thread")]
async fn a_capped_page_is_not_the_last() {
    run("p20").await;
}

// airbytehq/airbyte#26066
#[tokio::test(flavor = "multi_thread")]
async fn a_full_page_without_a_total_is_not_the_last() {
    run("p21").await;
}

// airbytehq/airbyte#80744, airbytehq/airbyte#80745
#[tokio::test(flavor = "multi_thread")]
async fn a_short_or_empty_page_is_not_the_last() {
    run("p30").await;
}

// margince/margince#213, airbytehq/airbyte#61543
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_cursor_ends_the_list_aloud() {
    run("p31").await;
}

// HubSpot/hubspot-api-python#85
#[tokio::test(flavor = "multi_thread")]
async fn a_total_that_is_larger_than_the_list_is_reported() {
    run("p32").await;
}

// HubspotCommunity/hubspot-ruby#57, NangoHQ/integration-templates#585
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_cut_twice_deletes_nobody() {
    run("p62").await;
}

// PostHog/posthog#69948, plausible/analytics#4572
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_changes_while_it_is_read_was_not_read() {
    run("p64").await;
}

// dlt-hub/verified-sources#593, HubSpot/hubspot-api-python#135, HubSpot/hubspot-api-python#187, HubSpot/hubspot-api-nodejs#29
#[tokio::test(flavor = "multi_thread")]
async fn pages_within_a_deal_are_read_to_their_end() {
    run("p68").await;
}
