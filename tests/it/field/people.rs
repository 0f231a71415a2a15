//! One person by every key that agrees, and days that change with merged and deleted people.

use super::case::run;

// edalzell/statamic-charge#83, MayOneUS/pledgeservice#32
#[tokio::test(flavor = "multi_thread")]
async fn a_payer_with_and_without_an_address_is_one_customer() {
    run("w11").await;
}

// fivetran/dbt_hubspot#46, fivetran/dbt_hubspot#168, singer-io/tap-hubspot#49
#[tokio::test(flavor = "multi_thread")]
async fn a_merged_contact_counts_no_more_on_its_own_day() {
    run("w20").await;
}

// HubSpot/hubspot-api-php#503, HubSpot/hubspot-api-python#78, airbytehq/airbyte#35017
#[tokio::test(flavor = "multi_thread")]
async fn a_contact_deleted_for_good_counts_no_more_and_is_reported() {
    run("w22").await;
}

// fivetran/dbt_hubspot#134
#[tokio::test(flavor = "multi_thread")]
async fn merged_deals_count_once() {
    run("w23").await;
}

// airbytehq/airbyte#69203, supaglue-labs/supaglue#665, HubSpot/hubspot-api-php#59
#[tokio::test(flavor = "multi_thread")]
async fn contacts_that_the_search_index_shows_late_are_read() {
    run("w24").await;
}

// Cap-go/capgo.app#2010, PostHog/posthog#58148
#[tokio::test(flavor = "multi_thread")]
async fn who_paid_before_the_first_day_is_no_new_customer() {
    run("w29").await;
}

// airbytehq/airbyte#34597
#[tokio::test(flavor = "multi_thread")]
async fn payers_have_the_origin_of_contacts_that_nobody_touched_since() {
    run("w31").await;
}

// singer-io/tap-hubspot#106, airbytehq/airbyte#35017
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_contact_counts_again() {
    run("w33").await;
}

// laravel/cashier-stripe#1540, woocommerce/woocommerce-gateway-stripe#3124, TryGhost/Ghost#16057
#[tokio::test(flavor = "multi_thread")]
async fn one_buyer_with_three_customers_and_two_addresses_is_new_once() {
    run("p33").await;
}

// PostHog/posthog#48789, apify/apify-shared-js#260, HubSpot/hubspot-api-nodejs#24
#[tokio::test(flavor = "multi_thread")]
async fn a_payer_is_known_by_the_contacts_second_address() {
    run("p34").await;
}

// dlt-hub/verified-sources#647, dubinc/dub#2947
#[tokio::test(flavor = "multi_thread")]
async fn a_stage_of_the_accounts_own_is_reported_and_can_be_named() {
    run("x03").await;
}

// ostelco/ostelco-core#569, strangerstudios/paid-memberships-pro#1218
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_a_customer_gets_later_counts_for_all_payments() {
    run("p50").await;
}

// fivetran/dbt_shopify#37, zikula/core#3720
#[tokio::test(flavor = "multi_thread")]
async fn an_address_for_receipts_joins_no_customers_who_have_their_own() {
    run("p53").await;
}
