//! What does DESCRIBE print? Fields padded to 20 characters and joined by tabs. Ref: measured Athena behaviour, "UTILITY row formats".

use owlake_catalog::{Column, Table};
use owlake_functions::types::TrinoType;
use owlake_syntax::hive::ast::{DescribeStyle, Name, PartitionSpec};

use super::{StatementContext, describe_detail, failure, target};
use crate::error::EngineError;

/// Hive pads each field to this many characters. Ref: Apache Hive, `MetaDataFormatUtils.ALIGNMENT`.
const FIELD_CHARS: usize = 20;

pub(super) fn run(
    context: &StatementContext,
    name: &Name,
    style: DescribeStyle,
    partition: Option<&PartitionSpec>,
    column: Option<&str>,
) -> Result<Vec<String>, EngineError> {
    let table = target::load(context, name)?;
    if let Some(spec) = partition {
        let values = target::partition_values(&table, spec)?;
        context.catalog.partition(&table.database, &table.name, &values).map_err(failure::from_catalog)?;
    }
    if table.is_view() {
        return Ok(view_lines(&table));
    }
    if let Some(wanted) = column {
        let found = table.columns().iter().chain(table.partition_keys()).find(|column| column.name == *wanted);
        let found = found.ok_or_else(|| {
            EngineError::hive(format!("FAILED: SemanticException [Error 10002]: Invalid column reference {wanted}"), None)
        })?;
        return Ok(vec![line(found)]);
    }
    let mut lines = lines(&table);
    match style {
        DescribeStyle::Plain => {}
        DescribeStyle::Extended => lines.extend(describe_detail::extended(&table)),
        DescribeStyle::Formatted => lines.extend(describe_detail::formatted(&table)),
    }
    Ok(lines)
}

fn lines(table: &Table) -> Vec<String> {
    let mut lines: Vec<String> = table.columns().iter().chain(table.partition_keys()).map(line).collect();
    if !table.partition_keys().is_empty() {
        lines.push("\t \t ".to_string());
        lines.push("# Partition Information\t \t ".to_string());
        lines.push(format!("{}\t{}\t{}", padded("# col_name"), padded("data_type"), padded("comment")));
        lines.push("\t \t ".to_string());
        lines.extend(table.partition_keys().iter().map(line));
    }
    lines
}

fn line(column: &Column) -> String {
    // What follows a tab inside a comment is dropped, as measured.
    let comment = column.comment.as_deref().unwrap_or_default().split('\t').next().unwrap_or_default();
    format!("{}\t{}\t{}", padded(&column.name), padded(column.type_text.as_deref().unwrap_or_default()), padded(comment))
}

/// Right-padded with spaces to 20 characters; a longer text stays as it is.
pub(super) fn padded(text: &str) -> String {
    format!("{text:<FIELD_CHARS$}")
}

/// `name⇥type` in Trino's spelling, unpadded.
pub(super) fn view_lines(table: &Table) -> Vec<String> {
    let type_text = |column: &Column| {
        let written = column.type_text.as_deref().unwrap_or_default();
        owlake_functions::types::hive::parse(written).map_or_else(|_| written.to_string(), |data_type: TrinoType| data_type.to_string())
    };
    table.columns().iter().map(|column| format!("{}\t{}", column.name, type_text(column))).collect()
}
