//! What does an Avro schema say? Types with their logical meaning, named ones by name.
//!
//! Ref: Apache Avro specification 1.11, "Schema Declaration", "Logical Types", "Names".

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

/// How deep a schema may be nested.
const DEPTH_MAX: usize = 64;

/// A type.
#[derive(Debug, Clone)]
pub(super) struct AvroType {
    pub shape: Shape,
    pub logical: Option<Logical>,
}

#[derive(Debug, Clone)]
pub(super) enum Shape {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed(usize),
    Enum(Arc<[String]>),
    Array(Arc<AvroType>),
    Map(Arc<AvroType>),
    Union(Arc<[AvroType]>),
    Record(Arc<[AvroField]>),
    /// A type that was named before, or that this is a part of.
    Named(Arc<str>),
}

/// What the bytes of a type stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logical {
    Decimal {
        scale: u32,
    },
    Date,
    /// Parts of a second: 1000 for milliseconds.
    Timestamp {
        per_second: i64,
    },
}

/// A field of a record.
#[derive(Debug, Clone)]
pub(super) struct AvroField {
    pub name: String,
    pub aliases: Vec<String>,
    pub default: Option<Value>,
    pub data_type: AvroType,
}

/// A schema with what its names mean.
#[derive(Debug)]
pub(super) struct AvroSchema {
    pub root: AvroType,
    names: HashMap<Arc<str>, AvroType>,
}

impl AvroSchema {
    /// None for a text that is no schema.
    pub(super) fn parse(text: &str) -> Option<AvroSchema> {
        let value: Value = serde_json::from_str(text).ok()?;
        let mut names = HashMap::new();
        let root = parse(&value, "", &mut names, 0)?;
        Some(AvroSchema { root, names })
    }

    /// The type itself, where it is only named. None for a name that nothing has.
    pub(super) fn resolve<'a>(&'a self, data_type: &'a AvroType) -> Option<&'a AvroType> {
        match &data_type.shape {
            Shape::Named(name) => self.names.get(name),
            _ => Some(data_type),
        }
    }

    /// The fields of the rows; none where rows are no records.
    pub(super) fn fields(&self) -> Option<&Arc<[AvroField]>> {
        match &self.resolve(&self.root)?.shape {
            Shape::Record(fields) => Some(fields),
            _ => None,
        }
    }
}

