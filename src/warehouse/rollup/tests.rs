use super::*;
use crate::domain::channel::ChannelRuleSpec;
use crate::warehouse::Warehouse;
use rust_decimal::Decimal;

fn workspace(currency: &str) -> Workspace {
    Workspace::sample("it's", currency)
}

/// Spend of ten dollars on two days, and a rate from the first of them on.
fn warehouse() -> Warehouse {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    run(
        &warehouse,
        "INSERT INTO core.ad_daily BY NAME
         SELECT 'it''s' AS workspace, 'ads' AS connection, 'a' AS account_id, '1' AS campaign_id, 'Brand' AS campaign_name,
             '' AS campaign_status, '' AS campaign_type, '' AS ad_group_id, '' AS ad_id, '' AS device, '' AS country,
             day AS date, 'google' AS source, 'cpc' AS medium, 'USD' AS currency, 1 AS impressions, 1 AS clicks,
             10 AS cost, 0 AS conversions, 0 AS conversion_value, 'l' AS load_id
         FROM (VALUES (DATE '2026-11-01'), (DATE '2026-11-02')) AS d(day);
         INSERT INTO core.fx_rate BY NAME
         SELECT 'it''s' AS workspace, 'rates' AS connection, DATE '2026-11-01' AS date, 'USD' AS currency, 2 AS rate, 'l' AS load_id;
         INSERT INTO ops.touched_day SELECT DISTINCT 'it''s', date, 'l' FROM core.ad_daily",
    );
    warehouse
}

fn run(warehouse: &Warehouse, sql: &'static str) {
    warehouse.write_blocking(move |c| c.execute_batch(sql).context(|| sql.to_owned())).expect("written");
}

fn roll_up(warehouse: &Warehouse, currency: &str) -> RolledUp {
    let spec = ChannelRuleSpec {
        channel: "paid_search".to_owned(),
        source: None,
        medium: Some("cpc".to_owned()),
        campaign: None,
    };
    let today = NaiveDate::from_ymd_opt(2026, 11, 2).expect("a day");
    let (rules, of) = (ChannelRules::new(&[spec]).expect("rules"), workspace(currency));
    warehouse.write_blocking(move |c| rollup(c, &of, &rules, &RollupSql::shipped(), today)).expect("rolled up")
}

/// Channel and cost of each day.
fn costs(warehouse: &Warehouse) -> Vec<String> {
    let sql = "SELECT channel || ' ' || CAST(cost AS DECIMAL(18, 2)) FROM mart.metric_daily ORDER BY date";
    warehouse
        .read_blocking(|reader| {
            let step = || sql.to_owned();
            let mut statement = reader.prepare(sql).context(step)?;
            let rows = statement.query_map([], |row| row.get(0)).context(step)?;
            rows.collect::<Result<_, _>>().context(step)
        })
        .expect("costs")
}

#[test]
fn a_rate_that_changes_or_goes_moves_every_day_it_stood_for() {
    let warehouse = warehouse();
    assert_eq!(roll_up(&warehouse, "EUR").days, 2);
    assert_eq!(costs(&warehouse), ["paid_search 5.00", "paid_search 5.00"]);
    assert_eq!(roll_up(&warehouse, "EUR"), RolledUp::default(), "nothing has come since");

    let touch = "INSERT INTO ops.touched_day VALUES ('it''s', DATE '2026-11-01', 'rates')";
    run(&warehouse, "UPDATE core.fx_rate SET rate = 4");
    run(&warehouse, touch);
    assert_eq!(roll_up(&warehouse, "EUR").days, 2, "the second day's rate was carried forward from the first");
    assert_eq!(costs(&warehouse), ["paid_search 2.50", "paid_search 2.50"]);

    run(&warehouse, "DELETE FROM core.fx_rate");
    run(&warehouse, touch);
    assert_eq!(roll_up(&warehouse, "EUR").days, 2);
    assert_eq!(costs(&warehouse), ["paid_search 0.00", "paid_search 0.00"], "what has no rate counts nothing");
}

#[test]
fn shared_rates_count_where_a_workspace_has_none_and_move_its_days_when_they_change() {
    let warehouse = warehouse();
    let shared = |of: Option<&str>| {
        let (rules, own) = (ChannelRules::new(&[]).expect("no rules"), workspace("EUR"));
        let sql = RollupSql { rates_of: of.map(str::to_owned), ..RollupSql::shipped() };
        let today = NaiveDate::from_ymd_opt(2026, 11, 2).expect("a day");
        warehouse.write_blocking(move |c| rollup(c, &own, &rules, &sql, today)).expect("rolled up").days
    };
    assert_eq!(shared(Some("rates")), 2, "its own rates count");
    assert_eq!(costs(&warehouse), ["unassigned 5.00", "unassigned 5.00"]);
    run(&warehouse, "UPDATE core.fx_rate SET workspace = 'rates', rate = 4");
    assert_eq!(shared(Some("rates")), 2, "no load touched this workspace");
    assert_eq!(costs(&warehouse), ["unassigned 2.50", "unassigned 2.50"]);
    assert_eq!(shared(Some("rates")), 0, "nothing has come since");
    run(&warehouse, "UPDATE core.fx_rate SET rate = 5");
    assert_eq!(shared(Some("rates")), 2);
    assert_eq!(costs(&warehouse), ["unassigned 2.00", "unassigned 2.00"]);
    assert_eq!(shared(None), 2, "the setting was taken away");
    assert_eq!(costs(&warehouse), ["unassigned 0.00", "unassigned 0.00"]);
}

