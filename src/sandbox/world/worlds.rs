//! Simulates companies as they stand at an instant.

use super::billing;
use super::company::Tenant;
use super::hostile::plant;
use super::identities::settle;
use super::lives::Lives;
use super::people::begin;
use super::simulation::{Excess, Simulation};
use super::traffic::day;
use chrono::{DateTime, Days, NaiveDate, Utc};

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
