//! Days are read again for as long as the vendor may change them.

use super::case::run;

// googleapis/google-cloud-python#17380, googleanalytics/ga-dev-tools#1999
#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_was_repaired_after_a_week_is_read_again() {
    run("w12").await;
}

// PostHog/posthog#64836, airbytehq/airbyte#49834
#[tokio::test(flavor = "multi_thread")]
async fn conversions_that_come_after_thirty_days_are_read() {
    run("w17").await;
}

// airbytehq/airbyte#38884, estuary/connectors#2516
#[tokio::test(flavor = "multi_thread")]
async fn key_events_that_move_for_twelve_days_are_read() {
    run("p13").await;
}

// PostHog/posthog#66449
#[tokio::test(flavor = "multi_thread")]
async fn cost_that_settles_for_a_week_is_read_in_every_tier() {
    run("p14").await;
}

// estuary/connectors#1272
#[tokio::test(flavor = "multi_thread")]
async fn conversions_that_are_taken_back_after_six_weeks_are_read() {
    run("p15").await;
}

// googleanalytics/ga-dev-tools#1050
#[tokio::test(flavor = "multi_thread")]
async fn origins_that_come_in_the_course_of_the_day_replace_the_window() {
    run("p27").await;
}
