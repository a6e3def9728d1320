//! How is a result shown to a person? Tables, expanded rows, CSV, JSON lines, and the line with time and price. Ref: psql.

use std::fmt::Write;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, TableComponent, presets};
use serde_json::{Map, Value};

use super::client::{QueryResult, ResultColumn};
use crate::query::metering;

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table, as wide as it needs to be.
    Table,
    /// One line a value.
    Expanded,
    /// With a header, every value quoted that needs it.
    Csv,
    /// One JSON object a row, every value a string or null.
    Json,
}

/// The rows of a result as text, with a line end after the last line.
pub fn rows(result: &QueryResult, format: Format) -> String {
    if result.columns.is_empty() || result.statement_type == "UTILITY" && result.columns.len() > 1 {
        return plain(result);
    }
    match format {
        Format::Table => table(result),
        Format::Expanded => expanded(result),
        Format::Csv => csv(result),
        Format::Json => json_lines(result),
    }
}

/// `(3 rows)  12 ms  scanned 1.20 MB  $0.000050`.
pub fn footer(result: &QueryResult) -> String {
    let count = match (result.rows.len(), result.is_cut) {
        (count, true) => format!("first {count} rows"),
        (1, false) => "1 row".to_string(),
        (count, false) => format!("{count} rows"),
    };
    let price = match result.statement_type.as_str() {
        "DML" if result.bytes_scanned > 0 => format!("  {}", usd(result.bytes_scanned)),
        _ => String::new(),
    };
    format!("({count})  {} ms  scanned {}{price}", result.total_ms, bytes(result.bytes_scanned))
}

/// What Athena would bill for the bytes.
pub fn usd(bytes_scanned: u64) -> String {
    format!("${:.6}", metering::usd(metering::billed_mb_of(bytes_scanned), metering::USD_PER_TB_DEFAULT))
}

/// A byte count with a unit.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{count} B") } else { format!("{value:.2} {}", UNITS[unit]) }
}

/// Tab-joined texts of catalog statements are shown as they are.
fn plain(result: &QueryResult) -> String {
    let mut text = String::new();
    for row in &result.rows {
        let cells: Vec<&str> = row.iter().map(|cell| cell.as_deref().unwrap_or_default()).collect();
        text.push_str(cells.join("\t").trim_end());
        text.push('\n');
    }
    text
}

fn is_right_aligned(column: &ResultColumn) -> bool {
    matches!(column.data_type.as_str(), "tinyint" | "smallint" | "integer" | "bigint" | "float" | "double" | "decimal")
}

fn table(result: &QueryResult) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    for line in [
        TableComponent::HorizontalLines,
        TableComponent::MiddleIntersections,
        TableComponent::LeftBorderIntersections,
        TableComponent::RightBorderIntersections,
    ] {
        table.remove_style(line);
    }
    table.set_header(result.columns.iter().map(|column| column.name.as_str()));
    for row in &result.rows {
        table.add_row(row.iter().zip(&result.columns).map(|(cell, column)| {
            let shown = Cell::new(cell.as_deref().unwrap_or("NULL"));
            if is_right_aligned(column) { shown.set_alignment(CellAlignment::Right) } else { shown }
        }));
    }
    format!("{table}\n")
}

fn expanded(result: &QueryResult) -> String {
    let width = result.columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (number, row) in result.rows.iter().enumerate() {
        let _infallible = writeln!(text, "-[ row {} ]-", number + 1);
        for (cell, column) in row.iter().zip(&result.columns) {
            let _infallible = writeln!(text, "{:<width$} | {}", column.name, cell.as_deref().unwrap_or("NULL"));
        }
    }
    text
}

fn csv(result: &QueryResult) -> String {
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = Option<&str>>| {
        let fields: Vec<String> = cells.map(csv_field).collect();
        text.push_str(&fields.join(","));
        text.push('\n');
    };
    line(&mut result.columns.iter().map(|column| Some(column.name.as_str())));
    for row in &result.rows {
        line(&mut row.iter().map(Option::as_deref));
    }
    text
}

/// NULL is empty; an empty text is quoted, so that the two differ.
fn csv_field(cell: Option<&str>) -> String {
    match cell {
        None => String::new(),
        Some(text) if text.is_empty() || text.contains([',', '"', '\n', '\r']) => format!("\"{}\"", text.replace('"', "\"\"")),
        Some(text) => text.to_string(),
    }
}

fn json_lines(result: &QueryResult) -> String {
    let mut text = String::new();
    for row in &result.rows {
        let object: Map<String, Value> = row
            .iter()
            .zip(&result.columns)
            .map(|(cell, column)| (column.name.clone(), cell.clone().map_or(Value::Null, Value::String)))
            .collect();
        text.push_str(&Value::Object(object).to_string());
        text.push('\n');
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    // basis: documented, Amazon Athena pricing: 5 USD per TB, rounded up to the megabyte, 10 MB minimum.
    #[test]
    fn a_small_query_pays_for_ten_megabytes() {
        assert_eq!(usd(1), "$0.000048");
        assert_eq!(usd(10 * metering::BYTES_PER_MB), "$0.000048");
        assert_eq!(usd(1 << 40), "$5.000000");
        assert_eq!(usd((1 << 40) + 1), "$5.000005");
    }

    #[test]
    fn csv_tells_null_from_empty() {
        assert_eq!(csv_field(None), "");
        assert_eq!(csv_field(Some("")), "\"\"");
        assert_eq!(csv_field(Some("a\"b")), "\"a\"\"b\"");
    }
}
