//! Which type does a type's text mean, and how do error texts repeat it? Ref: Trino 401 `TypeSignatureTranslator`, `ExpressionFormatter`.

use owlake_functions::types::TrinoType;
use owlake_functions::types::from_syntax::resolve;
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{DataType, DataTypeKind, Identifier, TypeParameter};

use crate::error::EngineError;

use super::failure::{Analysis, mismatch};

/// The type, or `TYPE_MISMATCH: Unknown type: …` at `location`, which is the expression's that names the type.
pub(crate) fn resolve_type(data_type: &DataType, location: Location) -> Analysis<TrinoType> {
    resolve(data_type).map_err(|error| match error.name {
        "TYPE_NOT_FOUND" => mismatch(location, format!("Unknown type: {}", type_text(data_type))),
        _ => EngineError::from(error),
    })
}

/// The type's text as error messages repeat it. Ref: Trino 401 `ExpressionFormatter.visitGenericDataType` and its neighbours.
pub(crate) fn type_text(data_type: &DataType) -> String {
    match &data_type.kind {
        DataTypeKind::Generic { name, parameters } => {
            let name = name_text(name);
            if parameters.is_empty() {
                return name;
            }
            let parameters: Vec<String> = parameters.iter().map(parameter_text).collect();
            format!("{name}({})", parameters.join(","))
        }
        DataTypeKind::Row(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| match &field.name {
                    Some(name) => format!("{} {}", name_text(name), type_text(&field.data_type)),
                    None => type_text(&field.data_type),
                })
                .collect();
            format!("ROW({})", fields.join(", "))
        }
        DataTypeKind::Interval { from, to } => {
            format!("INTERVAL {} TO {}", format!("{from:?}").to_uppercase(), format!("{to:?}").to_uppercase())
        }
        DataTypeKind::Time { precision, with_time_zone } => temporal_text("time", precision.as_deref(), *with_time_zone),
        DataTypeKind::Timestamp { precision, with_time_zone } => temporal_text("timestamp", precision.as_deref(), *with_time_zone),
    }
}

/// A name as written, in its quotes.
fn name_text(name: &Identifier) -> String {
    if name.is_delimited { format!("\"{}\"", name.value.replace('"', "\"\"")) } else { name.value.clone() }
}

fn temporal_text(name: &str, precision: Option<&TypeParameter>, with_time_zone: bool) -> String {
    let precision = precision.map(|precision| format!("({})", parameter_text(precision))).unwrap_or_default();
    let zone = if with_time_zone { " with time zone" } else { "" };
    format!("{name}{precision}{zone}").to_uppercase()
}

fn parameter_text(parameter: &TypeParameter) -> String {
    match parameter {
        TypeParameter::Number(digits, _) => digits.clone(),
        TypeParameter::Type(data_type) => type_text(data_type),
    }
}
