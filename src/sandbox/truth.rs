//! What the simulated companies really did, by day: what reports must equal to the cent.

use super::billing;
use super::company::Tenant;
use super::drops::{creator_days, rate_of_day};
use super::hostile::{Excess, plant};
use super::identities::{merged_customers, person, settle};
use super::people::{Contact, Discount, Lives, Refund, Subscription, begin};
use super::traffic::{AdDay, Visit, day};
use crate::domain::money::{Currency, cross_rate};
use chrono::{DateTime, Days, NaiveDate, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One tenant's simulated year as it stands at an instant.
#[derive(Clone, Debug)]
pub struct Simulation {
    pub tenant: Tenant,
    pub first: NaiveDate,
    /// The last whole day.
    pub last: NaiveDate,
    /// The last whole day when the year was planted: what is planted stays where it is as time passes.
    pub planted_through: NaiveDate,
    pub as_of: DateTime<Utc>,
    pub visits: Vec<Visit>,
    pub ads: Vec<AdDay>,
    pub lives: Lives,
    /// What vendors send beyond all that may be held; no part of the truth.
    pub excess: Excess,
}

/// The truth of both tenants.
#[derive(Clone, Debug, Serialize)]
pub struct Truth {
    pub tenants: BTreeMap<String, TenantTruth>,
    /// What was planted, for whoever wants to see it found.
    pub events: Vec<String>,
}

/// One tenant's truth; money in the workspace's currency.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TenantTruth {
    pub days: BTreeMap<NaiveDate, Day>,
    /// All days together, by the page that sessions began on.
    pub pages: BTreeMap<&'static str, PageTotals>,
    pub records: Records,
}

/// What began on a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PageTotals {
    pub sessions: u64,
    pub engaged_sessions: u64,
    pub pageviews: u64,
    pub key_events: u64,
}

/// What the vendors hold as records, dead ones among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Records {
    /// Alive in the CRM.
    pub contacts: u64,
    pub deals: u64,
    /// In its recycle bin.
    pub deleted_contacts: u64,
    pub deleted_deals: u64,
    /// Links of living deals to living contacts.
    pub deal_contacts: u64,
    /// Disputes by Stripe's status.
    pub disputes: BTreeMap<&'static str, u64>,
    /// Refunds by Stripe's status.
    pub refunds: BTreeMap<&'static str, u64>,
    /// Subscriptions by Stripe's status.
    pub subscriptions: BTreeMap<&'static str, u64>,
    /// Payments that came without being taken at once, and those of them taken by now.
    pub holds: u64,
    pub captured_holds: u64,
    /// What befell subscriptions and holds, by name.
    pub billing: BTreeMap<&'static str, u64>,
}

/// A day's truth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Day {
    pub sessions: u64,
    pub engaged_sessions: u64,
    pub pageviews: u64,
    pub key_events: u64,
    pub impressions: u64,
    pub clicks: u64,
    pub cost: Decimal,
    pub leads: u64,
    pub mqls: u64,
    pub sqls: u64,
    pub opportunities: u64,
    pub customers: u64,
    pub orders: u64,
    pub revenue: Decimal,
    pub refunds: Decimal,
    pub chargebacks: Decimal,
    pub mrr: Decimal,
}

/// Simulates tenants from `first` until `as_of`, with what was planted at an instant.
pub fn worlds(
    tenants: &[Tenant],
    seed: u64,
    first: NaiveDate,
    planted_at: DateTime<Utc>,
    as_of: DateTime<Utc>,
    is_hostile: bool,
) -> Vec<Simulation> {
    tenants.iter().cloned().map(|tenant| world(seed, tenant, first, planted_at, as_of, is_hostile)).collect()
}

