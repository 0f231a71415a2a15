use super::person::{Held, Who, erase, held};
use super::{columns, erased};
use crate::domain::fact::Facts;
use crate::support::secret::Secret;
use crate::warehouse::facts::{builtin, fact_of};
use crate::warehouse::maintenance::{backup, restore::restore};
use crate::warehouse::{Context, Warehouse, WarehouseConfig};
use chrono::{DateTime, Utc};
use std::path::Path;
use std::sync::Arc;

/// Orders of a shop: three columns of identifiers, none with a name that Daybook's own tables have.
const ORDER: &str = r#"
about = "Orders of the shop."
day = "date"
key = ["order_id"]
dimensions = ["custom_1"]

[columns]
order_id = { type = "VARCHAR", required = true, about = "The order." }
date = { type = "DATE", required = true, about = "Its day." }
buyer_hash = { type = "VARCHAR", personal = "person_key", format = "[0-9a-f]{64}", about = "Who bought." }
buyer = { type = "VARCHAR", personal = "customer_id", about = "The buyer's account." }
referrer_contact = { type = "VARCHAR", personal = "contact_id", person_role = "referrer", about = "Who referred them." }
amount = { type = "DECIMAL(18, 6)", required = true, unit = "money", about = "What they paid." }

[measures]
shop_orders = "BIGINT"
"#;

const ADDS: &str =
    "SELECT o.workspace, o.date, 'shop' AS source, 'shop' AS medium, '' AS campaign, o.buyer AS custom_1,
    count(*) AS shop_orders FROM core.shop_order AS o SEMI JOIN touched AS t USING (workspace, date) GROUP BY ALL";

/// Meetings, each of several people.
const MEETING: &str = r#"
about = "Meetings."
key = ["meeting_id"]

[columns]
meeting_id = { type = "VARCHAR", required = true, about = "The meeting." }
host = { type = "VARCHAR", personal = "contact_id", about = "Who invited." }
guests = { type = "VARCHAR[]", personal = "contact_id", about = "Who came." }
"#;

fn facts(order: &str) -> Arc<Facts> {
    let mut facts = (*builtin()).clone();
    facts.add(fact_of("shop_order", order, Some(ADDS))).expect("added");
    facts.add(fact_of("meeting", MEETING, None)).expect("added");
    Arc::new(facts)
}

fn open(path: &Path, facts: Arc<Facts>) -> Warehouse {
    Warehouse::open(path, &WarehouseConfig { facts, ..WarehouseConfig::default() }).expect("a database")
}

fn run(warehouse: &Warehouse, sql: &str) {
    let sql = sql.to_owned();
    warehouse
        .write_blocking(move |connection| {
            erased::set_key(connection, &key())?;
            connection.execute_batch(&sql).context(|| sql)
        })
        .expect("run");
}

fn texts(warehouse: &Warehouse, sql: &str) -> Vec<String> {
    let sql = sql.to_owned();
    let read = warehouse.write_blocking(move |connection| {
        let mut statement = connection.prepare(&sql).context(String::new)?;
        statement.query_map([], |row| row.get(0)).context(String::new)?.collect::<Result<_, _>>().context(String::new)
    });
    read.expect("read")
}

fn key() -> Secret {
    Secret::new("key")
}

fn now() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().expect("an instant")
}

fn look(warehouse: &Warehouse, who: Who) -> Held {
    warehouse.write_blocking(move |connection| held(connection, "w", &who, &key())).expect("looked")
}

fn forget(warehouse: &Warehouse, who: Who) -> Vec<(String, u64)> {
    let done = warehouse.write_both_blocking(move |connection| erase(connection, "w", &who, &key(), "cli", now()));
    done.expect("erased").rows
}

fn mail(address: &str) -> Who {
    Who::Mail(address.to_owned())
}

fn id(id: &str) -> Who {
    Who::Id { id: id.to_owned(), connection: None }
}