fn parse(value: &Value, space: &str, names: &mut HashMap<Arc<str>, AvroType>, depth: usize) -> Option<AvroType> {
    if depth > DEPTH_MAX {
        return None;
    }
    let plain = |shape| AvroType { shape, logical: None };
    match value {
        Value::String(name) => Some(plain(primitive(name).unwrap_or_else(|| Shape::Named(full_name(name, space).into())))),
        Value::Array(branches) => {
            let branches = branches.iter().map(|branch| parse(branch, space, names, depth + 1)).collect::<Option<Vec<_>>>()?;
            let is_nested = branches.iter().any(|branch| matches!(branch.shape, Shape::Union(_)));
            (!is_nested).then(|| plain(Shape::Union(branches.into())))
        }
        Value::Object(object) => {
            let text = |key: &str| object.get(key).and_then(Value::as_str);
            let kind = match object.get("type")? {
                Value::String(kind) => kind.as_str(),
                // `{"type": {"type": …}}` is the inner type.
                inner => return parse(inner, space, names, depth + 1),
            };
            let named = || text("name").map(|name| full_name(name, text("namespace").unwrap_or(space)));
            let shape = match kind {
                "record" | "error" => {
                    let name: Arc<str> = named()?.into();
                    let own_space = name.rsplit_once('.').map_or("", |(space, _)| space).to_owned();
                    let fields = object.get("fields")?.as_array()?;
                    let fields = fields.iter().map(|field| parse_field(field, &own_space, names, depth + 1)).collect::<Option<Vec<_>>>()?;
                    let record = plain(Shape::Record(fields.into()));
                    names.insert(name, record.clone());
                    return Some(record);
                }
                "enum" => {
                    let symbols = object.get("symbols")?.as_array()?;
                    Shape::Enum(symbols.iter().map(|symbol| symbol.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?.into())
                }
                "fixed" => Shape::Fixed(usize::try_from(object.get("size")?.as_u64()?).ok()?),
                "array" => Shape::Array(Arc::new(parse(object.get("items")?, space, names, depth + 1)?)),
                "map" => Shape::Map(Arc::new(parse(object.get("values")?, space, names, depth + 1)?)),
                other => primitive(other).unwrap_or_else(|| Shape::Named(full_name(other, space).into())),
            };
            let logical = text("logicalType").and_then(|name| logical(name, &shape, object.get("scale").and_then(Value::as_u64)));
            let found = AvroType { shape, logical };
            if matches!(found.shape, Shape::Enum(_) | Shape::Fixed(_)) {
                names.insert(named()?.into(), found.clone());
            }
            Some(found)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn parse_field(value: &Value, space: &str, names: &mut HashMap<Arc<str>, AvroType>, depth: usize) -> Option<AvroField> {
    let aliases = value.get("aliases").and_then(Value::as_array).into_iter().flatten();
    Some(AvroField {
        name: value.get("name")?.as_str()?.to_owned(),
        aliases: aliases.filter_map(|alias| alias.as_str().map(str::to_owned)).collect(),
        default: value.get("default").cloned(),
        data_type: parse(value.get("type")?, space, names, depth)?,
    })
}

fn primitive(name: &str) -> Option<Shape> {
    Some(match name {
        "null" => Shape::Null,
        "boolean" => Shape::Boolean,
        "int" => Shape::Int,
        "long" => Shape::Long,
        "float" => Shape::Float,
        "double" => Shape::Double,
        "bytes" => Shape::Bytes,
        "string" => Shape::String,
        _ => return None,
    })
}

/// A logical type that does not fit its type is none.
fn logical(name: &str, shape: &Shape, scale: Option<u64>) -> Option<Logical> {
    match (name, shape) {
        ("decimal", Shape::Bytes | Shape::Fixed(_)) => Some(Logical::Decimal { scale: u32::try_from(scale.unwrap_or(0)).ok()? }),
        ("date", Shape::Int) => Some(Logical::Date),
        ("timestamp-millis" | "local-timestamp-millis", Shape::Long) => Some(Logical::Timestamp { per_second: 1_000 }),
        ("timestamp-micros" | "local-timestamp-micros", Shape::Long) => Some(Logical::Timestamp { per_second: 1_000_000 }),
        ("timestamp-nanos" | "local-timestamp-nanos", Shape::Long) => Some(Logical::Timestamp { per_second: 1_000_000_000 }),
        _ => None,
    }
}

fn full_name(name: &str, space: &str) -> String {
    if name.contains('.') || space.is_empty() { name.to_owned() } else { format!("{space}.{name}") }
}

impl AvroType {
    /// As error texts name it.
    pub(super) fn name(&self) -> &'static str {
        match self.shape {
            Shape::Null => "null",
            Shape::Boolean => "boolean",
            Shape::Int => "int",
            Shape::Long => "long",
            Shape::Float => "float",
            Shape::Double => "double",
            Shape::Bytes => "bytes",
            Shape::String => "string",
            Shape::Fixed(_) => "fixed",
            Shape::Enum(_) => "enum",
            Shape::Array(_) => "array",
            Shape::Map(_) => "map",
            Shape::Union(_) => "union",
            Shape::Record(_) | Shape::Named(_) => "record",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_their_namespace() {
        // Ref: Apache Avro specification, "Names".
        let schema = AvroSchema::parse(
            r#"{"type": "record", "name": "a.b.R", "fields": [
                {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["x", "y"]}, "aliases": ["f"]},
                {"name": "again", "type": ["null", "E"], "default": null},
                {"name": "self", "type": ["null", "R"]},
                {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 2}}]}"#,
        )
        .unwrap();
        let fields = schema.fields().unwrap();
        assert_eq!(fields[0].aliases, ["f"]);
        let Shape::Union(branches) = &fields[1].data_type.shape else { panic!("a union") };
        assert_eq!(schema.resolve(&branches[1]).unwrap().name(), "enum");
        let Shape::Union(branches) = &fields[2].data_type.shape else { panic!("a union") };
        assert_eq!(schema.resolve(&branches[1]).unwrap().name(), "record");
        assert_eq!(fields[3].data_type.logical, Some(Logical::Decimal { scale: 2 }));
        assert!(AvroSchema::parse(r#"["null", ["int"]]"#).is_none(), "a union in a union");
        assert!(AvroSchema::parse("[").is_none());
    }
}