fn world(
    seed: u64,
    tenant: Tenant,
    first: NaiveDate,
    planted_at: DateTime<Utc>,
    as_of: DateTime<Utc>,
    is_hostile: bool,
) -> Simulation {
    let whole_through = |at: DateTime<Utc>| {
        let today = at.with_timezone(&tenant.zone).date_naive();
        today.pred_opt().unwrap_or(today)
    };
    let (last, planted_through) = (whole_through(as_of), whole_through(planted_at));
    let (mut visits, mut ads, mut lives) = (Vec::new(), Vec::new(), Lives::default());
    // People come all through the running day; visits and ads are stated for whole days.
    for date in first.iter_days().take_while(|date| *date <= last + Days::new(1)) {
        for (index, origin) in day(seed, &tenant, date, first, planted_through).into_iter().enumerate() {
            begin(seed, &tenant, index, date, origin.conversions, &mut lives);
            if date <= last {
                visits.extend(origin.visits);
                ads.extend(origin.ad);
            }
        }
    }
    billing::befall(&mut lives, first, planted_at);
    let mut world =
        Simulation { tenant, first, last, planted_through, as_of, visits, ads, lives, excess: Excess::default() };
    if is_hostile {
        plant(&mut world);
    }
    let lives = &mut world.lives;
    lives.contacts.retain(|contact| contact.created < as_of);
    lives.charges.retain(|charge| charge.created < as_of);
    lives.refunds.retain(|refund| refund.created < as_of);
    lives.disputes.retain(|dispute| dispute.created < as_of);
    lives.subscriptions.retain(|subscription| subscription.start < as_of);
    for contact in &mut lives.contacts {
        contact.archived_at = contact.archived_at.filter(|at| *at < as_of);
        let until = contact.archived_at.unwrap_or(as_of);
        contact.stages.retain(|(_, at)| *at < until);
        // Nobody deletes a deal that is not there yet.
        let opened = contact.deal_opened_at();
        contact.deal_archived_at =
            contact.deal_archived_at.filter(|at| *at < as_of && opened.is_some_and(|opened| *at > opened));
    }
    settle(lives, as_of);
    for charge in &mut lives.charges {
        charge.captured_at = charge.captured_at.filter(|at| *at < as_of);
    }
    lives.charges.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| b.id.cmp(&a.id)));
    lives.refunds.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| b.id.cmp(&a.id)));
    lives.disputes.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| b.id.cmp(&a.id)));
    lives.subscriptions.sort_by(|a, b| b.start.cmp(&a.start).then_with(|| b.id.cmp(&a.id)));
    lives.contacts.sort_by_key(|contact| contact.id);
    world
}

/// When a contact last changed.
pub fn modified(contact: &Contact) -> DateTime<Utc> {
    contact.stages.iter().map(|(_, at)| *at).chain(contact.fate.changed_at).max().unwrap_or(contact.created)
}

/// An amount in hundredths of its unit.
pub fn hundredths(amount: Decimal) -> i64 {
    use rust_decimal::prelude::ToPrimitive;
    let rounded = (amount * Decimal::ONE_HUNDRED).round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    rounded.to_i64().unwrap_or_default()
}

/// Minor units as an amount, the way Stripe counts them.
pub fn amount(minor: i64, currency: &str) -> Decimal {
    Decimal::new(
        minor,
        match currency {
            "jpy" => 0,
            "kwd" => 3,
            _ => 2,
        },
    )
}

