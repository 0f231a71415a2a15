//! Files dropped into a fact of the installation's own: what they may hold follows from its contract.

use crate::field::installation::{ship, write};
use crate::maintenance_faults::{daybook, said};
use crate::own_fact::well;
use daybook::support::clock::Clock;
use daybook::warehouse::maintenance::checksum::open_read_only;
use std::path::Path;

const FACT: &str = r#"
about = "Orders of the shop."
day = "date"
key = ["order_id"]
dimensions = ["device"]

[[money]]
amount = "amount"
currency = "currency"
is_converted = true

[columns]
order_id = { type = "VARCHAR", required = true, about = "The order." }
date = { type = "DATE", required = true, about = "Its day." }
buyer = { type = "VARCHAR", personal = "person_key", about = "Who bought." }
customer = { type = "VARCHAR", personal = "customer_id", about = "Their account." }
postal_code = { type = "VARCHAR", format = "[0-9]{5}", about = "Where it went." }
device = { type = "VARCHAR", about = "What it was ordered on." }
units = { type = "BIGINT", min = "0", unit = "count", about = "Pieces." }
is_new = { type = "BOOLEAN", about = "Whether it is their first." }
discount = { type = "DECIMAL(9, 6)", unit = "percent", about = "Share taken off." }
tags = { type = "VARCHAR[]", about = "Words about it." }
paid_at = { type = "TIMESTAMP", about = "When it was paid, UTC." }
amount = { type = "DECIMAL(18, 6)", required = true, unit = "money", about = "What they paid." }
currency = { type = "VARCHAR", required = true, format = "[A-Z]{3}", about = "Its currency." }

[measures]
shop_orders = "BIGINT"
"#;

const ADDS: &str = "SELECT o.workspace, o.date, 'shop' AS source, 'shop' AS medium, '' AS campaign, o.device,
    count(*) AS shop_orders FROM core.shop_order AS o SEMI JOIN touched AS t USING (workspace, date) GROUP BY ALL";

const WORKSPACE: &str = r#"
name = "Acme"
time_zone = "UTC"
currency = "EUR"

[recipients.team]
mail = ["team@example.com"]

[[connections]]
id = "shop"
connector = "file"
folder = "drops/shop"
preset = "shop_order"
settle_secs = 0
"#;

const HEADER: &str =
    "Order ID;Date;Buyer;Customer;Postal code;Device;Units;Is new;Discount;Tags;Paid at;Amount;Currency;Remark\n";

fn install(root: &Path, workspace: &str) {
    ship(root);
    for job in std::fs::read_dir(root.join("jobs")).expect("jobs").flatten() {
        if job.file_name().to_string_lossy().starts_with("report_") {
            std::fs::remove_file(job.path()).expect("removed");
        }
    }
    write(
        root,
        "config/daybook.toml",
        "[warehouse]\nmemory_limit_mb = 200\nthreads = 1\n[delivery.mail]\nkind = \"folder\"\npath = \"mail\"\nfrom = \"Daybook <daybook@example.com>\"\n",
    );
    write(root, "config/workspaces/acme.toml", workspace);
    write(root, "config/facts/shop_order.toml", FACT);
    write(root, "config/facts/shop_order.metrics.sql", ADDS);
}

fn day() -> String {
    (Clock::System.now().date_naive() - chrono::Days::new(2)).to_string()
}

/// What is held, read without applying the built-in contracts alone.
fn held(root: &Path, sql: &str) -> Vec<String> {
    let reader = open_read_only(&root.join("daybook.duckdb")).expect("opens");
    let mut statement = reader.prepare(sql).expect("a query");
    statement.query_map([], |row| row.get(0)).expect("rows").collect::<Result<_, _>>().expect("texts")
}

const SHOWN: &str = "SELECT concat_ws(' ', order_id, customer, postal_code, device, units, is_new, discount::DOUBLE, tags::VARCHAR, paid_at::VARCHAR,
    amount::DOUBLE, currency, length(buyer)) FROM core.shop_order ORDER BY order_id";

/// supabase/supabase#12666 and teableio/teable#1828: leading zeros of a column of text were lost. ChurchCRM/CRM#4329 and
/// dbeaver/dbeaver#5248: 1, 0 and "si" were no booleans. nocodb/nocodb#1537: an empty cell of a number failed the file.
#[test]
fn a_file_fills_a_fact_of_ones_own_as_its_contract_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install(root, WORKSPACE);
    well(root, &["check"]);
    assert!(
        well(root, &["connectors"]).contains("shop_order: Orders of the shop. order_id (required), date (required)")
    );
    assert!(well(root, &["tables", "shop_order"]).contains("files by shop_order"));
    let day = day();
    let rows = format!(
        "{HEADER}o1;{day};Ann@example.com;00017;01067;mobile;2;ja;12,5%;gift|blue;{day} 14:30:00;1.234,50;EUR;x\n\
         o2;{day};bob@example.com;00018;99999;;0;0;;;;10,00;EUR;x\n\
         o3;{day};;;;desktop;;si;5%;;;7,25;EUR;\n"
    );
    write(root, "drops/shop/orders.csv", &rows);
    let tried = well(
        root,
        &["files", "try", &root.join("drops/shop/orders.csv").display().to_string(), "--preset", "shop_order"],
    );
    assert!(tried.contains("o1") && !tried.contains("Ann@example.com"), "{tried}");
    well(root, &["sync"]);
    assert_eq!(
        held(root, SHOWN),
        [
            format!("o1 00017 01067 mobile 2 true 0.125 [gift, blue] {day} 14:30:00 1234.5 EUR 64"),
            "o2 00018 99999 0 false 10.0 EUR 64".to_owned(),
            "o3 desktop true 0.05 7.25 EUR".to_owned(),
        ]
    );
    well(root, &["rollup"]);
    let by = "SELECT concat_ws(' ', coalesce(device, '-'), sum(shop_orders)) FROM mart.shop_order_by GROUP BY device ORDER BY 1";
    assert_eq!(held(root, by), ["- 1", "desktop 1", "mobile 1"]);

    // The address of a buyer leads to their rows, and an erasure holds when the file comes again.
    let found = well(root, &["person", "show", "-w", "acme", "--mail", "ann@example.com"]);
    assert!(found.contains("2 identifiers in 1 rows"), "{found}");
    well(root, &["person", "erase", "-w", "acme", "--mail", "ann@example.com", "--yes"]);
    let of_o1 = "SELECT concat_ws(' ', left(buyer, 7), left(customer, 7)) FROM core.shop_order ORDER BY order_id";
    assert_eq!(held(root, of_o1)[0], "erased_ erased_");
    write(root, "drops/shop/again.csv", &rows.replace("7,25", "8,00"));
    well(root, &["sync"]);
    assert_eq!(held(root, of_o1)[0], "erased_ erased_");
    assert_eq!(held(root, "SELECT amount::VARCHAR FROM core.shop_order WHERE order_id = 'o3'"), ["8.000000"]);
}

