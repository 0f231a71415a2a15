//! Money is what moved, as the ledger has it.

use super::case::run;

// dj-stripe/dj-stripe#1037, dj-stripe/dj-stripe#1075, solidusio/solidus_stripe#268
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_expired_gives_nothing_back() {
    run("w06").await;
}

// antiwork/gumroad#5779
#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_was_canceled_gives_nothing_back() {
    run("w08").await;
}

// stripe/stripe-dotnet#138, opencollective/opencollective#8803
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_is_captured_later_is_dated_by_the_capture() {
    run("w28").await;
}

// fivetran/dbt_stripe#88, fivetran/dbt_stripe#92, alphagov/pay-connector#5011
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_disputed_twice_moves_each_entry_once() {
    run("p38").await;
}

// opencollective/opencollective#6166, opencollective/opencollective#8251, balanced/balanced-docs#374
#[tokio::test(flavor = "multi_thread")]
async fn a_debit_that_fails_after_it_was_booked_leaves_nothing() {
    run("p39").await;
}

// jonaswitt/stripe-datev-exporter#15
#[tokio::test(flavor = "multi_thread")]
async fn money_in_the_ledger_without_a_payment_is_reported() {
    run("p40").await;
}

// docs.stripe.com/reports/reporting-categories, dj-stripe/dj-stripe#1037
#[tokio::test(flavor = "multi_thread")]
async fn a_partial_capture_in_two_ledger_entries_is_one_payment() {
    run("p41").await;
}

// wasp-lang/open-saas#456, Paymenter/Paymenter#1258
#[tokio::test(flavor = "multi_thread")]
async fn amounts_without_hundredths_are_not_divided() {
    run("x02").await;
}

// antiwork/gumroad#6852, singer-io/tap-stripe#220, airbytehq/airbyte#65911
#[tokio::test(flavor = "multi_thread")]
async fn money_that_moves_after_the_first_day_counts_though_its_object_is_older() {
    run("p52").await;
}

// vapor-community/stripe#23, stripe/stripe-dotnet#837, stripe/stripe-dotnet#547
#[tokio::test(flavor = "multi_thread")]
async fn payments_that_are_passed_on_are_reported() {
    run("p54").await;
}

// mozilla/looker-spoke-default#966, reapit/foundations#1193
#[tokio::test(flavor = "multi_thread")]
async fn tax_in_amounts_is_reported() {
    run("p56").await;
}
