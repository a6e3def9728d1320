//! How is a plan written as JSON? Ref: Trino 401 `JsonRenderer`, "EXPLAIN", FORMAT JSON.

use serde_json::{Map, Value, json};

use super::estimate::Estimate;
use super::fragment::Fragment;
use super::node::Node;
use super::quantity::duration;

/// One tree.
pub(crate) fn logical(root: &Node) -> Value {
    node_json(root, &mut 0, false)
}

/// A map of the fragments, each its own tree; `is_run` adds what running has cost.
pub(crate) fn distributed(fragments: &[Fragment], is_run: bool) -> Value {
    let mut next_id = 0;
    let fragments = fragments.iter().map(|fragment| (fragment.id.to_string(), node_json(&fragment.root, &mut next_id, is_run)));
    Value::Object(fragments.collect())
}

/// As Jackson's default pretty printer writes: two blanks a level for objects, lists on the line, ` : ` between key and value.
pub(crate) fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, level: usize, out: &mut String) {
    match value {
        Value::Object(object) if object.is_empty() => out.push_str("{ }"),
        Value::Object(object) => {
            out.push('{');
            for (position, (key, value)) in object.iter().enumerate() {
                out.push_str(if position == 0 { "\n" } else { ",\n" });
                out.push_str(&"  ".repeat(level + 1));
                out.push_str(&Value::String(key.clone()).to_string());
                out.push_str(" : ");
                write(value, level + 1, out);
            }
            out.push('\n');
            out.push_str(&"  ".repeat(level));
            out.push('}');
        }
        Value::Array(values) if values.is_empty() => out.push_str("[ ]"),
        Value::Array(values) => {
            out.push_str("[ ");
            for (position, value) in values.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                write(value, level, out);
            }
            out.push_str(" ]");
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn node_json(node: &Node, next_id: &mut usize, is_run: bool) -> Value {
    let id = *next_id;
    *next_id += 1;
    let outputs: Vec<Value> = node.outputs.iter().map(|symbol| json!({ "symbol": symbol.name, "type": symbol.data_type })).collect();
    let descriptor: Map<String, Value> =
        node.descriptor.iter().map(|(key, value)| ((*key).to_owned(), Value::String(value.clone()))).collect();
    let mut object = Map::new();
    object.insert("id".to_owned(), Value::String(id.to_string()));
    object.insert("name".to_owned(), Value::String(node.name.clone()));
    object.insert("descriptor".to_owned(), Value::Object(descriptor));
    object.insert("outputs".to_owned(), Value::Array(outputs));
    object.insert("details".to_owned(), json!(node.details));
    let estimates: Vec<Value> = node.estimate.iter().map(|estimate| estimate_json(estimate, "memoryCost")).collect();
    object.insert("estimates".to_owned(), Value::Array(estimates));
    if let Some(measured) = node.measured.as_ref().filter(|_| is_run) {
        let mut stats = json!({
            "cpu": duration(measured.cpu_nanos),
            "outputRows": measured.rows,
            "outputBytes": measured.bytes,
            "spilledBytes": measured.spilled_bytes,
        });
        if let Some(input) = &measured.input {
            let share = |share: Option<super::measure::Share>| match share {
                Some(share) => json!({ "pruned": share.pruned, "total": share.total }),
                None => Value::Null,
            };
            stats["inputRows"] = json!(input.rows);
            stats["physicalInputBytes"] = json!(input.physical_bytes);
            stats["partitions"] = share(input.partitions);
            stats["inputBytes"] = json!(input.bytes);
            stats["fileRanges"] = share(input.file_ranges);
            stats["rowGroups"] = share(input.row_groups);
            stats["pages"] = share(input.pages);
        }
        object.insert("stats".to_owned(), stats);
    }
    let children: Vec<Value> = node.children.iter().map(|child| node_json(child, next_id, is_run)).collect();
    object.insert("children".to_owned(), Value::Array(children));
    Value::Object(object)
}

/// An estimate; what is not known is `NaN`, as text. `memory` names its memory: `memoryCost`, or `maxMemory` in TYPE IO.
pub(crate) fn estimate_json(estimate: &Estimate, memory: &str) -> Value {
    let number = |value: Option<f64>| value.map_or_else(|| Value::String("NaN".to_owned()), |value| json!(value));
    let mut object = Map::new();
    object.insert("outputRowCount".to_owned(), number(estimate.rows));
    object.insert("outputSizeInBytes".to_owned(), number(estimate.bytes));
    object.insert("cpuCost".to_owned(), number(estimate.cpu));
    object.insert(memory.to_owned(), number(estimate.memory));
    object.insert("networkCost".to_owned(), number(estimate.network));
    Value::Object(object)
}
