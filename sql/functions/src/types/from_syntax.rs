//! Which type does a type in a statement mean? From the syntax tree, with Trino's errors. Ref: Trino 401 `TypeSignatureTranslator`.

use owlake_syntax::trino::ast::{DataType, DataTypeKind, IntervalUnit, TypeParameter};

use super::build::{Parameter, named, time, timestamp};
use super::{RowField, TrinoType};
use crate::error::FunctionError;

/// Resolves a written type. Errors: TYPE_NOT_FOUND `Unknown type: x`, or INVALID_FUNCTION_ARGUMENT past a bound.
pub fn resolve(data_type: &DataType) -> Result<TrinoType, FunctionError> {
    match &data_type.kind {
        DataTypeKind::Generic { name, parameters } => {
            let parameters = parameters.iter().map(|parameter| match parameter {
                TypeParameter::Number(digits, _) => number(digits).map(Parameter::Number),
                TypeParameter::Type(inner) => resolve(inner).map(Parameter::Type),
            });
            let parameters = parameters.collect::<Result<Vec<_>, _>>()?;
            named(&name.canonical(), parameters)
        }
        DataTypeKind::Row(fields) => {
            let fields = fields.iter().map(|field| {
                let name =
                    field.name.as_ref().map(|name| if name.is_delimited { name.value.as_str().into() } else { name.canonical().into() });
                Ok(RowField { name, data_type: resolve(&field.data_type)? })
            });
            Ok(TrinoType::Row(fields.collect::<Result<Vec<_>, FunctionError>>()?.into()))
        }
        DataTypeKind::Interval { from: IntervalUnit::Year, to: IntervalUnit::Month } => Ok(TrinoType::IntervalYearToMonth),
        DataTypeKind::Interval { from: IntervalUnit::Day, to: IntervalUnit::Second } => Ok(TrinoType::IntervalDayToSecond),
        DataTypeKind::Interval { from, to } => Err(FunctionError::new(
            "TYPE_NOT_FOUND",
            format!("Unknown type: interval {} to {}", from.keyword(), to.keyword()).to_lowercase(),
        )),
        DataTypeKind::Time { precision, with_time_zone } => time(precision_of(precision.as_deref())?, *with_time_zone),
        DataTypeKind::Timestamp { precision, with_time_zone } => timestamp(precision_of(precision.as_deref())?, *with_time_zone),
    }
}

const PRECISION_DEFAULT: i64 = 3;

fn precision_of(parameter: Option<&TypeParameter>) -> Result<i64, FunctionError> {
    match parameter {
        None => Ok(PRECISION_DEFAULT),
        Some(TypeParameter::Number(digits, _)) => number(digits),
        Some(TypeParameter::Type(_)) => Err(FunctionError::new("TYPE_NOT_FOUND", "A precision must be a number")),
    }
}

fn number(digits: &str) -> Result<i64, FunctionError> {
    digits.parse().map_err(|_| FunctionError::new("TYPE_NOT_FOUND", format!("Invalid number in type: {digits}")))
}
