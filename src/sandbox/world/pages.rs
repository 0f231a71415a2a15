//! The pages that sessions begin on.

use super::company::{Origin, SOFTWARE};
use super::random::Chance;
use super::visit::Visit;
use chrono::NaiveDate;

/// A page of a company's site.
#[derive(Clone, Copy, Debug)]
struct Page {
    path: &'static str,
    /// Share of sessions that search and direct visits, paid clicks, and mails and posts begin here.
    found: f64,
    paid: f64,
    sent: f64,
    /// How readily its sessions lead to a key event, against the others.
    converts: f64,
    life: Life,
}

/// How a page fares over the year.
#[derive(Clone, Copy, Debug)]
enum Life {
    Steady,
    /// Published nine days back from the last whole day.
    New,
    /// Holds half of what it had in the last nine days.
    Fading,
}

const fn page(path: &'static str, [found, paid, sent]: [f64; 3], converts: f64, life: Life) -> Page {
    Page { path, found, paid, sent, converts, life }
}

const SOFTWARE_PAGES: [Page; 14] = [
    page("/", [0.30, 0.10, 0.12], 1.0, Life::Steady),
    page("/pricing", [0.11, 0.16, 0.06], 2.4, Life::Steady),
    page("/demo", [0.03, 0.26, 0.07], 3.0, Life::Steady),
    page("/help-desk-software", [0.09, 0.28, 0.02], 1.2, Life::Steady),
    page("/compare/shared-inboxes", [0.06, 0.12, 0.02], 1.6, Life::Steady),
    page("/blog/reduce-churn", [0.10, 0.01, 0.20], 0.4, Life::Fading),
    page("/blog/customer-health-score", [0.08, 0.01, 0.16], 0.5, Life::Steady),
    page("/blog/support-benchmarks-2026", [0.12, 0.00, 0.30], 0.6, Life::New),
    page("/docs/getting-started", [0.07, 0.00, 0.05], 0.2, Life::Steady),
    page("/integrations", [0.04, 0.02, 0.02], 1.1, Life::Steady),
    page("/customers/lindenau-logistics", [0.02, 0.03, 0.06], 1.4, Life::Steady),
    page("/login", [0.06, 0.00, 0.01], 0.1, Life::Steady),
    page("/webinars/onboarding-that-sticks", [0.01, 0.02, 0.09], 1.7, Life::Steady),
    // Sessions in which no page view was seen.
    page("(not set)", [0.02, 0.01, 0.01], 0.0, Life::Steady),
];

const SHOP_PAGES: [Page; 12] = [
    page("/", [0.28, 0.08, 0.10], 0.8, Life::Steady),
    page("/schuhe", [0.14, 0.24, 0.06], 1.0, Life::Steady),
    page("/schuhe/wanderstiefel-höhenweg", [0.10, 0.18, 0.14], 1.8, Life::Fading),
    page("/schuhe/sneaker-küste", [0.08, 0.16, 0.18], 1.6, Life::Steady),
    page("/sale", [0.07, 0.18, 0.16], 2.0, Life::Steady),
    page("/jacken/regenjacke-förde", [0.06, 0.08, 0.22], 1.5, Life::New),
    page("/größenberater", [0.08, 0.01, 0.02], 0.7, Life::Steady),
    page("/magazin/schuhe-richtig-pflegen", [0.10, 0.00, 0.08], 0.3, Life::Steady),
    page("/magazin/herbsttouren", [0.06, 0.00, 0.14], 0.4, Life::Steady),
    page("/versand-und-rueckgabe", [0.05, 0.00, 0.01], 0.2, Life::Steady),
    page("/gutscheine", [0.03, 0.03, 0.04], 1.9, Life::Steady),
    page("(not set)", [0.02, 0.01, 0.01], 0.0, Life::Steady),
];

/// A page with its weights on a day.
#[derive(Clone, Copy, Debug)]
pub struct Weight {
    path: &'static str,
    share: f64,
    converts: f64,
}

