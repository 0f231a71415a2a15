//! Places in JSON that may be several: pointers in which `*` stands for each member.

use serde_json::Value;

/// What stands at a JSON pointer in which `*` means each member of a list or object; nulls are nothing.
pub fn at<'v>(value: &'v Value, pointer: &str) -> Vec<&'v Value> {
    let mut steps = pointer.split("/*");
    let mut found: Vec<&Value> = steps.next().and_then(|step| value.pointer(step)).into_iter().collect();
    for step in steps {
        found = found.into_iter().flat_map(members).filter_map(|member| member.pointer(step)).collect();
    }
    found.into_iter().filter(|value| !value.is_null()).collect()
}

fn members(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(elements) => elements.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_star_stands_for_each_member_of_a_list_or_an_object() {
        let value = json!({"a": {"x": [{"n": 1}, {"n": null}, {}], "y": [{"n": 2}]}, "b": 3});
        assert_eq!(at(&value, "/a/*/*/n"), [&json!(1), &json!(2)]);
        assert_eq!((at(&value, "/b"), at(&value, "/b/*"), at(&value, "/c/*")), (vec![&json!(3)], vec![], vec![]));
    }
}