const ROWS: &str = "INSERT INTO core.shop_order (workspace, connection, order_id, date, buyer_hash, buyer, referrer_contact, amount, load_id)
        VALUES ('w', 'shop', 'o1', DATE '2026-11-01', pseudonym('ann@example.com'), 'b1', 'c9', 10, 'l'),
            ('w', 'shop', 'o2', DATE '2026-11-02', pseudonym('bob@example.com'), 'b2', 'c1', 20, 'l'),
            ('v', 'shop', 'o1', DATE '2026-11-01', pseudonym('ann@example.com'), 'b1', NULL, 30, 'l');
    INSERT INTO history.shop_order BY NAME
        SELECT *, 'l2' AS superseded_by, TIMESTAMP '2026-11-02' AS superseded_at FROM core.shop_order WHERE order_id = 'o1' AND workspace = 'w';
    INSERT INTO core.meeting VALUES ('w', 'shop', 'm1', 'c1', ['c2', 'c9'], 'l');
    INSERT INTO mart.shop_order_by (workspace, date, channel, source, campaign, custom_1, shop_orders)
        VALUES ('w', DATE '2026-11-01', 'shop', 'shop', '', 'b1', 1), ('w', DATE '2026-11-02', 'shop', 'shop', '', 'b2', 1),
            ('w', DATE '2026-11-03', 'shop', 'shop', '', 'b1', 1);
    INSERT INTO ops.quarantine (load_id, workspace, connection, stream, slice, table_name, page_no, record_no, reason, raw)
        VALUES ('l', 'w', 'shop', 's', 's', 'shop_order', 1, 1, 'no date', '{\"account\":\"b1\"}'),
            ('l', 'w', 'shop', 's', 's', 'shop_order', 1, 2, 'no date', '{\"account\":\"b2\"}')";

const SHOWN: &str =
    "SELECT concat_ws(' ', order_id, left(buyer_hash, 7), left(buyer, 7), left(referrer_contact, 7), amount::INTEGER)
    FROM core.shop_order WHERE workspace = 'w' ORDER BY order_id";

#[test]
fn columns_of_any_name_are_found_handed_out_and_erased_and_stay_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("daybook.duckdb");
    let warehouse = open(&path, facts(ORDER));
    run(&warehouse, ROWS);
    let found = look(&warehouse, mail("Ann@example.com"));
    let ids: Vec<String> = found.identifiers.iter().map(|one| format!("{} {}", one.kind, one.value)).collect();
    assert_eq!(ids.len(), 2, "the referrer is another person: {ids:?}");
    assert_eq!(ids[0], "customer_id b1");
    let tables: Vec<(&str, usize)> = found.tables.iter().map(|(table, rows)| (table.as_str(), rows.len())).collect();
    assert_eq!(tables, [("core.shop_order", 1), ("history.shop_order", 1), ("mart.shop_order_by", 1)]);
    assert_eq!(found.quarantine.len(), 1);

    let rows = forget(&warehouse, mail("ann@example.com"));
    let of = |table: &str| rows.iter().find(|(known, _)| known == table).map(|(_, rows)| *rows);
    assert_eq!(
        ["core.shop_order", "history.shop_order", "mart.shop_order_by", "ops.quarantine"].map(of),
        [Some(1); 4],
        "{rows:?}"
    );
    let hash = &texts(&warehouse, "SELECT left(buyer_hash, 7) FROM core.shop_order WHERE order_id = 'o2'")[0];
    assert_eq!(texts(&warehouse, SHOWN), ["o1 erased_ erased_ c9 10".to_owned(), format!("o2 {hash} b2 c1 20")]);
    assert!(look(&warehouse, mail("ann@example.com")).is_empty());
    let by = "SELECT left(custom_1, 7) FROM mart.shop_order_by ORDER BY date";
    assert_eq!(texts(&warehouse, by), ["erased_", "b2", "b1"], "only where the day leads there");
    let due = "SELECT DISTINCT date::VARCHAR FROM ops.touched_day WHERE load_id = 'erasure'";
    assert_eq!(texts(&warehouse, due), ["2026-11-01"]);
    let theirs = "SELECT buyer FROM core.shop_order WHERE workspace = 'v'";
    assert_eq!(texts(&warehouse, theirs), ["b1"], "another tenant's are theirs");

    // The vendor sends the order again.
    let again = warehouse.write_blocking(|connection| {
        erased::set_key(connection, &key())?;
        connection
            .execute_batch(
                "CREATE TEMP TABLE read AS SELECT 'o1' AS order_id, pseudonym('ann@example.com') AS buyer_hash, 'b1' AS buyer,
                     'c9' AS referrer_contact",
            )
            .context(String::new)?;
        erased::in_read_rows(connection, "w", "shop", "shop_order")?;
        let sql = "SELECT count(*)::UBIGINT FROM read AS r JOIN core.shop_order AS o USING (buyer_hash, buyer, referrer_contact)
            WHERE o.workspace = 'w'";
        let same: u64 = connection.query_row(sql, [], |row| row.get(0)).context(String::new)?;
        connection.execute_batch("DROP TABLE read").context(String::new)?;
        Ok(same)
    });
    assert_eq!(again.expect("read"), 1, "the same words stand there");
}

