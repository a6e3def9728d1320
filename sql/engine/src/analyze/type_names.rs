//! Which type does a type's text mean, and how do error texts repeat it? Ref: Trino 401 `TypeSignatureTranslator`, `ExpressionFormatter`.

use owlake_functions::error::FunctionError;
use owlake_functions::types::build::{Parameter, named, time, timestamp};
use owlake_functions::types::{RowField, TrinoType};
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{DataType, DataTypeKind, IntervalUnit, TypeParameter};

use crate::error::EngineError;

use super::failure::{Analysis, mismatch};

const TEMPORAL_PRECISION_DEFAULT: i64 = 3;

/// The type, or `TYPE_MISMATCH: Unknown type: …` at `location`, which is the expression's that names the type.
pub(crate) fn resolve_type(data_type: &DataType, location: Location) -> Analysis<TrinoType> {
    find_type(data_type).map_err(|error| match error.name {
        "TYPE_NOT_FOUND" => mismatch(location, format!("Unknown type: {}", type_text(data_type))),
        _ => EngineError::from(error),
    })
}

fn find_type(data_type: &DataType) -> Result<TrinoType, FunctionError> {
    match &data_type.kind {
        DataTypeKind::Generic { name, parameters } => {
            let parameters = parameters.iter().map(|parameter| match parameter {
                TypeParameter::Number(digits, _) => number(digits).map(Parameter::Number),
                TypeParameter::Type(inner) => find_type(inner).map(Parameter::Type),
            });
            named(&name.canonical(), parameters.collect::<Result<Vec<_>, _>>()?)
        }
        DataTypeKind::Row(fields) => {
            let fields = fields.iter().map(|field| {
                let name = field.name.as_ref().map(|name| if name.is_delimited { name.value.clone() } else { name.canonical() });
                Ok(RowField { name: name.map(Into::into), data_type: find_type(&field.data_type)? })
            });
            Ok(TrinoType::Row(fields.collect::<Result<Vec<_>, FunctionError>>()?.into()))
        }
        DataTypeKind::Interval { from: IntervalUnit::Year, to: IntervalUnit::Month } => Ok(TrinoType::IntervalYearToMonth),
        DataTypeKind::Interval { from: IntervalUnit::Day, to: IntervalUnit::Second } => Ok(TrinoType::IntervalDayToSecond),
        DataTypeKind::Interval { .. } => Err(unknown()),
        DataTypeKind::Time { precision, with_time_zone } => time(temporal_precision(precision.as_deref())?, *with_time_zone),
        DataTypeKind::Timestamp { precision, with_time_zone } => timestamp(temporal_precision(precision.as_deref())?, *with_time_zone),
    }
}

fn temporal_precision(parameter: Option<&TypeParameter>) -> Result<i64, FunctionError> {
    match parameter {
        None => Ok(TEMPORAL_PRECISION_DEFAULT),
        Some(TypeParameter::Number(digits, _)) => number(digits),
        Some(TypeParameter::Type(_)) => Err(unknown()),
    }
}

fn number(digits: &str) -> Result<i64, FunctionError> {
    digits.parse().map_err(|_| unknown())
}

fn unknown() -> FunctionError {
    FunctionError::new("TYPE_NOT_FOUND", "Unknown type")
}

/// The type's text as error messages repeat it. Ref: Trino 401 `ExpressionFormatter.visitGenericDataType` and its neighbours.
pub(crate) fn type_text(data_type: &DataType) -> String {
    match &data_type.kind {
        DataTypeKind::Generic { name, parameters } => {
            let name = if name.is_delimited { format!("\"{}\"", name.value.replace('"', "\"\"")) } else { name.value.clone() };
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
                    Some(name) => format!("{} {}", name.value, type_text(&field.data_type)),
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