impl Simulation {
    /// The truth by day, over whole days.
    pub fn truth(&self) -> TenantTruth {
        let mut days: BTreeMap<NaiveDate, Day> =
            self.first.iter_days().take_while(|date| *date <= self.last).map(|date| (date, Day::default())).collect();
        let mut on = |date: NaiveDate, change: &dyn Fn(&mut Day)| {
            if let Some(day) = days.get_mut(&date) {
                change(day);
            }
        };
        for visit in &self.visits {
            on(visit.date, &|day| {
                day.sessions += visit.sessions;
                day.engaged_sessions += visit.engaged;
                day.pageviews += visit.pageviews;
                day.key_events += visit.key_events;
            });
        }
        let own = self.tenant.currency.code();
        for ad in &self.ads {
            let cost = self.converted(Decimal::new(ad.cost_micros, 6), own, ad.date);
            on(ad.date, &|day| {
                day.impressions += ad.impressions;
                day.clicks += ad.clicks;
                day.cost += cost;
            });
        }
        for (date, fee, currency, clicks) in creator_days(self) {
            let cost = self.converted(fee, currency, date);
            on(date, &|day| {
                day.cost += cost;
                day.clicks += clicks;
            });
        }
        for contact in self.lives.contacts.iter().filter(|contact| contact.archived_at.is_none()) {
            for (stage, at) in &contact.stages {
                on(self.date(*at), &|day| match *stage {
                    "lead" => day.leads += 1,
                    "marketingqualifiedlead" => day.mqls += 1,
                    "salesqualifiedlead" => day.sqls += 1,
                    "opportunity" => day.opportunities += 1,
                    _ => {}
                });
            }
        }
        let (mut known, merged) = (BTreeSet::new(), merged_customers(&self.lives));
        for charge in self.lives.charges.iter().rev().filter(|charge| charge.captured_at.is_some()) {
            // The money moves with the capture, be it days later.
            let date = self.date(charge.captured_at.unwrap_or(charge.created));
            let is_first = known.insert(person(&charge.customer, &merged));
            let revenue = self.converted(amount(charge.captured_amount, charge.currency), charge.currency, date);
            on(date, &|day| {
                day.orders += 1;
                day.customers += u64::from(is_first);
                day.revenue += revenue;
            });
        }
        let gave_back = |refund: &&Refund| !refund.is_on_paper && refund.status(self.as_of) != "failed";
        for refund in self.lives.refunds.iter().filter(gave_back) {
            let date = self.date(refund.created);
            let back = self.converted(amount(refund.amount, refund.currency), refund.currency, date);
            on(date, &|day| day.refunds += back);
        }
        for dispute in &self.lives.disputes {
            for (at, minor, _) in dispute.movements(self.as_of) {
                let taken = -Decimal::new(minor, 2);
                on(self.date(at), &|day| day.chargebacks += taken);
            }
        }
        self.recurring(&mut days);
        TenantTruth { days, pages: self.pages(), records: self.records() }
    }

    /// Monthly recurring revenue at the end of each day.
    fn recurring(&self, days: &mut BTreeMap<NaiveDate, Day>) {
        for subscription in &self.lives.subscriptions {
            let is_on_trial =
                subscription.trial_end.is_some_and(|end| end >= self.as_of) && !subscription.has_ended(self.as_of);
            if subscription.is_paused || is_on_trial {
                continue;
            }
            let from = self.date(subscription.trial_end.unwrap_or(subscription.start));
            let until = subscription.end.filter(|end| *end < self.as_of).map(|end| self.date(end));
            let within = |span: Option<(DateTime<Utc>, DateTime<Utc>)>, date: NaiveDate| {
                span.is_some_and(|(from, until)| self.date(from) <= date && date < self.date(until))
            };
            let changes = subscription.changes.before(self.as_of);
            for (date, day) in days.range_mut(from..) {
                if until.is_some_and(|until| *date >= until) {
                    break;
                }
                if within(changes.later_trial, *date) || within(changes.pause, *date) {
                    continue;
                }
                let upgrade = changes.upgrade.filter(|(at, _)| self.date(*at) <= *date);
                let unit = upgrade.map_or(subscription.unit_amount, |(_, unit)| unit);
                day.mrr += self.converted(subscription.monthly(unit), subscription.currency, *date);
            }
        }
    }

    /// Living deals with the living contacts they are with, each by the contact it began with. Links
    /// come and go by themselves, days after the deal was opened, and leave no trace at it.
    pub fn deal_links(&self) -> impl Iterator<Item = (&Contact, Vec<u64>)> {
        let contacts = &self.lives.contacts;
        let place = |id: u64| contacts.partition_point(|contact| contact.id < id);
        let living = move |id: u64| contacts.get(place(id)).filter(|contact| contact.id == id);
        self.lives.with_deals().filter(|contact| contact.deal_archived_at.is_none()).filter_map(move |contact| {
            let age = (self.as_of - contact.deal_opened_at()?).num_days();
            let own = contact.id % 17 != 0 && (contact.id % 13 != 0 || age < 10);
            let colleague = contact.id % 5 == 0 || (contact.id % 11 == 0 && age >= 2);
            // Who was merged into another has left the deal to them.
            let owner = living(contact.fate.merged.map_or(contact.id, |(_, into)| into));
            let with = [owner.filter(|_| own), contacts.get(place(contact.id).wrapping_sub(1)).filter(|_| colleague)];
            let alive = with.into_iter().flatten().filter(|contact| contact.archived_at.is_none());
            let ids: std::collections::BTreeSet<u64> = alive.map(|contact| contact.id).collect();
            Some((contact, ids.into_iter().collect()))
        })
    }

