//! Rows of one key that are items of one thing, such as the lines of an order: they complete one another.

use super::Batch;
use super::repeats::left;
use crate::domain::dropped::Repeats;
use crate::warehouse::error::WarehouseError;
use duckdb::Transaction;

/// Puts rows of one key of a file together, before they are read: the first value of each field counts.
/// Two different values are a problem of all rows of the key.
pub fn put_together(transaction: &Transaction<'_>, batch: &mut Batch<'_>) -> Result<(), WarehouseError> {
    let target = &batch.load.target;
    let fields = || target.fields.iter().map(|(name, _)| name.as_str());
    // The fields that are columns of the key by themselves; without one there is nothing to go by.
    let (key, others): (Vec<&str>, Vec<&str>) = fields().partition(|name| target.key.iter().any(|key| key == name));
    let Some(first) = key.first() else { return Ok(()) };
    let is_there: Vec<String> = key.iter().map(|name| format!("{name} IS NOT NULL")).collect();
    let key = key.join(", ");
    batch.run_sql(
        transaction,
        "looking for items",
        &format!(
            "CREATE OR REPLACE TEMP TABLE twice AS
             SELECT k, {key} FROM dropped WHERE {} GROUP BY k, {key} HAVING count(*) > 1",
            is_there.join(" AND ")
        ),
    )?;
    // Keys hardly ever repeat, and putting rows together costs more than all the rest.
    if batch.count(transaction, "twice")? > 0 {
        let per_file = "SELECT k, count(*)::UBIGINT FROM dropped GROUP BY k";
        let before = batch.by_file(transaction, per_file)?;
        let numbers = if target.repeats == Repeats::Items { target.numbers.as_slice() } else { &[] };
        let sql = statements(&key, first, &others, numbers);
        batch.run_sql(transaction, "putting items together", &sql)?;
        let after = batch.by_file(transaction, per_file)?;
        for (file, rows) in before {
            let less = rows - left(&after, file);
            if less > 0 {
                let name = &batch.load.files[file].name;
                let note = format!("{name}: {less} rows are of the same key as another row and are put together");
                batch.loaded[file].notes.push(note);
            }
        }
    }
    batch.run_sql(transaction, "looking for items", "DROP TABLE twice")
}

/// Makes one row of each key in `twice`.
fn statements(key: &str, first: &str, others: &[&str], numbers: &[String]) -> String {
    let value = |name: &&str| format!("first(d.{name} ORDER BY d.n) FILTER (d.{name} IS NOT NULL) AS {name}");
    let differing = |name: &&str| {
        // Rows that are the same in every column are one.
        let twice = match numbers.iter().any(|number| number == name) {
            true => {
                format!("WHEN count(d.{name}) > 1 AND count(DISTINCT d.h) > 1 THEN '{name} stands in several of them'")
            }
            false => String::new(),
        };
        format!(
            "CASE WHEN min(d.{name}) <> max(d.{name})
                  THEN '{name} is ' || left(min(d.{name}), 40) || ' and ' || left(max(d.{name}), 40) {twice} END"
        )
    };
    let same: Vec<String> = key.split(", ").map(|name| format!("d.{name} = t.{name}")).collect();
    let of_key: Vec<String> = key.split(", ").map(|name| format!("d.{name}")).collect();
    format!(
        "CREATE OR REPLACE TEMP TABLE items AS
             SELECT d.k, min(d.n) AS n, first(d.h ORDER BY d.n) AS h,
                 coalesce(first(d.p ORDER BY d.n) FILTER (d.p IS NOT NULL),
                     'the rows ' || array_to_string(list_sort(list(d.n))[1:5], ', ') || ' say different things of '
                         || left(any_value(d.{first}), 80) || ': ' || problems([{differing}])) AS p,
                 first(d.raw ORDER BY d.n) FILTER (d.raw IS NOT NULL) AS raw, {of_key}, {values}
             FROM dropped AS d JOIN twice AS t ON d.k = t.k AND {same} GROUP BY d.k, {of_key};
         DELETE FROM dropped AS d WHERE EXISTS (SELECT 1 FROM twice AS t WHERE d.k = t.k AND {same});
         INSERT INTO dropped BY NAME SELECT * FROM items;
         DROP TABLE items",
        differing = others.iter().map(differing).collect::<Vec<_>>().join(", "),
        of_key = of_key.join(", "),
        values = others.iter().map(value).collect::<Vec<_>>().join(", "),
        same = same.join(" AND ")
    )
}
