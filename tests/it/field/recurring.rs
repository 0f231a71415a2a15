//! Recurring revenue as it was, with discounts as Stripe applies them.

use super::case::run;

// bitwarden/server#7786, useautumn/autumn#535
#[tokio::test(flavor = "multi_thread")]
async fn two_percentages_are_taken_one_after_the_other() {
    run("w01").await;
}

// bitwarden/server#7831, stripe/stripe-java#159, laravel/cashier-stripe#1821
#[tokio::test(flavor = "multi_thread")]
async fn a_discount_of_the_customer_lowers_the_subscription() {
    run("w02").await;
}

// useautumn/autumn#535, stripe/stripe-ruby#1635, dj-stripe/dj-stripe#1671
#[tokio::test(flavor = "multi_thread")]
async fn a_coupon_for_one_product_lowers_that_product_alone() {
    run("w03").await;
}

// fivetran/dbt_stripe#153, commonknowledge/leftbookclub#288
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_plan_leaves_the_past_as_it_was() {
    run("w05").await;
}

// fivetran/dbt_stripe#146, fivetran/dbt_stripe#147
#[tokio::test(flavor = "multi_thread")]
async fn recurring_revenue_stands_on_days_without_any_payment() {
    run("w10").await;
}

// fivetran/dbt_stripe#153
#[tokio::test(flavor = "multi_thread")]
async fn recurring_revenue_stands_where_no_payment_is_known() {
    run("w10alt").await;
}

// airbytehq/airbyte#33678, PostHog/posthog#58148, airbytehq/airbyte#69747
#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_that_nobody_saw_is_dated_by_the_subscription_itself() {
    run("p35").await;
}

// TryGhost/Ghost#14470, fivetran/dbt_stripe#141
#[tokio::test(flavor = "multi_thread")]
async fn a_discount_that_ran_out_lowered_its_own_days() {
    run("p36").await;
}

// segmentio/stripe-cohort#2
#[tokio::test(flavor = "multi_thread")]
async fn a_coupon_can_reach_zero_and_only_in_its_own_currency() {
    run("p37").await;
}

// polarsource/polar#9306
#[tokio::test(flavor = "multi_thread")]
async fn a_price_for_several_intervals_counts_for_one_month() {
    run("x01").await;
}

// polarsource/polar#13943, useautumn/autumn#2227, laravel/cashier-stripe#1570
#[tokio::test(flavor = "multi_thread")]
async fn a_price_is_taken_in_the_currency_that_is_paid() {
    run("p42").await;
}

// useautumn/autumn#2260
#[tokio::test(flavor = "multi_thread")]
async fn a_coupon_that_was_made_again_under_its_id_is_another_coupon() {
    run("p43").await;
}

// PostHog/posthog.com#10037, Cap-go/capgo.app#2993
#[tokio::test(flavor = "multi_thread")]
async fn plans_of_before_the_first_reading_are_not_called_known() {
    run("p47").await;
}

// polarsource/polar#13239, invertase/stripe-firebase-extensions#457
#[tokio::test(flavor = "multi_thread")]
async fn what_was_paused_when_it_was_first_read_counted_until_then() {
    run("p48").await;
}

// stripe/openapi#57, warmbly/warmbly#541
#[tokio::test(flavor = "multi_thread")]
async fn a_discount_holds_as_long_as_what_was_invoiced_with_it() {
    run("p49").await;
}

// fivetran/dbt_stripe#32, santiment/sanbase2#5353, ParabolInc/parabol#7688
#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_that_are_not_paid_by_charges_are_reported() {
    run("p55").await;
}
