//! What does SHOW CREATE TABLE print? Hive's layout, its trailing spaces included. Ref: measured Athena behaviour, "UTILITY row formats".

use owlake_catalog::{Column, Parameters, Table};
use owlake_syntax::hive::ast::Name;

use super::{StatementContext, target};
use crate::error::EngineError;

const LAZY_SIMPLE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";

/// Table parameters that the statement does not repeat: Hive keeps them for itself.
const HIDDEN_PARAMETERS: &[&str] = &["EXTERNAL", "comment"];

pub(super) fn run(context: &StatementContext, name: &Name) -> Result<Vec<String>, EngineError> {
    let table = target::load(context, name)?;
    if table.is_view() {
        return Err(EngineError::engine("NOT_SUPPORTED", format!("'{}' is a view: use SHOW CREATE VIEW", table.name)));
    }
    let shown = match &name.database {
        Some(_) => format!("{}.{}", table.database, table.name),
        None => table.name.to_string(),
    };
    Ok(lines(&table, &shown))
}

fn lines(table: &Table, shown_name: &str) -> Vec<String> {
    let mut lines = vec![format!("CREATE EXTERNAL TABLE `{shown_name}`(")];
    push_list(&mut lines, table.columns(), ")");
    if let Some(comment) = table.definition.parameters.get("comment") {
        lines.push(format!("COMMENT '{}'", escaped(comment)));
    }
    if !table.partition_keys().is_empty() {
        lines.push("PARTITIONED BY ( ".to_string());
        push_list(&mut lines, table.partition_keys(), ")");
    }
    if let Some(storage) = &table.definition.storage {
        if !storage.format.bucket_columns.is_empty() {
            lines.push("CLUSTERED BY ( ".to_string());
            lines.push(format!("  {}) ", storage.format.bucket_columns.join(", \n  ")));
            lines.push(format!("INTO {} BUCKETS", storage.format.number_of_buckets.unwrap_or(0)));
        }
        if let Some(serde) = &storage.format.serde_info {
            row_format(&mut lines, serde.serialization_library.as_deref().unwrap_or_default(), &serde.parameters);
        }
        lines.push("STORED AS INPUTFORMAT ".to_string());
        lines.push(format!("  '{}' ", storage.format.input_format.as_deref().unwrap_or_default()));
        lines.push("OUTPUTFORMAT ".to_string());
        lines.push(format!("  '{}'", storage.format.output_format.as_deref().unwrap_or_default()));
        lines.push("LOCATION".to_string());
        lines.push(format!("  '{}'", storage.location.as_deref().unwrap_or_default().trim_end_matches('/')));
    }
    lines.push("TBLPROPERTIES (".to_string());
    let shown: Vec<_> = table.definition.parameters.iter().filter(|(key, _)| !HIDDEN_PARAMETERS.contains(&key.as_str())).collect();
    let last = shown.len().saturating_sub(1);
    for (position, (key, value)) in shown.iter().enumerate() {
        let end = if position == last { ")" } else { ", " };
        lines.push(format!("  '{}'='{}'{end}", escaped(key), escaped(value)));
    }
    if shown.is_empty() {
        lines.push(")".to_string());
    }
    lines
}

/// One column a line, separated by `, ` and closed by `close`.
fn push_list(lines: &mut Vec<String>, columns: &[Column], close: &str) {
    let last = columns.len().saturating_sub(1);
    for (position, column) in columns.iter().enumerate() {
        let comment = column.comment.as_ref().map_or(String::new(), |comment| format!(" COMMENT '{}'", escaped(comment)));
        let end = if position == last { close } else { ", " };
        lines.push(format!("  `{}` {}{comment}{end}", column.name, column.type_text.as_deref().unwrap_or_default()));
    }
    if columns.is_empty() {
        lines.push(close.to_string());
    }
}

fn row_format(lines: &mut Vec<String>, class: &str, parameters: &Parameters) {
    let delimiters = [
        ("field.delim", "FIELDS TERMINATED BY"),
        ("escape.delim", "ESCAPED BY"),
        ("collection.delim", "COLLECTION ITEMS TERMINATED BY"),
        ("mapkey.delim", "MAP KEYS TERMINATED BY"),
        ("line.delim", "LINES TERMINATED BY"),
        ("serialization.null.format", "NULL DEFINED AS"),
    ];
    if class == LAZY_SIMPLE && delimiters.iter().any(|(key, _)| parameters.contains_key(*key)) {
        lines.push("ROW FORMAT DELIMITED ".to_string());
        for (key, clause) in delimiters {
            if let Some(value) = parameters.get(key) {
                lines.push(format!("  {clause} '{}' ", escaped(value)));
            }
        }
        return;
    }
    lines.push("ROW FORMAT SERDE ".to_string());
    lines.push(format!("  '{class}' "));
    if !parameters.is_empty() {
        lines.push("WITH SERDEPROPERTIES ( ".to_string());
        let last = parameters.len() - 1;
        for (position, (key, value)) in parameters.iter().enumerate() {
            let end = if position == last { ") " } else { ", " };
            lines.push(format!("  '{}'='{}'{end}", escaped(key), escaped(value)));
        }
    }
}

/// A text between single quotes, control characters and quotes escaped as Hive prints them.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            control if u32::from(control) < 0x20 => out.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => out.push(other),
        }
    }
    out
}