    fn pages(&self) -> BTreeMap<&'static str, PageTotals> {
        let mut pages: BTreeMap<&'static str, PageTotals> = BTreeMap::new();
        for visit in &self.visits {
            let page = pages.entry(visit.page).or_default();
            page.sessions += visit.sessions;
            page.engaged_sessions += visit.engaged;
            page.pageviews += visit.pageviews;
            page.key_events += visit.key_events;
        }
        pages
    }

    fn records(&self) -> Records {
        let mut records = Records::default();
        for contact in &self.lives.contacts {
            *if contact.archived_at.is_some() { &mut records.deleted_contacts } else { &mut records.contacts } += 1;
        }
        for contact in self.lives.with_deals() {
            *if contact.deal_archived_at.is_some() { &mut records.deleted_deals } else { &mut records.deals } += 1;
        }
        records.deal_contacts = self.deal_links().map(|(_, contacts)| contacts.len() as u64).sum();
        for dispute in &self.lives.disputes {
            *records.disputes.entry(dispute.status(self.as_of)).or_default() += 1;
        }
        for refund in &self.lives.refunds {
            *records.refunds.entry(refund.status(self.as_of)).or_default() += 1;
        }
        for subscription in &self.lives.subscriptions {
            *records.subscriptions.entry(subscription.status(self.as_of)).or_default() += 1;
        }
        for charge in self.lives.charges.iter().filter(|charge| charge.is_paid) {
            records.holds += u64::from(charge.captured_at != Some(charge.created));
            records.captured_holds += u64::from(charge.captured_at.is_some_and(|at| at > charge.created));
        }
        records.billing = billing::counts(&self.lives, self.first, self.as_of);
        records
    }

    fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.tenant.zone).date_naive()
    }

    /// An amount in the workspace's currency at the rate of its day.
    fn converted(&self, amount: Decimal, currency: &str, date: NaiveDate) -> Decimal {
        if currency.eq_ignore_ascii_case(self.tenant.currency.code()) {
            return amount;
        }
        let from = Currency::new(currency).ok().and_then(|currency| rate_of_day(currency, date));
        let to = rate_of_day(self.tenant.currency, date);
        let rate = from.zip(to).and_then(|(from, to)| cross_rate(from, to));
        rate.map_or(Decimal::ZERO, |rate| six(amount * rate))
    }
}

impl Subscription {
    /// What it is worth a month at a price: each discount is taken from what the one before left, those of
    /// the customer where it has none of its own.
    fn monthly(&self, unit_amount: i64) -> Decimal {
        let mut invoice = amount(unit_amount * self.quantity, self.currency);
        let of_customer = self.customer_percent_off.filter(|_| self.discounts.is_empty()).map(Discount::Percent);
        for discount in self.discounts.iter().copied().chain(of_customer) {
            invoice = match discount {
                Discount::Percent(off) => invoice * Decimal::from(100 - off) / Decimal::ONE_HUNDRED,
                Discount::Amount(off) => (invoice - amount(off, self.currency)).max(Decimal::ZERO),
            };
        }
        six(if self.is_yearly { invoice / Decimal::from(12) } else { invoice })
    }

    pub fn has_ended(&self, at: DateTime<Utc>) -> bool {
        self.end.is_some_and(|end| end < at)
    }

    /// As Stripe words it at an instant.
    pub fn status(&self, at: DateTime<Utc>) -> &'static str {
        if self.has_ended(at) {
            "canceled"
        } else if self.trial_end.is_some_and(|end| end >= at)
            || self.changes.before(at).later_trial.is_some_and(|(_, end)| end >= at)
        {
            "trialing"
        } else {
            "active"
        }
    }
}

fn six(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero)
}
