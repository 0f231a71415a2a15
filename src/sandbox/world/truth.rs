//! What the simulated companies really did, by day: what reports must equal to the cent.

use super::billing;
use super::contact::Contact;
use super::creators::creator_days;
use super::identities::{merged_customers, person};
use super::payments::Refund;
use super::rates::amount;
use super::simulation::Simulation;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

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
}