#[test]
fn the_rate_of_a_dropped_file_counts_before_another_of_its_day() {
    let warehouse = warehouse();
    // By its name the other connection would come last.
    run(
        &warehouse,
        "INSERT INTO core.fx_rate BY NAME SELECT workspace, 'zz_vendor' AS connection, date, currency, 4 AS rate, load_id
             FROM core.fx_rate;
         INSERT INTO core.fx_rate BY NAME SELECT workspace, connection, date + 1 AS date, currency, 5 AS rate, load_id
             FROM core.fx_rate WHERE connection = 'zz_vendor'",
    );
    roll_up(&warehouse, "EUR");
    assert_eq!(costs(&warehouse), ["paid_search 2.50", "paid_search 2.00"], "no file says otherwise");
    run(
        &warehouse,
        "INSERT INTO ops.dropped_file BY NAME SELECT workspace, connection, 'files' AS stream, 'fx.csv' AS name, 'loaded' AS state,
             's' AS slice, now()::TIMESTAMP AS seen_at, 1 AS rows_read, 0 AS rows_quarantined
             FROM core.fx_rate WHERE connection <> 'zz_vendor';
         INSERT INTO ops.touched_day SELECT workspace, date, 'l' FROM core.fx_rate",
    );
    roll_up(&warehouse, "EUR");
    assert_eq!(
        costs(&warehouse),
        ["paid_search 5.00", "paid_search 2.00"],
        "of days that no file states another counts"
    );
}

// odoo/odoo#641 and OCA/currency#70: rates that companies of other currencies shared were taken as if against each one's
// own, or refused where that is not the euro.
#[test]
fn shared_rates_are_crossed_for_a_workspace_of_another_currency() {
    let warehouse = warehouse();
    run(
        &warehouse,
        "UPDATE core.fx_rate SET workspace = 'rates';
         INSERT INTO core.fx_rate BY NAME SELECT 'rates' AS workspace, 'rates' AS connection, DATE '2026-11-01' AS date,
             'GBP' AS currency, 0.8 AS rate, 'l' AS load_id",
    );
    let (rules, own) = (ChannelRules::new(&[]).expect("no rules"), workspace("GBP"));
    let sql = RollupSql { rates_of: Some("rates".to_owned()), ..RollupSql::shipped() };
    let today = NaiveDate::from_ymd_opt(2026, 11, 2).expect("a day");
    warehouse.write_blocking(move |c| rollup(c, &own, &rules, &sql, today)).expect("rolled up");
    // Ten dollars at two for a euro are five euros, at 0.8 pounds each.
    assert_eq!(costs(&warehouse), ["unassigned 4.00", "unassigned 4.00"]);
}

#[test]
fn another_currency_of_the_workspace_is_seen_without_any_load() {
    let warehouse = warehouse();
    roll_up(&warehouse, "EUR");
    assert_eq!(roll_up(&warehouse, "USD").days, 2);
    assert_eq!(costs(&warehouse), ["paid_search 10.00", "paid_search 10.00"]);
}