/// Where the sessions of an origin begin on a day; `last` is the last whole day.
pub fn weights(tenant: &str, origin: &Origin, date: NaiveDate, last: NaiveDate) -> Vec<Weight> {
    let pages: &[Page] = if tenant == SOFTWARE { &SOFTWARE_PAGES } else { &SHOP_PAGES };
    let is_late = (last - date).num_days() < 9;
    let weight = |page: &Page| {
        let share = match (origin.ad.is_some(), origin.medium) {
            (true, _) => page.paid,
            (_, "email" | "paid_social" | "influencer") => page.sent,
            _ => page.found,
        };
        let life = match (page.life, is_late) {
            (Life::New, false) => 0.0,
            (Life::Fading, true) => 0.5,
            _ => 1.0,
        };
        Weight { path: page.path, share: share * life, converts: page.converts }
    };
    pages.iter().map(weight).collect()
}

/// Shares a cell of traffic out to the pages it began on, so that the parts sum to the whole.
pub fn split(chance: &mut Chance, visit: &Visit, weights: &[Weight]) -> Vec<Visit> {
    let empty = |weight: &Weight| Visit {
        page: weight.path,
        sessions: 0,
        engaged: 0,
        pageviews: 0,
        seconds: 0,
        key_events: 0,
        ..visit.clone()
    };
    let mut parts: Vec<Visit> = weights.iter().map(empty).collect();
    let shares: Vec<f64> = weights.iter().map(|weight| weight.share).collect();
    for _ in 0..visit.sessions {
        parts[chance.pick(&shares)].sessions += 1;
    }
    let held: Vec<f64> = parts.iter().map(|part| part.sessions as f64).collect();
    for _ in visit.sessions..visit.pageviews {
        parts[chance.pick(&held)].pageviews += 1;
    }
    for _ in 0..visit.engaged {
        let left: Vec<f64> = parts.iter().map(|part| (part.sessions - part.engaged) as f64).collect();
        parts[chance.pick(&left)].engaged += 1;
    }
    for _ in 0..visit.key_events {
        let left: Vec<f64> = parts
            .iter()
            .zip(weights)
            .map(|(part, weight)| {
                let left = part.sessions.saturating_sub(part.key_events) as f64;
                // A little for each, so that somebody is left where nobody is inclined.
                left * (weight.converts + 0.01) + part.sessions as f64 * 1e-6
            })
            .collect();
        parts[chance.pick(&left)].key_events += 1;
    }
    for part in &mut parts {
        part.pageviews += part.sessions;
        part.seconds = visit.seconds / visit.sessions.max(1) * part.sessions;
    }
    parts.retain(|part| part.sessions + part.pageviews + part.engaged + part.key_events > 0);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::world::company::tenants;

    #[test]
    fn the_parts_of_a_cell_sum_to_the_whole() {
        let date = NaiveDate::from_ymd_opt(2026, 11, 19).expect("a day");
        for tenant in tenants() {
            let whole = Visit {
                date,
                source: "google",
                medium: "organic",
                campaign: "",
                device: "mobile",
                country: "Germany",
                page: "",
                sessions: 90,
                engaged: 61,
                pageviews: 244,
                seconds: 90 * 77,
                key_events: 9,
            };
            for origin in &tenant.origins {
                let mut chance = Chance::new(7, tenant.id, date, "pages");
                let parts = split(&mut chance, &whole, &weights(tenant.id, origin, date, date));
                let sum = |of: fn(&Visit) -> u64| parts.iter().map(of).sum::<u64>();
                let found = (sum(|v| v.sessions), sum(|v| v.engaged), sum(|v| v.pageviews), sum(|v| v.seconds));
                assert_eq!(found, (whole.sessions, whole.engaged, whole.pageviews, whole.seconds));
                assert_eq!(sum(|v| v.key_events), whole.key_events);
                let is_sound = |v: &Visit| v.engaged <= v.sessions && v.key_events <= v.sessions;
                assert!(parts.iter().all(is_sound), "{parts:?}");
            }
        }
    }
}
