//! How is a column of a result described? The members of `ColumnInfo`, from the engine's column.

use crate::query::record::ColumnDescription;
use owlake_engine::engine::{ResultColumn, ResultType};
use owlake_functions::types::api::api_type;

/// The descriptions of a result's columns, in order.
pub fn described(columns: &[ResultColumn]) -> Vec<ColumnDescription> {
    columns.iter().map(describe).collect()
}

fn describe(column: &ResultColumn) -> ColumnDescription {
    match &column.data_type {
        ResultType::Trino(data_type) => {
            let api = api_type(data_type);
            ColumnDescription {
                name: column.name.clone(),
                type_name: api.name.to_owned(),
                precision: i32::try_from(api.precision).unwrap_or(i32::MAX),
                scale: i32::try_from(api.scale).unwrap_or(0),
                is_case_sensitive: api.is_case_sensitive,
            }
        }
        ResultType::HiveString => ColumnDescription {
            name: column.name.clone(),
            type_name: "string".to_owned(),
            precision: 0,
            scale: 0,
            is_case_sensitive: false,
        },
    }
}
