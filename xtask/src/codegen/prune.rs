//! Which part of a service model is kept? All operation names, and the shapes the selected operations reach.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Returns the pruned model: every operation by name, input and output only for `selected`, no documentation.
pub fn prune(model: &Value, selected: &[&str]) -> Result<Value, String> {
    let operations = object(model, "operations")?;
    let shapes = object(model, "shapes")?;
    for name in selected {
        if !operations.contains_key(*name) {
            return Err(format!("the model has no operation '{name}'"));
        }
    }
    let mut kept_operations = Map::new();
    let mut reached = BTreeSet::new();
    for (name, operation) in operations {
        let mut kept = Map::new();
        if selected.contains(&name.as_str()) {
            for side in ["input", "output"] {
                if let Some(shape) = operation.pointer(&format!("/{side}/shape")) {
                    let shape = shape.as_str().ok_or("a shape reference is not text")?;
                    kept.insert(side.to_owned(), json!({ "shape": shape }));
                    reach(shapes, shape, &mut reached)?;
                }
            }
        }
        kept_operations.insert(name.clone(), Value::Object(kept));
    }
    let mut kept_shapes = Map::new();
    for name in &reached {
        let shape = shapes.get(name).ok_or("a reached shape is missing")?;
        kept_shapes.insert(name.clone(), without_documentation(shape));
    }
    let metadata = object(model, "metadata")?;
    let mut kept_metadata = Map::new();
    for key in ["apiVersion", "jsonVersion", "serviceFullName", "targetPrefix"] {
        kept_metadata.insert(key.to_owned(), metadata.get(key).cloned().unwrap_or_default());
    }
    Ok(json!({ "metadata": kept_metadata, "operations": kept_operations, "shapes": kept_shapes }))
}

fn reach(shapes: &Map<String, Value>, name: &str, reached: &mut BTreeSet<String>) -> Result<(), String> {
    if !reached.insert(name.to_owned()) {
        return Ok(());
    }
    let shape = shapes.get(name).ok_or_else(|| format!("the model has no shape '{name}'"))?;
    for side in ["member", "key", "value"] {
        if let Some(inner) = shape.pointer(&format!("/{side}/shape")).and_then(Value::as_str) {
            reach(shapes, inner, reached)?;
        }
    }
    if let Some(members) = shape.get("members").and_then(Value::as_object) {
        for member in members.values() {
            if let Some(inner) = member.get("shape").and_then(Value::as_str) {
                reach(shapes, inner, reached)?;
            }
        }
    }
    Ok(())
}

fn without_documentation(value: &Value) -> Value {
    match value {
        Value::Object(entries) => Value::Object(
            entries
                .iter()
                // A member may itself be called "documentation"; only texts are notes.
                .filter(|(key, value)| !(matches!(key.as_str(), "documentation" | "deprecatedMessage") && value.is_string()))
                .map(|(key, value)| (key.clone(), without_documentation(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

fn object<'a>(model: &'a Value, key: &str) -> Result<&'a Map<String, Value>, String> {
    model.get(key).and_then(Value::as_object).ok_or_else(|| format!("the model has no '{key}'"))
}
