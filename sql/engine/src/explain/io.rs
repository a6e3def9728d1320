//! Which tables does a plan read and write? Ref: Trino 401 `IoPlanPrinter`, "EXPLAIN", TYPE IO.

use serde_json::{Map, Value, json};

use super::json::estimate_json;
use super::node::Node;
use super::scan::{CATALOG, Constraint, Marker};

/// The tables of a plan, what is asked of each, and the table written to.
pub(crate) fn io(root: &Node, written: Option<(&str, &str)>) -> Value {
    let mut inputs: Vec<Value> = Vec::new();
    inputs_of(root, &mut inputs);
    let mut object = Map::new();
    object.insert("inputTableColumnInfos".to_owned(), Value::Array(inputs));
    if let Some((schema, table)) = written {
        object.insert("outputTable".to_owned(), table_json(schema, table));
    }
    object.insert("estimate".to_owned(), estimate_json(&root.estimate.unwrap_or_default(), "maxMemory"));
    Value::Object(object)
}

fn inputs_of(node: &Node, inputs: &mut Vec<Value>) {
    if let Some(scan) = &node.scan {
        let constraints: Vec<Value> = scan.constraints.iter().map(constraint_json).collect();
        let input = json!({
            "table": table_json(&scan.database, &scan.table),
            "constraint": { "none": false, "columnConstraints": constraints },
            "estimate": estimate_json(&scan.estimate, "maxMemory"),
        });
        // A table that is scanned twice in the same way is one input.
        if !inputs.contains(&input) {
            inputs.push(input);
        }
    }
    for child in &node.children {
        inputs_of(child, inputs);
    }
}

fn table_json(schema: &str, table: &str) -> Value {
    json!({ "catalog": CATALOG, "schemaTable": { "schema": schema, "table": table } })
}

fn constraint_json(constraint: &Constraint) -> Value {
    let marker = |marker: &Marker| match &marker.value {
        Some(value) => json!({ "value": value, "bound": marker.bound }),
        None => json!({ "bound": marker.bound }),
    };
    let ranges: Vec<Value> =
        constraint.ranges.iter().map(|range| json!({ "low": marker(&range.low), "high": marker(&range.high) })).collect();
    json!({
        "columnName": constraint.column,
        "type": constraint.data_type,
        "domain": { "nullsAllowed": false, "ranges": ranges },
    })
}
