//! The words that stand in place of erased identifiers, as SQL.

use super::columns::PersonalColumn;
use crate::warehouse::sql::literal;

/// The words in place of a workspace's erased identifiers, as a relation `e(m)` of one map.
pub fn words(workspace: &str) -> String {
    let workspace = literal(workspace);
    format!("(SELECT map_from_entries(list((mark, token))) AS m FROM ops.erased WHERE workspace = {workspace}) AS e")
}

/// `column` of `t` with erased identifiers replaced; `connection` is SQL for the row's connection.
pub fn replaced(column: &PersonalColumn, connection: &str) -> String {
    let PersonalColumn { name, kind, is_list, .. } = column;
    let kind = kind.word();
    match is_list {
        true => format!("list_transform(t.{name}, lambda id: coalesce(e.m[mark_of('{kind}', {connection}, id)], id))"),
        false => format!("coalesce(e.m[mark_of('{kind}', {connection}, t.{name})], t.{name})"),
    }
}

/// Whether a row of `t` names an erased person in one of `columns`.
pub fn is_named(columns: &[PersonalColumn], connection: &str) -> String {
    let tests = columns.iter().map(|PersonalColumn { name, kind, is_list, .. }| {
        let kind = kind.word();
        match is_list {
            true => format!(
                "len(list_filter(t.{name}, lambda id: list_contains(map_keys(e.m), mark_of('{kind}', {connection}, id)))) > 0"
            ),
            false => format!("coalesce(list_contains(map_keys(e.m), mark_of('{kind}', {connection}, t.{name})), false)"),
        }
    });
    format!("({})", tests.collect::<Vec<_>>().join(" OR "))
}
