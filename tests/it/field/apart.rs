//! One failure does not stop the others: accounts, properties, windows and streams.

use super::case::run;

// airbytehq/airbyte#12486, PostHog/posthog#78187, Jaal-Yantra-Textiles/v2#918
#[tokio::test(flavor = "multi_thread")]
async fn one_account_without_access_leaves_the_others_read_and_is_named() {
    run("w15").await;
}

// airbytehq/airbyte#40675, airbytehq/airbyte#12486
#[tokio::test(flavor = "multi_thread")]
async fn one_property_without_access_leaves_the_other_read() {
    run("w15ga").await;
}

// airbytehq/airbyte#6092, airbytehq/airbyte#40675, GSA/data.gov#5594
#[tokio::test(flavor = "multi_thread")]
async fn a_property_out_of_tokens_leaves_the_other_read() {
    run("w34").await;
}

// airbytehq/airbyte#78504, google-marketing-solutions/dgpulse#38
#[tokio::test(flavor = "multi_thread")]
async fn windows_before_the_retention_leave_the_later_ones_read() {
    run("p06").await;
}

// airbytehq/airbyte#10315, airbytehq/airbyte#5411
#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_fails_for_a_day_is_a_hole_that_is_filled() {
    run("p07").await;
}

// airbytehq/airbyte#35664
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_joins_later_is_expected_and_read_from_the_beginning() {
    run("p08").await;
}

// PostHog/posthog#95301, singer-io/tap-hubspot#16, airbytehq/airbyte#12484
#[tokio::test(flavor = "multi_thread")]
async fn deals_that_may_not_be_read_leave_contacts_read() {
    run("p28").await;
}

// estuary/connectors#1782, estuary/connectors#1946, airbytehq/airbyte#21394, PostHog/posthog#96463
#[tokio::test(flavor = "multi_thread")]
async fn disputes_that_may_not_be_read_leave_payments_read() {
    run("p29").await;
}

// anolilab/lunora#725, apache/texera#6279
#[tokio::test(flavor = "multi_thread")]
async fn one_row_of_money_that_cannot_be_used_is_reported_by_its_name() {
    run("p44").await;
}
