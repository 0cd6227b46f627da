//! The fields of a node on the canvas: a bare list of values, in the order in which the editor
//! shows them.

use serde_json::{Value, json};

use super::list;
use crate::node_info::{InputInfo, NodeInfo, Takes};

/// What the field beside a seed says: what to do with it after a run.
const CONTROLS: &[&str] = &[
    "fixed",
    "increment",
    "decrement",
    "randomize",
    "increment-wrap",
];

/// The values of a node, by the names of its inputs.
pub(super) fn values(node: &Value, info: &NodeInfo) -> Vec<(String, Value)> {
    let fields: Vec<&InputInfo> = info
        .inputs
        .iter()
        .filter(|it| it.is_field() || is_shown_as_field(node, &it.name))
        .collect();
    if let Some(Value::Object(by_name)) = node.get("widgets_values") {
        let value = |it: &InputInfo| by_name.get(&it.name).cloned().or_else(|| default(it));
        let named = fields
            .iter()
            .filter_map(|it| Some((it.name.clone(), value(it)?)));
        return named.map(|(name, value)| (name, wrapped(value))).collect();
    }
    let mut left = listed(node);
    let mut found = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let after = fields.len() - index - 1;
        let value = match left.split_first() {
            Some((first, rest)) => {
                left = rest;
                Some(first.clone())
            }
            // Fields that came with a newer version of the node than the file knows.
            None => default(field),
        };
        left = skip_control(left, field, after);
        let is_last_required =
            field.is_required && !fields[index + 1..].iter().any(|it| it.is_required);
        // The button for an upload is a field, too, and stands after all that have to be there.
        let required = &fields[..=index];
        if is_last_required && required.iter().any(|it| it.is_upload) && left.len() > after {
            left = &left[1..];
        }
        if let Some(value) = value {
            found.push((field.name.clone(), wrapped(value)));
        }
    }
    found
}

/// The list of values, or nothing.
pub(super) fn listed(node: &Value) -> &[Value] {
    list(node, "widgets_values")
}

/// A list that is a value looks like a link; the servers unwrap this.
pub(super) fn wrapped(value: Value) -> Value {
    match value {
        Value::Array(_) => json!({ "__value__": value }),
        value => value,
    }
}

fn skip_control<'v>(left: &'v [Value], field: &InputInfo, after: usize) -> &'v [Value] {
    let is_number = matches!(&field.takes, Takes::Value(it) if it == "INT" || it == "FLOAT");
    let is_choice = matches!(field.takes, Takes::Choice(_));
    let can_have = field.has_control || is_number && left.len() > after;
    let Some((Value::String(first), rest)) = left.split_first() else {
        return left;
    };
    if !can_have || !CONTROLS.contains(&first.as_str()) {
        return left;
    }
    // For a list, a filter of what may come next stands behind it.
    match rest.split_first() {
        Some((Value::String(_), more)) if is_choice && rest.len() > after => more,
        _ => rest,
    }
}

/// Newer files say of each input whether it is a field.
fn is_shown_as_field(node: &Value, name: &str) -> bool {
    let inputs = list(node, "inputs").iter();
    let widgets = inputs.filter_map(|it| it.get("widget")?.get("name")?.as_str());
    widgets.into_iter().any(|it| it == name)
}

fn default(field: &InputInfo) -> Option<Value> {
    match &field.takes {
        _ if !field.is_required => None,
        _ if field.default.is_some() => field.default.clone(),
        Takes::Choice(choices) => choices.first().cloned(),
        Takes::Value(_) | Takes::Link(_) => None,
    }
}