// margince/margince#4136: amounts that no rate was looked up for drop out of a total that looks complete.
#[test]
fn amounts_of_a_fact_that_adds_nothing_have_rates_on_their_own_days() {
    use crate::warehouse::WarehouseConfig;
    use crate::warehouse::facts::{builtin, fact_of};
    let contract = "about = 'Open deals.'\nday = 'date'\nkey = ['date', 'deal_id']\n[columns]\n\
        date = { type = 'DATE', required = true, about = 'The day.' }\n\
        deal_id = { type = 'VARCHAR', required = true, about = 'The deal.' }\n\
        amount = { type = 'DECIMAL(18, 6)', required = true, about = 'Its value.' }\n\
        currency = { type = 'VARCHAR', required = true, about = 'Its currency.' }\n\
        [[money]]\namount = 'amount'\ncurrency = 'currency'\nis_converted = true\n";
    let mut facts = (*builtin()).clone();
    facts.add(fact_of("pipeline", contract, None)).expect("added");
    let facts = Arc::new(facts);
    let config = WarehouseConfig { facts: facts.clone(), ..WarehouseConfig::default() };
    let warehouse = Warehouse::in_memory_with(config).expect("a warehouse");
    run(
        &warehouse,
        "INSERT INTO core.pipeline BY NAME SELECT 'it''s' AS workspace, 'c' AS connection, 'l' AS load_id, DATE '2026-12-05' AS date,
             deal_id, amount, currency FROM (VALUES ('a', 25000, 'EUR'), ('b', 50000, 'SEK')) AS v(deal_id, amount, currency);
         INSERT INTO core.fx_rate BY NAME SELECT 'it''s' AS workspace, 'rates' AS connection, DATE '2026-11-01' AS date,
             'SEK' AS currency, 10 AS rate, 'l' AS load_id;
         INSERT INTO ops.touched_day VALUES ('it''s', DATE '2026-12-05', 'l')",
    );
    let today = NaiveDate::from_ymd_opt(2026, 11, 2).expect("a day");
    let (rules, of) = (ChannelRules::new(&[]).expect("no rules"), workspace("EUR"));
    let sql = RollupSql { facts, ..RollupSql::shipped() };
    warehouse.write_blocking(move |c| rollup(c, &of, &rules, &sql, today)).expect("rolled up");
    let total = "SELECT sum(p.amount * CAST(r.rate AS DECIMAL(38, 9))) FROM core.pipeline AS p
        JOIN mart.fx_cross AS r ON r.workspace = p.workspace AND r.date = p.date AND r.currency = p.currency";
    let total: Decimal = warehouse
        .read_blocking(|reader| reader.query_row(total, [], |row| row.get(0)).context(|| "a total".to_owned()))
        .expect("a total");
    assert_eq!(total, Decimal::from(30000));
}

/// Facts by hour fill the hours of the last 35 days, which add up to the days; a row of a day far ahead removes none.
#[test]
fn hours_add_up_to_days_and_go_after_35_days() {
    use crate::warehouse::WarehouseConfig;
    use crate::warehouse::facts::{builtin, fact_of};
    let contract = "about = 'Calls by hour.'\nday = 'date'\nhour = 'hour'\nkey = ['date', 'hour']\n[columns]\n\
        date = { type = 'DATE', required = true, about = 'The day.' }\n\
        hour = { type = 'INTEGER', required = true, about = 'The hour.' }\n\
        calls = { type = 'BIGINT', required = true, about = 'Calls.' }\n[measures]\ncalls = 'BIGINT'\n";
    let adds = "SELECT c.workspace, c.date, c.hour, 'phone' AS source, '' AS medium, '' AS campaign, sum(c.calls) AS calls
        FROM core.call_hourly AS c SEMI JOIN touched AS t ON t.workspace = c.workspace AND t.date = c.date GROUP BY ALL";
    let mut facts = (*builtin()).clone();
    facts.add(fact_of("call_hourly", contract, Some(adds))).expect("added");
    let facts = Arc::new(facts);
    let config = WarehouseConfig { facts: facts.clone(), ..WarehouseConfig::default() };
    let warehouse = Warehouse::in_memory_with(config).expect("a warehouse");
    run(
        &warehouse,
        "INSERT INTO core.call_hourly BY NAME SELECT 'it''s' AS workspace, 'c' AS connection, 'l' AS load_id, day AS date,
             hour, 10 AS calls
         FROM (VALUES (DATE '2026-09-20'), (DATE '2026-11-01'), (DATE '2027-05-01')) AS d(day), (VALUES (9), (17)) AS h(hour);
         INSERT INTO ops.touched_day SELECT DISTINCT 'it''s', date, 'l' FROM core.call_hourly",
    );
    let today = NaiveDate::from_ymd_opt(2026, 11, 2).expect("a day");
    let (rules, of) = (ChannelRules::new(&[]).expect("no rules"), workspace("EUR"));
    let sql = RollupSql { facts, ..RollupSql::shipped() };
    warehouse.write_blocking(move |c| rollup(c, &of, &rules, &sql, today)).expect("rolled up");
    let texts = |sql: &str| -> Vec<String> {
        let read = |reader: &Connection| {
            let mut statement = reader.prepare(sql).context(|| sql.to_owned())?;
            let rows = statement.query_map([], |row| row.get(0)).context(|| sql.to_owned())?;
            rows.collect::<Result<_, _>>().context(|| sql.to_owned())
        };
        warehouse.read_blocking(read).expect("rows")
    };
    let hours =
        "SELECT concat_ws(' ', date, hour, calls) FROM mart.metric_hourly WHERE date < DATE '2027-01-01' ORDER BY 1";
    assert_eq!(texts(hours), ["2026-11-01 17 10", "2026-11-01 9 10"]);
    let days = "SELECT concat_ws(' ', date, calls) FROM mart.metric_daily WHERE calls > 0 ORDER BY 1";
    assert_eq!(texts(days), ["2026-09-20 20", "2026-11-01 20", "2027-05-01 20"]);
}