// newtheatre/stage-door#55: whoever asked for their own data got addresses of others that stood in the same rows.
#[test]
fn one_of_several_people_in_a_row_gets_and_erases_what_is_theirs_and_the_others_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = open(&folder.path().join("daybook.duckdb"), facts(ORDER));
    run(&warehouse, ROWS);
    let found = look(&warehouse, id("c9"));
    let meeting = &found.tables["core.meeting"][0];
    assert_eq!((&meeting["host"], &meeting["guests"]), (&"***".into(), &serde_json::json!(["***", "c9"])));
    let order = &found.tables["core.shop_order"][0];
    assert_eq!((&order["buyer"], &order["referrer_contact"]), (&"***".into(), &"c9".into()));
    forget(&warehouse, id("c9"));
    assert_eq!(
        texts(&warehouse, "SELECT host || ' ' || guests[1] || ' ' || left(guests[2], 7) FROM core.meeting"),
        ["c1 c2 erased_"]
    );
    let shown = "SELECT buyer || ' ' || left(referrer_contact, 7) FROM core.shop_order WHERE order_id = 'o1' AND workspace = 'w'";
    assert_eq!(texts(&warehouse, shown), ["b1 erased_"], "the buyer stays");
}

// newtheatre/stage-door#59: rows of a definition that was dropped stayed for good, as no erasure looked at them.
/// The table of a contract that was taken away is searched by what the database knows of it.
#[test]
fn a_contract_that_was_taken_away_is_searched_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("daybook.duckdb");
    run(&open(&path, facts(ORDER)), ROWS);
    let warehouse = open(&path, builtin());
    assert_eq!(look(&warehouse, mail("ann@example.com")).tables["core.shop_order"].len(), 1);
    forget(&warehouse, mail("ann@example.com"));
    assert_eq!(texts(&warehouse, SHOWN)[0], "o1 erased_ erased_ c9 10");
}

// chattocorp/chatto#219 and attevon-llc/OpenTranscribe#442: a restored backup brought erased people back.
/// Here one of before the erasure, restored while the contract is away.
#[test]
fn a_restored_backup_brings_nobody_back_in_a_table_of_ones_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("daybook.duckdb");
    let warehouse = open(&path, facts(ORDER));
    run(&warehouse, ROWS);
    let backups = folder.path().join("backups");
    let made = warehouse
        .read_blocking(|reader| backup::make(reader, &backups, backup::Kind::Daybook, now()))
        .expect("a backup");
    forget(&warehouse, mail("ann@example.com"));
    let erasures = warehouse.read_blocking(erased::all).expect("read");
    drop(warehouse);
    let done = restore(&path, &WarehouseConfig::default(), &made, (&erasures, &key()), now()).expect("restored");
    assert_eq!(done.erased_again, 2);
    assert_eq!(texts(&open(&path, builtin()), SHOWN)[0], "o1 erased_ erased_ c9 10");
}

/// A column that was not declared personal when a person was erased is searched once it is.
#[test]
fn a_column_that_becomes_personal_later_is_searched_for_those_erased_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("daybook.duckdb");
    let plain = ORDER.replace("personal = \"customer_id\", ", "");
    let warehouse = open(&path, facts(&plain));
    run(&warehouse, ROWS);
    forget(&warehouse, Who::Id { id: "b1".to_owned(), connection: Some("shop".to_owned()) });
    assert_eq!(
        texts(&warehouse, "SELECT buyer FROM core.shop_order WHERE order_id = 'o1' AND workspace = 'w'"),
        ["b1"]
    );
    warehouse.apply_facts(facts(ORDER)).expect("applied");
    let is_due = || warehouse.read_blocking(columns::are_due).expect("read");
    assert!(is_due());
    let again = warehouse.write_both_blocking(|connection| {
        erased::set_key(connection, &key())?;
        let again = erased::apply_missing(connection, &[]);
        erased::forget_key(connection);
        again
    });
    assert_eq!(again.expect("applied"), 0, "nobody is erased who was not");
    let shown = "SELECT left(buyer, 7) FROM core.shop_order WHERE order_id = 'o1' AND workspace = 'w'";
    assert_eq!(texts(&warehouse, shown), ["erased_"]);
    assert!(!is_due());
}

/// Many shops and files have the address itself as the customer's id.
#[test]
fn an_address_that_stands_as_an_id_is_found_by_mail() {
    let folder = tempfile::tempdir().expect("a folder");
    let warehouse = open(&folder.path().join("daybook.duckdb"), facts(ORDER));
    run(
        &warehouse,
        "INSERT INTO core.shop_order (workspace, connection, order_id, date, buyer, amount, load_id)
         VALUES ('w', 'shop', 'o1', DATE '2026-11-01', 'Ann@Example.com', 1, 'l')",
    );
    assert_eq!(look(&warehouse, mail("ann@example.com")).tables["core.shop_order"].len(), 1);
    forget(&warehouse, mail("ann@example.com"));
    assert_eq!(texts(&warehouse, "SELECT left(buyer, 7) FROM core.shop_order"), ["erased_"]);
}
