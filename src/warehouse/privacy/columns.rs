//! Columns that name people: those that contracts declare `personal`, and those of the tables that Daybook derives,
//! which go by their names. What contracts declared last is in the database, so that a table whose contract was
//! taken away is not forgotten.

use crate::domain::fact::{PERSONAL, Personal};
use crate::warehouse::error::{Context, WarehouseError};
use crate::warehouse::sql::literal;
use duckdb::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// A column of identifiers of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalColumn {
    pub name: String,
    pub kind: Personal,
    pub is_list: bool,
    /// Whose it is, where rows name several people.
    pub role: Option<String>,
}

/// A table that names people, with the columns that do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalTable {
    pub schema: String,
    pub table: String,
    pub columns: Vec<PersonalColumn>,
}

impl PersonalColumn {
    /// SQL for each identifier of a row of `t`.
    pub fn each(&self) -> String {
        if self.is_list { format!("unnest(t.{})", self.name) } else { format!("t.{}", self.name) }
    }
}

impl PersonalTable {
    /// Columns that are of one person in each row, so that one identifier leads to the others. A buyer and who referred
    /// them, or all who came to a meeting, are several people: to erase one of them must not erase the others. So two
    /// columns of a kind, and lists, belong together only if the contract gives them a role.
    pub fn people(&self) -> Vec<Vec<PersonalColumn>> {
        let mut by_role: BTreeMap<Option<&str>, Vec<PersonalColumn>> = BTreeMap::new();
        for column in &self.columns {
            by_role.entry(column.role.as_deref()).or_default().push(column.clone());
        }
        let is_one = |role: Option<&str>, columns: &[PersonalColumn]| {
            let mut seen = BTreeSet::new();
            columns.len() > 1
                && columns.iter().all(|column| match column.is_list {
                    _ if role.is_some() => true,
                    false => seen.insert(column.kind),
                    true => PERSONAL.iter().any(|(name, _, is_list)| *is_list && *name == column.name),
                })
        };
        by_role.into_iter().filter(|(role, columns)| is_one(*role, columns)).map(|(_, columns)| columns).collect()
    }
}

/// Every table that names people.
pub fn tables(connection: &Connection) -> Result<Vec<PersonalTable>, WarehouseError> {
    find(connection, "schema_name IN ('core', 'history', 'mart')")
}

/// The columns of a fact that name people, by its contract alone: the catalog of all tables takes ten times as long, for
/// every slice that is loaded.
pub fn of_fact(connection: &Connection, fact: &str) -> Result<Vec<PersonalColumn>, WarehouseError> {
    let step = || format!("looking for columns of {fact} that name people");
    let sql = format!(
        "SELECT c.column_name, coalesce(c.personal, n.kind), c.type = 'VARCHAR[]', c.person_role
         FROM ops.fact_column AS c LEFT JOIN (VALUES {}) AS n(name, kind) ON n.name = c.column_name
         WHERE c.fact = {} AND coalesce(c.personal, n.kind) IS NOT NULL AND c.type IN ('VARCHAR', 'VARCHAR[]')
         ORDER BY c.position",
        known_names(),
        literal(fact)
    );
    let mut statement = connection.prepare(&sql).context(step)?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?)))
        .context(step)?;
    let mut found = Vec::new();
    for row in rows {
        let (name, word, is_list, role) = row.context(step)?;
        let kind = Personal::WORDS.into_iter().find(|(known, _)| *known == word);
        found.extend(kind.map(|(_, kind)| PersonalColumn { name, kind, is_list, role }));
    }
    Ok(found)
}

/// Names that mean a person where no contract says so, with their kinds, as rows of VALUES.
fn known_names() -> String {
    let names: Vec<String> =
        PERSONAL.iter().map(|(name, kind, _)| format!("({}, {})", literal(name), literal(kind.word()))).collect();
    names.join(", ")
}