/// Exotic209093/WaveLink#45 and eltoroit/ETCopyData#52: a field that the first record did not have was read of none.
#[test]
fn a_field_that_the_first_record_lacks_is_read_of_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    install(root, WORKSPACE);
    let day = day();
    let lines = format!(
        "{{\"order_id\":\"o1\",\"date\":\"{day}\",\"amount\":1,\"currency\":\"EUR\"}}\n{{\"order_id\":\"o2\",\"date\":\"{day}\",\"amount\":2,\"currency\":\"EUR\",\"device\":\"tv\",\"units\":3}}\n"
    );
    write(root, "drops/shop/orders.ndjson", &lines);
    well(root, &["sync"]);
    let shown = "SELECT concat_ws(' ', order_id, device, units) FROM core.shop_order ORDER BY 1";
    assert_eq!(held(root, shown), ["o1", "o2 tv 3"]);
}

#[test]
fn what_is_wrong_with_a_file_or_a_connection_is_reported_with_its_place_and_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    // A field that the contract does not have, in the connection.
    install(root, &WORKSPACE.replace("settle_secs", "columns = { \"Total\" = \"amont\" }\nsettle_secs"));
    let told = said(&daybook(root, &["check"]));
    assert!(told.contains("config/workspaces/acme.toml:14") && told.contains("did you mean \"amount\"?"), "{told}");
    install(
        root,
        &WORKSPACE
            .replace("preset = \"shop_order\"", "mapping = { target = \"shop_oder\", columns = { A = \"date\" } }"),
    );
    let told = said(&daybook(root, &["check"]));
    assert!(
        told.contains("there is no target \"shop_oder\"") && told.contains("did you mean \"shop_order\"?"),
        "{told}"
    );
    install(
        root,
        &WORKSPACE
            .replace("preset = \"shop_order\"", "mapping = { target = \"shop_order\", columns = { A = \"date\" } }"),
    );
    let told = said(&daybook(root, &["check"]));
    assert!(told.contains("no column is mapped to \"order_id\""), "{told}");

    install(root, WORKSPACE);
    let day = day();
    // A column that the contract requires is not there.
    write(root, "drops/shop/short.csv", &format!("Order ID;Date;Currency\no1;{day};EUR\no2;{day};EUR\n"));
    let told = said(&daybook(root, &["sync"]));
    assert!(told.contains("short.csv, line 1") && told.contains("amount"), "{told}");
    std::fs::remove_file(root.join("drops/shop/short.csv")).expect("removed");
    // A single bad row of many is kept apart with its line.
    let good: String = (10..50).map(|n| format!("o{n};{day};;;;;;;;;;1,50;EUR;\n")).collect();
    write(root, "drops/shop/bad.csv", &format!("{HEADER}{good}o98;{day};;;ABCDE;;;;;;;1,50;EUR;\n"));
    let told = said(&daybook(root, &["sync"]));
    assert!(told.contains("in part"), "{told}");
    assert_eq!(
        held(root, "SELECT reason FROM ops.quarantine ORDER BY 1"),
        ["bad.csv, line 42: postal_code is not of the form [0-9]{5}"]
    );
    assert_eq!(held(root, "SELECT count(*)::VARCHAR FROM core.shop_order"), ["40"]);
    // dfinke/ImportExcel#830 and jasp-stats/jasp-desktop#927: a long id came as 1.91E+18, its last digits lost.
    write(root, "drops/shop/long.csv", &format!("{HEADER}1.91431E+18;{day};;;;;;;;;;1,50;EUR;\n"));
    let told = said(&daybook(root, &["sync"]));
    assert!(told.contains("long.csv") && told.contains("1.91431E+18") && told.contains("scientific"), "{told}");
    std::fs::remove_file(root.join("drops/shop/long.csv")).expect("removed");
    // An amount without a currency says how to state one.
    write(root, "drops/shop/bare.csv", &format!("Order ID;Date;Amount\no1;{day};1,50\no2;{day};2,50\n"));
    let told = said(&daybook(root, &["sync"]));
    assert!(
        told.contains("bare.csv, line 2: currency is missing") && told.contains("constants = { currency = \"EUR\" }"),
        "{told}"
    );
}