/// A cross rate is that of exact decimals, to nine of them, half away from zero; a day without one has the last.
#[test]
fn cross_rates_are_those_of_exact_decimals() {
    use crate::domain::money::cross_rate;
    use rand::{RngExt, SeedableRng};
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let mut rate = || Decimal::new(random.random_range(1..50_000_000_000_i64), 9);
    let days: Vec<(NaiveDate, Decimal, Decimal)> = NaiveDate::from_ymd_opt(2026, 1, 1)
        .expect("a day")
        .iter_days()
        .take(200)
        .map(|date| (date, rate(), rate()))
        .collect();
    let rows: String = days
        .iter()
        .map(|(date, dollar, own)| {
            format!(
                "INSERT INTO core.fx_rate BY NAME SELECT 'it''s' AS workspace, 'fx' AS connection, DATE '{date}' AS date,
                     unnest(['USD', 'CHF']) AS currency, unnest([{dollar}, {own}]) AS rate, 'l' AS load_id;"
            )
        })
        .collect();
    let sql = format!(
        "{rows} INSERT INTO core.offline_conversion BY NAME
         SELECT 'it''s' AS workspace, 'till' AS connection, 'c' || n AS conversion_id, 'sale' AS kind, DATE '2026-01-01' + CAST(n AS INTEGER) AS date,
             'store' AS source, '' AS medium, '' AS campaign, 'USD' AS currency, 1 AS amount, 'l' AS load_id FROM range(200) AS r(n);
         INSERT INTO ops.touched_day VALUES ('it''s', DATE '2026-01-01', 'l')"
    );
    warehouse.write_blocking(move |c| c.execute_batch(&sql).context(|| "loading".to_owned())).expect("loaded");
    roll_up(&warehouse, "CHF");
    let read = |reader: &Connection| {
        let step = || "reading rates".to_owned();
        let sql = "SELECT rate FROM mart.fx_cross WHERE currency = 'USD' ORDER BY date";
        let mut statement = reader.prepare(sql).context(step)?;
        statement.query_map([], |row| row.get(0)).context(step)?.collect::<Result<Vec<Decimal>, _>>().context(step)
    };
    let found: Vec<Decimal> = warehouse.read_blocking(read).expect("rates");
    let wanted: Vec<Decimal> = days.iter().map(|(_, dollar, own)| cross_rate(*dollar, *own).expect("a rate")).collect();
    assert_eq!(found, wanted);
}

/// A workspace of subscriptions alone has days that no load touches: an edited query reaches them as well.
#[test]
fn an_edited_query_of_what_recurs_reaches_days_without_any_load() {
    let warehouse = Warehouse::in_memory().expect("a warehouse");
    run(
        &warehouse,
        "INSERT INTO core.subscription BY NAME
         SELECT 'it''s' AS workspace, 'stripe' AS connection, 's' AS subscription_id, 'c' AS customer_id, 'active' AS status, TIMESTAMP '2026-10-30' AS started_at, false AS is_paused,
             'EUR' AS currency, 30 AS mrr, DATE '2026-10-30' AS counts_from_date,
             [{'from_date': DATE '2026-10-30', 'mrr': 30}] AS course, 'l' AS load_id",
    );
    let rolled = |sql: RollupSql| {
        let today = NaiveDate::from_ymd_opt(2026, 11, 2).expect("a day");
        let (rules, of) = (ChannelRules::new(&[]).expect("no rules"), workspace("EUR"));
        warehouse.write_blocking(move |c| rollup(c, &of, &rules, &sql, today)).expect("rolled up")
    };
    let sums = || -> Vec<String> {
        let sql =
            "SELECT concat_ws(' ', count(*), CAST(min(mrr) AS INTEGER), CAST(max(mrr) AS INTEGER)) FROM mart.mrr_daily";
        warehouse
            .read_blocking(|reader| Ok(vec![reader.query_row(sql, [], |row| row.get(0)).context(|| sql.to_owned())?]))
            .expect("sums")
    };
    let touch = "INSERT INTO ops.touched_day VALUES ('it''s', DATE '2026-10-30', 'l')";
    run(&warehouse, touch);
    rolled(RollupSql::shipped());
    assert_eq!(sums(), ["4 30 30"]);
    let shipped = RollupSql::shipped();
    let twice = shipped.mrr_daily.replace("sum(CAST(round(v.mrr", "sum(CAST(round(2 * v.mrr");
    assert_ne!(twice, shipped.mrr_daily);
    rolled(RollupSql { mrr_daily: twice, ..RollupSql::shipped() });
    assert_eq!(sums(), ["4 60 60"]);
}