fn find(connection: &Connection, which: &str) -> Result<Vec<PersonalTable>, WarehouseError> {
    let step = || "looking for tables that name people".to_owned();
    let sql = format!(
        "SELECT c.schema_name, c.table_name, c.column_name, coalesce(d.personal, n.kind), c.data_type = 'VARCHAR[]',
             d.person_role
         FROM duckdb_columns() AS c
         JOIN duckdb_tables() AS t USING (database_name, schema_name, table_name)
         LEFT JOIN ops.fact_column AS d ON d.fact = c.table_name AND d.column_name = c.column_name
             AND d.personal IS NOT NULL AND c.schema_name IN ('core', 'history')
         LEFT JOIN (VALUES {}) AS n(name, kind) ON n.name = c.column_name
         WHERE database_name = current_database() AND {which}
             AND coalesce(d.personal, n.kind) IS NOT NULL AND c.data_type IN ('VARCHAR', 'VARCHAR[]')
         ORDER BY schema_name, table_name, c.column_index",
        known_names()
    );
    let mut statement = connection.prepare(&sql).context(step)?;
    let mut rows = statement.query(params![]).context(step)?;
    let mut all: Vec<PersonalTable> = Vec::new();
    while let Some(row) = rows.next().context(step)? {
        let text = |index: usize| row.get::<_, String>(index).context(step);
        let (schema, table, name, word) = (text(0)?, text(1)?, text(2)?, text(3)?);
        let Some((_, kind)) = Personal::WORDS.into_iter().find(|(known, _)| *known == word) else { continue };
        let column = PersonalColumn { name, kind, is_list: row.get(4).context(step)?, role: row.get(5).context(step)? };
        match all.last_mut().filter(|last| last.schema == schema && last.table == table) {
            Some(last) => last.columns.push(column),
            None => all.push(PersonalTable { schema, table, columns: vec![column] }),
        }
    }
    Ok(all)
}

/// Whether contracts have declared columns personal that were never searched for those erased before.
pub fn are_due(connection: &Connection) -> Result<bool, WarehouseError> {
    let sql = "SELECT count(*) > 0 FROM ops.fact_column WHERE personal IS DISTINCT FROM erased_as";
    connection.query_row(sql, [], |row| row.get(0)).context(|| "looking for columns that became personal".to_owned())
}

/// Notes that every column was searched for all who are erased.
pub fn settle(connection: &Connection) -> Result<(), WarehouseError> {
    let sql = "UPDATE ops.fact_column SET erased_as = personal WHERE personal IS DISTINCT FROM erased_as";
    connection.execute(sql, []).map(drop).context(|| "noting which columns are personal".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_several_people_lead_from_none_to_the_others() {
        use Personal::{ContactId, CustomerId, PersonKey};
        let people = |columns: &[(&str, Personal, bool, Option<&str>)]| -> Vec<Vec<String>> {
            let column = |(name, kind, is_list, role): &(&str, Personal, bool, Option<&str>)| PersonalColumn {
                name: (*name).to_owned(),
                kind: *kind,
                is_list: *is_list,
                role: role.map(str::to_owned),
            };
            let columns = columns.iter().map(column).collect();
            let table = PersonalTable { schema: "core".to_owned(), table: "t".to_owned(), columns };
            let names = |columns: Vec<PersonalColumn>| columns.into_iter().map(|column| column.name).collect();
            table.people().into_iter().map(names).collect()
        };
        let (buyer, hash) = (("buyer", CustomerId, false, None), ("buyer_hash", PersonKey, false, None));
        assert_eq!(people(&[buyer, hash]), [["buyer", "buyer_hash"]]);
        let contact = ("contact_id", ContactId, false, None);
        assert_eq!(people(&[contact, ("merged_contact_ids", ContactId, true, None)]).len(), 1);
        assert_eq!(people(&[contact, ("referrer", ContactId, false, None)]), Vec::<Vec<String>>::new());
        assert_eq!(people(&[contact, ("guests", ContactId, true, None)]), Vec::<Vec<String>>::new());
        let referrer = ("referrer", ContactId, false, Some("referrer"));
        assert_eq!(people(&[buyer, hash, referrer]), [["buyer", "buyer_hash"]]);
        let others = ("referrer_ids", ContactId, true, Some("referrer"));
        assert_eq!(people(&[buyer, hash, referrer, others]), [["buyer", "buyer_hash"], ["referrer", "referrer_ids"]]);
    }
}
