//! Files that people drop in folders: exchange rates, budgets, targets, influencer posts.

use super::server::Sandbox;
use super::world::{SHOP, SOFTWARE, Simulation, posts, stated_rate};
use crate::domain::money::Currency;
use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};
use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::path::Path;

/// Writes each tenant's files that grow with the days to `folder/<tenant>/`.
fn write_growing(worlds: &[Simulation], folder: &Path) -> io::Result<()> {
    for world in worlds {
        let folder = folder.join(world.tenant.id);
        std::fs::create_dir_all(&folder)?;
        let put = |name: &str, text: String| put(&folder.join(name), &text, world);
        put("fx.csv", rates(world))?;
        put("budgets.csv", budgets(world))?;
        put("targets.csv", targets(world))?;
    }
    Ok(())
}

/// Writes a file as if it had been dropped an hour ago: one that just came is left to settle.
fn put(path: &Path, text: &str, world: &Simulation) -> io::Result<()> {
    std::fs::write(path, text)?;
    File::options().write(true).open(path)?.set_modified((world.as_of - TimeDelta::hours(1)).into())
}

/// Writes the drop files of a sandbox as it stands to `folder/<tenant>/`.
pub fn write_drop_files(sandbox: &Sandbox, folder: &Path) -> io::Result<()> {
    let worlds = sandbox.worlds();
    write_growing(&worlds, folder)?;
    for world in worlds.iter().filter(|world| world.tenant.id == SHOP) {
        put(&folder.join(SHOP).join("influencer.csv"), &influencer(world), world)?;
    }
    Ok(())
}

/// The same of those files that grow with the days: bad rows that somebody has mended stay mended.
pub fn write_growing_drop_files(sandbox: &Sandbox, folder: &Path) -> io::Result<()> {
    write_growing(&sandbox.worlds(), folder)
}

fn rates(world: &Simulation) -> String {
    let mut text = "date,currency,rate\n".to_owned();
    let start = world.first - Days::new(7);
    for date in start.iter_days().take_while(|date| *date <= world.last + Days::new(1)) {
        if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
            continue;
        }
        for code in ["USD", "GBP", "JPY", "KWD"] {
            if let Some(rate) = Currency::new(code).ok().and_then(|currency| stated_rate(currency, date)) {
                let _ = writeln!(text, "{date},{code},{rate}");
            }
        }
    }
    text
}

fn months(world: &Simulation) -> Vec<NaiveDate> {
    let start = world.first.with_day(1).unwrap_or(world.first);
    std::iter::successors(Some(start), |month| month.checked_add_months(chrono::Months::new(1)))
        .take_while(|month| *month <= world.last + Days::new(1))
        .collect()
}

fn budgets(world: &Simulation) -> String {
    let mut text = "month,channel,amount,currency\n".to_owned();
    let plan: &[(&str, &str)] = match world.tenant.id {
        SOFTWARE => &[("paid_search", "62000.00"), ("email", "1400.00")],
        SHOP => &[("paid_search", "9500.00"), ("influencer", "5000.00")],
        _ => &[("paid_search", "3000.00")],
    };
    for month in months(world) {
        for (channel, amount) in plan {
            let _ = writeln!(text, "{},{channel},{amount},{}", month.format("%Y-%m"), world.tenant.currency);
        }
    }
    text
}

fn targets(world: &Simulation) -> String {
    let mut text = "month,metric,amount\n".to_owned();
    let plan: &[(&str, &str)] = match world.tenant.id {
        SOFTWARE => &[("net_revenue", "150000"), ("leads", "1000"), ("sessions", "60000"), ("customers", "75")],
        SHOP => &[("net_revenue", "62000"), ("sessions", "48000"), ("orders", "680")],
        _ => &[("net_revenue", "14000"), ("sessions", "12000"), ("orders", "160")],
    };
    for month in months(world) {
        for (metric, amount) in plan {
            let _ = writeln!(text, "{},{metric},{amount}", month.format("%Y-%m"));
        }
    }
    text
}

/// With the oddities real exports have: grouped numbers, `1.2M`, blanks, and rows nobody can use.
fn influencer(world: &Simulation) -> String {
    let mut text = "\u{feff}Platform,Handle,Campaign,Post URL,Posted At,Content Type,Views,Likes,Comments,Clicks,Fee,Currency,Discount Code,Metrics As Of\r\n".to_owned();
    for (number, post) in posts(world).iter().enumerate() {
        let views = ["\"48,210\"", "1.2M", "12.5K", "", "-"][number % 5];
        let platform = ["instagram", "tiktok", "youtube"][number % 3];
        let _ = write!(
            text,
            "{platform},@{handle},Herbst 2026,https://{platform}.example/p/{number},{date},video,{views},3120,88,{clicks},{fee},{currency},CODE{number},{date}\r\n",
            handle = post.handle,
            date = post.date,
            clicks = post.clicks,
            fee = post.fee,
            currency = post.currency,
        );
    }
    let _ = write!(text, "instagram,,Herbst 2026,,{},video,10,1,1,1,100,EUR,,\r\n", world.last);
    let _ = write!(text, "tiktok,@late,Herbst 2026,,31/12/2026,video,10,1,1,1,viel,EUR,,\r\n");
    text
}
